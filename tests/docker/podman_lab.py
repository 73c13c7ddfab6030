"""Pods of docker/kubernetes, played by the distribution's Podman in a room of their own."""

import base64
import json
import os
import pathlib
import shutil
import signal
import subprocess

import rooms
from docker_lab import REPOSITORY, SOON, eventually
from manifests import CONFIG, MANIFESTS, document, yaml

RUNTIME = REPOSITORY / "tests" / "docker" / "runtime-without-rlimits"
TOOLS = ("podman", "catatonit", "iptables", "nft", "nsenter", "unshare", "ip")
NETWORK = "notes"

# Left of the pods are their control groups, which have their identities as names.
CLEAR = r"""
grep -ohE '[0-9a-f]{64}' "$0/events.log" | sort -u >"$0/identities"
find /sys/fs/cgroup -depth -type d -path '*/libpod_parent/*' |
    grep -F -f "$0/identities" | xargs -r rmdir
rmdir /sys/fs/cgroup/libpod_parent /sys/fs/cgroup/*/libpod_parent
"""

# The room's own /run, /dev/shm and /etc/containers hide the user's Podman from this one, and the
# host's systemd. Its network needs no port, bridge or rule of the host, and leads nowhere. A
# bridge takes the lowest address of its ports, so a pod that joins may change it, and those that
# know the old one send to nobody for 40 s: where no udev keeps it, arp_notify tells them.
SET_UP = r"""
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /dev/shm
mount --bind "$0/etc" /etc/containers
mount -t tmpfs tmpfs "$0/storage/volumes"
if ! [ -e /etc/resolv.conf ]; then
    file=$(readlink -m /etc/resolv.conf)
    mkdir -p "${file%/*}" && echo 'nameserver 127.0.0.1' >"$file"
fi
echo 1 >/proc/sys/net/ipv4/conf/all/arp_notify
"""

SETTINGS = """
[containers]
log_driver = "k8s-file"
[network]
network_backend = "netavark"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
events_logfile_path = "{directory}/events.log"
"""
# Goes on with [engine]; FACTS 44.
NO_RLIMITS = """
runtime = "without-rlimits"
[engine.runtimes]
without-rlimits = ["{runtime}"]
"""
STORAGE = """
[storage]
driver = "overlay"
graphroot = "{directory}/storage"
runroot = "/run/containers/storage"
"""


def may_not_raise_limits():
    status = pathlib.Path("/proc/self/status").read_text()
    (capabilities,) = (line.split()[1] for line in status.splitlines() if "CapEff" in line)
    return not int(capabilities, 16) >> 24 & 1


def why_not():
    """Why Podman cannot be used here, if it cannot."""
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        return f"not here (scripts/install-packages kubernetes): {' '.join(missing)}"
    return "a room for Podman wants root" if os.geteuid() else None


class PodmanRoom(rooms.Room):
    """In which Podman has no trace of, and leaves none for, another."""

    def __init__(self):
        super().__init__("podman", SET_UP, CLEAR)

    def prepare(self):
        settings = SETTINGS + (NO_RLIMITS if may_not_raise_limits() else "")
        files = {
            "containers.conf": settings.format(directory=self.directory, runtime=RUNTIME),
            "storage.conf": STORAGE.format(directory=self.directory),
            "policy.json": json.dumps({"default": [{"type": "insecureAcceptAnything"}]}),
        }
        (self.directory / "etc").mkdir()
        (self.directory / "storage" / "volumes").mkdir(parents=True)
        for name, text in files.items():
            (self.directory / "etc" / name).write_text(text)

    def podman(self, *arguments, check=True, timeout=120, **options):
        if "input" not in options:
            options.setdefault("stdin", subprocess.DEVNULL)
        result = subprocess.run(
            self.command("podman", *arguments), capture_output=True, text=True, timeout=timeout,
            **options,
        )
        if check and result.returncode:
            command = " ".join(map(str, arguments))
            raise AssertionError(f"podman {command}\n{result.stdout}{result.stderr}")
        return result

    def shell(self, script):
        """Runs a script as in the folder of the manifests."""
        command = self.command("sh", "-euc", f"cd {MANIFESTS}\n{script}")
        result = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert result.returncode == 0, result.stdout + result.stderr

    def load(self, images):
        """Hands images of the engine to Podman: {name there: name here}."""
        with subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE) as save:
            said = self.podman("load", "--quiet", stdin=save.stdout, timeout=300).stdout
        loaded = [line.partition(": ")[2] for line in said.splitlines()]
        for there, here in images.items():
            (name,) = (name for name in loaded if name.endswith(f"/{there}:latest"))
            self.podman("tag", name, here)


