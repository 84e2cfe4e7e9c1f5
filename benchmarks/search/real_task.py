#!/usr/bin/env python3
"""A real tuning task as a table, for search_peer.py: what comes of every setting of a grid.

MiniLM's top layer tuned on 30 % of Financial PhraseBank's sentences, log loss on another 30 %, for 9 learning rates, 5 of
the head, 4 sizes of a batch and 3 weight decays: 540 trainings, made by `rift search` with its grid, read from its study by
Optuna. Where both samplers choose among the same trainings, 20 seeds of each cost nothing more. Writes
benchmarks/results/search-task.json: places of each dimension and the losses, the last dimension fastest. A stopped run goes
on with the same command.

Run:  real_task.py [--rift build/release/rift] [--data ../shared/data] [--out runs/search_task]    (with .deps/clients; an hour)
"""
import argparse
import itertools
import json
import os
import pathlib
import subprocess
import sys

import optuna

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
from runs import ROOT, commit, today  # noqa: E402

SPACE = {
    "optim.lr": {"log": [1e-5, 1e-1], "points": 9},
    "optim.head_lr": {"log": [1e-5, 1e-1], "points": 5},
    "optim.batch_rows": {"choice": [8, 16, 32, 64]},
    "optim.weight_decay": {"choice": [0.0, 0.1, 1.0]},
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rift", default=ROOT / "build/release/rift", type=pathlib.Path)
    parser.add_argument("--data", default=os.environ.get("RIFT_TEST_DATA", ROOT / "../shared/data"), type=pathlib.Path)
    parser.add_argument("--out", default=ROOT / "runs/search_task", type=pathlib.Path)
    parser.add_argument("--results", default=HERE.parent / "results", type=pathlib.Path)
    return parser.parse_args()


def run_file(args):
    lines = (args.data / "financial_phrasebank/Sentences_AllAgree.txt").read_text(encoding="latin-1").splitlines()
    sentences = [line.rpartition("@") for line in lines if line.strip()]
    table = args.out / "sentences.tsv"
    table.write_text("sentence\tsentiment\n" + "".join(f"{text}\t{label.strip()}\n" for text, _, label in sentences),
                     encoding="utf-8")
    path = args.out / "run.yaml"
    path.write_text(json.dumps({  # JSON is YAML
        "task": "multiclass",
        "data": {"source": str(table), "label": "sentiment", "columns": {"sentence": "text"}},
        "split": {"kind": "stratified", "test": 0.4, "validation": 0.3, "calibration": 0},
        "calibration": "none",
        "model": {"text": {"backbone": str(ROOT / ".deps/models/all-MiniLM-L6-v2"), "max_tokens": 128, "pooling": "mean"}},
        "tuning": {"method": "top_k", "layers": 1},
        "optim": {"name": "adamw", "epochs": 2, "warmup": 0.06},
        "train": {"seed": 1, "early_stopping": {"patience": 0}},
        "search": {"space": SPACE, "metric": "log_loss", "sampler": {"kind": "grid"}}}))
    return path


def main():
    args = arguments()
    args.out = args.out.resolve()
    args.out.mkdir(parents=True, exist_ok=True)
    subprocess.run([args.rift, "search", run_file(args), "--trials", "540", "--out", args.out / "study"], check=True)
    study = optuna.load_study(study_name="rift", storage=f"sqlite:///{args.out}/study/study.db")
    done = [trial for trial in study.trials if trial.state == optuna.trial.TrialState.COMPLETE]
    places = {name: sorted({trial.params[name] for trial in done}) for name in SPACE}
    losses = {tuple(trial.params[name] for name in SPACE): trial.value for trial in done}
    grid = list(itertools.product(*places.values()))
    if set(grid) != set(losses):
        sys.exit(f"{len(losses)} settings are complete, the grid has {len(grid)}: see {args.out}/study")
    found = {"task": "phrasebank, the top layer of MiniLM", "metric": "log_loss", "date": today(), "commit": commit(),
             "places": places, "losses": [losses[at] for at in grid]}
    (args.results / "search-task.json").write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
