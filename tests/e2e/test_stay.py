"""--stay: waitfor runs the app as a child, and is a small init for it."""

import os
import signal
import sys
import time

import pytest

from support.children import children_of, command_of, first_child, state_of
from support.inits import TWO
from support.net import AS_USER, require_namespaces
from support.peers import silence
from support.runner import BINARY
from support.until import until

# Signals that no program can handle, that is told otherwise, and that a C library keeps to itself.
NOT_PASSED = {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD, 32, 33}
PASSED = sorted(set(range(1, 65)) - NOT_PASSED)

# Says the number of each signal that it gets, until it gets 64.
LISTENER = """
import ctypes, signal, sys
libc = ctypes.CDLL(None)
wanted = (ctypes.c_ulong * 16)(*[(1 << 64) - 1] * 16)
libc.syscall(14, 0, ctypes.byref(wanted), None, 8)
print("listens", flush=True)
while True:
    number = libc.syscall(128, ctypes.byref(wanted), None, None, 8)
    print("got", number, flush=True)
    if number == 64:
        sys.exit(7)
"""
PYTHON = [sys.executable, "-c"]


@pytest.fixture
def stay(waitfor):
    """Starts an app with --stay; returns the run once the app has said the word."""
    def start(*app, options=(), word="", **kwargs):
        running = waitfor.start(*options, "--stay", "--", *app, **kwargs)
        if word:
            until(lambda: word in running.out(), what=repr(word))
        return running
    return start


# --- its end ------------------------------------------------------------------------------------

@pytest.mark.parametrize("app, code", [("exit 0", 0), ("exit 1", 1), ("exit 124", 124), ("exit 255", 255),
                                       ("kill -TERM $$", 143), ("kill -KILL $$", 137), ("kill -SEGV $$", 139)])
def test_exits_as_the_app_does(waitfor, app, code):
    result = waitfor("--stay", "--", "sh", "-c", app)
    assert (result.code, result.err, result.out) == (code, "", ""), result


@pytest.mark.parametrize("app, code, said", [("/nowhere/app", 127, "No such file"), ("nosuchapp", 127, "not found in PATH"),
                                             ("/etc/passwd", 126, "Permission denied")])
def test_an_app_that_cannot_be_started(waitfor, app, code, said):
    result = waitfor("--stay", "--", app)
    assert result.code == code and said in result.err and len(result.lines) == 1, result


def test_a_program_that_is_none(waitfor, folder):
    """What only execve finds: the child says it, in waitfor's words."""
    (folder / "script").write_text("no first line\n")
    (folder / "script").chmod(0o755)
    result = waitfor("--stay", "--", folder / "script")
    assert result.code == 126 and result.lines == [
        f'waitfor: cannot run "{folder}/script": it is not a program; a script needs a first line such as #!/bin/sh'], result


def test_no_process_for_the_app(waitfor):
    """The limit of a user who has no process but this one."""
    user = ["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups", "prlimit", "--nproc=1:1"]
    result = waitfor("--stay", "--", "true", wrap=user)
    assert result.code == 125 and len(result.lines) == 1, result
    assert "no new process: Resource temporarily unavailable (see ulimit -u, or pids.max)" in result.err, result


def test_waits_first_and_exports(waitfor, peer):
    listener = peer(silence)
    result = waitfor("--stay", f"api=tcp://{listener.target}", "--", "sh", "-c", "echo $API_HOST $API_PORT")
    assert result.code == 0 and result.out == f"127.0.0.1 {listener.port}\n", result


def test_a_wait_that_fails_starts_nothing(waitfor, peer):
    result = waitfor("--stay", "-t", "200ms", f"tcp://{peer(listen=False).target}", "--", "echo", "started")
    assert result.code == 124 and result.out == "", result


def test_a_signal_during_the_wait_starts_nothing(waitfor, peer):
    running = waitfor.start("--stay", f"tcp://{peer(listen=False).target}", "--", "echo", "started")
    running.wait_err("refused")
    running.send(signal.SIGTERM)
    result = running.finish()
    assert result.code == 143 and result.out == "", result


