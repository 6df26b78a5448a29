"""`make bench`: the gateway beside limit_relay, the thinnest honest relay of its shape, in the
same run: each case of each row on one and then on the other, and that several times. Prints
medians, spread and ratios, and keeps every number as JSON. Nothing fails because of a time;
a run that loses messages, or whose processes end, is an error in words."""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import figures
import peers
import process
import table
from measure import measure, measured_s
from process import Broken
from rows import ROWS
from stage import BUILD, PROGRAMS, Broker, Gateway, Limit

ROOT = Path(__file__).resolve().parents[2]
# What `make bench` prints before the rows: the work itself without sockets, and a drone that
# does not read.
PARTS = ((PROGRAMS / "codec_cost",), (PROGRAMS / "relay_cost",),
         (sys.executable, ROOT / "tests" / "bench" / "slow_reader.py"))
INSTALL = (ROOT / "deploy" / "install-deps.sh", "--bench-peers")
GUESS_S = 2.5  # for one measurement, until one has been made
QUICK_S = 0.2


class Progress:
    """A line on stderr that tells where the run is and what is left of it."""

    def __init__(self, measurements):
        self.left = measurements
        self.started = time.monotonic()
        self.done = 0
        self.terminal = sys.stderr.isatty()

    def tell(self, row, repeat, repeats, system):
        taken = time.monotonic() - self.started
        each = taken / self.done if self.done else GUESS_S
        left = self.left * each
        words = (f"{row.name}, repeat {repeat} of {repeats}, {system.name}; "
                 f"about {int(left) // 60}:{int(left) % 60:02} left")
        print(f"\r{words}\033[K" if self.terminal else words, end="" if self.terminal else "\n",
              file=sys.stderr, flush=True)

    def count(self, measurements):
        self.done += measurements
        self.left -= measurements

    def clear(self):
        if self.terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


class Run:
    """All chosen rows on all systems."""

    def __init__(self, options, systems):
        self.options = options
        self.systems = systems
        self.pins = process.Pins()
        self.files = process.allow_open_files()
        self.started = time.monotonic()
        self.broken = []
        self.json_rows = []
        self.printed = []
        self.progress = Progress(sum(self.repeats_of(row) * len(self.cases_of(row))
                                     * len(self.systems_of(row)) for row in options.rows))

    def repeats_of(self, row):
        return min(self.options.repeats, row.repeats or self.options.repeats)

    def cases_of(self, row):
        return [case for case in row.cases if not self.options.peers or case.name in row.peers]

    def systems_of(self, row):
        return [system for system in self.systems
                if system.name in row.systems or isinstance(system, Broker)]

    def lines_of(self, row):
        names = {case.name for case in self.cases_of(row)}
        return [line for line in row.lines if line.case in names]

    # -- measuring

    def row(self, row):
        """Measures and prints it."""
        systems, cases = self.systems_of(row), self.cases_of(row)
        repeats, raw, errors = [], [], {}
        count = self.repeats_of(row)
        for repeat in range(1, count + 1):
            repeats.append({})
            for system in systems:
                self.progress.tell(row, repeat, count, system)
                if system.name not in errors:
                    try:
                        repeats[-1][system.name] = self.cases(system, cases, repeat, raw)
                    except Broken as broken:  # the others go on without it
                        errors[system.name] = f"{system.name}, {broken}"
                self.progress.count(len(cases))
        self.progress.clear()
        self.broken += [f"{row.name}: {words}" for words in errors.values()]
        self.tell(row, repeats, raw, list(errors.values()))

    def cases(self, system, cases, repeat, raw):
        """{case's name: figures} of one system in one repeat; `raw` gets all there is."""
        found = {}
        for case in cases:
            started = time.monotonic()
            try:
                self.check_files(case)
                found[case.name], loads = measure(system, case, self.pins, self.options.seconds)
            except Broken as broken:
                raise Broken(f"{case.name}: {broken}") from broken
            raw.append({"repeat": repeat, "system": system.name, "case": case.name,
                        "took_s": round(time.monotonic() - started, 2),
                        "figures": found[case.name], "loads": loads})
        return found

    def check_files(self, case):
        if case.sockets > self.files:
            raise Broken(f"a process needs {case.sockets} open files for this and the system "
                         f"allows {self.files} (ulimit -Hn)")

    # -- telling

    def tell(self, row, repeats, raw, errors):
        names = [system.name for system in self.systems_of(row)]
        lines = [figures.LineFigures(line, repeats, names) for line in self.lines_of(row)]
        print((table.peer_block if self.options.peers else table.block)(row, lines, names))
        for error in errors:
            print(f"  broken: {error}")
        sys.stdout.flush()
        self.printed.append((row, lines))
        self.json_rows.append({
            "name": row.name, "title": row.title, "errors": errors,
            "repeats": len(repeats), "measured_s": self.measured_s(row),
            "lines": [line.as_json() for line in lines],
            "curve": self.curve(row, repeats, names), "raw": raw})

    def measured_s(self, row):
        """The least and the most of its cases."""
        each = [measured_s(case, self.options.seconds) for case in self.cases_of(row)]
        return [min(each), max(each)]

    def curve(self, row, repeats, names):
        if not row.curve:
            return None
        points = []
        for case in self.cases_of(row):
            if case.x:
                points.append({"x": case.x, **{name: figures.Summary(
                    run.get(name, {}).get(case.name, {}).get(row.curve.key)
                    for run in repeats).as_json() for name in names}})
        return {"name": row.curve.name, "axis": row.curve.axis, "cost": row.curve.cost,
                "points": points}

    def as_json(self):
        return {
            "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "seconds": round(time.monotonic() - self.started, 1),
            "machine": {"processors": os.cpu_count(), "model": processor_model(),
                        "system": f"{platform.system()} {platform.release()}"},
            "pins": str(self.pins),
            "repeats": self.options.repeats,
            "measured_s": self.options.seconds,
            "quick": self.options.quick,
            "systems": [system.name for system in self.systems],
            "rows": self.json_rows,
            "broken": self.broken,
        }


