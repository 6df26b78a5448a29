"""What scripts go by: ready files, keys that are set beside the configuration, waiting for others,
and uav-lab, which does all of that for a command."""

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402
from fake_simulator import FakeSimulator  # noqa: E402
from scene import IDEAL, ready, reserved_port  # noqa: E402
from terminal import Terminal  # noqa: E402

TIMED_OUT = 5
USAGE_ERROR, NOT_STARTED, NOT_ENDED = 120, 121, 122
LAB = uavtest.ROOT / "deploy/uav-lab"


def lines_of(path):
    """The lines of a ready file as {key: value}."""
    return dict(line.split(" ", 1) for line in path.read_text().splitlines())


def wait_file(path):
    uavtest.wait_until(path.exists)
    return lines_of(path)


def configuration(t, simulator, **scenarios):
    path = t.folder / "gateway.ini"
    uavtest.write_ini(path, {
        "listen:drones": {"address": "127.0.0.1:0"}, "listen:others": {"address": "127.0.0.1:0"},
        "simulator": {"address": "%s:%d" % simulator, "backoff_min_ms": 10, "backoff_max_ms": 50},
        **{f"scenario:{name}": IDEAL for name in scenarios or ["field"]}})
    return path


def start(t, *arguments, exit_codes=(0,)):
    return t.program(t.binary("uav-gateway"), *arguments, exit_codes=exit_codes)


# ---------------------------------------------------------------- ready files


def test_the_simulators_ready_file(t):
    path = t.folder / "ready"
    path.write_text("pid 1\nlisten nowhere\n")
    stub = t.program(t.binary("sim-stub"), "--listen", "127.0.0.1:0", "--ready-file", path)
    address = "%s:%d" % stub.address()
    assert wait_file(path) == {"pid": str(stub.pid), "listen": address}
    assert stub.stop() == 0
    assert not path.exists()


def test_an_old_one_is_gone_though_nothing_starts(t):
    old, wrong = t.folder / "ready", t.folder / "wrong.ini"
    wrong.write_text("[gateway]\nnmae = x\n")
    old.write_text("pid 1\n")
    assert start(t, "-c", wrong, "--ready-file", old, exit_codes=(1,)).wait() == 1
    assert not old.exists()
    (t.folder / "taken").write_text("mine\n")
    gateway = start(t, "-c", wrong, "--ready-file", t.folder / "taken", exit_codes=(3,))
    assert gateway.wait() == 3 and "left alone" in gateway.log(), gateway.log()
    stub = t.program(t.binary("sim-stub"), "--ready-file", t.folder / "taken", exit_codes=(1,))
    assert stub.wait() == 1 and "left alone" in stub.log()
    assert (t.folder / "taken").read_text() == "mine\n"


def test_one_in_use_is_left_alone(t):
    """A second one of either program, whether it could start or not, is refused and takes nothing
    away; once the first is gone, however that came, the place is free."""
    stub = t.simulator()
    for start_one, code in ((lambda path, codes: start(
                                t, "-c", configuration(t, stub.at), "--ready-file", path,
                                exit_codes=codes), 3),
                            (lambda path, codes: t.program(
                                t.binary("sim-stub"), "--listen", "127.0.0.1:0", "--ready-file", path,
                                exit_codes=codes), 1)):
        path = t.folder / f"ready{code}"
        first = start_one(path, (-signal.SIGKILL,))
        there = wait_file(path)
        second = start_one(path, (code,))
        assert second.wait() == code and "another process that runs has it" in second.log(), second.log()
        assert lines_of(path) == there
        first.process.kill()
        first.wait()
        third = start_one(path, (0,))
        uavtest.wait_until(lambda: path.exists() and lines_of(path)["pid"] == str(third.pid))
        assert third.stop() == 0 and not path.exists()


