"""Reads a study that rift writes, as optuna.load_study does, and prints it as JSON: trials, best, front, attributes."""
import json
import sys

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
file, name = sys.argv[1:3]
study = optuna.load_study(study_name=name, storage=f"sqlite:///{file}")
trials = [
    {
        "number": trial.number,
        "state": trial.state.name,
        "params": trial.params,
        "values": trial.values,
        "intermediate": {str(step): value for step, value in trial.intermediate_values.items() if value == value},
        "user": trial.user_attrs,
        "started": trial.datetime_start is not None,
        "took_s": trial.duration.total_seconds() if trial.duration else None,
        "distributions": {key: optuna.distributions.distribution_to_json(d) for key, d in trial.distributions.items()},
    }
    for trial in study.trials
]
best = [trial.number for trial in study.best_trials] if len(study.directions) > 1 else [study.best_trial.number]
print(json.dumps({"trials": trials, "best": best, "directions": [d.name for d in study.directions],
                  "metric_names": study.metric_names, "user": study.user_attrs}))
