"""--hold: a probe that only connects is told whether its connection has reached the service, and not found waitfor ready."""

import contextlib
import os
import resource
import signal
import socket

import pytest

from support.held import connect
from support.until import until

WAITS = "waitfor --hold waits for the service"
HOSTS = pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::]", "[::ffff:127.0.0.1]"])


@contextlib.contextmanager
def desk_of(port, uid):
    """A process of this user has the name by which the holder of the port is asked, and never answers."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.setuid(uid)
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as desk:
                desk.bind(f"\0waitfor/held/{port}")
                desk.listen()
                os.write(writer, b"!")
                signal.pause()
        finally:
            os._exit(1)
    try:
        assert os.read(reader, 1) == b"!"
        yield
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(reader)
        os.close(writer)


@HOSTS
def test_the_service_is_not_there(waitfor, hold, host):
    running = hold()
    result = waitfor("--once", f"tcp://{host}:{running.port}")
    assert result.code == 1 and f"connection refused: {WAITS}" in result.err, result


@HOSTS
def test_the_service_is_there(waitfor, hold, service, host):
    service.start()
    running = hold()
    assert waitfor("--once", f"tcp://{host}:{running.port}").code == 0


def test_the_service_comes_and_goes(waitfor, hold, service):
    """The first probe after its end finds that, though nobody has noticed it before."""
    running = hold()
    for _ in range(2):
        service.start()
        result = waitfor("-t", "10s", f"tcp://127.0.0.1:{running.port}", "--", "echo", "started")
        assert result.out == "started\n", result
        service.stop()
        assert waitfor("--once", f"tcp://127.0.0.1:{running.port}").code == 1


def test_a_wait_lasts_until_the_service_is_there(waitfor, hold, service):
    running = hold()
    waits = waitfor.start("-v", f"tcp://127.0.0.1:{running.port}", "--", "echo", "started")
    waits.wait_err(WAITS)
    assert waits.out() == ""
    service.start()
    assert waits.finish().out == "started\n"


def test_a_wait_for_its_end(waitfor, hold, service):
    service.start()
    running = hold()
    waits = waitfor.start("-v", "--down", f"tcp://127.0.0.1:{running.port}")
    waits.wait_err(": ready (127.0.0.1")
    service.stop()
    assert waits.finish().code == 0


def test_the_service_accepts_and_is_not_ready(waitfor, service):
    """It would let a connection in, but its own probe says no."""
    def answer(talk):
        for _ in iter(lambda: talk.recv(100), b""):
            talk.sendall(b"-LOADING\r\n")
    service.answer = answer
    service.start()
    running = waitfor.start("--hold=DB=0", f"DB=redis://127.0.0.1:{service.port}")
    running.wait_err("LOADING")
    port = int(running.err().split("held at 127.0.0.1:")[1].split()[0])
    result = waitfor("--once", f"tcp://127.0.0.1:{port}")
    assert result.code == 1 and f"answers but is not ready: {WAITS}" in result.err, result


def test_the_service_does_not_answer(waitfor, hold, service):
    """It was ready, and then takes no more connections: nobody can say yet, until the probe's time is up."""
    service.start()
    running = hold()
    running.wait_err("ready at")
    service.stop()
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(service._bind())
        full.listen(0)
        for _ in range(2):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", service.port))
        result = waitfor("--once", "--attempt-timeout", "500ms", f"tcp://127.0.0.1:{running.port}")
    assert result.code == 1 and "waitfor --hold has not passed on the connection" in result.err, result


def test_there_is_no_room(waitfor, hold, service):
    """The connection of the probe is not even accepted."""
    service.start()
    running = hold(options=["--hold-max=1"])
    running.wait_err("ready at")
    with connect(running.port) as first:
        first.sendall(b"question")
        until(lambda: service.accepted == 2, what="the first one has reached the service")
        result = waitfor("--once", f"tcp://127.0.0.1:{running.port}")
        assert result.code == 1 and "too many clients: waitfor --hold takes no more" in result.err, result


def test_others_come_before_it(waitfor, hold, service):
    """The holder was busy. Its connection is one of many that are not accepted yet when it is asked about it."""
    service.start()
    running = hold()
    running.wait_err("ready at")
    running.send(signal.SIGSTOP)
    try:
        others = [connect(running.port) for _ in range(300)]
        probe = waitfor.start("--once", f"tcp://127.0.0.1:{running.port}")
        until(lambda: f"@waitfor/held/{running.port}" in asked(), what="it asks")
    finally:
        running.send(signal.SIGCONT)
    assert probe.finish().code == 0
    for other in others:
        other.close()


def asked():
    """The names of sockets to which somebody connects, and is not accepted yet."""
    with open("/proc/net/unix", encoding="ascii", errors="replace") as file:
        return [words[-1] for words in map(str.split, file) if words[5:6] == ["02"]]


def test_the_same_port_at_another_address_is_not_held(waitfor, hold):
    """Such as Debian's 127.0.1.1."""
    running = hold()
    with socket.create_server(("127.0.0.2", running.port)):
        assert waitfor("--once", f"tcp://127.0.0.2:{running.port}").code == 0
        assert waitfor("--down", "-t", "300ms", f"tcp://127.0.0.2:{running.port}").code == 124


def test_who_cannot_ask_knows_nothing(waitfor, hold):
    """With the last descriptor it connects; then there is none to ask with."""
    running = hold()
    for limit in range(5, 16):
        result = waitfor("--once", f"tcp://127.0.0.1:{running.port}",
                         preexec_fn=lambda limit=limit: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))
        assert result.code in (1, 125), result


def test_the_holder_ends(waitfor, hold):
    running = hold()
    waits = waitfor.start("-v", "-t", "20s", f"tcp://127.0.0.1:{running.port}")
    waits.wait_err(WAITS)
    running.send(signal.SIGTERM)
    running.finish()
    waits.wait_err("connection refused (127.0.0.1")
    waits.send(signal.SIGTERM)
    assert waits.finish().code == 143


def test_somebody_else_has_the_name_of_the_desk(hold, service):
    """Nothing fails, and a line says that probes are misled."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with desk_of(port, os.geteuid()):
        running = hold(options=[f"--hold=DB={port}"])
        assert f"@waitfor/held/{port}: Address" in running.err()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")
def test_another_user_is_not_asked(waitfor, service):
    """He could say that a service is not ready which is, or say nothing."""
    service.start()
    with desk_of(service.port, 65534):
        assert waitfor("--once", f"tcp://127.0.0.1:{service.port}").code == 0


def test_no_answer_is_looked_at_once_more(waitfor):
    """A holder that ends closes the question and the connection. Here the probe sees both at once, the question first."""
    with socket.create_server(("127.0.0.1", 0)) as held, socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as desk:
        port = held.getsockname()[1]
        desk.bind(f"\0waitfor/held/{port}")
        desk.listen()
        running = waitfor.start("--once", f"tcp://127.0.0.1:{port}")
        connection, _ = held.accept()
        question, _ = desk.accept()
        running.send(signal.SIGSTOP)
        question.close()
        connection.close()
        running.send(signal.SIGCONT)
        assert running.finish().code == 1


def test_who_does_not_answer_has_the_time_of_an_attempt(waitfor, service):
    service.start()
    with desk_of(service.port, os.geteuid()):
        result = waitfor("--once", "--attempt-timeout", "300ms", f"tcp://127.0.0.1:{service.port}")
        assert result.code == 1 and "waitfor --hold has not passed on the connection" in result.err, result
