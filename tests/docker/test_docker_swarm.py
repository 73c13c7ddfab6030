"""docker/stack.yaml on a Swarm of one node: all at once, and Swarm's own checks and updates.

Each replica gets a port of its own here (PUBLISH=host, PORT=0), so that every one can be asked.
"""

import concurrent.futures
import os
import pathlib
import re

import pytest

from desk import free_port
from docker_lab import docker, eventually
from notes import answers, statuses, works
from swarm_lab import CONVERGED, STACK, Ends, Stack, swarm_of_one_node

HERE = "127.0.0.1"
EACH = {"PUBLISH": "host", "PORT": "0"}
# A database is done when the test says so, and hears signals meanwhile.
GATE = "until [ -e /tmp/open ]; do sleep 0.1; done"
SLOW_SET_UP = """
services:
  db:
    configs:
      - source: gate
        target: /docker-entrypoint-initdb.d/gate.sh
configs:
  gate:
    file: {}
"""
# The migration begins when the test scales it up.
NO_MIGRATION_YET = """
services:
  migrate:
    deploy:
      replicas: 0
"""
LOGGED_CONNECTIONS = """
services:
  db:
    command: ["postgres", "-c", "log_connections=on"]
"""


@pytest.fixture(scope="module")
def swarm(engine):
    with swarm_of_one_node():
        yield


@pytest.fixture
def stack(swarm, workflow, tmp_path):
    made = Stack(workflow, tmp_path)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def slow_set_up(tmp_path):
    gate = tmp_path / "gate.sh"
    gate.write_text(GATE + "\n")
    return SLOW_SET_UP.format(gate)


def tasks(service, *slots, state="Running"):
    return [(f"{service}.{slot}", state, state) for slot in slots]


def waits(container):
    container.said(f"waitfor: {container.inspect()['Config']['Entrypoint'][1]}: ")
    assert "ready" not in container.stderr


def resolves(container, target):
    """The address that the DNS of this container has for the target, or None."""
    result = container.exec("waitfor", "--once", f"tcp://{target}", check=False)
    address = re.search(r"\d+\.\d+\.\d+\.\d+", result.stderr)
    return address and address.group()


def failed_checks(container):
    return [check for check in container.inspect()["State"]["Health"]["Log"] if check["ExitCode"]]


def port_of(container):
    return int(container.inspect()["NetworkSettings"]["Ports"]["5000/tcp"][0]["HostPort"])


def serves(stack, container, database):
    """Waits until this container serves, and from this database; returns its port."""
    port = port_of(container)
    about = eventually(
        "the service answers", lambda: answers(HERE, "/", port), CONVERGED, stack.describe
    )
    assert about["database"]["address"] == database.address(stack.network)
    return port


def migrated(stack):
    stack.runs("migrate", ("migrate.1", "Shutdown", "Complete"))


def test_nothing_in_the_file_gives_an_order_or_a_password():
    code = "\n".join(line.split("#")[0] for line in STACK.read_text().splitlines())
    for word in ("depends_on", "links", "sleep", "PASSWORD:", "PGPASSWORD"):
        assert word not in code


def test_cold_start_with_a_database_that_takes_its_time(stack, slow_set_up):
    """FACTS 16, 26: nobody has a name before it is healthy, and nobody is ended for waiting."""
    stack.deploy(slow_set_up, **EACH)
    api = stack.containers("api", 3)
    (database,) = stack.containers("db", 1)
    (migration,) = stack.containers("migrate", 1)
    database.said("db: reading /docker-entrypoint-initdb.d/gate.sh")
    for waiting in (*api, migration):
        waits(waiting)
    # Without a start period, three in a row would have been the end.
    for waiting in api:
        eventually(
            "four checks fail", lambda: len(failed_checks(waiting)) >= 4, describe=stack.describe
        )
    for target in ("db:5432", "tasks.db:5432", "tasks.api:5000"):
        assert resolves(api[0], target) is None

    database.exec("touch", "/tmp/open")
    stack.runs("api", *tasks("api", 1, 2, 3))
    stack.runs("db", *tasks("db", 1))
    migrated(stack)
    assert "applied 2 migrations" in migration.stdout
    assert {each.id for each in stack.containers("api", 3)} == {each.id for each in api}
    for each in api:
        works(HERE, serves(stack, each, database))
    assert resolves(api[0], "tasks.db:5432") == database.address(stack.network)
    assert resolves(api[0], "tasks.api:5000") in [each.address(stack.network) for each in api]


# WAITFOR_SWARM_STARTS=7 starts 21 tasks of the api. CI has less time: Compose starts 20 times there.
@pytest.mark.parametrize("start", range(int(os.environ.get("WAITFOR_SWARM_STARTS", 3))))
def test_a_start_without_a_503(stack, start):
    """Whoever can connect to a task of the api gets what it is for: the task has waited for the migration."""
    late = start % 2 == 1  # else everything starts together
    stack.deploy(NO_MIGRATION_YET if late else "", **EACH)
    api = stack.containers("api", 3)
    if late:
        for waiting in api:
            waiting.said("no such table: migrated_", CONVERGED)
        docker("service", "scale", "--detach", f"{stack.service('migrate')}=1")

    def is_migrated():
        return ("migrate.1", "Shutdown", "Complete") in stack.tasks("migrate")

    def clients_of(container):
        return set(statuses(HERE, is_migrated, stack.describe, port_of(container)))

    with concurrent.futures.ThreadPoolExecutor(len(api)) as clients:
        assert list(clients.map(clients_of, api)) == [{200}] * len(api), stack.describe()
    migrated(stack)
    stack.runs("api", *tasks("api", 1, 2, 3))


