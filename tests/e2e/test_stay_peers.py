"""--stay beside tini and dumb-init: each row of README's table is tried with all three."""

import contextlib
import os
import signal
import sys
import time

import pytest

from support.children import children_of, command_of, descendants, first_child
from support.inits import TWO
from support.net import AS_USER, require_namespaces
from support.runner import BINARY
from support.until import until

README = BINARY.parents[1] / "README.md"
PLAIN = {"waitfor --stay": [BINARY, "--stay"], "tini": ["tini"], "dumb-init": ["dumb-init"]}

DEAF = 'trap "" TERM; echo up; while :; do sleep 0.1; done'
TELLS = 'trap "echo TERM; exit" TERM; echo up; while :; do sleep 0.05; done'


@pytest.fixture
def begin(waitfor):
    """Starts an app under an init, which may be PID 1, and waits for "up" as often as is said."""
    runs = []

    def start(init, *app, as_pid_1=False, ups=1, **popen):
        prefix = ["unshare", *AS_USER, "--pid", "--fork", "--kill-child", "--"] if as_pid_1 else []
        running = waitfor.start_argv([*prefix, *init, "--", *app], **popen)
        runs.append(running)
        until(lambda: running.out().count("up\n") == ups, what="the app is up")
        running.init = first_child(running.pid) if as_pid_1 else running.pid
        return running
    yield start
    for running in runs:
        for pid in descendants(running.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def soon(condition, seconds=3.0):
    """Is it so within that time?"""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def get_term(begin, init):
    running = begin(init, sys.executable, "-c", TWO, ups=2)
    os.kill(running.init, signal.SIGTERM)
    until(lambda: "app" in running.out())
    return soon(lambda: "child" in running.out(), 0.5)


def reaps(begin, init, as_pid_1):
    """An orphan becomes a child of the init, and is gone when it ends. The app says its number."""
    running = begin(init, "sh", "-c", "(sh -c 'echo $$; exec sleep 60' &); echo up; exec sleep 50", as_pid_1=as_pid_1)
    app = children_of(running.init)[0]
    found = soon(lambda: len(children_of(running.init)) == 2, 1.0)
    orphan = (set(children_of(running.init)) - {app}).pop() if found else \
        int(running.out().replace("up", "").split()[0])
    os.kill(orphan, signal.SIGKILL)
    return found and soon(lambda: children_of(running.init) == [app])


def leaves_with(begin, init, end, code):
    running = begin(init, "sh", "-c", f"echo up; {end}")
    return running.process.wait(5) == code


def kills(begin, init):
    running = begin([*init, "--kill-after=200ms"] if "--stay" in init else init, "sh", "-c", DEAF)
    os.kill(running.init, signal.SIGTERM)
    return soon(lambda: not running.alive())


def ends_with_init(begin, init):
    running = begin(init, "sh", "-c", TELLS)
    app = children_of(running.init)[0]
    os.kill(running.init, signal.SIGKILL)
    ended = soon(lambda: "TERM" in running.out(), 1.0)
    if not ended:
        os.kill(app, signal.SIGKILL)        # nobody else would
    return ended


def suspends(begin, init, terminal):
    """^Z in a shell with job control, and fg: the app goes on in the foreground."""
    window = terminal(80)
    script = 'exec >&2; set -m; "$@"; echo "stopped: $?"; fg; echo "ended: $?"'
    app = ["sh", "-c", "exec >&2; echo ready; read line; echo read $line"]
    running = begin(["sh", "-c", script, "sh", *init], *app, ups=0, **window.popen)
    window.wait_text("ready")
    window.keys(b"\x1a")
    if not soon(lambda: window.pump(0.05) and "stopped:" in window.text):
        return False
    window.keys(b"one\n")
    return soon(lambda: window.pump(0.05) and "ended: 0" in window.text and "read one" in window.text) and bool(running)


def stays_alive(begin, init, terminal):
    """^Z where no shell could continue the app, as in docker run -it."""
    window = terminal(80)
    begin(init, "sh", "-c", "exec >&2; echo ready; read line; echo read $line", ups=0, **window.popen)
    window.wait_text("ready")
    window.keys(b"\x1a")
    window.keys(b"one\n")
    return soon(lambda: window.pump(0.05) and "read one" in window.text)


ROWS = {
    "passes signals on": lambda begin, init, _: reaches_app(begin, init),
    "to the whole process group, by default": lambda begin, init, _: get_term(begin, init),
    "reaps orphans as PID 1": lambda begin, init, _: reaps(begin, init, True),
    "reaps orphans when it is not PID 1, by default": lambda begin, init, _: reaps(begin, init, False),
    "exits with the app's status": lambda begin, init, _: leaves_with(begin, init, "exit 3", 3),
    "exits with 128 and the number of the signal that ended the app":
        lambda begin, init, _: leaves_with(begin, init, "kill -USR1 $$", 138),
    "kills an app that ignores SIGTERM after a time": lambda begin, init, _: kills(begin, init),
    "the app gets SIGTERM when the init is killed, by default": lambda begin, init, _: ends_with_init(begin, init),
    "^Z and fg in a shell": suspends,
    "^Z does not freeze an app that no shell could continue": stays_alive,
}


def reaches_app(begin, init):
    running = begin(init, "sh", "-c", TELLS)
    os.kill(running.init, signal.SIGTERM)
    return soon(lambda: "TERM" in running.out())


def table():
    """README's table of inits: {row: {init: yes or no}}"""
    lines = [line for line in README.read_text().splitlines() if line.startswith("|")]
    begin = next(i for i, line in enumerate(lines) if line.startswith("| what it does | `waitfor --stay`"))
    inits = [cell.strip(" `") for cell in lines[begin].strip("|").split("|")][1:]
    found = {}
    for line in lines[begin + 2:]:
        name, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != len(inits) or name not in ROWS:
            break
        found[name] = dict(zip(inits, cells))
    return found


def test_the_table_has_these_rows():
    assert list(table()) == list(ROWS)
    assert all(list(cells) == list(PLAIN) for cells in table().values())


@pytest.mark.parametrize("init", PLAIN)
@pytest.mark.parametrize("row", ROWS)
def test_a_row(begin, terminal, row, init):
    require_namespaces()
    said = {True: "yes", False: "no"}[bool(ROWS[row](begin, PLAIN[init], terminal))]
    assert table()[row][init].split(":")[0].split(",")[0] == said
