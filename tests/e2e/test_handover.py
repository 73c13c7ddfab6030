"""A program that prints how it was started prints the same bare and wrapped (FACTS 35 to 38)."""

import os
import resource
import signal
import struct

import pytest

from support.peers import silence
from support.runner import BINARY, CLEAN_ENV
from support.until import until

PT_INTERP = 3    # elf(5)


@pytest.fixture(params=["exec", "stay"])
def both(waitfor, peer, programs, folder, request):
    """Runs show_state bare and wrapped under the same conditions; returns the lines of both. With --stay it is a child."""
    listener = peer(silence)

    def run(args=("a", "", "b c"), env=None, options=(), target=None, **popen):
        app = [programs / "show_state", folder / "state", *args]
        seen = []
        stay = ["--stay"] if request.param == "stay" else []
        for argv in (app, [BINARY, *stay, *options, target or f"tcp://{listener.target}", "--", *app]):
            running = waitfor.start_argv(argv, env={**CLEAN_ENV, **(env or {})}, **popen)
            run.result = running.finish()
            assert run.result.code == 0, run.result
            seen.append((folder / "state").read_text(errors="backslashreplace").splitlines())
            (folder / "state").unlink()
        if stay:  # a child leads its group, and no session
            seen[0] = ["leads-group 1 leads-session 0" if line.startswith("leads-") else line for line in seen[0]]
        return seen
    run.listener = listener
    run.stays = request.param == "stay"
    return run


def without_files_of_the_run(lines):
    """stdout and stderr are another temporary file in every run: their inodes differ."""
    return [line.split(" ino ")[0] + " status" + line.split(" status")[1]
            if line.startswith(("fd 1 ", "fd 2 ")) else line for line in lines]


def assert_same(seen):
    bare, wrapped = map(without_files_of_the_run, seen)
    assert wrapped == bare


def test_the_plain_case(both):
    assert_same(both())


def test_the_state_is_really_looked_at(both):
    """Or else everything below would pass."""
    bare, _ = both(preexec_fn=lambda: (os.umask(0o27), os.nice(3)))
    for line in ("umask 27", "nice 3", "signal 15 default"):
        assert line in bare


def after_a_wait(both, **popen):
    """Wrapped, with some refused attempts first, so that signals and timers were in use."""
    return both(options=["-t", "300ms", "--run-anyway"], target="tcp://127.0.0.1:1", **popen)


def test_after_a_wait_that_failed(both):
    assert_same(after_a_wait(both))


def test_after_resolving_names(both, net):
    """The DNS sockets and the watch on resolv.conf must be gone."""
    assert_same(both(options=["-t", "300ms", "--run-anyway", "--no-export"],
                     target="tcp://nobody:80", net=net))


def test_after_a_login(both, pg):
    assert_same(both(target=pg.uri()))


def test_only_the_documented_exports_differ(both):
    target = f"api=tcp://{both.listener.target}"
    bare, wrapped = map(without_files_of_the_run, both(target=target))
    environment = [line.split(" ", 2)[2] for line in wrapped if line.startswith("env ")]
    expected = [line.split(" ", 2)[2] for line in bare if line.startswith("env ")]
    added = [entry for entry in environment if entry not in expected]
    assert sorted(added) == ["API_ADDR=127.0.0.1", "API_HOST=127.0.0.1",
                             f"API_PORT={both.listener.port}"]
    assert [entry for entry in environment if entry in expected] == expected
    rest = [[line for line in lines if not line.startswith("env ")] for lines in (bare, wrapped)]
    assert rest[0] == rest[1]


# --- signals ------------------------------------------------------------------------------------

MASKS = {
    "TERM": {signal.SIGTERM}, "INT and CHLD": {signal.SIGINT, signal.SIGCHLD},
    "all that can be": set(signal.valid_signals()),
}


@pytest.mark.parametrize("case", MASKS)
def test_the_signal_mask(both, case):
    mask = lambda: signal.pthread_sigmask(signal.SIG_SETMASK, MASKS[case])
    assert_same(both(preexec_fn=mask))
    assert_same(after_a_wait(both, preexec_fn=mask))


