"""Real Redis servers, each with its files in a folder of its own."""

import contextlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest

from support import resp
from support.peers import bound_socket
from support.until import until

PASSWORD = "s3cr3t-Ω /@:"        # what URLs and lines cannot hold as it is
PASSWORD_IN_URI = quote(PASSWORD, safe="")
# Set-up logs in as this one, whatever the test has done to the default user. Any password will do.
ADMIN = ("admin", "on", "nopass", "~*", "&*", "+@all")
SETTINGS = {
    "bind": "127.0.0.1", "daemonize": "no", "save": "", "appendonly": "no", "loglevel": "verbose",
    "repl-diskless-sync-delay": 0, "busy-reply-threshold": 20, "user": ADMIN,
}
# A dump of so many keys loads for 100 s where each takes 20 ms; each is so large that clients are answered after it.
KEYS, KEY_SIZE, KEY_DELAY, ANSWER_EVERY = 5000, 1200, 20000, 1024


def server_program():
    found = shutil.which("redis-server")
    if not found:
        pytest.fail("no Redis server here: scripts/install-packages test")
    return found


class Client:
    """An open connection that sends commands and reads replies, nothing else."""

    def __init__(self, sock):
        self.sock = sock
        self.file = sock.makefile("rb")

    def send(self, *words):
        self.sock.sendall(resp.command(*words))

    def read(self):
        return resp.read_reply(self.file)

    def ask(self, *words):
        self.send(*words)
        return self.read()

    def do(self, *words):
        reply = self.ask(*words)
        assert not isinstance(reply, resp.Error), f"{words}: {reply}"
        return reply

    def close(self):
        self.file.close()
        self.sock.close()


