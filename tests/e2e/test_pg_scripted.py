"""Peers at a PostgreSQL port that are not, or not quite, PostgreSQL."""

import json
import os
import struct
import time

import pytest

from support import pgwire
from support.peers import close_at_once, greets, reset_at_once, says, silence
from support.until import until

QUICK = ("-t", "700ms")


def target(peer, password=""):
    return f"postgres://app{password}@{peer.target}/app"


def half(message):
    """Half of a message, then nothing more."""
    return pgwire.answers(message[:len(message) // 2])


def half_then_fin(message):
    def script(connection):
        if pgwire.read_startup(connection):
            connection.send(message[:len(message) // 2])
    return script


def reset_after_startup(connection):
    pgwire.read_startup(connection)
    connection.reset()


ASK = pgwire.ask_cleartext_password()
# script, reason that must be given ("" where libpq cannot tell them apart)
NOT_READY = {
    "silence": (silence, "no reply"),
    "accept and close": (close_at_once, "port open, but nothing behind it yet"),
    "reset": (reset_at_once, ""),
    "reset after the startup message": (reset_after_startup, ""),
    "half a reply, then silence": (half(ASK), "no reply"),
    "half a reply, then the end": (half_then_fin(ASK), ""),
    "half an error": (half(pgwire.error("57P03")), "no reply"),
    "an HTTP server": (says(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
                       "not understood"),
    "an SSH server": (greets(b"SSH-2.0-OpenSSH_9.2\r\n"), "not understood"),
    "a MySQL server": (greets(b"\x4a\x00\x00\x00\x0a8.0.36\x00" + b"\1" * 60), "not understood"),
    "random bytes": (says(bytes(range(128, 256)) * 8), "not understood"),
    "zero bytes": (says(bytes(4096)), "not understood"),
    "a length of 2 GB": (pgwire.answers(b"R" + struct.pack("!I", 0x7FFFFFFF) + bytes(64)), ""),
    "a negative length": (pgwire.answers(b"E" + struct.pack("!i", -5) + bytes(64)), ""),
    "an error without fields": (pgwire.answers(pgwire.message(b"E", b"\0")), ""),
    "an error without a SQLSTATE": (pgwire.answers(pgwire.message(b"E", b"SFATAL\0Mno\0\0")), ""),
}


@pytest.mark.parametrize("case", NOT_READY)
@pytest.mark.parametrize("password", ["", ":secret"], ids=["ping", "login"])
def test_not_ready_with_a_reason_and_never_a_crash(waitfor, peer, case, password):
    script, reason = NOT_READY[case]
    server = peer(script)
    result = waitfor(*QUICK, "--attempt-timeout", "250ms", target(server, password))
    assert result.code == 124, result
    assert reason in result.err, result
    assert len(server.connections) >= 2, "and tried again"
    assert all(line.startswith("waitfor: ") for line in result.lines), result
    assert all(line.isprintable() for line in result.lines), "the peer's bytes stay out of the log"


def test_each_becomes_ready_once_the_peer_behaves(waitfor, peer):
    server = peer(silence)
    running = waitfor.start("-t", "20s", "--attempt-timeout", "200ms", target(server))
    for script in (reset_at_once, close_at_once, half(ASK), says(b"HTTP/1.1 400 Bad\r\n\r\n"),
                   pgwire.refuses("57P03")):
        server.script = script
        server.wait_connections(len(server.connections) + 2)
        assert running.alive()
    server.script = pgwire.answers(ASK)
    assert running.finish().code == 0


# SQLSTATE: reason in ping mode (None: ready), reason in login mode
STATES = {
    "57P03": ("answers but is not ready", "answers but is not ready"),
    "57P01": ("", ""), "57P02": ("", ""), "53300": ("too many clients", "too many clients"),
    "53200": ("", ""), "55000": ("", ""),
    # Up for a ping. A login may succeed later.
    "08006": (None, ""), "58030": (None, ""),
    # A pooler that does not know user or database, before it asks for a password (FIELD 6, HOSTILE D15).
    "08P01": (None, "denied"), "XX000": (None, "denied"),
    "28000": (None, "denied"), "28P01": (None, "denied"), "3D000": (None, "denied"),
    "42501": (None, "denied"),
    # It is up, and takes no such parameter.
    "22023": (None, "denied"), "42704": (None, "denied"), "0A000": (None, "denied"),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("mode", ["ping", "login"])
@pytest.mark.parametrize("text", ["the database system is ready", "das System startet 57P03"])
def test_the_sqlstate_decides_never_the_text(waitfor, peer, state, mode, text):
    """FACTS 27. The texts lie on purpose."""
    severity = "FATAL" if text.startswith("the") else "SCHWERWIEGEND"
    server = peer(pgwire.refuses(state, text, severity))
    reason = STATES[state][mode == "login"]
    result = waitfor("-t", "400ms", target(server, ":secret" if mode == "login" else ""))
    if reason is None:
        assert result.code == 0, result
    else:
        assert result.code == 124 and reason in result.err, result
        assert "denied" not in result.err or reason == "denied", result


def refuses_password(state, text):
    """A script: ask for the password, then refuse, as pgbouncer does where the password is wrong."""
    def script(connection):
        if pgwire.read_startup(connection):
            connection.send(pgwire.ask_cleartext_password())
            connection.read()
            connection.send(pgwire.error(state, text))
    return script


def test_a_refusing_pooler_says_what_to_do(waitfor, peer):
    """FIELD 6: pgbouncer with auth_type=trust, Supavisor. The hint is only of use where something is not named."""
    server = peer(pgwire.refuses("XX000", "Tenant or user not found"))
    result = waitfor("-t", "10s", "--fail-fast", f"postgres://:secret@{server.target}")
    assert result.code == 124 and "denied: XX000: Tenant or user not found; name user and database, as in " \
        "postgres://user:password@host/db" in result.err, result
    result = waitfor("-t", "10s", "--fail-fast", target(server, ":secret"))
    assert result.code == 124 and "name user" not in result.err, result
    assert waitfor("-t", "10s", target(server)).code == 0


def test_a_wrong_password_at_a_pooler_is_a_denial(waitfor, peer):
    """HOSTILE D15: pgbouncer has 08P01 for it."""
    server = peer(refuses_password("08P01", "password authentication failed"))
    result = waitfor("-t", "10s", "--fail-fast", target(server, ":wrong"))
    assert result.code == 124 and "denied: 08P01: password authentication failed" in result.err, result


def test_an_error_after_the_login_is_no_denial(waitfor, peer):
    server = peer(pgwire.answers(pgwire.message(b"R", struct.pack("!I", 0)) + pgwire.error("XX000", "cache lost")))
    result = waitfor("-t", "400ms", "--fail-fast", target(server, ":secret"))
    assert "timed out" in result.err and "not ready: XX000" in result.err, result


@pytest.mark.parametrize("state, text", [
    ("28000", 'no pg_hba.conf entry for host "10.0.0.1", user "app", database "app", no encryption'),
    ("28000", 'no pg_hba.conf entry for host "10.0.0.1", user "app", database "app", SSL off'),
    ("28000", 'no pg_hba.conf entry for host "10.0.0.1", user "' + "a" * 150 + '", database "app", no encryption'),
    ("28000", "SSL connection is required. Please specify SSL options and retry."),
    ("08P01", "SSL required"), ("XX000", "connection is insecure (try using `sslmode=require`)")])
def test_a_refusal_for_missing_encryption_says_what_to_do(waitfor, peer, state, text):
    """FIELD 7. The flavour with TLS has no need of the other one."""
    server = peer(pgwire.refuses(state, text))
    result = waitfor("-t", "10s", "--fail-fast", target(server, ":secret") + "?sslmode=disable")
    has_tls = "waitfor-tls" in os.environ.get("WAITFOR", "")
    assert f"denied: {state}: {text[:60]}" in result.err, result
    assert ("; use waitfor-tls with sslmode=require" in result.err) != has_tls, result


@pytest.mark.parametrize("state", ["28000", "3D000", "XX000", "08P01", "42501"])
def test_a_refusal_does_not_show_what_target_session_attrs_asks(waitfor, peer, state):
    """HOSTILE D7."""
    server = peer(pgwire.refuses(state, "no"))
    result = waitfor("-t", "400ms", target(server) + "?target_session_attrs=read-write")
    assert result.code == 124, result
    assert f"denied: {state}: no; a login is needed to see whether target_session_attrs is met" in result.err, result


@pytest.mark.parametrize("where", ["", "/app", "PGDATABASE", "/app?missing-database=ok", "options"])
def test_a_database_that_does_not_exist_yet(waitfor, peer, folder, where):
    """NEWCOMER 6: rails db:prepare, createdb. What nobody named is not judged; what may be missing is not, either."""
    server = peer(refuses_password("3D000", 'database "app" does not exist'))
    name, words, env = f"postgres://app:secret@{server.target}", [], {}
    if where == "options":
        file = folder / "wait.json"
        file.write_text(json.dumps({"targets": [{"target": name + "/app", "options": {"missing-database": "ok"}}]}))
        words = ["-f", file]
    elif where == "PGDATABASE":
        words, env = [name], {"PGDATABASE": "app"}
    else:
        words = [name + where]
    result = waitfor("-t", "700ms", *words, env=env)
    if where in ("/app", "PGDATABASE"):
        assert result.code == 124 and 'denied: 3D000: database "app" does not exist' in result.err, result
    else:
        assert result.code == 0, result
    server.script = refuses_password("28P01", "no")
    assert waitfor("-t", "700ms", *words, env=env).code == 124, "a wrong password is judged all the same"


def test_a_password_that_is_the_name_of_the_user_or_database(waitfor, peer):
    """FIELD 16: the words about the user and the database stay."""
    server = peer(refuses_password("3D000", 'database "infisical" does not exist'))
    result = waitfor("-t", "400ms", f"postgres://infisical:infisical@{server.target}/infisical")
    assert 'denied: 3D000: database "infisical" does not exist' in result.err, result
    server = peer(refuses_password("28P01", 'user "app" has not the password hunter2, says app'))
    result = waitfor("-t", "400ms", f"postgres://app:hunter2@{server.target}/app")
    assert 'denied: 28P01: user "app" has not the password' in result.err and "hunter2" not in result.err, result


def test_an_answer_to_an_encryption_request_proves_nothing(waitfor, peer):
    """FACTS 24: 'N' came back from a server that then said 57P03."""
    server = peer(pgwire.refuses("57P03"))
    result = waitfor(*QUICK, target(server) + "?sslmode=prefer")
    assert result.code == 124, result


@pytest.mark.parametrize("size", [1, 7])
def test_replies_in_small_slices(waitfor, peer, size):
    def script(connection):
        pgwire.read_startup(connection)
        for start in range(0, len(ASK), size):
            connection.send(ASK[start:start + size])
            time.sleep(0.01)    # so that the slices arrive apart
        connection.drain()
    assert waitfor("-t", "10s", target(peer(script))).code == 0


def test_a_reply_in_slices_without_a_pause_is_never_another_protocol(waitfor, peer):
    """What libpq takes may be more than what a look ahead has seen: that proves nothing of the peer."""
    def script(connection):
        pgwire.read_startup(connection)
        for byte in ASK:
            connection.send(bytes([byte]))
        connection.drain()
    server = peer(script)
    for _ in range(150):
        result = waitfor("-t", "10s", "--fail-fast", target(server))
        assert result.code == 0 and "not understood" not in result.err, result


@pytest.mark.parametrize("first", [1, 4, 5])
def test_a_way_to_authenticate_that_is_not_built_in_arrives_in_two_slices(waitfor, peer, first):
    """GSSAPI: libpq cannot, but a server asked for it, and that is what a ping wants to know."""
    def script(connection):
        ask = pgwire.message(b"R", struct.pack("!I", 7))
        pgwire.read_startup(connection)
        connection.send(ask[:first])
        time.sleep(0.03)    # so that the slices arrive apart
        connection.send(ask[first:])
        connection.drain()
    assert waitfor("-t", "5s", target(peer(script))).code == 0


def test_a_ping_ends_with_fin_and_sends_nothing_after_the_startup(waitfor, peer):
    """FACTS 25: RST or more bytes would leave a line in a real server's log."""
    server = peer(pgwire.answers(ASK))
    assert waitfor("-t", "10s", target(server)).code == 0
    server.wait_connections(1)
    connection = server.connections[-1]
    assert until(lambda: connection.ended) == "fin"
    startup_end = connection.received.rindex(b"\0\0") + 2
    assert connection.received[startup_end:] == b""


def test_a_login_asks_the_server_something(waitfor, peer):
    """Login mode ends with SELECT 1: a server that lets in and then hangs is not ready."""
    server = peer(pgwire.answers(pgwire.welcome()))
    result = waitfor(*QUICK, "--attempt-timeout", "250ms", target(server, ":secret"))
    assert result.code == 124, result
    assert any(b"SELECT 1" in connection.received for connection in server.connections)


def test_an_endless_stream_does_not_eat_memory(waitfor, peer):
    """Buffers are bounded (FACTS 34)."""
    def script(connection):
        pgwire.read_startup(connection)
        notice = pgwire.message(b"N", b"SNOTICE\0C00000\0M" + b"x" * 60000 + b"\0\0")
        for _ in range(2000):
            connection.send(notice)
    server = peer(script)
    running = waitfor.start("-t", "3s", "--attempt-timeout", "1s", target(server))
    server.wait_connections(2)
    with open(f"/proc/{running.pid}/status", encoding="ascii") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    assert peak < 64 * 1024, f"{peak} kB"
    assert running.finish().code == 124


def test_a_server_that_goes_away_while_it_authenticates_is_not_a_denial(waitfor, peer):
    """It is restarted just then: --fail-fast must go on."""
    def script(connection):
        pgwire.read_startup(connection)
        connection.send(ASK)
        connection.read()
    result = waitfor("-t", "500ms", "--fail-fast", target(peer(script), ":secret"))
    assert "denied" not in result.err and "timed out" in result.err, result


@pytest.mark.parametrize("home", [{}, {"HOME": ""}], ids=["unset", "empty"])
def test_a_password_file_in_the_home_of_the_passwd_entry(waitfor, net, peer, folder, home):
    """libpq looks there where HOME is not set: what it ignores is said once, and by waitfor."""
    server = peer(pgwire.refuses("57P03"), net=net)
    file = folder / ".pgpass"
    file.write_text("*:*:*:*:hunter2\n", encoding="ascii")
    (net.folder / "etc" / "passwd").write_text(f"root:x:{os.geteuid()}:0::{folder}:/bin/sh\n", encoding="ascii")
    target = f"postgres://me@{server.target}/app"
    file.chmod(0o644)
    result = waitfor("-t", "1s", target, net=net, env=home)
    assert sum(str(file) in line for line in result.lines) == 1, result
    assert len(server.connections) > 2 and "WARNING" not in result.err, result
    file.chmod(0o600)
    server.script = pgwire.answers(pgwire.ask_cleartext_password())
    waitfor("-t", "300ms", target, net=net, env=home)
    until(lambda: b"hunter2" in server.connections[-1].received)


@pytest.mark.parametrize("home", [{}, {"HOME": ""}, {"HOME": "/nonexistent"}], ids=["unset", "empty", "no such"])
def test_no_home_at_all(waitfor, net, peer, home):
    """A scratch image: there is no passwd file either."""
    server = peer(pgwire.answers(pgwire.ask_cleartext_password()), net=net)
    result = waitfor("-t", "10s", f"postgres://me@{server.target}/app", net=net, env=home)
    assert result.code == 0 and len(result.lines) == 1, result


def test_an_empty_password_is_none(waitfor, peer, folder):
    """libpq reads the password file then, and warns of one that it ignores at every attempt."""
    server = peer(pgwire.refuses("57P03"))
    file = folder / "pgpass"
    file.write_text("*:*:*:*:hunter2\n", encoding="ascii")
    file.chmod(0o644)
    for target in (f"postgres://me@{server.target}/app?password=", f"postgres://me:@{server.target}/app"):
        result = waitfor("-t", "700ms", target, env={"PGPASSFILE": str(file)})
        assert sum(str(file) in line for line in result.lines) == 1, result
        assert "WARNING" not in result.err, result
