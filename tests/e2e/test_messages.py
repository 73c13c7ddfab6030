"""What a user reads, word for word: golden/errors.txt and golden/lines.txt."""

import os
import re
import subprocess

import pytest

from support.runner import BINARY, CLEAN_ENV, REPOSITORY

GOLDEN = REPOSITORY / "tests" / "e2e" / "golden"


def cases(name):
    """(command, stderr, exit code) for each "$ command" of the file."""
    found = []
    for line in (GOLDEN / name).read_text().splitlines():
        if line.startswith("$ "):
            found.append([line[2:], [], None])
        elif re.fullmatch(r"\[\d+\]", line):
            found[-1][2] = int(line[1:-1])
        elif line and not line.startswith("# ") and found:
            found[-1][1].append(line)
    assert all(code is not None for _, _, code in found)
    return found


ERRORS = cases("errors.txt")


@pytest.fixture
def shell(folder):
    """Runs a command of a golden file in an empty folder where `waitfor` is the program under test."""
    programs = folder / "bin"
    programs.mkdir()
    (programs / "waitfor").symlink_to(BINARY)
    work = folder / "work"
    work.mkdir()

    def run(command, net=None):
        env = {**CLEAN_ENV, "PATH": f"{programs}:{CLEAN_ENV['PATH']}"}
        argv = (net.enter if net else []) + ["sh", "-c", f"cd '{work}' && {{ {command}\n}}"]
        return subprocess.run(argv, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=30,
                              encoding="utf-8", errors="backslashreplace")
    return run


@pytest.mark.parametrize("command, lines, code", ERRORS, ids=[case[0][:60] for case in ERRORS])
def test_an_error(shell, command, lines, code):
    result = shell(command)
    assert result.stderr.splitlines() == lines, result
    assert result.returncode == code, result


# --- every error has a case -----------------------------------------------------------------------

# What no command line brings about, or not on every machine.
OUT_OF_REACH = {
    "cannot set up the event loop: %s (see ulimit -n)": "descriptors run out: tests/e2e/test_signals.py, test_exit_codes.py",
    "cannot run \"%s\": %s": "as the one that is told before the wait",
}
LEAST = 12      # literal characters: less than that would match anything


def formats():
    """Each format of errors_set and jsontext_error in the sources."""
    for path in sorted((REPOSITORY / "src").rglob("*.c")):
        text = path.read_text()
        for call in re.finditer(r"\b(?:errors_set|jsontext_error)\(\s*(?:[^\"();]|\([^\"()]*\))*?((?:\"(?:\\.|[^\"\\])*\"\s*)+)", text):
            literal = "".join(re.findall(r'"((?:\\.|[^"\\])*)"', call[1]))
            yield path.name, literal.replace('\\"', '"').replace("\\\\", "\\").replace("\\u%04x", "%s")


def pattern_of(literal):
    pieces = re.split(r"%(?:%|[-0-9.*]*(?:zu|[sducX]))", literal)
    return ".*".join(re.escape(piece) for piece in pieces)


def test_every_error_of_the_sources_is_among_them():
    said = "\n".join(line for _, lines, _ in ERRORS for line in lines)
    found = list(formats())
    assert len(found) > 90, "the sources are not understood any more"
    for name, literal in found:
        if literal in OUT_OF_REACH or len(re.sub(r"%\S*|\W", "", literal)) < LEAST:
            continue
        assert re.search(pattern_of(literal), said), f"{name}: no case for: {literal}"
