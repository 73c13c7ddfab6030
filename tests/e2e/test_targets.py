"""Every form a target may have, and where targets may come from."""

from urllib.parse import quote

import pytest

from support import dns as d
from support.peers import silence
from support.pgwire import answers, ask_cleartext_password, read_startup
from support.until import until

QUICK = ("-t", "800ms")


def app_env(result):
    assert result.code == 0, result
    return dict(line.split("=", 1) for line in result.out.splitlines() if "=" in line)


@pytest.fixture
def db(net, peer):
    """A PostgreSQL that asks for a password, at 10.77.0.5:5432."""
    return peer(answers(ask_cleartext_password()), address=net.address("10.77.0.5"), port=5432,
                net=net)


@pytest.fixture
def named_db(net, db):
    net.rewrite(net.hosts, "10.77.0.5 db\n")
    return db


def test_a_bare_port_5432_is_probed_as_postgres(waitfor, net, named_db):
    assert waitfor("db:5432", net=net).code == 0
    assert named_db.connections[-1].startup["user"] == "postgres"


def test_a_bare_port_5432_that_only_accepts_is_not_ready(waitfor, net, named_db):
    named_db.script = silence
    assert waitfor(*QUICK, "db:5432", net=net).code == 124


def test_tcp_means_only_the_port(waitfor, net, named_db):
    named_db.script = silence
    assert waitfor(*QUICK, "tcp://db:5432", net=net).code == 0
    named_db.wait_connections(1)
    assert named_db.connections[-1].received == b""


def test_another_bare_port_is_tcp(waitfor, peer):
    assert waitfor(*QUICK, peer(silence).target).code == 0


@pytest.mark.parametrize("form", ["[::1]:{}", "tcp://[::1]:{}"])
def test_ipv6_literals_stand_in_brackets(waitfor, net, peer, form):
    """In a network of its own: not every machine has ::1."""
    port = peer(address="::1", net=net).port
    assert waitfor(*QUICK, form.format(port), net=net).code == 0


@pytest.mark.parametrize("form", [
    "postgres://db", "postgresql://db", "postgres://db/", "postgres://db:5432/app",
    "postgres://app@db/app?connect_timeout=2", "postgresql:///app?host=db",
    "postgresql:///app?host=db&port=5432", "postgres://app@db/app?application_name=a%20b"])
def test_libpq_uris(waitfor, net, named_db, form):
    assert waitfor(*QUICK, form, net=net).code == 0
    startup = named_db.connections[-1].startup
    assert startup["user"] == ("app" if "app@" in form else "postgres")
    if "application_name" in form:
        assert startup["application_name"] == "a b"


def test_a_uri_whose_host_is_an_escaped_path(waitfor, folder):
    """libpq's way to write a Unix socket's folder as the host; nobody listens in this one."""
    path = quote(f"{folder}/none", safe="")
    for target in (f"postgres://{path}:5432/", f"postgres://app@{path}/shop"):
        result = waitfor("-t", "300ms", target)
        assert result.code == 124 and "no such file" in result.err, result


@pytest.mark.parametrize("target", ["tcp://db%3A5432", "tcp://db%00.evil:80", "postgres://db%3A5432/x"])
def test_what_is_escaped_is_a_part_of_the_host(waitfor, target):
    """RFC 3986, 2.4: split first, decode then. It was port 5432, and the host "db"."""
    result = waitfor("-t", "1", target)
    assert result.code == 125 and "host name" in result.err, result


def test_a_socket_path_with_an_escaped_colon(waitfor, folder):
    """As Cloud SQL names them: /cloudsql/project:region:instance."""
    result = waitfor("-t", "300ms", f"postgres://u:p@{quote(f'{folder}/a:b:c', safe='')}/db")
    assert result.code == 124 and f"no such file ({folder}/a:b:c)" in result.err, result


def test_a_uri_with_several_hosts_is_ready_when_one_is(waitfor, net, named_db):
    """libpq's own meaning of a host list: any of them will do."""
    net.rewrite(net.hosts, "10.77.0.5 db\n10.77.0.1 down\n")
    assert waitfor("-t", "5s", "postgres://down:5432,db:5432/app", net=net).code == 0


