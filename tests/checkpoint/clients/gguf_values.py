"""ours.gguf: gguf-py reads its metadata and tensors; their values are those of values.safetensors in each type, and
quantising those to Q8_0 here gives the same blocks."""
import sys
from pathlib import Path

import gguf
import numpy as np
from safetensors.numpy import load_file

directory = Path(sys.argv[1])
expected = load_file(directory / "values.safetensors")
values = expected["values"]
reader = gguf.GGUFReader(directory / "ours.gguf")
fields = reader.fields
assert fields["general.architecture"].contents() == "test"
assert fields["test.block_count"].contents() == 7
assert fields["test.epsilon"].contents() == 0.5
assert fields["tokenizer.ggml.tokens"].contents() == ["a", "\u00e4", ""]
assert fields["test.offsets"].contents() == [-1, 2]
tensors = {tensor.name: tensor for tensor in reader.tensors}
assert list(tensors) == ["f32", "f16", "bf16", "one", "q8_0"]
for name, kind in (("f32", "F32"), ("f16", "F16"), ("bf16", "BF16"), ("q8_0", "Q8_0")):
    tensor = tensors[name]
    assert tensor.tensor_type == gguf.GGMLQuantizationType[kind], tensor
    assert list(tensor.shape) == [64, 3], tensor.shape  # GGUF's order
    theirs = gguf.quants.quantize(values, tensor.tensor_type)
    assert np.array_equal(np.asarray(tensor.data).view(np.uint8), theirs.view(np.uint8)), name
assert np.array_equal(tensors["one"].data, expected["one"])
print("all checks hold")
