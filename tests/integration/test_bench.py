"""That the measurement itself works: a short run of the real programs, what happens when
one breaks, and the pictures. No figure is judged."""

import contextlib
import io
import json
import random
import subprocess
import sys
import tempfile
import threading
import xml.etree.ElementTree as xml
from dataclasses import replace
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "lib"), str(TESTS / "bench")]

import uavtest  # noqa: E402

import bench  # noqa: E402
import figures  # noqa: E402
import measure  # noqa: E402
import overload  # noqa: E402
import plot  # noqa: E402
import table  # noqa: E402
from process import Broken, Pins  # noqa: E402
from rows import ROWS, Case  # noqa: E402
from stage import Gateway, Limit  # noqa: E402


def keys_of_lines():
    return {line.key for row in ROWS for line in row.lines}


def in_process(t, made_up, *arguments):
    """(exit code, results, stderr) of a run whose measurements are made up."""
    path = t.folder / "results.json"
    out, err = io.StringIO(), io.StringIO()
    measured, missing = bench.measure, bench.missing
    bench.measure, bench.missing = made_up, lambda: []
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
        calls = [load["calls_per_message"],
                 *(each["calls_per_message"] for each in load["watched"].values())]
        # a round trip is one call of each kind at the least; or nobody's can be counted here
        assert all(each is None for each in calls) or all(each >= 2 for each in calls), load
    for line in row["lines"]:
        if not line["key"].endswith("_calls"):  # the system may not let them be counted
            assert len(line["ratios"]["gateway"]["values"]) == 2, line


def slow(_system, _case, _pins, _seconds):
    """Whatever is wanted, it is missed."""
    return {key: 1e-6 if key == "per_second" else 1e9 for key in keys_of_lines()}, []


def test_a_slow_gateway_fails_nothing(t):
    def made_up(system, *rest):
        figures, results = slow(system, *rest)
        return (figures if system.name == "gateway" else dict.fromkeys(figures, 1.0)), results

    code, results, _ = in_process(t, made_up, "--rows", "sparse,idle", "--repeats", "1")
    assert [line["wanted"]["higher"] for line in results["rows"][0]["lines"]
            if line["wanted"]] == [False, True, False], results["rows"][0]["lines"]
    reached = [line["wanted"]["reached"] for row in results["rows"] for line in row["lines"]
               if line["wanted"]]
    assert code == 0 and reached and set(reached) == {"missed"}, (code, reached)


def test_a_run_that_breaks_is_told_and_the_others_go_on(t):
    def made_up(system, case, *rest):
        if case.name == "sparse" and system.name == "limit":
            raise Broken("7 of 100 messages were lost")
        return slow(system, case, *rest)

    code, results, told = in_process(t, made_up, "--rows", "sparse,saturated", "--repeats", "1")
    words = "sparse: limit, sparse: 7 of 100 messages were lost"
    assert code == 1 and f"broken: {words}" in told, told
    assert results["broken"] == [words]
    assert [bool(row["errors"]) for row in results["rows"]] == [True, False]


def test_a_relay_that_dies_is_told(t):
    t.binary("tests/bench/load")

    class Dying(Limit):
        def start(self, stage):
            super().start(stage)
            threading.Timer(0.2, stage.relay.process.kill).start()

    case = next(row for row in ROWS if row.name == "one-pair").case("one-pair")
    try:
        measure.measure(Dying(), case, Pins(), 20.0)
    except Broken as broken:
        assert "relay has ended" in str(broken), broken
    else:
        raise AssertionError("nobody noticed")


def test_calls_are_counted_over_far_more_than_is_in_flight(t):
    t.binary("tests/bench/load")
    case = Case("brief", drones=200, window=64, counted=True)
    counting, measure.COUNTING = measure.COUNTING, 0.001  # 20 times that for 128,000 messages
    try:
        found, _ = measure.measure(Limit(), case, Pins(), 0.1)
    finally:
        measure.COUNTING = counting
    assert "relay_us" in found and not {"relay_calls", "load_calls"} & set(found), found


