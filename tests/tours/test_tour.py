"""The pages themselves: whatever a page has its reader type is walked by some tour, and a tour that
has gone stale is noticed."""

import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import tour  # noqa: E402
import uavtest  # noqa: E402

HERE = Path(__file__).resolve().parent


def pages():
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=uavtest.ROOT, capture_output=True,
                            text=True, check=True).stdout
    return listed.split()


def walked():
    """(page, heading or None) of each tour."""
    for path in HERE.glob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        for page, heading in re.findall(r'tour\.walk\(t, "([^"]+)"(?:, "([^"]+)")?', text):
            yield page, heading or None


def test_every_block_that_is_typed_is_walked():
    """```sh is a promise: somebody types it, so a tour does."""
    seen = {(page, block.line) for page, heading in walked() for block in tour.blocks(page, heading)}
    for page in pages():
        text = (uavtest.ROOT / page).read_text(encoding="utf-8")
        for fence in tour.FENCE.finditer(text):
            line = 1 + text.count("\n", 0, fence.start())
            if fence[1] == "sh":
                assert (page, line) in seen, f"{page}:{line}: no tour walks this block"


def test_blocks_can_be_typed_at_a_prompt():
    """There, a job that is done is forgotten, and others may have had its number before."""
    for page, heading in walked():
        for block in tour.blocks(page, heading):
            assert not re.search(r"\b(kill|wait|fg|bg)\b[^\n]*%\d", block.typed), (
                f"{page}:{block.line}: a job by its number; keep $! instead")


def test_nothing_is_left_to_be_filled_in():
    for page in pages():
        text = (uavtest.ROOT / page).read_text(encoding="utf-8")
        assert "@@" not in re.sub(r"(?m)^@@ -\d+\S* \+\d+\S* @@$", "", text), page  # but of a diff


def test_what_is_shown_is_compared():
    shown = "listening at …:7600\n...\n3 drones, SNR 15.70 dB\n"
    assert tour.is_shown("listening at 127.0.0.1:7600\n3 drones, SNR 15.70 dB\n", shown, False)
    assert tour.is_shown("listening at 127.0.0.1:7600\na\nb\n3 drones, SNR 15.70 dB", shown, False)
    assert not tour.is_shown("listening at 127.0.0.1:7600\n3 drones, SNR 15.71 dB\n", shown, False)
    assert not tour.is_shown("3 drones, SNR 15.70 dB\n", shown, False)
    assert tour.is_shown("listening at here:9\n12 drones, SNR -3e-07 dB\n",
                         shown.replace(":7600", ":1"), True)
    assert not tour.is_shown("listening at here:9\n12 drones, PER 15.71 dB\n", shown, True)


def walk_text(t, text):
    """What somebody is told whose page has this text; "" when all is well."""
    page = t.folder / "page.md"
    page.write_text(text, encoding="utf-8")
    try:
        tour.walk(t, str(page))
    except AssertionError as told:
        return str(told)
    return ""


def test_a_page_is_walked(t):
    page = """
# One page

```sh
kept=here
build/uav-gateway -c config/gateway.ini 2> gateway.log &
until grep -qs event=listening gateway.log; do sleep 0.1; done
grep -o 'address=127.*7600' gateway.log
```

```text
address=127.0.0.1:…600
```

Text.

```sh
echo $kept; ps ax | grep -c '[b]uild/uav-gateway'
```

```text
here
1
```
"""
    told = walk_text(t, page)
    assert told == "", told
    told = walk_text(t, page.replace("…600", "…601"))
    assert "page.md:4: what is shown is not what comes" in told and "…601" in told, told


def test_a_block_that_fails_is_told(t):
    told = walk_text(t, "```sh\necho before\nfalse\necho behind\n```\n")
    assert "page.md:1: exit code 1" in told and "before" in told and "\nbehind\n" not in told.split("---")[1], told


if __name__ == "__main__":
    uavtest.run()
