"""pid:// and pidfile://: whether a process is alive."""

import json
import os
import subprocess

import pytest

from support.children import state_of
from support.events import names, parse_events
from support.until import until
from test_unix import AS_NOBODY, place  # noqa: F401  (place is a fixture)

QUICK = ("-t", "400ms")
NONE = 4194304      # no process has it: pid_max is one more, and counts from 0


@pytest.fixture
def process():
    """Makes processes that only wait; they end with the test."""
    made = []

    def make():
        made.append(subprocess.Popen(["sleep", "1000"]))
        return made[-1]

    yield make
    for each in made:
        each.kill()
        each.wait()


def test_alive_and_gone(waitfor, process):
    app = process()
    result = waitfor("-t", "10s", f"pid://{app.pid}", "--", "echo", "app")
    assert (result.code, result.out) == (0, "app\n") and f"pid://{app.pid}: ready after " in result.err, result
    running = waitfor.start("-t", "30s", f"pid://{app.pid}?gone")
    running.wait_err(f"pid://{app.pid}?gone: not yet: it is alive")
    app.kill()
    until(lambda: state_of(app.pid) == "Z")
    assert running.finish().code == 0
    result = waitfor(*QUICK, f"pid://{app.pid}")
    assert result.code == 124 and "no such process: it has ended, but its parent has not noticed" in result.err, result
    app.wait()
    result = waitfor(*QUICK, f"pid://{app.pid}")
    assert result.code == 124 and result.lines[-1].count("not ready: no such process, ") == 1, result


def test_down(waitfor, process):
    app = process()
    running = waitfor.start("--down", "-t", "30s", f"pid://{app.pid}")
    running.wait_err("still up")
    app.kill()
    assert running.finish().code == 0


@pytest.mark.parametrize("wrap", [AS_NOBODY, ["unshare", "-m", "sh", "-c", 'umount -l /proc; exec "$0" "$@"']],
                         ids=["somebody else's", "without /proc"])
def test_where_little_is_known_of_it(waitfor, process, wrap):
    app = process()
    assert waitfor("-t", "10s", f"pid://{app.pid}", wrap=wrap).code == 0
    assert waitfor("-t", "300ms", f"pid://{app.pid}?gone", wrap=wrap).code == 124


def test_a_service_that_writes_its_file_late(waitfor, place, process):
    path = place / "app.pid"
    running = waitfor.start("-t", "30s", f"pidfile://{path}", "--", "echo", "app")
    running.wait_err(f"pidfile://{path}: no such file")
    path.touch()
    running.wait_err("not yet: the file is empty")
    path.write_text(f"{NONE}\n")
    running.wait_err(f"no such process: {NONE}")
    path.write_text(f"{process().pid}\n")
    result = running.finish()
    assert (result.code, result.out) == (0, "app\n"), result


@pytest.mark.parametrize("end", ["the process ends", "the file is removed"])
def test_a_predecessor_that_goes(waitfor, place, process, end):
    app, path = process(), place / "old.pid"
    path.write_text(str(app.pid))
    running = waitfor.start("-t", "30s", f"pidfile://{path}?gone")
    running.wait_err("not yet: it is alive")
    if end == "the process ends":
        app.kill()
    else:
        path.unlink()
    assert running.finish().code == 0


# what stands there, the words
FILES = {
    "garbage": (lambda path: path.write_bytes(b"\x7fELF\0\xff" * 1000), "the file does not begin with the number"),
    "a number without end": (lambda path: path.write_text("1" * 100000), "the file does not begin with the number"),
    "a pipe": (os.mkfifo, "it is not a regular file"),
    "a folder": (lambda path: path.mkdir(), "it is not a regular file"),
}


@pytest.mark.parametrize("case", FILES)
@pytest.mark.parametrize("more", ["", "?gone"])
def test_a_file_that_says_nothing(waitfor, place, case, more):
    make, words = FILES[case]
    make(place / "f")
    result = waitfor(*QUICK, f"pidfile://{place}/f{more}")
    assert result.code == 124 and f"not yet: {words}" in result.lines[-1] and result.seconds < 5, result


def test_a_file_that_may_not_be_read(waitfor, place):
    (place / "f").write_text("1")
    (place / "f").chmod(0)
    for more in ("", "?gone"):
        result = waitfor(*QUICK, f"pidfile://{place}/f{more}", wrap=AS_NOBODY)
        assert result.code == 124 and "cannot try: permission denied" in result.err, result


def test_the_plan_and_the_events(waitfor, process):
    result = waitfor("--explain=json", f"APP=pid://{NONE}", "pid://1,2", "pidfile:///run/a,b.pid?gone")
    targets = json.loads(result.out)["targets"]
    assert [target["target"] for target in targets] == [f"APP=pid://{NONE}", "pid://1", "pid://2",
                                                        "pidfile:///run/a,b.pid?gone"]
    assert all(not target["endpoints"] and not target["exports"] for target in targets)
    result = waitfor("--output", "json", "-t", "200ms", f"pid://{NONE}")
    events = parse_events(result.err)
    assert names(events) == ["start", "state", "timeout", "end"], events
    assert (events[1]["kind"], events[1]["reason"], events[1]["address"]) == ("pid", "no_process", None)
