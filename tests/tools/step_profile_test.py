"""benchmarks/step_profile.py: what a sample counts to, which samples count, and what is said where perf cannot sample."""

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

import step_profile  # noqa: E402
from runs import Failed  # noqa: E402

KERNELS = "rift::nn::kernels::(anonymous namespace)::"
ATTEND = "rift::nn::engine::attend_backward<float>"
# As `perf script -F time,ip,sym` prints it.
SCRIPT = f"""\
    10.000000: 
	         1d0986 {KERNELS}tiles<float, 12, true>
	          27249 rift::train::run_trainer

    10.500000: 
	         1d0986 [unknown]

    12.250000: 
	         1d0986 void f(int, long)
"""


class Samples(unittest.TestCase):
    def share(self, *frames):
        return step_profile.share_of(list(frames)).removeprefix("share_")

    def test_products_count_to_what_asked_for_them(self):
        for name in ("tiles<rift::nn::kernels::Bf16, 12, false>", "last_tile<float, true, 11>", "TileProduct<Tiles>::run"):
            self.assertEqual(self.share(KERNELS + name, "rift::nn::engine::run_linear<float>"), "products")
            self.assertEqual(self.share(KERNELS + name, KERNELS + "product<float>", ATTEND), "attention")

    def test_the_kernels_of_the_engine_are_told_apart(self):
        self.assertEqual(self.share(KERNELS + "softmax<float>"), "attention")
        self.assertEqual(self.share(KERNELS + "add_norm_backward<float>"), "elementwise")
        self.assertEqual(self.share(KERNELS + "finish<float>"), "elementwise")
        self.assertEqual(self.share(KERNELS + "product<rift::nn::kernels::Bf16>"), "elementwise")
        for name in ("adam<float>", "adam_of<float, true>"):
            self.assertEqual(self.share(KERNELS + name), "optimizer")
        self.assertEqual(self.share("__memset_avx512", "rift::optim::Optimizer<float>::step"), "optimizer")

    def test_a_lambda_of_the_engine_counts_as_the_engine_and_the_rest_as_other(self):
        self.assertEqual(self.share("std::_Function_handler<void (), rift::nn::engine::add_weight_gradients<float>(...)"),
                         "elementwise")
        self.assertEqual(self.share("clear_page_erms"), "other")

    def test_kernels_that_the_script_names_are_there(self):
        sources = "".join(path.read_text() for path in (REPOSITORY / "src/rift/nn/kernels/isa").glob("*.h"))
        for name in step_profile.PRODUCTS | step_profile.ATTENTION | step_profile.UPDATES:
            self.assertRegex(sources, rf"\w {name}\(|class {name} ")
        engine = (REPOSITORY / "src/rift/nn/engine/attention.h").read_text()
        self.assertIn("void attend(", engine)
        self.assertIn("void attend_backward(", engine)

    def test_times_and_functions_are_read(self):
        self.assertEqual(list(step_profile.samples_of(SCRIPT)),
                         [(10.0, [KERNELS + "tiles<float, 12, true>", "rift::train::run_trainer"]), (10.5, ["[unknown]"]),
                          (12.25, ["void f(int, long)"])])

    def test_only_the_training_loops_last_seconds_count(self):
        loop = ["x", "rift::train::run_trainer"]
        samples = [(second / 100, loop if second < 900 else ["after"]) for second in range(1000)]
        chosen = step_profile.of_last_seconds(samples + [(8.5, ["another thread"])], 4.0)
        self.assertEqual(len(chosen), 402)  # 4.99 to 8.99
        self.assertIn(["another thread"], chosen)
        self.assertNotIn(["after"], chosen)
        with self.assertRaisesRegex(Failed, "more --rows"):
            step_profile.of_last_seconds(samples, 0.5)
        with self.assertRaisesRegex(Failed, "symbols"):
            step_profile.of_last_seconds([(1.0, ["[unknown]"])] * 300, 1)


class Rates(unittest.TestCase):
    def test_a_step_multiplies_three_times_as_much_as_the_way_there(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "config.json").write_text(json.dumps({"hidden_size": 384, "intermediate_size": 1536,
                                                            "num_hidden_layers": 6}))
            # Six layers of 12 x 384^2 weights; six operations for each.
            self.assertAlmostEqual(step_profile.reached_gflops(folder, {"tokens_per_second": 5000.0}),
                                   6 * 6 * 12 * 384 * 384 * 5000 / 1e9)


class Perf(unittest.TestCase):
    def why_not(self, script):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            if script:
                (folder / "perf").write_text(script)
                (folder / "perf").chmod(stat.S_IRWXU)
            with mock.patch.dict(os.environ, {"PATH": str(folder)}):
                return step_profile.why_not_perf(folder)

    def test_what_perf_lacks_is_said(self):
        self.assertIn("apt-get install linux-perf", self.why_not(None))
        said = self.why_not("#!/bin/sh\necho 'Access is limited' >&2\nexit 255\n")
        self.assertIn("cannot sample here", said)
        self.assertIn("Access is limited", said)
        self.assertIsNone(self.why_not("#!/bin/sh\n"))


if __name__ == "__main__":
    unittest.main()
