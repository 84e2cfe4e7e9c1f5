#!/usr/bin/env python3
"""Writes docs/performance.md from benchmarks/results/. tests/tools/performance_page_test.py holds the page to it.

  tools/performance_page.py > docs/performance.md
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

import benches  # noqa: E402
import machine  # noqa: E402

HEAD = """\
# Performance: rift beside what users run today

Made from `benchmarks/results/` by `tools/performance_page.py > docs/performance.md`; edit the script, not this page.

## How to read it

- Each line is one figure of two programs on the same rows of one machine, run in turn: peer, rift, peer, rift, ... The ratio is
  the median over the pairs, with the lowest and the highest in brackets; above 1 rift does better, also where less is better
  (milliseconds, MiB).
- Both sides' figures are medians. They hold for that machine and that hour and do not travel; the ratio travels to machines of
  the same kind.
- The texts are Lending Club descriptions, the model is all-MiniLM-L6-v2 (22.7 million parameters) unless a line says otherwise;
  at most 128 tokens, 32 rows a batch, gradients clipped at norm 1.0 on both sides unless a line says unclipped.
- The peer runs at its best: batches of like length, the faster attention, fused AdamW; of several libraries the one that does
  best on this machine, with the same precision. Training counts the epochs after the first.
- A pair counts only when the answers agree: losses of the same epoch within 0.1, scores beside those of transformers within
  0.001 in f32 (0.15 in bf16), and the same token ids.
- "busy" is how many CPU cores other programs used meanwhile, at most over the pairs. Above 0.15 a line is marked: measure again.
- The target is the ratio aimed at: one for bf16 on a CPU with AMX, one for f32 on any CPU.

## How to repeat it

```
make bench-setup     # once: the peers' Python packages into .deps/bench
make bench           # this CPU's best path (bf16 where it has AMX, else f32), under 20 minutes on two cores
make bench-all       # the other lines
make bench-linear    # how time and memory grow with rows and their length
make bench-profile   # where a training step's time goes
rift bench           # the speed of rift alone, on texts of your own: rift bench loans.csv --column desc
```

[benchmarks/README.md](../benchmarks/README.md) says what is run, and where the peers' scripts are looked for.
"""

SHARES = (("share_products", "matrix products of linear maps"), ("share_attention", "attention, its products included"),
          ("share_elementwise", "elementwise passes"), ("share_optimizer", "optimizer and clipping"),
          ("share_other", "everything else"))


def shown(value):
    """Four digits that count, thousands marked."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def verdict(line):
    if line["target"] is None:
        return "no target"
    return f"{line['target']:g} met" if line["ratio"] >= line["target"] else f"**{line['target']:g} missed**"


def row(line):
    busy = f" (busy {line['busy']:g})" if line["busy"] > 0.15 else ""
    cells = (line["what"] + busy, line["peer"], f"{shown(line['peer_value'])} {line['unit']}",
             f"{shown(line['rift_value'])} {line['unit']}",
             f"{line['ratio']:.2f} [{line['ratio_low']:.2f}, {line['ratio_high']:.2f}]", verdict(line), str(line["pairs"]))
    return "| " + " | ".join(cells) + " |"


def table(lines):
    return ["| job | peer | peer's figure | rift's | ratio | target | pairs |", "|---|---|---|---|---|---|---|",
            *(row(line) for line in lines)]


def versions(lines):
    """Every version that the lines name; "2.13.0 / 2.14.0" where they differ."""
    found = {}
    for line in lines:
        for name, version in line["peer_version"].items():
            found.setdefault(name, set()).add(version)
    return ", ".join(f"{name} {' / '.join(sorted(found[name]))}" for name in sorted(found))


def days(lines):
    dates = sorted({line["date"] for line in lines})
    return dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"


def profile(path):
    """Where a training step's time goes, of the machine's <name>-profile.json."""
    if not path.exists():
        return ["### Where a training step's time goes", "", "Not measured on this machine."]
    facts = json.loads(path.read_text(encoding="utf-8"))
    busy = f", busy {facts['busy']:g}" if facts["busy"] > 0.15 else ""
    lines = ["### Where a training step's time goes", "",
             f"Full fine-tuning in {facts['precision']}, {facts['threads']} threads, epochs after the first: shares of the CPU's "
             f"time. Measured: {facts['date']}{busy}.", "", "| part | share |", "|---|---|"]
    lines += [f"| {what} | {100 * facts[key]:.0f} % |" for key, what in SHARES]
    reached = f"{shown(facts['reached_gflops'])} of {shown(facts['roof_gflops'])} GFLOP/s"
    share = 100 * facts["reached_gflops"] / facts["roof_gflops"]
    return [*lines, "", f"Reached: {reached}, {share:.0f} % of what products alone reach at best, on all threads and on operands "
            "in the caches. Counted are the multiplications of linear maps, over the time of the whole step."]


