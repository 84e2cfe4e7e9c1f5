"""Saves four BERT classes as transformers does, and beside each what rift should load, under canonical names."""
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

directory = Path(sys.argv[1])
torch.manual_seed(1)
for kind in ("BertModel", "BertForSequenceClassification", "BertForPreTraining", "BertForMaskedLM"):
    config = transformers.BertConfig(vocab_size=50, hidden_size=8, num_hidden_layers=2, num_attention_heads=2,
                                     intermediate_size=16, max_position_embeddings=12, num_labels=3)
    model = getattr(transformers, kind)(config)
    for parameter in model.parameters():  # so that biases and norms are not all alike
        torch.nn.init.normal_(parameter)
    model.save_pretrained(directory / kind)
    prefix = "bert." if kind == "BertModel" else ""
    expected = {prefix + name: tensor.clone() for name, tensor in model.state_dict().items() if not name.startswith("cls.")}
    save_file(expected, directory / f"{kind}.expected.safetensors")
print("all checks hold")
