"""The front page: its first command, and the first message of one's own."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import tour  # noqa: E402
import uavtest  # noqa: E402


def test_demo(t):
    tour.walk(t, "README.md", "Two commands")


def test_first_message(t):
    tour.walk(t, "README.md", "The first message of one's own")


def test_channel(t):
    tour.walk(t, "README.md", "A channel to believe")


for walk in (test_demo, test_first_message, test_channel):
    walk.deadline = tour.SECONDS + 10

if __name__ == "__main__":
    uavtest.run()
