"""overload.svg: what was offered, goodput and p99 over time, one line of pictures a case."""

import math
from dataclasses import dataclass

from canvas import Canvas, LogAxis, origin, short
from overload import Overload

WIDTH = 960
TOP, PANEL, STEP = 96, 150, 214  # of the first line, its height, from one to the next
FOOT = 16
RATES = (84, 490)  # left and right end of what is offered and goodput
TIMES = (570, 936)  # and of p99
SHOWN = ("before", "over", "after")
GAP_S = 0.3  # nothing has arrived for longer: p99 is no line there


@dataclass(frozen=True)
class Place:
    """Where a value stands that goes in steps from `least` to `most`."""

    least: float
    most: float
    start: float
    end: float

    def __call__(self, value):
        share = (value - self.least) / (self.most - self.least)
        return self.start + max(0.0, min(1.0, share)) * (self.end - self.start)


def middle_run(row, case):
    """Of the repeats, the one whose held goodput is in the middle."""
    runs = [Overload(run["loads"][0]["overload"]) for run in row["raw"]
            if run["case"] == case and run["loads"]]
    runs.sort(key=lambda run: run.figures()["held_percent"])
    return runs[len(runs) // 2] if runs else None


def cases_of(row):
    return list(dict.fromkeys(run["case"] for run in row["raw"]))


def overload(results, row, titles):
    """`titles`: {case's name: words}. None: there is nothing to be drawn."""
    runs = [(case, run) for case in cases_of(row) if (run := middle_run(row, case))]
    if not runs:
        return None
    canvas = Canvas(WIDTH, TOP + STEP * len(runs) + FOOT, row["title"])
    canvas.text(20, 30, "Three times what can be carried, then half", 17, bold=True)
    for x, cls, words in ((20, "axis line", "offered"), (130, "s0 line", "goodput"),
                          (240, "s1 line", "p99 of what arrives")):
        canvas.line(x, 52, x + 24, 52, cls)
        canvas.text(x + 32, 57, words, 12)
    for number, (case, run) in enumerate(runs):
        draw_case(canvas, TOP + number * STEP, titles.get(case, case), run)
    canvas.text(WIDTH - 20, TOP + STEP * len(runs) + FOOT - 10, origin(results, [row]), 11, "end",
                "soft")
    return canvas


def draw_case(canvas, top, title, run):
    shown = [interval for interval in run.intervals if interval.stage in SHOWN]
    shown = [one for one, following in zip(shown, shown[1:]) if one.stage == following.stage]
    length_s = len(shown) * run.interval_s
    times = [(number + 0.5) * run.interval_s for number in range(len(shown))]
    peaks = f"{short(round(run.peak))}/s, then {short(round(run.peaks[1]))}/s"
    canvas.text(20, top - 8, f"{title}: peak {peaks}{'' if run.decides else ', undecided'}", 13,
                bold=True)
    bottom = top + PANEL
    across = Place(0, length_s, *RATES)
    up = Place(0, 3.2, bottom, top)
    for mark in range(4):
        canvas.line(RATES[0], up(mark), RATES[1], up(mark), "grid")
        canvas.text(RATES[0] - 8, up(mark) + 4, f"{mark} peak" if mark else "0", 11, "end", "soft")
    draw_stages(canvas, across, top, bottom, shown, run)
    per_peak = 1 / run.interval_s / run.peak
    draw_line(canvas, "axis line", [(across(at), up(each.offered * per_peak))
                                    for at, each in zip(times, shown)])
    draw_line(canvas, "s0 line", [(across(at), up(each.good * per_peak))
                                  for at, each in zip(times, shown)])
    draw_p99(canvas, top, Place(0, length_s, *TIMES), times, shown, run)


def draw_p99(canvas, top, across, times, shown, run):
    known = [each.p99_us / 1e3 for each in shown if each.delivered] or [1.0]
    least = 10.0 ** math.floor(math.log10(min(known)))
    most = 10.0 ** math.ceil(math.log10(max(known)) + 1e-9)
    bottom = top + PANEL
    up = LogAxis(least, most, bottom, top)
    mark = least
    while mark <= most * 1.001:
        canvas.line(TIMES[0], up(mark), TIMES[1], up(mark), "grid")
        canvas.text(TIMES[0] - 8, up(mark) + 4, f"{short(mark)} ms", 11, "end", "soft")
        mark *= 10
    draw_stages(canvas, across, top, bottom, shown, run)
    piece, last = [], None
    for at, each in zip(times, shown):
        if not each.delivered:
            continue
        if last is not None and at - last > GAP_S:
            draw_line(canvas, "s1 line", piece)
            piece = []
        piece.append((across(at), up(each.p99_us / 1e3)))
        last = at
    draw_line(canvas, "s1 line", piece)


def draw_stages(canvas, across, top, bottom, shown, run):
    """Where the next stage begins, and seconds below."""
    for number, (one, following) in enumerate(zip(shown, shown[1:])):
        if one.stage != following.stage:
            x = across((number + 1) * run.interval_s)
            canvas.line(x, top, x, bottom, "one")
    canvas.line(across.start, bottom, across.end, bottom, "axis")
    length_s = len(shown) * run.interval_s
    step = max(0.1, 2 * round(length_s / 12)) if length_s > 3 else length_s / 2
    mark = 0.0
    while mark <= length_s:
        canvas.text(across(mark), bottom + 18, f"{mark:g} s", 11, "middle", "soft")
        mark += step


def draw_line(canvas, cls, points):
    if points:
        canvas.add("polyline", cls, points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points))
