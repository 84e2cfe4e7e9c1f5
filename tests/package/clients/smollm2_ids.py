"""The lists of SmolLM2's GGUF file, read by gguf-py and put together by hand as its tokenizer.json has them, give the ids
of DIR/ids.json.

    smollm2_ids.py DIR FILE.gguf
"""
import json
import pathlib
import sys

from gguf import GGUFReader
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

given = json.loads((pathlib.Path(sys.argv[1]) / "ids.json").read_text())
reader = GGUFReader(sys.argv[2])
tokens, merges, types = (reader.fields[f"tokenizer.ggml.{key}"].contents() for key in ("tokens", "merges", "token_type"))
library = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, [tuple(merge.split(" ")) for merge in merges]))
library.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                                 pre_tokenizers.ByteLevel(add_prefix_space=False)])
library.add_special_tokens([AddedToken(token, normalized=False) for token, kind in zip(tokens, types) if kind == 3])
for number, (text, ids) in enumerate(zip(given["texts"], given["ids"], strict=True)):
    assert library.encode(text).ids == ids, f"text {number}"
