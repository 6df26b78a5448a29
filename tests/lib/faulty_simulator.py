"""Channel simulators with one fault each, made of the one that is to be copied
(tests/interop/python_simulator.py). `Honest` has none; a fault is a subclass of it."""

import contextlib
import itertools
import random
import socketserver
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))

import uavtest  # noqa: E402, I001 (finds channel_pb2 for the next)
import python_simulator  # noqa: E402
from uavtest import channel  # noqa: E402

NAN = float("nan")


class Honest(python_simulator.Gateway):
    """What a fault may replace, from the bytes that come to those that go."""

    def handle(self):
        self.scenarios, self.data = None, b""
        with contextlib.suppress(ValueError, python_simulator.pb_message.DecodeError, OSError):
            self.greet()
            while chunk := self.request.recv(65536):
                self.take(chunk)

    def greet(self):
        pass

    def take(self, chunk):
        self.data += chunk
        answers = []
        while frame := python_simulator.cut_frame(self.data):
            body, self.data = frame
            message = channel.ToSimulator.FromString(body)
            answers += self.say(message, list(self.answer(message)))
        self.put(answers)

    def say(self, message, answers):
        del message
        return answers

    def put(self, answers):
        self.request.sendall(b"".join(map(python_simulator.delimit, answers)))

    def transmit(self, it, scenario):
        yield from self.results(it, [self.reception(it, scenario, number) for number in it.receivers
                                     if self.known(it, scenario, number)])

    def known(self, it, scenario, number):
        return scenario and {it.transmitter, number} <= scenario.nodes.keys()

    def reception(self, it, scenario, number):
        nodes = scenario.nodes
        found = python_simulator.receive(self.server.options.seed, scenario, it, nodes[it.transmitter],
                                         nodes[number])
        found.receiver = number
        return found

    def results(self, it, receptions):
        most = python_simulator.MOST
        for end in range(most, max(1, len(receptions)) + most, most):
            yield channel.FromSimulator(result=channel.Result(
                id=it.id, receptions=receptions[end - most : end], more=end < len(receptions)))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, fault, seed=1):
        super().__init__((uavtest.HOST, 0), fault)
        self.options = type("Options", (), {"seed": seed, "verbose": False})
        self.counter = itertools.count(1)
        self.lock = threading.Lock()
        self.shared = {}

    def handle_error(self, request, client_address):
        """What a fault has brought about is told by who notices it."""


@contextlib.contextmanager
def serving(fault):
    """(host, port) of a simulator with that fault."""
    with Server(fault) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server.server_address
        finally:
            server.shutdown()
            thread.join()


# ------------------------------------------------------------------- hello


class Silent(Honest):
    def take(self, chunk):
        pass


class Closing(Honest):
    def take(self, chunk):
        raise ValueError


class TalksFirst(Honest):
    def greet(self):
        self.put([channel.FromSimulator(pong={"nonce": 1})])


class Garbage(Honest):
    def take(self, chunk):
        self.request.sendall(bytes(random.Random(1).randrange(256) for _ in range(4096)))


class Endless(Honest):
    """Answers hello, and then never ends."""

    def take(self, chunk):
        super().take(chunk)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            self.request.sendall(b"\x03\x7a\x01x" * 4096)  # field 15, which nobody knows


class EndlessFrame(Honest):
    def take(self, chunk):
        self.request.sendall(b"\xff" * 64)


def acknowledging(**fields):
    class Acknowledging(Honest):
        def say(self, message, answers):
            for answer in answers:
                if answer.HasField("hello_ack"):
                    answer.hello_ack.MergeFrom(channel.HelloAck(**fields))
            return answers

    return Acknowledging


class SpeaksWhatIsOffered(Honest):
    """And one more than that."""

    def say(self, message, answers):
        if message.hello.protocol > 1:
            answers[0].hello_ack.protocol = message.hello.protocol + 1
        return answers


class KeepsItsWorld(Honest):
    def answer(self, message):
        before = self.scenarios
        yield from super().answer(message)
        if message.HasField("hello") and before:
            self.scenarios = before


