"""tokenizers and transformers load each DIR (tokenizer.json, tokenizer_config.json) and give the ids of DIR/ids.json.

    same_ids.py DIR ...
"""
import json
import pathlib
import sys

from tokenizers import Tokenizer
from transformers import AutoTokenizer


def check(folder):
    given = json.loads((folder / "ids.json").read_text())
    library = Tokenizer.from_file(str(folder / "tokenizer.json"))
    automatic = AutoTokenizer.from_pretrained(folder)
    for number, (text, ids) in enumerate(zip(given["texts"], given["ids"], strict=True)):
        where = f"{folder.name}, text {number}"
        assert library.encode(text).ids == ids, f"{where}: tokenizers gives {library.encode(text).ids}, rift {ids}"
        assert automatic(text)["input_ids"] == ids, f"{where}: transformers gives {automatic(text)['input_ids']}, rift {ids}"


for path in sys.argv[1:]:
    check(pathlib.Path(path))
