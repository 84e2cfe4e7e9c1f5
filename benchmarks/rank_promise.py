"""Does `rift models rank` keep its promise? Models are ranked on frozen features and then fine-tuned; how well the first order
tells the second is one JSON line for each data set and score:

  {"data", "score", "models", "spearman", "kendall"}      rank correlation of a score with the fine-tuned test figure

first one of what it was measured with ("commit", "date", "rows", "epochs"), before each set one line for each model: {"data", "model", "what", "fine_tuned", "metric", "probe", "neighbours", "log_me", ...}.

Usage: python benchmarks/rank_promise.py [--rift build/release/rift] [--data ../shared/data] [--out runs/rank_promise]
       [--rows 2000] [--epochs 3] [--max-tokens 64] [--sets phrasebank,finfe,lending_club] [--model NAME=DIR ...]

Needs numpy and safetensors. Data: Financial PhraseBank (three classes), FinFE (three classes, Chinese), Lending Club's free
text (charged off or not, out of time). Only MiniLM is a model that somebody would use; the others are made of it, so that models
of known worse and of known lower cost stand beside it, and are said to be so in "what". --model adds models of yours, such as one
that `rift pretrain` made.
"""
import argparse
import csv
import gzip
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from runs import ROOT, borrowers_words, commit, today

MINILM = ROOT / ".deps/models/all-MiniLM-L6-v2"
SCORES = ["probe", "neighbours", "log_me", "h_score", "shrunk_h_score"]
LAYER = "encoder.layer."


def layer_of(name):
    return int(name.split(LAYER)[1].split(".")[0]) if LAYER in name else None


def write_model(folder, config, tensors):
    folder.mkdir(parents=True, exist_ok=True)
    for file in MINILM.iterdir():
        if file.is_file() and file.suffix not in (".safetensors", ".bin", ".onnx", ".h5", ".ot"):
            shutil.copyfile(file, folder / file.name)
    if (MINILM / "1_Pooling").is_dir():
        shutil.copytree(MINILM / "1_Pooling", folder / "1_Pooling", dirs_exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2))
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def new_values(tensors, chosen, seed):
    """What a training from nothing would begin with."""
    random = np.random.default_rng(seed)
    changed = dict(tensors)
    for name, value in tensors.items():
        if not chosen(name) or not np.issubdtype(value.dtype, np.floating):
            continue
        if name.endswith("LayerNorm.weight"):
            changed[name] = np.ones_like(value)
        elif value.ndim == 1:
            changed[name] = np.zeros_like(value)
        else:
            changed[name] = random.normal(0, 0.02, value.shape).astype(value.dtype)
    return changed


