"""The loss of a language model on texts, one text after the other, by transformers.

    language_loss.py make DIR ...    saves a small random model for the tokenizer in each DIR, named after its architecture
    language_loss.py check DIR ...   compares DIR/loss.json: {"texts", "max_tokens", "tokens", "nats_per_token"}

Of a model for masked tokens 15 % of a text's tokens are hidden (at least one): those whose hash of row and place is the
smallest; else each token is guessed that has another before it. The tokens around a text are neither. rift reads a row
without the white space around it.
"""
import json
import pathlib
import sys

import torch
import torch.nn.functional as F
import transformers as t

TOLERANCE = 1e-5  # relative
SIZES = dict(hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, initializer_range=0.3,
             max_position_embeddings=64)
MODELS = {
    "bert": lambda tokens: t.BertForMaskedLM(t.BertConfig(vocab_size=tokens, **SIZES)),
    "gpt2": lambda tokens: t.GPT2LMHeadModel(t.GPT2Config(vocab_size=tokens, n_embd=64, n_layer=2, n_head=4,
                                                          n_positions=64, initializer_range=0.3)),
    "llama": lambda tokens: t.LlamaForCausalLM(t.LlamaConfig(vocab_size=tokens, **SIZES)),
    "gemma3": lambda tokens: t.Gemma3ForCausalLM(t.Gemma3TextConfig(vocab_size=tokens, num_key_value_heads=2, head_dim=16,
                                                                    sliding_window=8, **SIZES)),
}


def splitmix64(x):
    mask = 2**64 - 1
    x = (x + 0x9E3779B97F4A7C15) & mask
    z = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return z ^ (z >> 31)


def make(path):
    torch.manual_seed(5)
    model = MODELS[path.name](len(t.AutoTokenizer.from_pretrained(path)))
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1:
            torch.nn.init.normal_(parameter, 1.0 if "norm" in name.lower() or "ln_" in name else 0.0, 0.2)
    model.save_pretrained(path)


def guesses(ids, frame, row, mask):
    """Ids that the model reads, places whose logits are looked at, and the tokens that belong there."""
    places = [place for place, token in enumerate(ids) if token not in frame]
    if mask is None:
        places = [place for place in places if place > 0]
        return ids, [place - 1 for place in places], [ids[place] for place in places]
    key = splitmix64(row)
    places.sort(key=lambda place: splitmix64(key ^ place))
    places = places[:max(1, int(0.15 * len(places)))]
    return [mask if place in places else token for place, token in enumerate(ids)], places, [ids[p] for p in places]


def check(path):
    said = json.loads((path / "loss.json").read_text())
    tokenizer = t.AutoTokenizer.from_pretrained(path)
    model = getattr(t, json.loads((path / "config.json").read_text())["architectures"][0]).from_pretrained(path).eval()
    frame = set(tokenizer("").input_ids)
    mask = tokenizer.mask_token_id if path.name == "bert" else None
    loss, tokens = 0.0, 0
    for row, text in enumerate(said["texts"]):
        ids = tokenizer(text.strip(), truncation=True, max_length=said["max_tokens"]).input_ids
        read, places, answers = guesses(ids, frame, row, mask)
        if not answers:
            continue
        with torch.no_grad():
            logits = model(torch.tensor([read])).logits[0, places].double()
        loss += F.cross_entropy(logits, torch.tensor(answers), reduction="sum").item()
        tokens += len(answers)
    assert tokens == said["tokens"], (path.name, tokens, said["tokens"])
    print(f"{path.name}: {tokens} tokens, {loss / tokens} and {said['nats_per_token']} nats a token", file=sys.stderr)
    assert abs(said["nats_per_token"] / (loss / tokens) - 1) < TOLERANCE, path.name


torch.set_num_threads(1)
for directory in map(pathlib.Path, sys.argv[2:]):
    {"make": make, "check": check}[sys.argv[1]](directory)
