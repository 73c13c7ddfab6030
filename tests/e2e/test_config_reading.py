"""What a configuration is read from: files, standard input, pipes; and signals meanwhile."""

import errno
import json
import os
import signal

import pytest

from support.net import require_namespaces
from support.runner import BINARY
from support.until import stays, until
from test_signals import BOTH, start_as_pid_1

NEVER = "tcp://127.0.0.1:1"     # for cases that end before any wait


@pytest.fixture
def ready(peer):
    return f"tcp://{peer().target}"


# --- files that cannot be read, and those that are none -----------------------------------------

def cannot_read(result, name, number):
    assert (result.code, result.err) == (125, f"waitfor: cannot read {name}: {os.strerror(number)}\n"), result


def test_files_that_cannot_be_read(waitfor, folder):
    cannot_read(waitfor("-f", folder), folder, errno.EISDIR)
    cannot_read(waitfor("-f", folder / "none"), folder / "none", errno.ENOENT)
    cannot_read(waitfor("-f", "/dev/null/x"), "/dev/null/x", errno.ENOTDIR)
    loop = folder / "loop"
    loop.symlink_to(loop)
    assert waitfor("-f", loop).code == 125
    result = waitfor("-f", "", NEVER)
    assert (result.code, result.lines) == (125, ["waitfor: -f/--config: FILE is missing"]), result


def test_a_file_of_somebody_else(waitfor, config):
    path = config({"targets": [NEVER]})
    path.chmod(0)
    drop = (lambda: os.setuid(65534)) if os.geteuid() == 0 else None
    cannot_read(waitfor("-f", path, preexec_fn=drop), path, errno.EACCES)


def test_an_error_comes_before_the_command_is_looked_for(waitfor, config):
    assert waitfor("-f", config("{"), "--", "no-such-command").code == 125


def test_help_asks_for_no_file(waitfor):
    assert waitfor("-f", "/none", "--help").code == 0
    assert waitfor("--version", env={"WAITFOR_CONFIG": "/none"}).code == 0


# --- standard input and pipes -------------------------------------------------------------------

def test_standard_input(waitfor, config, ready):
    path = config({"targets": [ready]})
    with open(path, "rb") as file:
        result = waitfor("-f", "-", "--", "cat", stdin=file)
    assert (result.code, result.out) == (0, ""), "the app finds what is left of it: nothing"
    with open(path, "rb") as file:
        assert waitfor(stdin=file, env={"WAITFOR_CONFIG": "-"}).code == 0
    with open(path, "rb") as file:
        assert waitfor("-f", "/dev/stdin", stdin=file).code == 0


def test_standard_input_is_left_alone_without_it(waitfor, config, ready):
    with open(config("for the app"), "rb") as file:
        result = waitfor("-f", config({"targets": [ready]}, "other.json"), "--", "cat", stdin=file)
    assert (result.code, result.out) == (0, "for the app")


def test_a_pipe_that_is_filled_slowly(waitfor, ready):
    read_end, write_end = os.pipe()
    running = waitfor.start("-f", "-", "--", "echo", "app", stdin=read_end)
    os.close(read_end)
    text = json.dumps({"targets": [ready]}).encode()
    for piece in (text[:5], text[5:20], text[20:]):
        stays(running.alive, 0.05)
        os.write(write_end, piece)
    os.close(write_end)
    result = running.finish()
    assert (result.code, result.out) == (0, "app\n"), result


def test_standard_input_that_is_closed_or_empty(waitfor, ready):
    cannot_read(waitfor("-f", "-", ready, preexec_fn=lambda: os.close(0)), "standard input", errno.EBADF)
    result = waitfor("-f", "-", ready)
    assert result.code == 125 and result.err.startswith("waitfor: standard input:1:1: the text is empty"), result


def test_a_fifo(waitfor, folder, ready):
    fifo = folder / "fifo"
    os.mkfifo(fifo)
    running = waitfor.start("-f", fifo)
    stays(running.alive, 0.1)
    with open(fifo, "w", encoding="ascii") as file:
        json.dump({"targets": [ready]}, file)
    assert running.finish().code == 0


def test_process_substitution(waitfor, ready):
    text = json.dumps({"targets": [ready]})
    result = waitfor.start_argv(["bash", "-c", f"{BINARY} -f <(printf %s '{text}')"]).finish()
    assert result.code == 0 and "ready at" in result.err, result


def test_the_file_is_open_nowhere_when_the_app_starts(waitfor, config, ready):
    result = waitfor("-f", config({"targets": [ready]}), "--", "ls", "-l", "/proc/self/fd")
    assert result.code == 0 and "waitfor.json" not in result.out, result


# --- signals while it is read -------------------------------------------------------------------

def has_taken_signals(pid):
    """From then on no signal is lost, whether the reading has begun or not."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        handled = next(line for line in status if line.startswith("SigCgt"))
    with open(f"/proc/{pid}/comm", encoding="utf-8") as comm:
        return comm.read().strip() == BINARY.name[:15] and int(handled.split()[1], 16) & 1 << signal.SIGTERM - 1


@BOTH
@pytest.mark.parametrize("kind", ["standard input", "fifo", "half a file"])
def test_a_signal_while_it_is_read(waitfor, folder, ready, kind, number):
    read_end, write_end = os.pipe()
    os.mkfifo(folder / "fifo")
    if kind == "half a file":
        os.write(write_end, b'{"targets": [')
    name = folder / "fifo" if kind == "fifo" else "-"
    running = waitfor.start("-f", name, ready, "--", "echo", "started", stdin=read_end)
    os.close(read_end)
    until(lambda: has_taken_signals(running.pid))
    running.send(number)
    result = running.finish(5)
    os.close(write_end)
    assert (result.code, result.out, result.err) == (128 + number, "", "")


@BOTH
def test_a_signal_while_it_is_read_by_pid_1(waitfor, folder, number):
    """docker stop: PID 1 has no default actions (FACTS 35)."""
    require_namespaces()
    os.mkfifo(folder / "fifo")
    running, pid = start_as_pid_1(waitfor, "-f", folder / "fifo", NEVER, "--", "echo", "started")
    until(lambda: has_taken_signals(pid))
    os.kill(pid, number)
    result = running.finish(5)
    assert (result.code, result.out) == (128 + number, ""), result
