"""--hold: what others are told of the targets, by reports, events, the state file and HTTP."""

import json
import os
import signal
import socket

from support.held import connect
from support.until import until


def test_the_report_is_written_when_all_are_ready_and_the_events_go_on(hold, service, folder):
    reader, writer = os.pipe()
    service.start()
    running = hold(options=["--report-fd", str(writer), "--report", folder / "report.json"], pass_fds=[writer])
    os.close(writer)
    with os.fdopen(reader) as events:
        kinds = [json.loads(events.readline())["event"] for _ in range(3)]
        assert kinds == ["start", "ready", "end"]
        until((folder / "report.json").exists)
        assert '"verdict"' in (folder / "report.json").read_text()
        service.stop()
        with connect(running.port):
            assert json.loads(events.readline())["event"] == "lost"
        running.send(signal.SIGTERM)
        assert running.finish().code == 143
        assert events.read() == ""


def test_state_and_health(hold, service, folder):
    """A connection to the held port says nothing of the service: this does."""
    socket_file, state_file = folder / "health", folder / "state"
    running = hold(options=["--health", f"unix:{socket_file}", "--state", state_file])

    def seen():
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(socket_file))
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            head, _, body = b"".join(iter(lambda: client.recv(4096), b"")).decode().partition("\r\n\r\n")
        state = json.loads(body)
        (target,), (written,) = state["targets"], json.loads(state_file.read_text())["targets"]
        assert (target["state"], state["app"]) == (written["state"], None)
        return int(head.split()[1]), state["ready"], target["state"]
    running.wait_err("refused")
    until(state_file.exists)
    assert seen() == (503, False, "waiting")
    service.start()
    running.wait_err("ready at")
    assert seen() == (200, True, "ready")
    service.stop()
    with connect(running.port):
        running.wait_err("lost:")
        assert seen() == (503, False, "lost")
        service.start()
        running.wait_err("back after")
        assert seen() == (200, True, "ready")
    running.send(signal.SIGTERM)
    assert running.finish().code == 143
    assert not socket_file.exists() and not json.loads(state_file.read_text())["ready"]
