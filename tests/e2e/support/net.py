"""A network of the test's own, with its own /etc: nothing said in it leaves the machine."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
UNSHARE = ["unshare", "--net", "--mount", "--propagation", "private"]
# An ordinary user becomes root of a user namespace first.
AS_USER = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
NOBODY_HOME = "02:00:00:00:00:99"


def require_namespaces():
    """Skip where the kernel or a container grants no namespaces at all."""
    probe = subprocess.run([UNSHARE[0], *AS_USER, *UNSHARE[1:], "true"],
                           capture_output=True, text=True)
    if probe.returncode != 0:
        pytest.skip(f"no namespaces here: {probe.stderr.strip()}")


class Net:
    """One network namespace joined with one mount namespace.

    The interface w0 has 10.77.0.1/24 and fd77::1/64. Its other end, w1, has no address: an
    address of the subnet that nobody owns is a black hole once `blackhole` named it.
    """

    def __init__(self):
        require_namespaces()
        self.folder = Path(tempfile.mkdtemp(prefix="waitfor-net-"))
        self.hosts = self.folder / "hosts"
        self.resolv_conf = self.folder / "resolv.conf"
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        with theirs:
            self._agent = subprocess.Popen(
                [UNSHARE[0], *AS_USER, *UNSHARE[1:], sys.executable, "-I",
                 str(HERE / "agent.py"), str(theirs.fileno())],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        assert self._channel.recv(16) == b"ready", "the namespace did not come up"
        target = ["nsenter", "--target", str(self._agent.pid)]
        user = ["--user", "--preserve-credentials"] if AS_USER else []
        self.enter = [*target, *user, "--net", "--mount", "--"]
        self._make_etc()
        self.run("sh", "-ec", """
            ip link set lo up
            ip link add w0 type veth peer name w1
            ip address add 10.77.0.1/24 dev w0
            ip address add fd77::1/64 dev w0 nodad
            ip link set w0 up
            ip link set w1 up""")

    def _make_etc(self):
        """An /etc with nothing of the host's, hosts and resolv.conf mounted as Docker does."""
        etc = self.folder / "etc"
        etc.mkdir()
        for name in ("hosts", "resolv.conf"):
            (etc / name).touch()
        self.hosts.write_text("127.0.0.1 localhost\n::1 localhost\n")
        self.resolv_conf.write_text("nameserver 127.0.0.53\noptions ndots:0\n")
        self.run("sh", "-ec", f"""
            mount --bind {etc} /etc
            mount --bind {self.hosts} /etc/hosts
            mount --bind {self.resolv_conf} /etc/resolv.conf""")

    def run(self, *argv):
        """Run a command inside; returns its stdout."""
        done = subprocess.run([*self.enter, *argv], capture_output=True, text=True)
        assert done.returncode == 0, f"{argv}: {done.stderr}"
        return done.stdout

    def socket(self, family=socket.AF_INET, kind=socket.SOCK_STREAM):
        """A new socket that lives in this network; the caller closes it."""
        with self._lock:
            self._channel.send(f"{int(family)} {int(kind)}".encode())
            _, fds, _, _ = socket.recv_fds(self._channel, 16, 1)
        return socket.socket(fileno=fds[0])

    def address(self, address):
        """Give w0 another address; returns it."""
        prefix = "64" if ":" in address else "24"
        nodad = ["nodad"] if ":" in address else []
        self.run("ip", "address", "add", f"{address}/{prefix}", "dev", "w0", *nodad)
        return address

    def blackhole(self, address):
        """Make packets to this address of the subnet vanish; returns it."""
        self.run("ip", "neighbour", "replace", address, "lladdr", NOBODY_HOME,
                 "nud", "permanent", "dev", "w0")
        return address

    def tcp_counter(self, name):
        """A counter of /proc/net/snmp, Tcp: ActiveOpens counts every connection tried."""
        # /proc/net is that of the reading process, even where /proc is the host's.
        lines = [line.split() for line in self.run("cat", "/proc/net/snmp").splitlines()]
        names, values = [line for line in lines if line[0] == "Tcp:"]
        return int(values[names.index(name)])

    @staticmethod
    def rewrite(path, text):
        """Truncate and write in place, the same inode, as Docker does (FACTS 8, 9)."""
        with open(path, "r+", encoding="ascii") as file:
            file.truncate(0)
            file.write(text)

    def close(self):
        self._channel.close()
        self._agent.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)
