"""A program that is run and answers in JSON, and what every script here says of its runs."""

import dataclasses
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys

import machine

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
BUSY_LIMIT = 0.15  # CPU cores that others used during a run; above it the run is made again


class Failed(Exception):
    """A program that did not do what it was asked for."""


@dataclasses.dataclass
class Run:
    output: dict
    busy: float


def call(command, cwd, env=None):
    """What a command prints last, as JSON, and how busy others kept the machine meanwhile."""
    before = machine.Load()
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=cwd, env=env, check=False)
    busy = before.busy_of_others()
    if done.returncode != 0:
        raise Failed(f"{pathlib.Path(str(command[0])).name} ended with status {done.returncode}: {last_line(done.stderr)}")
    return Run(json.loads(done.stdout), busy)


def last_line(text):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"


def rounded(value):
    """Four digits that count."""
    return float(f"{value:.4g}")


def today():
    return datetime.datetime.now(datetime.timezone.utc).date().isoformat()


def commit():
    done = subprocess.run(["git", "rev-parse", "--short=9", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


def say(text):
    print(text, file=sys.stderr, flush=True)


def add_places(parser):
    """Flags of what every script runs, on what, and where its results go."""
    data = pathlib.Path(os.environ.get("RIFT_TEST_DATA", ROOT.parent / "shared/data"))
    parser.add_argument("--data", type=pathlib.Path, default=data / "lending_club/loans_2007_2011.csv.gz")
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / ".deps/models/all-MiniLM-L6-v2")
    parser.add_argument("--rift", type=pathlib.Path, default=ROOT / "build/release/rift")
    parser.add_argument("--results", type=pathlib.Path, default=HERE / "results", help="folder, or - for none")
    parser.add_argument("--threads", type=int, default=2)


def absolute(args, names=("data", "model", "rift")):
    for name in names:
        setattr(args, name, pathlib.Path(os.path.abspath(getattr(args, name))))  # a link to Python must stay one
    return args


def missing_place(args):
    """What of `add_places` is not there, or None."""
    checks = ((args.rift, "rift is not built: make build"),
              (args.data, "no loans_2007_2011.csv.gz in --data (or RIFT_TEST_DATA)"),
              (args.model, "the packaged model is missing: make setup"))
    return next((why for path, why in checks if not path.exists()), None)


def borrowers_words(description):
    """A description of Lending Club without the site's stamp, which tells the date and so the part of the split."""
    return " ".join(re.sub(r"Borrower added on [0-9]{2}/[0-9]{2}/[0-9]{2} >|<br */?>", " ", description).split())
