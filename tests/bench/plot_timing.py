"""timing.svg: which share of the messages comes how much later than it should, by rate."""

import time

from canvas import Canvas, LogAxis

WIDTH, HEIGHT = 960, 444
TOP, BOTTOM = 120, 384
PANELS = (("gateway", "as the gateway says", 78, 462), ("socket", "at the receiver's socket", 552, 936))
LEAST_US, MOST_US = 1.0, 100_000.0
LEAST_SHARE = 1e-5
SHARES = ((1.0, "all"), (0.1, "10 %"), (0.01, "1 %"), (1e-3, "0.1 %"), (1e-4, "0.01 %"),
          (1e-5, "0.001 %"))
TIMES = ((1, "1 us"), (10, "10 us"), (100, "100 us"), (1000, "1 ms"), (10_000, "10 ms"),
         (100_000, "100 ms"))
WANTED_US, WANTED_SHARE = 200.0, 0.01


def timing(results):
    """The Canvas."""
    canvas = Canvas(WIDTH, HEIGHT, "how much later than at sent + simulated delay messages come")
    canvas.text(20, 30, "Share of messages that come later than sent + simulated delay by more "
                "than", 16, bold=True)
    legend(canvas, results["rates"])
    for point, words, left, right in PANELS:
        panel(canvas, results, point, words, left, right)
    made = time.strptime(results["made"], "%Y-%m-%dT%H:%M:%SZ")
    canvas.text(20, HEIGHT - 12, results["pins"], 11, cls="soft")
    canvas.text(WIDTH - 20, HEIGHT - 12, time.strftime("%Y-%m-%d %H:%M UTC", made), 11, "end",
                "soft")
    return canvas


def title(rate):
    return (f"full load, {rate['per_second'] / 1000:,.0f} k/s" if rate["name"] == "full"
            else f"{int(rate['name']):,}/s")


def legend(canvas, rates):
    x = 20
    for number, rate in enumerate(rates):
        canvas.line(x, 56, x + 24, 56, f"s{number % 4} line")
        canvas.text(x + 32, 61, title(rate), 12)
        x += 100
    canvas.line(WIDTH - 390, 56, WIDTH - 366, 56, "one")
    canvas.text(WIDTH - 358, 61, "a timer alone", 12)
    canvas.add("circle", "goal", cx=WIDTH - 228, cy=56, r=4.5)
    canvas.text(WIDTH - 216, 61, "wanted of an idle core", 12)


def panel(canvas, results, point, words, left, right):
    across = LogAxis(LEAST_US, MOST_US, left, right)
    up = LogAxis(LEAST_SHARE, 1.0, BOTTOM, TOP)
    canvas.text(left, TOP - 20, words, 13, bold=True)
    for share, name in SHARES:
        canvas.line(left, up(share), right, up(share), "grid")
        canvas.text(left - 8, up(share) + 4, name, 11, "end", "soft")
    for us, name in TIMES:
        canvas.line(across(us), TOP, across(us), BOTTOM, "grid")
        last = us == TIMES[-1][0]
        canvas.text(across(us), BOTTOM + 20, name, 11, "end" if last else "middle", "soft")
    canvas.line(left, BOTTOM, right, BOTTOM, "axis")
    timer = results["timer"]
    curve(canvas, across, up, timer["timer_us"], timer["delivered"], "one line")
    for number, rate in enumerate(results["rates"]):
        if rate[f"{point}_us"]:
            curve(canvas, across, up, rate[f"{point}_us"], rate["delivered"], f"s{number % 4} line")
    canvas.add("circle", "goal", cx=across(WANTED_US), cy=up(WANTED_SHARE), r=4.5)


def curve(canvas, across, up, times, delivered, cls):
    """Down to the share of one message, where it ends at the largest; what is outside of the
    picture is cut off."""
    shown = []
    for share, us in [*times["curve"], [1.0 / delivered, times["max"]]]:
        if share < LEAST_SHARE * (1 - 1e-9):
            break
        shown.append((across(min(MOST_US, max(LEAST_US, us))), up(max(LEAST_SHARE, share))))
        if us > MOST_US:
            break
    canvas.add("polyline", cls, points=" ".join(f"{x:.1f},{y:.1f}" for x, y in shown))