def point(line):
    busy = f" (busy {line['busy']:g})" if line["busy"] > 0.15 else ""
    cells = (line["what"] + busy, f"{line['rows']:,}", shown(line["tokens"] / line["rows"]), f"{line['tokens']:,}",
             shown(line["seconds"]), shown(line["tokens_per_second"]), f"{shown(line['peak_memory_mib'])} MiB")
    return "| " + " | ".join(cells) + " |"


def points(lines):
    return ["| job | rows | tokens a row | tokens | seconds | tokens/s | peak memory |", "|---|---|---|---|---|---|---|",
            *(point(line) for line in lines), ""]


def growth_of_rows(lines):
    """What the first and the last of the points of one job say."""
    first, last = lines[0], lines[-1]

    def ratio(key):
        return last[key] / first[key]

    return (f"- {first['what']}: {ratio('rows'):.0f} times the rows have {ratio('tokens'):.1f} times the tokens, take "
            f"{ratio('seconds'):.1f} times as long and {ratio('peak_memory_mib'):.2f} times the memory.")


def growth_of_length(lines):
    first, last = lines[0], lines[-1]
    rate = last["tokens_per_second"] / first["tokens_per_second"]
    return f"- {first['what']}: rows of {last['length']} tokens reach {rate:.2f} of the tokens/s of rows of {first['length']}."


def linear(path):
    """How cost grows with tokens, of the machine's <name>-linear.jsonl."""
    text = ["### Cost grows with tokens", ""]
    if not path.exists():
        return [*text, "Not measured on this machine."]
    lines = list(machine.read_results(path)[1].values())
    text += [f"rift alone; every line is a run of its own, so that its peak memory is its own. Measured: {days(lines)}.", ""]
    for precision in (benches.F32, benches.BF16):
        for key, title, growth, remark in (
                ("times", "1, 4 and 16 times the rows", growth_of_rows, []),
                ("length", "rows of 32 to 512 tokens, as many tokens in all and in a training step", growth_of_length,
                 ["", "Attention compares each token with every token of its row: that part of the cost grows with the square "
                  "of a row's length, and its share of a token's cost with the length. All else is linear in the tokens."])):
            chosen = [line for line in lines if line["precision"] == precision and key in line]
            jobs = [sorted((line for line in chosen if line["job"] == job), key=lambda line: line[key])
                    for job in ("score", "train")]
            jobs = [job for job in jobs if job]
            if jobs:
                text += [f"#### {precision}: {title}", "", *points([line for job in jobs for line in job]),
                         *(growth(job) for job in jobs), *remark, ""]
    return text[:-1]


def section(path):
    """One machine."""
    description, by_name = machine.read_results(path)
    order = [line.name for bench in benches.benches() for line in bench.lines]
    lines = [by_name[name] for name in sorted(by_name, key=lambda name: order.index(name) if name in order else len(order))]
    threads = "/".join(str(count) for count in sorted({line["threads"] for line in lines}))
    text = [f"## {description['cpu']}, {description['cores']} cores", "",
            f"{description['memory_gib']:g} GiB, instructions {description['instruction_set']}"
            f"{', AMX' if description['has_amx'] else ', no AMX'}; {description['system']}. rift {description['rift']}, LibTorch "
            f"{description['libtorch']}, {description['compiler']}. Threads: {threads}. Measured: {days(lines)}.",
            f"Peers: {versions(lines)}.", ""]
    for precision, title in ((benches.F32, "f32"), (benches.BF16, "bf16"), (None, "tokenizing")):
        chosen = [line for line in lines if line["precision"] == precision]
        if chosen:
            text += [f"### {title[0].upper() + title[1:] if precision is None else title}", "", *table(chosen), ""]
    return [*text, *linear(path.with_name(path.stem + "-linear.jsonl")), "",
            *profile(path.with_name(path.stem + "-profile.json")), ""]


def page(results):
    text = HEAD.splitlines() + [""]
    files = sorted(path for path in results.glob("*.jsonl") if not path.stem.endswith("-linear"))
    if not files:
        text += ["Nothing has been measured yet.", ""]
    for path in files:
        text += section(path)
    return "\n".join(text).rstrip("\n") + "\n"


if __name__ == "__main__":
    sys.stdout.write(page(ROOT / "benchmarks/results"))
