"""transformers' side of the parity test on real weights and real texts of mixed length.

Usage: minilm_parity.py DIRECTORY MODEL DATA
Writes into DIRECTORY: model/ (MiniLM with a new head, as save_pretrained writes it), rows.json (token ids, targets),
expected.safetensors (logits; every gradient of the mean BCE as "gradient.NAME"; "losses" of ten Adam steps, lr 2e-5).
"""
import csv
import gzip
import io
import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from transformers import AutoTokenizer, BertForSequenceClassification

directory, backbone, data = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
ROWS, MAX_TOKENS, ADAM_STEPS, ADAM_LR = 16, 128, 10, 2e-5


def texts_and_labels():
    """Free texts of loan applications, short titles and long descriptions in turn."""
    path = data / "lending_club/loans_2007_2011.csv.gz"
    rows = csv.DictReader(io.TextIOWrapper(gzip.open(path), encoding="utf-8", errors="replace"))
    texts, labels = [], []
    for row in rows:
        if not row.get("desc", "").strip() or not row.get("title", "").strip():
            continue
        texts.append(row["desc"] if len(texts) % 3 else row["title"])
        labels.append(float("Charged Off" in row["loan_status"]))
        if len(texts) == ROWS:
            return texts, labels
    raise SystemExit("too few texts")


texts, labels = texts_and_labels()
tokenizer = AutoTokenizer.from_pretrained(backbone)
batch = tokenizer(texts, truncation=True, max_length=MAX_TOKENS, padding=True, return_tensors="pt")
ids = [row[keep.bool()].tolist() for row, keep in zip(batch["input_ids"], batch["attention_mask"])]
assert len({len(row) for row in ids}) > ROWS // 2, "the texts are not of mixed length"

torch.manual_seed(3)
model = BertForSequenceClassification.from_pretrained(backbone, num_labels=1).eval()
model.save_pretrained(directory / "model")
targets = torch.tensor(labels)


def mean_loss():
    return F.binary_cross_entropy_with_logits(model(**batch).logits[:, 0], targets)


expected = {"logits": model(**batch).logits.detach().clone()}
mean_loss().backward()
for name, parameter in model.named_parameters():
    expected["gradient." + name] = parameter.grad.clone()
optimizer = torch.optim.Adam(model.parameters(), lr=ADAM_LR)
losses = []
for _ in range(ADAM_STEPS):
    optimizer.zero_grad()
    loss = mean_loss()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
expected["losses"] = torch.tensor(losses)
save_file(expected, directory / "expected.safetensors")
(directory / "rows.json").write_text(json.dumps({"ids": ids, "targets": labels, "adam_lr": ADAM_LR}))
print("all checks hold")
