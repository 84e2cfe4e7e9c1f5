"""gguf-py finds the rope scaling of each DIR's config.json in out.gguf beside it: in the keys, or of llama3 in the divisors of
the frequencies, which are those of transformers.

    rope_scaling_keys.py DIR ...
"""
import pathlib
import sys

import gguf
import numpy
import torch
from transformers import AutoConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

KEYS = gguf.Keys.Rope


def check_divisors(reader, config):
    divisors = {tensor.name: tensor.data for tensor in reader.tensors}["rope_freqs.weight"]
    plain, _ = ROPE_INIT_FUNCTIONS["default"](config, "cpu")
    scaled, _ = ROPE_INIT_FUNCTIONS["llama3"](config, "cpu")
    difference = (plain / torch.from_numpy(numpy.array(divisors)) / scaled - 1).abs().max().item()
    assert difference < 1e-6, difference
    assert divisors.max() == config.rope_scaling["factor"]


for path in map(pathlib.Path, sys.argv[1:]):
    config = AutoConfig.from_pretrained(path)
    scaling = config.rope_scaling
    kind = scaling["rope_type"]
    reader = gguf.GGUFReader(path / "out.gguf")
    arch = reader.get_field(gguf.Keys.General.ARCHITECTURE).contents()

    def value(key):
        field = reader.get_field(key.format(arch=arch))
        return None if field is None else field.contents()

    if kind == "llama3":
        assert value(KEYS.SCALING_TYPE) is None
        check_divisors(reader, config)
        continue
    assert gguf.RopeScalingType(value(KEYS.SCALING_TYPE)).value == kind
    assert value(KEYS.SCALING_FACTOR) == scaling["factor"]
    if kind == "yarn":
        assert value(KEYS.SCALING_ORIG_CTX_LEN) == scaling.get("original_max_position_embeddings",
                                                               config.max_position_embeddings)
        assert value(KEYS.SCALING_YARN_BETA_FAST) == scaling.get("beta_fast")
        assert value(KEYS.SCALING_YARN_BETA_SLOW) == scaling.get("beta_slow")
    print(f"{path.name}: {kind} holds", file=sys.stderr)
