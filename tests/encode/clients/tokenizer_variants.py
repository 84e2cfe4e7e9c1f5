"""The `tokenizers` library's ids and offsets of many texts under many settings, for tests/encode/tokenizer_client_test.cc.

Usage: tokenizer_variants.py OUT MODEL DATA
Writes a directory OUT/<variant> per setting, which load_tokenizer() can open, with
  texts.bin      u32 bytes, bytes; one after the other
  encodings.bin  u32 max_tokens, then per text u32 tokens, tokens x (u32 id, u32 begin, u32 end) in bytes of the text
MODEL: a BERT model directory. DATA: the folder with lending_club/ and the others; what is absent is left out and said.
"""
import csv
import gzip
import io
import json
import pathlib
import random
import shutil
import struct
import sys

from tokenizers import AddedToken, Tokenizer
from transformers import BertTokenizerFast

out, model, data = map(pathlib.Path, sys.argv[1:4])
sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "tools/fixtures"))
from nasty_texts import NASTY, random_texts  # noqa: E402


def lending_club():
    csv.field_size_limit(1 << 30)
    with gzip.open(data / "lending_club/loans_2007_2011.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield from (row[name] for name in ("desc", "title", "emp_title") if row[name])


def phrase_bank():
    text = (data / "financial_phrasebank/Sentences_AllAgree.txt").read_bytes().decode("latin-1")
    yield from (line.rpartition("@")[0] for line in text.splitlines())


def strings_of(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings_of(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings_of(item)


def posts():
    for path in sorted((data / "finfe_zh").glob("*.json.gz")):
        text = gzip.open(path, "rt", encoding="utf-8").read()
        try:
            yield from strings_of(json.loads(text))
        except json.JSONDecodeError:
            for line in text.splitlines():
                yield from strings_of(json.loads(line))


def other_text_columns():
    for name, separator in (("bank_marketing/bank_full.csv.gz", ";"), ("german_credit/german.data", " ")):
        raw = (data / name).read_bytes()
        text = (gzip.decompress(raw) if name.endswith(".gz") else raw).decode("utf-8", "replace")
        yield from text.splitlines()[:2000]


def real_texts():
    texts = []
    for source in (lending_club, phrase_bank, posts, other_text_columns):
        try:
            found = list(source())
        except FileNotFoundError as error:
            print("left out:", error)
            continue
        print(source.__name__, len(found), "texts")
        texts += found
    return texts


def byte_offsets(text, offsets):
    if text.isascii():
        return offsets
    places, at = [0], 0
    for character in text:
        at += len(character.encode())
        places.append(at)
    return [(places[begin], places[end]) for begin, end in offsets]


def write(name, tokenizer, texts, max_tokens=0, prepare=None):
    folder = out / name
    folder.mkdir(parents=True)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if max_tokens:
        tokenizer.enable_truncation(max_tokens)
    if prepare:
        prepare(folder)
    else:
        tokenizer.save(str(folder / "tokenizer.json"))
    texts = [text for text in texts if not any("\ud800" <= c <= "\udfff" for c in text)]
    with open(folder / "texts.bin", "wb") as texts_file, open(folder / "encodings.bin", "wb") as encodings_file:
        encodings_file.write(struct.pack("<I", max_tokens))
        for begin in range(0, len(texts), 1000):
            batch = texts[begin : begin + 1000]
            for text, encoding in zip(batch, tokenizer.encode_batch(batch)):
                raw = text.encode()
                texts_file.write(struct.pack("<I", len(raw)) + raw)
                offsets = byte_offsets(text, encoding.offsets)
                flat = [x for i, (b, e) in zip(encoding.ids, offsets) for x in (i, b, e)]
                encodings_file.write(struct.pack(f"<I{len(flat)}I", len(encoding.ids), *flat))
    print(name, len(texts), "texts")


def changed(**normalizer):
    parts = json.loads((model / "tokenizer.json").read_text(encoding="utf-8"))
    parts["normalizer"].update(normalizer)
    return Tokenizer.from_str(json.dumps(parts))


real = real_texts()
nasty = NASTY + random_texts(20_000)
some = nasty + real[:: max(1, len(real) // 5000)]
write("uncased", changed(), real + nasty)
write("cut", changed(), some, max_tokens=16)
write("cased", changed(lowercase=False), some)
write("lower_with_accents", changed(strip_accents=False), some)
write("cased_without_accents", changed(lowercase=False, strip_accents=True), some)
write("as_it_is", changed(clean_text=False, handle_chinese_chars=False, lowercase=False), some)
write("uncleaned", changed(clean_text=False), some)

added = changed()
added.add_tokens([
    AddedToken("Left", lstrip=True, normalized=False), AddedToken("Right", rstrip=True, normalized=False),
    AddedToken("One", single_word=True, normalized=False), AddedToken("Norm\u00e9", normalized=True),
    AddedToken("loan", normalized=True, single_word=True, lstrip=True, rstrip=True), AddedToken("$$", normalized=False),
    AddedToken("$$$", normalized=False, lstrip=True), AddedToken("\u6211", normalized=True), AddedToken("e d", normalized=True),
    AddedToken("\u0301", normalized=False)])
added.add_special_tokens([AddedToken("<row>", rstrip=True), AddedToken("<Sep>", normalized=True), AddedToken("[MASK]", lstrip=True)])
write("added_tokens", added, some)

spaces = changed()
spaces.add_tokens([
    AddedToken("  ", lstrip=True, rstrip=True, normalized=False), AddedToken("Right", rstrip=True, normalized=False),
    AddedToken("\u3000", lstrip=True, rstrip=True, normalized=True)])
write("added_white_space", spaces, some)


def vocabulary_only(**config):
    def prepare(folder):
        shutil.copy(model / "vocab.txt", folder)
        (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer", **config}))

    folder = out / "source"
    folder.mkdir(parents=True)
    prepare(folder)
    tokenizer = BertTokenizerFast.from_pretrained(folder)
    shutil.rmtree(folder)
    return tokenizer.backend_tokenizer, prepare


for name, config in (("vocabulary_file", {}), ("vocabulary_file_cased", {"do_lower_case": False, "strip_accents": False}),
                     ("vocabulary_file_plain", {"tokenize_chinese_chars": False, "strip_accents": False}),
                     ("vocabulary_file_decoder", {"added_tokens_decoder": {
                         "30522": {"content": "<row>", "lstrip": False, "rstrip": True, "normalized": False, "single_word": False, "special": True},
                         "103": {"content": "[MASK]", "lstrip": True, "rstrip": False, "normalized": False, "single_word": False, "special": True}}})):
    tokenizer, prepare = vocabulary_only(**config)
    write(name, tokenizer, some, prepare=prepare)


def overridden(folder):
    shutil.copy(model / "tokenizer.json", folder)
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer", "do_lower_case": False, "strip_accents": None, "tokenize_chinese_chars": True}))


folder = out / "source"
folder.mkdir()
overridden(folder)
shutil.copy(model / "vocab.txt", folder)
tokenizer = BertTokenizerFast.from_pretrained(folder).backend_tokenizer
shutil.rmtree(folder)
write("config_over_json", tokenizer, some, prepare=overridden)
print("all written")
