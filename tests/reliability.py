"""docs/RELIABILITY.md: what `make fuzz`, `make faults` and `make mutate` write into it. Between their marks no hand writes."""

import os
import re
from pathlib import Path


def processors():
    """How many of which kind this machine has."""
    model = re.search(r"^model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="ascii"), re.M)
    return f"{len(os.sched_getaffinity(0))} processors of {model[1].strip() if model else os.uname().machine}"


def _parts(path, command):
    """The document up to the marks of `make COMMAND`, what is between them, and the rest."""
    begin, end = f"<!-- make {command}: begin -->\n", f"\n<!-- make {command}: end -->"
    before, found_begin, rest = path.read_text(encoding="utf-8").partition(begin)
    between, found_end, after = rest.partition(end)
    if not found_begin or not found_end:
        raise ValueError(f"{path} has no place for the figures: a line {begin.strip()!r} and a line {end.strip()!r}")
    return before + begin, between, end + after


def read(path, command):
    return _parts(Path(path), command)[1]


def write(path, command, lines):
    before, _, after = _parts(Path(path), command)
    Path(path).write_text(before + "\n".join(lines) + after, encoding="utf-8")
