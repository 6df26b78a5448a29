"""The tour for operators, as they type it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import tour  # noqa: E402
import uavtest  # noqa: E402


def test_the_tour_for_operators(t):
    tour.walk(t, "deploy/TOUR.md")


def test_programs_that_are_waited_for(t):
    tour.walk(t, "deploy/README.md", "Readiness")


if __name__ == "__main__":
    uavtest.run()
