"""docker/kubernetes: its pods, played by Podman in any order and probed as the kubelet would."""

import itertools
import re
import time

import pytest

from docker_lab import eventually
from manifests import (
    MANIFESTS, as_pod, container_of, document, documents, for_podman, pod_of, write_config
)
from notes import answers, statuses, works
from podman_lab import Node, PodmanRoom, why_not

FORMS = ("api-wrapper.yaml", "api-init-container.yaml")
# Who waits in a pod that comes before the database. Podman removes initContainers that are through.
WAITING = {"api-wrapper.yaml": "api", "api-init-container.yaml": "wait"}
API = container_of(document("api-wrapper.yaml", "Deployment"), "api")
DATABASE = container_of(document("database.yaml", "Deployment"), "postgres")
PASSWORD = document("secret.yaml", "Secret")["stringData"]["password"]
# "no such name"; where the DNS server is silent when its own ones are, "no answer from DNS".
NOT_FOUND = ": no "
READY = {"startupProbe": 0, "readinessProbe": 0, "livenessProbe": 0}
NOT_READY = dict.fromkeys(READY, 1)


@pytest.fixture(scope="module")
def podman():
    if problem := why_not():
        pytest.skip(problem)


@pytest.fixture(scope="module")
def room(podman, workflow):
    made = PodmanRoom()
    try:
        made.load({
            workflow.api: "localhost/pw/api",
            workflow.db: "localhost/pw/db",
            workflow.waitfor: "localhost/waitfor",
        })
        yield made
    finally:
        made.close()


@pytest.fixture
def node(room):
    made = Node(room)
    try:
        made.prepare()
        yield made
    finally:
        made.close()


def serves(api):
    """Waits until the api answers from its database; returns what it says of that."""
    address = api.address()
    with api.room.inside():
        return eventually("the api serves", lambda: answers(address), 60, api.log)["database"]


def statuses_from(api, migration):
    """What clients of the api get, from its first answer on, until the migration is over and a little longer."""
    eventually("the api runs", lambda: api.inspect()["State"]["Running"], 60, api.log)
    address = api.address()
    with api.room.inside():
        return statuses(address, lambda: migration.inspect()["State"]["Status"] == "exited", api.log)


def play_database(node, *aliases):
    """By the names of its Services, which Podman does not play."""
    names = [service["metadata"]["name"] for service in documents("database.yaml", "Service")]
    node.play("database.yaml", aliases or names)
    return node.container("db", "postgres")


def migrate(api):
    """As the README does it, where the Job is not what the test is about."""
    result = api.exec("waitfor", "db:5432", "--", "perl", "-Ilib", "bin/update-database", "1")
    assert result.returncode == 0, result.stderr


def play_api(node, **options):
    node.play("api-wrapper.yaml", **options)
    return node.container("api", "api")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "order", itertools.permutations(("db", "migrate", "api")), ids="-".join
)
def test_every_order_ends_in_a_serving_api(node, order, form):
    """FACTS 44: a pod that comes later is found by name, and an initContainer that waits ends."""
    start = {
        "db": lambda: play_database(node),
        "migrate": lambda: node.begin([as_pod(document("migrate.yaml", "Job"))]),
        "api": lambda: node.begin(for_podman(form)),
    }
    waiting = {"migrate": "migrate", "api": WAITING[form]}
    for index, step in enumerate(order):
        start[step]()
        if "db" not in order[: index + 1]:
            node.container(step, waiting[step]).said(NOT_FOUND)
    api, database = node.container("api", "api"), node.container("db", "postgres")
    migration = node.container("migrate", "migrate")
    assert set(statuses_from(api, migration)) == {200}, api.log()
    node.finish()
    assert migration.exit_code() == 0, migration.log()
    assert serves(api) == {"host": "db", "port": "5432", "address": database.address()}
    with node.room.inside():
        works(api.address())
    logs = {name: container.log() for name, container in node.containers().items()}
    assert "applied 2 migrations" in logs["migrate"]
    assert not [name for name, log in logs.items() if PASSWORD in log], "the Secret is one"
    assert not [name for name, log in logs.items() if len(log.splitlines()) > 30], logs


def probe(container, manifest):
    """The exit codes of its probes, asked as the manifest says, in the time that it gives them."""
    codes = {}
    for name in READY:
        start = time.monotonic()
        codes[name] = container.exec(*manifest[name]["exec"]["command"]).returncode
        assert time.monotonic() - start < manifest[name]["timeoutSeconds"], name
    return codes


def database_behind_a_gate(gate):
    """database.yaml, with a script in its set-up that waits for a file."""
    gate.mkdir()
    directory = "/docker-entrypoint-initdb.d"
    (gate / "gate.sh").write_text(f"until [ -e {directory}/open ]; do sleep 0.05; done\n")
    wanted = documents("database.yaml")
    (pod,) = (pod_of(each) for each in wanted if each["kind"] == "Deployment")
    pod["volumes"].append({"name": "gate", "hostPath": {"path": str(gate)}})
    pod["containers"][0]["volumeMounts"].append({"name": "gate", "mountPath": directory})
    return wanted


