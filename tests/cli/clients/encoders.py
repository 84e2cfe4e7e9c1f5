"""Tiny encoders with real tokenizers, before and behind the program: tests/cli/encoders_client_test.cc.

Usage: encoders.py make OUT DATA    writes OUT/sentences.tsv (Financial PhraseBank) and OUT/<encoder>, a model of random weights and
                                    its tokenizer as save_pretrained writes them
       encoders.py check OUT RUN... OUT/RUN, <encoder>.<pooling>, holds what the program made of OUT/<encoder>: scores.csv, hf/ and maybe
                                    peft/, which transformers and peft load and score the same rows with
"""
import csv
import json
import pathlib
import sys
import warnings

import torch
import transformers
from peft import PeftModel
from safetensors.torch import load_file
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer

mode, out = sys.argv[1], pathlib.Path(sys.argv[2])
sys.path[:0] = [str(pathlib.Path(__file__).parents[3] / "tools/fixtures/encode")]
LABELS = ["negative", "neutral", "positive"]
MAX_TOKENS = 48
SIZES = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48, initializer_range=0.3)


def rows():
    with open(out / "sentences.tsv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def write_rows(data):
    lines = (data / "financial_phrasebank/Sentences_AllAgree.txt").read_bytes().decode("latin-1").splitlines()
    found = [line.rpartition("@")[::2] for line in lines][::12]
    with open(out / "sentences.tsv", "w", encoding="utf-8") as file:
        file.write("sentence\tsentiment\n" + "".join(f"{text}\t{label}\n" for text, label in found if "\t" not in text))


def wordpiece(texts):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=900, special_tokens=special, show_progress=False))
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return tokenizer


def byte_level(texts, special):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=900, special_tokens=special, initial_alphabet=alphabet, show_progress=False))
    return tokenizer


def roberta_tokenizer(texts):
    tokenizer = byte_level(texts, ["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    return transformers.RobertaTokenizerFast(tokenizer_object=tokenizer, model_max_length=MAX_TOKENS)


def xlm_roberta_tokenizer(texts):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Strip(left=False), normalizers.Replace("  ", " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer.train_from_iterator(texts, trainers.UnigramTrainer(vocab_size=900, special_tokens=special, unk_token="<unk>", show_progress=False))
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True)])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return transformers.XLMRobertaTokenizerFast(tokenizer_object=tokenizer)


def modernbert_tokenizer(texts):
    tokenizer = byte_level(texts, ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"])
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.add_tokens([AddedToken("  ", normalized=True), AddedToken("|||EMAIL|||", normalized=True)])
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:0 [SEP]:0", special_tokens=[("[CLS]", 1), ("[SEP]", 2)])
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", pad_token="[PAD]",
                                                mask_token=AddedToken("[MASK]", lstrip=True), clean_up_tokenization_spaces=True,
                                                model_input_names=["input_ids", "attention_mask"])


# Positions of RoBERTa begin behind the padding's id, so that two of them belong to no token.
ENCODERS = {
    "roberta": (roberta_tokenizer, lambda size: transformers.RobertaForSequenceClassification(transformers.RobertaConfig(
        vocab_size=size, max_position_embeddings=MAX_TOKENS + 2, type_vocab_size=1, num_labels=3, **SIZES))),
    "xlm_roberta": (xlm_roberta_tokenizer, lambda size: transformers.XLMRobertaForSequenceClassification(transformers.XLMRobertaConfig(
        vocab_size=size, max_position_embeddings=MAX_TOKENS + 2, type_vocab_size=1, num_labels=3, **SIZES))),
    "distilbert": (lambda texts: transformers.DistilBertTokenizerFast(tokenizer_object=wordpiece(texts)),
                   lambda size: transformers.DistilBertForSequenceClassification(transformers.DistilBertConfig(
                       vocab_size=size, max_position_embeddings=MAX_TOKENS, dim=32, n_layers=2, n_heads=2, hidden_dim=48, initializer_range=0.3, num_labels=3))),
    "electra": (lambda texts: transformers.ElectraTokenizerFast(tokenizer_object=wordpiece(texts)),
                lambda size: transformers.ElectraForSequenceClassification(transformers.ElectraConfig(
                    vocab_size=size, max_position_embeddings=MAX_TOKENS, embedding_size=16, num_labels=3, **SIZES))),
    "modernbert": (modernbert_tokenizer, lambda size: transformers.ModernBertForSequenceClassification(transformers.ModernBertConfig(
        vocab_size=size, max_position_embeddings=MAX_TOKENS, hidden_size=32, num_hidden_layers=3, num_attention_heads=2, intermediate_size=48, num_labels=3,
        local_attention=16, global_attn_every_n_layers=2, initializer_range=0.3, classifier_pooling="cls", reference_compile=False,
        pad_token_id=3, bos_token_id=1, eos_token_id=2, cls_token_id=1, sep_token_id=2))),
}


