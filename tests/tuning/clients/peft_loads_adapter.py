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
    warnings.filterwarnings("ignore", "Unsupported layer type")  # of every norm that LN_TUNING wraps
    is_virtual = "num_virtual_tokens" in config
    model = PeftModel.from_pretrained(base, directory / "adapter", is_trainable=not is_virtual).eval()
if is_virtual:  # PEFT loads such an adapter for scoring alone
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith("prompt_encoder.") or ".modules_to_save.default." in name)


def name_in_rift(name):
    if name.startswith("prompt_encoder."):
        return "prompt_embeddings" if config["peft_type"] == "PROMPT_TUNING" else "prefix_embeddings"
    name = name.removeprefix("base_model.").removeprefix("model." if "target_modules" in config else "")
    for part in (".modules_to_save.default", ".default", ".ln_tuning_layers"):
        name = name.replace(part, "")
    return name.replace("lora_magnitude_vector.weight", "lora_magnitude_vector")


results = []
for ids, types in zip(rows["ids"], rows["type_ids"]):
    segments = {"token_type_ids": torch.tensor([types])} if any(types) else {}
    out = model(input_ids=torch.tensor([ids]), **segments)
    results.append(out.logits if classifies else out.last_hidden_state[0])
results = torch.cat(results)
assert (results - ours["logits" if classifies else "states"]).abs().max() < 1e-5

if classifies and rows["trainable"]:
    results.sum().backward()
    checked = 0
    for name, parameter in model.named_parameters():
        if parameter.grad is None:
            continue
        name = name_in_rift(name)
        gradient = ours.pop("gradient." + name).reshape(parameter.shape)
        difference = (parameter.grad - gradient).norm()
        assert difference <= 1e-4 * max(gradient.norm().item(), 1e-3), (name, difference)
        checked += 1
    assert checked == int(rows["trainable"]), checked
    left = [name for name in ours if name.startswith("gradient.")]
    assert not left, left
print("all checks hold")
