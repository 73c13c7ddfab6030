"""Real PostgreSQL servers: what counts as ready, and what a probe costs them (FACTS 22 to 30)."""

import os
import signal
from urllib.parse import quote

import pytest

from support.pgwire import read_startup
from support.pace import NOISY, at_most
from support.peers import relay_to
from support.postgres import PASSWORD, PASSWORD_IN_URI
from support.until import until

QUICK = ("-t", "1200ms")


def fails(result, reason):
    assert result.code == 124, result
    assert reason in result.err, result
    return True


# --- ping and login -----------------------------------------------------------------------------

@pytest.mark.parametrize("role", ["app", "nobody_such", "trusty"])
def test_without_a_password_an_answer_is_enough(waitfor, pg, role):
    """An authentication request proves that the server is up, for any role (FACTS 23)."""
    assert waitfor("-t", "10s", pg.uri(role, password="")).code == 0


@pytest.mark.parametrize("database", ["no_such_db", "closed"])
def test_in_ping_mode_a_refused_database_is_an_answer_too(waitfor, pg, database):
    assert waitfor("-t", "10s", pg.uri("trusty", "", database)).code == 0


def test_a_target_without_scheme_or_user(waitfor, net, peer, pg):
    """`waitfor db:5432`, the README's first line."""
    net.rewrite(net.hosts, "10.77.0.1 db\n")
    peer(relay_to("127.0.0.1", pg.port), address="10.77.0.1", port=5432, net=net)
    assert waitfor("-t", "10s", "db:5432", net=net).code == 0


@pytest.mark.parametrize("form", ["uri", "parameter", "PGPASSWORD", "PGPASSFILE", "passfile",
                                  "home"])
def test_with_the_password_from_anywhere_it_logs_in(waitfor, pg, folder, form):
    line = f"127.0.0.1:{pg.port}:app:app:{PASSWORD}\n"
    file = folder / ".pgpass"
    file.write_text(line, encoding="utf-8")
    file.chmod(0o600)
    password, parameters, env = {
        "uri": (PASSWORD_IN_URI, "", {}),
        "parameter": ("", f"?password={PASSWORD_IN_URI}", {}),
        "PGPASSWORD": ("", "", {"PGPASSWORD": PASSWORD}),
        "PGPASSFILE": ("", "", {"PGPASSFILE": str(file)}),
        "passfile": ("", f"?passfile={file}", {}),
        "home": ("", "", {"HOME": str(folder)}),
    }[form]
    # A database the role may not enter tells login from ping: only a login can be denied it.
    assert waitfor("-t", "10s", pg.uri("app", password, "app", parameters=parameters), env=env).code == 0
    file.write_text(line.replace(":app:app:", ":closed:app:"), encoding="utf-8")
    fails(waitfor(*QUICK, pg.uri("app", password, "closed", parameters=parameters), env=env), "denied")


@pytest.mark.parametrize("case", ["wrong password", "no such database", "closed database"])
def test_a_login_that_is_denied(waitfor, pg, case):
    target = {"wrong password": pg.uri(password="wrong"),
              "closed database": pg.uri(database="closed"),
              "no such database": pg.uri(database="no_such_db")}[case]
    fails(waitfor(*QUICK, target), "denied")
    result = waitfor("-t", "60s", "--fail-fast", target)
    assert fails(result, "denied") and result.seconds < 15


def test_a_database_that_is_created_during_the_wait(waitfor, new_pg):
    pg = new_pg().start()
    running = waitfor.start("-t", "20s", pg.uri(database="later"))
    running.wait_err("denied")
    pg.sql("CREATE DATABASE later OWNER app")
    assert running.finish().code == 0


def test_a_database_that_does_not_exist_yet(waitfor, pg):
    """NEWCOMER 6: one that nobody named is not judged, and one that may be missing is not, either."""
    place = f"127.0.0.1:{pg.port}"
    pg.sql("CREATE ROLE lonely LOGIN PASSWORD 'alone'")
    assert waitfor("-t", "10s", f"postgres://lonely:alone@{place}").code == 0
    assert waitfor("-t", "10s", pg.uri(database="no_such_db", parameters="?missing-database=ok")).code == 0
    fails(waitfor(*QUICK, f"postgres://lonely:alone@{place}/lonely"), 'denied: 3D000: database "lonely"')
    fails(waitfor(*QUICK, f"postgres://lonely:wrong@{place}"), "denied: 28P01")


@pytest.mark.parametrize("target", [("nobody_such", "", "app"), ("trusty", "", "no_such_db"), ("app", "", "app")])
def test_an_answer_does_not_show_what_target_session_attrs_asks(waitfor, pg, target):
    """HOSTILE D7."""
    fails(waitfor(*QUICK, pg.uri(*target, parameters="?target_session_attrs=read-write")), "denied")


