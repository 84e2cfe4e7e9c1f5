"""An export of rift, loaded and scored by transformers in padded batches, beside the scores of `rift score`.

Usage: score_decoder.py EXPORT TABLE SCORES     TABLE: tab-separated, texts in the first column; SCORES: rift's CSV
"""
import sys

import pandas
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

export, table, scores = sys.argv[1:]
texts = pandas.read_csv(table, sep="\t", quoting=3, keep_default_na=False)["sentence"].tolist()
ours = pandas.read_csv(scores)
tokenizer = AutoTokenizer.from_pretrained(export)
model, info = AutoModelForSequenceClassification.from_pretrained(export, output_loading_info=True)
assert not any(info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys")), info
columns = ["score_" + model.config.id2label[i] for i in range(model.config.num_labels)]
expected = torch.tensor(ours[columns].to_numpy())
model.eval()
logits = []
with torch.no_grad():
    for begin in range(0, len(texts), 32):
        batch = tokenizer(texts[begin:begin + 32], return_tensors="pt", padding=True, padding_side="right", truncation=True,
                          max_length=64)
        assert (batch["attention_mask"].sum(1).min() < batch["attention_mask"].shape[1]).item(), "nothing was padded"
        logits.append(model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits)
difference = (torch.cat(logits).double().softmax(1) - expected).abs().max().item()
print(f"largest difference {difference:.2e} over {len(texts)} rows")
assert len(texts) == len(ours) and difference < 1e-5, difference
print("all checks hold")
