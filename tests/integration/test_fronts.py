"""What a drone is to others does not depend on what it speaks: one suite over both front ends.

Each test below is played by drones of one language (`alone`), or by two parties in every combination
of languages (`between`): protobuf with protobuf is the reference, text with text, and either with the
other. speakers.py has the languages; what is said of lines and bytes alone is in test_text_lines.py.
When a test is over the gateway ends in order and its accounts must close."""

import contextlib
import functools
import re
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import certificates  # noqa: E402
import uavtest  # noqa: E402
from fake_simulator import LINK, FakeSimulator, deliver, hold, link, result  # noqa: E402
from scene import IDEAL, STAR, change_file, ready, reload, settle  # noqa: E402
from speakers import (  # noqa: E402
    LANGUAGES, Challenge, Done, Error, Fate, Goodbye, Here, Message, News, Ping, Place, Report,
)
from uavtest import HOST  # noqa: E402

FLAT = (f"{LINK['snr_db']:.2f} dB 1.000 ms",)  # what the fake simulator says of a hop


# ------------------------------------------------------------------- the stage


class Stage:
    """A gateway that listens in both languages, and who is there."""

    def __init__(self, t):
        self.t = t
        self.gateway = None
        self.over = False

    def open(self, simulator=None, /, scenarios=None, **sections):
        text = {"address": f"{HOST}:0", "protocol": "text", **sections.pop("listen:text", {})}
        sections = {"presence": {"interval_ms": 1, **sections.pop("presence", {})}, **sections}
        self.gateway = ready(self.t, simulator, scenarios, **{"listen:text": text}, **sections)
        self.simulator = self.gateway.simulator
        return self

    def connect(self, language, **how):
        return LANGUAGES[language](self.t, self.gateway, **how)

    def speaker(self, language, name, scenario="field", **how):
        """Somebody of that name, who is in the scenario."""
        return self.connect(language, **how).join_as(name, scenario)

    def guarded(self, language, drone_id, secret):
        """Somebody who has proved its id, and is in the scenario."""
        one = self.connect(language)
        assert one.enter(drone_id, secret) == Here(drone_id)
        one.choose("field")
        return one

    def close(self):
        if not self.over:
            settle(self.gateway)


def played(function, *languages):
    """The test of that function with these languages."""
    @functools.wraps(function)
    def test(t):
        stage = Stage(t)
        function(stage, *languages)
        stage.close()

    del test.__wrapped__  # its signature is its own
    name = f"test_{function.__name__}__{'_'.join(languages)}"
    test.__name__ = name
    globals()[name] = test


def alone(function):
    for language in LANGUAGES:
        played(function, language)


def between(function):
    for one in LANGUAGES:
        for two in LANGUAGES:
            played(function, one, two)


def pair(stage, one, two, *opening, **sections):
    """alice and bob, in the field."""
    stage.open(*opening, **sections)
    return stage.speaker(one, "alice"), stage.speaker(two, "bob")


# ------------------------------------------------------------- who is there


@between
def everyone_hears_of_a_newcomer(stage, one, two):
    stage.open()
    alice = stage.speaker(one, "alice")
    bob = stage.connect(two)
    bob.enter()
    alice.news("ONLINE", bob.id)
    bob.rename("bob")
    alice.news("RENAMED", bob.id, "bob")
    bob.choose("field")
    alice.news("ENTERED", "bob", "field")
    bob.choose("")
    alice.news("LEFT", "bob")
    bob.rename("")
    alice.news("RENAMED", bob.id, bob.id)
    assert bob.quit().reason == "LEFT"
    alice.news("OFFLINE", bob.id, "LEFT")
    assert bob.ended() is None