def test_the_app_gets_term_when_waitfor_is_killed(stay):
    running = stay("sh", "-c", 'trap "echo TERM; exit" TERM; echo up; while :; do sleep 0.1; done', word="up")
    running.send(signal.SIGKILL)
    until(lambda: "TERM" in running.out(), what="the app gets TERM")


# --- signals ------------------------------------------------------------------------------------

def test_passes_every_signal_on(stay):
    running = stay(*PYTHON, LISTENER, word="listens")
    for number in PASSED:
        running.send(number)
        until(lambda: f"got {number}\n" in running.out(), what=f"signal {number}")
    assert running.finish().code == 7
    assert running.out().split()[1:] == [word for number in PASSED for word in ("got", str(number))]


def test_passes_every_signal_on_as_pid_1(waitfor):
    require_namespaces()
    running = waitfor.start_argv(["unshare", *AS_USER, "--pid", "--fork", "--", BINARY, "--stay", "--", *PYTHON, LISTENER])
    init = first_child(running.pid)
    until(lambda: "listens" in running.out())
    for number in PASSED:
        os.kill(init, number)
        until(lambda: f"got {number}\n" in running.out(), what=f"signal {number}")
    assert running.finish().code == 7


def test_a_signal_that_was_ignored_is_passed_on_and_ignored(stay):
    """nohup: the app ignores SIGHUP as well."""
    running = stay("sh", "-c", "echo up; sleep 30", word="up", restore_signals=False,
                   preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    running.send(signal.SIGHUP)
    running.send(signal.SIGTERM)
    assert running.finish().code == 143


@pytest.mark.parametrize("options, who", [((), {"app"}), (("--group",), {"app", "child"})], ids=["the app", "--group"])
def test_who_gets_it(stay, options, who):
    running = stay(*PYTHON, TWO, options=options, word="up\nup\n")
    child = children_of(children_of(running.pid)[0])[0]
    running.send(signal.SIGTERM)
    until(lambda: who <= set(running.out().split()))
    time.sleep(0.3)         # nobody else
    assert set(running.out().split()) - {"up"} == who
    if "child" not in who:
        os.kill(child, signal.SIGTERM)
    assert running.finish().code == 0


def test_kill_after(stay):
    running = stay("sh", "-c", 'trap "" TERM; echo up; while :; do sleep 0.1; done', options=["--kill-after=300ms"], word="up")
    running.send(signal.SIGTERM)
    result = running.finish()
    assert result.code == 137 and result.lines == ["waitfor: killed sh, which still ran 300ms after SIGTERM"], result


def test_kill_after_leaves_an_app_that_ends(stay):
    running = stay("sh", "-c", 'trap "sleep 0.3; exit 5" TERM; echo up; while :; do sleep 0.05; done',
                   options=["--kill-after=20s"], word="up")
    running.send(signal.SIGTERM)
    result = running.finish()
    assert result.code == 5 and result.err == "", result


# --- children -----------------------------------------------------------------------------------

ORPHAN = "(sh -c 'echo orphan $$; exec sleep 60' &) ; exec sleep 50"


@pytest.mark.parametrize("as_init", [False, True], ids=["not PID 1", "PID 1"])
def test_orphans_are_reaped(waitfor, as_init):
    prefix = ["unshare", *AS_USER, "--pid", "--fork", "--"] if as_init else []
    if as_init:
        require_namespaces()
    running = waitfor.start_argv([*prefix, BINARY, "--stay", "--", "sh", "-c", ORPHAN])
    parent = first_child(running.pid) if as_init else running.pid
    until(lambda: len(children_of(parent)) == 2, what="the orphan is a child of waitfor's")
    app, orphan = children_of(parent)
    os.kill(orphan, signal.SIGKILL)
    until(lambda: children_of(parent) == [app], what="only the app is left")
    os.kill(parent, signal.SIGTERM)
    assert running.finish().code == 143


def test_what_the_app_leaves_behind_lives_on(stay, folder):
    """As with any other parent. waitfor kills nobody but a child of its own checks."""
    running = stay("sh", "-c", f"(sleep 0.3; echo alive >{folder}/left) & exit 0")
    assert running.finish().code == 0
    until(lambda: (folder / "left").exists(), what="it lives on")


# --- rest ---------------------------------------------------------------------------------------

def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return {key: value.split() for key, _, value in (line.partition(":") for line in file)}


def test_costs_nothing_while_nothing_happens(stay, peer):
    running = stay("sleep", "60", options=[f"tcp://{peer(silence).target}"])
    until(lambda: children_of(running.pid) and [command_of(pid) for pid in children_of(running.pid)] == ["sleep"])
    until(lambda: state_of(running.pid) == "S")
    switches = [status_of(running.pid)[key] for key in ("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")]
    time.sleep(1)
    after = status_of(running.pid)
    assert [after[key] for key in ("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")] == switches
    assert int(after["VmRSS"][0]) <= 1024, after["VmRSS"]
    running.send(signal.SIGTERM)
    assert running.finish().code == 143


# --- a terminal ---------------------------------------------------------------------------------

def shell_at(waitfor, window, script):
    """Runs the script in a shell with job control at the terminal; $W is waitfor --stay."""
    return waitfor.start_argv(["sh", "-c", "exec >&2; set -m; " + script],
                              env={**os.environ, "W": f"{BINARY} --stay --"}, **window.popen)


def test_the_app_has_the_foreground(waitfor, terminal):
    window = terminal(80)
    running = shell_at(waitfor, window,
                       "$W sh -c 'read line; echo read $line'; echo ended: $?; read line; echo after $line")
    window.keys(b"one\n")
    window.wait_text("ended: 0")
    window.keys(b"two\n")           # the shell has it back
    assert window.finish(running) == 0
    assert "read one" in window.text and "after two" in window.text


def test_the_app_has_the_foreground_from_its_start(waitfor, terminal):
    """Also one that does not read: ^C would not reach it."""
    window = terminal(80)
    app = "'import os; print(\"in front:\", os.tcgetpgrp(0) == os.getpgrp())'"
    running = shell_at(waitfor, window, f'$W {sys.executable} -c {app}; echo "ended: $?"')
    window.wait_text("ended: 0")
    assert window.finish(running) == 0
    assert "in front: True" in window.text


def test_a_script_without_job_control_has_its_terminal_back(waitfor, terminal):
    window = terminal(80)
    running = waitfor.start_argv(["sh", "-c", f'exec >&2; {BINARY} --stay -- sh -c "echo up"; read line; echo after $line'],
                                 **window.popen)
    window.wait_text("up")
    window.keys(b"two\n")
    assert window.finish(running) == 0
    assert "after two" in window.text


def test_control_c_reaches_the_app_once(waitfor, terminal):
    window = terminal(80)
    app = """'import signal, time
signal.signal(2, lambda *_: print("INT", flush=True))
print("up", flush=True)
end = time.monotonic() + 1
while time.monotonic() < end: time.sleep(0.1)'"""
    running = shell_at(waitfor, window, f'$W {sys.executable} -c {app}; echo "ended: $?"')
    window.wait_text("up")
    window.keys(b"\x03")
    window.wait_text("ended: 0")
    window.finish(running)
    assert window.text.count("INT") == 1, window.text


def test_control_z_and_fg(waitfor, terminal):
    """The shell sees its job stopped, and fg continues the app in the foreground."""
    window = terminal(80)
    app = "sh -c 'echo up; read line; echo read $line'"
    running = shell_at(waitfor, window, f'$W {app}; echo "stopped: $?"; fg; echo "ended: $?"')
    window.wait_text("up")
    window.keys(b"\x1a")
    window.wait_text("stopped: 148")        # 128 + SIGTSTP
    window.keys(b"one\n")
    window.wait_text("ended: 0")
    assert "read one" in window.text, window.text
    assert window.finish(running) == 0


@pytest.mark.parametrize("shell", [[], ["sh", "-c", '"$@"; exit $?', "sh"]], ids=["alone", "in a script"])
def test_control_z_where_nobody_watches(waitfor, terminal, shell):
    """docker run -it: waitfor, or a script without job control, leads the session. A stopped app would stay so for ever."""
    window = terminal(80)
    running = waitfor.start("--stay", "--", "sh", "-c", "exec >&2; echo up; read line; echo read $line", wrap=shell,
                            **window.popen)
    window.wait_text("up")
    window.keys(b"\x1a")
    window.keys(b"one\n")
    assert window.finish(running) == 0
    assert "read one" in window.text, window.text


def test_a_program_before_it_in_a_pipeline_keeps_the_keyboard(waitfor, terminal, folder):
    window = terminal(80)
    reads = f"until [ -e {folder}/up ]; do sleep 0.05; done; read line; echo $line"
    running = shell_at(waitfor, window, f"sh -c '{reads}' | $W sh -c 'touch {folder}/up; cat'; echo ended: $?")
    window.keys(b"one\n")
    window.wait_text("ended: 0")
    assert window.finish(running) == 0
    assert window.text.count("one") == 2, window.text       # the echo of the terminal, and cat


def test_an_app_that_asks_for_its_terminal_gets_it(waitfor, terminal):
    """As ssh for a password, with everything redirected."""
    window = terminal(80)
    app = "sh -c 'read line </dev/tty; echo heard $line >/dev/tty' </dev/null >/dev/null 2>&1"
    running = shell_at(waitfor, window, f'$W {app}; echo "ended: $?"')
    window.keys(b"one\n")
    window.wait_text("ended: 0")
    assert window.finish(running) == 0
    assert "heard one" in window.text, window.text


def test_in_the_background_it_takes_no_terminal(waitfor, terminal):
    window = terminal(80)
    running = shell_at(waitfor, window, '$W sh -c "echo up; sleep 0.3" & read line; echo read $line; wait $!; echo "ended: $?"')
    window.wait_text("up")
    window.keys(b"one\n")
    window.wait_text("ended: 0")
    assert "read one" in window.text, window.text
    assert window.finish(running) == 0


# --- what is its own ----------------------------------------------------------------------------

def test_a_failed_write_of_its_own_is_not_passed_on(waitfor):
    """Who started it has SIGPIPE blocked, and nobody reads its lines."""
    reader, writer = os.pipe()
    os.close(reader)
    app = "sleep 0.3"       # the shell unblocks SIGPIPE, and would end if there was one
    running = waitfor.start("-v", "--stay", "--check", "true", "--", "sh", "-c", app, stderr=writer,
                            preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE}))
    os.close(writer)
    assert running.process.wait(20) == 0


