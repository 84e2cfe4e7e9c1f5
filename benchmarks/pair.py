#!/usr/bin/env python3
"""Runs peers' scripts and rift alternately on the same rows and prints one JSON line a figure (README.md says more)."""

import argparse
import dataclasses
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

import benches
import machine
from runs import (BUSY_LIMIT, HERE, ROOT, Failed, absolute, add_places, call, commit, last_line, missing_place, rounded, say,
                  today)


class Harness:
    def __init__(self, args, folder):
        self.args, self.folder = args, folder
        self.references = {}
        self.rows_files = {}
        self.deadline = None
        self.description = None  # of the machine, once rift has run

    # What a run needs besides its command.

    def python(self, script, *arguments, threads=None):
        environment = os.environ | {"OMP_NUM_THREADS": str(threads or self.args.threads)}
        return call([self.args.python, script, *arguments], self.args.peers, environment)

    def rows_file(self, rows):
        if rows not in self.rows_files:
            path = self.folder / f"rows_{rows}.jsonl"
            self.python("rows.py", "--data", self.args.data, "--rows", rows, "--out", path)
            self.rows_files[rows] = path
        return self.rows_files[rows]

    def reference(self, what, rows):
        """The model directory that reference_model.py makes, and what it printed."""
        takes_rows = what in ("head", "bpe")
        key = (what, rows if takes_rows else None)
        if key not in self.references:
            folder = self.folder / f"{what}_{rows}"
            folder.mkdir(exist_ok=True)  # of a run that failed
            arguments = ["--rows", self.rows_file(rows)] if takes_rows else []
            run = self.python(HERE / "reference_model.py", what, "--model", self.args.model, "--out", folder, *arguments)
            self.references[key] = (folder, run.output)
        return self.references[key]

    # One side of a pair.

    def run_peer(self, bench, peer):
        script, *flags = peer.command
        places = self.places(bench, flags)
        flags = [word.format(**places) for word in flags]
        threads = bench.threads or self.args.threads
        prefix = [] if peer.clipped else [HERE / "unclipped.py"]
        return self.python(*prefix, script, "--model", self.args.model, "--data", self.args.data, "--rows", bench.rows,
                           "--threads", threads, *flags, threads=threads)

    def places(self, bench, command):
        """What stands for the placeholders of a command."""
        places = {"model": self.args.model, "rows": self.rows_file(bench.rows)}
        wanted = " ".join(command)
        for name, what in (("head_model", "head"), ("bert_base", "bert-base"), ("bpe_model", "bpe")):
            if "{" + name + "}" in wanted:
                places[name] = self.reference(what, bench.rows)[0]
        return places

    def run_rift(self, bench):
        places = self.places(bench, bench.rift)
        command = [word.format(**places) for word in bench.rift]
        threads = bench.threads or self.args.threads
        return call([self.args.rift, "bench", *command, "--threads", threads, "--json", "--quiet"], self.folder)

    # Pairs.

    def answer_of_reference(self, bench):
        return self.reference("head", bench.rows)[1] if "{head_model}" in bench.rift else None

    def pair(self, bench, peers):
        """Each peer once, then rift; again while others keep the machine busy."""
        for attempt in range(self.args.retries + 1):
            theirs = {peer: self.run_peer(bench, peer) for peer in peers}
            mine = self.run_rift(bench)
            for run in theirs.values():
                bench.check(run.output, mine.output, self.answer_of_reference(bench))
            busy = max(run.busy for run in (mine, *theirs.values()))
            if busy <= BUSY_LIMIT or attempt == self.args.retries or self.is_late():
                return {peer: run.output for peer, run in theirs.items()}, mine.output, busy
            say(f"{bench.name}: other programs kept {busy:.2f} cores busy; once more")

    def is_late(self):
        return self.deadline is not None and time.monotonic() > self.deadline

    def run(self, bench):
        """The lines of one bench."""
        first = self.pair(bench, bench.peers)
        best = {line.name: fastest(line, first[0]) for line in bench.lines}
        rounds = [first]
        winners = list(dict.fromkeys(best.values()))
        while len(rounds) < self.args.pairs and not self.is_late():
            rounds.append(self.pair(bench, winners))
        return [self.describe(bench, line, best[line.name], rounds) for line in bench.lines]

    def describe(self, bench, line, peer, rounds):
        pairs = [(line.peer(theirs[peer]), line.rift(mine)) for theirs, mine, _ in rounds]
        theirs, mine, _ = rounds[-1]
        facts = self.description = machine.facts(mine)
        return {"bench": line.name, "what": line.what, "precision": bench.precision, "peer": peer.name,
                "peer_version": used_versions(theirs[peer]["versions"]), "unit": line.unit, **summary(line, pairs),
                "target": line.target(bench.precision, facts["has_amx"]), "cpu": facts["cpu"],
                "instruction_set": facts["instruction_set"], "threads": bench.threads or self.args.threads, "rows": bench.rows,
                "pairs": len(pairs), "busy": round(max(busy for *_, busy in rounds), 2), "date": today(), "commit": commit()}


def fastest(line, outputs):
    best = None
    for peer, output in outputs.items():
        if best is None or line.better(line.peer(output), line.peer(outputs[best])):
            best = peer
    return best


def summary(line, pairs):
    """Medians of both sides; the ratio is the median over the pairs, with the lowest and the highest."""
    ratios = [line.ratio(theirs, mine) for theirs, mine in pairs]
    return {"peer_value": rounded(statistics.median(theirs for theirs, _ in pairs)),
            "rift_value": rounded(statistics.median(mine for _, mine in pairs)),
            "ratio": round(statistics.median(ratios), 3), "ratio_low": round(min(ratios), 3),
            "ratio_high": round(max(ratios), 3)}


