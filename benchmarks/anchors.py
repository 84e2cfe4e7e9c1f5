#!/usr/bin/env python3
"""What does each anchor to the pretrained model buy, and what does it cost?

Two tasks: the sentiment of Financial PhraseBank's sentences (three classes, macro F1) and whether a loan of Lending Club
is charged off, from its description alone (AUC, on the months behind the training months). The pretrained model theta_p is
the packaged MiniLM, trained further on both corpora without labels, so that it has a language head and something to forget:
while one task is tuned, the other corpus is the general text. Its held-out part tells the forgetting, its other part is what
replay and ewc read. Every anchor is tuned on a few numbers of labels over a small grid of lambda, each beside lambda = 0 on
the same rows and seeds. Prints one JSON line for each point (means over seeds; the difference to lambda = 0 with its 95 %
interval, paired by seed) and writes them, a table and a plot.

Run:  make bench-anchors                                                            (a day on two cores)
      benchmarks/anchors.py --out /tmp/small --labels 100 --seeds 2 --anchors l2_sp --test-rows 200 \\
          --pretrain-rows 400 --epochs 0.2 --tune-epochs 1      (minutes: shows that it runs, not what is true)
"""
import argparse
import csv
import hashlib
import json
import math
import os
import pathlib
import statistics

import continued_pretraining as loans_text
from runs import ROOT, commit, today

GRID = {  # values of lambda
    "l2": [1e-4, 1e-3, 1e-2],
    "l2_sp": [1e-3, 1e-2, 1e-1],
    "ewc": [1e2, 1e4, 1e6],
    "distillation": [0.1, 1.0, 10.0],
    "replay": [0.03, 0.3, 1.0],
    "alignment": [0.1, 1.0, 10.0],
    "cosine": [0.1, 1.0, 10.0],
}  # distillation is that of features: theta_p has no classifier whose logits could teach
ALIGNMENTS = {"alignment": "cka", "cosine": "cosine"}
T_975 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}  # Student's, by freedom
MAIN = {"phrasebank": "macro_f1", "lending_club": "auc"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rift", default=ROOT / "build/release/rift", type=pathlib.Path)
    parser.add_argument("--data", default=os.environ.get("RIFT_TEST_DATA", ROOT / "../shared/data"), type=pathlib.Path)
    parser.add_argument("--out", default=ROOT / "runs/anchors", type=pathlib.Path)
    parser.add_argument("--page", type=pathlib.Path, help="folder that the table and the plot go to; --out when left out")
    parser.add_argument("--tasks", nargs="+", default=list(MAIN), choices=list(MAIN))
    parser.add_argument("--labels", nargs="+", type=int, default=[100, 200, 1000])
    parser.add_argument("--anchors", nargs="+", default=list(GRID), choices=list(GRID))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=float, default=3, help="of the pretraining on both corpora")
    parser.add_argument("--tune-epochs", nargs="+", type=float, default=[10, 10, 4],
                        help="one for each number of labels, or one for all")
    parser.add_argument("--max-tokens", type=int, default=96)
    parser.add_argument("--pretrain-rows", type=int, default=0, help="of each corpus; 0 = all")
    parser.add_argument("--test-rows", type=int, default=4000)
    args = parser.parse_args()
    if len(args.tune_epochs) not in (1, len(args.labels)):
        parser.error("--tune-epochs: expected one number, or one for each of --labels")
    args.tune_epochs = dict(zip(args.labels, args.tune_epochs * (len(args.labels) if len(args.tune_epochs) == 1 else 1)))
    return args


def phrases(args):
    """Sentences in an order that says nothing: (number, sentence, sentiment)."""
    text = (args.data / "financial_phrasebank/Sentences_AllAgree.txt").read_text(encoding="latin-1")
    rows = []
    for number, line in enumerate(text.splitlines()):
        sentence, _, sentiment = line.rpartition("@")
        if sentence.strip():
            rows.append((number, " ".join(sentence.split()), sentiment.strip()))
    return sorted(rows, key=lambda row: hashlib.sha256(str(row[0]).encode()).hexdigest())


def corpora(args):
    """Of each task the rows that may be trained on and those that judge: (number, text, label)."""
    sentences = phrases(args)
    loans = loans_text.loans(args)
    of_loans = lambda later: [(number, text, bad) for number, month, text, bad in loans
                              if (month >= loans_text.FIRST_TEST_MONTH) == later]
    return {"phrasebank": (sentences[:1200], sentences[1200:][:args.test_rows]),
            "lending_club": (of_loans(False), of_loans(True)[:args.test_rows])}


def write_rows(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["number", "text", "label"])
        writer.writerows(rows)
    return path


