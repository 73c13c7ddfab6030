"""exec:///path and --check: a program decides, and nothing of it is left behind."""

import json
import os
import re
import shlex
import signal
import time
from urllib.parse import quote

import pytest

from support.children import children_of, state_of
from support.events import names, parse_events, the
from support.pace import NOISY, at_most
from support.runner import BINARY
from support.until import stays, until
from test_signals import start_as_pid_1
from test_unix import place, refused_line  # noqa: F401  (place is a fixture)

QUICK = ("-t", "500ms", "--attempt-timeout", "300ms")


def script(text, *args, more=""):
    """The target that runs the text with a shell."""
    return "exec:///bin/sh?" + "&".join(f"arg={quote(word, safe='')}" for word in ("-c", text, *args)) + more


def is_gone(pid):
    """No process runs under that number any more. Its parent, of this machine, may be slow to collect it."""
    return state_of(pid) in (None, "Z")


def pids_in(folder):
    return [int(word) for path in folder.glob("pid*") for word in path.read_text().split()]


# --- ready and not ready --------------------------------------------------------------------------

def test_it_is_asked_until_it_says_0(waitfor, place):
    running = waitfor.start("-t", "30s", script(f"echo no {place}/ready yet; test -e {place}/ready"), "--", "echo", "app")
    running.wait_err(f"exec:///bin/sh?arg=***&arg=***: the check failed: exit status 1: no {place}/ready yet\n")
    (place / "ready").touch()
    result = running.finish()
    assert (result.code, result.out) == (0, "app\n"), result
    assert re.search(r"exec:///bin/sh\?arg=\*\*\*&arg=\*\*\*: ready after [\d.]+m?s, \d+ attempts\n", result.err), result


@pytest.mark.parametrize("body, words", [
    ("exit 3", "the check failed: exit status 3"),
    ("kill -SEGV $$", "the check failed: ended by signal 11"),
    ("echo first; echo second >&2; exit 1", "the check failed: exit status 1: second"),
    (r"printf 'a\033[31mred\r\tb\001\n'; exit 1", "the check failed: exit status 1: a?[31mred??b?"),
    (r"printf '\377\376 caf\303\251\n'; exit 1", "the check failed: exit status 1: ?? café"),
    ("echo to postgres://me:hunter2@db/shop; exit 1", "exit status 1: to postgres://me:***@db/shop"),
    ("exec sleep 100", "not yet: the check takes longer than --attempt-timeout allows"),
    ("kill -STOP $$", "not yet: the check takes longer than --attempt-timeout allows"),
])
def test_the_reason(waitfor, body, words):
    result = waitfor(*QUICK, script(body))
    assert result.code == 124 and words in result.lines[-1] and result.seconds < 5, result
    assert "hunter2" not in result.err and len(result.lines) == 3, result


def test_a_line_of_a_megabyte(waitfor):
    result = waitfor(*QUICK, script("head -c 1000000 /dev/zero | tr '\\0' x; exit 1"))
    assert result.code == 124 and len(result.lines[-1]) < 400, result


def test_a_program_that_appears_later(waitfor, place):
    """On a volume that is mounted late, or an interpreter."""
    running = waitfor.start("-t", "30s", f"exec://{place}/check")
    running.wait_err("cannot try: the program, or the interpreter or loader that it needs, does not exist")
    (place / "check").write_text("#!/bin/sh\nexit 0\n")
    (place / "check").chmod(0o644)
    until(lambda: running.alive())
    (place / "check").chmod(0o755)
    assert running.finish().code == 0


@pytest.mark.parametrize("content, mode, words", [
    ("x", 0o644, "the program cannot be run: no permission, or not executable"),
    ("x", 0o755, "it is not a program; a script needs a first line such as #!/bin/sh"),
    ("#!/no/such/shell\n", 0o755, "the program, or the interpreter or loader that it needs, does not exist"),
])
@pytest.mark.parametrize("down", [[], ["--down"]])
def test_a_program_that_cannot_run(waitfor, place, content, mode, words, down):
    """That is not ready, and under --down it is no proof that anything is down."""
    (place / "check").write_text(content)
    (place / "check").chmod(mode)
    result = waitfor(*QUICK, *down, f"exec://{place}/check")
    assert result.code == 124 and f"cannot try: {words}" in result.lines[-1], result


def test_down(waitfor, place):
    (place / "up").touch()
    running = waitfor.start("--down", "-t", "30s", script(f"test -e {place}/up"))
    running.wait_err("still up")
    (place / "up").unlink()
    assert running.finish().code == 0


