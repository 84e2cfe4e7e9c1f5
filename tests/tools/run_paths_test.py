"""Programs of a build folder (first argument): they can be moved with the tree, and there is one OpenMP runtime in each."""

import os
import pathlib
import re
import subprocess
import sys
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(sys.argv.pop(1)).resolve()


def programs():
    """ELF programs that this build has linked so far."""
    for folder, folders, names in os.walk(BUILD):
        folders[:] = [f for f in folders if f not in ("CMakeFiles", "torch-include", "gomp")]
        for name in names:
            path = pathlib.Path(folder, name)
            if os.access(path, os.X_OK) and not path.is_symlink() and path.suffix == "":
                with path.open("rb") as file:
                    if file.read(4) == b"\x7fELF":
                        yield path


class RunPaths(unittest.TestCase):
    def setUp(self):
        self.programs = list(programs())
        if not self.programs:
            self.skipTest(f"nothing is linked in {BUILD} yet")

    def test_no_run_path_names_the_source_tree(self):
        for path in self.programs:
            with self.subTest(program=path.name):
                dynamic = subprocess.run(["readelf", "-d", path], capture_output=True, text=True, check=True).stdout
                run_paths = re.findall(r"\((RPATH|RUNPATH)\).*\[(.*)\]", dynamic)
                self.assertEqual([kind for kind, _ in run_paths], ["RPATH"])
                entries = run_paths[0][1].split(":")
                self.assertTrue(entries[0].startswith("$ORIGIN/") or os.environ.get("RIFT_LIBTORCH"), entries)
                for entry in entries:
                    self.assertFalse(entry.startswith(str(REPOSITORY)), entry)
                self.assertNotIn(f"[{REPOSITORY}", dynamic)  # nor a needed library by its path

    def test_every_library_is_found_and_openmp_is_torchs(self):
        for path in self.programs:
            with self.subTest(program=path.name):
                loaded = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout
                self.assertNotIn("not found", loaded)
                torch = re.search(r"libtorch_cpu\.so => (\S+)/libtorch_cpu\.so", loaded)
                runtimes = {os.path.realpath(p) for p in re.findall(r"libgomp\S* => (\S+)", loaded)}
                self.assertLessEqual(len(runtimes), 1, runtimes)
                if torch and runtimes and list(pathlib.Path(torch[1]).glob("libgomp*")):
                    self.assertEqual(os.path.dirname(runtimes.pop()), os.path.realpath(torch[1]))


if __name__ == "__main__":
    unittest.main()
