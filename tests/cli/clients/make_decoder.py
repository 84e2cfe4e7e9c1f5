"""A random decoder with a tokenizer that is learned from texts, as transformers saves it: byte-level BPE, for llama_pieces
SentencePiece's BPE with byte fallback.

Usage: make_decoder.py DIRECTORY gpt2|llama|llama_pieces|mistral|qwen2|qwen3|gemma3 TABLE
       TABLE: tab-separated, a header, the texts in the first column
"""
import sys
from pathlib import Path

import sentencepiece
import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

directory, kind, table = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
texts = [line.split("\t")[0] for line in table.read_text().splitlines()[1:]]


def byte_level():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=600, special_tokens=["<|endoftext|>"],
                                                             initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                                                             show_progress=False))
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<|endoftext|>",
                                                eos_token="<|endoftext|>",
                                                model_input_names=["input_ids", "attention_mask"])  # as GPT-2's own


def pieces():
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / "tokenizer.model", "wb") as file:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts), model_writer=file, model_type="bpe", vocab_size=600, byte_fallback=True,
            normalization_rule_name="identity", split_digits=True, minloglevel=2)
    return transformers.LlamaTokenizerFast(vocab_file=str(directory / "tokenizer.model"))


tokenizer = pieces() if kind == "llama_pieces" else byte_level()
special = dict(vocab_size=len(tokenizer), bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
               initializer_range=0.1)
sizes = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             max_position_embeddings=128, **special)
torch.manual_seed(5)
if kind == "gpt2":
    # The n_positions of the class, which transformers does not look up in a GGUF file.
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(n_positions=1024, n_embd=32, n_layer=2, n_head=2, **special))
elif kind == "gemma3":
    model = transformers.Gemma3ForCausalLM(transformers.Gemma3TextConfig(
        **{**sizes, "num_hidden_layers": 6}, head_dim=16, query_pre_attn_scalar=16, sliding_window=8))
else:
    name = kind.removesuffix("_pieces").capitalize()
    more = {"qwen3": {"head_dim": 16}, "mistral": {"sliding_window": None}}.get(kind, {})
    model = getattr(transformers, name + "ForCausalLM")(getattr(transformers, name + "Config")(**sizes, **more))
model.save_pretrained(directory)
tokenizer.save_pretrained(directory)
