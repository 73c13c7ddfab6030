"""Real MariaDB servers, and scripted MySQL: what counts as ready, and what a wait leaves at the server."""

import contextlib
import re
import subprocess

import pytest

from support import mysqlwire as wire
from support.mariadb import PASSWORD, PASSWORD_IN_URI, MariaDB, program
from support.peers import greets, silence
from support.until import until
from test_targets import link

QUICK = ("--once", "--attempt-timeout", "9s")


@pytest.fixture(scope="session")
def my_template():
    server = MariaDB()
    yield server
    server.close()


@pytest.fixture(scope="session")
def mariadb(my_template):
    """A running server for every test that does not change it."""
    server = MariaDB(my_template).start()
    yield server
    server.close()


@pytest.fixture
def new_mariadb(my_template):
    """Makes servers of the test's own, not started yet."""
    made = []

    def make(**where):
        made.append(MariaDB(my_template, **where))
        return made[-1]

    yield make
    for server in made:
        server.close()


def fails(result, reason):
    assert result.code in (1, 124) and reason in result.err, result
    assert PASSWORD not in result.err and PASSWORD_IN_URI not in result.err, result


@pytest.mark.parametrize("who", [("", ""), ("app", PASSWORD_IN_URI)])
def test_from_nobody_to_ready(waitfor, new_mariadb, who):
    """The wait begins before the server does."""
    server = new_mariadb()
    running = waitfor.start("-v", "-t", "60s", server.uri(*who))
    running.wait_err("refused")
    server.start(wait=False)
    result = running.finish(70)
    assert result.code == 0, result
    assert re.search(rf"ready at {server.target} after ", result.err), result
    assert server.log().count("Access denied") == (0 if who[0] else 1), server.log()


# --- the server does not mind ---------------------------------------------------------------------

HERE = "10.77.0.1"
ERRORS = ("SELECT SUM_CONNECT_ERRORS, COUNT_HANDSHAKE_ERRORS, HOST_VALIDATED FROM performance_schema.host_cache "
          f"WHERE IP = '{HERE}'")


@pytest.fixture
def touchy(net, new_mariadb):
    """A server that blocks a host after ten errors. It does not count those of 127.0.0.1, nor of a host without a name."""
    net.rewrite(net.hosts, f"127.0.0.1 localhost\n{HERE} client.test\n")
    return new_mariadb(net=net, address=HERE).start(max_connect_errors=10, performance_schema="ON", log_warnings=4)


def client_is_let_in(server):
    done = subprocess.run([*server.net.enter, program("mariadb"), "--no-defaults", "-h", HERE, "-u", "anybody", "-N",
                           "-e", "SELECT 1"], capture_output=True, text=True)
    return done.stdout == "1\n", done.stderr


def leave_after_the_greeting(server):
    with server.net.socket() as sock:
        sock.settimeout(10)
        sock.connect((HERE, 3306))
        return sock.recv(1000)


def test_two_hundred_probes_do_not_block_the_host(waitfor, touchy):
    for _ in range(10):
        result = waitfor("-q", "-t", "20s", "--successes", "20", "--max-interval", "1ms", f"mysql://{touchy.target}",
                         net=touchy.net)
        assert result.code == 0, result
    assert touchy.status("Connections") > 200 and touchy.status("Aborted_connects") >= 200, "all were denied"
    assert touchy.sql(ERRORS) == "0\t0\tYES" and touchy.status("Aborted_connects_preauth") == 0
    assert client_is_let_in(touchy) == (True, "")
    assert not re.search(r"\[ERROR\]|Aborted connection", touchy.log()), touchy.log()


def test_logins_in_vain_do_not_block_the_host(waitfor, touchy):
    for target, why in ((touchy.uri(password="wrong"), "denied: 1045"), (touchy.uri(rest="/late"), "1049"),
                        (touchy.uri("nobody", "x"), "denied: 1045"), (touchy.uri(rest="/closed"), "denied: 1044")):
        fails(waitfor("-t", "1500ms", "--max-interval", "50ms", target, net=touchy.net), why)
    assert touchy.sql(ERRORS) == "0\t0\tYES" and touchy.status("Aborted_connects") > 40
    assert client_is_let_in(touchy) == (True, "")