@between
def who_is_there(stage, one, two):
    stage.open(scenarios={"field": uavtest.scenario(), "lab": IDEAL})
    alice = stage.speaker(one, "alice")
    assert alice.move(1.5, -2.0, 30.0) == Done()
    bob = stage.speaker(two, "bob", "lab")
    carol = stage.speaker(one, "carol", "")
    for speaker in (alice, bob):
        assert sorted((e.id, e.name, e.scenario, e.position) for e in speaker.who()) == sorted([
            (alice.id, "alice", "field", (1.5, -2.0, 30.0)), (bob.id, "bob", "lab", None),
            (carol.id, "carol", "", None)])
        assert [entry.name for entry in speaker.who("lab")] == ["bob"]
        assert speaker.who("nowhere") == Error("NO_SUCH_SCENARIO")


@between
def a_name_is_an_address(stage, one, two):
    alice, bob = pair(stage, one, two)
    assert bob.rename("alice") == Error("NAME_TAKEN")
    assert bob.rename("x" * 33) == Error("BAD_NAME")
    assert bob.rename("Möwe 7") == Done()
    alice.news("RENAMED", bob.id, "Möwe 7")
    assert alice.to("Möwe 7", "by name").fates.keys() == {"Möwe 7"}
    assert bob.wait(Message).text == "by name"
    assert alice.to(bob.id, "by id").delivered == 1
    assert bob.wait(Message).text == "by id"
    assert bob.to("alice", "back").delivered == 1
    heard = alice.wait(Message)
    assert (heard.sender, heard.text) == ("Möwe 7", "back")
    assert alice.to("bob", "gone") == Report(0, {"bob": Fate("TARGET_OFFLINE", "", ("-",))})


# --------------------------------------------------------------- scenarios


@alone
def choosing_a_scenario(stage, language):
    """Each refusal leaves one where one was."""
    fake = FakeSimulator(stage.t, refuse={"broken": "no such model"})
    scenarios = {"field": uavtest.scenario(), "lab": {**IDEAL, "max_drones": 1},
                 "closed": {**IDEAL, "allow": "nobody-*"}, "star": {**STAR, "hub": "far"}}
    stage.open(fake, scenarios=scenarios)
    change_file(stage.gateway, **{"scenario:broken": IDEAL})
    reload(stage.gateway)
    stage.gateway.wait_event("scenario_refused", scenario="broken")
    other = stage.speaker("protobuf", "other", "lab")
    alice = stage.connect(language)
    alice.enter()
    offers = alice.scenarios()
    assert {name: (o.topology, o.drones, o.most, o.available) for name, o in offers.items()} == {
        "field": ("MESH", 0, 100, True), "lab": ("MESH", 1, 1, True), "closed": ("MESH", 0, 100, True),
        "star": ("STAR", 0, 100, True), "broken": ("MESH", 0, 100, False)}
    assert alice.choose("field") == Place("field", "MESH", 1, True)
    for name, code in (("lab", "SCENARIO_FULL"), ("closed", "SCENARIO_NOT_ALLOWED"),
                       ("nowhere", "NO_SUCH_SCENARIO"), ("broken", "SCENARIO_UNAVAILABLE")):
        assert alice.choose(name) == Error(code), name
        assert alice.told_of(alice.id).scenario == "field"
    assert alice.choose("star") == Place("star", "STAR", 1, True)
    assert alice.choose("").scenario == ""
    alice.post("to nobody")
    assert alice.report() == Error("NO_SCENARIO")
    assert alice.join("red") == Error("NO_SCENARIO")
    assert other.quit().reason == "LEFT"
    uavtest.wait_until(lambda: alice.scenarios()["lab"].drones == 0)
    assert alice.choose("lab") == Place("lab", "MESH", 1, True)


@alone
def a_scenario_that_is_removed(stage, language):
    stage.open(scenarios={"field": uavtest.scenario(), "lab": IDEAL})
    alice = stage.speaker(language, "alice", "lab")
    change_file(stage.gateway, **{"scenario:lab": None})
    reload(stage.gateway)
    assert alice.wait(Place).scenario == ""
    assert alice.choose("lab") == Error("NO_SUCH_SCENARIO")
    assert alice.choose("field").scenario == "field"


# ------------------------------------------------------------------ messages


