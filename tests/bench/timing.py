"""`make bench-timing`: how punctual the gateway is. With `delay = real` a message is handed over at
sent + simulated delay; how much later it really comes is measured at several rates, told as a
table, drawn (timing.svg) and kept as JSON. Nothing fails because of a time; messages lost, or
handed over early, are an error in words."""

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import plot_timing
from bench import processor_model
from process import Broken, Pins, Process, run_to_end
from stage import BUILD, HOST, PREFIX, PROGRAMS, SCENARIO, last_json, listening_at, write_ini

FOLDER = Path(__file__).resolve().parent
FULL = "full"
DELAYS_US = (1000, 50000)
WARM_UP_S = 0.5
LEFT_S = 60.0  # beyond what is measured: registration, what is under way at the end
# Seconds, so that 100 messages are there at the slowest.
RATES = {"1": 120.0, "100": 60.0, "10000": 30.0, FULL: 10.0}
QUICK_S = 0.5
TIMER_RATE, TIMER_S = 100, 10.0
# At full load so many wait, at the most, as make that many a second with the delays above.
PAIRS, WINDOW = {FULL: 100}, 500
MOST_PAIRS = 10  # at a rate: no two drones write to one socket
POINTS = ("gateway", "socket", "process")
QUANTILES = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999), ("max", 1.0))


class Watch:
    """A line on stderr that tells where the run is, while a load runs."""

    def __init__(self, rates):
        self.rates = rates  # [(name, seconds)]
        self.terminal = sys.stderr.isatty()

    def tell(self, at, passed_s):
        name, seconds = self.rates[at]
        left = sum(each for _, each in self.rates[at:]) - passed_s
        words = (f"{title(name)}: {min(passed_s, seconds):.0f} of {seconds:g} s; "
                 f"about {int(left) // 60}:{int(left) % 60:02} left")
        print(f"\r{words}\033[K" if self.terminal else words, end="" if self.terminal else "\n",
              file=sys.stderr, flush=True)

    def follow(self, at, load):
        """Until it ends, or is given up."""
        started, seconds = time.monotonic(), self.rates[at][1]
        self.tell(at, 0)
        while load.process.poll() is None and time.monotonic() < started + seconds + LEFT_S:
            try:
                load.process.wait(1.0)
            except subprocess.TimeoutExpired:
                if self.terminal:
                    self.tell(at, time.monotonic() - started)
        if self.terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
        load.wait_success(0)


def title(name):
    return "full load" if name == FULL else f"{int(name):,}/s"


# ------------------------------------------------------------------ one rate


def gateway_ini(simulator):
    """All by default but for what might end a run: who waits to register, and a simulator that the
    load keeps from its processor."""
    return {
        "gateway": {"name": "bench"},
        "listen:drones": {"address": f"{HOST}:0"},
        "simulator": {"address": simulator, "timeout_ms": 10_000},
        "limits": {"accept_rate": 0, "drain_ms": 100},
        f"scenario:{SCENARIO}": {"delay": "real", "channel.model": "ideal"},
    }


def start_all(folder, started, pins):
    """(gateway's address, its process)"""
    gateway_on, simulator_on, _ = pins.spread()
    simulator = Process(folder, "simulator", [
        PROGRAMS / "simulator", "--dialect", "uav", "--listen", f"{HOST}:0",
        "--delays", ",".join(str(each) for each in DELAYS_US)], simulator_on)
    started.append(simulator)
    path = folder / "gateway.ini"
    ini = gateway_ini(listening_at(simulator))
    write_ini(path, ini)
    gateway = Process(folder, "gateway", [BUILD / "uav-gateway", "-c", path],
                      gateway_on)
    started.append(gateway)
    address = gateway.wait_printed(r"event=listening .*address=(\S+)").group(1)
    gateway.wait_printed(rf"event=scenario_accepted scenario={SCENARIO} ")
    return address, gateway


def load_options(name, seconds):
    options = {"prefix": PREFIX, "scenario": SCENARIO, "seconds": f"{seconds:g}",
               "warmup": f"{WARM_UP_S:g}", "pairs": PAIRS.get(name, MOST_PAIRS)}
    if name == FULL:
        return {**options, "rate": 0, "window": WINDOW}
    return {**options, "rate": name}