class PodContainer:
    def __init__(self, room, identity):
        self.room = room
        self.id = identity

    def podman(self, what, *options):
        return self.room.podman(what, *options, self.id)

    def exec(self, *command):
        """As the kubelet does it: the exit code counts, whatever it is."""
        return self.room.podman("exec", self.id, *command, check=False)

    def inspect(self):
        return json.loads(self.podman("inspect").stdout)[0]

    def address(self):
        return self.inspect()["NetworkSettings"]["Networks"][NETWORK]["IPAddress"]

    def log(self):
        result = self.podman("logs")
        return result.stdout + result.stderr

    def said(self, text, times=1):
        def condition():
            return self.log().count(text) >= times

        eventually(f"log says {text!r}", condition, SOON, self.log)
        return self

    def exit_code(self):
        def ended():
            state = self.inspect()["State"]
            return state["Status"] == "exited" and state

        return eventually("container ends", ended, SOON, self.log)["ExitCode"]


class Node:
    """A network, with the Secret that the pods want. They all go when the node closes."""

    def __init__(self, room):
        self.room = room
        self._playing = []

    def prepare(self):
        self.room.podman("network", "create", NETWORK)
        self._keep_secret(document("secret.yaml", "Secret"))

    def _keep_secret(self, secret):
        """Podman 4.3 plays a Secret, and then finds no key in it; in JSON it finds them."""
        values = {
            key: base64.b64encode(value.encode()).decode()
            for key, value in secret["stringData"].items()
        }
        name = secret["metadata"]["name"]
        self.room.podman("secret", "create", name, "-", input=json.dumps(values))

    def begin(self, what, aliases=(), config=CONFIG):
        """Plays a file as it stands, or documents. It is through when the initContainers are."""
        options = ["--network", f"{NETWORK}:{','.join(f'alias={alias}' for alias in aliases)}"]
        if config:
            options += ["--configmap", config]
        process = subprocess.Popen(
            self.room.command(
                "podman", "kube", "play", *options,
                MANIFESTS / what if isinstance(what, str) else "-",
            ),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )
        self._playing.append(process)
        if not isinstance(what, str):
            process.stdin.write(yaml.safe_dump_all(what))
        process.stdin.close()
        process.stdin = None
        return process

    def finish(self):
        """Waits until whatever was begun is through."""
        for process in list(self._playing):
            self._through(process)

    def _through(self, process):
        said, _ = process.communicate(timeout=90)
        assert process.returncode == 0, said
        self._playing.remove(process)

    def play(self, what, aliases=(), config=CONFIG):
        """Waits until it is through, and not for what was begun before: that may wait for what comes later."""
        self._through(self.begin(what, aliases, config))

    def containers(self, pod=None):
        """Those of the pods that have this name as their label, or of all pods, by their names."""
        label = "label=app.kubernetes.io/name" + (f"={pod}" if pod else "")
        form = ("--format", "{{.ID}} {{.Names}}")
        listed = self.room.podman("ps", "--all", "--filter", label, *form).stdout.splitlines()
        rows = (row.split() for row in listed)
        return {name.rpartition("-")[2]: PodContainer(self.room, each) for each, name in rows}

    def container(self, pod, name):
        return eventually(
            f"{pod} has a container {name}", lambda: self.containers(pod).get(name)
        )

    def close(self):
        for process in self._playing:
            # Podman is a child of nsenter, and holds the pod while its initContainer runs.
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            process.stdout.close()
        # Stopped first: "pod rm" waits 3 s for the control group of each that runs.
        for arguments in (
            ("stop", "--all", "--time=0"), ("pod", "rm", "--all", "--force", "--time=0"),
            ("volume", "rm", "--all", "--force"), ("secret", "rm", "--all"),
            ("network", "prune", "--force"),
        ):
            self.room.podman(*arguments)