def test_ready_is_when_messages_pass(t):
    """It listens long before, and the file is not there: not while the simulator is away, and not
    while it has not answered for the scenarios."""
    simulator = FakeSimulator(t, refuse={"odd": "I do not like it"})
    simulator.greet = False
    path = t.folder / "ready"
    ini = configuration(t, simulator.at, field=1, odd=1)
    gateway = start(t, "-c", ini, "--ready-file", path)
    host, port = gateway.address(listener="drones")
    simulator.wait_connection(1)
    early = t.drone(None, at=(host, port))
    early.register("early")
    assert not path.exists()
    simulator.greet = True
    simulator.reset_connection()
    there = wait_file(path)
    assert there == {
        "pid": str(gateway.pid), "listen:drones": f"{host}:{port}",
        "listen:others": "%s:%d" % gateway.address(listener="others"),
        "scenario:field": "available", "scenario:odd": "refused"}, there
    gateway.wait_event("ready", scenarios=2, refused=1)
    # told once: who goes away later is no reason to take it back
    before = len(gateway.lines)
    simulator.reset_connection()
    gateway.wait_event("simulator_connected", start=before)
    assert path.exists()
    early.close()
    assert gateway.stop() == 0
    assert not path.exists()


def test_never_ready(t):
    with reserved_port() as port:
        path = t.folder / "ready"
        gateway = start(t, "-c", configuration(t, ("127.0.0.1", port)), "--ready-file", path)
        gateway.wait_event("listening", listener="others")
        assert gateway.stop() == 0
        gateway.wait_event("never_ready", simulator_links_down=1, scenarios_unanswered=1)
        assert not path.exists()


def test_a_folder_that_goes_away(t):
    """The gateway goes on; the log says why nobody is told."""
    folder = Path(tempfile.mkdtemp(prefix="uavtest."))
    simulator = FakeSimulator(t, greet=False)
    gateway = start(t, "-c", configuration(t, simulator.at), "--ready-file", folder / "ready")
    gateway.wait_event("listening", listener="others")
    folder.rmdir()
    simulator.greet = True
    simulator.wait_connection(1)
    simulator.reset_connection()
    gateway.wait_event("ready_file_failed")
    assert gateway.stop() == 0


# ---------------------------------------------------------------------- --set


def test_keys_are_kept_over_a_reload(t):
    stub = t.simulator()
    # the file's own is nobody's
    ini = configuration(t, ("127.0.0.1", 1))
    gateway = start(t, "-c", ini, "--set", "simulator.address=%s:%d" % stub.at,
                    "--set", "scenario:field.max_drones=3")
    gateway.wait_event("scenario_accepted", scenario="field")
    ini.write_text(ini.read_text().replace("max_drones = 100",
                                           "max_drones = 8\ndescription = new"))
    gateway.process.send_signal(signal.SIGHUP)
    gateway.wait_event("reloaded", changes=1)
    ini.write_text(ini.read_text().replace("[scenario:field]", "[scenario:meadow]"))
    before = len(gateway.lines)
    gateway.process.send_signal(signal.SIGHUP)
    gateway.wait_event("reload_mistake", start=before, file="--set scenario:field.max_drones")
    gateway.wait_event("reload_refused", start=before)


def gateway_says(t, *arguments):
    done = subprocess.run([t.binary("uav-gateway"), *map(str, arguments)], capture_output=True,
                          text=True, timeout=uavtest.DEADLINE, check=False)
    return done.returncode, done.stdout, done.stderr


def test_keys_are_checked_and_printed(t):
    ini = configuration(t, ("127.0.0.1", 1))
    code, out, err = gateway_says(t, "-c", ini, "--set", "limits.max_drones=3", "--print-config")
    assert (code, err) == (0, "") and "\nmax_drones = 3\n" in out
    code, out, err = gateway_says(t, "-c", ini, "--set", "listen:drone.address=127.0.0.1:0",
                                  "--set", "x", "--check")
    assert (code, out) == (1, "") and err.splitlines() == [
        "--set listen:drone.address: there is no [listen:drone]; did you mean [listen:drones]? "
        "there are [listen:drones], [listen:others]",
        "--set x: must be SECTION.KEY=VALUE, for example --set listen:drones.address=127.0.0.1:0"]
    code, _, err = gateway_says(t, "-c", ini, *["--set", "limits.max_drones=3"] * 65, "--check")
    assert code == 2 and "64" in err
    code, _, err = gateway_says(t, "-c", ini, "--check", "--ready-file", t.folder / "ready")
    assert code == 2 and "--ready-file" in err


