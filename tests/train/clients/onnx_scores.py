"""onnx/ as `rift export --format onnx` wrote it: checked by onnx, run by onnxruntime on what `tokenizers` makes of the texts,
beside what rift said of them.

Usage: onnx_scores.py DIRECTORY
DIRECTORY/rows.json: "texts", "expected": {output: values, one list per row or one value}, the logits may be left out. Every
other output of the file is compared, for rows alone, for rows in batches padded behind and for rows padded on both sides with ids that mean something;
the calibrated ones also with what the file's own logits and the calibrator of its metadata make them.
"""
import json
import sys
from pathlib import Path

import numpy as np
from tokenizers import BertWordPieceTokenizer, Tokenizer

sys.path.insert(0, str(Path(__file__).parents[2] / "clients"))
import onnx_files

TOLERANCE = 1e-5
directory = Path(sys.argv[1])
rows = json.loads((directory / "rows.json").read_text())
folder = directory / "onnx"
path = folder / "model.onnx"

model = onnx_files.checked(path)
metadata = {entry.key: entry.value for entry in model.metadata_props}
print({key: value[:60] for key, value in metadata.items()})

config = json.loads((folder / "config.json").read_text())
if (folder / "tokenizer.json").exists():
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
else:
    tokenizer = BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=True)
tokenizer.enable_truncation(int(metadata["rift.max_tokens"]))
ids = [encoding.ids for encoding in tokenizer.encode_batch(rows["texts"])]

session = onnx_files.session(path)
names = [value.name for value in session.get_outputs()]
assert set(rows["expected"]) | {"logits"} == set(names), names
random = np.random.default_rng(7)


def softplus(x):
    return np.logaddexp(0, x)


def linked(x):
    """What the model says of its head's outputs, by the link in the metadata."""
    link = json.loads(metadata["rift.link"])
    if link["form"] == "exp":
        return link["scale"] * np.exp(x)
    if link["form"] == "quantiles":
        return link["shift"] + link["scale"] * np.cumsum(np.concatenate([x[:, :1], softplus(x[:, 1:])], 1), 1)
    if link["form"] == "conditional":
        reached = np.cumsum(np.concatenate([np.zeros_like(x[:, :1]), -softplus(-x)], 1), 1)
        return reached + np.concatenate([-softplus(x), np.zeros_like(x[:, :1])], 1)
    return x


def calibrated(logits):
    """The last output by link and calibrator in the metadata, in f64."""
    calibrator = json.loads(metadata["rift.calibrator"])
    z = linked(logits.astype(np.float64))
    if calibrator["task"] == "regression":
        return z if names[-1] == "quantiles" else z[:, 0]
    if calibrator["method"] == "beta":
        z = calibrator["b"] * softplus(z) - calibrator["a"] * softplus(-z) + calibrator["c"]
        return 1 / (1 + np.exp(-z[:, 0]))
    if calibrator["task"] == "multilabel":
        lines = calibrator.get("labels", [{"slope": 1.0, "intercept": 0.0}] * z.shape[1])
        return 1 / (1 + np.exp(-(z * [line["slope"] for line in lines] + [line["intercept"] for line in lines])))
    if calibrator["method"] == "isotonic":
        return np.interp(z[:, 0], calibrator["log_odds"], calibrator["pd"])
    z = z * calibrator.get("slope", 1.0) + calibrator.get("intercept", 0.0)
    if calibrator["task"] == "binary":
        return 1 / (1 + np.exp(-z[:, 0]))
    shares = np.exp(z - z.max(1, keepdims=True))
    return shares / shares.sum(1, keepdims=True)


def compare(what, size, before, behind):
    got = {name: [] for name in names}
    for begin in range(0, len(ids), size):
        feed = onnx_files.text_feed(session, ids[begin:begin + size], before, behind, random, config["vocab_size"])
        outputs = session.run(names, feed)
        for name, values in zip(names, outputs, strict=True):
            assert values.dtype == np.float32
            got[name].append(values)
    last = np.concatenate(got[names[-1]])
    again = calibrated(np.concatenate(got["logits"]))
    assert onnx_files.difference(last, again) < 1e-6, (what, names[-1])
    for name in rows["expected"]:
        expected = np.array(rows["expected"][name], dtype=np.float64)
        ours = np.concatenate(got[name])
        difference = onnx_files.difference(ours, expected)
        print(f"{what}, {name}: largest difference {difference:.2e} over {len(ids)} rows, spread {np.ptp(expected, 0).max():.2g}")
        assert difference < TOLERANCE, (what, name, difference)


assert len({len(row) for row in ids}) > 2, "rows of different lengths are needed"
compare("one row", 1, 0, 0)
compare("seven rows", 7, 0, 0)
compare("seven rows, more padding", 7, 3, 5)
compare("all rows", len(ids), 0, 1)
print("all checks hold")
