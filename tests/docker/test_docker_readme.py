"""docker/README.md is a promise: every command in it is run as it stands, but for names that others may use."""

import contextlib
import json
import os
import re
import subprocess

import pytest

from docker_lab import REPOSITORY, docker

TEXT = (REPOSITORY / "docker" / "README.md").read_text(encoding="utf-8")
SECTIONS = {
    section.splitlines()[0]: [
        line[2:] for block in re.findall(r"```console\n(.*?)```", section, re.S) for line in block.splitlines()
    ]
    for section in TEXT.split("\n## ")
}
WITH_COMMANDS = [title for title, commands in SECTIONS.items() if commands]


def test_the_readme_has_commands():
    assert len(WITH_COMMANDS) >= 6, "or the pattern above no longer finds them"


class Witness:
    """What the engine made for containers of these images: while a test runs, nobody else has containers of them."""

    def __init__(self, prefix):
        self._prefix = prefix
        self._process = subprocess.Popen(
            ["docker", "events", "--format", "{{json .}}", "--since", "0s", "--filter", "event=create",
             "--filter", "event=mount", "--filter", "event=connect"], stdout=subprocess.PIPE, text=True)
        self._events = []

    def end(self):
        self._process.terminate()
        self._events = [json.loads(line) for line in self._process.communicate(timeout=30)[0].splitlines()]

    def containers(self):
        """id: labels and the like, as the engine's events have them."""
        return {event["Actor"]["ID"]: event["Actor"]["Attributes"] for event in self._events
                if event["Type"] == "container" and event["Action"] == "create"
                and event["Actor"]["Attributes"].get("image", "").startswith(self._prefix)}

    def left_behind(self):
        made = self.containers()
        left = set(made) & set(docker("ps", "--all", "--quiet", "--no-trunc").stdout.split())
        for kind, format in (("volume", "{{.Name}}"), ("network", "{{.ID}}")):
            used = {event["Actor"]["ID"] for event in self._events
                    if event["Type"] == kind and event["Actor"]["Attributes"].get("container") in made}
            rows = docker(kind, "ls", "--no-trunc" if kind == "network" else "--quiet", "--format", format).stdout
            left |= used & set(rows.split())
        standing = docker("network", "ls", "--no-trunc", "--quiet", "--filter", "type=builtin").stdout
        return left - set(standing.split())


@contextlib.contextmanager
def witness(prefix):
    made = Witness(prefix)
    try:
        yield made
    finally:
        made.end()


@pytest.mark.parametrize("title", WITH_COMMANDS)
def test_commands_of_a_section_work_in_their_order(desk, lab, workflow, title):
    """One shell for each section, which stops at the first command that fails. Nothing stays but images (NEWCOMER 14)."""
    prefix = lab.prefix
    names = {
        r"\bpw/api-tested\b": f"{prefix}/tested", r"\bpw/": f"{workflow.prefix}/", r"--network pw\b": f"--network {desk.network}",
        r"\bsome-postgres\b": desk.names["DB"], r"--name api\b": f"--name {prefix}-api",
        r"\b(later|rm -f -v|exec|linked --link) api\b": rf"\1 {prefix}-api", r"\blater\b": f"{prefix}-later",
        r"\blinked\b": f"{prefix}-linked", r"127\.0\.0\.1:5000/": f"127.0.0.1:{desk.port}/",
        r"^waitfor tcp://127\.0\.0\.1:5000": f"waitfor tcp://127.0.0.1:{desk.port}",
    }
    commands = []
    for command in SECTIONS[title]:
        for pattern, name in names.items():
            command = re.sub(pattern, name, command)
        commands.append(command)
    end = "for job in $(jobs -p); do kill $job; done; wait"
    script = f"trap '{end}' EXIT\nset -ex\n" + "\n".join(commands)
    environment = {
        **desk.environment, "PATH": f"{lab.tools.context}:{os.environ['PATH']}", "POSTGRES_PASSWORD": "development",
        "WAITFOR": workflow.waitfor, "API_IMAGE": workflow.api, "DB_IMAGE": workflow.db,
    }
    # The project's name as it stands is somebody's own; it is the file's in any case.
    names_file = desk.directory / ".env"
    names_file.write_text(re.sub(r"(?m)^(COMPOSE_PROJECT_NAME)=notes$", rf"\1={prefix}", names_file.read_text()))
    # The copy of docker/ has no waitfor beside it to be compiled: its images are there, and made in the real place.
    directory = REPOSITORY / "docker" if "images" in script else desk.directory
    environment["PWD"] = str(directory)
    try:
        with witness(f"{workflow.prefix}/") as seen:
            result = subprocess.run(
                ["bash", "-c", script], cwd=directory, env=environment, capture_output=True, text=True,
                stdin=subprocess.DEVNULL, timeout=240,
            )
        assert result.returncode == 0, result.stdout + result.stderr
        assert seen.left_behind() == set(), result.stdout + result.stderr
        assert seen.containers() or "images" in script, "or nothing was watched"
        projects = {made.get("com.docker.compose.project") for made in seen.containers().values()} - {None}
        assert projects == ({prefix} if title == "Compose" else set())
    finally:
        for container in ("api", "linked"):
            docker("rm", "--force", "--volumes", f"{prefix}-{container}", check=False)
        docker("network", "rm", f"{prefix}-later", check=False)
        docker("rmi", "--force", f"{prefix}/tested", check=False)
