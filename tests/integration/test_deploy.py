"""What deploy/README.md tells an operator to type does what it says: its blocks are run as they
stand, below a root of the test's own and at ports that the system chooses. Of systemd only what
needs no running one is asked."""

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import installed  # noqa: E402
import uavtest  # noqa: E402

DEPLOY = uavtest.ROOT / "deploy"
TESTS = uavtest.ROOT / "tests"
README = (DEPLOY / "README.md").read_text(encoding="utf-8")
CONFIGURATION = 1
# A user that nobody else is, and one that is somebody else.
SERVICE, STRANGER = 64999, 64998


def section(title):
    (text,) = re.findall(rf"(?ms)^## {title}\n(.*?)(?=^## |\Z)", README)
    return text


def blocks(title):
    """The code blocks of that section."""
    return re.findall(r"(?ms)^```\w*\n(.*?)^```$", section(title))


def value_of(key, unit):
    (value,) = re.findall(rf"(?m)^{key}=(.*)$", unit)
    return value


def write_program(path, text):
    path.write_text(f"#!/bin/bash\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


class Host:
    """A root for what is installed, a folder that has the project in it, and in front of PATH
    what stands for programs that would change this machine."""

    def __init__(self, top):
        top.chmod(0o755)  # the service's user goes through it
        self.root, self.work, self.programs = top / "root", top / "work", top / "programs"
        for folder in (self.root, self.work, self.programs):
            folder.mkdir()
        (self.work / "config").symlink_to(uavtest.ROOT / "config")
        self.calls = top / "calls"
        self.calls.touch()
        for name in ("systemctl", "systemd-sysusers", "make"):
            write_program(self.programs / name, f'echo {name} "$@" >>{self.calls}')
        # the user is not made: a number is as good, and only root may give files away
        group = f"-g {SERVICE}" if os.geteuid() == 0 else ""
        write_program(self.programs / "install",
                      'words=" $* "\n'
                      f'exec {shutil.which("install")} ${{words/ -g uav-gateway / {group} }}')

    def below(self, text):
        """The text with the paths of what is installed moved below the root."""
        return re.sub(r"(?<![\w.])/(?=(etc|usr)/)", f"{self.root}/", text)

    def type(self, block):
        """Runs it as it stands, but for the root."""
        path = f"{self.programs}:{self.root}/usr/local/bin:{os.environ['PATH']}"
        return subprocess.run(
            ["bash", "-eu", "-c", self.below(block)], cwd=self.work, stdin=subprocess.DEVNULL,
            env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False,
            timeout=uavtest.DEADLINE)

    def unit(self, name):
        return (self.root / "usr/local/lib/systemd/system" / name).read_text(encoding="utf-8")

    def called(self):
        return self.calls.read_text().replace(str(self.root), "").splitlines()

    def check(self, uid=SERVICE):
        """What comes of ExecStartPre, by the service's user where this test may be that."""
        command = shlex.split(self.below(value_of("ExecStartPre", self.unit("uav-gateway.service"))))
        who = {"user": uid, "group": uid, "extra_groups": []} if os.geteuid() == 0 else {}
        done = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False, timeout=uavtest.DEADLINE, **who)
        return done.returncode, done.stdout, done.stderr


@contextlib.contextmanager
def host():
    with tempfile.TemporaryDirectory(prefix="uavtest.") as top:
        yield Host(Path(top))


def install(here):
    """What `make install` puts there is test_install.py's."""
    installed.install(here.root)
    done = here.type(blocks("As a service")[0])
    assert (done.returncode, done.stderr) == (0, ""), done


def test_installed(t):
    """All that the services need is there and can be read by the user that they run as, and what is
    started is what was installed."""
    del t
    with host() as here:
        install(here)
        code, out, err = here.check()
        assert (code, err) == (0, "") and "8 scenarios" in out, (code, out, err)
        unit = here.unit("uav-gateway.service")
        assert f"{value_of('ExecStart', unit)} --check" == value_of("ExecStartPre", unit)
        assert here.called() == [
            "make install", "systemd-sysusers uav-gateway.conf", "systemctl daemon-reload",
            "systemctl enable --now uav-sim-stub uav-gateway"], here.called()
        for name in here.called()[-1].split()[3:]:
            assert "WantedBy=multi-user.target" in here.unit(f"{name}.service")


def check_drop_in(here):
    """systemd takes it with the unit."""
    units = here.root / "etc/systemd/system"
    text = here.below(here.unit("uav-gateway.service"))
    (units / "uav-gateway.service").write_text(text, encoding="utf-8")
    (units / "uav-gateway.socket").write_text(here.unit("uav-gateway.socket"), encoding="utf-8")
    # the pages that Documentation= names are looked for
    manual = f"MANPATH={here.root}/usr/local/share/man"
    code, out, err = end_of(["env", manual, "systemd-analyze", "verify", str(units / "uav-gateway.socket")])
    assert (code, out, err) == (0, "", ""), (code, out, err)


