"""A Swarm of one node while the tests want one, and stacks in it that leave nothing behind."""

import contextlib
import fcntl
import json
import os
import re
import secrets
import shutil
import subprocess

import pytest

from docker_lab import LABEL, REPOSITORY, SOON, Container, docker, eventually

STACK = REPOSITORY / "docker" / "stack.yaml"
GATEWAY = "docker_gwbridge"
# Swarm starts a task, checks it, enters it into DNS and writes that down, one after the other.
CONVERGED = 90


def _is_there(kind, name):
    return docker(kind, "inspect", name, check=False).returncode == 0


def _removed(kind, name):
    docker(kind, "rm", name, check=False)
    return not _is_there(kind, name)


@contextlib.contextmanager
def swarm_of_one_node():
    """The engine's own if it is in one, which stays as it is; else a new one, on loopback."""
    with open(shutil.which("docker"), "rb") as shared:
        # Who made the Swarm ends it: one run at a time, by a lock on a file that all of them have.
        fcntl.flock(shared, fcntl.LOCK_EX)
        swarm = json.loads(docker("info", "--format", "{{json .Swarm}}").stdout)
        if swarm["LocalNodeState"] != "inactive":
            if not swarm.get("ControlAvailable") or swarm.get("Nodes") != 1:
                pytest.skip("this engine is a part of somebody's Swarm")
            yield
            return
        had_gateway = _is_there("network", GATEWAY)
        try:
            docker("swarm", "init", "--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1")
            yield
        finally:
            docker("swarm", "leave", "--force", check=False)
            if not had_gateway:
                eventually("the Swarm's bridge is gone", lambda: _removed("network", GATEWAY))


class Stack:
    """docker/stack.yaml as it stands, under a name of its own.

    What differs is in variables, or in a file that is put on top.
    """

    def __init__(self, workflow, directory):
        self.name = f"waitfor-test-{secrets.token_hex(4)}"
        self.password = secrets.token_hex(16)
        self.network = f"{self.name}_default"
        self._workflow = workflow
        self._directory = directory
        self._secrets = {
            f"{self.name}-password": self.password,
            f"{self.name}-pgpass": f"db:5432:notes:notes:{self.password}",
        }
        self._names = dict(zip(("PASSWORD_SECRET", "PGPASS_SECRET"), self._secrets))

    def deploy(self, on_top="", **variables):
        """Returns at once, as the command does: everything is only about to be started."""
        for name, value in self._secrets.items():
            docker("secret", "create", "--label", LABEL, name, "-", input=value)
        # By id: a name would be looked for in a registry, even though the image is here.
        images = {"API_IMAGE": self._workflow.api, "DB_IMAGE": self._workflow.db}
        identities = {
            variable: docker("inspect", "--format", "{{.Id}}", image).stdout.strip()
            for variable, image in images.items()
        }
        files = [STACK]
        if on_top:
            files.append(self._directory / "on-top.yaml")
            files[-1].write_text(f'version: "3.8"\n{on_top}')
        command = ["docker", "stack", "deploy", "--resolve-image", "never"]
        command += [f"--compose-file={file}" for file in files]
        self._run([*command, self.name], {**identities, **variables})

    def deploy_as_told(self, **variables):
        """By the commands at the head of the file, once there are a Swarm and images."""
        told = re.findall(r"^#   (.*)$", STACK.read_text(), re.M)
        commands = "\n".join(told[told.index("make images") + 1 :])
        names = {
            "pw/": f"{self._workflow.prefix}/", "notes_": f"{self.name}-", r"notes$": self.name,
        }
        for ours, name in names.items():
            commands = re.sub(ours, name, commands)
        self._run(["bash", "-exc", commands], variables)

    def _run(self, command, variables):
        result = subprocess.run(
            command, cwd=STACK.parent, env={**os.environ, **self._names, **variables},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
        )
        assert result.returncode == 0, result.stdout + result.stderr

    def service(self, name):
        return f"{self.name}_{name}"

    def inspect(self, service):
        return json.loads(docker("service", "inspect", self.service(service)).stdout)[0]

    def tasks(self, service):
        """Every one there is and was: ("api.1", "Shutdown", "Failed") is wanted state and state.

        Not those that the engine itself could not start: 20.10 sometimes fails to mount a secret while it starts several
        tasks at once, and starts another one. No program of ours has run in them.
        """
        form = "{{.Name}} {{.DesiredState}} {{.CurrentState}} {{.Error}}"
        rows = docker("service", "ps", "--no-trunc", "--format", form, self.service(service)).stdout.splitlines()
        rows = [row for row in rows if "starting container failed: unable to remount" not in row]
        return sorted(tuple(row.removeprefix(f"{self.name}_").split()[:3]) for row in rows)

    def runs(self, service, *tasks):
        """Waits until these are the tasks, and there are and were no others: none has failed."""
        wanted = sorted(tasks)
        eventually(
            f"the tasks are {wanted}", lambda: self.tasks(service) == wanted, CONVERGED,
            self.describe,
        )

    def _containers(self, label, *options):
        chosen = ("--filter", f"label=com.docker.{label}", *options)
        return docker("ps", "--no-trunc", "--quiet", *chosen).stdout.split()

    def containers(self, service, count, besides=()):
        """Waits for so many running containers of the service, not counting those."""
        known = {container.id for container in besides}

        def condition():
            running = self._containers(f"swarm.service.name={self.service(service)}")
            found = [identity for identity in running if identity not in known]
            return len(found) == count and found

        found = eventually(f"{count} containers of {service}", condition, CONVERGED, self.describe)
        return [Container(identity) for identity in found]

    def all_containers(self):
        listed = self._containers(f"stack.namespace={self.name}", "--all")
        return [Container(identity) for identity in listed]

    def describe(self):
        tasks = docker("stack", "ps", "--no-trunc", self.name, check=False).stdout
        return tasks + "".join(container.describe() for container in self.all_containers())

    def _left(self, *command):
        label = f"label=com.docker.stack.namespace={self.name}"
        return docker(*command, "--quiet", "--filter", label).stdout.split()

    def close(self):
        kinds = (("service", "ls"), ("network", "ls"), ("config", "ls"), ("ps", "--all"))

        def removed():
            # It returns before the tasks have ended, and gives up on a network that they still use.
            docker("stack", "rm", self.name, check=False)
            return not any(self._left(*kind) for kind in kinds)

        eventually("the stack is gone", removed, CONVERGED, self.describe)
        for volume in self._left("volume", "ls"):
            docker("volume", "rm", volume)
        assert all([_removed("secret", name) for name in self._secrets])


class Ends:
    """Follows how the containers of a stack end."""

    def __init__(self, stack, directory):
        self._path = directory / "events"
        since = docker("info", "--format", "{{.SystemTime}}").stdout.strip()
        with open(self._path, "wb") as output:
            self._process = subprocess.Popen(
                ["docker", "events", "--since", since, "--filter", "event=die",
                 "--filter", f"label=com.docker.stack.namespace={stack.name}",
                 "--format", '{{.Actor.ID}} {{index .Actor.Attributes "exitCode"}}'],
                stdout=output, stdin=subprocess.DEVNULL,
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(timeout=SOON)

    def exit_codes(self, containers, count):
        """Waits until so many of these containers have ended; returns the exit codes."""
        ids = {container.id for container in containers}

        def condition():
            ended = dict(re.findall(r"^(\w+) (\d+)\n", self._path.read_text(), re.M))
            codes = [int(code) for identity, code in ended.items() if identity in ids]
            return len(codes) == count and codes

        return eventually(f"{count} containers end", condition, describe=self._path.read_text)