def test_it_is_not_started_all_the_time(waitfor, place):
    """A program costs more than a connection: 80 ms at least, but for the jitter, and up to 1 s, between two starts."""
    waitfor("-t", "2s", script(f"echo x >>{place}/starts; exit 1"))
    assert 3 <= len((place / "starts").read_text().split()) <= at_most(2, NOISY)


# --- what it gets ---------------------------------------------------------------------------------

def test_what_the_program_gets(waitfor, place):
    """The environment of the app, and nothing else: no descriptor, no signal, no terminal."""
    inherited = os.open(place, os.O_RDONLY)
    os.set_inheritable(inherited, True)
    body = (f"env | sort >{place}/env; readlink /proc/$$/fd/0 >{place}/stdin; ls /proc/$$/fd >{place}/fds; "
            f"grep '^Sig[BI]' /proc/self/status >{place}/signals; cut -d' ' -f5,6,7 /proc/$$/stat >{place}/group; "
            f"echo $$ >{place}/pid; pwd >{place}/cwd; umask >{place}/umask")

    def deaf():
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGCHLD})
        os.umask(0o27)

    result = waitfor("-t", "10s", script(body), env={"PGPASSWORD": "x", "WAITFOR_QUIET": "1", "A": "b"}, cwd=place,
                     close_fds=False, preexec_fn=deaf, restore_signals=False)
    os.close(inherited)
    assert result.code == 0, result
    said = {path.name: path.read_text().split() for path in place.iterdir()}
    entries = [entry for entry in said["env"] if not re.match("_=|PWD=|SHLVL=|OLDPWD=", entry)]
    assert entries == sorted(["A=b", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "PGPASSWORD=x",
                              "WAITFOR_QUIET=1"])
    assert said["stdin"] == ["/dev/null"]
    assert set(said["fds"]) - {"10"} == {"0", "1", "2"}, "10 is where the shell keeps its own"
    assert said["signals"] == ["SigBlk:", "0" * 16, "SigIgn:", "0" * 16]
    assert said["group"] == [said["pid"][0], said["pid"][0], "0"]
    assert said["cwd"] == [str(place)] and said["umask"] == ["0027"]


def test_postgres_variables_are_not_taken_from_it(waitfor, pg):
    """Beside a postgres:// target, whose probe removes variables from waitfor's own environment."""
    env = {"PGSSLMODE": "disable", "PGAPPNAME": "app", "PGHOST": "elsewhere"}
    check = script('test "$PGSSLMODE $PGAPPNAME $PGHOST" = "disable app elsewhere"')
    assert waitfor("-t", "20s", f"postgres://127.0.0.1:{pg.port}/postgres", check, env=env).code == 0


def test_the_check_has_neither_stdin_nor_stdout(waitfor):
    result = waitfor("-t", "10s", script("echo said; cat >&2"), "--", "echo", "app")
    assert (result.code, result.out) == (0, "app\n") and "said" not in result.err, result


# --- nothing is left ------------------------------------------------------------------------------

# What a check may do, with $1 a folder for the numbers of its processes.
UNRULY = {
    "hangs": "echo $$ >$1/pid1; exec sleep 1000",
    "is deaf": "trap '' TERM INT HUP; echo $$ >$1/pid1; while :; do sleep 1000 & echo $! >$1/pid2; wait; done",
    "forks": "sleep 1000 & echo $! >$1/pid2; (sleep 1000 & echo $! >$1/pid3; wait) & echo $$ >$1/pid1; wait",
    "stops itself": "echo $$ >$1/pid1; kill -STOP $$",
    "daemonizes and hangs": "(sleep 1000 & echo $! >$1/pid2); echo $$ >$1/pid1; exec sleep 1000",
    "floods": "echo $$ >$1/pid1; exec yes",
    "closes its output": "exec >/dev/null 2>&1; echo $$ >$1/pid1; exec sleep 1000",
}


