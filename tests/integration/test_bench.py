"""That the measurement itself works: a short run of the real programs, what happens when
one breaks, and the pictures. No figure is judged."""

import contextlib
import io
import json
import random
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "lib"), str(TESTS / "bench")]

import uavtest  # noqa: E402

import bench  # noqa: E402
import plot  # noqa: E402
from process import Broken  # noqa: E402
from rows import ROWS  # noqa: E402


def keys_of_lines():
    return {line.key for row in ROWS for line in row.lines}


def in_process(t, measure, *arguments):
    """(exit code, results, stderr) of a run whose measurements are made up."""
    path = t.folder / "results.json"
    out, err = io.StringIO(), io.StringIO()
    measured, missing = bench.measure, bench.missing
    bench.measure, bench.missing = measure, lambda: []
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = bench.main(["--json", str(path), *arguments])
    finally:
        bench.measure, bench.missing = measured, missing
    return code, json.loads(path.read_text("utf-8")), err.getvalue()


def test_a_short_run_with_the_real_programs(t):
    path = t.folder / "results.json"
    t.binary("tests/bench/load")
    done = subprocess.run(
        [sys.executable, TESTS / "bench" / "bench.py", "--rows", "one-pair", "--repeats", "2",
         "--seconds", "0.2", "--json", path],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "latency p99" in done.stdout and "one-pair, repeat 2 of 2, limit" in done.stderr, done
    results = json.loads(path.read_text("utf-8"))
    (row,) = results["rows"]
    assert not row["errors"] and not results["broken"], results
    assert [(run["repeat"], run["system"]) for run in row["raw"]] == [
        (1, "gateway"), (1, "limit"), (2, "gateway"), (2, "limit")]
    for run in row["raw"]:
        (load,) = run["loads"]
        assert load["delivered"] > 0 and load["lost"] == 0, load
        assert set(load["watched"]) == {"relay", "simulator"}, load
    for line in row["lines"]:
        if not line["key"].endswith("_calls"):  # the system may not let them be counted
            assert len(line["ratios"]["gateway"]["values"]) == 2, line


def slow(_system, _case, _pins, _seconds):
    """Whatever is wanted, it is missed."""
    return {key: 1e-6 if key == "per_second" else 1e9 for key in keys_of_lines()}, []


def test_a_slow_gateway_fails_nothing(t):
    def measure(system, *rest):
        figures, results = slow(system, *rest)
        return (figures if system.name == "gateway" else dict.fromkeys(figures, 1.0)), results

    code, results, _ = in_process(t, measure, "--rows", "sparse,idle", "--repeats", "1")
    reached = [line["wanted"]["reached"] for row in results["rows"] for line in row["lines"]
               if line["wanted"]]
    assert code == 0 and reached and set(reached) == {"missed"}, (code, reached)


def test_a_run_that_breaks_is_told_and_the_others_go_on(t):
    def measure(system, case, *rest):
        if case.name == "sparse" and system.name == "limit":
            raise Broken("7 of 100 messages were lost")
        return slow(system, case, *rest)

    code, results, told = in_process(t, measure, "--rows", "sparse,saturated", "--repeats", "1")
    words = "sparse: limit, sparse: 7 of 100 messages were lost"
    assert code == 1 and f"broken: {words}" in told, told
    assert results["broken"] == [words]
    assert [bool(row["errors"]) for row in results["rows"]] == [True, False]


def test_the_ratio_is_made_within_each_repeat(t):
    # gateway 2, 20, 6 and limit 1, 10, 2: ratios 2, 2, 3; the ratio of the medians is 3
    cost = iter([2, 1, 20, 10, 6, 2])

    def measure(*_):
        return dict.fromkeys(keys_of_lines(), float(next(cost))), []

    _, results, _ = in_process(t, measure, "--rows", "sparse", "--repeats", "3")
    line = results["rows"][0]["lines"][0]
    assert line["ratios"]["gateway"]["median"] == 2.0, line
    assert (line["ratios"]["gateway"]["least"], line["ratios"]["gateway"]["most"]) == (2.0, 3.0)


def test_pictures_can_be_read(t):
    random.seed(1)

    def measure(*_):
        return {key: random.uniform(0.01, 40000.0) for key in keys_of_lines()}, []

    _, results, _ = in_process(t, measure, "--repeats", "2")
    drawn = plot.pictures(results)
    assert set(drawn) == {"ladder.svg", "growth-receivers.svg", "growth-payload.svg",
                          "growth-drones.svg"}, set(drawn)
    for name, canvas in drawn.items():
        xml.fromstring(str(canvas))
        assert not canvas.faults(), (name, canvas.faults())


if __name__ == "__main__":
    uavtest.run()
