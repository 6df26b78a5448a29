"""proto/text.md, line by line and byte by byte: what only text can get wrong. What it has in
common with the other front end is in test_fronts.py.

Whatever the gateway writes here is read by speakers.Text, which fails for a line that the page does
not know; a line that is torn or forged is one."""

import contextlib
import shutil
import socket
import struct
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from fake_simulator import FakeSimulator  # noqa: E402
from malformed import BAD_TEXTS, CONTROLS  # noqa: E402
from scene import IDEAL, ready  # noqa: E402
from speakers import (  # noqa: E402
    Asked, Challenge, Done, End, Entry, Error, Goodbye, Help, Here, Mark, Message, News, Ping,
    Place, Pong, Protobuf, Text, proof_of,
)
from terminal import Terminal  # noqa: E402
from uavtest import HOST  # noqa: E402

WILL_ECHO, DO_SIZE, NOP = b"\xff\xfb\x01", b"\xff\xfd\x1f", b"\xff\xf1"
INTERRUPT, DO_MARK = b"\xff\xf4", b"\xff\xfd\x06"   # as telnet writes Ctrl-C
SIZE = b"\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0"          # RFC 1073
ESCAPED_SIZE = b"\xff\xfa\x1f\xff\xff\x0a\x0d\x18\xff\xf0"  # a doubled IAC, and what looks like an end of line


def lines(t, simulator=None, /, scenarios=None, **sections):
    text = {"address": f"{HOST}:0", "protocol": "text", **sections.pop("listen:text", {})}
    return ready(t, simulator or FakeSimulator(t), scenarios, **{"listen:text": text}, **sections)


def two(t, **sections):
    """(the gateway, alice by text, bob by protobuf)"""
    gateway = lines(t, **sections)
    return gateway, Text(t, gateway).join_as("alice"), Protobuf(t, gateway).join_as("bob")


def only_heard(bob, alice, *texts):
    """He has been handed these and nothing else that alice said until now: messages keep their order."""
    alice.write("all|that was all")
    heard = [bob.wait(Message).text for _ in range(len(texts) + 1)]
    assert heard == [*texts, "that was all"], heard


# ----------------------------------------------------------------- ends of lines


def test_both_ends_of_a_line(t):
    _, alice, bob = two(t)
    alice.write_bytes(b"all|one\nall|two\r\nthree\r\n\r\n\nall|four\r\r\nping\n")
    alice.wait(Pong)
    only_heard(bob, alice, "one", "two", "three", "four\r")


def test_several_lines_in_one_write(t):
    """They are done in order, however many come at once."""
    _, alice, bob = two(t)
    alice.write_bytes(b"".join(b"to|bob|number %d\n" % number for number in range(3000)) + b"ping\n")
    for number in range(3000):
        assert bob.wait(lambda event: isinstance(event, Message)).text == f"number {number}"
    assert not alice.take(Error)


def test_cut_anywhere(t):
    """However the bytes come, it is the same line."""
    _, alice, bob = two(t)
    whole = "to| bob |grüße | 🚁\r\n".encode()
    for at in range(1, len(whole)):
        alice.write_bytes(whole[:at])
        bob.ping()  # the gateway has had turns since
        alice.write_bytes(whole[at:])
        assert bob.wait(Message).text == "grüße | 🚁", whole[:at]
    for byte in whole:
        alice.write_bytes(bytes([byte]))
    assert bob.wait(Message).text == "grüße | 🚁"


def test_a_line_that_is_not_ended(t):
    """It was not said."""
    _, alice, bob = two(t)
    alice.write_bytes(b"all|one\nall|two")
    alice.socket.shutdown(socket.SHUT_WR)
    bob.news("OFFLINE", "alice", "CONNECTION_LOST")
    assert bob.wait(Message).text == "one"
    bob.hears_nothing()


# ------------------------------------------------------------------------ telnet


