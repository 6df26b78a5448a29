"""The processes of a measurement: each started on the processor that it is pinned to, its
output in files (a pipe would wake its reader while it is timed), ended by its id."""

import contextlib
import os
import re
import resource
import signal
import subprocess
import sys
import time

DEADLINE_S = 30.0  # in which anything that is waited for must have happened
END_DEADLINE_S = 10.0
POLL_S = 0.005


class Broken(Exception):
    """A run that says nothing: messages lost, a process that ended, no answer in time."""


# --------------------------------------------------------------- processors


class Pins:
    """Which processors relay, load and simulator run on, or why on none in particular."""

    def __init__(self):
        self.processors = sorted(os.sched_getaffinity(0))
        self.trouble = ""
        if len(self.processors) < 2:
            self.trouble = "one processor only: relay, load and simulator share it in every row"
        try:
            os.sched_setaffinity(0, set(self.processors))
        except OSError as error:
            self.trouble = f"pinned nowhere, the system does not allow it: {error.strerror}"
            self.processors = [None]

    def spread(self):
        """Of (relay, simulator, load)."""
        return self.processors[0], self.processors[-1], self.processors[-1]

    def one_core(self):
        return (self.processors[0],) * 3

    def __str__(self):
        relay, _, load = self.spread()
        return self.trouble or (f"relay on processor {relay}, load and simulator on {load}; "
                                f"rows of latency: all on {relay}")


@contextlib.contextmanager
def running_on(processor):
    """What is started inside is pinned to that processor (None: as it comes)."""
    if processor is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {processor})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def allow_open_files():
    """As many as the system lets us have: how many that is."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else 1 << 30


# ---------------------------------------------------------------- processes


class Process:
    """One program. `folder` takes what it prints: NAME.out and NAME.err."""

    def __init__(self, folder, name, command, processor=None, held_open=False):
        self.name = name
        self.command = [str(word) for word in command]
        self.out, self.err = folder / f"{name}.out", folder / f"{name}.err"
        with open(self.out, "wb") as out, open(self.err, "wb") as err, running_on(processor):
            try:
                self.process = subprocess.Popen(
                    self.command, stdout=out, stderr=err,
                    stdin=subprocess.PIPE if held_open else subprocess.DEVNULL)
            except OSError as error:
                raise Broken(f"{self.command[0]} cannot be started: {error.strerror}") from error

    @property
    def pid(self):
        return self.process.pid

    def printed(self):
        """All that it has printed, its complaints last."""
        return "".join(path.read_text("utf-8", "replace") for path in (self.out, self.err))

    def last_words(self):
        lines = self.printed().strip().splitlines()
        return lines[-1] if lines else "it printed nothing"

    def check(self):
        """It must not have ended."""
        code = self.process.poll()
        if code is not None:
            raise Broken(f"{self.name} ended ({ending(code)}): {self.last_words()}")

    def wait_printed(self, pattern, deadline_s=DEADLINE_S):
        """The match of this regular expression in what it prints, when it is there."""
        end = time.monotonic() + deadline_s
        while not (found := re.search(pattern, self.printed(), re.MULTILINE)):
            self.check()
            if time.monotonic() > end:
                raise Broken(f"{self.name} has not printed '{pattern}' in {deadline_s:g} s, "
                             f"last: {self.last_words()}")
            time.sleep(POLL_S)
        return found

    def wait_success(self, deadline_s):
        """Until it has ended, as it should."""
        try:
            code = self.process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            raise Broken(f"{self.name} has not ended in {deadline_s:.0f} s") from None
        if code:
            raise Broken(f"{self.name} failed ({ending(code)}): {self.last_words()}")

    def end(self):
        """It is gone when this returns."""
        if self.process.stdin:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(END_DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def ending(code):
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


# ------------------------------------------------------------------ programs


def _on_terminate(_signal, _frame):
    raise SystemExit(143)  # so that what was started is ended, too


def run_to_end(main):
    """Exits with what main() returns; what it has started ends with it, whatever ends it."""
    signal.signal(signal.SIGTERM, _on_terminate)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
