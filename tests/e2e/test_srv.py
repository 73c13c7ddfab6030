"""srv+X: a target that is found in SRV records, which a real dnsmasq has (RFC 2782)."""

import json

import jsonschema
import pytest

from support import dns as d
from support.dnsmasq import FORKS, Dnsmasq
from support.events import the, parse_events
from support.peers import bound_socket, says, silence
from support.pgwire import answers, ask_cleartext_password
from support.runner import REPOSITORY

NAME = "_postgresql._tcp.db.test"
DB = "srv+tcp://" + NAME
EXPORTS = ("sh", "-c", 'echo "$DB_HOST $DB_PORT $DB_ADDR"')


@pytest.fixture
def dnsmasq(net):
    server = Dnsmasq(net)
    yield server
    server.stop()


@pytest.fixture
def place(net, peer):
    """Makes listeners, each at an address of its own."""
    def make(address, script=silence):
        return peer(script, address=net.address(address), net=net)
    return make


def deaf(net, address):
    """A port at which nobody listens."""
    return bound_socket(net.address(address), net=net)


def test_the_first_priority_that_is_ready(waitfor, net, dnsmasq, place):
    """The order of the records is not that of the answer."""
    two, three = place("10.77.0.6"), place("10.77.0.7")
    hosts = {"one.test": "10.77.0.5", "two.test": "10.77.0.6", "three.test": "10.77.0.7"}
    with deaf(net, "10.77.0.5") as one:
        port = one.getsockname()[1]
        dnsmasq.start(hosts, [(NAME, "three.test", three.port, 30, 100), (NAME, "one.test", port, 10, 0),
                              (NAME, "two.test", two.port, 20, 1)])
        result = waitfor("-t", "10s", DB, "--", *EXPORTS, net=net)
        assert (result.code, result.out) == (0, f"two.test {two.port} 10.77.0.6\n"), result
        assert f"{DB}: ready at 10.77.0.6:{two.port} after " in result.err
        one.listen()
        result = waitfor("-t", "10s", DB, "--", *EXPORTS, net=net)
        assert (result.code, result.out) == (0, f"one.test {port} 10.77.0.5\n"), result
    assert not three.connections


def test_the_first_comes_first_though_its_address_comes_last(waitfor, net, dns, place):
    """Both hosts are asked for at once."""
    one, two = place("10.77.0.5"), place("10.77.0.6")
    dns.name(NAME, srv=d.Answer(services=((1, 0, one.port, "one.test"), (2, 0, two.port, "two.test"))))
    dns.name("one.test", a=d.at("10.77.0.5", delay=0.1))
    dns.name("two.test", a=d.at("10.77.0.6"))
    result = waitfor("-t", "10s", DB, "--", *EXPORTS, net=net)
    assert result.out == f"one.test {one.port} 10.77.0.5\n", result


def test_one_whose_name_is_never_answered_holds_up_nobody(waitfor, net, dns, place):
    two = place("10.77.0.6")
    dns.name(NAME, srv=d.Answer(services=((1, 0, 80, "one.test"), (2, 0, two.port, "two.test"))))
    dns.name("one.test", a=d.SILENCE, aaaa=d.SILENCE)
    dns.name("two.test", a=d.at("10.77.0.6"))
    result = waitfor("-t", "10s", DB, "--", *EXPORTS, net=net)
    assert result.out == f"two.test {two.port} 10.77.0.6\n" and "1 attempt" in result.err, result


@pytest.mark.parametrize("delay", [0.35, 0.8])
def test_an_answer_that_comes_after_the_attempt(waitfor, net, dns, place, delay):
    """In the pause, or in a later attempt: it counts."""
    one = place("10.77.0.5")
    dns.name(NAME, srv=d.Answer(services=((1, 0, one.port, "one.test"),), delay=delay))
    dns.name("one.test", a=d.at("10.77.0.5"))
    result = waitfor("-t", "15s", "--attempt-timeout", "300ms", DB, "--", *EXPORTS, net=net)
    assert result.out == f"one.test {one.port} 10.77.0.5\n", result


def test_all_of_one_priority_are_tried(waitfor, net, dnsmasq, place):
    good = place("10.77.0.9")
    hosts = {f"host{i}.test": f"127.0.0.{i}" for i in range(1, 9)}
    services = [(NAME, host, 80, 1, 65535) for host in hosts]
    dnsmasq.start({**hosts, "good.test": "10.77.0.9"}, [*services, (NAME, "good.test", good.port, 1, 0)])
    result = waitfor("-t", "10s", DB, "--", *EXPORTS, net=net)
    assert result.out == f"good.test {good.port} 10.77.0.9\n", result


