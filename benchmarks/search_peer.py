#!/usr/bin/env python3
"""rift's TPE beside Optuna's (multivariate, no constant liar) on four surrogate functions and on a real tuning task, at
equal trials.

For each function and number of trials: the best value of each of 20 seeds, how often rift's is the lower one, and the
one-sided p of a sign test that rift is worse, which has to stay above .05 (Bonferroni over the lines: below .05 / lines
fails). The lines of the most trials are pooled too: those of fewer are the same runs half-way. rift's random search is set
beside as a floor. The real task is a table of trainings, results/search-task.json (search/real_task.py makes it); where it
is not there, that is said and it is left out. Prints a JSON line each and keeps them in results/search-peer.json. Run it in
the repository's root.

    search_peer.py [--build build/release] [--python .deps/clients/bin/python] [--seeds 20] [--first-seed 1]
"""
import argparse
import json
import math
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
FUNCTIONS = ("branin", "hartmann6", "log_rosenbrock", "methods", "real_task")
TRIALS = (60, 120)
TASK = pathlib.Path("benchmarks/results/search-task.json")  # as search/surrogates.cc and search/optuna_surrogates.py


def asked(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def p_of_so_few(wins, count):
    """P(X <= wins) for as many fair coins."""
    return sum(math.comb(count, k) for k in range(wins + 1)) / 2**count


def line(function, trials, first, seeds, rift, optuna):
    words = [function, str(trials), str(first), str(seeds)]
    ours, theirs, random = asked([*rift, *words]), asked([*optuna, *words]), asked([*rift, *words, "random"])
    ties = sum(a == b for a, b in zip(ours, theirs))
    wins = sum(a < b for a, b in zip(ours, theirs))
    beaten = sum(a < b for a, b in zip(ours, random))
    return {
        "bench": f"search_{function}",
        "peer": "optuna TPE",
        "trials": trials,
        "seeds": seeds,
        "rift_wins": wins,
        "ties": ties,
        "p_rift_worse": round(p_of_so_few(wins, seeds - ties), 4),
        "rift_median": round(statistics.median(ours), 5),
        "peer_median": round(statistics.median(theirs), 5),
        "random_median": round(statistics.median(random), 5),
        "wins_over_random": beaten,
        "p_no_better_than_random": round(p_of_so_few(seeds - beaten, seeds), 6),
    }


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--build", default="build/release")
    arguments.add_argument("--python", default=".deps/clients/bin/python")
    arguments.add_argument("--seeds", type=int, default=20)
    arguments.add_argument("--first-seed", type=int, default=1)
    given = arguments.parse_args()
    rift = [f"{given.build}/benchmarks/search/search_surrogates"]
    optuna = [given.python, "-B", str(HERE / "search" / "optuna_surrogates.py")]
    version = subprocess.run(
        [given.python, "-c", "import optuna; print(optuna.__version__)"], check=True, capture_output=True, text=True
    ).stdout.strip()
    functions = [function for function in FUNCTIONS if function != "real_task" or TASK.is_file()]
    if len(functions) < len(FUNCTIONS):
        print(f"{TASK} is not there: without the real task (benchmarks/search/real_task.py makes it)", file=sys.stderr)
    lines = []
    for function in functions:
        for trials in TRIALS:
            lines.append(line(function, trials, given.first_seed, given.seeds, rift, optuna) | {"peer_version": version})
            print(json.dumps(lines[-1]), flush=True)
    (HERE / "results" / "search-peer.json").write_text(
        "[\n" + ",\n".join("  " + json.dumps(one) for one in lines) + "\n]\n"
    )
    worse = [one["bench"] for one in lines if one["p_rift_worse"] < 0.05 / len(lines)]
    no_better = [one["bench"] for one in lines if one["p_no_better_than_random"] > 0.05]
    pooled = [one for one in lines if one["trials"] == max(TRIALS)]
    decided = sum(one["seeds"] - one["ties"] for one in pooled)
    p_all = p_of_so_few(sum(one["rift_wins"] for one in pooled), decided)
    print(json.dumps({"bench": "search_all", "trials": max(TRIALS), "decided": decided, "p_rift_worse": round(p_all, 4)}))
    if worse or no_better or p_all < 0.05:
        sys.exit(f"worse than Optuna: {worse}; no better than random: {no_better}; all together p {p_all:.4f}")


if __name__ == "__main__":
    main()
