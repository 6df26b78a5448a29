"""That `make bench-timing` works: a short run of the real programs, what happens when something is
wrong, the table and the picture. No figure is judged."""

import contextlib
import io
import json
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "lib"), str(TESTS / "bench")]

import uavtest  # noqa: E402

import plot_timing  # noqa: E402
import timing  # noqa: E402
from process import Broken  # noqa: E402

CURVE = [[1.0, 3.0], [0.1, 40.0], [0.01, 900.0]]
TIMES = {"p50": 3.0, "p90": 40.0, "p99": 900.0, "p999": 1200.0, "max": 1500.0, "curve": CURVE}


def made_up(name, delivered=5000, **more):
    return {"name": name, "seconds": 1.0, "sent": delivered, "delivered": delivered,
            "per_second": float(delivered), "early": 0, "earliest_us": 0.0, "gateway_cpu_s": 0.3,
            "gateway_us": TIMES, "socket_us": TIMES, "process_us": TIMES, **more}


def in_process(t, measure, *arguments):
    """(exit code, results, what was printed) of a run whose measurements are made up."""
    path = t.folder / "timing.json"
    told = io.StringIO()
    replaced = timing.measure, timing.measure_timer, timing.missing
    timing.measure, timing.missing = measure, lambda: []
    timing.measure_timer = lambda *_: {"timer_us": TIMES, "delivered": 1000}
    try:
        with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
            code = timing.main(["--json", str(path), *arguments])
    finally:
        timing.measure, timing.measure_timer, timing.missing = replaced
    return code, json.loads(path.read_text("utf-8")), told.getvalue()


def test_a_short_run_with_the_real_programs(t):
    path = t.folder / "timing.json"
    t.binary("tests/bench/timing")
    done = subprocess.run(
        [sys.executable, TESTS / "bench" / "timing.py", "--quick", "--json", path],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10,000/s: 0 of 0.5 s" in done.stderr and "none early" in done.stdout, done
    results = json.loads(path.read_text("utf-8"))
    assert [rate["name"] for rate in results["rates"]] == ["100", "10000", "full"], results
    assert results["timer"]["delivered"] > 10, results["timer"]
    assert results["quick"] and not results["broken"], results
    for rate in results["rates"]:
        assert rate["sent"] == rate["delivered"] > 0 and rate["early"] == 0, rate
        least, most = rate["delays_us"]
        assert 1000 <= least <= most <= 50000, rate
        assert rate["delivered"] < 1000 or most - least > 45000, rate
        for point in timing.POINTS:
            times = rate[f"{point}_us"]
            if point == "socket" and times is None:  # a system may stamp no packets
                continue
            known = [times[key] for key in ("p50", "p90", "p99", "p999", "max")]
            assert known == sorted(known), rate
            lateness = [us for _, us in times["curve"]]
            assert lateness == sorted(lateness) and len(lateness) > 8, rate
        # the gateway hands over before the process has read
        assert rate["gateway_us"]["p50"] <= rate["process_us"]["p50"], rate
    xml.parse(path.with_suffix(".svg"))


def test_a_late_gateway_fails_nothing(t):
    code, results, told = in_process(
        t, lambda name, *_: made_up(name, gateway_us={**TIMES, "p99": 1e9}), "--rates", "100,full")
    assert code == 0 and len(results["rates"]) == 2, told


def test_what_must_be_right_is_looked_over():
    timing.look_over(made_up("100"))
    for more, words in (
            ({"sent": 5003}, "3 of 5003 messages did not come"),
            ({"sent": 0, "delivered": 0}, "no message was sent"),
            ({"early": 2, "earliest_us": 7.5}, "2 of 5000 messages came before their time, by 7.5 us")):
        try:
            timing.look_over({**made_up("100"), **more})
        except Broken as broken:
            assert words in str(broken), broken
        else:
            raise AssertionError(f"nobody noticed: {words}")


def test_a_rate_that_breaks_is_told_and_the_others_go_on(t):
    def measure(name, *_):
        if name == "100":
            raise Broken("7 of 100 messages did not come")
        return made_up(name)

    code, results, told = in_process(t, measure, "--rates", "100,10000")
    assert code == 1 and results["broken"] == ["100/s: 7 of 100 messages did not come"], told
    assert [rate["name"] for rate in results["rates"]] == ["10000"], results


def test_the_largest_of_a_few_is_no_quantile():
    rows = {delivered: timing.row_of(made_up("1", delivered), "socket").split()[1:]
            for delivered in (5, 120, 5000)}
    assert rows[5] == ["3", "-", "-", "-", "1,500"], rows
    assert rows[120] == ["3", "40", "900", "-", "1,500"], rows
    assert rows[5000] == ["3", "40", "900", "1,200", "1,500"], rows
    assert "stamps no packets" in timing.row_of(made_up("1", socket_us=None), "socket")


def test_only_a_whole_run_takes_the_picture_s_place():
    committed = TESTS / "bench" / "timing.svg"
    for words, whole in (("", True), ("--quick", False), ("--seconds 2", False),
                         ("--rates 100,full", False), ("--rates full,10000,100,1", True)):
        assert (timing.parse(words.split()).plot == committed) == whole, words


def test_rates_that_make_no_sense_are_refused():
    for words in ("--rates 0", "--rates fast", "--rates 100,-5", "--rates ,", "--seconds 0",
                  "--seconds nan"):
        told = io.StringIO()
        try:
            with contextlib.redirect_stderr(told):
                timing.parse(words.split())
        except SystemExit as end:
            assert end.code == 2 and words.split()[0] in told.getvalue(), told.getvalue()
        else:
            raise AssertionError(words)


def test_the_picture_can_be_read():
    for point in (TIMES, None):
        canvas = plot_timing.timing({
            "timer": {"timer_us": TIMES, "delivered": 1000}, "made": "2026-01-02T03:04:05Z", "pins": timing.placement(timing.Pins()),
            "rates": [made_up(name, per_second=512345.0, socket_us=point)
                      for name in ("1", "100", "10000", "full")]})
        xml.fromstring(str(canvas))
        assert not canvas.faults(), canvas.faults()


if __name__ == "__main__":
    uavtest.run()
