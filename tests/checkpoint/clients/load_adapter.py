"""adapter/ on model/: peft loads it; the outputs are those of the base model with W + (alpha / r) B A, computed here; the keys of
adapter_config.json are those that this peft writes itself."""
import json
import sys
import tempfile
import warnings
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel
from safetensors.torch import load_file
from transformers import AutoModel, AutoModelForSequenceClassification

directory = Path(sys.argv[1])
config = json.loads((directory / "adapter/adapter_config.json").read_text())
classifies = config["task_type"] == "SEQ_CLS"
auto = AutoModelForSequenceClassification if classifies else AutoModel

torch.manual_seed(0)  # the pooler that an encoder without one is given
base = auto.from_pretrained(directory / "model").eval()
merged = auto.from_pretrained(directory / "model").eval()
merged.load_state_dict(base.state_dict())
adapter = load_file(directory / "adapter/adapter_model.safetensors")
wrapper = "base_model.model."
pairs = 0
for name, a in adapter.items():
    module = name.removeprefix(wrapper)
    if module.endswith(".lora_A.weight"):
        b = adapter[name.replace("lora_A", "lora_B")]
        linear = merged.get_submodule(module.removesuffix(".lora_A.weight"))
        linear.weight.data += config["lora_alpha"] / config["r"] * (b @ a)
        pairs += 1
    elif classifies and ".lora_" not in module:
        merged.get_parameter(module).data.copy_(a)
assert pairs == 4, sorted(adapter)

batch = {"input_ids": torch.tensor([[2, 5, 6, 7, 3, 0], [2, 8, 9, 10, 11, 3]]),
         "attention_mask": torch.tensor([[1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 1]])}


def outputs(model):
    with torch.no_grad():
        result = model(**batch)
    return result.logits if classifies else result.last_hidden_state[batch["attention_mask"].bool()]


before = outputs(base)
with warnings.catch_warnings():
    warnings.simplefilter("error", UserWarning)  # peft warns about keys that it misses or does not know
    model = PeftModel.from_pretrained(base, directory / "adapter").eval()
after, expected = outputs(model), outputs(merged)
assert (after - expected).abs().max() < 1e-6, (after, expected)
assert (after - before).abs().max() > 1e-3, "the adapter changes nothing"

with tempfile.TemporaryDirectory() as own:
    LoraConfig(task_type=config["task_type"], inference_mode=True).save_pretrained(own)
    theirs = json.loads((Path(own) / "adapter_config.json").read_text())
assert list(config) == list(theirs), set(config) ^ set(theirs)
chosen = {"lora_alpha", "modules_to_save", "r", "target_modules", "base_model_name_or_path", "peft_version"}
differing = {key for key in theirs if key not in chosen and theirs[key] != config[key]}
assert not differing, {key: (config[key], theirs[key]) for key in differing}
print("all checks hold")
