"""What rift models convert made of a decoder that transformers saved in f32.

Usage: converted_gguf.py FOLDER KIND     FOLDER: KIND (the model), f32.gguf, q8_0.gguf and again.gguf; safetensors and torch
(from f32.gguf), q8_0 (from q8_0.gguf); texts, KIND.ids

gguf-py finds the tensors under the names that it has for those of the model, and the tokenizer's lists; transformers loads the
GGUF files and the directories made of them with the weights of the model.
"""
import json
import pathlib
import sys

import gguf
import numpy as np
import torch
import transformers
from gguf import GGMLQuantizationType as Type
from safetensors.torch import load_file

folder, kind = pathlib.Path(sys.argv[1]), sys.argv[2]
ARCHITECTURES = {"gemma3": "GEMMA3", "gpt2": "GPT2", "llama": "LLAMA", "mistral_model": "LLAMA", "qwen2": "QWEN2",
                 "qwen3": "QWEN3", "smollm": "LLAMA"}
source = load_file(folder / kind / "model.safetensors")


def same(ours, theirs, what):
    """Equal to the bit, but for Gemma's norms: GGUF keeps them with one added, which rounds."""
    assert sorted(ours) == sorted(theirs), (what, set(ours) ^ set(theirs))
    for name, tensor in theirs.items():
        got = ours[name]
        assert got.dtype == tensor.dtype and got.shape == tensor.shape, (what, name)
        if kind == "gemma3" and "norm" in name:
            assert (got - tensor).abs().max() <= 2**-23, (what, name)
        else:
            assert torch.equal(got, tensor), (what, name)


def untied(state):
    return {name: tensor for name, tensor in state.items() if name in source or name != "lm_head.weight"}


# The file, as gguf-py reads it.
reader = gguf.GGUFReader(folder / "f32.gguf")
fields = {name: field.contents() for name, field in reader.fields.items()}
architecture = gguf.MODEL_ARCH[ARCHITECTURES[kind]]
assert fields["general.architecture"] == gguf.MODEL_ARCH_NAMES[architecture]
assert fields["general.license"] == "mit" and fields["general.name"] == kind
assert fields["general.file_type"] == gguf.LlamaFileType.ALL_F32
names = gguf.get_tensor_name_map(architecture, 2)
expected = {names.get_name(name, try_suffixes=(".weight", ".bias")): tensor for name, tensor in source.items()}
assert sorted(tensor.name for tensor in reader.tensors) == sorted(expected)
for tensor in reader.tensors:
    assert tensor.tensor_type == Type.F32
    values = expected[tensor.name].numpy() + np.float32(kind == "gemma3" and "norm" in tensor.name)
    assert np.array_equal(np.sort(tensor.data, axis=None), np.sort(values, axis=None)), tensor.name  # order: below
again = {tensor.name: np.array(tensor.data) for tensor in gguf.GGUFReader(folder / "again.gguf").tensors}
assert all(np.array_equal(again[tensor.name], tensor.data) for tensor in reader.tensors) and len(again) == len(reader.tensors)

# Its tokenizer.
library = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / kind / "tokenizer.json"))
rows = len(source[next(name for name in source if name.endswith(("embed_tokens.weight", "wte.weight")))])
tokens = fields["tokenizer.ggml.tokens"]
assert len(tokens) == len(fields["tokenizer.ggml.token_type"]) == rows
for token, number in library.get_vocab().items():
    assert tokens[number] == token, (number, tokens[number], token)
assert fields["tokenizer.chat_template"] == "{{ messages }}"
lines = (folder / "texts").read_text().split("\n")[:-1]
ids = [json.loads(line)["ids"] for line in (folder / f"{kind}.ids").read_text().splitlines()]
assert len(lines) == len(ids)
special = transformers.AutoTokenizer.from_pretrained(folder / kind)
for line, expected_ids in zip(lines, ids):
    assert special(line)["input_ids"] == expected_ids, line

# What was made of it, and what transformers makes of the files.
same(load_file(folder / "safetensors/model.safetensors"), source, "safetensors")
index = json.loads((folder / "torch/pytorch_model.bin.index.json").read_text())["weight_map"]
whole = {}
for shard in set(index.values()):
    whole |= torch.load(folder / "torch" / shard, weights_only=True)
assert len(set(index.values())) > 1
same(whole, source, "torch")
load = transformers.AutoModelForCausalLM.from_pretrained
for name in ("safetensors", "torch"):
    same(untied(load(folder / name, dtype=torch.float32).state_dict()), source, f"transformers of {name}")
(folder / kind / "f32.gguf").symlink_to(folder / "f32.gguf")
same(untied(load(folder / kind, gguf_file="f32.gguf", dtype=torch.float32).state_dict()), source, "transformers of GGUF")
for tensor in gguf.GGUFReader(folder / "q8_0.gguf").tensors:
    assert tensor.tensor_type == (Type.Q8_0 if len(tensor.shape) > 1 else Type.F32), tensor.name
(folder / kind / "q8_0.gguf").symlink_to(folder / "q8_0.gguf")
rounded = untied(load(folder / kind, gguf_file="q8_0.gguf", dtype=torch.float32).state_dict())
same(load_file(folder / "q8_0/model.safetensors"), rounded, "q8_0")
assert any(not torch.equal(rounded[name], source[name]) for name in source)
print("all checks hold")
