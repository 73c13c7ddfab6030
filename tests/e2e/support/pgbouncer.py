"""A pgbouncer in front of a server of support/postgres.py, with its files in a folder of its own."""

import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from support.peers import bound_socket
from support.postgres import PASSWORD, as_user
from support.until import until

SETTINGS = """\
[databases]
app = host=127.0.0.1 port={server} user=app password='{password}'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
"""


class Bouncer:
    def __init__(self, cluster, mode):
        program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")
        if not program:
            pytest.fail("no pgbouncer here: scripts/install-packages test")
        self.folder = Path(tempfile.mkdtemp(prefix="waitfor-pgbouncer-"))
        user = as_user()
        self._reserved = bound_socket()
        self.port = self._reserved.getsockname()[1]
        settings = self.folder / "pgbouncer.ini"
        settings.write_text(SETTINGS.format(server=cluster.port, port=self.port, mode=mode, password=PASSWORD),
                            encoding="utf-8")
        self.folder.chmod(0o755)
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen([program, settings], stdin=subprocess.DEVNULL, stdout=log, stderr=log, **user)
        until(self.is_up, what=lambda: f"pgbouncer is up: {(self.folder / 'log').read_text()}")

    def is_up(self):
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def close(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self._reserved.close()
        shutil.rmtree(self.folder, ignore_errors=True)
