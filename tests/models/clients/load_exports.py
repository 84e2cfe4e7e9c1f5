"""EXPORT/<pooling>/ of one encoder: what transformers makes of a directory that rift wrote, beside rift's own logits.

Usage: load_exports.py DIRECTORY
DIRECTORY/<pooling>/: the export; DIRECTORY/<pooling>.safetensors: "logits" of rift; DIRECTORY/rows.json: ids and type_ids,
and the class that rift names in a language model's config.json.
The architecture's own pooling (pooler; last of decoders): AutoModelForSequenceClassification loads every tensor and gives
the logits, of decoders also for all rows in one batch, padded on the right. Another: AutoModel gives the states, 1_Pooling
says the pooling, and the classifier that lies in the file gives the logits.
"""
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification
from transformers import MODEL_FOR_CAUSAL_LM_MAPPING, MODEL_FOR_MASKED_LM_MAPPING

directory = Path(sys.argv[1])
rows = json.loads((directory / "rows.json").read_text())


def inputs(row):
    batch = {"input_ids": torch.tensor([rows["ids"][row]])}
    if any(any(types) for types in rows["type_ids"]):
        batch["token_type_ids"] = torch.tensor([rows["type_ids"][row]])
    return batch


def check_padded_batch(model):
    longest = max(len(ids) for ids in rows["ids"])
    batch = [ids + [model.config.pad_token_id] * (longest - len(ids)) for ids in rows["ids"]]
    mask = [[1] * len(ids) + [0] * (longest - len(ids)) for ids in rows["ids"]]
    logits = model(input_ids=torch.tensor(batch), attention_mask=torch.tensor(mask)).logits
    difference = (logits - load_file(directory / "last.safetensors")["logits"]).abs().max().item()
    assert difference < 1e-5, ("padded batch", difference)


def logits_of(pooling):
    folder = directory / pooling
    if pooling in ("pooler", "last"):
        model, info = AutoModelForSequenceClassification.from_pretrained(folder, output_loading_info=True)
        assert not any(info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs")), info
        assert set(load_file(folder / "model.safetensors")) == set(model.state_dict()), "tensors differ"
        assert model.config.num_labels == 1
        model.eval()
        if pooling == "last":
            check_padded_batch(model)
        return torch.cat([model(**inputs(row)).logits for row in range(len(rows["ids"]))])
    model, info = AutoModel.from_pretrained(folder, output_loading_info=True)
    assert not info["mismatched_keys"] and not info["error_msgs"], info
    assert all(key.startswith("pooler.") for key in info["missing_keys"]), info
    modes = json.loads((folder / "1_Pooling/config.json").read_text())
    assert [key for key, value in modes.items() if value is True] == [
        {"cls": "pooling_mode_cls_token", "mean": "pooling_mode_mean_tokens"}[pooling]], modes
    assert modes["word_embedding_dimension"] == model.config.hidden_size
    tensors = load_file(folder / "model.safetensors")
    classifier = next(name for name in ("classifier.out_proj", "classifier", "score") if name + ".weight" in tensors)
    model.eval()
    states = [model(**inputs(row)).last_hidden_state[0] for row in range(len(rows["ids"]))]
    pooled = torch.stack([s[0] if pooling == "cls" else s.mean(0) for s in states])
    return pooled @ tensors[classifier + ".weight"].T + tensors.get(classifier + ".bias", torch.zeros(1))


def check_language_class(pooling):
    config = type(AutoConfig.from_pretrained(directory / pooling))
    classes = MODEL_FOR_CAUSAL_LM_MAPPING if pooling == "last" else MODEL_FOR_MASKED_LM_MAPPING
    assert classes[config].__name__ == rows["language_class"], (classes[config], rows["language_class"])


with torch.no_grad():
    for pooling in [name for name in ("pooler", "last", "cls", "mean") if (directory / name).exists()]:
        ours = load_file(directory / f"{pooling}.safetensors")["logits"]
        difference = (logits_of(pooling) - ours).abs().max().item()
        assert difference < 1e-5, (pooling, difference)
        if pooling in ("pooler", "last"):
            check_language_class(pooling)
print("all checks hold")
