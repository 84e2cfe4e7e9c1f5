"""What transformers' Llama says on SmolLM2's GGUF file, values made f32 by transformers itself: OUT with "states", all tokens of
all rows, "logits", of each row's last token, and "gradient.NAME" of some parameters: of the sum of those logits' squares. Of the
table of token embeddings, to which the language head is tied, the first ROWS_OF_TABLE rows.

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
ROWS_OF_TABLE = 3000
LAYER = "model.layers.{}.{}.weight"
NAMED = [LAYER.format(0, "self_attn.q_proj"), LAYER.format(0, "input_layernorm"), LAYER.format(14, "self_attn.k_proj"),
         LAYER.format(14, "mlp.gate_proj"), LAYER.format(29, "self_attn.v_proj"), LAYER.format(29, "mlp.down_proj"),
         "model.norm.weight"]
states, logits = [], []
for ids in rows:
    result = model(input_ids=torch.tensor([ids]), output_hidden_states=True)
    states.append(result.hidden_states[-1][0].detach())
    logits.append(result.logits[0, -1].detach())
    result.logits[0, -1].square().sum().backward()
parameters = dict(model.named_parameters())
found = {"states": torch.cat(states), "logits": torch.stack(logits)}
for name in NAMED:
    found["gradient." + name] = parameters[name].grad
found["gradient.model.embed_tokens.weight"] = parameters["model.embed_tokens.weight"].grad[:ROWS_OF_TABLE].contiguous()
save_file(found, out)
print("all checks hold")