def test_negotiation_wherever_it_stands(t):
    _, alice, bob = two(t)
    whole = "to|bob|grüße\r\n".encode()
    for option in (WILL_ECHO, DO_SIZE, NOP, SIZE, ESCAPED_SIZE, b"\xff\xfb\x0a", b"\xff\xfb\x0d"):
        for at in range(len(whole)):
            alice.write_bytes(whole[:at] + option + whole[at:])
            assert bob.wait(Message).text == "grüße", (option, whole[:at])
    assert len(alice.take(Error)) == 0
    for option in (WILL_ECHO, SIZE):
        for at in range(1, len(option)):
            alice.write_bytes(b"to|bob|a" + option[:at])
            bob.ping()
            alice.write_bytes(option[at:] + b"b\n")
            assert bob.wait(Message).text == "ab", (option, at)
    alice.write_bytes(WILL_ECHO * 20000 + b"ping\n")
    alice.wait(Pong)


def test_other_negotiation_is_never_answered(t):
    gateway = lines(t)
    alice = Text(t, gateway)
    alice.write_bytes(WILL_ECHO + DO_SIZE + INTERRUPT + b"\xff\xfe\x06\xff\xfb\x06\xff\xfc\x06")
    alice.enter()
    alice.write_bytes(WILL_ECHO + b"ping\n")
    alice.wait(Pong)
    assert [line[0] for line in alice.lines if not line.startswith("* guest-1 is here")] == ["*", "*"], alice.lines


def test_the_timing_mark(t):
    """RFC 860: telnet shows nothing after Ctrl-C until it is told of one; once for each, in its turn."""
    _, alice, bob = two(t)
    for data in (INTERRUPT + DO_MARK, DO_MARK):
        for at in range(1, len(data) + 1):
            alice.write_bytes(data[:at])
            bob.ping()
            alice.write_bytes(data[at:])
            alice.wait(Mark)
            assert not alice.events, alice.events
    alice.write_bytes(b"who\n" + DO_MARK * 3 + b"ping\n")
    alice.wait(End)
    alice.take(Entry)
    for kind in (Mark, Mark, Mark, Pong):
        assert isinstance(alice.wait(lambda event: True), kind)


def test_a_line_that_is_interrupted(t):
    """As telnet makes it of a byte 0x83: half of it is not another line."""
    _, alice, bob = two(t)
    line = "to|bob|\u00c3 to him alone\r\n".encode().replace(b"\x83", INTERRUPT + DO_MARK)
    for at in range(1, len(line)):
        alice.write_bytes(line[:at])
        bob.ping()
        alice.write_bytes(line[at:] + b"ping\n")
        alice.wait(Pong)
        assert alice.events == [Mark(), Error("BAD_REQUEST")], alice.events
        alice.events.clear()
    only_heard(bob, alice)


def test_the_timing_mark_before_the_proof(t):
    """It has nothing to do with who somebody is; nor has help."""
    alice = Text(t, guarded(t))
    assert alice.wait(Asked) == Asked()
    alice.write_bytes(INTERRUPT + DO_MARK)
    alice.wait(Mark)
    alice.write("help")
    alice.wait(Help)
    alice.write("register|uav1")
    assert isinstance(alice.wait(Challenge), Challenge)
    alice.write_bytes(DO_MARK)
    alice.wait(Mark)


def test_timing_marks_without_end(t):
    """What answers them is output as any: who does not read it is sent away, and others are served."""
    gateway, alice, bob = two(t, limits={
        "rate_messages": 0, "rate_bytes": 0, "max_frame_bytes": 8192, "output_soft_bytes": 8192,
        "output_hard_bytes": 65536})
    with contextlib.suppress(ConnectionError):
        while True:
            alice.write_bytes(DO_MARK * 20000)
            bob.ping()
    gateway.wait_event("drone_left", drone=alice.id, reason="TOO_SLOW")


def test_more_timing_marks_than_it_may_ask_for(t):
    """They count as requests; where others are refused, which would leave it deaf, they wait."""
    for exceeded in ("refuse", "hold"):
        _, alice, bob = two(t, limits={"rate_messages": 40, "rate_exceeded": exceeded})
        alice.take(Mark)
        before = time.monotonic()
        alice.write_bytes(DO_MARK * 80)
        for _ in range(80):
            alice.wait(Mark)
        assert time.monotonic() - before > 0.5, "80 at 40 a second, a second's worth at once"
        assert not alice.take(Error)