@between
def to_one(stage, one, two):
    """What the sender is told and what the receiver reads are the same numbers, and the same that
    a pair of protobuf drones at these places reads."""
    alice, bob = pair(stage, one, two)
    first, second = stage.speaker("protobuf", "first"), stage.speaker("protobuf", "second")
    for speaker, east in ((alice, 0), (bob, 850), (first, 0), (second, 850)):
        assert speaker.move(east, 10, 20) == Done()
    for text in ("hello", "a longer text, of other airtime: " + "x" * 300, " blanks  stay ", "grüße ☂ 🚁"):
        report = alice.to("bob", text)
        reference = first.to("second", text)
        fate, told = report.fates["bob"], reference.fates["second"]
        assert fate == told and fate.outcome == "DELIVERED" and len(fate.numbers) == 1
        assert bob.wait(Message) == Message("alice", "", text, fate.numbers)
        assert second.wait(Message).numbers == fate.numbers
    assert report.fates["bob"].numbers != FLAT
    alice.hears_nothing()
    first.hears_nothing()


@between
def there_and_back(stage, one, two):
    alice, bob = pair(stage, one, two)
    for number in range(20):
        assert alice.to("bob", f"ask {number}").delivered == 1
        assert bob.wait(Message).text == f"ask {number}"
        assert bob.to("alice", f"answer {number}").delivered == 1
        assert alice.wait(Message).text == f"answer {number}"


@between
def to_everyone(stage, one, two):
    alice, bob = pair(stage, one, two, FakeSimulator(stage.t))
    assert alice.everyone("first", of=1) == Report(1, {})
    carol, away = stage.speaker(two, "carol"), stage.speaker(one, "away", "")
    assert alice.everyone("hello all", of=2) == Report(2, {})
    assert bob.wait(Message).text == "first"
    for speaker in (bob, carol):
        assert speaker.wait(Message) == Message("alice", "", "hello all", FLAT)
    fake = stage.simulator
    fake.answer = fake.by_names({(alice.id, carol.id): {"outcome": "OUTCOME_LOST", "reason": "REASON_BLOCKED"}})
    report = alice.everyone("some of you", of=2)
    assert report.delivered == 1 and report.fates["carol"] == Fate("LOST", "BLOCKED", FLAT)
    assert bob.wait(Message).text == "some of you"
    for speaker in (alice, carol, away):
        speaker.hears_nothing()


@between
def to_a_group(stage, one, two):
    alice, bob = pair(stage, one, two)
    carol = stage.speaker(two, "carol")
    for speaker in (bob, carol):
        assert speaker.join("red") == Done()
    assert carol.leave("red") == Done()
    assert alice.group("red", "to the reds") == Report(1, {})
    numbers = alice.to("bob", "to the reds").fates["bob"].numbers
    assert bob.wait(Message) == Message("alice", "red", "to the reds", numbers)
    assert bob.wait(Message) == Message("alice", "", "to the reds", numbers)
    assert alice.join("no such name") == Error("BAD_NAME")
    assert alice.join("red") == Done()
    assert bob.group("red", "back") == Report(1, {})
    assert alice.wait(Message).group == "red"
    assert carol.group("blue", "is anybody there", of=0) == Report(0, {})
    for speaker in (alice, carol):
        speaker.hears_nothing()


@between
def later_than_simulated(stage, one, two):
    """Both are told how much later it was handed over; it is the last hop's."""
    fake = FakeSimulator(stage.t, answer=hold)
    alice, bob = pair(stage, one, two, fake, scenarios={"field": {**IDEAL, "delay": "real"}})
    alice.post("x", to="bob")
    transmit = fake.next_transmit()
    bob.ping()
    fake.send(*deliver(transmit, **link(delay_us=0)))
    numbers = alice.report().fates["bob"].numbers
    assert re.fullmatch(r"-?\d+\.\d\d dB 0\.000 ms late \d+\.\d{3} ms", *numbers), numbers
    assert bob.wait(Message) == Message("alice", "", "x", numbers)