def test_user_and_database_from_the_usual_variables(waitfor, pg):
    target = f"postgres://127.0.0.1:{pg.port}"
    good = {"PGUSER": "app", "PGDATABASE": "app", "PGPASSWORD": PASSWORD}
    assert waitfor("-t", "10s", target, env=good).code == 0
    fails(waitfor(*QUICK, target, env={**good, "PGDATABASE": "closed"}), "denied")
    # The URI wins over the variables.
    wrong = {"PGUSER": "x", "PGDATABASE": "x", "PGPASSWORD": "x"}
    assert waitfor("-t", "10s", pg.uri(), env=wrong).code == 0


@pytest.mark.parametrize("env", [
    {"PGHOSTADDR": "192.0.2.1"}, {"PGSERVICE": "elsewhere"}, {"PGPORT": "1"},
    {"PGHOST": "192.0.2.1"}, {"PGSERVICEFILE": "/nonexistent"},
    {"PGTARGETSESSIONATTRS": "standby"}, {"PGSSLCERT": "/nonexistent"},
    {"PGCHANNELBINDING": "prefer"}, {"PGOPTIONS": "-c nonsense"}, {"PGCONNECT_TIMEOUT": "1"},
    {"PGREQUIREPEER": "nobody"}, {"PGGSSENCMODE": "prefer"}, {"PGLOADBALANCEHOSTS": "random"},
    {"PGTZ": "Nowhere/Atall"}, {"PGDATESTYLE": "nonsense"}, {"PGGEQO": "perhaps"},
], ids=lambda env: next(iter(env)))
def test_stray_variables_neither_redirect_nor_break(waitfor, pg, env):
    """FACTS 29: they are there for the app."""
    assert waitfor("-t", "5s", pg.uri(), env=env).code == 0


def test_a_password_file_that_others_may_read_is_said_once(waitfor, pg, folder):
    """FACTS 30: libpq ignores it; Docker secrets are 0444."""
    file = folder / "secret"
    file.write_text(f"*:*:*:app:{PASSWORD}\n", encoding="utf-8")
    file.chmod(0o444)
    result = waitfor("-t", "10s", pg.uri(password=""), env={"PGPASSFILE": str(file)})
    assert result.code == 0, "which leaves ping mode"
    assert sum(str(file) in line for line in result.lines) == 1, result
    assert all(line.startswith("waitfor: ") for line in result.lines), result
    assert PASSWORD not in result.err


def test_the_encoding_of_the_locale(waitfor, pg):
    """libpq names it to the server, which refuses a login with an encoding that it does not know."""
    assert waitfor("-t", "10s", pg.uri(parameters="?client_encoding=auto")).code == 0
    refused = waitfor("-t", "10s", "--once", pg.uri(parameters="?client_encoding=no-such"))
    assert refused.code == 1 and "no-such" in refused.err, refused


def test_without_home_and_without_a_passwd_entry(waitfor, pg):
    """A container's --user 12345: libpq alone would not know who it is (FACTS 30)."""
    if os.geteuid() != 0:
        pytest.skip("only root may become a user without a passwd entry")
    wrap = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "--"]
    assert waitfor("-t", "10s", f"postgres://127.0.0.1:{pg.port}", wrap=wrap).code == 0


# --- what stays in the server's log -------------------------------------------------------------

def test_a_ping_leaves_not_one_line_in_the_log(waitfor, new_pg):
    pg = new_pg().start()
    before = pg.log()
    for _ in range(5):
        assert waitfor("-t", "10s", pg.uri(password="")).code == 0
    assert waitfor("-t", "10s", "--once", f"postgres://127.0.0.1:{pg.port}").code == 0
    pg.sql("DO $$ BEGIN RAISE LOG 'end of test'; END $$")
    until(lambda: "end of test" in pg.log())
    said = pg.log()[len(before):].splitlines()
    assert said[0] == "LOG:  end of test", said


