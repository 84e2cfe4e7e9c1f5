"""transformers loads what rift models convert made of a BERT in GGUF, with the values that gguf-py reads.

Usage: converted_bert.py GGUF SAFETENSORS TORCH     the file and the two directories
"""
import pathlib
import sys

import gguf
import numpy as np
import torch
import transformers
from safetensors.torch import load_file

reader = gguf.GGUFReader(sys.argv[1])
stored = {t.name: gguf.quants.dequantize(np.asarray(t.data), t.tensor_type) for t in reader.tensors}
names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, reader.fields["bert.block_count"].contents())
safetensors, pickled = (pathlib.Path(a) for a in sys.argv[2:])
for state in (load_file(safetensors / "model.safetensors"), torch.load(pickled / "pytorch_model.bin", weights_only=True)):
    ours = {names.get_name(name, try_suffixes=(".weight", ".bias")): tensor.numpy() for name, tensor in state.items()}
    assert sorted(ours) == sorted(stored)
    assert all(np.array_equal(ours[name], values) for name, values in stored.items())
models = []
for folder in (safetensors, pickled):
    model, info = transformers.AutoModel.from_pretrained(folder, add_pooling_layer=False, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"], info
    models.append(model.eval())
texts = transformers.AutoTokenizer.from_pretrained(safetensors)(["the loan was paid"], return_tensors="pt")
with torch.no_grad():
    first, second = (model(**texts).last_hidden_state for model in models)
assert torch.equal(first, second) and first.isfinite().all()
print("all checks hold")
