"""Kafka: scripted brokers, and kfake, which speaks the protocol as others implement it."""

import struct

import pytest

from support import kafka
from support.kafka import Kfake, answers, metadata, topic, versions
from support.peers import close_at_once, greets, says, silence
from support.until import until

QUICK = ("-t", "700ms", "--attempt-timeout", "250ms")
HEALTHY = {18: versions(), 3: metadata()}


@pytest.fixture
def kfake():
    made = []

    def make(*args):
        made.append(Kfake(*args))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_brokers_of_others_are_ready(waitfor, kfake):
    cluster = kfake("-topics", "orders")
    for place in cluster.brokers:
        assert waitfor("-t", "10s", f"kafka://{place}").code == 0
        assert waitfor("-t", "10s", f"kafka://{place}?topic=orders").code == 0
    assert waitfor("-q", "-t", "20s", "--successes", "20", "--max-interval", "1ms",
                   f"kafka://{cluster.brokers[0]}").code == 0
    assert "[ERR]" not in cluster.said() and "[WRN]" not in cluster.said(), cluster.said()


def test_a_topic_is_waited_for_and_never_made(waitfor, kfake):
    cluster = kfake()
    running = waitfor.start("-t", "20s", "--max-interval", "20ms", f"kafka://{','.join(cluster.brokers)}?topic=orders")
    running.wait_err("answers but is not ready: there is no topic orders")
    cluster.create("orders")
    assert running.finish(30).code == 0
    result = waitfor("-t", "500ms", f"kafka://{cluster.brokers[0]}?topic=others")
    assert result.code == 124 and "there is no topic others" in result.err, result


def test_one_that_wants_a_login_has_a_reason(waitfor, kfake):
    result = waitfor("-t", "500ms", f"kafka://{kfake('-sasl').brokers[0]}")
    assert result.code == 124 and "as a listener with SASL does" in result.err, result


MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_login(waitfor, kfake, mechanism):
    cluster = kfake("-sasl", "-topics", "orders", "-user", f"{mechanism},app,s3cr3t")
    place = f"{cluster.brokers[0]}?topic=orders&sasl={mechanism}"
    assert waitfor("-t", "10s", f"kafka://app:s3cr3t@{place}").code == 0
    assert waitfor("-t", "10s", f"Q=kafka://app@{place}", env={"Q_PASSWORD": "s3cr3t"}).code == 0
    for wrong in ("app:S3cr3t", "nobody:s3cr3t"):       # kfake closes then; Kafka has words
        result = waitfor("-t", "500ms", f"kafka://{wrong}@{place}")
        assert result.code == 124 and "the broker closed after the login; is the password right?" in result.err, result
        assert "3cr3t" not in result.err, result


def sasl(words, code=0, mechanisms=()):
    """The bodies of the answers of a broker with SASL, which says these words about a login."""
    return {18: versions(), 17: struct.pack(">h", code) + kafka.array(map(kafka.text, mechanisms)),
            36: struct.pack(">h", 58 if words else 0) + kafka.text(words) + struct.pack(">i", 0), 3: metadata()}


def test_a_wrong_password_has_the_brokers_words(waitfor, peer):
    server = peer(answers(sasl("Authentication failed: Invalid username or password")))
    running = waitfor.start("-t", "20s", "--max-interval", "50ms", f"kafka://app:hunter2@{server.target}")
    running.wait_err("denied: Authentication failed: Invalid username or password")
    server.script = answers(sasl(None))
    result = running.finish(30)
    assert result.code == 0 and "hunter2" not in result.err, result
    assert b"\0app\0hunter2" in server.connections[-1].received


def test_a_password_is_not_said_to_a_broker_that_takes_another_mechanism(waitfor, peer):
    server = peer(answers(sasl(None, 33, ["SCRAM-SHA-256", "GSSAPI"])))
    result = waitfor(*QUICK, f"kafka://app:hunter2@{server.target}")
    assert result.code == 124, result
    assert "takes no login by PLAIN; sasl= may name another one of its: SCRAM-SHA-256, GSSAPI" in result.err, result
    assert all(b"hunter2" not in connection.received for connection in server.connections)


