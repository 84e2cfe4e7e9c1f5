"""tools/check_includes.py: every rule finds its fault in a small tree, a clean tree passes, and the table of rooms is
the one that docs/architecture.md shows."""

import pathlib
import re
import sys
import tempfile
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPOSITORY / "tools"))

import check_includes  # noqa: E402
from rooms import ROOMS  # noqa: E402

CLEAN = {
    "src/rift/base/json.h": "#pragma once\n#include <string>\n",
    "src/rift/base/json_read.cc": '#include "rift/base/json.h"\n#include <nlohmann/json.hpp>\n#include <sys/stat.h>\n',
    "src/rift/base/CMakeLists.txt": "rift_room(base SOURCES json_read.cc LIBS dep::fmt)\n",
    "src/rift/data/table.h": '#include "rift/base/json.h"\n',
    "src/rift/data/duck.cc": '#include "rift/data/table.h"\n#include <duckdb.h>\n',
    "src/rift/data/CMakeLists.txt": "rift_room(data\n  SOURCES duck.cc\n  ROOMS base\n  PRIVATE_LIBS dep::duckdb)\n",
    "src/rift/models/encoders/bert.h": "#include <ATen/core/Tensor.h>\n",
    "src/rift/train/options.h": '#include "rift/base/json.h"\n',
    "src/rift/cli/main.cc": '#include "rift/train/options.h"\n#include <CLI/CLI.hpp>\n',
    "src/rift/cli/CMakeLists.txt": "rift_room(cli SOURCES main.cc)\n",
    "tests/data/table_test.cc": '#include "rift/data/table.h"\n#include <gtest/gtest.h>\n',
}


class Tree(unittest.TestCase):
    """Base: writes a tree and compares its faults."""

    def faults(self, changes):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in {**CLEAN, **changes}.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return check_includes.faults(root)

    def assert_only_fault(self, changes, *parts):
        found = self.faults(changes)
        self.assertEqual(len(found), 1, found)
        for part in parts:
            self.assertIn(part, found[0])


class Rooms(Tree):
    def test_clean_tree_has_no_fault(self):
        self.assertEqual(self.faults({}), [])

    def test_edge_that_the_table_lacks(self):
        self.assert_only_fault(
            {"src/rift/metrics/auc.h": '#include "rift/data/table.h"\n'},
            "src/rift/metrics/auc.h:1", "metrics may not include room data", "allowed: base")

    def test_upward_edge(self):
        self.assert_only_fault(
            {"src/rift/data/table.h": '#include "rift/base/json.h"\n\n#include "rift/train/options.h"\n'},
            "src/rift/data/table.h:3", "data may not include room train")

    def test_inner_room_is_not_its_parent(self):
        self.assert_only_fault(
            {"src/rift/checkpoint/name.h": "", "src/rift/checkpoint/format/span.h": '#include "rift/checkpoint/name.h"\n'},
            "room checkpoint/format may not include room checkpoint")

    def test_folder_outside_every_room(self):
        self.assert_only_fault({"src/rift/helpers/x.h": ""}, "src/rift/helpers/x.h", "no room")

    def test_header_that_does_not_exist(self):
        self.assert_only_fault({"tests/data/table_test.cc": '#include "rift/data/tabel.h"\n'}, "no src/rift/data/tabel.h")

    def test_cycle_between_files_of_one_room(self):
        self.assert_only_fault(
            {"src/rift/data/a.h": '#include "rift/data/b.h"\n', "src/rift/data/b.h": '#include "rift/data/a.h"\n'},
            "cycle of includes: data/a.h -> data/b.h -> data/a.h")

    def test_table_itself_has_no_cycle(self):
        def reach(name, seen):
            for other in ROOMS[name].includes:
                self.assertNotIn(other, seen, "cycle through " + other)
                reach(other, seen | {other})

        for room in ("cli", "study", "serve"):
            reach(room, {room})


