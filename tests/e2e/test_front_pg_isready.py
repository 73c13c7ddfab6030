"""waitfor called as pg_isready: each line is given to PostgreSQL's pg_isready as well, and both must do the same."""

import pytest

from support import pgwire
from support.fronts import seen
from support.peers import close_at_once, says, silence

HINT = 'pg_isready: hint: Try "pg_isready --help" for more information.\n'
# (command line, exit code, stdout, stderr) that no server is needed for.
CASES = [
    ("-h 127.0.0.1 -p 1", 2, "127.0.0.1:1 - no response\n", ""),
    ("-qh127.0.0.1 -p1", 2, "", ""),
    ("--ho=127.0.0.1 --po 1 -t 0", 2, "127.0.0.1:1 - no response\n", ""),
    ("-h 127.0.0.1,127.0.0.2 -p 1", 2, "127.0.0.1,127.0.0.2:1 - no response\n", ""),
    ("-h ::1 -p 1 -t 2", 2, "::1:1 - no response\n", ""),
    ("-h localhost -p 1", 2, "localhost:1 - no response\n", ""),
    ("-h /no/such/folder -d shop", 2, "/no/such/folder:5432 - no response\n", ""),
    ("-p 1", 2, "/var/run/postgresql:1 - no response\n", ""),
    ("-d postgresql://127.0.0.1:1/shop -h other", 2, "127.0.0.1:1 - no response\n", ""),
    ("-x", 3, "", f"pg_isready: invalid option -- 'x'\n{HINT}"),
    ("-h", 3, "", f"pg_isready: option requires an argument -- 'h'\n{HINT}"),
    ("--frob=1", 3, "", f"pg_isready: unrecognized option '--frob=1'\n{HINT}"),
    ("--host", 3, "", f"pg_isready: option '--host' requires an argument\n{HINT}"),
    ("--quiet=1", 3, "", f"pg_isready: option '--quiet' doesn't allow an argument\n{HINT}"),
    ("db other", 3, "", f'pg_isready: error: too many command-line arguments (first is "db")\n{HINT}'),
    ("db -x", 3, "", f"pg_isready: invalid option -- 'x'\n{HINT}"),
    ("-- -q", 3, "", f'pg_isready: error: too many command-line arguments (first is "-q")\n{HINT}'),
]


@pytest.fixture
def both(fronts):
    """Runs a line as both programs, which must do the same."""
    def run(*words, **kwargs):
        front, original = fronts("pg_isready", *words, **kwargs), fronts.original("pg_isready", *words, **kwargs)
        assert seen(front) == seen(original), (front, original)
        return seen(front)
    return run


@pytest.mark.parametrize("line, code, out, err", CASES, ids=[case[0] for case in CASES])
def test_it_is_pg_isready(both, line, code, out, err):
    assert both(*line.split()) == (code, out, err)


def test_a_server_that_accepts(both, pg):
    for words in (["-h", "127.0.0.1"], ["-h", str(pg.folder)], ["-h", "127.0.0.1", "-U", "nobody", "-d", "no/such"],
                  ["-h", "localhost", "-U", "postgres"], ["-h", "127.0.0.1,127.0.0.2"]):
        assert both(*words, "-p", pg.port) == (0, f"{words[1]}:{pg.port} - accepting connections\n", "")
    assert both("-q", "-h", "127.0.0.1", "-p", pg.port) == (0, "", "")
    assert both("-d", f"postgres://127.0.0.1:{pg.port}/shop") == (0, f"127.0.0.1:{pg.port} - accepting connections\n", "")


def test_libpqs_variables(both, pg):
    env = {"PGHOST": "127.0.0.1", "PGPORT": str(pg.port), "PGUSER": "app", "PGPASSWORD": "wrong"}
    assert both(env=env) == (0, f"127.0.0.1:{pg.port} - accepting connections\n", "")


@pytest.mark.parametrize("script, code, answer", [
    (pgwire.refuses("57P03", "the database system is starting up"), 1, "rejecting connections"),
    (pgwire.refuses("57P03", "the database system is shutting down"), 1, "rejecting connections"),
    (pgwire.refuses("53300", "sorry, too many clients already"), 0, "accepting connections"),
    (pgwire.refuses("28000", "no entry in pg_hba.conf"), 0, "accepting connections"),
    (pgwire.answers(pgwire.ask_cleartext_password()), 0, "accepting connections"),
    (close_at_once, 2, "no response"),
    (silence, 2, "no response"),
    (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), 2, "no response"),
], ids=["starting", "stopping", "full", "denied", "wants a password", "hangs up", "silent", "no PostgreSQL"])
def test_what_servers_answer(both, peer, script, code, answer):
    host, port = peer(script).target.rsplit(":", 1)
    assert both("-h", host, "-p", port, "-t", "2") == (code, f"{host}:{port} - {answer}\n", "")


def test_a_uri_without_a_host(both, fronts, peer):
    """libpq takes from the options and the variables what the URI does not name, and an empty option names nothing."""
    host, port = peer(pgwire.answers(pgwire.ask_cleartext_password())).target.rsplit(":", 1)
    told = (0, f"{host}:{port} - accepting connections\n", "")
    assert both("-d", "postgresql:///x", "-h", host, "-p", port) == told
    # The original says an empty place then.
    assert seen(fronts("pg_isready", "-h", "", "-p", "", env={"PGHOST": host, "PGPORT": port})) == told
    assert fronts.original("pg_isready", "-h", "", "-p", "", env={"PGHOST": host, "PGPORT": port}).code == 0
    assert both("-p", port, env={"PGHOSTADDR": host}) == told


# --- what differs (docs/DROP-IN.md) ---------------------------------------------------------------

def test_the_version_is_waitfors(fronts):
    result = fronts("pg_isready", "--version")
    assert result.code == 0 and result.out.startswith("pg_isready (waitfor "), result
    assert fronts("pg_isready", "-?").out.startswith("pg_isready tells ")


def test_keywords_are_refused(fronts):
    result = fronts("pg_isready", "-d", "host=127.0.0.1 password=secret")
    assert result.code == 3 and "postgresql:// URI" in result.err and "secret" not in result.err, result


@pytest.mark.parametrize("words", [["-p", "x"], ["-p", "0"], ["-t", "x"], ["-t", "-1"]])
def test_a_wrong_number_is_no_attempt(fronts, words):
    result = fronts("pg_isready", "-h", "127.0.0.1", *words)
    assert (result.code, result.out) == (3, "") and len(result.lines) == 1, result


def test_the_servers_log_stays_clean(fronts, new_pg):
    server = new_pg().start()
    before = server.log()
    assert fronts("pg_isready", "-h", "127.0.0.1", "-p", server.port).code == 0
    assert server.log() == before


def test_no_file_of_services_is_read(fronts, peer):
    host, port = peer(listen=False).target.rsplit(":", 1)
    assert fronts("pg_isready", "-h", host, "-p", port, env={"PGSERVICE": "nosuch"}).code == 2