def make():
    write_rows(pathlib.Path(sys.argv[3]))
    texts = [row["sentence"] for row in rows()]
    for name, (tokenizer_of, model_of) in ENCODERS.items():
        torch.manual_seed(3)
        tokenizer = tokenizer_of(texts)
        tokenizer.save_pretrained(out / name)
        model_of(len(tokenizer)).save_pretrained(out / name)
        longest = max(len(ids) for ids in tokenizer(texts)["input_ids"])
        assert longest > MAX_TOKENS, "no text is cut"
        print(name, len(tokenizer), "tokens, longest text", longest)


def logits_of(model, batch, pooling, head):
    """Of the class for sequence classification, or the mean of the token states under the head that lies in the file."""
    model.eval()
    with torch.no_grad():
        result = model(**batch)
    if pooling != "mean":
        return result.logits
    mask = batch["attention_mask"].unsqueeze(-1)
    mean = (result.last_hidden_state * mask).sum(1) / mask.sum(1)
    name = "classifier.out_proj" if "classifier.out_proj.weight" in head else "classifier"
    return mean @ head[name + ".weight"].T + head[name + ".bias"]


def check(name):
    run = out / name
    encoder, pooling = name.split(".")[:2]
    with open(run / "scores.csv", encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    columns = [f"score_{label}" for label in LABELS]
    if columns[0] not in table[0]:
        raise SystemExit(f"columns are {list(table[0])}")
    scores = torch.tensor([[float(row[column]) for column in columns] for row in table])
    texts = [row["sentence"] for row in rows()]
    assert len(texts) == len(scores)
    head = load_file(run / "hf/model.safetensors")

    def expect_scores(what, model, tokenizer):
        batch = tokenizer(texts, return_tensors="pt", padding=True, truncation=True, max_length=MAX_TOKENS)
        found = torch.softmax(logits_of(model, batch, pooling, head), dim=1)
        difference = (found - scores).abs().max().item()
        print(f"{name}: {what}: largest difference {difference:.1e} over {len(texts)} rows")
        assert difference < 1e-5, difference
        assert (scores.max(0).values - scores.min(0).values).max() > 0.1, "rows of much the same scores"

    auto = AutoModel if pooling == "mean" else AutoModelForSequenceClassification
    model, info = auto.from_pretrained(run / "hf", output_loading_info=True)
    if pooling != "mean":
        assert not any(info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys")), info
        assert [model.config.id2label[i] for i in range(3)] == LABELS, model.config.id2label
    tokenizer = AutoTokenizer.from_pretrained(run / "hf")
    assert type(tokenizer) is type(AutoTokenizer.from_pretrained(out / encoder))
    expect_scores("hf", model, tokenizer)
    if (run / "peft").exists():
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # of keys that it misses or does not know
            base = auto.from_pretrained(out / encoder, **({} if pooling == "mean" else {"num_labels": 3}))
            expect_scores("peft", PeftModel.from_pretrained(base, run / "peft"), tokenizer)


transformers.logging.set_verbosity_error()
if mode == "make":
    make()
else:
    for run_name in sys.argv[3:]:
        check(run_name)
    print("all checks hold")
