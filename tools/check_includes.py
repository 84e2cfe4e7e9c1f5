#!/usr/bin/env python3
"""Holds the sources to the architecture: one line per fault on stderr, exit 1 when there is any.

Checked are: every include between rooms against the table of rooms (tools/rooms.py), cycles between files, LibTorch
reaching a room that must do without it (through any chain of headers), third-party headers outside their place, the
ROOMS list of each room's CMakeLists.txt against what the room really includes, and the length of files.

Usage: check_includes.py [ROOT]          ROOT: the repository, default the one this file lies in
"""

import pathlib
import re
import sys

from rooms import ROOMS, SYSTEM_HEADERS, SYSTEM_PREFIXES, TEST_PREFIXES, THIRD_PARTY, TORCH_PREFIXES

MAX_LINES = 600
SOURCE_FOLDERS = ("src", "tests", "benchmarks", "examples", "tools", "scripts", "cmake")
CXX = {".h", ".cc"}
COUNTED = CXX | {".inc", ".py", ".sh", ".cmake"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)')
TORCH_RANK = {"no": 0, "aten": 1, "yes": 2}


class Source:
    """One C++ file: its path in the repository, its room, whether it is product code, and what it includes."""

    def __init__(self, root, path):
        self.path = path.relative_to(root).as_posix()
        self.product = self.path.startswith("src/rift/")
        parts = self.path.split("/")
        self.inner = "/".join(parts[2:] if self.product else parts[1:])  # path below src/rift, tests or benchmarks
        self.room = room_of(self.inner)
        self.includes = []  # (line number, header, quoted)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if match := INCLUDE.match(line):
                self.includes.append((number, match[1] or match[2], match[1] is not None))


def room_of(inner):
    """The room with the longest name that holds `inner` (a path below src/rift), None when it lies in no room."""
    owners = [name for name in ROOMS if inner.startswith(name + "/")]
    return max(owners, key=len, default=None)


def rift_target(header):
    """'base/json.h' for "rift/base/json.h", None for headers of others."""
    return header[len("rift/"):] if header.startswith("rift/") else None


def torch_need(header):
    """What LibTorch access a header asks for: no, aten or yes."""
    needs = [need for prefix, need in TORCH_PREFIXES.items() if header.startswith(prefix)]
    return needs[0] if needs else "no"


def check_rift_include(source, where, header, quoted, known):
    target = rift_target(header)
    if not quoted:
        yield f'{where}: write #include "{header}", with quotes'
    if target not in known:
        yield f"{where}: there is no src/rift/{target}"
        return
    room = room_of(target)
    if source.product and source.room and room and room != source.room:
        if room not in ROOMS[source.room].includes:
            allowed = " ".join(sorted(ROOMS[source.room].includes)) or "no other room"
            yield f"{where}: room {source.room} may not include room {room} (allowed: {allowed})"


def check_foreign_include(source, where, header):
    for place in THIRD_PARTY:
        if not header.startswith(place.prefix):
            continue
        if place.places is not None and not any(
            source.inner == p if not p.endswith("/") else source.inner.startswith(p) for p in place.places
        ):
            allowed = " ".join(place.places) or "nowhere"
            yield f"{where}: <{header}> is allowed in: {allowed}; {place.why}"
        return
    need = torch_need(header)
    if need != "no":
        have = ROOMS[source.room].torch if source.room else "yes"
        if TORCH_RANK[need] > TORCH_RANK[have]:
            yield f"{where}: <{header}> in a room whose LibTorch column says '{have}'"
        return
    if header.startswith(TEST_PREFIXES):
        if source.product:
            yield f"{where}: <{header}> belongs in tests/ or benchmarks/"
        return
    is_cpp = "." not in header.rsplit("/", 1)[-1] and "/" not in header
    if not is_cpp and header not in SYSTEM_HEADERS and not header.startswith(SYSTEM_PREFIXES):
        yield f"{where}: <{header}> has no place yet: give it one in tools/rooms.py"


def check_includes(sources):
    """Every include of every file against the tables."""
    known = {s.inner for s in sources if s.product}
    for source in sources:
        if source.product and source.room is None:
            yield f"{source.path}: lies in no room of tools/rooms.py"
        for number, header, quoted in source.includes:
            where = f"{source.path}:{number}"
            if rift_target(header) is not None:
                yield from check_rift_include(source, where, header, quoted, known)
            elif not quoted:
                yield from check_foreign_include(source, where, header)
            elif source.product:
                yield f'{where}: "{header}" is not written from the root ("rift/<room>/x.h") nor as <{header}>'


