"""What transformers makes of an image model's directory that rift wrote, beside rift's own logits.

Usage: load_image_exports.py DIRECTORY
DIRECTORY/export/: the model directory; DIRECTORY/ours.safetensors: "pixels" and "logits" of rift.
"""
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoModelForImageClassification

directory = Path(sys.argv[1])
ours = load_file(directory / "ours.safetensors")
model, info = AutoModelForImageClassification.from_pretrained(directory / "export", output_loading_info=True)
assert not any(info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs")), info
assert set(load_file(directory / "export/model.safetensors")) == set(model.state_dict()), "tensors differ"
assert model.config.num_labels == ours["logits"].shape[1] and model.config.id2label[0] == "class 0"
with torch.no_grad():
    logits = model.eval()(pixel_values=ours["pixels"]).logits
assert (logits - ours["logits"]).abs().max() < 1e-5, (logits - ours["logits"]).abs().max()
print("all checks hold")
