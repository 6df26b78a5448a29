"""deploy/CI.md: a firmware of one's own in a CI job."""

import re
import subprocess
import sys
from pathlib import Path

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


def test_the_jobs_run_what_the_tour_runs():
    """Whatever a job file has the machine type, the tour has typed."""
    text = (uavtest.ROOT / "deploy/CI.md").read_text(encoding="utf-8")
    typed = {line.strip() for block in tour.blocks("deploy/CI.md", None)
             for line in block.typed.splitlines()}
    jobs = [job for job in re.findall(r"(?ms)^```\n(.*?)^```$", text) if "lab-logs" in job]
    assert len(jobs) == 2
    for job in jobs:
        commands = re.findall(r"(?m)^ +- run: (?!\|)(.*)$", job)
        for block in re.findall(r"(?ms)^ +- run: \|\n(.*?)(?=^ +- )", job):
            commands += [line.strip() for line in block.splitlines()]
        script = re.search(r"(?ms)^  script:\n(.*?)^  \w", job)
        commands += re.findall(r"(?m)^    - (.*)$", script[1]) if script else []
        assert len(commands) >= 4, job
        for command in commands:
            assert command in typed, f"no block of the page types: {command}"


if __name__ == "__main__":
    uavtest.run()
