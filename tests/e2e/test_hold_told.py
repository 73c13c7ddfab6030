"""--hold: what others are told of the targets, by reports, events, the state file and HTTP."""

import contextlib
import json
import os
import signal
import socket
import threading
import time

import pytest

from support.events import names, parse_events, the
from support.held import ask, connect
from support.until import until


@pytest.fixture
def redis(waitfor, service, folder):
    """Starts waitfor with a Redis, of which `says` gives the reply to each PING, and health; returns the run when it is ready."""
    def start(says, *options, leaves=None):
        def answer(talk):
            for data in iter(lambda: talk.recv(100), b""):
                talk.sendall(says() if b"PING" in data else b"+OK\r\n")
                if leaves and data.startswith(leaves):
                    break
            talk.close()
        service.answer = answer
        service.start()
        running = waitfor.start("--hold=DB=0", "--health", f"unix:{folder}/health", *options, f"DB=redis://127.0.0.1:{service.port}")
        running.wait_err("ready at")
        running.port = int(running.err().split("held at 127.0.0.1:")[1].split()[0])
        return running
    return start


def test_the_report_is_written_when_all_are_ready_and_the_events_go_on(hold, service, folder):
    reader, writer = os.pipe()
    service.start()
    running = hold(options=["--report-fd", str(writer), "--report", folder / "report.json"], pass_fds=[writer])
    os.close(writer)
    with os.fdopen(reader) as events:
        kinds = [json.loads(events.readline())["event"] for _ in range(4)]
        assert kinds == ["start", "exec", "ready", "end"]
        until((folder / "report.json").exists)
        assert '"verdict"' in (folder / "report.json").read_text()
        service.stop()
        with connect(running.port):
            assert json.loads(events.readline())["event"] == "lost"
        running.send(signal.SIGTERM)
        assert running.finish().code == 143
        assert events.read() == ""


def test_events_of_an_app_that_cannot_be_started(waitfor, service, folder):
    (folder / "template").write_text("a ${DB_PORT}\n")
    result = waitfor("--output", "json", "--hold=DB=0", "--render", f"{folder}/template:/dev/full",
                     f"DB=tcp://127.0.0.1:{service.port}", "--", "true")
    events = parse_events(result.err)
    assert result.code == 125 and names(events) == ["message", "start", "notready", "end", "message"], result
    assert the(events, "end")["verdict"] == "not_ready" and "No space left" in events[-1]["text"]


def test_a_connection_is_let_in_during_a_look(redis):
    """The look hangs; what was known before is good enough for who connects now."""
    pings, goes_on = [], threading.Event()

    def says():
        pings.append(None)
        if len(pings) == 2:
            goes_on.wait(60)
        return b"+PONG\r\n"
    running = redis(says, "--attempt-timeout=60s")
    until(lambda: len(pings) == 2)
    with connect(running.port) as client:
        client.sendall(b"GET")
        assert client.recv(100) == b"+OK\r\n"
    goes_on.set()


def test_looks_leave_no_gap(hold, service, folder):
    """With --health the target is looked at once a second. Who asks sees no gap."""
    service.start()
    running = hold(options=["--health", f"unix:{folder}/health"])
    running.wait_err("ready at")
    before, asks = service.accepted, 0
    while service.accepted - before - asks < 3:
        assert ask(running.port) == b"answer to question"
        asks += 1
        assert health(folder / "health")[0] == 200
        time.sleep(0.05)
    accepted = service.accepted
    until(lambda: service.accepted >= accepted + 3, what="it is looked at, though nobody connects")
    assert "lost" not in running.err()


def test_one_look_that_fails_is_chance(redis):
    pings = []

    def says():
        pings.append(None)
        return b"-LOADING\r\n" if len(pings) % 3 == 0 else b"+PONG\r\n"
    running = redis(says)
    until(lambda: len(pings) >= 8)
    assert "lost" not in running.err()


def test_looks_of_a_target_with_successes(hold, service, folder):
    """One that is ready is not lost because a row of successes is not complete: by a look, or after it has left a client."""
    service.start()
    running = hold(options=["--health", f"unix:{folder}/health", "--successes=3"])
    running.wait_err("ready at")
    for _ in range(3):
        accepted = service.accepted
        assert ask(running.port) == b"answer to question"
        until(lambda accepted=accepted: service.accepted >= accepted + 3)
        time.sleep(1)       # so long the doubt is not looked at
    assert "lost" not in running.err()


def test_a_look_ends_a_doubt(redis):
    """The service has left a client, and a look finds it ready: who comes then is let in without another probe."""
    pings, hangs = [], threading.Event()

    def says():
        pings.append(None)
        if hangs.is_set():
            time.sleep(60)
        return b"+PONG\r\n"
    running = redis(says, "--attempt-timeout=60s", leaves=b"QUIT")
    with connect(running.port) as client:
        client.sendall(b"QUIT")
        assert client.recv(100) == b"+OK\r\n" and client.recv(1) == b""
    seen = len(pings)
    until(lambda: len(pings) >= seen + 3, what="a look that began after the doubt has ended")
    hangs.set()
    with connect(running.port) as client:
        client.sendall(b"GET")
        assert client.recv(100) == b"+OK\r\n"


def test_what_is_known_is_shown_during_a_look(redis, folder):
    pings = []

    def says():
        pings.append(None)
        time.sleep(0.5 if len(pings) > 1 else 0)
        return b"+PONG\r\n"
    redis(says)
    while len(pings) < 4:
        (target,) = health(folder / "health")[1]["targets"]
        assert target["reason"] == target["state"] == "ready" and target["address"] == "127.0.0.1", target
        time.sleep(0.02)


def health(socket_file):
    """The status of HTTP, and what the body says."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(socket_file))
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        head, _, body = b"".join(iter(lambda: client.recv(4096), b"")).decode().partition("\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def test_state_and_health(hold, service, folder):
    """A connection to the held port says nothing of the service: this does."""
    socket_file, state_file = folder / "health", folder / "state"
    running = hold(options=["--health", f"unix:{socket_file}", "--state", state_file])

    def seen():
        status, state = health(socket_file)
        (target,), (written,) = state["targets"], json.loads(state_file.read_text())["targets"]
        assert (target["state"], state["app"]) == (written["state"], None)
        return status, state["ready"], target["state"]
    running.wait_err("refused")
    until(state_file.exists)
    assert seen() == (503, False, "waiting")
    service.start()
    running.wait_err("ready at")
    assert seen() == (200, True, "ready")
    for number in range(2):     # a connection tells at once; without one, a look does
        service.stop()
        with connect(running.port) if number else contextlib.nullcontext():
            until(lambda: running.err().count("lost:") > number)
            assert seen() == (503, False, "lost")
            service.start()
            until(lambda: running.err().count("back after") > number)
            assert seen() == (200, True, "ready")
    running.send(signal.SIGTERM)
    assert running.finish().code == 143
    assert not socket_file.exists() and not json.loads(state_file.read_text())["ready"]
