"""`make soak TIME=SECONDS`: does it hold when it is left alone? First the core is played under
its fake clock, then the real gateway has thousands of drones that come and go, with faults on
every side, for TIME seconds. In rounds: each ends when all have left, and what the gateway then
holds is compared. All is drawn from one seed, which is printed."""

import argparse
import collections
import contextlib
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import certificates  # noqa: E402
import scene  # noqa: E402
import uavtest  # noqa: E402
from credentials import Credentials  # noqa: E402
from crowd import IDS, Crowd, Door, Wrong  # noqa: E402

FLOW_RUNS, FLOW_SECONDS = 100_000, 600  # as many in a soak of that length, fewer in a shorter one
LEAST_FLOW_RUNS = 1000
SANITIZED_FLOW = 10  # times slower
ROUND_S, ROUNDS = 45.0, (4, 12)
LINES_S = 5.0
GROWTH, GROWTH_BYTES = 1.10, 20 << 20
EBB_S = 20.0  # until all is given back when all have left
KEPT = ("listening", "scenario_accepted", "accounts", "reloaded", "reload_refused",
        "reload_mistake", "simulator_connected")

SETTINGS = {
    "gateway": {"name": "soak", "log_level": "info"},
    "simulator": {"timeout_ms": 500, "ping_interval_ms": 500, "idle_timeout_ms": 2000,
                  "backoff_min_ms": 20, "backoff_max_ms": 300},
    "sessions": {"ping_interval_ms": 1500, "idle_timeout_ms": 4000, "register_timeout_ms": 2000,
                 "frame_timeout_ms": 3000, "takeover_ms": 500, "linger_ms": 300},
    "limits": {"output_soft_ms": 2000, "max_queued": 500, "queue_ms": 1000, "max_in_flight": 20000,
               "tcp_user_timeout_ms": 5000, "takeover_ban_ms": 3000, "rate_messages": 20,
               "rate_bytes": 50000},
    "auth": {"mode": "secret", "secrets_file": "drones.secrets", "delay_ms": 50,
             "max_failures": 4, "ban_ms": 2000},
    "listen:tls": {"address": f"{uavtest.HOST}:0"},
}
NAME = "gateway.test"  # in its certificate
FIELD = {**uavtest.scenario(), "max_drones": 100_000}
SCENARIOS = {
    "mesh": FIELD,
    "late": {**FIELD, "delay": "real"},
    "star": {**FIELD, "topology": "star", "hub": "d00001"},
    "queued": {**FIELD, "on_simulator_down": "queue"},
    "bypassed": {**FIELD, "on_simulator_down": "bypass", "timeout_ms": 200},
}


class Log(uavtest.Program):
    """A program whose log is counted; of its lines only those are kept that matter."""

    def __init__(self, *arguments, **options):
        self.events = collections.Counter()
        self.levels = collections.Counter()
        self.reasons = collections.Counter()  # why drones have left
        super().__init__(*arguments, **options)

    def _keep(self, line):
        level, event = word_of(line, "level="), word_of(line, " event=")
        self.levels[level] += 1
        self.events[event] += 1
        if event == "drone_left":
            self.reasons[word_of(line, " reason=")] += 1
        if level in ("error", "") or event in KEPT:
            super()._keep(line)


def word_of(line, key):
    return line.partition(key)[2].partition(" ")[0]


class Context(uavtest.Context):
    def program(self, *command, exit_codes=(0,), **options):
        program = Log(command, **options)
        self.programs.append((program, exit_codes))
        return program

    def forget(self, program):
        """It has ended, and was meant to."""
        self.programs = [each for each in self.programs if each[0] is not program]


# ------------------------------------------------------------------- faults


class Authority(certificates.Authority):
    """Its gateway's certificate is renewed now and then."""

    def __init__(self, folder):
        super().__init__(folder)
        self.gateway = self.issue(NAME, dns=[NAME])

    def renew(self):
        self.gateway.replace_by(self.issue(NAME, dns=[NAME]))


