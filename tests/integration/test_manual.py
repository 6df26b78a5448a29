"""The manual pages have what the programs have, neither more nor less, and are shown without a
warning; bash completes what the programs know."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import uavtest  # noqa: E402

PROGRAMS = ("uav-gateway", "uav-drone", "sim-stub", "uav-lab")
COLUMNS = 79
COMPLETION = uavtest.ROOT / "deploy/completion/uav-gateway"
# An option as the help writes it, with what its value is called.
OPTION = r"--[a-z][a-z-]*(?:\[=[A-Z]+\]| [A-Z][A-Z:.,=]*(?![a-z]))?"
EVERY_COMMAND = "OPTIONS OF EVERY COMMAND"


def path_of(t, program):
    return uavtest.ROOT / "deploy/uav-lab" if program == "uav-lab" else t.binary(program)


def printed(t, program, *words):
    done = subprocess.run([path_of(t, program), *words], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False, timeout=uavtest.DEADLINE)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def commands_of(t, program):
    return re.findall(r"(?m)^  ([a-z][a-z-]*)  ", printed(t, program, "--help"))


def options_in(text):
    """What is an option's own line begins with it, above or left of what it is for."""
    found = set()
    for line in re.findall(r"(?m)^ {2,6}(-.*)", text):
        found |= set(re.findall(OPTION, re.split(r"  +", line)[0]))
    return found


def inline_codes(sentence):
    """"0 all is well, 1 it is not"."""
    return set(re.findall(r"(?:^|, )(\d)\b", " ".join(sentence.split())))


def codes_in(text):
    """Of the help: a list, or a sentence."""
    listed = re.search(r"(?ms)^[Ee]xit codes:?\n(.*)", text)
    if listed:
        return set(re.findall(r"(?m)^  (\d+)  ", listed[1]))
    return inline_codes(text.partition("Exit codes: ")[2])


def test_help_fits_a_terminal(t):
    for program in ("uav-gateway", "sim-stub", "uav-lab"):
        wide = [line for line in printed(t, program, "--help").splitlines() if len(line) > COLUMNS]
        assert not wide, (program, wide)


def test_wrong_options_lead_to_the_help(t):
    for program, code in (("uav-gateway", 2), ("sim-stub", 2), ("uav-lab", 120)):
        for wrong in (["--prot"], ["-x"], ["--set" if program != "sim-stub" else "--seed"]):
            done = subprocess.run([path_of(t, program), *wrong], stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, check=False, timeout=uavtest.DEADLINE)
            assert (done.returncode, done.stdout) == (code, ""), done
            assert f"see {program} --help" in done.stderr, done


# ---------------------------------------------------------------------- the pages


def page_of(name):
    return uavtest.BUILD / "man" / name


def plain(text):
    """Of man(7), the text without fonts."""
    return re.sub(r"\\f[BIR]", "", text).replace("\\-", "-").replace("\\(aq", "'").replace("\\&", "")


def sections_of(page):
    """{heading: the lines below it}, of .SH and .SS alike."""
    parts = re.split(r"(?m)^\.S[HS] (.*)$", plain(page_of(page).read_text(encoding="utf-8")))
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def tags_of(text):
    return re.findall(r"(?m)^\.TP\n(.*)$", text)


def options_of(text):
    return {option for tag in tags_of(text) for option in re.findall(OPTION, tag)}


def check_options(where, page, program):
    assert page == program, f"{where}: only in the page {page - program}, only in --help {program - page}"


def test_options_of_pages(t):
    for program in PROGRAMS:
        sections = sections_of(f"{program}.1")
        commands = commands_of(t, program)
        if not commands:
            text = printed(t, program, "--help")
            check_options(program, options_of(sections["OPTIONS"]), options_in(text))
            assert options_in(text)
            continue
        for command in commands:
            own, common = printed(t, program, command, "--help").split("\nOptions of every command:\n")
            check_options(f"{program} {command}", options_of(sections[command]), options_in(own))
            check_options(f"{program}, every command", options_of(sections[EVERY_COMMAND]), options_in(common))
            assert len(options_in(common)) > 5, common


def test_exit_codes_of_pages(t):
    for program in PROGRAMS:
        words = [*commands_of(t, program)[:1], "--help"]
        codes = codes_in(printed(t, program, *words))
        status = sections_of(f"{program}.1")["EXIT STATUS"]
        there = set(tags_of(status)) or inline_codes(status)
        assert there == codes and len(codes) > 2, (program, there, codes)


def test_keys_of_the_page(t):
    """Section by section, as the table of settings in the sources has them."""
    del t
    rows = (uavtest.ROOT / "gateway/settings/table_rows.c").read_text(encoding="utf-8")
    rows = rows.replace('CHANNEL_PREFIX "', '"channel.')
    wanted = re.findall(r'\.section = "(\w+)",\s*\.key = "([\w.*]+)"', rows)
    there = [(re.match(r'"\[(\w+)', heading)[1], key)
             for heading, text in sections_of("gateway.ini.5").items() if heading.startswith('"[')
             for key in tags_of(text)]
    assert sorted(there) == sorted(wanted) and len(wanted) > 50, set(there) ^ set(wanted)


