"""What `make install` puts where, what `make uninstall` leaves, and that systemd likes the units. Of
systemd only what needs no running one is asked."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import installed  # noqa: E402
import uavtest  # noqa: E402

STRANGER = 64998  # a user that nobody else is
EXPOSURE = 2.0  # of 10, as systemd-analyze(1) reckons it
UNITS = ("uav-gateway.service", "uav-gateway.socket", "uav-sim-stub.service")
PROGRAMS = ("uav-gateway", "uav-drone", "sim-stub")
SYSTEM = {
    *(f"bin/{name}" for name in (*PROGRAMS, "uav-lab")),
    *(f"share/man/man1/{name}.1" for name in (*PROGRAMS, "uav-lab")),
    "share/man/man5/gateway.ini.5",
    *(f"share/bash-completion/completions/{name}" for name in (*PROGRAMS, "uav-lab")),
    *(f"lib/systemd/system/{name}" for name in UNITS),
    "lib/sysusers.d/uav-gateway.conf",
    *(f"share/uav-gateway/proto/{name}" for name in ("drone.proto", "drone.options", "channel.proto",
                                                      "channel.options")),
    *(f"share/uav-gateway/nanopb/{name}" for name in ("uav_client.c", "uav_client.h", "uav_client_parts.h",
                                                       "uav_client_read.c", "uav_client_write.c")),
}
DOCUMENTATION = "share/doc/uav-gateway/"


def configuration():
    names = {"gateway.ini", "sim-stub.ini"}
    names |= {f"scenarios/{path.name}" for path in (uavtest.ROOT / "config/scenarios").glob("*.ini")}
    return {f"etc/uav-gateway/{name}" for name in names}


def links(page):
    """What a page leads to on this side of the network, as paths."""
    text = re.sub(r"(?ms)^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" not in target and not target.startswith("#"):
            yield Path(os.path.normpath(page.parent / target.partition("#")[0]))


def documentation():
    """The first page and whatever it leads to, from one to the next, as they stand in the project;
    and all configurations, as examples."""
    found, ahead = set(), [uavtest.ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in found or page.is_dir():
            continue
        found.add(page)
        ahead += links(page) if page.suffix == ".md" else []
    found |= {uavtest.ROOT / "deploy/sim-stub.ini", *(uavtest.ROOT / "config").rglob("*.ini")}
    return {DOCUMENTATION + str(path.relative_to(uavtest.ROOT)) for path in found}


@contextlib.contextmanager
def a_root():
    """A folder that others than its owner can go through, as they can through /."""
    with tempfile.TemporaryDirectory(prefix="uavtest.") as top:
        Path(top).chmod(0o755)
        (Path(top) / "root").mkdir()
        yield Path(top) / "root"


def run(words):
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False, timeout=uavtest.DEADLINE)
    return done.returncode, done.stdout, done.stderr


def check_installed(root, prefix):
    there = {f"{prefix.strip('/')}/{name}" for name in SYSTEM | documentation()} | configuration()
    assert installed.files(root) == there, installed.files(root) ^ there
    below = root / prefix.strip("/")
    for name in PROGRAMS:
        code, out, err = run([below / "bin" / name, "--version"])
        assert (code, err) == (0, "") and out.startswith(name + " "), (name, out, err)
        assert run(["bash", "-n", below / "share/bash-completion/completions" / name]) == (0, "", "")
    code, out, err = run([below / "bin/uav-gateway", "-c", root / "etc/uav-gateway/gateway.ini", "--check"])
    assert (code, err) == (0, "") and "all is well" in out, (out, err)
    for path in root.rglob("*"):
        mode = 0o755 if path.is_dir() or path.parent == below / "bin" else 0o644
        assert path.is_symlink() or path.stat().st_mode & 0o777 == mode, (path, oct(path.stat().st_mode))


def check_links(root, prefix):
    """Wherever a page that is installed leads to is installed."""
    pages = list((root / prefix.strip("/") / DOCUMENTATION).rglob("*.md"))
    assert len(pages) > 10, pages
    for page in pages:
        for path in links(page):
            assert path.exists(), f"{page} leads to {path}"


def unit_below(root, prefix, name):
    """A unit that names what stands below the root."""
    text = (root / prefix.strip("/") / "lib/systemd/system" / name).read_text(encoding="utf-8")
    assert not re.search("@[A-Z]+@", text), text
    for program, file in re.findall(r"(?m)^Exec\w+=(/\S+) -c (\S+)", text):
        assert program.startswith(f"{prefix}/bin/") and os.access(f"{root}{program}", os.X_OK), program
        assert (root / file.lstrip("/")).is_file(), file
        text = text.replace(f"={program} -c {file}", f"={root}{program} -c {root}{file}")
    return text


def check_units(root, prefix):
    program = shutil.which("systemd-analyze")
    folder = root.parent / "units"
    folder.mkdir()
    for name in UNITS:
        (folder / name).write_text(unit_below(root, prefix, name), encoding="utf-8")
    # The pages that Documentation= names are looked for, too; ends with 0 whatever it says.
    manual = f"MANPATH={root}{prefix}/share/man"
    paths = [folder / name for name in UNITS]
    said = run(["env", manual, program, "verify", *paths])
    assert said == (0, "", ""), said
    for path in (path for path in paths if path.suffix == ".service"):
        code, out, err = run([program, "security", "--offline=yes", "--no-pager", path])
        exposure = float(re.search(rf"for {re.escape(path.name)}: ([\d.]+)", out)[1])
        assert code == 0 and exposure < EXPOSURE, (exposure, err)
    shutil.rmtree(folder)


def test_installed_and_taken_away(t):
    """The list, below either prefix; the units start what was installed, and systemd has nothing to
    say about them; all but the configuration is gone when it is uninstalled."""
    del t
    can_verify = shutil.which("systemd-analyze") and shutil.which("man")
    for prefix in ("/usr", "/usr/local"):
        with a_root() as root:
            installed.install(root, prefix)
            check_installed(root, prefix)
            check_links(root, prefix)
            if can_verify:
                check_units(root, prefix)
            installed.uninstall(root, prefix)
            assert installed.files(root) == configuration(), installed.files(root)
            assert [path for path in root.rglob("uav-gateway") if path.parent.name != "etc"] == []
    if not can_verify:
        raise uavtest.Skip("units: systemd-analyze, or man, is not here")


def test_the_client_for_firmware(t):
    """What is installed for firmware can be built where it was put, with what nanopb makes of the
    installed protocol."""
    generator = next(filter(None, map(shutil.which, ("nanopb_generator.py", "nanopb_generator"))), None)
    if not generator:
        raise uavtest.Skip("nanopb's generator is not here")
    del t
    with a_root() as root:
        installed.install(root)
        shared = root / "usr/local/share/uav-gateway"
        made = root / "made"
        made.mkdir()
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        subprocess.run([generator, "-q", "-I", shared / "proto", "-D", made, "drone.proto"], check=True,
                       env=environment, timeout=uavtest.DEADLINE)
        for source in (shared / "nanopb").glob("*.c"):
            said = run([os.environ.get("CC", "gcc"), "-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                        f"-I{made}", f"-I{shared}/nanopb", source])
            assert said == (0, "", ""), (source, said)


def test_it_is_told_in_few_lines(t):
    """What is put where; the commands only when asked for."""
    del t
    with a_root() as root:
        said = installed.make("install", f"DESTDIR={root}").splitlines()
        assert 5 < len(said) < 20 and all(line.startswith("  ") for line in said), said
        assert any("install -m" in line for line in installed.make("install", f"DESTDIR={root}", "V=1").splitlines())


def test_a_configuration_that_is_there_is_left_alone(t):
    """Its files as they are, and no scenario comes back that the operator has removed."""
    del t
    with a_root() as root:
        installed.install(root)
        folder = root / "etc/uav-gateway"
        (folder / "gateway.ini").write_text("; mine\n", encoding="utf-8")
        (folder / "sim-stub.ini").write_text("; mine, too\n", encoding="utf-8")
        (folder / "scenarios/swarm-50.ini").unlink()
        before = {path: path.read_bytes() for path in folder.rglob("*.ini")}
        installed.install(root)
        assert {path: path.read_bytes() for path in folder.rglob("*.ini")} == before
        installed.uninstall(root)
        assert {path: path.read_bytes() for path in folder.rglob("*.ini")} == before


def test_odd_places_are_refused(t):
    """They would stand in units, which split them, and in commands."""
    for name, value in (("PREFIX", "/opt/my tools"), ("PREFIX", "usr"), ("SYSCONFDIR", "/e|c"),
                        ("BINDIR", "$$(id)"), ("PREFIX", "/")):
        done = installed.run_make("-s", "places", f"{name}={value}")
        if value == "/":
            assert (done.returncode, done.stderr) == (0, ""), done
        else:
            assert done.returncode != 0 and f"{name}=" in done.stderr, done
            assert "must be an absolute path" in done.stderr, done


def test_by_anyone(t):
    """Below a DESTDIR it needs no rights, as packages are made."""
    del t
    with a_root() as root:
        user = None
        if os.geteuid() == 0:
            os.chown(root, STRANGER, STRANGER)
            code, _, _ = run(["setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups",
                              "test", "-r", uavtest.ROOT / "Makefile"])
            if code != 0:
                raise uavtest.Skip("nobody else can read the project here")
            user = STRANGER
        installed.install(root, "/usr", user)
        check_installed(root, "/usr")


def test_users(t):
    """The units' users can be made from the file."""
    del t
    with a_root() as root:
        installed.install(root)
        users = (root / "usr/local/lib/sysusers.d/uav-gateway.conf").read_text(encoding="utf-8")
        wanted = set()
        for name in UNITS:
            unit = (root / "usr/local/lib/systemd/system" / name).read_text(encoding="utf-8")
            wanted |= set(re.findall(r"(?m)^(?:User|Group)=(.*)$", unit))
        assert set(re.findall(r'(?m)^u (\S+) - "', users)) == wanted == {"uav-gateway", "uav-sim-stub"}
        if os.geteuid() != 0 or not shutil.which("systemd-sysusers"):
            raise uavtest.Skip("users are made by root, with systemd-sysusers")
        # found by its name, where it was installed
        code, _, err = run(["systemd-sysusers", f"--root={root}", "uav-gateway.conf"])
        assert code == 0, err
        made = re.findall(r"(?m)^([^:]+):", (root / "etc/passwd").read_text(encoding="utf-8"))
        assert wanted <= set(made), made


def test_the_simulator_as_a_service(t):
    """The file that its unit names starts it."""
    text = (uavtest.ROOT / "deploy/sim-stub.ini").read_text(encoding="utf-8")
    (t.folder / "sim-stub.ini").write_text(text.replace("127.0.0.1:7700", f"{uavtest.HOST}:0"), encoding="utf-8")
    stub = t.program(t.binary("sim-stub"), "-c", t.folder / "sim-stub.ini")
    assert stub.wait_event("listening")["seed"] == "1"
    assert stub.stop() == 0


if __name__ == "__main__":
    uavtest.run()
