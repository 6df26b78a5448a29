"""From what the loads found to what is printed: figures of a run, medians and ratios of
several. A ratio is made within each repeat, where both had the same machine; the median is
taken of the ratios."""

import statistics

from overload import Overload

REFERENCE = "limit"
MIB_KB = 1024


def of_run(results):
    """The figures that rows name, from the results of the loads that ran beside each other
    (most often one). What a load does not know is missing."""
    if results[0]["mode"] == "overload":
        return Overload(results[0]["overload"]).figures()
    events = sum(events_of(result) for result in results)
    figures = {
        "per_second": sum(events_of(result) / result["seconds"] for result in results
                          if result["seconds"]),
        "load_us": per(sum(result["cpu_s"] for result in results), events),
        "seconds": max(result["seconds"] for result in results),
        "told_million": sum(result.get("told") or 0 for result in results) / 1e6,
    }
    if len(results) == 1 and results[0].get("calls_per_message") is not None:
        figures["load_calls"] = results[0]["calls_per_message"]
    if sent := sum(result["sent"] for result in results):
        figures["late_percent"] = 100 * sum(result["late_sends"] for result in results) / sent
    if "flooded_per_second" in results[0]:
        sent, delivered = results[0]["sent"], results[0]["delivered"]
        figures["flooded_per_second"] = results[0]["flooded_per_second"]
        figures["missing_percent"] = 100 * max(0, sent - delivered) / sent if sent else 100
    latency = [result["latency_us"] for result in results if result.get("latency_us")]
    for key in ("p50", "p99", "p999"):
        if latency:
            figures[f"{key}_us"] = max(each[key] for each in latency)
    if accounts := results[0].get("accounts"):
        figures["transmits_per_thousand"] = 1000 * accounts["transmits"] / accounts["sends"]
    for name in ("relay", "simulator"):
        watched = [result["watched"][name] for result in results
                   if name in result.get("watched", {})]
        figures.update(of_process(name, watched, events, results))
    return {key: value for key, value in figures.items() if value is not None}


def of_process(name, watched, events, results):
    """Loads that run beside each other watch the same process for the same time."""
    if not watched:
        return {}
    calls = [each.get("calls_per_message") for each in watched]
    figures = {
        f"{name}_us": per(statistics.fmean(each["cpu_s"] for each in watched), events),
        f"{name}_mib": max(each["rss_kb"] for each in watched) / MIB_KB,
    }
    if len(calls) == 1 and calls[0] is not None:
        figures[f"{name}_calls"] = calls[0]
    drones = sum(result["registered"] for result in results)
    if drones and watched[0].get("rss_kb_before"):
        grown = watched[0]["rss_kb"] - watched[0]["rss_kb_before"]
        figures[f"{name}_bytes_each"] = grown * 1024 / drones
    return figures


def events_of(result):
    """What a mode's cost is divided by."""
    if result["mode"] == "register":
        return result["registered"]
    if result["mode"] == "presence":
        return result["told"]
    return result["delivered"]


def per(seconds, events):
    return seconds * 1e6 / events if events else None


# ----------------------------------------------------------------- repeats


class Summary:
    """Median, least and most of some numbers; of none it is empty."""

    def __init__(self, values):
        self.values = [value for value in values if value is not None]

    def __bool__(self):
        return bool(self.values)

    @property
    def median(self):
        return statistics.median(self.values)

    @property
    def least(self):
        return min(self.values)

    @property
    def most(self):
        return max(self.values)

    def as_json(self):
        if not self:
            return None
        return {"median": self.median, "least": self.least, "most": self.most,
                "values": self.values}


class LineFigures:
    """One line of a row: what each system reached, and how that is to the reference."""

    def __init__(self, line, row_runs, systems):
        """`row_runs`: a repeat's {system: {case: figures}}, for each repeat."""
        self.line = line
        table = {system: [value_of(line, run.get(system, {})) for run in row_runs]
                 for system in systems}
        self.values = {system: Summary(values) for system, values in table.items()}
        # repeats in which the machine was another meanwhile say nothing about the wish
        self.decided = {system: Summary(
            value_of(line, run.get(system, {})) for run in row_runs
            if not run.get(system, {}).get(line.case, {}).get("undecided"))
            for system in systems}
        reference = table.get(REFERENCE, [None] * len(row_runs))
        self.ratios = {
            system: Summary(value / base if value is not None and base else None
                            for value, base in zip(values, reference))
            for system, values in table.items() if system != REFERENCE}

    def judged(self, system="gateway"):
        """The Summary that the line's wish is about."""
        of_value = self.line.wanted and self.line.wanted.of == "value"
        return (self.decided if of_value else self.ratios).get(system) or Summary(())

    def reached(self):
        """"aim", "minimum", "missed", "undecided" when no repeat decides, or "" when nothing is
        wanted or nothing known."""
        judged = self.judged()
        if not self.line.wanted:
            return ""
        if judged:
            return self.line.wanted.reached(judged.median)
        return "undecided" if self.values.get("gateway") and self.line.wanted.of == "value" else ""

    def as_json(self):
        wanted = self.line.wanted
        return {
            "label": self.line.label, "key": self.line.key, "case": self.line.case,
            "over": self.line.over or None,
            "values": {name: value.as_json() for name, value in self.values.items()},
            "ratios": {name: ratio.as_json() for name, ratio in self.ratios.items()},
            "wanted": wanted and {"minimum": wanted.minimum, "aim": wanted.aim, "of": wanted.of,
                                  "higher": wanted.higher, "reached": self.reached()},
        }


def value_of(line, cases):
    value = cases.get(line.case, {}).get(line.key)
    if not line.over or value is None:
        return value
    base = cases.get(line.over, {}).get(line.key)
    return value / base if base else None
