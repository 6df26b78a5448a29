"""How figures are printed: one block for each row, and at the end what was wanted and what was
reached. k: thousand; M: million."""

from figures import REFERENCE, Summary

LABEL = 44
MARKS = {"aim": "aim reached", "minimum": "reached", "missed": "NOT reached", "": "",
         "undecided": "undecided: the machine was another meanwhile"}


def number(value):
    """Three significant digits, of many thousands and of millions as well."""
    size = abs(value)
    if size >= 999_500:
        return f"{number(value / 1e6)} M"
    if size >= 9_995:
        return f"{number(value / 1e3)} k"
    if size >= 1000:
        return f"{value:,.0f}"
    return f"{value:.{0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3}f}"


def middle(summary):
    return number(summary.median) if summary else "-"


def spread(summary):
    return f"{number(summary.least)}..{number(summary.most)}" if summary else ""


def times(value):
    return f"{value:.2f}" if value < 99.5 else number(value)


def ratio(summary):
    return f"x{times(summary.median)}" if summary else ""


def ratio_spread(summary):
    return f"{times(summary.least)}..{times(summary.most)}" if summary else ""


def wish(wanted):
    """"<= 1.30 (1.15)": the minimum, and the aim."""
    digits = 2 if wanted.minimum < 10 else 0
    sign = ">=" if wanted.higher else "<="
    return f"{sign} {wanted.minimum:.{digits}f} ({wanted.aim:.{digits}f})"


def judged(line):
    wanted = line.line.wanted
    if not wanted:
        return ""
    found, decided = (len(each.values) for each in (line.values.get("gateway") or Summary(()),
                                                    line.judged()))
    some = f" ({decided} of {found} repeats decide)" if 0 < decided < found else ""
    return f"{wish(wanted)} {MARKS[line.reached()]}{some}".rstrip()


def heading(row):
    return f"\n{row.name}: {row.title}"


def block(row, lines, systems):
    """Gateway and limit side by side, with the ratio's spread."""
    columns = f"{'':{LABEL}}{'gateway':>11} {'min..max':>19}"
    both = REFERENCE in systems
    if both:
        columns += f"{'limit':>11}{'ratio':>8} {'min..max':>12}"
    text = [heading(row), columns.rstrip()]
    for line in lines:
        gateway, limit = line.values.get("gateway"), line.values.get(REFERENCE)
        words = f"  {line.line.label:{LABEL - 2}}{middle(gateway):>11} {spread(gateway):>19}"
        if both:
            to_limit = line.ratios.get("gateway")
            words += f"{middle(limit):>11}{ratio(to_limit):>8} {ratio_spread(to_limit):>12}"
        text.append(f"{words}  {judged(line)}".rstrip())
    return "\n".join(text)


def peer_block(row, lines, systems):
    """One column for each system, with its ratio to the limit."""
    text = [heading(row), f"{'':{LABEL}}" + "".join(f"{name:>18}" for name in systems)]
    for line in lines:
        cells = "".join(
            f"{middle(line.values[name]):>10}{ratio(line.ratios.get(name)):>8}"
            for name in systems)
        text.append(f"  {line.line.label:{LABEL - 2}}{cells}".rstrip())
    return "\n".join(text)


def ladder(rows):
    """What was wanted, of all rows together. `rows`: [(row, lines)]."""
    text = [f"\n{'reached':{LABEL + 14}}{'':>9}  wanted"]
    for row, lines in rows:
        for line in lines:
            if not line.line.wanted:
                continue
            found = line.judged()
            value = "-" if not found else \
                ratio(found) if line.line.wanted.of == "ratio" else number(found.median)
            text.append(f"  {row.name + ': ' + line.line.label:{LABEL + 12}}{value:>9}"
                        f"  {judged(line)}".rstrip())
    return "\n".join(text) if len(text) > 1 else ""
