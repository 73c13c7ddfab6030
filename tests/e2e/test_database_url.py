"""DATABASE_URL as applications write it: what the server is told, and what psql tells it with the same URL."""

import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

import pytest

from support import pgwire
from support.peers import UnixPeer
from support.runner import CLEAN_ENV

SELECTED = (pgwire.message(b"T", b"\0\1x\0" + struct.pack("!IhIhih", 0, 0, 23, 4, -1, 0))
            + pgwire.message(b"D", struct.pack("!hI", 1, 1) + b"1")
            + pgwire.message(b"C", b"SELECT 1\0") + pgwire.message(b"Z", b"I"))


def lets_in(connection):
    """A server that asks for the password in clear, keeps it, and answers one query."""
    connection.startup = pgwire.read_startup(connection)
    if not connection.startup:
        return
    connection.send(pgwire.ask_cleartext_password())
    head = connection.read_exactly(5)
    if len(head) < 5:
        return
    connection.password = connection.read_exactly(struct.unpack("!I", head[1:])[0] - 4).rstrip(b"\0").decode()
    connection.send(pgwire.welcome())
    if connection.read_exactly(5)[:1] == b"Q":
        connection.send(SELECTED)
    connection.drain()


# who writes it so, the URL ({at} is host:port), user, database, password, the parameters that are named as ignored.
# A row whose last item is True is one that libpq can read: psql must tell the server the same.
FORMS = [
    # Rails, Heroku: database.yml, activerecord's ConnectionUrlResolver
    ("rails", "postgres://app:secret@{at}/shop", "app", "shop", "secret", "", True),
    ("rails", "postgresql://app:secret@{at}/shop?pool=5", "app", "shop", "secret", "pool"),
    ("rails", "postgresql://app:secret@{at}/shop?encoding=unicode&pool=5&timeout=5000", "app", "shop", "secret",
     "encoding, pool, timeout"),
    ("rails", "postgis://app:secret@{at}/shop?schema_search_path=public,postgis", "app", "shop", "secret",
     "schema_search_path"),
    ("rails", "postgres://app:secret@{at}/shop?prepared_statements=false&statement_limit=200", "app", "shop", "secret",
     "prepared_statements, statement_limit"),
    ("rails", "postgres://app:secret@{at}/shop?reaping_frequency=10&checkout_timeout=5&idle_timeout=300", "app", "shop",
     "secret", "reaping_frequency, checkout_timeout, idle_timeout"),
    ("rails", "postgres://app:secret@{at}/shop?sslmode=prefer&connect_timeout=2", "app", "shop", "secret", "", True),
    ("rails", "postgres://app:p%40ss%2Fw%3Ard@{at}/shop", "app", "shop", "p@ss/w:rd", "", True),
    ("heroku", "postgres://u6f:p9d0c8@{at}/d7e8f9", "u6f", "d7e8f9", "p9d0c8", "", True),
    # Django: dj-database-url, django-environ
    ("django", "postgres://app:secret@{at}/shop?conn_max_age=600", "app", "shop", "secret", "conn_max_age"),
    ("django", "postgis://app:secret@{at}/shop", "app", "shop", "secret", ""),
    ("django", "pgsql://app:secret@{at}/shop", "app", "shop", "secret", ""),
    ("django", "psql://app:secret@{at}/shop", "app", "shop", "secret", ""),
    ("django", "timescale://app:secret@{at}/shop", "app", "shop", "secret", ""),
    ("django", "timescalegis://app:secret@{at}/shop", "app", "shop", "secret", ""),
    ("django", "cockroach://app:secret@{at}/shop", "app", "shop", "secret", ""),
    ("django", "redshift://app:secret@{at}/shop", "app", "shop", "secret", ""),
    ("django", "postgres://app:secret@{at}/shop?options=-c%20search_path=shop,public", "app", "shop", "secret", ""),
    ("django", "postgres://app:secret@{at}/shop?CONN_MAX_AGE=60&ATOMIC_REQUESTS=true", "app", "shop", "secret",
     "CONN_MAX_AGE, ATOMIC_REQUESTS"),
    ("django", "postgres://app:%23hash%3Fmark@{at}/shop", "app", "shop", "#hash?mark", "", True),
    # SQLAlchemy, asyncpg, databases, Tortoise
    ("sqlalchemy", "postgresql+psycopg2://app:secret@{at}/shop", "app", "shop", "secret", ""),
    ("sqlalchemy", "postgresql+psycopg://app:secret@{at}/shop", "app", "shop", "secret", ""),
    ("sqlalchemy", "postgresql+asyncpg://app:secret@{at}/shop?prepared_statement_cache_size=0", "app", "shop", "secret",
     "prepared_statement_cache_size"),
    ("sqlalchemy", "postgresql+asyncpg://app:secret@{at}/shop?ssl=prefer", "app", "shop", "secret", ""),
    ("sqlalchemy", "postgresql+pg8000://app:secret@{at}/shop", "app", "shop", "secret", ""),
    ("sqlalchemy", "postgresql+psycopg2cffi://app:secret@{at}/shop?client_encoding=utf8", "app", "shop", "secret", ""),
    ("sqlalchemy", "postgresql+psycopg_async://app:secret@{at}/shop", "app", "shop", "secret", ""),
    ("sqlalchemy", "POSTGRESQL+PSYCOPG2://app:secret@{at}/shop", "app", "shop", "secret", ""),
    ("sqlalchemy", "postgresql+psycopg2://app:secret@/shop?host={host}&port={port}", "app", "shop", "secret", ""),
    ("sqlalchemy", "postgresql+psycopg2://app:secret@/shop?host={host}:{port}", None, None, None, ""),
    ("sqlalchemy", "cockroachdb+psycopg2://app:secret@{at}/shop", "app", "shop", "secret", ""),
    ("sqlalchemy", "postgresql://app:kx%25jj5%2Fg@{at}/shop?application_name=web", "app", "shop", "kx%jj5/g", "", True),
    # Prisma
    ("prisma", "postgresql://app:secret@{at}/shop?schema=public", "app", "shop", "secret", "schema"),
    ("prisma", "postgresql://app:secret@{at}/shop?schema=public&connection_limit=1", "app", "shop", "secret",
     "schema, connection_limit"),
    ("prisma", "postgres://app:secret@{at}/shop?pgbouncer=true&connection_limit=1&pool_timeout=0", "app", "shop",
     "secret", "pgbouncer, connection_limit, pool_timeout"),
    ("prisma", "postgresql://app:secret@{at}/shop?connect_timeout=300&socket_timeout=5", "app", "shop", "secret",
     "socket_timeout"),
    ("prisma", "postgresql://app:secret@{at}/shop?sslmode=prefer&sslaccept=accept_invalid_certs", "app", "shop",
     "secret", "sslaccept"),
    ("prisma", "postgresql://app:secret@localhost/shop?host={host}&port={port}&schema=app", "app", "shop", "secret",
     "schema"),
    # Ecto, Phoenix
    ("ecto", "ecto://app:secret@{at}/shop_dev", "app", "shop_dev", "secret", ""),
    ("ecto", "ecto://app:secret@{at}/shop?ssl=false&pool_size=10", "app", "shop", "secret", "pool_size"),
    ("ecto", "postgres://app:secret@{at}/shop?timeout=15000&queue_target=50", "app", "shop", "secret",
     "timeout, queue_target"),
    # Java: Spring, Hibernate, Quarkus, Keycloak, Flyway
    ("jdbc", "jdbc:postgresql://{at}/shop?user=app&password=secret", "app", "shop", "secret", "", "jdbc:"),
    ("jdbc", "jdbc:postgresql://{at}/shop?user=app&password=s%26c%3Dr%2Bt", "app", "shop", "s&c=r+t", "", "jdbc:"),
    ("jdbc", "jdbc:postgresql://{at}/shop?user=app&password=a+b", "app", "shop", "a b", ""),
    ("jdbc", "jdbc:postgresql://{at}/shop?password=secret&user=app&ssl=false", "app", "shop", "secret", ""),
    ("jdbc", "jdbc:postgresql://{at}/shop?currentSchema=app&user=app&password=secret", "app", "shop", "secret",
     "currentSchema"),
    ("jdbc", "jdbc:postgresql://{at}/shop?user=app&password=secret&loginTimeout=5&socketTimeout=30&tcpKeepAlive=true",
     "app", "shop", "secret", "loginTimeout, socketTimeout, tcpKeepAlive"),
    ("jdbc", "jdbc:postgresql://{at}/shop?ApplicationName=web&user=app&password=secret", "app", "shop", "secret",
     "ApplicationName"),
    ("jdbc", "jdbc:postgresql://{at},{at}/shop?targetServerType=any&user=app&password=secret", "app", "shop", "secret",
     "targetServerType"),
    ("jdbc", "jdbc:postgresql://{at}/shop?user=app&password=secret&sslmode=disable&reWriteBatchedInserts=true", "app",
     "shop", "secret", "reWriteBatchedInserts"),
    ("jdbc", "jdbc:postgresql://{at}/shop?user=app&password=secret&gssEncMode=disable", "app", "shop", "secret",
     "gssEncMode"),
    ("jdbc", "JDBC:postgresql://{at}/shop?user=app&password=secret", "app", "shop", "secret", ""),
    ("jdbc", "jdbc:pgsql://{at}/shop?user=app&password=secret", "app", "shop", "secret", ""),
    ("jdbc", "jdbc:p6spy:postgresql://{at}/shop?user=app&password=secret", "app", "shop", "secret", ""),
    ("jdbc", "jdbc:otel:postgresql://{at}/shop?user=app&password=secret", "app", "shop", "secret", ""),
    ("r2dbc", "r2dbc:postgresql://app:secret@{at}/shop", "app", "shop", "secret", ""),
    ("r2dbc", "r2dbc:pool:postgresql://app:secret@{at}/shop?initialSize=2&maxSize=8", "app", "shop", "secret",
     "initialSize, maxSize"),
    ("r2dbc", "r2dbc:postgresql://app:secret@{at}/shop?sslMode=disable", "app", "shop", "secret", ""),
    ("quarkus", "vertx-reactive:postgresql://app:secret@{at}/shop", "app", "shop", "secret", ""),
    # PHP: Symfony and Doctrine, Laravel
    ("symfony", "postgresql://app:!ChangeMe!@{at}/app?serverVersion=15&charset=utf8", "app", "app", "!ChangeMe!",
     "serverVersion, charset"),
    ("symfony", "pgsql://app:secret@{at}/shop?serverVersion=16.2", "app", "shop", "secret", "serverVersion"),
    ("symfony", "pdo-pgsql://app:secret@{at}/shop?charset=utf8", "app", "shop", "secret", "charset"),
    ("laravel", "pgsql://app:secret@{at}/shop?charset=utf8&search_path=public&sslmode=prefer", "app", "shop", "secret",
     "charset, search_path"),
    # Go: lib/pq, pgx, golang-migrate
    ("go", "postgres://app:secret@{at}/shop?sslmode=disable", "app", "shop", "secret", "", True),
    ("go", "postgres://app:secret@{at}/shop?sslmode=disable&search_path=app", "app", "shop", "secret", "search_path"),
    ("go", "postgres://app:secret@{at}/shop?pool_max_conns=10&pool_max_conn_lifetime=1h30m", "app", "shop", "secret",
     "pool_max_conns, pool_max_conn_lifetime"),
    ("go", "pgx5://app:secret@{at}/shop?x-migrations-table=schema_migrations", "app", "shop", "secret",
     "x-migrations-table"),
    ("go", "postgres://app:secret@{at}/shop?statement_timeout=30000&TimeZone=UTC", "app", "shop", "secret",
     "statement_timeout, TimeZone"),
    # Node: node-pg, postgres.js, TypeORM, Knex. Rust: SQLx
    ("node", "postgres://app:secret@{at}/shop?ssl=0", "app", "shop", "secret", ""),
    ("node", "postgres://app:secret@{at}/shop?max=10&idleTimeoutMillis=30000", "app", "shop", "secret",
     "max, idleTimeoutMillis"),
    ("node", "postgres://app:secret@{at}/shop?uselibpqcompat=true&sslmode=prefer", "app", "shop", "secret",
     "uselibpqcompat"),
    ("sqlx", "postgres://app:secret@{at}/shop?ssl-mode=disable&statement-cache-capacity=100", "app", "shop", "secret",
     "statement-cache-capacity"),
    # What nobody has heard of
    ("unknown", "postgres://app:secret@{at}/shop?wibble=wobble", "app", "shop", "secret", "wibble"),
    ("libpq", "postgres://{at}/shop?user=app&password=secret&dbname=other", "app", "other", "secret", "", True),
    ("libpq", "postgres://a%2Bb:c%20d@{at}/e%2Ff", "a+b", "e/f", "c d", "", True),
    ("libpq", "postgres://app:a+b=c@{at}/shop", "app", "shop", "a+b=c", "", True),
]
assert len(FORMS) >= 60