@pytest.mark.parametrize("names", [
    ["SIGCHLD"], ["SIGPIPE"], ["SIGTERM", "SIGINT"], ["SIGHUP", "SIGQUIT"], ["SIGUSR1", "SIGALRM"],
    ["SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGWINCH"]], ids=" ".join)
def test_ignored_signals(both, names):
    """FACTS 37: an ignored SIGCHLD would break the app's waitpid if it were not meant to be."""
    def ignore():
        for name in names:
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    bare, wrapped = both(preexec_fn=ignore, restore_signals=False)
    assert any(f"signal {int(getattr(signal, names[0]))} ignored" == line for line in bare)
    assert_same((bare, wrapped))
    assert_same(after_a_wait(both, preexec_fn=ignore, restore_signals=False))


def test_a_blocked_signal_that_was_pending_stays_so(both):
    """Sent to a process that blocks it: the app finds it as it would have without waitfor."""
    def pend():
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
        os.kill(os.getpid(), signal.SIGUSR1)
    bare, wrapped = both(preexec_fn=pend)
    assert "signal 10 blocked pending default" in bare
    assert_same((bare, wrapped))


# --- descriptors --------------------------------------------------------------------------------

@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2), (0, 2)])
def test_closed_standard_descriptors_stay_closed(both, closed):
    def close():
        for fd in closed:
            os.close(fd)
    bare, wrapped = both(preexec_fn=close)
    assert not any(line.startswith(f"fd {closed[0]} ") for line in bare)
    assert_same((bare, wrapped))
    # A socket may have taken the number 2 meanwhile: no message may have gone into it.
    assert all(connection.received == b"" for connection in both.listener.connections)
    assert_same(after_a_wait(both, preexec_fn=close))


def test_inherited_descriptors_pass_through(both, folder):
    """systemd's and s6's ways to hand things over; a hole between them stays a hole."""
    file = os.open(folder / "held", os.O_RDWR | os.O_CREAT | os.O_APPEND)
    read_end, write_end = os.pipe()
    try:
        high = os.dup2(file, 777)
        bare, wrapped = both(pass_fds=[file, read_end, high])
        assert any(line.startswith("fd 777 ") for line in bare)
        assert_same((bare, wrapped))
    finally:
        for fd in (file, read_end, write_end, 777):
            os.close(fd)


@pytest.mark.parametrize("blocking", [True, False], ids=["blocking", "O_NONBLOCK"])
def test_o_nonblock_of_the_standard_descriptors(both, blocking):
    """It belongs to the open file, which other processes share."""
    pipes = [os.pipe() for _ in range(2)]
    try:
        for ends in pipes:
            for fd in ends:
                os.set_blocking(fd, blocking)
        bare, wrapped = both(stdin=pipes[0][0], stderr=pipes[1][1])
        assert_same((bare, wrapped))
        for fd in (pipes[0][0], pipes[1][1]):
            assert os.get_blocking(fd) == blocking
    finally:
        for ends in pipes:
            for fd in ends:
                os.close(fd)


def test_stdin_is_not_read(waitfor, peer):
    read_end, write_end = os.pipe()
    os.write(write_end, b"for the app\n")
    os.close(write_end)
    result = waitfor(f"tcp://{peer().target}", "--", "cat", stdin=read_end)
    os.close(read_end)
    assert result.out == "for the app\n"


# --- the rest -----------------------------------------------------------------------------------

def test_umask_cwd_nice_and_limits(both, folder):
    def change():
        os.umask(0o077)
        os.nice(5)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_STACK, (4 << 20, 64 << 20))
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 2 << 20))
    assert_same(both(preexec_fn=change, cwd=folder))


@pytest.mark.parametrize("limit", [16, 24])
def test_few_descriptors_are_enough_and_the_limit_is_kept(both, limit):
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, 4096))
    bare, wrapped = both(preexec_fn=few)
    assert f"limit {int(resource.RLIMIT_NOFILE)} {limit} 4096" in bare
    assert_same((bare, wrapped))


@pytest.mark.parametrize("limit", range(3, 9))
def test_too_few_descriptors_are_one_line(waitfor, peer, limit):
    """Whatever a library has to say about it stays out of the log."""
    few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    result = waitfor("-t", "300ms", f"tcp://{peer(silence).target}", preexec_fn=few)
    assert result.code in (0, 124, 125) if limit > 3 else result.code == 125, result
    assert result.lines and all(line.startswith("waitfor: ") for line in result.lines), result
    assert len(result.lines) == 1 or result.code != 125, result


