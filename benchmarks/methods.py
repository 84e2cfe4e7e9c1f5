#!/usr/bin/env python3
"""What does each tuning method reach, and what does it cost, beside the same method in peft?

Three tasks, each with MiniLM and one text a row: the sentiment of Financial PhraseBank's sentences (three classes, macro F1),
whether a loan of Lending Club is charged off, from its description alone (AUC, on the months behind the training months), and
German Credit with each applicant as a sentence (AUC). Of every method five seeds: trained parameters, peak memory of the
process, training rows a second, and the metric on the test rows; of those that peft has, the same in transformers and peft,
on the same rows with the same settings. Asserts that both train as many parameters and that rift's metric is not worse than
peft's beyond what the seeds tell. Prints one JSON line for each task and method and keeps them in results/methods.json, which
tools/methods_page.py makes docs/methods.md of. A run that was stopped goes on where it was.

Run:  make bench-methods                                                     (a night on two cores)
      benchmarks/methods.py --out /tmp/small --train-rows 128 --test-rows 100 --seeds 1 --epochs 1 --results /tmp/small
          (a quarter of an hour: shows that it runs, not what is true; gradual needs a step for each of its eight stages)
"""
import argparse
import csv
import dataclasses
import hashlib
import json
import math
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

import continued_pretraining as loans_text
import machine
from anchors import phrases
from runs import HERE, ROOT, commit, rounded, say, today

METRIC = {"phrasebank": "macro_f1", "lending_club": "auc", "german": "auc"}
TRAIN_ROWS, SEEDS, EPOCHS = 1000, 5, 5
BATCH_ROWS, WEIGHT_DECAY, WARMUP, MAX_TOKENS = 16, 0.01, 0.06, {"phrasebank": 96, "lending_club": 128, "german": 192}


@dataclasses.dataclass(frozen=True)
class Method:
    """A row of the table: what rift is told, its learning rates, and what peft is told where it has the method."""

    tuning: dict
    lr: float
    peft: dict | None = None
    optim: dict = dataclasses.field(default_factory=dict)
    head_lr: float = 1e-3


LORA = {"kind": "lora", "r": 8, "lora_alpha": 16, "target_modules": ["query", "value"]}
METHODS = {
    "full": Method({"method": "full"}, 5e-5, {"kind": "full"}),
    "full, layer_decay 0.8": Method({"method": "full"}, 5e-5, None, {"layer_decay": 0.8}),
    "gradual": Method({"method": "gradual"}, 5e-5),
    "top_k, 2 layers": Method({"method": "top_k", "layers": 2}, 5e-5),
    "head": Method({"method": "head"}, 1e-3),
    "bitfit": Method({"method": "bitfit"}, 1e-3),
    "norm": Method({"method": "norm"}, 1e-3, {"kind": "norm", "target_modules": ["LayerNorm"]}),
    "lora, rank 8": Method({"method": "lora"}, 5e-4, LORA),
    "lora, rank 32, rank_stabilised": Method({"method": "lora", "rank": 32, "scaling": "rank_stabilised"}, 5e-4,
                                             LORA | {"r": 32, "use_rslora": True}),
    "lora, dora": Method({"method": "lora", "dora": True}, 5e-4, LORA | {"use_dora": True}),
    "lora, pissa": Method({"method": "lora", "init": "pissa"}, 5e-4, LORA | {"init_lora_weights": "pissa"}),
    "lora, b_lr_ratio 16": Method({"method": "lora", "b_lr_ratio": 16}, 1e-4, LORA | {"b_lr_ratio": 16}),
    "ia3": Method({"method": "ia3"}, 5e-3, {"kind": "ia3"}),
    "bottleneck, pfeiffer": Method({"method": "bottleneck", "style": "pfeiffer"}, 5e-4),
    "bottleneck, houlsby": Method({"method": "bottleneck", "style": "houlsby"}, 5e-4),
    "prompt, 20 tokens": Method({"method": "prompt", "tokens": 20}, 1e-2, {"kind": "prompt", "num_virtual_tokens": 20}),
    "prefix, 20 tokens": Method({"method": "prefix", "tokens": 20}, 1e-2, {"kind": "prefix", "num_virtual_tokens": 20}),
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rift", default=ROOT / "build/release/rift", type=pathlib.Path)
    parser.add_argument("--model", default=ROOT / ".deps/models/all-MiniLM-L6-v2", type=pathlib.Path)
    parser.add_argument("--data", default=os.environ.get("RIFT_TEST_DATA", ROOT / "../shared/data"), type=pathlib.Path)
    parser.add_argument("--python", default=ROOT / ".deps/bench/bin/python", help="with peft; - leaves the peer out")
    parser.add_argument("--out", default=ROOT / "runs/methods", type=pathlib.Path)
    parser.add_argument("--results", default=HERE / "results", type=pathlib.Path)
    parser.add_argument("--tasks", nargs="+", default=list(METRIC), choices=list(METRIC))
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(METHODS))
    parser.add_argument("--train-rows", type=int, default=TRAIN_ROWS, help="at most; German Credit has 800")
    parser.add_argument("--test-rows", type=int, default=2000, help="at most")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def captions():
    """Captions, units and words for the codes of German Credit's columns, from the lines of captions.yaml."""
    names, codes = {}, {}
    column = None
    for line in (ROOT / "examples/german_credit/captions.yaml").read_text(encoding="utf-8").splitlines():
        if whole := re.fullmatch(r"  (A\d+): \{caption: ([^,}]+)(?:, unit: ([^,}]+))?.*\}", line):
            names[whole[1]] = (whole[2], whole[3] or "")
        elif begun := re.fullmatch(r"  (A\d+):", line):
            column = begun[1]
        elif caption := re.fullmatch(r"    caption: (.+)", line):
            names[column] = (caption[1], "")
        elif code := re.fullmatch(r"      (A\d+): (.+)", line):
            codes[code[1]] = code[2].strip('"')
    return names, codes


