"""The Compose files as they stand, under whichever generation of Compose is there (WAITFOR_COMPOSE names another)."""

import itertools
import os
import re
import shlex
import shutil
import subprocess

import pytest

from compose_lab import Project, compose_command, section
from desk import SECRET, free_port
from docker_lab import REPOSITORY, Container, docker
from notes import answers, serves, statuses, works


@pytest.fixture
def notes_project(lab, workflow):
    project = Project(
        lab, REPOSITORY / "docker" / "compose.yaml", DB_IMAGE=workflow.db, API_IMAGE=workflow.api,
        PORT=str(free_port()), POSTGRES_PASSWORD=SECRET,
    )
    try:
        yield project
    finally:
        # Who joined the project's network goes before it.
        lab.close()
        project.close()


def test_the_commands_of_the_readmes_example(lab, workflow, tmp_path):
    """As they stand, but for the names of images, which no registry is asked for here, and of the project."""
    text = section("A complete example with Compose")
    change, *commands = [line[2:] for line in re.search(r"```console\n(.*?)```", text, re.S)[1].splitlines()]
    directory = tmp_path / "shop"
    shutil.copytree(REPOSITORY / change.removeprefix("cd "), directory)
    for file in directory.iterdir():
        file.write_text(file.read_text().replace("postgres:17", workflow.db).replace("=waitfor", f"={workflow.waitfor}"))
    environment = {**os.environ, "COMPOSE_PROJECT_NAME": lab.prefix, "DOCKER_BUILDKIT": "0",
                   "COMPOSE_DOCKER_CLI_BUILD": "0", "PWD": str(directory)}
    outputs = []
    for command in commands:
        argv = [*compose_command(), *shlex.split(command.removeprefix("docker-compose "))]
        result = subprocess.run(argv, cwd=directory, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                                text=True, timeout=180)
        assert result.returncode == 0, result.stdout + result.stderr
        outputs.append(result.stdout)
    assert "waitfor: db:5432: ready at " in outputs[0] and re.search(r"PostgreSQL \d+", outputs[0]), outputs[0]
    for kind in (("ps", "--all"), ("volume", "ls"), ("network", "ls")):
        project = f"label=com.docker.compose.project={lab.prefix}"
        assert docker(*kind, "--quiet", "--filter", project).stdout == ""


def test_nothing_in_the_file_gives_an_order():
    text = (REPOSITORY / "docker" / "compose.yaml").read_text()
    code = "\n".join(line.split("#")[0] for line in text.splitlines())
    for word in ("depends_on", "links", "restart", "sleep"):
        assert word not in code


def another_address(lab, project, database):
    """Restarts the database, and sees to it that it gets another address."""
    old = database.address(project.network)
    docker("stop", database.id)
    squatters = []
    while old not in squatters:
        assert len(squatters) < 5, f"{old} was not given to {squatters}"
        squatter = lab.toolbox("serve", "80", options=("--network", project.network))
        squatters.append(squatter.address(project.network))
    database.start()
    assert database.address(project.network) != old


def test_cold_start_then_the_database_restarted_and_the_api_made_anew(lab, notes_project):
    notes_project.run("up", "--detach")
    api, database, migration = map(notes_project.container, ("api", "db", "migrate"))
    serves(api, notes_project.network)
    assert migration.exit_code(60) == 0, migration.describe()
    assert "applied 2 migrations" in migration.stdout
    works(api.address(notes_project.network))
    restarts = {container.inspect()["RestartCount"] for container in (api, database, migration)}
    assert restarts == {0}, "nothing had to fail in order to be tried again"

    another_address(lab, notes_project, database)
    # The running one has lost its connections and finds the name's new address by itself, like anything that asks again.
    about = serves(api, notes_project.network)
    assert about["database"]["address"] == database.address(notes_project.network)

    another_address(lab, notes_project, database)
    notes_project.run("up", "--detach", "--force-recreate", "--no-deps", "api")
    recreated = notes_project.container("api")
    assert recreated.id != api.id
    about = serves(recreated, notes_project.network)
    assert about["database"]["address"] == database.address(notes_project.network)
    assert len(answers(recreated.address(notes_project.network), "/notes")) == 1, "the data is what it was"
    works(recreated.address(notes_project.network))


def made(project):
    """Its containers, by service; none is started."""
    project.run("up", "--no-start")
    form = '{{.Label "com.docker.compose.service"}} {{.ID}}'
    own = f"label=com.docker.compose.project={project.name}"
    rows = docker("ps", "--all", "--format", form, "--filter", own).stdout
    return {service: Container(identity) for service, identity in map(str.split, rows.splitlines())}


def test_twenty_starts_in_all_orders_without_a_503(notes_project):
    """Whoever can connect to the api gets what it is for: the api has waited for the migration."""
    orders = itertools.cycle(itertools.permutations(("db", "api", "migrate")))
    for order in itertools.islice(orders, 20):
        containers = made(notes_project)
        assert set(containers) == set(order)
        for service in order:
            if order[-1] == service == "migrate":
                containers["api"].said("no such table: migrated_", 120)
            containers[service].start()
        api, migration = containers["api"], containers["migrate"]
        found = statuses(
            api.address(notes_project.network), lambda: migration.inspect()["State"]["Status"] == "exited", api.describe
        )
        assert set(found) == {200}, (order, found, api.describe())
        assert migration.exit_code(1) == 0, migration.describe()
        docker("rm", "--force", "--volumes", *(each.id for each in containers.values()))
