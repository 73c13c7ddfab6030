"""waitfor called as docker-compose-wait's `wait`, which no distribution has: the lines are those of its source, 2.12."""

import os
import signal

import pytest

from support.children import first_child
from support.runner import CLEAN_ENV

RULE = "[INFO  wait] " + 56 * "-"
FINE = ["[INFO  wait] docker-compose-wait - Everything's fine, the application can now start!", RULE]


@pytest.fixture
def run(fronts, fill):
    """Runs it with these variables; returns the run and its lines behind the banner."""
    def run(**variables):
        result = fronts("wait", env={"WAIT_LOGGER_LEVEL": "info", **{key: fill(text) for key, text in variables.items()}})
        lines = result.lines
        assert lines[0] == RULE and lines[1].startswith("[INFO  wait]  docker-compose-wait 2.12.1"), result
        return result, lines[3:]
    return run


def test_hosts_and_paths(run, fill):
    result, lines = run(WAIT_HOSTS="UP, UP", WAIT_PATHS="/etc/passwd")
    assert result.code == 0 and lines[-2:] == FINE
    assert sorted(lines[:-2]) == sorted([
        *2 * [fill("[INFO  wait] Checking availability of host [UP]")], "[INFO  wait] Checking availability of path [/etc/passwd]",
        *2 * [fill("[INFO  wait] Host [UP] is now available!")], "[INFO  wait] Path [/etc/passwd] is now available!"])


@pytest.mark.parametrize("name", ["WAIT_TIMEOUT", "WAIT_HOSTS_TIMEOUT"])
def test_a_timeout(run, fill, name):
    result, lines = run(WAIT_HOSTS="DOWN,UP", WAIT_COMMAND="echo app", **{name: "1"})
    assert (result.code, result.out) == (1, "")
    assert fill("[INFO  wait] Host [DOWN] not yet available...") in lines
    assert lines[-1] == "[ERROR wait] Timeout! After 1 seconds some hosts are still not reachable"


def test_a_path_that_does_not_come(run):
    result, lines = run(WAIT_PATHS="/no/such file", WAIT_TIMEOUT="0")
    assert result.code == 1 and "[INFO  wait] Path /no/such file not yet available..." in lines
    assert lines[-1] == "[ERROR wait] Timeout! After [0] seconds some paths are still not reachable"


def test_nothing_to_wait_for(run):
    result, lines = run()
    assert result.code == 0 and lines == FINE


def test_the_command_is_cut_into_words(run):
    result, _ = run(WAIT_COMMAND="sh -c 'echo \"$0\" \"$1\"; exit 7' a\\ b \"c d\"")
    assert (result.code, result.out) == (7, "a b c d\n")


def test_the_environment_of_the_command_is_left_as_it_is(fronts, fill):
    mine = {"WAIT_HOSTS": fill("UP"), "WAIT_COMMAND": "env", "WAIT_LOGGER_LEVEL": "off"}
    result = fronts("wait", env=mine)
    assert result.err == ""
    assert dict(line.split("=", 1) for line in result.out.splitlines()) == {**CLEAN_ENV, **mine}


def test_it_sleeps_before_and_after(run):
    result, lines = run(WAIT_BEFORE="1", WAIT_AFTER_HOSTS="1")
    assert result.code == 0 and result.seconds >= 2
    assert lines == ["[INFO  wait] Waiting 1 seconds before checking for hosts/paths availability",
                     "[INFO  wait] Waiting 1 seconds after hosts/paths availability", *FINE]


# --- what differs (docs/DROP-IN.md) ---------------------------------------------------------------

@pytest.mark.parametrize("variable", ["WAIT_BEFORE", "WAIT_AFTER"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_its_sleep(fronts, variable, number):
    running = fronts.start("wait", env={variable: "60", "WAIT_COMMAND": "echo app"})
    running.wait_err("Waiting 60 seconds")
    running.send(number)
    result = running.finish(10)
    assert (result.code, result.out) == (128 + number, ""), result


@pytest.mark.parametrize("variables, sign", [
    ({"WAIT_HOSTS": "DOWN"}, "not yet available"), ({"WAIT_BEFORE": "60"}, "Waiting 60 seconds before"),
    ({"WAIT_AFTER": "60"}, "Waiting 60 seconds after"),
])
def test_docker_stop_ends_it(fronts, fill, variables, sign):
    """As PID 1."""
    running = fronts.start_as_init("wait", env={"WAIT_COMMAND": "echo app", "WAIT_TIMEOUT": "60",
                                                **{key: fill(text) for key, text in variables.items()}})
    running.wait_err(sign)
    os.kill(first_child(running.pid), signal.SIGTERM)
    result = running.finish(10)
    assert (result.code, result.out) == (128 + signal.SIGTERM, ""), result


def test_an_empty_item_is_left_out(run):
    assert run(WAIT_HOSTS="UP,", WAIT_TIMEOUT="1")[0].code == 0


def test_the_settings_are_not_told(fronts, fill):
    """Arguments of the command, and URLs, may hold a password."""
    result = fronts("wait", env={"WAIT_HOSTS": fill("UP"), "WAIT_COMMAND": "true s3cret", "WAIT_LOGGER_LEVEL": "debug"})
    assert result.code == 0 and "[INFO  wait]" in result.err, result
    assert "DEBUG" not in result.err and "s3cret" not in result.err


def test_a_path_must_be_absolute(run, fronts):
    result = fronts("wait", env={"WAIT_PATHS": "ready", "WAIT_LOGGER_LEVEL": "off"})
    assert result.code == 1 and len(result.lines) == 1 and "file://" in result.err, result


def test_explain_leaves_the_sleep_out(fronts):
    env = {"WAIT_HOSTS": "db:1", "WAIT_AFTER": "5"}
    assert fronts.explain("wait", env=env) == "waitfor -t 30 --attempt-timeout 5 tcp://db:1"


def test_old_names_are_read_without_a_word(run):
    result, lines = run(WAIT_HOSTS_TIMEOUT="3")
    assert result.code == 0 and "deprecated" not in result.err
