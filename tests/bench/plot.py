"""`make bench-plot`: draws what bench.py kept (results.json) as SVG for the README: the ladder
of ratios to the limit, how cost grows, and an overload."""

import argparse
import json
import math
import sys
from pathlib import Path

import plot_overload
from canvas import CHARACTER, Canvas, LogAxis, origin, short
from rows import OVERLOAD_CASES
from stage import BUILD
from table import times

FOLDER = Path(__file__).resolve().parent
RESULTS = BUILD / "bench" / "results.json"

# ------------------------------------------------------------------- ladder

LADDER_WIDTH = 960
LABELS_END = 400
BARS_END = 740
BARS_TOP = 86
BAR_STEP = 28
BARS_FOOT = 58  # numbers of the scale, and where the picture comes from
MOST_RATIO = 4.0


def rungs_of(rows):
    """(label, found, wanted) of each line that is wanted as a ratio."""
    for row in rows:
        for line in row["lines"]:
            wanted = line["wanted"]
            if not wanted:
                continue
            if wanted["of"] == "ratio":
                found = line["ratios"].get("gateway")
            elif line["over"]:
                found = line["values"].get("gateway")
            else:
                continue
            if found:
                yield f"{row['name']}: {line['label'].removesuffix(', us')}", found, wanted


def ladder(results):
    rows = [row for row in results["rows"] if any(rungs_of([row]))]
    rungs = list(rungs_of(rows))
    bottom = BARS_TOP + BAR_STEP * len(rungs)
    canvas = Canvas(LADDER_WIDTH, bottom + BARS_FOOT, "the gateway as a ratio to the limit")
    most = max([1.5, *(max(found["median"], wanted["minimum"]) for _, found, wanted in rungs)])
    most = min(MOST_RATIO, math.ceil(most * 1.05 / 0.5) * 0.5)

    def at(ratio):
        return LABELS_END + (BARS_END - LABELS_END) * min(ratio, most) / most

    canvas.text(20, 30, "The gateway as a ratio to the limit in the same run", 17, bold=True)
    ladder_legend(canvas, 56)
    for step in range(int(most / 0.5) + 1):
        canvas.line(at(step * 0.5), BARS_TOP - 8, at(step * 0.5), bottom, "grid")
        canvas.text(at(step * 0.5), bottom + 20, f"{step * 0.5:.1f}", 12, "middle", "soft")
    canvas.line(at(1), BARS_TOP - 8, at(1), bottom, "one")
    canvas.text(LADDER_WIDTH - 20, bottom + BARS_FOOT - 14, origin(results, rows), 11, "end",
                "soft")
    for number, rung in enumerate(rungs):
        draw_rung(canvas, at, BARS_TOP + number * BAR_STEP, *rung)
    return canvas


def ladder_legend(canvas, y):
    x = 20
    for cls, words in (("aim", "aim reached"), ("minimum", "minimum reached"),
                       ("missed", "not reached")):
        canvas.add("rect", cls, x=x, y=y - 11, width=14, height=12)
        canvas.text(x + 20, y, words, 12)
        x += 40 + int(len(words) * 12 * CHARACTER)
    canvas.line(x, y - 12, x, y + 2, "bound")
    canvas.text(x + 10, y, "minimum", 12)
    x += 90
    canvas.add("circle", "goal", cx=x, cy=y - 5, r=4.5)
    canvas.text(x + 10, y, "aim", 12)
    x += 60
    canvas.line(x, y - 5, x + 20, y - 5, "one")
    canvas.text(x + 26, y, "1: the limit (crowd: without idle drones)", 12)


def draw_rung(canvas, at, y, label, found, wanted):
    middle = y + BAR_STEP / 2 - 2
    canvas.text(LABELS_END - 12, middle + 4, label, 12, "end")
    canvas.add("rect", wanted["reached"], x=at(0), y=middle - 8, height=16,
               width=at(found["median"]) - at(0), rx=2)
    canvas.line(at(wanted["minimum"]), middle - 11, at(wanted["minimum"]), middle + 11, "bound")
    canvas.add("circle", "goal", cx=at(wanted["aim"]), cy=middle, r=4.5)
    sign = "\u2265" if wanted["higher"] else "\u2264"
    canvas.text(BARS_END + 16, middle + 4, times(found["median"]), 13, bold=True)
    canvas.text(BARS_END + 66, middle + 4,
                f"{sign} {wanted['minimum']:.2f} ({wanted['aim']:.2f})", 12, cls="soft")


# ------------------------------------------------------------------- curves

CURVE_WIDTH, CURVE_HEIGHT = 560, 400
LEFT, RIGHT, TOP, BOTTOM = 74, 530, 84, 318


