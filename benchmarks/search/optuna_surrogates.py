"""The best value that Optuna's TPE finds of a surrogate function: the same functions as surrogates.cc. real_task is read
from benchmarks/results/search-task.json of the repository that it runs in.

    optuna_surrogates.py FUNCTION TRIALS FIRST_SEED SEEDS     -> a JSON list, one value a seed
"""
import functools
import json
import math
import pathlib
import sys
import warnings

import optuna

A = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
P = [
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
    [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
    [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
]
ALPHA = [1.0, 1.2, 3.0, 3.2]


def branin(trial):
    x, y = trial.suggest_float("x", -5, 10), trial.suggest_float("y", 0, 15)
    bowl = y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6
    return bowl**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def hartmann6(trial):
    x = [trial.suggest_float(f"x{d}", 0, 1) for d in range(6)]
    return -sum(
        alpha * math.exp(-sum(a * (v - p) ** 2 for a, v, p in zip(row, x, centre)))
        for alpha, row, centre in zip(ALPHA, A, P)
    )


def log_rosenbrock(trial):
    x = [math.log10(trial.suggest_float(f"x{d}", 1e-3, 1e3, log=True)) for d in range(4)]
    return math.log10(sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in zip(x, x[1:])) + 1e-12)


def methods(trial):
    method = trial.suggest_categorical("method", ["lora", "top_k", "head"])
    lr = math.log10(trial.suggest_float("lr", 1e-6, 1e-1, log=True))
    batch = {16: 0.05, 32: 0.0, 64: 0.1}[trial.suggest_categorical("rows", [16, 32, 64])]
    rest = batch + 0.3 * abs(trial.suggest_float("decay", 0, 1) - 0.1)
    if method == "lora":
        rank = math.log2(trial.suggest_int("rank", 2, 64, log=True)) - 3
        return 0.05 * rank**2 + 0.2 * (lr + 3.2) ** 2 + rest
    if method == "top_k":
        layers = trial.suggest_int("layers", 1, 6) - 4
        return 0.03 + 0.02 * layers**2 + 0.3 * (lr + 4.5) ** 2 + rest
    return 0.25 + 0.05 * (lr + 2) ** 2 + rest


@functools.cache
def task():
    return json.loads(pathlib.Path("benchmarks/results/search-task.json").read_text(encoding="utf-8"))


def real_task(trial):
    """A training that was done before: each dimension a place in its list, the last one fastest."""
    at = 0
    for name, values in task()["places"].items():
        at = at * len(values) + trial.suggest_int(name, 0, len(values) - 1)
    return task()["losses"][at]


def best_of(function, trials, seed):
    # group=True is how Optuna's multivariate TPE treats conditional parameters.
    sampler = optuna.samplers.TPESampler(
        multivariate=True, group=function is methods, constant_liar=False, seed=seed, n_startup_trials=10
    )
    study = optuna.create_study(direction="minimize", sampler=sampler)
    study.optimize(function, n_trials=trials)
    return study.best_value


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    name, trials, first, seeds = sys.argv[1], *map(int, sys.argv[2:5])
    print(json.dumps([best_of(globals()[name], trials, seed) for seed in range(first, first + seeds)]))