@pytest.mark.skipif(not FORKS, reason="dnsmasq needs root to serve TCP and UDP at a time")
def test_an_answer_that_is_too_long_for_udp(waitfor, net, dnsmasq, place):
    """It comes over TCP."""
    good = place("10.77.0.9")
    hosts = {f"a-host-with-a-long-name-{i}.test": "127.0.0.1" for i in range(40)}
    services = [(NAME, host, 80, 1, 1) for host in hosts]
    dnsmasq.start({**hosts, "good.test": "10.77.0.9"}, [*services, (NAME, "good.test", good.port, 2, 0)])
    result = waitfor("-t", "15s", DB, "--", *EXPORTS, net=net)
    assert result.out == f"good.test {good.port} 10.77.0.9\n", result


def test_records_that_come_late_and_change(waitfor, net, dnsmasq, place):
    good = place("10.77.0.5")
    dnsmasq.start()
    running = waitfor.start("-t", "30s", DB, "--", *EXPORTS, net=net)
    running.wait_err(f"{DB}: no such name")
    dnsmasq.start({"old.test": "127.0.0.1"}, [(NAME, "old.test", 80, 1, 1)])
    running.wait_err(f"{DB}: connection refused (127.0.0.1:80)")
    dnsmasq.start({"new.test": "10.77.0.5"}, [(NAME, "new.test", good.port, 1, 1)])
    result = running.finish(40)
    assert (result.code, result.out) == (0, f"new.test {good.port} 10.77.0.5\n"), result


def test_the_search_list(waitfor, net, dnsmasq, place):
    good = place("10.77.0.5")
    net.rewrite(net.resolv_conf, "nameserver 127.0.0.53\nsearch other.test test\n")
    dnsmasq.start({"one.test": "10.77.0.5"}, [(NAME, "one.test", good.port, 1, 1)])
    result = waitfor("-t", "10s", "srv+tcp://_postgresql._tcp.db", "--", *EXPORTS, net=net)
    assert result.out == f"one.test {good.port} 10.77.0.5\n", result


# What is there -> the reason, and its name in JSON.
NOWHERE = {
    "nothing": ([], {}, "no such name", "no_name"),
    "a dot": ([(NAME,)], {}, "no such service: its record names no host: the service is not available", "no_service"),
    "only addresses": ([], {NAME: "10.77.0.5"},
                       "no such service: the name has no SRV record; for a host, leave out srv+", "no_service"),
    "a host without address": ([(NAME, "lost.test", 80, 1, 1)], {}, "no such name: lost.test", "no_name"),
    "a host that refuses": ([(NAME, "here.test", 80, 1, 1)], {"here.test": "127.0.0.1"},
                            "connection refused (127.0.0.1:80)", "refused"),
    "one without address, one that refuses": (
        [(NAME, "lost.test", 80, 1, 1), (NAME, "here.test", 80, 2, 1)], {"here.test": "127.0.0.1"},
        "connection refused (127.0.0.1:80)", "refused"),
}


@pytest.mark.parametrize("case", NOWHERE)
def test_nowhere(waitfor, net, dnsmasq, case):
    services, hosts, text, reason = NOWHERE[case]
    dnsmasq.start(hosts, services)
    result = waitfor("--once", DB, "--", *EXPORTS, net=net)
    assert (result.code, result.out) == (1, "") and f"{DB}: {text}\n" in result.err, result
    result = waitfor("--once", "--output", "json", DB, net=net)
    assert the(parse_events(result.err), "notready")["reason"] == reason, result


@pytest.mark.parametrize("case", ["nothing", "a dot", "only addresses", "a host without address", "a host that refuses"])
def test_gone(waitfor, net, dnsmasq, case):
    services, hosts, *_ = NOWHERE[case]
    dnsmasq.start(hosts, services)
    assert waitfor("--down=absent", "-t", "5s", DB, net=net).code == 0


def test_a_name_that_leads_nowhere_may_be_misspelt(waitfor, net, dnsmasq):
    dnsmasq.start({}, [(NAME,)])
    result = waitfor("--down", "-t", "700ms", DB, net=net)
    assert result.code == 124 and "--down=absent" in result.err, result


