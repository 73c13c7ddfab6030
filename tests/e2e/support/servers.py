"""Real servers that need no more than a command line, each with its files in a folder of its own."""

import base64
import contextlib
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from support.peers import bound_socket
from support.until import until

USER, PASSWORD = "app", "s3cr3t \"Ω\" /@:"
DN = "cn=admin,dc=example"


def memcached(server, connections=64):
    return ["memcached", "-l", "127.0.0.1", "-p", server.port, "-U", "0", "-u", "root", "-c", connections, "-vv"]


def nats(server, login=False, token=None, connections=64):
    lines = ["authorization {", f"  user: {USER}", f"  password: {quoted(PASSWORD)}", "}"] if login else []
    lines += ["authorization {", f"  token: {quoted(token)}", "}"] if token else []
    lines.append(f"max_connections: {connections}")
    file = server.folder / "nats.conf"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return ["nats-server", "-a", "127.0.0.1", "-p", server.port, "-c", file, "-D"]


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def mqtt(server, login=False):
    file, passwords = server.folder / "mosquitto.conf", server.folder / "passwords"
    lines = [f"listener {server.port} 127.0.0.1", f"allow_anonymous {str(not login).lower()}", "log_type all",
             "user root"]
    if login:
        passwords.touch(mode=0o600)
        subprocess.run(["mosquitto_passwd", "-b", passwords, USER, PASSWORD], check=True, capture_output=True)
        lines.append(f"password_file {passwords}")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return ["mosquitto", "-c", file]


def nginx(server, locations="", listen="", main=""):
    """`locations` are blocks of its configuration, `listen` words such as "ssl", `main` lines for the server."""
    file = server.folder / "nginx.conf"
    file.write_text(f"""
        daemon off; master_process off; pid {server.folder}/pid; error_log stderr info;
        events {{}}
        http {{
            access_log {server.folder}/access;
            client_body_temp_path {server.folder}/body;
            server {{ listen 127.0.0.1:{server.port} {listen}; {main} {locations or 'location / { return 200 "hello"; }'} }}
        }}
    """, encoding="utf-8")
    return ["nginx", "-c", file, "-p", server.folder, "-e", "stderr"]


def dnsmasq(server, records=()):
    """`records` are options with records. It knows the names under "test", and is no friend of any other."""
    return ["dnsmasq", "--keep-in-foreground", "--user=root", "--conf-file=/dev/null", "--pid-file", f"--port={server.port}",
            "--listen-address=127.0.0.1", "--bind-interfaces", "--no-resolv", "--no-hosts", "--local=/test/",
            "--log-facility=-", f"--addn-hosts={server.folder}/hosts", *(f"--{record}" for record in records)]


def etcd(server, peers=None, number=0):
    """One member alone, or that number of a cluster whose members' ports for each other are `peers`."""
    if not peers:
        server.reserved.append(bound_socket())
        peers = [server.reserved[-1].getsockname()[1]]
    urls = [f"http://127.0.0.1:{port}" for port in peers]
    return ["etcd", "--name", f"m{number}", "--data-dir", server.folder / "data", "--logger", "zap", "--log-level", "debug",
            "--listen-client-urls", f"http://{server.target}", "--advertise-client-urls", f"http://{server.target}",
            "--listen-peer-urls", urls[number], "--initial-advertise-peer-urls", urls[number],
            "--initial-cluster", ",".join(f"m{i}={url}" for i, url in enumerate(urls))]


def zookeeper(server, ensemble=(), number=1):
    """One of an ensemble, whose members each have a port for followers and one for elections; else one alone."""
    server.needs.append("/usr/share/java/zookeeper.jar")
    (server.folder / "data").mkdir()
    (server.folder / "data" / "myid").write_text(f"{number}\n", encoding="utf-8")
    lines = [f"dataDir={server.folder}/data", f"clientPort={server.port}", "clientPortAddress=127.0.0.1",
             "tickTime=500", "initLimit=20", "syncLimit=10", "admin.enableServer=false"]
    lines += [f"server.{each}=127.0.0.1:{follow}:{elect}" for each, (follow, elect) in enumerate(ensemble, 1)]
    file = server.folder / "zoo.cfg"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return ["java", "-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
            "-Dorg.slf4j.simpleLogger.log.org.apache.zookeeper.server.NIOServerCnxn=debug", "-cp",
            "/usr/share/java/zookeeper.jar:/usr/share/java/slf4j-simple.jar",
            "org.apache.zookeeper.server.quorum.QuorumPeerMain", file]


def ldap(server, directives=()):
    """A slapd with one user, the one at the root."""
    salted = hashlib.sha1(PASSWORD.encode() + b"salt").digest() + b"salt"
    (server.folder / "database").mkdir()
    file = server.folder / "slapd.conf"
    file.write_text("\n".join([
        "include /etc/ldap/schema/core.schema", "modulepath /usr/lib/ldap", "moduleload back_mdb", *directives,
        "database mdb", "maxsize 1048576", 'suffix "dc=example"', f'rootdn "{DN}"', f"directory {server.folder}/database",
        "rootpw {SSHA}" + base64.b64encode(salted).decode()]) + "\n", encoding="utf-8")
    return ["/usr/sbin/slapd", "-d", "stats", "-h", f"ldap://{server.target}", "-f", file]


class Server:
    """One server on a loopback port. `kind` is a function, such as those above, which makes its command line.

    It may set `env`, add to `reserved` sockets whose ports nobody else is given, and to `needs` files and programs.
    """

    def __init__(self, kind, **settings):
        self.folder = Path(tempfile.mkdtemp(prefix="waitfor-server-"))
        self.log_file = self.folder / "log"
        self._reserved = bound_socket()     # nobody else is given this port
        self.port = self._reserved.getsockname()[1]
        self.target = f"127.0.0.1:{self.port}"
        self.env, self.reserved, self.needs = None, [], []
        self.scheme = kind.__name__
        self.argv = [str(word) for word in kind(self, **settings)]
        self.process = None
        for program in (self.argv[0], *self.needs):
            if not shutil.which(program) and not Path(program).exists():
                pytest.fail(f"no {program} here: scripts/install-packages test")

    def start(self):
        """Starts it and does not wait: that is for the program under test."""
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=self.folder, env=self.env, start_new_session=True)
        return self

    def is_open(self):
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0

    def await_open(self):
        # RabbitMQ takes 5 s, and on a busy machine 40.
        until(self.is_open, 120, lambda: f"{self.argv[0]} listens; its log:\n{self.log()}")
        return self

    def log(self):
        return self.log_file.read_text(encoding="utf-8", errors="replace") if self.log_file.exists() else ""

    def close(self):
        if self.process:
            with contextlib.suppress(ProcessLookupError):   # it is its own group, and so are those that it started
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        for sock in (self._reserved, *self.reserved):
            sock.close()
        shutil.rmtree(self.folder)
