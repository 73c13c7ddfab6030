"""Scripted MongoDB servers: no package of one is to be had. Every kind of reply is in tests/unit/probe/replies."""

import pytest

from support import mongowire
from support.mongowire import ALONE, NOT_SET_UP, answers, member
from support.peers import close_at_once, greets, says, silence
from support.until import until

QUICK = ("-t", "700ms", "--attempt-timeout", "250ms")


def test_from_nobody_to_ready(waitfor, peer):
    server = peer(answers(ALONE), listen=False)
    running = waitfor.start("-t", "20s", f"mongodb://{server.target}/shop")
    running.wait_err("refused")
    server.listen()
    result = running.finish(30)
    assert result.code == 0 and f"ready at {server.target} after" in result.err, result
    assert until(lambda: server.connections[-1].ended) == "fin"


def test_a_bare_port_is_mongodb(waitfor, net, peer):
    """An open port is not enough."""
    server = peer(silence, address=net.address("10.77.0.6"), port=27017, net=net)
    running = waitfor.start("--attempt-timeout", "250ms", "-t", "20s", "10.77.0.6:27017", net=net)
    running.wait_err("no reply")
    server.script = answers(ALONE)
    assert running.finish(30).code == 0


def test_a_member_is_not_ready_before_the_set_is_set_up(waitfor, peer):
    server = peer(answers(NOT_SET_UP))
    running = waitfor.start("-t", "20s", f"mongodb://{server.target}")
    running.wait_err("answers but is not ready: Does not have a valid replica set config")
    server.script = answers(member(secondary=True))
    assert running.finish(30).code == 0


def test_any_host_that_is_the_primary(waitfor, peer):
    """Which one it is may change during the wait."""
    servers = [peer(answers(member(secondary=True))), peer(answers(member(secondary=True))), peer(listen=False)]
    hosts = ",".join(server.target for server in servers)
    running = waitfor.start("-t", "20s", f"DB=mongodb://app:hunter2@{hosts}/shop?replicaSet=rs0", "--", "env")
    running.wait_err("not suitable: it is not the primary")
    servers[1].script = answers(member(primary=True))
    result = running.finish(30)
    assert result.code == 0 and f"DB_PORT={servers[1].port}\n" in result.out, result
    assert "hunter2" not in result.err and "hunter2".encode() not in servers[1].connections[-1].received, result


def test_without_a_set_any_host_will_do(waitfor, peer):
    servers = [peer(listen=False), peer(answers(member(secondary=True)))]
    result = waitfor("-t", "20s", f"mongodb://{servers[0].target},{servers[1].target}")
    assert result.code == 0, result


def test_an_older_server_is_asked_again(waitfor, peer):
    def fields(question):
        return {"ismaster": True, "ok": 1.0} if b"isMaster" in question else {
            "ok": 0.0, "errmsg": "no such command: 'hello'", "code": 59, "codeName": "CommandNotFound"}
    server = peer(answers(fields))
    assert waitfor("-t", "20s", f"mongodb://{server.target}").code == 0
    assert len(server.connections) == 1


NOT_READY = {
    "silence": (silence, "no reply"),
    "accept and close": (close_at_once, ""),
    "half a reply": (says(mongowire.message(ALONE)[:30]), "the reply is not complete"),
    "another set": (answers(member(primary=True, name="rs1")), 'not suitable: it is in the replica set "rs1"'),
    "no set": (answers(ALONE), "not suitable: it is in no replica set"),
    "an HTTP server": (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "not understood: it is no reply of MongoDB"),
    "an SSH server": (greets(b"SSH-2.0-OpenSSH_9.2\r\n"), "not understood: it is no reply of MongoDB"),
    "zero bytes": (says(bytes(4096)), "not understood"),
    "a reply for somebody else": (says(mongowire.message(ALONE, answers=9)), "not understood"),
    "a document without items": (says(mongowire.message({})), "answers but is not ready"),
    "a name that no terminal can show": (answers(member(primary=True, name="\x1b[2J")), "not suitable"),
}


@pytest.mark.parametrize("case", NOT_READY)
def test_not_ready_with_a_reason(waitfor, peer, case):
    script, reason = NOT_READY[case]
    server = peer(script)
    result = waitfor(*QUICK, f"mongodb://{server.target}/?replicaSet=rs0")
    assert result.code == 124 and reason in result.err and len(server.connections) >= 2, result
    assert all(line.isprintable() for line in result.lines), result


@pytest.mark.parametrize("form", [[], ["--explain"], ["--explain=json"], ["--output", "json"]], ids=" ".join)
def test_no_secret(waitfor, form):
    result = waitfor("--once", *form, "mongodb://app:SECRET@127.0.0.1:1/x?tlsCertificateKeyFilePassword=SECRET2&"
                                      "authMechanismProperties=AWS_SESSION_TOKEN:SECRET3&retryWrites=true")
    assert "SECRET" not in result.out + result.err.replace("AWS_SESSION_TOKEN", ""), result
    assert "retryWrites=true" in result.out + result.err, result
