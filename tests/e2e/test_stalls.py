"""Nothing needs SIGKILL (HOSTILE kind 2): a reader that does not read, a file that never ends, a library that hangs."""

import os
import resource
import select
import shutil
import signal
import sys
import time

import pytest

from support.children import command_of, state_of
from support.net import AS_USER, require_namespaces
from support.runner import BINARY
from support.until import until

SOON = 2.5


@pytest.fixture
def ends():
    """The two ends of a terminal: to read from, to write to."""
    master, slave = os.openpty()
    yield master, slave
    os.close(slave)
    os.close(master)


@pytest.fixture
def unread(ends):
    """The end to write to of a terminal that nobody reads."""
    return ends[1]


def closed_port(net, number=1):
    return f"tcp://10.77.0.{number}:1"


FORMS = {
    "lines": ("--output", "lines", "-v"), "json": ("--output", "json", "-v"),
    "events": ("-q", "-v", "--report-fd", "2"),
}


@pytest.mark.parametrize("form", FORMS)
def test_an_unread_terminal_and_the_deadline(waitfor, net, unread, form):
    result = waitfor("-t", "2", "--max-interval", "1ms", *FORMS[form],
                     *(f"tcp://10.77.0.1:{port}" for port in range(1, 30)), net=net, stderr=unread, timeout=8)
    assert result.code == 124 and result.seconds < 2 + SOON, result


@pytest.mark.parametrize("form", FORMS)
def test_an_unread_terminal_and_a_signal(waitfor, net, unread, form):
    running = waitfor.start("-t", "60", "--max-interval", "1ms", *FORMS[form],
                            *(f"tcp://10.77.0.1:{port}" for port in range(1, 30)), net=net, stderr=unread)
    time.sleep(1)      # enough for more lines than the terminal takes
    running.send(signal.SIGTERM)
    since = time.monotonic()
    assert running.finish(8).code == 143
    assert time.monotonic() - since < SOON


def test_an_unread_terminal_and_a_long_summary(waitfor, net, unread):
    """18.5 kB are enough to fill it."""
    result = waitfor("-q", "-t", "300ms", *(f"tcp://10.77.0.1:{port}" for port in range(1, 400)),
                     net=net, stderr=unread, timeout=8)
    assert result.code == 124 and result.seconds < SOON, result


def test_an_unread_terminal_and_a_long_report(waitfor, net, unread):
    result = waitfor("-q", "-t", "300ms", "--report", "/dev/stderr",
                     *(f"tcp://10.77.0.1:{port}" for port in range(1, 400)), net=net, stderr=unread, timeout=8)
    assert result.code == 124 and result.seconds < 1 + SOON, result


def test_o_nonblock_of_the_terminal_stays(waitfor, net, unread):
    waitfor("-v", "-t", "300ms", closed_port(net), net=net, stderr=unread)
    assert os.get_blocking(unread)


def ends_soon_after(running, number):
    running.send(number)
    since = time.monotonic()
    result = running.finish(5)
    assert result.code == 128 + number, result
    assert time.monotonic() - since < SOON
    return result


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_write_that_blocks(waitfor, ends, folder, number):
    """Without /proc the terminal cannot be opened again: the loop hangs in write, and only the handler can help."""
    require_namespaces()
    shutil.copy(BINARY, folder / "waitfor")
    running = waitfor.start_argv(["unshare", *AS_USER, "--mount", "--root", folder, "/waitfor", "-v", "-t", "60",
                                  "--max-interval", "1ms", *(f"tcp://127.0.0.1:{port}" for port in range(1, 30))],
                                 stderr=ends[1])
    until(lambda: hangs_in_write(running.pid, ends[0]), 40,
          lambda: f"{command_of(running.pid)}, state {state_of(running.pid)}, in {waiting_in(running.pid)}")
    ends_soon_after(running, number)


def hangs_in_write(pid, master):
    """Does it, within a second? A line that fills the terminal to its last byte does not hang, and later ones are lost.

    Then some of the text is read, so that other lines come to the end of the room.
    """
    try:
        return until(lambda: command_of(pid) == "waitfor" and waiting_in(pid) in ("wait_woken", "n_tty_write"), 1)
    except AssertionError:
        if select.select([master], [], [], 0)[0]:
            os.read(master, 4096)
        return False


def waiting_in(pid):
    """The function of the kernel that the process sleeps in."""
    with open(f"/proc/{pid}/wchan", encoding="ascii") as file:
        return file.read()


def test_help_into_a_pipe_that_nobody_reads(waitfor):
    """Ctrl-C during `waitfor --help=json | less`."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(write_end, bytes(4096))
    os.set_blocking(write_end, True)
    parent = f"import os, sys; os.dup2({write_end}, 1); os.execv(sys.argv[1], sys.argv[1:])"
    running = waitfor.start_argv([sys.executable, "-c", parent, BINARY, "--help"], pass_fds=[write_end])
    until(lambda: command_of(running.pid) == BINARY.name[:15] and state_of(running.pid) == "S")
    ends_soon_after(running, signal.SIGINT)
    os.close(read_end)
    os.close(write_end)


def test_a_full_file_loses_lines_and_not_the_app(waitfor, net, folder):
    """HOSTILE D22: SIGXFSZ of a log line (ulimit -f, a quota) must not end the wait."""
    with open(folder / "log", "wb") as log:
        result = waitfor("-v", "-t", "300ms", "--run-anyway", closed_port(net), "--", "echo", "started", net=net,
                         stderr=log.fileno(),
                         preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)))
    assert (result.code, result.out) == (0, "started\n"), result
    assert (folder / "log").stat().st_size == 100


def test_a_full_file_loses_the_report_and_not_the_app(waitfor, net, folder):
    result = waitfor("-q", "-t", "300ms", "--run-anyway", "--report", folder / "report", closed_port(net),
                     "--", "echo", "started", net=net,
                     preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)))
    assert (result.code, result.out) == (0, "started\n"), result


@pytest.mark.parametrize("blocked", [False, True])
def test_a_failed_write_of_ours_is_not_pending_for_the_app(waitfor, net, folder, blocked):
    parent = ("import os, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_DFL);"
              + ("signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGXFSZ});" if blocked else "")
              + "os.execv(sys.argv[1], sys.argv[1:])")
    with open(folder / "log", "wb") as log:
        result = waitfor.start_argv(
            [sys.executable, "-c", parent, BINARY, "-v", "-t", "300ms", "--run-anyway", closed_port(net),
             "--", "grep", "-E", "^(SigPnd|ShdPnd|SigBlk)", "/proc/self/status"], net=net, stderr=log.fileno(),
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))).finish()
    found = {line.split(":")[0]: int(line.split()[1], 16) for line in result.out.splitlines()}
    bit = 1 << signal.SIGXFSZ - 1
    assert result.code == 0 and not (found["SigPnd"] | found["ShdPnd"]) & bit, result
    assert bool(found["SigBlk"] & bit) == blocked
