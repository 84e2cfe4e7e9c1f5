"""docs/performance.md is what tools/performance_page.py makes of benchmarks/results/, and the page says of each figure
whether its target is met."""

import json
import pathlib
import sys
import tempfile
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPOSITORY / "tools"))

import performance_page  # noqa: E402

MACHINE = {"cpu": "Some CPU", "cores": 2, "memory_gib": 23.5, "instruction_set": "avx2", "has_amx": False, "system": "Debian",
           "rift": "0.1.0", "libtorch": "2.13.0", "compiler": "g++ 12", "date": "2026-01-01"}
LINE = {"bench": "train_full_f32", "what": "full fine-tuning", "precision": "f32", "peer": "HF Trainer",
        "peer_version": {"torch": "2.13.0"}, "unit": "rows/s", "peer_value": 20.0, "rift_value": 50.0, "ratio": 2.5,
        "ratio_low": 2.4, "ratio_high": 2.6, "target": 1.8, "threads": 2, "rows": 192, "pairs": 3, "busy": 0.01,
        "date": "2026-01-01", "commit": "abc"}

POINT = {"bench": "linear_rows_score_1x_f32", "what": "scoring", "job": "score", "times": 1, "rows": 256, "tokens": 19200,
         "seconds": 1.0, "tokens_per_second": 19200.0, "peak_memory_mib": 500.0, "precision": "f32", "busy": 0.01,
         "date": "2026-01-02"}
LONG = {key: value for key, value in POINT.items() if key != "times"} | {"bench": "linear_length_score_32_f32", "length": 32}


class Page(unittest.TestCase):
    def page(self, *lines, profile=None, linear=()):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            records = [{"machine": MACHINE}, *lines]
            (folder / "some-cpu.jsonl").write_text("\n".join(json.dumps(record) for record in records))
            if linear:
                records = [{"machine": MACHINE}, *linear]
                (folder / "some-cpu-linear.jsonl").write_text("\n".join(json.dumps(record) for record in records))
            if profile:
                (folder / "some-cpu-profile.json").write_text(json.dumps(profile))
            return performance_page.page(folder)

    def test_committed_page_is_up_to_date(self):
        committed = (REPOSITORY / "docs/performance.md").read_text(encoding="utf-8")
        self.assertEqual(committed, performance_page.page(REPOSITORY / "benchmarks/results"),
                         "made by: tools/performance_page.py > docs/performance.md")

    def test_a_target_is_met_or_missed(self):
        self.assertIn("| full fine-tuning | HF Trainer | 20 rows/s | 50 rows/s | 2.50 [2.40, 2.60] | 1.8 met | 3 |",
                      self.page(LINE))
        self.assertIn("**3 missed**", self.page(LINE | {"target": 3}))
        self.assertIn("no target", self.page(LINE | {"target": None}))

    def test_a_line_that_was_disturbed_is_marked(self):
        self.assertNotIn("(busy", self.page(LINE))
        self.assertIn("full fine-tuning (busy 0.7)", self.page(LINE | {"busy": 0.7}))

    def test_lines_stand_under_their_precision_in_the_order_of_the_table(self):
        page = self.page(LINE, LINE | {"bench": "train_full_bf16", "precision": "bf16", "what": "B"},
                         LINE | {"bench": "score_f32", "what": "A"})
        self.assertLess(page.index("### f32"), page.index("| A |"))
        self.assertLess(page.index("| A |"), page.index("| full fine-tuning |"))
        self.assertLess(page.index("### bf16"), page.index("| B |"))

    def test_versions_of_the_peers_are_listed_once(self):
        other = LINE | {"bench": "score_f32", "peer_version": {"torch": "2.14.0", "openvino": "1"}}
        self.assertIn("Peers: openvino 1, torch 2.13.0 / 2.14.0.", self.page(LINE, other))

    def test_growth_with_rows_is_told_from_the_first_and_the_last_point(self):
        more = {"rows": 4096, "tokens": 307200, "peak_memory_mib": 505.0, "seconds": 16.4}
        page = self.page(LINE, linear=[POINT | {"bench": "linear_rows_score_16x_f32", "times": 16} | more, POINT])
        self.assertLess(page.index("| scoring | 256 | 75 | 19,200 | 1 | 19,200 | 500 MiB |"), page.index("| scoring | 4,096 |"))
        self.assertIn("16 times the rows have 16.0 times the tokens, take 16.4 times as long and 1.01 times the memory.", page)
        self.assertNotIn("square", page)

    def test_growth_with_the_length_of_rows_says_what_is_not_linear(self):
        page = self.page(LINE, linear=[LONG, LONG | {"bench": "linear_length_score_512_f32", "length": 512, "busy": 0.4,
                                                     "tokens_per_second": 14400.0}])
        self.assertIn("rows of 512 tokens reach 0.75 of the tokens/s of rows of 32.", page)
        self.assertIn("grows with the square of a row's length", page)
        self.assertIn("| scoring (busy 0.4) |", page)

    def test_a_machine_has_one_section_and_says_what_was_not_measured(self):
        self.assertIn("### Cost grows with tokens\n\nNot measured on this machine.", self.page(LINE))
        self.assertEqual(self.page(LINE, linear=[POINT]).count("\n## Some CPU"), 1)

    def test_profile_of_the_machine(self):
        self.assertIn("training step's time goes\n\nNot measured on this machine.", self.page(LINE))
        page = self.page(LINE, profile={"share_products": 0.6, "share_attention": 0.2, "share_elementwise": 0.1,
                                        "share_optimizer": 0.05, "share_other": 0.05, "roof_gflops": 200, "reached_gflops": 120,
                                        "precision": "f32", "threads": 2, "busy": 0.3, "date": "2026-01-03"})
        self.assertIn("| matrix products of linear maps | 60 % |", page)
        self.assertIn("in f32, 2 threads", page)
        self.assertIn("Measured: 2026-01-03, busy 0.3.", page)
        self.assertIn("120 of 200 GFLOP/s, 60 %", page)

    def test_without_results_the_page_says_so(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertIn("Nothing has been measured yet.", performance_page.page(pathlib.Path(folder)))


if __name__ == "__main__":
    unittest.main()
