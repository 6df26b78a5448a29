"""The events that the programs log, as the sources have them: LOG(log, level, "event", fields...)
and, where fields are gathered first, log_write and log_format_line."""

import re
from dataclasses import dataclass, field

import uavtest

FIELD = re.compile(r"\b(?:log_text|log_str|log_num|account)\(\s*(?:[^\"()]*\?\s*)?\"(\w+)\"(?:\s*:\s*\"(\w+)\")?")
# In these the log is made: what they are handed has no name of its own.
MAKERS = ("gateway/base/log.c", "gateway/base/log_format.c")
OUTCOME = re.compile(r"(?m)^\s*OUTCOME_(\w+) = [1-9]\d*;")


@dataclass
class Event:
    levels: set = field(default_factory=set)
    fields: set = field(default_factory=set)


def split_arguments(text):
    """Those of a call, from behind its ( up to its )."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, char in enumerate(text):
        if char == '"' and text[at - 1] != "\\":
            quoted = not quoted
        elif quoted:
            continue
        elif char in "([{":
            depth += 1
        elif char in ")]}" and depth:
            depth -= 1
        elif char == ")" or char == "," and not depth:
            parts.append(text[start:at].strip())
            start = at + 1
            if char == ")":
                return parts
    raise AssertionError(f"no end: {text[:80]}")


def pairs(level, event):
    """(event, level) that can come of a call: two conditions that are the same go together."""
    levels = [name.lower() for name in re.findall(r"LOG_LEVEL_(\w+)", level)]
    names = re.findall(r'"(\w+)"', event)
    assert levels and names, (level, event)
    if len(levels) == len(names) == 2 and level.split("?")[0].strip() == event.split("?")[0].strip():
        return list(zip(names, levels, strict=True))
    return [(name, one) for name in names for one in levels]


def outcomes():
    text = (uavtest.ROOT / "proto/drone.proto").read_text(encoding="utf-8")
    return {name.lower() for name in OUTCOME.findall(text)}


def fields_of(text):
    """In an account each outcome is a field, too."""
    found = {name for match in FIELD.findall(text) for name in match if name}
    return found | (outcomes() if "account(lower_case" in re.sub(r"\s", "", text) else set())


def function_around(text, at):
    """From the { at the start of a line before it."""
    return text[text.rindex("\n{\n", 0, at):at]


def note(events, level, event, fields):
    for name, one in pairs(level, event):
        found = events.setdefault(name, Event())
        found.levels.add(one)
        found.fields |= fields


def read(events, path):
    text = path.read_text(encoding="utf-8")
    for call in re.finditer(r"\bLOG\(", text):
        _, level, event, *fields = split_arguments(text[call.end():])
        note(events, level, event, fields_of(", ".join(fields)))
    for call in re.finditer(r"\b(log_write|log_format_line)\(", text):
        arguments = split_arguments(text[call.end():])
        level, event = arguments[1:3] if call[1] == "log_write" else arguments[4:6]
        if '"' in event or str(path.relative_to(uavtest.ROOT)) not in MAKERS:
            note(events, level, event, fields_of(function_around(text, call.start())))


def in_sources(*folders):
    """{name: Event} of all C files there."""
    events = {}
    for folder in folders:
        for path in sorted((uavtest.ROOT / folder).rglob("*.c")):
            read(events, path)
    return events
