"""benchmarks/pair.py with a peer and a rift that are small scripts: which pairs run, what is compared, what is skipped."""

import contextlib
import io
import json
import os
import pathlib
import stat
import sys
import tempfile
import unittest
from unittest import mock

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPOSITORY / "benchmarks"))

import benches  # noqa: E402
import machine  # noqa: E402
import pair  # noqa: E402

# Stands in for the peers' Python: answers by the script's name, and writes its calls down.
PYTHON = """\
#!{python}
import json, os, pathlib, sys
here = pathlib.Path(__file__).resolve().parent
words = sys.argv[1:]
with open(here / "calls", "a") as calls: calls.write(" ".join(pathlib.Path(w).name if "/" in w else w for w in words) + "\\n")
def value(flag): return words[words.index(flag) + 1]
if words[0] == "-c": print(json.dumps(json.loads((here / "packages").read_text())))
elif words[0] == "rows.py": pathlib.Path(value("--out")).write_text("{{}}\\n" * int(value("--rows"))); print("{{}}")
elif "reference_model.py" in words[0]: print(json.dumps({{"logits": [0.5, -0.5]}}))
else:
    speed = json.loads((here / "speeds").read_text())
    name = next((k for k in speed if k in words), "default")
    print(json.dumps({{"args": {{"rows": int(value("--rows"))}}, "peak_rss_mb": 2000, "versions": {{"torch": "2", "nncf": None}},
        "result": {{"rows_per_s": speed[name], "loss_per_epoch": [0.7, 0.6], "logit_corr": 1.0,
                   "rows_per_s_with_tokenizing": speed[name], "p99_ms": 1000 / speed[name],
                   "mb_per_s": 3.0, "fast_mb_per_s": 4.0, "tokens": 9, "ids_sha256_first1000_u32le": "abc"}}}}))
"""
RIFT = """\
#!{python}
import json, pathlib, sys
here = pathlib.Path(__file__).resolve().parent
words = sys.argv[1:]
with open(here / "calls", "a") as calls: calls.write("rift " + " ".join(w for w in words if "/" not in w) + "\\n")
if "train.precision=bf16" in words:
    sys.exit("error: train.precision: this version of rift does not have 'bf16' yet")
answer = json.loads((here / "answer").read_text())
answer["environment"] = {{"rift": "0.1.0", "libtorch": "2", "compiler": "g++"}}
answer["instruction_set"] = "avx2"
print(json.dumps(answer))
"""
ANSWER = {"train": [{"rows": 192, "rows_per_second": 50.0, "peak_memory_mib": 500.0,
                     "epochs": [{"loss": 0.7}, {"loss": 0.61}, {"loss": 0.5}]}],
          "score": {"rows": 512, "distinct_rows": 512, "rows_per_second": 300.0, "first_scores": [0.5, -0.5]},
          "latency": {"p99_ms": 5.0},
          "tokenize": {"ids_sha256": "abcdef", "tokens": 9, "megabytes_per_second": 40.0}}
PACKAGES = ["torch", "transformers", "accelerate", "peft", "tokenizers", "openvino", "onnxruntime", "onnx"]


