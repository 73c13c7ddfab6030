"""When a port counts as ready (FACTS 17 to 21)."""

import re
import socket
import subprocess
import sys
import time

import pytest

from support.families import family_of
from support.peers import close_at_once, greets, reset_at_once, silence
from support.until import until

QUICK = ("-t", "700ms")


def test_a_late_listener_is_seen(waitfor, peer):
    late = peer(listen=False)
    running = waitfor.start(f"tcp://{late.target}")
    running.wait_err("connection refused")
    late.listen()
    result = running.finish()
    assert result.code == 0
    # Generous: the pause is 110 ms at most, and the jitter.
    assert result.seconds - (late.opened - running.started) < 3


@pytest.mark.parametrize("script", [silence, greets(b"220 hello\r\n")])
def test_an_open_connection_is_ready_whatever_is_said(waitfor, peer, script):
    assert waitfor(*QUICK, f"tcp://{peer(script).target}").code == 0


def never_believed(run, peer):
    """Run until the peer itself was in time: on a loaded machine it may hang up too late by itself."""
    for _ in range(5):
        before = len(peer.connections)
        result = run()
        if result.code == 124:
            return result
        attempts = int(re.search(r"(\d+) attempts?$", result.lines[-1])[1])
        peer.wait_connections(before + attempts)    # the last one may not even be accepted yet
        held = until(lambda: peer.connections[-1].held is not None) and peer.connections[-1].held
        assert held > 10, f"believed a connection that stood for {held} ms: {result!r}"
    raise AssertionError("this machine is too slow to close a connection within 20 ms")


@pytest.mark.parametrize("script,reason", [(close_at_once, "port open, but nothing behind it yet"),
                                           (reset_at_once, "")])
def test_on_loopback_accept_then_close_is_not_ready(waitfor, peer, script, reason):
    """docker-proxy does this while nothing listens in the container (FACTS 17)."""
    proxy = peer(script)
    result = never_believed(lambda: waitfor(*QUICK, f"tcp://{proxy.target}"), proxy)
    assert reason in result.err


def test_on_ipv6_loopback_too(waitfor, net, peer):
    proxy = peer(close_at_once, address="::1", net=net)
    never_believed(lambda: waitfor(*QUICK, f"tcp://{proxy.target}", net=net), proxy)


@pytest.mark.parametrize("host,address", [("0.0.0.0", "127.0.0.1"), ("[::]", "::1")])
def test_on_the_address_that_means_this_machine_too(waitfor, net, peer, host, address):
    """Linux connects it to loopback."""
    proxy = peer(close_at_once, address=address, net=net)
    never_believed(lambda: waitfor(*QUICK, f"tcp://{host}:{proxy.port}", net=net), proxy)


def test_on_loopback_it_becomes_ready_when_the_connection_stays(waitfor, peer):
    proxy = peer(close_at_once)
    running = waitfor.start(f"tcp://{proxy.target}")
    proxy.wait_connections(3)       # the first two were not believed
    proxy.script = silence
    assert running.finish().code == 0


# Podman's for a container that is about to listen: so many connections are closed after 190 ms, then one is held.
ROOTLESS_PROXY = """
import ctypes, socket, sys, time
ctypes.CDLL(None).prctl(15, b"rootlessport")     # PR_SET_NAME: that is its name in /proc
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
for _ in range(int(sys.argv[1])):
    connection = listener.accept()[0]
    time.sleep(0.19)
    connection.close()
held = listener.accept()[0]
print("held", flush=True)
held.recv(1)
"""


@pytest.fixture
def rootless_proxy():
    """Starts one; returns its port and what it says from then on."""
    started = []

    def start(closings):
        process = subprocess.Popen([sys.executable, "-c", ROOTLESS_PROXY, str(closings)], stdout=subprocess.PIPE, text=True)
        started.append(process)
        return int(process.stdout.readline()), process.stdout
    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_rootless_proxy_that_hangs_up_late_is_not_ready(waitfor, rootless_proxy):
    """FACTS 51: it tries ten times to connect to the container, which takes longer than one waits for docker-proxy."""
    port, _ = rootless_proxy(closings=1000)
    result = waitfor("--once", f"tcp://127.0.0.1:{port}")
    assert result.code == 1 and "nothing behind it" in result.err, result
    result = waitfor("-t", "1s", f"tcp://127.0.0.1:{port}")
    assert result.code == 124 and "nothing behind it" in result.err, result


def test_a_rootless_proxy_becomes_ready_when_the_connection_stays(waitfor, rootless_proxy):
    port, says = rootless_proxy(closings=2)
    result = waitfor(f"tcp://127.0.0.1:{port}", timeout=20)
    assert result.code == 0 and result.lines[-1].endswith("3 attempts"), result
    assert says.readline() == "held\n"


def test_a_server_beside_a_rootless_proxy_is_believed_as_ever(waitfor, peer, rootless_proxy):
    """That the user has such a proxy says nothing about the ports that are not the proxy's."""
    rootless_proxy(closings=1000)
    result = waitfor("--attempt-timeout", "300ms", "--once", f"tcp://{peer(silence).target}")
    assert result.code == 0, result


def test_elsewhere_a_connection_that_stays_open_is_ready(waitfor, net, peer):
    target = peer(silence, address=net.address("10.77.0.5"), net=net).target
    assert waitfor(*QUICK, f"tcp://{target}", net=net).code == 0


