"""The benches of pair.py: what the peer runs, what rift runs on the same rows, what is compared and the target.

A bench is one pair of runs; a line is one figure of it. Several peers stand beside one bench where it is not known
beforehand which is the fastest: the first round runs all of them, the others only those that won a line. Placeholders
of commands: {model} {head_model} {bert_base} {bpe_model} {rows} are filled in by pair.py.
"""

import dataclasses

F32, BF16 = "f32", "bf16"


@dataclasses.dataclass(frozen=True)
class Line:
    """`peer` and `rift` take the figure out of each side's JSON. Targets are ratios above which the aim is met."""

    name: str
    what: str
    unit: str
    peer: object
    rift: object
    target_amx: float | None
    target_f32: float | None
    less_is_better: bool = False

    def ratio(self, peer_value, rift_value):
        """Above 1: rift does better."""
        return peer_value / rift_value if self.less_is_better else rift_value / peer_value

    def better(self, a, b):
        return a < b if self.less_is_better else a > b

    def target(self, precision, has_amx):
        """The column "AMX" is for bf16 on a CPU with AMX, "f32" for f32 on any; a figure without precision has both."""
        if precision == F32:
            return self.target_f32
        if precision == BF16:
            return self.target_amx if has_amx else None
        return self.target_amx if has_amx else self.target_f32


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    command: tuple
    clipped: bool = True


@dataclasses.dataclass(frozen=True)
class Bench:
    name: str
    rows: int
    precision: str | None  # None: no arithmetic of a model in it
    peers: tuple
    rift: tuple
    lines: tuple
    check: object  # (peer's JSON, rift's JSON, reference) -> raises AssertionError
    threads: int | None = None  # None: as the harness is told


def require(condition, message):
    if not condition:
        raise AssertionError(message)


LOSS_TOLERANCE = 0.1
RANDOM_LOSS_TOLERANCE = 0.3  # random weights: a step moves the loss by as much
SCORE_TOLERANCE = {F32: 1e-3, BF16: 0.15}


def losses_agree(tolerance):
    """Mean losses of the peer's last epoch and of rift's same one: rows are shuffled and dropped out differently."""

    def check(peer, rift, _):
        losses = peer["result"]["loss_per_epoch"]
        mine, theirs = rift["train"][0]["epochs"][len(losses) - 1]["loss"], losses[-1]
        require(abs(mine - theirs) < tolerance, f"losses differ: rift {mine:.4f}, peer {theirs:.4f}")
        require(rift["train"][0]["rows"] == peer["args"]["rows"], "not the same rows")

    return check


def scores_agree(precision):
    def check(peer, rift, reference):
        require(peer["result"]["logit_corr"] > 0.99, "the peer's logits are not those of PyTorch in f32")
        require(rift["score"]["rows"] == peer["args"]["rows"], "not the same rows")
        require(rift["score"]["distinct_rows"] > 0.98 * rift["score"]["rows"], "rows repeat, and rift scores those once")
        pairs = zip(rift["score"]["first_scores"], reference["logits"], strict=True)
        apart = max(abs(mine - theirs) for mine, theirs in pairs)
        require(apart < SCORE_TOLERANCE[precision], f"scores differ from transformers' by {apart:.2g}")

    return check


def ids_agree(peer, rift, _):
    require(rift["tokenize"]["ids_sha256"].startswith(peer["result"]["ids_sha256_first1000_u32le"]), "ids differ")
    require(rift["tokenize"]["tokens"] == peer["result"]["tokens"], "numbers of tokens differ")


def peer_rows(peer):
    return peer["result"]["rows_per_s"]


def rift_rows(rift):
    return rift["train"][0]["rows_per_second"]


def peer_megabytes(peer):
    result = peer["result"]
    return max(result["mb_per_s"], result["fast_mb_per_s"] or 0)


LEARNING_RATES = {"full": 2e-5, "lora": 3e-4, "top_k": 5e-5, "head": 1e-3}  # as in train_hf.py
PEER_METHODS = {"full": "full", "lora": "lora", "top_k": "top2", "head": "head"}


def train_peers(precision, method, dropout, clipped, attentions, base):
    peers = []
    for attention in attentions:
        command = ["train_hf.py", "--variant", "trainer", "--method", PEER_METHODS[method], "--repeats", "1",
                   "--group-by-length", "--fused-adamw", "--attn", attention]
        command += ["--bf16"] if precision == BF16 else []
        command += [] if dropout else ["--attn-dropout", "0", "--hidden-dropout", "0"]
        command += ["--random-init", "bert-base"] if base else []
        library = "HF Trainer + PEFT" if method == "lora" else "HF Trainer"
        peers.append(Peer(f"{library}, {precision}, {attention} attention", tuple(command), clipped))
    return tuple(peers)


def train_rift(precision, method, dropout, clipped, epochs, base):
    sets = {"model.text.pooling": "pooler", "train.precision": precision, "optim.name": "adamw",
            "optim.lr": LEARNING_RATES[method], "optim.batch_rows": 32, "optim.epochs": epochs, "optim.weight_decay": 0.01,
            "optim.warmup": 0, "optim.clip_norm": 1.0 if clipped else 0}
    if method in ("head", "lora"):
        sets["tuning.freeze"] = "[pooler]"  # as the peers do
    command = ["{rows}", "--column", "desc", "--label", "label", "--rows", "0", "--parts", "train", "--methods", method,
               "--model", "{bert_base}" if base else "{model}", "--dropout", "model" if dropout else "off"]
    for key, value in sets.items():
        command += ["--set", f"{key}={value}"]
    return tuple(command)


