"""docker/examples/compose.yaml as it stands, under whichever generation of Compose is there."""

import os
import shutil
import subprocess

import pytest

from docker_lab import EXAMPLES, Container, docker


@pytest.fixture
def compose(lab, postgres_image):
    """Runs Compose in a project of its own; everything of the project is gone afterwards."""
    if shutil.which("docker-compose"):
        command = ["docker-compose"]
    elif docker("compose", "version", check=False).returncode == 0:
        command = ["docker", "compose"]
    elif os.environ.get("WAITFOR_REQUIRE_DOCKER") == "1":
        pytest.fail("WAITFOR_REQUIRE_DOCKER=1 and there is no Compose")
    else:
        pytest.skip("no Compose")
    directory = lab.tools.context
    for name in ("Dockerfile", "compose.yaml"):
        shutil.copy(EXAMPLES / name, directory / name)
    environment = {
        **os.environ, "DB_IMAGE": postgres_image, "DOCKER_BUILDKIT": "0", "COMPOSE_DOCKER_CLI_BUILD": "0",
        # Compose v1 warns about every variable it does not find, PWD among them.
        "PWD": str(directory),
    }

    def run(*arguments):
        result = subprocess.run(
            [*command, "--project-name", lab.prefix, "--file", str(directory / "compose.yaml"), *arguments],
            cwd=directory, env=environment, capture_output=True, text=True, timeout=180,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    try:
        yield run
    finally:
        run("down", "--volumes", "--rmi", "local", "--timeout", "1")


def test_compose_example_starts_the_app_when_the_database_is_ready(compose):
    compose("up", "--detach", "--build")
    app = Container(compose("ps", "-a", "-q", "app").strip())
    database = Container(compose("ps", "-a", "-q", "db").strip())
    assert app.exit_code(90) == 0, app.describe()
    seen = app.environment()
    assert (seen["DB_HOST"], seen["DB_PORT"]) == ("db", "5432")
    (network,) = database.inspect()["NetworkSettings"]["Networks"].values()
    assert seen["DB_ADDR"] == network["IPAddress"]
    assert len(app.stderr.splitlines()) < 10
