"""A short soak: the real gateway among drones that come and go, with faults on every side; and
that what must not be is noticed."""

import collections
import contextlib
import io
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "lib"), str(TESTS / "soak")]

import uavtest  # noqa: E402

import soak  # noqa: E402

MIB = 1 << 20


def test_ten_seconds(t):
    t.binary("uav-gateway")
    flow = t.binary("tests/flow/flow")
    done = subprocess.run(
        [sys.executable, TESTS / "soak" / "soak.py", "--seconds", "10", "--drones", "300",
         "--seed", "1", "--flow", "20"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "soak: seed 1, 10 s, 300 drones" in done.stdout, done.stdout
    assert f"{flow} --runs 20 --seed 1" in done.stdout, done.stdout
    assert done.stdout.count("passed  ") == 5 and done.stdout.endswith("it holds\n"), done.stdout
    counts = numbers(done.stdout)
    # all of it has happened, or the soak shows nothing
    for name in ("sent", "registered", "closed by the gateway", "delivery", "send_report",
                 "configuration reloaded", "reloaded", "simulator_down", "CONNECTION_LOST", "LEFT",
                 "PROTOCOL_ERROR", "came by TLS", "secrets changed", "challenge", "KICKED",
                 "ERROR_CODE_AUTH_FAILED"):
        assert counts[name] > 0, (name, done.stdout)
    assert counts["simulator killed"] + counts["simulator stopped for a while"] > 0, done.stdout


test_ten_seconds.deadline = 120.0


def numbers(printed):
    """{name: number} of all lines "title: name number, name number"."""
    found = collections.Counter()
    for line in printed.splitlines():
        for part in line.partition(": ")[2].split(", "):
            name, _, number = part.rpartition(" ")
            if number.replace(",", "").isdigit():
                found[name] = int(number.replace(",", ""))
    return found


def made_up(*resident_mib):
    """A soak whose rounds have ended with so much memory."""
    found = soak.Soak(None, soak.parse(["--seed", "1"]))
    found.samples = [("before the first drone", 0, MIB, 14)]
    for number, resident in enumerate(resident_mib, 1):
        found.samples.append((f"round {number}, the most", 0, 900 * MIB, 0))
        found.samples.append((f"round {number}, all have left", 0, int(resident * MIB), 14))
    return found


def test_memory_that_grows_is_told():
    for held, resident in ((True, (90, 40, 41, 60, 63)), (False, (90, 40, 41, 65, 66)),
                           (True, (5, 30, 60, 90, 120, 31, 95)), (False, (5,))):
        found = made_up(*resident)
        found.check_memory()
        assert (not found.wrong) == held, (resident, found.wrong)


def test_an_error_in_the_log_is_told():
    found = made_up(1, 1)

    class Gateway:
        levels = collections.Counter(error=1)
        events = collections.Counter(reloaded=1)
        lines = ["level=info event=listening", "level=error event=reload_refused why=no"]

    found.gateway = Gateway()
    found.check_log()
    (wrong,) = found.wrong
    assert "level error" in wrong and "reload_refused" in wrong, wrong


def test_descriptors_that_are_kept_are_told(t):
    """One drone too many stays connected when all should have left."""
    found = soak.Soak(t, soak.parse(["--seed", "1"]))
    found.gateway = t.gateway(t.simulator().at)
    found.gateway.wait_event("scenario_accepted")
    found.descriptors = soak.scene.descriptors(found.gateway)
    found.crowd = soak.Crowd(soak.Door(found.gateway.at), found.random, ("field",), 10)
    patience, soak.EBB_S = soak.EBB_S, 0.3
    try:
        t.drone(gateway=found.gateway, drone_id="stays")
        found.ebb(1)
    finally:
        soak.EBB_S = patience
    (wrong,) = found.wrong
    assert f"holds {found.descriptors + 1} descriptors" in wrong, wrong


def test_a_short_soak_plays_fewer_runs(t):
    flow = t.binary("tests/flow/flow")
    tenth = soak.SANITIZED_FLOW if soak.sanitized(flow) else 1
    assert soak.flow_runs(3600, flow) == soak.flow_runs(600, flow) == 100_000 // tenth
    assert soak.flow_runs(60, flow) == 10_000 // tenth
    assert soak.flow_runs(4, flow) == soak.LEAST_FLOW_RUNS


def test_options_are_looked_at():
    for words in ("--seconds 1", "--seconds nan", "--drones 3"):
        told = io.StringIO()
        with contextlib.redirect_stderr(told), contextlib.suppress(SystemExit):
            soak.parse(words.split())
            raise AssertionError(f"{words} was taken")
        assert "--seconds must be 4 or more" in told.getvalue(), told.getvalue()


if __name__ == "__main__":
    uavtest.run()