def test_a_login_leaves_not_one_line_either(waitfor, new_pg):
    pg = new_pg().start()
    before = pg.log()
    assert waitfor("-t", "10s", pg.uri()).code == 0
    until(lambda: "0" == pg.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'"))
    assert pg.log() == before


# --- a server's life ----------------------------------------------------------------------------

def keep_starting(pg):
    """Held in recovery, where each connection gets 57P03, until the file `go` exists."""
    pg.append("postgresql.conf", f"restore_command = 'until test -e {pg.folder}/go; "
                                 "do sleep 0.1; done; false'\n")
    (pg.data / "recovery.signal").touch()
    pg.start(wait=False)
    until(pg.answers, 30, "the starting server answers")
    return pg.folder / "go"


@pytest.mark.parametrize("password", ["", PASSWORD_IN_URI], ids=["ping", "login"])
def test_a_server_that_is_starting_up_is_not_ready(waitfor, new_pg, password):
    pg = new_pg()
    go = keep_starting(pg)
    running = waitfor.start("-t", "40s", pg.uri(password=password))
    running.wait_err("answers but is not ready")
    logged = pg.log().count("FATAL")
    until(lambda: pg.log().count("FATAL") > logged, what="it is asked again")
    assert running.alive()
    go.touch()
    assert running.finish(40).code == 0


def test_a_starting_server_is_asked_sparingly(waitfor, new_pg):
    """Each 57P03 is a line in its log: 10 % of the time waited, 80 ms to 1 s."""
    pg = new_pg()
    keep_starting(pg)
    before = pg.log().count("FATAL")
    fails(waitfor("-t", "2s", pg.uri(password="")), "answers but is not ready")
    assert 4 <= pg.log().count("FATAL") - before <= at_most(2, NOISY)


def test_a_server_that_comes_late(waitfor, new_pg):
    pg = new_pg()
    running = waitfor.start("-t", "40s", pg.uri())
    running.wait_err("connection refused")
    pg.start(wait=False)
    assert running.finish(40).code == 0


def test_shut_down_during_the_wait_and_back_again(waitfor, new_pg):
    pg = new_pg().start()
    session = pg.session()
    try:
        pg.process.send_signal(signal.SIGTERM)      # smart: it stays for the open session
        until(lambda: "shutdown request" in pg.log(), 20, "the shutdown has begun")
        running = waitfor.start("-t", "60s", pg.uri())
        running.wait_err("answers but is not ready")
    finally:
        session.stdin.close()
        session.wait(10)
    running.wait_err("connection refused", 20)
    pg.stop()
    pg.start(wait=False)
    assert running.finish(40).code == 0


def test_too_many_clients(waitfor, new_pg):
    pg = new_pg().start(max_connections=2)
    sessions = [pg.session(), pg.session()]
    try:
        running = waitfor.start("-t", "40s", pg.uri())
        running.wait_err("too many clients")
        ping = waitfor("-t", "1s", pg.uri(password=""))
        fails(ping, "too many clients")
        assert running.alive()
    finally:
        for session in sessions:
            session.stdin.close()
            session.wait(10)
    assert running.finish(40).code == 0


@pytest.mark.parametrize("want", ["read-write", "primary"])
def test_a_hot_standby_is_not_suitable_for_writing(waitfor, new_pg, want):
    pg = new_pg()
    (pg.data / "standby.signal").touch()
    pg.start()
    target = pg.uri(parameters=f"?target_session_attrs={want}")
    assert waitfor("-t", "10s", pg.uri()).code == 0, "without the wish it is as good as any"
    assert waitfor("-t", "10s", pg.uri(parameters="?target_session_attrs=standby")).code == 0
    running = waitfor.start("-t", "40s", target)
    running.wait_err("not suitable")
    pg.run(pg.bin / "pg_ctl", "promote", "-D", pg.data)
    assert running.finish(40).code == 0


def test_a_standby_that_takes_no_queries_is_not_ready(waitfor, new_pg):
    pg = new_pg()
    (pg.data / "standby.signal").touch()
    pg.start(wait=False, hot_standby="off")
    until(pg.answers, 30)
    fails(waitfor(*QUICK, pg.uri(password="")), "answers but is not ready")


# --- several hosts and other parameters ---------------------------------------------------------

def test_the_writable_one_of_two_hosts(waitfor, new_pg, pg):
    standby = new_pg()
    (standby.data / "standby.signal").touch()
    standby.start()
    hosts = f"127.0.0.1:{standby.port},127.0.0.1:{pg.port}"
    target = pg.uri(host=hosts, parameters="?target_session_attrs=read-write")
    assert waitfor("-t", "15s", target).code == 0


def test_a_wish_that_any_server_meets_needs_no_login(waitfor, pg):
    """prefer-standby takes a primary too: there is nothing to find out that a ping does not."""
    target = pg.uri(password="", parameters="?target_session_attrs=prefer-standby")
    assert waitfor("-t", "5s", target).code == 0


def test_a_unix_socket_in_a_deep_folder(waitfor, new_pg):
    """The kernel takes 107 characters, the socket's own name included."""
    pg = new_pg()
    deep = f"{pg.folder}/" + "x" * (107 - len(f"/.s.PGSQL.{pg.port}") - len(f"{pg.folder}/"))
    pg.run("mkdir", deep)
    pg.start(unix_socket_directories=f"{pg.folder},{deep}")
    result = waitfor("-t", "10s", "--pin", f"db=postgres:///?host={deep}&port={pg.port}&user=trusty",
                     "--", "env")
    assert result.code == 0, result
    shown = dict(line.split("=", 1) for line in result.out.splitlines())
    assert (shown["DB_HOST"], shown["DB_ADDR"]) == (deep, deep)
    assert shown["DB_PORT"] == str(pg.port)


def test_a_unix_socket_as_an_escaped_host(waitfor, pg):
    host = f"{quote(str(pg.folder), safe='')}:{pg.port}"
    assert waitfor("-t", "10s", pg.uri("trusty", "", "trusty", host=host)).code == 0


def test_a_list_of_hosts_without_the_first(waitfor, pg, peer):
    hosts = f"127.0.0.1:{peer(listen=False).port},127.0.0.1:{pg.port}"
    assert waitfor("-t", "15s", pg.uri(host=hosts)).code == 0


def test_parameters_reach_the_server(waitfor, pg, peer):
    seen = []

    def spy(connection):
        seen.append(read_startup(connection))

    relay = peer(spy)
    target = pg.uri(password="", host=relay.target,
                    parameters="?application_name=my%20app&options=-c%20geqo%3Doff")
    waitfor("-t", "500ms", target)
    assert seen[0]["application_name"] == "my app"
    assert seen[0]["options"] == "-c geqo=off"
    assert (seen[0]["user"], seen[0]["database"]) == ("app", "app")


def test_tls_that_is_asked_for_is_not_silently_left_out(waitfor, pg):
    """The server here has no TLS; the flavour without TLS cannot have it at all."""
    result = waitfor(*QUICK, pg.uri(parameters="?sslmode=require"))
    assert result.code in (124, 125), result
    assert "TLS" in result.err or "sslmode" in result.err, result


# --- a table, a query ---------------------------------------------------------------------------

def test_a_table_that_a_migration_makes(waitfor, new_pg):
    pg = new_pg().start()
    running = waitfor.start("-t", "30s", pg.uri(parameters="?table=shop.orders"))
    running.wait_err("answers but is not ready: no such table: shop.orders")
    pg.sql("CREATE SCHEMA shop; CREATE TABLE shop.orders (id int); GRANT USAGE ON SCHEMA shop TO app", database="app")
    assert running.finish(40).code == 0
    for name in ("orders", "shop.order", "SHOP.orders2", "'; DROP TABLE shop.orders; --", "\"Orders\""):
        result = waitfor(*QUICK, pg.uri(parameters=f"?table={quote(name, safe='')}"))
        assert result.code == 124, result
    for name in ("SHOP.Orders", '"shop"."orders"', "pg_catalog.pg_class", "pg_class"):
        assert waitfor("-t", "10s", pg.uri(parameters=f"?table={quote(name, safe='')}")).code == 0


@pytest.mark.parametrize("sql, reason", [
    ("SELECT true", None), ("SELECT 1", None), ("SELECT 'ready'", None), ("SELECT count(*) FROM pg_class", None),
    ("SELECT false", "the first column of the query's first row is not true"), ("SELECT 0", "is not true"),
    ("SELECT NULL", "is not true"), ("SELECT ''", "is not true"), ("SELECT 1 WHERE false", "the query gives no rows"),
    ("SELECT", "is not true"), ("SET work_mem = '1MB'", "the query gives no rows"),
    ("SELECT 1 FROM nothing_of_that", "42P01"), ("SELECT 1 FROM nobody.x", "42P01"), ("SELEC", "42601")])
def test_a_query(waitfor, pg, sql, reason):
    result = waitfor(*QUICK, pg.uri(parameters=f"?query={quote(sql, safe='')}"))
    assert (result.code == 124 and reason in result.err) if reason else result.code == 0, result


def test_a_table_takes_a_login_or_a_server_that_asks_for_none(waitfor, pg):
    assert fails(waitfor(*QUICK, pg.uri("app", "", parameters="?table=pg_class")),
                 "a password is needed to see whether table is met")
    assert waitfor("-t", "10s", pg.uri("trusty", "", parameters="?table=pg_class")).code == 0
    assert fails(waitfor(*QUICK, pg.uri("trusty", "", parameters="?table=nothing_of_that")), "no such table")
    assert fails(waitfor(*QUICK, pg.uri("trusty", "", parameters="?query=SELEC")), "42601")
