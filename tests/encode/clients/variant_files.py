"""What the scripts beside this one share: the texts of the test data, and a directory per variant of a tokenizer with
  texts.bin      u32 bytes, bytes; one after the other
  encodings.bin  u32 max_tokens, then per text u32 tokens, tokens x (u32 id, u32 begin, u32 end) in bytes of the text
"""
import csv
import gzip
import json
import struct


def lending_club(data):
    csv.field_size_limit(1 << 30)
    with gzip.open(data / "lending_club/loans_2007_2011.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield from (row[name] for name in ("desc", "title", "emp_title") if row[name])


def phrase_bank(data):
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


def posts(data):
    for path in sorted((data / "finfe_zh").glob("*.json.gz")):
        text = gzip.open(path, "rt", encoding="utf-8").read()
        try:
            yield from strings_of(json.loads(text))
        except json.JSONDecodeError:
            for line in text.splitlines():
                yield from strings_of(json.loads(line))


def other_text_columns(data):
    for name, separator in (("bank_marketing/bank_full.csv.gz", ";"), ("german_credit/german.data", " ")):
        raw = (data / name).read_bytes()
        text = (gzip.decompress(raw) if name.endswith(".gz") else raw).decode("utf-8", "replace")
        yield from text.splitlines()


def real_texts(data):
    """Texts of the folder with lending_club/ and the others, each of which has to be there."""
    texts = []
    for source in (lending_club, phrase_bank, posts, other_text_columns):
        found = list(source(data))
        assert found, f"{source.__name__}: no texts in {data}"
        print(source.__name__, len(found), "texts")
        texts += found
    return texts


def texts_of_every_block():
    """Each character between letters, behind a space and a mark, and next to its neighbours."""
    for begin in range(0, 0x110000, 64):
        if 0xD800 <= begin <= 0xDFFF or (0x30000 < begin < 0xE0000 and begin % 0x1000) or begin > 0xE1000 and begin % 0x1000:
            continue
        characters = [chr(c) for c in range(begin, begin + 64)]
        yield "".join(characters)
        yield "".join(f"a{c}1 {c}\u0301 {c}{c}" for c in characters)


def byte_offsets(text, offsets):
    if text.isascii():
        return offsets
    places, at = [0], 0
    for character in text:
        at += len(character.encode())
        places.append(at)
    return [(places[begin], places[end]) for begin, end in offsets]


def write(folder, tokenizer, texts, max_tokens=0, prepare=None):
    """`prepare` writes what load_tokenizer() opens in place of a tokenizer.json."""
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
    print(folder.name, len(texts), "texts")
