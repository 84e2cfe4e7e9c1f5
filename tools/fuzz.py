#!/usr/bin/env python3
"""Runs the fuzz targets one after the other, each for so many seconds, and prints one JSON line a target.

  tools/fuzz.py --seconds 1800 > fuzzing.jsonl          # every target of build/fuzz, readers of checkpoints first
  tools/fuzz.py --seconds 60 gguf tokenizer_json        # these two

  target, seconds   which one, and how long it ran
  inputs            how many it was given
  coverage          edges of the program's graph that they reached; features: libFuzzer's finer count
  corpus            inputs that reached something new and were kept
  memory_mb         peak of the process, sanitizers included
  findings          files in the work folder: crash-*, timeout-* (10 s for an input), oom-* (2 GiB), leak-*; an input that
                    took 10 s because others had the processor, and takes less of it, is none

After a finding the target goes on with what is left of its time. Exit status 1 when there was one.
"""

import argparse
import json
import pathlib
import re
import resource
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TIMEOUT = 10  # seconds of an input
LIMITS = ("-rss_limit_mb=2048", f"-timeout={TIMEOUT}")
MOST_FINDINGS = 20  # of a target, then its time is over
# What is read first, from the file of weights to a row's text; others follow by name.
ORDER = ("safetensors", "torch_file", "torch_pickle", "gguf", "gguf_model", "shard_index", "peft_config", "json",
         "tokenizer_json", "files_beside_json", "vocabulary_files", "merges_files", "sentencepiece", "gguf_tokenizer",
         "tokenizer_text", "hub_listing")


def targets_in(folder):
    names = sorted(path.name.removeprefix("fuzz_") for path in folder.glob("fuzz_*") if path.is_file())
    return sorted(names, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))


class Target:
    def __init__(self, args, name):
        self.name = name
        self.program = (args.programs / f"fuzz_{name}").resolve()
        self.work = (args.work / name).resolve()
        self.corpus = self.work / "corpus"
        self.seeds = ROOT / "tests/fuzz/corpus" / name
        self.corpus.mkdir(parents=True, exist_ok=True)
        self.inputs = self.coverage = self.features = self.memory_mb = 0

    def artifacts(self):
        return {path.name: path.stat().st_mtime_ns for path in self.work.iterdir()
                if re.match("(crash|timeout|oom|leak)-", path.name)}

    def drop_unlucky(self):
        """Timeouts of a busy machine: what takes less of the processor when it is run alone goes."""
        for path in self.work.glob("timeout-*"):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([self.program, f"-timeout={100 * TIMEOUT}", path], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, cwd=ROOT, check=False)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            if after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < TIMEOUT:
                path.unlink()

    def run_once(self, seconds, run):
        """One process of the target, until the seconds are over or it finds something; whether it found something."""
        command = [self.program, *LIMITS, f"-max_total_time={seconds}", "-print_final_stats=1",
                   f"-artifact_prefix={self.work}/", self.corpus]
        if self.seeds.is_dir():
            command.append(self.seeds)
        log = self.work / f"log-{run}.txt"
        before = self.artifacts()
        with log.open("wb") as file:
            status = subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, cwd=ROOT, check=False).returncode
        text = log.read_text(errors="replace")
        if status != 0 and self.artifacts() == before:
            raise SystemExit(f"fuzz: {self.name} ended with status {status} and left no input behind; see {log}")
        counts = re.findall(r"^#(\d+)\s.*\bcov: (\d+) ft: (\d+)", text, re.MULTILINE)
        executed = re.findall(r"number_of_executed_units:\s*(\d+)", text)
        self.inputs += int(executed[-1]) if executed else int(counts[-1][0]) if counts else 0
        for _, coverage, features in counts:
            self.coverage, self.features = max(self.coverage, int(coverage)), max(self.features, int(features))
        for peak in re.findall(r"peak_rss_mb:\s*(\d+)|rss: (\d+)Mb", text):
            self.memory_mb = max(self.memory_mb, int(peak[0] or peak[1]))
        return status != 0

    def run(self, seconds):
        before = self.artifacts()
        begin = time.monotonic()
        for run in range(MOST_FINDINGS):
            left = int(seconds - (time.monotonic() - begin))
            if left < 1 or not self.run_once(left, run):
                break
        seconds = round(time.monotonic() - begin)
        self.drop_unlucky()
        written = [name for name, when in sorted(self.artifacts().items()) if before.get(name) != when]
        if self.inputs == 0 and not written:
            raise SystemExit(f"fuzz: {self.name} has read no input; see {self.work}/log-0.txt")
        return {"target": self.name, "seconds": seconds, "inputs": self.inputs,
                "coverage": self.coverage, "features": self.features, "corpus": len(list(self.corpus.iterdir())),
                "memory_mb": self.memory_mb, "findings": written}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", help="default: all that were built")
    parser.add_argument("--seconds", type=int, default=60, help="of each target")
    parser.add_argument("--programs", type=pathlib.Path, default=ROOT / "build/fuzz/tests/fuzz")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build/fuzz/work",
                        help="corpora (taken up again), logs and findings")
    args = parser.parse_args()
    known = targets_in(args.programs)
    unknown = [name for name in args.targets if name not in known]
    if unknown or not known:
        sys.exit(f"fuzz: {args.programs} has no fuzz_{unknown[0] if unknown else '*'}; make fuzz builds them")
    found = 0
    for name in args.targets or known:
        line = Target(args, name).run(args.seconds)
        found += len(line["findings"])
        print(json.dumps(line), flush=True)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
