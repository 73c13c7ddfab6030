"""--hold: how many connections there may be, for how long, and what they cost."""

import os
import resource
import signal
import socket
import time

import pytest

from support.children import memory, state_of
from support.held import ask, connect, is_silent, reset
from support.until import until


def test_hold_timeout(hold):
    running = hold(options=["--hold-timeout=300ms"])
    with connect(running.port) as connection:
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert "closing a connection that was held 300ms: connection refused" in running.err()


def test_hold_max(hold, service):
    """The third connection waits to be accepted, and is served when another one has ended."""
    def answer(connection):
        with connection:
            for data in iter(lambda: connection.recv(100), b""):
                connection.sendall(data)
    service.answer = answer
    running = hold(options=["--hold-max=2"])
    first, second, third = (connect(running.port) for _ in range(3))
    for client in (first, second, third):
        client.sendall(b"q")
    service.start()
    assert first.recv(100) == second.recv(100) == b"q"      # who waits longest comes first
    assert is_silent(third)
    first.close()
    assert third.recv(100) == b"q"


def test_a_client_that_gives_up_takes_no_room(hold, service):
    running = hold(options=["--hold-max=2"])
    running.wait_err("refused")
    before = descriptors(running.process.pid)
    for _ in range(20):
        connect(running.port).close()
    until(lambda: descriptors(running.process.pid) == before, what="all are forgotten, while the service is away")
    service.start()
    assert ask(running.port) == b"answer to question"
    assert service.answered == 1


def ticks(pid):
    """The processor time of the process."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return sum(map(int, file.read().rpartition(")")[2].split()[11:13]))


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


@pytest.mark.parametrize("said", [b"", b"question"], ids=["silent", "has spoken"])
def test_a_held_client_that_is_reset_is_forgotten(hold, said):
    running = hold(app=())
    until(lambda: state_of(running.pid) == "S")
    before = descriptors(running.pid)
    client = connect(running.port)
    client.sendall(said)
    until(lambda: descriptors(running.pid) > before, what="held")
    reset(client)
    until(lambda: descriptors(running.pid) == before, what="forgotten")


def test_no_busy_loop_for_clients_that_are_gone(hold):
    running = hold(app=(), options=["--max-interval=1s"])
    for said in (b"", b"question"):
        for end in (reset, lambda connection: connection.close()):
            client = connect(running.port)
            client.sendall(said)
            end(client)
    time.sleep(0.5)
    before = ticks(running.pid)
    time.sleep(1)
    assert ticks(running.pid) - before < 20, "of 100 in a second"


@pytest.mark.parametrize("limit", [24, 64, 256])
def test_few_descriptors(waitfor, service, limit):
    """No busy loop, and all are served in the end: who cannot be accepted waits."""
    running = waitfor.start("--hold=DB=0", f"DB=tcp://127.0.0.1:{service.port}", "--", "sleep", "60",
                            wrap=["prlimit", f"--nofile={limit}:{limit}"])
    running.wait_err("held at 127.0.0.1:")
    port = int(running.err().split("held at 127.0.0.1:")[1].split()[0])
    clients = [connect(port) for _ in range(300)]
    for client in clients:
        client.sendall(b"q")
        client.shutdown(socket.SHUT_WR)
    time.sleep(0.5)
    before = ticks(running.pid)
    time.sleep(1)
    assert ticks(running.pid) - before < 20, "of 100 in a second"
    service.start()
    for client in clients:
        assert client.recv(100) == b"answer to q"
        client.close()
    assert "lost" not in running.err()
    running.send(signal.SIGTERM)
    assert running.finish().code == 143


def test_many_targets_and_few_descriptors(waitfor, service):
    """Each target has three descriptors of its own. Clients take none of those that probes and connections need."""
    service.answer = lambda connection: connection.sendall(connection.recv(100))
    targets = [f"T{number}=127.0.0.1:{service.port}" for number in range(60)]
    running = waitfor.start("--hold=" + ",".join(f"T{number}=0" for number in range(60)), *targets,
                            wrap=["prlimit", "--nofile=230:230"])
    until(lambda: running.err().count("held at 127.0.0.1:") == 60)
    port = int(running.err().split("held at 127.0.0.1:")[1].split()[0])
    clients = [connect(port) for _ in range(100)]
    for client in clients:
        client.sendall(b"q")
    service.start()
    for client in clients:
        assert client.recv(100) == b"q"
        client.close()


@pytest.fixture
def many():
    """A thousand, or what the descriptors of this process allow: it has both ends of its connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, 4096 if hard == resource.RLIM_INFINITY else min(hard, 4096))
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    yield min(1000, wanted // 3)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_thousand_clients(many, hold, service):
    running = hold()
    clients = [connect(running.port) for _ in range(many)]
    for client in clients:
        client.sendall(b"q")
        client.shutdown(socket.SHUT_WR)
    service.start()
    for client in clients:
        assert client.recv(100) == b"answer to q"
        client.close()
    running.send(signal.SIGTERM)
    assert running.finish().code == 143


def test_no_leak(hold, service):
    """WAITFOR_RELAYED=100000 tries so many; the first tenth is not compared."""
    count = int(os.environ.get("WAITFOR_RELAYED", "2000"))
    service.start()
    running = hold(app=())
    running.wait_err("ready at")
    for turn in range(count):
        if turn == count // 10:
            found = descriptors(running.pid), memory(running.pid)
        service.open.clear()
        if turn % 3 == 2:       # one of three breaks
            with connect(running.port) as connection:
                connection.sendall(b"q")
                reset(connection)
        else:
            assert ask(running.port) == b"answer to question"
    until(lambda: descriptors(running.pid) <= found[0], what="the descriptors are as before")
    assert memory(running.pid) <= found[1] + 64, "kB"


def test_idle_connections_cost_nothing(hold, service):
    service.start()
    running = hold(app=())
    clients = [connect(running.port) for _ in range(10)]
    for client in clients:
        client.sendall(b"x")
    until(lambda: service.accepted >= 11)
    until(lambda: state_of(running.pid) == "S")
    time.sleep(0.2)

    def switches():
        with open(f"/proc/{running.pid}/status", encoding="ascii") as file:
            return [line for line in file if "ctxt_switches" in line]
    before = switches()
    time.sleep(1)
    assert switches() == before
    for client in clients:
        client.close()
