#!/usr/bin/env python3
"""Writes docs/methods.md from benchmarks/results/methods.json. tests/tools/methods_page_test.py holds the page to it.

  tools/methods_page.py > docs/methods.md
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

import methods  # noqa: E402

HEAD = """\
# Tuning methods: which parameters move

Made by `tools/methods_page.py > docs/methods.md`; edit the script, not this page. `tuning:` of run.yaml takes one of them:

```yaml
tuning: {method: lora, rank: 8, alpha: 16, targets: [query, value]}
```

The keys of each stand in [config.md](config.md), which model takes which in [models.md](models.md). With every method the head
trains in full, and the pooler where the pooling uses it. What does not move keeps every bit; a tensor that should move and has not
after three steps stops the run. `freeze: [word_embeddings]` takes parameters away from any method by a part of their name.

## Which one to take

What the sources of the methods say, and what follows from what each moves and holds. The figures below come of short runs so far
and do not yet bear it out or refute it: try two or three on your own validation rows (`rift search` does).

- Some thousand labels or more, and a step's time matters little: `full`, with `freeze: [word_embeddings]` or `layer_decay` where the
  texts are few.
- Several tasks on one base, or an adapter to hand to PEFT: `lora`. Raise the rank with `scaling: rank_stabilised`; `init: pissa` or
  `b_lr_ratio` where it learns too slowly; `dora` where low ranks fall behind `full`, for more time.
- A base that has to stay in its file's blocks (`model.text.base_weights: as_stored`): `lora`, `ia3`, `norm`, `bitfit`, `head`, and
  what stands beside the weights. `full`, `top_k` below its layers and `init: pissa` change stored matrices and are refused.
- Some hundred labels: `lora`, `norm` or `head`, and an anchor (`objective.anchor`) beside whatever moves much.
- Only a vector for each task may be kept: `ia3`, or `prompt`.

## The methods

| method | what moves | source | take it when | cost |
| --- | --- | --- | --- | --- |
| `full` | every parameter | | labels suffice, and the result matters more than the bill | four numbers in memory a parameter: value, gradient, two moments |
| `optim.layer_decay` | the learning rate falls by this factor from each layer to the one below it; beside any method | arXiv:1801.06146 sec. 3.2 | lower layers should stay near what they were | none |
| `gradual` | every parameter in the end: head and pooler first, then the layers from the top, last the embeddings; the optimizer begins anew with each stage | arXiv:1801.06146 sec. 3.3 | few labels for so many parameters; early stages are cheap, since frozen layers' states are kept | values and both moments of `full` from the first step on; gradients and activations of a stage alone |
| `top_k` | the last k layers | | a compromise; the frozen layers' states are computed once and kept | k layers' backward pass |
| `head` | head and pooler alone | | a first look, a floor to compare with | the least: features are computed once |
| `bitfit` | bias terms | arXiv:2106.10199 | the encoder has bias terms; a tuned model should differ in few numbers | a backward pass as of `full`, almost no optimizer state |
| `norm` | weights and biases of every norm | arXiv:2312.11420 | as `bitfit`, on models without bias terms too | the same |
| `lora` | W + scale * B A of chosen maps, A and B of low rank; merged into the weights afterwards | arXiv:2106.09685 | the usual choice among adapters; scores cost nothing more | little memory; runs fused on the engine up to rank 32 |
| `lora`, `scaling: rank_stabilised` | the same, scale = alpha / sqrt(rank) (rsLoRA) | arXiv:2312.03732 | ranks of 32 and more | as `lora`, which beyond rank 32 does not run fused |
| `lora`, `b_lr_ratio` | the same, B learns this much faster than A (LoRA+) | arXiv:2402.12354 | `lora` learns too slowly; 16 is what its authors recommend | none |
| `lora`, `init: pissa` | the same, begun at the weight's principal part, which the frozen rest then lacks | arXiv:2404.02948 | faster from the first step on; the base is in f32 | one singular value decomposition a map; its adapter for PEFT has twice the rank |
| `lora`, `dora` | the same, and a trained length of each row of W beside its direction | arXiv:2402.09353 | a low rank falls behind `full` | layers run one by one, which takes more time than `lora` |
| `ia3` | a vector that scales keys, values and the input of the map out of the feed-forward part; merged afterwards | arXiv:2205.05638 | the fewest numbers a task; needs a high learning rate | layers run one by one |
| `bottleneck` | small networks behind parts of each layer: `houlsby` behind attention and feed-forward, `pfeiffer` behind feed-forward alone | arXiv:1902.00751, 2005.00247 | many unlike tasks on one base | layers run one by one; cannot be merged, so that scoring costs more, too |
| `prompt` | embeddings of virtual tokens before each row, begun at words of the vocabulary | arXiv:2104.08691 | large models; small ones fall behind | longer rows; cannot be merged |
| `prefix` | keys and values of virtual tokens in every layer (without reparametrisation) | arXiv:2101.00190 | as `prompt`, with more to move; BERT and decoders | attention over more keys; cannot be merged |