def pretrained(args, known):
    """Directory of theta_p."""
    rows = [row for part in known.values() for row in (part[:args.pretrain_rows] if args.pretrain_rows else part)]
    texts = write_rows(args.out / "texts.csv", rows)
    run = loans_text.write_run(args.out / "pretrain.yaml", {
        "data": {"source": str(texts), "text": ["text"]}, "model": {"text": {"max_tokens": args.max_tokens}},
        "optim": {"name": "adamw", "lr": 1e-4, "batch_rows": 32, "epochs": args.epochs, "weight_decay": 0.01}})
    loans_text.rift(args, "pretrain", run, "--out", args.out / "pretrained", "--resume", "--json")
    return args.out / "pretrained/model"


def tuned(args, task, labels, anchor, seed):
    """Metrics of one fine-tuning."""
    label = {"column": "label"}
    if task == "lending_club":
        label["positive"] = ["1"]
    kind = anchor.get("measure", anchor["kind"])
    name = "-".join([task, str(labels), kind, f"{anchor.get('lambda', 0):g}", str(seed)])
    folder = args.out / task
    run = loans_text.write_run(args.out / "runs" / f"{name}.yaml", {
        "task": "multiclass" if task == "phrasebank" else "binary",
        "data": {"source": str(folder / f"train-{labels}.csv"), "label": label, "id": "number", "columns": {"text": "text"}},
        "split": {"kind": "files", "test": str(folder / "test.csv")}, "calibration": "none",
        "model": {"text": {"backbone": str(args.out / "pretrained/model"), "max_tokens": args.max_tokens, "pooling": "mean"}},
        "objective": {"anchor": anchor},
        "optim": {"name": "adamw", "lr": 5e-5, "head_lr": 1e-3, "batch_rows": 16, "epochs": args.tune_epochs[labels]},
        "train": {"seed": seed, "checkpoint_every_steps": 0,
                  "forgetting": {"texts": str(folder / "general.csv"), "column": "text", "rows": 200}}})
    loans_text.rift(args, "train", run, "--out", args.out / "runs" / name, "--resume")
    metrics = json.loads((args.out / "runs" / name / "metrics.json").read_text())
    forgetting = metrics["forgetting"]
    return {"metric": metrics["test"][MAIN[task]]["value"],
            "loss_gain": forgetting["pretrain_loss"] - forgetting["pretrain_loss_before"],
            "distance": forgetting["relative_distance"], "cka": forgetting["feature_cka"]}


def anchor_of(args, task, kind, strength):
    anchor = {"kind": kind, "lambda": strength}
    if kind in ALIGNMENTS:
        anchor |= {"kind": "alignment", "measure": ALIGNMENTS[kind]}
    if kind in ("ewc", "replay"):
        anchor |= {"texts": str(args.out / task / "replay.csv"), "column": "text"}
    if kind == "replay":
        anchor["batch_rows"] = 16
    return anchor


def interval(differences):
    """Mean and half the width of its 95 % interval; no width for one seed."""
    mean = statistics.fmean(differences)
    if len(differences) < 2:
        return mean, None
    t = T_975.get(len(differences) - 1, 1.96)
    return mean, t * statistics.stdev(differences) / math.sqrt(len(differences))


def point(task, labels, kind, strength, runs, free):
    line = {"task": task, "labels": labels, "anchor": kind, "lambda": strength, "seeds": len(runs)}
    for key in runs[0]:
        line[key] = round(statistics.fmean(run[key] for run in runs), 5)
        if free is not None:
            mean, half = interval([run[key] - other[key] for run, other in zip(runs, free)])
            line[f"{key}_change"] = round(mean, 5)
            line[f"{key}_half_width"] = None if half is None else round(half, 5)
    print(json.dumps(line), flush=True)
    return line


def measured(args):
    points = []
    for task in args.tasks:
        for labels in args.labels:
            seeds = range(1, args.seeds + 1)
            free = [tuned(args, task, labels, {"kind": "none"}, seed) for seed in seeds]
            points.append(point(task, labels, "none", 0.0, free, None))
            for kind in args.anchors:
                for strength in GRID[kind]:
                    runs = [tuned(args, task, labels, anchor_of(args, task, kind, strength), seed) for seed in seeds]
                    points.append(point(task, labels, kind, strength, runs, free))
    return points


def with_interval(line, key):
    if f"{key}_change" not in line:
        return ""
    half = line[f"{key}_half_width"]
    return f"{line[f'{key}_change']:+.4f}" + ("" if half is None else f" ± {half:.4f}")


