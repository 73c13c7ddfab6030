"""What stands on stderr: a line when a reason changes, none per attempt, and no secret anywhere."""

import re

import pytest

from support import dns as d
from support import pgwire
from support.peers import close_at_once, silence
from support.until import stays, until

SECRET = "hunter2hunter2"


def test_a_wait_without_change_is_one_reason_and_one_ready_line(waitfor, peer):
    late = peer(listen=False)
    running = waitfor.start(f"tcp://{late.target}")
    running.wait_err("refused")
    said = running.err()
    stays(lambda: running.err() == said, 1.0, "no line per attempt")
    late.listen()
    result = running.finish()
    assert len(result.lines) == 2, result
    assert re.fullmatch(rf"waitfor: tcp://{re.escape(late.target)}: connection refused.*"
                        rf"{re.escape(late.target)}.*", result.lines[0]), result
    ready = re.fullmatch(rf"waitfor: tcp://{re.escape(late.target)}: ready at "
                         rf"{re.escape(late.target)} after ([\d.]+)(ms|s), (\d+) attempts",
                         result.lines[1])
    assert ready, result
    seconds = float(ready[1]) / (1000 if ready[2] == "ms" else 1)
    assert 1.0 <= seconds <= result.seconds
    assert int(ready[3]) > 3


def test_each_reason_is_said_when_it_changes(waitfor, net, dns, peer):
    db = peer(close_at_once, address=net.address("10.77.0.5"), port=5432, net=net, listen=False)
    running = waitfor.start("-t", "30s", "db:5432", net=net)
    running.wait_err("db:5432: no such name")
    dns.name("db", a=d.at("10.77.0.5"))
    running.wait_err("db:5432: connection refused")
    db.listen()
    running.wait_err("db:5432: port open, but nothing behind it yet")
    db.script = pgwire.refuses("57P03")
    running.wait_err("db:5432: answers but is not ready")
    db.script = pgwire.answers(pgwire.ask_cleartext_password())
    result = running.finish()
    assert result.code == 0
    reasons = [line.split("db:5432: ")[1] for line in result.lines]
    assert reasons[-1].startswith("ready at 10.77.0.5:5432 after ")
    # The kernel may cut a connection on either side of a change: the same reason twice in a row
    # is the defect looked for here.
    assert all(first != second for first, second in zip(reasons, reasons[1:])), result
    assert len(reasons) < 10, result


def test_a_flapping_peer_does_not_flood_the_log(waitfor, peer):
    """Docker logs of a 60 s wait stay under 10 lines per target, whatever the peer does."""
    flapping = peer(silence)

    def flap(connection):
        if connection.number % 2:
            pgwire.refuses("57P03")(connection)
        else:
            connection.reset()
    flapping.script = flap
    result = waitfor("-t", "4s", "--max-interval", "10ms", f"postgres://{flapping.target}/x")
    assert result.code == 124
    assert len(flapping.connections) > 20
    assert len(result.lines) < 10, result


def test_the_summary_of_a_timeout(waitfor, peer):
    ready, refused, starting = peer(), peer(listen=False), peer(pgwire.refuses("57P03"))
    result = waitfor("-t", "700ms", f"tcp://{ready.target}", f"tcp://{refused.target}",
                     f"postgres://u:{SECRET}@{starting.target}/x")
    assert result.code == 124
    start = next(i for i, line in enumerate(result.lines) if "timed out after" in line)
    assert re.fullmatch(r"waitfor: timed out after (700ms|0\.7\d*s)", result.lines[start])
    summary = result.lines[start + 1:]
    assert len(summary) == 2, "one line for each that was not ready"
    for line, target, reason in ((summary[0], refused, "connection refused"),
                                 (summary[1], starting, "answers but is not ready")):
        assert line.startswith("waitfor: ")
        assert target.target in line and reason in line, line
        assert re.search(r"\d+ attempts?", line) and re.search(r"[\d.]+m?s", line), line


def test_a_target_that_is_ready_is_said_while_others_wait(waitfor, peer):
    ready, refused = peer(), peer(listen=False)
    running = waitfor.start(f"tcp://{ready.target}", f"tcp://{refused.target}")
    running.wait_err(f"tcp://{ready.target}: ready at {ready.target}")
    assert running.alive()


def test_a_healthcheck_says_little(waitfor, peer):
    """Docker keeps 4096 bytes of it (FACTS 40)."""
    result = waitfor("--once", *(f"tcp://{peer(listen=False).target}" for _ in range(5)))
    assert result.code == 1
    assert len(result.err) < 4096
    assert len(result.lines) <= 10, result


