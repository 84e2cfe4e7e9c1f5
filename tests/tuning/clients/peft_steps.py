"""PEFT makes one step of SGD from the start that rift began with, and comes to rift's merged weights.

Usage: peft_steps.py DIRECTORY MODEL
DIRECTORY: adapter/ (the start; for PiSSA only its config, and PEFT makes the start itself), rows.json (ids, type_ids, lr,
b_lr_ratio, pissa), ours.safetensors (after the step, under their names: merged weights, and the virtual tokens of prompt and
prefix). The loss is the sum of the logits' squares.
"""
import json
import sys
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.optimizers import create_loraplus_optimizer
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification

directory, backbone = Path(sys.argv[1]), sys.argv[2]
ours = load_file(directory / "ours.safetensors")
rows = json.loads((directory / "rows.json").read_text())
config = json.loads((directory / "adapter/adapter_config.json").read_text())
is_virtual = "num_virtual_tokens" in config
base = AutoModelForSequenceClassification.from_pretrained(backbone).eval()
if rows["pissa"]:
    start = LoraConfig(task_type="SEQ_CLS", r=config["r"] // 2, lora_alpha=config["lora_alpha"] // 2, init_lora_weights="pissa",
                       target_modules=config["target_modules"], modules_to_save=config["modules_to_save"])
    model = get_peft_model(base, start).eval()
else:
    model = PeftModel.from_pretrained(base, directory / "adapter", is_trainable=not is_virtual).eval()
if is_virtual:  # PEFT loads such an adapter for scoring alone
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith("prompt_encoder.") or ".modules_to_save.default." in name)
if rows["b_lr_ratio"] == 1:
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=rows["lr"])
else:
    optimizer = create_loraplus_optimizer(model, torch.optim.SGD, lr=rows["lr"], loraplus_lr_ratio=rows["b_lr_ratio"],
                                          loraplus_weight_decay=0.0)
    # PEFT hastens every vector beside B, the head's biases among them; rift hastens B alone.
    whole = [parameter for name, parameter in model.named_parameters() if ".modules_to_save." in name]
    for group in optimizer.param_groups:
        group["params"] = [parameter for parameter in group["params"] if all(parameter is not other for other in whole)]
    optimizer.add_param_group({"params": whole, "lr": rows["lr"]})
logits = []
for ids, types in zip(rows["ids"], rows["type_ids"]):
    segments = {"token_type_ids": torch.tensor([types])} if any(types) else {}
    logits.append(model(input_ids=torch.tensor([ids]), **segments).logits)
torch.cat(logits).square().sum().backward()
optimizer.step()
before = AutoModelForSequenceClassification.from_pretrained(backbone).state_dict()
if not is_virtual:
    model.merge_adapter()
merged = {}
for name, tensor in (model.base_model if is_virtual else model.base_model.model).state_dict().items():
    if "original_module" not in name:
        merged[name.replace("modules_to_save.default.", "").replace("base_layer.", "")] = tensor
if is_virtual:  # beside the weights
    name = "prompt_embeddings" if config["peft_type"] == "PROMPT_TUNING" else "prefix_embeddings"
    merged[name] = model.prompt_encoder["default"].embedding.weight.detach()
    before[name] = load_file(directory / "adapter/adapter_model.safetensors")["prompt_embeddings"]
moved = 0
for name, tensor in ours.items():
    difference = (merged[name] - tensor).abs().max().item()
    assert difference < 1e-5, (name, difference)
    moved += (merged[name] - before[name]).abs().max().item() > 1e-5
assert moved == rows["moved"], moved
print("all checks hold")
