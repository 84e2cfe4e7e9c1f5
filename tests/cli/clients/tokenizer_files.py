"""Tokenizers of every kind of file and what the libraries make of real lines: tests/cli/tokenize_client_test.cc.

Usage: tokenizer_files.py OUT DATA
Writes OUT/lines.txt (Financial PhraseBank and Chinese posts), directories OUT/<kind> and, for each, OUT/<kind>.jsonl: ids, tokens and
offsets (in bytes) of each line.
"""
import json
import pathlib
import shutil
import sys

out, data = map(pathlib.Path, sys.argv[1:3])
root = pathlib.Path(__file__).parents[3]
sys.path[:0] = [str(root / "tools/fixtures"), str(root / "tools/fixtures/encode"), str(root / "tests/encode/clients")]
import sentencepiece  # noqa: E402
from pipeline_tokenizers import SENTENCES, variants  # noqa: E402
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers  # noqa: E402
from transformers import BertTokenizerFast, GPT2TokenizerFast, LlamaTokenizerFast, XLMRobertaTokenizerFast  # noqa: E402
from variant_files import byte_offsets, phrase_bank, posts  # noqa: E402

lines = [line for line in [*list(phrase_bank(data))[::20], *list(posts(data))[::200]] if line and not set(line) & set("\r\n\x0b\x0c")]
(out / "lines.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write(kind, tokenizer):
    with open(out / f"{kind}.jsonl", "w", encoding="utf-8") as file:
        for line in lines:
            encoding = tokenizer.encode(line)
            offsets = [list(pair) for pair in byte_offsets(line, encoding.offsets)]
            file.write(json.dumps({"ids": encoding.ids, "tokens": [tokenizer.id_to_token(i) for i in encoding.ids], "offsets": offsets}) + "\n")
    print(kind, len(lines), "lines")


def folder(kind, class_name=None):
    (out / kind).mkdir()
    if class_name:
        (out / kind / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": class_name}))
    return out / kind


small = variants()
for kind in ("llama3", "qwen2", "o200k", "tekken", "deepseek", "xlm_roberta_converted", "albert", "llama2", "gemma"):
    small[kind].save(str(folder(kind) / "tokenizer.json"))
    write(kind, small[kind])

wordpiece = Tokenizer(models.WordPiece(unk_token="[UNK]"))
wordpiece.normalizer, wordpiece.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
wordpiece.train_from_iterator(SENTENCES, trainers.WordPieceTrainer(special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False))
wordpiece.model.save(str(folder("vocab_txt", "BertTokenizer")))
write("vocab_txt", BertTokenizerFast.from_pretrained(out / "vocab_txt").backend_tokenizer)

small["gpt2"].model.save(str(folder("vocab_and_merges", "GPT2Tokenizer")))
write("vocab_and_merges", GPT2TokenizerFast.from_pretrained(out / "vocab_and_merges").backend_tokenizer)

(out / "sentences.txt").write_text("\n".join(sentence.replace("\n", " ") for sentence in SENTENCES), encoding="utf-8")
OF_MODEL = {
    "llama_model": (LlamaTokenizerFast, "tokenizer.model", {"model_type": "bpe", "vocab_size": 700, "byte_fallback": True, "normalization_rule_name": "identity",
                                                            "remove_extra_whitespaces": False}),
    "xlm_roberta_model": (XLMRobertaTokenizerFast, "sentencepiece.bpe.model", {"model_type": "unigram", "vocab_size": 300}),
}
for kind, (class_, file, options) in OF_MODEL.items():
    prefix = folder(kind, class_.__name__.removesuffix("Fast")) / "m"
    sentencepiece.SentencePieceTrainer.train(input=str(out / "sentences.txt"), model_prefix=str(prefix), minloglevel=2, hard_vocab_limit=False, character_coverage=1.0,
                                             **options)
    shutil.move(out / kind / "m.model", out / kind / file)
    (out / kind / "m.vocab").unlink()
    write(kind, class_.from_pretrained(out / kind).backend_tokenizer)
print("all written")
