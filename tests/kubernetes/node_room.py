"""The room that a Kubernetes node lives in: its network, its mounts, and what it would change of the machine."""

import os
import pathlib
import secrets
import shutil
import signal
import subprocess

import rooms

ADDRESS = "10.77.0.1"
# More addresses of the node, for DNS servers with other settings.
MORE_ADDRESSES = ("10.77.0.2", "10.77.0.3", "10.77.0.4")
TOOLS = ("etcd", "containerd", "ctr", "runc", "catatonit", "iptables", "ip", "nsenter", "unshare")
CNI_PLUGINS = "/usr/lib/cni"

# What the kubelet wants of the kernel it would set for the whole machine. So files with it lie over those of /proc.
KERNEL_SETTINGS = {
    "vm/overcommit_memory": 1, "vm/panic_on_oom": 0, "kernel/panic": 10, "kernel/panic_on_oops": 1,
    "kernel/keys/root_maxkeys": 1000000, "kernel/keys/root_maxbytes": 25000000,
}

# The programs keep their files where the machine may have files of its own: a tmpfs hides those. The network leads
# nowhere: the node's interface is a bridge without ports, to which the default route points, as on any node. Without that
# route the kernel would find the address of a Service unreachable before the rules of kube-proxy see it.
SET_UP = r"""
mount --make-rshared /
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/lib
mount -t tmpfs tmpfs /var/log
for file in $(cd "$0/sys" && find . -type f); do mount --bind "$0/sys/$file" "/proc/sys/$file"; done
hostname node1
ip link add node type bridge
ip link set node up
for address in $(cat "$0/addresses"); do ip address add "$address/32" dev node; done
ip route add default dev node
echo 1 >/proc/sys/net/ipv4/ip_forward
"""

# The groups of the pods are below one of the node's own name, in each hierarchy.
CLEAR = r"""
for turn in 1 2 3 4 5 6 7 8 9 10; do
    found=$(find /sys/fs/cgroup -depth -type d -path "*/$(cat "$0/cgroup")*")
    [ -n "$found" ] || break
    [ "$turn" = 1 ] || sleep 0.5
    printf '%s\n' "$found" | xargs rmdir
done
"""


def why_not():
    """Why a node cannot run here, if it cannot."""
    if os.geteuid():
        return "a node wants root"
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if not os.path.isdir(CNI_PLUGINS):
        missing.append(CNI_PLUGINS)
    return f"not here (scripts/install-packages node): {' '.join(missing)}" if missing else None


class NodeRoom(rooms.Room):
    def __init__(self):
        self.cgroup = f"waitfor-node-{secrets.token_hex(4)}"
        self.started = {}
        super().__init__("node", SET_UP, CLEAR)

    def prepare(self):
        (self.directory / "cgroup").write_text(self.cgroup)
        (self.directory / "addresses").write_text("\n".join((ADDRESS, *MORE_ADDRESSES)))
        (self.directory / "log").mkdir()
        for name, value in KERNEL_SETTINGS.items():
            file = self.directory / "sys" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{value}\n")

    def start(self, name, *arguments):
        """A program of the room, until the room goes."""
        with open(self.directory / "log" / name, "w") as log:
            self.started[name] = subprocess.Popen(
                self.command(*arguments), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )

    def stop(self, name):
        process = self.started.pop(name)
        # nsenter's own end would leave the program, which is its child.
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=10)

    def log(self, name, lines=20):
        text = (self.directory / "log" / name).read_text(errors="replace")
        return "".join(f"{name}: {line}\n" for line in text.splitlines()[-lines:])

    def check_alive(self):
        """Fails with the last words of whatever has ended."""
        for name, process in self.started.items():
            assert process.poll() is None, f"{name} ended with {process.returncode}\n{self.log(name)}"

    def run(self, *arguments, check=True, timeout=120, folder="/", **options):
        if "input" not in options:
            options.setdefault("stdin", subprocess.DEVNULL)
        # Who enters a mount namespace stands in its root.
        arguments = ("sh", "-euc", 'cd "$0" && exec "$@"', folder, *arguments)
        result = subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=timeout, **options)
        if check and result.returncode:
            raise AssertionError(f"{' '.join(map(str, arguments[4:]))}\n{result.stdout}{result.stderr}")
        return result

    def path(self, inside):
        """A path of the room, for those outside."""
        return pathlib.Path(f"/proc/{self.pid}/root{inside}")

    def close(self):
        namespace = os.readlink(f"/proc/{self.pid}/ns/pid")
        super().close()
        for process in self.started.values():
            process.wait(timeout=10)
        left = self._traces(namespace)
        assert not left, left

    def _traces(self, namespace):
        """What the room has left: its network and mounts are gone with its processes."""
        mounts = [line for line in pathlib.Path("/proc/mounts").read_text().splitlines() if str(self.directory) in line]
        groups = list(pathlib.Path("/sys/fs/cgroup").rglob(f"{self.cgroup}*"))
        processes = [each for each in pathlib.Path("/proc").glob("[0-9]*") if _namespace(each) == namespace]
        return mounts + groups + processes


def _namespace(process):
    try:
        return os.readlink(process / "ns" / "pid")
    except OSError:
        return None