class Harness(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for name, text in (("python", PYTHON), ("rift", RIFT)):
            path = self.folder / name
            path.write_text(text.format(python=sys.executable))
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
        for name in ("data.csv.gz", "rows.py", "train_hf.py", "score_hf.py", "tokenize_hf.py"):
            (self.folder / name).touch()
        self.give(packages=PACKAGES, speeds={"default": 20.0}, answer=ANSWER)

    def give(self, **files):
        for name, content in files.items():
            (self.folder / name).write_text(json.dumps(content))

    def run_pair(self, *arguments, busy=0.0):
        """Exit status, printed lines, what was said."""
        places = ["--peers", self.folder, "--data", self.folder / "data.csv.gz", "--model", self.folder, "--rift",
                  self.folder / "rift", "--python", self.folder / "python", "--results", self.folder / "results"]
        out, err = io.StringIO(), io.StringIO()
        with mock.patch.object(sys, "argv", ["pair.py", *map(str, places), *arguments]), \
                mock.patch.object(machine.Load, "busy_of_others", lambda _: busy), \
                contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = pair.main()
        return status, [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue()

    def calls(self, word):
        return [line for line in (self.folder / "calls").read_text().splitlines() if word in line]

    def test_a_line_has_both_sides_their_ratio_and_the_target(self):
        status, (line,), _ = self.run_pair("--only", "^train_lora_f32$")
        self.assertEqual(status, 0)
        wanted = {"bench": "train_lora_f32", "peer_value": 20.0, "rift_value": 50.0, "unit": "rows/s", "ratio": 2.5,
                  "ratio_low": 2.5, "ratio_high": 2.5, "target": 2, "pairs": 3, "peer_version": {"torch": "2"}}
        self.assertEqual({key: line[key] for key in wanted}, wanted)
        self.assertEqual(line["cpu"], machine.cpu_name())

    def test_sides_run_in_turn(self):
        self.run_pair("--only", "^train_lora_f32$", "--pairs", "2")
        turns = [line.split()[0] for line in (self.folder / "calls").read_text().splitlines()
                 if line.startswith(("train_hf.py", "rift")) and "--rows 8 " not in line]
        self.assertEqual(turns, ["train_hf.py", "rift", "train_hf.py", "rift"])

    def test_only_the_fastest_of_several_peers_runs_on(self):
        self.give(speeds={"openvino": 100.0, "onnxruntime": 90.0, "eager": 50.0})
        _, (rows, milliseconds), _ = self.run_pair("--only", "^score_f32$")
        self.assertEqual((rows["peer"], rows["ratio"]), ("OpenVINO, f32", 3.0))
        self.assertEqual((milliseconds["peer"], milliseconds["ratio"]), ("OpenVINO, f32", 2.0))
        self.assertEqual([len(self.calls(name)) for name in ("openvino", "onnxruntime", "eager")], [3, 1, 1])

    def test_peak_memory_is_better_when_less(self):
        _, lines, _ = self.run_pair("--only", "^train_full_f32$", "--pairs", "1")
        memory = next(line for line in lines if line["bench"] == "train_full_memory_f32")
        self.assertEqual((memory["peer_value"], memory["rift_value"], memory["ratio"]), (2000.0, 500.0, 4.0))

    def test_a_peer_that_is_not_installed_is_left_out_and_named(self):
        self.give(packages=[name for name in PACKAGES if name != "openvino"])
        status, lines, said = self.run_pair("--only", "^score_f32$", "--pairs", "1")
        self.assertEqual((status, lines[0]["peer"]), (0, "ONNX Runtime, f32"))
        self.assertIn("OpenVINO, f32: openvino not installed (make bench-setup)", said)

    def test_without_any_peer_a_line_is_skipped(self):
        self.give(packages=["torch"])
        status, lines, _ = self.run_pair("--only", "^train_lora_f32$")
        self.assertEqual((status, lines), (0, [{"bench": "train_lora_f32", "skipped": mock.ANY}]))
        self.assertIn("accelerate, peft, transformers not installed", lines[0]["skipped"])

    def test_without_scripts_or_python_every_line_is_skipped(self):
        (self.folder / "rows.py").unlink()
        status, lines, _ = self.run_pair("--only", "f32")
        self.assertEqual(status, 0)
        self.assertTrue(all("no peers' scripts" in line["skipped"] for line in lines) and len(lines) > 5)
        (self.folder / "python").unlink()
        self.assertIn("make bench-setup", self.run_pair("--only", "f32")[1][0]["skipped"])

    def test_a_precision_that_rift_refuses_is_skipped_with_its_words(self):
        status, lines, _ = self.run_pair("--only", "bf16")
        self.assertEqual(status, 0)
        self.assertTrue(all("does not have 'bf16' yet" in line["skipped"] for line in lines))
        self.assertFalse((self.folder / "results").exists())

    def test_answers_that_differ_are_no_result(self):
        for changed, said in (({"train": [ANSWER["train"][0] | {"epochs": [{"loss": 0.7}, {"loss": 0.3}]}]}, "losses differ"),
                              ({"train": [ANSWER["train"][0] | {"rows": 190}]}, "not the same rows")):
            self.give(answer=ANSWER | changed)
            status, lines, err = self.run_pair("--only", "^train_lora_f32$")
            self.assertEqual((status, lines), (1, []))
            self.assertIn(said, err)
        self.give(answer=ANSWER | {"tokenize": ANSWER["tokenize"] | {"ids_sha256": "other"}})
        self.assertIn("ids differ", self.run_pair("--only", "tokenize_1")[2])
        self.give(answer=ANSWER | {"score": ANSWER["score"] | {"first_scores": [0.5, -0.4]}})
        self.assertIn("scores differ from transformers' by 0.1", self.run_pair("--only", "^score_f32$")[2])

    def test_a_disturbed_pair_runs_again_and_the_line_says_how_busy_it_was(self):
        _, (line,), said = self.run_pair("--only", "^train_lora_f32$", "--pairs", "1", "--retries", "2", busy=0.8)
        self.assertEqual((line["busy"], line["pairs"]), (0.8, 1))
        self.assertEqual(len(self.calls("train_hf.py")), 3)
        self.assertIn("once more", said)

    def test_where_time_runs_short_one_pair_is_left(self):
        _, (line,), _ = self.run_pair("--only", "^train_lora_f32$", "--minutes", "0.0001", busy=0.8)
        self.assertEqual((line["pairs"], len(self.calls("train_hf.py"))), (1, 1))

    def test_the_results_of_a_machine_are_kept_by_bench(self):
        self.run_pair("--only", "^train_lora_f32$", "--pairs", "1")
        self.run_pair("--only", "tokenize_2", "--pairs", "1")
        self.give(speeds={"default": 25.0})
        self.run_pair("--only", "^train_lora_f32$", "--pairs", "1")
        (path,) = (self.folder / "results").iterdir()
        description, lines = machine.read_results(path)
        self.assertEqual({name: line["ratio"] for name, line in lines.items()},
                         {"train_lora_f32": 2.0, "tokenize_2_threads": 10.0})
        self.assertEqual((description["cores"], description["rift"]), (len(os.sched_getaffinity(0)), "0.1.0"))

    def test_unclipped_lines_leave_both_sides_unclipped(self):
        self.run_pair("--only", "^train_full_unclipped_f32$", "--pairs", "1")
        self.assertEqual(len(self.calls("unclipped.py train_hf.py")), 1)
        self.assertEqual(len(self.calls("optim.clip_norm=0")), 1)


class Table(unittest.TestCase):
    def line(self, name):
        return next(line for bench in benches.benches() for line in bench.lines if line.name == name)

    def test_names_are_there_once(self):
        names = [line.name for bench in benches.benches() for line in bench.lines]
        self.assertEqual(len(names), len(set(names)))

    def test_targets_follow_precision_and_cpu(self):
        self.assertEqual(self.line("train_full_bf16").target("bf16", True), 4.7)
        self.assertIsNone(self.line("train_full_bf16").target("bf16", False))
        self.assertEqual(self.line("train_full_f32").target("f32", True), 1.8)
        self.assertEqual(self.line("tokenize_2_threads").target(None, False), 8)

    def test_best_and_rest_are_everything(self):
        def chosen(which):
            args = mock.Mock(which=which, only="")
            return {bench.name for bench in pair.chosen_benches(args, "f32")}

        self.assertEqual(chosen("best") | chosen("rest"), chosen("all"))
        self.assertFalse(chosen("best") & chosen("rest"))
        self.assertIn("tokenize_2_threads", chosen("best"))

    def test_median_lowest_and_highest_of_the_pairs(self):
        figures = pair.summary(self.line("train_full_f32"), [(10, 20), (10, 40), (20, 60)])
        self.assertEqual(figures, {"peer_value": 10.0, "rift_value": 40.0, "ratio": 3.0, "ratio_low": 2.0, "ratio_high": 4.0})

    def test_a_machine_has_one_name(self):
        description = {"cpu": "Intel Xeon 6960P", "cores": 2, "instruction_set": "avx512_bf16", "has_amx": True}
        self.assertEqual(machine.slug(description), "intel-xeon-6960p-amx-2-cores")
        self.assertEqual(machine.slug(description | {"has_amx": False}), "intel-xeon-6960p-avx512-bf16-2-cores")


if __name__ == "__main__":
    unittest.main()