class Redis:
    """One server on a loopback port, on a Unix socket, or on both. `dump` is another server's, to be loaded."""

    def __init__(self, dump=None, port=True, unix=False):
        self.program = server_program()
        self.folder = Path(tempfile.mkdtemp(prefix="waitfor-redis-"))
        self.dump = self.folder / "dump.rdb"
        self.log_file = self.folder / "log"
        self.path = self.folder / "redis.sock" if unix else None
        self._reserved = bound_socket() if port else None     # nobody else is given this port
        self.port = self._reserved.getsockname()[1] if port else 0
        self.process = None
        if dump:
            shutil.copy(dump, self.dump)

    def start(self, wait=True, **settings):
        """A setting's value is a word, or several; its '-' are '_' here."""
        chosen = {**SETTINGS, "port": self.port, "dir": self.folder,
                  **{key.replace("_", "-"): value for key, value in settings.items()}}
        if self.path:
            chosen["unixsocket"] = self.path
        words = []
        for key, value in chosen.items():
            words += [f"--{key}", *map(str, value if isinstance(value, tuple) else [value])]
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen([self.program, *words], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, cwd=self.folder)
        if wait:
            until(self.is_ready, 30, lambda: f"the server is up; its log:\n{self.log()}")
        return self

    def connect(self):
        sock = socket.socket(socket.AF_UNIX if self.path else socket.AF_INET)
        try:
            sock.settimeout(10)
            sock.connect(str(self.path) if self.path else ("127.0.0.1", self.port))
        except OSError:
            sock.close()
            raise
        return Client(sock)

    def client(self):
        """A connection that is closed at the end of the `with`."""
        return contextlib.closing(self.connect())

    @contextlib.contextmanager
    def admin(self):
        with self.client() as client:
            client.do("AUTH", ADMIN[0], "any")
            yield client

    def says(self, *words):
        """What anybody is answered who does not log in."""
        with self.client() as client:
            return client.ask(*words)

    def do(self, *words):
        with self.admin() as client:
            return client.do(*words)

    def info(self, section, key):
        """One value of INFO; None where it is not there."""
        found = re.search(rf"^{key}:(.*)\r$", self.do("INFO", section), re.M)
        return found[1] if found else None

    def errors(self, word):
        """How many replies began with that word, since the server started."""
        found = self.info("errorstats", f"errorstat_{word}")
        return int(found.split("=")[1]) if found else 0

    def _says_pong(self, accept):
        ended = self.process.poll()
        assert ended is None, f"the server ended ({ended}):\n{self.log()}"
        try:
            with self.admin() as client:
                return accept(client.ask("PING"))
        except OSError:
            return False

    def is_ready(self):
        return self._says_pong(lambda reply: reply == "PONG")

    def answers(self):
        """It speaks, whatever it says."""
        return self._says_pong(bool)

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise
        self.process = None

    # --- states that last until the test ends them ------------------------------------------------

    def make_dump(self):
        """One that start_loading takes long to load."""
        value = "x" * KEY_SIZE
        with self.admin() as client:
            client.do("CONFIG", "SET", "rdbcompression", "no")
            client.sock.sendall(b"".join(resp.command("SET", f"key:{i}", value) for i in range(KEYS)))
            assert {client.read() for _ in range(KEYS)} == {"OK"}
            client.do("SAVE")
        return self.dump

    def start_loading(self, **settings):
        """Held in loading its dump, where PING gets -LOADING, until finish_loading."""
        assert self.dump.exists()
        self.start(wait=False, key_load_delay=KEY_DELAY, loading_process_events_interval_bytes=ANSWER_EVERY,
                   **settings)
        until(self.answers, 30, lambda: f"the loading server answers; its log:\n{self.log()}")
        return self

    def finish_loading(self):
        self.do("CONFIG", "SET", "key-load-delay", 0)

    @contextlib.contextmanager
    def busy(self):
        """A script runs inside the `with`, where PING gets -BUSY."""
        with self.admin() as client:
            client.send("EVAL", "while true do end", 0)
            until(lambda: self.says("PING").startswith("BUSY"), what="the script runs")
            try:
                yield
            finally:
                self.do("SCRIPT", "KILL")
                assert "killed" in client.read().lower()

    def break_saving(self):
        """A save fails, whereupon PING gets -MISCONF until mend_saving: a folder stands where the dump should."""
        self.dump.mkdir()
        self.do("CONFIG", "SET", "save", "3600 1000000")
        self._save("err")

    def mend_saving(self):
        self.dump.rmdir()
        self._save("ok")

    def _save(self, status):
        self.do("BGSAVE")
        until(lambda: self.info("persistence", "rdb_last_bgsave_status") == status, 20, f"the save: {status}")

    # --- what is seen of it -----------------------------------------------------------------------

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def accepted(self):
        """How many connections; even while it does nothing but run a script."""
        return self.log().count("- Accepted ")

    @property
    def target(self):
        return f"127.0.0.1:{self.port}"

    def uri(self, user="", password="", rest=""):
        who = user + (f":{password}" if password else "") + "@" if user or password else ""
        return f"redis://{who}{self.target}{rest}"

    def close(self):
        try:
            self.stop(signal.SIGKILL)
        finally:
            if self._reserved:
                self._reserved.close()
            shutil.rmtree(self.folder, ignore_errors=True)


class Sentinel:
    """A Sentinel on a loopback port, which watches `masters`: {name: (port, password or None)}."""

    def __init__(self):
        self.program = server_program()
        self.folder = Path(tempfile.mkdtemp(prefix="waitfor-sentinel-"))
        self._reserved = bound_socket()
        self.port = self._reserved.getsockname()[1]
        self.target = f"127.0.0.1:{self.port}"
        self.process = None

    def start(self, masters=None, *lines):
        file = self.folder / "sentinel.conf"     # it writes there what it learns
        text = [f"port {self.port}", "bind 127.0.0.1", f"dir {self.folder}", "daemonize no", *lines]
        for name, (port, password) in (masters or {}).items():
            text += [f"sentinel monitor {name} 127.0.0.1 {port} 1", f"sentinel down-after-milliseconds {name} 500",
                     f"sentinel failover-timeout {name} 2000"]
            text += [f'sentinel auth-pass {name} "{password}"'] if password else []
        file.write_text("\n".join(text) + "\n", encoding="utf-8")
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([self.program, file, "--sentinel"], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, cwd=self.folder)
        until(self._answers, 30, lambda: f"the Sentinel is up; its log:\n{self.log()}")
        return self

    def _answers(self):
        assert self.process.poll() is None, self.log()
        try:
            return self.ask("PING")
        except OSError:
            return None

    def ask(self, *words):
        with socket.create_connection(("127.0.0.1", self.port), 10) as sock, contextlib.closing(Client(sock)) as client:
            return client.ask(*words)

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def close(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        self._reserved.close()
        shutil.rmtree(self.folder, ignore_errors=True)
