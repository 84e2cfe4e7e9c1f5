"""Writes a model directory out of transformers, for pair.py; runs in the peers' Python.

  reference_model.py head --model DIR --rows rows.jsonl --out DIR    DIR with a random head of one output, and what
      transformers' logits of the first 32 rows are, as one JSON line {"logits": [...]}
  reference_model.py bert-base --model DIR --out DIR                 random weights of BERT-base's size, DIR's tokenizer
  reference_model.py bpe --model DIR --rows rows.jsonl --out DIR     DIR with a byte-level BPE trained on the rows
"""

import argparse
import json
import pathlib
import shutil

import tokenizers
import torch
import transformers

LOGITS = 32
BPE_TOKENS = 30522


def save(model, source, target):
    model.save_pretrained(target)
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"):
        if (source / name).exists():
            shutil.copyfile(source / name, target / name)


def head(args):
    model = transformers.AutoModelForSequenceClassification.from_pretrained(args.model, num_labels=1).eval()
    torch.nn.init.normal_(model.classifier.weight, std=0.3)
    save(model, args.model, args.out)
    tokenizer = transformers.AutoTokenizer.from_pretrained(args.model)
    texts = [json.loads(line)["desc"] for line in args.rows.read_text(encoding="utf-8").splitlines()[:LOGITS]]
    inputs = tokenizer(texts, truncation=True, max_length=128, padding=True, return_tensors="pt")
    with torch.inference_mode():
        logits = model(**inputs).logits[:, 0].tolist()
    print(json.dumps({"logits": logits}))


def bert_base(args):
    save(transformers.BertModel(transformers.BertConfig()), args.model, args.out)
    print(json.dumps({}))


def bpe(args):
    with open(args.rows, encoding="utf-8", newline="\n") as file:  # no line ends at U+2028 and the like
        texts = [json.loads(line)["desc"] for line in file]
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.normalizer = tokenizers.normalizers.Strip()  # as rift reads a column of texts
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=BPE_TOKENS, initial_alphabet=alphabet, show_progress=False,
                                             special_tokens=["<s>", "</s>"])
    tokenizer.train_from_iterator(texts, trainer)
    # As RoBERTa has it. Without, a blank text would have no token, and a model cannot read that: rift gives it one.
    tokenizer.post_processor = tokenizers.processors.RobertaProcessing(("</s>", 1), ("<s>", 0), trim_offsets=False)
    for source in args.model.iterdir():
        if source.name not in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"):
            (shutil.copytree if source.is_dir() else shutil.copyfile)(source, args.out / source.name)
    tokenizer.save(str(args.out / "tokenizer.json"))
    print(json.dumps({}))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["head", "bert-base", "bpe"])
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--rows", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    args = parser.parse_args()
    transformers.logging.set_verbosity_error()
    torch.manual_seed(0)
    {"head": head, "bert-base": bert_base, "bpe": bpe}[args.what](args)


if __name__ == "__main__":
    main()
