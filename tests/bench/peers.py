"""The tools of others: how each is called for a wait, and how it is asked for its version."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass

from lab import CLEAN_ENV, HERE, Failure, Tool
from postgres import PASSWORD, USER, bin_folder

SHELL_SCRIPT, DEBIANS = "wait-for-it", "/usr/bin/wait-for-it"
BUILT = ("dockerize", "wait4x")     # by tests/bench/install-peers, where Go is
PORT_LOOP, POSTGRES_LOOP = "/dev/tcp loop", "pg_isready loop"
PEER_UNAVAILABLE = 3        # the exit status of install-peers where there is no Go
VERSION = re.compile(r"\bv?\d+\.\d[\w.+~-]*")


@dataclass(frozen=True)
class Grammar:
    """The words of a wait, with the places that lab.Tool fills."""
    tcp: tuple = ()             # empty: it cannot wait for an open port
    postgres: tuple = ()        # empty: it does not know that kind, and waits for the open port
    redis: tuple = ()
    http: tuple = ()
    mysql: tuple = ()
    ask: tuple = ("--help",)    # shows that it runs, and its version if it has one
    endless: bool = False       # it has no limit of its own
    installed_by: str = "tests/bench/install-peers"


def with_wait4x(*target):
    return ("{program}", *target, "-t", "{timeout}s", "-i", "1s", "--", "{app}")


# An interval is the tool's own default, 1 s in all of them; the loops sleep as long.
GRAMMARS = {
    SHELL_SCRIPT: Grammar(
        tcp=("{program}", "{host}:{port}", "-s", "-t", "{timeout}", "--", "{app}"),
        installed_by="scripts/install-packages bench"),
    "dockerize": Grammar(
        tcp=("{program}", "-wait", "tcp://{host}:{port}", "-timeout", "{timeout}s", "{app}"),
        http=("{program}", "-wait", "http://{host}:{port}/", "-timeout", "{timeout}s", "{app}"),
        ask=("-version",)),
    "wait4x": Grammar(
        tcp=with_wait4x("tcp", "{host}:{port}"),
        postgres=with_wait4x("postgresql", f"postgres://{USER}:{PASSWORD}@{{host}}:{{port}}/postgres?sslmode=disable"),
        redis=with_wait4x("redis", "redis://{host}:{port}"),
        # Without this option it is content with any status, 503 too.
        http=with_wait4x("http", "http://{host}:{port}/", "--expect-status-code", "200"),
        mysql=with_wait4x("mysql", f"{USER}:{PASSWORD}@tcp({{host}}:{{port}})/"),
        ask=("version",)),
    PORT_LOOP: Grammar(
        tcp=("{program}", "-c", "until (exec 3<>/dev/tcp/{host}/{port}) 2>/dev/null; do sleep 1; done; exec {app}"),
        ask=("--version",), endless=True, installed_by="the package bash"),
    POSTGRES_LOOP: Grammar(
        postgres=("/bin/sh", "-c", "until {program} -q -h {host} -p {port}; do sleep 1; done; exec {app}"),
        ask=("--version",), endless=True, installed_by="scripts/install-packages bench"),
}


@dataclass(frozen=True)
class Peer:
    """A tool that is on this machine."""
    name: str
    path: str
    version: str

    def knows(self, kind):
        return bool(getattr(GRAMMARS[self.name], kind))

    def can_wait(self, kind):
        """For this kind, or at least for its open port."""
        return self.knows(kind) or self.knows("tcp")

    def tool(self, kind):
        """Its command for a wait of this kind, or the nearest it has."""
        grammar = GRAMMARS[self.name]
        return Tool(self.name, getattr(grammar, kind) or grammar.tcp, self.path, grammar.endless)


def knows_port_only(name, kind):
    """Does the tool of this name start the app when a service of this kind merely listens?"""
    return name in GRAMMARS and not getattr(GRAMMARS[name], kind)


def version_of_package(path):
    """The version of the Debian package that the program came with, or nothing."""
    def query(*words):
        return subprocess.run(["dpkg-query", *words], capture_output=True, text=True).stdout
    try:
        name = query("-S", path).partition(":")[0]
        return query("-W", "-f", "${Version}", name) if name else ""
    except OSError:
        return ""


def find_peer(name, path):
    """Run the program at `path` once, and keep what it said. ValueError tells how to mend it."""
    if name not in GRAMMARS:
        raise ValueError(f"no peer {name!r}; they are {', '.join(GRAMMARS)}")
    grammar = GRAMMARS[name]
    path = os.path.abspath(shutil.which(os.path.expanduser(path)) or os.path.expanduser(path))
    try:
        done = subprocess.run([path, *grammar.ask], env=CLEAN_ENV, cwd="/", timeout=10, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, errors="replace")
        fault = "" if 0 <= done.returncode < 126 else f"it ended with {done.returncode}"
    except OSError as error:
        fault = error.strerror
    except subprocess.TimeoutExpired:
        fault = f"{' '.join(grammar.ask)} took more than 10 s"
    if fault:
        raise ValueError(f"{name} cannot be run as {path} ({fault}); "
                         f"{grammar.installed_by} installs it")
    told = VERSION.search(done.stdout.partition("\n")[0])
    version = told[0] if told else version_of_package(path)
    return Peer(name, path, version or "of an unknown version")


def usual_paths():
    """{name: path} of every peer that is here, or can be built here. What cannot be said why on stderr."""
    found = {SHELL_SCRIPT: DEBIANS}
    built = subprocess.run([HERE / "install-peers", *BUILT], stdout=subprocess.PIPE, text=True)
    if built.returncode not in (0, PEER_UNAVAILABLE):
        raise Failure("tests/bench/install-peers failed")
    found.update(line.split("=", 1) for line in built.stdout.splitlines())
    # Not Debian's pg_isready in /usr/bin: that is a script that looks for this one.
    return {**found, PORT_LOOP: "bash", POSTGRES_LOOP: str(bin_folder() / "pg_isready")}