def steps(least, most):
    """1, 2 and 5 times the powers of ten, from the last not above `least` to the first not
    below `most`."""
    marks = [mark * 10.0 ** power
             for power in range(math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1)
             for mark in (1, 2, 5)]
    below = max(mark for mark in marks if mark <= least)
    above = min([mark for mark in marks if mark >= most] or [marks[-1] * 2])
    return [mark for mark in marks if below <= mark <= above] or [below, above]


def growth(results, row):
    curve, systems = row["curve"], results["systems"]
    canvas = Canvas(CURVE_WIDTH, CURVE_HEIGHT, f"{curve['cost']}, by {curve['axis']}")
    points = curve["points"]
    known = [point[name] for point in points for name in systems if point.get(name)]
    marks = steps(min(each["least"] for each in known), max(each["most"] for each in known))
    across = LogAxis(points[0]["x"], points[-1]["x"], LEFT + 18, RIGHT - 18)
    up = LogAxis(marks[0], marks[-1], BOTTOM, TOP)

    canvas.text(20, 30, curve["cost"], 15, bold=True)
    for mark in marks:
        canvas.line(LEFT, up(mark), RIGHT, up(mark), "grid")
    thin = max(1, math.ceil(len(marks) / 12))
    for mark in marks[::thin]:
        canvas.text(LEFT - 8, up(mark) + 4, short(mark), 12, "end", "soft")
    for point in points:
        x = across(point["x"])
        canvas.line(x, BOTTOM, x, BOTTOM + 5, "axis")
        canvas.text(x, BOTTOM + 21, short(point["x"]), 12, "middle", "soft")
    canvas.line(LEFT, BOTTOM, RIGHT, BOTTOM, "axis")
    canvas.text((LEFT + RIGHT) / 2, CURVE_HEIGHT - 36, curve["axis"], 13, "middle")
    canvas.text(CURVE_WIDTH - 20, CURVE_HEIGHT - 12, origin(results, [row]), 11, "end", "soft")
    for number, name in enumerate(systems):
        draw_series(canvas, across, up, [(p["x"], p[name]) for p in points if p.get(name)],
                    f"s{number}")
        x = 24 + number * 130
        canvas.add("circle", f"s{number}", cx=x, cy=52, r=5)
        canvas.text(x + 12, 57, name, 13)
    canvas.text(LEFT + 250, 57, "median; line: least to most", 12, cls="soft")
    return canvas


def draw_series(canvas, across, up, values, cls):
    path = " ".join(f"{across(x):.1f},{up(found['median']):.1f}" for x, found in values)
    canvas.add("polyline", f"{cls} line", points=path)
    for x, found in values:
        canvas.line(across(x), up(found["least"]), across(x), up(found["most"]),
                    f"{cls} whisker")
        canvas.add("circle", cls, cx=across(x), cy=up(found["median"]), r=4.0)


# --------------------------------------------------------------------- main


def pictures(results):
    """{file name: Canvas}"""

    drawn = {}
    if any(rungs_of(results["rows"])):
        drawn["ladder.svg"] = ladder(results)
    for row in results["rows"]:
        if row["name"] == "overload" and (
                canvas := plot_overload.overload(results, row, OVERLOAD_CASES)):
            drawn["overload.svg"] = canvas
        curve = row["curve"]
        if curve and any(point.get(name) for point in curve["points"]
                         for name in results["systems"]):
            drawn[f"growth-{curve['name']}.svg"] = growth(results, row)
    return drawn


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="plot.py", description="Draws what bench.py found.")
    parser.add_argument("--json", type=Path, metavar="FILE",
                        help="whatever bench.py kept there, of a quick run as well "
                        "(BUILD/bench/results.json, of a full run alone)")
    parser.add_argument("--to", type=Path, default=FOLDER, help="folder of the pictures")
    options = parser.parse_args(arguments)
    path = options.json or RESULTS
    try:
        results = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        print(f"{path}: {error}; `make bench` makes it", file=sys.stderr)
        return 2
    if "quick" not in results:
        print(f"{path}: of an older bench.py; `make bench` makes a new one", file=sys.stderr)
        return 2
    if results["quick"] and not options.json:
        print(f"{path}: of a quick run, whose figures say nothing; `make bench` measures in full, "
              f"--json {path} draws it all the same", file=sys.stderr)
        return 2
    drawn = pictures(results)
    if not drawn:
        print(f"{path}: no row in it has a picture", file=sys.stderr)
        return 1
    options.to.mkdir(parents=True, exist_ok=True)
    for name, canvas in drawn.items():
        for fault in canvas.faults():
            print(f"{name}: {fault}", file=sys.stderr)
        (options.to / name).write_text(str(canvas), "utf-8")
        print(options.to / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
