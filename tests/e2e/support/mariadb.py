"""Real MariaDB servers, each with its data in a folder of its own."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest

from support.peers import bound_socket
from support.until import until

PASSWORD = "s3cr3t-Ω /@:"        # what URLs and lines cannot hold as it is
PASSWORD_IN_URI = quote(PASSWORD, safe="")
# Small files, and nothing of a crash that these tests would care for.
SMALL = ("--innodb-log-file-size=4M", "--innodb-buffer-pool-size=8M", "--innodb-flush-log-at-trx-commit=0")
SETUP = f"""
    CREATE USER app IDENTIFIED BY '{PASSWORD}';
    CREATE USER anybody;
    CREATE USER secure IDENTIFIED BY '{PASSWORD}' REQUIRE SSL;
    CREATE USER locked IDENTIFIED BY '{PASSWORD}' ACCOUNT LOCK;
    CREATE DATABASE shop;
    CREATE DATABASE closed;
    GRANT ALL ON shop.* TO app;
    GRANT ALL ON late.* TO app
"""


def program(name):
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin")
    if not found:
        pytest.fail(f"no {name} here: scripts/install-packages test")
    return found


class MariaDB:
    """One server: on a loopback port, or on port 3306 of an address in a Net."""

    def __init__(self, template=None, net=None, address="127.0.0.1"):
        self.folder = Path(tempfile.mkdtemp(prefix="waitfor-my-"))
        self.data, self.log_file, self.path = self.folder / "data", self.folder / "log", self.folder / "socket"
        self.net, self.address = net, address
        self._reserved = bound_socket(address, 3306 if net else 0, net)     # nobody else is given this port
        self.port = self._reserved.getsockname()[1]
        self.target = f"{address}:{self.port}"
        self.process = None
        # It refuses to be root unless that is said; in a Net there is always one.
        self.as_root = ("--user=root",) if os.geteuid() == 0 or net else ()
        if net:
            (net.folder / "etc" / "passwd").write_text("root:x:0:0::/:/bin/sh\n")
            (net.folder / "etc" / "nsswitch.conf").write_text("hosts: files\n")
        if template:
            shutil.copytree(template.data, self.data)
        else:
            self._create()

    def _create(self):
        done = subprocess.run([program("mariadb-install-db"), "--no-defaults", f"--datadir={self.data}", *SMALL,
                               *self.as_root, "--auth-root-authentication-method=normal", "--skip-test-db",
                               "--skip-name-resolve"], capture_output=True, text=True, cwd=self.folder)
        assert done.returncode == 0, done.stdout + done.stderr
        self.start()
        self.sql(SETUP)
        self.stop()

    def start(self, wait=True, **settings):
        options = [f"--{key.replace('_', '-')}={value}" for key, value in settings.items()]
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [*(self.net.enter if self.net else []), program("mariadbd"), "--no-defaults", f"--datadir={self.data}",
                 f"--socket={self.path}", f"--pid-file={self.folder / 'pid'}", f"--bind-address={self.address}",
                 f"--port={self.port}", *SMALL, *self.as_root, *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)
        if wait:
            until(self.is_ready, 60, lambda: f"the server is up; its log:\n{self.log()}")
        return self

    def is_ready(self):
        ended = self.process.poll()
        assert ended is None, f"the server ended ({ended}):\n{self.log()}"
        return self._client("SELECT 1").returncode == 0

    def _client(self, statements):
        """On the socket, as root: it does not count as a host."""
        return subprocess.run([program("mariadb"), "--no-defaults", "-S", self.path, "-u", "root", "-N", "-B",
                               "-e", statements], capture_output=True, text=True, cwd=self.folder)

    def sql(self, statements):
        done = self._client(statements)
        assert done.returncode == 0, f"{statements}: {done.stderr}\n{self.log()[-2000:]}"
        return done.stdout.strip()

    def status(self, name):
        return int(self.sql(f"SHOW GLOBAL STATUS LIKE '{name}'").split("\t")[1])

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def uri(self, user="app", password=PASSWORD_IN_URI, rest=""):
        who = user + (f":{password}" if password else "") + "@" if user or password else ""
        return f"mysql://{who}{self.target}{rest}"

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise
        self.process = None

    def close(self):
        try:
            self.stop(signal.SIGKILL)
        finally:
            self._reserved.close()
            shutil.rmtree(self.folder, ignore_errors=True)