# -------------------------------------------------------------------- waiting


def drone(t, gateway, *arguments, deadline=uavtest.DEADLINE, **environment):
    """(exit code, stdout, stderr) of uav-drone, which finds the gateway by itself."""
    at = getattr(gateway, "at", gateway)
    done = subprocess.run(
        [t.binary("uav-drone"), *map(str, arguments)], stdin=subprocess.DEVNULL,
        env={**os.environ, "UAV_GATEWAY": "%s:%d" % at, **environment}, capture_output=True,
        text=True, timeout=deadline, check=False)
    return done.returncode, done.stdout, done.stderr


def begin(t, gateway, *arguments):
    return subprocess.Popen(
        [t.binary("uav-drone"), *map(str, arguments)], stdin=subprocess.DEVNULL,
        env={**os.environ, "UAV_GATEWAY": "%s:%d" % gateway.at}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True)


def wait_online(t, gateway, drone_id):
    asking = t.drone(gateway, f"asks-{drone_id}")
    uavtest.wait_until(lambda: drone_id in [
        entry.drone_id for entry in asking.request(list_drones={}).drones.entries])


def test_sending_waits_for_who_is_to_hear(t):
    gateway = ready(t, scenarios={"field": IDEAL})
    for target in (("--to", "late"), ("--everyone",)):
        sending = begin(t, gateway, "send", "--scenario", "field", "--id", "sender", *target,
                        "--wait", "--payload", "hello")
        wait_online(t, gateway, "sender")
        # it is online, but elsewhere
        late = t.drone(gateway, "late")
        assert sending.poll() is None
        late.request(choose_scenario={"name": "field"})
        out, _ = sending.communicate(timeout=uavtest.DEADLINE)
        assert sending.returncode == 0 and "DELIVERED" in out, out
        late.close()
        uavtest.wait_until(lambda: drone(t, gateway, "who")[1].count("late") == 0)


def test_sending_waits_for_the_scenario(t):
    simulator = FakeSimulator(t, greet=False)
    gateway = t.gateway(simulator.at, {"field": IDEAL})
    t.drone(gateway, "there", scenario="field")
    code, _, err = drone(t, gateway, "send", "--scenario", "field", "--to", "there", "--payload", "x",
                         "--wait", "--timeout", "0.3")
    assert code == TIMED_OUT and "the scenario is not available" in err, err
    sending = begin(t, gateway, "send", "--scenario", "field", "--id", "sender", "--to", "there",
                    "--wait", "--payload", "x")
    wait_online(t, gateway, "sender")
    simulator.greet = True
    simulator.reset_connection()
    out, _ = sending.communicate(timeout=uavtest.DEADLINE)
    assert sending.returncode == 0 and "DELIVERED" in out, out


def test_waiting_ends(t):
    gateway = ready(t, scenarios={"field": IDEAL})
    t.drone(gateway, "elsewhere")
    code, out, err = drone(t, gateway, "send", "--scenario", "field", "--to", "elsewhere",
                           "--payload", "x", "--wait", "--timeout", "0.3")
    assert (code, out) == (TIMED_OUT, "") and "elsewhere is not in field" in err, err
    code, _, err = drone(t, gateway, "send", "--scenario", "field", "--everyone", "--payload", "x",
                         "--wait", "--timeout", "0.3")
    assert code == TIMED_OUT and "nobody else is in field" in err, err
    code, out, err = drone(t, gateway, "who", "--wait", "nobody", "--timeout", "0.3")
    assert (code, out) == (TIMED_OUT, "") and "nobody is not online" in err, err
    code, out, _ = drone(t, gateway, "who", "--wait", "elsewhere")
    assert code == 0 and "elsewhere" in out
    code, _, err = drone(t, gateway, "who", "--scenario", "field", "--wait", "elsewhere", "--timeout",
                         "0.3")
    assert code == TIMED_OUT and "not in field" in err


def test_who_waits(t):
    gateway = ready(t, scenarios={"field": IDEAL})
    waiting = begin(t, gateway, "who", "--id", "asker", "--wait", "late")
    wait_online(t, gateway, "asker")
    t.drone(gateway, "late")
    out, _ = waiting.communicate(timeout=uavtest.DEADLINE)
    assert waiting.returncode == 0 and "late" in out, out


