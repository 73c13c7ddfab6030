"""The edits of tests/mutate/edits/ROOM.txt: small faults of the source, and the tests that must notice each.

An edit is a block of lines. Blank lines separate the blocks, and a line that begins with "#" is a comment:

    edit NAME
    in src/wait/schedule.c
    -#define SCHEDULE_MARGIN (10 * CLOCK_MS)
    +#define SCHEDULE_MARGIN (500 * CLOCK_MS)
    unit wait/schedule
    e2e test_backoff.py::test_a_refusal_is_free

The lines with "-" are lines of the file as they stand there, one after the other, with their tabs. They must be there exactly
once. The lines with "+" take their place; without any, the lines are left out. "unit wait/schedule" is the program of
tests/unit/wait/test_schedule.c, "unit wait/schedule*" are all whose names begin so. "e2e" is a file or a test of tests/e2e.
One of the tests has to fail; the first ones are tried first.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LISTS = Path(__file__).resolve().parent / "edits"


class BadList(Exception):
    """A list that cannot be read, or an edit that does not fit the source."""


@dataclass
class Edit:
    place: str      # "edits/wait.txt:12"
    room: str       # "wait"
    name: str
    file: str = ""
    before: list = field(default_factory=list)
    after: list = field(default_factory=list)
    tests: list = field(default_factory=list)   # ("unit", "wait/schedule"), ("e2e", "test_dns.py::test_x")

    def applied_to(self, text):
        """The text of the file with the edit in it."""
        before, after = ("".join(f"{line}\n" for line in lines) for lines in (self.before, self.after))
        count = f"\n{text}".count(f"\n{before}")
        if count != 1:
            raise BadList(f"{self.place}: {self.name} is stale: its lines are {count} times in {self.file}, not once")
        return f"\n{text}".replace(f"\n{before}", f"\n{after}")[1:]


def read_line(edit, line):
    word, _, rest = line.partition(" ")
    if line[0] == "-":
        edit.before.append(line[1:])
    elif line[0] == "+":
        edit.after.append(line[1:])
    elif word == "in" and not edit.file:
        edit.file = rest
    elif word in ("unit", "e2e"):
        edit.tests.append((word, rest))
    else:
        raise BadList(f"{edit.place}: {line!r} is none of edit, in, -, +, unit, e2e")


def read_list(text, room, path="edits.txt"):
    """The edits of one list, in its order."""
    edits, edit = [], None
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            edit = None if not line else edit
        elif line.startswith("edit "):
            edit = Edit(f"{path}:{number}", room, line[5:])
            edits.append(edit)
        elif edit is None:
            raise BadList(f"{path}:{number}: a block begins with edit NAME")
        else:
            read_line(edit, line)
    return edits


def read_all():
    edits = []
    for path in sorted(LISTS.glob("*.txt")):
        edits += read_list(path.read_text(), path.stem, f"tests/mutate/edits/{path.name}")
    return edits


def unit_programs(pattern, root=ROOT):
    """The unit tests of a pattern, each as "wait/test_schedule"."""
    folder, _, name = pattern.rpartition("/")
    found = sorted((root / "tests/unit" / folder).glob(f"test_{name}.c"))
    return [str(path.relative_to(root / "tests/unit").with_suffix("")) for path in found]


def has_node(node, root):
    file, _, test = node.partition("::")
    path = root / "tests/e2e" / file
    name = test.partition("[")[0]
    return path.is_file() and (not name or re.search(rf"^def {re.escape(name)}\(", path.read_text(), re.M))


def faults_of(edit, root):
    """What is wrong with one edit, as lines."""
    path = root / edit.file
    if not re.fullmatch(r"[a-z0-9-]+", edit.name):
        yield f"{edit.place}: a name has small letters, digits and '-', not {edit.name!r}"
    if not edit.tests:
        yield f"{edit.place}: {edit.name} names no test"
    for kind, name in edit.tests:
        if not (unit_programs(name, root) if kind == "unit" else has_node(name, root)):
            yield f"{edit.place}: {edit.name} names a test that is not there: {kind} {name}"
    if not path.is_file() or not edit.before or edit.before == edit.after:
        yield f"{edit.place}: {edit.name} edits nothing: {edit.file or 'no file'}"
        return
    try:
        edit.applied_to(path.read_text())
    except BadList as stale:
        yield str(stale)


def faults(edits, root=ROOT):
    """What is wrong with the edits, as lines; this needs no build, so that CI can look each time."""
    seen, lines = set(), []
    for edit in edits:
        if edit.name in seen:
            lines.append(f"{edit.place}: there is another {edit.name}")
        seen.add(edit.name)
        lines += faults_of(edit, root)
    return lines
