"""Fixtures: the program, the networks, the servers and the small C programs it is given to run."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from support.dns import Dns
from support.ferretdb import ferretdb_program
from support.fronts import BUILT, Fronts, Site, can_be_had
from support.grpc import grpchealth_program
from support.held import Service
from support.kafka import kfake_program
from support.net import Net
from support.peers import Peer, relay_to, silence
from support.postgres import Cluster
from support.redis import PASSWORD, Redis, Sentinel
from support.runner import BINARY, REPOSITORY, Waitfor
from support.terminal import Terminal

TLS_BINARY = REPOSITORY / "build" / "waitfor-tls"
PROGRAMS = Path(__file__).resolve().parent / "programs"
GO_PROGRAMS = {"kfake": kfake_program, "ferretdb": ferretdb_program, "grpchealth": grpchealth_program}    # by the fixtures that run them


def pytest_report_header():
    return f"program under test: {BINARY}"


def pytest_collection_finish(session):
    if session.items and not session.config.option.collectonly and not BINARY.exists():
        pytest.exit(f"{BINARY} does not exist: run make first, or set WAITFOR", returncode=2)


def pytest_collection_modifyitems(config, items):
    """Programs in Go: where one cannot be built, what needs it is left out. The scripted servers and the fronts remain."""
    def leave_out(wants, is_there):
        if wants and not is_there():
            config.hook.pytest_deselected(items=wants)
            items[:] = [item for item in items if item not in wants]

    for name, program in GO_PROGRAMS.items():
        leave_out([item for item in items if name in item.fixturenames], program)
    for name in BUILT:
        # A fixture of the tool's name, which is the front in one test and the original in the next.
        leave_out([item for item in items
                   if hasattr(item, "callspec") and item.callspec.params.get(name) == "original"],
                  lambda tool=name: can_be_had(tool))


@pytest.fixture
def waitfor():
    runner = Waitfor()
    yield runner
    runner.close()


@pytest.fixture
def fronts(waitfor, folder):
    return Fronts(waitfor, folder)


@pytest.fixture
def fill(peer):
    """Writes host:port of an open and of a closed port in the place of UP and DOWN."""
    up, down = peer().target, peer(listen=False).target
    return lambda text: text.replace("UP", up).replace("DOWN", down)


@pytest.fixture
def site():
    server = Site()
    yield server.url
    server.close()


@pytest.fixture
def waitfor_tls():
    assert TLS_BINARY.exists(), f"{TLS_BINARY} does not exist: run make tls first"
    runner = Waitfor(TLS_BINARY)
    yield runner
    runner.close()


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """ca.pem signed server.pem, for db.test, and old.pem, which has expired; other.pem is a stranger's CA."""
    folder = tmp_path_factory.mktemp("certificates")
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    for name in ("ca", "other"):
        openssl(folder, "req", "-x509", *curve, "-subj", f"/CN={name}", "-keyout", f"{name}.key",
                "-out", f"{name}.pem")
    openssl(folder, "req", "-x509", *curve, "-subj", "/CN=db.test", "-addext",
            "subjectAltName=DNS:db.test", "-addext", "basicConstraints=critical,CA:FALSE",
            "-CA", "ca.pem", "-CAkey", "ca.key", "-keyout", "server.key", "-out", "server.pem")
    openssl(folder, "req", "-new", *curve[:5], "-subj", "/CN=db.test", "-keyout", "old.key", "-out", "old.csr")
    openssl(folder, "x509", "-req", "-in", "old.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-days", "-1", "-out", "old.pem")
    return folder


@pytest.fixture
def net():
    made = Net()
    yield made
    made.close()


@pytest.fixture
def dns(net):
    """A DNS server that the network's resolv.conf names."""
    server = Dns(net)
    yield server
    server.close()


@pytest.fixture
def peer():
    """Makes scripted TCP peers; they end with the test, and must not have failed in it."""
    made = []

    def make(script=silence, **kwargs):
        made.append(Peer(script, **kwargs))
        return made[-1]

    yield make
    for each in made:
        each.close()
    assert not [error for each in made for error in each.errors]


@pytest.fixture
def terminal():
    """Makes terminals of any size."""
    made = []

    def make(columns=80, rows=24):
        made.append(Terminal(columns, rows))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(scope="session")
def pg_template():
    cluster = Cluster()
    yield cluster
    cluster.close()


@pytest.fixture(scope="session")
def pg(pg_template):
    """A running server for every test that does not change it."""
    cluster = Cluster(pg_template).start()
    yield cluster
    cluster.close()


@pytest.fixture
def new_pg(pg_template):
    """Makes servers of the test's own, not started yet."""
    made = []

    def make():
        made.append(Cluster(pg_template))
        return made[-1]

    yield make
    for cluster in made:
        cluster.close()


@pytest.fixture(scope="session")
def redis_dump():
    """The dump of a stopped server, for Redis.start_loading."""
    server = Redis().start()
    try:
        yield server.make_dump()
    finally:
        server.close()


@pytest.fixture(scope="session")
def redis():
    """A running server for every test that does not change it: app may do all, deaf not even PING."""
    server = Redis().start()
    server.do("ACL", "SETUSER", "app", "on", f">{PASSWORD}", "~*", "&*", "+@all")
    server.do("ACL", "SETUSER", "deaf", "on", f">{PASSWORD}", "-@all")
    yield server
    server.close()


@pytest.fixture
def cache(net, peer, redis):
    """The running Redis at 10.77.0.6:6379, which `cache` and two longer names lead to."""
    net.rewrite(net.hosts, "10.77.0.6 cache cache.prod.test my-cache\n")
    return peer(relay_to("127.0.0.1", redis.port), address=net.address("10.77.0.6"), port=6379, net=net)


@pytest.fixture
def new_redis():
    """Makes servers of the test's own, not started yet."""
    made = []

    def make(**kwargs):
        made.append(Redis(**kwargs))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture
def new_sentinel():
    """Makes Sentinels, not started yet."""
    made = []

    def make():
        made.append(Sentinel())
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(scope="session")
def programs():
    """The C programs of programs/, compiled static: they also run in an empty root."""
    folder = Path(tempfile.mkdtemp(prefix="waitfor-programs-"))
    folder.chmod(0o755)
    for source in sorted(PROGRAMS.glob("*.c")):
        subprocess.run(["cc", "-O1", "-Wall", "-Wextra", "-static", "-o", folder / source.stem,
                        source], check=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def folder():
    """A folder that other users may enter (pytest's tmp_path is closed to them)."""
    made = Path(tempfile.mkdtemp(prefix="waitfor-test-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def config(folder):
    """Writes a configuration, as JSON or as the text or bytes given; returns its path."""
    def write(content, name="waitfor.json"):
        path = folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path
    return write


@pytest.fixture
def service():
    """A port at which nobody listens yet."""
    found = Service().reserve()
    yield found
    found.stop()


@pytest.fixture
def hold(waitfor, service):
    """Starts waitfor with a free port for the service; returns the run, with its port."""
    def start(*words, options=(), app=("sleep", "60"), **kwargs):
        command = ["--", *app] if app else []
        running = waitfor.start("--hold=DB=0", *options, f"DB=tcp://127.0.0.1:{service.port}", *words, *command, **kwargs)
        running.wait_err("held at 127.0.0.1:")
        running.port = int(running.err().split("held at 127.0.0.1:")[1].split()[0])
        return running
    return start
