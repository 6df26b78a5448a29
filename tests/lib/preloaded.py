"""A library that is loaded before libc in a program under test, and the file that both sides map."""

import mmap
import os
from unittest import mock

import uavtest

SANITIZERS = (b"__asan_init", b"__tsan_init", b"__msan_init")


def skip_sanitized(t):
    """A sanitizer has a heap of its own, and would have to be loaded first."""
    code = t.binary("uav-gateway").read_bytes()
    if any(sanitizer in code for sanitizer in SANITIZERS):
        raise uavtest.Skip("a sanitizer has a heap of its own")


class Preload:
    """preload/NAME.c below one program, which must be started within `preloaded()`."""

    def __init__(self, t, name, size):
        self._name = name
        self._library = t.binary(f"tests/{name}.so")
        self._path = t.folder / name
        skip_sanitized(t)
        self._path.write_bytes(bytes(size))
        with open(self._path, "r+b") as file:
            self._file = mmap.mmap(file.fileno(), size)

    def preloaded(self):
        return mock.patch.dict(os.environ, {"LD_PRELOAD": str(self._library.resolve()),
                                            f"{self._name.upper()}_FILE": str(self._path)})
