"""Real servers that are started again and again, and scripted ones that are never ready."""

import os
import re
import shutil
import signal
import socketserver
import subprocess
import sys
import threading
import time

from lab import ADDRESS, CLEAN_ENV, Failure, TcpPeer
from support import mysqlwire, pgwire

# For the tools that log in.
USER, PASSWORD = "bench", "bench"
PORTS = {"redis": 6379, "mysql": 3306}      # the first lane's


def program(name):
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin")
    if not found:
        raise Failure(f"no {name} here: scripts/install-packages bench")
    return found


class Service:
    """A server and its log, of which stamp.c notes when each line was written.

    When is it ready? When it says so: both log that line right before they go to the loop in which they look at the first
    of their clients, and none can have been answered earlier.
    """

    says = ""

    def __init__(self, lab, lane):
        self.port = PORTS[type(self).__name__.lower()] + lane
        self.folder = lab.folder / f"{type(self).__name__}-{lane}"
        self.folder.mkdir()
        self._stamp = lab.program("stamp")
        self._log = self.folder / "log"
        self._processes = []
        self.prepare()

    def prepare(self):
        """Whatever is made once."""

    def start(self):
        with open(self._log, "wb") as log:
            stamp = subprocess.Popen([self._stamp], stdin=subprocess.PIPE, stdout=log)
        server = subprocess.Popen(self.argv(), env=CLEAN_ENV, cwd=self.folder, stdin=subprocess.DEVNULL,
                                  stdout=stamp.stdin, stderr=stamp.stdin)
        stamp.stdin.close()
        self._processes = [server, stamp]

    def ready(self, timeout=60):
        """Waits until the server says it is ready; returns when it was, in nanoseconds."""
        end = time.monotonic() + timeout
        while not (found := re.search(rf"^(\d+) .*{self.says}", self.log(), re.MULTILINE)):
            if self._processes[0].poll() is not None or time.monotonic() > end:
                raise Failure(f"the server did not start:\n{self.log()}")
            time.sleep(0.01)
        return int(found[1])

    def log(self):
        return self._log.read_text(errors="replace")

    def stop(self):
        for process in self._processes:
            if process is self._processes[0]:
                process.send_signal(signal.SIGTERM)
            process.wait(60)
        self._processes = []


class Redis(Service):
    says = "Ready to accept connections"

    def argv(self):
        return [program("redis-server"), "--bind", ADDRESS, "--port", str(self.port), "--dir", self.folder, "--save", "",
                "--protected-mode", "no"]


class MySQL(Service):
    """A MariaDB with small files: a start takes half a second."""

    says = "ready for connections"

    def _options(self):
        as_root = ["--user=root"] if os.geteuid() == 0 else []
        return ["--no-defaults", f"--datadir={self.folder / 'data'}", "--innodb-log-file-size=4M",
                "--innodb-buffer-pool-size=8M", "--innodb-flush-log-at-trx-commit=0", *as_root]

    def argv(self):
        return [program("mariadbd"), *self._options(), f"--socket={self.folder / 'socket'}",
                f"--pid-file={self.folder / 'pid'}", f"--bind-address={ADDRESS}", f"--port={self.port}",
                "--skip-name-resolve"]

    def prepare(self):
        self._run([program("mariadb-install-db"), *self._options(), "--auth-root-authentication-method=normal",
                   "--skip-test-db", "--skip-name-resolve"])
        self.start()
        self.ready()
        self._run([program("mariadb"), "--no-defaults", "-S", self.folder / "socket", "-u", "root", "-e",
                   f"CREATE USER {USER} IDENTIFIED BY '{PASSWORD}'"])
        self.stop()

    def _run(self, argv):
        done = subprocess.run(argv, capture_output=True, text=True, cwd=self.folder)
        if done.returncode != 0:
            raise Failure(f"{argv[0]}: {done.stdout}{done.stderr}")


class HttpPeer(TcpPeer):
    """peer.c, which answers 200 as soon as it listens."""

    extra = ("http",)


# --- never ready -------------------------------------------------------------------------------------------------------

def loading(connection):
    """A Redis that still loads its data, whatever it is asked first."""
    if connection.rfile.readline():
        connection.send(b"-LOADING Redis is loading the dataset in memory\r\n")
    while connection.rfile.readline():      # until it leaves: to close now would be a reset
        pass


def unavailable(connection):
    """What stands behind a proxy is not up yet."""
    while connection.rfile.readline() not in (b"\r\n", b""):
        pass
    connection.send(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def full(connection):
    """A MySQL with all its connections in use."""
    connection.send(mysqlwire.error(0, 1040, "Too many connections"))


SCRIPTS = {
    "postgres": pgwire.refuses("57P03", "the database system is starting up"),
    "redis": loading, "http": unavailable, "mysql": full,
}


class Refusal(socketserver.StreamRequestHandler):
    """One connection to NeverReady, as a script sees it."""

    def read_exactly(self, size):
        return self.rfile.read(size)

    def send(self, data):
        self.wfile.write(data)

    def handle(self):
        SCRIPTS[self.server.kind](self)


class NeverReady(socketserver.ThreadingTCPServer):
    """A scripted server that answers every client that it is not ready."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, kind):
        self.kind = kind
        super().__init__((ADDRESS, 0), Refusal)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """A tool whose time is over leaves in the middle: that is its right."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()
