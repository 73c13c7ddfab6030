"""waitfor called as wait-for-it: each line is given to Debian's wait-for-it as well, and both must do the same."""

import os
import re
import signal
import subprocess

import pytest

from support.children import first_child
from support.fronts import seen
from support.peers import close_at_once
from support.runner import CLEAN_ENV

# (command line, exit code, stdout, stderr); UP and DOWN are host:port, and so are HOST and PORT of UP.
CASES = [
    ("UP", 0, "", "NAME: waiting 15 seconds for UP\nNAME: UP is available after 0 seconds\n"),
    ("UP -t 5", 0, "", "NAME: waiting 5 seconds for UP\nNAME: UP is available after 0 seconds\n"),
    ("-t 0 UP", 0, "", "NAME: waiting for UP without a timeout\nNAME: UP is available after 0 seconds\n"),
    ("--timeout=-3 UP", 0, "", "NAME: waiting for UP without a timeout\nNAME: UP is available after 0 seconds\n"),
    ("-h HOST -p PORT -q", 0, "", ""),
    ("--host=HOST --port=PORT --quiet --strict -- echo app", 0, "app\n", ""),
    ("UP -- echo -t 5 a:1", 0, "-t 5 a:1\n", "NAME: waiting 15 seconds for UP\nNAME: UP is available after 0 seconds\n"),
    ("UP -q -- sh -c 'exit 7'", 7, "", ""),
    ("UP -q --", 0, "", ""),
    ("UP -t", 0, "", "NAME: waiting 15 seconds for UP\nNAME: UP is available after 0 seconds\n"),
    ("DOWN -t 1", 124, "", "NAME: waiting 1 seconds for DOWN\nNAME: timeout occurred after waiting 1 seconds for DOWN\n"),
    ("DOWN -t 1 -q", 124, "", ""),
    ("DOWN -t 1 -- echo app", 0, "app\n",
     "NAME: waiting 1 seconds for DOWN\nNAME: timeout occurred after waiting 1 seconds for DOWN\n"),
    ("DOWN -s -t 1 -- echo app", 124, "",
     "NAME: waiting 1 seconds for DOWN\nNAME: timeout occurred after waiting 1 seconds for DOWN\n"
     "NAME: strict mode, refusing to execute subprocess\n"),
    ("DOWN -s -t 1 -q -- echo app", 124, "", ""),
    ("", 1, "", "Error: you need to provide a host and port to test.\nUsage:\n"),
    ("-q", 1, "", "Usage:\n"),
    ("--help", 1, "", "Usage:\n"),
    ("UP app", 1, "", "Unknown argument: app\nUsage:\n"),
    ("-q UP app", 1, "", "Usage:\n"),
    ("UP -t5", 1, "", "Unknown argument: -t5\nUsage:\n"),
    ("UP --timeout 5", 1, "", "Unknown argument: --timeout\nUsage:\n"),
]


@pytest.fixture
def fill(peer):
    """Replaces UP, DOWN, HOST and PORT in a text."""
    up, down = peer().target, peer(listen=False).target
    host, port = up.rsplit(":", 1)

    def replace(text, name="wait-for-it"):
        for word, value in (("UP", up), ("DOWN", down), ("HOST", host), ("PORT", port), ("NAME", name)):
            text = text.replace(word, value)
        return text
    return replace


def words_of(line):
    return subprocess.run(["sh", "-c", f'printf "%s\\n" {line}'], capture_output=True, text=True,
                          check=True).stdout.splitlines() if line else []


def at_once(result):
    """What was seen; a port that is open is so after 0 seconds, and on a busy machine after 1."""
    code, out, err = seen(result)
    return code, out, re.sub(r"(?<=is available after )\d+(?= seconds)", "0", err)


@pytest.mark.parametrize("line, code, out, err", CASES, ids=[case[0] or "nothing" for case in CASES])
def test_it_is_wait_for_it(fronts, fill, line, code, out, err):
    words = words_of(fill(line))
    front = fronts("wait-for-it", *words)
    assert at_once(front) == (code, out, fill(err)), front
    original = fronts.original("wait-for-it", *words)
    assert at_once(original) == at_once(front), original


def test_it_is_also_called_wait_for_it_sh(fronts, fill):
    result = fronts("wait-for-it.sh", *words_of(fill("UP")))
    assert result.err == fill("NAME: waiting 15 seconds for UP\nNAME: UP is available after 0 seconds\n", "wait-for-it.sh")