class SharesItsWorld(Honest):
    def answer(self, message):
        yield from super().answer(message)
        if message.HasField("hello"):
            self.scenarios = self.server.shared


# --------------------------------------------------------------- scenarios


class TakesNothing(Honest):
    def say(self, message, answers):
        for answer in answers:
            if answer.HasField("scenario_status"):
                answer.scenario_status.ok, answer.scenario_status.message = False, "not today"
        return answers


def refusing(message):
    """With these words."""

    class Refusing(Honest):
        def say(self, request, answers):
            del request
            for answer in answers:
                if answer.HasField("scenario_status") and not answer.scenario_status.ok:
                    answer.scenario_status.message = message
            return answers

    return Refusing


class OneScenarioOfAName(Honest):
    """The newer one takes the place of the older."""

    def answer(self, message):
        if message.HasField("set_scenario"):
            name = message.set_scenario.name
            for number in [number for number, it in self.scenarios.items() if it.name == name]:
                del self.scenarios[number]
        yield from super().answer(message)


class TakesEveryModel(Honest):
    def answer(self, message):
        if message.HasField("set_scenario"):
            del message.set_scenario.parameters[:]
        yield from super().answer(message)


class HangsUpOnRefusal(Honest):
    def put(self, answers):
        super().put(answers)
        if any(answer.HasField("scenario_status") and not answer.scenario_status.ok for answer in answers):
            raise ValueError


class OtherScenario(Honest):
    def say(self, message, answers):
        for answer in answers:
            if answer.HasField("scenario_status"):
                answer.scenario_status.scenario += 1
        return answers


class KeepsRemovedScenarios(Honest):
    def answer(self, message):
        if not message.HasField("remove_scenario"):
            yield from super().answer(message)


# ------------------------------------------------------------------ frames


class OneReadOneFrame(Honest):
    """What is cut is lost."""

    def take(self, chunk):
        self.data = b""
        super().take(chunk)


class FirstOfSegment(Honest):
    """What stands behind the first frame is lost."""

    def take(self, chunk):
        self.data += chunk
        if frame := python_simulator.cut_frame(self.data):
            self.data = b""
            message = channel.ToSimulator.FromString(frame[0])
            self.put(self.say(message, list(self.answer(message))))


class OneLongFrame(Honest):
    def results(self, it, receptions):
        yield channel.FromSimulator(result=channel.Result(id=it.id, receptions=receptions))


class FirstFrameOnly(Honest):
    """Of a long answer, the rest is forgotten."""

    def results(self, it, receptions):
        yield channel.FromSimulator(result=channel.Result(
            id=it.id, receptions=receptions[: python_simulator.MOST]))


class KnowsNoOtherBody(Honest):
    def answer(self, message):
        if message.WhichOneof("body") is None:
            raise ValueError("unknown body")
        yield from super().answer(message)


def has_more(message):
    """Whether there are fields in it, at any depth, that channel.proto does not have."""
    bare = channel.ToSimulator()
    bare.CopyFrom(message)
    bare.DiscardUnknownFields()
    return bare.ByteSize() != message.ByteSize()


class KnowsNoOtherField(Honest):
    """Anywhere in a message."""

    def answer(self, message):
        if has_more(message) and message.WhichOneof("body"):
            raise ValueError("unknown field")
        yield from super().answer(message)


class ForgetsTheRestOfLaterVersions(Honest):
    """What has a field that it does not know, it passes over."""

    def answer(self, message):
        if not has_more(message) or message.HasField("ping"):
            yield from super().answer(message)


class ShortPayloads(Honest):
    def answer(self, message):
        if len(message.transmit.payload) > 32767:
            raise ValueError("too long")
        yield from super().answer(message)


# ------------------------------------------------------------------- nodes


class SilentAboutStrangers(Honest):
    def results(self, it, receptions):
        return super().results(it, receptions) if receptions else iter(())


