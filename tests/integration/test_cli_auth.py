"""uav-drone where not everybody is let in: secrets, certificates, TLS, and what people are told
when any of it does not fit."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from certificates import DAY, Authority  # noqa: E402
from scene import IDEAL, ready  # noqa: E402

DONE, TROUBLE, UNCONNECTED, REFUSED, UNDELIVERED, TIMED_OUT = range(6)
SECRETS = {"uav1": "secret-of-the-first-drone", "uav2": "secret-of-the-second-drone"}
SWARM = {f"swarm-{number:03}": f"secret-of-swarm-{number:03}" for number in range(1, 41)}
NAME = "gateway.test"


def address_of(gateway):
    return gateway.at if isinstance(gateway.at, str) else "%s:%d" % gateway.at


def command(t, gateway, *arguments):
    return [t.binary("uav-drone"), *map(str, arguments), "--gateway", address_of(gateway)]


def run(t, gateway, *arguments, secret=None):
    """(exit code, stdout, stderr) of uav-drone; `secret`: its UAV_SECRET. None of the secrets
    is ever told."""
    environment = {key: value for key, value in os.environ.items() if key != "UAV_SECRET"}
    if secret is not None:
        environment["UAV_SECRET"] = secret
    done = subprocess.run(command(t, gateway, *arguments), env=environment,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=2 * uavtest.DEADLINE)
    out, err = done.stdout.decode(), done.stderr.decode()
    assert "secret-of" not in out + err, (out, err)
    return done.returncode, out, err


def write_secrets(path, secrets, mode=0o600):
    """A file of {id: secret}, or of one secret alone."""
    if isinstance(secrets, dict):
        secrets = "".join(f"{drone_id} {secret}\n" for drone_id, secret in secrets.items())
    path.write_text(secrets, encoding="utf-8")
    path.chmod(mode)
    return path


def guarded(t, secrets=SECRETS, **auth):
    """A gateway that asks for secrets."""
    path = write_secrets(t.folder / "gateway.secrets", secrets)
    keys = {"mode": "secret", "secrets_file": path, "delay_ms": 0, **auth}
    return ready(t, scenarios={"field": IDEAL}, auth=keys)


def secured(t, ca, mode="none", mutual=False, **sections):
    """A gateway that speaks TLS; `mutual`: to those alone that have a certificate."""
    identity = ca.issue(NAME, dns=[NAME], ip=["127.0.0.1"])
    keys = {"tls_cert": identity.cert, "tls_key": identity.key}
    if mutual or mode == "tls":
        keys["tls_ca"] = ca.cert
    return ready(t, scenarios={"field": IDEAL}, auth={"mode": mode, "delay_ms": 0},
                 **{"listen:drones": keys}, **sections)


def shown(ca, identity=None):
    """The options of a drone that trusts `ca` and shows `identity`."""
    options = ["--tls-ca", ca.cert]
    return options + (["--tls-cert", identity.cert, "--tls-key", identity.key] if identity else [])


def certificates_by_id(folder, ca, ids):
    """Certificates under names that the ids give; the options that find them."""
    for drone_id in ids:
        identity = ca.issue(drone_id)
        identity.cert.rename(folder / f"{drone_id}.pem")
        identity.key.rename(folder / f"{drone_id}.private")
    return ["--tls-ca", ca.cert, "--tls-cert", folder / "{id}.pem", "--tls-key",
            folder / "{id}.private"]


class Listener:
    """`uav-drone listen --json`, read while it runs."""

    def __init__(self, t, gateway, *arguments, exit_codes=(0,)):
        self.path = t.folder / f"listen{len(t.programs)}"
        with open(self.path, "wb") as out:
            self.program = t.program(*command(t, gateway, "listen", "--scenario", "field", "--json",
                                              *arguments), stdout=out, exit_codes=exit_codes)
        self.wait(1, event="joined")

    def told(self, **fields):
        text = self.path.read_text(encoding="utf-8")
        objects = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
        return [one for one in objects if fields.items() <= one.items()]

    def wait(self, count, **fields):
        uavtest.wait_until(lambda: len(self.told(**fields)) >= count)
        return self.told(**fields)


# ------------------------------------------------------------------- secrets


def test_a_secret_lets_in(t):
    gateway = guarded(t)
    alone = write_secrets(t.folder / "alone", SECRETS["uav1"] + "\n")
    both = write_secrets(t.folder / "both", SECRETS)
    assert run(t, gateway, "who", "--id", "uav1", "--secret-file", alone)[0] == DONE
    assert run(t, gateway, "who", "--id", "uav2", "--secret-file", both)[0] == DONE
    assert run(t, gateway, "who", "--id", "uav2", secret=SECRETS["uav2"])[0] == DONE
    # the file goes before the environment
    code, _, _ = run(t, gateway, "who", "--id", "uav1", "--secret-file", alone, secret="x" * 20)
    assert code == DONE
    ear = Listener(t, gateway, "--id", "uav2", "--secret-file", both, "--count", 1)
    code, _, err = run(t, gateway, "send", "--id", "uav1", "--scenario", "field", "--to", "uav2",
                       "--payload", "hello", "--secret-file", both)
    assert code == DONE, err
    assert ear.program.wait() == DONE
    assert ear.told(event="delivery")[0]["sender"] == "uav1"


def test_a_secret_may_come_through_a_pipe(t):
    gateway = guarded(t)
    reader, writer = os.pipe()
    os.write(writer, SECRETS["uav1"].encode())
    os.close(writer)
    done = subprocess.run(command(t, gateway, "who", "--id", "uav1", "--secret-file",
                                  f"/dev/fd/{reader}"), pass_fds=[reader], capture_output=True,
                          timeout=uavtest.DEADLINE)
    os.close(reader)
    assert done.returncode == DONE, done.stderr


def test_who_is_not_let_in_is_told_why(t):
    gateway = guarded(t)
    wrong = run(t, gateway, "who", "--id", "uav1", secret="no-secret-of-uav1")
    unknown = run(t, gateway, "who", "--id", "uav9", secret="no-secret-of-uav9")
    assert wrong == unknown, "they look alike"
    code, out, err = wrong
    assert (code, out) == (REFUSED, "")
    assert "AUTH_FAILED" in err and "--secret-file" in err and err.count("\n") == 1, err
    code, _, err = run(t, gateway, "who", "--id", "uav1")
    assert code == REFUSED and "asks for the secret of uav1" in err and "--secret-file" in err, err
    code, _, err = run(t, gateway, "swarm", "--scenario", "field", "--count", 3)
    assert code == REFUSED and "asks for the secret of swarm-001" in err, err


def test_what_is_wrong_with_a_file_is_told_before_anything_is_sent(t):
    gateway = guarded(t)
    path = write_secrets(t.folder / "one", {"uav1": SECRETS["uav1"]})
    code, _, err = run(t, gateway, "who", "--id", "uav2", "--secret-file", path)
    assert code == TROUBLE and "no secret for uav2" in err and "--id uav1" in err, err
    path.chmod(0o644)
    code, _, err = run(t, gateway, "who", "--id", "uav1", "--secret-file", path)
    assert code == TROUBLE and f"{path}: " in err and "chmod 600" in err, err
    code, _, err = run(t, gateway, "who", "--secret-file", t.folder / "none")
    assert code == TROUBLE and "No such file" in err, err
    code, _, err = run(t, gateway, "who", secret="short")
    assert code == TROUBLE and "UAV_SECRET" in err, err
    write_secrets(t.folder / "some", dict(list(SWARM.items())[:2]))
    code, _, err = run(t, gateway, "swarm", "--scenario", "field", "--count", 3, "--secret-file",
                       t.folder / "some")
    assert code == TROUBLE and "no secret for swarm-003" in err, err
    gateway.stop()
    assert "auth_failed" not in gateway.log() and "swarm-001" not in gateway.log()


def test_a_banned_one_is_told_for_how_long(t):
    gateway = guarded(t, max_failures=2, ban_ms=300000)
    for _ in range(2):
        code, _, err = run(t, gateway, "who", "--id", "uav1", secret="no-secret-of-uav1")
    code, _, err = run(t, gateway, "who", "--id", "uav1", secret=SECRETS["uav1"])
    assert code == REFUSED and "BANNED" in err, err
    seconds = float(re.search(r"try again after ([0-9.]+) s", err).group(1))
    assert 200 < seconds <= 300, err


def test_a_swarm_with_secrets(t):
    gateway = guarded(t, SWARM)
    path = write_secrets(t.folder / "all", SWARM)
    flight = ["swarm", "--scenario", "field", "--count", len(SWARM), "--rate", 5, "--duration", 2,
              "--lockstep", "--json", "--secret-file", path]
    code, out, err = run(t, gateway, *flight)
    assert code == DONE and err.count("uav-drone") == 0, err
    table = json.loads(out)
    assert table["accounts_close"] and table["sent"] == 10 * len(SWARM), table
    write_secrets(path, {**SWARM, "swarm-007": "no-secret-of-swarm-007"})
    code, out, err = run(t, gateway, *flight)
    assert (code, out) == (REFUSED, "") and "swarm-007" in err and "AUTH_FAILED" in err, err


# ----------------------------------------------------------------------- TLS


def test_tls_lets_in(t):
    ca = Authority(t.folder)
    gateway = secured(t, ca)
    assert run(t, gateway, "who", *shown(ca))[0] == DONE
    assert run(t, gateway, "who", *shown(ca), "--tls-name", NAME)[0] == DONE
    ear = Listener(t, gateway, "--id", "ear", *shown(ca), "--count", 60)
    payload = t.folder / "payload"
    payload.write_bytes(bytes(range(256)) * 240)  # several records each
    code, out, err = run(t, gateway, "send", "--scenario", "field", "--to", "ear", "--file",
                         payload, "--count", 60, "--json", *shown(ca))
    outcomes = [json.loads(line)["outcome"] for line in out.splitlines()]
    assert code == DONE and outcomes == 60 * ["DELIVERED"], (outcomes, err)
    assert ear.program.wait() == DONE
    deliveries = ear.told(event="delivery")
    whole = base64.b64encode(payload.read_bytes()).decode()
    assert [one["payload_base64"] for one in deliveries] == 60 * [whole]


def send_while_stopped(t, gateway, ca, program, target, count):
    """Messages, each a record of its own, that are there together when the program goes on."""
    program.process.send_signal(signal.SIGSTOP)
    for _ in range(count):
        code, _, err = run(t, gateway, "send", "--scenario", "field", "--to", target, "--payload",
                           "x", *shown(ca))
        assert code == DONE, err
    program.process.send_signal(signal.SIGCONT)


def test_what_comes_in_one_piece_is_read_at_once(t):
    """Of records that are read from the socket together it does not tell again."""
    ca = Authority(t.folder)
    # nothing else comes that would have the socket looked at
    gateway = secured(t, ca, presence={"interval_ms": 60000},
                      sessions={"ping_interval_ms": 0, "idle_timeout_ms": 3600000})
    ear = Listener(t, gateway, "--id", "ear", *shown(ca))
    send_while_stopped(t, gateway, ca, ear.program, "ear", 3)
    ear.wait(3, event="delivery")
    ear.program.stop()
    # each round waits for all that was said in it
    rounds = t.program(*command(t, gateway, "swarm", "--scenario", "field", "--count", 8, "--to",
                                "everyone", "--rate", 20, "--duration", 30, "--lockstep",
                                "--timeout", 4, *shown(ca)))
    while rounds.process.poll() is None:
        rounds.process.send_signal(signal.SIGSTOP)
        time.sleep(0.01)  # time for the gateway to say more than one thing
        rounds.process.send_signal(signal.SIGCONT)
        time.sleep(0.02)
    assert rounds.wait() == DONE, rounds.log()


def test_a_gateway_that_is_another_is_not_spoken_with(t):
    ca, other = Authority(t.folder), Authority(t.folder, "other")
    gateway = secured(t, ca)
    for options, about in ((shown(other), "not accepted"),
                           ([*shown(ca), "--tls-name", "elsewhere.test"],
                            "not for elsewhere.test")):
        code, out, err = run(t, gateway, "who", *options)
        assert (code, out) == (UNCONNECTED, ""), err
        assert "cannot connect to" in err and about in err and "--tls-name" in err, err
    code, _, err = run(t, gateway, "swarm", "--scenario", "field", "--count", 2, *shown(other))
    assert code == UNCONNECTED and "swarm-001: cannot connect to" in err, err
    assert "not accepted" in err, err


def test_tls_on_one_side_alone(t):
    ca = Authority(t.folder)
    secure, plain = secured(t, ca), ready(t, scenarios={"field": IDEAL})
    for arguments in (["who"], ["swarm", "--scenario", "field", "--count", 2]):
        code, _, err = run(t, secure, *arguments)
        assert code == UNCONNECTED and "TLS" in err and "--tls-ca FILE" in err, err
        code, _, err = run(t, plain, *arguments, *shown(ca))
        assert code == UNCONNECTED and "does not speak TLS" in err and "--tls-ca" in err, err


def test_a_certificate_lets_in(t):
    ca = Authority(t.folder)
    gateway = secured(t, ca, "tls")
    own = ca.issue("uav1")
    code, _, err = run(t, gateway, "who", "--id", "uav1", *shown(ca, own))
    assert code == DONE, err
    code, _, err = run(t, gateway, "who", "--id", "uav2", *shown(ca, own))
    assert code == REFUSED and "AUTH_FAILED" in err and "--tls-cert" in err, err


def test_certificates_that_are_not_taken(t):
    ca, other = Authority(t.folder), Authority(t.folder, "other")
    gateway = secured(t, ca, mutual=True)
    foreign = other.issue("uav1")
    for options in (shown(ca), shown(ca, foreign)):
        for arguments in (["who"], ["swarm", "--scenario", "field", "--count", 2]):
            code, _, err = run(t, gateway, *arguments, *options)
            assert code == UNCONNECTED, err
            assert "the other side refuses" in err and "--tls-cert" in err, err
    # what this side can see is told before anything is sent
    late, mixed = ca.issue("uav1", begins=-2 * DAY, ends=-DAY), ca.issue("uav1")
    mixed.key = foreign.key
    for identity, about in ((late, "expired"), (mixed, "not the key of")):
        code, _, err = run(t, gateway, "who", *shown(ca, identity))
        assert code == TROUBLE and about in err, err
    code, _, err = run(t, gateway, "who", "--tls-ca", t.folder / "none")
    assert code == TROUBLE and "No such file" in err, err


def test_a_swarm_with_certificates(t):
    ca = Authority(t.folder)
    gateway = secured(t, ca, "tls")
    ids = [f"swarm-{number:03}" for number in range(1, 9)]
    options = certificates_by_id(t.folder, ca, ids)
    flight = ["swarm", "--scenario", "field", "--rate", 10, "--duration", 1, "--json", *options]
    # in lockstep, and by the clock with messages of several records to everyone
    for how in (["--lockstep"], ["--size", 40000, "--to", "everyone", "--rate", 5]):
        code, out, err = run(t, gateway, *flight, "--count", len(ids), *how)
        table = json.loads(out)
        assert code == DONE and table["accounts_close"], (err, table)
        assert table["outcomes"] == {"DELIVERED": table["targets"]} and table["received"], table
    code, _, err = run(t, gateway, *flight, "--count", len(ids) + 1)
    assert code == TROUBLE and "swarm-009.pem" in err, err
    (t.folder / "swarm-003.pem").rename(t.folder / "swarm-009.pem")
    (t.folder / "swarm-003.private").rename(t.folder / "swarm-009.private")
    code, _, err = run(t, gateway, "who", "--id", "swarm-009", *options)
    assert code == REFUSED and "AUTH_FAILED" in err, err


def test_tls_at_a_unix_socket(t):
    ca = Authority(t.folder)
    identity, path = ca.issue(NAME, dns=[NAME]), f"{t.folder}/drones"
    gateway = ready(t, scenarios={"field": IDEAL}, **{"listen:local": {
        "address": f"unix:{path}", "tls_cert": identity.cert, "tls_key": identity.key}})
    gateway.at = f"unix:{path}"
    code, _, err = run(t, gateway, "who", *shown(ca))
    assert code == TROUBLE and "--tls-name" in err, err
    code, _, err = run(t, gateway, "who", *shown(ca), "--tls-name", NAME)
    assert code == DONE, err


def test_a_gateway_that_ends_says_when_to_come_again(t):
    ca = Authority(t.folder)
    gateway = secured(t, ca)
    ear = Listener(t, gateway, *shown(ca), exit_codes=(REFUSED,))
    gateway.process.send_signal(signal.SIGTERM)
    assert ear.program.wait() == REFUSED
    (goodbye,) = ear.told(event="goodbye")
    assert goodbye["reason"] == "SHUTTING_DOWN", goodbye
    assert goodbye["retry_after_ms"] > 0 and "try again after" in ear.program.log(), goodbye


if __name__ == "__main__":
    uavtest.run()
