"""The figures of a run: a row for each part, printed and kept in build/faults/rows, and written into docs/RELIABILITY.md.

  figures.py grid REPORT       add the row of the grid, whose JUnit report this is; print how many tests there were, and failed
  figures.py document FILE     write the rows between the two marks of the document; a part that has none keeps its old ones
"""

import os
import re
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))
import reliability

ROWS = Path(__file__).resolve().parents[2] / "build/faults/rows"


def report(part, tried, found, seconds):
    """What was tried, what was found, and how long it took."""
    print(f"{part}: {tried}: {found}; {seconds:.0f} s", file=sys.stderr, flush=True)
    ROWS.parent.mkdir(parents=True, exist_ok=True)
    with ROWS.open("a", encoding="utf-8") as rows:
        rows.write("\t".join((part, tried, found, f"{seconds:.0f} s")) + "\n")


def add_grid(path):
    from test_grid import GRID, KINDS   # here, since the parts of the run need no pytest

    suite = next(xml.parse(path).iter("testsuite"))
    wrong = int(suite.get("errors")) + int(suite.get("failures"))
    blocking, passing, meaningless = map(len, KINDS.values())
    report("grid", f"{len(GRID)} layers and schemes, {blocking + passing} cells; {meaningless} more have no meaning",
           f"{wrong} wrong; {blocking} block, and waitfor gets through {passing}", float(suite.get("time")))
    print(suite.get("tests"), wrong)


def write_document(path):
    old = reliability.read(path, "faults")
    rows = {row[0]: row for row in (re.split(r" *\| *", line.strip("| ")) for line in old.splitlines() if line.startswith("| "))}
    rows |= {row[0]: row for row in (line.split("\t") for line in ROWS.read_text(encoding="utf-8").splitlines())}
    rows.pop("part", None)
    reliability.write(path, "faults", ["| part | tried | found | took |", "|---|---|---|---:|",
                                       *(f"| {' | '.join(row)} |" for row in rows.values()), "",
                                       f"Measured on {reliability.processors()}, Linux {os.uname().release}."])


if __name__ == "__main__":
    {"grid": add_grid, "document": write_document}[sys.argv[1]](sys.argv[2])
