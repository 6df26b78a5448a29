"""[auth] mode = secret: who is let in, who is not, and how the list of them changes."""

import hashlib
import hmac
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from scene import (  # noqa: E402
    IDEAL, Presence, ask_in, barrier, bodies, change_file, drone_from, error_of, goodbye_of,
    outcome_of, ready, reload, told, turned_away,
)

NOBODY = "PRESENCE_WISH_NONE"
ELSEWHERE = "127.0.0.2"
BAN_MS = 200_000

SECRETS = {"uav1": "secret-of-uav1-0123456789", "uav2": "secret-of-uav2-0123456789",
           "uav3": "x" * 16, "uav4": "".join(map(chr, range(33, 127)))}


def write_secrets(path, *lines, mode=0o600, **secrets):
    """`lines` as they stand, then a line for each secrets={id: secret}. Nobody reads half of it."""
    whole = path.with_suffix(".new")
    whole.write_text("".join(f"{line}\n" for line in lines)
                     + "".join(f"{drone} {secret}\n" for drone, secret in secrets.items()))
    whole.chmod(mode)
    whole.replace(path)


def guarded(t, *lines, auth=None, secrets=None, **options):
    """A gateway that asks for secrets. Its file of them is in `.secrets`."""
    path = t.folder / "drones.secrets"
    write_secrets(path, *lines, **(SECRETS if secrets is None else secrets))
    gateway = ready(t, scenarios={"field": dict(IDEAL), "range": dict(IDEAL)}, **options,
                    auth={"mode": "secret", "secrets_file": path.name, "delay_ms": 0, **(auth or {})})
    gateway.secrets = path
    return gateway


def proof_of(secret, nonce, drone_id):
    return hmac.new(secret.encode(), nonce + drone_id.encode(), hashlib.sha256).digest()


def challenged(drone, drone_id, **registration):
    """Asks for the id; the nonce that it is to prove it with."""
    drone.drone_id = drone_id
    reply = ask_in(drone, drone_id=drone_id, **registration)
    assert reply.HasField("challenge"), reply
    assert len(reply.challenge.nonce) == 32
    return reply.challenge.nonce


def answer(drone, proof):
    """The reply to it."""
    return drone.request(authenticate={"proof": proof})


def enter(t, gateway, drone_id, secret=None, host=uavtest.HOST, **registration):
    """A drone that is let in."""
    drone = drone_from(t, gateway, host)
    nonce = challenged(drone, drone_id, **registration)
    reply = answer(drone, proof_of(secret or SECRETS[drone_id], nonce, drone_id))
    assert reply.HasField("welcome") and reply.welcome.drone_id == drone_id, reply
    if registration.get("scenario"):
        chosen = drone.reply_to(reply.ref)
        assert chosen.scenario_chosen.scenario.name == registration["scenario"], chosen
    return drone


def not_let_in(drone, reply):
    """What it was told, to the closed connection."""
    assert error_of(reply) == "AUTH_FAILED", reply
    assert goodbye_of(drone) == "AUTH_FAILED"
    (goodbye,) = [event.goodbye for event in drone.events if event.HasField("goodbye")]
    return reply.error.message, goodbye.message


def fail(t, gateway, drone_id, host=uavtest.HOST):
    """One try that is no good."""
    drone = drone_from(t, gateway, host)
    nonce = challenged(drone, drone_id)
    return not_let_in(drone, answer(drone, proof_of("not-the-secret-of-it", nonce, drone_id)))


def says_no_secret(program, *others):
    log = program if isinstance(program, str) else program.log()
    for secret in [*SECRETS.values(), *others]:
        assert secret not in log, log


def run(t, *arguments, stdout=subprocess.PIPE):
    """(exit code, stdout, stderr) of uav-gateway."""
    done = subprocess.run(
        [t.binary("uav-gateway"), *map(str, arguments)], stdin=subprocess.DEVNULL,
        stdout=stdout, stderr=subprocess.PIPE, timeout=uavtest.DEADLINE)
    return done.returncode, (done.stdout or b"").decode(), done.stderr.decode()


# ------------------------------------------------------------------- let in or not


