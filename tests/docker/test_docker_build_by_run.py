"""docker/build-by-run: an image from a running container, with code mounted and a database beside the build."""

import json
import os
import signal
import subprocess

import pytest

from docker_lab import REPOSITORY, docker

SCRIPT = REPOSITORY / "docker" / "build-by-run"


@pytest.fixture
def image(lab):
    name = lab.name("built")
    yield name
    docker("rmi", "--force", name, check=False)


@pytest.fixture(autouse=True)
def nothing_left_behind(tools):
    """Whatever became of the build, its container and its volume are gone."""

    def things():
        containers = docker("ps", "--all", "--quiet", "--filter", "name=build-by-run-").stdout
        volumes = docker("volume", "ls", "--quiet", "--filter", "label=build-by-run").stdout
        return set((containers + volumes).split())

    before = things()
    yield
    assert not things() - before


def build(*arguments, **options):
    return subprocess.run(
        [str(SCRIPT), *arguments], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, **options
    )


def config(image):
    whole = json.loads(docker("inspect", "--format", "{{json .Config}}", image).stdout)
    told = ("Entrypoint", "Cmd", "Env", "User", "WorkingDir", "Healthcheck", "ExposedPorts", "Volumes")
    return {name: whole.get(name) or None for name in told}


def read(image, path):
    return docker("run", "--rm", "--entrypoint", "cat", image, path, check=False).stdout


def test_what_the_command_leaves_is_the_image(workflow, image, tmp_path):
    (tmp_path / "mounted").write_text("of the host")
    result = build(
        "--code", str(tmp_path), "--env", "TOKEN=hunter2", workflow.api, image,
        "sh", "-c", 'cp /code/mounted /opt/copied && touch /tmp/scratch && echo "${#TOKEN}" >/opt/length',
    )
    assert result.returncode == 0, result.stderr
    assert read(image, "/opt/copied") == "of the host"
    assert read(image, "/opt/length") == "7\n"
    listing = docker("run", "--rm", "--entrypoint", "ls", image, "-A", "/code", "/tmp").stdout
    assert "mounted" not in listing and "scratch" not in listing
    assert config(image) == config(workflow.api), "entrypoint, user and the rest are those of FROM"
    assert "hunter2" not in docker("inspect", image).stdout + docker("history", "--no-trunc", image).stdout


def test_several_programs_and_a_database_beside_the_build(lab, workflow, image):
    """What it is for: the service's tests run on a real database while the image is made."""
    network = lab.network()
    options = ("--network", network, "--network-alias", "db", "--env", "POSTGRES_PASSWORD=secret")
    lab.run(workflow.db, options=options)
    result = build(
        "--code", str(REPOSITORY / "docker" / "api"), "--network", network, "--env", "PGPASSWORD",
        f"{workflow.prefix}/perl-base", image,
        "sh", "-c", "cp -R /code/. /opt/api && cd /opt/api && waitfor db:5432 -- prove -l t >/opt/tested",
        env={**os.environ, "PGPASSWORD": "secret"},
    )
    assert result.returncode == 0, result.stderr
    assert "Result: PASS" in read(image, "/opt/tested")


def test_change_is_said_to_the_image(workflow, image):
    result = build("--change", 'CMD ["perl","-v"]', workflow.api, image, "true")
    assert result.returncode == 0, result.stderr
    assert config(image)["Cmd"] == ["perl", "-v"]


def test_failing_command_gives_its_code_and_leaves_the_old_image(workflow, image):
    docker("tag", workflow.api, image)
    before = docker("inspect", "--format", "{{.Id}}", image).stdout
    assert build(workflow.api, image, "sh", "-c", "touch /half; exit 42").returncode == 42
    assert docker("inspect", "--format", "{{.Id}}", image).stdout == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name)
def test_signal_in_the_middle_ends_it_at_once(workflow, image, number):
    process = subprocess.Popen(
        [str(SCRIPT), workflow.api, image, "sh", "-c", "echo building; exec sleep 600"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL,
    )
    assert process.stdout.readline() == "building\n"
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert docker("inspect", image, check=False).returncode != 0


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        ((), "docker/build-by-run [OPTION...] FROM IMAGE COMMAND"),
        (("--code", "/no/such", "a", "b", "c"), "--code /no/such: no such directory"),
        (("--code",), "docker/build-by-run [OPTION...]"),
        (("--privileged", "a", "b", "c"), "docker/build-by-run [OPTION...]"),
        (("no-such-image-here", "b", "true"), "no-such-image-here"),
    ],
)
def test_bad_usage_is_told(arguments, complaint):
    result = build(*arguments)
    assert result.returncode != 0
    assert complaint in result.stderr
