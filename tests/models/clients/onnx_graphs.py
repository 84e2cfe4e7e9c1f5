"""Graphs of models: checked by onnx, run by onnxruntime.

Usage: onnx_graphs.py DIRECTORY
DIRECTORY/cases.json: list of {"file", "ours": logits of rift, "expected": those of transformers where it has said any, one list per row} and, of a text model,
"rows" and "types": ids, one list per row, "vocabulary"; of an image model "pixels": a file of safetensors with that tensor.
Text rows run alone, in a batch padded behind and padded on both sides; images alone and together.
"""
import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

sys.path.insert(0, str(Path(__file__).parents[2] / "clients"))
import onnx_files

TOLERANCE = 1e-5
directory = Path(sys.argv[1])
cases = json.loads((directory / "cases.json").read_text())
random = np.random.default_rng(5)


def text_feeds(case, run):
    def feed(picked, before, behind):
        ids, types = ([case[key][row] for row in picked] for key in ("rows", "types"))
        return onnx_files.text_feed(run, ids, before, behind, random, case["vocabulary"], types)

    every = range(len(case["rows"]))
    assert len({len(row) for row in case["rows"]}) > 2, "rows of different lengths are needed"
    yield "alone", [feed([row], 0, 0) for row in every]
    yield "together", [feed(every, 0, 0)]
    yield "padded on both sides", [feed(every, 3, 2)]


def image_feeds(case, run):
    pixels = load_file(directory / case["pixels"])["pixels"]
    [value] = run.get_inputs()
    assert value.name == "pixel_values" and value.shape[0] == "rows", (value.name, value.shape)
    yield "alone", [{"pixel_values": row[np.newaxis]} for row in pixels]
    yield "together", [{"pixel_values": pixels}]


assert cases
for case in cases:
    path = directory / case["file"]
    onnx_files.checked(path)
    run = onnx_files.session(path)
    for what, feeds in (text_feeds if "rows" in case else image_feeds)(case, run):
        logits = np.concatenate([run.run(["logits"], feed)[0] for feed in feeds])
        for who in {"ours", "expected"} & set(case):
            difference = onnx_files.difference(logits, np.array(case[who], dtype=np.float64))
            print(f"{case['file']}, {what}, beside {who}: {difference:.2e}, spread {np.ptp(case[who], 0).max():.2g}")
            assert difference < TOLERANCE
print("all checks hold")