@between
def through_a_hub(stage, one, two):
    """Two hops, with the numbers of both at both ends; the hub is not handed what it relays."""
    hub = LANGUAGES[one].FIRST
    stage.open(scenarios={"field": {**STAR, "hub": hub}})
    centre = stage.speaker(one, "centre", "")
    assert centre.id == hub, centre
    watcher = stage.speaker(two, "watcher")
    centre.choose("field")
    watcher.news("HUB_UP", "centre", "field")
    alice, bob = stage.speaker(one, "alice"), stage.speaker(two, "bob")
    alice.move(-3000)
    bob.move(1000)
    report = alice.to("bob", "by you")
    fate = report.fates["bob"]
    assert fate.outcome == "DELIVERED" and len(set(fate.numbers)) == 2, fate
    assert bob.wait(Message) == Message("alice", "", "by you", fate.numbers)
    centre.hears_nothing()
    assert len(alice.to("centre", "to you").fates["centre"].numbers) == 1
    assert centre.wait(Message).text == "to you"
    change_file(stage.gateway, **{"scenario:field": {"spoke_to_spoke": "deny"}})
    reload(stage.gateway)
    assert alice.to("bob", "x") == Report(0, {"bob": Fate("NOT_ALLOWED", "", ("-",))})
    assert alice.to("centre", "x").delivered == 1
    centre.choose("")
    watcher.news("HUB_DOWN", "centre", "field")
    assert alice.to("centre", "x") == Report(0, {"centre": Fate("NO_ROUTE", "", ("-",))})


@between
def what_does_not_arrive(stage, one, two):
    fake = FakeSimulator(stage.t)
    alice, bob = pair(stage, one, two, fake)
    away = stage.speaker(two, "away", "")
    for reason in ("BELOW_SENSITIVITY", "PACKET_ERROR", "INTERFERENCE", "OUT_OF_RANGE", "BLOCKED",
                   "QUEUE_OVERFLOW", "FAULT_INJECTED"):
        fake.answer = lambda transmit: deliver(transmit, outcome="OUTCOME_LOST", reason=f"REASON_{reason}")
        assert alice.to("bob", "x") == Report(0, {"bob": Fate("LOST", reason, FLAT)})
    fake.answer = lambda transmit: [result(transmit)]  # without the receiver
    assert alice.to("bob", "x") == Report(0, {"bob": Fate("SIMULATOR_ERROR", "", ("-",))})
    for name, outcome in (("nobody", "TARGET_OFFLINE"), ("away", "NO_ROUTE"), ("alice", "NOT_ALLOWED")):
        assert alice.to(name, "x") == Report(0, {name: Fate(outcome, "", ("-",))})
    bob.hears_nothing()
    away.hears_nothing()


@between
def too_far_away(stage, one, two):
    alice, bob = pair(stage, one, two)
    bob.move(5e6)
    fate = alice.to("bob", "can you hear me").fates["bob"]
    assert (fate.outcome, fate.reason) == ("LOST", "PACKET_ERROR") and fate.numbers[0].startswith("-"), fate
    bob.hears_nothing()


@between
def what_arrives_damaged(stage, one, two):
    fake = FakeSimulator(stage.t, lambda transmit: deliver(
        transmit, outcome="OUTCOME_CORRUPTED", payload=b"h\xe9llo\nall"))
    alice, bob = pair(stage, one, two, fake)
    marked = (f"CORRUPTED {FLAT[0]}",)
    assert alice.to("bob", "hello\u2009all").fates == {"bob": Fate("CORRUPTED", "", marked)}
    heard = bob.wait(Message)
    assert (heard.sender, heard.numbers) == ("alice", marked)
    assert heard.text == "h\\xe9llo\nall"


