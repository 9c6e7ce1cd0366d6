"""Reads the weight files of TensorFlow.js, quantised or not."""
import numpy as np

_PLAIN = {"float32": np.float32, "int32": np.int32, "bool": np.uint8}
_QUANTISED = {"uint8": np.uint8, "uint16": np.uint16, "float16": np.float16}


def read_weights(groups, data):
    """All weights of a manifest's groups as arrays by name; `data`: the concatenated weight files."""
    weights = {}
    offset = 0
    for entry in (e for group in groups for e in group["weights"]):
        quantisation = entry.get("quantization")
        stored = _QUANTISED[quantisation["dtype"]] if quantisation else _PLAIN[entry["dtype"]]
        count = int(np.prod(entry["shape"], dtype=np.int64))
        raw = np.frombuffer(data, dtype=np.dtype(stored).newbyteorder("<"), count=count, offset=offset)
        offset += raw.nbytes
        if quantisation and quantisation["dtype"] == "float16":
            raw = raw.astype(np.float32)
        elif quantisation:
            raw = raw.astype(np.float32) * np.float32(quantisation["scale"]) + np.float32(quantisation["min"])
        weights[entry["name"]] = raw.reshape(entry["shape"])
    if offset != len(data):
        raise ValueError(f"the weight file has {len(data)} bytes, its manifest describes {offset}")
    return weights
