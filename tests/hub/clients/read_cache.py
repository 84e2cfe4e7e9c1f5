"""huggingface_hub and transformers, offline, find in HF_HUB_CACHE what `rift models fetch org/tiny` left there.

Usage: read_cache.py SNAPSHOT FILES OWN     FILES: the model as the hub has it; OWN: what --to made
"""

import pathlib
import sys

import huggingface_hub
import torch
import transformers
from huggingface_hub import constants

snapshot, files, own = (pathlib.Path(a) for a in sys.argv[1:])
assert constants.HF_HUB_OFFLINE

found = huggingface_hub.snapshot_download("org/tiny", local_files_only=True)
assert pathlib.Path(found) == snapshot, found
for file in files.iterdir():
    path = huggingface_hub.hf_hub_download("org/tiny", file.name, local_files_only=True)
    assert pathlib.Path(path).read_bytes() == file.read_bytes(), file.name

cache = huggingface_hub.scan_cache_dir()
assert not cache.warnings, cache.warnings
(repo,) = cache.repos
(revision,) = repo.revisions
assert (repo.repo_id, repo.repo_type) == ("org/tiny", "model")
assert revision.commit_hash == snapshot.name and set(revision.refs) == {"main"}
assert len(revision.files) == len(list(files.iterdir()))
assert repo.size_on_disk == sum(f.stat().st_size for f in files.iterdir())

model = transformers.AutoModel.from_pretrained("org/tiny", local_files_only=True)
direct = transformers.AutoModel.from_pretrained(files)
for (name, ours), (_, theirs) in zip(model.state_dict().items(), direct.state_dict().items(), strict=True):
    assert torch.equal(ours, theirs), name
assert transformers.AutoTokenizer.from_pretrained("org/tiny", local_files_only=True)("the loan")["input_ids"]

# What lies beside the files of a directory of its own is what huggingface_hub would have noted.
from huggingface_hub._local_folder import read_download_metadata

noted = read_download_metadata(own, "model.safetensors")
assert noted is not None and noted.commit_hash == snapshot.name, noted
print("all checks hold")
