"""tools/fuzz.py counts what its targets say and goes on after a finding; docs/fuzzing.md names every target."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent

# Says what libFuzzer says; the first run of `breaks` finds a crash, each of `breaks_again` the same one, `lame` does not
# start, `idle` reads nothing.
TARGET = """#!/bin/sh
for word in "$@"; do
  case $word in -artifact_prefix=*) work=${word#*=} ;; esac
done
case $0 in
*_lame) exit 1 ;;
*_idle) exit 0 ;;
*_breaks_again)
  : > "${work}crash-0"
  exit 77 ;;
esac
echo "#2\\tINITED cov: 10 ft: 11 corp: 1/1b exec/s: 0 rss: 30Mb"
case $0 in *_breaks)
  if ! [ -e "${work}crash-1" ]; then
    echo "#100\\tNEW    cov: 12 ft: 15 corp: 2/3b lim: 4 exec/s: 0 rss: 40Mb"
    : > "${work}crash-1"
    exit 77
  fi ;;
esac
touch "${work}corpus/input"
echo "#300\\tDONE   cov: 14 ft: 20 corp: 3/9b lim: 4 exec/s: 300 rss: 41Mb"
echo "stat::number_of_executed_units: 300"
echo "stat::peak_rss_mb: 42"
"""


class Fuzz(unittest.TestCase):
    def run_tool(self, *words, others=()):
        with tempfile.TemporaryDirectory() as folder:
            programs = pathlib.Path(folder) / "programs"
            programs.mkdir()
            for name in ("sound", "breaks", "json", *others):
                program = programs / f"fuzz_{name}"
                program.write_text(TARGET)
                os.chmod(program, 0o755)
            for old in others:  # found by an earlier run
                (pathlib.Path(folder) / "work" / old).mkdir(parents=True)
                (pathlib.Path(folder) / "work" / old / "crash-0").touch()
            return subprocess.run([sys.executable, "-B", "tools/fuzz.py", "--programs", programs, "--work",
                                   pathlib.Path(folder) / "work", "--seconds", "5", *words], cwd=REPOSITORY,
                                  capture_output=True, text=True, check=False)

    def test_a_line_says_what_a_target_did(self):
        run = self.run_tool("sound")
        self.assertEqual(run.returncode, 0, run.stderr)
        line = json.loads(run.stdout)
        self.assertLess(line.pop("seconds"), 5)
        self.assertEqual(line, {"target": "sound", "inputs": 300, "coverage": 14, "features": 20, "corpus": 1,
                                "memory_mb": 42, "findings": []})

    def test_after_a_finding_the_target_goes_on(self):
        run = self.run_tool("breaks")
        self.assertEqual(run.returncode, 1)
        line = json.loads(run.stdout)
        self.assertEqual((line["inputs"], line["coverage"], line["findings"]), (400, 14, ["crash-1"]))

    def test_what_an_earlier_run_found_counts_when_it_is_found_again(self):
        run = self.run_tool("breaks_again", others=["breaks_again"])
        self.assertEqual(run.returncode, 1)
        self.assertEqual(json.loads(run.stdout)["findings"], ["crash-0"])

    def test_a_target_that_does_not_run_is_no_target_without_findings(self):
        for name, why in (("lame", "ended with status 1"), ("idle", "has read no input")):
            run = self.run_tool(name, others=[name])
            self.assertIn(f"fuzz: {name} {why}", run.stderr)
            self.assertEqual((run.returncode, run.stdout), (1, ""))

    def test_all_targets_run_with_the_readers_of_checkpoints_first(self):
        lines = [json.loads(line) for line in self.run_tool().stdout.splitlines()]
        self.assertEqual([line["target"] for line in lines], ["json", "breaks", "sound"])

    def test_an_unknown_target_is_named(self):
        run = self.run_tool("other")
        self.assertIn("has no fuzz_other", run.stderr)
        self.assertEqual((run.returncode, run.stdout), (1, ""))


class Documents(unittest.TestCase):
    def test_every_target_stands_in_the_page(self):
        built = re.findall(r"^rift_fuzz\((\w+) ROOMS", (REPOSITORY / "tests/fuzz/CMakeLists.txt").read_text(), re.MULTILINE)
        page = (REPOSITORY / "docs/fuzzing.md").read_text().partition("## Targets")[2].partition("## Record")[0]
        rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
        self.assertEqual(sorted(re.findall(r"`(\w+)`", " ".join(rows))), sorted(built))


if __name__ == "__main__":
    unittest.main()
