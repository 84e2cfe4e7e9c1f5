"""The trainers of the `tokenizers` library beside rift's, for tests/encode/training_client_test.cc.

Usage: trained_tokenizers.py texts OUT DATA   writes OUT/<corpus>.bin: u32 bytes, bytes; one text after the other
       trained_tokenizers.py check OUT        compares every OUT/trained/<corpus>.<variant>, a directory of write_tokenizer() with its
                                              options.json, and writes OUT/encodings as tokenizer_variants.py does

WordPieceTrainer gives the ## characters their ids in the order of a hash map with a random seed, and of equally frequent pairs that of
the lower ids merges first: the library's own vocabulary differs from run to run. Named as special tokens, in the order of rift, they
have the ids that rift gives them, and everything that follows is settled.
"""
import collections
import json
import pathlib
import shutil
import struct
import sys

mode, out = sys.argv[1], pathlib.Path(sys.argv[2])
sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "tools/fixtures"))
from nasty_texts import NASTY, random_texts  # noqa: E402
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, trainers  # noqa: E402
from transformers import AutoTokenizer  # noqa: E402
from variant_files import phrase_bank, posts, write  # noqa: E402


def write_texts():
    data = pathlib.Path(sys.argv[3])
    # rift learns no token of more than 1024 bytes (kLongestToken), the library any: of 100 characters none gets so long.
    nasty = [text[:100] for text in NASTY + random_texts(3000, seed=11)]
    corpora = {"phrases": list(phrase_bank(data)), "posts": list(posts(data)), "nasty": nasty}
    for name, texts in corpora.items():
        with open(out / f"{name}.bin", "wb") as file:
            for text in texts:
                raw = text.encode("utf-8", "replace")
                file.write(struct.pack("<I", len(raw)) + raw)
        print(name, len(texts), "texts")


def read_texts(corpus):
    raw, at, texts = (out / f"{corpus}.bin").read_bytes(), 0, []
    while at < len(raw):
        size = struct.unpack_from("<I", raw, at)[0]
        texts.append(raw[at + 4 : at + 4 + size].decode())
        at += 4 + size
    return texts


SPECIAL = {"bert": ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], "roberta": ["<s>", "<pad>", "</s>", "<unk>", "<mask>"], "gpt2": ["<|endoftext|>"]}


def wordpiece_alphabet(tokenizer, texts, limit):
    """The characters that the library keeps, and those with ## of them, each in the order of code points."""
    counts, inside = collections.Counter(), set()
    for text in texts:
        for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(tokenizer.normalizer.normalize_str(text)):
            counts.update(word)
            inside.update(word[1:])
    kept = sorted(counts, key=counts.get, reverse=True)
    if limit and limit < len(kept):
        assert counts[kept[limit - 1]] > counts[kept[limit]], f"choose another limit than {limit}: the library cuts between equally frequent characters"
        kept = kept[:limit]
    return sorted(kept) + ["##" + character for character in sorted(inside & set(kept))]


def library(options, texts):
    """The library's tokenizer of the same options, and the same without what makes it repeatable."""
    kind = options["kind"]
    special = SPECIAL[kind] + options.get("special_tokens", [])
    common = {"vocab_size": options["vocab_size"], "min_frequency": options["min_frequency"], "show_progress": False}
    if kind != "bert":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=options["add_prefix_space"])
        tokenizer.train_from_iterator(texts, trainers.BpeTrainer(special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), **common))
        return tokenizer, None

    def trained(first):
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=options["lower_case"], strip_accents=options.get("strip_accents"),
                                                          handle_chinese_chars=options["handle_chinese_chars"])
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        first = first(tokenizer)
        limit = {"limit_alphabet": options["limit_alphabet"]} if options["limit_alphabet"] else {}
        tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(special_tokens=first, **limit, **common))
        return tokenizer

    return trained(lambda tokenizer: special + wordpiece_alphabet(tokenizer, texts, options["limit_alphabet"])), trained(lambda _: special)


def expect_same_but_ties(name, ours, plain, vocab_size):
    """What the library settles whatever the order of its hash map: the alphabet, and the number of tokens where it is a limit."""
    assert len(ours) < vocab_size or len(plain) == len(ours), (name, len(plain), len(ours))
    letters = lambda vocabulary: {token for token in vocabulary if len(token.removeprefix("##")) == 1}  # noqa: E731
    assert letters(plain) == letters(ours), name
    print(name, "tokens that a run of the library without the order has in place of others:", len(set(plain) - set(ours)))


def check(folder):
    corpus = folder.name.partition(".")[0]
    texts = read_texts(corpus)
    options = json.loads((folder / "options.json").read_text(encoding="utf-8"))
    expected, plain = library(options, texts)
    written = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary, model = written["model"]["vocab"], json.loads(expected.to_str())["model"]
    if vocabulary != model["vocab"]:
        differ = sorted(set(vocabulary.items()) ^ set(model["vocab"].items()), key=lambda item: item[1])
        raise AssertionError(f"{folder.name}: {len(differ)} tokens differ: {differ[:10]}")
    assert list(vocabulary.values()) == list(range(len(vocabulary))), folder.name
    assert written["model"].get("merges") == model.get("merges"), folder.name
    assert json.loads(Tokenizer.from_file(str(folder / "tokenizer.json")).to_str()) == written, f"{folder.name}: the library writes it otherwise"
    print(folder.name, len(vocabulary), "tokens,", len(model.get("merges", [])), "merges")
    if plain:
        expect_same_but_ties(folder.name, vocabulary, plain.get_vocab(), options["vocab_size"])
    check_transformers(folder, options, texts)


def check_transformers(folder, options, texts):
    """AutoTokenizer loads it, with and without tokenizer.json, as the class of its kind."""
    loaded = AutoTokenizer.from_pretrained(folder)
    assert type(loaded).__name__ == {"bert": "BertTokenizerFast", "roberta": "RobertaTokenizerFast", "gpt2": "GPT2TokenizerFast"}[options["kind"]]
    assert loaded.model_max_length == options["max_tokens"], loaded.model_max_length
    special = SPECIAL[options["kind"]] + options.get("special_tokens", [])
    assert sorted(loaded.all_special_tokens) == sorted(special), loaded.all_special_tokens
    some = texts[:: max(1, len(texts) // 300)]
    plain = Tokenizer.from_file(str(folder / "tokenizer.json"))
    slow = AutoTokenizer.from_pretrained(folder, use_fast=False)
    for text in some:
        assert loaded(text)["input_ids"] == plain.encode(text).ids, folder.name
    assert slow.get_vocab() == loaded.get_vocab(), folder.name

    def prepare(target):
        for file in folder.iterdir():
            shutil.copy(file, target)

    texts = some + NASTY + [" ".join(special), f"a {special[-1]} b"]
    write(out / "encodings" / folder.name, loaded.backend_tokenizer, texts, prepare=prepare)


if mode == "texts":
    write_texts()
else:
    for folder in sorted((out / "trained").iterdir()):
        check(folder)
    print("all equal")
