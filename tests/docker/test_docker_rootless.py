"""Ports that a rootless engine publishes: FACTS 51. Podman's own proxy, without an engine or a container around it."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import time

import pytest

from desk import free_port
from docker_lab import REPOSITORY, eventually

WAITFOR = REPOSITORY / "build" / "waitfor"
PROXIES = [pathlib.Path(folder) / "rootlessport" for folder in ("/usr/lib/podman", "/usr/libexec/podman")]


@pytest.fixture
def container():
    """A network namespace, by the PID of the process that holds it."""
    if os.geteuid() != 0 or not shutil.which("nsenter"):
        pytest.skip("not here: root, nsenter")
    holder = subprocess.Popen(["unshare", "-n", "sh", "-c", "ip link set lo up && echo up && exec cat"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "up\n"
    yield holder.pid
    holder.kill()
    holder.communicate()


@pytest.fixture
def published(container, tmp_path):
    """The port of this machine under which port 5999 of the container is published."""
    proxy = next((path for path in PROXIES if path.exists()), None)
    if not proxy:
        pytest.skip("not here: Podman's rootlessport (scripts/install-packages kubernetes)")
    port = free_port()
    exit_reader, exit_writer = os.pipe()
    ready_reader, ready_writer = os.pipe()
    running = subprocess.Popen([proxy], stdin=subprocess.PIPE, pass_fds=(exit_reader, ready_writer),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    running.stdin.write(json.dumps({
        "Mappings": [{"host_ip": "127.0.0.1", "host_port": port, "container_port": 5999, "range": 1,
                      "protocol": "tcp"}],
        "NetNSPath": f"/proc/{container}/ns/net", "ExitFD": exit_reader, "ReadyFD": ready_writer,
        "TmpDir": str(tmp_path), "ChildIP": "", "ContainerID": "none", "RootlessCNI": False,
    }).encode())
    running.stdin.close()
    os.close(ready_writer)
    os.close(exit_reader)
    assert os.read(ready_reader, 1) == b"1"
    yield port
    os.close(exit_writer)
    os.close(ready_reader)
    running.wait(10)


def waitfor(*args):
    return subprocess.run([WAITFOR, *args], capture_output=True, text=True, timeout=30)


def test_published_port_of_a_rootless_engine(container, published):
    """The proxy accepts, and closes only after it has tried ten times to connect."""
    target = f"tcp://127.0.0.1:{published}"
    for _ in range(3):
        result = waitfor("--once", target)
        assert result.returncode == 1 and "nothing behind it" in result.stderr, result.stderr
    listener = subprocess.Popen(
        ["nsenter", "-t", str(container), "-n", "python3", "-c",
         "import socket, time; s = socket.create_server(('127.0.0.1', 5999)); print('up', flush=True); time.sleep(60)"],
        stdout=subprocess.PIPE, text=True)
    try:
        assert listener.stdout.readline() == "up\n"
        result = waitfor("-t", "10s", target)
        assert result.returncode == 0, result.stderr
    finally:
        listener.kill()
        listener.communicate()


def test_how_late_it_closes(published):
    """What TCP_ROOTLESS_DELAY in src/probe/tcp.c rests on."""
    def closes_late():
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", published), timeout=5) as client:
            return client.recv(1) == b"" and 0.1 < time.monotonic() - began < 0.4
    eventually("it closes after more than 100 ms, and before TCP_ROOTLESS_DELAY", closes_late)
