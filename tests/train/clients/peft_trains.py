"""PEFT lays an adapter on base/, trains it by some steps and saves it; what it then says of some rows.

Usage: peft_trains.py DIRECTORY KIND, KIND: lora, dora, ia3, norm, prompt or prefix
DIRECTORY: base/, rows.json (texts, labels, max_tokens); written: KIND/ (the adapter), KIND.json (a logit for each row).
Nothing of rift runs here; the tokenizer is transformers' own.
"""
import json
import sys
from pathlib import Path

import torch
from peft import IA3Config, LNTuningConfig, LoraConfig, PrefixTuningConfig, PromptTuningConfig, get_peft_model
from transformers import AutoModelForSequenceClassification, AutoTokenizer

directory, kind = Path(sys.argv[1]), sys.argv[2]
rows = json.loads((directory / "rows.json").read_text())
torch.manual_seed(5)
base = AutoModelForSequenceClassification.from_pretrained(directory / "base", num_labels=1)
config = {
    "lora": lambda: LoraConfig(task_type="SEQ_CLS", r=2, lora_alpha=4, target_modules=["query", "value"]),
    "dora": lambda: LoraConfig(task_type="SEQ_CLS", r=2, lora_alpha=4, target_modules=["query", "value"], use_dora=True),
    "ia3": lambda: IA3Config(task_type="SEQ_CLS", target_modules=["key", "intermediate.dense", "output.dense"],
                             feedforward_modules=["output.dense"]),
    "norm": lambda: LNTuningConfig(task_type="SEQ_CLS", target_modules=["LayerNorm"]),
    "prompt": lambda: PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=3),
    "prefix": lambda: PrefixTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=3),
}[kind]()
model = get_peft_model(base, config)
tokenizer = AutoTokenizer.from_pretrained(directory / "base")
batch = tokenizer(rows["texts"], return_tensors="pt", padding=True, truncation=True, max_length=rows["max_tokens"])
labels = torch.tensor(rows["labels"], dtype=torch.float32)
trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
optimizer = torch.optim.AdamW(trained, lr=0.05)
model.eval()  # without dropout, so that few steps tell
for _ in range(3):
    optimizer.zero_grad()
    logits = model(**batch).logits[:, 0]
    torch.nn.functional.binary_cross_entropy_with_logits(logits, labels).backward()
    optimizer.step()
with torch.no_grad():
    after = model(**batch).logits[:, 0]
assert (after - logits).abs().max() > 1e-3, "training changed nothing"
model.save_pretrained(directory / kind)
(directory / f"{kind}.json").write_text(json.dumps({"logits": after.double().tolist()}))
print("written")
