"""The scripted replies of tests/unit/probe/replies, as data; the README there says what a file holds.

Needs nothing but Python, since the seeds of the fuzzers come from it too.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

REPLIES = Path(__file__).resolve().parents[2] / "unit/probe/replies"
MEANINGS = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}


@dataclass
class Case:
    name: str
    target: str = ""
    env: list = field(default_factory=list)         # "NAME=value"
    steps: list = field(default_factory=list)       # ("say", bytes) of waitfor, ("hear", bytes) of the service, ("eof", b"")
    outcome: str = ""


def unescape(text):
    """The bytes of a text with \\r \\n \\t \\0 \\\\ and \\xNN."""
    def byte(match):
        return bytes([int(match[2], 16)]) if match[2] else MEANINGS[match[1]]
    return re.sub(rb"\\([rnt0\\]|x([0-9a-fA-F]{2}))", byte, text.encode())


def read_case(text):
    name, *lines = text.splitlines()
    case = Case(name)
    for word, rest in (line.partition(" ")[::2] for line in lines if line and line[0] != "#"):
        if word in ("say", "hear", "eof"):
            case.steps.append((word, unescape(rest)))
        elif word == "env":
            case.env.append(rest)
        elif word in ("target", "outcome"):
            setattr(case, word, rest)
    return case


def protocols():
    """The names of the files."""
    return sorted(path.stem for path in REPLIES.glob("*.txt"))


def cases(protocol):
    text = (REPLIES / f"{protocol}.txt").read_text()
    return [read_case(part) for part in text.split("\ncase ")[1:]]
