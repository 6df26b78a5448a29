"""What is measured. A row is one or several cases, each a load put on a relay, and the
lines that are printed of them. A line may have something to reach: never a condition, a
timing fails nothing."""

from dataclasses import dataclass, replace

BOTH = ("gateway", "limit")
GATEWAY = ("gateway",)
BROKERS = ()  # alone: neither gateway nor limit

SPARSE = {"drones": 2000, "window": 1}  # two drones are a pair
SATURATED = {"drones": 200, "window": 64}

PAYLOADS = (16, 128, 1024, 8192, 61440)
RECEIVERS = (1, 10, 100, 999)
DRONES = (10, 100, 1000, 10000)
LANES = (1, 2, 4)
MOST_DRONES = 10_000

A_SECOND_US = 1_000_000
ORDERLY = 500  # messages a second beside a flood
ANSWERS = 20_000  # a second, of a simulator that computes something
SMALL_SOCKET = 16 << 10
TO_ALL, TO_ALL_ANSWERS, PIECE = 50, 2000, 10  # receivers of a message to everyone
OVERLOAD_STAGES = (0.75, 2, 4, 6)  # seconds (of --seconds 1): peak, half, three times, half

OVERLOAD_CASES = {"gateway": "gateway limits", "simulator": "simulator limits",
                  "everyone": "simulator, to everyone"}

CURVE = 0.4  # share of the time that cases are measured for which are one of many
FEW = 3  # repeats at most, of rows in which nothing small is to be told apart


@dataclass(frozen=True)
class Case:
    """One load on one relay."""

    name: str
    mode: str = "pairs"
    drones: int = 2
    window: int = 1
    rate: int = 0  # messages (or changes) a second, of all; 0: the mode has none
    payload: int = 128
    base: int = 0  # registered before those that are counted
    changing: int = 0  # drones that change (mode presence)
    presence: bool = False
    reports: bool = False
    one_hop: bool = False  # to everyone around the simulator
    crowd: int = 0  # idle drones beside those that speak
    lanes: int = 1  # connections to simulators, each with a scenario and a load
    topology: str = "mesh"
    answers: int = 0  # that the simulator gives a second; 0: as many as it can
    piece: int = 0  # receivers that one answer tells of; 0: all
    valid_us: int = 0  # for which the simulator says that a link's numbers hold; 0: it does not
    link_cache: bool = False  # and the gateway may use them again
    everyone: bool = False  # mode overload: from each to all others, not in pairs
    send_buffer: int = 0  # bytes that a drone's socket holds back; 0: as the system has it
    flood: str = ""  # what a drone beside the others does as fast as it can (flooder.py)
    hindered: bool = False  # a process that spins takes half of the relay's processor
    accepts_bounded: bool = False  # accept_rate as by default; else none, as the limit has none
    defaults: bool = False  # the gateway with the windows and timeouts that it has by itself
    one_core: bool = False  # latency: across cores the wake-ups hide all differences
    share: float = 1.0  # of the time that is asked for (--seconds)
    counted: bool = False  # its system calls, for some time more
    x: int = 0  # where it stands on the axis of a curve

    @property
    def sockets(self):
        """Open files that relay, or load, need."""
        return self.drones + self.base + self.crowd + 100


@dataclass(frozen=True)
class Wanted:
    """At least `minimum`, better `aim`; of the ratio to the limit, or of the value."""

    minimum: float
    aim: float
    of: str = "ratio"
    higher: bool = False  # more is better

    def reached(self, value):
        better = (lambda bound: value >= bound) if self.higher else (lambda bound: value <= bound)
        return "aim" if better(self.aim) else "minimum" if better(self.minimum) else "missed"


@dataclass(frozen=True)
class Line:
    """`key` of a case's figures; divided by that of the case `over`, if there is one."""

    label: str
    key: str
    case: str
    over: str = ""
    wanted: Wanted = None


@dataclass(frozen=True)
class Curve:
    """The cost that grows along an axis: the key's values of all cases with an x."""

    name: str
    axis: str
    key: str
    cost: str


@dataclass(frozen=True)
class Row:
    name: str
    title: str
    cases: tuple
    lines: tuple
    systems: tuple = BOTH  # beside the brokers
    repeats: int = 0  # fewer than asked for; 0: as many
    peers: tuple = ()  # names of the cases that brokers can run, too
    curve: Curve = None

    def case(self, name):
        return next(case for case in self.cases if case.name == name)


# -------------------------------------------------------------------- lines


