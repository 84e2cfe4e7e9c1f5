"""benchmarks/linear.py with a rift that is a small script: which rows it is given, and what a point says."""

import contextlib
import gzip
import io
import json
import pathlib
import stat
import sys
import tempfile
import unittest
from unittest import mock

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPOSITORY / "benchmarks"))

import linear  # noqa: E402
import machine  # noqa: E402

# A word is a token; every token takes a millisecond.
RIFT = """\
#!{python}
import json, pathlib, sys
words = sys.argv[1:]
def value(flag): return words[words.index(flag) + 1]
sets = dict(word.split("=") for word in words if "=" in word)
rows = int(value("--rows"))
tokens = 75 * rows
if rows == 0:
    lengths = [len(json.loads(line)["desc"].split()) for line in open(words[1])]
    rows, tokens = len(lengths), sum(min(length, int(sets["model.text.max_tokens"])) for length in lengths) - {lost}
    assert len(lengths) % int(sets["optim.batch_rows"]) == 0
part = {{"rows": rows, "tokens": tokens, "tokens_per_second": 1000.0, "peak_memory_mib": 500.0}}
score = value("--parts") == "score"
print(json.dumps({{"environment": {{"rift": "0.1.0", "libtorch": "2", "compiler": "g++"}}, "instruction_set": "avx2",
    "score" if score else "train": part | {{"distinct_rows": rows - {repeated}}} if score else [part]}}))
"""


class Linear(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        with gzip.open(self.folder / "data.csv.gz", "wt", encoding="utf-8") as file:
            file.write("id,desc\n1,\n" + "".join(f'{i},"Loan {i} - for a car, & a roof!"\n' for i in range(50)))

    def run_linear(self, *arguments, busy=0.0, lost=0, repeated=0):
        """Exit status, printed lines, what was said."""
        rift = self.folder / "rift"
        rift.write_text(RIFT.format(python=sys.executable, lost=lost, repeated=repeated))
        rift.chmod(rift.stat().st_mode | stat.S_IXUSR)
        places = ["--data", self.folder / "data.csv.gz", "--model", self.folder, "--rift", rift, "--results",
                  self.folder / "results"]
        out, err = io.StringIO(), io.StringIO()
        with mock.patch.object(sys, "argv", ["linear.py", *map(str, places), *arguments]), \
                mock.patch.object(machine.Load, "busy_of_others", lambda _: busy), \
                contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = linear.main()
        return status, [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue()

    def test_points_are_of_more_rows_and_of_longer_rows(self):
        status, lines, _ = self.run_linear()
        self.assertEqual(status, 0)
        by_name = {line["bench"]: line for line in lines}
        self.assertEqual([by_name[f"linear_rows_score_{times}x_f32"]["rows"] for times in (1, 4, 16)], [256, 1024, 4096])
        lengths = [by_name[f"linear_length_train_{length}_f32"] for length in linear.LENGTHS]
        self.assertEqual({line["tokens"] for line in lengths}, {linear.TOKENS["train"]})
        self.assertEqual([line["rows"] * line["length"] for line in lengths], [linear.TOKENS["train"]] * 5)
        self.assertEqual(lengths[0]["seconds"], linear.rounded(lengths[0]["tokens"] / 1000))

    def test_results_are_kept_beside_those_of_pairs(self):
        _, lines, _ = self.run_linear("--divide", "8")
        _, more, _ = self.run_linear("--divide", "8", "--precision", "bf16")
        (path,) = (self.folder / "results").iterdir()
        self.assertTrue(path.name.endswith("-linear.jsonl"))
        self.assertEqual(set(machine.read_results(path)[1]), {line["bench"] for line in lines + more})

    def test_rows_that_lack_tokens_or_repeat_are_no_result(self):
        for fault, said in (({"lost": 1}, "were asked for"), ({"repeated": 20}, "rows repeat")):
            status, _, err = self.run_linear("--divide", "8", **fault)
            self.assertEqual(status, 1)
            self.assertIn(said, err)
        self.assertFalse((self.folder / "results").exists())

    def test_a_disturbed_point_is_measured_again_and_says_how_busy_it_was(self):
        _, lines, said = self.run_linear("--divide", "8", busy=0.7)
        self.assertIn("once more", said)
        self.assertEqual({line["busy"] for line in lines}, {0.7})

    def test_what_is_missing_is_named(self):
        (self.folder / "data.csv.gz").unlink()
        status, (line,), _ = self.run_linear()
        self.assertEqual(status, 0)
        self.assertIn("RIFT_TEST_DATA", line["skipped"])


if __name__ == "__main__":
    unittest.main()