def test_nothing_is_exported_of_what_was_not_found(waitfor, net, dnsmasq):
    """The name of the records is no host to connect to."""
    dnsmasq.start()
    result = waitfor("--once", "--run-anyway", "--print-env", "json", DB, net=net)
    assert json.loads(result.out) == {}, result
    result = waitfor("--once", "--run-anyway", "--export", "URL=//${DB_HOST}:${DB_PORT}", DB, "--", "true", net=net)
    assert result.code == 125 and "DB_HOST" in result.err, result


def test_the_name(waitfor, net, dnsmasq, place):
    """Of --pin and of NAME=: as with other targets."""
    good = place("10.77.0.5")
    dnsmasq.start({"one.test": "10.77.0.5"}, [(NAME, "one.test", good.port, 1, 1)])
    pinned = waitfor("-t", "9s", "--pin", DB, "--", *EXPORTS, net=net)
    assert pinned.out == f"10.77.0.5 {good.port} 10.77.0.5\n", pinned
    named = waitfor("-t", "9s", f"X={DB}", "--export", "URL=pg://${X_HOST}:${X_PORT}/", "--", "sh", "-c", "echo $URL", net=net)
    assert named.out == f"pg://one.test:{good.port}/\n", named
    kept = waitfor("-t", "9s", DB, "--", *EXPORTS, env={"DB_PORT": str(good.port)}, net=net)
    assert kept.out == f"one.test {good.port} 10.77.0.5\n" and "leaving DB_PORT as set" in kept.err, kept


def test_what_explain_tells(waitfor, net):
    result = waitfor("--explain=json", "srv+postgres://me:hunter2@_postgresql._tcp.db.test/shop", net=net)
    plan = json.loads(result.out)
    jsonschema.validate(plan, json.loads((REPOSITORY / "docs" / "explain.schema.json").read_text()))
    (target,) = plan["targets"]
    assert target["kind"] == "postgres" and target["exports"] == ["DB_HOST", "DB_PORT", "DB_ADDR"]
    assert target["endpoints"] == [{"host": NAME, "port": 0, "address_from": "srv", "address": None, "fallback": None}]
    assert "SRV records of DNS" in waitfor("--explain", DB, net=net).out
    assert "hunter2" not in result.out


# --- protocols -----------------------------------------------------------------------------------

def test_postgres(waitfor, net, dnsmasq, place):
    server = place("10.77.0.5", answers(ask_cleartext_password()))
    dnsmasq.start({"one.test": "10.77.0.5"}, [(NAME, "one.test", server.port, 1, 1)])
    result = waitfor("-t", "9s", f"srv+postgresql+psycopg2://app@{NAME}/shop?sslmode=disable", net=net)
    assert result.code == 0, result
    assert [each.startup["database"] for each in server.connections if hasattr(each, "startup")][-1] == "shop"


@pytest.mark.parametrize("port,host", [(80, "one.test"), (8080, "one.test:8080")])
def test_http(waitfor, net, dnsmasq, peer, port, host):
    """The service sees the host that was found, and not the name of the records."""
    server = peer(says(b"HTTP/1.1 204 None\r\n\r\n"), address=net.address("10.77.0.5"), port=port, net=net)
    dnsmasq.start({"one.test": "10.77.0.5"}, [("_http._tcp.db.test", "one.test", port, 1, 1)])
    result = waitfor("-t", "9s", "srv+http://_http._tcp.db.test/health?a=b", net=net)
    assert result.code == 0, result
    head = server.connections[0].received.decode().split("\r\n")
    assert head[0] == "GET /health?a=b HTTP/1.1" and f"Host: {host}" in head, head


@pytest.mark.parametrize("scheme,reply", [("redis", b"+PONG\r\n"), ("memcached", b"VERSION 1.6.18\r\n"),
                                          ("mysql", None)])
def test_a_dialog(waitfor, net, dnsmasq, place, scheme, reply):
    server = place("10.77.0.5", says(reply) if reply else silence)
    dnsmasq.start({"one.test": "10.77.0.5"}, [(NAME, "one.test", server.port, 1, 1)])
    result = waitfor("-t", "1500ms", f"SRV+{scheme}://{NAME}", net=net)
    assert result.code == (0 if reply else 124), result
    assert reply or f"connected, but no reply (10.77.0.5:{server.port})" in result.err, result