@between
def nothing_is_drawn_by_language(stage, one, two):
    """The simulator draws by names: the same drones, the same fates and numbers."""
    secrets = stage.t.folder / "drones.secrets"
    secrets.write_text("".join(f"{name} secret-of-{name}-0123456789\n" for name in ("uav1", "uav2")))
    secrets.chmod(0o600)
    stage.open(scenarios={"field": uavtest.scenario(channel_model="log-distance", **{
        "channel.exponent": 3, "channel.reference_m": 1, "channel.shadowing_db": 6,
        "channel.decorrelation_m": 0})},
        auth={"mode": "secret", "secrets_file": secrets.name})
    rounds = []
    for languages in ((one, two), ("protobuf", "protobuf")):
        first, second = (stage.guarded(language, name, f"secret-of-{name}-0123456789")
                         for language, name in zip(languages, ("uav1", "uav2")))
        second.move(520)
        fates = [first.to("uav2", f"number {number:2}").fates["uav2"] for number in range(40)]
        second.ping()
        heard = [second.wait(Message) for fate in fates if fate.outcome == "DELIVERED"]
        second.hears_nothing()
        rounds.append((fates, heard))
        for speaker in (first, second):
            speaker.quit()
    assert rounds[0] == rounds[1]
    assert {fate.outcome for fate in rounds[0][0]} == {"DELIVERED", "LOST"}, "it is a channel that loses some"


# ------------------------------------------------------------ the simulator


@between
def a_simulator_that_goes_and_comes(stage, one, two):
    fake = FakeSimulator(stage.t)
    alice, bob = pair(stage, one, two, fake, simulator={"backoff_min_ms": 10, "backoff_max_ms": 50})
    fake.away = True
    fake.reset_connection()
    for speaker in (alice, bob):
        assert speaker.wait(Place, available=False).scenario == "field"
    assert alice.scenarios()["field"].available is False
    assert alice.to("bob", "x") == Report(0, {"bob": Fate("SIMULATOR_DOWN", "", ("-",))})
    fake.away = False
    for speaker in (alice, bob):
        speaker.wait(Place, available=True)
    assert alice.to("bob", "again").delivered == 1
    assert bob.wait(Message).text == "again"


@between
def messages_past_the_channel(stage, one, two):
    fake = FakeSimulator(stage.t)
    alice, bob = pair(stage, one, two, fake, simulator={"on_simulator_down": "bypass"})
    fake.away = True
    fake.reset_connection()
    alice.wait(Place, available=False)
    assert alice.to("bob", "past it") == Report(1, {"bob": Fate("DELIVERED", "", ("BYPASSED",))})
    assert bob.wait(Message) == Message("alice", "", "past it", ("BYPASSED",))


@between
def a_simulator_that_does_not_answer(stage, one, two):
    fake = FakeSimulator(stage.t, hold)
    alice, bob = pair(stage, one, two, fake, simulator={"timeout_ms": 100})
    assert alice.to("bob", "x") == Report(0, {"bob": Fate("SIMULATOR_TIMEOUT", "", ("-",))})
    bob.hears_nothing()


# ------------------------------------------------------------------- bounds


@between
def held_by_its_window(stage, one, two):
    """A third message is not read while two are in the channel; nothing is lost of it."""
    fake = FakeSimulator(stage.t, hold)
    alice, bob = pair(stage, one, two, fake, limits={"max_in_flight_per_drone": 2})
    for number in range(5):
        alice.post(f"message {number}")
    transmits = [fake.next_transmit(), fake.next_transmit()]
    bob.ping()  # the gateway has had turns since
    assert not fake.transmits
    for number in range(3):
        fake.send(*deliver(transmits.pop(0)))
        transmits.append(fake.next_transmit())
        bob.ping()
        assert not fake.transmits, number
    for transmit in transmits:
        fake.send(*deliver(transmit))
    assert [bob.wait(Message).text for _ in range(5)] == [f"message {number}" for number in range(5)]
    assert [alice.report().delivered for _ in range(5)] == [1] * 5