def edges_of(sources):
    """inner path of a product file -> inner paths it includes."""
    graph = {s.inner: [rift_target(h) for _, h, _ in s.includes if rift_target(h)] for s in sources if s.product}
    return {name: [t for t in targets if t in graph] for name, targets in graph.items()}


def check_cycles(sources):
    """Headers that include each other; each cycle is reported once, by its first file in the alphabet."""
    graph = edges_of(sources)
    state = {}  # 1 = on the path, 2 = done
    for start in sorted(graph):
        if start in state:
            continue
        path, stack = [start], [iter(graph[start])]
        state[start] = 1
        while stack:
            target = next(stack[-1], None)
            if target is None:
                state[path.pop()] = 2
                stack.pop()
            elif state.get(target) == 1:
                yield "cycle of includes: " + " -> ".join(path[path.index(target):] + [target])
            elif target not in state:
                state[target] = 1
                path.append(target)
                stack.append(iter(graph[target]))


def check_torch_reach(sources):
    """A file of a room without LibTorch from which some chain of headers leads to a header of LibTorch."""
    graph = edges_of(sources)
    sees_torch = {s.inner for s in sources if s.product and any(torch_need(h) != "no" for _, h, _ in s.includes)}
    for source in sources:
        if not source.product or source.room is None or ROOMS[source.room].torch != "no" or source.inner in sees_torch:
            continue
        chains = [[source.inner]]
        visited = {source.inner}
        while chains:
            chain = chains.pop(0)
            if chain[-1] in sees_torch:
                yield f"{source.path}: sees LibTorch through " + " -> ".join(chain[1:])
                break
            for target in graph[chain[-1]]:
                if target not in visited:
                    visited.add(target)
                    chains.append(chain + [target])


def declared_rooms(text):
    """(name, ROOMS) of each rift_room(...) in a CMakeLists.txt."""
    text = re.sub(r"#.*", "", text)
    for body in re.findall(r"\brift_room\(([^()]*)\)", text):
        words = body.split()
        rooms, inside = set(), False
        for word in words[1:]:
            if word in ("SOURCES", "ROOMS", "LIBS", "PRIVATE_LIBS"):
                inside = word == "ROOMS"
            elif inside:
                rooms.add(word)
        yield words[0], rooms


def check_cmake(root, sources):
    """ROOMS of each room's CMakeLists.txt = the rooms that its files include."""
    with_target = {name for name in ROOMS if (root / "src/rift" / name / "CMakeLists.txt").exists()}
    for name in sorted(ROOMS):
        files = [s for s in sources if s.product and s.room == name]
        where = f"src/rift/{name}/CMakeLists.txt"
        if name not in with_target:
            if any(s.path.endswith(".cc") for s in files):
                yield f"{where} is missing"
            continue
        used = {room_of(rift_target(h) or "") for s in files for _, h, _ in s.includes}
        used = (used & with_target) - {name}
        targets = dict(declared_rooms((root / where).read_text(encoding="utf-8")))
        if name not in targets:
            yield f"{where}: has no rift_room({name} ...)"
            continue
        for room in sorted(used - targets[name]):
            yield f"{where}: ROOMS lacks {room}, which its files include"
        for room in sorted(targets[name] - used):
            yield f"{where}: ROOMS lists {room}, which no file of it includes"


def check_lengths(root):
    for folder in SOURCE_FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and (path.suffix in COUNTED or path.name == "CMakeLists.txt"):
                lines = path.read_bytes().count(b"\n")
                if lines > MAX_LINES:
                    name = path.relative_to(root).as_posix()
                    yield f"{name}: {lines} lines (limit {MAX_LINES}): which two concepts live in it?"


def read_sources(root):
    folders = [root / "src/rift", root / "tests", root / "benchmarks"]
    paths = sorted(p for folder in folders for p in folder.rglob("*") if p.suffix in CXX and p.is_file())
    return [Source(root, path) for path in paths]


def faults(root):
    """Every fault of the tree under `root`, in a fixed order."""
    sources = read_sources(root)
    return [
        *check_includes(sources),
        *check_cycles(sources),
        *check_torch_reach(sources),
        *check_cmake(root, sources),
        *check_lengths(root),
    ]


def main(arguments):
    root = pathlib.Path(arguments[1] if len(arguments) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    if not (root / "src/rift").is_dir():
        print(f"check_includes: {root} holds no src/rift", file=sys.stderr)
        return 2
    found = faults(root)
    for line in found:
        print(line, file=sys.stderr)
    files = len(read_sources(root))
    print(f"check_includes: {files} files, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