def processor_model():
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.machine()


# ------------------------------------------------------------------ options


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="bench.py", description="Measures the gateway beside the limit, and brokers.")
    parser.add_argument("--rows", metavar="A,B", help="only these rows (see --list)")
    parser.add_argument("--list", action="store_true", help="tell which rows there are")
    parser.add_argument("--repeats", type=int, metavar="N", help="of every case (5)")
    parser.add_argument("--seconds", type=float, metavar="S", help="measured in each case (1)")
    parser.add_argument("--quick", action="store_true",
                        help=f"1 repeat, {QUICK_S} s: does it work?")
    parser.add_argument("--peers", action="store_true",
                        help="NATS, Redis and Mosquitto as well, in the rows that they can run")
    parser.add_argument("--install", action="store_true",
                        help="with --peers: install first what is missing of these")
    parser.add_argument("--parts", action="store_true",
                        help="before all rows: cost of the codecs and of the relay without "
                        "sockets, a drone that does not read (not with --rows, --quick, --peers)")
    parser.add_argument("--json", type=Path, metavar="FILE",
                        help="where all numbers go (BUILD/bench/results.json; those of --quick to "
                        "results-quick.json, of --rows to results-rows.json)")
    options = parser.parse_args(arguments)
    if options.repeats is None:
        options.repeats = 1 if options.quick else 5
    if options.seconds is None:
        options.seconds = QUICK_S if options.quick else 1.0
    if options.repeats < 1 or not 0 < options.seconds < 3600:  # nan is neither
        parser.error("--repeats and --seconds must be more than 0 (and less than an hour)")
    known = {row.name: row for row in ROWS
             if (row.peers if options.peers else row.systems)}
    wanted = [name for name in options.rows.split(",") if name] if options.rows else list(known)
    for name in wanted:
        if name not in known:
            parser.error(f"there is no row {name}; there are {', '.join(known)}")
    options.parts = options.parts and not (options.rows or options.quick or options.peers)
    options.json = options.json or BUILD / "bench" / results_name(options)
    options.rows = [known[name] for name in wanted]
    return options


def results_name(options):
    """What is less than a full run does not take its place."""
    return "-".join(["results", *(["peers"] if options.peers else []),
                     *(["quick"] if options.quick else ["rows"] if options.rows else [])]) + ".json"


def run_parts():
    """What broke, in sentences."""
    broken = []
    for command in PARTS:
        try:
            code = subprocess.run(command, check=False).returncode
        except OSError as error:
            code = error.strerror
        if code:
            broken.append(f"{Path(command[-1]).name} failed: {code}")
        print(flush=True)
    return broken


def install_brokers():
    """Those that cannot be installed are left out; the run goes on with the others."""
    if not any(peers.trouble(name) for name in peers.NAMES):
        return
    try:
        code = subprocess.run(INSTALL, stdin=subprocess.DEVNULL, check=False).returncode
    except OSError as error:
        code = error.strerror
    if code:
        print("not all brokers can be installed on this machine; the run goes on with those "
              "that are there", file=sys.stderr)


def systems_of(options):
    if not options.peers:
        return [Gateway(), Limit()]
    if options.install:
        install_brokers()
    brokers = []
    for name in peers.NAMES:
        if words := peers.trouble(name):
            print(f"without {name}: {words}", file=sys.stderr)
        else:
            brokers.append(Broker(name))
    return [Gateway(), Limit(), *brokers]


def missing():
    """The programs that are to be built first."""
    needed = [BUILD / "uav-gateway",
              *(PROGRAMS / name for name in ("load", "simulator", "limit_relay"))]
    return [str(path) for path in needed if not path.exists()]


def main(arguments=None):
    options = parse(arguments)
    if options.list:
        for row in options.rows:
            print(f"{row.name:14}{row.title}")
        return 0
    if missing():
        print(f"not built: {', '.join(missing())}; `make bench` builds them", file=sys.stderr)
        return 2
    broken = run_parts() if options.parts else []
    run = Run(options, systems_of(options))
    run.broken += broken
    print(f"{run.pins}; medians of {options.repeats}, {options.seconds:g} s each; "
          "ratios are to the limit in the same repeat")
    for row in options.rows:
        run.row(row)
    if not options.peers:
        print(table.ladder(run.printed))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(run.as_json(), indent=1), "utf-8")
    print(f"\n{run.as_json()['seconds']:.0f} s; all numbers are in {options.json}")
    for words in run.broken:
        print(f"broken: {words}", file=sys.stderr)
    return 1 if run.broken else 0


if __name__ == "__main__":
    process.run_to_end(main)
