"""A gateway whose lists never end: whoever asks for one gives it up in time, before memory is
out."""

import contextlib
import itertools
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from uavtest import relay  # noqa: E402

TROUBLE, TIMED_OUT = 1, 5
ENTRIES_MAX = 100000


class Endless:
    """What it sends as the answer to a list: frames of so many entries, each after a pause."""

    def __init__(self, t, entries, pause=0.0):
        self.entries, self.pause = entries, pause
        self.listener = socket.create_server((uavtest.HOST, 0))
        self.at = "%s:%d" % self.listener.getsockname()
        t.drones.append(self.listener)  # closed when the test ends
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        connection, _ = self.listener.accept()
        with connection, connection.makefile("rb") as stream, \
                contextlib.suppress(OSError, IndexError):
            while True:
                self._answer(connection, self._request(stream))

    @staticmethod
    def _request(stream):
        size, shift, byte = 0, 0, 128
        while byte > 127:
            byte = stream.read(1)[0]
            size, shift = size | (byte & 127) << shift, shift + 7
        return relay.ToGateway.FromString(stream.read(size))

    def _answer(self, connection, request):
        def answer(**body):
            connection.sendall(uavtest.delimit(relay.FromGateway(ref=request.ref, **body)))

        kind = request.WhichOneof("body")
        if kind == "registration":
            answer(welcome={"session": 1, "drone_id": "x", "protocol": 1,
                            "max_frame_bytes": 65536, "max_payload_bytes": 64512})
        elif kind == "choose_scenario":
            answer(scenario_chosen={})
        elif kind in ("list_drones", "list_scenarios"):
            for number in itertools.count(0, max(1, self.entries)):
                numbers = range(number, number + self.entries)
                if kind == "list_drones":
                    answer(drones={"entries": [{"drone_id": f"uav{n:012}"} for n in numbers],
                                   "more": True})
                else:
                    answer(scenarios={"entries": [{"name": f"field{n:012}"} for n in numbers],
                                      "more": True})
                time.sleep(self.pause)
        else:
            answer(done={})


def ask(t, gateway, *arguments, timeout="0.5", lines=""):
    done = subprocess.run(
        [t.binary("uav-drone"), *arguments, "--timeout", timeout, "--gateway", gateway.at],
        input=lines.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        timeout=uavtest.DEADLINE)
    gateway.thread.join(uavtest.DEADLINE)
    assert not gateway.thread.is_alive()
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_they_are_late(t):
    """Though each part comes in time."""
    for arguments, entries in ((("top", "--once"), 1), (("who",), 0), (("scenarios",), 1),
                               (("who", "--wait=nobody"), 1)):
        code, out, err = ask(t, Endless(t, entries, pause=0.001), *arguments)
        assert (code, out) == (TIMED_OUT, "") and "no answer" in err, (arguments, code, out, err)


def test_they_are_long(t):
    for arguments in (("top", "--once"), ("who",), ("scenarios",)):
        code, out, err = ask(t, Endless(t, 600), *arguments, timeout="3600")
        assert code == TROUBLE and f"sends more than {ENTRIES_MAX} entries\n" in err, (code, err)
        assert out == "", arguments


def test_a_console_goes_on_without_them(t):
    gateway = Endless(t, 1, pause=0.001)
    code, out, err = ask(t, gateway, "console", lines="help\n")
    assert code == TIMED_OUT and "no answer" in err and "send-file" in out, (code, out, err)


if __name__ == "__main__":
    uavtest.run()