def test_a_person_with_telnet(t):
    """Neither Ctrl-C nor a letter that it takes for one makes it deaf."""
    telnet = shutil.which("telnet")
    if not telnet:
        raise uavtest.Skip("there is no telnet here")
    gateway = lines(t)
    person = Terminal(t, telnet, *gateway.address(listener="text"), exit_codes=(0, 1))
    person.wait_text(r"^\* welcome")
    for number, typed in enumerate(("\x03", "\x03\x03", "Ã\r")):
        person.type(typed)
        person.type("ping\r")
        person.wait(lambda screen: screen.text().count("* pong") == number + 1)  # noqa: B023
    person.type("quit\r")
    person.wait_text(r"^\* goodbye LEFT")
    person.wait_end()


def test_the_end_of_a_line_as_telnet_has_it(t):
    """RFC 854: a carriage return alone is written with a NUL behind it."""
    _, alice, bob = two(t)
    alice.write_bytes(b"all|one\r\0all|two\r\0ping\r\0")
    alice.wait(Pong)
    only_heard(bob, alice, "one", "two")


def test_a_negotiation_that_never_ends(t):
    gateway, alice, bob = two(t, limits={"max_frame_bytes": 4096, "max_frame_bytes_unregistered": 1024})
    alice.write_bytes(b"\xff\xfa" + b"x" * 9000)
    assert alice.ended().reason == "PROTOCOL_ERROR"
    bob.news("OFFLINE", "alice", "PROTOCOL_ERROR")


# ------------------------------------------------------------------- what is refused


def test_what_is_not_utf8(t):
    """Nothing of the line is done, whichever part of it is wrong, and the next is read."""
    _, alice, bob = two(t)
    for bad in BAD_TEXTS:
        for form in (b"all|%b", b"%b", b"to|bob|%b", b"to|%b|x", b"group|%b|x", b"rename|%b", b"join|%b",
                     b"scenario|%b", b"who|%b", b"%b|who", b"move|%b|1|2", b"ping%b", b"quit%b"):
            alice.write_bytes(form % bad + b"\nping\n")
            alice.wait(Pong)
            assert alice.take(Error) == [Error("BAD_REQUEST")], form % bad
    only_heard(bob, alice)
    assert bob.told_of("alice").scenario == "field"


def test_how_long_a_line_may_be(t):
    gateway, alice, bob = two(t, limits={"max_frame_bytes": 8192, "max_frame_bytes_unregistered": 1024})
    most = 8192 - 1024  # as a payload
    said = "x" * most
    for end in (b"\n", b"\r\n"):
        alice.write_bytes(said.encode() + end)
        assert bob.wait(Message).text == said
    alice.write(said + "x", "ping")
    over = alice.wait(lambda event: isinstance(event, (Error, Goodbye)))
    assert over in (Error("PAYLOAD_TOO_LARGE"), Error("BAD_REQUEST")), over
    alice.wait(Pong)
    only_heard(bob, alice)


def test_a_line_that_never_ends(t):
    gateway, alice, bob = two(t)
    with contextlib.suppress(ConnectionError):
        for _ in range(256):
            alice.write_bytes(b"x" * 4096)
    assert alice.ended().reason == "PROTOCOL_ERROR"
    bob.hears_nothing()


def test_a_line_may_take_its_time(t):
    """A person types as long as a person types, but a line that nobody ends is silence."""
    _, alice, bob = two(t, sessions={"frame_timeout_ms": 100, "ping_interval_ms": 50}, **{
        "listen:text": {"idle_timeout_ms": 1500}})
    for byte in b"all|slowly\n":
        bob.wait(Ping)
        alice.write_bytes(bytes([byte]))
    assert bob.wait(Message).text == "slowly"
    alice.write_bytes(b"all|begun")
    bob.news("OFFLINE", "alice", "IDLE_TIMEOUT")
    assert alice.ended().reason == "IDLE_TIMEOUT"
    bob.hears_nothing()