@pytest.mark.parametrize("name", ["my_db", "DB", "db.", "db-1.example.test", "Db.Example"])
def test_names_of_every_lawful_shape(waitfor, net, dns, peer, name):
    """FACTS 16: underscores, upper case, a trailing dot."""
    dns.name(name, a=d.at("10.77.0.1"))
    port = peer(address="10.77.0.1", net=net).port
    assert waitfor(*QUICK, f"tcp://{name}:{port}", net=net).code == 0


# --- variables inside targets -------------------------------------------------------------------

@pytest.mark.parametrize("target,env", [
    ("tcp://${H}:${P}", {"H": "127.0.0.1", "P": "{port}"}),
    ("${ALL}", {"ALL": "tcp://127.0.0.1:{port}"}),
    ("tcp://127.0.0.1:${P:-{port}}", {}),
    ("tcp://127.0.0.1:${P:-{port}}", {"P": ""}),
    ("tcp://${H:-127.0.0.1}:${P:-1}", {"P": "{port}"}),
    ("tcp://127.0.0.1:${DB_PORT}", {"DB_PORT": "tcp://172.17.0.2:{port}"}),
    ("api=tcp://127.0.0.1:${DB_PORT}", {"DB_PORT": "tcp://172.17.0.2:{port}"}),
    ("tcp://127.0.0.1:${DB_PORT:-1}", {"DB_PORT": "tcp://[fd00::2]:{port}"}),
])
def test_variables_are_expanded_without_a_shell(waitfor, peer, target, env):
    port = str(peer().port)
    env = {key: value.replace("{port}", port) for key, value in env.items()}
    assert waitfor(*QUICK, target.replace("{port}", port), env=env).code == 0


def test_what_a_variable_holds_is_not_expanded_again(waitfor):
    result = waitfor("${A}:5432", env={"A": "${B}", "B": "127.0.0.1"})
    assert result.code == 125, result


def test_targets_from_the_environment(waitfor, peer):
    first, second = peer(), peer()
    env = {"WAITFOR_TARGETS": f"\n tcp://{first.target}\t  tcp://{second.target}\n"}
    assert waitfor(*QUICK, env=env).code == 0
    first.wait_connections(1)
    second.wait_connections(1)


def test_the_command_line_replaces_targets_from_the_environment(waitfor, peer):
    first, second = peer(), peer()
    assert waitfor(*QUICK, f"tcp://{first.target}",
                   env={"WAITFOR_TARGETS": f"tcp://{second.target}"}).code == 0
    first.wait_connections(1)
    assert not second.connections


def test_variables_in_targets_from_the_environment(waitfor, peer):
    env = {"WAITFOR_TARGETS": "tcp://127.0.0.1:${P}", "P": str(peer().port)}
    assert waitfor(*QUICK, env=env).code == 0


# --- Docker links and Kubernetes services -------------------------------------------------------

def link(alias="DB", address="10.77.0.5", port=5432):
    """What a Docker link gives for one exposed port (FACTS 2)."""
    prefix = f"{alias}_PORT_{port}_TCP"
    return {f"{alias}_NAME": f"/app/{alias.lower()}", f"{alias}_PORT": f"tcp://{address}:{port}",
            prefix: f"tcp://{address}:{port}", f"{prefix}_ADDR": address,
            f"{prefix}_PORT": str(port), f"{prefix}_PROTO": "tcp"}


def service(alias="DB", address="10.77.0.5", port="5432"):
    """What Kubernetes gives for a Service, without its link-style variables (FACTS 5)."""
    return {f"{alias}_SERVICE_HOST": address, f"{alias}_SERVICE_PORT": port}


@pytest.mark.parametrize("env", [link(), service()])
@pytest.mark.parametrize("target", ["db", "db:5432"])
def test_variables_stand_in_for_a_name_that_does_not_resolve(waitfor, net, dns, db, env, target):
    shown = app_env(waitfor("-t", "5s", target, "--", "env", env=env, net=net))
    # Only a variable knew the peer: the app is told an address, for it could not resolve either.
    assert shown["DB_HOST"] == "10.77.0.5"
    assert shown["DB_PORT"] == "5432"
    assert shown["DB_ADDR"] == "10.77.0.5"


