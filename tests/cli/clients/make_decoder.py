"""A random decoder with a byte-level BPE tokenizer that is learned from texts, as transformers saves it.

Usage: make_decoder.py DIRECTORY gpt2|llama|qwen2|qwen3 TABLE     TABLE: tab-separated, a header, the texts in the first column
"""
import sys
from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

directory, kind, table = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
texts = [line.split("\t")[0] for line in table.read_text().splitlines()[1:]]
tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.decoder = decoders.ByteLevel()
tokenizer.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=600, special_tokens=["<|endoftext|>"],
                                                         initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                                                         show_progress=False))
end = tokenizer.token_to_id("<|endoftext|>")
fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<|endoftext|>",
                                            eos_token="<|endoftext|>",
                                            model_input_names=["input_ids", "attention_mask"])  # as GPT-2's own
special = dict(vocab_size=len(tokenizer.get_vocab()), bos_token_id=end, eos_token_id=end, initializer_range=0.1)
torch.manual_seed(5)
if kind == "gpt2":
    # The n_positions of the class, which transformers does not look up in a GGUF file.
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(n_positions=1024, n_embd=32, n_layer=2, n_head=2, **special))
else:
    name = kind.capitalize()
    model = getattr(transformers, name + "ForCausalLM")(getattr(transformers, name + "Config")(
        hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        max_position_embeddings=128, **({"head_dim": 16} if kind == "qwen3" else {}), **special))
model.save_pretrained(directory)
fast.save_pretrained(directory)
