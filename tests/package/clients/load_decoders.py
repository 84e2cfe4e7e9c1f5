"""transformers loads the GGUF files in each DIR (f32.gguf, f16.gguf, bf16.gguf, q8_0.gguf) with the logits of the model beside
them, whose matrices gguf-py rounded to that type; gguf-py finds lists of the tokenizer as long as the embeddings.

    load_decoders.py DIR ...
"""
import pathlib
import sys

import gguf
import torch
from gguf import GGMLQuantizationType as Type
from transformers import AutoModelForCausalLM

TOLERANCE = 1e-5  # of the largest logit
TYPES = {"f32": Type.F32, "f16": Type.F16, "bf16": Type.BF16, "q8_0": Type.Q8_0}
TRANSPOSED = ("c_attn.weight", "c_proj.weight", "c_fc.weight")  # Conv1D, which llama.cpp keeps as [out,in]


def round_matrices(model, kind):
    for name, parameter in model.named_parameters():
        if parameter.dim() < 2:
            continue
        values = parameter.data.T if name.endswith(TRANSPOSED) else parameter.data
        rounded = gguf.quants.dequantize(gguf.quants.quantize(values.contiguous().numpy(), kind), kind)
        rounded = torch.from_numpy(rounded.copy()).view(values.shape)
        parameter.data.copy_(rounded.T if name.endswith(TRANSPOSED) else rounded)


def logits_of(model, ids):
    with torch.no_grad():
        return model.eval()(ids).logits


for path in map(pathlib.Path, sys.argv[1:]):
    for kind, number in TYPES.items():
        original = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)
        ids = torch.randint(0, original.config.vocab_size, (3, 20), generator=torch.Generator().manual_seed(1))
        round_matrices(original, number)
        expected = logits_of(original, ids)
        reader = gguf.GGUFReader(path / f"{kind}.gguf")
        assert len(reader.fields["tokenizer.ggml.tokens"].data) == original.config.vocab_size
        loaded = AutoModelForCausalLM.from_pretrained(path, gguf_file=f"{kind}.gguf", dtype=torch.float32)
        assert loaded.config.model_type in (original.config.model_type, "llama"), loaded.config.model_type
        difference = ((logits_of(loaded, ids) - expected).abs().max() / expected.abs().max()).item()
        print(f"{path.name} {kind}: {difference:.2g}", file=sys.stderr)
        assert difference <= TOLERANCE, f"{path.name} {kind}: {difference}"