@pytest.mark.parametrize("case", UNRULY)
@pytest.mark.parametrize("how", ["limit", "timeout", "signal", "another is ready", "killed"])
def test_an_unruly_check_is_ended_with_all_its_processes(waitfor, place, case, how):
    app = f"read children </proc/$$/task/$$/children; echo $children >{place}/children; echo app"
    words = {"limit": ["-t", "60s", "--attempt-timeout", "300ms"], "timeout": ["-t", "500ms"],
             "another is ready": ["-t", "60s", "--any", "--attempt-timeout", "50s", f"file://{place}/ready"]}
    running = waitfor.start(*words.get(how, ["-t", "60s", "--attempt-timeout", "50s"]),
                            script(UNRULY[case], "sh", str(place)), "--", "sh", "-c", app)
    until(lambda: (place / "pid1").exists() and pids_in(place), what=running.err)
    time.sleep(0.05)
    pids = pids_in(place)
    if how == "limit":
        running.wait_err("not yet: the check takes longer than --attempt-timeout allows")
        until(lambda: all(is_gone(pid) for pid in pids), what=lambda: f"{pids}")
        running.send(signal.SIGTERM)
    elif how == "signal":
        running.send(signal.SIGTERM)
    elif how == "another is ready":
        (place / "ready").touch()
    elif how == "killed":
        running.send(signal.SIGKILL)
    result = running.finish(10)
    expected = {"timeout": 124, "another is ready": 0, "killed": -signal.SIGKILL}.get(how, 143)
    assert result.code == expected and result.out == ("app\n" if expected == 0 else ""), result
    if how == "killed":
        until(lambda: is_gone(pids_in(place)[0]))
        for pid in pids_in(place):
            if not is_gone(pid):
                os.kill(pid, signal.SIGKILL)    # nobody was left to end them
        return
    assert all(is_gone(pid) for pid in pids_in(place)), [(pid, state_of(pid)) for pid in pids_in(place)]
    if how == "another is ready":
        assert (place / "children").read_text().split() == [], "the app finds a child that is not its own"


def test_a_check_that_ends_and_leaves_others_behind(waitfor, place):
    body = f"sleep 1000 & echo $! >{place}/pid1; (sleep 1000 & echo $! >{place}/pid2); exit 0"
    result = waitfor("-t", "10s", script(body), "--", "ps", "-o", "comm=", "--ppid", str(os.getpid()))
    assert result.code == 0, result
    assert len(pids_in(place)) == 2 and all(is_gone(pid) for pid in pids_in(place)), result


def test_as_pid_1_no_zombie_is_left(waitfor, place):
    """Orphans of the check become waitfor's own children; before the app starts they are collected."""
    body = f"(sleep 1000 &) ; sleep 1000 & sleep 1000 & test -e {place}/ready"
    running, pid = start_as_pid_1(waitfor, "-t", "30s", script(body), "--", "sh", "-c",
                                  f": >{place}/app; exec sleep 1000")
    running.wait_err("the check failed: exit status 1")
    (place / "ready").touch()
    until(lambda: (place / "app").exists(), what=running.err)
    stays(lambda: children_of(pid) == [], 0.2, "no child")
    os.kill(pid, signal.SIGKILL)


def test_the_status_is_not_lost_as_pid_1(waitfor, place):
    """Where all that ends is reaped, also what ends at the same time."""
    checks = [script(f"(exit 1 &); exit {status}", more=f"&exit={status}") for status in range(20)]
    running, _ = start_as_pid_1(waitfor, "-t", "30s", *checks, "--", "echo", "app")
    result = running.finish()
    assert (result.code, result.out) == (0, "app\n") and "the check failed" not in result.err, result


def test_an_ignored_sigchld_does_not_lose_the_status(waitfor):
    """FACTS 37: the app finds it ignored, as it was."""
    def ignore():
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    result = waitfor("-t", "10s", script("exit 7", more="&exit=7"), "--", "grep", "SigIgn", "/proc/self/status",
                     preexec_fn=ignore)
    assert result.code == 0 and int(result.out.split()[1], 16) >> (signal.SIGCHLD - 1) & 1, result


def test_a_child_that_was_there_before_is_left_to_the_app(waitfor, place):
    text = (f"(sleep 0.2; exit 5) & child=$!; exec {BINARY} -t 10s '{script('sleep 0.5')}' -- "
            "grep -o ^State:.Z /proc/$child/status")
    result = waitfor.start_argv(["sh", "-c", text], env={"PATH": "/usr/bin:/bin"}).finish()
    assert (result.code, result.out) == (0, "State:\tZ\n"), result


def test_fifty_at_once(waitfor, place):
    checks = [script(f"sleep 0.5; exit {number}", more=f"&exit={number}") for number in range(50)]
    result = waitfor("-t", "60s", *checks)
    assert result.code == 0 and result.err.count(": ready after ") == 50 and result.seconds < 20, result


