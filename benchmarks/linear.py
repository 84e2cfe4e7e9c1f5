#!/usr/bin/env python3
"""Measures how rift's time and memory grow with the rows and with their length, and prints one JSON line a point.

  rows      1, 4 and 16 times the rows, of the lengths that they have
  length    32 to 512 tokens in every row, as many tokens in all

Each point is a run of `rift bench` of its own, so that its peak memory is its own. No other program is measured.
"""

import argparse
import csv
import gzip
import itertools
import json
import pathlib
import sys
import tempfile

import machine
from runs import BUSY_LIMIT, Failed, absolute, add_places, call, commit, missing_place, rounded, say, today

TIMES = (1, 4, 16)
LENGTHS = (32, 64, 128, 256, 512)
ROWS = {"score": 256, "train": 96}  # taken 1, 4 and 16 times
TOKENS = {"score": 65536, "train": 32768}  # of every point of `length`
STEP_TOKENS = 4096  # 32 rows of 128 tokens, as train_full has them
WHAT = {"score": "scoring in batches, tokenizing included", "train": "full fine-tuning, dropout 0.1"}


def descriptions(path):
    csv.field_size_limit(sys.maxsize)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["desc"].strip():
                yield row["desc"]


def write_rows_of_length(data, path, length, rows):
    """Rows of `length` consecutive words of the descriptions. A word is a token at least, so that each row fills
    `length` tokens, at which rift cuts it."""
    words = (word for text in itertools.cycle(descriptions(data)) for word in text.split() if any(map(str.isalnum, word)))
    with path.open("w", encoding="utf-8") as file:
        for _ in range(rows):
            file.write(json.dumps({"desc": " ".join(itertools.islice(words, length))}) + "\n")


class Points:
    def __init__(self, args, folder):
        self.args, self.folder = args, folder
        self.description = None  # of the machine, once rift has run

    def bench(self, job, *words):
        """The job's part of what `rift bench` says, and how busy others were; once more while they were too busy."""
        command = [self.args.rift, "bench", *words, "--column", "desc", "--parts", job, "--methods", "full", "--model",
                   self.args.model, "--set", "optim.epochs=2", "--set", f"train.precision={self.args.precision}",
                   "--threads", self.args.threads, "--json", "--quiet"]
        for attempt in range(self.args.retries + 1):
            run = call(command, self.folder)
            if run.busy <= BUSY_LIMIT or attempt == self.args.retries:
                self.description = machine.facts(run.output)
                part = run.output["train"][0] if job == "train" else run.output["score"]
                if part.get("distinct_rows", part["rows"]) < 0.98 * part["rows"]:
                    raise Failed("rows repeat, and rift scores those once")
                return part, run.busy
            say(f"{job}: other programs kept {run.busy:.2f} cores busy; once more")

    def line(self, name, job, measured, **facts):
        part, busy = measured
        rate = part["tokens_per_second"]
        return {"bench": f"linear_{name}_{self.args.precision}", "what": WHAT[job], "job": job, **facts,
                "rows": part["rows"], "tokens": part["tokens"], "seconds": rounded(part["tokens"] / rate),
                "tokens_per_second": rounded(rate), "peak_memory_mib": rounded(part["peak_memory_mib"]),
                "precision": self.args.precision, "threads": self.args.threads, "cpu": self.description["cpu"],
                "instruction_set": self.description["instruction_set"], "busy": round(busy, 2), "date": today(),
                "commit": commit()}

    def of_rows(self, job, times):
        rows = max(32, ROWS[job] // self.args.divide) * times
        measured = self.bench(job, self.args.data, "--rows", rows)
        return self.line(f"rows_{job}_{times}x", job, measured, times=times)

    def of_length(self, job, length):
        path = self.folder / "rows.jsonl"
        rows = max(STEP_TOKENS, TOKENS[job] // self.args.divide) // length
        write_rows_of_length(self.args.data, path, length, rows)
        measured = self.bench(job, path, "--rows", 0, "--set", f"model.text.max_tokens={length}", "--set",
                              f"optim.batch_rows={STEP_TOKENS // length}")
        if measured[0]["tokens"] != rows * length:
            raise Failed(f"{rows} rows of {length} tokens were asked for, rift read {measured[0]['tokens']} tokens")
        return self.line(f"length_{job}_{length}", job, measured, length=length)

    def all(self):
        for job in ("score", "train"):
            yield from (self.of_rows(job, times) for times in TIMES)
            yield from (self.of_length(job, length) for length in LENGTHS)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_places(parser)
    parser.add_argument("--precision", choices=["f32", "bf16"], default="f32")
    parser.add_argument("--divide", type=int, default=1, help="rows and tokens by this; for a look, not for results")
    parser.add_argument("--retries", type=int, default=1, help="of a point during which other programs were busy")
    return parser.parse_args()


def main():
    args = absolute(arguments())
    if why := missing_place(args):
        print(json.dumps({"bench": "linear", "skipped": why}))
        return 0
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        points = Points(args, pathlib.Path(folder))
        try:
            for line in points.all():
                print(json.dumps(line), flush=True)
                lines.append(line)
        except Failed as error:
            say(str(error))
            return 1
    if str(args.results) != "-":
        machine.write_results(args.results, points.description | {"date": today()}, lines, "-linear")
    return 0


if __name__ == "__main__":
    sys.exit(main())