def test_the_variables_of_the_script_are_read(fronts, fill):
    """They have these names since commit 81b1373; Debian's is older."""
    host, port = fill("HOST"), fill("PORT")
    result = fronts("wait-for-it", "--", "sh", "-c", 'echo "$WAITFORIT_QUIET$WAITFORIT_HOST"',
                    env={"WAITFORIT_HOST": host, "WAITFORIT_PORT": port, "WAITFORIT_QUIET": "1"})
    assert (result.code, result.out, result.err) == (0, f"1{host}\n", "")


def test_the_environment_of_the_command_is_left_as_it_is(fronts, fill):
    mine = {"HOST": "mine", "TIMEOUT": "2", "PORT": "3"}
    result = fronts("wait-for-it", "-q", fill("UP"), "--", "env", env=mine)
    assert dict(line.split("=", 1) for line in result.out.splitlines()) == {**CLEAN_ENV, **mine}


def test_a_command_that_is_started_anyway_is_not_said_to_be_refused(fronts, fill):
    result = fronts("wait-for-it", *words_of(fill("DOWN -s -t 1 -- echo app")), env={"WAITFOR_RUN_ANYWAY": "1"})
    assert (result.code, result.out) == (0, "app\n") and "refusing" not in result.err, result
    assert result.lines[-1] == "wait-for-it: strict mode, but WAITFOR_RUN_ANYWAY executes the subprocess"


# --- what is better (docs/DROP-IN.md) -------------------------------------------------------------

@pytest.mark.parametrize("words", ["UP db:", ":1 UP"])
def test_a_target_that_lacks_a_part_is_refused(fronts, fill, words):
    """As "$DB_HOST:$DB_PORT" with a variable that is not set. The original looks at the last one only."""
    result = fronts("wait-for-it", *fill(words).split(), "-t", "1", "--", "echo", "app")
    assert (result.code, result.out) == (1, "") and "you need to provide a host and port" in result.err, result


def test_all_targets_are_waited_for(fronts, fill):
    result = fronts("wait-for-it", *words_of(fill("DOWN UP -t 1")))
    assert result.code == 124 and fill("timeout occurred after waiting 1 seconds for DOWN") in result.err, result
    original = fronts.original("wait-for-it", *words_of(fill("DOWN UP -t 1")))
    assert original.code == 0, "the last one wins"


def test_ipv6_addresses(fronts, peer):
    server = peer(address="::1")
    for words in ([f"[::1]:{server.port}"], ["-h", "::1", "-p", str(server.port)], ["--host=::1", f"--port={server.port}"]):
        result = fronts("wait-for-it", "-t", "5", *words)
        assert result.code == 0 and f"wait-for-it: [::1]:{server.port} is available after" in result.err, result


def test_a_limit_with_a_unit(fronts, fill):
    assert fronts.explain("wait-for-it", "db:1", "-t", "1m") == "waitfor -t 1m tcp://db:1"
    result = fronts("wait-for-it", *words_of(fill("DOWN -t 0.5")))
    assert result.code == 124 and "waiting 0.5 seconds" in result.err


def test_a_url_is_a_target_of_waitfors(fronts, redis):
    assert fronts("wait-for-it", "-q", f"redis://127.0.0.1:{redis.port}").code == 0


def test_a_wrong_port_is_told_at_once(fronts):
    result = fronts("wait-for-it", "127.0.0.1:http")
    assert result.code == 1 and result.seconds < 10 and result.lines[0].startswith("waitfor: target "), result


def test_a_port_that_only_a_proxy_holds_open_is_not_available(fronts, peer):
    target = peer(close_at_once).target
    assert fronts.original("wait-for-it", target, "-t", "1").code == 0
    # Where the machine is busy, the peer may close later than waitfor looks.
    assert any(fronts("wait-for-it", target, "-t", "1").code == 124 for _ in range(5))


def test_a_command_that_is_not_there_is_told_before_the_wait(fronts, fill):
    result = fronts("wait-for-it", fill("DOWN"), "-t", "60", "--", "no-such-command")
    assert result.code == 127 and result.seconds < 10, result


def test_sigint_does_not_start_the_command(fronts, fill):
    running = fronts.start("wait-for-it", fill("DOWN"), "-t", "60", "--", "echo", "app")
    running.wait_err("waiting 60 seconds")
    running.send(signal.SIGINT)
    result = running.finish()
    assert (result.code, result.out) == (128 + signal.SIGINT, "")


def test_docker_stop_ends_it(fronts, fill):
    """As PID 1, SIGTERM ends the wait, and the command does not start."""
    running = fronts.start_as_init("wait-for-it", fill("DOWN"), "-t", "60", "--", "echo", "app")
    running.wait_err("waiting 60 seconds")
    os.kill(first_child(running.pid), signal.SIGTERM)
    result = running.finish()
    assert (result.code, result.out) == (128 + signal.SIGTERM, "")
