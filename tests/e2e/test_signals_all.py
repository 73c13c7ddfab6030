"""Every signal during the wait, as PID 1 and not, beside a program without handlers (docker stop --signal, STOPSIGNAL)."""

import ctypes
import os
import platform
import signal
import time

import pytest

from support.children import command_of, first_child, state_of
from support.net import AS_USER, require_namespaces
from support.peers import silence
from support.runner import BINARY, Waitfor
from support.until import until

SIGNALS = range(1, 65)
SOON = 1.5
IDLE = ("sleep", "60")      # a program without handlers


def fate_now(running, pid):
    """What the signal has done so far: "ended", "stopped" or None."""
    if not running.alive():
        return "ended"
    return "stopped" if state_of(pid) == "T" else None


def fate(running, pid):
    """What the signal did within 0.3 s: "ended", "stopped" or "nothing"."""
    try:
        return until(lambda: fate_now(running, pid), 0.3)
    except AssertionError:
        return "nothing"


@pytest.fixture(scope="module")
def expected():
    """The fate of the program without handlers, for each signal."""
    runner, found = Waitfor(), {}
    runs = {number: runner.start_argv(IDLE) for number in SIGNALS}
    for number, running in runs.items():
        until(lambda: command_of(running.pid) == IDLE[0])
        running.send(number)
    deadline = time.monotonic() + 2     # on a busy machine an end may take its time to be seen
    while len(found) < len(runs) and time.monotonic() < deadline:
        found.update({number: fate_now(running, running.pid) for number, running in runs.items()
                      if number not in found and fate_now(running, running.pid)})
        time.sleep(0.02)
    runner.close()
    return {number: found.get(number, "nothing") for number in SIGNALS}


def ignore(number):
    """Ask the kernel directly, since the C library keeps some signals to itself."""
    call = {"x86_64": 13, "aarch64": 134}[platform.machine()]       # rt_sigaction
    words = ctypes.c_ulong * 4
    assert ctypes.CDLL(None).syscall(call, number, words(int(signal.SIG_IGN)), None, 8) == 0


def ignored_here():
    """The signals that a program started by this one ignores; Python gives back the two that it ignores itself."""
    with open("/proc/self/status", encoding="ascii") as file:
        found = next(int(line.split()[1], 16) for line in file if line.startswith("SigIgn:"))
    return {number for number in SIGNALS if found >> (number - 1) & 1} - {signal.SIGPIPE, signal.SIGXFSZ}


def as_a_shell_says(code):
    return 128 - code if code < 0 else code


def test_the_oracle(expected):
    """Or else the tests below would pass. An orphaned process group is not stopped by 20 to 22 (setpgid(2))."""
    stopped, nothing = ({number for number in SIGNALS if expected[number] == what} for what in ("stopped", "nothing"))
    harmless, stops = {17, 18, 23, 28} | ignored_here(), {20, 21, 22}
    assert {19} <= stopped <= {19} | stops and harmless <= nothing <= harmless | stops
    assert stopped | nothing == harmless | {19} | stops, "all others end it"


@pytest.mark.parametrize("number", SIGNALS)
def test_not_as_pid_1(waitfor, peer, folder, programs, expected, number):
    running = waitfor.start(f"tcp://{peer(listen=False).target}", "--", programs / "mark", folder / "started")
    running.wait_err("refused")
    running.send(number)
    assert fate(running, running.pid) == expected[number]
    if expected[number] == "ended":
        assert as_a_shell_says(running.finish().code) == 128 + number
    assert not (folder / "started").exists()


@pytest.mark.parametrize("number", SIGNALS)
def test_as_pid_1(waitfor, peer, folder, programs, expected, number):
    """The kernel keeps from PID 1 what it does not handle; SIGKILL and SIGSTOP of a parent namespace reach it."""
    require_namespaces()
    running = waitfor.start_argv(["unshare", *AS_USER, "--pid", "--fork", "--mount-proc", BINARY,
                                  f"tcp://{peer(listen=False).target}", "--", programs / "mark", folder / "started"])
    pid = first_child(running.pid)
    running.wait_err("refused")
    since = time.monotonic()
    os.kill(pid, number)
    ends = expected[number] == "ended" or number == signal.SIGWINCH
    if number == signal.SIGKILL:
        until(lambda: not running.alive(), 5, "the end")     # unshare has a code of its own for that
    elif ends:
        assert as_a_shell_says(running.finish(5).code) == 128 + number
        assert time.monotonic() - since < SOON
        assert "stopped by " in running.err(), running.err()
    else:
        assert fate(running, pid) == ("stopped" if number == signal.SIGSTOP else "nothing")
    assert not (folder / "started").exists()


def test_as_pid_1_on_a_terminal_a_new_size_is_no_end(waitfor, peer, terminal):
    require_namespaces()
    screen = terminal()
    running = waitfor.start_argv(["unshare", *AS_USER, "--pid", "--fork", BINARY, f"tcp://{peer(listen=False).target}"],
                                 **screen.popen)
    screen.wait_text("refused")
    os.kill(first_child(running.pid), signal.SIGWINCH)
    assert fate(running, first_child(running.pid)) == "nothing"


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGWINCH, 32, 33, signal.SIGRTMAX])
def test_as_pid_1_an_ignored_signal_stays_ignored(waitfor, peer, number):
    require_namespaces()
    late = peer(listen=False)
    running = waitfor.start_argv(["unshare", *AS_USER, "--pid", "--fork", BINARY, f"tcp://{late.target}", "--",
                                  "grep", "SigIgn", "/proc/self/status"],
                                 preexec_fn=lambda: ignore(number))
    running.wait_err("refused")
    os.kill(first_child(running.pid), number)
    assert fate(running, first_child(running.pid)) == "nothing"
    late.script = silence
    late.listen()
    result = running.finish()
    assert result.code == 0 and int(result.out.split()[1], 16) >> (number - 1) & 1, result