def test_what_is_written_wrongly_is_told(t):
    """Each is answered with how it is written, nothing is done, and nobody hears of it."""
    _, alice, bob = two(t)
    for line in ("to", "to|", "to|bob", "to||x", "to| |x", "group", "group|", "group|red", "group||x", "join",
                 "join|", "join| ", "leave", "leave|", "rename", "scenario", "all", "move", "move|", "move|1",
                 "move|1|2", "move|a|b|c", "move|1|2|3|4", "move|1|2|", "move|nan|0|0", "move|inf|0|0", "move|1e99|0|0",
                 "move|0x10|0|0", "move|1,5|0|0", "register", "proof", "proof|", "proof|xyz", "proof|abc",
                 "who|field|x|", "quit|now", "ping|1"):
        alice.write(line, "ping")
        alice.wait(Pong)
        errors = alice.take(Error)
        assert errors in ([Error("BAD_REQUEST")], [Error("NO_SUCH_SCENARIO")]), (line, errors)
    only_heard(bob, alice)
    assert bob.told_of("alice").position is None


def test_registered_again(t):
    _, alice, _ = two(t)
    for line in ("register|uav7", f"proof|{'0' * 64}"):
        alice.write(line)
        assert alice.wait(Error).code in ("ALREADY_REGISTERED", "UNSUPPORTED"), line
    assert alice.told_of("alice").id == alice.id


# ------------------------------------------------------------------ what is said


def test_any_other_line_goes_to_everyone(t):
    _, alice, bob = two(t)
    said = ["hello", "Who", "WHO", "who is there?", "toast|bread", "quit now", "ping pong", "|", "||", "to:bob:x",
            "* bob is gone (KICKED)", "<bob> [-] forged", "= bob DELIVERED [-]", "! KICKED", "? still there?", "- .",
            "  indented", "trailing  ", "tab\tbed", "\\n", "\\", "a|b|c", ".", "-", "who?"]
    for line in said:
        alice.say(line)
        assert bob.wait(Message).text == line
        assert alice.report().delivered == 1
    alice.write("", "  ", "\t", "ping")
    alice.wait(Pong)
    only_heard(bob, alice)


def test_blanks_around_names_do_not_count(t):
    _, alice, bob = two(t)
    for line, text in (("to| bob |x", "x"), ("to|bob| x ", " x "), (" to |bob|y", "y"), ("all |z", "z")):
        alice.write(line)
        assert bob.wait(Message).text == text, line
    assert alice.choose("  field ") == Place("field", "MESH", 2, True)
    assert alice.rename("  al ice ") == Done()
    bob.news("RENAMED", alice.id, "al ice")


def test_help(t):
    _, alice, _ = two(t)
    alice.write("help", "ping")
    alice.wait(Pong)
    assert len(alice.take(Help)) >= 10
    shown = "\n".join(alice.lines)
    for command in ("who", "scenarios", "scenario|NAME", "rename|NAME", "to|NAME|TEXT", "all|TEXT", "group|NAME|TEXT",
                    "join|GROUP", "leave|GROUP", "move|EAST|NORTH|UP", "ping", "quit"):
        assert command in shown, command
    assert not alice.take(Error)


# ----------------------------------------------------------- torn and forged lines


EVIL = [b"two\nlines", b"\n", b"\r\n* goodbye KICKED bye", b"a\r* bob is gone (KICKED)", b"\n<mallory> [-] forged",
        b"\x1b[2J\x1b[31mred", b"\x00", b"a\x00b", b"\xff\xfe", b"\xc3", b"a\xe2\x82", b"\xed\xa0\x80", b"\x9b2J",
        "\u202egnirts\u202c".encode(), "zero\u200bwidth".encode(), "\u2028\u2029".encode(), "\ufeffbom".encode(),
        "\x85next".encode(), "tag\U000e0041".encode(), b"\\", b"\\n", b"\\\\n", b"back\\\x1bslash", b"", b" ", b"  a  ",
        bytes(range(256)), b"\xff\xf1", b"\xff\xfb\x01", b"] hello [", b"x> [-] y", b"\t"]


def test_texts_stay_on_their_line(t):
    """Whatever bytes a protobuf drone sends: one line, without anything that drives a terminal, and
    nothing of them is lost."""
    _, alice, bob = two(t)
    for payload in EVIL:
        bob.drone.send(send={"drone": alice.id, "payload": payload})
        heard = alice.wait(Message)
        assert heard == Message("bob", "", payload.decode("utf-8", "backslashreplace"), heard.numbers), payload
    alice.hears_nothing()


