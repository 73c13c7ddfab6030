"""A real ZooKeeper, alone and with others: what counts as ready, and what a wait leaves in its log."""

import re

import pytest

from support.peers import bound_socket, silence
from support.servers import Server, zookeeper
from support.until import until
from test_servers import QUICK, fails


@pytest.fixture
def server():
    """Makes servers, not started yet."""
    made = []

    def make(**settings):
        made.append(Server(zookeeper, **settings))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def ensemble():
    """Two ports for each of three members."""
    held = [[bound_socket() for _ in range(2)] for _ in range(3)]
    yield [[sock.getsockname()[1] for sock in each] for each in held]
    for each in held:
        for sock in each:
            sock.close()


def test_from_nobody_to_ready(waitfor, server):
    """The wait begins before the server does."""
    one = server()
    running = waitfor.start("-v", "-t", "60s", f"zookeeper://{one.target}")
    running.wait_err("refused")
    one.start()
    result = running.finish(70)
    assert result.code == 0 and f"ready at {one.target} after " in result.err, result


def test_two_hundred_probes_and_no_warning_in_the_log(waitfor, server):
    """FACTS 68. It logs at the level INFO, and at DEBUG what becomes of each connection."""
    one = server().start()
    assert waitfor("-q", "-t", "60s", f"zookeeper://{one.target}").code == 0
    before = len(one.log())
    for _ in range(10):
        result = waitfor("-q", "-t", "30s", "--successes", "20", "--max-interval", "1ms", f"zk://{one.target}")
        assert result.code == 0, result
    until(lambda: one.log()[before:].count("which had sessionid") >= 200, what=one.log)
    assert not re.findall(r"(?i).*(?:warn|error|exception|expiring).*", one.log()[before:])


def test_no_quorum(waitfor, server, ensemble):
    """One of three listens, and takes nobody."""
    first, second = (server(ensemble=ensemble, number=number) for number in (1, 2))
    first.start().await_open()
    running = waitfor.start("-v", "-t", "60s", f"zookeeper://{first.target}")
    running.wait_err("port open, but nothing behind it yet")
    fails(waitfor(*QUICK, f"zookeeper://{first.target}"), "port open, but nothing behind it yet")
    assert waitfor("-t", "9s", f"tcp://{first.target}?stay=1us").code == 0, "and its port is open"
    second.start()
    result = running.finish(70)
    assert result.code == 0, result


def test_a_bare_port_is_only_a_port(waitfor, net, peer):
    peer(silence, address=net.address("10.77.0.6"), port=2181, net=net)
    assert waitfor("-t", "9s", "10.77.0.6:2181", net=net).code == 0
    fails(waitfor("-t", "1s", "--attempt-timeout", "300ms", "zookeeper://10.77.0.6", net=net), "no reply")


def test_another_protocol(waitfor, peer):
    http = peer(lambda connection: connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    fails(waitfor(*QUICK, f"zookeeper://{http.target}"), "the reply is not understood")