def test_the_events_end_before_the_app_does(waitfor):
    reader, writer = os.pipe()
    running = waitfor.start("--stay", "--report-fd", str(writer), "--", "sleep", "60", pass_fds=[writer])
    os.close(writer)
    with os.fdopen(reader) as events:
        assert '"exec"' in events.read()        # to its end
    running.send(signal.SIGTERM)
    assert running.finish().code == 143


@pytest.mark.parametrize("code", [1, 124, 125])
def test_called_as_another_tool_it_exits_as_the_app_does(waitfor, peer, code):
    result = waitfor("as", "wait-for-it", peer(silence).target, "-q", "--", "sh", "-c", f"exit {code}", env={"WAITFOR_STAY": "1"})
    assert result.code == code, result


# --- settings -----------------------------------------------------------------------------------

def test_from_the_environment_only_with_a_command(waitfor, peer):
    """A HEALTHCHECK finds the same environment."""
    result = waitfor("--once", f"tcp://{peer(silence).target}", env={"WAITFOR_STAY": "1", "WAITFOR_KILL_AFTER": "5s"})
    assert result.code == 0, result


def test_from_a_file(waitfor, folder):
    (folder / "waitfor.json").write_text('{"stay": true, "kill-after": "5s"}')
    result = waitfor("-f", folder / "waitfor.json", "--", "sh", "-c", "exit 3")
    assert result.code == 3, result