def processor_s(process):
    """User and system time that it has taken."""
    words = Path(f"/proc/{process.pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def priority(name):
    """Programs are started with that of this one, but at full load without real-time priority:
    the system would take a twentieth of each second from them (sched_rt_runtime_us)."""
    policy, given = os.sched_getscheduler(0), os.sched_getparam(0)
    if name == FULL and policy != os.SCHED_OTHER:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    try:
        yield
    finally:
        if os.sched_getscheduler(0) != policy:
            os.sched_setscheduler(0, policy, given)


def measure(name, seconds, pins, follow):
    """What the load found at that rate, on processes of its own."""
    with priority(name):
        return measure_on(name, seconds, pins, follow)


def measure_on(name, seconds, pins, follow):
    started = []
    with tempfile.TemporaryDirectory(prefix="bench.") as words:
        folder = Path(words)
        try:
            address, gateway = start_all(folder, started, pins)
            command = [PROGRAMS / "timing", "--to", address]
            for key, value in load_options(name, seconds).items():
                command += [f"--{key}", value]
            before = processor_s(gateway)
            load = Process(folder, "timing", command, pins.spread()[2])
            started.append(load)
            follow(load)
            for process in started[:2]:
                process.check()
            found = last_json(load)
            found["gateway_cpu_s"] = round(processor_s(gateway) - before, 2)
        finally:
            for process in reversed(started):
                process.end()
    return look_over({"name": name, **found})


def measure_timer(seconds, pins):
    """What the machine does to a timer alone, on the gateway's processor."""
    with tempfile.TemporaryDirectory(prefix="bench.") as words:
        timer = Process(Path(words), "timer", [
            PROGRAMS / "timing", "--timer", "--rate", TIMER_RATE, "--seconds", seconds],
            pins.spread()[0])
        try:
            timer.wait_success(seconds + LEFT_S)
            return last_json(timer)
        finally:
            timer.end()


def look_over(found):
    """What must be right however late it was."""
    lost = found["sent"] - found["delivered"]
    if lost:
        raise Broken(f"{lost} of {found['sent']} messages did not come")
    if not found["delivered"]:
        raise Broken("no message was sent in that time; --seconds takes more")
    if found["early"]:
        raise Broken(f"{found['early']} of {found['sent']} messages came before their time, by "
                     f"{found['earliest_us']} us at the most")
    return found


# ------------------------------------------------------------------ the table


def number(us):
    return f"{us:,.0f}"


def row_of(found, point):
    """One line of figures: "-" where so few messages came that the largest stands for it."""
    times = found[f"{point}_us"]
    if times is None:
        return f"  {point:10}  the system stamps no packets"
    known = [number(times[key]) if found["delivered"] * (1 - share) >= 1 or key == "max" else "-"
             for key, share in QUANTILES]
    return f"  {point:10}" + "".join(f"{words:>10}" for words in known)


def block(found):
    head = f"{title(found['name'])}: {found['delivered']:,} messages in {found['seconds']:g} s"
    if found["name"] == FULL:
        head += f", {found['per_second']:,.0f}/s"
    busy = 100 * found["gateway_cpu_s"] / (found["seconds"] + WARM_UP_S)
    return "\n".join([f"{head}, gateway {busy:.0f} % busy, none early",
                      *(row_of(found, point) for point in POINTS)])


HEAD = ("later than sent + simulated delay, us\n"
        "  gateway: as it says itself; socket: until it has reached the receiver's socket;\n"
        "  process: until the receiver, woken up, has read it;\n"
        "  timer: a process that sleeps on the gateway's processor, until it is woken up\n\n"
        "            " + "".join(f"{name:>10}" for name in ("p50", "p90", "p99", "p99.9", "max")))


# ----------------------------------------------------------------- options


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="timing.py", description="Measures how punctual the gateway is (delay = real).")
    parser.add_argument("--rates", metavar="A,B", default=",".join(RATES),
                        help="messages a second, or full: as fast as windows let "
                        f"({','.join(RATES)})")
    parser.add_argument("--seconds", type=float, metavar="S",
                        help="at each rate (" + ", ".join(
                            f"{seconds:g} at {name}" for name, seconds in RATES.items()) + ")")
    parser.add_argument("--quick", action="store_true",
                        help=f"{QUICK_S} s at each rate but the slowest: does it work?")
    parser.add_argument("--json", type=Path, metavar="FILE",
                        help="where all numbers go (BUILD/bench/timing.json, of --quick to "
                        "timing-quick.json)")
    parser.add_argument("--plot", type=Path, metavar="FILE",
                        help="the picture (timing.svg beside this program, of a run that has all "
                        "rates and seconds; else beside the numbers)")
    options = parser.parse_args(arguments)
    if options.seconds is not None and not 0 < options.seconds < 36000:
        parser.error("--seconds must be more than 0 (and less than ten hours)")
    names = [name for name in options.rates.split(",") if name]
    for name in names:
        if name != FULL and not (name.isascii() and name.isdigit() and 0 < int(name) <= 1_000_000):
            parser.error(f"--rates: {name} is neither a number from 1 to 1000000 nor full")
    if not names:
        parser.error("--rates: none is given")
    whole = set(RATES) <= set(names) and options.seconds is None and not options.quick
    if options.quick:
        names = [name for name in names if name != "1"] or names
    options.rates = [(name, seconds_at(options, name)) for name in names]
    options.json = options.json or BUILD / "bench" / (
        "timing-quick.json" if options.quick else "timing.json")
    options.plot = options.plot or (
        FOLDER / "timing.svg" if whole else options.json.with_suffix(".svg"))
    return options


