"""sim-stub --fit: from a radio's log to a scenario, and back: the track is flown again in that
scenario, through the real simulator, and what is received is fitted like the log."""

import math
import os
import random
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from channel_client import ChannelClient  # noqa: E402

# Of a real aircraft, out to 5.6 km and back; not part of the project.
DATA = Path(os.environ.get("UAV_TEST_DATA", uavtest.ROOT.parent / "shared/data"))
LOG = "a2g_crossfire_5600m_2017.csv"
HEAD = "time_s,east_m,north_m,up_m,rssi_dbm,tx_power_dbm\n"


def fit(t, *words, code=0):
    done = subprocess.run([t.binary("sim-stub"), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, timeout=uavtest.DEADLINE, cwd=t.folder)
    assert done.returncode == code, done
    return done


class Found:
    """What --fit prints, taken apart."""

    def __init__(self, text):
        assert all(re.match(r"; |channel\.[a-z_]+ = ", line) for line in text.splitlines()), text
        self.text = text
        self.parameters = dict(re.findall(r"(?m)^channel\.(\w+) = (.*)$", text))
        self.rows, self.used = map(int, re.search(r"Of (\d+) rows (\d+) were used", text).groups())
        line = re.search(r"= (\S+) dB \+ (\S+) log10\(d / 1 m\), spread (\S+) dB", text)
        self.constant, self.slope, self.spread = map(float, line.groups())
        self.error = float(re.search(r"\+- (\S+), the standard error", text)[1])

    def number(self, key):
        return float(self.parameters[key])

    def loss_db(self, distance):
        return self.constant + self.slope * math.log10(distance)


def found(t, path, *words):
    done = fit(t, "--fit", path, *words)
    assert done.stderr == "", done.stderr
    return Found(done.stdout)


# ------------------------------------------------------------------- flying it again


class Replay(ChannelClient):
    """A scenario in sim-stub of the parameters that were found, and two nodes."""

    def __init__(self, stub, parameters):
        super().__init__(stub, "replay")
        self.set_scenario(1, "replay", **parameters)
        self.set_node(1, 1, "ground")
        self.read()  # of the hello
        status = self.read().scenario_status
        assert status.ok, status

    def strength(self, number, row):
        """dBm, as the aircraft at this place of the log hears the ground, and the power it was sent with."""
        _, east, north, up = row[:4]
        self.set_node(1, 2, "uav1", east, north, up)
        self.tell(transmit={"id": number, "scenario": 1, "transmitter": 1, "receivers": [2], "sequence": number,
                            "payload": bytes(16)})
        link = self.read().result.receptions[0].link
        return link.rx_power_dbm, link.tx_power_dbm


def rows_of(t, path):
    """Of the log, those that --fit uses."""
    lines = fit(t, "--fit", path, "--data").stdout.splitlines()
    assert lines[0] + "\n" == HEAD, lines[0]
    return [tuple(float(cell or "nan") for cell in line.split(",")) for line in lines[1:]]


def flown_again(t, fitted, rows, seed):
    """The log of the same track in the scenario that was found, which stands as CSV."""
    stub = t.simulator(seed=seed)
    replay = Replay(stub, fitted.parameters)
    path = t.folder / f"replay-{seed}.csv"
    with open(path, "w", encoding="utf-8") as out:
        out.write(HEAD)
        for number, row in enumerate(rows, 1):
            strength, power = replay.strength(number, row)
            out.write(f"{row[0]:.3f},{row[1]:.3f},{row[2]:.3f},{row[3]:.3f},{strength:.2f},{power:.2f}\n")
    replay.close()
    return path


def check_replay(t, fitted, rows, seed, middle):
    """Slope within twice the errors that were told; spread within 20 %, and how far a shadow reaches within a
    factor of two, which so few independent shadows allow; the whole at the right height, within 1.5 dB."""
    again = found(t, flown_again(t, fitted, rows, seed))
    assert (again.rows, again.used) == (len(rows), len(rows))
    assert abs(again.slope - fitted.slope) / 10 <= 2 * math.hypot(fitted.error, again.error), (seed, again.text)
    assert 0.8 <= again.spread / fitted.spread <= 1.2, (seed, again.text)
    assert 0.5 <= again.number("decorrelation_m") / fitted.number("decorrelation_m") <= 2.0, (seed, again.text)
    assert abs(again.loss_db(middle) - fitted.loss_db(middle)) <= 1.5, (seed, again.text)
    return again


# ----------------------------------------------------------------------- the real log


def real_log():
    path = DATA / LOG
    if not path.exists():
        raise uavtest.Skip(f"{LOG} is not here; UAV_TEST_DATA says where it is")
    return path


def test_the_real_log(t):
    """Next to a fit that was made of it by other means: 34.2 dB + 20.6 log10(d / m), spread 5.5 dB, of the
    5,485 rows that are over 50 m away."""
    fitted = found(t, real_log())
    assert (fitted.rows, fitted.used) == (5531, 5485)
    assert "46 left out: no farther than reference_m, 50 m, from the other end" in fitted.text
    for distance in (50, 500, 5600):  # their last digits are 0.1 dB, and 0.1 dB a decade
        assert abs(fitted.loss_db(distance) - (34.2 + 20.6 * math.log10(distance))) < 0.2
    assert abs(fitted.slope - 20.6) < 0.1 and abs(fitted.spread - 5.5) < 0.05
    assert abs(fitted.number("exponent") - fitted.slope / 10) < 0.001
    assert 0.05 < fitted.error < 0.4  # its rows are not 5,485 shadows: that would be 0.02
    assert fitted.number("tx_power_dbm") == 26.99  # 500 mW, the most that it went up to
    assert 30 < fitted.number("decorrelation_m") < 120


def test_the_real_flight_again(t):
    path = real_log()
    fitted, rows = found(t, path), rows_of(t, path)
    slopes = []
    for seed in (1, 2, 3):
        slopes.append(check_replay(t, fitted, rows, seed, 1000).slope)
    assert len(set(slopes)) == 3  # each under another sky


test_the_real_flight_again.deadline = 120


# ------------------------------------------------------------------------ logs made here


def made_log(path, exponent=2.6, spread=4.0, decorrelation=60.0, rows=4000, step=6.0, constant=38.0):
    """A flight straight out, whose shadowing is a first-order autoregression over the way."""
    chance = random.Random(7)
    keep = math.exp(-step / decorrelation)
    shadow = chance.gauss(0, 1)
    with open(path, "w", encoding="utf-8") as out:
        out.write(HEAD)
        for number in range(rows):
            east, up = 60.0 + 0.8 * step * number, 40.0 + 0.6 * step * number
            loss = constant + 10 * exponent * math.log10(math.hypot(east, up)) + spread * shadow
            power = 14.0 if number % 900 < 300 else 20.0
            out.write(f"{number / 2},{east:.3f},0,{up:.3f},{power - loss:.2f},{power}\n")
            shadow = keep * shadow + math.sqrt(1 - keep * keep) * chance.gauss(0, 1)
    return path


def test_a_log_that_is_known(t):
    """What it was made with is found, and found again when it is flown again."""
    path = made_log(t.folder / "made.csv")
    fitted = found(t, path)
    assert abs(fitted.number("exponent") - 2.6) <= 2 * fitted.error and fitted.error < 0.3, fitted.text
    assert 0.8 < fitted.number("shadowing_db") / 4.0 < 1.2, fitted.text
    assert 0.6 < fitted.number("decorrelation_m") / 60.0 < 1.6, fitted.text
    assert abs(fitted.loss_db(5000) - 38.0 - 26.0 * math.log10(5000)) < 1.5
    rows = rows_of(t, path)
    assert len(rows) == 4000
    for seed in (1, 2):
        check_replay(t, fitted, rows, seed, 5000)


def test_frequency_is_the_antennas(t):
    """What the log does not tell changes the constant's carrier, not the scenario's mean."""
    path = made_log(t.folder / "made.csv", rows=400)
    at_24, at_868 = found(t, path), found(t, path, "-p", "frequency_hz=868e6", "-p", "bandwidth_hz=500e3")
    assert at_868.parameters["frequency_hz"] == "868e6" and at_868.parameters["bandwidth_hz"] == "500e3"
    assert at_24.number("frequency_hz") == 2.4e9 and "bandwidth_hz" not in at_24.parameters
    assert at_24.number("exponent") == at_868.number("exponent")
    moved = at_24.number("antenna_gain_dbi") - at_868.number("antenna_gain_dbi")
    assert abs(2 * moved - 20 * math.log10(2.4e9 / 868e6)) < 0.01, moved


def test_a_gateway_takes_the_lines(t):
    """Below a heading, as they are."""
    path = made_log(t.folder / "made.csv", rows=400)
    fit(t, "--fit", path, "-o", t.folder / "lines.ini")
    lines = (t.folder / "lines.ini").read_text(encoding="utf-8")
    stub = t.simulator()
    config = t.folder / "gateway.ini"
    config.write_text(f"[listen:drones]\naddress = {uavtest.HOST}:0\n[simulator]\naddress = {uavtest.HOST}:"
                      f"{stub.address()[1]}\n[scenario:field]\n{lines}", encoding="utf-8")
    t.program(t.binary("uav-gateway"), "-c", config)
    stub.wait_event("scenario_accepted", name="field", model="log-distance")


# ------------------------------------------------------------------------- mistakes


def test_mistakes(t):
    log = made_log(t.folder / "made.csv", rows=40)
    (t.folder / "empty.csv").touch()
    (t.folder / "other.csv").write_text("a;b\n1;2\n", encoding="utf-8")
    (t.folder / "short.csv").write_text("distance_m,rssi_dbm\n" + "99,-70\n" * 31, encoding="utf-8")
    (t.folder / "still.csv").write_text("distance_m,rssi_dbm\n" + "99,-70\n" * 99, encoding="utf-8")
    (t.folder / "rising.csv").write_text("distance_m,rssi_dbm\n" + "".join(
        f"{100 + 10 * n},{-90 + n / 4}\n" for n in range(99)), encoding="utf-8")
    (t.folder / "bytes.csv").write_bytes(random.Random(1).randbytes(50_000))
    for words, code, told in (
            (["--fit"], 2, "requires an argument"),
            (["--fit", log, "-p", "exponent=2"], 2, "--parameter exponent: that is for --fit to say"),
            (["--fit", log, "-p", "model=free-space"], 2, "--parameter model: that is for --fit to say"),
            (["--fit", log, "-p", "frequency=1e9"], 2, 'unknown parameter "frequency"; nearest known: frequency_hz'),
            (["--fit", log, "-p", "reference_m=0"], 2, 'reference_m is "0"; allowed: a number from 1'),
            (["--fit", "nowhere.csv"], 1, "sim-stub: nowhere.csv: No such file"),
            (["--fit", "."], 1, "sim-stub: .: Is a directory"),
            (["--fit", "/dev/zero"], 1, "sim-stub: /dev/zero:1: the line is longer than 1 MiB"),
            (["--fit", "empty.csv"], 1, "sim-stub: empty.csv: the file is empty"),
            (["--fit", "other.csv"], 1, "sim-stub: other.csv:1: the first line names neither"),
            (["--fit", "bytes.csv"], 1, "sim-stub: bytes.csv:"),
            (["--fit", "short.csv"], 1, "31 of 31 rows have a position farther than reference_m (50 m), a power and"),
            (["--fit", "still.csv"], 1, "from 99.0 to 99.0 m, and not steadily enough"),
            (["--fit", "rising.csv"], 1, "no scenario is like this log: exponent is"),
            (["--fit", log, "-o", "nowhere/x"], 1, "sim-stub: nowhere/x: No such file")):
        done = fit(t, *words, code=code)
        assert told in done.stderr and done.stdout == "", (words, done)


def test_rows_with_mistakes(t):
    """They are told with their lines, left out, and the rest is a log still."""
    path = made_log(t.folder / "made.csv", rows=400)
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[17] = "8.0,abc,0,0,-70,20"
    lines[18] = "8.5,100,0,0,,20"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = fit(t, "--fit", "made.csv")
    assert done.stderr == ('sim-stub: made.csv:18: east_m is "abc", not a number from -1000000000 to 1000000000; the row '
                           "is left out\n")
    assert "Of 400 rows 398 were used." in done.stdout
    assert "1 left out: with a mistake in them" in done.stdout and "1 left out: without a strength" in done.stdout


if __name__ == "__main__":
    uavtest.run()
