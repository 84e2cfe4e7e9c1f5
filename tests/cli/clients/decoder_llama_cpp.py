"""llama.cpp loads the GGUF file of a package, cuts each text into as many tokens as the package's Hugging Face export does, and
has that model's hidden state at the last of them.

Usage: decoder_llama_cpp.py EXPORT GGUF TABLE TOLERANCE
       TABLE: tab-separated, texts in the first column; TOLERANCE: of the largest state
"""
import sys
from pathlib import Path

import torch
import xllamacpp
from transformers import AutoModelForSequenceClassification, AutoTokenizer

export, gguf, table = map(Path, sys.argv[1:4])
tolerance = float(sys.argv[4])
texts = [line.split("\t")[0] for line in table.read_text().splitlines()[1:21]]
tokenizer = AutoTokenizer.from_pretrained(export)
model = AutoModelForSequenceClassification.from_pretrained(export, dtype=torch.float32).eval()

params = xllamacpp.CommonParams()
params.model.path = str(gguf)
params.hostnames, params.port = ["127.0.0.1"], 0
params.n_ctx = model.config.max_position_embeddings
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
params.embedding, params.embd_normalize = True, -1
params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_LAST
params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
params.verbosity = 0
params.warmup = False
server = xllamacpp.Server(params)

worst = 0.0
for text in texts:
    ids = tokenizer(text, return_tensors="pt")
    with torch.no_grad():
        expected = model.base_model(**ids).last_hidden_state[0, -1]
    answer = server.handle_embeddings({"input": [text]})
    assert answer["usage"]["prompt_tokens"] == ids["input_ids"].shape[1], (text, answer["usage"], ids["input_ids"])
    found = torch.tensor(answer["data"][0]["embedding"])
    worst = max(worst, ((found - expected).abs().max() / expected.abs().max()).item())
assert worst < tolerance, worst
print(f"states differ by {worst:.2g}; all checks hold")
