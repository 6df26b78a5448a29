"""uav-drone top: the table as text, as JSON and on a terminal; what it tells is what happened."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from fake_simulator import FakeSimulator, deliver, link  # noqa: E402
from scene import IDEAL, STAR, members, ready  # noqa: E402
from uavtest import relay  # noqa: E402

DONE, TROUBLE, UNCONNECTED, REFUSED = range(4)
SNR_DB = 17.5
QUICK = ("--interval", "0.1")


def command(t, gateway, *arguments):
    return [t.binary("uav-drone"), "top", *map(str, arguments), "--gateway", "%s:%d" % gateway.at]


def run(t, gateway, *arguments):
    done = subprocess.run(command(t, gateway, *arguments), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=uavtest.DEADLINE)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def heard(snr_db):
    """A channel in which everything arrives, with that SNR."""
    return lambda transmit: deliver(transmit, **link(snr_db=snr_db))


def tell(sender, target, times=1):
    for _ in range(times):
        assert sender.tell(target, b"x").HasField("send_report")


def by_id(table):
    return {row["drone_id"]: row for row in table["drones"]}


class Tables:
    """`uav-drone top --json`, read while it runs."""

    def __init__(self, t, gateway, *arguments):
        self.path = t.folder / f"top{len(t.programs)}"
        with open(self.path, "wb") as out:
            self.program = t.program(*command(t, gateway, "--json", *QUICK, *arguments), stdout=out)

    def all(self):
        text = self.path.read_text(encoding="utf-8")
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]

    def wait(self, predicate):
        """The first table of which that holds."""
        return uavtest.wait_until(
            lambda: next((table for table in self.all() if predicate(table)), None))

    def wait_more(self, number=2):
        """As many tables more as it takes until what has happened is told."""
        count = len(self.all())
        uavtest.wait_until(lambda: len(self.all()) >= count + number)


# ------------------------------------------------------------------- what is told


def test_counts_and_snr(t):
    gateway = ready(t, FakeSimulator(t, answer=heard(SNR_DB)))
    one, two = members(t, gateway, "uav1", "uav2")
    t.drone(gateway, "uav3")
    tell(one, "uav2", 3)
    tell(one, "nobody")
    code, out, err = run(t, gateway, "--once", "--json", "--id", "asker", *QUICK)
    assert (code, err) == (DONE, ""), (code, err)
    (table,) = map(json.loads, out.splitlines())
    rows = by_id(table)
    assert set(rows) == {"uav1", "uav2", "uav3"}, "its own entry is left out"
    assert (table["event"], table["online"], table["in_scenario"]) == ("top", 3, 2)
    assert (table["targets"], table["delivered"]) == (4, 3)
    traffic = rows["uav1"]["traffic"]
    assert traffic == {"stay": traffic["stay"], "sent": 3, "targets": 4, "delivered": 3,
                       "received": 0}, traffic
    traffic = rows["uav2"]["traffic"]
    assert traffic == {"stay": traffic["stay"], "sent": 0, "targets": 0, "delivered": 0,
                       "received": 3, "heard": {"snr_db": SNR_DB}}, traffic
    assert "traffic" not in rows["uav3"] and "change" not in rows["uav3"]
    assert rows["uav1"]["change"] == {"sent_hz": 0, "received_hz": 0, "targets": 0, "delivered": 0}
    gateway.wait_event("drone_registered", drone="asker")
    who = subprocess.run([t.binary("uav-drone"), "who", "--json", "--gateway",
                          "%s:%d" % gateway.at], stdout=subprocess.PIPE, check=True).stdout
    told = {row["drone_id"]: row for row in map(json.loads, who.splitlines())}
    assert told["uav2"]["traffic"] == traffic and "traffic" not in told["uav3"]


def test_changes_add_up_to_what_was_sent(t):
    gateway = ready(t, FakeSimulator(t, answer=heard(SNR_DB)))
    one, two = members(t, gateway, "uav1", "uav2")
    tables = Tables(t, gateway)
    tables.wait(lambda table: "change" in by_id(table)["uav1"])
    for _ in range(20):
        tell(one, "uav2")
        time.sleep(0.01)
    last = tables.wait(lambda table: by_id(table)["uav2"]["traffic"]["received"] == 20)
    seen = [table for table in tables.all()][: tables.all().index(last) + 1]
    changes = [by_id(table)["uav1"]["change"] for table in seen]
    assert sum(change["targets"] for change in changes) == 20, changes
    assert sum(change["delivered"] for change in changes) == 20, changes
    # what was sent a second, and for how long by the gateway's clock
    times = [by_id(table)["uav1"]["online_ms"] for table in seen]
    sent = sum(change["sent_hz"] * (now - before) / 1000
               for change, before, now in zip(changes[1:], times, times[1:]))
    first = by_id(seen[0])["uav1"]["traffic"]["sent"]
    assert abs(sent - (20 - first)) < 1e-6, (sent, first)
    assert max(by_id(table)["uav2"]["change"]["received_hz"] for table in seen) > 0


def test_a_hop_through_a_hub_counts_for_its_origin(t):
    gateway = ready(t, FakeSimulator(t, answer=heard(SNR_DB)), {"star": STAR})
    members(t, gateway, "hub", "uav2", scenario="star")
    (one,) = members(t, gateway, "uav1", scenario="star")
    tell(one, "uav2", 5)
    _, out, _ = run(t, gateway, "--once", "--json", *QUICK)
    rows = by_id(json.loads(out))
    counts = ("sent", "targets", "delivered", "received")
    assert [rows["uav1"]["traffic"][name] for name in counts] == [5, 5, 5, 0]
    assert [rows["uav2"]["traffic"][name] for name in counts] == [0, 0, 0, 5]
    assert [rows["hub"]["traffic"][name] for name in counts] == [0, 0, 0, 0]
    assert "heard" not in rows["hub"]["traffic"]


def test_who_leaves_and_comes_again_has_no_negative_rates(t):
    gateway = ready(t, FakeSimulator(t, answer=heard(SNR_DB)))
    one, two = members(t, gateway, "uav1", "uav2")
    tell(one, "uav2", 10)
    tables = Tables(t, gateway)
    stay = by_id(tables.wait(lambda table: "change" in by_id(table)["uav1"]))["uav1"]["traffic"]["stay"]
    assert one.request(choose_scenario={}).HasField("scenario_chosen")
    assert one.request(choose_scenario={"name": "field"}).HasField("scenario_chosen")
    tell(one, "uav2")
    anew = tables.wait(lambda table: by_id(table)["uav1"].get("traffic", {}).get("stay", stay) != stay)
    assert "change" not in by_id(anew)["uav1"], anew
    one.close()
    (one,) = members(t, gateway, "uav1")
    tell(one, "uav2")
    tables.wait_more(4)
    changes = [row["change"] for table in tables.all() for row in table["drones"] if "change" in row]
    changes += [table["change"] for table in tables.all() if "change" in table]
    assert changes and all(value >= 0 for change in changes for value in change.values()), changes


def test_it_stays_out_of_scenarios(t):
    """Even of the one in which the operator puts who names none."""
    gateway = ready(t, scenarios={"field": IDEAL, "lab": IDEAL},
                    gateway={"default_scenario": "field"})
    members(t, gateway, "uav1")
    members(t, gateway, "uav2", scenario="lab")
    tables = Tables(t, gateway, "--scenario", "lab", "--id", "asker")
    table = tables.wait(lambda _: True)
    assert list(by_id(table)) == ["uav2"], table
    watcher = t.drone(gateway, "watcher")
    (entry,) = [entry for entry in watcher.request(list_drones={}).drones.entries
                if entry.drone_id == "asker"]
    assert (entry.scenario, entry.kind) == ("", relay.KIND_GROUND_STATION)


def test_many_drones(t):
    """A list of several frames."""
    gateway = ready(t, FakeSimulator(t))
    ids = [f"uav{number:03}" for number in range(200)]
    for drone_id in ids:
        t.drone(gateway, drone_id)
    code, out, _ = run(t, gateway, "--once", "--json", *QUICK)
    assert code == DONE and list(by_id(json.loads(out))) == ids


# ----------------------------------------------------------------------------- text


def test_text(t):
    gateway = ready(t, FakeSimulator(t, answer=heard(SNR_DB)))
    one, two = members(t, gateway, "uav1", "uav2")
    (odd,) = members(t, gateway, "uav3", callsign="Ægir\u200b\\")
    tell(one, "uav2", 3)
    tell(one, "nobody")
    code, out, err = run(t, gateway, "--count", "2", "--sort", "-drone", *QUICK)
    assert (code, err) == (DONE, ""), (code, err)
    tables = out.split("\n\n")
    assert len(tables) == 3 and tables[2] == "", out
    for table in tables[:2]:
        sums, head, *rows = table.splitlines()
        assert sums == ("3 drones  0.0/s sent  0.0/s heard  delivered - % now 75.0 % in all"), sums
        assert head.split() == ["DRONE", "SENT/S", "RECV/S", "DELIV%", "ALL%", "SNR", "IDLE",
                                "ONLINE", "SCENARIO", "CALLSIGN"]
        assert [row.split()[0] for row in rows] == ["uav3", "uav2", "uav1"], rows
        assert re.match(r"uav1 +0\.0 +0\.0 +- +75\.0 +- +\d+\.\d s +\d+\.\d s field$", rows[2])
        assert re.match(r"uav2 +0\.0 +0\.0 +- +- +17\.5 ", rows[1]), rows
        assert rows[0].endswith("\u00c6gir\\u200b\\\\"), rows


def test_wrong_usage_and_trouble(t):
    gateway = ready(t, FakeSimulator(t))
    for arguments, about in ((("--sort", "age"), "sort"), (("--interval", "0.01"), "0.1"),
                             (("--count", "0"), "count"), (("--to", "x"), "--to")):
        code, out, err = run(t, gateway, *arguments)
        assert (code, out) == (TROUBLE, "") and about in err, (arguments, err)
    code, out, err = run(t, gateway, "--scenario", "fjeld")
    assert (code, out) == (REFUSED, "") and "NO_SUCH_SCENARIO" in err, err


def test_signals_end_it(t):
    gateway = ready(t, FakeSimulator(t))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        tables = Tables(t, gateway)
        tables.wait(lambda _: True)
        tables.program.process.send_signal(number)
        tables.program.wait()


# --------------------------------------------------------------------- on a terminal

ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"
SEQUENCE = re.compile(rb"\x1b\[(\??)([0-9;]*)([A-Za-z])")


class Screen:
    """A terminal with `uav-drone top` on it, as far as that asks something of it."""

    def __init__(self, t, gateway, *arguments, rows=24, columns=100):
        self.master, self.slave = pty.openpty()
        self.resize(rows, columns, tell=False)
        self.before = termios.tcgetattr(self.slave)
        self.bytes = b""
        self.process = subprocess.Popen(
            command(t, gateway, *QUICK, *arguments), stdin=self.slave, stdout=self.slave,
            stderr=self.slave, env={**os.environ, "TERM": "xterm"}, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        t.drones.append(self)  # closed when the test ends

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for descriptor in (self.master, self.slave):
            os.close(descriptor)

    def resize(self, rows, columns, tell=True):
        """The kernel sends SIGWINCH by itself."""
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.rows, self.columns = rows, columns

    def press(self, keys):
        os.write(self.master, keys)

    def read(self):
        while select.select([self.master], [], [], 0.02)[0]:
            self.bytes += os.read(self.master, 65536)

    def frame(self):
        """The lines of the last whole frame, None when there is none."""
        frames = self.bytes.split(b"\x1b[H")[1:]
        whole = [frame for frame in frames if b"\x1b[J" in frame]
        if not whole:
            return None
        text = whole[-1].split(b"\x1b[J")[0]
        return SEQUENCE.sub(b"", text).decode().replace("\r", "").split("\n")

    def wait(self, predicate):
        """The first frame of which that holds."""
        def look():
            self.read()
            lines = self.frame()
            return lines if lines and predicate(lines) else None

        return uavtest.wait_until(look)

    def is_quiet(self):
        """Nothing is drawn in the time of three tables."""
        count = len(self.bytes)
        time.sleep(0.3)
        self.read()
        return len(self.bytes) == count

    def wait_exit(self):
        uavtest.wait_until(lambda: (self.read(), self.process.poll() is not None)[1])
        self.read()
        return self.process.returncode

    def assert_restored(self):
        assert self.bytes.count(ENTER) == self.bytes.count(LEAVE), self.bytes[-200:]
        after = self.bytes.rsplit(LEAVE, 1)
        assert b"\x1b[?25h" in after[0][after[0].rindex(b"\x1b[?25l"):], "no cursor"
        assert b"\x1b[?7h" in after[0][after[0].rindex(b"\x1b[?7l"):], "no wrapping"
        assert termios.tcgetattr(self.slave) == self.before
        return after[1].decode()


def ids_of(lines):
    return [line.split()[0] for line in lines[3:]]


def test_screen(t):
    gateway = ready(t, FakeSimulator(t, answer=heard(SNR_DB)))
    one, *_ = members(t, gateway, *(f"uav{number:02}" for number in range(12)))
    tell(one, "uav05", 3)
    screen = Screen(t, gateway)
    lines = screen.wait(lambda lines: "0.0/s sent" in lines[0])
    assert lines[0].startswith("12 drones  "), lines
    assert ids_of(lines) == [f"uav{number:02}" for number in range(12)]
    screen.resize(10, 40)
    lines = screen.wait(lambda lines: len(lines) == 10)
    assert lines[-1].startswith("... and 6 more"), lines
    assert max(map(len, lines)) == 40, lines
    assert ids_of(lines)[:-1] == [f"uav{number:02}" for number in range(6)], lines
    screen.press(b"r")
    lines = screen.wait(lambda lines: "reversed" in lines[1])
    assert ids_of(lines)[0] == "uav11", lines
    screen.resize(2, 40)
    screen.wait(lambda lines: len(lines) == 2)
    screen.resize(30, 120)
    screen.wait(lambda lines: len(lines) == 15)
    screen.press(b"\x1b[Asssss")  # an arrow is no key; on to the SNR
    lines = screen.wait(lambda lines: lines[1].startswith("by snr "))
    assert ids_of(lines)[0] == "uav05" and " 17.5 " in lines[3], lines
    screen.press(b"p")
    screen.wait(lambda lines: lines[1].startswith("PAUSED"))
    tell(one, "uav05")
    uavtest.wait_until(screen.is_quiet)  # once a list that was under way has come
    screen.press(b"p")
    screen.wait(lambda lines: not lines[1].startswith("PAUSED"))
    screen.press(b"q")
    assert screen.wait_exit() == DONE
    assert screen.assert_restored() == ""


def test_screen_of_80_columns(t):
    gateway = ready(t, FakeSimulator(t, answer=heard(SNR_DB)))
    (one,) = members(t, gateway, "drone-0001", callsign="Rote Eins!")
    members(t, gateway, "drone-0002", callsign="A callsign of 27 characters")
    tell(one, "drone-0002", 3)
    screen = Screen(t, gateway, columns=80)
    lines = screen.wait(lambda lines: len(lines) == 5 and "/s sent" in lines[0]
                        and "100.0 % in all" in lines[0] and lines)
    assert max(map(len, lines)) <= 80, lines
    assert re.search(r"^drone-0001 .* field    Rote Eins!$", lines[3]), lines
    assert re.search(r"^drone-0002 .* field    A callsig.*…$", lines[4]), lines
    screen.press(b"q")
    assert screen.wait_exit() == DONE


def test_screen_is_given_back_however_it_ends(t):
    gateway = ready(t, FakeSimulator(t))
    members(t, gateway, "uav1")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP):
        screen = Screen(t, gateway)
        screen.wait(lambda lines: "uav1" in ids_of(lines))
        screen.process.send_signal(number)
        assert screen.wait_exit() == DONE
        assert screen.assert_restored() == ""
    screen = Screen(t, gateway)
    screen.wait(lambda lines: "uav1" in ids_of(lines))
    screen.press(b"\x03")  # control and C
    assert screen.wait_exit() == DONE and screen.assert_restored() == ""
    screen = Screen(t, gateway)
    screen.wait(lambda lines: "uav1" in ids_of(lines))
    gateway.stop()
    assert screen.wait_exit() == REFUSED
    assert "SHUTTING_DOWN" in screen.assert_restored(), "the words stand on the other screen"


def test_screen_after_a_stop(t):
    gateway = ready(t, FakeSimulator(t))
    members(t, gateway, "uav1")
    screen = Screen(t, gateway)
    screen.wait(lambda lines: "uav1" in ids_of(lines))
    screen.process.send_signal(signal.SIGTSTP)
    uavtest.wait_until(lambda: (screen.read(), screen.bytes.count(LEAVE) == 1)[1])
    uavtest.wait_until(lambda: Path(f"/proc/{screen.process.pid}/stat").read_text(
        encoding="utf-8").rsplit(")", 1)[1].split()[0] == "T")
    screen.assert_restored()
    screen.process.send_signal(signal.SIGCONT)
    uavtest.wait_until(lambda: (screen.read(), screen.bytes.count(ENTER) == 2)[1])
    screen.bytes = screen.bytes.rsplit(ENTER, 1)[1]
    screen.wait(lambda lines: "uav1" in ids_of(lines))
    screen.press(b"q")
    assert screen.wait_exit() == DONE


def test_no_screen_where_none_can_be_drawn(t):
    gateway = ready(t, FakeSimulator(t))
    members(t, gateway, "uav1")
    screen = Screen(t, gateway, "--once")
    assert screen.wait_exit() == DONE
    assert ENTER not in screen.bytes and b"uav1" in screen.bytes


if __name__ == "__main__":
    uavtest.run()
