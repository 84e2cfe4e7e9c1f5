"""MLflow's own library beside the logs of runs.

Usage: mlflow_runs.py STORE EXPERIMENT RUN_DIRECTORY...   STORE is a folder or http://127.0.0.1:<port>
       mlflow_runs.py serve FOLDER     prints the port of a tracking server with its database in FOLDER once it answers;
                                       ends when its standard input does
"""

import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["DO_NOT_TRACK"] = "true"

try:
    from mlflow.tracking import MlflowClient
except ImportError:
    sys.exit("no mlflow")


def serve(folder):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with open(pathlib.Path(folder) / "server.log", "w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
             "--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", f"{folder}/artifacts"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            env=os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"})
    try:
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1):
                    break
            except OSError:
                if server.poll() is not None:
                    sys.exit("the server ended: " + (pathlib.Path(folder) / "server.log").read_text()[-2000:])
                time.sleep(0.2)
        first = urllib.request.Request(f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/search",
                                       json.dumps({"max_results": 1}).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(first, timeout=120):  # the first answer makes the tables and is slow
            pass
        print(port, flush=True)
        sys.stdin.read()
    finally:
        os.killpg(server.pid, 15)
        server.wait()


def figures_of(line):
    """What log.jsonl says, by MLflow's names."""
    if "validation" in line:
        parts = [("validation", line["validation"]), ("forgetting", line.get("forgetting", {}))]
        return {f"{part}/{k}": v for part, said in parts for k, v in said.items() if isinstance(v, (int, float))}
    keys = ("loss", "loss_task", "loss_anchor", "lr", "head_lr", "gradient_norm", "epoch")
    return {f"train/{k}": line[k] for k in keys}


def check(client, experiment, directory):
    known = json.loads((directory / "mlflow.json").read_text())
    run = client.get_run(known["run_id"])
    assert run.info.experiment_id == experiment.experiment_id
    assert run.info.run_name == directory.name, run.info.run_name
    assert run.data.tags["mlflow.source.name"] == "rift"
    expected = {}
    for text in (directory / "log.jsonl").read_text().splitlines():
        line = json.loads(text)
        for name, value in figures_of(line).items():
            expected.setdefault(name, []).append((line["step"], value))
    for name, values in expected.items():
        history = sorted(client.get_metric_history(known["run_id"], name), key=lambda m: m.step)
        assert [(m.step, m.value) for m in history] == values, (name, len(history), len(values))
        assert all(abs(m.timestamp / 1000 - time.time()) < 3600 for m in history), name
    for name in ("rows_per_second", "tokens_per_second", "peak_memory_mib", "left_s"):
        assert f"timing/{name}" in run.data.metrics, name
    print(directory.name, run.info.status, sum(map(len, expected.values())), "figures, settings",
          json.dumps(run.data.params, sort_keys=True))


if sys.argv[1] == "serve":
    serve(sys.argv[2])
else:
    store, name, *directories = sys.argv[1:]
    client = MlflowClient(tracking_uri=store if "://" in store else pathlib.Path(store).absolute().as_uri())
    experiment = client.get_experiment_by_name(name)
    assert experiment is not None, "the experiment is not there"
    for directory in directories:
        check(client, experiment, pathlib.Path(directory))
    assert len(client.search_runs([experiment.experiment_id])) == len(directories)
