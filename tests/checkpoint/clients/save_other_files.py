"""Saves one BERT as transformers does without safetensors, in one file and in shards, and as shards of safetensors; beside
them what rift should load, under canonical names."""
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

directory = Path(sys.argv[1])
torch.manual_seed(1)
config = transformers.BertConfig(vocab_size=50, hidden_size=8, num_hidden_layers=2, num_attention_heads=2,
                                 intermediate_size=16, max_position_embeddings=12, num_labels=3)
model = transformers.BertForSequenceClassification(config)
for parameter in model.parameters():
    torch.nn.init.normal_(parameter)
model.save_pretrained(directory / "pickle", safe_serialization=False)
model.save_pretrained(directory / "pickles", safe_serialization=False, max_shard_size="2KB")
model.save_pretrained(directory / "shards", max_shard_size="2KB")
assert (directory / "pickle/pytorch_model.bin").is_file()
assert (directory / "pickles/pytorch_model.bin.index.json").is_file()
assert (directory / "shards/model.safetensors.index.json").is_file()
save_file({name: tensor.clone() for name, tensor in model.state_dict().items()}, directory / "expected.safetensors")
print("all checks hold")
