"""Saves a small random decoder with transformers in each DIR, named after its architecture, for the tokenizer there.

    make_decoders.py DIR ...
"""
import json
import pathlib
import sys

import torch
import transformers as t

SIZES = dict(hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             max_position_embeddings=256, initializer_range=0.2)
# Qwen3's head_dim, Gemma's query_pre_attn_scalar and GPT-2's n_positions are those of the classes: transformers does not look
# them up in a GGUF file. It takes a model called "mistral" for an architecture of GGUF, which there is not.
MODELS = {
    "gemma3": lambda tokens: t.Gemma3ForCausalLM(t.Gemma3TextConfig(
        vocab_size=tokens, head_dim=256, query_pre_attn_scalar=256, sliding_window=8, **SIZES)),
    "gpt2": lambda tokens: t.GPT2LMHeadModel(t.GPT2Config(
        vocab_size=tokens, n_embd=64, n_layer=2, n_head=4, n_positions=1024, initializer_range=0.2)),
    "llama": lambda tokens: t.LlamaForCausalLM(t.LlamaConfig(vocab_size=tokens, rms_norm_eps=1e-5, rope_theta=5e5, **SIZES)),
    "mistral_model": lambda tokens: t.MistralForCausalLM(t.MistralConfig(vocab_size=tokens, sliding_window=None, **SIZES)),
    "smollm": lambda tokens: t.LlamaForCausalLM(t.LlamaConfig(vocab_size=tokens, tie_word_embeddings=True, **SIZES)),
    "qwen2": lambda tokens: t.Qwen2ForCausalLM(t.Qwen2Config(vocab_size=tokens, tie_word_embeddings=True, **SIZES)),
    "qwen3": lambda tokens: t.Qwen3ForCausalLM(t.Qwen3Config(vocab_size=tokens, head_dim=128, **SIZES)),
}
# What a config.json may leave out: everybody takes it from the class.
LEFT_OUT = {
    "gemma3": ["rope_theta", "rope_local_base_freq", "head_dim", "query_pre_attn_scalar", "layer_types", "tie_word_embeddings"],
    "gpt2": ["n_inner", "layer_norm_epsilon", "tie_word_embeddings"],
    "llama": ["head_dim", "tie_word_embeddings"],
    "qwen3": ["rope_theta", "rms_norm_eps", "head_dim", "layer_types", "tie_word_embeddings"],
}

for path in map(pathlib.Path, sys.argv[1:]):
    torch.manual_seed(5)
    tokenizer = json.loads((path / "tokenizer.json").read_text())
    model = MODELS[path.name](len(tokenizer["model"]["vocab"]) + 3)  # rows that no token has
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1:
            torch.nn.init.normal_(parameter, 1.0 if "norm" in name or "ln_" in name else 0.0, 0.2)
    model.save_pretrained(path)
    config = json.loads((path / "config.json").read_text())
    for key in LEFT_OUT.get(path.name, []):
        config.pop(key, None)
    (path / "config.json").write_text(json.dumps(config))