def applicants():
    """German Credit's rows as sentences, in an order that says nothing: (number, sentence, 1 = bad)."""
    names, codes = captions()
    rows = []
    with open(ROOT / "examples/german_credit/german.csv", encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            bad = int(row.pop("class") == "2")
            told = [" ".join(f"{names[column][0]}: {codes.get(value, value)} {names[column][1]}".split())
                    for column, value in row.items()]
            rows.append((number, "; ".join(told), bad))
    return sorted(rows, key=lambda row: hashlib.sha256(str(row[0]).encode()).hexdigest())


def rows_of(args, task):
    """Rows that train and rows that judge: (number, text, label)."""
    if task == "phrasebank":
        every = phrases(args)
        train, test = every[:1200], every[1200:]
    elif task == "german":
        every = applicants()
        train, test = every[:800], every[800:]
    else:
        loans = loans_text.loans(args)
        train, test = ([(number, text, bad) for number, month, text, bad in loans
                        if (month >= loans_text.FIRST_TEST_MONTH) == later] for later in (False, True))
    return train[:args.train_rows], test[:args.test_rows]


def write_rows(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["number", "text", "label"])
        writer.writerows(rows)


def called(command, env=None):
    """What a program prints, as text, and the most memory that it held, in MiB."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as complaints:
        process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=complaints, text=True, env=env)
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            complaints.seek(0)
            raise SystemExit(f"{' '.join(str(word) for word in command)}\n{complaints.read()[-3000:]}")
    return said, usage.ru_maxrss / 1024


def by_rift(args, task, method, seed, folder):
    is_binary = METRIC[task] == "auc"
    run = loans_text.write_run(folder / "run.yaml", {
        "task": "binary" if is_binary else "multiclass",
        "data": {"source": str(args.out / task / "train.csv"), "id": "number", "columns": {"text": "text"},
                 "label": {"column": "label"} | ({"positive": ["1"]} if is_binary else {})},
        "split": {"kind": "files", "test": str(args.out / task / "test.csv")}, "calibration": "none",
        "model": {"text": {"backbone": str(args.model), "max_tokens": MAX_TOKENS[task], "pooling": "pooler"}},
        "tuning": method.tuning,
        "optim": {"name": "adamw", "lr": method.lr, "head_lr": method.head_lr, "batch_rows": BATCH_ROWS, "epochs": args.epochs,
                  "weight_decay": WEIGHT_DECAY, "warmup": WARMUP} | method.optim,
        "train": {"seed": seed, "precision": "f32", "checkpoint_every_steps": 0}})
    _, memory = called([args.rift, "train", run, "--out", folder / "run", "--threads", args.threads, "--overwrite"])
    metrics = json.loads((folder / "run/metrics.json").read_text(encoding="utf-8"))
    timing = (folder / "run/timing.jsonl").read_text(encoding="utf-8").splitlines()
    training = json.loads((folder / "run/manifest.json").read_text(encoding="utf-8"))["training"]
    return {"trainable": training["tuning"]["trainable"], "metric": metrics["test"][METRIC[task]]["value"],
            "rows_per_second": json.loads(timing[-1])["rows_per_second"], "peak_memory_mib": memory}


def by_peft(args, task, method, seed, folder):
    settings = {"model": str(args.model), "train": str(args.out / task / "train.csv"), "test": str(args.out / task / "test.csv"),
                "metric": METRIC[task], "peft": method.peft, "lr": method.lr, "head_lr": method.head_lr,
                "batch_rows": BATCH_ROWS, "epochs": args.epochs, "weight_decay": WEIGHT_DECAY, "warmup": WARMUP,
                "max_tokens": MAX_TOKENS[task], "seed": seed, "threads": args.threads}
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    environment = os.environ | {"OMP_NUM_THREADS": str(args.threads), "TOKENIZERS_PARALLELISM": "false",
                                "HF_HUB_OFFLINE": "1"}
    said, memory = called([args.python, "-B", HERE / "methods_peft.py", folder / "settings.json"], environment)
    return json.loads(said.splitlines()[-1]) | {"peak_memory_mib": memory}


def once(args, task, name, seed, program):
    """One training; what came of an earlier one with the same settings is read again."""
    method = METHODS[name]
    asked = json.dumps([dataclasses.asdict(method), task, seed, args.train_rows, args.test_rows, args.epochs])
    words = re.sub(r"[^a-z0-9]+", "-", name)
    folder = args.out / task / words / f"{program.__name__}-{seed}"
    done = folder / "done.json"
    if done.exists() and (found := json.loads(done.read_text(encoding="utf-8")))["asked"] == asked:
        return found["figures"]
    folder.mkdir(parents=True, exist_ok=True)
    say(f"{task}, {name}, seed {seed}: {program.__name__}")
    figures = program(args, task, method, seed, folder)
    shutil.rmtree(folder / "run", ignore_errors=True)  # weights of hundreds of runs
    done.write_text(json.dumps({"asked": asked, "figures": figures}), encoding="utf-8")
    return figures


def summary(runs):
    """Means and medians over the seeds."""
    metrics = [run["metric"] for run in runs]
    return {"trainable": runs[0]["trainable"], "metric": round(statistics.fmean(metrics), 5),
            "metric_deviation": round(statistics.stdev(metrics), 5) if len(metrics) > 1 else None,
            "rows_per_second": rounded(statistics.median(run["rows_per_second"] for run in runs)),
            "peak_memory_mib": round(max(run["peak_memory_mib"] for run in runs))}


def fault(ours, theirs):
    """What is wrong with rift's answer beside peft's, or None."""
    if ours["trainable"] != theirs["trainable"]:
        return f"rift trains {ours['trainable']} parameters, peft {theirs['trainable']}"
    if ours["metric_deviation"] is None:
        return None
    error = math.hypot(ours["metric_deviation"], theirs["metric_deviation"]) / math.sqrt(ours["seeds"])
    if theirs["metric"] - ours["metric"] > 3 * error + 0.01:
        return f"rift's {ours['metric']:.4f} is below peft's {theirs['metric']:.4f} by more than three standard errors"
    return None


def line(args, task, name, facts):
    seeds = range(1, args.seeds + 1)
    ours = summary([once(args, task, name, seed, by_rift) for seed in seeds]) | {"seeds": args.seeds}
    found = {"bench": "methods", "task": task, "method": name, "metric_name": METRIC[task], **facts, **ours, "peft": None}
    if METHODS[name].peft and str(args.python) != "-":
        found["peft"] = summary([once(args, task, name, seed, by_peft) for seed in seeds])
        found["fault"] = fault(ours, found["peft"])
    print(json.dumps(found), flush=True)
    return found


def main():
    args = arguments()
    args.out = args.out.resolve()
    facts = {"epochs": args.epochs, "cpu": machine.cpu_name(), "threads": args.threads, "date": today(), "commit": commit()}
    lines = []
    for task in args.tasks:
        train, test = rows_of(args, task)
        write_rows(args.out / task / "train.csv", train)
        write_rows(args.out / task / "test.csv", test)
        of_task = facts | {"train_rows": len(train), "test_rows": len(test)}
        lines += [line(args, task, name, of_task) for name in args.methods]
    args.results.mkdir(parents=True, exist_ok=True)
    text = "[\n" + ",\n".join("  " + json.dumps(one) for one in lines) + "\n]\n"
    (args.results / "methods.json").write_text(text, encoding="utf-8")
    faults = [f"{one['task']}, {one['method']}: {one['fault']}" for one in lines if one.get("fault")]
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
