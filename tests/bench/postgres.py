"""A real PostgreSQL that is started again and again, and says itself when it is ready."""

import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

from lab import ADDRESS, Failure

# For the tools that log in. waitfor does not: it comes as "postgres", which tells the two apart
# in the log.
USER, PASSWORD = "bench", "bench"

# Debian's defaults but for: no fsync (stopping would wait for the disk), the log to stderr with
# the time in ms and the client's user, and a password for whoever comes, as in the official image.
SETTINGS = f"""\
fsync = off
listen_addresses = '{ADDRESS}'
log_line_prefix = '%n %q%u '
lc_messages = 'C'
"""
HBA = "local all all trust\nhost all all all scram-sha-256\n"
# "%n" is the time of day in ms, cut off rather than rounded: it is at most 1 ms early.
READY = re.compile(r"^(\d+)\.(\d{3}) LOG: .*ready to accept connections", re.MULTILINE)
REFUSED = re.compile(r"^\d+\.\d{3} postgres FATAL: ", re.MULTILINE)


def bin_folder():
    """The newest server's programs, as Debian installs them; else those in PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    found = shutil.which("postgres")
    if not folders and not found:
        raise Failure("no PostgreSQL server here: scripts/install-packages bench")
    return folders[-1] if folders else Path(found).parent


def as_user():
    """Popen arguments for the user a server runs as: it refuses to be root."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("postgres")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def monotonic_of(real):
    """A time of day as a CLOCK_MONOTONIC time; both in nanoseconds."""
    return real - time.time_ns() + time.monotonic_ns()


class Postgres:
    """One data directory and its server.

    When is it ready? When its postmaster says so in the log. That line is written in the handler
    that has just allowed connections, before the postmaster goes back to its loop and looks at the
    first of them: no client can have been served earlier, and one that knocks then is. A login in
    a tight loop would tell the same from outside, and would fork a backend each millisecond while
    the server is starting on the same processors, which changes what it measures.
    """

    def __init__(self, folder, port, template=None):
        self.port = port
        self._bin = bin_folder()
        self._user = as_user()
        self._folder = folder
        self._log = folder / "log"
        self._process = None
        folder.mkdir()
        if self._user:
            os.chown(folder, self._user["user"], self._user["group"])
        if template:
            self._run("cp", "-a", template._folder / "data", folder / "data")
        else:
            self._create()

    def _run(self, *argv, said=""):
        done = subprocess.run(argv, capture_output=True, text=True, cwd=self._folder, input=said,
                              **self._user)
        if done.returncode != 0:
            raise Failure(f"{argv[0]}: {done.stdout}{done.stderr}")

    def _create(self):
        data = self._folder / "data"
        self._run(self._bin / "initdb", "-D", data, "-U", "postgres", "--no-sync",
                  "--encoding=UTF8", "--locale=C", "--auth=trust")
        with open(data / "postgresql.conf", "a", encoding="ascii") as file:
            file.write(SETTINGS)
        (data / "pg_hba.conf").write_text(HBA)
        self._run(self._bin / "postgres", "--single", "-D", data, "postgres",
                  said=f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'\nGRANT CREATE ON SCHEMA public TO {USER}\n")

    def start(self):
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", self._folder / "data", "-p", str(self.port),
                 "-k", self._folder], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self._folder, **self._user)

    def ready(self, timeout=30):
        """Waits until the server says it is ready; returns when it was, in nanoseconds."""
        end = time.monotonic() + timeout
        while not (found := READY.search(self.log())):
            if self._process.poll() is not None or time.monotonic() > end:
                raise Failure(f"the server did not start:\n{self.log()}")
            time.sleep(0.01)
        return monotonic_of(int(found[1] + found[2]) * 1_000_000)

    def log(self):
        return self._log.read_text(errors="replace")

    def refusals(self):
        """How many lines waitfor left in the log."""
        return len(REFUSED.findall(self.log()))

    def stop(self):
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
        self._process = None