def test_many_targets_with_few_descriptors(waitfor, peer):
    """Attempts at once are bounded by the descriptors there are."""
    peers = [peer(silence) for _ in range(30)]
    few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
    result = waitfor("-t", "10s", *(f"tcp://{each.target}" for each in peers), preexec_fn=few)
    assert result.code == 0, result


def test_a_session_and_a_group_of_its_own_are_kept(both):
    bare, wrapped = both(start_new_session=True)
    assert f"leads-group 1 leads-session {int(not both.stays)}" in bare
    assert_same((bare, wrapped))


def test_an_alarm_set_before_still_runs(both):
    """alarm(2) survives exec; waitfor must neither use nor clear it."""
    bare, wrapped = both(preexec_fn=lambda: signal.setitimer(signal.ITIMER_REAL, 1000))
    assert "timer 0 running interval 0" in bare
    assert_same((bare, wrapped))


def test_the_process_id_stays(waitfor, peer):
    """exec, not fork: what was started is what runs."""
    running = waitfor.start(f"tcp://{peer().target}", "--", "sh", "-c", "echo $$; sleep 60")
    until(lambda: running.out().strip(), what="the app's PID")
    assert int(running.out()) == running.pid


@pytest.mark.parametrize("args", [
    ["-x", "--", "--help"], ["", " ", "\n", "*"], ["${HOME}", "$PATH"], ["\udcff\udcfe"],
    ["x" * 100000]], ids=["options", "blanks", "variables", "bytes", "long"])
def test_arguments_arrive_as_they_were_given(both, args):
    bare, wrapped = both(args=args)
    assert len([line for line in bare if line.startswith("argv ")]) == 2 + len(args)
    assert_same((bare, wrapped))


# --- what cannot be started -------------------------------------------------------------------------

SCRIPTS = {
    "no such interpreter": ("#!/no/such/sh\n", 127), "carriage return": ("#!/bin/sh\r\necho app\r\n", 127),
    "an interpreter that is no program": ("#!/etc/passwd\n", 126), "a folder": ("#!/etc\n", 126),
    "blanks": ("#! \t/no/such/sh -e\n", 127), "no line feed": ("#!/no/such/sh", 127),
    "an interpreter whose interpreter is missing": ("#!{folder}/middle\n", 127),
    "a long path": ("#!/no" + "/such" * 40 + "/sh\n", 127),
    "env": ("#!/usr/bin/env no-such-program\n", 127), "env and a carriage return": ("#!/usr/bin/env sh\r\n", 127),
}
GOOD_SCRIPTS = {
    "plain": "#!/bin/sh\necho app\n", "an argument": "#!/bin/sh -e\necho app\n", "blanks": "#! /bin/sh  \necho app\n",
    "env": "#!/usr/bin/env sh\necho app\n", "env with options": "#!/usr/bin/env -S sh -e\necho app\n",
    "env with a path": "#!/usr/bin/env /bin/sh\necho app\n",
    "env with variables": "#!/usr/bin/env -S A=1 sh\necho app\n",
    "an interpreter that is a script": "#!{folder}/good\n",
}


@pytest.fixture
def script(folder):
    def write(text):
        for name, content in (("app", text), ("middle", "#!/no/such/sh\n"), ("good", "#!/bin/sh\necho app\n")):
            (folder / name).write_bytes(content.format(folder=folder).encode())
            (folder / name).chmod(0o755)
        return folder / "app"
    return write


@pytest.mark.parametrize("case", SCRIPTS)
def test_a_script_that_cannot_start_is_told_before_the_wait(waitfor, peer, script, case):
    """The exit code is the one that a shell has for it."""
    text, code = SCRIPTS[case]
    server = peer()
    app = script(text)
    result = waitfor(f"tcp://{server.target}", "--", app)
    assert (result.code, len(result.lines)) == (code, 1) and str(app.parent) in result.err, result
    assert ("carriage return" in result.err) == ("carriage return" in case)
    assert not server.connections, "there was no wait"
    assert waitfor.start_argv(["sh", "-c", str(app)]).finish().code == code


