"""Peers at a Redis port that are not, or not quite, Redis."""

import time

import pytest

from support import resp
from support.events import parse_events, the
from support.peers import close_at_once, greets, reset_at_once, says, silence
from test_redis import QUICK, STARTING, fails


def half(reply, then=lambda connection: connection.drain()):
    """Half of a reply, then nothing more."""
    def script(connection):
        connection.read()
        connection.send(reply[:len(reply) // 2])
        then(connection)
    return script


def reset_after_the_question(connection):
    connection.read()
    connection.reset()


HTTP = says(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
SSH = greets(b"SSH-2.0-OpenSSH_9.2\r\n")
# script, reason that must be given ("" where it may be one of several)
NOT_READY = {
    "silence": (silence, "no reply"),
    "accept and close": (close_at_once, ""),      # a question that comes too late makes it a reset
    "reset": (reset_at_once, ""),
    "reset after the question": (reset_after_the_question, ""),
    "half a reply, then silence": (half(resp.PONG), "the reply is not complete"),
    "half a reply, then the end": (half(resp.PONG, lambda connection: None), ""),
    "half an error, then silence": (half(b"-LOADING wait\r\n"), "the reply is not complete"),
    "an HTTP server": (HTTP, "not understood"),
    "an SSH server": (SSH, "not understood"),
    "a MySQL server": (greets(b"\x4a\x00\x00\x00\x0a8.0.36\x00" + b"\1" * 60), "not understood"),
    "a PostgreSQL server": (says(b"E\0\0\0\x0aFATAL"), "not understood"),
    "random bytes": (says(bytes(range(128, 256)) * 8), "not understood"),
    "zero bytes": (says(bytes(4096)), "not understood"),
    "line ends": (says(b"\r\n" * 100), "not understood"),
    "another word than PONG": (says(b"+OK\r\n" * 4), ""),
    "a longer word than PONG": (says(b"+PONGS\r\n" * 4), ""),
    "an answer to another question": (says(b":1\r\n" * 4), ""),
    "an array without end": (says(b"*1000000000\r\n" * 4), ""),
    "a string of 2 GB": (says(b"$2147483647\r\nx" * 4), ""),
    "a negative length": (says(b"$-5\r\n" * 4), ""),
    "a length beyond all numbers": (says(b"$" + b"9" * 40 + b"\r\n" * 4), ""),
    "an error without a word": (says(b"-\r\n" * 4), ""),
    "a command that it does not know": (says(resp.UNKNOWN * 4), ""),
}


@pytest.mark.parametrize("case", NOT_READY)
@pytest.mark.parametrize("form", ["redis://{}", "redis://:secret@{}/3?role=master"], ids=["ping", "all"])
def test_not_ready_with_a_reason_and_never_a_crash(waitfor, peer, case, form):
    script, reason = NOT_READY[case]
    server = peer(script)
    result = waitfor("-t", "700ms", "--attempt-timeout", "250ms", form.format(server.target))
    fails(result, reason)
    assert len(server.connections) >= 2, "and tried again"
    assert all(line.startswith("waitfor: ") and line.isprintable() for line in result.lines), result


ROLES = {
    "no array": resp.bulk("master"), "an empty array": b"*0\r\n", "no array at all": b"*-1\r\n",
    "no text": b"*1\r\n:1\r\n", "an array in an array": b"*1\r\n*1\r\n$6\r\nmaster\r\n",
    "a longer word": resp.role("masters"), "a shorter word": resp.role("mast"), "nothing": resp.role(""),
    "a longer array than there is": b"*9\r\n$7\r\nmastery\r\n", "a missing word": b"*1\r\n$-1\r\n",
}


@pytest.mark.parametrize("case", ROLES)
def test_a_reply_to_role_that_is_none(waitfor, peer, case):
    server = peer(resp.answers({"ROLE": ROLES[case]}))
    result = waitfor("-t", "700ms", "--attempt-timeout", "250ms", f"redis://{server.target}?role=master")
    assert result.code == 124 and "ready at" not in result.err, result


def test_a_sentinel_is_neither_master_nor_replica(waitfor, peer):
    server = peer(resp.answers({"ROLE": resp.role("sentinel", b"*1\r\n" + resp.bulk("cache"))}))
    for role in ("master", "replica"):
        fails(waitfor("-t", "500ms", f"redis://{server.target}?role={role}"), "not suitable")


NOT_YET = ["LOADING Redis is loading the dataset in memory", "MASTERDOWN Link with MASTER is down",
           "BUSY Redis is busy running a script.", "MISCONF Redis is configured to save RDB snapshots"]


@pytest.mark.parametrize("name", ["AUTH", "SELECT", "PING", "ROLE"])
@pytest.mark.parametrize("text", NOT_YET, ids=lambda text: text.split()[0])
def test_not_yet_is_never_a_denial_whatever_was_asked(waitfor, peer, name, text):
    server = peer(resp.answers({name: resp.refusal(text)}))
    result = waitfor("-t", "500ms", "--fail-fast", f"redis://:secret@{server.target}/3?role=master")
    assert fails(result, f"{STARTING}: {text}") and "timed out" in result.err and "denied" not in result.err, result


# script, target, kind, does waiting help?
KINDS = {
    "starting": (resp.refuses("LOADING wait"), "redis://{}", "starting", True),
    "wrong password": (resp.answers({"AUTH": resp.refusal("WRONGPASS no")}), "redis://:x@{}", "denied", False),
    "no password": (resp.answers({"AUTH": resp.refusal("ERR AUTH <password> called without any password configured "
                                                       "for the default user.")}), "redis://:x@{}", "denied", False),
    "no database": (resp.answers({"SELECT": resp.refusal("ERR DB index is out of range")}), "redis://{}/99",
                    "denied", False),
    "a replica": (resp.answers({"ROLE": resp.REPLICA}), "redis://{}?role=master", "unsuitable", True),
    "a master": (resp.answers(), "redis://{}?role=replica", "unsuitable", True),
    "an HTTP server": (HTTP, "redis://{}", "garbled", False),
    "an SSH server": (SSH, "redis://:x@{}/1?role=master", "garbled", False),
    "random bytes": (says(bytes(range(128, 256)) * 8), "redis://{}", "garbled", False),
    "silence": (silence, "redis://{}", "silent", True),
    "silence after AUTH": (resp.answers({"PING": b""}), "redis://:x@{}", "silent", True),
    "silence after PING": (resp.answers({"ROLE": b""}), "redis://{}?role=master", "silent", True),
}


@pytest.mark.parametrize("case", KINDS)
def test_the_kind_of_the_reason_and_whether_waiting_helps(waitfor, peer, case):
    script, target, kind, helps = KINDS[case]
    server = peer(script)
    result = waitfor("--output", "json", "--fail-fast", "-t", "900ms" if helps else "60s", "--attempt-timeout",
                     "300ms", target.format(server.target))
    assert result.code == 124 and result.seconds < 15, result
    event = the(parse_events(result.err), "timeout" if helps else "giveup")
    assert (event["kind"], event["reason"], event["address"]) == ("redis", kind, server.target), event


def test_protected_mode_says_so(waitfor, peer):
    """It speaks first and hangs up: what a container is told whose server wants no others."""
    def script(connection):
        connection.send(b"-DENIED Redis is running in protected mode because protected mode is enabled\r\n")
        connection.drain()
    fails(waitfor(*QUICK, f"redis://{peer(script).target}"), "DENIED Redis is running in protected mode")


def test_each_becomes_ready_once_the_peer_behaves(waitfor, peer):
    server = peer(silence)
    running = waitfor.start("-t", "30s", "--attempt-timeout", "200ms", f"redis://{server.target}?role=master")
    for script in (reset_at_once, close_at_once, half(resp.PONG), HTTP, resp.refuses("LOADING wait"),
                   resp.answers({"ROLE": resp.REPLICA})):
        server.script = script
        server.wait_connections(len(server.connections) + 2, 20)
        assert running.alive()
    server.script = resp.answers()
    assert running.finish().code == 0


def one_by_one(pause):
    def send(connection, data):
        for byte in data:
            connection.send(bytes([byte]))
            time.sleep(pause)   # so that the bytes arrive apart
    return send


@pytest.mark.parametrize("pause", [0, 0.003])
@pytest.mark.parametrize("role, reply", [("master", resp.MASTER), ("replica", resp.REPLICA)])
def test_answers_in_single_bytes(waitfor, peer, pause, role, reply):
    server = peer(resp.answers({"ROLE": reply}, one_by_one(pause)))
    result = waitfor("-t", "20s", "--fail-fast", f"redis://:secret@{server.target}/3?role={role}")
    assert result.code == 0 and len(result.lines) == 1, result


def test_a_refusal_in_single_bytes(waitfor, peer):
    server = peer(resp.answers({"PING": resp.refusal("LOADING wait")}, one_by_one(0.003)))
    fails(waitfor(*QUICK, "--fail-fast", f"redis://:secret@{server.target}"), f"{STARTING}: LOADING wait")


@pytest.mark.parametrize("start", [b"+", b"-LOADING ", b"*3\r\n$900000000\r\n"], ids=["word", "error", "string"])
def test_an_endless_answer_does_not_eat_memory(waitfor, peer, start):
    def script(connection):
        connection.read()
        connection.send(start)
        for _ in range(2000):
            connection.send(b"x" * 60000)
    server = peer(script)
    running = waitfor.start("-t", "3s", "--attempt-timeout", "1s", f"redis://{server.target}?role=master")
    server.wait_connections(2)
    with open(f"/proc/{running.pid}/status", encoding="ascii") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    assert peak < 64 * 1024, f"{peak} kB"
    assert running.finish().code == 124


def test_what_a_server_says_cannot_steer_a_terminal(waitfor, peer):
    server = peer(resp.refuses("LOADING \u009b31mred\u009b0m \x1b[31m \u0085 \u202eend\u2066\u200b\u2028"))
    result = waitfor("-v", "-t", "700ms", f"redis://{server.target}")
    assert result.code == 124 and "red" in result.err, result
    assert all(line.isprintable() for line in result.err.split("\n")), repr(result.err)
