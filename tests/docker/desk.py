"""A developer's desk: docker/ copied to a directory of one's own, with names and a port that nobody else has."""

import os
import pathlib
import shutil
import socket
import subprocess

from docker_lab import REPOSITORY, Container, docker

SECRET = "se=cret 'wo$rd'"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Desk:
    def __init__(self, lab, workflow, directory, legacy=False):
        self.workflow = workflow
        kind = "legacy" if legacy else "desk"
        self.directory = pathlib.Path(directory) / kind / "docker"
        shutil.copytree(REPOSITORY / "docker", self.directory)
        self.code = self.directory / "api"
        self.port = free_port()
        self.network = "bridge" if legacy else lab.name(kind)
        self.names = {
            "NETWORK": self.network, "DB": lab.name(f"{kind}-db"), "PORT": str(self.port),
            "IMAGES": workflow.prefix,
        }
        self.environment = {**os.environ, **self.names, "POSTGRES_PASSWORD": SECRET, "DOCKER_BUILDKIT": "0"}
        self._running = []

    def make(self, *targets, check=True, **variables):
        return self.workflow.make(
            *targets, check=check, directory=self.directory, environment=self.environment,
            **self.names, **variables,
        )

    def _command(self, arguments):
        return [str(self.directory / "dev-api"), *arguments]

    def dev_api(self, *arguments, check=True):
        result = subprocess.run(
            self._command(arguments), env=self.environment, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=120,
        )
        assert not check or result.returncode == 0, result.stdout + result.stderr
        return result

    def begin(self, *arguments):
        """dev-api in the background; it is ended with the desk."""
        process = subprocess.Popen(
            self._command(arguments), env=self.environment, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL,
        )
        self._running.append(process)
        return process

    def run_db(self):
        self.make("run-db")
        return Container(docker("inspect", "--format", "{{.Id}}", self.names["DB"]).stdout.strip())

    def close(self):
        for process in self._running:
            process.terminate()
            process.communicate(timeout=60)
        docker("rm", "--force", "--volumes", self.names["DB"], check=False)
        if self.network != "bridge":
            docker("network", "rm", self.network, check=False)
