"""file:///path: what is there, and how it is."""

import json
import os
import re
import time

import pytest

from support.events import names, parse_events, the
from support.until import stays
from test_unix import AS_NOBODY, place, refused_line  # noqa: F401  (place is a fixture)

QUICK = ("-t", "400ms")


def test_ready_when_it_exists(waitfor, place):
    running = waitfor.start("-t", "30s", f"file://{place}/ready", "--", "echo", "app")
    running.wait_err("ready: no such file")
    (place / "ready").touch()
    result = running.finish()
    assert (result.code, result.out) == (0, "app\n")
    assert re.search(rf"waitfor: file://{place}/ready: ready after [\d.]+m?s, \d+ attempts\n", result.err), result


def test_a_folder_a_link_and_any_name(waitfor, place):
    (place / "a b?é#,c").mkdir()
    (place / "link").symlink_to("a b?é#,c")
    result = waitfor("-t", "10s", f"file://{place}/a%20b%3Fé#,c", f"file://{place}/link")
    assert result.code == 0 and result.err.count(": ready after") == 2, result


def test_several_parameters(waitfor, place):
    log = place / "app.log"
    running = waitfor.start("-t", "30s", f"file://{log}?min-size=10&fresh=1m&contains=^(started|up) [[:digit:]]+$")
    running.wait_err("no such file")
    log.write_text("starting\n")
    os.utime(log, (1, 1))
    running.wait_err("not yet: it has 9 of 10 bytes")
    with log.open("a") as more:
        more.write("up soon\n")
    stays(running.alive, 0.3)
    with log.open("a") as more:
        more.write("up 12\n")
    assert running.finish().code == 0


def test_stable_waits_until_a_copy_is_complete(waitfor, place):
    """Written in pieces, slower than --attempt-timeout; the times of the file are old, as cp -p makes them."""
    path = place / "dump"
    running = waitfor.start("-t", "60s", "--attempt-timeout", "300ms", f"file://{path}?stable=1s")
    for number in range(8):
        with path.open("a") as dump:
            dump.write("x")
        os.utime(path, (1000000000, 1000000000))
        assert running.alive(), running.finish()
        time.sleep(0.3)
    last = time.monotonic()
    result = running.finish()
    assert result.code == 0 and 0.5 < time.monotonic() - last < 10, result


def test_stable_once(waitfor, place):
    (place / "dump").write_text("x")
    os.utime(place / "dump", (1000000000, 1000000000))
    result = waitfor("--once", f"file://{place}/dump?stable=500ms")
    assert result.code == 0 and result.seconds >= 0.5, result
    result = waitfor("--once", "--attempt-timeout", "200ms", f"file://{place}/dump?stable=500ms")
    assert result.code == 1 and "not yet: it has not been seen unchanged for long enough" in result.err, result


def test_gone(waitfor, place):
    path = place / "lock"
    path.touch()
    running = waitfor.start("-t", "30s", f"file://{path}?gone")
    running.wait_err(f"file://{path}?gone: not yet: it exists")
    path.unlink()
    assert running.finish().code == 0
    path.symlink_to("none")
    assert waitfor(*QUICK, f"file://{path}?gone", f"file://{place}/no/lock?gone").code == 0


def test_down_is_gone_too(waitfor, place):
    path = place / "lock"
    path.touch()
    running = waitfor.start("--down", "-t", "30s", f"file://{path}")
    running.wait_err("still up")
    path.unlink()
    assert running.finish().code == 0


# what stands there, parameters, the words
NOT_READY = {
    "nothing": (lambda path: None, "", "no such file"),
    "a link to nothing": (lambda path: path.symlink_to("none"), "", "no such file"),
    "a circle": (lambda path: path.symlink_to(path.name), "", "cannot try: its symbolic links lead in a circle"),
    "a name that is too long": (lambda path: None, "x" * 300, "cannot try: "),
    "a file as a folder": (lambda path: path.touch(), "/x", "no such file: a part of its path is a file"),
    "a pipe": (os.mkfifo, "?contains=x", "not yet: it is not a regular file"),
    "a pipe of a size": (os.mkfifo, "?min-size=1", "not yet: it is not a regular file"),
    "a folder": (lambda path: path.mkdir(), "?contains=x", "not yet: it is not a regular file"),
    "old": (lambda path: (path.touch(), os.utime(path, (9, 9))), "?fresh=1m", "not yet: it was last modified "),
    "of the future": (lambda path: (path.touch(), os.utime(path, (9e9, 9e9))), "?fresh=1m", "in the future, by "),
}


