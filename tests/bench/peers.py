"""The tools of others: how each is called for a wait, and how it is asked for its version."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass

from lab import CLEAN_ENV, Tool
from postgres import PASSWORD, USER

SHELL_SCRIPT, DEBIANS = "wait-for-it", "/usr/bin/wait-for-it"
VERSION = re.compile(r"\bv?\d+\.\d[\w.+~-]*")


@dataclass(frozen=True)
class Grammar:
    """The words after the program, with the places that lab.Tool fills."""
    tcp: tuple
    postgres: tuple = ()        # empty: it knows no PostgreSQL, and waits for the open port
    ask: tuple = ("--help",)    # shows that it runs, and its version if it has one
    installed_by: str = "tests/bench/install-peers"


# An interval is the tool's own default, 1 s in all of them.
GRAMMARS = {
    SHELL_SCRIPT: Grammar(
        tcp=("{host}:{port}", "-s", "-t", "{timeout}", "--", "{app}"),
        installed_by="scripts/install-packages bench"),
    "dockerize": Grammar(
        tcp=("-wait", "tcp://{host}:{port}", "-timeout", "{timeout}s", "{app}"),
        ask=("-version",)),
    "wait4x": Grammar(
        tcp=("tcp", "{host}:{port}", "-t", "{timeout}s", "-i", "1s", "--", "{app}"),
        postgres=("postgresql",
                  f"postgres://{USER}:{PASSWORD}@{{host}}:{{port}}/postgres?sslmode=disable",
                  "-t", "{timeout}s", "-i", "1s", "--", "{app}"),
        ask=("version",)),
}


@dataclass(frozen=True)
class Peer:
    """A tool that is on this machine."""
    name: str
    path: str
    version: str

    def knows(self, kind):
        return kind == "tcp" or bool(GRAMMARS[self.name].postgres)

    def tool(self, kind):
        """Its command for a wait of this kind, or the nearest it has."""
        grammar = GRAMMARS[self.name]
        words = grammar.postgres if kind == "postgres" and grammar.postgres else grammar.tcp
        return Tool(self.name, (self.path, *words))


def knows_port_only(name):
    """Does the tool of this name start the app when a PostgreSQL merely listens?"""
    return name in GRAMMARS and not GRAMMARS[name].postgres


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
