"""A study that Optuna begins: `count` trials of its TPE with its successive halving, one that waits, one that fails."""
import sys

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
file, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
study = optuna.create_study(
    study_name=name,
    storage=f"sqlite:///{file}",
    load_if_exists=True,
    direction="minimize",
    sampler=optuna.samplers.TPESampler(multivariate=True, seed=1, n_startup_trials=5),
    pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2),
)


def objective(trial):
    x = trial.suggest_float("x", -5, 5)
    lr = trial.suggest_float("lr", 1e-6, 1e-2, log=True)
    rank = trial.suggest_int("rank", 2, 32, log=True)
    rows = trial.suggest_int("rows", 8, 64, step=8)
    method = trial.suggest_categorical("method", ["lora", "head", 3, True])
    if trial.number == 2:
        raise RuntimeError("on purpose")
    value = x * x + rank / 100 + rows / 1000 + (method == "head") + lr
    for step in range(1, 5):
        trial.report(value / step, step)
        if trial.should_prune():
            raise optuna.TrialPruned()
    return value


study.optimize(objective, n_trials=count, catch=(RuntimeError,))
study.enqueue_trial({"x": 0.125, "method": "lora"})