def test_pages_are_shown_without_a_warning(t):
    del t
    if not shutil.which("man"):
        raise uavtest.Skip("man is not here")
    for name in (*(f"{program}.1" for program in PROGRAMS), "gateway.ini.5"):
        done = subprocess.run(["man", "--warnings=w", "-l", page_of(name)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False, timeout=uavtest.DEADLINE,
                              env={**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"})
        assert (done.returncode, done.stderr) == (0, ""), (name, done.stderr)
        assert "@" not in re.sub(r"\S+@\S+\.\S+", "", done.stdout), name
        assert max(map(len, done.stdout.splitlines())) <= 100, name


# ----------------------------------------------------------------------- completion


DRIVER = r"""
source "$1"; shift
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
before=${COMP_WORDS[COMP_CWORD - 1]}
function=$(complete -p "${1##*/}" | sed 's/.*-F \([^ ]*\) .*/\1/')
"$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "$before"
printf '%s\n' "${COMPREPLY[@]}"
"""


def completed(t, program, *words):
    """What bash offers for the last of the words."""
    done = subprocess.run(["bash", "-c", DRIVER, "bash", COMPLETION, path_of(t, program), *words], cwd=t.folder,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          timeout=uavtest.DEADLINE)
    assert (done.returncode, done.stderr) == (0, ""), done
    return set(filter(None, done.stdout.splitlines()))


def names_in(text):
    """All options, without what their values are called."""
    return {re.match("--[a-z-]+", option)[0] for option in options_in(text)}


def test_completion_knows_what_the_programs_know(t):
    for program in PROGRAMS:
        commands = commands_of(t, program)
        if commands:
            assert completed(t, program, "") == {*commands, "--help", "--version"}
            assert completed(t, program, commands[0][:2]) == {name for name in commands
                                                             if name.startswith(commands[0][:2])}
        for words in ([command] for command in commands) if commands else [[]]:
            assert completed(t, program, *words, "--") == names_in(printed(t, program, *words, "--help"))


def test_completion_of_files(t):
    (t.folder / "flights.csv").touch()
    (t.folder / "other file").touch()
    both = {"flights.csv", "other file"}
    assert completed(t, "uav-gateway", "-c", "") == both
    assert completed(t, "uav-gateway", "--config", "fl") == {"flights.csv"}
    assert completed(t, "sim-stub", "--tls-key", "") == both
    assert completed(t, "uav-lab", "--config", "") == both
    assert completed(t, "uav-lab", "--logs", "") == set()  # a folder, and there is none
    for command in commands_of(t, "uav-drone"):
        for option in options_in(printed(t, "uav-drone", command, "--help")):
            name, _, value = option.partition(" ")
            if value in ("FILE", "PATH"):
                assert completed(t, "uav-drone", command, name, "o") == {"other file"}, (command, name)
            elif value and not completed(t, "uav-drone", command, name, ""):
                assert completed(t, "uav-drone", command, name, "o") == set(), (command, name)
    # what is no value of an option is nothing that is known
    assert completed(t, "uav-drone", "send", "--everyone", "f") == set()


def test_completion_of_values(t):
    """Each that is offered is one that the program takes; all that it takes are offered."""
    for words, option in ((["who"], "kind"), (["send", "--scenario", "x", "--to", "y"], "report"),
                          (["swarm", "--scenario", "x"], "pattern")):
        # bash takes = for a word of its own
        offered = completed(t, "uav-drone", words[0], f"--{option}", "=")
        done = subprocess.run([t.binary("uav-drone"), *words, f"--{option}=none-of-these"], capture_output=True,
                              text=True, check=False, stdin=subprocess.DEVNULL, timeout=uavtest.DEADLINE)
        assert done.returncode == 1 and offered, done
        allowed = re.search(r"must be (.*)", done.stderr)[1]
        assert offered == set(re.split(", | or ", allowed)), (offered, done.stderr)
    assert completed(t, "uav-drone", "who", "--kind", "") == {"drone", "ground-station"}
    assert completed(t, "uav-drone", "send", "--report", "") == set()  # its value is behind =
    assert completed(t, "uav-drone", "send", "--report", "=", "f") == {"failures"}
    assert completed(t, "uav-drone", "swarm", "--to", "h") == {"hub"}
    done = subprocess.run([t.binary("sim-stub"), "--conformance", "127.0.0.1:1", "--only", "none"],
                          capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                          timeout=uavtest.DEADLINE)
    groups = re.search(r"none of (.*); see", done.stderr)[1].split(", ")
    assert completed(t, "sim-stub", "--only", "") == set(groups), done.stderr
    assert completed(t, "uav-drone", "send", "--to", "h") == set()


@contextlib.contextmanager
def a_folder():
    with tempfile.TemporaryDirectory(prefix="uavtest.") as top:
        yield Path(top)


def test_programs_that_are_not_there(t):
    """Completion has nothing to say then, and says it."""
    with a_folder() as folder:
        done = subprocess.run(["bash", "-c", DRIVER, "bash", COMPLETION, folder / "uav-drone", "--"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                              timeout=uavtest.DEADLINE)
        assert (done.returncode, done.stderr, done.stdout.strip()) == (0, "", ""), done
    del t


if __name__ == "__main__":
    uavtest.run()
