"""What transformers makes of SentencePiece's .model files, for tests/encode/tokenizer_client_test.cc.

Usage: sentencepiece_variants.py OUT DATA
Trains small models on sentences of our own and writes OUT/<variant> as tokenizer_variants.py does: a .model file with its
tokenizer_config.json, and the encodings of transformers' fast tokenizer that is converted from it.
"""
import json
import pathlib
import shutil
import sys

out, data = map(pathlib.Path, sys.argv[1:3])
tools = pathlib.Path(__file__).parents[3] / "tools/fixtures"
sys.path[:0] = [str(tools), str(tools / "encode")]
import sentencepiece  # noqa: E402
from nasty_texts import NASTY, random_texts  # noqa: E402
from pipeline_tokenizers import SENTENCES  # noqa: E402
from transformers import GemmaTokenizerFast, LlamaTokenizerFast, XLMRobertaTokenizerFast  # noqa: E402
from variant_files import real_texts, texts_of_every_block, write  # noqa: E402

trained = out.parent / "trained"
trained.mkdir()
(trained / "sentences.txt").write_text("\n".join(sentence.replace("\n", " ") for sentence in SENTENCES), encoding="utf-8")


def model(name, **options):
    sentencepiece.SentencePieceTrainer.train(input=str(trained / "sentences.txt"), model_prefix=str(trained / name), minloglevel=2,
                                             hard_vocab_limit=False, character_coverage=1.0, **options)
    return trained / f"{name}.model"


LLAMA = {"model_type": "bpe", "vocab_size": 700, "byte_fallback": True, "normalization_rule_name": "identity", "remove_extra_whitespaces": False}
GEMMA = {**LLAMA, "add_dummy_prefix": False, "pad_id": 0, "eos_id": 1, "bos_id": 2, "unk_id": 3, "pad_piece": "<pad>", "eos_piece": "<eos>", "bos_piece": "<bos>",
         "user_defined_symbols": ["<start_of_turn>", "\n\n", "  "], "split_digits": True, "allow_whitespace_only_pieces": True}
VARIANTS = {
    "llama": (LlamaTokenizerFast, model("llama", **LLAMA), {}),
    "llama_first": (LlamaTokenizerFast, trained / "llama.model", {"legacy": False, "add_eos_token": True}),
    "llama_unigram": (LlamaTokenizerFast, model("unigram", **{**LLAMA, "model_type": "unigram", "vocab_size": 400}), {"legacy": True}),
    "gemma": (GemmaTokenizerFast, model("gemma", **GEMMA), {}),
    "xlm_roberta": (XLMRobertaTokenizerFast, model("xlmr", model_type="unigram", vocab_size=300, normalization_rule_name="nmt_nfkc"), {}),
}
real = real_texts(data)
texts = NASTY + random_texts(3000, seed=6) + list(texts_of_every_block()) + real[:: max(1, len(real) // 2000)]
for name, (kind, path, config) in VARIANTS.items():
    config = {"tokenizer_class": kind.__name__.removesuffix("Fast"), **config}
    source = trained / f"{name}_source"
    source.mkdir()

    def prepare(folder, path=path, config=config, kind=kind):
        shutil.copy(path, folder / ("sentencepiece.bpe.model" if kind is XLMRobertaTokenizerFast else "tokenizer.model"))
        (folder / "tokenizer_config.json").write_text(json.dumps(config))

    prepare(source)
    write(out / name, kind.from_pretrained(source).backend_tokenizer, texts, prepare=prepare)
print("all written")
