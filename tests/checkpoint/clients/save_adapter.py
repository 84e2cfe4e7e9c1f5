"""Saves an adapter as peft does (head and pooler trained whole), and its tensors under the names that rift gives them."""
import sys
from pathlib import Path

import torch
from peft import LoraConfig, TaskType, get_peft_model
from safetensors.torch import save_file
from transformers import BertConfig, BertForSequenceClassification

directory = Path(sys.argv[1])
torch.manual_seed(2)
base = BertForSequenceClassification(
    BertConfig(vocab_size=50, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16,
               max_position_embeddings=12, num_labels=2))
model = get_peft_model(base, LoraConfig(task_type=TaskType.SEQ_CLS, r=4, lora_alpha=10, lora_dropout=0.1,
                                        target_modules=["query", "value"], modules_to_save=["pooler", "classifier"]))
expected = {}
for name, parameter in model.named_parameters():
    if not parameter.requires_grad:
        continue
    torch.nn.init.normal_(parameter)
    name = name.removeprefix("base_model.model.")
    name = name.replace(".lora_A.default.weight", ".A").replace(".lora_B.default.weight", ".B")
    name = name.replace(".modules_to_save.default", "")
    expected[name] = parameter.detach().clone()
model.save_pretrained(directory / "adapter")
save_file(expected, directory / "expected.safetensors")
print("all checks hold")