def test_the_right_secret(t):
    """The answer to the challenge is answered as a registration is without one."""
    gateway = guarded(t)
    assert gateway.wait_event("secrets_loaded")["drones"] == "4"
    watcher = enter(t, gateway, "uav3")
    presence = Presence(watcher)
    one = t.drone(gateway)
    one.send(ref=70, registration={"protocol": 1, "drone_id": "uav1", "callsign": "Möwe",
                                   "scenario": "field", "presence": NOBODY})
    nonce = one.reply_to(70).challenge.nonce
    one.send(ref=71, authenticate={"proof": proof_of(SECRETS["uav1"], nonce, "uav1")})
    welcome = one.reply_to(71).welcome
    assert (welcome.drone_id, welcome.callsign, welcome.online) == ("uav1", "Möwe", 2)
    assert one.reply_to(71).scenario_chosen.scenario.name == "field"
    presence.wait("uav1", "ONLINE")
    two = enter(t, gateway, "uav4", scenario="field", presence=NOBODY)
    assert outcome_of(one.tell("uav4", b"x")) == "DELIVERED"
    assert two.wait_for("delivery").delivery.payload == b"x"
    says_no_secret(gateway)


def test_answers_that_are_no_good(t):
    """Each is told AUTH_FAILED and closed, and who is not in the file is told the same."""
    gateway = guarded(t)
    old = t.drone(gateway)
    old_nonce = challenged(old, "uav1")
    right = lambda nonce: proof_of(SECRETS["uav1"], nonce, "uav1")  # noqa: E731
    heard = set()
    for what, drone_id, proof in (
        ("another's secret", "uav1", lambda nonce: proof_of(SECRETS["uav2"], nonce, "uav1")),
        ("nobody's secret", "uav1", lambda nonce: proof_of("0" * 16, nonce, "uav1")),
        ("no secret at all", "uav1", lambda nonce: proof_of("", nonce, "uav1")),
        ("not in the file", "uav9", lambda nonce: proof_of(SECRETS["uav1"], nonce, "uav9")),
        ("nearly in the file", "UAV1", lambda nonce: proof_of(SECRETS["uav1"], nonce, "UAV1")),
        ("another's proof", "uav1", lambda nonce: proof_of(SECRETS["uav2"], nonce, "uav2")),
        ("its own for another", "uav2", right),
        ("of another connection", "uav1", lambda nonce: right(old_nonce)),
        ("without the id", "uav1", lambda nonce: proof_of(SECRETS["uav1"], nonce, "")),
        ("the nonce itself", "uav1", lambda nonce: nonce),
        ("a byte short", "uav1", lambda nonce: right(nonce)[:-1]),
        ("a byte long", "uav1", lambda nonce: right(nonce) + b"\0"),
        ("the last bit", "uav1", lambda nonce: right(nonce)[:-1] + bytes([right(nonce)[-1] ^ 1])),
        ("nothing", "uav1", lambda nonce: b""),
        ("in words", "uav1", lambda nonce: right(nonce).hex().encode()),
        ("the secret itself", "uav1", lambda nonce: SECRETS["uav1"].encode()),
    ):
        drone = t.drone(gateway)
        try:
            heard.add(not_let_in(drone, answer(drone, proof(challenged(drone, drone_id)))))
        except AssertionError as wrong:
            raise AssertionError(what) from wrong
    assert len(heard) == 1, heard
    assert answer(old, right(old_nonce)).HasField("welcome"), "it is not disturbed by all this"
    says_no_secret(gateway)


def test_a_proof_is_for_once(t):
    """What was heard on the way is of no use: another nonce each time, on the same
    connection, too."""
    gateway = guarded(t)
    drone = t.drone(gateway)
    first = challenged(drone, "uav1")
    heard = proof_of(SECRETS["uav1"], first, "uav1")
    second = challenged(drone, "uav1")
    assert first != second
    not_let_in(drone, answer(drone, heard))
    drone = t.drone(gateway)
    third = challenged(drone, "uav1")
    assert third not in (first, second)
    assert answer(drone, proof_of(SECRETS["uav1"], third, "uav1")).HasField("welcome")
    reply = answer(drone, proof_of(SECRETS["uav1"], third, "uav1"))
    assert error_of(reply) == "ALREADY_REGISTERED"
    barrier(drone)


