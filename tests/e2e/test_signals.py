"""SIGTERM and SIGINT before the hand-over end waitfor, as PID 1 too; the app never starts."""

import os
import random
import signal
import sys
import time

import pytest

from support.children import children_of, command_of, first_child, state_of
from support.net import AS_USER, require_namespaces
from support.peers import silence
from support.pgwire import answers, ask_cleartext_password
from support.runner import BINARY
from support.until import until

BOTH = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT],
                               ids=["SIGTERM", "SIGINT"])
# The specification says 100 ms. On a loaded machine the process may not even run for as long.
SOON = 1.5


def ends_with(running, number, since):
    result = running.finish(10)
    assert result.code == 128 + number, result
    assert time.monotonic() - since < SOON
    return result


def wait_in(waitfor, net, peer, stage, marker, programs):
    """Start a wait that hangs in one stage; returns it once it is there."""
    app = ("--", programs / "mark", marker)
    if stage == "refused":
        target, sign = f"tcp://{peer(listen=False).target}", "refused"
    elif stage == "silent postgres":
        server = peer(silence)
        running = waitfor.start("-t", "60s", f"postgres://{server.target}/x", *app)
        server.wait_connections(1)
        return running
    elif stage == "login that hangs":
        server = peer(answers(ask_cleartext_password()))
        running = waitfor.start("-t", "60s", f"postgres://u:p@{server.target}/x", *app)
        server.wait_connections(1)
        return running
    elif stage == "no DNS server":
        target, sign = "tcp://db:80", "tcp://db:80: "
    else:
        net.blackhole("10.77.0.9")
        running = waitfor.start("-t", "60s", "tcp://10.77.0.9:80", *app, net=net)
        until(lambda: net.tcp_counter("ActiveOpens") > 0)
        return running
    running = waitfor.start("-t", "60s", target, *app, net=net if "DNS" in stage else None)
    running.wait_err(sign)
    return running


@BOTH
@pytest.mark.parametrize("stage", ["refused", "silent postgres", "login that hangs",
                                   "no DNS server", "blackhole"])
def test_in_every_stage_of_the_wait(waitfor, net, peer, folder, programs, stage, number):
    running = wait_in(waitfor, net, peer, stage, folder / "started", programs)
    since = time.monotonic()
    running.send(number)
    ends_with(running, number, since)
    assert not (folder / "started").exists()


@BOTH
def test_run_anyway_does_not_mean_after_a_signal(waitfor, peer, folder, programs, number):
    running = waitfor.start("-t", "60s", "--run-anyway", f"tcp://{peer(listen=False).target}",
                            "--", programs / "mark", folder / "started")
    running.wait_err("refused")
    since = time.monotonic()
    running.send(number)
    ends_with(running, number, since)
    assert not (folder / "started").exists()


@BOTH
def test_run_anyway_prints_nothing_after_a_signal(waitfor, peer, number):
    """Whoever reads the variables must not go on with them."""
    running = waitfor.start("-t", "60s", "--run-anyway", "--print-env", "json", f"tcp://{peer(listen=False).target}")
    running.wait_err("refused")
    since = time.monotonic()
    running.send(number)
    assert ends_with(running, number, since).out == ""


def send_after(running, number, delay):
    """Send the signal `delay` seconds after the start, as exactly as this machine can."""
    end = running.started + delay
    while time.monotonic() < end:
        pass
    running.send(number)


@pytest.mark.parametrize("kind", ["tcp", "postgres"])
def test_near_readiness_no_signal_is_ever_lost(waitfor, peer, folder, programs, kind):
    """FACTS 36. The app would stay for ever: if it does, it was started over a lost signal.

    A wait of 20 ms (an accept on loopback) or a few (a ping) ends somewhere inside the delays.
    """
    listener = peer(silence if kind == "tcp" else answers(ask_cleartext_password()))
    scheme, path = ("tcp", "") if kind == "tcp" else ("postgres", "/x")
    longest = 0.035 if kind == "tcp" else 0.015
    seed = random.randrange(10**9)
    dice = random.Random(seed)
    before, after = 0, 0
    for turn in range(120):
        marker = folder / str(turn)
        running = waitfor.start("-q", f"{scheme}://{listener.target}{path}", "--",
                                programs / "mark", marker)
        send_after(running, signal.SIGTERM, dice.uniform(0, longest))
        result = running.finish(5)
        if result.code == 128 + signal.SIGTERM:
            before += 1
            assert not marker.exists(), f"the app was started (seed {seed}, turn {turn})"
        else:
            # By default it ends a process: waitfor before its first instruction, or the app.
            assert result.code == -signal.SIGTERM, f"{result} (seed {seed}, turn {turn})"
            after += marker.exists()
    assert before, "some signals came during the wait"


