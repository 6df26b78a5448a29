#!/usr/bin/env python3
"""Programs made from the .proto files alone, against the gateway and against each
other; and proto/: its golden frames, its options for nanopb, its reference."""

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
import certificates  # noqa: E402
import make_vectors  # noqa: E402
import readme_proof  # noqa: E402
import scene  # noqa: E402
import speakers  # noqa: E402
import uavtest  # noqa: E402
from channel_client import ChannelClient  # noqa: E402
from google.protobuf import json_format  # noqa: E402
from uavtest import channel, relay  # noqa: E402

PROTO = uavtest.ROOT / "proto"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(uavtest.GENERATED), "PYTHONUNBUFFERED": "1"}

# ------------------------------------------------------------ golden frames


def test_vectors_are_what_the_script_writes():
    wanted = make_vectors.files()
    there = {path.name for path in make_vectors.FOLDER.iterdir()} - {"README.md"}
    assert there == set(wanted), there ^ set(wanted)
    for name, text in wanted.items():
        found = (make_vectors.FOLDER / name).read_text(encoding="utf-8")
        assert found == text, f"{name} differs; run tests/interop/make_vectors.py"


def test_vectors_have_every_body():
    for envelope in make_vectors.ENVELOPES.values():
        bodies = {field.name for field in envelope.DESCRIPTOR.oneofs_by_name["body"].fields}
        found = {
            message.WhichOneof("body")
            for _, message in make_vectors.VECTORS.values()
            if isinstance(message, envelope)
        }
        assert found == bodies, f"{envelope.DESCRIPTOR.name}: {bodies ^ found}"


def test_vectors_read_as_their_json_and_back():
    types = {envelope.DESCRIPTOR.full_name: envelope for envelope in make_vectors.ENVELOPES.values()}
    paths = sorted(make_vectors.FOLDER.glob("*.hex"))
    assert len(paths) >= 40
    for path in paths:
        frame = bytes.fromhex(path.read_text())
        golden = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        body, used = uavtest.decode_frame(frame)
        assert used == len(frame), path.name
        message = types[golden["type"]].FromString(body)
        as_json = json_format.MessageToDict(message, preserving_proto_field_name=True)
        assert as_json == golden["message"], path.name
        back = json_format.ParseDict(golden["message"], types[golden["type"]]())
        assert uavtest.delimit(back) == frame, path.name


def test_nanopb_reads_the_vectors():
    generator = shutil.which("nanopb_generator.py") or shutil.which("nanopb_generator")
    headers = [Path("/usr/include/pb.h"), Path("/usr/include/nanopb/pb.h")]
    if not generator or not any(header.exists() for header in headers):
        raise uavtest.Skip("nanopb is not installed")
    with tempfile.TemporaryDirectory(prefix="uavtest.") as folder:
        clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        subprocess.run(
            [generator, "-q", "-I", PROTO, "-D", folder, PROTO / "drone.proto", PROTO / "channel.proto"],
            check=True, env=clean, cwd=folder,
        )
        program = Path(folder) / "nanopb_frames"
        subprocess.run(
            [os.environ.get("CC", "cc"), "-std=c11", "-Wall", "-Wextra", "-I", folder,
             "-I/usr/include/nanopb", "-o", program, HERE / "nanopb_frames.c",
             f"{folder}/drone.pb.c", f"{folder}/channel.pb.c", "-lprotobuf-nanopb"],
            check=True,
        )
        done = subprocess.run([program], stdout=subprocess.PIPE, text=True)
        assert done.returncode == 0, done.stdout


# ------------------------------------------------------------ the reference


def code_blocks(path):
    """The contents of a document's fenced blocks."""
    blocks, block = [], None
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        if not line.startswith("```"):
            if block is not None:
                block.append(line)
        elif block is None:
            block = []
        else:
            blocks.append("".join(block))
            block = None
    return blocks


def test_readme_has_the_drone_word_for_word():
    drone = (HERE / "readme_drone.py").read_text(encoding="utf-8")
    assert len(drone.splitlines()) <= 40
    assert drone in code_blocks(PROTO / "README.md")


def test_readme_has_the_proof_word_for_word():
    proof = (HERE / "readme_proof.py").read_text(encoding="utf-8")
    assert proof in code_blocks(PROTO / "README.md")


