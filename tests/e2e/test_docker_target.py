"""docker:// with a scripted engine, for what a healthy one does not show; tests/docker has it with the real one."""

import json
import os
import socketserver
import stat
import threading
from http.server import BaseHTTPRequestHandler

import pytest

QUICK = ("-t", "1200ms", "--attempt-timeout", "300ms")
HEALTHY = {"State": {"Status": "running", "Running": True, "ExitCode": 0, "Health": {"Status": "healthy"}}}


def state(status="running", health=None, code=0):
    return {"State": {"Status": status, "ExitCode": code, **({"Health": {"Status": health}} if health else {})}}


class Engine(socketserver.ThreadingUnixStreamServer):
    """Says `reply` of every container: a dictionary, or a status, or bytes."""

    daemon_threads = True
    reply = HEALTHY

    def __init__(self, path):
        self.asked = []
        super().__init__(str(path), Handler)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}).start()

    def close(self):
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        reply = self.server.reply
        if isinstance(reply, bytes):
            self.wfile.write(reply)
            return
        body = json.dumps(reply if isinstance(reply, dict) else {"message": "No such container"}).encode()
        self.send_response(200 if isinstance(reply, dict) else reply)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "unix"

    def log_message(self, *_):
        pass


@pytest.fixture
def engine(folder):
    made = Engine(folder / "engine.sock")
    made.env = {"DOCKER_HOST": f"unix://{folder}/engine.sock"}
    yield made
    made.close()


@pytest.mark.parametrize("target, reply", [
    ("db", HEALTHY), ("db?running", state()), ("db?running", state(health="unhealthy")),
    ("migrate?exited=0", state("exited")), ("migrate?exited=3", state("exited", code=3)), ("a1b2c3", HEALTHY)])
def test_ready(waitfor, engine, target, reply):
    engine.reply = reply
    result = waitfor("-t", "9s", f"docker://{target}", env=engine.env)
    assert result.code == 0 and set(engine.asked) == {f"/containers/{target.split('?')[0]}/json"}, result


@pytest.mark.parametrize("target, reply, reason", [
    ("db", 404, "there is no such container"), ("db", 500, "the engine answers with status 500"),
    ("db", state(health="starting"), "its health is starting"), ("db", state(health="unhealthy"), "its health is unhealthy"),
    ("db", state(), "the container has no health check; add ?running"),
    ("db", state(health="none"), "the container has no health check"),
    ("db", state("restarting", "healthy"), "the container is restarting"),
    ("db?running", state("paused"), "the container is paused"), ("db?running", state("exited"), "the container is exited"),
    ("m?exited=0", state("exited", code=3), "the container has ended with 3, not 0"),
    ("m?exited=0", state(), "the container is running, and has not ended yet"),
    ("m?exited=0", state("created"), "the container is created, and has not ended yet"),
    ("db", {}, "it describes no container"), ("db", {"State": {}}, "the container is not described"),
    ("db", b"no HTTP\\n", "it is not HTTP"), ("db", b"", "nothing behind it yet"),
    ("db", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"State\":", "the reply is not complete"),
    ("db", b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 600000, "its reply is longer than 512 kB")])
def test_not_ready(waitfor, engine, target, reply, reason):
    engine.reply = reply
    result = waitfor(*QUICK, f"docker://{target}", env=engine.env)
    assert result.code == 124 and reason in result.err, result


def test_an_engine_that_comes_later(waitfor, folder):
    env = {"DOCKER_HOST": f"unix://{folder}/late.sock"}
    running = waitfor.start("-v", "-t", "30s", "docker://db", env=env)
    running.wait_err("no such file")
    engine = Engine(folder / "late.sock")
    assert running.finish(40).code == 0
    engine.close()


def test_nothing_is_exported_for_it(waitfor, engine):
    result = waitfor("-t", "9s", "db=docker://db", "--", "env", env=engine.env)
    assert result.code == 0 and "DB_" not in result.out, result


def test_who_may_not_ask(waitfor, engine, folder):
    """Not down either: nobody knows."""
    path = folder / "engine.sock"
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    os.chmod(folder, 0o755)
    result = waitfor(*QUICK, "docker://db", env=engine.env,
                     wrap=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
    assert result.code == 124 and "no permission to ask the engine" in result.err, result