class MakesUpStrangers(Honest):
    def known(self, it, scenario, number):
        return True

    def reception(self, it, scenario, number):
        if super().known(it, scenario, number):
            return super().reception(it, scenario, number)
        return channel.Reception(receiver=number, outcome="OUTCOME_LOST", reason="REASON_OUT_OF_RANGE")


class KeepsRemovedNodes(Honest):
    def answer(self, message):
        if not message.HasField("remove_node"):
            yield from super().answer(message)


class NeedsPositions(Honest):
    def answer(self, message):
        if message.HasField("set_node") and not message.set_node.HasField("position"):
            raise ValueError("no position")
        yield from super().answer(message)


class WithoutPart(Honest):
    """Takes no node that tells this."""

    part = None

    def answer(self, message):
        if not (message.HasField("set_node") and self.told(message.set_node)):
            yield from super().answer(message)

    def told(self, node):
        return node.HasField(self.part)


def without(part):
    return type(f"Without_{part}", (WithoutPart,), {"part": part})


class ShortNames(WithoutPart):
    """Of 31 bytes."""

    def told(self, node):
        return len(node.name.encode()) > 31


# -------------------------------------------------------------- pipelining


def about_some(change):
    """`change(results, transmit)` for the 37th transmit of each connection."""

    class Some(Honest):
        def results(self, it, receptions):
            self.asked = getattr(self, "asked", 0) + 1
            results = list(super().results(it, receptions))
            return change(results, it) if self.asked == 37 else results

    return Some


def drop(results, it):
    del results, it
    return []


def twice(results, it):
    del it
    return results + results


def other_id(results, it):
    del it
    for answer in results:
        answer.result.id += 5000
    return results


def other_receiver(results, it):
    del it
    results[0].result.receptions[0].receiver = 4711
    return results


def receiver_twice(results, it):
    del it
    results[0].result.receptions.append(results[0].result.receptions[0])
    return results


def receiver_missing(results, it):
    del it
    del results[0].result.receptions[-1]
    return results


def no_result(results, it):
    """What stands behind a Result's tag is none."""
    del it
    return [channel.FromSimulator.FromString(b"\x0a\x00"), *results]


class OtherNonce(Honest):
    """Keeps 32 bits of it."""

    def say(self, message, answers):
        for answer in answers:
            if answer.HasField("pong"):
                answer.pong.nonce &= 0xFFFFFFFF
        return answers


class OwnMessagesOnly(Honest):
    """No node sends what another one has begun."""

    def known(self, it, scenario, number):
        return it.origin == it.transmitter and super().known(it, scenario, number)


class OneHopAMessage(Honest):
    """A message that was answered for once is not looked at again."""

    def results(self, it, receptions):
        known = self.__dict__.setdefault("seen", set())
        if (it.scenario, it.origin, it.sequence) not in known:
            known.add((it.scenario, it.origin, it.sequence))
            yield from super().results(it, receptions)


class BusyWithTransmits(Honest):
    """Drops scenarios that come in one segment with transmits."""

    def take(self, chunk):
        self.busy = False
        super().take(chunk)

    def answer(self, message):
        self.busy |= message.HasField("transmit")
        if not (self.busy and message.HasField("set_scenario")):
            yield from super().answer(message)


class ScenariosEndTransmits(Honest):
    """A scenario that is set takes away what was asked and is not yet answered."""

    def say(self, message, answers):
        self.unsent = [] if message.HasField("set_scenario") else getattr(self, "unsent", []) + [
            answer for answer in answers if answer.HasField("result")]
        return [answer for answer in answers if not answer.HasField("result")]

    def put(self, answers):
        super().put(answers + getattr(self, "unsent", []))
        self.unsent = []


class NoPongs(Honest):
    def say(self, message, answers):
        return [] if message.HasField("ping") else answers


# ------------------------------------------------------------------- order


class LateNodes(Honest):
    """Takes nodes only once all that has arrived is answered."""

    def take(self, chunk):
        self.later = []
        super().take(chunk)
        for message in self.later:
            list(super().answer(message))

    def answer(self, message):
        if message.HasField("set_node") and self.scenarios[1].nodes.get(message.set_node.node):
            self.later.append(message)
            return
        yield from super().answer(message)