class Faults:
    """What happens to the simulator and to the configuration, each at a time of its own."""

    def __init__(self, t, gateway, simulator, draws, pause_s):
        self.t, self.gateway, self.simulator, self.random = t, gateway, simulator, draws
        self.crowd = self.authority = None
        self.pause_s = pause_s
        self.counts = collections.Counter()
        self.next_simulator = self.next_reload = time.monotonic() + pause_s
        self.mend_at = None  # when what was done to the simulator is undone
        self.mend = None
        self.extra = 0  # changes of the scenario that comes and goes

    def work(self, now):
        if self.mend_at and now >= self.mend_at:
            self.mend_now()
        if not self.mend_at and now >= self.next_simulator:
            self.break_simulator(now)
        if now >= self.next_reload and self.taken_in():
            self.reload()
            self.next_reload = now + self.random.uniform(0.5, 1.5) * self.pause_s

    def break_simulator(self, now):
        if self.random.random() < 0.5:
            self.counts["simulator killed"] += 1
            self.simulator.kill()
            self.t.forget(self.simulator)
            self.mend = self.start_simulator
        else:
            self.counts["simulator stopped for a while"] += 1
            self.simulator.process.send_signal(signal.SIGSTOP)
            self.mend = self.go_on
        self.mend_at = now + self.random.uniform(0.1, 0.5) * self.pause_s

    def start_simulator(self):
        host, port = self.simulator.at
        self.simulator = self.t.simulator(listen=f"{host}:{port}")

    def go_on(self):
        self.simulator.process.send_signal(signal.SIGCONT)

    def mend_now(self):
        """The simulator is well again."""
        if self.mend_at:
            self.mend()
            self.mend_at = None
            self.next_simulator = time.monotonic() + self.random.uniform(0.5, 2.5) * self.pause_s

    def taken_in(self):
        """No reload is under way, which would read files of before and after a change."""
        return self.gateway.events["reloaded"] == self.counts["configuration reloaded"]

    def change_credentials(self):
        """Of those that fly, and the gateway's own."""
        if self.random.random() < 0.5:
            self.crowd.door.credentials.change(
                drone.id for drone in self.crowd.drones.values() if drone.registered)
            self.counts["secrets changed"] += 1
        if self.random.random() < 0.2:
            self.authority.renew()
            self.counts["certificate renewed"] += 1

    def reload(self):
        """Another scenario comes, changes or goes, and one that drones are in changes; what a
        drone may send changes, and who may come."""
        self.change_credentials()
        self.extra += 1
        there = "scenario:extra" in self.gateway.ini
        draw = self.random.random()
        changes = {}
        if draw < 0.4 and there:
            changes["scenario:extra"] = None
        elif draw < 0.8:
            changes["scenario:extra"] = {**FIELD, "description": f"number {self.extra}",
                                         "channel.tx_power_dbm": self.random.randrange(-10, 30)}
        else:
            changes["scenario:mesh"] = {"channel.tx_power_dbm": self.random.randrange(10, 30)}
            changes["scenario:late"] = {"delay": self.random.choice(("none", "real"))}
            changes["limits"] = {"rate_messages": self.random.choice((0, 10, 20, 50)),
                                 "rate_exceeded": self.random.choice(("hold", "refuse"))}
        scene.change_file(self.gateway, **changes)
        self.gateway.process.send_signal(signal.SIGHUP)
        self.counts["configuration reloaded"] += 1


# --------------------------------------------------------------------- soak


