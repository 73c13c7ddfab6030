"""A real dnsmasq, the only name server of a Net."""

import os
import shutil
import signal
import socket
import subprocess

import pytest

from support.until import until

ADDRESS = "127.0.0.53"
# It has a process for each TCP connection; in a user namespace it cannot become the user it wants to be, and has one in all.
FORKS = os.geteuid() == 0


class Dnsmasq:
    """Knows the records that it was started with, and that nothing else exists under test and search.test."""

    def __init__(self, net):
        self.program = shutil.which("dnsmasq", path=os.environ["PATH"] + ":/usr/sbin")
        if not self.program:
            pytest.fail("no dnsmasq here: scripts/install-packages test")
        self._net = net
        (net.folder / "etc" / "passwd").write_text("root:x:0:0::/:\n")      # it wants to know who it is
        (net.folder / "etc" / "group").write_text("root:x:0:\n")
        self._log = net.folder / "dnsmasq"
        self._process = None

    def start(self, hosts=None, services=()):
        """`hosts` is {name: address}; `services` are (name, host, port, priority, weight), or (name,) for a '.'."""
        self.stop()
        words = ["--keep-in-foreground" if FORKS else "--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--pid-file=",
                 "--user=root", "--group=root", f"--listen-address={ADDRESS}", "--bind-interfaces", "--local=/test/",
                 "--log-facility=-", "--log-queries"]
        words += [f"--host-record={name},{address}" for name, address in (hosts or {}).items()]
        words += ["--srv-host=" + ",".join(map(str, service)) for service in services]
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen([*self._net.enter, self.program, *words], stdin=subprocess.DEVNULL,
                                             stdout=log, stderr=log)
        until(self._answers, 10, lambda: f"dnsmasq answers; its log:\n{self.log()}")
        return self

    def _answers(self):
        assert self._process.poll() is None, self.log()
        with self._net.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.2)
            try:
                sock.connect((ADDRESS, 53))
                sock.send(b"\0\1\1\0\0\1\0\0\0\0\0\0\5probe\4test\0\0\1\0\1")
                return sock.recv(512)
            except OSError:
                return None

    def log(self):
        return self._log.read_text(errors="replace")

    def stop(self):
        if self._process:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(10)
        self._process = None
