"""optuna-dashboard's own application on 127.0.0.1, asked for the studies of a file that rift writes; it ends with the script."""
import json
import sys
import threading
import urllib.request
from wsgiref.simple_server import WSGIRequestHandler, make_server

from optuna.storages import RDBStorage
from optuna_dashboard import wsgi


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


file, name = sys.argv[1:3]
server = make_server("127.0.0.1", 0, wsgi(RDBStorage(f"sqlite:///{file}")), handler_class=Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()


def get(path):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}{path}", timeout=30) as answer:
        return json.load(answer)


summary = next(one for one in get("/api/studies")["study_summaries"] if one["study_name"] == name)
detail = get(f"/api/studies/{summary['study_id']}")
print(json.dumps({
    "states": [trial["state"] for trial in detail["trials"]],
    "params": [{p["name"]: p["param_external_value"] for p in trial["params"]} for trial in detail["trials"]],
    "values": [trial.get("values") for trial in detail["trials"]],
    "directions": detail["directions"],
    "objective_names": detail["objective_names"],
}))
server.shutdown()