def test_another_id_while_it_is_asked(t):
    """The challenge is for the id that was last asked for."""
    gateway = guarded(t)
    drone = t.drone(gateway)
    nonce = challenged(drone, "uav1")
    challenged(drone, "uav2")
    not_let_in(drone, answer(drone, proof_of(SECRETS["uav1"], nonce, "uav1")))
    drone = t.drone(gateway)
    challenged(drone, "uav1")
    other = challenged(drone, "uav2")
    reply = answer(drone, proof_of(SECRETS["uav2"], other, "uav2"))
    assert reply.welcome.drone_id == "uav2", reply


def test_nothing_else_before_it_is_proved(t):
    gateway = guarded(t)
    watcher = enter(t, gateway, "uav3")
    for request in ({"list_drones": {}}, {"send": {"everyone": {}, "payload": b"x"}},
                    {"choose_scenario": {"name": "field"}}, {"authenticate": {"proof": b"x" * 32}}):
        drone = t.drone(gateway)
        if "authenticate" not in request:
            challenged(drone, "uav1")
        assert error_of(drone.request(**request)) == "NOT_REGISTERED", request
        assert goodbye_of(drone) == "PROTOCOL_ERROR", request
    barrier(watcher)
    assert bodies(watcher) == [], "nobody was here"
    assert watcher.request(list_drones={}).drones.entries[0].drone_id == "uav3"


def test_a_failure_takes_its_time(t):
    gateway = guarded(t, auth={"delay_ms": 400})
    drone = t.drone(gateway)
    nonce = challenged(drone, "uav1")
    before = time.monotonic()
    reply = answer(drone, proof_of("0" * 16, nonce, "uav1"))
    assert time.monotonic() - before >= 0.39
    not_let_in(drone, reply)
    enter(t, gateway, "uav1")


# ------------------------------------------------------------------------ scenarios


def test_scenarios_of_the_credential_and_of_the_scenario(t):
    gateway = guarded(t, f"uav1 {SECRETS['uav1']} field", f"uav2 {SECRETS['uav2']} other, r*",
                      secrets={"uav3": SECRETS["uav3"]},
                      **{"scenario:field": {**IDEAL, "allow": "uav[12]"}})
    one, two, three = (enter(t, gateway, f"uav{n}", presence=NOBODY) for n in (1, 2, 3))
    for drone, may in ((one, ["field"]), (two, ["range"]), (three, ["range"])):
        for name in ("field", "range"):
            reply = drone.request(choose_scenario={"name": name})
            if name in may:
                assert reply.scenario_chosen.scenario.name == name, (drone.drone_id, reply)
            else:
                assert error_of(reply) == "SCENARIO_NOT_ALLOWED", (drone.drone_id, reply)
    again = t.drone(gateway)
    nonce = challenged(again, "uav2", scenario="field")
    reply = answer(again, proof_of(SECRETS["uav2"], nonce, "uav2"))
    assert reply.HasField("welcome"), "it may be here, but not there"
    assert error_of(again.reply_to(reply.ref)) == "SCENARIO_NOT_ALLOWED"


# ----------------------------------------------------------------------------- bans


def test_who_fails_too_often_is_banned(t):
    """That id from that host, even with the right secret; nobody else."""
    gateway = guarded(t, auth={"max_failures": 3, "ban_ms": BAN_MS})
    holder = enter(t, gateway, "uav1")
    for _ in range(3):
        fail(t, gateway, "uav1", ELSEWHERE)
    retry_ms = turned_away(drone_from(t, gateway, ELSEWHERE), "uav1")
    assert BAN_MS / 2 < retry_ms <= BAN_MS
    assert gateway.wait_event("banned")["drone"] == "uav1"
    enter(t, gateway, "uav2", host=ELSEWHERE)
    barrier(holder)
    assert bodies(holder) == []
    enter(t, gateway, "uav1")
    assert goodbye_of(holder) == "TAKEN_OVER", "from its own host it may"
    for _ in range(3):
        fail(t, gateway, "uav9", ELSEWHERE)
    turned_away(drone_from(t, gateway, ELSEWHERE), "uav9")