@alone
def faster_than_it_may(stage, language):
    """`refuse` tells each, and ends who does not stop; `hold` reads later."""
    stage.open(limits={"rate_messages": 5, "rate_exceeded": "refuse"})
    alice = stage.speaker(language, "alice", "")  # has asked twice
    answers = [alice.join("red") for _ in range(8)]
    assert set(answers) == {Error("NO_SCENARIO"), Error("RATE_LIMITED")}, answers
    uavtest.wait_until(lambda: alice.join("red") == Error("NO_SCENARIO"))
    change_file(stage.gateway, limits={"rate_exceeded": "hold"})
    reload(stage.gateway)
    before = time.monotonic()
    assert {alice.join("red") for _ in range(12)} == {Error("NO_SCENARIO")}
    assert time.monotonic() - before > 0.5, "12 at 5 a second"
    change_file(stage.gateway, limits={"rate_exceeded": "refuse"})
    reload(stage.gateway)
    with contextlib.suppress(uavtest.Closed, ConnectionError):
        while not alice.take(Goodbye):
            alice.post("x" * 10)
            alice.hear(0.0)
    stage.gateway.wait_event("drone_left", drone=alice.id, reason="RATE_LIMITED")


@alone
def who_is_silent(stage, language):
    """Asked, and at last sent away; who answers stays. The listener's own times go before."""
    times = {"ping_interval_ms": 100, "idle_timeout_ms": 1500}
    slow = {"ping_interval_ms": 600000, "idle_timeout_ms": 1200000}
    listener = f"listen:{LANGUAGES[language].listener}"
    stage.open(sessions=slow, **{listener: times})
    other = stage.speaker("text" if language == "protobuf" else "protobuf", "other")
    alive = stage.speaker(language, "alive")
    silent = stage.speaker(language, "silent", answer_pings=False)
    pings = 0
    while not alive.take(Goodbye) and not any(
            event.name == "silent" and event.what == "OFFLINE" for event in alive.take(News)):
        assert alive.hear(uavtest.DEADLINE)
        pings += len(alive.take(Ping))
    assert pings >= 2
    assert silent.ended().reason == "IDLE_TIMEOUT"
    other.news("OFFLINE", "silent", "IDLE_TIMEOUT")
    alive.ping()
    other.ping()
    assert not other.take(Ping), "it has the times of [sessions]"


@between
def who_does_not_read(stage, one, two):
    """Only it suffers, and others are told why it went."""
    stage.open(FakeSimulator(stage.t), limits={"output_soft_ms": 200, "output_soft_bytes": 16384})
    slow = stage.speaker(two, "slow")
    alice, carol = stage.speaker(one, "alice"), stage.speaker(two, "carol")
    text = "x" * 60000
    gone = False
    while not gone:
        report = alice.to("slow", text)
        (fate,) = report.fates.values()  # of whom the name has gone with it, perhaps
        gone = fate.outcome in ("TARGET_OFFLINE", "TARGET_LEFT", "OVERLOADED")
        assert alice.to("carol", "y").delivered == 1
        assert carol.wait(Message).text == "y"
    alice.news("OFFLINE", "slow", "TOO_SLOW")
    assert slow.ended(cut=True) in (None, Goodbye("TOO_SLOW", 0))


# -------------------------------------------------------------- who gets in


SECRETS = {"uav1": "secret-of-uav1-0123456789", "uav2": "secret-of-uav2-0123456789"}


def write_secrets(stage, **secrets):
    path = stage.t.folder / "drones.secrets"
    new = path.with_suffix(".new")
    new.write_text("".join(f"{name} {secret}\n" for name, secret in secrets.items()))
    new.chmod(0o600)
    new.replace(path)
    return path


def with_secrets(stage, **sections):
    path = write_secrets(stage, **SECRETS)
    return stage.open(auth={"mode": "secret", "secrets_file": path.name, "delay_ms": 0}, **sections)