def told(server):
    connection = server.connections[-1]
    return connection.startup["user"], connection.startup["database"], connection.password


@pytest.mark.parametrize("form", FORMS, ids=[f"{form[0]}-{number}" for number, form in enumerate(FORMS)])
def test_a_form(waitfor, peer, form):
    _, written, user, database, password, ignored, *psql = form
    server = peer(lets_in)
    host, port = server.target.rsplit(":", 1)
    url = written.format(at=server.target, host=host, port=port)
    result = waitfor("-t", "5s", url)
    if user is None:    # host:port in a parameter is SQLAlchemy's own: refused, in one line
        assert result.code == 125 and len(result.lines) == 1, result
        return
    assert result.code == 0, result
    assert told(server) == (user, database, password), result
    said = [line for line in result.lines if "ignored" in line]
    assert [line.rsplit(": ", 1)[1] for line in said] == ([ignored] if ignored else []), result
    assert password not in result.err.replace(user, "").replace(database, ""), result
    assert len(result.lines) == 1 + bool(ignored), result
    if psql:
        before = len(server.connections)
        libpq = url.removeprefix("jdbc:")
        subprocess.run(["psql", "-w", "-X", "-c", "SELECT 1", libpq], env=CLEAN_ENV, capture_output=True, timeout=20)
        server.wait_connections(before + 1)
        assert told(server) == (user, database, password), "psql"


