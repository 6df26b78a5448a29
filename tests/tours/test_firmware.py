#!/usr/bin/env python3
"""The tour for firmware developers, from a socket to the first delivery."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import tour  # noqa: E402
import uavtest  # noqa: E402


def test_from_socket_to_first_delivery(t):
    tour.walk(t, "proto/README.md", "From socket to first delivery")


if __name__ == "__main__":
    uavtest.run()
