"""The machine that a figure was measured on, and the file of results that is kept for it."""

import json
import os
import pathlib
import platform
import re
import resource
import time


class Load:
    """CPU seconds of the whole machine and of our finished children, from now on."""

    def __init__(self):
        self.start = self.now()

    @staticmethod
    def now():
        ticks = pathlib.Path("/proc/stat").read_text().splitlines()[0].split()
        total = sum(int(ticks[i]) for i in (1, 2, 3, 6, 7)) / os.sysconf("SC_CLK_TCK")  # user, nice, system, interrupts
        own = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return total, own, time.monotonic()

    def busy_of_others(self):
        """Cores that other processes used since the start, on average."""
        total, own, clock = (now - then for now, then in zip(self.now(), self.start))
        return max(0.0, total - own) / max(clock, 1e-9)


def cpu_info(key):
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.split(":")[0].strip() == key:
            return line.split(":", 1)[1].strip()
    return ""


def cpu_name():
    return re.sub(r"\s+", " ", re.sub(r"\((R|TM)\)| CPU|@.*", "", cpu_info("model name"))).strip() or "unknown"


def has_amx():
    return "amx_bf16" in cpu_info("flags").split()


def cores():
    return len(os.sched_getaffinity(0))


def memory_gib():
    for line in pathlib.Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemTotal"):
            return round(int(line.split()[1]) / 2**20, 1)
    return 0.0


def system():
    release = pathlib.Path("/etc/os-release")
    names = dict(line.split("=", 1) for line in release.read_text().splitlines() if "=" in line) if release.exists() else {}
    return f"{names.get('PRETTY_NAME', 'Linux').strip(chr(34))}, Linux {platform.release().split('-')[0]}"


def facts(rift):
    """What one JSON of `rift bench` and the system say of the machine."""
    environment = rift["environment"]
    return {"cpu": cpu_name(), "cores": cores(), "memory_gib": memory_gib(), "instruction_set": rift["instruction_set"],
            "has_amx": has_amx(), "system": system(), "rift": environment["rift"], "libtorch": environment["libtorch"],
            "compiler": environment["compiler"]}


def slug(description):
    """Name of the machine's file: "amd-epyc-avx512-bf16-2-cores"."""
    instructions = "amx" if description["has_amx"] else description["instruction_set"]
    words = f"{description['cpu']} {instructions} {description['cores']} cores"
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def read_results(path):
    """The machine's description and its lines by the name of the bench."""
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return records[0]["machine"], {record["bench"]: record for record in records[1:]}


def write_results(folder, description, lines, kind=""):
    """Puts `lines` in the place of older ones of their benches, below the machine's description: <machine><kind>.jsonl."""
    path = folder / f"{slug(description)}{kind}.jsonl"
    kept = read_results(path)[1] if path.exists() else {}
    kept |= {line["bench"]: line for line in lines}
    records = [{"machine": description}, *(kept[name] for name in sorted(kept))]
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path
