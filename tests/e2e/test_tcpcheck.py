"""tcp:// with send and expect: for the protocol that has no scheme of its own."""

import json
import socket

import pytest

from support.peers import close_at_once, greets, says, silence
from support.until import until

QUICK = ("-t", "700ms", "--attempt-timeout", "250ms")
PING = r"send=PING%5Cr%5Cn&expect=^%5C%2BPONG%5Cr$"


def test_a_real_server_from_nobody_to_ready(waitfor, new_redis):
    server = new_redis()
    running = waitfor.start("-t", "30s", f"tcp://{server.target}?{PING}")
    running.wait_err("refused")
    server.start()
    assert running.finish(40).code == 0


def test_a_real_server_that_wants_a_login(waitfor, new_redis):
    """send may be one: Redis answers both commands, and the second reply matches."""
    server = new_redis().start(requirepass="s3cret")
    login = r"send=AUTH%20s3cret%5Cr%5CnPING%5Cr%5Cn&expect=^%5C%2BPONG"
    assert waitfor("-t", "5s", f"tcp://{server.target}?{login}").code == 0
    result = waitfor(*QUICK, f"tcp://{server.target}?{PING}")
    assert result.code == 124 and "answers but is not ready: -NOAUTH" in result.err, result


def in_slices(data):
    def script(connection):
        connection.read()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in data:
            connection.send(bytes([byte]))
        connection.drain()
    return script


@pytest.mark.parametrize("script", [says(b"no\r\n+PONG\r\n"), in_slices(b"no\r\n+PONG\r\n"), greets(b"+PONG\r\n")],
                         ids=["whole", "in slices", "before it was asked"])
def test_a_reply_that_matches_is_ready(waitfor, peer, script):
    server = peer(script)
    assert waitfor("-t", "5s", f"tcp://{server.target}?{PING}").code == 0
    assert until(lambda: server.connections[0].received) == b"PING\r\n"
    assert until(lambda: server.connections[0].ended) == "fin"


def then_ends(data):
    def script(connection):
        connection.read()
        connection.send(data)
    return script


NOT_READY = {
    "another reply, then silence": (says(b"\r\n-LOADING wait\r\nmore\r\n"), "answers but is not ready: -LOADING wait"),
    "another reply, then the end": (then_ends(b"-LOADING wait\r\n"), "answers but is not ready: -LOADING wait"),
    "half of it": (says(b"+PO"), "answers but is not ready: +PO"),
    "it without its end": (says(b"+PONG"), "answers but is not ready: +PONG"),
    "nothing that can be shown": (says(bytes(100)), "answers but is not ready: the reply does not match"),
    "no end": (says(b"x" * 70000), "the reply does not end"),
    "it, but too late": (says(b"x" * 65536 + b"\n+PONG\r\n"), "the reply does not end"),
    "silence": (silence, "no reply"),
    "accept and close": (close_at_once, ""),
}


@pytest.mark.parametrize("case", NOT_READY)
def test_not_ready_with_a_reason(waitfor, peer, case):
    script, reason = NOT_READY[case]
    server = peer(script)
    result = waitfor(*QUICK, f"tcp://{server.target}?{PING}")
    assert result.code == 124 and reason in result.err, result
    assert "ready at" not in result.err and len(server.connections) >= 2, "and tried again"
    assert all(line.isprintable() for line in result.lines), result


def test_it_becomes_ready_when_the_reply_matches(waitfor, peer):
    server = peer(greets(b"LOADING\n"))
    running = waitfor.start("--attempt-timeout", "250ms", f"tcp://{server.target}?expect=^READY$")
    running.wait_err("answers but is not ready: LOADING")
    server.script = greets(b"LOADING\nREADY\n")
    assert running.finish(20).code == 0
    assert server.connections[-1].received == b"", "the service speaks first"


def test_without_expect_any_reply_will_do(waitfor, peer):
    assert waitfor("-t", "5s", f"tcp://{peer(says(b'no')).target}?send=hello").code == 0
    assert waitfor(*QUICK, f"tcp://{peer(silence).target}?send=hello").code == 124


def echo(connection):
    """A service that repeats what it does not know, with a word before it."""
    connection.send(b"unknown: " + connection.read().strip() + b", again " + connection.received.split()[1] + b"\r\n")
    connection.drain()


@pytest.mark.parametrize("args", [("-v",), ("--output", "json"), ("-v", "--report", "/dev/stderr"), ("--explain",),
                                  ("--explain=json",)], ids=" ".join)
def test_what_is_sent_is_never_shown(waitfor, peer, args):
    """It may be a login."""
    server = peer(echo)
    result = waitfor(*QUICK, *args, f"tcp://{server.target}?send=AUTH%20hunter2%5Cn&expect=OK")
    assert "hunter2" not in result.out + result.err and "send=***" in result.out + result.err, result
    if "--explain" not in args[0]:
        assert "unknown: ***" in result.err and server.connections[0].received == b"AUTH hunter2\n", result


def test_a_variable_in_a_configuration_file(waitfor, peer, config):
    """There it may hold any character but a '\\'."""
    server = peer(says(b"+OK\r\n"))
    path = config({"targets": [{"target": f"tcp://{server.target}",
                                "options": {"send": "AUTH ${PW}\r\n", "expect": "OK"}}]})
    result = waitfor("-t", "5s", "-f", path, env={"PW": "a&b %?#@"})
    assert result.code == 0 and server.connections[0].received == b"AUTH a&b %?#@\r\n", result


@pytest.mark.parametrize("send", ["PING\r\n", r"PING\r\n"], ids=["line ends of JSON", "escapes"])
def test_in_a_configuration_file(waitfor, peer, config, send):
    server = peer(says(b"+PONG\r\n"))
    path = config({"targets": [{"target": f"tcp://{server.target}",
                                "options": {"send": send, "expect": "^\\+PONG\r\n"}}]})
    assert json.loads(open(path, encoding="utf-8").read())
    assert waitfor("-t", "5s", "-f", path).code == 0
    assert server.connections[0].received == b"PING\r\n"


def test_from_a_variable_with_several_targets(waitfor, peer):
    """A comma in a parameter belongs to it."""
    one, two = peer(says(b"a,b")), peer(greets(b"hello"))
    result = waitfor(env={"WAITFOR_TARGETS": f"tcp://{one.target}?send=x,y&expect=a,b tcp://{two.target}?expect=l{{2}}o",
                          "WAITFOR_TIMEOUT": "5s"})
    assert result.code == 0 and one.connections[0].received == b"x,y", result