def test_probes_without_a_password_do_not_lock_the_account(waitfor, new_mariadb):
    server = new_mariadb().start(max_password_errors=3)
    for _ in range(6):
        assert waitfor("-t", "9s", server.uri(password=None)).code == 0
    assert waitfor("-t", "9s", server.uri()).code == 0
    fails(waitfor("-t", "2s", "--max-interval", "50ms", server.uri(password="wrong")), "denied: 4150: User is blocked")


def test_a_host_that_is_blocked(waitfor, touchy):
    """The counter-check: these are the errors that the tests above look for."""
    while b"blocked" not in leave_after_the_greeting(touchy):
        pass
    assert "blocked" in client_is_let_in(touchy)[1]
    fails(waitfor(*QUICK, touchy.target, net=touchy.net), "denied: this host is blocked: 1129: Host ")
    running = waitfor.start("-v", "-t", "30s", touchy.target, net=touchy.net)
    running.wait_err("this host is blocked")
    touchy.sql("FLUSH HOSTS")
    assert running.finish(40).code == 0


def test_a_host_that_may_not_connect(waitfor, net, new_mariadb):
    net.rewrite(net.hosts, f"127.0.0.1 localhost\n{HERE} client.test\n")
    server = new_mariadb(net=net, address=HERE).start()
    server.sql("DROP USER app, anybody, secure, locked; CREATE USER other@'10.1.1.1'; FLUSH PRIVILEGES")
    fails(waitfor(*QUICK, server.target, net=net), "denied: this host may not connect: 1130: Host ")


def test_a_session_ends_with_a_goodbye(waitfor, new_mariadb):
    server = new_mariadb().start(log_warnings=4)
    result = waitfor("-q", "-t", "20s", "--successes", "20", "--max-interval", "1ms",
                     server.uri(rest="/shop?query=SELECT%201%20UNION%20SELECT%202"))
    assert result.code == 0, result
    until(lambda: server.status("Threads_connected") == 1, what="all but this client have left")
    assert server.status("Aborted_clients") == 0 and server.status("Aborted_connects") == 0
    assert not re.search(r"\[ERROR\]|Aborted|denied", server.log()), server.log()


# --- what is asked --------------------------------------------------------------------------------

def test_the_usual_port(waitfor, net, peer):
    """A bare host:port is asked in the port's own protocol: an open port is not ready."""
    net.rewrite(net.hosts, "10.77.0.6 service\n")
    peer(silence, address=net.address("10.77.0.6"), port=3306, net=net)
    for target in ("service:3306", "service", "mysql://service", "mariadb://service", "jdbc:mysql://service/shop"):
        result = waitfor("-t", "1s", "--attempt-timeout", "300ms", target, net=net,
                         env=link("SERVICE", "10.77.0.6", 3306))
        fails(result, "no reply")
    assert waitfor("-t", "9s", "tcp://service:3306", net=net).code == 0


def test_a_login(waitfor, mariadb, folder):
    env = {"S_USER": "app", "S_PASSWORD": PASSWORD}
    file = folder / "password"
    file.write_text(PASSWORD + "\n", encoding="utf-8")
    assert waitfor("-t", "20s", mariadb.uri()).code == 0
    assert waitfor("-t", "20s", mariadb.uri(rest="/shop")).code == 0
    assert waitfor("-t", "20s", f"S=mariadb://{mariadb.target}/shop", env=env).code == 0
    assert waitfor("-t", "20s", f"S=mysql://app@{mariadb.target}/shop", env={"S_PASSWORD_FILE": str(file)}).code == 0
    fails(waitfor(*QUICK, mariadb.uri(password="wrong")), "denied: 1045: Access denied for user 'app'@")
    fails(waitfor(*QUICK, mariadb.uri("locked")), "denied: 4151: ")
    fails(waitfor(*QUICK, mariadb.uri("secure")), "denied: 1045: ")
    fails(waitfor(*QUICK, mariadb.uri("", "wrong")), "denied: 1045: Access denied for user 'root'@")
    for user in ("app", "locked", "secure", "nobody", "anybody", ""):
        assert waitfor("-t", "20s", mariadb.uri(user, "")).code == 0, "up, and no password to log in with"
    result = waitfor("--fail-fast", "-t", "60s", mariadb.uri(password="wrong"))
    assert result.code == 124 and result.seconds < 15 and "wrong@" not in result.err, result


