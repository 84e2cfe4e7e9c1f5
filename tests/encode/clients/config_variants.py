"""What transformers makes of a tokenizer.json with other files beside it, for tests/encode/tokenizer_client_test.cc.

Usage: config_variants.py OUT DATA
Writes OUT/<variant> as tokenizer_variants.py does, for the small tokenizers of tools/fixtures/encode with the files that a variant
names, and the encodings of AutoTokenizer's fast tokenizer of them.
"""
import json
import pathlib
import shutil
import sys

out, data = map(pathlib.Path, sys.argv[1:3])
tools = pathlib.Path(__file__).parents[3] / "tools/fixtures"
sys.path[:0] = [str(tools), str(tools / "encode")]
from nasty_texts import NASTY, random_texts  # noqa: E402
from pipeline_tokenizers import SENTENCES, variants  # noqa: E402
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers  # noqa: E402
from transformers import AutoTokenizer  # noqa: E402
from variant_files import real_texts, write  # noqa: E402

small = variants()


def bert(lowercase, strip_accents=None):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase, strip_accents=strip_accents)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(SENTENCES, trainers.WordPieceTrainer(vocab_size=600, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]"], show_progress=False))
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return tokenizer


small |= {"bert": bert(True), "bert_cased": bert(False), "bert_accents": bert(True, False)}


def token(content, **flags):
    return {"content": content, "lstrip": False, "rstrip": False, "single_word": False, "normalized": False, "special": False} | flags


def text_or_token(content, **flags):
    return {"__type": "AddedToken"} | token(content, **flags)


ROW = token("<row>", rstrip=True, special=True)
# variant: (tokenizer, tokenizer_config.json, other files)
VARIANTS = {
    "gpt2_prefix": ("gpt2", {"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": True}, {}),
    "gpt2_bos_is_passed_over": ("gpt2", {"tokenizer_class": "GPT2Tokenizer", "add_bos_token": True, "model_max_length": 7, "padding_side": "left"}, {}),
    "gpt2_of_model_type": ("gpt2", {"add_prefix_space": True, "eos_token": "<eos>"}, {"config.json": {"model_type": "gpt2"}}),
    "gpt2_plain": ("gpt2", {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]", "add_prefix_space": True, "added_tokens_decoder": {
        "5000": ROW, "5001": token("credit", normalized=True, single_word=True)}}, {}),
    "gpt2_new_flags": ("gpt2", {"tokenizer_class": "GPT2Tokenizer", "added_tokens_decoder": {"0": token("<|endoftext|>", lstrip=True, special=True)}}, {}),
    "gpt2_extra": ("gpt2", {"tokenizer_class": "PreTrainedTokenizerFast", "additional_special_tokens": ["<a>", "<b>"],
                            "extra_special_tokens": {"image_token": "<image>"}, "eos_token": text_or_token("loan", lstrip=True, rstrip=True)}, {}),
    "gpt2_special_map": ("gpt2", {"tokenizer_class": "PreTrainedTokenizerFast"}, {"special_tokens_map.json": {
        "pad_token": token("<pad>", lstrip=True), "eos_token": "<|endoftext|>", "additional_special_tokens": ["<c>"]}}),
    "gpt2_special_map_passed_over": ("gpt2", {"tokenizer_class": "PreTrainedTokenizerFast", "added_tokens_decoder": {"0": ROW}},
                                     {"special_tokens_map.json": {"pad_token": "<pad>"}}),
    "roberta_prefix": ("roberta", {"tokenizer_class": "RobertaTokenizer", "add_prefix_space": True}, {}),
    "roberta_without_prefix": ("roberta_prefix", {"tokenizer_class": "RobertaTokenizerFast"}, {}),
    "roberta_untrimmed": ("roberta", {"tokenizer_class": "RobertaTokenizer", "trim_offsets": False, "add_prefix_space": True}, {}),
    "roberta_decoder": ("roberta", {"tokenizer_class": "RobertaTokenizer", "mask_token": "<mask>", "added_tokens_decoder": {
        "4": token("<mask>", special=True), "1": token("<pad>", rstrip=True, normalized=True, special=True)}}, {}),
    "roberta_other_mask": ("roberta", {"tokenizer_class": "RobertaTokenizer", "mask_token": "loan"}, {}),
    "roberta_no_mask": ("roberta", {"tokenizer_class": "RobertaTokenizer", "mask_token": None, "bos_token": "<begin>"}, {}),
    "llama3_plain": ("llama3", {"tokenizer_class": "PreTrainedTokenizerFast", "add_prefix_space": True, "bos_token": "<|begin_of_text|>"}, {}),
    "llama3_as_llama": ("llama3", {"tokenizer_class": "LlamaTokenizer", "bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>", "add_eos_token": True}, {}),
    "qwen2": ("qwen2", {"tokenizer_class": "Qwen2Tokenizer", "eos_token": "<|im_start|>", "bos_token": None}, {}),
    "smollm2": ("smollm2", {"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": True, "vocab_size": 49152}, {}),
    "xlm_roberta": ("xlm_roberta", {"tokenizer_class": "XLMRobertaTokenizer", "mask_token": "<mask>"}, {}),
    "xlm_roberta_decoder": ("xlm_roberta_converted", {"tokenizer_class": "XLMRobertaTokenizerFast", "add_prefix_space": True, "mask_token": "<mask>", "added_tokens_decoder": {
        "4": token("<mask>", rstrip=True, special=True), "7": ROW}}, {}),
    "albert": ("albert", {"tokenizer_class": "AlbertTokenizer", "do_lower_case": False}, {}),
    "llama2": ("llama2", {"tokenizer_class": "LlamaTokenizer"}, {}),
    "llama2_eos": ("llama2_first", {"tokenizer_class": "LlamaTokenizer", "add_bos_token": False, "add_eos_token": True, "legacy": False}, {}),
    "mistral": ("llama2", {"add_eos_token": True, "unk_token": "<unk>"}, {"config.json": {"model_type": "mistral"}}),
    "gemma_eos": ("gemma", {"tokenizer_class": "GemmaTokenizer", "add_eos_token": True, "bos_token": "<s>", "eos_token": "</s>"}, {}),
    "bert_usual": ("bert_cased", {"tokenizer_class": "BertTokenizer"}, {}),
    "bert_cased": ("bert", {"tokenizer_class": "BertTokenizerFast", "do_lower_case": False}, {}),
    "bert_accents": ("bert_cased", {"tokenizer_class": "DistilBertTokenizer", "strip_accents": True, "do_lower_case": False}, {}),
    "bert_usual_accents": ("bert_accents", {"tokenizer_class": "ElectraTokenizer", "tokenize_chinese_chars": False}, {}),
    "bert_mobile": ("bert_accents", {"tokenizer_class": "MobileBertTokenizer", "do_lower_case": False}, {}),
    "bert_plain": ("bert_cased", {"tokenizer_class": "PreTrainedTokenizerFast", "do_lower_case": True, "mask_token": "[MASK]"}, {}),
    "bert_of_model_type": ("bert_cased", {"do_lower_case": True}, {"config.json": {"model_type": "electra"}}),
    "bert_of_config_class": ("bert_cased", {}, {"config.json": {"model_type": "roberta", "tokenizer_class": "BertTokenizer"}}),
    "bert_decoder": ("bert", {"tokenizer_class": "BertTokenizer", "mask_token": "[MASK]", "added_tokens_decoder": {
        "9": ROW, "3": token("[SEP]", lstrip=True, special=True), "8": token("norm\u00e9 ", normalized=True)}}, {}),
}
real = real_texts(data)
texts = NASTY + random_texts(1500, seed=8) + real[:: max(1, len(real) // 1500)]
texts += [f"a  {name}  b{name}c {name}" for name in ("<|endoftext|>", "<mask>", "[MASK]", "<pad>", "<row>", "loan", "[SEP]", "<a>", "<image>", "<eos>", "</s>")]
source = out.parent / "source"
for name, (kind, config, files) in VARIANTS.items():

    def prepare(folder, tokenizer=small[kind], files={"tokenizer_config.json": config, **files}):
        tokenizer.save(str(folder / "tokenizer.json"))
        for file, content in files.items():
            (folder / file).write_text(json.dumps(content), encoding="utf-8")

    source.mkdir()
    prepare(source)
    write(out / name, AutoTokenizer.from_pretrained(source).backend_tokenizer, texts, prepare=prepare)
    shutil.rmtree(source)
print("all written")