def training(name, what, precision, targets, *, method="full", dropout=True, clipped=True, attentions=("eager",), rows=192,
             epochs=4, base=False, with_memory=False):
    lines = [Line(f"{name}_{precision}", what, "rows/s", peer_rows, rift_rows, *targets)]
    if with_memory:
        lines.append(Line(f"train_full_memory_{precision}", "peak memory of full fine-tuning", "MiB",
                          lambda peer: peer["peak_rss_mb"], lambda rift: rift["train"][0]["peak_memory_mib"], 2.0, 2.0,
                          less_is_better=True))
    return Bench(f"{name}_{precision}", rows, precision, train_peers(precision, method, dropout, clipped, attentions, base),
                 train_rift(precision, method, dropout, clipped, epochs, base), tuple(lines),
                 losses_agree(RANDOM_LOSS_TOLERANCE if base else LOSS_TOLERANCE))


def trainings(precision):
    both = ("eager", "sdpa")
    return [
        training("train_head", "head only, epochs 2 and later (peer: frozen)", precision, (50, 50), method="head",
                 dropout=False, epochs=100),
        training("train_top2", "top 2 layers, epochs 2 and later (peer: frozen, no dropout)", precision, (6, 4),
                 method="top_k", dropout=False),
        training("train_lora", "LoRA r=8 on query and value, dropout 0.1", precision, (6, 2), method="lora"),
        training("train_lora_no_dropout", "LoRA r=8 on query and value, dropout off", precision, (3.2, 1.5), method="lora",
                 dropout=False),
        training("train_full", "full fine-tuning, dropout 0.1, clipped", precision, (4.7, 1.8), attentions=both,
                 with_memory=True),
        training("train_full_unclipped", "full fine-tuning, dropout 0.1, unclipped", precision, (5, 1.8), clipped=False),
        training("train_full_no_dropout", "full fine-tuning, dropout off, clipped", precision, (3.2, 1.4), dropout=False),
        training("train_full_no_dropout_unclipped", "full fine-tuning, dropout off, unclipped", precision, (3.4, 1.4),
                 dropout=False, clipped=False),
        training("train_bert_base", "full fine-tuning, BERT-base's size (random weights), dropout 0.1", precision, (4, 1.5),
                 rows=64, epochs=2, base=True),
    ]


def scoring(precision):
    dtype = {F32: "fp32", BF16: "bf16"}[precision]
    backends = ["openvino", "onnxruntime", "eager"] if precision == F32 else ["openvino", "eager"]
    names = {"openvino": "OpenVINO", "onnxruntime": "ONNX Runtime", "eager": "PyTorch, eager"}
    peers = tuple(Peer(f"{names[backend]}, {precision}", ("score_hf.py", "--backend", backend, "--dtype", dtype))
                  for backend in backends)
    rift = ("{rows}", "--column", "desc", "--rows", "0", "--parts", "score,latency", "--model", "{head_model}",
            "--set", "model.text.pooling=pooler", "--set", f"train.precision={precision}")
    lines = (
        Line(f"score_{precision}", "scoring in batches, tokenizing included", "rows/s",
             lambda peer: peer["result"]["rows_per_s_with_tokenizing"], lambda rift: rift["score"]["rows_per_second"],
             2.8, 1.4),
        Line(f"latency_{precision}", "scoring one row of 64 tokens, tokenizing included, p99", "ms",
             lambda peer: peer["result"]["p99_ms"], lambda rift: rift["latency"]["p99_ms"], 3, 1.3, less_is_better=True),
    )
    return Bench(f"score_{precision}", 512, precision, peers, rift, lines, scores_agree(precision))


def tokenizing(threads, kind):
    """WordPiece of the model, or a byte-level BPE of 30,522 tokens trained on the same texts (ByteLevel as GPT-2 has it)."""
    count = f"{threads} thread" + ("s" if threads > 1 else "")
    name = ("tokenize_bpe_" if kind == "bpe" else "tokenize_") + count.replace(" ", "_")
    flags = ()
    if kind == "bpe":  # no text is as long: with a limit the script does not ask that texts come back with their white space
        flags = ("--kind", "bpe", "--bpe-file", "{bpe_model}/tokenizer.json", "--max-len", "1000000")
    peers = (Peer(f"tokenizers, {count}", ("tokenize_hf.py", "--repeats", "3", *flags)),)
    model = "{bpe_model}" if kind == "bpe" else "{model}"
    rift = ("{rows}", "--column", "desc", "--rows", "0", "--parts", "tokenize", "--model", model)
    target = 5 if kind == "bpe" else 8
    line = Line(name, f"tokenizing {'byte-level BPE' if kind == 'bpe' else 'WordPiece'}, {count}", "MB/s", peer_megabytes,
                lambda rift: rift["tokenize"]["megabytes_per_second"], target, target)
    return Bench(name, 8000, None, peers, rift, (line,), ids_agree, threads)


def benches():
    table = [tokenizing(threads, kind) for kind in ("wordpiece", "bpe") for threads in (1, 2)]
    for precision in (F32, BF16):
        table += [scoring(precision), *trainings(precision)]
    return table