def test_a_link_has_the_login(waitfor, net, new_mariadb):
    net.rewrite(net.hosts, f"127.0.0.1 localhost\n{HERE} db\n")
    server = new_mariadb(net=net, address=HERE).start()
    env = {**link("DB", HERE, 3306), "DB_ENV_MYSQL_USER": "app", "DB_ENV_MYSQL_PASSWORD": PASSWORD}
    assert waitfor("-t", "20s", "db", env=env, net=net).code == 0
    fails(waitfor(*QUICK, "db", env={**env, "DB_ENV_MYSQL_PASSWORD": "wrong"}, net=net), "denied: 1045")
    assert "Access denied for user 'app'" in server.log()
    assert waitfor(*QUICK, "mysql://you@db", env={**env, "DB_ENV_MYSQL_PASSWORD": "wrong"}, net=net).code == 0


def test_a_database_a_table_and_a_row_that_come_late(waitfor, new_mariadb):
    server = new_mariadb().start()
    running = waitfor.start("-v", "-t", "60s", server.uri(rest="/late?table=item&query=SELECT%20ready%20FROM%20item"))
    running.wait_err("answers but is not ready: 1049: Unknown database 'late'")
    server.sql("CREATE DATABASE late")
    running.wait_err("answers but is not ready: 1146: Table 'late.item' doesn't exist")
    server.sql("CREATE TABLE late.item (ready INT)")
    running.wait_err("not suitable: the query gives no rows")
    server.sql("INSERT INTO late.item VALUES (0)")
    running.wait_err("not suitable: the first column of the query's first row is not true")
    server.sql("UPDATE late.item SET ready = 3")
    assert running.finish(70).code == 0


TRUE = ["1", "-1", "0.01", "'yes'", "b'1'", "TRUE", "REPEAT('0', 300)", "1, 0", "NOW()", "7 UNION SELECT 0", "1e-9"]
FALSE = ["0", "NULL", "''", "'f'", "'FALSE'", "0.00", "b'0'", "FALSE", "0, 1", "0 UNION SELECT 1", "1 WHERE 1 = 0", "-0e0"]


@pytest.mark.parametrize("value,ready", [(value, True) for value in TRUE] + [(value, False) for value in FALSE])
def test_a_query(waitfor, mariadb, config, value, ready):
    entry = {"target": mariadb.uri(), "options": {"query": f"SELECT {value}"}}
    result = waitfor("--once", "-f", config({"targets": [entry]}))
    assert result.code == (0 if ready else 1), result
    assert ready or "not suitable: " in result.err, result


@pytest.mark.parametrize("rest,reason", [
    ("?query=SELEC", "1064: You have an error in your SQL syntax"),
    ("?query=DO%201", "the query gives no rows"),
    ("?query=SELECT%201%3B%20SELECT%202", "1064: "),
    ("?table=shop.none", "1146: Table 'shop.none' doesn't exist"),
    ("?table=closed.item", "denied: 1142: SELECT command denied to user 'app'@"),
    ("?query=LOAD%20DATA%20LOCAL%20INFILE%20%22/etc/hostname%22%20INTO%20TABLE%20shop.item", "not ready: "),
])
def test_a_query_that_fails(waitfor, mariadb, rest, reason):
    fails(waitfor(*QUICK, mariadb.uri(rest=rest)), reason)


def test_tables_with_any_name(waitfor, new_mariadb):
    server = new_mariadb().start()
    server.sql("CREATE TABLE shop.`a``b; '--` (x INT); CREATE TABLE shop.`x.y` (x INT)")
    assert waitfor("-t", "9s", server.uri(rest="/shop?table=a%60b;%20'--")).code == 0
    assert waitfor("-t", "9s", server.uri(rest="?table=shop.a%60b;%20'--")).code == 0
    assert waitfor("-t", "9s", server.uri(rest="?table=shop.x.y")).code == 0


def test_table_and_query_need_a_login(waitfor, mariadb):
    for rest in ("/shop?table=item", "?query=SELECT%201"):
        for user in ("", "app", "anybody"):
            fails(waitfor(*QUICK, mariadb.uri(user, "", rest)), "denied: table and query need a login; name a user and a")


