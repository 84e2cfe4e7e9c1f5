"""Runs another script of the peers with its gradients left unclipped: unclipped.py train_hf.py ARGUMENTS ..."""

import functools
import os
import runpy
import sys

import torch
import transformers


def leave_alone(parameters, *_, **__):
    return torch.zeros(())


def main():
    torch.nn.utils.clip_grad_norm_ = leave_alone
    transformers.TrainingArguments = functools.partial(transformers.TrainingArguments, max_grad_norm=0.0)
    sys.argv = sys.argv[1:]
    sys.path.insert(0, os.getcwd())
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