class Soak:
    def __init__(self, t, options):
        self.t, self.options = t, options
        self.random = random.Random(options.seed)
        rounds = int(options.seconds / ROUND_S)
        self.rounds = min(max(rounds, ROUNDS[0]), ROUNDS[1])
        self.started = time.monotonic()
        self.samples = []  # (name, seconds, resident bytes, descriptors)
        self.most_drones = 0
        self.wrong = []
        self.gateway = self.faults = self.crowd = self.descriptors = None

    def start(self):
        # what a sanitizer holds back must not look like a leak
        os.environ.setdefault("ASAN_OPTIONS", "quarantine_size_mb=8")
        self.port = self.t.stack.enter_context(scene.reserved_port())
        simulator = self.t.simulator(listen=f"{uavtest.HOST}:{self.port}")
        sections = {name: dict(keys) for name, keys in SETTINGS.items()}
        sections["limits"]["max_drones"] = int(self.options.drones * 1.2) + 100
        authority = Authority(self.t.folder)
        sections["listen:tls"].update(tls_cert=authority.gateway.cert,
                                      tls_key=authority.gateway.key)
        credentials = Credentials(self.t.folder / SETTINGS["auth"]["secrets_file"],
                                  IDS * self.options.drones, self.random)
        self.gateway = self.t.gateway(simulator.at, {name: dict(keys) for name, keys
                                                     in SCENARIOS.items()}, **sections)
        for name in SCENARIOS:
            self.gateway.wait_event("scenario_accepted", scenario=name)
        self.descriptors = scene.descriptors(self.gateway)
        round_s = self.options.seconds / self.rounds
        self.faults = Faults(self.t, self.gateway, simulator, self.random,
                             max(0.4, min(4.0, round_s / 4)))
        door = Door(self.gateway.at, self.gateway.address(listener="tls"),
                    certificates.client(authority), NAME, credentials)
        self.crowd = Crowd(door, self.random, tuple(SCENARIOS), self.options.drones)
        self.faults.crowd, self.faults.authority = self.crowd, authority

    def resident(self):
        with open(f"/proc/{self.gateway.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmRSS:"))

    def sample(self, name):
        self.samples.append((name, time.monotonic() - self.started, self.resident(),
                             scene.descriptors(self.gateway)))

    def run(self):
        self.sample("before the first drone")
        for number in range(1, self.rounds + 1):
            self.round(number)
        self.crowd.work(0.1)
        self.check_log()

    def round(self, number):
        """They come, fly among faults, and leave."""
        seconds = self.options.seconds / self.rounds
        end = time.monotonic() + 0.85 * seconds
        scatter_at = time.monotonic() + self.random.uniform(0.4, 0.8) * seconds
        next_line, last, last_at = 0.0, self.counted(), time.monotonic()
        self.crowd.wanted = self.options.drones
        most = 0
        while (now := time.monotonic()) < end:
            self.crowd.work(0.1)
            self.alive()
            self.faults.work(now)
            if now >= scatter_at:
                self.crowd.scatter(0.3)
                scatter_at = end
            most = max(most, self.resident())
            self.most_drones = max(self.most_drones, len(self.crowd.drones))
            if now >= next_line:
                next_line = now + min(LINES_S, seconds / 2)
                self.line(number, last, max(0.1, time.monotonic() - last_at))
                last, last_at = self.counted(), time.monotonic()
        self.crowd.all_leave(0.1 * seconds)
        self.faults.mend_now()
        self.samples.append((f"round {number}, the most", time.monotonic() - self.started, most,
                             0))
        self.ebb(number)

    def counted(self):
        return self.crowd.counts["sent"], self.crowd.heard["delivery"], self.crowd.counts["came"]

    def line(self, number, last, seconds):
        sent, delivered, came = ((now - before) / seconds
                                 for now, before in zip(self.counted(), last))
        print(f"{time.monotonic() - self.started:6.0f} s  round {number} of {self.rounds}: "
              f"{len(self.crowd.drones):5} drones, {came:5.0f} come/s, {sent:6.0f} sent/s, "
              f"{delivered:6.0f} delivered/s, {self.resident() / (1 << 20):6.1f} MiB, "
              f"{scene.descriptors(self.gateway):5} descriptors", flush=True)

    def alive(self):
        code = self.gateway.process.poll()
        if code is not None:
            raise Wrong(f"the gateway has ended: {code}")

    def ebb(self, number):
        """Nobody is there any more: every descriptor must be given back."""
        end = time.monotonic() + EBB_S
        while scene.descriptors(self.gateway) != self.descriptors and time.monotonic() < end:
            self.crowd.work(0.05)
        self.sample(f"round {number}, all have left")
        held = scene.descriptors(self.gateway)
        if held != self.descriptors:
            self.wrong.append(f"after round {number} the gateway holds {held} descriptors, before "
                              f"the first drone {self.descriptors}")

    # -- the end

    def check_log(self):
        if self.gateway.levels["error"]:
            lines = [line for line in self.gateway.lines if "level=error" in line]
            self.wrong.append(f"{len(lines)} events of level error, the first: {lines[0]}")
        if not self.gateway.events["reloaded"]:
            self.wrong.append("no change of the configuration was taken in")

    def check_memory(self):
        """The last third of the rounds against the first, each by its least."""
        empty = [resident for name, _, resident, _ in self.samples if "all have left" in name][1:]
        if not empty:
            self.wrong.append("memory is not known: it ended before the second round was over")
            return ""
        third = max(1, len(empty) // 3)
        first, last = min(empty[:third]), min(empty[-third:])
        allowed = first * GROWTH + GROWTH_BYTES
        if last > allowed:
            self.wrong.append(f"resident memory grows: {mib(first)} in the first third, "
                              f"{mib(last)} in the last; {mib(allowed)} are allowed")
        return f"{mib(first)}, then {mib(last)} ({mib(allowed)} allowed)"

    def finish(self):
        """True: it holds."""
        memory = self.check_memory()
        accounts = {}
        try:
            accounts = scene.settle(self.gateway)
        except AssertionError as error:
            self.wrong.append(f"the end: {str(error).splitlines()[0] if str(error) else error!r}")
        self.report(memory, accounts)
        return not self.wrong

    def report(self, memory, accounts):
        print(f"\n{'when':28}{'s':>8}{'resident':>12}{'descriptors':>13}")
        for name, seconds, resident, held in self.samples:
            print(f"{name:28}{seconds:8.0f}{mib(resident):>12}{held or '':>13}")
        print(f"\ndrones at a time, the most: {self.most_drones}")
        for title, counts in (("drones", self.crowd.counts), ("faults", self.faults.counts),
                              ("heard", self.crowd.heard), ("left because", self.gateway.reasons),
                              ("reports looked at", self.crowd.outcomes),
                              ("log", self.gateway.events)):
            words = ", ".join(f"{name} {count:,}" for name, count in counts.most_common(20))
            print(f"{title}: {words}")
        kept = {key: value for key, value in accounts.items() if value}
        print(f"accounts: {', '.join(f'{key} {value:,}' for key, value in kept.items())}\n")
        verdicts = (
            ("memory flat once all have left", memory, "memory"),
            ("descriptors given back exactly", str(self.descriptors), "descriptors"),
            ("no event of level error", "", "level error"),
            ("accounts close, exit code 0", f"{accounts.get('accepted', 0):,} accepted",
             "the end"))
        for words, figure, key in verdicts:
            failed = any(key in wrong for wrong in self.wrong)
            print(f"{'FAILED' if failed else 'passed'}  {words:32} {figure}")
        for wrong in self.wrong:
            print(f"wrong: {wrong}")


def mib(size):
    return f"{size / (1 << 20):.1f} MiB"


# --------------------------------------------------------------------- flow


def sanitized(path):
    return b"__asan_init" in path.read_bytes()


def flow_runs(seconds, flow):
    share = min(1.0, seconds / FLOW_SECONDS) / (SANITIZED_FLOW if sanitized(flow) else 1)
    return max(LEAST_FLOW_RUNS, int(FLOW_RUNS * share))


def play_flow(options):
    """True: all runs held. Its seeds follow one another from the soak's."""
    flow = uavtest.BUILD / "tests" / "flow" / "flow"
    runs = flow_runs(options.seconds, flow) if options.flow is None else options.flow
    if not runs:
        return True
    command = ["nice", str(flow), "--runs", str(runs), "--seed", str(options.seed)]
    print(f"the core under a fake clock: {' '.join(command)}", flush=True)
    started = time.monotonic()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith(("ok", "not ok"))]
    print("\n".join(lines if done.returncode == 0 else done.stdout.splitlines()))
    print(f"{'passed' if done.returncode == 0 else 'FAILED'}  {runs:,} runs in "
          f"{time.monotonic() - started:.0f} s\n", flush=True)
    return done.returncode == 0


