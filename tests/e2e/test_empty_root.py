"""A scratch image: nothing but waitfor and the app, and nothing to write to (FACTS 41)."""

import os
import shutil
import subprocess

import pytest

from support.dns import Dns, at
from support.net import AS_USER, require_namespaces
from support.peers import UnixPeer
from support.redis import PASSWORD_IN_URI
from support.runner import BINARY, CLEAN_ENV

# By its path: the environment it starts with, the app's, is empty.
CHROOT = shutil.which("chroot", path=CLEAN_ENV["PATH"])


@pytest.fixture
def root(folder, programs):
    """A root with two files in it: no /etc, /proc, /dev, /tmp, no shell, no library."""
    made = folder / "root"
    made.mkdir()
    shutil.copy(BINARY, made / "waitfor")
    shutil.copy(programs / "show_state", made / "app")
    yield made
    assert sorted(os.listdir(made)) == ["app", "waitfor"], "nothing was written"


@pytest.fixture
def inside(waitfor, root):
    """Runs /waitfor ... -- /app - in the empty root, as somebody without privileges."""
    def run(*args, env=None, net=None):
        if AS_USER and not net:
            require_namespaces()
            chroot = ["unshare", "--user", "--map-root-user", "--root", root]
        else:
            chroot = [CHROOT, root] if AS_USER else [CHROOT, "--userspec=65534:65534", root]
        return waitfor.start_argv([*chroot, "/waitfor", "-t", "10s", *args, "--", "/app", "-"],
                                  env=env or {}, net=net).finish()
    return run


def exports(result):
    assert result.code == 0, result
    return sorted(line.split(" ", 2)[2] for line in result.out.splitlines()
                  if line.startswith("env "))


def test_the_root_is_as_empty_as_it_should_be(root):
    found = subprocess.run(["find", root, "-type", "f"], capture_output=True, text=True, check=True)
    assert len(found.stdout.split()) == 2


def test_tcp_by_address(inside, peer):
    listener = peer()
    assert exports(inside(f"api=tcp://{listener.target}")) == [
        "API_ADDR=127.0.0.1", "API_HOST=127.0.0.1", f"API_PORT={listener.port}"]


def test_localhost_without_a_hosts_file(inside, peer):
    assert "LOCALHOST_ADDR=127.0.0.1" in exports(inside(f"tcp://localhost:{peer().port}"))


def test_dns_without_resolv_conf_is_asked_at_127_0_0_1(inside, net, peer):
    listener = peer(address="10.77.0.1", net=net)
    server = Dns(net, "127.0.0.1")
    try:
        server.name("db", a=at("10.77.0.1"))
        assert "DB_ADDR=10.77.0.1" in exports(inside(f"tcp://db:{listener.port}", net=net))
    finally:
        server.close()


def test_link_variables(inside, net, peer):
    listener = peer(address="10.77.0.1", port=8080, net=net)
    env = {"DB_NAME": "/app/db", "DB_PORT": "tcp://10.77.0.1:8080",
           "DB_PORT_8080_TCP": "tcp://10.77.0.1:8080"}
    shown = exports(inside("db", env=env, net=net))
    assert "DB_HOST=10.77.0.1" in shown and f"DB_PORT={listener.port}" in shown


def test_a_postgres_ping(inside, pg):
    """Without a passwd entry libpq would not know its own user (FACTS 30)."""
    assert exports(inside(f"postgres://127.0.0.1:{pg.port}")) == []


def test_a_postgres_login_with_scram(inside, pg):
    """Without /dev/urandom libpq alone could make no nonce."""
    assert exports(inside(pg.uri())) == []


def test_a_redis_login(inside, redis):
    assert exports(inside(redis.uri("app", PASSWORD_IN_URI, "?role=master"))) == []


def test_a_unix_socket(inside, root):
    """A path is one of the new root's."""
    path = root / "api.sock"
    server = UnixPeer(path)
    try:
        path.chmod(0o777)
        assert "API_HOST=/api.sock" in exports(inside("API=unix:///api.sock"))
    finally:
        server.close()
        path.unlink()


def test_files_and_processes(inside):
    """Without /proc a process is there or not; nobody can tell whether it is a zombie."""
    assert exports(inside("file:///app?min-size=1k", "file:///run?gone", "pid://1", "pid://4194304?gone")) == []


def test_a_check(inside):
    """Its stdin is at its end without /dev/null. There is one program that it can be: waitfor -f - reads stdin."""
    result = inside("--check", "/waitfor --once file:///app", "exec:///waitfor?arg=-f&arg=-&exit=125")
    assert exports(result) == [], result
    result = inside("--once", "exec:///waitfor?arg=-f&arg=-")
    assert result.code == 1 and "exit status 125: waitfor: standard input" in result.err, result
    result = inside("--once", "--check", "sh -c true")
    assert result.code == 1 and "the program, or the interpreter or loader that it needs, does not exist" in result.err


def test_errors_are_as_elsewhere(inside):
    result = inside("db:0")
    assert result.code == 125 and len(result.lines) == 1


def test_a_missing_command_is_127(waitfor, root, peer):
    prefix = ["unshare", "--user", "--map-root-user", "--root"] if AS_USER else [CHROOT]
    result = waitfor.start_argv([*prefix, root, "/waitfor", f"tcp://{peer().target}", "--", "sh"],
                                env={}).finish()
    assert result.code == 127, result
