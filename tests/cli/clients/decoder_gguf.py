"""transformers loads the GGUF file of a package with the hidden states of the package's Hugging Face export, which are not those
of the model that was tuned, and with the language head of that model.

Usage: decoder_gguf.py MODEL EXPORT GGUF TABLE     TABLE: tab-separated, texts in the first column
"""
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

TOLERANCE = 1e-5  # of the largest state

directory, export, gguf, table = map(Path, sys.argv[1:])
texts = [line.split("\t")[0] for line in table.read_text().splitlines()[1:21]]
tokenizer = AutoTokenizer.from_pretrained(export)
given = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32).eval()
tuned = AutoModelForSequenceClassification.from_pretrained(export, dtype=torch.float32).eval()
loaded = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32).eval()


def states_of(model, text):
    with torch.no_grad():
        return model.base_model(**tokenizer(text, return_tensors="pt")).last_hidden_state


moved = 0.0
for text in texts:
    expected = states_of(tuned, text)
    difference = ((states_of(loaded, text) - expected).abs().max() / expected.abs().max()).item()
    assert difference < TOLERANCE, (text, difference)
    moved = max(moved, (states_of(given, text) - expected).abs().max().item())
assert moved > 1e-3, moved
head = loaded.get_output_embeddings().weight
if given.config.tie_word_embeddings:
    assert torch.equal(head, loaded.get_input_embeddings().weight)
else:
    assert torch.equal(head, given.get_output_embeddings().weight)
    assert not torch.equal(head, loaded.get_input_embeddings().weight)
print(f"tuning moved a state by {moved:.2g}; all checks hold")
