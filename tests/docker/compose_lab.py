"""Compose, whichever generation of it is there (WAITFOR_COMPOSE names another), and README.md's recipes for it."""

import contextlib
import os
import re
import shlex
import shutil
import subprocess

import pytest

from docker_lab import REPOSITORY, Container, docker
from manifests import yaml


def compose_command():
    if os.environ.get("WAITFOR_COMPOSE"):
        return shlex.split(os.environ["WAITFOR_COMPOSE"])
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    if docker("compose", "version", check=False).returncode == 0:
        return ["docker", "compose"]
    if os.environ.get("WAITFOR_REQUIRE_DOCKER") == "1":
        pytest.fail("WAITFOR_REQUIRE_DOCKER=1 and there is no Compose")
    return pytest.skip("no Compose")


class Project:
    """A Compose project of its own; everything of it is gone afterwards."""

    def __init__(self, lab, file, **variables):
        self._command = compose_command()
        self.name = lab.prefix
        self._file = file
        self._environment = {
            **os.environ, **variables, "DOCKER_BUILDKIT": "0", "COMPOSE_DOCKER_CLI_BUILD": "0",
            # Compose v1 warns about every variable it does not find, PWD among them.
            "PWD": str(file.parent),
        }

    def run(self, *arguments):
        result = subprocess.run(
            [*self._command, "--project-name", self.name, "--file", str(self._file), *arguments],
            cwd=self._file.parent, env=self._environment, capture_output=True, text=True, timeout=180,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def container(self, service):
        return Container(self.run("ps", "-a", "-q", service).strip())

    @property
    def network(self):
        return f"{self.name}_default"

    def close(self):
        self.run("down", "--volumes", "--rmi", "local", "--timeout", "1")


def section(title):
    """A section of README.md."""
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


@contextlib.contextmanager
def recipe(lab, folder, title, **more):
    """The project of a section's recipe as it stands, with `more` of its services: their images and what only these need."""
    found = yaml.safe_load(re.search(r"```yaml\n(services:.*?)```", section(title), re.S)[1])
    for name, settings in more.items():
        service = found["services"].setdefault(name, {})
        environment = {**service.get("environment", {}), **settings.get("environment", {})}
        service |= {**settings, "environment": environment}
    file = folder / "compose.yaml"
    file.write_text(yaml.safe_dump({"version": "3.8", **found}))
    project = Project(lab, file)
    try:
        yield project
    finally:
        project.close()
