"""PEFT loads DIRECTORY/adapter onto the base model: logits, the gradients of what trains and merged logits are rift's.

Usage: peft_loads_image_adapter.py DIRECTORY MODEL
DIRECTORY: adapter/, ours.safetensors ("pixels", "logits", "gradient.NAME" of the logits' sum under rift's names).
"""
import sys
import warnings
from pathlib import Path

import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForImageClassification

directory, backbone = Path(sys.argv[1]), sys.argv[2]
ours = load_file(directory / "ours.safetensors")
base = AutoModelForImageClassification.from_pretrained(backbone, dtype=torch.float32).eval()
with warnings.catch_warnings():
    warnings.simplefilter("error", UserWarning)  # peft warns about keys that it misses or does not know
    model = PeftModel.from_pretrained(base, directory / "adapter", is_trainable=True).eval()

logits = model(pixel_values=ours["pixels"]).logits
assert (logits - ours["logits"]).abs().max() < 1e-5, (logits - ours["logits"]).abs().max()
logits.sum().backward()
for name, parameter in model.named_parameters():
    if parameter.grad is None:
        continue
    name = name.removeprefix("base_model.model.").replace(".modules_to_save.default", "").replace(".default", "")
    gradient = ours.pop("gradient." + name)
    difference = (parameter.grad - gradient).norm()
    assert difference <= 1e-4 * max(gradient.norm().item(), 1e-3), (name, difference, gradient.norm())
left = [name for name in ours if name.startswith("gradient.")]
assert not left, left
with torch.no_grad():
    merged = model.merge_and_unload()(pixel_values=ours["pixels"]).logits
assert (merged - ours["logits"]).abs().max() < 1e-5
print("all checks hold")
