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
import onnx
import onnxruntime
from tokenizers import BertWordPieceTokenizer, Tokenizer

TOLERANCE = 1e-5
directory = Path(sys.argv[1])
rows = json.loads((directory / "rows.json").read_text())
folder = directory / "onnx"
path = folder / "model.onnx"

onnx.checker.check_model(str(path), full_check=True)
model = onnx.load(str(path))
inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
assert [(o.domain, o.version) for o in model.opset_import] == [("", 17)], model.opset_import
assert model.ir_version == 8, model.ir_version
assert all(node.domain == "" for node in model.graph.node)
used = {name for node in model.graph.node for name in node.input} | {value.name for value in model.graph.output}
unused = [name for node in model.graph.node for name in node.output if name not in used]
unused += [constant.name for constant in model.graph.initializer if constant.name not in used]
assert not unused, unused
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

session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
names = [value.name for value in session.get_outputs()]
assert set(rows["expected"]) | {"logits"} == set(names), names
random = np.random.default_rng(7)


def feed(batch, before, behind):
    """Rows of ids with padding before each and behind up to the longest and `behind` more."""
    tokens = max(map(len, batch)) + before + behind
    filled = {"input_ids": random.integers(0, config["vocab_size"], (len(batch), tokens))}  # what padding holds is no matter
    filled["attention_mask"] = np.zeros_like(filled["input_ids"])
    for row, row_ids in enumerate(batch):
        begin = int(random.integers(0, before + 1))
        filled["input_ids"][row, begin:begin + len(row_ids)] = row_ids
        filled["attention_mask"][row, begin:begin + len(row_ids)] = 1
    filled["token_type_ids"] = np.zeros_like(filled["input_ids"])
    wanted = {value.name: value for value in session.get_inputs()}
    assert all(value.shape == ["rows", "tokens"] for value in wanted.values())
    return {name: filled[name] for name in wanted}


def calibrated(logits):
    """The last output by the calibrator in the metadata, in f64."""
    calibrator = json.loads(metadata["rift.calibrator"])
    z = logits.astype(np.float64)
    if calibrator["task"] == "regression":
        return z[:, 0]
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
        outputs = session.run(names, feed(ids[begin:begin + size], before, behind))
        for name, values in zip(names, outputs, strict=True):
            assert values.dtype == np.float32
            got[name].append(values)
    last = np.concatenate(got[names[-1]])
    again = calibrated(np.concatenate(got["logits"]))
    assert (np.abs(last - again) / np.maximum(1, np.abs(again))).max() < 1e-6, (what, names[-1])
    for name in rows["expected"]:
        expected = np.array(rows["expected"][name], dtype=np.float64)
        ours = np.concatenate(got[name])
        assert ours.shape == expected.shape, (name, ours.shape, expected.shape)
        difference = (np.abs(ours - expected) / np.maximum(1, np.abs(expected))).max()
        print(f"{what}, {name}: largest difference {difference:.2e} over {len(ids)} rows, spread {np.ptp(expected, 0).max():.2g}")
        assert difference < TOLERANCE, (what, name, difference)


assert len({len(row) for row in ids}) > 2, "rows of different lengths are needed"
compare("one row", 1, 0, 0)
compare("seven rows", 7, 0, 0)
compare("seven rows, more padding", 7, 3, 5)
compare("all rows", len(ids), 0, 1)
print("all checks hold")
