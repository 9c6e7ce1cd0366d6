"""Turns a TensorFlow.js graph model (channels last) into ONNX (channels first)."""
import base64

import numpy as np

from onnx_graph import Graph


class TfjsConverter:
    """Converts one graph model, node by node; four-dimensional tensors change from NHWC to NCHW on the way.

    `input_at`: the node whose value becomes the input, where the model scales its pixels itself and the manifest shall.
    """

    def __init__(self, name, model, weights, opset, input_at=None):
        self.graph = Graph(name, opset)
        self.weights = weights
        self.nodes = {n["name"]: n for n in model["modelTopology"]["node"]}
        if input_at:
            placeholder = next(n for n in self.nodes.values() if n["op"] == "Placeholder")
            self.nodes[input_at] = {**placeholder, "name": input_at}
        self._find_prelus()
        self.uses = {}
        for node in self.nodes.values():
            for source in node.get("input", []):
                self.uses[self._base(source)] = self.uses.get(self._base(source), 0) + 1
        self.values = {}     # node name -> tensor name
        self.constants = {}  # node name -> array

    def convert(self, outputs):
        """outputs: original node name -> public name, in the order the result shall have."""
        tensors = {public: self.tensor(original) for original, public in outputs.items()}
        for public, tensor in tensors.items():
            self.graph.output(tensor, public)
        return self.graph

    def tensor(self, original):
        """The tensor that node's value has become."""
        self._visit(original)
        return self.values[original]

    # -- reading nodes

    @staticmethod
    def _base(source):
        return source.lstrip("^").split(":")[0]

    @staticmethod
    def _attribute(node, name, default=None):
        value = node.get("attr", {}).get(name)
        if value is None:
            return default
        if "list" in value:
            items = value["list"]
            return [int(i) for i in items["i"]] if "i" in items else [base64.b64decode(s).decode() for s in items.get("s", [])]
        if "s" in value:
            return base64.b64decode(value["s"]).decode()
        if "i" in value:
            return int(value["i"])
        return next(iter(value.values()))

    def _find_prelus(self):
        """max(0, x) + gamma * min(0, x) becomes one Prelu node."""
        def parts(node, op):
            return [self._base(s) for s in node["input"]] if node["op"] == op else [None, None]

        is_zero = lambda name: name in self.weights and not np.any(self.weights[name])
        for node in list(self.nodes.values()):
            if node["op"] not in ("Add", "AddV2"):
                continue
            maximum, product = (self.nodes[self._base(s)] for s in node["input"])
            upper, x = parts(maximum, "Maximum")
            gamma, minimum = parts(product, "Mul")
            lower, same = parts(self.nodes[minimum], "Minimum") if minimum else (None, None)
            if x is not None and x == same and is_zero(upper) and is_zero(lower):
                self.nodes[node["name"]] = {"name": node["name"], "op": "Prelu", "input": [x, gamma]}

    def _visit(self, name):
        """Emits the node and, first, what it needs; iterative, as the graphs are deeper than Python's stack likes."""
        pending = [name]
        while pending:
            current = pending[-1]
            sources = [self._base(s) for s in self.nodes[current].get("input", [])]
            missing = [s for s in sources if s not in self.values and s not in self.constants]
            if missing:
                pending.extend(missing)
                continue
            pending.pop()
            if current not in self.values and current not in self.constants:
                self._emit(self.nodes[current], sources)

    def _emit(self, node, sources):
        handler = getattr(self, "_op_" + node["op"].lstrip("_").lower(), None)
        if handler is None:
            raise ValueError(f"{self.graph.name}: operator {node['op']} is not supported")
        result = handler(node, sources)
        target = self.values if isinstance(result, str) else self.constants
        target[node["name"]] = result

    def _shape_nhwc(self, source):
        shape = self.graph.shapes[self.values[source]]
        return (shape[0], shape[2], shape[3], shape[1]) if len(shape) == 4 else shape

    def _single_use(self, source, *ops):
        """Whether the tensor comes from a node of one of these kinds that nothing else reads."""
        producer = self.graph.producer(self.values[source])
        return producer is not None and producer.op_type in ops and self.uses.get(source) == 1

    # -- constants and what folds to constants at batch 1

    def _op_const(self, node, _):
        return self.weights[node["name"]]

    def _op_placeholder(self, node, _):
        dims = [int(d["size"]) for d in node["attr"]["shape"]["shape"]["dim"]]
        return self.graph.input("input", dims[3], dims[1])

    def _op_shape(self, _, sources):
        return np.array(self._shape_nhwc(sources[0]), dtype=np.int64)

    def _op_stridedslice(self, node, sources):
        data, begin, end, stride = (self.constants[s] for s in sources)
        if self._attribute(node, "shrink_axis_mask", 0) != 1:
            raise ValueError(f"{self.graph.name}: only single elements of a shape can be sliced out")
        return np.array(data[begin[0]:end[0]:stride[0]][0])

    def _op_pack(self, _, sources):
        return np.array([int(self.constants[s]) for s in sources], dtype=np.int64)

    def _op_identity(self, _, sources):
        return self.values[sources[0]]

    # -- convolutions

    def _convolution(self, node, sources, depthwise):
        filters = np.asarray(self.constants[sources[1]], dtype=np.float32)
        if depthwise:
            height, width, channels, multiplier = filters.shape
            filters = filters.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)
        else:
            filters = filters.transpose(3, 2, 0, 1)
        fused = self._attribute(node, "fused_ops", [])
        bias = self.constants[sources[2]] if "BiasAdd" in fused else np.zeros(filters.shape[0], dtype=np.float32)
        strides = self._attribute(node, "strides")[1:3]
        out = self.graph.conv(self.values[sources[0]], filters, np.reshape(bias, -1), strides,
                              self._attribute(node, "padding") == "SAME")
        return self._activation(out, fused, sources)

    def _activation(self, out, fused, sources):
        for op in fused:
            if op == "Relu":
                out = self.graph.unary("Relu", out)
            elif op == "Prelu":
                out = self.graph.prelu(out, self.constants[sources[3]])
            elif op != "BiasAdd":
                raise ValueError(f"{self.graph.name}: fused operator {op} is not supported")
        return out

    def _op_conv2d(self, node, sources):
        return self._convolution(node, sources, depthwise=False)

    def _op_fusedconv2d(self, node, sources):
        return self._convolution(node, sources, depthwise=False)

    def _op_depthwiseconv2dnative(self, node, sources):
        return self._convolution(node, sources, depthwise=True)

    def _op_fuseddepthwiseconv2dnative(self, node, sources):
        return self._convolution(node, sources, depthwise=True)

    def _op_matmul(self, node, sources):
        if self._attribute(node, "transpose_a") or self._attribute(node, "transpose_b"):
            raise ValueError(f"{self.graph.name}: only plain matrix products are supported")
        matrix = self.constants[sources[1]]
        return self.graph.dense(self.values[sources[0]], matrix, np.zeros(matrix.shape[1], dtype=np.float32))

    def _op_fusedmatmul(self, node, sources):
        fused = self._attribute(node, "fused_ops", [])
        out = self.graph.dense(self.values[sources[0]], self.constants[sources[1]], self.constants[sources[2]])
        return self._activation(out, fused, sources)

    # -- element by element

    def _op_addv2(self, _, sources):
        if sources[1] not in self.constants:
            return self.graph.add(self.values[sources[0]], self.values[sources[1]])
        if not self._single_use(sources[0], "Conv", "Gemm"):
            raise ValueError(f"{self.graph.name}: a constant is only added after a convolution or a matrix product")
        return self.graph.fold_into_weights(self.values[sources[0]], shift=self.constants[sources[1]])

    _op_add = _op_addv2

    def _op_mul(self, _, sources):
        if sources[1] not in self.constants or not self._single_use(sources[0], "Conv", "Gemm"):
            raise ValueError(f"{self.graph.name}: only a convolution or a matrix product is multiplied by a constant")
        return self.graph.fold_into_weights(self.values[sources[0]], scale=self.constants[sources[1]])

    def _op_relu(self, _, sources):
        return self.graph.unary("Relu", self.values[sources[0]])

    def _op_prelu(self, _, sources):
        return self.graph.prelu(self.values[sources[0]], self.constants[sources[1]])

    def _op_minimum(self, _, sources):
        """Only as part of relu, min(high), max(0): together a Clip, which the Maximum completes for free."""
        if not self._single_use(sources[0], "Relu"):
            raise ValueError(f"{self.graph.name}: Minimum is only supported after Relu")
        relu = self.graph.producer(self.values[sources[0]])
        self.graph.nodes.remove(relu)
        return self.graph.clip(relu.input[0], 0, self.constants[sources[1]])

    def _op_maximum(self, _, sources):
        if not self._single_use(sources[0], "Clip") or float(self.constants[sources[1]]) != 0:
            raise ValueError(f"{self.graph.name}: Maximum is only supported after a Clip at zero")
        return self.values[sources[0]]

    def _op_sigmoid(self, _, sources):
        return self.graph.unary("Sigmoid", self.values[sources[0]])

    def _op_softmax(self, _, sources):
        return self.graph.unary("Softmax", self.values[sources[0]], axis=1)

    # -- shapes

    def _op_pad(self, _, sources):
        pads = [tuple(int(v) for v in row) for row in self.constants[sources[1]]]
        return self.graph.pad(self.values[sources[0]], [pads[0], pads[3], pads[1], pads[2]])

    def _op_maxpool(self, node, sources):
        return self.graph.pool("MaxPool", self.values[sources[0]], self._attribute(node, "ksize")[1:3],
                               self._attribute(node, "strides")[1:3], self._attribute(node, "padding") == "SAME")

    def _op_mean(self, _, sources):
        if sorted(int(a) for a in self.constants[sources[1]]) != [1, 2]:
            raise ValueError(f"{self.graph.name}: Mean is only supported over height and width")
        return self.graph.global_average(self.values[sources[0]])

    def _op_reshape(self, _, sources):
        return self.graph.reshape(self.values[sources[0]], [int(d) for d in self.constants[sources[1]]])

    def _op_concatv2(self, _, sources):
        tensors = [self.values[s] for s in sources[:-1]]
        rank = len(self.graph.shapes[tensors[0]])
        axis = int(self.constants[sources[-1]]) % rank
        return self.graph.concat(tensors, {0: 0, 1: 2, 2: 3, 3: 1}[axis] if rank == 4 else axis)

    def _op_depthtospace(self, node, sources):
        return self.graph.depth_to_space(self.values[sources[0]], self._attribute(node, "block_size"))

    def _op_resizebilinear(self, node, sources):
        if not self._attribute(node, "half_pixel_centers") or self._attribute(node, "align_corners"):
            raise ValueError(f"{self.graph.name}: only half-pixel resizing is supported")
        height, width = (int(v) for v in self.constants[sources[1]])
        return self.graph.resize_linear(self.values[sources[0]], height, width)