# A folder for the socket, and URLs that lead there; True: psql goes there, too.
SOCKETS = [
    ("postgres://app:secret@{escaped}/shop", True), ("postgres://app:secret@/shop?host={folder}", True),
    ("postgres://app:secret@/shop?host={escaped}", True),
    ("postgresql+psycopg2://app:secret@/shop?host={folder}", False),
    ("postgresql+pg8000://app:secret@/shop?unix_sock={folder}/.s.PGSQL.5432", False),
    ("ecto://app:secret@/shop?socket_dir={folder}", False),
    ("jdbc:postgresql://{escaped}/shop?user=app&password=secret", False),
]


@pytest.mark.parametrize("written, psql", SOCKETS)
def test_an_escaped_path_is_split_first_and_decoded_then(waitfor, written, psql):
    """FIELD 12: Cloud SQL's sockets have colons in their path."""
    root = Path(tempfile.mkdtemp(prefix="w-", dir="/tmp"))
    folder = root / "proj:region:inst"
    folder.mkdir()
    server = UnixPeer(folder / ".s.PGSQL.5432", lets_in)
    url = written.format(folder=folder, escaped=str(folder).replace("/", "%2F").replace(":", "%3A"))
    try:
        result = waitfor("-t", "5s", url)
        assert result.code == 0 and told(server) == ("app", "shop", "secret"), result
        if psql:
            before = len(server.connections)
            subprocess.run(["psql", "-w", "-X", "-c", "SELECT 1", url], env=CLEAN_ENV, capture_output=True, timeout=20)
            assert len(server.connections) == before + 1 and told(server) == ("app", "shop", "secret"), "psql"
    finally:
        server.close()
        shutil.rmtree(root)