def test_listening_for_messages_that_do_not_come(t):
    gateway = ready(t, scenarios={"field": IDEAL})
    code, _, err = drone(t, gateway, "listen", "--scenario", "field", "--count", 2, "--for", "0.2")
    assert code == TIMED_OUT and "0 of 2 messages came within 0.2 s" in err, err
    assert drone(t, gateway, "listen", "--scenario", "field", "--for", "0.2")[0] == 0


def test_the_environment_names_the_gateway(t):
    gateway = ready(t, scenarios={"field": IDEAL})
    assert drone(t, gateway, "scenarios")[0] == 0
    code, _, err = drone(t, gateway, "scenarios", UAV_GATEWAY="here")
    assert code == 1 and "UAV_GATEWAY in the environment" in err
    assert drone(t, gateway, "scenarios", "--gateway", "%s:%d" % gateway.at,
                 UAV_GATEWAY="here")[0] == 0


# -------------------------------------------------------------------- uav-lab


@contextlib.contextmanager
def folder():
    """One for logs, and TMPDIR: what a lab leaves there is found."""
    path = Path(tempfile.mkdtemp(prefix="uavtest."))
    (path / "tmp").mkdir()
    yield path
    assert not list((path / "tmp").iterdir()), "left behind"
    shutil.rmtree(path)


def lab_command(t, *arguments):
    t.binary("sim-stub")
    return [LAB, "--bin", t.binary("uav-gateway").parent, *map(str, arguments)]


def lab(t, top, *arguments, stdin=subprocess.DEVNULL, **options):
    """(exit code, stdout, stderr)"""
    done = subprocess.run(
        lab_command(t, *arguments), stdin=stdin, env={**os.environ, "TMPDIR": str(top / "tmp")},
        capture_output=True, text=True, timeout=2 * uavtest.DEADLINE, check=False, **options)
    return done.returncode, done.stdout, done.stderr


