"""A simulator of one's own, as its page has it made."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import tour  # noqa: E402
import uavtest  # noqa: E402

SECONDS = 270  # some of the checks are a lot of work for Python


def test_a_simulator_of_ones_own(t):
    tour.walk(t, "sim-stub/README.md", "Your own simulator in an hour", seconds=SECONDS)


test_a_simulator_of_ones_own.deadline = SECONDS + 30


if __name__ == "__main__":
    uavtest.run()
