"""The vectors that rift embed wrote for the lines of lines.txt, computed again by the real libraries.

Usage: embeddings.py DIRECTORY, which holds lines.txt and jobs.json: [{"model", "vectors", "pooling", "unit_length",
"max_tokens", "truncated", "reference"}]. sentence_transformers: SentenceTransformer(model).encode(), with everything that the
model's own files say. transformers: AutoModel's token states of one line after the other, pooled here. The files are read as
notebooks read them: pandas and DuckDB. Exit status 77: sentence-transformers is not installed.
"""
import json
import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import torch
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoTokenizer

directory = Path(sys.argv[1])
jobs = json.loads((directory / "jobs.json").read_text())
lines = (directory / "lines.txt").read_text().split("\n")[:-1]
TOLERANCE = 1e-5


def by_sentence_transformers(job):
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as missing:
        print(f"{missing}; see tests/clients/requirements.txt")
        sys.exit(77)
    model = SentenceTransformer(job["model"], device="cpu")
    assert model.max_seq_length == job["max_tokens"], (model.max_seq_length, job["max_tokens"])
    return model.encode(lines, show_progress_bar=False)


def by_transformers(job):
    tokenizer = AutoTokenizer.from_pretrained(job["model"])
    # transformers 4.57 leaves Gemma 3's weights out where AutoModel reads a ForCausalLM file, without a word.
    is_language_model = (AutoConfig.from_pretrained(job["model"]).architectures or [""])[0].endswith("ForCausalLM")
    model = AutoModelForCausalLM.from_pretrained(job["model"]).get_decoder() if is_language_model \
        else AutoModel.from_pretrained(job["model"])
    model.eval()
    rows, cut = [], 0
    for line in map(str.strip, lines):  # white space around a text is not read, as sentence-transformers has it
        batch = tokenizer(line, return_tensors="pt", truncation=True, max_length=job["max_tokens"])
        if batch["input_ids"].numel() == 0:  # transformers has no vector for it; rift reads the token that begins a text
            batch = {"input_ids": torch.tensor([[model.config.bos_token_id]])}
        cut += len(tokenizer(line)["input_ids"]) > job["max_tokens"]
        with torch.no_grad():
            out = model(**batch)
        states = out.last_hidden_state[0]
        vector = {
            "cls": lambda: states[0],
            "last": lambda: states[-1],
            "mean": lambda: states.mean(0),
            "pooler": lambda: out.pooler_output[0],
        }[job["pooling"]]()
        rows.append(torch.nn.functional.normalize(vector, dim=0) if job["unit_length"] else vector)
    assert cut == job["truncated"], (cut, job["truncated"])
    return torch.stack(rows).numpy()


for job in jobs:
    expected = by_sentence_transformers(job) if job["reference"] == "sentence_transformers" else by_transformers(job)
    frame = pd.read_parquet(directory / job["vectors"])
    width = expected.shape[1]
    names = [f"v{k}" for k in range(width)]
    assert list(frame.columns) == ["id", *names], list(frame.columns)[:5]
    assert (frame.dtypes.iloc[1:] == np.float32).all(), frame.dtypes
    assert list(frame["id"]) == [f"{job.get('ids', '')}{row}" for row in range(len(lines))]
    found = frame[names].to_numpy()
    largest = np.abs(found - expected).max()
    assert largest < TOLERANCE, (job, largest)
    same = duckdb.sql(f"SELECT count(*), max(v0) FROM '{directory / job['vectors']}'").fetchone()
    assert same == (len(lines), found[:, 0].max()), same
    print(f"{job['vectors']}: {found.shape}, largest difference {largest:.2g}")