def test_late_messages_are_told(t):
    result = {"mode": "open", "seconds": 1.0, "cpu_s": 0.5, "sent": 200, "late_sends": 3,
              "delivered": 200, "registered": 2}
    assert figures.of_run([result, {**result, "late_sends": 1}])["late_percent"] == 1.0


STAGES = {"peak": 5, "before": 11, "over": 31, "after": 61, "again": 5}  # intervals of each
OFFERED = {"peak": 0, "before": 50, "over": 300, "after": 50, "again": 0}


def told(stage, good, p99_ms):
    """An interval as the load prints it; the peak is 1000 a second."""
    outcomes = [0] * len(overload.OUTCOMES)
    outcomes[overload.OUTCOMES.index("delivered")] = good
    outcomes[overload.OUTCOMES.index("simulator_timeout")] = 25 if stage == "over" else 0
    return [stage, OFFERED[stage], 60 if stage == "over" else 0, good, p99_ms * 500.0,
            p99_ms * 1000.0, outcomes, [0.5, 0.1, 0.2]]


def overloaded(good, p99_ms, again=1000.0):
    """What the load finds; good(stage, number of its interval), p99_ms likewise; the peak found
    afterwards."""
    return {"peaks": [1000.0, again], "interval_ms": 100, "intervals": [
        told(stage, good(stage, at), p99_ms(stage, at))
        for stage, count in STAGES.items() for at in range(count)]}


def test_figures_of_an_overload():
    def good(stage, at):
        if stage == "over":
            return 40 if 10 <= at < 20 else 95
        return {"after": 0 if at < 7 else 48}.get(stage, 50)

    def p99_ms(stage, at):
        return {"over": 80, "after": 90 if at < 15 or at == 18 else 3}.get(stage, 2)

    found = overload.Overload(overloaded(good, p99_ms)).figures()
    wanted = {"undecided": 0.0, "per_second": 1000.0, "again_per_second": 1000.0,
              "peaks_apart_percent": 0.0, "others_percent": None, "held_percent": 95.0, "worst_second_percent": 40.0,
              "good_back_s": 0.7, "p99_back_s": 1.9, "timeout_percent": 24.0,
              "overloaded_percent": 0.0, "not_taken_percent": 20.0, "calm_p99_ms": 2.0,
              "over_p99_ms": 80.0, "relay_busy_percent": 50.0}
    assert set(found) == set(wanted), found
    for key, value in wanted.items():
        assert found[key] == value or abs(found[key] - value) < 1.0, (key, found[key], value)


def test_who_does_not_come_back_is_not_back():
    found = overload.Overload(overloaded(
        lambda stage, _: 50 if stage in ("peak", "before") else 0,
        lambda stage, _: 2)).figures()
    assert found["good_back_s"] == found["p99_back_s"] == 6.0, found
    assert found["held_percent"] == 0.0 and found["over_p99_ms"] is None, found
    brief = overloaded(lambda stage, _: 50 if stage in ("peak", "before") else 0, lambda *_: 2)
    del brief["intervals"][-25:-5]  # 4 s are too short to say that it is not back within 5
    assert overload.Overload(brief).figures()["good_back_s"] is None


def test_a_machine_that_has_changed_decides_nothing(t):
    """Peaks before and after: goodput is a share of both; far apart, nothing is judged by it, and
    the table says so."""
    runs = {again: overload.Overload(overloaded(lambda *_: 80, lambda *_: 2, again)).figures()
            for again in (1000.0, 810.0, 790.0, 1300.0)}
    assert [each["undecided"] for each in runs.values()] == [False, False, True, True], runs
    assert abs(runs[810.0]["held_percent"] - 800 / 9.05) < 0.1, runs

    crowded = overloaded(lambda *_: 80, lambda *_: 2)
    for share, when, undecided in ((0.45, STAGES, False), (0.3, ("over",), True),
                                   (0.3, ("peak",), True), (0.3, ("again",), True)):
        for interval in crowded["intervals"]:  # relay, simulator, spinner, load
            interval[-1] = [0.45, 0.1, share if interval[0] in when else 0.5, 0.3]
        assert overload.Overload(crowded).figures()["undecided"] == undecided, (share, when)

    row = next(row for row in ROWS if row.name == "overload")
    good = dict.fromkeys(keys_of_lines(), 95.0)

    def told(*undecided):
        """The table, of one repeat for each."""
        repeats = [{"gateway": {case.name: {**good, "undecided": each} for case in row.cases}}
                   for each in undecided]
        return table.block(row, [figures.LineFigures(line, repeats, ["gateway"])
                                 for line in row.lines], ["gateway"])

    wishes = sum(line.wanted is not None for line in row.lines)
    assert told(False).count("reached") == wishes and "decide" not in told(False), told(False)
    assert told(True, True).count("undecided") == wishes, told(True, True)
    assert "reached" not in told(True, True) and "95.0" in told(True, True), told(True, True)
    assert told(True, False, True).count("reached (1 of 3 repeats decide)") == wishes


