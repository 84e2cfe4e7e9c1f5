"""docs/methods.md is what tools/methods_page.py makes of benchmarks/results/methods.json, and names every method."""

import json
import pathlib
import re
import sys
import tempfile
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPOSITORY / "tools"))

import methods_page  # noqa: E402

LINE = {"bench": "methods", "task": "german", "method": "norm", "seeds": 5, "epochs": 5, "train_rows": 800, "test_rows": 200,
        "cpu": "Some CPU", "threads": 2, "date": "2026-01-01", "trainable": 1234567, "metric": 0.7512, "metric_deviation": 0.0123,
        "rows_per_second": 52.31, "peak_memory_mib": 1050, "peft": None}
PEER = {"trainable": 1234567, "metric": 0.74, "metric_deviation": 0.02, "rows_per_second": 30.0, "peak_memory_mib": 1400}


class Page(unittest.TestCase):
    def page(self, *lines):
        with tempfile.TemporaryDirectory() as folder:
            results = pathlib.Path(folder) / "methods.json"
            results.write_text(json.dumps(lines))
            return methods_page.page(results)

    def test_committed_page_is_up_to_date(self):
        committed = (REPOSITORY / "docs/methods.md").read_text(encoding="utf-8")
        self.assertEqual(committed, methods_page.page(REPOSITORY / "benchmarks/results/methods.json"),
                         "made by: tools/methods_page.py > docs/methods.md")

    def test_a_line_has_rift_and_where_there_is_one_its_peer(self):
        self.assertIn("| `norm` | 1,234,567 | 0.751 ± 0.012 | 52.3 | 1,050 |  |  |  |", self.page(LINE))
        self.assertIn("| 52.3 | 1,050 | 0.740 ± 0.020 | 30.0 | 1,400 |", self.page(LINE | {"peft": PEER}))
        self.assertIn("| 0.751 | 52.3 |", self.page(LINE | {"metric_deviation": None}))

    def test_a_short_run_is_called_one(self):
        self.assertNotIn("A short run", self.page(LINE))
        for key, value in (("seeds", 2), ("epochs", 1), ("train_rows", 64)):
            self.assertIn("A short run", self.page(LINE | {key: value}))

    def test_lines_stand_under_their_task_in_the_order_of_the_table(self):
        page = self.page(LINE, LINE | {"method": "full"}, LINE | {"task": "phrasebank"})
        german = page.index("### German Credit")
        self.assertLess(page.index("### Financial PhraseBank"), german)
        self.assertLess(page.index("| `full` | 1", german), page.index("| `norm` | 1", german))

    def test_every_method_of_the_options_is_explained_and_measured(self):
        options = (REPOSITORY / "src/rift/tuning/options.h").read_text(encoding="utf-8")
        names = re.findall(r'"(\w+)"', re.search(r"kMethodNames = \{([^}]*)\}", options)[1])
        self.assertGreater(len(names), 10)
        measured = {method.tuning["method"] for method in methods_page.methods.METHODS.values()}
        for name in names:
            self.assertIn(f"\n| `{name}` |", methods_page.HEAD)
            self.assertIn(name, measured)


if __name__ == "__main__":
    unittest.main()
