"""FerretDB, and scripted MongoDB servers, which no package has. Every kind of reply is in tests/unit/probe/replies."""

from urllib.parse import quote

import pytest

from support import ferretdb as ferret
from support import mongowire
from support.mongowire import ALONE, NOT_SET_UP, Login, answers, member
from support.peers import close_at_once, greets, says, silence
from support.servers import Server
from support.until import until

LOGIN = f"{ferret.USER}:{quote(ferret.PASSWORD, safe='')}@"
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
    running = waitfor.start("-t", "20s", f"DB=mongodb://{hosts}/shop?replicaSet=rs0", "--", "env")
    running.wait_err("not suitable: it is not the primary")
    servers[1].script = answers(member(primary=True))
    result = running.finish(30)
    assert result.code == 0 and f"DB_PORT={servers[1].port}\n" in result.out, result


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


@pytest.fixture
def ferretdb():
    made = Server(ferret.mongodb)
    yield made
    made.close()


def denied(result, reason="denied: Authentication failed."):
    assert result.code == 124 and reason in result.err, result
    assert ferret.PASSWORD not in result.err and quote(ferret.PASSWORD, safe="") not in result.err, result


def test_a_real_server_lets_the_user_in(waitfor, ferretdb):
    """The wait begins before the server does."""
    running = waitfor.start("-t", "60s", f"mongodb://{LOGIN}{ferretdb.target}/{ferret.DATABASE}")
    running.wait_err("refused")
    ferretdb.start()
    result = running.finish(70)
    assert result.code == 0 and f"ready at {ferretdb.target} after" in result.err, (result, ferretdb.log())
    for query in ("?authMechanism=SCRAM-SHA-256", "?authMechanism=SCRAM-SHA-1"):
        assert waitfor("-t", "20s", f"mongodb://{LOGIN}{ferretdb.target}/{ferret.DATABASE}{query}").code == 0
    assert waitfor("-t", "20s", f"mongodb://{LOGIN}{ferretdb.target}/?authSource={ferret.DATABASE}").code == 0


def test_a_real_server_refuses_others(waitfor, ferretdb):
    ferretdb.start().await_open()
    place = f"{ferretdb.target}/{ferret.DATABASE}"
    assert waitfor("-t", "30s", f"mongodb://{LOGIN}{place}").code == 0
    denied(waitfor(*QUICK, f"mongodb://{ferret.USER}:wrong@{place}"))
    denied(waitfor(*QUICK, f"mongodb://nobody:{quote(ferret.PASSWORD, safe='')}@{place}"))
    denied(waitfor(*QUICK, f"mongodb://{LOGIN}{ferretdb.target}"))     # the user is not one of admin
    assert waitfor("-t", "20s", f"mongodb://{place}").code == 0


LOGINS = {
    "by the server's list": (Login("app", "pw"), "", "SCRAM-SHA-256"),
    "a server with the old mechanism": (Login("app", "pw", ("SCRAM-SHA-1",)), "", "SCRAM-SHA-1"),
    "a server that has no list": (Login("app", "pw", None), "", "SCRAM-SHA-1"),
    "by the URL": (Login("app", "pw"), "?authMechanism=SCRAM-SHA-1", "SCRAM-SHA-1"),
    "an empty message at the end": (Login("app", "pw", empty_exchange=True), "", "SCRAM-SHA-256"),
    "many rounds": (Login("app", "pw", rounds=100000, salt=b"s" * 28), "", "SCRAM-SHA-256"),
}


@pytest.mark.parametrize("case", LOGINS)
def test_a_proof_that_others_verify(waitfor, peer, case):
    script, query, mechanism = LOGINS[case]
    server = peer(answers(script))
    result = waitfor("-t", "20s", f"mongodb://app:pw@{server.target}/shop{query}")
    assert result.code == 0, result
    start = next(each for each in script.questions if "saslStart" in each)
    assert start["mechanism"] == mechanism and start["$db"] == "shop", start
    result = waitfor("--once", f"mongodb://app:another-secret@{server.target}/shop{query}")
    assert result.code == 1 and "denied: Authentication failed." in result.err, result
    assert b"another-secret" not in server.connections[-1].received


def test_a_user_who_is_made_later(waitfor, peer):
    """What an image does at its first start: the server answers before the user is there."""
    script = Login("nobody yet", "pw")
    server = peer(answers(script))
    running = waitfor.start("-t", "20s", "--max-interval", "50ms", f"DB=mongodb://{server.target}",
                            env={"DB_USER": "app", "DB_PASSWORD": "pw"})
    running.wait_err("denied: Authentication failed.")
    script.user = "app"
    assert running.finish(30).code == 0


def test_each_login_has_a_nonce_of_its_own(waitfor, peer):
    script = Login("app", "pw")
    server = peer(answers(script))
    target = f"mongodb://app:pw@{server.target}"
    assert waitfor("-q", "-t", "20s", "--successes", "20", "--max-interval", "1ms", target).code == 0
    starts = [each["payload"] for each in script.questions if "saslStart" in each]
    assert len(starts) >= 20 and len(set(starts)) == len(starts), starts


def test_rounds_without_end_are_refused(waitfor, peer):
    script = Login("app", "pw")
    server = peer(answers(lambda message: {**fields, "payload": fields["payload"].replace(b"i=4096", b"i=2147483647")}
                          if "payload" in (fields := script(message)) else fields))
    denied(waitfor(*QUICK, f"mongodb://app:pw@{server.target}"), "it wants 2147483647 rounds of hashing")


def test_mechanisms_that_are_not_spoken(waitfor, peer):
    server = peer(answers(ALONE))
    result = waitfor("-t", "20s", f"mongodb://app:pw@{server.target}/?authMechanism=MONGODB-AWS")
    assert result.code == 0, result
    assert result.err.count("there will be no login, since authMechanism is not SCRAM-SHA-1 or SCRAM-SHA-256") == 1
