"""model/ (mean pooling, no pooler): AutoModel loads every tensor of the encoder bit for bit; only the head is left over."""
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoModel

directory = Path(sys.argv[1]) / "model"
model, info = AutoModel.from_pretrained(directory, output_loading_info=True)
assert type(model).__name__ == "BertModel"
assert set(info["missing_keys"]) == {"pooler.dense.weight", "pooler.dense.bias"}, info
assert set(info["unexpected_keys"]) == {"classifier.weight", "classifier.bias"}, info
assert not info["mismatched_keys"] and not info["error_msgs"], info
state = model.state_dict()
for name, tensor in load_file(directory / "model.safetensors").items():
    if name.startswith("bert."):
        assert torch.equal(tensor, state[name.removeprefix("bert.")]), name

modules = json.loads((directory / "modules.json").read_text())
assert [module["type"].rsplit(".", 1)[1] for module in modules] == ["Transformer", "Pooling"]
pooling = json.loads((directory / modules[1]["path"] / "config.json").read_text())
assert [key for key, value in pooling.items() if value is True] == ["pooling_mode_mean_tokens"], pooling
assert pooling["word_embedding_dimension"] == model.config.hidden_size
print("all checks hold")
