"""waitfor called as wait-on, which runs on node, and so cannot be had here: the expected lines are those of its source."""

import os
import re
import signal
import threading

import pytest

from support.children import first_child
from support.until import until

TIMED_OUT = "Error: Timed out waiting for: "
# (command line, exit code, stdout without numbers of processes, stderr); UP and DOWN are host:port.
CASES = [
    ("tcp:UP", 0, "", ""),
    ("-l -t 5s tcp:UP", 0, "waiting for 1 resources: tcp:UP\nwait-on(PID) complete\n", ""),
    ("tcp:UP tcp:DOWN -t 1000", 1, "", f"{TIMED_OUT}tcp:DOWN\n"),
    ("-t1000 tcp:DOWN /no/such/file", 1, "", f"{TIMED_OUT}tcp:DOWN, /no/such/file\n"),
    ("--reverse tcp:DOWN /no/such/file -t 1s", 0, "", ""),
    ("-r tcp:UP -t 1s", 1, "", f"{TIMED_OUT}tcp:UP\n"),
    ("-rl tcp:DOWN", 0, "wait-on reverse mode - waiting for resources to be unavailable\n"
     "waiting for 1 resources: tcp:DOWN\nwait-on(PID) complete\n", ""),
]


@pytest.mark.parametrize("line, code, out, err", CASES, ids=[case[0] for case in CASES])
def test_it_is_wait_on(fronts, fill, line, code, out, err):
    result = fronts("wait-on", *fill(line).split())
    assert (result.code, re.sub(r"\(\d+\)", "(PID)", result.out), result.err) == (code, fill(out), fill(err)), result


@pytest.mark.parametrize("words", [[], ["-h"], ["--help", "tcp:1"]])
def test_how_it_is_used(fronts, words):
    result = fronts("wait-on", *words)
    assert (result.code, result.err) == (1, "") and result.out.startswith("Usage: wait-on {OPTIONS} resource "), result


@pytest.mark.parametrize("path, code", [("/200", 0), ("/to/204", 0), ("/404", 1)])
def test_http(fronts, site, path, code):
    assert fronts("wait-on", "-t", "1s", f"{site}{path}").code == code
    assert fronts("wait-on", "-t", "1s", f"{site}{path}".replace("http:", "http-get:")).code == code


def test_a_file_must_not_change_for_a_while(fronts, folder):
    path = folder / "bundle.js"
    path.write_text("a")
    stop = threading.Event()

    def grow():
        while not stop.wait(0.05):
            with path.open("a") as file:
                file.write("a")
    writer = threading.Thread(target=grow)
    writer.start()
    try:
        assert fronts("wait-on", "-t", "1s", "-w", "500", str(path)).code == 1
    finally:
        stop.set()
        writer.join()
    assert fronts("wait-on", "-t", "10s", "-w", "100", f"file:{path}").code == 0


def test_unknown_options_are_ignored(fronts, fill):
    assert fronts("wait-on", "--nosuch", "tcp:nowhere:1", "--no-color", fill("tcp:UP"), "-t", "5s").code == 0


# --- what differs (docs/DROP-IN.md) ---------------------------------------------------------------

def test_a_relative_path_is_found_through_proc(fronts, folder):
    (folder / "here").write_text("")
    assert fronts("wait-on", "here", "-w", "1", "-t", "5s", cwd=folder).code == 0
    assert fronts.explain("wait-on", "here") == "waitfor -t 0 'file:///proc/self/cwd/here?stable=750ms'"


def test_a_configuration_is_refused(fronts):
    result = fronts("wait-on", "-c", "conf.js", "tcp:1")
    assert (result.code, result.out) == (1, "") and len(result.lines) == 1 and "--config" in result.err


def test_one_limit_for_each_attempt(fronts):
    assert fronts.explain("wait-on", "tcp:db:1", "--tcpTimeout", "500") == \
        "waitfor -t 0 --attempt-timeout 500ms tcp://db:1"
    assert "--attempt-timeout" not in fronts.explain("wait-on", "tcp:db:1")


def test_no_limit(fronts):
    assert fronts.explain("wait-on", "-t", "0", "tcp:db:1") == "waitfor -t 0ms tcp://db:1"


def test_every_target_of_waitfors_can_be_waited_for(fronts, redis):
    assert fronts("wait-on", f"redis://127.0.0.1:{redis.port}", "-t", "5s").code == 0


def test_verbose_tells_the_reasons(fronts, fill):
    result = fronts("wait-on", "-v", "-t", "1s", fill("tcp:DOWN"))
    assert result.code == 1 and fill("  tcp:DOWN: connection refused") in result.out


def test_that_time_is_up_is_one_line(fronts, fill):
    result = fronts("wait-on", "-l", "-t", "1s", fill("tcp:DOWN"))
    assert result.err == fill("Error: Timed out waiting for: tcp:DOWN\n") and "Timed out" not in result.out


def test_explain_leaves_the_delay_out(fronts, fill):
    assert fronts.explain("wait-on", "-d", "500", "tcp:db:1") == "waitfor -t 0 tcp://db:1"
    result = fronts("wait-on", "-d", "500", fill("tcp:UP"))
    assert result.code == 0 and result.seconds >= 0.5


def test_a_signal_ends_it(fronts, fill):
    running = fronts.start_as_init("wait-on", "-l", fill("tcp:DOWN"))
    until(lambda: "waiting for 1" in running.out(), what="the first line")
    os.kill(first_child(running.pid), signal.SIGTERM)
    assert running.finish().code == 128 + signal.SIGTERM