def test_tasks_that_start_while_the_database_is_updated_wait_and_then_serve(stack):
    """The api is scaled up and updated meanwhile: an old task serves until its successor can."""
    stack.deploy(**EACH)
    stack.runs("api", *tasks("api", 1, 2, 3))
    migrated(stack)
    api = stack.containers("api", 3)
    (database,) = stack.containers("db", 1)
    works(HERE, serves(stack, api[0], database))

    slow = f"sh -c 'trap \"exit 130\" INT; {GATE}; exec docker-entrypoint.sh postgres'"
    update = ("service", "update", "--detach", "--no-resolve-image", "--force")
    docker(*update, "--entrypoint", slow, stack.service("db"))
    (updated,) = stack.containers("db", 1, besides=[database])
    docker(*update, "--replicas", "5", stack.service("api"))
    # The two more, and the first successor.
    new = stack.containers("api", 3, besides=api)
    for waiting in new:
        waits(waiting)
        assert resolves(waiting, "db:5432") is None
    assert {each.id for each in stack.containers("api", 6)} > {each.id for each in api}

    updated.exec("touch", "/tmp/open")
    stack.runs("api", *tasks("api", 1, 2, 3, 4, 5), *tasks("api", 1, 2, 3, state="Shutdown"))
    for each in stack.containers("api", 5, besides=api):
        port = serves(stack, each, updated)
        assert len(answers(HERE, "/notes", port)) == 1, "the data is what it was"
    assert {each.id for each in stack.containers("api", 5)} > {each.id for each in new}
    eventually(
        "both updates are completed",
        lambda: {stack.inspect(service)["UpdateStatus"]["State"] for service in ("api", "db")}
        == {"completed"},
        CONVERGED, stack.describe,
    )


def test_password_is_in_its_files_and_nowhere_else(stack):
    """FACTS 30: of a file that others can read, libpq takes nothing, and waitfor no login."""
    stack.deploy(LOGGED_CONNECTIONS, **EACH)
    stack.runs("api", *tasks("api", 1, 2, 3))
    migrated(stack)
    api = stack.containers("api", 3)[0]
    (database,) = stack.containers("db", 1)
    works(HERE, serves(stack, api, database))
    form = ("stat", "--format", "%u:%g %a")
    assert api.exec(*form, "/run/secrets/pgpass").stdout == "5000:5000 400\n"
    assert database.exec(*form, "/run/secrets/password").stdout == "0:0 400\n"

    # The next login is waitfor's, since everybody else is quiet by now.
    authorized = "connection authorized: user=notes database=notes"
    before = database.stderr.count(authorized)
    api.exec("waitfor", "--once", "db:5432")
    database.said(authorized, times=before + 1)

    told = [str(stack.inspect(service)) for service in ("db", "migrate", "api")]
    for container in stack.all_containers():
        told += [str(container.inspect()), container.stdout, container.stderr]
    # The entrypoint had it in a variable; the server is not to. Its own user may look, root not.
    server = docker("exec", "--user", "postgres", database.id, "cat", "/proc/1/environ").stdout
    assert "POSTGRES_USER=notes" in server
    assert not any(stack.password in text for text in (*told, server))
    assert "password file" not in "".join(told), "that would be libpq's warning"


def test_waiting_tasks_end_at_once_when_told_to(stack, slow_set_up, tmp_path):
    """FACTS 35: PID 1 that hears no signal is killed after ten seconds, with exit code 137."""
    stack.deploy(slow_set_up, **EACH)
    api = stack.containers("api", 3)
    (migration,) = stack.containers("migrate", 1)
    for waiting in (*api, migration):
        waits(waiting)
    with Ends(stack, tmp_path) as ends:
        docker("service", "scale", "--detach", f"{stack.service('api')}=1")
        assert ends.exit_codes(api, 2) == [143] * 2
        docker("stack", "rm", stack.name)
        assert ends.exit_codes([*api, migration], 4) == [143] * 4


def test_commands_at_the_head_of_the_file(stack):
    """As they stand, but for names: then Swarm's routing mesh publishes the port."""
    port = free_port()
    stack.deploy_as_told(PORT=str(port))
    stack.runs("api", *tasks("api", 1, 2, 3))
    migrated(stack)
    (published,) = stack.inspect("api")["Endpoint"]["Ports"]
    assert (published["PublishedPort"], published["PublishMode"]) == (port, "ingress")
    # The mesh is IPVS: where the kernel has none, the tasks run, and no port leads to them.
    if pathlib.Path("/proc/net/ip_vs").exists():
        eventually(
            "the port answers", lambda: answers(HERE, "/notes", port) is not None, CONVERGED,
            stack.describe,
        )
        works(HERE, port)
