"""Exit codes: 0, 1 for --once, 124, 125, 126, 127, 128+n, else the command's own (FACTS 40)."""

import os

import pytest

NEVER = "tcp://127.0.0.1:1"      # for cases that must end before any wait


@pytest.fixture
def ready(peer):
    return f"tcp://{peer().target}"


@pytest.fixture
def refused(peer):
    return f"tcp://{peer(listen=False).target}"


def test_ready_without_a_command_is_0(waitfor, ready):
    assert waitfor(ready).code == 0


def test_ready_with_an_empty_command_is_0(waitfor, ready):
    """An ENTRYPOINT whose image has no CMD."""
    assert waitfor(ready, "--").code == 0


@pytest.mark.parametrize("code", [0, 1, 42, 124, 255])
def test_the_command_gives_its_own_code(waitfor, ready, code):
    result = waitfor(ready, "--", "sh", "-c", f"echo app; exit {code}")
    assert (result.code, result.out) == (code, "app\n")


def test_a_command_ended_by_a_signal_is_seen_to_be(waitfor, ready):
    """After the hand-over the command *is* the process."""
    assert waitfor(ready, "--", "sh", "-c", "kill -KILL $$").code == -9


def test_timed_out_is_124_and_starts_nothing(waitfor, refused):
    result = waitfor("-t", "300ms", refused, "--", "echo", "started")
    assert (result.code, result.out) == (124, "")
    assert "timed out after" in result.err


def test_once_is_0_or_1(waitfor, ready, refused):
    assert waitfor("--once", ready).code == 0
    result = waitfor("--once", refused, "--", "echo", "started")
    assert (result.code, result.out) == (1, "")
    assert result.seconds < 10


@pytest.mark.parametrize("command", ["no-such-command", "./no-such-command", "/no/such/command"])
def test_a_command_that_is_not_there_is_127_before_the_wait(waitfor, refused, command):
    result = waitfor("-t", "60", refused, "--", command)
    assert result.code == 127
    assert result.seconds < 10, "found out before the wait, not after it"
    assert len(result.lines) == 1 and result.err.startswith("waitfor: "), result
    assert command in result.err


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_command_that_cannot_be_executed_is_126_before_the_wait(waitfor, refused, folder, kind):
    command = folder / "app"
    command.mkdir() if kind == "folder" else command.write_text("not a program")
    result = waitfor("-t", "60", refused, "--", command)
    assert result.code == 126
    assert result.seconds < 10
    assert len(result.lines) == 1 and str(command) in result.err, result


def test_a_command_that_exec_refuses_is_126_though_nobody_reads_why(waitfor, ready, folder):
    """By then SIGPIPE is what it was at the start, as the app would have found it."""
    command = folder / "app"
    command.write_text("not a program")
    command.chmod(0o755)
    result = waitfor(ready, "--", command)
    assert result.code == 126 and str(command) in result.lines[-1], result
    read_end, write_end = os.pipe()
    os.close(read_end)
    running = waitfor.start(ready, "--", command, stderr=write_end)
    os.close(write_end)
    assert running.finish().code == 126


def test_a_file_found_in_path_that_cannot_be_executed_is_126(waitfor, ready, folder):
    (folder / "app").write_text("not a program")
    assert waitfor(ready, "--", "app", env={"PATH": str(folder)}).code == 126


def test_the_search_of_path_goes_on_after_a_file_that_cannot_be_executed(waitfor, ready, folder):
    (folder / "echo").write_text("not a program")
    result = waitfor(ready, "--", "echo", "app", env={"PATH": f"{folder}:/usr/bin:/bin"})
    assert (result.code, result.out) == (0, "app\n")


def test_a_relative_command_is_found_from_the_working_directory(waitfor, ready, folder):
    script = folder / "app"
    script.write_text("#!/bin/sh\necho here\n")
    script.chmod(0o755)
    assert waitfor(ready, "--", "./app", cwd=folder).out == "here\n"


@pytest.mark.parametrize("words, code", [((), 124), (("--",), 124), (("--once",), 1)])
def test_run_anyway_of_nothing_is_no_success(waitfor, refused, words, code):
    assert waitfor("-t", "300ms", "--run-anyway", refused, *words).code == code


def test_run_anyway_starts_the_command_after_a_timeout(waitfor, refused):
    result = waitfor("-t", "300ms", "--run-anyway", refused, "--", "sh", "-c", "echo app; exit 7")
    assert (result.code, result.out) == (7, "app\n")
    assert "timed out after" in result.err, "and it is said that nothing was ready"


def test_usage_errors_are_125(waitfor):
    assert waitfor("--no-such-option", NEVER).code == 125


def test_no_target_at_all_is_125(waitfor):
    result = waitfor("--", "echo", "started")
    assert (result.code, result.out) == (125, "")
    assert len(result.lines) == 1 and "WAITFOR_TARGETS" in result.err, result
