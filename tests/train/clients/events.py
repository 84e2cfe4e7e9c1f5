"""DIR/tb read by TensorBoard's EventAccumulator, which checks every checksum: the figures of DIR/log.jsonl and no others."""
import json
import sys
from pathlib import Path

import numpy as np

try:
    from tensorboard.backend.event_processing.event_accumulator import SCALARS, EventAccumulator
except ModuleNotFoundError:
    print("no tensorboard in this environment; tests/clients/requirements.txt names it")
    sys.exit(0)

directory = Path(sys.argv[1])
expected = {}
for line in (directory / "log.jsonl").read_text().splitlines():
    record = json.loads(line)
    parts = {part: record[part] for part in ("validation", "forgetting") if part in record} or {"train": record}
    for part, figures in parts.items():
        for name, value in figures.items():
            if name in ("step", "rows", "tokens") or value is None:
                continue
            expected[part + "/" + name, record["step"]] = float(np.float32(value))

events = EventAccumulator(str(directory / "tb"), size_guidance={SCALARS: 0})
events.Reload()
got = {(tag, e.step): e.value for tag in events.Tags()["scalars"] for e in events.Scalars(tag)}
assert events.file_version == 2.0, events.file_version
assert got == expected, (len(got), len(expected), sorted(set(got.items()) ^ set(expected.items()))[:8])
print(len(got), "figures are those of log.jsonl")