@between
def by_secret(stage, one, two):
    with_secrets(stage)
    first = stage.guarded(one, "uav1", SECRETS["uav1"])
    for drone_id, secret in (("uav2", SECRETS["uav1"]), ("uav9", SECRETS["uav1"])):
        stranger = stage.connect(two)
        assert stranger.enter(drone_id, secret) == Error("AUTH_FAILED")
        assert stranger.ended().reason == "AUTH_FAILED"
    asked = stage.connect(two)
    assert asked.enter("no id") == Error("BAD_ID")
    assert isinstance(asked.enter("uav2"), Challenge)
    second = stage.guarded(two, "uav2", SECRETS["uav2"])
    assert first.to("uav2", "x").delivered == 1
    assert second.wait(Message).sender == "uav1"


@between
def taken_over(stage, one, two):
    """Who has the secret takes its id over, whatever it speaks."""
    with_secrets(stage)
    watcher = stage.guarded(one, "uav2", SECRETS["uav2"])
    old = stage.guarded(one, "uav1", SECRETS["uav1"])
    new = stage.guarded(two, "uav1", SECRETS["uav1"])
    assert old.ended().reason == "TAKEN_OVER"
    watcher.news("OFFLINE", "uav1", "TAKEN_OVER")
    watcher.news("ENTERED", "uav1", "field")
    assert watcher.to("uav1", "is it you").delivered == 1
    assert new.wait(Message).text == "is it you"


@alone
def its_secret_is_withdrawn(stage, language):
    with_secrets(stage)
    other = stage.guarded(language, "uav2", SECRETS["uav2"])
    alice = stage.guarded(language, "uav1", SECRETS["uav1"])
    write_secrets(stage, uav2=SECRETS["uav2"])
    reload(stage.gateway)
    assert alice.ended().reason == "KICKED"
    other.news("OFFLINE", "uav1", "KICKED")


def with_certificates(stage, mode, ca):
    authority = certificates.Authority(stage.t.folder)
    own = authority.issue("gateway.test", dns=["gateway.test"])
    tls = {"tls_cert": own.cert, "tls_key": own.key, **({"tls_ca": authority.cert} if ca else {})}
    stage.open(auth={"mode": mode}, **{"listen:text": tls, "listen:drones": tls})
    return authority


@between
def by_certificate(stage, one, two):
    authority = with_certificates(stage, "tls", True)
    found = []
    for language, drone_id in ((one, "uav1"), (two, "uav2")):
        tls = (certificates.client(authority, authority.issue(drone_id)), "gateway.test")
        false = stage.connect(language, tls=tls)
        assert false.enter("other") == Error("AUTH_FAILED")
        assert false.ended().reason == "AUTH_FAILED"
        speaker = stage.connect(language, tls=tls)
        assert speaker.enter(drone_id) == Here(drone_id)
        assert speaker.choose("field").scenario == "field"
        found.append(speaker)
    first, second = found
    assert first.to("uav2", "hello").delivered == 1
    assert second.wait(Message).text == "hello"


@between
def under_tls(stage, one, two):
    authority = with_certificates(stage, "none", False)
    tls = (certificates.client(authority), "gateway.test")
    alice, bob = stage.speaker(one, "alice", tls=tls), stage.speaker(two, "bob", tls=tls)
    text = "x" * 40000  # more than one record
    assert alice.to("bob", text).delivered == 1
    assert bob.wait(Message).text == text


# ------------------------------------------------------------------- the end


@between
def the_gateway_ends(stage, one, two):
    """What is on its way arrives first; everyone is told when to come again."""
    fake = FakeSimulator(stage.t, hold)
    alice, bob = pair(stage, one, two, fake)
    alice.post("at last", to="bob")
    transmit = fake.next_transmit()
    stage.gateway.process.send_signal(signal.SIGTERM)
    stage.gateway.wait_event("stopping", in_flight=1)
    fake.send(*deliver(transmit))
    heard = []
    for speaker in (alice, bob):
        goodbye = speaker.ended()
        assert goodbye.reason == "SHUTTING_DOWN" and goodbye.retry_ms > 0, goodbye
        heard += speaker.take(Message)
    assert [message.text for message in heard] == ["at last"]
    stage.gateway.wait_event("accounts", delivered=1, pending=0)
    stage.over = True


if __name__ == "__main__":
    uavtest.run()