def test_an_overload_with_the_real_programs(t):
    """A simulator that answers so many a second: that is the peak, before and after, and each
    message offered is accounted for, by receiver."""
    t.binary("tests/bench/load")
    brief = {"mode": "overload", "window": 4, "defaults": True, "send_buffer": 16 << 10}
    for case, receivers in (
            (Case("pairs", drones=20, answers=2000, **brief), 1),
            (Case("everyone", drones=11, answers=200, piece=3, everyone=True, **brief), 10)):
        found, (result,) = measure.measure(Gateway(), case, Pins(), 0.4)
        run = overload.Overload(result["overload"])
        assert 0 < found["per_second"] < 2600 and 0 < run.peaks[1] < 2600, (case, found)
        reported = sum(sum(each.outcomes) for each in run.intervals)
        assert reported + result["overload"]["unreported"] == result["sent"] * receivers, result
        assert sum(each.good for each in run.intervals) > 0, result
        over = run.stage("over")
        assert sum(each.offered for each in over) > 2 * sum(each.good for each in over), result


def test_a_flood_with_the_real_programs(t):
    """Each kind asks for something, and is told what it asked for."""
    t.binary("tests/bench/load")
    row = next(row for row in ROWS if row.name == "flood")
    for case in row.cases[1:]:
        case = replace(case, crowd=10, share=1.0)
        found, (result,) = measure.measure(Gateway(), case, Pins(), 0.2)
        assert found["flooded_per_second"] > 100, (case, found)
        assert result["sent"] > 0 and 0 <= found["missing_percent"] <= 100, (case, found)


def test_what_must_be_right_is_looked_over():
    sparse, storm = (next(case for row in ROWS for case in row.cases if case.name == name)
                     for name in ("sparse", "storm"))
    good = {"lost": 0, "sent": 100, "delivered": 100}
    told = {"lost": 0, "registered": storm.drones, "told": 30, "told_expected": 30}
    measure.look_over(good, sparse)
    measure.look_over(told, storm)
    for case, result, words in (
            (sparse, {**good, "lost": 3}, "3 of 100 messages were lost"),
            (sparse, {**good, "delivered": 0}, "no message arrived"),
            (storm, {**told, "registered": 7}, "7 of 10000 drones registered"),
            (storm, {**told, "told": 29}, "told of 29 others, not of 30")):
        try:
            measure.look_over(result, case)
        except Broken as broken:
            assert words in str(broken), broken
        else:
            raise AssertionError(f"nobody noticed: {words}")


def test_the_ratio_is_made_within_each_repeat(t):
    # gateway 2, 20, 6 and limit 1, 10, 2: ratios 2, 2, 3; the ratio of the medians is 3
    cost = iter([2, 1, 20, 10, 6, 2])

    def made_up(*_):
        return dict.fromkeys(keys_of_lines(), float(next(cost))), []

    _, results, _ = in_process(t, made_up, "--rows", "sparse", "--repeats", "3")
    line = results["rows"][0]["lines"][0]
    assert line["ratios"]["gateway"]["median"] == 2.0, line
    assert (line["ratios"]["gateway"]["least"], line["ratios"]["gateway"]["most"]) == (2.0, 3.0)