def is_there(pid):
    """A process that has ended, but that nobody has asked about yet, is not there."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except FileNotFoundError:
        return False


KILL_GATEWAY = 'kill -9 $(awk \'$1 == "pid" { print $2 }\' "$UAV_LAB_READY")'
SHOW = """
echo "$UAV_GATEWAY $UAV_LAB_SIMULATOR $UAV_LAB_LOGS"
cat "$UAV_LAB_READY"
uav-drone scenarios --json
echo "to the standard error" >&2
exit 7
"""


def test_a_command_has_its_lab(t):
    with folder() as top:
        code, out, err = lab(t, top, "--logs", top / "logs", "--json", "--set",
                             "scenario:field.max_drones=11", "--", "sh", "-c", SHOW)
        assert code == 7 and err == "to the standard error\n", (code, out, err)
        gateway, simulator, logs = out.splitlines()[0].split()
        there = dict(line.split(" ", 1) for line in out.splitlines()[1:] if line[0] != "{")
        assert there["listen:drones"] == gateway != simulator and Path(logs) == top / "logs"
        (field,) = [told for told in map(json.loads, re.findall(r"(?m)^{.*", out))
                    if told["name"] == "field"]
        assert field["max_drones"] == 11 and field["available"], field
        assert sorted(path.name for path in (top / "logs").iterdir()) == [
            "command.log", "gateway.log", "sim-stub.log"]
        assert sorted((top / "logs/command.log").read_text()) == sorted(out + err)
        told = [json.loads(line) for line in (top / "logs/gateway.log").read_text().splitlines()]
        assert told[-1]["event"] == "stopped" and told[-2]["event"] == "accounts"
        told = [json.loads(line) for line in (top / "logs/sim-stub.log").read_text().splitlines()]
        assert (told[0]["address"], told[0]["seed"]) == (simulator, "1")
        assert not is_there(there["pid"])


def test_its_input_and_options_for_the_simulator(t):
    with folder() as top:
        given = top / "given"
        given.write_text("what is typed\n")
        with open(given) as stdin:
            code, out, _ = lab(t, top, "--seed", 5, "--logs", top / "logs", "--", "--seed", "9", "--",
                               "cat", "--", "-", stdin=stdin)
        assert (code, out) == (0, "what is typed\n")
        assert "seed=9 " in (top / "logs/sim-stub.log").read_text()


def test_several_at_once(t):
    with folder() as top:
        script = "uav-drone swarm --scenario field --count 3 --lockstep --duration 3 --json"
        running = [subprocess.Popen(lab_command(t, "--", "sh", "-c", script), text=True,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    env={**os.environ, "TMPDIR": str(top / "tmp")})
                   for _ in range(4)]
        told = [process.communicate(timeout=uavtest.DEADLINE)[0] for process in running]
        assert [process.returncode for process in running] == [0] * 4
        # the same seed, the same answer
        assert len(set(told)) == 1 and json.loads(told[0])["accounts_close"], told


def test_what_a_lab_cannot_do(t):
    with folder() as top:
        code, out, err = lab(t, top, "--help")
        assert (code, err) == (0, "") and out.startswith("usage: uav-lab")
        for wrong in (("--wings",), ("--seed", "x", "--", "true"), ("--seed",), (), ("--",),
                      ("true",), ("--", "--seed", "1"), ("--timeout", "1.5", "--", "true")):
            code, out, err = lab(t, top, *wrong)
            assert (code, out) == (USAGE_ERROR, "") and "--help" in err, (wrong, code, err)
        code, _, err = lab(t, top, "--config", top / "nix.ini", "--", "true")
        assert code == NOT_STARTED and "nix.ini" in err
        code, _, err = lab(t, top, "--set", "limits.max_drnes=3", "--", "true")
        assert code == NOT_STARTED and "did you mean max_drones?" in err
        code, _, err = lab(t, top, "--bin", top, "--", "true")
        assert code == NOT_STARTED and "no uav-gateway in" in err
        code, _, err = lab(t, top, "--", "--listen", "here", "--", "true")
        assert code == NOT_STARTED and "--listen is not" in err and "before it was ready" in err
        code, _, err = lab(t, top, "--listener", "nix", "--", "true")
        assert code == NOT_STARTED and "no listener nix" in err
        # a simulator that is TLS, to a gateway that does not know: never ready
        code, _, err = lab(t, top, "--timeout", "1", "--set", "simulator.tls_ca=/nix.pem", "--",
                           "true")
        assert code == NOT_STARTED and "nix.pem" in err
        (top / "text").touch()
        for command, expected, why in (("no-such-command", 127, "there is no such command"),
                                       (top / "nix", 127, "there is no such command"),
                                       (top / "text", 126, "cannot be executed"),
                                       ("say", 127, "there is no such command")):
            assert lab(t, top, "--", command) == (expected, "", f"uav-lab: {command}: {why}\n")


def test_only_lines_of_its_own(t):
    """Bash tells whom a signal has ended, with the line of the script."""
    with folder() as top:
        for code, words in (
                (NOT_STARTED, ("--config", uavtest.ROOT / "config/secret.ini", "--", "true")),
                (NOT_STARTED, ("--bin", dying_gateway(t, top), "--", "true")),
                (NOT_STARTED, ("--timeout", "0", "--", "true")),
                (128 + signal.SIGKILL, ("--", "sh", "-c", "kill -9 $$")),
                (NOT_ENDED, ("--", "sh", "-c", KILL_GATEWAY))):
            got, _, err = lab(t, top, *words)
            assert got == code and not re.search(r"line \d+:|Killed|Aborted", err), (words, got, err)


def dying_gateway(t, top):
    """A folder of programs in which it is one that ends by a signal."""
    programs = top / "dying"
    programs.mkdir()
    (programs / "sim-stub").symlink_to(t.binary("sim-stub").resolve())
    gateway = programs / "uav-gateway"
    gateway.write_text('#!/bin/bash\n[[ " $* " == *" --print-config "* ]] || kill -ABRT $$\n'
                       f'exec {t.binary("uav-gateway").resolve()} "$@"\n')
    gateway.chmod(0o755)
    return programs


def test_a_gateway_that_is_never_ready(t):
    """The end of its log is shown."""
    with folder() as top:
        bin_folder = top / "bin"
        bin_folder.mkdir()
        for name in ("uav-gateway", "uav-drone"):
            (bin_folder / name).symlink_to(t.binary(name).resolve())
        # says that it is ready, and does not listen
        (bin_folder / "sim-stub").write_text(
            '#!/bin/bash\nwhile [ "$1" != --ready-file ]; do shift; done\n'
            'printf "listen 127.0.0.1:1\\n" >"$2.new" && mv "$2.new" "$2"\nexec sleep 60\n')
        (bin_folder / "sim-stub").chmod(0o755)
        code, _, err = lab(t, top, "--bin", bin_folder, "--timeout", "1", "--", "true")
        assert code == NOT_STARTED and "uav-gateway is not ready after 1 s" in err, err
        assert "the end of gateway.log" in err and "simulator_" in err, err


def test_trouble_is_told(t):
    """A command that was fine does not hide it; one that was not keeps its own exit code."""
    with folder() as top:
        for end, expected in (("exit 0", NOT_ENDED), ("exit 3", 3)):
            code, _, err = lab(t, top, "--", "sh", "-c", f"{KILL_GATEWAY}; {end}")
            assert code == expected and "uav-gateway" in err and "accounts" in err, (code, err)
            assert "the end of gateway.log" in err


# Speaks until the simulator is gone.
UNTIL_DOWN = """
uav-drone listen --scenario field --id base > /dev/null &
while uav-drone send --scenario field --id pilot --to base --wait --payload x; do :; done
"""


def test_a_death_that_is_wanted(t):
    """A simulator that dies as its timeline says ends in order; one that dies otherwise does not."""
    example = uavtest.ROOT / "config/faults/dying-simulator.faults"
    (line,) = [line for line in example.read_text().splitlines() if not line.startswith("#")]
    assert line == "at 30s simulator die exit 3"
    with folder() as top:
        faults = top / "a.faults"
        for text, options in ((line, ()), (line, ("--json",)), ("at 30s simulator die", ()),
                              ("at 30s simulator die exit 0", ("--json",))):
            faults.write_text(text.replace("30s", "100ms"))
            code, out, err = lab(t, top, "--faults", faults, *options, "--", "sh", "-c", UNTIL_DOWN)
            wanted = text.split("exit ")[-1] if "exit" in text else "1"
            assert code == 0 and "DELIVERED" in out, (code, out, err)
            assert f"sim-stub has died with exit code {wanted}, as its timeline says" in err, err
        faults.write_text("at 1h simulator die exit 3")
        code, _, err = lab(t, top, "--faults", faults, "--", "sh", "-c",
                           'kill -9 $(ss -Hltnp "sport = :${UAV_LAB_SIMULATOR#*:}" | sed "s/.*pid=//; s/,.*//")')
        assert code == NOT_ENDED and "sim-stub had ended before it was stopped" in err, (code, err)


def test_a_fault_that_nothing_meets(t):
    """Whoever has mistyped a name is told so."""
    with folder() as top:
        faults = top / "a.faults"
        faults.write_text("at 0s link pilot bsae loss 100%\nat 0s link pilot base loss 0% for 1h\n")
        for options in ((), ("--json",)):
            code, _, err = lab(t, top, "--faults", faults, *options, "--", "sh", "-c",
                               "uav-drone listen --scenario field --id base > /dev/null & "
                               "uav-drone send --scenario field --id pilot --to base --wait --payload x")
            assert code == 0, (code, err)
            assert err == "uav-lab: no packet has met the fault on line 1, link pilot bsae loss 100%\n", err


def test_nothing_is_left(t):
    with folder() as top:
        left = top / "left"
        code, _, _ = lab(t, top, "--", "sh", "-c", f"sleep 600 & echo $! > {left}")
        assert code == 0
        assert not is_there(left.read_text().strip())


def test_signals_reach_the_command(t):
    with folder() as top:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            started = top / f"started{number}"
            script = f"trap 'exit 9' TERM; echo \"$UAV_LAB_READY\" > {started}.new; " \
                     f"mv {started}.new {started}; while :; do sleep 0.05; done"
            running = subprocess.Popen(
                lab_command(t, "--", "sh", "-c", script), stdin=subprocess.DEVNULL,
                env={**os.environ, "TMPDIR": str(top / "tmp")}, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE)
            uavtest.wait_until(started.exists)
            pid = lines_of(Path(started.read_text().strip()))["pid"]
            running.send_signal(number)
            _, err = running.communicate(timeout=uavtest.DEADLINE)
            assert running.returncode == 9, (running.returncode, err)
            assert not is_there(pid)


def test_logs_are_one_labs(t):
    with folder() as top:
        go = top / "go"
        first = subprocess.Popen(
            lab_command(t, "--logs", top / "logs", "--", "sh", "-c",
                        f"until [ -e {go} ]; do sleep 0.05; done"),
            stdin=subprocess.DEVNULL, env={**os.environ, "TMPDIR": str(top / "tmp")})
        uavtest.wait_until((top / "logs/command.log").exists)
        code, _, err = lab(t, top, "--logs", top / "logs", "--", "true")
        assert code == NOT_STARTED and "another uav-lab" in err, err
        go.touch()
        assert first.wait(uavtest.DEADLINE) == 0
        # one that was killed is no hindrance
        (top / "logs/.uav-lab").mkdir()
        (top / "logs/.uav-lab/pid").write_text(str(first.pid))
        assert lab(t, top, "--logs", top / "logs", "--", "true")[0] == 0


@contextlib.contextmanager
def lab_at_terminal(t, script, expected):
    with folder() as top:
        yield Terminal(t, *lab_command(t, "--logs", top / "logs", "--", "sh", "-c", script),
                       env={"TMPDIR": str(top / "tmp")}, exit_codes=(expected,)), top / "logs"


def test_a_terminal_is_the_commands(t):
    script = "test -t 0 && test -t 1 && read line && exit $line"
    with lab_at_terminal(t, script, 6) as (running, logs):
        running.type("6\n")
        assert running.wait_end() == 6
        assert "event=stopped" in (logs / "gateway.log").read_text()


def test_output_that_goes_elsewhere(t):
    """The command does not have the terminal then: reading it would stop the command for good."""
    with folder() as top:
        line = shlex.join(map(str, lab_command(t, "--", "sh", "-c", "cat; echo read")))
        running = Terminal(t, "/bin/sh", "-c", f"{line} | cat", env={"TMPDIR": str(top / "tmp")},
                           exit_codes=(0,))
        running.wait_text("^read$")
        assert running.wait_end() == 0


def test_ctrl_c_is_the_commands(t):
    """It ends the command, or does what the command makes of it; then the lab ends in order, and
    is silent."""
    for script, expected in (("echo here; exec sleep 600", 128 + signal.SIGINT),
                             ("trap 'exit 9' INT; echo here; while :; do sleep 0.05; done", 9)):
        with lab_at_terminal(t, script, expected) as (running, logs):
            running.wait_text("^here$")
            running.type("\x03")
            assert running.wait_end() == expected, running.log()
            assert running.log() == "here\n^C", running.log()
            for name in ("gateway", "sim-stub"):
                assert "event=stopped" in (logs / f"{name}.log").read_text()


def test_installed(t):
    """Beside the programs, with a configuration where an installation has it."""
    with folder() as top:
        programs = top / "usr/local/bin"
        programs.mkdir(parents=True)
        (top / "etc").mkdir()
        for name in ("uav-gateway", "sim-stub", "uav-drone"):
            shutil.copy2(t.binary(name), programs / name)
        shutil.copy2(LAB, programs / "uav-lab")
        shutil.copytree(uavtest.ROOT / "config", top / "etc/uav-gateway")
        done = subprocess.run(
            [programs / "uav-lab", "--", "sh", "-c", "command -v uav-drone"], capture_output=True,
            text=True, env={**os.environ, "TMPDIR": str(top / "tmp")}, stdin=subprocess.DEVNULL,
            timeout=uavtest.DEADLINE, check=False)
        assert (done.returncode, done.stdout) == (0, f"{programs}/uav-drone\n"), done


def test_shellcheck(t):
    if not shutil.which("shellcheck"):
        raise uavtest.Skip("shellcheck is not installed")
    done = subprocess.run(["shellcheck", LAB], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


if __name__ == "__main__":
    uavtest.run()
