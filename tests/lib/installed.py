"""`make install` below a root of a test's own."""

import os
import subprocess

import uavtest

SECONDS = 120  # of make, which finds everything built


def run_make(*words, user=None):
    """make on this build, as somebody runs it who is not in the middle of `make check`."""
    kept = {name: value for name, value in os.environ.items()
            if name not in ("B", "CC", "SAN", "OPT", "V", "DESTDIR", "PREFIX") and not name.startswith("MAKE")
            and name != "MFLAGS"}
    who = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    return subprocess.run(
        ["make", "--no-print-directory", "-C", uavtest.ROOT, f"B={os.environ.get('B', 'build')}", *words],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=SECONDS, env=kept, **who)


def make(*words, user=None, prefix=None):
    """What it prints, when all is well."""
    done = run_make(*words, *([f"PREFIX={prefix}"] if prefix else []), user=user)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def install(root, prefix="/usr/local", user=None):
    make("install", f"DESTDIR={root}", user=user, prefix=prefix)


def uninstall(root, prefix="/usr/local"):
    make("uninstall", f"DESTDIR={root}", prefix=prefix)


def files(root):
    """The paths of all files below it, from there."""
    return {str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir()}