def test_a_ban_ends(t):
    gateway = guarded(t, auth={"max_failures": 2, "ban_ms": 3000})
    for _ in range(2):
        fail(t, gateway, "uav1")
    retry_ms = turned_away(t.drone(gateway), "uav1")
    heard = time.monotonic()
    assert 0 < retry_ms <= 3000
    while (left := heard + retry_ms / 1000 - time.monotonic()) > 0:
        time.sleep(left)
    enter(t, gateway, "uav1")


def test_no_bans_when_they_are_off(t):
    gateway = guarded(t, auth={"max_failures": 0})
    for _ in range(30):
        fail(t, gateway, "uav1")
    enter(t, gateway, "uav1")


# ------------------------------------------------------------------------ take-over


def test_the_secret_takes_over_at_once_from_anywhere(t):
    """The holder is not asked, though it would answer."""
    gateway = guarded(t, sessions={"takeover_ms": 20000})
    old = enter(t, gateway, "uav1")
    new = enter(t, gateway, "uav1", host=ELSEWHERE)
    assert goodbye_of(old) == "TAKEN_OVER"
    assert "ping" not in bodies(old)
    barrier(new)


def test_an_impostor_does_not_disturb_the_holder(t):
    gateway = guarded(t)
    holder = enter(t, gateway, "uav1", scenario="field", presence=NOBODY)
    for host in (uavtest.HOST, ELSEWHERE):
        asking = drone_from(t, gateway, host)
        challenged(asking, "uav1")
        fail(t, gateway, "uav1", host)
    barrier(holder)
    assert bodies(holder) == []
    other = enter(t, gateway, "uav2", scenario="field", presence=NOBODY)
    assert outcome_of(other.tell("uav1", b"x")) == "DELIVERED"


# -------------------------------------------------------------------------- the file


def test_files_that_let_nobody_in(t):
    """Told with file and line, at --check and at the start: exit code 1, and no secret told."""
    path, ini = t.folder / "drones.secrets", t.folder / "gateway.ini"
    uavtest.write_ini(ini, {"auth": {"mode": "secret", "secrets_file": path.name},
                            "listen:drones": {"address": "127.0.0.1:0"}})
    for lines, mode, where, words in (
        ([], 0o644, "", ["mode 0644", "chmod 600"]),
        ([], 0o660, "", ["mode 0660", "chmod 600"]),
        (["uav1"], 0o600, ":1", ["no secret"]),
        (["# x", "uav9 " + "0" * 15], 0o600, ":2", ["16 to 128"]),
        (["uav1 " + "0" * 16], 0o600, ":2", ["on line 1"]),
        (["uav9 " + "0" * 16 + " # mine"], 0o600, ":1", ["comment"]),
        (["uav/9 " + "0" * 16], 0o600, ":1", ["drone_id"]),
    ):
        write_secrets(path, *lines, mode=mode, **SECRETS)
        for arguments in (["--check"], []):
            code, out, err = run(t, "-c", ini, *arguments)
            assert (code, out) == (1, "") and err.startswith(f"{path}{where}: "), (code, out, err)
            assert all(word in err for word in words), (words, err)
            says_no_secret(err)
    write_secrets(path, **SECRETS)
    code, out, err = run(t, "-c", ini, "--check")
    assert (code, err) == (0, "") and "4 drones" in out, (code, out, err)
    path.unlink()
    code, out, err = run(t, "-c", ini, "--check")
    assert code == 1 and str(path) in err and "--add-drone" in err, err