def test_stdout_belongs_to_the_app(waitfor, peer):
    assert waitfor("-v", f"tcp://{peer().target}", "--", "true").out == ""


def test_verbose_lines_too_begin_with_the_name(waitfor, peer):
    result = waitfor("-v", "-t", "300ms", f"tcp://{peer(listen=False).target}")
    assert all(line.startswith("waitfor: ") for line in result.lines), result


def test_the_lines_are_whole_and_clean_whatever_the_target(waitfor):
    """A newline or an escape in a target must not forge a line or colour a terminal."""
    for target in ("tcp://a\nwaitfor: b:1: ready:2", "tcp://\x1b[31mred:1", "tcp://a\tb:80"):
        result = waitfor("-t", "300ms", target)
        assert result.code == 125 and len(result.lines) == 1, result
        assert result.lines[0].isprintable(), repr(result.err)


# --- secrets ------------------------------------------------------------------------------------

def secret_sources(target, folder):
    file = folder / "pass"
    file.write_text(f"*:*:*:*:{SECRET}\n")
    file.chmod(0o600)
    return {
        "URI": ([f"postgres://app:{SECRET}@{target}/x"], {}),
        "parameter": ([f"postgres://app@{target}/x?password={SECRET}"], {}),
        "parameter first": ([f"postgres://{target}/x?password={SECRET}&user=app"], {}),
        "PGPASSWORD": ([f"postgres://app@{target}/x"], {"PGPASSWORD": SECRET}),
        "file": ([f"postgres://app@{target}/x"], {"PGPASSFILE": str(file)}),
        "variable": (["${URL}"], {"URL": f"postgres://app:{SECRET}@{target}/x"}),
        "named": ([f"api=postgres://app:{SECRET}@{target}/x"], {}),
        "WAITFOR_TARGETS": ([], {"WAITFOR_TARGETS": f"postgres://app:{SECRET}@{target}/x"}),
        "TLS key's password": ([f"postgres://app@{target}/x?sslpassword={SECRET}"], {}),
    }


@pytest.mark.parametrize("case", ["URI", "parameter", "parameter first", "PGPASSWORD", "file",
                                  "variable", "named", "WAITFOR_TARGETS", "TLS key's password"])
def test_no_secret_in_any_line_or_in_the_apps_view(waitfor, peer, folder, case):
    server = peer(pgwire.refuses("28P01", f"password {SECRET} is wrong"))
    args, env = secret_sources(server.target, folder)[case]
    result = waitfor("-v", "-t", "300ms", "--run-anyway", *args, "--", "env", env=env)
    assert SECRET not in result.err, result
    # The app keeps the variables it was given; none of the new ones may hold the secret.
    added = [line for line in result.out.splitlines()
             if SECRET in line and line.split("=")[0] not in env]
    assert result.code == 0 and not added, result


@pytest.mark.parametrize("target, told", [("postgres://db,other/app", False), ("postgres://other/app", False),
                                          ("postgres://db/app", True)])
def test_a_links_password_is_for_its_peer_alone(waitfor, net, peer, target, told):
    """Every host asks for a password, as anybody's server can."""
    def script(connection):
        if pgwire.read_startup(connection) is not None:
            connection.send(pgwire.ask_cleartext_password())
            connection.drain()
    servers = [peer(script, address=net.address(at), port=5432, net=net)
               for at in ("10.77.0.5", "10.77.0.6")]
    net.rewrite(net.hosts, "10.77.0.5 db\n10.77.0.6 other\n")
    waitfor("-t", "700ms", target, net=net, env={"DB_NAME": "/app/db",
                                                 "DB_ENV_POSTGRES_PASSWORD": SECRET})
    received = b"".join(c.received for server in servers for c in server.connections)
    assert (SECRET.encode() in received) == told, received


def test_no_secret_is_added_to_what_proc_shows(waitfor, peer, folder):
    """A password from a file must not turn up in /proc/PID, which others may read."""
    server = peer(silence)
    args, env = secret_sources(server.target, folder)["file"]
    running = waitfor.start("-t", "20s", *args, env=env)
    server.wait_connections(1)
    for name in ("cmdline", "environ", "comm"):
        with open(f"/proc/{running.pid}/{name}", "rb") as file:
            assert SECRET.encode() not in file.read()


def test_the_masked_target_is_still_recognisable(waitfor, peer):
    target = peer(listen=False).target
    result = waitfor("-t", "300ms", f"postgres://app:{SECRET}@{target}/x")
    assert f"postgres://app:***@{target}/x" in result.err, result