# --------------------------------------------------------------------- main


def parse(arguments):
    parser = argparse.ArgumentParser(prog="soak.py", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, metavar="S",
                        help="with drones (600)")
    parser.add_argument("--drones", type=int, default=3000, metavar="N", help="at a time (3000)")
    parser.add_argument("--seed", type=int, help="from which all is drawn (drawn itself)")
    parser.add_argument("--flow", type=int, metavar="RUNS",
                        help=f"of the core alone before; 0: none ({FLOW_RUNS}, in a soak under "
                        f"{FLOW_SECONDS} s as much less, with a sanitizer a tenth)")
    options = parser.parse_args(arguments)
    if not options.seconds >= 4 or not 20 <= options.drones <= 100_000:
        parser.error("--seconds must be 4 or more, --drones 20 to 100000")
    if options.seed is None:
        options.seed = random.randrange(1, 1 << 31)
    return options


def allow_open_files(wanted):
    """For this process and those it starts."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise SystemExit(f"soak.py: {wanted} open files are needed and the system allows {hard} "
                         "(ulimit -Hn); fewer --drones need fewer")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def fly(options):
    context = Context()
    complaints = []
    with contextlib.ExitStack() as context.stack:
        soak = Soak(context, options)
        try:
            soak.start()
            try:
                soak.run()
            except AssertionError as error:
                soak.wrong.append(str(error))
            soak.faults.mend_now()
            held = soak.finish()
        finally:
            if soak.faults:
                soak.faults.mend_now()
            complaints = context.close()
    for words in complaints:
        print(f"wrong: {words}")
    if not held:
        print("\n".join(soak.gateway.lines[-30:]))
    return held and not complaints


def main(arguments=None):
    options = parse(arguments)
    allow_open_files(int(options.drones * 1.3) + 400)
    print(f"soak: seed {options.seed}, {options.seconds:g} s, {options.drones} drones", flush=True)
    good = play_flow(options)
    good = fly(options) and good
    print("it holds" if good else f"it does NOT hold; the same again: --seed {options.seed}")
    return 0 if good else 1


def on_terminate(_signal, _frame):
    raise SystemExit(143)  # so that what was started is ended, too


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, on_terminate)
    sys.exit(main())