def test_too_many_clients(waitfor, new_mariadb):
    """One more connection than max_connections is taken, for an administrator: only a login finds that it is the last one."""
    server = new_mariadb().start(max_connections=10, connect_timeout=300)
    with contextlib.ExitStack() as held:
        def hold(user=None):
            """A connection that has just ended may still take the place."""
            held.callback(until(lambda: wire.connect(server.port, user), what="there is room").close)

        for _ in range(10):
            hold("anybody")
        running = waitfor.start("-t", "30s", server.uri())
        running.wait_err("too many clients: 1040: Too many connections")
        assert waitfor("-t", "9s", server.uri("", "")).code == 0, "it takes part in a login"
        hold()
        fails(waitfor(*QUICK, server.uri("", "")), "too many clients: 1040: Too many connections")
    assert running.finish(40).code == 0, "there is room again"


# --- scripted -------------------------------------------------------------------------------------

def test_other_protocols(waitfor, peer):
    for said in (b"220 mail ESMTP\r\n", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", bytes(100)):
        fails(waitfor(*QUICK, f"mysql://{peer(greets(said)).target}"), "the reply is not understood: it is no packet of MySQL")


def test_silence_after_the_greeting(waitfor, peer):
    """The greeting is remembered, but it is no part of a reply."""
    one = peer(greets(wire.greeting()))
    result = waitfor("-t", "1s", "--attempt-timeout", "300ms", f"mysql://{one.target}")
    fails(result, "connected, but no reply")
    one = peer(greets(wire.greeting()[:30]))
    fails(waitfor("-t", "1s", "--attempt-timeout", "300ms", f"mysql://{one.target}"), "the reply is not complete")


class Scripted:
    """MySQL 8 as a script: `knows` says whether its cache has the password, as after another login."""

    def __init__(self, key, knows=False):
        self.key, self.knows = key, knows
        self.said = []

    def __call__(self, connection):
        connection.send(wire.greeting())
        user, shown, method = wire.read_login(connection)
        assert method == wire.CACHING
        self.said.append((user, shown == wire.shows(PASSWORD)))
        number = 2
        if self.knows and shown == wire.shows(PASSWORD):
            connection.send(wire.packet(2, b"\1\3") + wire.packet(3, wire.OK))
        elif shown == b"\0":
            connection.send(wire.error(2, 1045, f"Access denied for user '{user}'@'here' (using password: NO)"))
            return
        else:
            connection.send(wire.packet(2, b"\1\4"))
            number, asked = wire.read_packet(connection)
            assert (number, asked) == (3, b"\2"), "it asks for the key"
            connection.send(wire.packet(4, b"\1" + self.key.public))
            number, secret = wire.read_packet(connection)
            assert number == 5
            if self.key.decrypt(secret) != PASSWORD + "\0":
                connection.send(wire.error(6, 1045, f"Access denied for user '{user}'@'here' (using password: YES)"))
                return
            connection.send(wire.packet(6, wire.OK))
        self.said.append(wire.read_packet(connection))
        connection.send(wire.one_row())
        self.said.append(wire.read_packet(connection))
        connection.drain()


@pytest.fixture(scope="session")
def key(tmp_path_factory):
    return wire.Key(tmp_path_factory.mktemp("key"))


@pytest.mark.parametrize("knows", [False, True])
def test_mysql_8_with_a_password(waitfor, peer, key, knows):
    """The first login after the server's start sends the password, encrypted by its RSA key."""
    script = Scripted(key, knows)
    one = peer(script)
    assert waitfor("-t", "20s", f"mysql://app:{PASSWORD_IN_URI}@{one.target}").code == 0
    until(lambda: len(script.said) == 3, what="the goodbye")
    assert script.said == [("app", True), (0, b"\3SELECT 1"), (0, b"\1")]


def test_mysql_8_with_a_wrong_password(waitfor, peer, key):
    fails(waitfor(*QUICK, f"mysql://app:wrong@{peer(Scripted(key)).target}"), "denied: 1045: Access denied for user 'app'@")


def test_mysql_8_without_a_password(waitfor, peer, key):
    script = Scripted(key)
    assert waitfor("-t", "20s", f"mysql://app@{peer(script).target}").code == 0
    assert script.said == [("waitfor", False)], "no account of the server's is tried"


@pytest.mark.parametrize("bits", [1024, 3072, 4096])
def test_keys_of_other_sizes(waitfor, peer, folder, bits):
    assert waitfor("-t", "20s", f"mysql://app:{PASSWORD_IN_URI}@{peer(Scripted(wire.Key(folder, bits))).target}").code == 0
