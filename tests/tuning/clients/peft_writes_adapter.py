"""PEFT writes an adapter of random values for the model of a folder, and what it makes of some rows.

Usage: peft_writes_adapter.py DIRECTORY MODEL KIND
DIRECTORY: rows.json (ids, type_ids); written: adapter/, theirs.safetensors ("logits").
KIND: lora, dora, ia3, norm, prompt or prefix.
"""
import json
import sys
from pathlib import Path

import torch
from peft import (IA3Config, LNTuningConfig, LoraConfig, PrefixTuningConfig, PromptTuningConfig, get_peft_model)
from safetensors.torch import save_file
from transformers import AutoModelForSequenceClassification

directory, backbone, kind = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
rows = json.loads((directory / "rows.json").read_text())
torch.manual_seed(3)
base = AutoModelForSequenceClassification.from_pretrained(backbone).eval()
maps = rows["maps"]
config = {
    "lora": lambda: LoraConfig(task_type="SEQ_CLS", r=3, lora_alpha=5, target_modules=maps, use_rslora=True),
    "dora": lambda: LoraConfig(task_type="SEQ_CLS", r=3, lora_alpha=5, target_modules=maps, use_dora=True),
    "ia3": lambda: IA3Config(task_type="SEQ_CLS", target_modules=maps, feedforward_modules=maps[:1]),
    "norm": lambda: LNTuningConfig(task_type="SEQ_CLS", target_modules=rows["norms"]),
    "prompt": lambda: PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=3),
    "prefix": lambda: PrefixTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=3),
}[kind]()
model = get_peft_model(base, config).eval()
with torch.no_grad():
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.add_(torch.randn_like(parameter) * 0.2)
model.save_pretrained(directory / "adapter")
logits = []
with torch.no_grad():
    for ids, types in zip(rows["ids"], rows["type_ids"]):
        segments = {"token_type_ids": torch.tensor([types])} if any(types) else {}
        logits.append(model(input_ids=torch.tensor([ids]), **segments).logits)
save_file({"logits": torch.cat(logits)}, directory / "theirs.safetensors")
print("written")
