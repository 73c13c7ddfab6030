"""Real PostgreSQL servers: one data directory made per session, copied for every server."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from support.peers import bound_socket
from support.until import until

PASSWORD = "s3cr3t-Ω"           # longer than ASCII on purpose: it must survive SASLprep and URIs
PASSWORD_IN_URI = "s3cr3t-%CE%A9"
HBA = """\
local all all trust
host all trusty all trust
host all all all scram-sha-256
"""
SETTINGS = """\
fsync = off
full_page_writes = off
shared_buffers = 8MB
max_connections = 12
superuser_reserved_connections = 0
max_wal_senders = 0
wal_level = replica
autovacuum = off
log_line_prefix = ''
log_checkpoints = off
lc_messages = 'C'
"""


def bin_folder():
    """The newest server's programs, as Debian installs them; else those in PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    if folders:
        return folders[-1]
    found = shutil.which("postgres")
    if not found:
        pytest.fail("no PostgreSQL server here: scripts/install-packages test")
    return Path(found).parent


def as_user():
    """Popen arguments for the user a server runs as: it refuses to be root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    pytest.fail("running as root, and there is no user to run PostgreSQL as")


class Cluster:
    """One server on a loopback port, its files in a folder of its own under /tmp."""

    def __init__(self, template=None):
        self.bin = bin_folder()
        self.user = as_user()
        self.folder = Path(tempfile.mkdtemp(prefix="waitfor-pg-"))
        if self.user:
            os.chown(self.folder, self.user["user"], self.user["group"])
        self.data = self.folder / "data"
        self.log_file = self.folder / "log"
        self._reserved = bound_socket()     # nobody else is given this port
        self.port = self._reserved.getsockname()[1]
        self.process = None
        if template is None:
            self._create()
        else:
            self.run("cp", "-a", template.data, self.data)

    def run(self, *argv):
        done = subprocess.run([str(word) for word in argv], capture_output=True, text=True,
                              cwd=self.folder, **self.user)
        assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}"
        return done.stdout

    def _create(self):
        """A data directory with the roles and databases that the tests use, shut down cleanly."""
        self.run(self.bin / "initdb", "-D", self.data, "-U", "postgres", "--no-sync",
                 "--encoding=UTF8", "--locale=C", "--auth=trust")
        self.append("postgresql.conf", SETTINGS)
        (self.data / "pg_hba.conf").write_text(HBA)
        self.start()
        for statement in (f"CREATE ROLE app LOGIN PASSWORD '{PASSWORD}'",
                          "CREATE ROLE trusty LOGIN",
                          "CREATE DATABASE app OWNER app",
                          "CREATE DATABASE trusty OWNER trusty",
                          "CREATE DATABASE closed OWNER postgres",
                          "REVOKE CONNECT ON DATABASE closed FROM PUBLIC"):
            self.sql(statement)
        self.stop()

    def append(self, name, text):
        with open(self.data / name, "a", encoding="utf-8") as file:
            file.write(text)

    def start(self, wait=True, **settings):
        options = [f"--{key}={value}" for key, value in settings.items()]
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [self.bin / "postgres", "-D", self.data, "-p", str(self.port), "-k", self.folder,
                 "-c", "listen_addresses=127.0.0.1", *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, **self.user)
        if wait:
            until(self.is_ready, 30, lambda: f"the server is up; its log:\n{self.log()}")
        return self

    def is_ready(self):
        ended = self.process.poll()
        assert ended is None, f"the server ended ({ended}):\n{self.log()}"
        return subprocess.run([self.bin / "pg_isready", "-q", "-h", self.folder, "-p",
                               str(self.port)]).returncode == 0

    def answers(self):
        """A socket is open, whatever the server says through it."""
        return subprocess.run([self.bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p",
                               str(self.port)]).returncode in (0, 1)

    def stop(self, how=signal.SIGINT):
        """SIGINT is a fast shutdown; SIGQUIT an immediate one."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait()
                raise
        self.process = None

    def psql(self, database="postgres", user="postgres"):
        return [self.bin / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-p",
                str(self.port), "-U", user, "-d", database]

    def sql(self, statement, **kwargs):
        return self.run(*self.psql(**kwargs), "-c", statement).strip()

    def session(self, user="app", database="app"):
        """An open connection that stays until the returned process' stdin is closed."""
        process = subprocess.Popen(self.psql(database, user), stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True, cwd=self.folder, **self.user)
        process.stdin.write("SELECT 'in';\n")
        process.stdin.flush()
        assert process.stdout.readline() == "in\n"
        return process

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def uri(self, user="app", password=PASSWORD_IN_URI, database="app", host=None, parameters=""):
        who = user + (f":{password}" if password else "") + "@" if user else ""
        return f"postgres://{who}{host or f'127.0.0.1:{self.port}'}/{database}{parameters}"

    def close(self):
        try:
            self.stop(signal.SIGQUIT)
        finally:
            self._reserved.close()
            shutil.rmtree(self.folder, ignore_errors=True)