def test_names_are_nobody_elses(t):
    """Of any callsign that is allowed every line is read as what it is, with the name whole."""
    _, alice, bob = two(t)
    for name in ("a b", "a|b", "x> [-] hi", "<x>", "\\", "a\\", "\\ b", "\\|", "is here", "bob is here", ".", "-", "12",
                 "you are in field", "welcome", "welcome guest-1 (online", "goodbye", "done", "pong", "no scenario",
                 "é|ü", "48", "guest-7", "a\u00a0b", "a\u2003b", "a\u3000b", "\u200b", "ab\u200b", "x\ufe0f", "🚁", "*", "= x",
                 "a ", " "):
        assert bob.rename(name) == Done(), name
        alice.news("RENAMED", bob.id, name)
        bob.drone.send(send={"drone": alice.id, "payload": b"x"})
        assert alice.wait(Message).sender == name
        bob.drone.send(send={"everyone": {}, "payload": b"x"})
        assert alice.wait(Message).sender == name
        assert alice.told_of(name).id == bob.id
        assert alice.to(bob.id, "x").fates.keys() == {name}
        assert bob.choose("").scenario == ""
        alice.news("LEFT", name)
        bob.choose("field")
        alice.news("ENTERED", name, "field")
        if "|" not in name and "\\" not in name and name == name.strip() and name != "guest-7":
            assert alice.to(name, "y").fates.keys() == {name}, name
    assert bob.quit().reason == "LEFT"
    alice.wait(News, what="OFFLINE")


def test_names_as_they_are_shown_are_addresses(t):
    """What stands in <...> can be typed back."""
    _, alice, bob = two(t)
    for name in ("a b", "a|b", "x> [-] hi", "\\", "\\|", "|\\", "a\u00a0b", "a\u2003b", "a\u3000b", "\u3000",
                 "a\u00a0", "a ", " a", " ", "a\\ ", "  "):
        assert bob.rename(name) == Done()
        bob.drone.send(send={"drone": alice.id, "payload": b"x"})
        assert alice.wait(Message).sender == name
        shown = [line for line in alice.lines if line.startswith("<")][-1]
        alice.say(f"to|{shown[1:shown.index('> [')]}|typed back", many=False)
        assert alice.report().delivered == 1, shown


def test_names_that_are_refused(t):
    _, alice, bob = two(t)
    for name in [*(control for control in CONTROLS if "\n" not in control and "\r" not in control), "x" * 33]:
        assert alice.rename(f"a{name}b") == Error("BAD_NAME"), name
    assert alice.told_of("alice")


def test_what_is_no_text_is_not_shown(t):
    _, alice, bob = two(t)
    for content_type, shown in (
        ("", b"payload"), ("text/plain", b"payload"), ("text/plain; charset=utf-8", b"payload"),
        ("TEXT/CSV", b"payload"), ("application/json", b"payload"), ("image/svg+xml", b"payload"),
        ("application/x", b"(7 bytes of application/x)"), ("image/png", b"(7 bytes of image/png)"),
        ("x y|<z>\\", rb"(7 bytes of x\ y\|\<z\>\\)"),
    ):
        bob.drone.send(send={"drone": alice.id, "payload": b"payload", "content_type": content_type})
        alice.wait(Message)
        assert alice.lines[-1].encode().endswith(b"] " + shown), alice.lines[-1]


def test_a_line_to_a_drone_has_bounds_too(t):
    """Text that escapes would make longer than a message may be is told by its size."""
    _, alice, bob = two(t)
    for payload in (b"x" * 60000, b"\x01" * 60000, "é".encode() * 30000):
        bob.drone.send(send={"drone": alice.id, "payload": payload})
        alice.wait(Message)
        assert len(alice.lines[-1].encode()) <= 65536
    assert "(60000 bytes)" in "\n".join(alice.lines)


# ------------------------------------------------------------------- newcomers


def test_guests(t):
    """Each gets an id that nobody has or had, and nobody is called by."""
    gateway = lines(t)
    taken, called = Protobuf(t, gateway), Protobuf(t, gateway)
    assert taken.enter("guest-2") == Here("guest-2")
    called.enter("uav1")
    assert called.rename("guest-3") == Done()
    ids = []
    for _ in range(3):
        guest = Text(t, gateway)
        guest.enter()
        ids.append(guest.id)
    assert ids == ["guest-1", "guest-4", "guest-5"]
    guest.quit()
    taken.news("OFFLINE", "guest-5", "LEFT")
    again = Text(t, gateway)
    again.enter()
    assert again.id == "guest-6", "who writes to one that is gone reaches nobody"


