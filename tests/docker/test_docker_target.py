"""docker:// with the real engine: health, a container that is made again, a migration that has ended."""

import subprocess

import pytest

from conftest import DEBIAN
from docker_lab import REPOSITORY, docker, eventually


@pytest.fixture(scope="module")
def shell_image():
    return subprocess.run([REPOSITORY / "docker" / "base-image", DEBIAN], cwd=REPOSITORY / "docker", check=True,
                          capture_output=True, text=True).stdout.strip()


def waitfor(lab, *arguments):
    return subprocess.run([lab.tools.waitfor, *arguments], capture_output=True, text=True, timeout=60)


def start(lab, tmp_path, target):
    said = tmp_path / "said"
    with open(said, "wb") as stderr:
        process = subprocess.Popen([lab.tools.waitfor, "-v", "-t", "50s", target], stderr=stderr)
    return process, said.read_text


def test_from_no_container_to_healthy_and_made_again(lab, tmp_path, shell_image):
    name = lab.name("healthy")
    waiting, said = start(lab, tmp_path, f"docker://{name}")
    try:
        eventually("there is none", lambda: "there is no such container" in said(), describe=said)
        health = ("--name", name, "--health-cmd", "test -e /tmp/go", "--health-interval", "1s")
        first = lab.run(shell_image, "sleep", "1000", options=health)
        eventually("it is not healthy yet", lambda: "its health is" in said(), describe=said)
        docker("rename", first.id, f"{name}-old")
        second = lab.run(shell_image, "sleep", "1000", options=health)
        second.exec("touch", "/tmp/go")
        assert waiting.wait(60) == 0, said()
    finally:
        waiting.kill()
    assert waitfor(lab, "-t", "20s", f"docker://{name}?running").returncode == 0
    assert waitfor(lab, "-t", "20s", f"docker://{second.id[:12]}").returncode == 0, "by its id, too"
    docker("pause", second.id)
    paused = waitfor(lab, "-t", "1s", f"docker://{name}?running")
    assert paused.returncode == 124 and "the container is paused" in paused.stderr, paused.stderr
    docker("unpause", second.id)


def test_a_migration_that_ends(lab, tmp_path, shell_image):
    name = lab.name("migrate")
    waiting, said = start(lab, tmp_path, f"docker://{name}?exited=0")
    try:
        lab.run(shell_image, "sh", "-c", "until [ -e /tmp/go ]; do sleep 0.1; done", options=("--name", name))
        eventually("it runs", lambda: "the container is running, and has not ended yet" in said(), describe=said)
        docker("exec", name, "touch", "/tmp/go")
        assert waiting.wait(60) == 0, said()
    finally:
        waiting.kill()
    other = waitfor(lab, "-t", "1s", f"docker://{name}?exited=3")
    assert other.returncode == 124 and "the container has ended with 0, not 3" in other.stderr, other.stderr
    without = waitfor(lab, "-t", "1s", f"docker://{name}")
    assert without.returncode == 124 and "the container is exited" in without.stderr, without.stderr