- **Fused or not.** The engine fuses `full`, `head`, `top_k`, `gradual`, `bitfit`, `norm`, `lora` up to rank 32 and `prompt`; with a higher
  rank, `ia3`, `bottleneck`, `prefix` and `dora` the layers run one by one in LibTorch, in f32 where `train.precision` is auto.
  `rift doctor` lists both, and the run's log says `execution=fused` or why not.
- **PEFT.** `adapter/` of a package is PEFT's own directory for `norm`, `lora` in every form, `ia3`, `prompt` and `prefix`
  (`rift export --format peft`; `PeftModel.from_pretrained`). The other way, `rift train --init-from DIR` takes an adapter of PEFT on
  `model.text.backbone` as its start, head included, where `tuning:` asks for the same method, rank, scale and modules; a setting that
  rift does not implement is refused by its key. To hold several adapters on one base at once is the C++ library's
  (`tuning/adapter_set.h`): no verb does.
- **LoRA+.** `b_lr_ratio` hastens B alone. peft's `create_loraplus_optimizer` hastens every vector as well: the biases of a head that
  trains whole, and with `dora` the trained lengths. A run of both settings is not peft's there.
- **Merged or beside.** What `lora` and `ia3` learnt is in the package's weights, which score as they are. Of `bottleneck`,
  `prompt` and `prefix` the package keeps the pretrained weights and what stands beside them; an export that would leave it out is refused.
- **Anchors.** `l2_sp` holds of `lora` the product; `dora` and `ia3` refuse it, and adapters of any kind refuse `ewc`, whose
  numbers are those of single pretrained parameters. Of `bottleneck`, `prompt` and `prefix` `l2_sp` sees a pooler at most:
  `distillation` and `alignment` hold what the model says, `replay` what it knew, with every method that moves more than the head.

## Measured

MiniLM-L6 (22.7 million parameters), its own pooler, 16 rows a step, AdamW, dropout as the model has it, the linear schedule; learning
rates by method as `benchmarks/methods.py` has them, not searched. PEFT: the same settings in transformers and peft on the same rows.
Metric: mean over the seeds ± their standard deviation. Rows a second: of the training, median. Memory: the process at its most,
libraries included. "trained" counts head and pooler, which are 148,225 for one output. Repeat it with `make bench-methods`.
"""

TITLES = {"phrasebank": "Financial PhraseBank, three classes: macro F1", "lending_club": "Lending Club descriptions: AUC",
          "german": "German Credit as text: AUC"}


def is_short(line):
    """Whether a line comes of fewer rows, seeds or epochs than the benchmark asks for by itself."""
    fewest = {"phrasebank": 1000, "lending_club": 1000, "german": 800}[line["task"]]
    return line["seeds"] < methods.SEEDS or line["epochs"] < methods.EPOCHS or line["train_rows"] < fewest


def figure(line):
    deviation = line["metric_deviation"]
    return f"{line['metric']:.3f}" + ("" if deviation is None else f" ± {deviation:.3f}")


def beside(line):
    peer = line["peft"]
    return ["", "", ""] if peer is None else [figure(peer), f"{peer['rows_per_second']:.1f}", f"{peer['peak_memory_mib']:,}"]


def table(lines):
    rows = ["| method | trained | metric | rows/s | MiB | peft: metric | rows/s | MiB |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for line in lines:
        cells = [f"`{line['method']}`", f"{line['trainable']:,}", figure(line), f"{line['rows_per_second']:.1f}",
                 f"{line['peak_memory_mib']:,}", *beside(line)]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def section(task, lines):
    first = lines[0]
    told = (f"{first['train_rows']:,} rows train, {first['test_rows']:,} judge; seeds: {first['seeds']}, epochs: {first['epochs']}; "
            f"{first['cpu']}, threads: {first['threads']}; {first['date']}.")
    if any(is_short(line) for line in lines):
        told += (" **A short run**: it shows that every method trains on both sides and what it holds in memory. Its metrics and "
                 "rows/s say nothing of the methods.")
    return f"\n### {TITLES[task]}\n\n{told}\n\n{table(lines)}\n"


def page(results):
    lines = json.loads(results.read_text(encoding="utf-8"))
    order = list(methods.METHODS)
    text = HEAD
    for task in TITLES:
        of_task = sorted((line for line in lines if line["task"] == task), key=lambda line: order.index(line["method"]))
        if of_task:
            text += section(task, of_task)
    return text


if __name__ == "__main__":
    print(page(ROOT / "benchmarks/results/methods.json"), end="")