def costs(case, wanted=None, unit="message", units="messages"):
    """Of relay, simulator and load: processor time and system calls for each message."""
    wanted = wanted or {}
    return (
        Line(f"relay, CPU us/{unit}", "relay_us", case, wanted=wanted.get("relay_us")),
        Line(f"{units}/s", "per_second", case, wanted=wanted.get("per_second")),
        Line(f"relay, system calls/{unit}", "relay_calls", case, wanted=wanted.get("relay_calls")),
        Line(f"simulator, CPU us/{unit}", "simulator_us", case),
        Line(f"simulator, system calls/{unit}", "simulator_calls", case),
        Line(f"load, CPU us/{unit}", "load_us", case),
        Line(f"load, system calls/{unit}", "load_calls", case),
        Line("relay, resident MiB", "relay_mib", case),
    )


def latencies(case, wanted=None):
    wanted = wanted or {}
    return tuple(
        Line(f"latency {name}, us", key, case, wanted=wanted.get(key))
        for name, key in (("p50", "p50_us"), ("p99", "p99_us"), ("p99.9", "p999_us")))


# --------------------------------------------------------------------- rows


def at_least(share, aim):
    return Wanted(share, aim, higher=True)


def two_hops():
    return (
        Row("sparse", "1000 pairs, 1 message in flight each",
            (Case("sparse", **SPARSE, counted=True),),
            costs("sparse", {"relay_us": Wanted(1.30, 1.15), "per_second": at_least(0.80, 0.90),
                             "relay_calls": Wanted(1.15, 1.05)}) + latencies("sparse"),
            peers=("sparse",)),
        Row("saturated", "100 pairs, 64 messages in flight each",
            (Case("saturated", **SATURATED, counted=True),),
            costs("saturated", {"relay_us": Wanted(3.0, 2.0), "per_second": at_least(0.45, 0.65),
                                "relay_calls": Wanted(2.0, 1.3)}) + latencies("saturated"),
            peers=("saturated",)),
        Row("one-pair", "one pair, 1 message in flight, all on one core",
            (Case("one-pair", one_core=True, counted=True),),
            latencies("one-pair", {"p50_us": Wanted(1.15, 1.08), "p99_us": Wanted(1.15, 1.08)})
            + costs("one-pair"),
            peers=("one-pair",)),
        Row("open-loop", "10,000 messages/s of 100 pairs, whatever comes back, all on one core",
            (Case("open-loop", mode="open", drones=200, rate=10_000, one_core=True,
                  counted=True),),
            latencies("open-loop", {"p99_us": Wanted(1.5, 1.15)})
            + (Line("sent over 1 ms late, %", "late_percent", "open-loop"),)
            + costs("open-loop"),
            peers=("open-loop",)),
    )


def everyone():
    all_of_them = {"mode": "many", "window": 16}
    receivers = tuple(Case(f"to-{count}", drones=count + 1, **all_of_them, x=count, share=CURVE)
                      for count in RECEIVERS)
    return (
        Row("everyone", "one drone to all others of a mesh of 1000, 16 messages in flight",
            (Case("everyone", drones=1000, **all_of_them, counted=True),),
            costs("everyone", {"relay_us": Wanted(2.5, 1.5)}, "delivery", "deliveries")
            + latencies("everyone"),
            peers=("everyone",)),
        Row("receivers", "one drone to all others, 16 messages in flight, by their number",
            receivers,
            tuple(Line(f"to {case.x}: relay, CPU us/delivery", "relay_us", case.name)
                  for case in receivers),
            repeats=FEW,
            curve=Curve("receivers", "receivers of one message", "relay_us",
                        "CPU of the relay, us per delivery")),
        Row("one-hop", "the same bytes to 1000 subscribers, 16 messages in flight; brokers alone: "
            "a gateway has no such thing, each receiver's numbers are its own",
            (Case("one-hop", drones=1001, **all_of_them, one_hop=True, counted=True),),
            costs("one-hop", unit="delivery", units="deliveries") + latencies("one-hop"),
            systems=BROKERS, peers=("one-hop",)),
    )


