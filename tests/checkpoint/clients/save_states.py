"""Forty state_dicts of tensors drawn at random: element types, shapes up to rank 5, views of shared storage. Each is saved
with torch.save and, as torch shows it, with safetensors."""
import random
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

directory = Path(sys.argv[1])
DTYPES = [torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float16, torch.bfloat16,
          torch.float32, torch.float64]
draw = random.Random(7)


def view_of(base):
    """A view of a base of rank 1 to 5: dimensions cut, stepped over, dropped, repeated, swapped."""
    view = base
    for dimension in range(view.dim()):
        size = view.shape[dimension]
        begin = draw.randrange(size)
        view = view.narrow(dimension, begin, draw.randrange(size - begin + 1))
        index = [slice(None)] * view.dim()
        index[dimension] = slice(None, None, draw.choice([1, 1, 2, 3]))
        view = view[tuple(index)]
    view = view.permute(draw.sample(range(view.dim()), view.dim()))
    if draw.random() < 0.3 and view.shape[0] > 0:
        view = view[draw.randrange(view.shape[0])]
    if draw.random() < 0.2:
        view = view.expand(2, *view.shape)
    return view


for number in range(40):
    state = {}
    for index in range(draw.randrange(1, 8)):
        shape = [draw.randrange(1, 6) for _ in range(draw.randrange(1, 6))]
        base = torch.randint(-100, 100, shape).to(draw.choice(DTYPES))
        for part in range(draw.randrange(1, 4)):
            state[f"t{index}.{part}"] = view_of(base)
    torch.save(state, directory / f"{number}.pt")
    save_file({name: tensor.contiguous().clone() for name, tensor in state.items()}, directory / f"{number}.safetensors")
print("all checks hold")
