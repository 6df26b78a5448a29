"""What a gateway asks of the heap and of the kernel, counted by preload/counted.c while
it runs, and the memory that it has resident."""

import collections
import struct

import scene
import uavtest
from preloaded import Preload

# As in preload/counted.c.
CALLS = ("malloc", "calloc", "realloc", "free", "memalign", "read", "write", "epoll_wait",
         "epoll_ctl", "timerfd_settime", "refused")
HEAP = CALLS[:5]
KERNEL = CALLS[5:]
GRAIN, GRAINS = 16, 256
LAYOUT = struct.Struct(f"=Q {len(CALLS)}Q {len(CALLS)}Q {GRAINS}Q Q")

# No clock of the gateway's rings while something is counted.
QUIET = {
    "sessions": {"idle_timeout_ms": 600000, "ping_interval_ms": 0},
    "simulator": {"ping_interval_ms": 300000, "idle_timeout_ms": 600000, "timeout_ms": 600000},
    "presence": {"interval_ms": 0},
}


class Counted(Preload):
    """The counters of one program, which must be started within `preloaded()`."""

    def __init__(self, t):
        super().__init__(t, "counted", LAYOUT.size)

    def _parts(self):
        numbers = LAYOUT.unpack(self._file)
        size = len(CALLS)
        return (numbers[0], numbers[1 : 1 + size], numbers[1 + size : 1 + 2 * size],
                numbers[1 + 2 * size : -1], numbers[-1])

    def calls(self):
        """{call: how many} of the main thread, taken while it waits for something to happen."""
        uavtest.wait_until(lambda: self._parts()[0])
        return collections.Counter(dict(zip(CALLS, self._parts()[1])))

    def by_others(self):
        return collections.Counter(dict(zip(CALLS, self._parts()[2])))

    def blocks(self):
        """{bytes: how many} of the heap's blocks in use; those over 4 KiB together, as so
        many of 1 byte."""
        *_, blocks, large_bytes = self._parts()
        found = {number * GRAIN: count for number, count in enumerate(blocks) if count}
        return collections.Counter({**found, 1: large_bytes})


def gateway(t, simulator=None, /, scenarios=None, **sections):
    """scene.ready, with its Counted in `.counted`."""
    counted = Counted(t)
    simulator = simulator or t.simulator()  # not in there, where it would be counted as well
    with counted.preloaded():
        gateway = scene.ready(t, simulator, scenarios, **{
            name: {**QUIET.get(name, {}), **sections.get(name, {})}
            for name in {**QUIET, **sections}})
    gateway.counted = counted
    return gateway


def spent(gateway, work):
    """{call: how many} it makes while work() is done, and until it has nothing to do; calls it
    does not make are left out."""
    before = gateway.counted.calls()
    work()
    return dict(gateway.counted.calls() - before)


def of_heap(calls):
    return {call: count for call, count in calls.items() if call in HEAP}


def of_kernel(calls):
    return {call: count for call, count in calls.items() if call in KERNEL}


def resident_bytes(program):
    with open(f"/proc/{program.pid}/smaps_rollup", encoding="ascii") as rollup:
        return next(int(line.split()[1]) for line in rollup if line.startswith("Rss:")) * 1024
