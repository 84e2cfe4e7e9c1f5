#!/usr/bin/env bash
# Puts the Python packages of tests/clients/requirements.txt into a virtual environment, .deps/clients, for the tests
# labelled client. rift itself needs none of them: where pip cannot provide them this says so and ends well, and those
# tests are skipped.
#
#   RIFT_CLIENTS=DIR         an environment of your own that has them; nothing is installed
#   RIFT_CLIENTS_CUDA=1      take the CUDA build of torch (about 3 GB) where pip offers no CPU build
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
requirements=$root/tests/clients/requirements.txt
folder=$root/.deps/clients
log=$root/.deps/clients.log

say() { printf 'clients: %s\n' "$*"; }
give_up() {
  rm -rf "$folder.new"
  say "$*"
  say "tests labelled client will be skipped"
  exit 0
}

if [[ -n ${RIFT_CLIENTS-} ]]; then
  say "using $RIFT_CLIENTS"
  exit 0
fi
digest=$(sha256sum <"$requirements")
if [[ -x $folder/bin/python && $(cat "$folder/requirements.sha256" 2>/dev/null) == "$digest" ]]; then
  say "everything is in place"
  exit 0
fi

mkdir -p "$root/.deps"
exec 9>"$root/.deps/clients.lock"
flock 9
rm -rf "$folder.new"
python3 -m venv --without-pip "$folder.new" >"$log" 2>&1 || give_up "python3 -m venv failed; see $log"
install=(python3 -m pip --disable-pip-version-check --python "$folder.new/bin/python" install -q --find-links "$root/.deps/cache"
  -r "$requirements")
if [[ -z ${RIFT_CLIENTS_CUDA-} ]]; then
  constraint=$(mktemp)
  trap 'rm -f "$constraint"' EXIT
  sed -n 's/^torch==.*/&+cpu/p' "$requirements" >"$constraint"
  install+=(--only-binary=:all: --constraint "$constraint")
fi
say "installing $(grep -c '==' "$requirements") packages into .deps/clients (about 0.2 GB to download, 0.4 GB with torch)"
"${install[@]}" >>"$log" 2>&1 || give_up "pip cannot provide tests/clients/requirements.txt: $(grep -m 1 '^ERROR' "$log" | cut -c 1-160)
clients: the whole message is in $log; RIFT_CLIENTS_CUDA=1 also takes the CUDA build of torch (about 3 GB)"
rm -rf "$folder"
mv "$folder.new" "$folder"
echo "$digest" >"$folder/requirements.sha256"
say "everything is in place"
