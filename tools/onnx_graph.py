"""Builds ONNX graphs of image networks in NCHW order, in the operator forms that both ONNX Runtime and OpenCV 4.6 take."""
import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

LARGE_NEGATIVE = -1e30


class Graph:
    """One growing graph. Tensors are named by strings; shapes are tracked, always with batch 1."""

    def __init__(self, name, opset):
        self.name = name
        self.opset = opset
        self.nodes = []
        self.weights = {}
        self.shapes = {}
        self.inputs = []
        self.outputs = []
        self.counter = 0

    # -- plumbing

    def fresh(self, stem):
        self.counter += 1
        return f"{stem}_{self.counter}"

    def constant(self, array, dtype=np.float32):
        name = self.fresh("w")
        self.weights[name] = np.ascontiguousarray(array, dtype=dtype)
        return name

    def emit(self, op, inputs, shape, **attributes):
        out = self.fresh(op.lower())
        self.nodes.append(helper.make_node(op, list(inputs), [out], name=out, **attributes))
        self.shapes[out] = tuple(int(d) for d in shape)
        return out

    def producer(self, tensor):
        for node in reversed(self.nodes):
            if tensor in node.output:
                return node
        return None

    def input(self, name, channels, size):
        self.shapes[name] = (1, channels, size, size)
        self.inputs.append(name)
        return name

    def output(self, tensor, name):
        """Gives `tensor` its public name."""
        for node in self.nodes:
            for names in (node.input, node.output):
                for i, used in enumerate(names):
                    if used == tensor:
                        names[i] = name
        self.shapes[name] = self.shapes[tensor]
        self.outputs.append(name)

    # -- operators

    def pad(self, x, pads, value=0.0):
        """pads: begin and end of each of the four axes, as [(0, 0), ...]."""
        shape = [d + b + e for d, (b, e) in zip(self.shapes[x], pads)]
        flat = [b for b, _ in pads] + [e for _, e in pads]
        if self.opset < 11:
            return self.emit("Pad", [x], shape, mode="constant", pads=flat, value=value)
        return self.emit("Pad", [x, self.constant(flat, np.int64), self.constant(np.array(value))], shape, mode="constant")

    def _spatial_padding(self, x, kernel, strides, same, value):
        """SAME as TensorFlow means it, which is asymmetric with even strides: an explicit Pad then, for which both
        runtimes agree. Returns the tensor to use and the symmetric padding left for the operator."""
        if not same:
            return x, (0, 0)
        pads = []
        for size, k, s in zip(self.shapes[x][2:], kernel, strides):
            total = max((-(-size // s) - 1) * s + k - size, 0)
            pads.append((total // 2, total - total // 2))
        if value == 0.0 and all(b == e for b, e in pads):
            return x, tuple(b for b, _ in pads)
        if all(p == (0, 0) for p in pads):
            return x, (0, 0)
        return self.pad(x, [(0, 0), (0, 0)] + pads, value), (0, 0)

    def _window(self, x, kernel, strides, padding):
        return [(d + 2 * p - k) // s + 1 for d, k, s, p in zip(self.shapes[x][2:], kernel, strides, padding)]

    def conv(self, x, filters, bias, strides=(1, 1), same=False):
        """filters: out, in / group, height, width; groups follow from the input's channels."""
        kernel = filters.shape[2:]
        group = self.shapes[x][1] // filters.shape[1]
        x, padding = self._spatial_padding(x, kernel, strides, same, 0.0)
        height, width = self._window(x, kernel, strides, padding)
        return self.emit("Conv", [x, self.constant(filters), self.constant(bias)], (1, filters.shape[0], height, width),
                         kernel_shape=list(kernel), strides=list(strides), pads=list(padding) * 2, group=group,
                         dilations=[1, 1])

    def fold_into_weights(self, tensor, scale=None, shift=None):
        """Multiplies the output channels of a convolution or a dense layer by `scale` and adds `shift`."""
        node = self.producer(tensor)
        if scale is not None:
            matrix = self.weights[node.input[1]]
            matrix *= np.float32(scale).reshape((-1,) + (1,) * (matrix.ndim - 1))
            self.weights[node.input[2]] *= np.float32(scale).reshape(-1)
        if shift is not None:
            self.weights[node.input[2]] += np.float32(shift).reshape(-1)
        return tensor

    def pool(self, op, x, kernel, strides, same=False):
        x, _ = self._spatial_padding(x, kernel, strides, same, LARGE_NEGATIVE) if op == "MaxPool" else (x, None)
        height, width = self._window(x, kernel, strides, (0, 0))
        return self.emit(op, [x], (1, self.shapes[x][1], height, width), kernel_shape=list(kernel),
                         strides=list(strides), pads=[0, 0, 0, 0])

    def add(self, a, b):
        if self.shapes[a] != self.shapes[b]:
            raise ValueError(f"{self.name}: cannot add {self.shapes[a]} and {self.shapes[b]}")
        return self.emit("Add", [a, b], self.shapes[a])

    def unary(self, op, x, **attributes):
        return self.emit(op, [x], self.shapes[x], **attributes)

    def prelu(self, x, slope):
        return self.emit("PRelu", [x, self.constant(np.reshape(slope, (-1, 1, 1)))], self.shapes[x])

    def clip(self, x, low, high):
        return self.unary("Clip", x, min=float(low), max=float(high))

    def global_average(self, x):
        channels = self.shapes[x][1]
        pooled = self.emit("GlobalAveragePool", [x], (1, channels, 1, 1))
        return self.emit("Flatten", [pooled], (1, channels), axis=1)

    def dense(self, x, matrix, bias):
        """matrix: in, out. Stored transposed: OpenCV 4.6 takes Gemm only so."""
        return self.emit("Gemm", [x, self.constant(matrix.T), self.constant(bias)], (1, matrix.shape[1]),
                         alpha=1.0, beta=1.0, transB=1)

    def concat(self, tensors, axis):
        shape = list(self.shapes[tensors[0]])
        shape[axis] = sum(self.shapes[t][axis] for t in tensors)
        return self.emit("Concat", tensors, shape, axis=axis)

    def reshape(self, x, shape):
        """To `shape` in the channels-last order of the original network."""
        known = self.shapes[x]
        if len(known) == 4 and known[2:] != (1, 1):
            x = self.emit("Transpose", [x], (1, known[2], known[3], known[1]), perm=[0, 2, 3, 1])
        total = int(np.prod(known))
        rest = int(np.prod([d for d in shape if d != -1]))
        full = [total // rest if d == -1 else int(d) for d in shape]
        return self.emit("Reshape", [x, self.constant(full, np.int64)], full)

    def depth_to_space(self, x, block):
        _, channels, height, width = self.shapes[x]
        return self.emit("DepthToSpace", [x], (1, channels // block**2, height * block, width * block), blocksize=block,
                         mode="DCR")

    def resize_linear(self, x, height, width):
        """Bilinear with half-pixel centres; needs opset 11."""
        _, channels, old_height, old_width = self.shapes[x]
        scales = self.constant([1, 1, height / old_height, width / old_width])
        return self.emit("Resize", [x, self.constant([]), scales], (1, channels, height, width), mode="linear",
                         coordinate_transformation_mode="half_pixel")

    # -- result

    def _prune(self):
        wanted = set(self.outputs)
        kept = []
        for node in reversed(self.nodes):
            if wanted & set(node.output):
                kept.append(node)
                wanted.update(node.input)
        self.nodes = kept[::-1]
        self.weights = {name: value for name, value in self.weights.items() if name in wanted}

    def serialize(self):
        """The same bytes for the same network, every time."""
        self._prune()
        described = lambda names: [helper.make_tensor_value_info(n, TensorProto.FLOAT, self.shapes[n]) for n in names]
        graph = helper.make_graph(self.nodes, self.name, described(self.inputs), described(self.outputs),
                                  [numpy_helper.from_array(v, n) for n, v in self.weights.items()])
        model = helper.make_model(graph, producer_name="facegate", opset_imports=[helper.make_opsetid("", self.opset)])
        model.ir_version = 6
        checker.check_model(model)
        return model.SerializeToString(deterministic=True)
