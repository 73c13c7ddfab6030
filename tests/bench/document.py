"""docs/BENCHMARKS.md, its drawings, and the figures of the README: all of it from one run."""

import json
import re

import svg
from figures import table_of

BEGIN, END = "<!-- Figures: written by make bench. -->", "<!-- End of the figures. -->"
# The parts of a figure's key, and what stands above the first with it.
CHAPTERS = {
    "overhead": "Overhead: the service is there",
    "delay": "Delay: the service starts later",
    "cost": "Cost of a wait in vain",
    "many": "Many targets",
    "herd": "Many clients",
    "relay": "Connections that are held, then passed on",
    "startup": "The app starts beside its database",
    "size": "Size",
}
WORDS = {
    "limit": "a static C program that connects every millisecond and then execs: `tests/bench/limit.c`",
    "limit, 5 ms open": "the same if the connection must stay open for 5 ms",
    "floor": "one that connects as seldom as the goals for the delay allow: `tests/bench/floor.c`",
    "/dev/tcp loop": "`until (exec 3<>/dev/tcp/HOST/PORT) 2>/dev/null; do sleep 1; done` in bash",
    "pg_isready loop": "`until pg_isready -q -h HOST -p PORT; do sleep 1; done` in sh",
    "haproxy, socat": "as relays of TCP, with their default settings, so haproxy has a thread for each processor: `tests/bench/hold.py`",
    "direct": "the same without a relay",
}


def table(rows):
    """Markdown; the first row is the head."""
    head, *body = rows
    return "\n".join(["| " + " | ".join(head) + " |", "|---" * len(head) + "|",
                      *("| " + " | ".join(row) + " |" for row in body)])


def circumstances(run):
    lines = [f"- command: `{run['command']}`", f"- machine: {run['machine']}", f"- measured: {run['versions']}",
             f"- beside it: {run['peers']}"]
    if run["missing"]:
        lines.append(f"- not measured, as they were not there: {', '.join(run['missing'])}")
    return "\n".join(lines)


def readme_rows(run, found):
    """The table: a column for each tool, those that were not there too."""
    seen = list(dict.fromkeys(name for _, texts in found.rows for name in texts)) + run["missing"]
    tools = sorted(set(seen), key=lambda name: (name != "waitfor", name != "limit", seen.index(name)))
    def text(texts, name):
        return texts.get(name, "not measured" if name in run["missing"] else "–")
    return [["measured", *tools], *([what, *(text(texts, name) for name in tools)] for what, texts in found.rows)]


def readme_block(run, found):
    missed = [goal for goal in found.goals if not goal.met]
    lines = [circumstances(run), "", table(readme_rows(run, found)), "",
             f"{len(found.goals) - len(missed)} of {len(found.goals)} goals are met" + (
                 "; missed:" if missed else ".")]
    lines += [""] * bool(missed) + [f"- {goal.text}: {goal.found}" for goal in missed]
    return "\n".join(lines)


def write_readme(path, run, found):
    text = path.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path} has no place for the figures: a line {BEGIN!r} and a line {END!r}")
    path.write_text(f"{before}{BEGIN}\n\n{readme_block(run, found)}\n\n{END}{after}")


def goals_table(goals):
    return table([["goal", "", "measured"], *([goal.text, "met" if goal.met else "**missed**", goal.found]
                                              for goal in goals)])


def instructions_table(path):
    """What tests/bench/instructions keeps."""
    kept = json.loads(path.read_text())
    return table([["path", "instructions"], *([name, f"{count:,}"] for name, count in kept["counts"].items())]) + (
        f"\n\nCounted by callgrind; {kept['built with']}. A rise of 5 % fails `make instructions`.")


def section(figure, drawn):
    lines = [f"### {figure.title}" + (f", {figure.unit}" if figure.unit else ""), ""]
    if drawn:
        lines += [f"![{figure.title}](bench/{figure.key}.svg)", ""]
    return [*lines, table(table_of(figure)), *(["", figure.note] if figure.note else []), ""]


def write_drawings(folder, figures):
    """One file for each figure that compares somebody; files of former figures go. Returns the keys that are drawn."""
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.svg"):
        old.unlink()
    drawn = {figure.key for figure in figures if len(figure.rows) > 1}
    for figure in figures:
        if figure.key in drawn:
            (folder / f"{figure.key}.svg").write_text(svg.draw(figure))
    return drawn


def benchmarks(run, found, drawn, instructions):
    lines = ["# Benchmarks", "", "`make bench` has written this page; nothing in it is written by hand.", "",
             circumstances(run), "",
             "In the drawings each value is a dot. The tables have the same values; the last column is the median as a "
             "multiple of the base's.", "", *(f"- {name}: {words}." for name, words in WORDS.items()), "",
             "## Goals", "", goals_table(found.goals), ""]
    chapter = None
    for figure in found.figures:
        if (its := figure.key.split("-")[0]) != chapter:
            chapter = its
            lines += [f"## {CHAPTERS[its]}", ""]
        lines += section(figure, figure.key in drawn)
    if instructions.exists():
        lines += ["## Instructions", "", instructions_table(instructions), ""]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


def write(repository, run, found):
    docs = repository / "docs"
    drawn = write_drawings(docs / "bench", found.figures)
    instructions = repository / "tests" / "bench" / "instructions.json"
    (docs / "BENCHMARKS.md").write_text(benchmarks(run, found, drawn, instructions))
    write_readme(repository / "README.md", run, found)
