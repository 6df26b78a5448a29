"""uav-drone console: at a terminal, whose screen is looked at, and as a script's other end."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from fake_simulator import FakeSimulator, deliver, link  # noqa: E402
from scene import IDEAL, change_file, members, payloads, ready, reload  # noqa: E402
from terminal import Screen, Terminal  # noqa: E402

DONE, TROUBLE, UNCONNECTED, REFUSED, UNDELIVERED, TIMED_OUT = range(6)
UP, LEFT, HOME, DELETE = "\x1b[A", "\x1b[D", "\x1b[H", "\x1b[3~"


def command(t, gateway, *arguments):
    return [t.binary("uav-drone"), "console", "--gateway", "%s:%d" % gateway.at, *map(str, arguments)]


def script(t, gateway, lines, *arguments):
    """(exit code, stdout, stderr) of a console that reads these lines."""
    done = subprocess.run(command(t, gateway, *arguments), input="".join(f"{one}\n" for one in lines),
                          encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=uavtest.DEADLINE)
    return done.returncode, done.stdout, done.stderr


class Piped:
    """A console whose lines come one by one, from the test."""

    def __init__(self, t, gateway, *arguments, exit_codes=(0,)):
        self.path = t.folder / f"console{len(t.programs)}"
        reader, self.fd = os.pipe()
        with open(self.path, "wb") as out:
            program = t.program("/bin/sh", "-c", f'exec "$@" <&{reader}', "sh",
                                *command(t, gateway, *arguments), stdout=out, pass_fds=(reader,),
                                exit_codes=exit_codes)
        os.close(reader)
        self.program = program

    def type(self, line):
        os.write(self.fd, f"{line}\n".encode())

    def wait_line(self, pattern):
        return uavtest.wait_until(lambda: re.search(
            pattern, self.path.read_text(encoding="utf-8"), re.MULTILINE))

    def end(self):
        os.close(self.fd)
        return self.program.wait()


def at_terminal(t, gateway, *arguments, rows=24, columns=80, exit_codes=(0,), **env):
    """A console in `field`, which is asked for its first line."""
    if "XDG_STATE_HOME" not in env:
        arguments = ("--no-history", *arguments)
    console = Terminal(t, *command(t, gateway, "--scenario", "field", *arguments), rows=rows,
                       columns=columns, exit_codes=exit_codes, env=env)
    console.wait_line("field> ")
    return console


# ------------------------------------------------------------------- as a script


def test_every_command(t):
    gateway = ready(t, scenarios={"field": IDEAL, "lab": {**IDEAL, "description": "indoors"}})
    (one,) = members(t, gateway, "uav1", callsign="Rote Eins")
    code, out, err = script(t, gateway, [
        "who", "who|lab", "scenarios", "scenario lab", "scenario|field", "hello", "all|x|y",
        "to uav1 to you", 'to "Rote Eins" again', "to|Rote Eins|once more", "join red",
        "group red who else?", "leave|red", "rename Ada", "rename|", 'rename "A da"',
        "move 1 2 3", "ping", "help", 'scenario ""', "quit", "to uav1 never",
    ], "--id", "con")
    assert err == "" and code == UNDELIVERED, (code, err)  # nobody else was in the group
    lines = out.splitlines()
    assert lines[0].startswith("ID ") and lines[1].startswith("uav1 ") and "Rote Eins" in lines[1]
    assert re.search(r"^lab +MESH +- +0/\d+ +yes +indoors$", out, re.MULTILINE), out
    told = [line for line in lines if line[:2] in ("* ", "= ")]
    eins = '= "Rote Eins" DELIVERED [0.00 dB 0.000 ms]'
    assert told == [
        "* you are in lab (MESH, drones: 1)", "* you are in field (MESH, drones: 2)",
        *[eins] * 5, "* you are in group red", "= nobody else is there",
        "* you are no more in group red", "* you are Ada now", "* you are con again",
        '* you are "A da" now', "* done", "* pong", "* you are in no scenario"], told
    assert "send-file NAME PATH" in out and "uav1 never" not in out
    gateway.wait_event("drone_left", drone="con", reason="LEFT")
    one.wait_for(lambda event: event.HasField("presence")
                 and event.presence.events[-1].callsign == "A da")
    assert payloads(one) == [b"hello", b"x|y", b"to you", b"again", b"once more"]


def test_backslashes_in_names(t):
    """A name is typed as it is shown, and as it is; between bars as at a text listener."""
    gateway = ready(t, scenarios={"field": IDEAL})
    (one,) = members(t, gateway, "uav1")
    one.request(rename={"callsign": r"a\b c"})
    typed = [r"to|a\b c|x", r"to|a\\b\ c|x", r'to "a\\b c" x']
    code, out, err = script(t, gateway, typed, "--scenario", "field")
    assert (code, err) == (DONE, "") and out.count(r'= "a\\b c" DELIVERED') == 3, (out, err)
    one.request(rename={"callsign": r"a\b"})
    code, out, err = script(t, gateway, [r"to a\b x", r'to "a\\b" x'], "--scenario", "field")
    assert (code, err) == (DONE, "") and out.count(r'= "a\\b" DELIVERED') == 2, (out, err)
    console = at_terminal(t, gateway)
    console.type("to|a\t")
    console.wait_line(r"field> to|a\\b|")
    console.type("x\r")
    console.wait_text(r'^= "a\\\\b" DELIVERED')


def test_geodetic_positions(t):
    gateway = ready(t, scenarios={"field": {**IDEAL, "origin": "47.3977, 8.5456, 488"},
                                  "lab": {key: value for key, value in IDEAL.items()
                                          if key != "origin"}})
    code, out, err = script(t, gateway, ["move geo 47.398 8.5456 500", "who"], "--scenario", "field")
    assert code == DONE and "47.3980000,8.5456000,500.000" in out, (out, err)
    code, out, err = script(t, gateway, ["move|geo|47.4|8.5|500"], "--scenario", "lab")
    assert code == REFUSED and "NO_ORIGIN" in err, (out, err)


def test_exit_codes(t):
    gateway = ready(t)
    (one,) = members(t, gateway, "uav1")
    one.place(5e6)
    base = ("--scenario", "field", "--id", "con")
    assert script(t, gateway, ["ping"], *base)[0] == DONE
    code, out, err = script(t, gateway, ["to uav9 x", "ping"], *base)
    assert code == TROUBLE and "did you mean uav1?" in err and "* pong" in out, (out, err)
    one.request(rename={"callsign": "Ann Lee"})
    code, _, err = script(t, gateway, ["to Ann Lee hi"], "--id", "observer")
    assert err == 'uav-drone: nobody online is called Ann; did you mean "Ann Lee"?\n', err
    one.request(rename={"callsign": ""})
    code, out, err = script(t, gateway, ["exit"], *base)
    assert code == TROUBLE and "quit" in err and out.count("\n") == 1, (out, err)
    code, _, err = script(t, gateway, ["who is there?"], *base)
    assert code == TROUBLE and "all who" in err, err
    for line, told in (("scenario nowhere", "; scenarios lists them\n"),
                       ("rename " + "x" * 33, "BAD_NAME: callsign "),
                       ('scenario ""', "; scenario NAME joins one, scenarios lists them\n")):
        code, _, err = script(t, gateway, [line, "all x"], *base)
        assert told in err and "--" not in err and "uav-drone scenarios" not in err, err
        assert code == REFUSED, code
    code, out, _ = script(t, gateway, ["move 0 0 0", "to uav1 x"], *base)
    assert code == UNDELIVERED and re.search(r"^= uav1 LOST \(.*\) \[.* dB ", out, re.MULTILINE), out
    code, _, err = script(t, gateway, ["x"], "--scenario", "nowhere")
    assert code == REFUSED and "uav-drone scenarios" in err, err
    gateway.stop()
    code, _, err = script(t, gateway, ["x"], *base, "--timeout", "0.2")
    assert code == UNCONNECTED, err


def test_no_answer(t):
    simulator = FakeSimulator(t, answer=lambda transmit: [])
    gateway = ready(t, simulator)
    members(t, gateway, "uav1")
    code, _, err = script(t, gateway, ["to uav1 x"], "--scenario", "field", "--timeout", "0.3")
    assert code == TIMED_OUT and "no answer" in err, (code, err)


def test_lines_of_all_kinds(t):
    gateway = ready(t, scenarios={"field": IDEAL})
    (one,) = members(t, gateway, "uav1")
    lines = b"".join((b"first\r\n", b"\n", b"bad \xff\n", b"y" * 300000, b"\n", b"last"))
    done = subprocess.run(command(t, gateway, "--scenario", "field"), input=lines,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=uavtest.DEADLINE)
    assert done.returncode == TROUBLE, done
    assert b"UTF-8" in done.stderr and b"longer" in done.stderr, done.stderr
    one.wait_for(lambda event: event.WhichOneof("body") == "delivery"
                 and event.delivery.payload == b"last")
    assert payloads(one) == [b"first"]
    path = t.folder / "lines"  # a file cannot be waited for as a pipe can
    path.write_text("one\ntwo\n")
    with open(path, "rb") as file:
        done = subprocess.run(command(t, gateway, "--scenario", "field"), stdin=file,
                              stdout=subprocess.PIPE, timeout=uavtest.DEADLINE)
    assert done.returncode == DONE and done.stdout.count(b"= uav1 DELIVERED") == 2, done


def test_what_comes_is_told(t):
    answer = lambda transmit: deliver(transmit, **link(snr_db=15.7, delay_us=92))  # noqa: E731
    simulator = FakeSimulator(t, answer=answer)
    gateway = ready(t, simulator, scenarios={"field": IDEAL, "lab": IDEAL})
    console = Piped(t, gateway, "--scenario", "field", "--id", "con", "--group", "red",
                    exit_codes=(UNDELIVERED,))
    console.wait_line(r"^\* you are in group red$")
    (one,) = members(t, gateway, "uav1")
    console.wait_line(r"^\* uav1 is here$")
    console.wait_line(r"^\* uav1 entered field$")
    one.tell("con", "hello\n\u200b".encode())
    console.wait_line(r"^<uav1> \[15\.70 dB 0\.092 ms( late by [0-9.]+ ms)?\] hello\\n\\u200b$")
    one.request(rename={"callsign": "Ada> x"})
    console.wait_line(r'^\* uav1 is "Ada> x" now$')
    one.send(send={"group": "red", "payload": b"to red"})
    console.wait_line(r'^<"Ada> x"\|red> \[15\.70 dB .*\] to red$')
    one.tell("con", b"\x1b[J", content_type="application/x")
    console.wait_line(r'^<"Ada> x"> .*\] \(3 bytes of application/x\)$')
    simulator.answer = lambda transmit: deliver(transmit, outcome="OUTCOME_CORRUPTED",
                                                **link(snr_db=1.0, delay_us=92, bit_errors=3))
    one.tell("con", b"hallo")
    console.wait_line(r'^<"Ada> x"> \[CORRUPTED 1\.00 dB 0\.092 ms.*\] ')
    console.type('to "Ada> x" back')
    console.wait_line(r'^= "Ada> x" CORRUPTED \[CORRUPTED 1\.00 dB 0\.092 ms')
    one.request(rename={"callsign": ""})
    console.wait_line(r'^\* "Ada> x" is uav1 again$')
    one.request(choose_scenario={"name": "lab"})
    console.wait_line(r"^\* uav1 entered lab$")
    one.close()
    console.wait_line(r"^\* uav1 is gone \(CONNECTION_LOST\)$")
    change_file(gateway, **{"scenario:field": None})
    reload(gateway)
    console.wait_line(r"^\* scenario field was removed")
    assert console.end() == UNDELIVERED


def test_many_targets_are_summed_up(t):
    gateway = ready(t)
    for drone in members(t, gateway, *[f"near{n}" for n in range(20)]):
        drone.place(1.0)
    for drone in members(t, gateway, *[f"far{n}" for n in range(13)]):
        drone.place(5e6)
    code, out, _ = script(t, gateway, ["hello"], "--scenario", "field", "--local", "0,0,0")
    assert code == UNDELIVERED
    assert "= 20 DELIVERED, 13 LOST\n" in out, out
    assert len(re.findall(r"^= far\d+ LOST \(", out, re.MULTILINE)) == 10, out


def test_json(t):
    gateway = ready(t, scenarios={"field": IDEAL})
    (one,) = members(t, gateway, "uav1")
    code, out, err = script(t, gateway, ["hello", "who", "scenarios", "ping", "rename x", "to uav1 x"],
                            "--json", "--scenario", "field")
    assert (code, err) == (DONE, ""), (code, err)
    told = [json.loads(line) for line in out.splitlines()]
    assert [one.get("event") for one in told][:2] == ["joined", "outcome"], told
    assert [(one["message"], one["outcome"]) for one in told if one.get("event") == "outcome"] == [
        (1, "DELIVERED"), (2, "DELIVERED")], told
    console = Piped(t, gateway, "--json", "--scenario", "field", "--id", "con")
    console.wait_line('"joined"')
    one.tell("con", b"hello")
    console.wait_line('"payload"')
    assert console.end() == DONE


def test_the_end_of_the_gateway(t):
    gateway = ready(t, scenarios={"field": IDEAL})
    piped = Piped(t, gateway, "--scenario", "field", exit_codes=(REFUSED,))
    piped.wait_line(r"^\* you are in field")
    console = at_terminal(t, gateway, exit_codes=(REFUSED,))
    console.type("half a line")
    console.wait_line("field> half a line")
    gateway.stop()
    assert console.wait_end() == REFUSED
    console.wait_text(r"^uav-drone: ended by the gateway: goodbye: SHUTTING_DOWN")
    assert "half a line" not in console.screen.text() and console.echoes()
    assert piped.program.wait() == REFUSED


def test_a_broken_connection_and_a_newcomer(t):
    gateway = ready(t, scenarios={"field": IDEAL}, sessions={"takeover_ms": 0})
    console = at_terminal(t, gateway, "--id", "con", exit_codes=(REFUSED,))
    t.drone(gateway, "con")
    assert console.wait_end() == REFUSED, "it does not come again to take its id back"
    console.wait_text("TAKEN_OVER")
    lost = at_terminal(t, gateway, "--id", "lost", exit_codes=(UNCONNECTED,))
    gateway.kill()
    assert lost.wait_end() == UNCONNECTED
    lost.wait_text(r"^uav-drone: connection to .* lost")


# ----------------------------------------------------------------- at a terminal


def test_editing_and_history(t):
    gateway = ready(t, scenarios={"field": IDEAL})
    (one,) = members(t, gateway, "uav1")
    console = at_terminal(t, gateway)
    console.type("hallo wörld" + LEFT * 3 + "\x7fo" + HOME + DELETE + "H")
    console.wait_line("field> Hallo world", 8)
    console.type("\x05!\r")
    console.wait_text("^= uav1 DELIVERED")
    console.type("to uav1 second\r")
    console.wait_text("^= uav1 DELIVERED.*\n(.*\n)*= uav1 DELIVERED")
    console.type(UP + UP)
    console.wait_line("field> Hallo world!")
    console.type("\x03")
    console.wait_line("field> ")
    console.type("\x12sec")
    console.wait_text("bck:sec")
    one.tell(None, b"amid a search")
    console.wait_text(r"amid a search\n(.*\n)*field> to uav1 second\n *bck:sec$")
    console.type("\r")
    console.wait(lambda screen: screen.text().count("= uav1 DELIVERED") == 3)
    assert payloads(one) == [b"Hallo world!", b"second"]
    one.wait_for("delivery")
    console.type("\x04")
    assert console.wait_end() == DONE and console.echoes()
    gateway.wait_event("drone_left", reason="LEFT")


def test_what_comes_never_tears_the_line(t):
    """Whatever is being typed, wherever the cursor is: what comes stands whole above it, and the
    line is as it was."""
    gateway = ready(t, scenarios={"field": IDEAL})
    (one,) = members(t, gateway, "uav1")
    console = at_terminal(t, gateway, columns=40, rows=10)
    lines = ["x", "y" * 32, "z" * 33, "w" * 34, "long " * 20, "äöü € " * 12, "漢字" * 20,
             "שלום مرحبا " * 5, *MARKS, "q" * 500]
    number = 0
    for line in lines:
        # wide ones that do not end at the edge: behind the last of the first row, too
        for back in (0, 1, len(line) // 2, len(line), *([len(line) - 16] if "漢" in line else [])):
            console.type(line)
            console.type(LEFT * back)
            shown = settled(console)
            one.tell(None, f"mark {number}".encode())
            console.wait(lambda screen, n=number: f"mark {n}\n" in screen.text() + "\n"
                         and screen.bottom() == shown)
            before = console.screen.text()
            for more in range(3):
                one.tell(None, f"more {number}.{more} {'long ' * 12}".encode())
            console.wait(lambda screen, n=number: f"more {n}.2" in screen.text()
                         and screen.bottom() == shown)
            after = console.screen.text().splitlines()
            told = [text for text in after if text.startswith(f"<uav1> [0.00 dB 0.000 ms] more {number}.")]
            assert told == [f"<uav1> [0.00 dB 0.000 ms] more {number}.{more} {'long ' * 12}".rstrip()
                            for more in range(3)], (line, told, before)
            if len(line) < 300:  # what is longer than the screen has gone out at its top
                assert torn(console) == [], (line, back, console.screen.text())
            console.type("\x03")
            console.wait_line("field> ")
            number += 1
    assert len([text for text in console.screen.lines() if "mark " in text]) == number


def test_trouble_never_tears_the_line(t):
    """What goes to the standard error: an error that the gateway answers, and that an answer is
    late."""
    simulator = FakeSimulator(t, answer=lambda transmit: [])
    gateway = ready(t, simulator)
    members(t, gateway, "uav1")
    console = at_terminal(t, gateway, "--timeout", 0.3, columns=40, rows=20)
    for typed, told in (("scenario nope", r"scenario: refused by the gateway: NO_SUCH_SCENARIO.*"),
                        ("all nobody hears", r"no answer from .* within 0\.3 s .*")):
        for line in ("half", "h" * 60):
            console.type(f"{typed}\r{line}")
            console.wait_text(rf"^field> {typed}\nuav-drone: {told}\nfield> {line}$")
            console.type("\x15")
            console.wait_line("field> ")


# characters that take no column of their own
MARKS = ("e\u0301a\u0308 " * 12, "\u0928\u092e\u0938\u094d\u0924\u0947 " * 8,
         "a\u200bb" * 20, "\u1112\u1161\u11ab" * 15)


def settled(console):
    """What is typed, and the cursor, once all has been taken: a key that is bound to nothing is
    answered by a bell."""
    bells = console.raw.count(b"\a")
    console.type("\a")
    return console.wait(lambda screen: console.raw.count(b"\a") > bells and screen.bottom())


def torn(console):
    """Lines above the one being typed that are neither told nor typed."""
    above = console.screen.text()
    above = above[: above.rindex("field> ")]
    return [line for line in above.splitlines()
            if not re.match(r"<uav1> \[0\.00 dB 0\.000 ms\] (mark|more) |\* ", line)]


def test_completion(t):
    gateway = ready(t, scenarios={"field": IDEAL, "lab": IDEAL})
    (one, two) = members(t, gateway, "uav1", "uav2", presence="PRESENCE_WISH_NONE")
    one.request(rename={"callsign": "Rote Eins"})
    console = at_terminal(t, gateway, columns=40)
    console.wait_line("field> ")
    console.type("sc\t")
    console.wait_line("field> scenario")
    console.type("\t")
    console.wait_text(r"^scenarios +scenario\nfield> scenario$")
    two.tell(None, b"under the list")
    console.wait_text(r"^scenarios +scenario\n<uav2> .*\] under the list\nfield> scenario$")
    console.type(" l\t")
    console.wait_line("field> scenario lab ")
    console.type("\x03to R\t")
    console.wait_line('field> to "Rote Eins" ')
    console.type("hello\r")
    console.wait_text('^= "Rote Eins" DELIVERED')
    console.type("to|u\t")
    console.wait_line("field> to|uav")
    console.type("2\t")
    console.wait_line("field> to|uav2|")
    console.type("x\x03")
    (three,) = members(t, gateway, "uav3")
    console.wait_text(r"^\* uav3 is here$")
    console.type("to uav3\t")
    console.wait_line("field> to uav3 ")
    console.type("\x15join gr\t")
    three.request(join_group={"group": "green"})
    three.request(join_group={"group": "x"})
    console.type("\x15join green\r")
    console.wait_text("^.* you are in group green$")
    console.type("group g\t")
    console.wait_line("field> group green ")


def test_lists_fit_the_terminal(t):
    """Columns are as wide as what stands in them; what is too long is cut, and no line wraps."""
    gateway = ready(t, scenarios={"field": {**IDEAL, "origin": "47.3977, 8.5456, 488",
                                            "description": "long " * 20}, "lab": IDEAL})
    (one,) = members(t, gateway, "uav1", callsign="A callsign of 27 characters")
    members(t, gateway, "a-rather-long-name-of-a-drone")
    one.request(update_state={"position": {"geodetic": {
        "latitude_e7": -353632621, "longitude_e7": 1491652374, "altitude_mm": 584000}}})
    console = at_terminal(t, gateway, rows=40)
    console.type("who\r")
    console.wait_text(r"^ID +CALLSIGN +KIND +SCENARIO +ONLINE +IDLE +POSITION\n(.*\n)+field>$")
    console.wait_text(r"^uav1 +A callsign.*… DRONE field +\d\.\d s +\d\.\d s +-35\.363.*…$")
    console.wait_text(r"^a-rather-long-name-of-a-drone +a-rather.*… DRONE ")
    console.type("scenarios\r")
    console.wait_text(r"^field +MESH +- +\d/\d+ +yes +long long .*…\n"
                      r"lab +MESH +- +0/\d+ +yes +-\nfield>$")
    assert not any(row.goes_on for row in console.screen.cells), console.screen.text()


def test_a_window_that_is_resized(t):
    gateway = ready(t, scenarios={"field": IDEAL})
    (one,) = members(t, gateway, "uav1")
    console = at_terminal(t, gateway, columns=60, rows=12)
    one.tell(None, b"before")
    console.wait_text("before")
    line = "a line of some length that is typed here, " * 2
    console.type(line)
    console.wait_line("field> " + line)
    for rows, columns in ((12, 40), (12, 100), (6, 33), (24, 80)):
        console.resize(rows, columns)
        console.wait(lambda screen: screen.cursor() == (("field> " + line).rstrip(), 7 + len(line)))
        one.tell(None, f"at {columns}".encode())
        console.wait_text(f"^<uav1> .* at {columns}$")
        console.wait_line("field> " + line)
    assert "] before" in console.screen.text(), "what stood above is still there"
    assert [text for text in console.screen.lines() if " at " in text and "<uav1>" in text] == [
        f"<uav1> [0.00 dB 0.000 ms] at {columns}" for columns in (40, 100, 33, 80)]
    console.type("\r")
    assert one.wait_for(lambda event: event.HasField("delivery")).delivery.payload == line.encode()


def test_a_storm_of_sizes(t):
    gateway = ready(t, scenarios={"field": IDEAL})
    (one,) = members(t, gateway, "uav1")
    console = at_terminal(t, gateway, columns=60, rows=12)
    line = "a line of some length that is typed here, 漢字 é " * 2
    console.type(line)
    for number in range(300):
        console.resize(1 + number * 7 % 50, 2 + number * 31 % 140)
        if number % 10 == 0:
            one.tell(None, f"in the storm {number}".encode())
    console.resize(24, 80)
    one.tell(None, b"after the storm")
    console.wait_text(r"^<uav1> .*\] after the storm$")
    console.wait_line("field> " + line)
    console.type("\r")
    assert one.wait_for(lambda event: event.HasField("delivery")).delivery.payload == line.encode()


def test_ways_to_end(t):
    gateway = ready(t, scenarios={"field": IDEAL})
    for number, leave in enumerate(("quit\r", "\x04", signal.SIGTERM, signal.SIGHUP)):
        console = at_terminal(t, gateway, "--id", f"con{number}")
        console.type("typed\x03")
        console.wait_line("field> ")
        assert not console.echoes()
        if isinstance(leave, str):
            console.type(leave)
        else:
            console.type("half")
            console.wait_line("field> half")
            os.kill(console.pid, leave)
        assert console.wait_end() == DONE
        assert console.echoes(), leave
        gateway.wait_event("drone_left", drone=f"con{number}", reason="LEFT")


def test_the_terminal_after_a_crash(t):
    gateway = ready(t, scenarios={"field": IDEAL})
    for number in (signal.SIGABRT, signal.SIGQUIT):
        console = at_terminal(t, gateway, exit_codes=(-number,))
        assert not console.echoes()
        os.kill(console.pid, number)
        assert console.wait_end() == -number
        assert console.echoes(), number


def test_suspended_and_continued(t):
    gateway = ready(t, scenarios={"field": IDEAL})
    (one,) = members(t, gateway, "uav1")
    shell = Terminal(t, "/bin/bash", "--norc", "--noediting", "-i", columns=100,
                     env={"PS1": "shell: "}, exit_codes=None)
    shell.wait_text("^shell:")
    shell.type(" ".join(map(str, command(t, gateway, "--no-history --scenario field --id con"))) + "\r")
    shell.wait_line("field> ")
    shell.type("half a line")
    shell.wait_line("field> half a line")
    assert not shell.echoes()
    shell.type("\x1a")
    shell.wait_text(r"Stopped.*\n(.*\n)*shell:$")
    assert shell.echoes()
    one.send(send={"everyone": {}, "payload": b"meanwhile"})
    shell.type("fg\r")
    shell.wait_text("^<uav1> .*meanwhile$")
    shell.wait_line("field> half a line")
    assert not shell.echoes()
    shell.type(", and the rest\r")
    shell.wait_text("^= uav1 DELIVERED")
    shell.type("quit\r")
    shell.wait_text(r"^field> quit\n(.*\n)*shell:$")
    assert shell.echoes()
    shell.type("exit\r")
    shell.wait_end()


def test_history_is_kept(t):
    secret = "secret-of-the-first-drone"
    path = t.folder / "secrets"
    path.write_text(f"con {secret}\n")
    path.chmod(0o600)
    gateway = ready(t, scenarios={"field": IDEAL}, auth={"mode": "secret", "secrets_file": path})
    with tempfile.TemporaryDirectory(prefix="uavtest.") as state:
        file = Path(state) / "uav-drone" / "history"
        arguments = ("--id", "con", "--secret-file", path)
        console = at_terminal(t, gateway, *arguments, XDG_STATE_HOME=state)
        for line in ("first", f"all {secret}", "proof|0123", " unseen", "last"):
            console.type(line + "\r")
            console.wait_line("field> ")
        console.wait_text("not sent and not remembered")
        console.type("\x04")
        assert console.wait_end() == DONE
        text = file.read_text()
        assert "first" in text and "last" in text, text
        assert secret not in text and "proof" not in text and "unseen" not in text, text
        assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        assert [one.name for one in file.parent.iterdir()] == ["history"]
        console = at_terminal(t, gateway, *arguments, XDG_STATE_HOME=state)
        console.type(UP + UP)
        console.wait_line("field> first")
        for number in range(600):
            console.type(f"\x15move {number} 0 0\r")
        console.wait_line("field> ")
        console.wait(lambda screen: screen.text().count("* done") == 600)
        console.type("\x04")
        assert console.wait_end() == DONE
        assert 490 < len(file.read_text().splitlines()) <= 501
        before = file.read_text()
        console = at_terminal(t, gateway, *arguments, "--no-history", XDG_STATE_HOME=state)
        console.type("forgotten\r" + UP)
        console.wait_line("field> forgotten")
        console.type("\x03\x04")
        assert console.wait_end() == DONE and file.read_text() == before


def test_a_history_of_two_consoles(t):
    """Who ends last has the lines of the other in it too."""
    gateway = ready(t, scenarios={"field": IDEAL})
    with tempfile.TemporaryDirectory(prefix="uavtest.") as state:
        file = Path(state) / "uav-drone" / "history"
        file.parent.mkdir()
        file.write_text("_HiStOrY_V2_\nbefore\n")
        consoles = [at_terminal(t, gateway, "--id", f"con{n}", XDG_STATE_HOME=state)
                    for n in range(3)]
        for number, console in enumerate(consoles):
            console.type(f"of{number}\r")
            console.wait_text("^= ")
        for console in consoles:
            os.kill(console.pid, signal.SIGHUP)  # all at once
        assert [console.wait_end() for console in consoles] == [DONE] * 3
        first, *lines = file.read_text().splitlines()
        assert (first, lines[0], sorted(lines[1:])) == ("_HiStOrY_V2_", "before",
                                                        ["of0", "of1", "of2"]), lines


def test_what_is_in_the_place_of_the_history(t):
    """Neither read nor written through: it is put in its place, or told of."""
    gateway = ready(t, scenarios={"field": IDEAL})
    with tempfile.TemporaryDirectory(prefix="uavtest.") as state:
        file = Path(state) / "uav-drone" / "history"
        other = Path(state) / "other"
        file.parent.mkdir()
        other.write_text("_HiStOrY_V2_\nof somebody else\n")
        for make in (lambda: file.symlink_to(other), lambda: os.mkfifo(file), file.mkdir):
            make()
            console = at_terminal(t, gateway, XDG_STATE_HOME=state)
            console.type("help\r")
            console.wait_text("send-file")
            console.type(UP + UP)
            console.wait_line("field> help")
            console.type("\x15\x04")
            assert console.wait_end() == DONE
            if file.is_dir():
                console.wait_text("^uav-drone: the history is not kept: .*Is a directory")
                continue
            assert not file.is_symlink() and file.read_text() == "_HiStOrY_V2_\nhelp\n"
            file.unlink()
        assert other.read_text() == "_HiStOrY_V2_\nof somebody else\n"
        assert sorted(os.listdir(file.parent)) == ["history"]


# ------------------------------------------------------------------------- files


def test_a_file_goes_over(t):
    gateway = ready(t, scenarios={"field": IDEAL})
    content = bytes(range(256)) * 300
    source = t.folder / "log 1.bin"
    source.write_bytes(content)
    with tempfile.TemporaryDirectory(prefix="uavtest.") as folder:
        taker = Piped(t, gateway, "--scenario", "field", "--id", "taker", "--save", folder)
        taker.wait_line(r"^\* you are in field")
        code, out, err = script(t, gateway, [f"send-file taker {source}"], "--scenario", "field",
                                "--id", "giver")
        assert (code, err) == (DONE, ""), (code, out, err)
        assert "* log 1.bin goes to taker: 76800 bytes in 19 pieces\n" in out, out
        assert "= log 1.bin has arrived at taker: 19 of 19 pieces, 0 sent again\n" in out, out
        taker.wait_line(r"^<giver> .*begins to send log 1\.bin \(76800 bytes, 19 pieces\)$")
        taker.wait_line(r"^<giver> .*\] piece 8/19 of log 1\.bin$")
        taker.wait_line(r"^<giver> .*\] log 1\.bin .* is whole, and kept in ")
        assert (Path(folder) / "log 1.bin").read_bytes() == content
        source.write_bytes(b"something else")
        assert script(t, gateway, [f"send-file taker {source}"], "--scenario", "field")[0] == DONE
        taker.wait_line(r"is whole, and kept in .* as log 1\.bin\.2$")
        assert (Path(folder) / "log 1.bin").read_bytes() == content
        assert (Path(folder) / "log 1.bin.2").read_bytes() == b"something else"
        assert taker.end() == DONE
        # whoever knows nothing of files is told what comes all the same
        ear = t.folder / "ear"
        with open(ear, "wb") as out:
            t.program(t.binary("uav-drone"), "listen", "--scenario", "field", "--id", "ear",
                      "--gateway", "%s:%d" % gateway.at, stdout=out)
        uavtest.wait_until(lambda: "listening" in ear.read_text())
        assert script(t, gateway, [f"send-file ear {source}"], "--scenario", "field")[0] == DONE
        uavtest.wait_until(lambda: "something else" in ear.read_text())
        assert re.search(r"\[application/x-uav-file;id=[0-9a-f]{8};offer\]: file log 1\.bin\\nsize 14",
                         ear.read_text()), ear.read_text()


def test_a_file_over_a_bad_channel(t):
    """Each third message is lost, each third has bit errors: all arrives."""
    count = [0]

    def answer(transmit):
        count[0] += 1
        if count[0] % 3 == 0:
            return deliver(transmit, outcome="OUTCOME_LOST", reason="REASON_PACKET_ERROR")
        if count[0] % 3 == 1:
            payload = bytes([transmit.payload[0] ^ 1]) + transmit.payload[1:]
            return deliver(transmit, outcome="OUTCOME_CORRUPTED", payload=payload,
                           **link(bit_errors=1))
        return deliver(transmit)

    simulator = FakeSimulator(t, answer=answer)
    gateway = ready(t, simulator, scenarios={"field": IDEAL})
    content = os.urandom(20000)
    source = t.folder / "noise"
    source.write_bytes(content)
    with tempfile.TemporaryDirectory(prefix="uavtest.") as folder:
        taker = Piped(t, gateway, "--scenario", "field", "--id", "taker", "--save", folder)
        taker.wait_line(r"^\* you are in field")
        console = at_terminal(t, gateway, "--id", "giver", "--piece-size", "1000")
        console.type(f"send-file taker {source}\r")
        console.type("typed meanwhile")
        console.wait_text(r"^= noise has arrived at taker: 20 of 20 pieces, \d+ sent again$")
        console.wait_line("field> typed meanwhile")
        assert re.search(rb"field \[file \d+ %\]> ", console.raw), console.raw
        taker.wait_line("is whole, and kept")
        taker.wait_line("with bit errors: passed over")
        assert (Path(folder) / "noise").read_bytes() == content
        assert taker.end() == DONE


def test_a_file_that_does_not_arrive(t):
    gateway = ready(t)
    (far,) = members(t, gateway, "far")
    far.place(5e6)
    source = t.folder / "noise"
    source.write_bytes(b"x" * 100)
    base = ("--scenario", "field", "--local", "0,0,0")
    code, out, err = script(t, gateway, [f"send-file far {source}"], *base)
    assert code == UNDELIVERED, (code, out, err)
    assert re.search(r"^! noise has not arrived at far: 0 of 1 pieces, 9 sent again; the offer did "
                     r"not arrive in 10 tries, at last LOST$", out, re.MULTILINE), out
    for path, why in (("/nowhere/at/all", "No such file"), ("/tmp", "regular"), ("/dev/zero", "regular")):
        code, _, err = script(t, gateway, [f"send-file far {path}"], *base)
        assert code == TROUBLE and why in err, (path, err)


def test_offers_of_strangers(t):
    """Nothing is written that is not whole, and nothing outside the folder."""
    gateway = ready(t, scenarios={"field": IDEAL})
    with tempfile.TemporaryDirectory(prefix="uavtest.") as parent:
        folder = Path(parent) / "kept"
        folder.mkdir()
        taker = Piped(t, gateway, "--scenario", "field", "--id", "taker", "--save", folder)
        taker.wait_line(r"^\* you are in field")
        (one,) = members(t, gateway, "uav1")
        base = "application/x-uav-file;id=00000001;"

        def give(what, payload):
            one.tell("taker", payload, content_type=base + what)

        good = b"file a\nsize 4\npiece 4\nsha256 " + b"0" * 64 + b"\n"
        give("offer", good.replace(b"file a", b"file ../a"))
        taker.wait_line("malformed")
        give("offer", good.replace(b"size 4", b"size 99999999999"))
        give("piece=1/1", b"abcd")
        taker.wait_line("not offered")
        give("offer", good)
        taker.wait_line(r"begins to send a \(4 bytes, 1 pieces\)")
        give("piece=1/1", b"abcd")
        taker.wait_line(r"not what was offered \(SHA-256\): not kept")
        give("offer", good)
        one.close()
        taker.wait_line(r"^\* a \(4 bytes, 1 pieces\) stays incomplete: 0 pieces have come$")
        assert taker.end() == DONE
        assert os.listdir(folder) == [] and os.listdir(parent) == ["kept"]


def offer(name, content, size=None):
    return (f"file {name}\nsize {len(content) if size is None else size}\npiece 4096\n"
            f"sha256 {hashlib.sha256(content).hexdigest()}\n").encode()


def test_one_sender_ends_it_for_nobody(t):
    """Neither by taking the name, nor by offers, however many and however large."""
    gateway = ready(t, scenarios={"field": IDEAL})
    with tempfile.TemporaryDirectory(prefix="uavtest.") as folder:
        taker = Piped(t, gateway, "--scenario", "field", "--id", "taker", "--save", folder)
        taker.wait_line(r"^\* you are in field")
        (greedy,) = members(t, gateway, "greedy")

        def give(number, payload):
            greedy.send(send={"drone": "taker", "payload": payload, "content_type":
                              f"application/x-uav-file;id={number:08x};offer"})

        source = t.folder / "report.txt"
        source.write_bytes(b"the report\n")
        give(0, offer(source.name, b""))
        taker.wait_line(r"^<greedy> .* report\.txt \(0 bytes, 0 pieces\) is whole, and kept")
        for number in range(1, 1100):
            give(number, offer(f"o{number}", b"", size=1))
        for number in range(1100, 1400):  # whole by themselves
            give(number, offer("empty", b""))
        give(1400, offer("large", b"", size=64 * 1024 * 1024))
        taker.wait_line(r"^<greedy> .* begins to send large ")
        taker.wait_line("not kept: 250 files of this sender have been kept in this run$")
        assert script(t, gateway, [f"send-file taker {source}"], "--scenario", "field",
                      "--id", "giver")[0] == DONE
        taker.wait_line(r"^<giver> .* report\.txt .* is whole, and kept in .* as report\.txt\.2$")
        assert taker.end() == DONE
        assert (Path(folder) / "report.txt").read_bytes() == b""
        assert (Path(folder) / "report.txt.2").read_bytes() == b"the report\n"
        assert len(os.listdir(folder)) == 251


# -------------------------------------------------------------------- the model


def test_the_model_of_a_terminal():
    screen = Screen(3, 5)
    screen.feed("abcde")
    assert (screen.text(), screen.cursor()) == ("abcde", ("abcde", 5))
    screen.feed("f\r\nx\r\ny")
    assert screen.lines() == ["abcdef", "x", "y"]
    screen.feed("\x1b[1A\r\x1b[Jz\x1b[")
    screen.feed("5Gq")
    assert screen.lines()[:2] == ["abcdef", "z   q"], screen.lines()


if __name__ == "__main__":
    uavtest.run()
