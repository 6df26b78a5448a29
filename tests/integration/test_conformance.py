"""`sim-stub --conformance`: what conforms passes, each fault is found, and nothing holds it up."""

import re
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import faulty_simulator as faulty  # noqa: E402
import uavtest  # noqa: E402

REFERENCE = (uavtest.ROOT / "proto/README.md").read_text(encoding="utf-8")
GROUPS = ("hello", "scenarios", "frames", "sizes", "nodes", "pipelining", "order", "errors", "repeatability",
          "numbers")


class Report:
    """What it has printed: of each check, by "group: title", its verdict and what was found."""

    def __init__(self, done):
        self.code, self.text, self.complaint = done.returncode, done.stdout, done.stderr
        self.verdicts, self.findings = {}, {}
        for verdict, name, finding in re.findall(
                r"(?m)^(ok|note|skip|FAIL) +(\w+: .*)\n((?:      .*\n)*)", done.stdout):
            self.verdicts[name], self.findings[name] = verdict, finding
        self.summary = done.stdout.splitlines()[-1] if done.stdout else ""

    def names(self, verdict):
        return [name for name, found in self.verdicts.items() if found == verdict]


SECONDS = 300  # Python takes some, and other tests run beside


def conform(t, at, *arguments, deadline=SECONDS):
    done = subprocess.run(
        [t.binary("sim-stub"), "--conformance", "%s:%d" % at[:2] if isinstance(at, tuple) else at, *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=deadline)
    return Report(done)


def check_fault(t, fault, group, wanted, seconds=20):
    """Each check whose title has the words fails, and says so: {words: pattern}. `seconds`: how long it
    waits for what does not come."""
    with faulty.serving(fault) as at:
        report = conform(t, at, "--only", group, "--timeout", str(seconds))
    assert report.code == 1 and not report.complaint, report.complaint
    for title, finding in wanted.items():
        failed = [name for name in report.names("FAIL") if title in name]
        assert failed, f"{fault.__name__}: {title}\n{report.text}"
        assert any(re.search(finding, report.findings[name]) for name in failed), (
            f"{fault.__name__}: {title}: {finding}\n{report.text}")
    for name in report.names("FAIL"):
        section = re.search(r'see proto/README.md, "(.*)"', report.findings[name])[1]
        assert re.search(rf"(?m)^#+ {re.escape(section)}$", REFERENCE), section


# ------------------------------------------------------------ what conforms


def test_sim_stub_conforms(t):
    report = conform(t, t.simulator().at)
    assert (report.code, report.complaint) == (0, ""), report.text
    assert set(report.verdicts.values()) == {"ok"} and len(report.verdicts) > 50, report.text
    assert {name.split(":")[0] for name in report.verdicts} == set(GROUPS)
    assert re.fullmatch(uavtest.SIMULATOR + r" \S+ at \S+, model free-space: \d+ ok, 0 noted, 0 skipped, "
                        "0 failed", report.summary), report.summary


def test_sim_stub_conforms_with_other_models(t):
    simulator = t.simulator(seed=7)
    for arguments in (
        ["--model", "log-distance", "--parameter", "exponent=3.1", "--parameter", "shadowing_db=8"],
        ["--parameter", "model=free-space", "--parameter", "modulation=64qam"],
    ):
        report = conform(t, simulator.at, *arguments)
        assert report.code == 0 and set(report.verdicts.values()) == {"ok"}, report.text


def test_a_model_without_losses_is_noted(t):
    report = conform(t, t.simulator().at, "--model", "ideal")
    assert report.code == 0, report.text
    assert any("lost as often" in name for name in report.names("skip")), report.text
    assert any("loses no packet" in report.findings[name] for name in report.names("note")), report.text


def test_python_simulator_conforms(t):
    with faulty.serving(faulty.python_simulator.Gateway) as at:
        report = conform(t, at)
    assert (report.code, report.complaint) == (0, ""), report.text
    assert set(report.verdicts.values()) == {"ok"}, report.text


def test_what_is_allowed_is_no_fault(t):
    """Damage, and answers in another order."""
    with faulty.serving(faulty.Corrupts) as at:
        report = conform(t, at, "--only", "numbers")
    assert report.code == 0 and not report.names("FAIL"), report.text
    with faulty.serving(faulty.Backwards) as at:
        report = conform(t, at, "--only", "order")
    noted = [report.findings[name] for name in report.names("note")]
    assert report.code == 0 and "which is allowed" in "".join(noted), report.text


def test_by_ipv6(t):
    if not socket.has_ipv6:
        raise uavtest.Skip("no IPv6 here")
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as why:
        raise uavtest.Skip("no IPv6 here") from why
    simulator = t.simulator(listen="[::1]:0")
    address = simulator.wait_event("listening")["address"]
    report = conform(t, address, "--only", "order")
    assert report.code == 0 and report.verdicts, report.text + report.complaint


# ------------------------------------------------------------------ faults


def check_faults(t, group, cases):
    for fault, wanted, *seconds in cases:
        check_fault(t, fault, group, wanted, *seconds)


def test_faults_of_hello(t):
    check_faults(t, "hello", (
        (faulty.TalksFirst, {"nothing is said before hello": "expected nothing; came a message"}),
        (faulty.acknowledging(protocol=9), {"hello_ack with protocol 1": "came protocol 9"}),
        (faulty.SpeaksWhatIsOffered, {"later versions": "from 1 to 7; came 8"}),
        (faulty.acknowledging(simulator="x" * 65), {"names are text": "up to 64 bytes; came a simulator of 65"}),
        (faulty.acknowledging(version="1\n2"), {"names are text": r'and "1\\n2"'}),
        (faulty.KeepsItsWorld, {"a second hello clears": "a node that was told before the second hello"}),
        (faulty.SharesItsWorld, {"begins with nothing": "only another connection was told of"}),
    ))


def test_faults_of_scenarios(t):
    unknown = "an unknown model"
    check_faults(t, "scenarios", (
        (faulty.TakesNothing, {"a scenario is taken": "refused: not today .*--model NAME"}),
        (faulty.refusing("x" * 201), {unknown: "1 to 200 bytes .*; came one of 201",
                                      "an unknown parameter": "came one of 201"}),
        (faulty.refusing(""), {unknown: "came one of 0"}),
        (faulty.refusing("two\nlines"), {unknown: r'shown in a log; came "two\\nlines"'}),
        (faulty.TakesEveryModel, {unknown: r"expected scenario_status 3 \(refused\); came 3 \(ok\)",
                                  "a refused scenario": "a node of a scenario that was refused"}),
        (faulty.HangsUpOnRefusal, {unknown: "expected a pong .*closed the connection"}),
        (faulty.OtherScenario, {"a scenario is taken": "expected scenario_status 1; came that of scenario 2"}),
        (faulty.KeepsRemovedScenarios, {"a removed one": "a node of a scenario that was removed"}),
        (faulty.OneScenarioOfAName, {"one name stands": "a result for each of 3 transmits|without node"}, 2),
    ))


def test_faults_of_frames(t):
    missing = r"expected (a result for each of \d+ transmits|a pong)"
    check_faults(t, "frames", (
        (faulty.OneReadOneFrame, {"byte by byte": missing, "cut anywhere": missing}, 2),
        (faulty.FirstOfSegment, {"in one segment": r"of 100 transmits, of which \d+ are missing"}, 2),
        (faulty.KnowsNoOtherBody, {"an unknown body": "closed the connection"}),
        (faulty.KnowsNoOtherField, {"unknown fields": "closed the connection"}),
        (faulty.ForgetsTheRestOfLaterVersions, {"unknown fields": "a scenario_status for each set_scenario, of which 1 are missing"}, 2),
    ))


def test_faults_of_sizes(t):
    check_faults(t, "sizes", (
        (faulty.ShortPayloads, {"63 KiB": "the simulator closed the connection"}),
        (faulty.OneLongFrame, {"100000 receivers": "came: what cannot be read: .*(long|large|cap|limit|over)"}),
        (faulty.FirstFrameOnly, {"100000 receivers": "the result of transmit 1 without node 1002"}),
    ))


def test_faults_of_nodes(t):
    check_faults(t, "nodes", (
        (faulty.SilentAboutStrangers, {"from an unknown node": "the first of them for transmit 1"}, 2),
        (faulty.MakesUpStrangers, {"never set are left out": "came one of them",
                                   "from an unknown node": "a node that was never set has sent"}),
        (faulty.KeepsRemovedNodes, {"a removed node is left out": "came a reception of it"}),
        (faulty.NeedsPositions, {"at an unknown one": "closed the connection"}),
        *((fault, {"a name of 32 bytes": r"the result of transmit 1 without node \d"}) for fault in (
            faulty.ShortNames, faulty.without("velocity"), faulty.without("attitude"), faulty.without("radio"))),
    ))


def test_faults_of_pipelining(t):
    many = "500 transmits sent without waiting"
    check_faults(t, "pipelining", (
        (faulty.about_some(faulty.drop), {many: "of which 1 are missing, the first of them for transmit 37 "}, 2),
        (faulty.about_some(faulty.twice), {many: "a second result for transmit 37"}),
        (faulty.about_some(faulty.other_id), {many: r"a result with id \d+, which nothing asked for"}),
        (faulty.about_some(faulty.other_receiver), {many: "about node 4711, which that transmit was not to"}),
        (faulty.about_some(faulty.receiver_twice), {many: r"node \d answered for twice"}),
        (faulty.about_some(faulty.receiver_missing), {many: r"the result of transmit 37 without node \d"}),
        (faulty.about_some(faulty.no_result), {many: "a result with id 0, which nothing asked for"}),
        (faulty.OtherNonce, {"pings are answered": "a pong with the nonce 1, which no ping had"}),
        (faulty.NoPongs, {"pings are answered": "a pong for each of 50 pings, of which 50 are missing"}, 2),
        (faulty.SharesItsWorld, {"two connections": "without node|known of another connection"}),
        (faulty.OwnMessagesOnly, {"both hops": r"the result of transmit 2 without node \d"}),
        (faulty.OneHopAMessage, {"both hops": "of 2 transmits, of which 1 are missing, the first of them for transmit 2"},
         2),
        (faulty.BusyWithTransmits, {"scenarios are taken while": "expected .*scenario_status"}, 2),
        (faulty.ScenariosEndTransmits, {"scenarios are taken while": r"of 50 transmits, of which \d+ are missing"}, 2),
    ))


def test_faults_of_order(t):
    check_fault(t, faulty.LateNodes, "order", {"as they were set before it": "moved 1500 m away; came the same"})


def test_faults_after_errors(t):
    check_faults(t, "errors", (
        (faulty.Crashes, {"not protobuf": "closed the connection|Connection"}),
        (faulty.Single, {"half a frame": "expected hello_ack within 2 s",
                         "does not take its answers": "expected hello_ack within 4 s"}, 2),
    ))


def test_who_goes_on_after_errors_is_noted(t):
    with faulty.serving(faulty.Patient) as at:
        report = conform(t, at, "--only", "errors", "--timeout", "20")
    assert report.code == 0, report.text
    assert any("a frame of no bytes" in name and "stays open" in report.findings[name]
               for name in report.names("note")), report.text


def test_faults_of_repeatability(t):
    same = "expected the same results; came, for message .* of .* to .*"
    check_faults(t, "repeatability", (
        (faulty.drawing_by(faulty.by_arrival), {"on another connection": same}),
        (faulty.drawing_by(faulty.by_arrival_here), {"however senders interleave": same, "two connections": same}),
        (faulty.drawing_by(faulty.by_number), {"under other numbers": same}),
        (faulty.drawing_by(faulty.by_id), {"under other numbers": same, "on another connection": same}),
        (faulty.Jitters, {"on another connection": r"snr_db \S+, then \S+"}),
        (faulty.OneDrawForAll, {"a draw of its own": "all 100 messages met the same fate"}),
    ))


def test_faults_of_numbers(t):
    check_faults(t, "numbers", (
        (faulty.Optimist, {"lost as often": r"expected \d+ of \d+ packets .* came \d+, \S+ standard deviations"}),
        (faulty.telling(faulty.link_with(snr_db=faulty.NAN)), {
            "all are finite": r"snr_db is -?nan \(in \d+ of \d+ receptions\)"}),
        (faulty.telling(faulty.link_with(packet_error_rate=1.5)), {"from 0 to 1": "packet_error_rate is 1.5"}),
        (faulty.telling(faulty.link_with(line_of_sight=7)), {"enum values": "line_of_sight is 7"}),
        (faulty.telling(faulty.lost_for_no_known_reason), {"enum values": "a reason of 9"}),
        (faulty.telling(faulty.long_link), {"at most 128 bytes": r"a link of 1\d\d bytes"}),
        (faulty.telling(faulty.link_with(airtime_us=4000000)), {
            "delay_us covers": r"delay_us is \d+ with airtime_us 4000000"}),
        (faulty.telling(faulty.link_with(distance_m=0.25)), {"at least 1 m": "distance_m is 0.25"}),
        (faulty.telling(faulty.outcome_of(4)), {"outcomes are": "an outcome of 4"}),
        (faulty.telling(faulty.outcome_of(0)), {"outcomes are": "an outcome of 0"}),
        (faulty.telling(faulty.corrupted_longer), {"an altered payload": r"a payload of \d+ bytes for one of \d+"}),
        (faulty.telling(faulty.corrupted_as_sent), {
            "an altered payload": "CORRUPTED with the payload that was sent"}),
    ))


# --------------------------------------------------------- nothing holds it up


def test_it_ends_whatever_comes(t):
    for fault, finding in (
        (faulty.Silent, "expected hello_ack within 1 s; nothing more came"),
        (faulty.Closing, "expected hello_ack; the simulator closed the connection"),
        (faulty.Garbage, "expected hello_ack; came: what cannot be read"),
        (faulty.EndlessFrame, "expected hello_ack; came: what cannot be read"),
    ):
        begun = time.monotonic()
        with faulty.serving(fault) as at:
            report = conform(t, at, "--timeout", "1")
        assert report.code == 1 and time.monotonic() - begun < 30, report.text
        assert any(finding in found for found in report.findings.values()), (fault, report.text)
        assert len(report.names("skip")) > 40, report.text


def test_it_ends_with_who_never_does(t):
    """Frames without end, which are to be ignored each."""
    with faulty.serving(faulty.Endless) as at:
        report = conform(t, at, "--timeout", "1", "--only", "nodes")
    assert report.code == 1 and "a scenario is taken" in report.names("FAIL")[0], report.text


# ------------------------------------------------------------------- usage


def test_nobody_is_there(t):
    with socket.create_server((uavtest.HOST, 0)) as server:
        at = server.getsockname()
    report = conform(t, at)
    assert (report.code, report.text) == (1, "")
    assert report.complaint == (
        f"sim-stub: --conformance 127.0.0.1:{at[1]}: cannot connect: Connection refused\n"), report.complaint
    report = conform(t, "no-such-host.invalid:7700")
    assert (report.code, report.text) == (1, "") and "no-such-host.invalid:7700: " in report.complaint


def test_wrong_usage(t):
    for arguments, complaint in (
        (["127.0.0.1"], "--conformance is not HOST:PORT with a port from 1 to 65535"),
        (["127.0.0.1:0"], "--conformance is not HOST:PORT"),
        (["127.0.0.1:1", "--parameter", "exponent"], '--parameter is "exponent", not KEY=VALUE'),
        (["127.0.0.1:1", "--parameter", "=3"], '--parameter is "=3", not KEY=VALUE'),
        (["127.0.0.1:1", *["--parameter", "a=b"] * 64], "--parameter is given more than 63 times"),
        (["127.0.0.1:1", "--timeout", "0"], "--timeout is not a whole number of seconds from 1 to 600"),
        (["127.0.0.1:1", "--timeout", "5s"], "--timeout is not a whole number of seconds"),
        (["127.0.0.1:1", "--only", "everything"], "--only takes one group and may be repeated: everything is none of hello, scenarios, "),
        (["127.0.0.1:1", "--only", "hello,order"], ": hello,order is none of hello, scenarios, "),
        (["127.0.0.1:1", "--only", "hello", "--only", "ordre"], ": ordre is none of"),
        (["127.0.0.1:1", "more"], "--conformance takes one HOST:PORT"),
        (["127.0.0.1:1", "--seed", "1"], "--seed is not for --conformance"),
        (["127.0.0.1:1", "-c", "x"], "-c is not for --conformance"),
        (["127.0.0.1:1", "--wings"], "unrecognized option '--wings'"),
        (["127.0.0.1:1", "--only"], "--only requires an argument"),
    ):
        report = conform(t, *arguments)
        assert (report.code, report.text) == (2, ""), (arguments, report.text)
        assert complaint in report.complaint and "--help" in report.complaint, (arguments, report.complaint)


def test_groups_by_name(t):
    """The help, the complaint and the page have those that there are; several may be asked for."""
    listed = conform(t, "127.0.0.1:1", "--only", "none").complaint
    groups = re.search(r"is none of (.*?);", listed)[1].split(", ")
    shown = subprocess.run([t.binary("sim-stub"), "--help"], capture_output=True, text=True, check=True,
                           timeout=uavtest.DEADLINE).stdout
    told = " ".join(re.search(r"these checks alone: (.*?);", shown, re.S)[1].split())
    assert told == f"{', '.join(groups[:-1])} or {groups[-1]}", told
    page = (uavtest.ROOT / "sim-stub/README.md").read_text(encoding="utf-8")
    table = page.split("| group | what is checked |")[1].split("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.M) == groups, groups
    report = conform(t, t.simulator().address(), "--only", "order", "--only", "nodes")
    assert {line.split()[1] for line in report.text.splitlines()[:-1]} == {
        "hello:", "scenarios:", "nodes:", "order:"}, report.text
    assert report.code == 0, report.text


for name, function in list(globals().items()):
    if name.startswith("test_"):
        function.deadline = SECONDS

if __name__ == "__main__":
    uavtest.run()