@pytest.mark.parametrize("script,reason", [(close_at_once, "port open, but nothing behind it yet"),
                                           (reset_at_once, "")])
def test_elsewhere_accept_then_close_is_not_ready(waitfor, net, peer, script, reason):
    """FIELD 5: a balancer without servers, and a service mesh's proxy. Here they get more time than the 5 ms."""
    proxy = peer(script, address=net.address("10.77.0.5"), net=net)
    result = never_believed(lambda: waitfor(*QUICK, f"tcp://{proxy.target}?stay=30ms", net=net), proxy)
    assert reason in result.err


def closes_after(seconds):
    """Hold the connection for so long, then close."""
    def script(connection):
        time.sleep(seconds)
        connection.close_and_note(connection.sock.close)
    return script


def test_stay_is_how_long_it_must_stay_open(waitfor, net, peer):
    proxy = peer(closes_after(0.2), address=net.address("10.77.0.5"), net=net)
    assert waitfor(*QUICK, f"tcp://{proxy.target}", net=net).code == 0, "200 ms are long enough"
    result = waitfor("-t", "3s", f"tcp://{proxy.target}?stay=1s", net=net)
    assert result.code == 124 and "nothing behind it" in result.err, result


def test_a_stay_that_no_attempt_has_time_for(waitfor):
    result = waitfor("tcp://127.0.0.1:1?stay=3s")
    assert (result.code, len(result.lines)) == (125, 1) and "add --attempt-timeout 5s" in result.err, result


def test_stay_in_a_configuration_file(waitfor, net, peer, config):
    proxy = peer(closes_after(0.2), address=net.address("10.77.0.5"), net=net)
    path = config({"targets": [{"target": f"tcp://{proxy.target}?stay=1s"}]})
    assert waitfor("-t", "2s", "-f", path, net=net).code == 124


def test_the_gateway_is_judged_as_loopback_is(waitfor, net, peer):
    """From a container a published port is reached by the gateway, and docker-proxy accepts there (FACTS 17)."""
    gateway = net.address("10.77.0.7")
    net.run("ip", "route", "add", "192.0.2.0/24", "via", gateway)
    proxy = peer(closes_after(0.007), address=gateway, net=net)     # elsewhere 5 ms are enough
    # A busy machine may close a connection too late, but not twenty of them.
    results = (waitfor("--once", f"tcp://{proxy.target}", net=net) for _ in range(20))
    assert any(result.code == 1 and "nothing behind it" in result.err for result in results)


def test_what_the_peer_said_is_read_before_closing(waitfor, peer):
    """Closing over unread bytes sends RST, which servers log (FACTS 21)."""
    talker = peer(greets(b"220 hello\r\n" * 50))
    assert waitfor(*QUICK, f"tcp://{talker.target}").code == 0
    assert until(lambda: talker.connections[0].ended) == "fin"


def test_nothing_is_sent_to_a_port(waitfor, peer):
    listener = peer(silence)
    assert waitfor(*QUICK, f"tcp://{listener.target}").code == 0
    assert listener.connections[0].received == b""


def test_a_black_hole_times_out_with_its_reason(waitfor, net):
    net.blackhole("10.77.0.9")
    result = waitfor("-t", "1s", "--attempt-timeout", "300ms", "tcp://10.77.0.9:80", net=net)
    assert result.code == 124
    assert "connection timed out" in result.err and "10.77.0.9:80" in result.err
    # A new socket for every attempt (FACTS 19), not one that waits for the kernel's next SYN.
    assert net.tcp_counter("ActiveOpens") >= 2


def test_no_route_is_unreachable(waitfor, net):
    result = waitfor(*QUICK, "tcp://192.0.2.1:80", net=net)
    assert result.code == 124
    assert "unreachable" in result.err


def test_a_black_hole_that_comes_to_life(waitfor, net, peer):
    net.blackhole("10.77.0.9")
    running = waitfor.start("--attempt-timeout", "300ms", "tcp://10.77.0.9:8080", net=net)
    running.wait_err("timed out")
    net.run("ip", "neighbour", "del", "10.77.0.9", "dev", "w0")
    peer(silence, address=net.address("10.77.0.9"), port=8080, net=net)
    assert running.finish().code == 0


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_connection_to_itself_is_a_refusal(waitfor, net, address):
    """FACTS 20: with one ephemeral port left, a connect from it to it succeeds without a server."""
    with net.socket(family_of(address), socket.SOCK_STREAM) as held:
        held.bind((address, 0))
        port = held.getsockname()[1]
    net.run("sh", "-c", f"echo {port} {port} > /proc/sys/net/ipv4/ip_local_port_range")
    with net.socket(family_of(address), socket.SOCK_STREAM) as proof:
        proof.connect((address, port))
        assert proof.getsockname()[1] == port, "here a socket does connect to itself"
        proof.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    host = f"[{address}]" if ":" in address else address
    result = waitfor(*QUICK, f"tcp://{host}:{port}", net=net)
    assert result.code == 124, result
    assert "connection refused" in result.err


def test_many_targets_are_waited_for_at_once(waitfor, peer):
    """Twenty late peers cost the time of one."""
    late = [peer(listen=False) for _ in range(20)]
    running = waitfor.start(*(f"tcp://{each.target}" for each in late))
    running.wait_err("connection refused")
    for each in reversed(late):
        each.listen()
    assert running.finish().code == 0
