"""EXPORT/<pooling>/ of one encoder: what transformers makes of a directory that rift wrote, beside rift's own logits.

Usage: load_exports.py DIRECTORY
DIRECTORY/<pooling>/: the export; DIRECTORY/<pooling>.safetensors: "logits" of rift; DIRECTORY/rows.json: ids and type_ids.
pooler: AutoModelForSequenceClassification loads every tensor and gives the logits. cls, mean: AutoModel gives the states,
1_Pooling says the pooling, and the classifier that lies in the file gives the logits.
"""
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoModel, AutoModelForSequenceClassification

directory = Path(sys.argv[1])
rows = json.loads((directory / "rows.json").read_text())


def inputs(row):
    batch = {"input_ids": torch.tensor([rows["ids"][row]])}
    if any(any(types) for types in rows["type_ids"]):
        batch["token_type_ids"] = torch.tensor([rows["type_ids"][row]])
    return batch


def logits_of(pooling):
    folder = directory / pooling
    if pooling == "pooler":
        model, info = AutoModelForSequenceClassification.from_pretrained(folder, output_loading_info=True)
        assert not any(info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs")), info
        assert set(load_file(folder / "model.safetensors")) == set(model.state_dict()), "tensors differ"
        assert model.config.num_labels == 1
        model.eval()
        return torch.cat([model(**inputs(row)).logits for row in range(len(rows["ids"]))])
    model, info = AutoModel.from_pretrained(folder, output_loading_info=True)
    assert not info["mismatched_keys"] and not info["error_msgs"], info
    assert all(key.startswith("pooler.") for key in info["missing_keys"]), info
    modes = json.loads((folder / "1_Pooling/config.json").read_text())
    assert [key for key, value in modes.items() if value is True] == [
        {"cls": "pooling_mode_cls_token", "mean": "pooling_mode_mean_tokens"}[pooling]], modes
    assert modes["word_embedding_dimension"] == model.config.hidden_size
    tensors = load_file(folder / "model.safetensors")
    classifier = "classifier.out_proj" if "classifier.out_proj.weight" in tensors else "classifier"
    model.eval()
    states = [model(**inputs(row)).last_hidden_state[0] for row in range(len(rows["ids"]))]
    pooled = torch.stack([s[0] if pooling == "cls" else s.mean(0) for s in states])
    return pooled @ tensors[classifier + ".weight"].T + tensors[classifier + ".bias"]


with torch.no_grad():
    for pooling in ("pooler", "cls", "mean"):
        ours = load_file(directory / f"{pooling}.safetensors")["logits"]
        difference = (logits_of(pooling) - ours).abs().max().item()
        assert difference < 1e-5, (pooling, difference)
print("all checks hold")