def test_readme_has_a_proof_with_all_its_bytes():
    """tests/unit/test_client.c has the same."""
    secret, nonce, drone_id = b"correct-horse-battery-staple", bytes(range(32)), b"uav1"
    proof = readme_proof.proof(secret, nonce, drone_id)
    frame = uavtest.delimit(relay.ToGateway(ref=2, authenticate={"proof": proof}))
    text = (PROTO / "README.md").read_text(encoding="utf-8")
    rows = (line.strip("|").split("|") for line in text.splitlines() if line.startswith("|"))
    told = {cells[0].strip(): cells[1].strip() for cells in rows if len(cells) == 2}
    assert told["secret"] == f"`{secret.decode()}` ({len(secret)} bytes)"
    assert told["nonce"] == f"`{nonce.hex()}`"
    assert told["message"] == f"`{(nonce + drone_id).hex()}` ({len(nonce + drone_id)} bytes)"
    assert told["proof"] == f"`{proof.hex()}`"
    assert told["frame, with ref 2"] == f"`{frame.hex()}`"


def test_readme_names_everything():
    """Each message, field and enumerator of both files is in the reference."""
    text = (PROTO / "README.md").read_text(encoding="utf-8")
    missing = []
    for file in (relay.DESCRIPTOR, channel.DESCRIPTOR):
        for message in file.message_types_by_name.values():
            names = [field.name for field in message.fields]
            missing += [f"{message.name}.{name}" for name in names if f"`{name}`" not in text]
            if f"`{message.name}`" not in text:
                missing.append(message.name)
        for enum in file.enum_types_by_name.values():
            missing += [value.name for value in enum.values if f"`{value.name}`" not in text]
    assert not missing, missing


def test_python_simulator_is_short():
    assert len((HERE / "python_simulator.py").read_text().splitlines()) < 160


# ------------------------------------------------------- programs under test


class Script:
    """A Python program of this folder; its standard output is read line by line."""

    def __init__(self, t, name, *arguments, exit_codes=(0,)):
        self.path = t.folder / f"stdout{len(t.programs)}"
        with open(self.path, "w", encoding="utf-8") as out:
            self.program = t.program(
                sys.executable, HERE / name, *arguments,
                env=ENVIRONMENT, stdout=out, exit_codes=exit_codes,
            )

    def lines(self):
        text = self.path.read_text(encoding="utf-8")
        return text[: text.rfind("\n") + 1].splitlines()

    def wait_line(self, predicate):
        """The first line for which it is true."""
        return uavtest.wait_until(lambda: next(filter(predicate, self.lines()), None))

    def frames(self, envelope):
        return [json_format.Parse(line, envelope()) for line in self.lines()]

    def wait_frame(self, envelope, body):
        def find():
            found = [frame for frame in self.frames(envelope) if frame.HasField(body)]
            return getattr(found[0], body) if found else None

        return uavtest.wait_until(find)


def python_simulator(t, *arguments):
    script = Script(t, "python_simulator.py", "--verbose", *arguments, exit_codes=None)
    script.at = script.program.address()
    return script


def python_drone(t, gateway, name, *arguments, scenario="field"):
    return Script(t, "python_drone.py", *gateway.at, name, scenario, *arguments)


def same_link(a, b):
    """Whether two Link messages, of whichever file, are the same, bit for bit."""
    return a.SerializeToString(deterministic=True) == b.SerializeToString(deterministic=True)


# ------------------------------------------------------------ who gets in


def test_the_proof_of_the_readme(t):
    """A drone that does what it says is let in, by TLS, with its own certificate, too."""
    ca, name = certificates.Authority(t.folder), "gateway.test"
    shown, own = ca.issue(name, dns=[name]), ca.issue("any")
    path = t.folder / "secrets"
    path.write_text("uav1 correct-horse-battery-staple\nuav2 another-secret-altogether\n")
    path.chmod(0o600)
    gateway = scene.ready(t, auth={"mode": "secret", "secrets_file": path},
                          **{"listen:secure": {
                              "address": f"{uavtest.HOST}:0", "tls_cert": shown.cert,
                              "tls_key": shown.key, "tls_ca": ca.cert}})
    for drone_id, secret in (("uav1", b"correct-horse-battery-staple"),
                             ("uav2", b"another-secret-altogether")):
        drone = t.drone(gateway, at=gateway.address(listener="secure"))
        drone.socket = readme_proof.secure(drone.socket, name, ca.cert, own.cert, own.key)
        drone.drone_id = drone_id
        drone.send(ref=1, registration={"protocol": 1, "drone_id": drone_id, "scenario": "field"})
        readme_proof.prove(drone.send, drone.wait_for("challenge").challenge, secret, drone_id)
        assert drone.wait_for("welcome").ref == 2
        assert drone.wait_for("scenario_chosen").ref == 2


