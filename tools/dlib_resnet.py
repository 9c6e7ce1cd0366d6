"""The dlib face recognition ResNet (He et al. 2016, 29 layers), built from the weights that face-api stores."""
import numpy as np

from onnx_graph import Graph

# Stage -> its blocks; "down" blocks halve the resolution.
BLOCKS = [
    "conv32_1", "conv32_2", "conv32_3",
    "conv64_down", "conv64_1", "conv64_2", "conv64_3",
    "conv128_down", "conv128_1", "conv128_2",
    "conv256_down", "conv256_1", "conv256_2", "conv256_down_out",
]


class _Builder:
    def __init__(self, weights):
        self.weights = weights
        self.graph = Graph("dlib_resnet", opset=10)

    def conv(self, x, prefix, stride):
        """Convolution with its affine layer folded in; unpadded when it halves the resolution."""
        filters = self.weights[prefix + "/conv/filters"].transpose(3, 2, 0, 1)
        out = self.graph.conv(x, filters, self.weights[prefix + "/conv/bias"], (stride, stride), same=stride == 1)
        return self.graph.fold_into_weights(out, self.weights[prefix + "/scale/weights"], self.weights[prefix + "/scale/biases"])

    def block(self, x, name):
        down = "_down" in name
        out = self.graph.unary("Relu", self.conv(x, name + "/conv1", 2 if down else 1))
        out = self.conv(out, name + "/conv2", 1)
        shortcut = self.graph.pool("AveragePool", x, (2, 2), (2, 2)) if down else x
        shapes = self.graph.shapes
        # The convolution path may lose a row and a column, the pooled path has fewer channels: zeros fill both.
        missing = [s - o for o, s in zip(shapes[out], shapes[shortcut])]
        if missing[2] or missing[3]:
            out = self.graph.pad(out, [(0, 0), (0, 0), (0, missing[2]), (0, missing[3])])
        if missing[1]:
            shortcut = self.graph.pad(shortcut, [(0, 0), (0, -missing[1]), (0, 0), (0, 0)])
        return self.graph.unary("Relu", self.graph.add(shortcut, out))


def build_dlib_resnet(weights, output_name):
    """150 x 150 RGB in, 128 values out (not normalised)."""
    builder = _Builder(weights)
    graph = builder.graph
    x = graph.unary("Relu", builder.conv(graph.input("input", 3, 150), "conv32_down", 2))
    x = graph.pool("MaxPool", x, (3, 3), (2, 2))
    for name in BLOCKS:
        x = builder.block(x, name)
    x = graph.dense(graph.global_average(x), weights["fc"], np.zeros(weights["fc"].shape[1], dtype=np.float32))
    graph.output(x, output_name)
    return graph