@pytest.mark.parametrize("url", [
    "jdbc:postgresql://{at}/shop?user=app&password=hunter2", "postgresql+psycopg2://app:hunter2@{at}/shop?schema=a",
    "postgres://{at}/shop?schema=a&password=hunter2&pool=1", "postgres://{at}/shop?sslPassword=hunter2&wibble=hunter2",
    "postgres://{at}/shop?wibble=hunter2", "postgres://{at}/shop?pasword=hunter2", "jdbc:mysql://{at}/?password=hunter2", "mysql://app:hunter2@{at}/shop",
    "jdbc:oracle://{at}/?password=hunter2",
    "redis+sentinel://app:hunter2@{at}", "jdbc:postgresql:shop?password=hunter2", "jdbc:tc:postgresql:15:///x?password=hunter2",
    "postgres://{at}/shop?password=x&y=hunter2", "postgres://{at}/shop?schema=x&hunter2"])
@pytest.mark.parametrize("how", [[], ["--explain"], ["--explain=json"], ["--output", "json"], ["-v"]])
def test_a_secret_in_a_parameter_is_never_printed(waitfor, peer, folder, url, how):
    server = peer(pgwire.refuses("28P01", "not hunter2"))
    report = folder / "report.json"
    result = waitfor("-t", "150ms", "--report", report, *how, url.format(at=server.target))
    said = result.out + result.err + (report.read_text() if report.exists() else "")
    if "password=hunter2" not in url and ":hunter2" not in url:     # what was not sent may be said by the server
        said = said.replace("not hunter2", "")
    assert "hunter2" not in said, result


def test_pieces_of_a_hidden_value_have_no_name(waitfor):
    """With an unescaped '&' the rest of a value looks like a parameter; the masked text and the line must agree."""
    for query in ("token=abc&s3cr3t=x", "options=-c%20x&s3cr3t=y"):
        result = waitfor("--explain", f"postgres://db/shop?{query}")
        assert result.code == 0 and "s3cr3t" not in result.out + result.err, result
        assert "another" in result.err, result
