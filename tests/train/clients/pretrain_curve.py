"""transformers trains from the same start on the very batches that rift trained on; then it loads what rift published.

Run:  python pretrain_curve.py FOLDER
FOLDER/start    model directory before the first step
FOLDER/model    the published one
FOLDER/steps.json  {"beta1", "beta2", "epsilon", "weight_decay", "clip_norm", "steps": [{"lr", "rows": [{"ids", "places",
                   "targets"}]}], "check": {"rows": [...], "logits": [[...]]}, "texts": [{"text", "ids"}]}; places and
                   targets: what is to be said where
Writes FOLDER/losses.json: the loss of every step.
"""
import json
import pathlib
import sys

import torch
import torch.nn.functional as F
import transformers

folder = pathlib.Path(sys.argv[1])
plan = json.loads((folder / "steps.json").read_text())
torch.set_num_threads(1)


def load(directory):
    architecture = json.loads((directory / "config.json").read_text())["architectures"][0]
    model, info = getattr(transformers, architecture).from_pretrained(directory, output_loading_info=True,
                                                                      attn_implementation="eager")
    problems = {kind: names for kind, names in info.items() if names}
    assert not problems, f"{directory}: {problems}"
    return model


def logits_of(model, rows):
    """Of every token that is to say something, and what it is to say."""
    longest = max(len(row["ids"]) for row in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    mask = torch.zeros(len(rows), longest, dtype=torch.long)
    for at, row in enumerate(rows):
        ids[at, :len(row["ids"])] = torch.tensor(row["ids"])
        mask[at, :len(row["ids"])] = 1
    logits = model(input_ids=ids, attention_mask=mask).logits
    picked = torch.cat([logits[at, row["places"]] for at, row in enumerate(rows)])
    return picked, torch.tensor([target for row in rows for target in row["targets"]])


def groups(model):
    """Weight decay as rift deals it: not for biases and norms."""
    return [{"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": plan["weight_decay"]},
            {"params": [p for p in model.parameters() if p.ndim == 1], "weight_decay": 0.0}]


model = load(folder / "start").train()  # its dropout is 0
optimizer = torch.optim.AdamW(groups(model), lr=1.0, betas=(plan["beta1"], plan["beta2"]), eps=plan["epsilon"])
losses = []
for step in plan["steps"]:
    optimizer.zero_grad()
    said, wanted = logits_of(model, step["rows"])
    loss = F.cross_entropy(said, wanted)
    loss.backward()
    if plan["clip_norm"] > 0:
        torch.nn.utils.clip_grad_norm_(model.parameters(), plan["clip_norm"])
    for group in optimizer.param_groups:
        group["lr"] = step["lr"]
    optimizer.step()
    losses.append(loss.item())
(folder / "losses.json").write_text(json.dumps(losses))

published = load(folder / "model").eval()
with torch.no_grad():
    said, _ = logits_of(published, plan["check"]["rows"])
difference = (said - torch.tensor(plan["check"]["logits"])).abs().max().item()
assert difference < 1e-5 * max(1.0, said.abs().max().item()), f"logits of the published model differ by {difference}"
tokenizer = transformers.AutoTokenizer.from_pretrained(folder / "model")
assert len(tokenizer) <= published.config.vocab_size, (len(tokenizer), published.config.vocab_size)
for entry in plan["texts"]:
    assert tokenizer(entry["text"]).input_ids == entry["ids"], entry["text"]
