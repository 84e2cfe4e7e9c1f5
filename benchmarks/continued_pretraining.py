#!/usr/bin/env python3
"""Does training a language model further on unlabelled texts help what is tuned afterwards?

Continues the packaged MiniLM on Lending Club's `desc` of the training months (no label is read), then fine-tunes it with
several numbers of labels, each beside the model that was not continued: same rows, same seeds, same settings; the test
rows are the months behind the training months. Prints one JSON line for each number of labels: both AUCs, their
difference and its 95 % interval, by a bootstrap of the test rows over the mean score of the seeds. Whatever its sign.

Run:  make bench-pretrain                                                (hours on two cores)
      benchmarks/continued_pretraining.py --out /tmp/small --labels 200 --seeds 1 --test-rows 1000 --epochs 0.1 \\
          --pretrain-rows 2000 --tune-epochs 1      (minutes: shows that it runs, not what is true)
"""
import argparse
import csv
import gzip
import hashlib
import json
import os
import pathlib
import random
import subprocess

from runs import ROOT, borrowers_words, commit, today

FIRST_TEST_MONTH = "2011-07"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rift", default=ROOT / "build/release/rift", type=pathlib.Path)
    parser.add_argument("--data", default=os.environ.get("RIFT_TEST_DATA", ROOT / "../shared/data"), type=pathlib.Path)
    parser.add_argument("--out", default=ROOT / "runs/continued", type=pathlib.Path)
    parser.add_argument("--labels", nargs="+", default=["200", "1000", "all"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=float, default=3, help="of the continued pretraining")
    parser.add_argument("--tune-epochs", type=float, default=3)
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--pretrain-rows", type=int, default=0, help="0 = every text of the training months")
    parser.add_argument("--test-rows", type=int, default=0, help="0 = every text of the test months")
    parser.add_argument("--bootstraps", type=int, default=2000)
    parser.add_argument("--continued", type=pathlib.Path, help="model/ of a pretraining that is done already")
    return parser.parse_args()


def rift(args, *words):
    run = subprocess.run([args.rift, *map(str, words)], capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(f"rift {' '.join(map(str, words))}\n{run.stderr[-3000:]}")
    return run.stdout


def loans(args):
    """Loans with a description in an order that says nothing: (number, month, description, 1 = charged off)."""
    with gzip.open(args.data / "lending_club/loans_2007_2011.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = []
        for number, row in enumerate(csv.DictReader(file)):
            text = borrowers_words(row["desc"])
            if text:
                rows.append((number, row["issue_d"][:7], text, int(row["loan_status"].endswith("Charged Off"))))
    return sorted(rows, key=lambda row: hashlib.sha256(str(row[0]).encode()).hexdigest())


def write_rows(path, rows, limit):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["number", "description", "bad"])
        writer.writerows((number, text, bad) for number, _, text, bad in (rows[:limit] if limit else rows))
    return path


def write_run(path, options):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(options, indent=1))  # JSON is YAML
    return path


def continued(args, texts):
    """The model directory of the pretraining; one that is there goes on, or is taken as it is."""
    out = args.out / "pretrained"
    run = write_run(args.out / "pretrain.yaml", {
        "data": {"source": str(texts), "text": ["description"]},
        "model": {"text": {"max_tokens": args.max_tokens}}, "pretrain": {"held_out": 0.05},
        "optim": {"name": "adamw", "lr": 1e-4, "batch_rows": 32, "epochs": args.epochs, "weight_decay": 0.01}})
    metrics = json.loads(rift(args, "pretrain", run, "--out", out, "--resume", "--json"))
    before, best = metrics["start"], metrics["best"]["figures"]
    print(json.dumps({"pretraining": {"documents": metrics["data"]["train"]["documents"], "steps": metrics["steps"],
                                      "loss_before": before["loss"], "loss": best["loss"],
                                      "perplexity_before": before["perplexity"],
                                      "perplexity": best["perplexity"]}}), flush=True)
    return out / "model"


def scores(args, name, backbone, train, test, seed):
    """What a model that was fine-tuned on `train` says of the test rows."""
    out = args.out / name / f"seed-{seed}"
    run = write_run(args.out / name / f"seed-{seed}.yaml", {
        "task": "binary",
        "data": {"source": str(train), "label": {"column": "bad", "positive": ["1"]}, "id": "number",
                 "columns": {"description": "text"}},
        "split": {"kind": "files", "test": str(test)}, "calibration": "none",
        "model": {"text": {"backbone": str(backbone or ""), "max_tokens": args.max_tokens, "pooling": "mean"}},
        "optim": {"name": "adamw", "lr": 5e-5, "head_lr": 1e-3, "batch_rows": 32, "epochs": args.tune_epochs},
        "train": {"seed": seed}})
    rift(args, "train", run, "--out", out, "--resume")
    rift(args, "score", out / "package", test, "--out", args.out / "scores.csv")
    with open(args.out / "scores.csv", encoding="utf-8", newline="") as file:
        return {row["id"]: float(row["score"]) for row in csv.DictReader(file)}


def auc(score, label):
    order = sorted(range(len(score)), key=score.__getitem__)
    rank_sum = tied = 0.0
    at = 0
    while at < len(order):
        end = at
        while end < len(order) and score[order[end]] == score[order[at]]:
            end += 1
        tied = (at + end + 1) / 2
        rank_sum += tied * sum(label[order[i]] for i in range(at, end))
        at = end
    bad = sum(label)
    return (rank_sum - bad * (bad + 1) / 2) / (bad * (len(label) - bad))


def difference(args, plain, further, label):
    """AUC of both, their difference and its interval over resampled test rows."""
    draw = random.Random(7)
    rows = range(len(label))
    found = []
    for _ in range(args.bootstraps):
        some = [draw.choice(rows) for _ in rows]
        pick = lambda values: [values[i] for i in some]
        if 0 < sum(pick(label)) < len(label):
            found.append(auc(pick(further), pick(label)) - auc(pick(plain), pick(label)))
    found.sort()
    at = lambda share: found[min(len(found) - 1, int(share * len(found)))]
    first, second = auc(plain, label), auc(further, label)
    return {"auc_not_continued": first, "auc_continued": second, "difference": second - first,
            "low": at(0.025), "high": at(0.975)}


def main():
    args = arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    args.out = args.out.resolve()
    print(json.dumps({"commit": commit(), "date": today()}), flush=True)
    rows = loans(args)
    known = [row for row in rows if row[1] < FIRST_TEST_MONTH]
    later = [row for row in rows if row[1] >= FIRST_TEST_MONTH]
    later = later[:args.test_rows] if args.test_rows else later
    model = args.continued or continued(args, write_rows(args.out / "texts.csv", known, args.pretrain_rows))
    test = write_rows(args.out / "test.csv", later, 0)
    truth = [row[3] for row in later]
    for labels in args.labels:
        train = write_rows(args.out / f"train-{labels}.csv", known, 0 if labels == "all" else int(labels))
        means = {}
        for name, backbone in (("plain", None), ("further", model)):
            runs = [scores(args, f"{name}-{labels}", backbone, train, test, seed) for seed in range(1, args.seeds + 1)]
            means[name] = [sum(run[str(row[0])] for run in runs) / len(runs) for row in later]
        line = difference(args, means["plain"], means["further"], truth)
        print(json.dumps({"labels": labels, "seeds": args.seeds, "test_rows": len(truth), **line}), flush=True)


if __name__ == "__main__":
    main()