# How a target may be written, `{at}` being host:port, and what of it must stay to be read.
QUERIES = {
    "a user with an @": ("postgres://{at}/shop?user=me@corp&password=" + SECRET,
                         ["{at}/shop", "user=me@corp"]),
    "a password with an @": ("postgres://{at}/shop?user=me&password=p@ss:" + SECRET,
                             ["{at}/shop", "user=me"]),
    "a password with an @ before others": (
        "postgres://{at}/?password=p@ss:" + SECRET + "&user=me&sslmode=disable",
        ["{at}/", "user=me", "sslmode=disable"]),
    "an OAuth client's secret": ("postgres://me@{at}/shop?oauth_client_secret=" + SECRET,
                                 ["me@{at}/shop"]),
    "SCRAM's client key": ("postgres://me@{at}/shop?scram_client_key=" + SECRET,
                           ["me@{at}/shop"]),
    "SCRAM's server key": ("postgres://me@{at}/shop?scram_server_key=" + SECRET,
                           ["me@{at}/shop"]),
    "host and port among them": (
        "postgres:///?host={host}&port={port}&dbname=shop&user=me@corp&password=" + SECRET,
        ["host={host}", "port={port}", "dbname=shop", "user=me@corp"]),
    "a user with an @, and an IPv6 address": (
        "postgres://[::1]:{port}/shop?user=me@corp&password=" + SECRET,
        ["[::1]:{port}/shop", "user=me@corp"]),
    "a user with an @, and two hosts": (
        "postgres://{at},{at}/shop?user=me@corp&password=" + SECRET,
        ["{at},{at}/shop", "user=me@corp"]),
    "two passwords": ("postgres://me:" + SECRET + "@{at}/shop?password=x@" + SECRET,
                      ["{at}/shop"]),
}


@pytest.mark.parametrize("case", QUERIES)
def test_no_secret_of_a_query_and_all_else_of_it(waitfor, peer, case):
    server = peer(listen=False)
    form = {"at": server.target, "host": server.address, "port": server.port}
    target, visible = QUERIES[case]
    result = waitfor("-v", "-t", "300ms", target.format(**form))
    assert result.code in (124, 125) and result.lines, result
    assert SECRET not in result.err, result
    for text in visible:
        assert text.format(**form) in result.err, result


def test_no_secret_that_the_answer_to_the_query_says_back(waitfor, peer):
    def script(connection):
        pgwire.read_startup(connection)
        connection.send(pgwire.welcome())
        connection.read()
        connection.send(pgwire.error("57014", f"password {SECRET}, was it?", "ERROR")
                        + pgwire.message(b"Z", b"I"))
        connection.drain()
    server = peer(script)
    result = waitfor("-v", "-t", "700ms", f"postgres://app:{SECRET}@{server.target}/x")
    assert result.code == 124 and server.connections, result
    assert SECRET not in result.err, result


@pytest.mark.parametrize("stage", ["startup", "query"])
def test_no_first_line_of_a_secret_that_a_server_says_back(waitfor, peer, stage):
    """Of what a server says one line is shown: its end may be the newline in a password (FACTS 2)."""
    said = f"password {SECRET}\nxyzzy, was it?"

    def script(connection):
        if stage == "startup":
            pgwire.refuses("28P01", said)(connection)
            return
        pgwire.read_startup(connection)
        connection.send(pgwire.welcome())
        connection.read()
        connection.send(pgwire.error("57014", said, "ERROR") + pgwire.message(b"Z", b"I"))
        connection.drain()
    server = peer(script)
    result = waitfor("-v", "-t", "700ms", f"postgres://app:{SECRET}%0Axyzzy@{server.target}/x")
    assert result.code == 124 and server.connections, result
    assert SECRET not in result.err and "xyzzy" not in result.err, result


@pytest.mark.parametrize("password", ["", f":{SECRET}"], ids=["ping", "login"])
def test_what_a_server_says_cannot_steer_a_terminal(waitfor, peer, password):
    """U+009B is to a terminal what ESC [ is."""
    server = peer(pgwire.refuses("57P03", "\u009b31mred\u009b0m \x1b[31m \u0085 \u202eend\u2066\u200b\u2028"))
    result = waitfor("-v", "-t", "700ms", f"postgres://app{password}@{server.target}/x")
    assert result.code == 124 and "red" in result.err, result
    assert all(line.isprintable() for line in result.err.split("\n")), repr(result.err)


def test_a_reason_line_comes_at_once(waitfor, peer):
    """A log that is read live must not wait for a buffer to fill."""
    running = waitfor.start(f"tcp://{peer(listen=False).target}")
    until(lambda: running.err().endswith("\n"), 5, "the first line is written")
    assert running.alive()
