"""Real memcached, NATS and MQTT servers: what counts as ready, and what a wait leaves in their logs."""

import contextlib
import re
import socket
from urllib.parse import quote

import pytest

from support.peers import silence
from support.servers import PASSWORD, USER, Server, memcached, mqtt, nats
from support.until import until
from test_targets import link

KINDS = {"memcached": memcached, "nats": nats, "mqtt": mqtt}
PORTS = {"memcached": 11211, "nats": 4222, "mqtt": 1883, "amqp": 5672}
LOGIN = f"{USER}:{quote(PASSWORD, safe='')}@"
QUICK = ("-t", "1200ms")


@pytest.fixture
def server():
    """Makes servers, not started yet."""
    made = []

    def make(kind, **settings):
        made.append(Server(KINDS[kind], **settings))
        return made[-1]

    yield make
    for each in made:
        each.close()


def fails(result, reason):
    assert result.code == 124 and reason in result.err, result
    assert quote(PASSWORD, safe="") not in result.err and PASSWORD not in result.err, result


@pytest.mark.parametrize("kind", KINDS)
def test_from_nobody_to_ready(waitfor, server, kind):
    """The wait begins before the server does."""
    one = server(kind)
    running = waitfor.start("-v", "-t", "30s", f"{kind}://{one.target}")
    running.wait_err("refused")
    one.start()
    result = running.finish(40)
    assert result.code == 0, result
    assert re.search(rf"^waitfor: {kind}://{one.target}: ready at {one.target} after ", result.err, re.M), result


@pytest.mark.parametrize("kind", KINDS)
def test_two_hundred_probes_and_no_error_in_the_log(waitfor, server, kind):
    one = server(kind).start().await_open()
    for _ in range(10):
        result = waitfor("-q", "-t", "20s", "--successes", "20", "--max-interval", "1ms", f"{kind}://{one.target}")
        assert result.code == 0, result
    ends = {"mqtt": "Received DISCONNECT", "memcached": "connection closed", "nats": "Client connection closed"}
    until(lambda: one.log().count(ends[kind]) >= 200, what=lambda: f"200 ends in the log:\n{one.log()[-2000:]}")
    bad = [line for line in one.log().splitlines() if re.search(r"error|warn|\[(ERR|WRN)\]|fail|lost", line, re.I)
           and "[DBG]" not in line]
    assert not [line for line in bad if "should not be run as root" not in line]


@pytest.mark.parametrize("kind", PORTS)
def test_the_usual_port(waitfor, net, peer, kind):
    """A bare host:port is asked in the port's own protocol: an open port is not ready."""
    net.rewrite(net.hosts, "10.77.0.6 service\n")
    peer(silence, address=net.address("10.77.0.6"), port=PORTS[kind], net=net)
    for target in (f"service:{PORTS[kind]}", "service", f"{kind}://service"):
        result = waitfor("-t", "1s", "--attempt-timeout", "300ms", target, net=net,
                         env=link("SERVICE", "10.77.0.6", PORTS[kind]))
        fails(result, "no reply")
    assert waitfor("-t", "9s", f"tcp://service:{PORTS[kind]}", net=net).code == 0


@pytest.mark.parametrize("kind", PORTS)
def test_another_protocol(waitfor, peer, kind):
    http = peer(lambda connection: connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    fails(waitfor(*QUICK, f"{kind}://{http.target}"), "the reply is not understood")


@pytest.mark.parametrize("kind", ["nats", "mqtt"])
def test_a_login(waitfor, server, kind):
    one = server(kind, login=True).start().await_open()
    assert waitfor("-t", "20s", f"{kind}://{LOGIN}{one.target}").code == 0
    assert waitfor("-t", "20s", f"S={kind}://{one.target}", env={"S_USER": USER, "S_PASSWORD": PASSWORD}).code == 0
    assert waitfor("-t", "20s", f"{kind}://{one.target}").code == 0, "up, and it wants a password"
    fails(waitfor(*QUICK, f"{kind}://{USER}:wrong@{one.target}"), "denied")
    result = waitfor("--fail-fast", "-t", "60s", f"{kind}://{USER}:wrong@{one.target}")
    assert result.code == 124 and result.seconds < 15 and "wrong@" not in result.err, result


def test_a_token_of_nats(waitfor, server):
    one = server("nats", token=PASSWORD).start().await_open()
    token = quote(PASSWORD, safe="")
    result = waitfor("-v", "-t", "20s", f"nats://{token}@{one.target}")
    assert result.code == 0 and f"nats://***@{one.target}" in result.err and token not in result.err, result
    fails(waitfor(*QUICK, f"nats://wrong@{one.target}"), "denied")


def test_a_user_of_nats_whose_password_is_in_a_variable(waitfor, server):
    one = server("nats", login=True).start().await_open()
    result = waitfor("-t", "20s", f"S=nats://{USER}@{one.target}", env={"S_PASSWORD": PASSWORD})
    assert result.code == 0, result


def test_nats_repeats_no_password(waitfor, peer):
    """It is sent with the escapes of JSON, which a server might repeat."""
    def repeats(connection):
        connection.send(b"INFO {}\r\n")
        connection.send(b"-ERR '" + connection.read().split(b"\r")[0] + b"'\r\n")

    one = peer(repeats)
    for secret in ('pw"secretlongpassword', "secretlongpassword"):
        result = waitfor("-v", *QUICK, f"S=nats://{one.target}", env={"S_PASSWORD": secret})
        fails(result, "CONNECT")
        assert "longpassword" not in result.err, result


def nats_client(port):
    """A connection that the server keeps; None if it has no room, perhaps for a connection that is about to end."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=5)
    sock.sendall(b"CONNECT {\"verbose\":false}\r\nPING\r\n")
    said = b""
    while b"PONG" not in said:
        try:
            more = sock.recv(1000)
        except ConnectionResetError:
            more = b""
        if not more:
            sock.close()
            return None
        said += more
    return sock


def test_nats_without_room(waitfor, server):
    one = server("nats", connections=1).start().await_open()
    with until(lambda: nats_client(one.port), what="a client is let in"):
        running = waitfor.start("-t", "30s", f"nats://{one.target}")
        running.wait_err("too many clients")
    assert running.finish(40).code == 0, "there is room again"


def test_half_a_greeting(waitfor, peer):
    """postscreen says "220-" and waits for six seconds."""
    one = peer(lambda connection: (connection.send(b"220-wait\r\n"), connection.read()))
    result = waitfor("-t", "2s", "--attempt-timeout", "300ms", f"smtp://{one.target}")
    fails(result, "the reply is not complete")


def test_memcached_without_room(waitfor, server):
    one = server("memcached", connections=32).start().await_open()
    with contextlib.ExitStack() as held:
        while True:
            sock = held.enter_context(socket.create_connection(("127.0.0.1", one.port), timeout=5))
            sock.sendall(b"version\r\n")
            if sock.recv(100).startswith(b"ERROR"):
                break
        running = waitfor.start("-t", "30s", f"memcached://{one.target}")
        running.wait_err("too many clients")
    assert running.finish(40).code == 0, "there is room again"