def table(points):
    rows = ["| task | labels | anchor | lambda | metric | change | pretraining loss gained | change | relative distance | CKA |",
            "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for line in points:
        rows.append(f"| {line['task']} | {line['labels']} | {line['anchor']} | {line['lambda']:g} | {line['metric']:.4f} | "
                    f"{with_interval(line, 'metric')} | {line['loss_gain']:+.4f} | {with_interval(line, 'loss_gain')} | "
                    f"{line['distance']:.4f} | {line['cka']:.4f} |")
    return "\n".join(rows) + "\n"


COLOURS = {"none": "#000000", "l2": "#999999", "l2_sp": "#0072b2", "ewc": "#009e73", "distillation": "#d55e00",
           "replay": "#cc79a7", "alignment": "#e69f00", "cosine": "#56b4e9"}
WIDTH, HEIGHT, MARGIN = 300, 220, 46


def scale(values, low, high):
    first, last = min(values), max(values)
    span = (last - first) or 1.0
    return lambda value: low + (value - first) / span * (high - low)


def panel(points, x0, y0):
    """Metric against forgetting: one line for each anchor, from lambda = 0 to the strongest."""
    across = scale([line["loss_gain"] for line in points], x0 + MARGIN, x0 + WIDTH - 12)
    up = scale([line["metric"] for line in points], y0 + HEIGHT - MARGIN, y0 + 28)
    first = points[0]
    marks = [f'<text x="{x0 + MARGIN}" y="{y0 + 16}" font-weight="bold">{first["task"]}, {first["labels"]} labels</text>',
             f'<rect x="{x0 + MARGIN}" y="{y0 + 22}" width="{WIDTH - MARGIN - 8}" height="{HEIGHT - MARGIN - 16}" '
             'fill="none" stroke="#ccc"/>',
             f'<text x="{x0 + WIDTH / 2}" y="{y0 + HEIGHT - 8}" text-anchor="middle">pretraining loss gained</text>',
             f'<text x="{x0 + 10}" y="{y0 + HEIGHT / 2}" transform="rotate(-90 {x0 + 10} {y0 + HEIGHT / 2})" '
             f'text-anchor="middle">{MAIN[first["task"]]}</text>']
    for value, place in ((min, "start"), (max, "end")):
        x, y = value(line["loss_gain"] for line in points), value(line["metric"] for line in points)
        marks.append(f'<text x="{across(x):.1f}" y="{y0 + HEIGHT - 24}" text-anchor="{place}">{x:.3g}</text>')
        marks.append(f'<text x="{x0 + MARGIN - 4}" y="{up(y):.1f}" text-anchor="end">{y:.3f}</text>')
    free = points[0]
    for kind in dict.fromkeys(line["anchor"] for line in points):
        own = [line for line in points if line["anchor"] == kind]
        path = " ".join(f"{across(line['loss_gain']):.1f},{up(line['metric']):.1f}" for line in ([free] + own if kind != "none" else own))
        marks.append(f'<polyline points="{path}" fill="none" stroke="{COLOURS[kind]}"/>')
        for line in own:
            marks.append(f'<circle cx="{across(line["loss_gain"]):.1f}" cy="{up(line["metric"]):.1f}" r="3" fill="{COLOURS[kind]}">'
                         f'<title>{kind}, lambda {line["lambda"]:g}</title></circle>')
    return marks


def plot(points):
    groups = {}
    for line in points:
        groups.setdefault((line["task"], line["labels"]), []).append(line)
    tasks = list(dict.fromkeys(task for task, _ in groups))
    sizes = list(dict.fromkeys(labels for _, labels in groups))
    marks = []
    for (task, labels), own in groups.items():
        marks += panel(own, sizes.index(labels) * WIDTH, tasks.index(task) * HEIGHT)
    below = len(tasks) * HEIGHT + 16
    for i, kind in enumerate(dict.fromkeys(line["anchor"] for line in points)):
        marks.append(f'<circle cx="{20 + 110 * i}" cy="{below - 4}" r="4" fill="{COLOURS[kind]}"/>'
                     f'<text x="{28 + 110 * i}" y="{below}">{kind}</text>')
    size = (max(len(sizes) * WIDTH, 800), below + 10)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" font-family="sans-serif" font-size="10">'
            f'<rect width="{size[0]}" height="{size[1]}" fill="#fff"/>\n' + "\n".join(marks) + "\n</svg>\n")


def main():
    args = arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    args.out = args.out.resolve()
    rows = corpora(args)
    other = {"phrasebank": "lending_club", "lending_club": "phrasebank"}
    for task, (known, judged) in rows.items():
        folder = args.out / task
        folder.mkdir(exist_ok=True)
        write_rows(folder / "test.csv", judged)
        for labels in args.labels:
            write_rows(folder / f"train-{labels}.csv", known[:labels])
        write_rows(folder / "replay.csv", rows[other[task]][0][:2000])
        write_rows(folder / "general.csv", rows[other[task]][1])
    pretrained(args, {task: known for task, (known, _) in rows.items()})
    points = measured(args)
    page = args.page or args.out
    page.mkdir(parents=True, exist_ok=True)
    about = json.dumps({"commit": commit(), "date": today(), "seeds": args.seeds, "tune_epochs": args.tune_epochs})
    (page / "anchors.jsonl").write_text("\n".join([about] + [json.dumps(line) for line in points]) + "\n")
    (page / "anchors_table.md").write_text(table(points))
    (page / "anchors.svg").write_text(plot(points))


if __name__ == "__main__":
    main()
