#!/usr/bin/python3
"""Writes the tiny networks of tests/unit/vision/detector_networks_test.cpp beside itself.

Each has the inputs and outputs of a real detector at 64 x 64 pixels, but its outputs are constants that describe one
face, plus nothing (a zero) of the image. Run it with Debian's python3-onnx; it writes the same bytes every time.
"""
import pathlib

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

SIZE = 64
# In pixels of the input: the box's edges; right eye, left eye, nose, right and left mouth corner.
BOX = (12.0, 8.0, 44.0, 48.0)
POINTS = ((20.0, 20.0), (36.0, 21.0), (28.0, 30.0), (22.0, 38.0), (35.0, 39.0))
SCORE = 0.9
STRIDES = (8, 16, 32)


def yunet_outputs():
    """The face in the middle level, in the cell of its centre."""
    outputs = {}
    for stride in STRIDES:
        cells = SIZE // stride
        cls, obj = np.zeros((cells * cells, 1)), np.zeros((cells * cells, 1))
        bbox, kps = np.zeros((cells * cells, 4)), np.zeros((cells * cells, 10))
        if stride == 16:
            cx, cy = (BOX[0] + BOX[2]) / 2, (BOX[1] + BOX[3]) / 2
            column, row = int(cx // stride), int(cy // stride)
            i = row * cells + column
            cls[i], obj[i] = SCORE**2, 1.0
            bbox[i] = [cx / stride - column, cy / stride - row, np.log((BOX[2] - BOX[0]) / stride),
                       np.log((BOX[3] - BOX[1]) / stride)]
            kps[i] = [v for x, y in POINTS for v in (x / stride - column, y / stride - row)]
        for name, values in (("cls", cls), ("obj", obj), ("bbox", bbox), ("kps", kps)):
            outputs[f"{name}_{stride}"] = values[np.newaxis]
    return outputs


def scrfd_outputs():
    """The face in the middle level, at the second anchor of the cell of its nose."""
    outputs = {}
    for stride in STRIDES:
        cells = SIZE // stride
        rows = cells * cells * 2
        score, bbox, kps = np.zeros((rows, 1)), np.zeros((rows, 4)), np.zeros((rows, 10))
        if stride == 16:
            column, row = int(POINTS[2][0] // stride), int(POINTS[2][1] // stride)
            x, y = column * stride, row * stride
            i = (row * cells + column) * 2 + 1
            score[i] = SCORE
            bbox[i] = np.array([x - BOX[0], y - BOX[1], BOX[2] - x, BOX[3] - y]) / stride
            kps[i] = [v for px, py in POINTS for v in ((px - x) / stride, (py - y) / stride)]
        outputs.update({f"score_{stride}": score, f"bbox_{stride}": bbox, f"kps_{stride}": kps})
    return outputs


def write(name, outputs):
    """mean(image) * 0 broadcast over each constant: both runtimes insist on an input that is used."""
    nodes = [helper.make_node("GlobalAveragePool", ["input"], ["mean"]),
             helper.make_node("Conv", ["mean", "zero"], ["nothing"], kernel_shape=[1, 1]),
             helper.make_node("Flatten", ["nothing"], ["nothing_flat"], axis=1)]
    weights = {"zero": np.zeros((1, 3, 1, 1))}
    for output, values in outputs.items():
        # A dense layer without weights: its bias is the constant.
        weights[output + "_w"] = np.zeros((values.size, 1))
        weights[output + "_b"] = values.reshape(-1)
        weights[output + "_s"] = np.array(values.shape, dtype=np.int64)
        nodes.append(helper.make_node("Gemm", ["nothing_flat", output + "_w", output + "_b"], [output + "_row"], transB=1))
        nodes.append(helper.make_node("Reshape", [output + "_row", output + "_s"], [output]))
    info = lambda n, shape: helper.make_tensor_value_info(n, TensorProto.FLOAT, shape)
    initializers = [numpy_helper.from_array(v if v.dtype == np.int64 else v.astype(np.float32), n) for n, v in weights.items()]
    graph = helper.make_graph(nodes, name, [info("input", (1, 3, SIZE, SIZE))],
                              [info(n, v.shape) for n, v in outputs.items()], initializers)
    model = helper.make_model(graph, producer_name="facegate", opset_imports=[helper.make_opsetid("", 10)])
    model.ir_version = 6
    checker.check_model(model)
    path = pathlib.Path(__file__).parent / f"{name}.onnx"
    path.write_bytes(model.SerializeToString(deterministic=True))
    print(f"{path.name}: {path.stat().st_size} bytes")


write("tiny_yunet", yunet_outputs())
write("tiny_scrfd", scrfd_outputs())
