"""A gateway on a machine that fails: preload/faults.c does what is set here, while it runs."""

import contextlib
import os
import struct
import time

import scene
import uavtest
from preloaded import Preload

# As in preload/faults.c: 64 bits each.
FIELDS = ("wall_shift_ns", "wall_asked", "heap_each", "heap_from", "heap_asked", "heap_refused",
          "disk_full", "disk_refused")
FIELD = struct.Struct("=q")


class Faults(Preload):
    """What is wrong below one program, which must be started within `preloaded()`."""

    def __init__(self, t):
        super().__init__(t, "faults", FIELD.size * len(FIELDS))

    def get(self, field):
        return FIELD.unpack_from(self._file, FIELD.size * FIELDS.index(field))[0]

    def _set(self, field, value):
        FIELD.pack_into(self._file, FIELD.size * FIELDS.index(field), value)

    def shift_wall_clock(self, seconds):
        """Against this machine's, not against what it was set to before."""
        self._set("wall_shift_ns", int(seconds * 1e9))

    def wall_clock_us(self):
        """What the program takes for the time."""
        return (time.time_ns() + self.get("wall_shift_ns")) // 1000

    @contextlib.contextmanager
    def memory_out(self, each=1, at_least=0):
        """Of its requests for so many bytes each n-th is refused."""
        self._set("heap_from", at_least)
        self._set("heap_asked", 0)
        self._set("heap_each", each)
        try:
            yield
        finally:
            self._set("heap_each", 0)

    @contextlib.contextmanager
    def disk_full(self):
        """What it writes to files is refused."""
        self._set("disk_full", 1)
        try:
            yield
        finally:
            self._set("disk_full", 0)


def gateway(t, simulator=None, /, scenarios=None, **sections):
    """scene.ready, with its Faults in `.faults`."""
    faults = Faults(t)
    simulator = simulator or t.simulator()  # not in there, where it would fail as well
    with faults.preloaded():
        gateway = scene.ready(t, simulator, scenarios, **sections)
    gateway.faults = faults
    return gateway


def cpu_seconds(program):
    """What it has used so far."""
    with open(f"/proc/{program.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
