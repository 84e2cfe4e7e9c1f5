"""A file of torch.save with one tensor of more than 4 GiB between two small ones.

Usage: large_file.py save FILE              writes it
       large_file.py same THEIRS OURS       torch maps both: the same tensors
"""
import sys
import zipfile

import torch

if sys.argv[1] == "save":
    large = torch.full((4 * 2**30 + 12_345,), 7, dtype=torch.uint8)
    large[-1] = 9
    torch.save({"before": torch.arange(5) / 8, "large": large, "behind": 3 * torch.arange(1000).reshape(50, 20)},
               sys.argv[2])
else:
    theirs, ours = (torch.load(path, weights_only=True, mmap=True) for path in sys.argv[2:])
    assert list(theirs) == list(ours)
    for name, tensor in theirs.items():
        assert ours[name].dtype == tensor.dtype and ours[name].shape == tensor.shape, name
        for theirs_part, ours_part in zip(tensor.flatten().split(2**26), ours[name].flatten().split(2**26), strict=True):
            assert torch.equal(theirs_part, ours_part), name
    assert any(info.header_offset > 2**32 for info in zipfile.ZipFile(sys.argv[3]).infolist())
    print("all checks hold")
