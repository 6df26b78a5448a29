"""The text protocol, tried with nc as its page says."""

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import tour  # noqa: E402
import uavtest  # noqa: E402


def test_a_conversation_by_nc(t):
    if not shutil.which("nc"):
        raise uavtest.Skip("nc is not installed: netcat-openbsd")
    tour.walk(t, "proto/text.md", "Try it")


if __name__ == "__main__":
    uavtest.run()