@pytest.mark.parametrize("env", [link(address="10.77.0.200"), service(address="10.77.0.200")])
def test_a_name_that_resolves_wins_over_stale_variables(waitfor, net, dns, db, env):
    """FACTS 6: after a restart the variable's address belongs to somebody else."""
    dns.name("db", a=d.at("10.77.0.5"))
    shown = app_env(waitfor("-t", "5s", "db", "--", "env", env=env, net=net))
    assert (shown["DB_HOST"], shown["DB_PORT"], shown["DB_ADDR"]) == ("db", "5432", "10.77.0.5")


@pytest.mark.parametrize("name,alias", [("my-db", "MY_DB"), ("my-db.v1", "MY_DB.V1")])
def test_the_prefix_of_a_link(waitfor, net, dns, db, name, alias):
    """FACTS 1: only '-' becomes '_', dots stay."""
    assert waitfor("-t", "5s", name, env=link(alias), net=net).code == 0


def test_a_service_prefix_has_no_dots(waitfor, net, dns, db):
    assert waitfor("-t", "5s", "my-db.v1", env=service("MY_DB_V1"), net=net).code == 0


def test_a_udp_port_falls_back_to_the_lowest_tcp_port(waitfor, net, dns, db):
    """FACTS 3."""
    env = {**link(port=5433), **link(), "DB_PORT": "udp://10.77.0.5:53",
           "DB_PORT_53_UDP": "udp://10.77.0.5:53"}
    shown = app_env(waitfor("-t", "5s", "db", "--", "env", env=env, net=net))
    assert shown["DB_PORT"] == "5432"


def test_a_link_to_another_port_is_tcp(waitfor, net, dns, peer):
    cache = peer(silence, address=net.address("10.77.0.6"), port=8080, net=net)
    env = link("CACHE", "10.77.0.6", 8080)
    assert waitfor("-t", "5s", "cache", env=env, net=net).code == 0
    cache.wait_connections(1)


def test_a_port_that_the_user_set_over_a_link_is_taken(waitfor, net, dns, peer):
    """FACTS 4: DB_PORT may be a bare number."""
    peer(silence, address=net.address("10.77.0.5"), port=6000, net=net)
    dns.name("db", a=d.at("10.77.0.5"))
    assert waitfor("-t", "5s", "db", env={"DB_PORT": "6000"}, net=net).code == 0


@pytest.mark.parametrize("target", ["postgres://db/app", "postgres:///app?host=db"])
def test_a_scheme_takes_its_own_port_of_a_link_not_the_first(waitfor, net, dns, db, target):
    """An image that exposes ssh as well: the first port is the lowest."""
    env = {**link(), "DB_PORT": "tcp://10.77.0.5:22", "DB_PORT_22_TCP": "tcp://10.77.0.5:22"}
    shown = app_env(waitfor("-t", "5s", target, "--", "env", env=env, net=net))
    assert shown["DB_PORT"] == "5432"


@pytest.mark.parametrize("target", ["tcp://db", "postgres://db/app"])
def test_a_scheme_without_its_port_among_a_links_takes_the_first(waitfor, net, dns, peer, target):
    other = peer(answers(ask_cleartext_password()), address=net.address("10.77.0.5"), port=6432, net=net)
    env = {"DB_NAME": "/app/db", "DB_PORT": "tcp://10.77.0.5:6432"}
    assert waitfor("-t", "5s", target, env=env, net=net).code == 0
    other.wait_connections(1)


def test_the_links_own_credentials_are_used(waitfor, net, dns, db):
    """DB_ENV_POSTGRES_*: what the peer's container was started with."""
    def script(connection):
        connection.startup = read_startup(connection)
        connection.send(ask_cleartext_password())
        connection.drain()
    db.script = script
    env = {**link(), "DB_ENV_POSTGRES_USER": "shop", "DB_ENV_POSTGRES_DB": "orders",
           "DB_ENV_POSTGRES_PASSWORD": "pa=ss\nword"}
    waitfor(*QUICK, "db", env=env, net=net)
    startup = db.connections[0].startup
    assert (startup["user"], startup["database"]) == ("shop", "orders")
    # Message 'p' holds the answer to a request for a password.
    assert db.connections[0].received.endswith(b"pa=ss\nword\0")