# -------------------------------------------------------- python simulator


def greeted(simulator):
    client = ChannelClient(simulator, "test")
    assert client.read().HasField("hello_ack")
    return client


DRAWN = 60  # messages of each sender


def fates(simulator, numbers, order):
    """Outcome by (sender, sequence) over a poor link; `numbers` are the nodes' numbers, of
    which the outcome must not depend."""
    client = greeted(simulator)
    client.tell(set_scenario={"scenario": 7, "name": "field", "parameters": [
        {"key": "model", "value": "free-space"}, {"key": "tx_power_dbm", "value": "0"}]})
    assert client.read().scenario_status.ok
    for name, number in numbers.items():
        place = {"east_m": 1180.0} if name == "c" else {}
        client.tell(set_node={"scenario": 7, "node": number, "name": name, "position": place})
    asked = {}
    for identifier, (name, sequence) in enumerate(order, 1):
        asked[identifier] = name, sequence
        client.tell(transmit={
            "id": identifier, "scenario": 7, "transmitter": numbers[name],
            "origin": numbers[name], "receivers": [numbers["c"]], "sequence": sequence,
            "payload": bytes(64)})
    result = {}
    for _ in asked:
        answer = client.read().result
        assert len(answer.receptions) == 1 and answer.receptions[0].receiver == numbers["c"]
        result[asked[answer.id]] = answer.receptions[0].outcome
    return result


def test_python_simulator_draws_by_names(t):
    order = list(itertools.product("ab", range(1, DRAWN + 1)))
    one = python_simulator(t, "--seed", "1")
    other = python_simulator(t, "--seed", "2")
    first = fates(one, {"a": 1, "b": 2, "c": 3}, order)
    assert set(first.values()) == {channel.OUTCOME_DELIVERED, channel.OUTCOME_LOST}
    assert fates(one, {"a": 9, "b": 5, "c": 300}, sorted(order, key=lambda it: -it[1])) == first
    assert fates(other, {"a": 1, "b": 2, "c": 3}, order) != first


def test_python_simulator_with_the_gateway(t):
    """What a delivery and a report say is what the simulator computed, bit for bit."""
    simulator = python_simulator(t)
    gateway = scene.ready(t, simulator)
    hearer = python_drone(t, gateway, "uav2", "--at", "1234.5", "-67.25", "80", "--hear", "1")
    hearer.wait_frame(relay.FromGateway, "scenario_chosen")
    sender = python_drone(
        t, gateway, "uav1", "--at", "-3.75", "12", "30", "--to", "uav2", "--text", "digit"
    )
    assert sender.program.wait() == 0 and hearer.program.wait() == 0
    delivery = hearer.wait_frame(relay.FromGateway, "delivery")
    outcome = sender.wait_frame(relay.FromGateway, "send_report").outcomes[0]
    computed = simulator.wait_frame(channel.FromSimulator, "result").receptions[0]
    assert (delivery.sender, delivery.payload, delivery.sequence) == ("uav1", b"digit", 1)
    assert outcome.drone_id == "uav2" and outcome.outcome == relay.OUTCOME_DELIVERED
    for hop in (delivery.hops[0], outcome.hops[0]):
        assert (hop.transmitter, hop.receiver) == ("uav1", "uav2")
        assert hop.source == relay.SOURCE_LIVE and hop.late_by_us == 0
        assert same_link(hop.link, computed.link), (hop, computed)
    assert computed.link.distance_m > 1000


def test_python_simulator_with_everyone(t):
    simulator = python_simulator(t)
    gateway = scene.ready(t, simulator)
    hearers = {
        name: python_drone(t, gateway, name, "--at", str(east), "0", "50", "--hear", "1")
        for name, east in (("uav2", 100), ("uav3", 2000), ("uav4", -345.5))
    }
    for hearer in hearers.values():
        hearer.wait_frame(relay.FromGateway, "scenario_chosen")
    sender = python_drone(t, gateway, "uav1", "--at", "0", "0", "50", "--everyone")
    assert sender.program.wait() == 0
    outcomes = sender.wait_frame(relay.FromGateway, "send_report").outcomes
    assert sorted(outcome.drone_id for outcome in outcomes) == sorted(hearers)
    for outcome in outcomes:
        delivery = hearers[outcome.drone_id].wait_frame(relay.FromGateway, "delivery")
        assert hearers[outcome.drone_id].program.wait() == 0
        assert same_link(delivery.hops[0].link, outcome.hops[0].link)