def test_a_signal_sent_at_the_very_moment_of_readiness(waitfor, net, peer, folder, programs):
    """The listener opens and the signal is sent at once: either order may win, none may be lost."""
    address = net.address("10.77.0.5")
    for turn in range(15):
        late = peer(silence, address=address, net=net, listen=False)
        marker = folder / str(turn)
        running = waitfor.start(f"tcp://{late.target}", "--", programs / "mark", marker, net=net)
        running.wait_err("refused")
        late.listen()
        time.sleep(random.uniform(0, 0.012))    # up to two attempts away
        running.send(signal.SIGTERM)
        result = running.finish(5)
        assert result.code in (143, -signal.SIGTERM), result
        assert result.code != 143 or not marker.exists()


@pytest.fixture
def full_pipe_ends():
    """A pipe that is full: the end to read from, the end to write into."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(write_end, bytes(4096))
    os.set_blocking(write_end, True)
    yield read_end, write_end
    os.close(read_end)
    os.close(write_end)


@pytest.fixture
def full_pipe(full_pipe_ends):
    """The end to write into of a pipe that is full and that nobody reads."""
    return full_pipe_ends[1]


def test_while_nobody_reads_stderr(waitfor, peer, full_pipe):
    """A log driver that is stuck: fifty lines may not cost fifty times the patience of one."""
    refused = [f"tcp://{peer(listen=False).target}" for _ in range(50)]
    server = peer(silence)
    running = waitfor.start("-t", "60s", *refused, f"postgres://{server.target}/x", stderr=full_pipe)
    server.wait_connections(1)
    since = time.monotonic()
    running.send(signal.SIGTERM)
    ends_with(running, signal.SIGTERM, since)


def test_a_timeout_while_nobody_reads_stderr(waitfor, peer, full_pipe):
    refused = [f"tcp://{peer(listen=False).target}" for _ in range(50)]
    result = waitfor("-t", "300ms", *refused, stderr=full_pipe)
    assert result.code == 124 and result.seconds < 2.5, result


def test_a_signal_after_the_wait_is_told(waitfor, peer, full_pipe_ends):
    """All is ready, and the variables go into a full pipe. Who sent the signal must see that it came, not a success."""
    read_end, write_end = full_pipe_ends
    parent = f"import os, sys; os.dup2({write_end}, 1); os.execv(sys.argv[1], sys.argv[1:])"
    running = waitfor.start_argv([sys.executable, "-c", parent, BINARY, "--print-env", "json", f"DB=tcp://{peer().target}"],
                                 pass_fds=[write_end])
    running.wait_err("ready at")
    running.send(signal.SIGTERM)
    os.read(read_end, 1 << 20)      # it can write now, before its time is up
    result = running.finish(5)
    assert result.code == 143, result


# --- as PID 1 -----------------------------------------------------------------------------------

def start_as_pid_1(waitfor, *args, program=(BINARY,)):
    """Run as the first process of a PID namespace; returns (the unshare run, the PID seen here)."""
    require_namespaces()
    running = waitfor.start_argv(["unshare", *AS_USER, "--pid", "--fork", "--", *program, *args])
    return running, first_child(running.pid)


@BOTH
def test_as_pid_1_while_waiting(waitfor, peer, folder, programs, number):
    """docker stop: PID 1 has no default actions (FACTS 35)."""
    running, pid = start_as_pid_1(waitfor, f"tcp://{peer(listen=False).target}", "--",
                                  programs / "mark", folder / "started")
    running.wait_err("refused")
    since = time.monotonic()
    os.kill(pid, number)
    ends_with(running, number, since)
    assert not (folder / "started").exists()


def test_as_pid_1_a_signal_at_any_moment(waitfor, peer, folder, programs):
    """PID 1 without a handler is deaf, so a lost signal shows: the app runs on.

    It is stopped for the moment of the signal: only so it is known who got it.
    """
    listener = peer(silence)
    before = 0
    for turn in range(40):
        running, pid = start_as_pid_1(waitfor, "-q", f"tcp://{listener.target}", "--",
                                      programs / "mark", folder / str(turn))
        listener.wait_connections(turn + 1)
        time.sleep(random.uniform(0, 0.03))     # the accept is believed after 20 ms
        os.kill(pid, signal.SIGSTOP)
        until(lambda: state_of(pid) == "T", what="the process is stopped")
        is_waitfor = command_of(pid) == BINARY.name[:15]
        os.kill(pid, signal.SIGTERM)
        os.kill(pid, signal.SIGCONT)
        if is_waitfor:
            assert running.process.wait(5) == 143, f"turn {turn}: {running.err()}"
            assert not (folder / str(turn)).exists(), f"turn {turn}: the app was started"
            before += 1
        else:
            os.kill(pid, signal.SIGKILL)    # the app, which is deaf as PID 1
            running.process.wait(5)
    assert before, "some signals came during the wait"


def test_as_pid_1_orphans_are_reaped(waitfor, peer, folder):
    """FACTS 39: a healthcheck's grandchild must not stay a zombie during the wait."""
    late = peer(listen=False)
    script = (f"(sh -c 'sleep 0.2 & echo $! >{folder}/orphan' &) ; "
              f"exec {BINARY} tcp://{late.target} -- echo app")
    running, pid = start_as_pid_1(waitfor, program=["sh", "-c", script])
    running.wait_err("refused")
    until(lambda: (folder / "orphan").exists() and not children_of(pid), 10,
          lambda: f"the orphan is gone; children: {children_of(pid)}")
    late.listen()
    result = running.finish()
    assert (result.code, result.out) == (0, "app\n")