def test_the_links_password_is_for_the_links_user_only(waitfor, net, dns, db):
    env = {**link(), "DB_ENV_POSTGRES_USER": "shop", "DB_ENV_POSTGRES_PASSWORD": "s3cret"}
    assert waitfor("-t", "5s", "postgres://app@db/x", env=env, net=net).code == 0
    pinged = db.connections[-1]
    assert until(lambda: pinged.ended) == "fin"
    assert b"s3cret" not in pinged.received
    assert pinged.received.endswith(b"\0\0"), "the startup message, and nothing after it"
    waitfor.start("-t", "30s", "postgres://shop@db/x", env=env, net=net)
    until(lambda: db.connections[-1].received.endswith(b"s3cret\0"))


def test_the_links_password_without_a_user_is_the_superusers(waitfor, net, dns, db):
    """What the official image does with POSTGRES_PASSWORD alone."""
    env = {**link(), "DB_ENV_POSTGRES_PASSWORD": "s3cret"}
    assert waitfor("-t", "5s", "postgres://app@db/x", env=env, net=net).code == 0
    waitfor.start("-t", "30s", "postgres://postgres@db/x", env=env, net=net)
    until(lambda: db.connections[-1].received.endswith(b"s3cret\0"))


@pytest.mark.parametrize("how", [["--links"], []])
def test_links_adds_every_linked_peer(waitfor, net, dns, db, peer, how):
    cache = peer(silence, address=net.address("10.77.0.6"), port=8080, net=net)
    extra = peer(silence, address="10.77.0.1", net=net)
    env = {**link(), **service("CACHE", "10.77.0.6", "8080"), "OTHER_NAME": "not a link",
           **({} if how else {"WAITFOR_LINKS": "1"})}
    result = waitfor("-t", "8s", *how, f"tcp://{extra.target}", env=env, net=net)
    assert result.code == 0, result
    for each in (db, cache, extra):
        each.wait_connections(1)


def test_links_alone_is_enough(waitfor, net, dns, db):
    assert waitfor("-t", "5s", "--links", env=link(), net=net).code == 0


def test_links_takes_a_link_whose_port_was_overridden(waitfor, net, dns, peer):
    """FACTS 4: docker run -e DB_PORT=5433 over the link's own variable."""
    moved = peer(silence, address=net.address("10.77.0.5"), port=5433, net=net)
    assert waitfor("-t", "5s", "--links", env={**link(), "DB_PORT": "5433"}, net=net).code == 0
    moved.wait_connections(1)


NO_PEERS = {
    "a link with UDP only": {"DNS_NAME": "/app/dns", "DNS_PORT": "udp://10.77.0.5:53",
                             "DNS_PORT_53_UDP": "udp://10.77.0.5:53",
                             "DNS_PORT_53_UDP_ADDR": "10.77.0.5", "DNS_PORT_53_UDP_PORT": "53",
                             "DNS_PORT_53_UDP_PROTO": "udp"},
    "a setting of the app's": {"AUTH_SERVICE_HOST": "auth.example.com"},
    "the same with a port": {"AUTH_SERVICE_HOST": "auth.example.com", "AUTH_SERVICE_PORT": "80"},
    "a path with a blank": {"APP_NAME": "/srv/my app", "APP_PORT": "8080"},
    "a path": {"APP_NAME": "/srv/app", "APP_PORT": "8080"},
}


@pytest.mark.parametrize("case", NO_PEERS)
def test_links_ignores_what_is_no_tcp_peer(waitfor, net, dns, peer, case):
    extra = peer(silence, address="10.77.0.1", net=net)
    result = waitfor("-t", "5s", "--links", f"tcp://{extra.target}", env=NO_PEERS[case], net=net)
    assert result.code == 0, result
    assert not dns.asked, dns.asked
    alone = waitfor("-t", "5s", "--links=optional", "--", "echo", "app", env=NO_PEERS[case], net=net)
    assert (alone.code, alone.out, len(alone.lines)) == (0, "app\n", 1), alone


