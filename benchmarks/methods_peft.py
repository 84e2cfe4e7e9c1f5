"""One fine-tuning in transformers and peft, as methods.py asks for it; run by the peers' Python.

Usage: methods_peft.py SETTINGS.json
Prints one JSON line: trained parameters, training rows a second, the metric on the test rows.
"""
import csv
import json
import random
import statistics
import sys
import time
from pathlib import Path

import peft
import torch
from continued_pretraining import auc
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from transformers import logging as transformers_logging

transformers_logging.set_verbosity_error()
settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
torch.set_num_threads(settings["threads"])
torch.manual_seed(settings["seed"])
tokenizer = AutoTokenizer.from_pretrained(settings["model"])
IS_BINARY = settings["metric"] == "auc"
WHOLE = ["classifier", "pooler"]  # trained in full beside an adapter


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    ids = tokenizer([row["text"] for row in rows], truncation=True, max_length=settings["max_tokens"])["input_ids"]
    return ids, [row["label"] for row in rows]


def batch_of(ids):
    width = max(map(len, ids))
    tokens = torch.zeros(len(ids), width, dtype=torch.long)
    mask = torch.zeros(len(ids), width, dtype=torch.long)
    for i, row in enumerate(ids):
        tokens[i, :len(row)] = torch.tensor(row)
        mask[i, :len(row)] = 1
    return {"input_ids": tokens, "attention_mask": mask}


def tuned(model):
    """The model with what the method adds, and what trains set apart."""
    wanted = dict(settings["peft"])
    kind = wanted.pop("kind")
    wanted.pop("b_lr_ratio", None)
    if kind == "full":
        return model
    if kind in ("prompt", "prefix"):
        if kind == "prompt":
            config = peft.PromptTuningConfig(task_type="SEQ_CLS", prompt_tuning_init="SAMPLE_VOCAB",
                                             tokenizer_name_or_path=settings["model"], **wanted)
        else:
            config = peft.PrefixTuningConfig(task_type="SEQ_CLS", **wanted)
        model = peft.get_peft_model(model, config)
        for parameter in model.base_model.bert.pooler.parameters():  # peft leaves it as it is
            parameter.requires_grad_(True)
        return model
    make = {"lora": peft.LoraConfig, "ia3": peft.IA3Config, "norm": peft.LNTuningConfig}[kind]
    return peft.get_peft_model(model, make(task_type="SEQ_CLS", modules_to_save=WHOLE, **wanted))


def optimizer_of(model):
    ratio = settings["peft"].get("b_lr_ratio", 1)
    groups = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        of_head = any(f"{part}." in name for part in WHOLE)
        lr = settings["head_lr"] if of_head else settings["lr"] * (ratio if ".lora_B." in name else 1)
        decay = 0.0 if parameter.ndim == 1 else settings["weight_decay"]
        groups.setdefault((lr, decay), []).append(parameter)
    return torch.optim.AdamW([{"params": some, "lr": lr, "weight_decay": decay} for (lr, decay), some in groups.items()])


def trained(model, ids, targets):
    """Seconds of the training."""
    size, epochs = settings["batch_rows"], settings["epochs"]
    total = epochs * -(-len(ids) // size)
    warm = max(1, round(settings["warmup"] * total))
    optimizer = optimizer_of(model)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: (step + 1) / warm if step < warm else (total - step) / max(1, total - warm))
    loss_of = torch.nn.BCEWithLogitsLoss() if IS_BINARY else torch.nn.CrossEntropyLoss()
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    model.train()
    begun = time.perf_counter()
    for epoch in range(epochs):
        order = list(range(len(ids)))
        random.Random(settings["seed"] * 1000 + epoch).shuffle(order)
        for first in range(0, len(order), size):
            chosen = order[first:first + size]
            logits = model(**batch_of([ids[i] for i in chosen])).logits
            wanted = targets[chosen]
            loss_of(logits[:, 0] if IS_BINARY else logits, wanted).backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
    return time.perf_counter() - begun


def metric(model, ids, labels, names):
    model.eval()
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    logits = [None] * len(ids)
    with torch.no_grad():
        for first in range(0, len(order), 64):
            chosen = order[first:first + 64]
            for i, row in zip(chosen, model(**batch_of([ids[i] for i in chosen])).logits):
                logits[i] = row
    if IS_BINARY:
        return auc([float(row[0]) for row in logits], [int(label) for label in labels])
    said = [names[int(row.argmax())] for row in logits]
    return statistics.fmean(f1(name, said, labels) for name in names)


def f1(name, said, labels):
    right = sum(one == other == name for one, other in zip(said, labels))
    return 2 * right / max(1, said.count(name) + labels.count(name))


def main():
    ids, labels = rows_of(settings["train"])
    names = sorted(set(labels))
    targets = (torch.tensor([float(label) for label in labels]) if IS_BINARY else
               torch.tensor([names.index(label) for label in labels]))
    base = AutoModelForSequenceClassification.from_pretrained(settings["model"], num_labels=1 if IS_BINARY else len(names))
    model = tuned(base)
    trainable = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    seconds = trained(model, ids, targets)
    test_ids, test_labels = rows_of(settings["test"])
    print(json.dumps({"trainable": trainable, "rows_per_second": len(ids) * settings["epochs"] / seconds,
                      "metric": metric(model, test_ids, test_labels, names)}))


main()
