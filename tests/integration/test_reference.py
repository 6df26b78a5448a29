"""The tables that models are held to are what their generators write: what is committed was not
edited by hand, nor is it older than the generator."""

import math
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402

TABLES = uavtest.ROOT / "tests/reference"
# The last of six digits may differ between mathematical libraries.
LAST_DIGIT = 2e-6


def same(committed, made):
    """Both texts: the same lines, with values that differ in the last digit at most."""
    lines = [text.splitlines() for text in (committed, made)]
    assert len(lines[0]) == len(lines[1]) > 1, [len(some) for some in lines]
    assert lines[0][0] == lines[1][0], lines
    for number, pair in enumerate(zip(*lines), 1):
        (start, value), (other, again) = (line.rsplit(",", 1) for line in pair)
        assert start == other, (number, pair)
        if number > 1:
            assert math.isclose(float(value), float(again), abs_tol=LAST_DIGIT), (number, pair)


def test_formulas(t):
    made = subprocess.run([sys.executable, TABLES / "formulas.py"], stdout=subprocess.PIPE,
                          timeout=uavtest.TEST_DEADLINE, check=True, text=True)
    same((TABLES / "formulas.csv").read_text(), made.stdout)


def test_ns3(t):
    if not Path("/usr/include/ns3/propagation-loss-model.h").exists() or not shutil.which("g++"):
        raise uavtest.Skip("ns-3 is not here: deploy/install-deps.sh --ns3 installs it")
    with tempfile.TemporaryDirectory(dir=t.folder) as folder:
        built = Path(folder, "tests/reference/ns3_table")
        subprocess.run(["make", "-s", "--no-print-directory", "-C", uavtest.ROOT, f"B={folder}",
                        built], stdout=subprocess.DEVNULL, check=True,
                       timeout=3 * uavtest.TEST_DEADLINE)
        made = subprocess.run([built], stdout=subprocess.PIPE, timeout=uavtest.TEST_DEADLINE,
                              check=True, text=True)
    same((TABLES / "ns3.csv").read_text(), made.stdout)


if __name__ == "__main__":
    uavtest.run()