def make_models(folder):
    """name -> (directory, what it is)."""
    config = json.loads((MINILM / "config.json").read_text())
    tensors = load_file(MINILM / "model.safetensors")
    layers = config["num_hidden_layers"]
    models = {"minilm": (MINILM, "all-MiniLM-L6-v2 as published")}
    for kept in (4, 2):
        name = f"minilm-{kept}-layers"
        lower = {k: v for k, v in tensors.items() if layer_of(k) is None or layer_of(k) < kept}
        write_model(folder / name, config | {"num_hidden_layers": kept}, lower)
        models[name] = (folder / name, f"MiniLM without its upper {layers - kept} layers")
    upper = new_values(tensors, lambda name: (layer_of(name) or 0) >= layers // 2, 1)
    write_model(folder / "minilm-upper-new", config, upper)
    models["minilm-upper-new"] = (folder / "minilm-upper-new", "MiniLM with fresh random weights in its upper half")
    noisy = {k: (v + np.random.default_rng(2).normal(0, v.std(), v.shape)).astype(v.dtype) if v.ndim == 2 else v for k, v in tensors.items()}
    write_model(folder / "minilm-noisy", config, noisy)
    models["minilm-noisy"] = (folder / "minilm-noisy", "MiniLM with noise as large as its weights on every matrix")
    write_model(folder / "random", config, new_values(tensors, lambda name: True, 3))
    models["random"] = (folder / "random", "a BERT of MiniLM's size with random weights")
    return models


def phrasebank(data, rows):
    for line in (data / "financial_phrasebank/Sentences_AllAgree.txt").read_text("latin-1").splitlines():
        text, label = line.rsplit("@", 1)
        rows.append({"text": text, "label": label})
    return {"task": "multiclass", "metric": "accuracy", "split": {"kind": "stratified", "test": 0.3, "validation": 0.0}}


def finfe(data, rows):
    for text, label in json.loads(gzip.open(data / "finfe_zh/train_list.json.gz").read()):
        rows.append({"text": text, "label": f"class{label}"})
    return {"task": "multiclass", "metric": "accuracy", "split": {"kind": "stratified", "test": 0.3, "validation": 0.0}}


def lending_club(data, rows):
    path = data / "lending_club/loans_2007_2011.csv.gz"
    for row in csv.DictReader(io.TextIOWrapper(gzip.open(path), encoding="utf-8", errors="replace")):
        text = " ".join(filter(None, (row["title"].strip(), borrowers_words(row["desc"]))))
        month = row.get("issue_d", "")
        if text and month:
            rows.append({"text": text, "label": "bad" if "Charged Off" in row["loan_status"] else "good", "issued": month})
    split = {"kind": "out_of_time", "column": "issued", "test_from": "2011-07-01", "validation": 0.0}
    return {"task": "binary", "metric": "auc", "split": split}


SETS = {"phrasebank": phrasebank, "finfe": finfe, "lending_club": lending_club}


def write_run(folder, name, arguments):
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    what = SETS[name](Path(arguments.data), rows)
    order = np.random.default_rng(5).permutation(len(rows))[: arguments.rows]
    with open(folder / "rows.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows[i] for i in sorted(order))
    columns = {"text": "text"} | ({"issued": "date"} if "issued" in rows[0] else {})
    label = {"column": "label"} | ({"positive": ["bad"]} if what["task"] == "binary" else {})
    run = {
        "task": what["task"],
        "data": {"source": "rows.csv", "label": label, "columns": columns},
        "split": what["split"],
        "model": {"text": {"columns": ["text"], "max_tokens": arguments.max_tokens, "pooling": "mean"}},
        "optim": {"name": "adamw", "lr": 1e-4, "head_lr": 1e-3, "batch_rows": 32, "epochs": arguments.epochs, "warmup": 0.06},
        "train": {"seed": 1, "early_stopping": {"patience": 0}},
    }
    (folder / "run.yaml").write_text(json.dumps(run, indent=1))  # JSON is YAML
    return what["metric"]


def rift(arguments, *words):
    command = [arguments.rift, *map(str, words), "--threads", str(arguments.threads), "--json", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout)


def ranks(values):
    values = np.asarray(values, float)
    return np.array([(values < v).sum() + ((values == v).sum() - 1) / 2 for v in values])


def spearman(a, b):
    a, b = ranks(a), ranks(b)
    spread = a.std() * b.std()
    return float(((a - a.mean()) * (b - b.mean())).mean() / spread) if spread > 0 else None


def kendall(a, b):
    """tau-b"""
    signs = [(np.sign(a[i] - a[j]), np.sign(b[i] - b[j])) for i in range(len(a)) for j in range(i)]
    both = np.sqrt(sum(x != 0 for x, _ in signs) * sum(y != 0 for _, y in signs))
    return float(sum(x * y for x, y in signs) / both) if both > 0 else None


def say(**line):
    print(json.dumps(line, ensure_ascii=False), flush=True)


def run_set(name, models, arguments):
    folder = Path(arguments.out) / name
    metric = write_run(folder, name, arguments)
    ranking = rift(arguments, "models", "rank", folder / "run.yaml", *(path for path, _ in models.values()), "--rows", arguments.rows)
    figures, fine_tuned = {score: [] for score in SCORES}, []
    for (model, (path, what)), ranked in zip(models.items(), ranking["models"]):
        trained = rift(arguments, "train", folder / "run.yaml", "--set", f"model.text.backbone={path}", "--out", folder / model, "--overwrite")
        fine_tuned.append(trained["test"][metric]["value"])
        values = {score: ranked[score]["value"] for score in SCORES if ranked.get(score)}
        for score, value in values.items():
            figures[score].append(value)
        say(data=name, model=model, what=what, metric=metric, fine_tuned=fine_tuned[-1], interval=[trained["test"][metric][end] for end in ("low", "high")],
            **values, rows_per_second=ranked["rows_per_second"], parameters=ranked["parameters"])
    say(data=name, take=ranking["take"], recommendation=ranking["recommendation"])
    for score, values in figures.items():
        if len(values) == len(fine_tuned):
            say(data=name, score=score, models=len(values), spearman=spearman(values, fine_tuned), kendall=kendall(values, fine_tuned))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rift", default=str(ROOT / "build/release/rift"))
    parser.add_argument("--data", default=os.environ.get("RIFT_TEST_DATA", str(ROOT / "../shared/data")))
    parser.add_argument("--out", default=str(ROOT / "runs/rank_promise"))
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--max-tokens", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", action="append", default=[], metavar="NAME=DIR")
    arguments = parser.parse_args()
    say(commit=commit(), date=today(), rows=arguments.rows, epochs=arguments.epochs, threads=arguments.threads)
    models = make_models(Path(arguments.out) / "models")
    for added in arguments.model:
        name, directory = added.split("=", 1)
        models[name] = (Path(directory).absolute(), "given by --model")
    for name in arguments.sets.split(","):
        run_set(name, models, arguments)


if __name__ == "__main__":
    main()