def registration():
    return (
        Row("registration", "1000 drones register, 1000 others are told of each (50 ms gathering)",
            (Case("told", mode="register", drones=1000, base=1000, presence=True),),
            (Line("relay, CPU us/registration", "relay_us", "told", wanted=Wanted(1.5, 1.25)),
             Line("registrations/s", "per_second", "told"),
             Line("told of others, million", "told_million", "told"))),
        Row("connecting", "2000 drones register, nobody is told",
            (Case("connecting", mode="register", drones=2000),),
            (Line("relay, CPU us/registration", "relay_us", "connecting"),
             Line("registrations/s", "per_second", "connecting")),
            peers=("connecting",)),
        Row("storm", f"{MOST_DRONES:,} drones register, each is told of all who come later; "
            "accept_rate as by default",
            (Case("storm", mode="register", drones=MOST_DRONES, presence=True,
                  accepts_bounded=True),),
            (Line("until all are told, s", "seconds", "storm",
                  wanted=Wanted(30.0, 5.0, of="value")),
             Line("relay, CPU us/registration", "relay_us", "storm"),
             Line("told of others, million", "told_million", "storm"),
             Line("relay, resident MiB", "relay_mib", "storm"))),
        Row("presence", "1000 drones, 500 changes/s, each told to all",
            (Case("presence", mode="presence", drones=1000, changing=100, rate=500,
                  presence=True),),
            (Line("relay, CPU us/told", "relay_us", "presence"),
             Line("told/s", "per_second", "presence")),
            systems=GATEWAY, repeats=FEW),
    )


def idle():
    beside = f"beside {MOST_DRONES:,} idle"
    return (
        Row("idle", f"{MOST_DRONES:,} registered drones that say nothing",
            (Case("idle", mode="idle", drones=MOST_DRONES),),
            (Line("relay, resident bytes/drone", "relay_bytes_each", "idle",
                  wanted=Wanted(768, 640, of="value")),),
            peers=("idle",)),
        Row("crowd", f"how much {MOST_DRONES:,} idle drones slow the others",
            tuple(Case(f"{name}{suffix}", **load, crowd=crowd, share=1.5)
                  for name, load in (("sparse", SPARSE), ("saturated", SATURATED))
                  for suffix, crowd in (("", 0), ("-crowd", MOST_DRONES))),
            (Line(f"sparse, CPU {beside}/without", "relay_us", "sparse-crowd", "sparse",
                  wanted=Wanted(1.15, 1.08, of="value")),
             Line(f"saturated, CPU {beside}/without", "relay_us", "saturated-crowd", "saturated",
                  wanted=Wanted(1.15, 1.08, of="value")))),
    )


def payloads():
    cases = tuple(Case(f"{size}-bytes", drones=200, window=4, payload=size, x=size, share=CURVE,
                       counted=True)
                  for size in PAYLOADS)
    return Row(
        "payload", "100 pairs, 4 messages in flight each, by payload",
        cases,
        tuple(Line(f"{case.x:,} bytes: relay, CPU us/message", "relay_us", case.name)
              for case in cases)
        + tuple(Line(f"{case.x:,} bytes: relay, system calls/message", "relay_calls", case.name)
                for case in cases)
        + tuple(Line(f"{case.x:,} bytes: messages/s", "per_second", case.name)
                for case in cases),
        repeats=FEW,
        curve=Curve("payload", "payload, bytes", "relay_us", "CPU of the relay, us per message"))


def drones():
    cases = tuple(Case(f"{count}-drones", drones=count, x=count, share=CURVE) for count in DRONES)
    return Row(
        "drones", "pairs with 1 message in flight each, by number of drones",
        cases,
        tuple(Line(f"{case.x:,} drones: relay, CPU us/message", "relay_us", case.name)
              for case in cases),
        repeats=FEW,
        curve=Curve("drones", "drones that speak", "relay_us", "CPU of the relay, us per message"))


def gateway_alone():
    """What the limit has no likeness of."""
    paired = {"drones": 200, "window": 16, "share": CURVE}
    return (
        Row("star", "100 pairs, 16 in flight: a star (two hops through its hub) against a mesh",
            (Case("mesh", **paired), Case("star", topology="star", **paired)),
            (Line("mesh: relay, CPU us/message", "relay_us", "mesh"),
             Line("star: relay, CPU us/message", "relay_us", "star"),
             Line("CPU, star/mesh", "relay_us", "star", "mesh"),
             Line("latency p50, star/mesh", "p50_us", "star", "mesh")),
            systems=GATEWAY, repeats=FEW),
        Row("reports", "100 pairs, 16 in flight: a report of every message against none",
            (Case("without", **paired), Case("with", reports=True, **paired)),
            (Line("without: relay, CPU us/message", "relay_us", "without"),
             Line("with: relay, CPU us/message", "relay_us", "with"),
             Line("CPU, with/without", "relay_us", "with", "without")),
            systems=GATEWAY, repeats=FEW),
        Row("lanes", "100 pairs, 64 in flight: 1, 2, 4 connections to the simulator, "
            "as many scenarios",
            tuple(Case(f"lanes-{count}", drones=200, window=64, lanes=count, share=CURVE)
                  for count in LANES),
            tuple(Line(f"{count}: relay, CPU us/message", "relay_us", f"lanes-{count}")
                  for count in LANES)
            + tuple(Line(f"{count}: messages/s", "per_second", f"lanes-{count}")
                    for count in LANES),
            systems=GATEWAY, repeats=FEW),
    )