def test_probes_fail_until_it_is_ready(node, tmp_path):
    """FACTS 26, 40: 1 before, and while the set-up's server answers on its socket file; then 0."""
    api = play_api(node).said(NOT_FOUND)
    assert probe(api, API) == NOT_READY

    node.play(database_behind_a_gate(tmp_path / "gate"), ["db"])
    database = node.container("db", "postgres").said("gate.sh")
    assert database.exec("pg_isready", "--quiet").returncode == 0, "by the socket file it is ready"
    assert probe(database, DATABASE) == NOT_READY
    api.said("connection refused")
    assert probe(api, API) == NOT_READY

    (tmp_path / "gate" / "open").touch()
    eventually("it is ready", lambda: probe(database, DATABASE) == READY, describe=database.log)
    migrate(api)
    serves(api)
    assert probe(api, API) == READY


def test_the_api_outlives_its_database(node):
    """Without its database it is alive and not ready, and says so within timeoutSeconds."""
    database, api = play_database(node), play_api(node)
    migrate(api)
    serves(api)
    not_ready_but_alive = {**READY, "readinessProbe": 1}

    database.podman("pause")
    assert probe(api, API) == not_ready_but_alive, "who is paused takes connections, and no more"
    database.podman("unpause")
    assert probe(api, API) == READY

    database.podman("stop", "--time=30")
    assert probe(api, API) == not_ready_but_alive
    # It ends, and is started anew: the wrapper waits again, as an initContainer would not.
    api.exec("perl", "-e", "kill TERM => 1")
    eventually("it waits", lambda: probe(api, API) == NOT_READY, describe=api.log)
    database.podman("start")
    serves(api)
    assert probe(api, API) == READY


def test_a_pod_that_is_deleted_while_it_waits(node):
    """FACTS 35: PID 1 of its container heeds TERM at once, long before the grace period is over."""
    api = play_api(node).said(NOT_FOUND)
    start = time.monotonic()
    api.podman("stop", "--time=30")
    assert time.monotonic() - start < 10
    assert api.exit_code() == 143


def status(container, name):
    """This line of what the kernel says of the container's PID 1."""
    lines = container.exec("cat", "/proc/1/status").stdout.splitlines()
    (value,) = (line.split(":")[1].strip() for line in lines if line.startswith(f"{name}:"))
    return value


def test_what_the_manifests_forbid(node):
    database, api = play_database(node), play_api(node)
    migrate(api)
    serves(api)
    assert status(api, "Uid").split() == ["5000"] * 4
    assert status(api, "CapBnd").strip("0") == ""
    owner = database.exec("stat", "--format=%U", "/proc/1").stdout
    assert owner == "postgres\n", "it starts as root, and does not stay that"
    assert status(database, "CapEff").strip("0") == ""
    for container in (api, database):
        assert status(container, "NoNewPrivs") == "1"
        assert "Read-only file system" in container.exec("touch", "/usr/new").stderr
        assert container.exec("touch", "/tmp/new").returncode == 0


def service_variables(service, address):
    """What pods that start after this Service get from the kubelet (FACTS 5)."""
    if service["spec"].get("clusterIP") == "None":
        return {}
    prefix = service["metadata"]["name"].upper().replace("-", "_")
    ports = service["spec"]["ports"]
    variables = {
        f"{prefix}_SERVICE_HOST": address,
        f"{prefix}_SERVICE_PORT": str(ports[0]["port"]),
        f"{prefix}_PORT": f"tcp://{address}:{ports[0]['port']}",
    }
    for port in ports:
        number, name = str(port["port"]), port["name"].upper().replace("-", "_")
        variables |= {
            f"{prefix}_SERVICE_PORT_{name}": number,
            f"{prefix}_PORT_{number}_TCP": f"tcp://{address}:{number}",
            f"{prefix}_PORT_{number}_TCP_PROTO": "tcp",
            f"{prefix}_PORT_{number}_TCP_PORT": number,
            f"{prefix}_PORT_{number}_TCP_ADDR": address,
        }
    return variables


@pytest.mark.parametrize("name", ["unknown", "known"])
def test_service_variables(node, tmp_path, name):
    """FACTS 5, 6: they help where the name is unknown, and are not believed where it is known."""
    database = play_database(node, "db" if name == "known" else "another")
    address = database.address()
    # Nobody has the other one (RFC 5737).
    told = address if name == "unknown" else "192.0.2.9"
    variables = {}
    for service in documents("database.yaml", "Service"):
        variables |= service_variables(service, told)
    assert len(variables) == 8, "all of them from the Service that has an address"
    api = play_api(node, config=write_config(tmp_path / "config.yaml", variables))
    migrate(api)
    host = "db" if name == "known" else address
    assert serves(api) == {"host": host, "port": "5432", "address": address}
    # A probe is started beside it, gets them as they are, and has to make the same of them.
    assert api.exec("printenv", "DB_PORT").stdout == f"tcp://{told}:5432\n"
    found = api.exec("timeout", "5", "getent", "hosts", "db").returncode == 0
    assert found == (name == "known")
    assert probe(api, API) == READY


def test_the_commands_of_the_readme(room):
    text = (MANIFESTS / "README.md").read_text()
    section = text.partition("\n## With Podman")[2].partition("\n## ")[0]
    load, wrapper, init_container, clear = re.findall(r"^```sh\n(.*?)^```$", section, re.M | re.S)
    assert load.startswith("docker save "), "which wants the engine: it is what the room does first"
    node = Node(room)
    try:
        room.shell(wrapper)
        first = node.container("api", "api")
        serves(first)
        room.shell(init_container)
        second = node.container("api", "api")
        assert second.id != first.id
        serves(second)
        with room.inside():
            works(second.address())
        room.shell(clear)
        assert not node.containers()
        for kept in ("volume", "secret"):
            assert room.podman(kept, "ls", "--quiet").stdout == ""
    finally:
        node.close()
