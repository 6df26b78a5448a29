"""`make bench-plot`: draws what bench.py kept (results.json) as SVG for the README: the ladder
of ratios to the limit, and how cost grows. Written by hand; each text's place is known, so
that none lies on another or leaves the picture."""

import argparse
import json
import math
import sys
import time
from pathlib import Path
from xml.sax.saxutils import escape

from stage import BUILD
from table import times

FOLDER = Path(__file__).resolve().parent
RESULTS = BUILD / "bench" / "results.json"

# One set of colours for a light page, one for a dark one; the picture brings its own ground.
STYLE = """
text { font-family: "DejaVu Sans", Verdana, sans-serif; fill: #1c2733 }
.soft { fill: #56636f }
.ground { fill: #ffffff; stroke: #d5dbe1 }
.grid { stroke: #e3e7eb; stroke-width: 1 }
.axis { stroke: #56636f; stroke-width: 1 }
.one { stroke: #1c2733; stroke-width: 1.5; stroke-dasharray: 4 3 }
.aim { fill: #18875f } .minimum { fill: #2f6fbd } .missed { fill: #c2541c }
.bound { stroke: #1c2733; stroke-width: 2.5 } .goal { fill: #ffffff; stroke: #1c2733 }
.s0 { stroke: #2f6fbd; fill: #2f6fbd } .s1 { stroke: #c2541c; fill: #c2541c }
.line { fill: none; stroke-width: 2 } .whisker { stroke-width: 1.2 }
@media (prefers-color-scheme: dark) {
text { fill: #e4e9ee } .soft { fill: #a3afba }
.ground { fill: #12181f; stroke: #36414c } .grid { stroke: #2a333c }
.axis { stroke: #a3afba } .one { stroke: #e4e9ee }
.aim { fill: #3fbf91 } .minimum { fill: #6aa5ee } .missed { fill: #f08a4e }
.bound { stroke: #e4e9ee } .goal { fill: #12181f; stroke: #e4e9ee }
.s0 { stroke: #6aa5ee; fill: #6aa5ee } .s1 { stroke: #f08a4e; fill: #f08a4e }
.line { fill: none }
}
"""

CHARACTER = 0.62  # width of one, at most on average, in heights of the font


class Canvas:
    """SVG elements, and where its texts are."""

    def __init__(self, width, height, title):
        self.width, self.height = width, height
        self.elements = []
        self.boxes = []  # of texts: (left, top, right, bottom, words)
        self.title = title
        self.add("rect", cls="ground", x=0.5, y=0.5, width=width - 1, height=height - 1, rx=6)

    def add(self, tag, cls="", inside="", **attributes):
        words = "".join(f' {key.replace("_", "-")}="{plain(value)}"'
                        for key, value in attributes.items())
        cls = f' class="{cls}"' if cls else ""
        self.elements.append(f"<{tag}{cls}{words}>{inside}</{tag}>" if inside
                             else f"<{tag}{cls}{words}/>")

    def line(self, x1, y1, x2, y2, cls):
        self.add("line", cls, x1=x1, y1=y1, x2=x2, y2=y2)

    def text(self, x, y, words, size=13, anchor="start", cls="", bold=False):
        """Its base line's start, middle or end is at (x, y)."""
        more = {"font_weight": "bold"} if bold else {}
        self.add("text", cls, escape(words), x=x, y=y, font_size=size, text_anchor=anchor, **more)
        width = len(words) * size * CHARACTER
        left = x - {"start": 0, "middle": width / 2, "end": width}[anchor]
        self.boxes.append((left, y - size, left + width, y + size * 0.25, words))

    def faults(self):
        """Texts that lie on each other or outside."""
        found = [f"outside: {words}" for left, top, right, bottom, words in self.boxes
                 if left < 0 or top < 0 or right > self.width or bottom > self.height]
        for at, one in enumerate(self.boxes):
            for other in self.boxes[at + 1:]:
                if (one[0] < other[2] and other[0] < one[2]
                        and one[1] < other[3] and other[1] < one[3]):
                    found.append(f"overlap: {one[4]} / {other[4]}")
        return found

    def __str__(self):
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} '
                f'{self.height}" width="{self.width}" height="{self.height}" role="img">\n'
                f"<title>{escape(self.title)}</title>\n<style>{STYLE}</style>\n"
                + "\n".join(self.elements) + "\n</svg>\n")


def plain(value):
    return f"{value:.1f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def short(value):
    return f"{value:,.0f}" if value >= 10 else f"{value:g}"


def span(values):
    """"3", or "3 to 5"."""
    least, most = min(values), max(values)
    return short(least) if least == most else f"{short(least)} to {short(most)}"


def origin(results, rows):
    """How often, how long and when what a picture shows was measured."""
    repeats = span([row["repeats"] for row in rows])
    seconds = span([each for row in rows for each in row["measured_s"]])
    made = time.strptime(results["made"], "%Y-%m-%dT%H:%M:%SZ")
    return (f"{repeats} repeat{'s' if repeats != '1' else ''} of {seconds} s, "
            f"{time.strftime('%Y-%m-%d %H:%M', made)} UTC")


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


class LogAxis:
    """From data to places, by their logarithms."""

    def __init__(self, least, most, start, end):
        self.least, self.most = math.log10(least), math.log10(most)
        self.start, self.end = start, end

    def __call__(self, value):
        share = (math.log10(value) - self.least) / ((self.most - self.least) or 1)
        return self.start + share * (self.end - self.start)


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