def test_fifty_with_few_descriptors_and_no_end(waitfor, place):
    checks = [script(f"echo $$ >{place}/pid{number}; exec sleep 1000") for number in range(50)]
    result = waitfor("-t", "3s", "--attempt-timeout", "300ms", *checks,
                     wrap=["sh", "-c", 'ulimit -n 48; exec "$0" "$@"'])
    assert result.code == 124 and "descriptors" not in result.err and "open files" not in result.err, result
    until(lambda: all(is_gone(pid) for pid in pids_in(place)))


# --- --check --------------------------------------------------------------------------------------

def test_check(waitfor, place):
    command = f"sh -c 'test -e \"$1\" && echo \"no $2\" && exit 1' sh {place} 'two words'"
    result = waitfor(*QUICK, "--check", command, "--", "echo", "app")
    assert result.code == 124 and "waitfor: check sh ...: the check failed: exit status 1: no two words" in result.err
    running = waitfor.start("-t", "30s", "--check", f"test -e {place}/ready", "--check=true", f"file://{place}",
                            "--", "echo", "app")
    running.wait_err("check test ...: the check failed: exit status 1\n")
    (place / "ready").touch()
    result = running.finish()
    assert (result.code, result.out) == (0, "app\n") and "check true: ready after" in result.err, result


def test_check_from_the_environment_and_the_file(waitfor, config, place):
    env = {"WAITFOR_CHECK": "test ${WORD} = 'a b'", "WORD": "a b"}
    assert waitfor("-t", "5s", env=env).code == 0
    path = config({"check": ["test -d ${PLACE}", "true"], "targets": [f"file://{place}"]})
    result = waitfor("-t", "5s", "-f", path, env={"PLACE": str(place)})
    assert result.code == 0 and result.err.count("ready after") == 3, result
    result = waitfor("-t", "5s", "-f", path, "--check", "true", env={"PLACE": str(place)})
    assert result.code == 0 and result.err.count("ready after") == 2, result
    target = {"target": "exec:///sh?search=path", "name": "X", "timeout": "5s", "options": {"exit": 3}}
    assert waitfor("-f", config({"targets": [target]})).code == 124
    target["options"]["arg"] = ["-c", "test \"$1 $2\" = ' 3' && exit \"$2\"", "sh", "", 3]
    assert waitfor("-f", config({"targets": [target]})).code == 0
    assert waitfor("-t", "5s", "--once", "--check", "false").code == 1


@pytest.mark.parametrize("command", ["pg_isready | grep x", "test $HOME", "a && b", "a 'b", " "])
def test_a_command_that_needs_a_shell(waitfor, command):
    refused_line(waitfor("--check", command, "--", "echo", "started"), "waitfor: --check: ")


def test_no_argument_of_a_check_is_shown(waitfor, config, place):
    """Any of them may be a password."""
    command = f"sh -c 'exit 1' sh --password=hunter2 hunter2 postgres://me:hunter2@db ${{SECRET}}"
    path = config({"check": command})
    report = place / "report"
    for words in (["--check", command], ["-f", path]):
        for more in (["-v"], ["--output", "json", "-v"], ["--report", report], ["--report", f"junit:{report}"],
                     ["--explain"], ["--explain=json"], ["--explain", "-v"]):
            result = waitfor("-t", "200ms", *words, *more, env={"SECRET": "hunter2"})
            said = result.out + result.err + (report.read_text() if report.exists() else "")
            assert "hunter2" not in said and "check sh ..." in said, result


def test_the_events_and_the_plan(waitfor, place):
    result = waitfor("--explain=json", "--check", "true x", script("x"))
    targets = json.loads(result.out)["targets"]
    assert [(target["target"], target["kind"]) for target in targets] == [
        ("exec:///bin/sh?arg=***&arg=***", "exec"), ("check true ...", "exec")]
    running = waitfor.start("--output", "json", "-t", "30s", "--check", f"test -e {place}/ready")
    running.wait_err('"reason":"check_failed"')
    (place / "ready").touch()
    events = parse_events(running.finish().err)
    assert names(events) == ["start", "state", "ready", "end"] and the(events, "ready")["address"] is None, events


def test_the_real_thing(waitfor, new_pg):
    """pg_isready as a check, beside a server that starts late."""
    server = new_pg()
    command = shlex.join([str(server.bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(server.port)])
    running = waitfor.start("-t", "60s", "--check", command)
    running.wait_err("the check failed: exit status 2")
    server.start()
    assert running.finish(60).code == 0