class ThirdParty(Tree):
    def test_torch_umbrella_header_is_forbidden_everywhere(self):
        self.assert_only_fault({"src/rift/models/encoders/bert.h": "#include <torch/torch.h>\n"}, "<torch/torch.h>", "nowhere")

    def test_tensor_room_may_use_aten_but_not_torch(self):
        self.assertEqual(self.faults({"src/rift/tensor/x.h": "#include <ATen/ops/add.h>\n"}), [])
        self.assert_only_fault({"src/rift/tensor/x.h": "#include <torch/csrc/autograd/function.h>\n"}, "column says 'aten'")

    def test_torch_in_a_room_without(self):
        self.assert_only_fault({"src/rift/data/y.h": "#include <c10/core/Device.h>\n"}, "column says 'no'")

    def test_kernels_do_without_torch(self):
        self.assert_only_fault({"src/rift/nn/kernels/gelu.cc": "#include <ATen/ops/gelu.h>\n",
                                "src/rift/nn/kernels/CMakeLists.txt": "rift_room(nn/kernels SOURCES gelu.cc)\n"}, "column says 'no'")

    def test_torch_reaching_the_command_line_through_a_header(self):
        self.assert_only_fault(
            {"src/rift/train/options.h": '#include "rift/models/encoders/bert.h"\n'},
            "src/rift/cli/main.cc: sees LibTorch through train/options.h -> models/encoders/bert.h")

    def test_header_outside_its_file(self):
        self.assert_only_fault({"src/rift/data/duck.cc": '#include "rift/data/table.h"\n#include <nlohmann/json.hpp>\n'},
                               "src/rift/data/duck.cc:2", "allowed in: base/json_read.cc")

    def test_header_outside_its_folder(self):
        self.assert_only_fault({"src/rift/report/page.h": "#include <duckdb.h>\n"}, "allowed in: data/")

    def test_test_may_use_what_its_room_may(self):
        self.assertEqual(self.faults({"tests/data/x_test.cc": "#include <duckdb.h>\n"}), [])
        self.assert_only_fault({"tests/metrics/x_test.cc": "#include <duckdb.h>\n"}, "tests/metrics/x_test.cc:1")

    def test_test_framework_in_product_code(self):
        self.assert_only_fault({"src/rift/data/y.h": "#include <gtest/gtest.h>\n"}, "belongs in tests/")

    def test_unknown_library(self):
        self.assert_only_fault({"src/rift/data/y.h": "#include <uv.h>\n"}, "<uv.h> has no place yet")

    def test_quoted_relative_include(self):
        self.assert_only_fault({"src/rift/data/y.h": '#include "table.h"\n'}, "not written from the root")


class BuildLists(Tree):
    def test_room_list_lacks_a_room(self):
        self.assert_only_fault({"src/rift/data/CMakeLists.txt": "rift_room(data SOURCES duck.cc)\n"}, "ROOMS lacks base")

    def test_room_list_has_one_too_many(self):
        self.assert_only_fault({"src/rift/base/CMakeLists.txt": "rift_room(base SOURCES json_read.cc ROOMS data)\n"},
                               "ROOMS lists data")

    def test_sources_without_a_target(self):
        self.assert_only_fault({"src/rift/metrics/auc.cc": ""}, "src/rift/metrics/CMakeLists.txt is missing")

    def test_target_of_another_name(self):
        self.assert_only_fault({"src/rift/base/CMakeLists.txt": "rift_room(basis SOURCES json_read.cc)\n"}, "no rift_room(base")


class Lengths(Tree):
    def test_limit_is_600_lines(self):
        self.assertEqual(self.faults({"src/rift/base/long.h": "\n" * 600}), [])
        self.assert_only_fault({"src/rift/base/long.h": "\n" * 601}, "src/rift/base/long.h: 601 lines")


class Document(unittest.TestCase):
    """The table in docs/architecture.md is the table of tools/rooms.py."""

    SAYS = {"no": "no", "aten": "ATen only", "yes": "yes"}

    def rows(self):
        text = (REPOSITORY / "docs/architecture.md").read_text(encoding="utf-8")
        for line in text.splitlines():
            cells = [c.strip() for c in line.strip("|").split("|")]
            if line.startswith("|") and re.fullmatch(r"\d", cells[0]):
                yield cells

    def included(self, words):
        """The rooms that a cell of the column 'may include' names."""
        if words == "every room":
            return {name for name in ROOMS if name != "cli"}
        rooms = set()
        if tiers := re.match(r"tiers 0 to (\d),? *", words):
            rooms |= {name for name, room in ROOMS.items() if room.tier <= int(tiers[1])}
            words = words[tiers.end():]
        return rooms | set(words.replace("(none)", "").split())

    def test_same_rooms_edges_and_torch_column(self):
        written = {name: (int(tier), self.included(words), torch) for tier, name, _, words, torch in self.rows()}
        held = {name: (room.tier, set(room.includes), self.SAYS[room.torch]) for name, room in ROOMS.items()}
        self.assertEqual(written, held)


if __name__ == "__main__":
    unittest.main()