@pytest.mark.parametrize("case", GOOD_SCRIPTS)
def test_a_script_that_can_start_is_started(waitfor, peer, script, case):
    result = waitfor(f"tcp://{peer().target}", "--", script(GOOD_SCRIPTS[case]))
    assert (result.code, result.out) == (0, "app\n"), result


def test_a_script_in_the_path_that_cannot_start_is_passed_over(waitfor, peer, script, folder):
    """As execvp does."""
    script("#!/no/such/sh\n")
    (folder / "second").mkdir()
    (folder / "good").rename(folder / "second" / "app")
    result = waitfor(f"tcp://{peer().target}", "--", "app", env={"PATH": f"{folder}:{folder}/second:/usr/bin:/bin"})
    assert (result.code, result.out) == (0, "app\n"), result
    result = waitfor(f"tcp://{peer().target}", "--", "app", env={"PATH": str(folder)})
    assert result.code == 127 and f'"{folder}/app"' in result.err and "/no/such/sh" in result.err, result


def test_a_program_whose_loader_is_missing_is_told_before_the_wait(waitfor, peer, folder):
    """A dynamic program in an image from scratch, or one of glibc on Alpine."""
    data = open("/usr/bin/env", "rb").read()
    (folder / "app").write_bytes(data.replace(b"/ld-linux", b"/no-linux"))
    (folder / "app").chmod(0o755)
    server = peer()
    result = waitfor(f"tcp://{server.target}", "--", folder / "app")
    assert (result.code, len(result.lines)) == (127, 1) and "/no-linux" in result.err, result
    assert not server.connections


def test_a_program_of_another_machine_is_left_to_the_kernel(waitfor, peer, folder):
    """It may know an emulator, which finds the loader elsewhere. Here it knows none."""
    data = bytearray(open("/usr/bin/env", "rb").read().replace(b"/ld-linux", b"/no-linux"))
    data[18:20] = b"\xfe\xfe"      # e_machine: nobody's number
    (folder / "app").write_bytes(data)
    (folder / "app").chmod(0o755)
    server = peer()
    result = waitfor(f"tcp://{server.target}", "--", folder / "app")
    assert result.code == 126 and server.connections, result


@pytest.mark.parametrize("fault", ["the first of two loaders has no name", "the name of the loader has no end"])
def test_an_elf_file_that_the_kernel_refuses_is_left_to_it(waitfor, peer, folder, fault):
    """Its own words are that the format is wrong, and not that a loader is missing: elf(5), Elf64_Phdr."""
    data = bytearray(open("/usr/bin/env", "rb").read().replace(b"/ld-linux", b"/no-linux"))
    begin, = struct.unpack_from("<Q", data, 32)     # e_phoff
    size, count = struct.unpack_from("<HH", data, 54)
    kinds = [struct.unpack_from("<I", data, begin + number * size)[0] for number in range(count)]
    loader = begin + kinds.index(PT_INTERP) * size
    length, = struct.unpack_from("<Q", data, loader + 32)   # p_filesz
    if fault.startswith("the first"):
        assert kinds.index(PT_INTERP) > 0
        struct.pack_into("<I", data, begin, PT_INTERP)
        struct.pack_into("<Q", data, begin + 32, 1)
    else:
        struct.pack_into("<Q", data, loader + 32, length - 1)
    (folder / "app").write_bytes(data)
    (folder / "app").chmod(0o755)
    server = peer()
    result = waitfor(f"tcp://{server.target}", "--", folder / "app")
    assert result.code == 126 and server.connections and "no-linux" not in result.err, result


def test_a_program_that_is_removed_during_the_wait(waitfor, peer, script):
    late = peer(listen=False)
    app = script("#!/bin/sh\n")
    running = waitfor.start("-q", f"tcp://{late.target}", "--", app, stderr=None)
    until(lambda: os.readlink(f"/proc/{running.pid}/exe") == str(BINARY) and
          any("eventpoll" in os.readlink(f"/proc/{running.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{running.pid}/fd")))
    app.unlink()
    late.listen()
    result = running.finish()
    assert result.code == 127 and "does not exist" in result.err, result
