#!/usr/bin/env python3
"""Runs a peer's script and rift alternately on the same rows and prints one JSON line (README.md says which keys)."""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
RIFT = ROOT / "build/release/rift"
MODEL = ROOT / ".deps/models/all-MiniLM-L6-v2"

RUN_YAML = """\
task: binary
data: {{source: rows.jsonl, label: label, columns: {{desc: text}}}}
split: {{kind: random, test: 0.02, validation: 0, calibration: 0}}
model: {{text: {{backbone: {model}, columns: [desc], max_tokens: 128, pooling: pooler}}}}
tuning: {{method: full}}
optim: {{name: adamw, lr: 2.0e-5, batch_rows: 32, epochs: {epochs}, weight_decay: 0.01, clip_norm: 1.0, schedule: linear, warmup: 0}}
train: {{seed: 1, checkpoint_every_steps: 0}}
"""


def call(command, **more):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with status {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


def peer(args, script, *flags):
    line = call([args.python, script, "--model", MODEL, "--data", args.data.resolve(), "--rows", args.rows,
                 "--threads", args.threads, *flags], cwd=args.peers)
    return json.loads(line.splitlines()[-1])


def cpu_name():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown"


def write_rows(args, folder):
    call([args.python, "rows.py", "--data", args.data.resolve(), "--rows", args.rows, "--out", folder / "rows.jsonl"],
         cwd=args.peers)


def rate_after(times, first_step):
    """rows/s from the first line at or after `first_step` to the last one; a line's own rate is that since the start."""
    rows = [(line["step"], line["seconds"], line["rows_per_second"] * line["seconds"]) for line in times]
    begin = next(line for line in rows if line[0] >= first_step)
    end = rows[-1]
    assert end[1] > begin[1], "too few rows: the epochs after the first take less than a second"
    return (end[2] - begin[2]) / (end[1] - begin[1])


def rift_train(args, folder, epochs=3):
    """rows/s of the epochs after the first (of all when there is one), and the mean loss of the last."""
    (folder / "run.yaml").write_text(RUN_YAML.format(model=MODEL, epochs=epochs))
    out = folder / "train"
    call([RIFT, "train", folder / "run.yaml", "--out", out, "--overwrite", "--threads", args.threads, "--quiet",
          "--json"])
    steps = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    times = [json.loads(line) for line in (out / "timing.jsonl").read_text().splitlines()]
    steps = [step for step in steps if "task_loss" in step]
    per_epoch = len(steps) // epochs
    rate = rate_after(times, per_epoch) if epochs > 1 else times[-1]["rows_per_second"]
    return rate, statistics.mean(step["task_loss"] for step in steps[-per_epoch:])


def train_pair(args, folder):
    line = peer(args, "train_hf.py", "--repeats", 2, "--group-by-length", "--fused-adamw", "--variant", "loop", "--attn",
                "eager")
    rate, loss = rift_train(args, folder)
    peer_loss = line["result"]["loss_per_epoch"][-1]
    assert abs(loss - peer_loss) < 0.1, (loss, peer_loss)
    return line, line["result"]["rows_per_s"], rate


def score_pair(args, folder):
    line = peer(args, "score_hf.py", "--backend", "eager", "--dtype", "fp32", "--latency-runs", 1)
    package = folder / "train/package"
    if not package.exists():
        rift_train(args, folder, epochs=1)
    out = json.loads(call([RIFT, "score", package, folder / "rows.jsonl", "--out", folder / "scores.parquet",
                           "--threads", args.threads, "--quiet", "--json"]))
    assert out["rows"] == args.rows and out["rejected"] == 0, out
    return line, line["result"]["rows_per_s_with_tokenizing"], out["rows"] / out["seconds"]


BENCHES = {"train": (train_pair, "train_text_full_f32", "train_hf.py loop f32, eager attention, dropout 0.1"),
           "score": (score_pair, "score_text_f32", "score_hf.py eager f32, tokenizing included")}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bench", choices=sorted(BENCHES))
    parser.add_argument("--peers", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--python", default=str(ROOT / ".deps/clients/bin/python"))
    args = parser.parse_args()
    pair, name, peer_name = BENCHES[args.bench]
    peer_values, rift_values, versions = [], [], {}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write_rows(args, folder)
        for _ in range(args.pairs):
            line, peer_value, rift_value = pair(args, folder)
            peer_values.append(peer_value)
            rift_values.append(rift_value)
            versions = line["versions"]
    ratios = [mine / theirs for mine, theirs in zip(rift_values, peer_values)]
    print(json.dumps({"bench": name, "peer": peer_name, "peer_version": versions,
                      "peer_value": round(statistics.median(peer_values), 2),
                      "rift_value": round(statistics.median(rift_values), 2), "unit": "rows/s",
                      "ratio": round(statistics.median(ratios), 3), "ratio_low": round(min(ratios), 3),
                      "ratio_high": round(max(ratios), 3), "target": None, "cpu": cpu_name(), "threads": args.threads,
                      "rows": args.rows}))


if __name__ == "__main__":
    main()
