#!/usr/bin/env bash
# Puts Python packages into a virtual environment. rift itself needs none of them: where pip cannot provide them this
# says so and ends well.
#
#   setup_clients.sh          tests/clients/requirements.txt into .deps/clients, for the tests labelled client, which are
#                             skipped without it; tests/clients/apart.txt into a folder of its own inside
#   setup_clients.sh bench    benchmarks/requirements.txt into .deps/bench, for benchmarks/pair.py
#
#   RIFT_CLIENTS=DIR          an environment of your own for the tests; nothing is installed for them
#   RIFT_CLIENTS_CUDA=1       take the CUDA build of torch (about 3 GB) where pip offers no CPU build
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
name=${1:-clients}
pins=$root/tests/clients/requirements.txt
apart=$root/tests/clients/apart.txt
case $name in
  clients) requirements=$pins without="tests labelled client will be skipped" size="0.2 GB to download, 0.4 GB" ;;
  bench) requirements=$root/benchmarks/requirements.txt without="benchmarks cannot run" size="0.3 GB to download, 0.5 GB" ;;
  *) echo "setup_clients.sh: expected nothing or bench, got '$name'" >&2 && exit 2 ;;
esac
folder=$root/.deps/$name
log=$root/.deps/$name.log

say() { printf '%s: %s\n' "$name" "$*"; }
give_up() {
  rm -rf "$folder.new"
  say "$*"
  say "$without"
  exit 0
}

if [[ $name == clients && -n ${RIFT_CLIENTS-} ]]; then
  say "using $RIFT_CLIENTS"
  exit 0
fi
if [[ $name == clients ]]; then digest=$(cat "$pins" "$apart" | sha256sum); else digest=$(cat "$requirements" "$pins" | sha256sum); fi
if [[ -x $folder/bin/python && $(cat "$folder/requirements.sha256" 2>/dev/null) == "$digest" ]]; then
  say "everything is in place"
  exit 0
fi

mkdir -p "$root/.deps"
exec 9>"$root/.deps/$name.lock"
flock 9
rm -rf "$folder.new"
python3 -m venv --without-pip "$folder.new" >"$log" 2>&1 || give_up "python3 -m venv failed; see $log"
pip=(python3 -m pip --disable-pip-version-check --python "$folder.new/bin/python" install -q --find-links "$root/.deps/cache")
install=("${pip[@]}" -r "$requirements")
if [[ -z ${RIFT_CLIENTS_CUDA-} ]]; then
  constraint=$(mktemp)
  trap 'rm -f "$constraint"' EXIT
  sed -n 's/^torch==.*/&+cpu/p' "$pins" >"$constraint"
  install+=(--only-binary=:all: --constraint "$constraint")
fi
say "installing the packages of ${requirements#"$root/"} into .deps/$name (about $size with torch)"
"${install[@]}" >>"$log" 2>&1 || give_up "pip cannot provide ${requirements#"$root/"}: $(grep -m 1 '^ERROR' "$log" | cut -c 1-160)
$name: the whole message is in $log; RIFT_CLIENTS_CUDA=1 also takes the CUDA build of torch (about 3 GB)"
if [[ $name == clients ]]; then
  "${pip[@]}" --only-binary=:all: --no-deps --target "$folder.new/apart" -r "$apart" >>"$log" 2>&1 ||
    give_up "pip cannot provide ${apart#"$root/"}; see $log"
fi
rm -rf "$folder"
mv "$folder.new" "$folder"
echo "$digest" >"$folder/requirements.sha256"
say "everything is in place"
