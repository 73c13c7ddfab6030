"""Peers found by name on networks, late ones and such as are joined to while waitfor waits."""

import socket
import subprocess

import pytest

from desk import free_port
from docker_lab import docker, eventually

PASSWORD = ("--env", "POSTGRES_PASSWORD=secret")


def exported(app):
    seen = app.environment()
    return seen["DB_HOST"], seen["DB_PORT"], seen["DB_ADDR"]


@pytest.mark.parametrize("how", ["container name", "network alias"])
def test_peer_that_appears_on_a_user_defined_network(lab, scratch_image, how):
    network = lab.network()
    name = lab.name("peer") if how == "container name" else "db"
    app = lab.run(
        scratch_image, f"db=tcp://{name}:5432", "--", "app", "show",
        options=(*lab.nameless(network), "--entrypoint", "waitfor"),
    ).said("no such name")
    naming = ("--name", name) if how == "container name" else ("--network-alias", name)
    peer = lab.toolbox("serve", "5432", options=("--network", network, *naming))
    assert app.exit_code() == 0, app.describe()
    assert exported(app) == (name, "5432", peer.address(network))


def test_database_that_starts_after_the_app(lab, scratch_image, postgres_image):
    """FACTS 26: while it initialises, the server runs without TCP; the app must not start before it is through."""
    network = lab.network()
    app = lab.run(scratch_image, "app", "show", options=lab.nameless(network)).said("no such name")
    options = (*PASSWORD, "--network", network, "--network-alias", "db")
    database = lab.run(postgres_image, options=options)
    assert app.exit_code(60) == 0, app.describe()
    assert exported(app) == ("db", "5432", database.address(network))
    assert "listening on IPv4" in database.stderr, "the server of the set-up does not"
    assert len(app.stderr.splitlines()) < 10


def test_silent_dns_of_an_internal_network(lab, scratch_image):
    """FACTS 11: an unknown name gets no answer there (from newer engines a failure), then the peer is there."""
    network = lab.network("--internal")
    app = lab.run(
        scratch_image, "tcp://db:5432", "--", "app", "show", options=("--network", network, "--entrypoint", "waitfor")
    ).said("waitfor: tcp://db:5432: ")
    peer = lab.toolbox("serve", "5432", options=("--network", network, "--network-alias", "db"))
    assert app.exit_code() == 0, app.describe()
    assert app.ended() - peer.started() < 5, "a question that nobody answers is soon asked again"
    assert exported(app) == ("db", "5432", peer.address(network))
    assert len(app.stderr.splitlines()) < 10


def test_the_network_is_connected_while_the_app_waits(lab, scratch_image, postgres_image):
    """FACTS 8: run the app on the default bridge, create the network, connect it, start the database, connect that."""
    upstream = lab.toolbox("dns")
    app = lab.run(scratch_image, "app", "show", options=("--dns", upstream.address()))
    app.said("waitfor: db:5432: no such name")
    assert "127.0.0.11" not in app.exec("app", "file", "/etc/resolv.conf").stdout

    network = lab.network()
    docker("network", "connect", network, app.id)
    assert "127.0.0.11" in app.exec("app", "file", "/etc/resolv.conf").stdout, "the file is another now"
    assert app.inspect()["State"]["Running"]

    database = lab.run(postgres_image, options=PASSWORD)
    docker("network", "connect", "--alias", "db", network, database.id)
    assert app.exit_code(60) == 0, app.describe()
    assert exported(app) == ("db", "5432", database.address(network))
    assert len(app.stderr.splitlines()) < 10


@pytest.fixture
def published(lab):
    """A container that does not listen yet, and the port of the host's loopback that leads to it."""
    peer = lab.toolbox("serve-later", "5432", options=("--publish", "127.0.0.1::5432"))
    port = int(peer.inspect()["NetworkSettings"]["Ports"]["5432/tcp"][0]["HostPort"])
    return peer, port


def accepts(port):
    with socket.socket() as probe:
        probe.settimeout(5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_published_port_that_accepts_while_nothing_listens(lab, published):
    """FACTS 17: docker-proxy accepts by itself, and closes when it finds nobody inside."""
    peer, port = published
    if not accepts(port):
        pytest.skip("this engine has no docker-proxy on loopback")
    waitfor, target = str(lab.tools.waitfor), f"tcp://127.0.0.1:{port}"
    once = subprocess.run([waitfor, "--once", target], capture_output=True, text=True, timeout=30)
    assert once.returncode == 1, once.stderr
    assert "port open, but nothing behind it yet" in once.stderr

    waiting = subprocess.Popen([waitfor, target, "--", "true"], stderr=subprocess.PIPE, text=True)
    try:
        first = waiting.stderr.readline()
        assert "port open, but nothing behind it yet" in first
        assert waiting.poll() is None
        peer.signal("USR1")
        assert waiting.wait(30) == 0
        assert "ready at 127.0.0.1" in waiting.stderr.read()
    finally:
        waiting.kill()
        waiting.wait()


@pytest.mark.parametrize("_run", range(3))
def test_published_port_of_a_container_that_is_just_starting(lab, _run):
    """FACTS 17, and more: until the container has its interface, the proxy's own connection hangs, and ours stays open."""
    port = free_port()
    waiting = subprocess.Popen(
        [lab.tools.waitfor, "-t", "3s", f"tcp://127.0.0.1:{port}", "--", "true"], stderr=subprocess.PIPE, text=True
    )
    try:
        assert "connection refused" in waiting.stderr.readline()
        lab.toolbox("serve-later", "5432", options=("--publish", f"127.0.0.1:{port}:5432"))
        assert waiting.wait(30) == 124, "nobody ever listened in the container"
        assert "port open, but nothing behind it yet" in waiting.stderr.read()
    finally:
        waiting.kill()
        waiting.wait()


def test_published_postgresql_through_the_hosts_loopback(lab, postgres_image):
    database = lab.run(postgres_image, options=(*PASSWORD, "--publish", "127.0.0.1::5432"))
    port = database.inspect()["NetworkSettings"]["Ports"]["5432/tcp"][0]["HostPort"]
    target = f"postgres://postgres:secret@127.0.0.1:{port}/postgres"
    result = subprocess.run([lab.tools.waitfor, target], capture_output=True, text=True, timeout=90)
    assert result.returncode == 0, result.stderr
    assert "secret" not in result.stderr
    eventually("the server is the one that serves", lambda: "listening on IPv4" in database.stderr)