def link_cache():
    """On against off; in both the simulator says that its numbers hold for a second."""
    modes = {"off": {"valid_us": A_SECOND_US},
             "on": {"valid_us": A_SECOND_US, "link_cache": True}}
    loads = {"saturated": SATURATED, "sparse": SPARSE, "one-pair": {"one_core": True},
             "everyone": {"mode": "many", "drones": 1000, "window": 16}}
    cases = tuple(Case(f"{load}-{mode}", **what, **keys, share=CURVE)
                  for load, what in loads.items() for mode, keys in modes.items())
    told = (("relay, CPU us/delivery", "relay_us"), ("deliveries/s", "per_second"),
            ("latency p50, us", "p50_us"), ("latency p99, us", "p99_us"),
            ("transmits/1000 messages", "transmits_per_thousand"))
    return Row(
        "link-cache", "link_cache = on against off, numbers hold for 1 s: 100 pairs with 64 in "
        "flight, 1000 with 1, one pair, one to 999",
        cases,
        tuple(Line(f"{case.name}: {label}", key, case.name) for case in cases for label, key in told)
        + tuple(Line(f"{load}: {label}, on/off", key, f"{load}-on", f"{load}-off")
                for load in loads for label, key in told[:4]),
        systems=GATEWAY, repeats=FEW)


def flood():
    orderly = {"mode": "open", "drones": 20, "rate": ORDERLY, "crowd": 1000, "defaults": True,
               "share": 3.0}
    what = {"messages": "one sends small messages", "pings": "one sends pings",
            "renames": "one renames itself", "lists": "one lists 1000 drones"}
    cases = (Case("alone", **orderly),
             *(Case(name, flood=name, **orderly) for name in what))
    return Row(
        "flood", f"latency of 10 orderly pairs ({ORDERLY} messages/s) beside one drone that does "
        "something as fast as its socket takes it",
        cases,
        latencies("alone")[:2] + tuple(
            line for name, words in what.items() for line in (
                Line(f"{words}: p50/alone", "p50_us", name, "alone"),
                Line(f"{words}: p99/alone", "p99_us", name, "alone"),
                Line(f"{words}: p99, us", "p99_us", name),
                Line(f"{words}: not arrived in time, %", "missing_percent", name),
                Line(f"{words}: requests/s", "flooded_per_second", name))),
        systems=GATEWAY, repeats=FEW)


def overload():
    many = {"mode": "overload", "send_buffer": SMALL_SOCKET, "defaults": True}
    cases = (
        Case("gateway", drones=1000, window=8, hindered=True, **many),
        Case("simulator", drones=1000, window=4, answers=ANSWERS, **many),
        Case("everyone", drones=TO_ALL + 1, window=4, answers=TO_ALL_ANSWERS, piece=PIECE,
             everyone=True, **many),
    )
    lines = (
        ("goodput held, % of peak", "held_percent", at_least(90, 97)),
        ("worst second, % of peak", "worst_second_percent", at_least(90, 97)),
        ("goodput back after, s", "good_back_s", Wanted(5, 1)),
        ("p99 back after, s", "p99_back_s", None),
        ("peak, deliveries/s", "per_second", None),
        ("the same found afterwards", "again_per_second", None),
        ("the two apart, %", "peaks_apart_percent", None),
        ("taken by others, % of its processor", "others_percent", None),
        ("SIMULATOR_TIMEOUT, % of reports", "timeout_percent", None),
        ("OVERLOADED, % of reports", "overloaded_percent", None),
        ("not taken by sockets, % of offered", "not_taken_percent", None),
        ("p99 at half the peak, ms", "calm_p99_ms", None),
        ("p99 at three times the peak, ms", "over_p99_ms", None),
        ("gateway busy, % of a processor", "relay_busy_percent", None),
    )
    return Row(
        "overload", f"500 pairs offer three times what can be carried for {OVERLOAD_STAGES[2]} s, "
        f"then half; simulator: {ANSWERS:,} answers/s; to everyone: {TO_ALL + 1} drones, "
        f"{TO_ALL_ANSWERS:,} answers/s, {PIECE} receivers a result",
        cases,
        tuple(Line(f"{OVERLOAD_CASES[case.name]}: {label}", key, case.name,
                   wanted=wanted and replace(wanted, of="value"))
              for case in cases for label, key, wanted in lines
              if key != "others_percent" or case.hindered),
        systems=GATEWAY, repeats=FEW)


ROWS = (*two_hops(), *everyone(), *registration(), *idle(), payloads(), drones(),
        *gateway_alone(), link_cache(), overload(), flood())