def test_secrets_of_a_service(t):
    """They can be read by root and by the gateway, and stay so when drones are added."""
    if os.geteuid() != 0:
        raise uavtest.Skip("only root can give a file of secrets to a group")
    del t
    with host() as here:
        install(here)
        block = blocks("As a service")[1]
        done = here.type(block)
        assert done.returncode == 0 and done.stderr.startswith("uav1 was added to "), done
        code, out, err = here.check()
        assert (code, err) == (0, "") and "6 scenarios" in out, (code, out, err)
        code, _, err = here.check(uid=STRANGER)
        assert code == CONFIGURATION and "Permission denied" in err, err
        secrets = here.root / "etc/uav-gateway/drones.secrets"
        told = here.work / "uav1.secret"
        status = secrets.stat()
        assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (0, SERVICE, 0o640), status
        assert told.stat().st_mode & 0o777 == 0o600
        assert told.read_text() == secrets.read_text() and told.read_text().startswith("uav1 ")
        # systemd.unit(5): an empty value first takes away what the unit says
        changed = (here.root / "etc/systemd/system/uav-gateway.socket.d/lab.conf").read_text()
        assert changed == "[Socket]\nListenStream=\nListenStream=0.0.0.0:7600\n", changed
        # once more: the only copy of the secret is not written over
        (add,) = [line for line in block.splitlines() if "--add-drone" in line]
        before = told.read_text()
        assert here.type(add).returncode != 0 and told.read_text() == before
        if not shutil.which("systemd-analyze") or not shutil.which("man"):
            raise uavtest.Skip("the drop-in: systemd-analyze, or man, is not here")
        check_drop_in(here)


# ------------------------------------------------------------------ certificates


def words_of(t, line):
    """A command of the README, with the paths of what it names."""
    program, *arguments = shlex.split(line.removesuffix(" &"))
    return [str(t.binary(program)),
            *(str(t.folder / word) if word.endswith((".crt", ".key", ".ini")) else word
              for word in arguments)]


def end_of(words):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, timeout=uavtest.DEADLINE)
    return done.returncode, done.stdout, done.stderr


def at(line, port):
    return re.sub(r":7[67]00\b", f":{port}", line)


def make_certificates(t, more):
    done = subprocess.run(
        ["bash", "-eu", "-c", blocks("Certificates")[0] + more], cwd=t.folder, check=False,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=uavtest.DEADLINE)
    assert done.returncode == 0, done.stderr
    for authority, name in (("lab", "gateway"), ("lab", "sim"), ("drones", "uav1")):
        code, _, err = end_of(["openssl", "verify", "-x509_strict", "-CAfile",
                               str(t.folder / f"{authority}-ca.crt"), str(t.folder / f"{name}.crt")])
        assert code == 0, err
        assert (t.folder / f"{name}.key").stat().st_mode & 0o777 == 0o600


def test_certificates(t):
    """Of one's own, as the README makes them: both links are TLS, and what is for a drone is
    worth nothing at the simulator, nor as a gateway."""
    make_certificates(t, "issue drones uav2 clientAuth\n")
    _, ini, commands = blocks("Certificates")
    stub_line, gateway_line, who_line = commands.splitlines()
    stub = t.program(*words_of(t, at(stub_line, 0)))
    ini = at(ini.replace("0.0.0.0:7600", f"{uavtest.HOST}:0"), stub.address()[1])
    (t.folder / "tls.ini").write_text(ini)
    gateway = t.program(*words_of(t, gateway_line))
    who = at(who_line, gateway.address()[1])
    gateway.wait_event("scenario_accepted", scenario="field")
    for name in ("uav1", "uav2"):
        code, out, err = end_of(words_of(t, who.replace("uav1", name)))
        assert code == 0 and out.startswith("ID "), (code, out, err)
        gateway.wait_event("drone_registered", drone=name)
    code, out, err = end_of(words_of(t, who.replace("--id uav1", "--id uav2")))
    assert code == 3 and "AUTH_FAILED" in err, (code, out, err)
    for wrong in (who[:who.index(" --tls-cert")], who.replace("uav1.", "gateway.")):
        code, _, err = end_of(words_of(t, wrong))
        assert code == 2, (wrong, code, err)

    def ask_simulator(name):
        """How many connections it has complained of when it has seen this certificate."""
        seen = len(stub.lines)
        end_of(["openssl", "s_client", "-connect", "%s:%d" % stub.address(), "-brief",
                "-CAfile", str(t.folder / "lab-ca.crt"), "-cert", str(t.folder / f"{name}.crt"),
                "-key", str(t.folder / f"{name}.key")])
        return stub.wait_event("connection_closed", start=seen)["why"]

    assert "certificate" in ask_simulator("uav1")
    assert "certificate" not in ask_simulator("gateway")
    (t.folder / "tls.ini").write_text(ini.replace("gateway.", "uav1.", 2))
    code, _, err = end_of([*words_of(t, gateway_line), "--check"])
    assert code == CONFIGURATION and "uav1.crt" in err, err


# ---------------------------------------------------------------------- the page


def is_a_test(file, name):
    text = (TESTS / ("unit" if file.endswith(".c") else "integration") / file).read_text()
    return not name or re.search(rf"\b(def|static void) {name}\(", text)


def test_the_cases_are_shown_by_tests_that_are_there(t):
    del t
    rows = re.findall(r"(?m)^\| (\d+) \|(.*)\|$", section("Security"))
    assert [int(number) for number, _ in rows] == list(range(1, 27)), rows
    for number, row in rows:
        shown = row.split("|")[2]
        assert "test_" in shown or "the same" in shown, (number, shown)
        for file, names in re.findall(r"`(test_\w+\.(?:c|py))(?:: ([\w, ]+))?`", row):
            for name in names.split(", "):
                assert is_a_test(file, name), (number, file, name)


if __name__ == "__main__":
    uavtest.run()
