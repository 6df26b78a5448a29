"""Runs a page of the documentation, word for word.

A block of a page that is fenced as ```sh is typed into a shell, one block after the other into the
same one, from the top folder of a copy of this project as it is after `make`. What a block that
follows fenced as ```text shows must be what came out of it, standard error included:

    …    within a line stands for anything
    ...  on a line of its own stands for any lines, or none
    ```text about   each number stands for any number

A block that fails (bash -e) fails the tour: a reader would be stopped there. Each tour has a
network and processes of its own, so that the ports that the page names are free and nothing that it
starts outlives it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import uavtest

SECONDS = 150
APART = Path(__file__).with_name("apart.py")
FENCE = re.compile(r"(?ms)^```(sh|text|text about)\n(.*?)^```$")
NUMBER = r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
BUILT = ("obj", "gen", "lib*.a", "uav-gateway", "uav-drone", "sim-stub")


@dataclass
class Block:
    """What is typed, and what the page shows of it: (text, whether numbers vary), or None."""

    line: int
    typed: str
    shown: list = field(default_factory=list)


# ------------------------------------------------------------------- pages


def section(page, heading):
    """(text, number of its first line) of the section; the whole page without a heading."""
    text = (uavtest.ROOT / page).read_text(encoding="utf-8")
    if heading is None:
        return text, 1
    # a line of a block may begin with # as well
    blank = re.sub(r"(?ms)^```.*?^```$", lambda block: re.sub(r"[^\n]", " ", block[0]), text)
    (start,) = re.finditer(rf"(?m)^(#+) {re.escape(heading)}$", blank)
    end = re.compile(rf"(?m)^#{{1,{len(start[1])}}} ").search(blank, start.end())
    return text[start.start() : end.start() if end else None], text.count("\n", 0, start.start()) + 1


def blocks(page, heading):
    text, first = section(page, heading)
    found = []
    for fence in FENCE.finditer(text):
        line = first + text.count("\n", 0, fence.start())
        if fence[1] == "sh":
            found.append(Block(line, fence[2]))
        else:
            assert found, f"{page}:{line}: shows what nothing has printed"
            found[-1].shown.append((fence[2], fence[1] == "text about"))
    assert found, f"{page}: no ```sh in {heading or 'it'}"
    return found


# ------------------------------------------------------------- what is shown


def line_pattern(line, about):
    """Of every second piece that the split gives, a number."""
    parts = []
    for part in line.rstrip().split("…"):
        pieces = re.split(f"({NUMBER})", part)
        parts.append("".join(NUMBER if about and at % 2 else re.escape(piece)
                             for at, piece in enumerate(pieces)))
    return ".*".join(parts) + r"[ \t]*\n"


def pattern(shown, about):
    """What matches the whole of an output that the page shows so."""
    return "".join(r"(?:.*\n)*?" if line.strip() == "..." else line_pattern(line, about)
                   for line in shown.splitlines())


def is_shown(output, shown, about):
    return re.fullmatch(pattern(shown, about), output if output.endswith("\n") or not output else
                        output + "\n") is not None


# ------------------------------------------------------------------ the copy


def copy_project(folder):
    """The files of the project, and of its build what `make` has made, with their times: `make`
    finds nothing to do."""
    listed = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=uavtest.ROOT,
                            capture_output=True, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (uavtest.ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(uavtest.ROOT / name, folder / name)
    for wanted in BUILT:
        for path in uavtest.BUILD.glob(wanted):
            there = folder / "build" / path.name
            if path.is_dir():
                shutil.copytree(path, there)
            else:
                there.parent.mkdir(exist_ok=True)
                shutil.copy2(path, there)


# -------------------------------------------------------------------- the walk


def apart():
    """What starts a program with a network and processes of its own."""
    for how in (["unshare", "-n"], ["unshare", "-rn"]):
        command = [*how, "-pf", "--mount-proc", "--kill-child"]
        if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
            return command
    raise uavtest.Skip("no network of its own can be had here (unshare -n, or -rn)")


def environment(folder):
    """That of somebody who has just opened a terminal: nothing of the make that runs the tests."""
    left_out = {"B", "CC", "SAN", "OPT", "V", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES",
                "UAV_GATEWAY", "UAV_SECRET"}
    return {**{name: value for name, value in os.environ.items() if name not in left_out},
            "HOME": str(folder), "LC_ALL": "C.UTF-8"}


def script(typed, outputs):
    """Bash that types each block, its output to a file of its own."""
    lines = ["set -eu"]
    for number, block in enumerate(typed):
        lines += [f"exec >{outputs}/{number} 2>&1", block.typed]
    return "\n".join(lines) + "\n"


def walk(t, page, heading=None, seconds=SECONDS):
    """Runs what the section of the page has the reader type."""
    t.binary("uav-gateway")
    typed = blocks(page, heading)
    top = Path(tempfile.mkdtemp(prefix="uavtour."))
    folder, outputs = top / "clone", top / "outputs"
    folder.mkdir()
    outputs.mkdir()
    try:
        copy_project(folder)
        (top / "script").write_text(script(typed, outputs), encoding="utf-8")
        process = subprocess.Popen(
            [*apart(), sys.executable, APART, top / "script"], cwd=folder,
            env=environment(folder), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True)
        try:
            said, code = process.communicate(timeout=seconds)[0].decode(), process.returncode
        except subprocess.TimeoutExpired:
            said, code = f"not ended within {seconds} s", None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        compare(page, typed, outputs, code, said)
    finally:
        shutil.rmtree(top)


def compare(page, typed, outputs, code, said):
    complaints = []
    for number, block in enumerate(typed):
        path = outputs / str(number)
        if not path.exists():
            break
        output = path.read_text(encoding="utf-8", errors="replace")
        last = number + 1 == len(typed) or not (outputs / str(number + 1)).exists()
        if code != 0 and last:
            complaints.append(f"{page}:{block.line}: exit code {code}\n{block.typed}\n--- it printed\n"
                              f"{output}{said}")
            break
        complaints += [
            f"{page}:{block.line}: what is shown is not what comes\n--- shown\n{shown}--- came\n{output}"
            for shown, about in block.shown if not is_shown(output, shown, about)]
    assert not complaints and code == 0, "\n".join(complaints or [said])