def test_a_broker_runs_its_own_rows_too(t):
    ran = []

    def made_up(system, case, *rest):
        ran.append((case.name, system.name))
        return slow(system, case, *rest)

    trouble, bench.peers.trouble = bench.peers.trouble, lambda _name: None
    try:
        code, _, _ = in_process(t, made_up, "--peers", "--rows", "everyone,one-hop",
                                "--repeats", "1")
    finally:
        bench.peers.trouble = trouble
    brokers = ["nats", "redis", "redis, no replies", "mosquitto"]
    wanted = {"everyone": ["gateway", "limit", *brokers], "one-hop": brokers}
    assert code == 0 and ran == [(case, system) for case, systems in wanted.items()
                                 for system in systems], (code, ran)


def test_what_is_less_than_a_full_run_does_not_take_its_place(t):
    name = {words: bench.parse(words.split()).json.name for words in (
        "", "--quick", "--rows sparse", "--rows sparse --quick", "--peers", "--peers --quick")}
    assert name[""] == "results.json" and name["--peers"] == "results-peers.json", name
    assert len(set(name.values())) == len(name) - 1, name
    assert name["--quick"] == name["--rows sparse --quick"] == "results-quick.json", name


def test_parts_run_before_all_rows_alone(t):
    asked = {words: bench.parse(f"--parts {words}".split()).parts for words in (
        "", "--repeats 2", "--quick", "--rows sparse", "--peers")}
    assert [words for words, parts in asked.items() if parts] == ["", "--repeats 2"], asked

    parts, bench.PARTS = bench.PARTS, (("false",), ("/there/is/none",))
    try:
        broken = bench.run_parts()
    finally:
        bench.PARTS = parts
    assert broken == ["false failed: 1", "none failed: No such file or directory"], broken


def test_brokers_that_cannot_be_installed_are_left_out(t):
    trouble, bench.peers.trouble = bench.peers.trouble, lambda _name: "not installed"
    install, bench.INSTALL = bench.INSTALL, ("false",)
    try:
        code, results, told = in_process(t, slow, "--peers", "--install", "--rows", "sparse",
                                         "--repeats", "1")
    finally:
        bench.peers.trouble, bench.INSTALL = trouble, install
    assert code == 0 and results["systems"] == ["gateway", "limit"], (code, told)
    assert "not all brokers can be installed" in told and "without redis: not installed" in told, told


def test_pictures_are_of_full_runs(t):
    _, results, _ = in_process(t, slow, "--quick", "--rows", "sparse")
    path = t.folder / "results.json"
    default, plot.RESULTS = plot.RESULTS, path
    told = io.StringIO()
    try:
        with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
            refused = plot.main(["--to", str(t.folder)])
            drawn = plot.main(["--to", str(t.folder), "--json", str(path)])
    finally:
        plot.RESULTS = default
    assert refused == 2 and "quick run" in told.getvalue(), told.getvalue()
    assert drawn == 0, told.getvalue()
    picture = (t.folder / "ladder.svg").read_text("utf-8")
    day = results["made"].split("T")[0]
    assert f"1 repeat of 0.2 s, {day}" in picture, picture


def test_pictures_can_be_read(t):
    random.seed(1)

    def made_up(*_):
        return {key: 10 ** random.uniform(-2.0, 4.6) for key in keys_of_lines()}, []

    def made_up_overload(system, case, *rest):
        found, loads = made_up()
        if case.mode == "overload":
            loads = [{"overload": overloaded(lambda *_: random.randrange(120),
                                             lambda *_: random.uniform(1.0, 9000.0))}]
        return found, loads

    _, results, _ = in_process(t, made_up_overload, "--repeats", "2")
    drawn = plot.pictures(results)
    assert set(drawn) == {"ladder.svg", "growth-receivers.svg", "growth-payload.svg",
                          "growth-drones.svg", "overload.svg"}, set(drawn)
    for name, canvas in drawn.items():
        xml.fromstring(str(canvas))
        assert not canvas.faults(), (name, canvas.faults())


if __name__ == "__main__":
    uavtest.run()
