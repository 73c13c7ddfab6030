"""waitfor called as eficode's wait-for, which no distribution has: the expected lines are those of its source, 2.2.4."""

import os
import signal

import pytest

from support.children import first_child
from support.fronts import seen
from support.peers import silence
from support.runner import CLEAN_ENV

# (command line, exit code, stdout, stderr); UP and DOWN are host:port.
CASES = [
    ("UP", 0, "", ""),
    ("UP -t 0 -- echo -t a:1", 0, "-t a:1\n", ""),
    ("-qt5 UP -- sh -c exit\t7", 7, "", ""),
    ("DOWN -t 1 -- echo app", 1, "", "Operation timed out\n"),
    ("DOWN -q --timeout=1", 1, "", "Operation timed out\n"),
    ("", 2, "", "Error: you need to provide a host and port to test.\nUsage:\n"),
    ("db:", 2, "", "Error: you need to provide a host and port to test.\nUsage:\n"),
    ("-q", 2, "", "Usage:\n"),
    ("UP -t 1.5", 3, "", "Error: invalid timeout '1.5'\nUsage:\n"),
    ("UP -t", 1, "", "Unknown argument: \nUsage:\n"),
    ("UP app", 1, "", "Unknown argument: app\nUsage:\n"),
    ("-q UP -h", 1, "", "Unknown option: -h\nUsage:\n"),
    ("--help", 0, "", "Usage:\n"),
]


@pytest.fixture
def fill(peer):
    up, down = peer().target, peer(listen=False).target
    return lambda line: [word.replace("UP", up).replace("DOWN", down).replace("\t", " ") for word in line.split(" ") if word]


@pytest.mark.parametrize("line, code, out, err", CASES, ids=[case[0] or "nothing" for case in CASES])
def test_it_is_wait_for(fronts, fill, line, code, out, err):
    result = fronts("wait-for", *fill(line))
    assert seen(result) == (code, out, err), result


def test_it_is_also_called_wait_for_sh(fronts):
    assert "wait-for.sh host:port" in fronts("wait-for.sh", "--help").err


def test_the_environment_of_the_command_is_left_as_it_is(fronts, fill):
    mine = {"HOST": "mine", "TIMEOUT": "2", "QUIET": "3"}
    result = fronts("wait-for", *fill("UP -- env"), env=mine)
    assert dict(line.split("=", 1) for line in result.out.splitlines()) == {**CLEAN_ENV, **mine}


@pytest.mark.parametrize("path, code", [("/200", 0), ("/204?x=1", 0), ("/to/200", 0), ("/404", 1), ("/to/503", 1)])
def test_a_url_is_asked_as_wget_does(fronts, site, path, code):
    assert fronts("wait-for", f"{site}{path}", "-t", "1").code == code


# --- what is better (docs/DROP-IN.md) -------------------------------------------------------------

def test_a_target_that_lacks_a_part_is_refused(fronts, fill):
    result = fronts("wait-for", ":5432", fill("UP"), "--", "echo", "app")
    assert (result.code, result.out) == (2, "") and "you need to provide a host and port" in result.err, result


def test_all_targets_are_waited_for(fronts, fill):
    assert fronts("wait-for", *fill("DOWN UP -t 1")).code == 1


def test_ipv6_addresses(fronts, peer):
    assert fronts("wait-for", f"[::1]:{peer(address='::1').port}").code == 0


def test_the_version_names_both(fronts):
    result = fronts("wait-for", "-v")
    assert result.code == 0 and result.out.startswith("2.2.4 (waitfor "), result


def test_nothing_else_is_needed(fronts, fill):
    """Neither nc nor wget, nor a shell."""
    assert fronts("wait-for", *fill("UP"), env={"PATH": "/nowhere"}).code == 0


def test_a_command_that_is_not_there_is_told_before_the_wait(fronts, fill):
    result = fronts("wait-for", *fill("DOWN -t 60 -- no-such-command"))
    assert result.code == 127 and result.seconds < 10, result


def test_docker_stop_ends_it(fronts, peer):
    """As PID 1."""
    server = peer(silence)
    running = fronts.start_as_init("wait-for", f"http://{server.target}/", "-t", "60", "--", "echo", "app")
    server.wait_connections(1)
    os.kill(first_child(running.pid), signal.SIGTERM)
    result = running.finish()
    assert (result.code, result.out) == (128 + signal.SIGTERM, ""), result