def test_where_newcomers_are_put(t):
    gateway = lines(t, scenarios={"field": IDEAL, "lab": IDEAL}, **{"listen:text": {"scenario": "lab"}})
    alice = Text(t, gateway)
    alice.enter()
    assert alice.wait(Place) == Place("lab", "MESH", 1, True)


def test_the_first_line_is_the_welcome(t):
    gateway = lines(t)
    for _ in range(20):
        alice = Text(t, gateway)
        alice.enter()
        assert alice.lines[0].startswith(f"* welcome {alice.id} "), alice.lines
        alice.quit()


def test_no_room(t):
    gateway = lines(t, limits={"max_drones": 1})
    Text(t, gateway).enter()
    late = Text(t, gateway)
    assert late.ended().reason == "SERVER_FULL" and len(late.lines) == 1


def guarded(t, **sections):
    secrets = t.folder / "drones.secrets"
    secrets.write_text("uav1 secret-of-uav1-0123456789\n")
    secrets.chmod(0o600)
    return lines(t, auth={"mode": "secret", "secrets_file": secrets.name, "delay_ms": 0}, **sections)


def test_nothing_before_the_proof(t):
    gateway = guarded(t)
    for line in ("who", "hello", "all|x", "ping", "", "scenario|field", "rename|x", "quit", f"proof|{'0' * 64}"):
        alice = Text(t, gateway)
        assert alice.wait(lambda event: True) == Asked()
        alice.write(line)
        end = alice.ended()
        told = [error.code for error in alice.take(Error)], end and end.reason
        assert told in ((["NOT_REGISTERED"], "PROTOCOL_ERROR"), (["AUTH_FAILED"], "AUTH_FAILED")), (line, told)
    assert "drone_joined" not in gateway.log()


def test_a_line_without_words_before_the_proof(t):
    """Whoever presses return is not sent away for it, nor for what telnet says by itself."""
    gateway = guarded(t)
    alice = Text(t, gateway)
    alice.write_bytes(WILL_ECHO + b"register|uav1\r\n")
    assert alice.wait(Asked) == Asked()
    assert isinstance(alice.wait(Challenge), Challenge)


def test_proofs_in_capitals(t):
    gateway = guarded(t)
    alice = Text(t, gateway)
    alice.wait(Asked)
    alice.write("register|uav1")
    nonce = alice.wait(Challenge).nonce
    alice.write(f"proof|{proof_of('secret-of-uav1-0123456789', nonce, 'uav1').hex().upper()}")
    assert alice.wait(Here) == Here("uav1")


def test_banned(t):
    gateway = guarded(t)
    for _ in range(25):
        stranger = Text(t, gateway)
        assert stranger.wait(Asked) == Asked()
        stranger.write("register|uav1")
        if not isinstance(stranger.either(Challenge, Error), Challenge):
            break
        stranger.write(f"proof|{'0' * 64}")
        stranger.ended()
    end = stranger.ended()
    assert end.reason == "BANNED" and 0 < end.retry_ms <= 600000, end


def test_gone_without_a_word(t):
    gateway, alice, bob = two(t)
    alice.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    alice.socket.close()
    bob.news("OFFLINE", "alice", "CONNECTION_LOST")


# ------------------------------------------------------------------------- frames


def test_the_wrong_language(t):
    """A protobuf drone at the text listener, and a person at the other: both are told."""
    gateway = lines(t)
    drone = uavtest.Drone(gateway.address(listener="text"))
    t.drones.append(drone)
    drone.send(ref=1, registration={"protocol": 1, "drone_id": "uav1"})
    drone.socket.settimeout(uavtest.DEADLINE)
    assert drone.socket.recv(100).startswith(b"* welcome guest-1 ")
    person = uavtest.connect(gateway.at)
    person.sendall(b"who\r\n")
    data = b""
    while chunk := person.recv(4096):
        data += chunk
    assert b"goodbye" not in data and data
    person.close()


if __name__ == "__main__":
    uavtest.run()