@pytest.mark.parametrize("case", NOT_READY)
def test_not_ready_with_its_own_words(waitfor, place, case):
    make, more, words = NOT_READY[case]
    make(place / "f")
    result = waitfor(*QUICK, f"file://{place}/f{more}")
    assert result.code == 124 and words in result.lines[-1], result
    ages = 1 if "modified" in result.err else 0    # a new minute began meanwhile
    assert result.seconds < 5 and 3 <= len(result.lines) <= 3 + ages, result


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/ptmx", "/proc/kmsg"])
def test_a_device_is_not_read(waitfor, path):
    """/proc/kmsg calls itself a regular file of no size, and blocks its readers."""
    result = waitfor(*QUICK, f"file://{path}?contains=nothing_of_that")
    assert result.code == 124 and result.seconds < 5, result


@pytest.mark.parametrize("closed", ["the folder", "the file"])
def test_what_others_may_not_read(waitfor, place, closed):
    (place / "closed").mkdir()
    (place / "closed" / "f").write_text("x")
    path = place / "closed" if closed == "the folder" else place / "closed" / "f"
    path.chmod(0)
    running = waitfor.start("-t", "30s", f"file://{place}/closed/f?contains=x", wrap=AS_NOBODY)
    running.wait_err("cannot try: permission denied")
    path.chmod(0o777)
    assert running.finish().code == 0


def test_a_file_of_a_gigabyte_is_searched_at_its_end_only(waitfor, place):
    with (place / "f").open("w") as file:
        file.truncate(1 << 30)
        file.seek(1 << 30)
        file.write("\nready\n")
    result = waitfor("-t", "10s", f"file://{place}/f?contains=^ready$")
    assert result.code == 0 and result.seconds < 5, result


def test_it_exports_nothing(waitfor, place):
    """There is no host, even where it has a name."""
    (place / "f").touch()
    plain = waitfor("-t", "10s", "--no-export", f"file://{place}/f", "--", "env").out
    for target in (f"file://{place}/f", f"F=file://{place}/f"):
        assert waitfor("-t", "10s", target, "--", "env").out == plain
        assert waitfor("-t", "10s", "--print-env", "sh", target).out == ""


def test_the_configuration_file(waitfor, config, place):
    (place / "f").write_text("a+b&c\n")
    options = {"contains": r"a\+b&c", "fresh": "1m", "min-size": 6}
    path = config({"targets": [{"target": f"file://{place}/f", "options": options},
                               {"target": f"file://{place}/none", "options": {"gone": True}}]})
    assert waitfor("-t", "10s", "-f", path).code == 0
    path = config({"targets": [{"target": f"file://{place}/f", "options": {"gone": "true", "fresh": "1m"}}]})
    refused_line(waitfor("-f", path), f"waitfor: {path}:1:", "leave out gone, or the others")


def test_the_plan_and_the_events(waitfor, place):
    result = waitfor("--explain=json", f"F=file://{place}/f?gone")
    target = json.loads(result.out)["targets"][0]
    assert (target["kind"], target["endpoints"], target["exports"]) == ("file", [], []), result
    assert f"file://{place}/f" in waitfor("--explain", f"file://{place}/f").out
    running = waitfor.start("--output", "json", "-t", "30s", f"file://{place}/f?min-size=1")
    running.wait_err('"event":"state"')
    (place / "f").touch()
    running.wait_err('"reason":"unmet"')
    (place / "f").write_text("x")
    events = parse_events(running.finish().err)
    assert names(events) == ["start", "state", "state", "ready", "end"], events
    assert {event["kind"] for event in events[:4]} == {"file"}
    assert the(events, "ready")["address"] is None


def test_on_the_board(waitfor, place, terminal):
    (place / "f").touch()
    window = terminal(100, 12)
    running = waitfor.start("-t", "10s", f"file://{place}/f", f"file://{place}/g", env={"TERM": "xterm"}, **window.popen)
    window.wait_text("no such file")
    assert re.search(rf"ready +file://{place}/f ", window.text), window.text
    (place / "g").touch()
    assert window.finish(running) == 0