def test_one_that_is_too_old_has_a_reason(waitfor, kfake):
    result = waitfor("-t", "500ms", f"kafka://{kfake('-old').brokers[0]}")
    assert result.code == 124 and "does not speak Metadata 4" in result.err, result


def test_from_nobody_to_ready(waitfor, peer):
    server = peer(answers(HEALTHY), listen=False)
    running = waitfor.start("-t", "20s", f"kafka://{server.target}")
    running.wait_err("refused")
    server.listen()
    result = running.finish(30)
    assert result.code == 0 and f"ready at {server.target} after" in result.err, result
    assert until(lambda: server.connections[-1].ended) == "fin"


def test_a_bare_port_is_kafka(waitfor, net, peer):
    """An open port is not enough. A comma separates targets, each of which must be ready."""
    net.rewrite(net.hosts, "10.77.0.6 kafka1\n10.77.0.7 kafka2\n")
    servers = [peer(script, address=net.address(address), port=9092, net=net)
               for script, address in ((answers(HEALTHY), "10.77.0.6"), (silence, "10.77.0.7"))]
    running = waitfor.start("--attempt-timeout", "250ms", "-t", "20s", "kafka1:9092,kafka2:9092", net=net)
    running.wait_err("kafka2:9092: connected, but no reply")
    servers[1].script = answers(HEALTHY)
    assert running.finish(30).code == 0


def test_any_host_of_a_url_will_do(waitfor, peer):
    servers = [peer(listen=False), peer(answers({18: versions(), 3: metadata([topic("x", [1, 2])])})), peer(silence)]
    result = waitfor("-t", "20s", f"kafka://{','.join(server.target for server in servers)}?topic=x")
    assert result.code == 0 and f"ready at {servers[1].target}" in result.err, result


NOT_READY = {
    "silence": (silence, "no reply"),
    "accept and close": (close_at_once, ""),
    "no broker": (answers({18: versions(), 3: metadata(brokers=())}), "answers but is not ready: it knows no broker"),
    "no topic": (answers({18: versions(), 3: metadata([topic("x", [], 3)])}), "there is no topic x"),
    "no leader": (answers({18: versions(), 3: metadata([topic("x", [1, -1])])}),
                  "topic x: 1 of 2 partitions have no leader"),
    "a topic that is not for everybody": (answers({18: versions(), 3: metadata([topic("x", [], 29)])}),
                                          "denied: topic x is not for everybody"),
    "SASL": (answers({18: versions()}), "as a listener with SASL does"),
    "an old one": (answers({18: versions(0, 2)}), "does not speak Metadata 4"),
    "an HTTP server": (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "not understood: it is no reply of Kafka"),
    "an SSH server": (greets(b"SSH-2.0-OpenSSH_9.2\r\n"), "not understood: it is no reply of Kafka"),
    "zero bytes": (says(bytes(4096)), "not understood"),
    "half a reply": (says(b"\0\0\0\x20\0\0\0\1\0\0"), "the reply is not complete"),
    "a list without end": (answers({18: versions(), 3: b"\0\0\0\0\x7f\xff\xff\xff"}), "not understood"),
}


@pytest.mark.parametrize("case", NOT_READY)
def test_not_ready_with_a_reason(waitfor, peer, case):
    script, reason = NOT_READY[case]
    server = peer(script)
    result = waitfor(*QUICK, f"kafka://{server.target}?topic=x")
    assert result.code == 124 and reason in result.err and len(server.connections) >= 2, result
    assert all(line.isprintable() for line in result.lines), result


def test_a_topic_is_never_to_be_made(waitfor, peer):
    """The last byte of the request says so: a broker may make one that is only asked for."""
    server = peer(answers({18: versions(), 3: metadata([topic("x", [1])])}))
    assert waitfor("-t", "10s", f"kafka://{server.target}?topic=x").code == 0
    assert server.connections[0].received.endswith(kafka.array([kafka.text("x")]) + b"\0")