def seconds_at(options, name):
    return options.seconds or (QUICK_S if options.quick else RATES.get(name, 30.0))


def missing():
    needed = [BUILD / "uav-gateway", *(PROGRAMS / name for name in ("timing", "simulator"))]
    return [str(path) for path in needed if not path.exists()]


def placement(pins):
    gateway, _, load = pins.spread()
    words = pins.trouble or (f"gateway alone on processor {gateway}, load and simulator on "
                             f"processor {load}")
    if os.sched_getscheduler(0) != os.SCHED_OTHER:
        return f"{words}; real-time priority, but not at full load"
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    return f"{words}; all at nice {nice}" if nice else words


def run(options, pins):
    """(what was found, by rate; of a timer; what broke)"""
    watch, found, broken = Watch(options.rates), [], []
    print(HEAD)
    timer = measure_timer(QUICK_S if options.quick else TIMER_S, pins)
    print(f"the machine, {TIMER_RATE}/s: {timer['delivered']:,} times\n" + row_of(timer, "timer"),
          flush=True)
    for at, (name, seconds) in enumerate(options.rates):
        try:
            found.append(measure(name, seconds, pins,
                                 lambda load, at=at: watch.follow(at, load)))
            print(block(found[-1]), flush=True)
        except Broken as trouble:
            broken.append(f"{title(name)}: {trouble}")
            print(f"{title(name)}: broken: {trouble}", flush=True)
    return found, timer, broken


def main(arguments=None):
    options = parse(arguments)
    if missing():
        print(f"not built: {', '.join(missing())}; `make bench-timing` builds them",
              file=sys.stderr)
        return 2
    pins = Pins()
    print(f"{placement(pins)}; simulated delays of {DELAYS_US[0] / 1000:g} to "
          f"{DELAYS_US[1] / 1000:g} ms; load average {os.getloadavg()[0]:.1f}")
    found, timer, broken = run(options, pins)
    results = {"made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
               "machine": {"processors": os.cpu_count(), "model": processor_model(),
                           "system": f"{platform.system()} {platform.release()}"},
               "pins": placement(pins), "quick": options.quick,
               "delays_us": DELAYS_US, "timer": timer, "rates": found, "broken": broken}
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(results, indent=1), "utf-8")
    print(f"\nall numbers are in {options.json}")
    if found:
        canvas = plot_timing.timing(results)
        options.plot.parent.mkdir(parents=True, exist_ok=True)
        options.plot.write_text(str(canvas), "utf-8")
        print(f"the picture is {options.plot}")
    for words in broken:
        print(f"broken: {words}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    run_to_end(main)
