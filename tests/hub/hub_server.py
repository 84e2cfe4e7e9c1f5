#!/usr/bin/env python3
"""A hub of models on 127.0.0.1 for tests: the API that huggingface_hub 0.36 uses, a second port as the place where large
files lie, and faults on request.

Usage: hub_server.py ROOT LOG [PEM]        prints the port of the API, ends when its standard input does; with a
certificate and its key in the file PEM it speaks https

ROOT/<name>/... are the files of every model */<name>. The other part of a model's name says what goes wrong: org/tower is
served well, busy/tower answers 503 twice, and so on (FAULTS). Files of more than 200 bytes that end in .safetensors or .bin
are of LFS: named by SHA-256, served through a redirect to the second port. LOG gets a line for each request:
<api or cdn> <method> <path> range=<Range> token=<Authorization>.
"""

import collections
import hashlib
import http.server
import json
import os
import pathlib
import ssl
import sys
import threading
import time
import urllib.parse

TOKEN = "Bearer hf_secret"
FAULTS = ("busy", "wait", "cut", "cut-once", "corrupt", "short", "long", "norange", "loop", "outside", "gated", "private",
          "html", "nohash", "elsewhere", "slow", "down", "forever", "port", "moved", "renamed")

root, log = pathlib.Path(sys.argv[1]), open(sys.argv[2], "a", buffering=1)
counts = collections.Counter()
guard = threading.Lock()


def files_of(name):
    folder = root / name
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def is_lfs(name, data):
    return len(data) > 200 and name.endswith((".safetensors", ".bin"))


def digest_of(name, data):
    if is_lfs(name, data):
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def commit_of(name):
    return hashlib.sha1("".join(n + digest_of(n, d) for n, d in files_of(name).items()).encode()).hexdigest()


def listing(fault, name):
    siblings = []
    for file, data in files_of(name).items():
        entry = {"rfilename": file, "size": len(data), "blobId": hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()}
        if is_lfs(file, data):
            entry["lfs"] = {"sha256": digest_of(file, data), "size": len(data), "pointerSize": 134}
        siblings.append(entry)
    if fault == "outside":
        siblings.append({"rfilename": "../../outside", "size": 1, "blobId": "0" * 40})
    if fault == "nohash":
        for entry in siblings:
            del entry["blobId"]
    return {"id": f"{'org' if fault == 'renamed' else fault}/{name}", "sha": commit_of(name), "private": False, "siblings": siblings, "tags": []}


def counted(*key):
    with guard:
        counts[key] += 1
        return counts[key]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    place = "api"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        log.write(f"{self.place} {self.command} {self.path} range={self.headers.get('Range')} "
                  f"token={self.headers.get('Authorization')}\n")
        path = urllib.parse.urlsplit(self.path).path
        parts = [urllib.parse.unquote(p) for p in path.split("/")[1:]]
        try:
            self.route(parts)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def route(self, parts):
        if parts[:2] == ["api", "models"] and len(parts) in (4, 6):
            self.serve_listing(parts[2], parts[3], parts[5] if len(parts) == 6 else "main")
        elif len(parts) > 4 and parts[2] == "resolve":
            self.serve_file(parts[0], parts[1], parts[3], "/".join(parts[4:]))
        else:
            self.answer(404)

    def serve_listing(self, fault, name, revision):
        if not (root / name).is_dir():
            return self.answer(401, X_Error_Code="RepoNotFound")
        if revision not in ("main", "feature/x", commit_of(name)):
            return self.answer(404, X_Error_Code="RevisionNotFound")
        if fault == "gated":
            return self.answer(403, X_Error_Code="GatedRepo")
        if fault == "private" and self.headers.get("Authorization") != TOKEN:
            return self.answer(401)
        if fault == "moved":  # as a renamed model: to another place of the API, and from there to another host
            if counted("moved") == 1:
                return self.answer(307, Location=self.path)
            return self.answer(307, Location=f"{scheme}://localhost:{cdn.server_port}{self.path}")
        if fault == "down":
            return self.answer(500)
        if fault == "busy" and counted("busy", "listing") <= 2:
            return self.answer(503)
        if fault == "wait" and counted("wait") == 1:
            return self.answer(429, Retry_After="1")
        if fault == "forever":
            return self.answer(429, Retry_After="100000")
        if fault == "html":
            return self.answer(200, b"<html>sign in first</html>")
        return self.answer(200, json.dumps(listing(fault, name)).encode())

    def serve_file(self, fault, name, revision, file):
        data = files_of(name).get(file)
        if data is None or revision not in ("main", commit_of(name)):
            return self.answer(404, X_Error_Code="EntryNotFound")
        if fault == "private" and self.headers.get("Authorization") != TOKEN:
            return self.answer(401)
        about = {"X_Repo_Commit": commit_of(name), "ETag": f'"{digest_of(file, data)}"'}
        if fault == "loop":
            return self.answer(302, Location=self.path)
        if fault == "elsewhere":
            return self.answer(302, Location="file:///etc/hostname")
        if is_lfs(file, data):
            about |= {"X_Linked_Etag": about["ETag"], "X_Linked_Size": str(len(data))}
            host = "127.0.0.1" if fault == "port" else "localhost"  # that of the API, at another port
            target = f"{scheme}://{host}:{cdn.server_port}/{fault}/{name}/{urllib.parse.quote(file)}?signature=s3cr3t"
            return self.answer(302, Location=target, **about)
        return self.answer(200, data, **about)


class Cdn(Handler):
    place = "cdn"

    def route(self, parts):
        if parts[0] == "api":
            return self.answer(200, json.dumps(listing(parts[2], parts[3])).encode())
        fault, name, file = parts[0], parts[1], "/".join(parts[2:])
        data = files_of(name)[file]
        if fault == "corrupt":
            data = data[:-1] + bytes([data[-1] ^ 1])
        if fault == "short":
            data = data[:-10]
        if fault == "long":
            data += b"more"
        if fault == "busy" and counted("busy", "cdn") <= 2:
            return self.answer(503)
        begin = 0
        if (asked := self.headers.get("Range")) and fault != "norange":
            begin = int(asked.removeprefix("bytes=").split("-")[0])
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - begin))
        self.end_headers()
        if self.command == "HEAD":
            return None
        rest = data[begin:]
        if fault == "cut" or (fault == "cut-once" and counted("cut") == 1):
            rest = rest[: len(rest) // 2 + 1]
            self.close_connection = True
        step = 1000 if fault == "slow" else len(rest) or 1
        for at in range(0, len(rest), step):
            self.wfile.write(rest[at : at + step])
            self.wfile.flush()
            if fault == "slow":
                time.sleep(0.05)
        return None


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


cdn = Server(("127.0.0.1", 0), Cdn)
api = Server(("127.0.0.1", 0), Handler)
scheme = "https" if len(sys.argv) > 3 else "http"
if scheme == "https":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3])
    for server in (cdn, api):
        server.socket = context.wrap_socket(server.socket, server_side=True)
for server in (cdn, api):
    threading.Thread(target=server.serve_forever, daemon=True).start()
print(api.server_port, flush=True)
threading.Timer(300, lambda: os._exit(1)).start()
sys.stdin.read()
os._exit(0)
