"""What transformers' Llama says on SmolLM2's GGUF file, values made f32 by transformers itself: OUT with "states", all tokens of
all rows, and "logits", of each row's last token.

Usage: smollm2_logits.py FILE.gguf ROWS.json OUT.safetensors
"""
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

file, rows, out = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()), sys.argv[3]
model = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32).eval()
states, logits = [], []
with torch.no_grad():
    for ids in rows:
        result = model(input_ids=torch.tensor([ids]), output_hidden_states=True)
        states.append(result.hidden_states[-1][0])
        logits.append(result.logits[0, -1])
save_file({"states": torch.cat(states), "logits": torch.stack(logits)}, out)
print("all checks hold")
