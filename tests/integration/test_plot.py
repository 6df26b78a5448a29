"""sim-stub --plot: every model, from the link that packets go through to a picture that browsers
show, and what is told when there is none."""

import csv
import io
import math
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"
PAGE = uavtest.ROOT / "sim-stub/README.md"
PLOTS = uavtest.ROOT / "sim-stub/plots"
HEIGHTS = [10.0, 30.0, 100.0, 300.0]


def plot(t, *words, code=0, **options):
    done = subprocess.run([t.binary("sim-stub"), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, timeout=uavtest.DEADLINE, cwd=t.folder, **options)
    assert done.returncode == code, done
    assert code or not done.stderr, done
    return done


def models(t):
    """All but the one that has nothing to draw."""
    told = plot(t, "--plot", "none-of-these", code=2).stderr
    known = re.search(r'unknown model "none-of-these"; known: (.*)', told)[1].split(", ")
    assert len(known) > 3 and known[0] == "ideal", known
    return known[1:]


def table(t, model, *words):
    """{(height, branch): [row]}, numbers for what is one."""
    found = {}
    for row in csv.DictReader(io.StringIO(plot(t, "--plot", model, "--data", *words).stdout)):
        sight = row.pop("line_of_sight")
        row = {key: float(value) for key, value in row.items()}
        found.setdefault((row["height_m"], sight), []).append(row)
    return found


def free_space_db(row):
    """ITU-R P.525, to the antenna at 1.5 m."""
    distance = math.hypot(row["distance_m"], row["height_m"] - 1.5)
    return 20 * math.log10(4 * math.pi * distance * 2.4e9 / 299792458.0)


# ----------------------------------------------------------------- numbers


def test_every_model_has_its_curves(t):
    for model in models(t):
        curves = table(t, model)
        branches = {sight for _, sight in curves}
        assert branches in ({""}, {"los", "nlos"}), (model, branches)
        assert sorted({height for height, _ in curves}) == HEIGHTS, model
        assert len(curves) == len(HEIGHTS) * len(branches)
        for rows in curves.values():
            distances = [row["distance_m"] for row in rows]
            assert (distances[0], distances == sorted(distances)) == (10.0, True)
            assert math.isclose(distances[-1], 20000.0, rel_tol=1e-4) and len(distances) >= 200
            for row in rows:
                assert 40 < row["path_loss_db"] < 250 and 0 <= row["packet_error_rate"] <= 1, (model, row)
                assert 0 <= row["line_of_sight_probability"] <= 1, (model, row)
            assert rows[0]["packet_error_rate"] < 0.01, (model, rows[0])
        if branches == {""}:
            continue
        for height in HEIGHTS:  # what stands in the way takes, and never gives
            pairs = list(zip(curves[height, "los"], curves[height, "nlos"], strict=True))
            assert all(nlos["path_loss_db"] >= los["path_loss_db"] - 0.01
                       for los, nlos in pairs if los["distance_m"] == nlos["distance_m"]), model
            assert pairs[-1][1]["path_loss_db"] > pairs[-1][0]["path_loss_db"] or height == 300.0, (model, height)


def test_free_space_is_free_space(t):
    for rows in table(t, "free-space").values():
        assert all(abs(row["path_loss_db"] - free_space_db(row)) < 0.002 for row in rows)


def test_means_alone(t):
    """What chance adds is not in them."""
    still = table(t, "log-distance")
    assert still == table(t, "log-distance", "-p", "shadowing_db=12", "-p", "fading=rayleigh",
                          "-p", "decorrelation_m=5")
    assert still != table(t, "log-distance", "-p", "exponent=3.5")


def test_parameters(t):
    """Each changes what it should."""
    near, far = (table(t, "free-space", "--parameter", f"frequency_hz={hertz}") for hertz in ("1e9", "2e9"))
    for key, rows in near.items():
        for one, two in zip(rows, far[key], strict=True):
            assert abs(two["path_loss_db"] - one["path_loss_db"] - 20 * math.log10(2)) < 0.002
    weak = table(t, "free-space", "-p", "tx_power_dbm=-20")
    assert weak[10.0, ""][-1]["packet_error_rate"] > 0.99 > near[10.0, ""][-1]["packet_error_rate"]


def test_a_branch_that_is_said(t):
    """`los` in the scenario leaves one branch, whatever is likelier."""
    two = [model for model in models(t) if len(table(t, model)) > len(HEIGHTS)]
    assert two
    for model in two:
        both = table(t, model)
        for said in ("los", "nlos"):
            one = table(t, model, "-p", f"los={said}")
            assert {sight for _, sight in one} == {said}
            assert all(one[key] == both[key] for key in one), (model, said)


# ---------------------------------------------------------------- pictures


def drawn(t, model, *words):
    """The picture's text, and what it is parsed to."""
    if not shutil.which("gnuplot"):
        raise uavtest.Skip("gnuplot is not here (deploy/install-deps.sh)")
    text = plot(t, "--plot", model, "-o", "-", *words).stdout
    return text, ElementTree.fromstring(text)


def texts(root):
    return ["".join(element.itertext()).strip() for element in root.iter(f"{SVG}text")]


def test_every_model_is_drawn(t):
    for model in models(t):
        _, root = drawn(t, model)
        branches = len(table(t, model)) // len(HEIGHTS)
        assert root.tag == f"{SVG}svg"
        words = texts(root)
        assert model in words and "Path loss" in words and "Packet error rate" in words, words
        assert [f"{height:g} m up" for height in HEIGHTS] == [word for word in words if word.endswith(" up")][:4]
        assert ("NLOS" in words) == (branches == 2)
        assert ("Probability of line of sight" in words) == (branches == 2)
        assert "10 % lost" in words
        groups = [group for group in root.iter(f"{SVG}g") if re.fullmatch(r"gnuplot_plot_\d+\w*", group.get("id", ""))]
        # free space and the curves, twice; the map, its line and the rim around that; the last panel
        assert len(groups) == 2 * (1 + 4 * branches) + 3 + 4, (model, [group.get("id") for group in groups])
        assert len(list(root.iter(f"{SVG}image"))) == 1, model


def test_a_file_of_the_models_name(t):
    if not shutil.which("gnuplot"):
        raise uavtest.Skip("gnuplot is not here (deploy/install-deps.sh)")
    assert plot(t, "--plot=free-space").stdout == ""
    assert [path.name for path in Path(t.folder).glob("*.svg")] == ["free-space.svg"]
    text = (t.folder / "free-space.svg").read_text(encoding="utf-8")
    plot(t, "--plot", "free-space", "-o", "other.svg")
    assert (t.folder / "other.svg").read_text(encoding="utf-8") == text  # no date, no chance


def test_what_was_said_is_told(t):
    """And is text, whatever stands in it."""
    _, root = drawn(t, "log-distance", "-p", "exponent=3.1", "-p", "frequency_hz=868e6")
    assert "with exponent = 3.1, frequency_hz = 868e6" in texts(root)
    assert any(word.startswith("868 MHz, 20 dBm, qpsk at 1 Mbit/s in 1 MHz") for word in texts(root))


def strokes(text):
    """Numbers of all curves."""
    return [[float(number) for number in re.findall(r"-?\d+\.\d+", path)]
            for path in re.findall(r"<path stroke[^>]*?\sd='([^']*)'", text)]


def test_the_page_shows_what_is_drawn(t):
    """Each model, as it is now."""
    page = PAGE.read_text(encoding="utf-8")
    for model in models(t):
        path = PLOTS / f"{model}.svg"
        assert f"](plots/{model}.svg)" in page, f"sim-stub/README.md does not show {model}"
        assert path.stat().st_size < 150_000, path
        old = path.read_text(encoding="utf-8")
        new, _ = drawn(t, model)
        produced = re.compile(r"<desc>(.*?)</desc>", re.S)
        if produced.search(old)[1] != produced.search(new)[1]:
            raise uavtest.Skip("another gnuplot has drawn sim-stub/plots")
        pairs = list(zip(strokes(old), strokes(new), strict=True))
        assert len(pairs) > 10 and all(
            len(was) == len(now) and all(abs(a - b) <= 1 for a, b in zip(was, now)) for was, now in pairs), (
                f"sim-stub/plots/{model}.svg is not what the model draws now: make plots")
    assert {path.stem for path in PLOTS.glob("*.svg")} == set(models(t))


# ---------------------------------------------------------------- mistakes


def test_mistakes(t):
    for words, told in (
            (["--plot"], "requires an argument"),
            (["--plot", "free-spaec"], 'unknown model "free-spaec"; known: ideal, free-space'),
            (["--plot", "ideal"], "nothing to see of the model ideal"),
            (["--plot", "free-space", "-p", "frequency_hz"], '--parameter is "frequency_hz", not KEY=VALUE'),
            (["--plot", "free-space", "-p", "=1"], '--parameter is "=1", not KEY=VALUE'),
            (["--plot", "free-space", "-p", "frequency_hz=9"], 'frequency_hz is "9"; allowed: a number from'),
            (["--plot", "free-space", "-p", "model=two-ray"], 'parameter "model" given twice'),
            (["--plot", "free-space", *["-p", "a=1"] * 200], "more parameters are given than there are"),
            (["--plot", "free-space", "more"], 'unexpected argument "more"; see --help'),
            (["--plot", "free-space", "--seed=1"], "sim-stub: --seed is not for --plot; see sim-stub --help"),
            (["--plot", "free-space", "--only", "x"], "--only is not for --plot"),
            (["--plot", "free-space", "-s", "1"], "-s is not for --plot"),
            (["--plot", "free-space", "--data=x"], "--data=x: no value belongs there"),
            (["--plot", "free-space", "--see", "1"], "unrecognized option '--see'")):
        done = plot(t, *words, code=2)
        assert told in done.stderr and done.stdout == "", (words, done)
    assert not list(Path(t.folder).glob("*.svg"))
    for folder in ("nowhere/x.svg", "."):
        assert "sim-stub: " in plot(t, "--plot", "free-space", "--data", "-o", folder, code=1).stderr


def test_without_gnuplot(t):
    """It is told where to find it, nothing is left behind, and the table needs none."""
    nothing = {**os.environ, "PATH": str(t.folder)}
    done = plot(t, "--plot", "free-space", code=1, env=nothing)
    assert "--plot needs gnuplot: it is not here (Debian has it as gnuplot-nox); --data" in done.stderr
    assert not list(Path(t.folder).glob("*.svg"))
    assert plot(t, "--plot", "free-space", "--data", env=nothing).stdout.count("\n") > 800


def test_a_gnuplot_that_fails(t):
    """Nothing half drawn; one that does not even read is no harm."""
    broken = t.folder / "gnuplot"
    for body in ("echo half; cat >/dev/null; exit 3", "exit 1", "kill -9 $$"):
        broken.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        broken.chmod(0o755)
        done = plot(t, "--plot", "free-space", code=1, env={**os.environ, "PATH": f"{t.folder}:/usr/bin:/bin"})
        assert "gnuplot: it could not draw" in done.stderr
    assert not list(Path(t.folder).glob("*.svg"))


if __name__ == "__main__":
    uavtest.run()
