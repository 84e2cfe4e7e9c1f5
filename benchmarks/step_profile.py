#!/usr/bin/env python3
"""Where the time of a training step goes, and how near its products come to the most that this machine reaches.

Shares are of the samples that perf takes while the epochs after the first of a full fine-tuning run, each put down to what
the CPU did (`share_of`). Debian's package linux-perf has perf.
"""

import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import machine
from runs import BUSY_LIMIT, Failed, absolute, add_places, call, commit, last_line, missing_place, rounded, say, today

SHARES = ("share_products", "share_attention", "share_elementwise", "share_optimizer", "share_other")
KERNEL = re.compile(r"rift::nn::kernels::\(anonymous namespace\)::(\w+)")
# Without "product": tiles are calls there, and what is inlined into it is what becomes of their sums.
PRODUCTS = {"tiles", "last_tile", "block", "tile_product", "deep_tile_product",
            "shallow_tile_product", "TileProduct"}
ATTENTION = {"softmax", "softmax_backward", "row_inner"}
UPDATES = {"plain", "momentum", "adam", "shrink", "measure", "is_zero"}
HERTZ = 97  # not in step with timers
STACK_BYTES = 49152  # a product keeps 24 KiB of sums on its stack, below the frame of what asked for it
FEWEST_SAMPLES = 200


def share_of(frames):
    """The share of a sample, of whose functions the innermost comes first."""
    if any(frame.startswith("rift::nn::engine::attend") for frame in frames):
        return "share_attention"  # its products too
    kernel = KERNEL.match(frames[0])
    if kernel:
        for share, names in (("share_products", PRODUCTS), ("share_attention", ATTENTION), ("share_optimizer", UPDATES)):
            if kernel[1].removesuffix("_of") in names:
                return share
        return "share_elementwise"
    if any(frame.startswith("rift::optim::") for frame in frames):
        return "share_optimizer"
    # A std::function's caller names the engine's lambda that was inlined into it.
    return "share_elementwise" if "rift::nn::engine::" in frames[0] else "share_other"


def samples_of(text):
    """(seconds, functions from the innermost on) of each sample that `perf script -F time,ip,sym` prints."""
    for block in text.split("\n\n"):
        head, *frames = [line for line in block.splitlines() if line.strip()] or [""]
        if frames:
            yield float(head.strip().rstrip(":")), [frame.split(maxsplit=1)[-1] for frame in frames]


def of_last_seconds(samples, seconds):
    """The samples of the training loop's last seconds. The loop's own thread says when it ended; others do not know."""
    ends = [time for time, frames in samples if any(frame.startswith("rift::train::run_trainer") for frame in frames)]
    if not ends:
        raise Failed("perf saw no call of the training loop: is rift stripped of its symbols, or were stacks not unwound?")
    chosen = [frames for time, frames in samples if max(ends) - seconds <= time <= max(ends)]
    if len(chosen) < FEWEST_SAMPLES:
        raise Failed(f"perf took {len(chosen)} samples only: more --rows")
    return chosen


def multiplications(model):
    """Of all linear maps of the encoder for one token, forward. Those of attention are left out."""
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    width, inner = config["hidden_size"], config["intermediate_size"]
    return config["num_hidden_layers"] * (4 * width * width + 2 * width * inner)


def reached_gflops(model, train):
    """Two operations a multiplication; the way back multiplies twice as much as the way there."""
    return 3 * 2 * multiplications(model) * train["tokens_per_second"] / 1e9


def bench_command(args, parts):
    # Mean pooling takes every token through every layer, as `multiplications` counts.
    return [args.rift, "bench", args.data, "--column", "desc", "--rows", args.rows, "--parts", parts, "--methods", "full",
            "--model", args.model, "--set", f"optim.epochs={args.epochs}", "--set", "model.text.pooling=mean", "--set",
            f"train.precision={args.precision}", "--threads", args.threads, "--json", "--quiet"]


def why_not_perf(folder):
    """Why perf cannot sample here, or None."""
    try:
        done = subprocess.run(["perf", "record", "-o", folder / "none", "-F", str(HERTZ), "--", "true"], capture_output=True,
                              text=True, check=False)
    except FileNotFoundError:
        return "perf is not installed: apt-get install linux-perf"
    if done.returncode != 0:
        return f"perf cannot sample here (kernel.perf_event_paranoid above 2?): {last_line(done.stderr)}"
    return None


def profiled(args, folder):
    """Functions of each sample of the epochs after the first."""
    data = folder / "perf.data"
    # At some random addresses perf's unwinder loses its way among rift's own functions.
    run = call(["setarch", "-R", "perf", "record", "-q", "-o", data, "-F", HERTZ, "--call-graph", f"dwarf,{STACK_BYTES}", "--",
                *bench_command(args, "train")], folder)
    script = subprocess.run(["perf", "script", "-i", data, "--no-inline", "-F", "time,ip,sym"], capture_output=True, text=True,
                            check=False)
    if script.returncode != 0:
        raise Failed(f"perf script: {last_line(script.stderr)}")
    epochs = run.output["train"][0]["epochs"]
    return of_last_seconds(list(samples_of(script.stdout)), sum(epoch["seconds"] for epoch in epochs[1:])), run.busy


def show_functions(samples, count):
    counts = collections.Counter((frames[0], share_of(frames)) for frames in samples)
    for (function, share), samples_of_it in counts.most_common(count):
        say(f"{100 * samples_of_it / len(samples):5.1f} %  {share.removeprefix('share_'):12}  {function[:150]}")


def measure(args, folder):
    """The machine's description and the profile."""
    run = call(bench_command(args, "roof,train"), folder)  # without perf, which takes some time of its own
    train = run.output["train"][0]
    samples, busy = profiled(args, folder)
    busy = max(busy, run.busy)
    if busy > BUSY_LIMIT:
        say(f"other programs kept {busy:.2f} cores busy: measure again")
    if args.functions:
        show_functions(samples, args.functions)
    counts = collections.Counter(map(share_of, samples))
    facts = machine.facts(run.output)
    return facts, {**{share: round(counts[share] / len(samples), 3) for share in SHARES},
                   "roof_gflops": rounded(run.output["roof"]["gflops"]),
                   "reached_gflops": rounded(reached_gflops(args.model, train)),
                   "precision": args.precision, "threads": args.threads, "rows": train["rows"], "tokens": train["tokens"],
                   "samples": len(samples), "cpu": facts["cpu"], "instruction_set": facts["instruction_set"],
                   "busy": round(busy, 2), "date": today(), "commit": commit()}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_places(parser)
    parser.add_argument("--precision", choices=["f32", "bf16"], default="f32")
    parser.add_argument("--rows", type=int, default=512)
    parser.add_argument("--epochs", type=int, default=4, help="the first is not profiled")
    parser.add_argument("--functions", type=int, default=0, metavar="N",
                        help="show the N functions that take most time, and the share each counts to")
    return parser.parse_args()


def main():
    args = absolute(arguments())
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        if why := missing_place(args) or why_not_perf(folder):
            print(json.dumps({"bench": "profile", "skipped": why}))
            return 0
        try:
            facts, profile = measure(args, folder)
        except Failed as error:
            say(str(error))
            return 1
    print(json.dumps({"bench": "profile"} | profile))
    if str(args.results) != "-":
        args.results.mkdir(parents=True, exist_ok=True)
        path = args.results / f"{machine.slug(facts)}-profile.json"
        path.write_text(json.dumps(profile, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
