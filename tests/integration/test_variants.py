"""The simulator's core gives the same answers to the last bit whichever compiler made it, at
whichever level of optimisation: each variant, built anew, plays the golden run."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402

# Those that compare to what is recorded, with the libraries that they need of the project.
TESTS = ("test_sim_golden", "test_sim_link")
DEADLINE = 4 * uavtest.TEST_DEADLINE
LIBRARIES = ("libsim.a", "libwire.a", "libbase.a")


def build(folder, compiler, level):
    """The programs, without the rest of the project and without what `make check` was told."""
    objects = [folder / f"obj/tests/unit/{test}.o" for test in TESTS]
    libraries = [folder / library for library in LIBRARIES]
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "MAKELEVEL")}
    subprocess.run(["make", "-s", "-j2", "--no-print-directory", "-C", uavtest.ROOT, f"B={folder}",
                    f"CC={compiler}", f"OPT={level}", "SAN=", *objects, *libraries],
                   check=True, env=environment, stdout=subprocess.DEVNULL, timeout=DEADLINE)
    programs = [folder / test for test in TESTS]
    for program, made in zip(programs, objects):
        subprocess.run([compiler, "-o", program, made, *libraries, "-lcmocka", "-lprotobuf-c", "-lm",
                        "-pthread"], check=True, timeout=uavtest.TEST_DEADLINE)
    return programs


def holds(compiler, level):
    """The test of one variant."""
    def test():
        if not shutil.which(compiler):
            raise uavtest.Skip(f"{compiler} is not installed")
        with tempfile.TemporaryDirectory() as folder:
            for program in build(Path(folder), compiler, level):
                done = subprocess.run([program], cwd=uavtest.ROOT, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, timeout=uavtest.TEST_DEADLINE,
                                      text=True)
                assert done.returncode == 0, done.stdout
    test.deadline = DEADLINE
    return test


test_gcc_without_optimisation = holds("gcc", "-O0")
test_gcc_with_optimisation = holds("gcc", "-O2")
test_clang_without_optimisation = holds("clang", "-O0")
test_clang_with_optimisation = holds("clang", "-O2")


if __name__ == "__main__":
    uavtest.run()