def test_a_file_that_the_mode_has_no_use_for(t):
    """Broken or not there: it is left alone, and not counted."""
    path, ini = t.folder / "drones.secrets", t.folder / "gateway.ini"
    uavtest.write_ini(ini, {"auth": {"mode": "none", "secrets_file": path.name},
                            "listen:drones": {"address": "127.0.0.1:0"}})
    write_secrets(path, "broken", mode=0o644)
    for _ in range(2):
        code, out, err = run(t, "-c", ini, "--check")
        assert (code, err) == (0, "") and path.name not in out, (code, out, err)
        path.unlink(missing_ok=True)
    gateway = t.program(t.binary("uav-gateway"), "-c", ini)
    gateway.at = gateway.address()
    t.drone(gateway, "uav1")
    assert not told([uavtest.parse_logfmt(line) for line in gateway.lines], "secrets_loaded")


def test_a_broken_file_refuses_the_whole_reload(t):
    """Line and words are told, and those of before go on, whatever else is in the reload."""
    gateway = guarded(t)
    staying = enter(t, gateway, "uav1", scenario="field", presence=NOBODY)
    for lines, mode, line, words in (
        (["uav5 " + "5" * 16, "uav6"], 0o600, "2", "no secret"),
        ([], 0o644, None, "chmod 600"),
    ):
        write_secrets(gateway.secrets, *lines, mode=mode, uav2=SECRETS["uav2"])
        change_file(gateway, **{"scenario:new": IDEAL})
        logged = reload(gateway, "reload_refused")
        (mistake,) = told(logged, "reload_mistake")
        assert (mistake["file"], mistake.get("line")) == (str(gateway.secrets), line), mistake
        assert words in mistake["why"], mistake
        assert not told(logged, "config_changed") and not told(logged, "secrets_loaded")
    barrier(staying)
    assert bodies(staying) == []
    names = {one.name for one in staying.request(list_scenarios={}).scenarios.entries}
    assert names == {"field", "range"}
    enter(t, gateway, "uav3")
    fail(t, gateway, "uav5")
    gateway.secrets.unlink()
    assert told(reload(gateway, "reload_refused"), "reload_mistake")[0]["file"] == str(gateway.secrets)
    enter(t, gateway, "uav4")
    says_no_secret(gateway)


def test_added_and_removed_while_drones_fly(t):
    """--add-drone, then a reload, lets one in; --remove-drone, then a reload, sends it away."""
    gateway = guarded(t)
    staying = enter(t, gateway, "uav1", presence=NOBODY)
    code, out, err = run(t, "-c", gateway.path, "--add-drone", "uav5", "--scenarios", "range, x-*")
    drone_id, secret = out.split()
    assert (code, drone_id, len(secret)) == (0, "uav5", 64) and out.endswith("\n")
    assert "SIGHUP" in err and secret not in err
    assert gateway.secrets.read_text().endswith(f"\nuav5 {secret} range, x-*\n")
    assert gateway.secrets.stat().st_mode & 0o777 == 0o600
    early = t.drone(gateway)
    not_let_in(early, answer(early, proof_of(secret, challenged(early, "uav5"), "uav5")))
    assert told(reload(gateway), "secrets_loaded")[0]["drones"] == "5"
    five = enter(t, gateway, "uav5", secret, scenario="range", presence=NOBODY)
    assert error_of(five.request(choose_scenario={"name": "field"})) == "SCENARIO_NOT_ALLOWED"
    code, out, err = run(t, "-c", gateway.path, "--remove-drone", "uav5")
    assert (code, out) == (0, "") and "SIGHUP" in err
    barrier(five)
    assert told(reload(gateway), "secrets_loaded")[0]["drones"] == "4"
    assert goodbye_of(five) == "KICKED"
    late = t.drone(gateway)
    not_let_in(late, answer(late, proof_of(secret, challenged(late, "uav5"), "uav5")))
    barrier(staying)
    assert bodies(staying) == []
    says_no_secret(gateway, secret)