class Backwards(Honest):
    def put(self, answers):
        super().put(answers[::-1])


# ------------------------------------------------------------------ errors


class Single(Honest):
    """Serves one at a time, and ends with whom it cannot understand."""

    def handle(self):
        with self.server.lock:
            super().handle()


class Crashes(Honest):
    def handle(self):
        if self.server.shared.get("dead"):
            return
        self.scenarios, self.data = None, b""
        try:
            while chunk := self.request.recv(65536):
                self.take(chunk)
        except Exception:
            self.server.shared["dead"] = True


class Patient(Honest):
    """Goes on after what cannot be understood."""

    def take(self, chunk):
        try:
            super().take(chunk)
        except Exception:
            self.data = b""


# ----------------------------------------------------------- repeatability


def drawing_by(number_of):
    """Fates come from `number_of(gateway, transmit)`, not from the sequence alone."""

    class Drawing(Honest):
        def reception(self, it, scenario, number):
            drawn = channel.Transmit.FromString(it.SerializeToString())
            drawn.sequence = number_of(self, it)
            return super().reception(drawn, scenario, number)

    return Drawing


def by_arrival(gateway, it):
    del it
    return next(gateway.server.counter)


def by_arrival_here(gateway, it):
    """Repeats itself as long as all comes in the same order on one connection."""
    del it
    gateway.here = getattr(gateway, "here", 0) + 1
    return gateway.here


def by_number(gateway, it):
    del gateway
    return it.sequence * 1000 + it.transmitter


def by_id(gateway, it):
    del gateway
    return it.id & 0xFFFFFFFFFFFF


class OneDrawForAll(Honest):
    """All receivers of a message hear it, or none."""

    def reception(self, it, scenario, number):
        found = super().reception(it, scenario, number)
        limit = python_simulator.draw("one", it.sequence) < 0.5
        found.outcome = channel.OUTCOME_LOST if limit else channel.OUTCOME_DELIVERED
        found.reason = channel.REASON_PACKET_ERROR if limit else channel.REASON_NONE
        return found


class Jitters(Honest):
    """Numbers that differ in their last digits from time to time."""

    def reception(self, it, scenario, number):
        found = super().reception(it, scenario, number)
        found.link.snr_db += 1e-3 * random.random()
        return found


# ----------------------------------------------------------------- numbers


def telling(change):
    """`change(reception, transmit)` of every seventh reception."""

    class Telling(Honest):
        def reception(self, it, scenario, number):
            found = super().reception(it, scenario, number)
            if next(self.server.counter) % 7 == 0:
                change(found, it)
            return found

    return Telling


class Optimist(Honest):
    """Tells half of the packet error rate."""

    def reception(self, it, scenario, number):
        found = super().reception(it, scenario, number)
        found.link.packet_error_rate *= 0.5
        return found


def link_with(**fields):
    def change(reception, it):
        del it
        reception.link.MergeFrom(channel.Link(**fields))

    return change


def lost_for_no_known_reason(reception, it):
    del it
    reception.outcome, reception.reason = channel.OUTCOME_LOST, 9


def outcome_of(number):
    def change(reception, it):
        del it
        reception.outcome = number

    return change


def long_link(reception, it):
    del it
    reception.link.MergeFromString(b"\xfa\x01\x80\x01" + bytes(128))  # field 31, 128 bytes


def corrupted_as_sent(reception, it):
    reception.outcome = channel.OUTCOME_CORRUPTED
    reception.payload = it.payload


def corrupted_longer(reception, it):
    reception.outcome = channel.OUTCOME_CORRUPTED
    reception.payload = it.payload + b"x"


class Corrupts(Honest):
    """What others lose; no fault."""

    def reception(self, it, scenario, number):
        found = super().reception(it, scenario, number)
        if found.outcome == channel.OUTCOME_LOST and it.payload:
            found.outcome, found.reason = channel.OUTCOME_CORRUPTED, channel.REASON_NONE
            found.payload = bytes([it.payload[0] ^ 1]) + it.payload[1:]
        return found
