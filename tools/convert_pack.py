#!/usr/bin/python3
"""Converts the networks of a model pack to ONNX, as its manifest lists them.

Runs on Debian's own interpreter with python3-numpy and python3-onnx. The output is the same byte for byte on every run,
so that the manifest can pin its SHA-256.
"""
import argparse
import hashlib
import json
import pathlib
import sys

from dlib_resnet import build_dlib_resnet
from tfjs_graph import TfjsConverter
from tfjs_weights import read_weights

# Network -> original output node -> public name, in the manifest's order, and the ONNX operator set: the lowest that
# works, as OpenCV 4.6 reads Clip only in its older form and half-pixel Resize came with 11.
TFJS_NETWORKS = {
    "facemesh-detection-short": ({"Identity": "faces"}, 10),
    "facemesh-detection-full": ({"Identity_1": "persons", "Identity": "faces"}, 11),
    "facemesh": ({"Identity_2": "mesh", "Identity_1": "presence", "Identity": "contours"}, 10),
    "iris": ({"Identity": "contour"}, 10),
    "mobileface": ({"batchnorm0/add_1": "embedding"}, 10),
    "faceres": ({"gender_pred/Sigmoid": "gender", "global_pooling/Mean": "embedding", "age_pred/Softmax": "age"}, 10),
}

# Networks that scale their pixels themselves: the node behind that, which becomes the input; the manifest scales then.
INPUT_AT = {"mobileface": "mul"}

# A detector whose scores and boxes come apart for each grid of anchors: output nodes of score and box, grid by grid.
BLAZEFACE_LEVELS = {"blazeface-back": [("Identity", "Identity_2"), ("Identity_1", "Identity_3")]}


def read_grouped_weights(directory, groups):
    data = b"".join((directory / path).read_bytes() for group in groups for path in group["paths"])
    return read_weights(groups, data)


def tfjs_converter(directory, name, opset):
    model = json.loads((directory / f"{name}.json").read_text())
    weights = read_grouped_weights(directory, model["weightsManifest"])
    return TfjsConverter(name, model, weights, opset, INPUT_AT.get(name))


def convert_tfjs(directory, name):
    outputs, opset = TFJS_NETWORKS[name]
    return tfjs_converter(directory, name, opset).convert(outputs)


def convert_blazeface(directory, name):
    """One output `faces` with a row of score, box and key points for each anchor, whatever grid it is of."""
    converter = tfjs_converter(directory, name, opset=10)
    graph = converter.graph
    levels = [graph.concat([converter.tensor(score), converter.tensor(box)], 2)
              for score, box in BLAZEFACE_LEVELS[name]]
    graph.output(graph.concat(levels, 1), "faces")
    return graph


def convert_dlib(directory):
    groups = json.loads((directory / "face_recognition_model-weights_manifest.json").read_text())
    return build_dlib_resnet(read_grouped_weights(directory, groups), "embedding")


def convert(name, human_models, face_api):
    if name == "dlib_resnet":
        return convert_dlib(face_api)
    if name in BLAZEFACE_LEVELS:
        return convert_blazeface(human_models, name)
    return convert_tfjs(human_models, name)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--manifest", type=pathlib.Path, required=True, help="manifest.json of the pack")
    parser.add_argument("--human-models", type=pathlib.Path, required=True, help="the package's models directory")
    parser.add_argument("--face-api", type=pathlib.Path, required=True, help="the package's model directory")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="directory for the ONNX files")
    parser.add_argument("--no-check", action="store_true", help="do not compare with the manifest's SHA-256")
    arguments = parser.parse_args()

    arguments.out.mkdir(parents=True, exist_ok=True)
    wrong = []
    for name, entry in json.loads(arguments.manifest.read_text())["networks"].items():
        data = convert(name, arguments.human_models, arguments.face_api).serialize()
        digest = hashlib.sha256(data).hexdigest()
        (arguments.out / entry["file"]).write_bytes(data)
        print(f"  {entry['file']}: {len(data) / 1e6:.1f} MB, sha256 {digest}")
        if digest != entry["sha256"]:
            wrong.append(entry["file"])
    if wrong and not arguments.no_check:
        sys.exit(f"convert_pack: {', '.join(wrong)}: not the SHA-256 the manifest pins; the conversion changed")


if __name__ == "__main__":
    main()
