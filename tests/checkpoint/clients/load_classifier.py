"""model/: AutoModelForSequenceClassification loads every tensor of it, bit for bit, with nothing missing or left over."""
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer

directory = Path(sys.argv[1]) / "model"
model, info = AutoModelForSequenceClassification.from_pretrained(directory, output_loading_info=True)
assert not any(info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs")), info
assert type(model).__name__ == "BertForSequenceClassification"
assert model.config.num_labels == 1 and model.config.id2label == {0: "bad"}, model.config
assert model.config.problem_type == "multi_label_classification"
saved = load_file(directory / "model.safetensors")
state = model.state_dict()
assert set(saved) == set(state)
for name, tensor in saved.items():
    assert torch.equal(tensor, state[name]), name

tokenizer = AutoTokenizer.from_pretrained(directory)
batch = tokenizer(["The loan was paid late", "the payer"], return_tensors="pt", padding=True)
assert batch["input_ids"][0].tolist() == [2, 5, 6, 7, 8, 9, 3], batch
logits = model.eval()(**batch).logits
assert logits.shape == (2, 1) and torch.isfinite(logits).all()
loss = model(**batch, labels=torch.tensor([[1.0], [0.0]])).loss
expected = torch.nn.functional.binary_cross_entropy_with_logits(logits, torch.tensor([[1.0], [0.0]]))
assert torch.allclose(loss, expected, atol=1e-6), (loss, expected)
print("all checks hold")
