"""The `tokenizers` library's ids and offsets of many texts under many settings, for tests/encode/tokenizer_client_test.cc.

Usage: tokenizer_variants.py OUT MODEL DATA
Writes a directory OUT/<variant> per setting, which load_tokenizer() can open, with the texts and encodings of variant_files.py.
MODEL: a BERT model directory. DATA: the folder with lending_club/ and the others; what is absent is left out and said.
"""
import json
import pathlib
import shutil
import sys

from tokenizers import AddedToken, Tokenizer
from transformers import BertTokenizerFast

out, model, data = map(pathlib.Path, sys.argv[1:4])
sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "tools/fixtures"))
from nasty_texts import NASTY, random_texts  # noqa: E402
from variant_files import real_texts, texts_of_every_block  # noqa: E402
from variant_files import write as write_variant  # noqa: E402


def write(name, *arguments, **options):
    write_variant(out / name, *arguments, **options)


def changed(**normalizer):
    parts = json.loads((model / "tokenizer.json").read_text(encoding="utf-8"))
    parts["normalizer"].update(normalizer)
    return Tokenizer.from_str(json.dumps(parts))


real = real_texts(data)
nasty = NASTY + random_texts(20_000) + list(texts_of_every_block())
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
