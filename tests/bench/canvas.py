"""What the pictures are made of: SVG, written by hand; each text's place is known, so that none
lies on another or leaves the picture."""

import math
import time
from xml.sax.saxutils import escape

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
.s2 { stroke: #18875f; fill: #18875f } .s3 { stroke: #8a4fb0; fill: #8a4fb0 }
.line { fill: none; stroke-width: 2 } .whisker { stroke-width: 1.2 }
@media (prefers-color-scheme: dark) {
text { fill: #e4e9ee } .soft { fill: #a3afba }
.ground { fill: #12181f; stroke: #36414c } .grid { stroke: #2a333c }
.axis { stroke: #a3afba } .one { stroke: #e4e9ee }
.aim { fill: #3fbf91 } .minimum { fill: #6aa5ee } .missed { fill: #f08a4e }
.bound { stroke: #e4e9ee } .goal { fill: #12181f; stroke: #e4e9ee }
.s0 { stroke: #6aa5ee; fill: #6aa5ee } .s1 { stroke: #f08a4e; fill: #f08a4e }
.s2 { stroke: #3fbf91; fill: #3fbf91 } .s3 { stroke: #c08ae0; fill: #c08ae0 }
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


class LogAxis:
    """From data to places, by their logarithms."""

    def __init__(self, least, most, start, end):
        self.least, self.most = math.log10(least), math.log10(most)
        self.start, self.end = start, end

    def __call__(self, value):
        share = (math.log10(value) - self.least) / ((self.most - self.least) or 1)
        return self.start + share * (self.end - self.start)
