"""Files that rift models convert made in Q8_0 of a GGUF file of llama.cpp say what it says: settings, tokenizer, tensors.

Usage: converted_smollm2.py ORIGINAL OURS...
"""
import sys

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type

original = gguf.GGUFReader(sys.argv[1])
# What a Hugging Face directory has no place for, what is of the numbers' type, and a key that says nothing of byte-level BPE.
OTHERS = ("GGUF.", "general.organization", "general.finetune", "general.basename", "general.size_label", "general.languages",
          "general.file_type", "general.name", "tokenizer.ggml.add_space_prefix")
said = {name: field.contents() for name, field in original.fields.items() if not name.startswith(OTHERS)}
for path in sys.argv[2:]:
    ours = gguf.GGUFReader(path)
    for name, value in said.items():
        assert name in ours.fields, (path, name)
        assert ours.fields[name].contents() == value, (path, name, str(value)[:80], str(ours.fields[name].contents())[:80])
    tensors = {tensor.name: tensor for tensor in ours.tensors}
    assert sorted(tensors) == sorted(tensor.name for tensor in original.tensors)
    for tensor in original.tensors:
        values = gguf.quants.dequantize(np.asarray(tensor.data), tensor.tensor_type)
        got = tensors[tensor.name]
        assert got.tensor_type == (Type.Q8_0 if len(tensor.shape) > 1 else Type.F32), tensor.name
        expected = gguf.quants.quantize(values, got.tensor_type)
        assert np.array_equal(np.asarray(got.data).view(np.uint8), expected.view(np.uint8)), (path, tensor.name)
print("all checks hold")
