"""Language models from scratch beside those that transformers makes of the same config.json.

Run:  python start_values.py FOLDER      with one model directory for each model

Tensor by tensor: what begins with zeros or ones there does so here, rows of zeros are the same ones, and all else is
drawn from the same distribution. The bounds are five deviations of what the number of draws leaves open; where a model's
draws are cut off, they end at the same place.
"""
import pathlib
import sys

import scipy.stats
import torch
import transformers
from safetensors.torch import load_file

torch.manual_seed(11)
torch.set_num_threads(1)
CUT_OFF = 3.2  # deviations that the largest of all normal draws of a model exceeds


def zero_rows(tensor):
    return (tensor == 0).all(dim=1) if tensor.dim() == 2 else torch.zeros(0, dtype=torch.bool)


def drawn(tensor):
    return tensor[~zero_rows(tensor)].flatten().double()


def compare(name, ours, theirs):
    """How far the furthest draw of both lies, in deviations; nothing where nothing is drawn."""
    assert ours.shape == theirs.shape, (name, ours.shape, theirs.shape)
    if theirs.dim() == 1 or (theirs == theirs.flatten()[0]).all():  # a bias or a norm
        assert torch.equal(ours, theirs), (name, ours, theirs)
        return 0, 0
    assert torch.equal(zero_rows(ours), zero_rows(theirs)), name
    ours, theirs = drawn(ours), drawn(theirs)
    n = ours.numel()
    deviation = theirs.std().item()
    assert abs(ours.mean().item()) < 5 * deviation / n**0.5, (name, ours.mean())
    assert abs(ours.std().item() / deviation - 1) < 5 / n**0.5, (name, ours.std(), deviation)
    assert scipy.stats.ks_2samp(ours.numpy(), theirs.numpy()).pvalue > 1e-5, name
    return tuple(values.abs().max().item() / values.std().item() for values in (ours, theirs))


def compare_models(directory):
    config = transformers.AutoConfig.from_pretrained(directory)
    kind = getattr(transformers, config.architectures[0])
    theirs = dict(kind(config).named_parameters())  # a tied table once
    ours = load_file(directory / "model.safetensors")
    assert ours.keys() == theirs.keys(), ours.keys() ^ theirs.keys()
    found = [compare(f"{directory.name}: {name}", ours[name], tensor.detach()) for name, tensor in theirs.items()]
    furthest, expected = (max(places) for places in zip(*found))
    assert (furthest > CUT_OFF) == (expected > CUT_OFF), (directory.name, furthest, expected)
    if expected <= CUT_OFF:
        assert abs(furthest / expected - 1) < 0.05, (directory.name, furthest, expected)


directories = sorted(path for path in pathlib.Path(sys.argv[1]).iterdir() if path.is_dir())
for directory in directories:
    compare_models(directory)
print(f"{len(directories)} models begin alike")
