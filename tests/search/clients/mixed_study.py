"""Trials of Optuna beside those of rift in one study, until it has `most` of them."""
import sys

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
file, name, most = sys.argv[1], sys.argv[2], int(sys.argv[3])
study = optuna.load_study(
    study_name=name, storage=f"sqlite:///{file}", sampler=optuna.samplers.TPESampler(multivariate=True, seed=2)
)
while len(study.trials) < most:
    trial = study.ask()
    x = trial.suggest_float("x", 0, 1)
    trial.suggest_categorical("c", ["a", 2, True])
    trial.set_user_attr("by", "optuna")
    study.tell(trial, x)
