"""waitfor as another tool: how it is called, the command line that it explains, and what documents say of both."""

import os
import re
import shlex

import pytest

from support.fronts import MASKED
from support.runner import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
DROP_IN = (REPOSITORY / "docs" / "DROP-IN.md").read_text(encoding="utf-8")
SECTION = re.search(r"(?s)\n## Coming from another tool\n(.*?)\n## ", README)[1]
LINES = re.findall(r"(?m)^\| `([^`]+)` \| `(waitfor [^`]+)` \|$", SECTION)
TOOLS = re.findall(r"(?m)^\| `([\w-]+)`.* \| \[", DROP_IN)
DIFFERENCES = re.findall(r"(?m)^\| ([\w-]+) \|.*\| `(test_\w+\.py)`: `(test_\w+)` \|$", DROP_IN)


def test_the_documents_are_understood():
    assert TOOLS and len(LINES) >= 2 * len(TOOLS)
    rows = re.search(r"(?s)\| shown by \|\n(.*?)\n\n", DROP_IN)[1].splitlines()[1:]
    assert len(DIFFERENCES) == len(rows)
    assert {tool for tool, _, _ in DIFFERENCES} == set(TOOLS)
    assert {line.split()[0] for line, _ in LINES if "=" not in line.split()[0]} <= {*TOOLS, "wait-for-it.sh"}


def split_call(line):
    """(variables, name, words) of a shell's line."""
    words = shlex.split(line)
    count = next(i for i, word in enumerate(words) if not re.match(r"[A-Z_]+=", word))
    return dict(word.split("=", 1) for word in words[:count]), words[count], words[count + 1:]


@pytest.mark.parametrize("line, expected", LINES, ids=[line for line, _ in LINES])
def test_the_readmes_table_is_what_explain_says(fronts, line, expected):
    env, name, words = split_call(line)
    assert fronts.explain(name, *words, env=env) == expected


@pytest.mark.parametrize("tool, file, test", DIFFERENCES, ids=[f"{tool}: {test}" for tool, _, test in DIFFERENCES])
def test_each_difference_is_shown(tool, file, test):
    assert re.search(rf"(?m)^def {test}\(", (REPOSITORY / "tests" / "e2e" / file).read_text(encoding="utf-8"))


def test_the_tools_are_those_of_the_program(waitfor):
    result = waitfor("as", "nothing", "--explain")
    assert result.code == 125
    assert result.err.split("write one of ")[1].strip().split(", ") == TOOLS


@pytest.mark.parametrize("name", TOOLS)
def test_by_name_and_by_as_it_is_the_same(fronts, waitfor, name):
    words = ["--nosuch-option", "\a"]
    called, said = fronts(name, *words), waitfor("as", name, *words)
    assert (called.code, called.out, called.err) == (said.code, said.out, said.err)
    assert "\a" not in called.err and (called.code != 0 or name == "wait"), "wait looks at no words"


def test_what_it_explains_does_the_same(waitfor, fronts, peer):
    target = peer().target
    line = fronts.explain("wait-for-it", target, "--", "echo", "a b", "it's")
    words = shlex.split(line)
    assert words[0] == "waitfor"
    result = waitfor(*words[1:])
    assert (result.code, result.out) == (0, "a b it's\n"), result


def test_it_explains_a_script_byte_for_byte(waitfor, fronts, peer):
    script = "printf '%s' \"$1\"\n\techo Ω"
    words = shlex.split(fronts.explain("wait-for-it", "-q", peer().target, "--", "sh", "-c", script, "sh", "\x1b\r"))
    assert words[-5:] == ["sh", "-c", script, "sh", "\x1b\r"]
    assert waitfor(*words[1:]).out == "\x1b\rΩ\n"


def test_explain_shows_no_password(waitfor):
    result = waitfor("as", "wait-for-it", "--explain", "redis://:s3cret@db", "--", "app")
    assert "s3cret" not in result.out + result.err
    assert result.out == "waitfor -t 15 --no-export --run-anyway 'redis://:***@db' -- app\n" + MASKED


def test_a_host_may_be_called_as(waitfor, peer):
    port = peer(listen=False).port
    result = waitfor("as", f"NAME=tcp://127.0.0.1:{port}", "--once")
    assert result.code == 125 and 'target "as"' in result.err


def test_nobody_reads_what_it_says(fronts, peer):
    """A full pipe must not keep the command from starting."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    while True:
        try:
            os.write(write_end, b"x" * 4096)
        except BlockingIOError:
            break
    os.set_blocking(write_end, True)
    running = fronts.start("wait-for-it", peer().target, "--", "echo", "app", stderr=write_end)
    os.close(write_end)
    result = running.finish(10)
    os.close(read_end)
    assert (result.code, result.out) == (0, "app\n")


def test_reports_are_written_too(fronts, peer, folder):
    report = folder / "report.json"
    result = fronts("wait-for-it", "-q", peer().target, env={"WAITFOR_REPORT": str(report)})
    assert result.code == 0 and '"ready"' in report.read_text()
