#!/usr/bin/env python3
"""german.data (space separated, no header) -> german.csv: the same rows in the same order under a header.

The repository holds both; run this from the folder of the two files to make the second again.
"""

import csv

COLUMNS = [f"A{number}" for number in range(1, 21)] + ["class"]

with open("german.data", encoding="ascii") as source, open("german.csv", "w", encoding="ascii", newline="") as target:
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, line in enumerate(source, 1):
        values = line.split()
        if len(values) != len(COLUMNS):
            raise SystemExit(f"german.data:{number}: expected {len(COLUMNS)} values, got {len(values)}")
        writer.writerow(values)