@pytest.mark.parametrize("how,env", [("--links", {}), ("-q", {"WAITFOR_LINKS": "1"}), ("--links=-db", link())])
def test_links_without_any_does_not_start_the_app(waitfor, how, env):
    """NEWCOMER 9: Docker 29 sets no variables, so the app would start without a wait."""
    result = waitfor(how, "--", "echo", "app", env=env)
    assert (result.code, result.out, len(result.lines)) == (125, "", 1) and "--links=optional" in result.err, result


def test_links_that_are_optional_may_be_none(waitfor):
    result = waitfor("--links=optional", "--", "echo", "app")
    assert (result.code, result.out, len(result.lines)) == (0, "app\n", 1) and "--links" in result.err, result


def test_links_leaves_out_udp_and_what_is_named(waitfor, net, dns, db):
    """FIELD 20: a UDP service, and the pod's own one, which is not up before the app."""
    env = {**link(), **service("DNS", "10.77.0.1", "53"), "DNS_PORT": "udp://10.77.0.1:53",
           "DNS_PORT_53_UDP": "udp://10.77.0.1:53", **service("MY_APP", "10.77.0.1", "8080")}
    shown = app_env(waitfor("-t", "5s", "--links=-my-app", "--", "env", env=env, net=net))
    assert shown["DB_PORT"] == "5432" and "MY_APP_ADDR" not in shown and "DNS_ADDR" not in shown
    assert waitfor(*QUICK, "--links", "--", "env", env=env, net=net).code == 124, "it waits for itself"


def test_a_linked_peer_with_several_ports_is_ready_when_one_is(waitfor, net, dns, db):
    """FIELD 20: only the lowest was tried."""
    env = {**link(port=22), **link(), "DB_PORT": "tcp://10.77.0.5:22"}
    shown = app_env(waitfor("-t", "5s", "--links", "--", "env", env=env, net=net))
    assert (shown["DB_HOST"], shown["DB_PORT"]) == ("10.77.0.5", "5432")


# --- several targets in one text, and ports that a shell expanded --------------------------------

@pytest.mark.parametrize("form", ["{},{}", "tcp://{},tcp://{},", "a={},,b={}"])
@pytest.mark.parametrize("where", ["argument", "variable", "targets"])
def test_commas_separate_targets(waitfor, peer, form, where):
    """FIELD 13: as Kafka and others list their brokers."""
    peers = [peer(silence), peer(silence)]
    text = form.format(*(each.target for each in peers))
    args, env = {"argument": ([text], {}), "variable": (["${LIST}"], {"LIST": text}),
                 "targets": ([], {"WAITFOR_TARGETS": text})}[where]
    assert waitfor("-t", "5s", *args, env=env).code == 0
    for each in peers:
        each.wait_connections(1)


@pytest.mark.parametrize("target", ["db:tcp://10.7.240.204:5432", "postgres://db:tcp://[fd00::2]:5432/shop"])
def test_a_port_that_a_shell_expanded(waitfor, net, named_db, target):
    """FIELD 10: db:${DB_PORT}, where Kubernetes or a link set DB_PORT."""
    result = waitfor("-t", "5s", target, net=net)
    assert result.code == 0 and "10.77.0.5:5432" in result.err, result


@pytest.mark.parametrize("password", ["ok%41x", "a/b:c@d?e#f&g=h i,j", "ü%zz"])
@pytest.mark.parametrize("target", ["postgres://me:${PW}@db/x", "postgres://db/x?user=me&password=${PW}"])
def test_a_variable_in_a_password_is_literal(waitfor, net, named_db, password, target):
    """FIELD 11: what was sent is what the variable holds."""
    def script(connection):
        connection.startup = read_startup(connection)
        connection.send(ask_cleartext_password())
        connection.drain()
    named_db.script = script
    waitfor.start("-t", "30s", target, env={"PW": password}, net=net)
    until(lambda: named_db.connections and named_db.connections[0].received.endswith(b"p" + (
        len(password.encode()) + 5).to_bytes(4, "big") + password.encode() + b"\0"))


def test_without_links_the_variables_add_nothing(waitfor, net, dns, db, peer):
    extra = peer(silence, address="10.77.0.1", net=net)
    assert waitfor(*QUICK, f"tcp://{extra.target}", env=link(), net=net).code == 0
    assert not db.connections