def test_another_secret_or_other_scenarios(t):
    """Who came in by a secret that is another now is out; who may not be in its scenario any more
    leaves it; who is just about to answer needs the new one."""
    gateway = guarded(t)
    one, two, three = (enter(t, gateway, f"uav{n}", scenario="field", presence=NOBODY)
                       for n in (1, 2, 3))
    asking = t.drone(gateway)
    nonce = challenged(asking, "uav4")
    write_secrets(gateway.secrets, f"uav2 {SECRETS['uav2']} range", uav1="another-secret-of-it",
                  uav3=SECRETS["uav3"], uav4="another-secret-of-it")
    reload(gateway)
    assert goodbye_of(one) == "KICKED"
    chosen = two.wait_for("scenario_chosen")
    assert chosen.ref == 0 and not chosen.scenario_chosen.scenario.name, chosen
    assert two.request(choose_scenario={"name": "range"}).HasField("scenario_chosen")
    barrier(three)
    assert bodies(three) == []
    not_let_in(asking, answer(asking, proof_of(SECRETS["uav4"], nonce, "uav4")))
    enter(t, gateway, "uav4", "another-secret-of-it")


# -------------------------------------------------------------------- the command line


def test_a_file_is_made_for_the_first_drone(t):
    path, ini = t.folder / "drones.secrets", t.folder / "gateway.ini"
    uavtest.write_ini(ini, {"auth": {"mode": "secret", "secrets_file": path.name},
                            "listen:drones": {"address": "127.0.0.1:0"}})
    code, out, _ = run(t, "-c", ini, "--add-drone", "uav1")
    assert code == 0 and path.read_text() == out
    assert path.stat().st_mode & 0o777 == 0o600
    code, again, err = run(t, "-c", ini, "--add-drone", "uav1")
    assert (code, again) == (1, "") and "already" in err and out.split()[1] not in err
    code, _, err = run(t, "-c", ini, "--remove-drone", "uav2")
    assert code == 1 and '"uav2"' in err
    assert path.read_text() == out
    with open("/dev/full", "wb") as full:
        code, _, err = run(t, "-c", ini, "--add-drone", "uav2", stdout=full)
    assert code == 1 and "cannot be printed" in err
    assert path.read_text() == out, "nobody would know the secret"
    assert run(t, "-c", ini, "--remove-drone", "uav1")[0] == 0
    assert path.read_text() == ""
    assert sorted(os.listdir(t.folder)) == ["drones.secrets", "gateway.ini"]


def test_arguments(t):
    ini, path = t.folder / "gateway.ini", t.folder / "drones.secrets"
    keys = {"listen:drones": {"address": "127.0.0.1:0"}}
    uavtest.write_ini(ini, {**keys, "auth": {"secrets_file": path.name}})
    for arguments in (("--add-drone",), ("--add-drone", "no id"), ("--add-drone", ""),
                      ("--add-drone", "x" * 33), ("--add-drone", "uav1", "--scenarios", "a/b"),
                      ("--remove-drone", "uav1", "--scenarios", "a"), ("--scenarios", "a"),
                      ("--add-drone", "uav1", "--remove-drone", "uav2"),
                      ("--add-drone", "uav1", "--check")):
        code, out, err = run(t, "-c", ini, *arguments)
        assert (code, out) == (2, "") and "--help" in err, (arguments, code, err)
    assert run(t, "--add-drone", "uav1")[0] == 2
    assert not path.exists()
    code, _, err = run(t, "-c", ini, "--add-drone", "uav1")
    assert code == 0 and "mode = secret" in err, "it is not asked for yet"
    uavtest.write_ini(ini, keys)
    code, out, err = run(t, "-c", ini, "--add-drone", "uav1")
    assert (code, out) == (1, "") and "secrets_file" in err and err.startswith(f"{ini}: "), err


def test_a_listener_that_anybody_reaches_is_warned_of(t):
    """192.0.2.0/24 is nobody's (RFC 5737): it says so, and then cannot listen there."""
    ini = t.folder / "gateway.ini"
    uavtest.write_ini(ini, {"listen:drones": {"address": "127.0.0.1:0", "insecure": "yes"},
                            "listen:far": {"address": "192.0.2.1:7600", "insecure": "yes"}})
    gateway = t.program(t.binary("uav-gateway"), "-c", ini, exit_codes=(3,))
    assert gateway.wait() == 3
    warned = told([uavtest.parse_logfmt(line) for line in gateway.lines], "listener_insecure")
    assert [line["listener"] for line in warned] == ["far"], warned


if __name__ == "__main__":
    uavtest.run()