class Netcat:
    """nc, with what is typed and what it shows."""

    def __init__(self, t, address):
        if not shutil.which("nc"):
            raise uavtest.Skip("nc is not installed: netcat-openbsd")
        self.shown = []
        self.process = subprocess.Popen(["nc", *map(str, address)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=lambda: self.shown.extend(iter(self.process.stdout.readline, "")))
        self.reader.start()
        t.drones.append(self)

    def type(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait(self, begin):
        """The first line that begins so."""
        return uavtest.wait_until(lambda: next((line for line in self.shown if line.startswith(begin)), None))

    def close(self):
        self.process.kill()
        self.process.wait()
        self.reader.join(uavtest.DEADLINE)
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.stdout.close()


def test_a_python_drone_and_a_person_at_nc(t):
    """Each hears the other, and both read the numbers that the simulator has computed."""
    simulator = python_simulator(t)
    gateway = scene.ready(t, simulator, **{"listen:text": {
        "address": f"{uavtest.HOST}:0", "protocol": "text", "scenario": "field"}})
    person = Netcat(t, gateway.address(listener="text"))
    person.wait("* you are in field ")
    person.type("rename|alice")
    person.wait("* done")
    drone = python_drone(t, gateway, "uav1", "--at", "700", "0", "30", "--to", "guest-1", "--text", "from uav1",
                         "--hear", "1")
    heard = person.wait("<uav1> ")
    outcome = drone.wait_frame(relay.FromGateway, "send_report").outcomes[0]
    assert outcome.drone_id == "guest-1" and outcome.outcome == relay.OUTCOME_DELIVERED
    assert heard == f"<uav1> [{speakers.numbers(outcome.hops)[0]}] from uav1\n"
    person.type("to|uav1|from alice")
    told = person.wait("= uav1 ")
    delivery = drone.wait_frame(relay.FromGateway, "delivery")
    assert (delivery.sender, delivery.payload) == ("guest-1", b"from alice")
    assert told == f"= uav1 DELIVERED [{speakers.numbers(delivery.hops)[0]}]\n"
    assert drone.program.wait() == 0
    person.wait("* uav1 is gone (LEFT)")
    person.type("quit")
    person.wait("* goodbye LEFT ")
    person.process.stdin.close()  # it would wait for more to be typed
    assert person.process.wait(uavtest.DEADLINE) == 0
    for line in person.shown:
        speakers.read_line(line.rstrip("\n"))


def test_python_simulator_in_a_star(t):
    """A drone and a simulator that know nothing of stars show both hops, bit for bit."""
    simulator = python_simulator(t)
    gateway = scene.ready(t, simulator, scenarios={"field": scene.STAR})
    hub = python_drone(t, gateway, "hub", "--at", "0", "0", "10", "--hear", "1")
    hearer = python_drone(t, gateway, "uav2", "--at", "-2000", "0", "80", "--hear", "1")
    for waiting in (hub, hearer):
        waiting.wait_frame(relay.FromGateway, "scenario_chosen")
    sender = python_drone(
        t, gateway, "uav1", "--at", "1500", "0", "60", "--to", "uav2", "--text", "over")
    assert sender.program.wait() == 0 and hearer.program.wait() == 0
    delivery = hearer.wait_frame(relay.FromGateway, "delivery")
    outcome = sender.wait_frame(relay.FromGateway, "send_report").outcomes[0]
    computed = [frame.result.receptions[0].link
                for frame in simulator.frames(channel.FromSimulator) if frame.HasField("result")]
    assert (delivery.sender, delivery.payload) == ("uav1", b"over")
    for hops in (delivery.hops, outcome.hops):
        assert [(hop.transmitter, hop.receiver) for hop in hops] == [
            ("uav1", "hub"), ("hub", "uav2")]
        assert all(same_link(hop.link, link) for hop, link in zip(hops, computed)), (hops, computed)
    last = python_drone(t, gateway, "uav3", "--to", "hub", "--text", "for you")
    assert last.program.wait() == 0 and hub.program.wait() == 0
    heard = [frame.delivery.payload for frame in hub.frames(relay.FromGateway)
             if frame.HasField("delivery")]
    assert heard == [b"for you"], "what it only relays it is not handed"


def test_python_simulator_refuses_a_model(t):
    simulator = python_simulator(t)
    scenarios = {"field": uavtest.scenario(), "odd": uavtest.scenario(channel_model="psychic")}
    gateway = t.gateway(simulator.at, scenarios)
    gateway.wait_event("scenario_refused", scenario="odd")
    drone = t.drone(gateway, "uav1")
    error = drone.request(choose_scenario={"name": "odd"}).error
    assert error.code == relay.ERROR_CODE_SCENARIO_UNAVAILABLE, error
    entries = {e.name: e for e in drone.request(list_scenarios={}).scenarios.entries}
    assert not entries["odd"].available and "psychic" in entries["odd"].message


# --------------------------------------------------------------- sim-stub


def test_python_drones_with_sim_stub(t):
    gateway = scene.ready(t)
    hearer = python_drone(t, gateway, "uav2", "--at", "500", "0", "50", "--hear", "1")
    hearer.wait_frame(relay.FromGateway, "scenario_chosen")
    sender = python_drone(t, gateway, "uav1", "--at", "0", "0", "50", "--to", "uav2")
    assert sender.program.wait() == 0 and hearer.program.wait() == 0
    delivery = hearer.wait_frame(relay.FromGateway, "delivery")
    outcome = sender.wait_frame(relay.FromGateway, "send_report").outcomes[0]
    assert delivery.payload == b"hello" and outcome.outcome == relay.OUTCOME_DELIVERED
    assert same_link(delivery.hops[0].link, outcome.hops[0].link)
    assert delivery.hops[0].link.distance_m == 500.0


def test_both_simulators_compute_the_same(t):
    """Two programs that share nothing but a formula."""
    links = []
    for simulator in (python_simulator(t), t.simulator()):
        client = greeted(simulator)
        client.tell(set_scenario={"scenario": 1, "name": "field", "parameters": [
            {"key": "model", "value": "free-space"}, {"key": "modulation", "value": "bpsk"}
        ][: 1 + (len(links) == 1)]})
        assert client.read().scenario_status.ok
        radio = {"tx_power_dbm": 10.5, "antenna_gain_dbi": 2.15, "noise_figure_db": 7.0}
        client.tell(set_node={"scenario": 1, "node": 1, "name": "a", "radio": radio})
        client.tell(set_node={"scenario": 1, "node": 2, "name": "b", "radio": radio,
                             "position": {"east_m": 4000.0, "north_m": -3600.0, "up_m": 120.0}})
        client.tell(transmit={"id": 1, "scenario": 1, "transmitter": 1, "origin": 1,
                             "receivers": [2], "sequence": 1, "payload": bytes(100)})
        links.append(json_format.MessageToDict(
            client.read().result.receptions[0].link, including_default_value_fields=True))
    ours, theirs = links
    assert ours.keys() == theirs.keys()
    for key, value in ours.items():
        # sim-stub has losses in steps of 0.001 dB, which count threefold in the error rate
        step = 1e-3 * abs(theirs[key]) if key == "packetErrorRate" else 1e-3 * ("Db" in key)
        same = value == theirs[key] if isinstance(value, str) else (
            abs(value - theirs[key]) <= 1e-5 * abs(value) + step)
        assert same, f"{key}: {value} and {theirs[key]}"
    assert 1e-3 < ours["packetErrorRate"] < 1, ours


# ------------------------------------------------------ the drone in 40 lines


def test_readme_drone(t):
    """Both drones print the numbers that the simulator computed."""
    simulator = python_simulator(t)
    gateway = scene.ready(t, simulator)
    one = Script(t, "readme_drone.py", *gateway.at, "uav1", "field", "uav2", "hi", exit_codes=None)
    one.wait_line(lambda line: line.startswith("uav1 "))  # it is there, and alone
    two = Script(t, "readme_drone.py", *gateway.at, "uav2", "field", exit_codes=None)
    heard = two.wait_line(lambda line: line.startswith("uav1 b'hi' "))
    told = one.wait_line(lambda line: line.startswith("uav2 OUTCOME_DELIVERED "))
    assert any(line == "uav2 PRESENCE_WHAT_SCENARIO field" for line in one.lines())
    assert one.program.wait() == 0
    assert any("GOODBYE_REASON_LEFT" in line for line in one.lines())
    link = simulator.wait_frame(channel.FromSimulator, "result").receptions[0].link
    numbers = f"SNR {link.snr_db} dB, path loss {link.path_loss_db} dB"
    assert heard == f"uav1 b'hi' {numbers}"
    assert told == f"uav2 OUTCOME_DELIVERED {numbers}"


if __name__ == "__main__":
    uavtest.run()
