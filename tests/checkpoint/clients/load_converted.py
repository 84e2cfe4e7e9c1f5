"""torch, safetensors and transformers read what convert_model wrote from the model in source/.

Usage: load_converted.py FOLDER     FOLDER: source, torch, torch_shards, safetensors_shards, bf16; all.safetensors and all.pt
"""

import json
import pathlib
import sys
import zipfile

import torch
import transformers
from safetensors.torch import load_file

folder = pathlib.Path(sys.argv[1])


def same(ours, theirs):
    assert list(sorted(ours)) == list(sorted(theirs))
    for name, tensor in theirs.items():
        assert ours[name].dtype == tensor.dtype and ours[name].shape == tensor.shape, name
        assert torch.equal(ours[name], tensor), name


same(torch.load(folder / "all.pt", weights_only=True), load_file(folder / "all.safetensors"))
same(torch.load(folder / "all.pt", weights_only=True, mmap=True), load_file(folder / "all.safetensors"))
assert zipfile.ZipFile(folder / "all.pt").testzip() is None

source = load_file(folder / "source/model.safetensors")
same(torch.load(folder / "torch/pytorch_model.bin", weights_only=True), source)
for name, load in (("torch_shards", lambda f: torch.load(f, weights_only=True)), ("safetensors_shards", load_file)):
    (index,) = (folder / name).glob("*.index.json")
    weight_map = json.loads(index.read_text())["weight_map"]
    assert len(set(weight_map.values())) > 3
    whole = {}
    for shard in set(weight_map.values()):
        part = load(folder / name / shard)
        assert all(weight_map[tensor] == shard for tensor in part)
        whole |= part
    same(whole, source)

expected = transformers.AutoModelForSequenceClassification.from_pretrained(folder / "source").state_dict()
for name in ("torch", "torch_shards", "safetensors_shards"):
    same(transformers.AutoModelForSequenceClassification.from_pretrained(folder / name).state_dict(), expected)
half = transformers.AutoModelForSequenceClassification.from_pretrained(folder / "bf16", dtype="auto")
assert half.dtype == torch.bfloat16
same(half.state_dict(), {n: t.to(torch.bfloat16) if t.is_floating_point() else t for n, t in expected.items()})
print("all checks hold")
