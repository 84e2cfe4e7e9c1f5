"""The rules that check_includes.py holds the sources to: the table of rooms and the places of third-party headers.

The table of rooms is the one in docs/architecture.md; tests/tools/check_includes_test.py compares the two.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Room:
    """A folder under src/rift. `includes`: rooms whose headers its files may include. `torch`: no, aten or yes."""

    tier: int
    includes: frozenset
    torch: str = "no"


def _room(tier, includes="", torch="no"):
    return Room(tier, frozenset(includes.split()), torch)


def _rooms_up_to(table, tier):
    return frozenset(name for name, room in table.items() if room.tier <= tier)


def _build_rooms():
    table = {
        "base": _room(0),
        "data": _room(1, "base"),
        "encode": _room(1, "base data"),
        "metrics": _room(1, "base"),
        "privacy": _room(1, "base"),
        "score": _room(1, "base data metrics"),
        "classic": _room(1, "base data encode metrics score"),
        "store": _room(1, "base"),
        "report": _room(1, "base"),
        "checkpoint/format": _room(1, "base"),
        "hub": _room(1, "base"),
        "search": _room(1, "base"),
        "nn/kernels": _room(1, "base"),
        "nn/engine": _room(1, "base nn/kernels"),
        "tensor": _room(2, "base", torch="aten"),
        "checkpoint": _room(2, "base tensor checkpoint/format", torch="aten"),
        "nn": _room(2, "base tensor nn/kernels nn/engine", torch="yes"),
        "models": _room(2, "base tensor checkpoint checkpoint/format nn", torch="yes"),
        "tuning": _room(2, "base tensor checkpoint nn models", torch="yes"),
        "objective": _room(2, "base tensor privacy", torch="yes"),
        "optim": _room(2, "base tensor privacy nn/kernels", torch="yes"),
    }
    lower = _rooms_up_to(table, 2)
    judges = "base data metrics score report store"
    table |= {
        "package/format": _room(3, "base data encode metrics score classic"),
        "package": Room(3, lower | {"package/format"}, "yes"),
        "train": Room(3, lower | {"package", "package/format"}, "yes"),
        "validate": _room(3, judges + " classic"),
        "explain": _room(3, judges),
        "monitor": _room(3, judges),
        "study": _room(4, "base data metrics score classic validate report train package package/format search"),
        "serve": _room(4, "base data score store explain monitor"),
    }
    table["cli"] = Room(5, frozenset(table), "no")
    return table


ROOMS = _build_rooms()


@dataclasses.dataclass(frozen=True)
class Place:
    """Where headers that begin with `prefix` may be included: folders (ending in /) or single files under src/rift.

    An empty `places` forbids the header everywhere, `None` allows it everywhere; `why` ends the message. A test may
    include what the room of its folder may.
    """

    prefix: str
    places: tuple | None
    why: str


# First match wins. torch's own headers are held to the rooms' `torch` column instead (TORCH_PREFIXES).
THIRD_PARTY = (
    Place("torch/torch.h", (), "it costs 13 s a file; include <ATen/ops/x.h> or <torch/csrc/autograd/x.h>"),
    Place("torch/extension.h", (), "it needs Python"),
    Place("fmt/", None, ""),
    Place("nlohmann/", ("base/json_read.cc",), "use rift/base/json.h"),
    Place("yaml-cpp/", ("base/yaml.cc",), "use rift/base/json.h or options.h"),
    Place("spdlog/", ("base/log.cc",), "use rift/base/log.h"),
    Place("CLI/", ("cli/",), "the command line is read in cli/ only"),
    Place("sqlite3.h", ("base/sqlite.cc",), "use rift/base/sqlite.h"),
    Place("duckdb.h", ("data/",), "data/ is the only reader"),
    Place("zlib.h", ("data/gzip_check.cc",), "whether a gzip file is whole is told by data/gzip_check.h"),
    Place("curl/", ("hub/http_client.cc",), "hub/http_client.h is the only code that opens a connection"),
    Place("LightGBM/", ("classic/",), "GBDT lives in classic/"),
    Place(
        "Eigen/",
        ("classic/", "score/", "metrics/transferability.cc"),
        "dense algebra without torch is needed in classic/, score/ and for scores of features only",
    ),
    Place("unicode/", ("encode/text/",), "Unicode rules are offered by encode/text/"),
    Place("omp.h", ("base/threads.cc",), "base/threads owns the thread settings"),
    Place(
        "cpuid.h",
        ("base/sha256_x86.cc", "package/format/environment.cc", "nn/kernels/"),
        "the hash, the manifest and the kernels ask for CPU features",
    ),
    Place("immintrin.h", ("base/sha256_x86.cc", "nn/kernels/"), "vector code lives in nn/kernels/ and the hash"),
)
TORCH_PREFIXES = {"ATen/": "aten", "c10/": "aten", "caffe2/": "aten", "torch/headeronly/": "aten", "torch/": "yes"}
TEST_PREFIXES = ("gtest/", "gmock/", "benchmark/")

# Headers of the operating system that end in .h; C++ headers have no suffix and need no entry.
SYSTEM_PREFIXES = ("sys/", "linux/", "netinet/", "arpa/")
SYSTEM_HEADERS = frozenset(
    "dirent.h dlfcn.h errno.h fcntl.h fenv.h fnmatch.h glob.h grp.h link.h malloc.h netdb.h poll.h pthread.h pwd.h sched.h "
    "signal.h "
    "spawn.h stdio.h stdlib.h string.h termios.h time.h unistd.h".split()
)
