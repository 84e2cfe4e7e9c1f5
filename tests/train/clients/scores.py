"""package/ scored by transformers, and base/ with package/adapter by peft: the raw scores of rows.json, which rift gave.

Pooler, or of decoders last: AutoModelForSequenceClassification's logits of all rows in one padded batch. Mean: AutoModel's
token states, their mean, and the head that lies in the file. Nothing of rift runs here; the tokenizer is transformers' own."""
import json
import sys
import warnings
from pathlib import Path

import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

directory = Path(sys.argv[1])
rows = json.loads((directory / "rows.json").read_text())
pooler = rows["pooling"] in ("pooler", "last")
package = directory / "package"
auto = AutoModelForSequenceClassification if pooler else AutoModel
expected = torch.tensor(rows["scores"], dtype=torch.float64)
tokenizer = AutoTokenizer.from_pretrained(package)
batch = tokenizer(rows["texts"], return_tensors="pt", padding=True, truncation=True, max_length=rows["max_tokens"])
if not hasattr(AutoConfig.from_pretrained(package), "type_vocab_size"):
    batch.pop("token_type_ids", None)  # GPT-2 would look them up among its words
head = load_file(package / "model.safetensors")


def score(model):
    model.eval()
    with torch.no_grad():
        out = model(**batch)
    if pooler:
        return out.logits
    mask = batch["attention_mask"].unsqueeze(-1)
    mean = (out.last_hidden_state * mask).sum(1) / mask.sum(1)
    classifier = next(name for name in ("classifier.out_proj", "classifier", "score") if name + ".weight" in head)
    return mean @ head[classifier + ".weight"].T + head.get(classifier + ".bias", torch.zeros(1))


def check(what, model):
    got = score(model).double().reshape(expected.shape)
    difference = ((got - expected).abs() / (1 + expected.abs())).max().item()
    print(f"{what}: largest difference {difference:.2e} over {len(rows['texts'])} rows")
    assert difference < 1e-5, (got, expected)


if pooler:
    model, info = auto.from_pretrained(package, output_loading_info=True)
    assert not any(info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys")), info
    assert model.config.num_labels == expected.shape[1], model.config
else:
    model = auto.from_pretrained(package)
check("transformers", model)
if (package / "adapter").exists():
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # of keys that it misses or does not know
        if not pooler and model.config.model_type == "gemma3_text":
            base = AutoModelForCausalLM.from_pretrained(directory / "base").model  # AutoModel takes no "model." names
        else:
            base = auto.from_pretrained(directory / "base", ignore_mismatched_sizes=True,
                                        **({"num_labels": expected.shape[1]} if pooler else {}))
        check("peft", PeftModel.from_pretrained(base, package / "adapter"))
print("all checks hold")
