"""PEFT loads DIRECTORY/adapter onto the base model: outputs, and the gradients of what trains, are rift's.

Usage: peft_loads_adapter.py DIRECTORY MODEL
DIRECTORY: adapter/, rows.json (ids, type_ids), ours.safetensors ("logits" or "states"; with logits also "gradient.NAME" of
their sum, under rift's names).
"""
import json
import sys
import warnings
from pathlib import Path

import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoModelForSequenceClassification

directory, backbone = Path(sys.argv[1]), sys.argv[2]
config = json.loads((directory / "adapter/adapter_config.json").read_text())
classifies = config["task_type"] == "SEQ_CLS"
ours = load_file(directory / "ours.safetensors")
rows = json.loads((directory / "rows.json").read_text())

if classifies:
    base = AutoModelForSequenceClassification.from_pretrained(backbone)
elif AutoConfig.from_pretrained(backbone).model_type == "gemma3_text":
    base = AutoModelForCausalLM.from_pretrained(backbone).model  # AutoModel takes no names that begin with "model."
else:
    base = AutoModel.from_pretrained(backbone)
base.eval()
with warnings.catch_warnings():
    warnings.simplefilter("error", UserWarning)  # peft warns about keys that it misses or does not know
    model = PeftModel.from_pretrained(base, directory / "adapter", is_trainable=True).eval()

results = []
for ids, types in zip(rows["ids"], rows["type_ids"]):
    segments = {"token_type_ids": torch.tensor([types])} if any(types) else {}
    out = model(input_ids=torch.tensor([ids]), **segments)
    results.append(out.logits if classifies else out.last_hidden_state[0])
results = torch.cat(results)
assert (results - ours["logits" if classifies else "states"]).abs().max() < 1e-5

if classifies:
    results.sum().backward()
    checked = 0
    for name, parameter in model.named_parameters():
        if parameter.grad is None:
            continue
        name = name.removeprefix("base_model.model.").replace(".modules_to_save.default", "").replace(".default", "")
        gradient = ours.pop("gradient." + name)
        difference = (parameter.grad - gradient).norm()
        assert difference <= 1e-4 * max(gradient.norm().item(), 1e-3), (name, difference)
        checked += 1
    assert checked == int(rows["trainable"]), checked
    left = [name for name in ours if name.startswith("gradient.")]
    assert not left, left
print("all checks hold")