# --- other signals ------------------------------------------------------------------------------

@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGQUIT], ids=["SIGHUP", "SIGQUIT"])
def test_other_signals_end_it_as_they_would_end_any_process(waitfor, peer, number):
    running = waitfor.start(f"tcp://{peer(listen=False).target}", "--", "echo", "app")
    running.wait_err("refused")
    running.send(number)
    result = running.finish(5)
    assert result.code in (128 + number, -number) and result.out == "", result


def test_stop_and_continue_do_no_harm(waitfor, peer):
    late = peer(listen=False)
    running = waitfor.start(f"tcp://{late.target}")
    running.wait_err("refused")
    running.send(signal.SIGSTOP)
    late.listen()
    time.sleep(0.2)     # the point is that time passes while it stands still
    assert running.alive()
    running.send(signal.SIGCONT)
    assert running.finish().code == 0


def test_a_reader_of_stderr_that_is_gone_does_not_cost_the_app(waitfor, peer):
    """SIGPIPE from a log line must not end the wait."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    late = peer(listen=False)
    running = waitfor.start(f"tcp://{late.target}", "--", "echo", "app", stderr=write_end)
    os.close(write_end)
    late.listen()
    result = running.finish()
    assert (result.code, result.out) == (0, "app\n")


@pytest.mark.parametrize("found_pending", [False, True])
def test_a_broken_pipe_of_ours_is_not_pending_for_the_app(waitfor, peer, found_pending):
    """Where the parent had blocked it, the app would die of it as soon as it unblocks."""
    parent = (
        "import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE});"
        "signal.signal(signal.SIGPIPE, signal.SIG_DFL);"
        + ("os.kill(os.getpid(), signal.SIGPIPE);" if found_pending else "")
        + "os.execv(sys.argv[1], sys.argv[1:])"
    )
    read_end, write_end = os.pipe()
    os.close(read_end)
    late = peer(listen=False)
    running = waitfor.start_argv(
        [sys.executable, "-c", parent, BINARY, "-t", "300ms", "--run-anyway", f"tcp://{late.target}", "--",
         "grep", "-E", "^(SigPnd|ShdPnd)", "/proc/self/status"], stderr=write_end)
    os.close(write_end)
    result = running.finish()
    pending = 0
    for line in result.out.splitlines():
        pending |= int(line.split()[1], 16)
    assert result.code == 0 and len(result.out.splitlines()) == 2, result
    assert bool(pending & 1 << signal.SIGPIPE - 1) == found_pending


@pytest.mark.parametrize("opens", [True, False])
def test_a_freeze_past_the_deadline(waitfor, peer, opens):
    """docker pause, or a laptop that sleeps: what happened meanwhile counts, so it looks once more."""
    late = peer(listen=False)
    running = waitfor.start("-t", "1", f"tcp://{late.target}")
    running.wait_err("refused")
    running.send(signal.SIGSTOP)
    until(lambda: state_of(running.pid) == "T")
    time.sleep(1.3)      # the deadline is over
    if opens:
        late.listen()
    running.send(signal.SIGCONT)
    since = time.monotonic()
    result = running.finish(10)
    assert result.code == (0 if opens else 124), result
    assert time.monotonic() - since < 4


def test_a_second_freeze_gets_no_other_look(waitfor, peer):
    """A container whose processor share is throttled is late all the time. Its deadline must end the wait all the same."""
    running = waitfor.start("-t", "1", f"tcp://{peer(listen=False).target}")
    running.wait_err("refused")
    for seconds in (1.3, 1.3):       # past the deadline, then past the end of the last look
        running.send(signal.SIGSTOP)
        until(lambda: state_of(running.pid) == "T")
        time.sleep(seconds)
        running.send(signal.SIGCONT)
        until(lambda: state_of(running.pid) != "T")
        time.sleep(0.2)              # the last look has begun, or the wait has ended
    assert running.finish(0.5).code == 124
