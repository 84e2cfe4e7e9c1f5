"""The `tokenizers` library's ids and offsets under the parts of well-known tokenizers, for tests/encode/tokenizer_client_test.cc.

Usage: pipeline_variants.py OUT DATA [every_text]
Writes OUT/<variant> as tokenizer_variants.py does, for the small tokenizers of tools/fixtures/encode: texts of every block of
Unicode, hard ones, random ones and some of DATA's; with every_text those in EVERY_TEXT and every text of DATA.
"""
import pathlib
import sys

out, data = map(pathlib.Path, sys.argv[1:3])
tools = pathlib.Path(__file__).parents[3] / "tools/fixtures"
sys.path[:0] = [str(tools), str(tools / "encode")]
from nasty_texts import NASTY, random_texts  # noqa: E402
from pipeline_tokenizers import variants  # noqa: E402
from variant_files import real_texts, texts_of_every_block, write  # noqa: E402


# Byte-level BPE by each pattern, SentencePiece's BPE twice, Unigram.
EVERY_TEXT = ("gpt2", "roberta", "llama3", "qwen2", "smollm2", "llama2", "gemma", "xlm_roberta")

real = real_texts(data)
texts = NASTY + random_texts(3000, seed=5) + list(texts_of_every_block()) + real[:: max(1, len(real) // 4000)]
for name, tokenizer in variants().items():
    if sys.argv[3:] == ["every_text"]:
        if name in EVERY_TEXT:
            write(out / name, tokenizer, real)
        continue
    write(out / name, tokenizer, texts)
    if name in ("roberta", "llama2"):
        write(out / f"{name}_cut", tokenizer, texts[:5000], max_tokens=9)
print("all written")
