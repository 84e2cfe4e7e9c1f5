"""ours.safetensors: the safetensors library reads it, and saving what it read gives the same bytes."""
import sys
from pathlib import Path

from safetensors.torch import load_file, save_file

directory = Path(sys.argv[1])
tensors = load_file(directory / "ours.safetensors")
assert len(tensors) == 12, sorted(tensors)
assert tensors["t.scalar"].shape == (), tensors["t.scalar"].shape
assert tensors["t.empty"].shape == (0, 3), tensors["t.empty"].shape
save_file(tensors, directory / "theirs.safetensors", metadata={"format": "pt"})
ours = (directory / "ours.safetensors").read_bytes()
theirs = (directory / "theirs.safetensors").read_bytes()
assert ours == theirs, (ours[:400], theirs[:400])
print("all checks hold")
