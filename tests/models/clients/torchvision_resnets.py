"""Random ResNets of torchvision with running statistics that are not those of a new model: NAME.pth is the state_dict,
NAME.safetensors "pixels" and the model's "logits".

Usage: torchvision_resnets.py DIRECTORY
"""
import sys
import types
from pathlib import Path

import torch
from safetensors.torch import save_file

# torchvision's compiled operators (of detection) need the CUDA libraries of its build; its ResNets need none of them.
sys.path.append(str(Path(sys.prefix) / "apart"))  # tests/clients/apart.txt
sys.modules["torchvision._meta_registrations"] = types.ModuleType("torchvision._meta_registrations")
import torchvision  # noqa: E402

directory = Path(sys.argv[1])
for name in ("resnet18", "resnet34", "resnet50", "resnet101"):
    torch.manual_seed(5)
    model = getattr(torchvision.models, name)(num_classes=7, zero_init_residual=False)
    pixels = torch.randn(2, 3, 72, 64)
    with torch.no_grad():
        model.train()
        for _ in range(2):
            model(torch.randn(4, 3, 64, 64))
        logits = model.eval()(pixels)
    torch.save(model.state_dict(), directory / f"{name}.pth")
    save_file({"pixels": pixels, "logits": logits.contiguous()}, directory / f"{name}.safetensors")
