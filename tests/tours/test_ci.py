"""deploy/CI.md: a firmware of one's own in a CI job."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import tour  # noqa: E402
import uavtest  # noqa: E402


def test_the_tour(t):
    library = t.binary("libbase.a")
    symbols = subprocess.run(["nm", library], capture_output=True, text=True, check=True).stdout
    if "__asan_" in symbols or "__tsan_" in symbols or "__ubsan_" in symbols:
        raise uavtest.Skip("a reader's C program is not linked with sanitizers")
    tour.walk(t, "deploy/CI.md")


test_the_tour.deadline = tour.SECONDS + 30


def job_file(heading):
    """The YAML below that heading of the page."""
    text, _ = tour.section("deploy/CI.md", heading)
    (job,) = re.findall(r"(?ms)^```\n(.*?)^```$", text)
    return yaml.safe_load(job)


def check_typed(commands, kept):
    """A job types only what the tour has typed, in its order, and keeps only what comes of it."""
    typed = [line.strip() for block in tour.blocks("deploy/CI.md", None) for line in block.typed.splitlines()]
    at = [typed.index(command) for command in commands]
    assert len(commands) >= 4 and at == sorted(at), commands
    for path in kept:
        assert any(path in line and not line.startswith("rm ") for line in typed), path


def test_a_job_on_github():
    job = job_file("A job on GitHub")
    assert True in job and set(job) == {"name", True, "jobs"}, job  # to YAML 1.1, on: is a truth
    ((_, lab),) = job["jobs"].items()
    assert set(lab) == {"runs-on", "timeout-minutes", "steps"} and lab["timeout-minutes"] > 0, lab
    checkout, *runs, upload = lab["steps"]
    assert re.fullmatch(r"actions/checkout@v\d+", checkout["uses"]), checkout
    assert all(set(step) == {"run"} for step in runs), runs
    assert set(upload) == {"uses", "if", "with"} and upload["if"] == "always()", upload
    assert re.fullmatch(r"actions/upload-artifact@v\d+", upload["uses"]), upload
    assert set(upload["with"]) == {"name", "path"}, upload
    check_typed([line for step in runs for line in step["run"].splitlines()], upload["with"]["path"].split())


def test_a_job_on_gitlab():
    ((_, lab),) = job_file("A job on GitLab").items()
    assert set(lab) == {"image", "timeout", "script", "artifacts"}, lab
    assert all(isinstance(command, str) for command in lab["script"]), lab
    assert lab["artifacts"]["when"] == "always" and set(lab["artifacts"]) == {"when", "paths"}, lab
    check_typed(lab["script"], lab["artifacts"]["paths"])


if __name__ == "__main__":
    uavtest.run()