def used_versions(versions):
    return {name: version for name, version in versions.items() if version is not None}


# What can run here.

def missing_parts(args):
    """Why no pair can run at all, or None."""
    checks = ((args.python, "the peers' Python packages are not installed: make bench-setup"),
              (args.peers / "rows.py", "no peers' scripts in --peers (or RIFT_PEERS)"))
    return missing_place(args) or next((why for path, why in checks if not path.exists()), None)


def installed(args):
    """Names of the Python packages that the peers have."""
    code = "import importlib.metadata as m, json; print(json.dumps([d.metadata['Name'].lower() for d in m.distributions()]))"
    return set(call([args.python, "-c", code], args.peers).output)


NEEDS = {"train_hf.py": ("torch", "transformers", "accelerate"), "tokenize_hf.py": ("tokenizers",),
         "eager": ("torch", "transformers"), "openvino": ("openvino", "onnx"), "onnxruntime": ("onnxruntime", "onnx")}


def needed_packages(peer):
    words = peer.command
    return {package for word in words for package in NEEDS.get(word, ())} | ({"peft"} if "lora" in words else set())


def with_present_peers(bench, args, packages):
    """The bench with the peers that can run here, and why the others cannot."""
    present, missing = [], []
    for peer in bench.peers:
        lacking = sorted(needed_packages(peer) - packages)
        script = args.peers / peer.command[0]
        if lacking:
            missing.append(f"{peer.name}: {', '.join(lacking)} not installed (make bench-setup)")
        elif not script.exists():
            missing.append(f"{peer.name}: no {script.name} in the peers' folder")
        else:
            present.append(peer)
    return dataclasses.replace(bench, peers=tuple(present)), missing


class Refusals:
    """What rift says to the precision of a bench, asked once for each part of `rift bench`."""

    def __init__(self, args):
        self.args, self.answers = args, {}

    def of(self, precision, part):
        """None when rift takes it."""
        if precision is None:
            return None
        if (precision, part) not in self.answers:
            command = [self.args.rift, "bench", "--parts", part, "--methods", "head", "--rows", "8", "--model", self.args.model,
                       "--set", f"train.precision={precision}", "--quiet"]
            done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
            self.answers[precision, part] = None if done.returncode == 0 else f"rift: {last_line(done.stderr)}"
        return self.answers[precision, part]

    def of_bench(self, bench):
        return self.of(bench.precision, bench.rift[bench.rift.index("--parts") + 1])


def chosen_benches(args, best_precision):
    """--which: best = the rows of this CPU's best path, rest = the others."""
    for bench in benches.benches():
        is_best = bench.precision in (None, best_precision)
        if (args.which == "all" or is_best == (args.which == "best")) and re.search(args.only, bench.name):
            yield bench


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--which", choices=["best", "rest", "all"], default="all",
                        help="best: bf16 where the CPU has AMX and rift takes it, else f32; rest: the others")
    parser.add_argument("--only", default="", help="regular expression of the names of benches")
    parser.add_argument("--list", action="store_true", help="name the benches and end")
    parser.add_argument("--peers", type=pathlib.Path, default=os.environ.get("RIFT_PEERS", ROOT.parent / "shared/peers"))
    parser.add_argument("--python", type=pathlib.Path, default=ROOT / ".deps/bench/bin/python")
    add_places(parser)
    parser.add_argument("--rows", type=int, help="instead of each bench's own number; for a look, not for results")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--retries", type=int, default=1, help="of a pair during which other programs were busy")
    parser.add_argument("--minutes", type=float, help="fewer pairs (one at least) and no retries where time runs short")
    return parser.parse_args()


def skip(bench, why):
    for line in bench.lines:
        print(json.dumps({"bench": line.name, "skipped": why}), flush=True)


def main():
    args = absolute(arguments(), ("peers", "python", "data", "model", "rift"))
    if args.list:
        for bench in benches.benches():
            print(bench.name, "->", ", ".join(line.name for line in bench.lines))
        return 0
    why = missing_parts(args)
    refusals = Refusals(args)
    takes_bf16 = machine.has_amx() and not why and refusals.of(benches.BF16, "train") is None
    best = benches.BF16 if takes_bf16 else benches.F32
    chosen = list(chosen_benches(args, best))
    if why:
        for bench in chosen:
            skip(bench, why)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return run_all(args, Harness(args, pathlib.Path(folder)), chosen, refusals)


def run_all(args, harness, chosen, refusals):
    packages, start, status = installed(args), time.monotonic(), 0
    for number, bench in enumerate(chosen):
        if args.rows:
            bench = dataclasses.replace(bench, rows=args.rows)
        bench, missing = with_present_peers(bench, args, packages)
        for line in missing if bench.peers else ():
            say(f"{bench.name}: without {line}")
        if not bench.peers or refusals.of_bench(bench):
            skip(bench, refusals.of_bench(bench) or "; ".join(missing))
            continue
        if args.minutes:
            harness.deadline = start + args.minutes * 60 * (number + 1) / len(chosen)
        try:
            lines = harness.run(bench)
        except (Failed, AssertionError, ValueError, LookupError) as error:
            say(f"{bench.name}: {error!r}" if isinstance(error, LookupError) else f"{bench.name}: {error}")
            status = 1
            continue
        for line in lines:
            print(json.dumps(line), flush=True)
        if str(args.results) != "-":
            machine.write_results(args.results, harness.description | {"date": today()}, lines)
    return status


if __name__ == "__main__":
    sys.exit(main())
