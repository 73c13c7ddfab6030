"""What a user reads, word for word: golden/errors.txt and golden/lines.txt."""

import re
import subprocess

import pytest

from support import pgwire
from support.peers import close_at_once
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


# --- lines of a wait ------------------------------------------------------------------------------

LINES = cases("lines.txt")


@pytest.fixture
def places(peer):
    """What {name} in lines.txt stands for: made when it is asked for."""
    made = {}
    makers = {
        "up": peer,
        "down": lambda: peer(listen=False),
        "hangs-up": lambda: peer(close_at_once),
        "silent": peer,
        "starting": lambda: peer(pgwire.refuses("57P03", "the database system is starting up")),
        "full": lambda: peer(pgwire.refuses("53300", "sorry, too many clients already")),
        "denying": lambda: peer(pgwire.refuses("28P01", 'password authentication failed for user "me"')),
        "letting-in": lambda: peer(pgwire.answers(pgwire.welcome())),
    }

    def fill(text):
        def place(match):
            if match[1] not in made:
                made[match[1]] = makers[match[1]]().target
            return made[match[1]]
        return re.sub(r"\{([a-z-]+)\}", place, text)
    return fill


def without_times(line):
    line = re.sub(r"\b(after|in) [0-9.]+m?s(?=[,:]|$)(?<!timed out after 300ms)", r"\1 TIME", line)
    return re.sub(r"\b\d+ attempts?\b", "N attempts", line)


def by_target(lines):
    """Targets take turns as they please; what is said of each one comes in its order."""
    found = {}
    for line in lines:
        found.setdefault(re.match(r"waitfor: (\S*\d): |", line)[1], []).append(line)
    return found


@pytest.mark.parametrize("command, lines, code", LINES, ids=[case[0][:60] for case in LINES])
def test_lines(shell, places, command, lines, code):
    result = shell(places(command))
    said = [without_times(line) for line in result.stderr.splitlines()]
    assert by_target(said) == by_target([places(line) for line in lines]), result
    assert result.returncode == code, result


# --- every error has a case -----------------------------------------------------------------------

# What no command line brings about, or not on every machine.
OUT_OF_REACH = {
    "the event loop failed: %s; does a seccomp profile forbid epoll?": "tests/e2e/test_faults.py",
    "cannot set up the event loop: %s (see ulimit -n)": "descriptors run out: tests/e2e/test_signals.py, test_exit_codes.py",
    "parameter %s does not accept this value": "no scheme has a secret parameter: tests/unit/options/test_params.c",
    "parameter key needs the certificate; add cert=FILE": "of waitfor-tls: tests/e2e/test_https.py",
    "parameter %s: its file cannot be read: %s": "of waitfor-tls: tests/e2e/test_https.py",
    "cannot run \"%s\": the file, or the interpreter or loader that it needs, does not exist":
        "removed during the wait: tests/e2e/test_handover.py",
    "cannot run \"%s\": its loader %s: %s; link it statically, or add the loader":
        "each machine has a loader of its own: tests/e2e/test_handover.py",
    "cannot listen at 127.0.0.1:%u: %s": "a port that is taken: tests/e2e/test_hold.py",
    "cannot listen at %s: %s": "a place that is taken: tests/e2e/test_follow.py",
    "cannot listen at %s: out of memory": "memory runs out",
    "%s: it was lost while %s ran, so that is no success": "a real PostgreSQL: tests/e2e/test_lock.py",
    "the command has succeeded, but \"%s\" could not be noted in waitfor_once: %s; it may run again":
        "a real PostgreSQL: tests/e2e/test_lock.py",
    "cannot run \"%s\": no new process: %s (see ulimit -u, or pids.max)": "of another user: tests/e2e/test_stay.py",
    "cannot run \"%s\": %s": "as the one that is told before the wait",
}
OUT_OF_REACH.update({
    f"{scheme}:// takes one host; write several targets instead of a ','": "a comma begins another target: unit tests"
    for scheme in ("tcp", "%s")
})
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
