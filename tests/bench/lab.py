"""The world that is measured in: a network of its own, the C programs, how tools are run."""

import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
# Not 127.x: an accept there is distrusted for 20 ms, on purpose, and that is not to be measured.
ADDRESS = "10.77.0.1"
# Nothing of the environment at hand may steer a tool.
CLEAN_ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
# The scripted servers of the end-to-end tests are of use here too.
sys.path.append(str(HERE.parent / "e2e"))
C_FLAGS = ["-O2", "-static", "-Wall", "-Wextra"]
RECORD = struct.Struct("5q")     # what launch.c and app.c write
LINK_FLAGS = {"app": ["-nostartfiles"]}


class Failure(Exception):
    """The measurement itself went wrong: a tool did not do what it was measured at."""


class GaveUp(Failure):
    """A tool ended without its app. Of a peer that is a result."""


@dataclass(frozen=True)
class Tool:
    """A command line with places for {program}, {host}, {port}, {timeout} (whole seconds) and {app}."""
    name: str
    words: tuple
    program: str = ""
    endless: bool = False       # it has no limit of its own

    def argv(self, port, app, host=ADDRESS, timeout=60):
        fields = {"program": self.program, "host": host, "port": port, "app": app, "timeout": timeout}
        return [word.format(**fields) for word in self.words]


@dataclass(frozen=True)
class Finished:
    """A run that is over: when it was exec'd and when the app began, in nanoseconds, and what it used until then."""
    start: int
    app: int
    cpu_ns: int
    faults: int
    peak_kb: int        # of its largest process


def compile_programs(folder):
    """The C programs of this folder, static, with the C library of the release binary.

    glibc's start-up asks the processor what it can do, in a virtual machine a trap for each
    question: that alone took longer than all the rest of limit.c, which would have been no limit.
    """
    # As the Makefile calls it, so that it finds what the binary was built with.
    found = subprocess.run([REPOSITORY / "third-party" / "build", "release"], check=True,
                           env={"CC": "gcc", **os.environ}, stdout=subprocess.PIPE, text=True)
    compiler = Path(found.stdout.splitlines()[-1]) / "bin" / "musl-gcc"
    for source in sorted(HERE.glob("*.c")):
        subprocess.run([compiler, *C_FLAGS, *LINK_FLAGS.get(source.stem, []), "-o",
                        folder / source.stem, source], check=True)


def enter_new_network():
    """The command that starts what follows in namespaces of its own, which end with it.

    When the driver dies, however it does, the kernel ends every process in its process namespace,
    and with the last of them the network. An ordinary user keeps his own id in there, because a
    PostgreSQL that finds itself root does not start.
    """
    user = [] if os.geteuid() == 0 else ["--user", "--map-current-user", "--keep-caps"]
    return ["unshare", *user, "--net", "--mount", "--propagation", "private", "--pid", "--fork",
            "--kill-child", "--mount-proc", "--"]


def set_up_network(resolv_conf):
    """Inside: an address of our own, and the only DNS server is one of our own.

    The address is on lo; packets to any address of the own machine go that way in any case.
    """
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "address", "add", f"{ADDRESS}/32", "dev", "lo"], check=True)
    resolv_conf.write_text("nameserver 127.0.0.53\noptions ndots:0\n")
    subprocess.run(["mount", "--bind", resolv_conf, "/etc/resolv.conf"], check=True)


def has_ended(process, timeout):
    """Wait for the end asleep; Popen.wait(timeout) would wake up and look, beside the measured."""
    descriptor = os.pidfd_open(process.pid)
    try:
        return bool(select.select([descriptor], [], [], timeout)[0])
    finally:
        os.close(descriptor)


class Run:
    """A started tool. launch.c and app.c put into a file what is known of it afterwards."""

    def __init__(self, lab, tool, argv, gate=subprocess.DEVNULL):
        """It begins when there is a byte or an end on the descriptor `gate`."""
        self.tool = tool
        self._errors = tempfile.TemporaryFile(dir=lab.folder)
        self._times = os.memfd_create("times")
        self._process = subprocess.Popen(
            [lab.program("launch"), str(self._times), *argv], env=CLEAN_ENV, cwd="/",
            pass_fds=[self._times], stdin=gate, stdout=subprocess.DEVNULL, stderr=self._errors,
            start_new_session=True)     # a tool may signal its whole process group, as timeout does

    def finish(self, timeout=90):
        """Wait for the end."""
        if not has_ended(self._process, timeout):
            self._process.kill()
            raise Failure(f"{self.tool.name}: did not end within {timeout} s")
        code = self._process.wait()
        record = os.pread(self._times, 256, 0)
        os.close(self._times)
        if code != 0 or len(record) != RECORD.size:
            self._errors.seek(0)
            said = self._errors.read().decode("utf-8", "replace")
            raise GaveUp(f"{self.tool.name}: ended with {code}, and the app was started "
                          f"{(len(record) - RECORD.size) // 8 + 1} times; it said:\n{said}")
        self._errors.close()
        return Finished(*RECORD.unpack(record))

    def finish_or_give_up(self):
        """The same for a tool that may end without its app, as peers do: then None. waitfor may not."""
        try:
            return self.finish()
        except GaveUp:
            if self.tool.name == "waitfor":
                raise
            return None

    def stop(self):
        """End it before its wait is over, as whoever stops its container would."""
        self._process.kill()    # launch.c, and with it what it started
        self._process.wait()
        self._errors.close()
        os.close(self._times)


class TcpPeer:
    """peer.c: refuses until `go` and another `seconds`, then listens."""

    extra = ()      # more words for it

    def __init__(self, lab, seconds=0.0):
        self._process = subprocess.Popen(
            [lab.program("peer"), ADDRESS, f"{seconds:.6f}", *self.extra], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.port = int(self._process.stdout.readline())

    def go(self):
        self._process.stdin.write("!")
        self._process.stdin.flush()

    def ready(self):
        """Waits until it listens; returns the time in nanoseconds."""
        return int(self._process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.communicate()


def refused_port():
    """A socket that has a port and does not listen: connections are refused while it is open."""
    made = socket.socket()
    made.bind((ADDRESS, 0))
    return made


class Progress:
    """How far a part is, on stderr: one line that is overwritten, or one for every tenth."""

    def __init__(self, part, total):
        self._part, self._total = part, total
        self._done = 0
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._show()

    def step(self):
        with self._lock:
            self._done += 1
            self._show()

    def _show(self):
        line = (f"bench: {self._part} {self._done}/{self._total}, "
                f"{time.monotonic() - self._began:.0f} s")
        over = self._done == self._total
        if sys.stderr.isatty():
            print(f"\r{line}", end="\n" if over else "", file=sys.stderr, flush=True)
        elif over or self._done % max(1, self._total // 10) == 0:
            print(line, file=sys.stderr, flush=True)


class Lab:
    """What every part is given: the folder, the programs and the tools."""

    def __init__(self, folder, waitfor, peers):
        self.folder = folder
        self.app = self.program("app")
        self.waitfor = str(waitfor)
        self.peers = peers

    def program(self, name):
        return str(self.folder / name)

    def own(self, kind):
        return Tool("waitfor", (self.waitfor, "-t", "{timeout}", f"{kind}://{{host}}:{{port}}",
                                "--", "{app}"))

    def limit(self, name="limit", stay=0):
        """limit.c; its connection must stay open for `stay` ms."""
        return Tool(name, (self.program("limit"), "{host}", "{port}", "{timeout}", str(stay), "{app}"))

    def floor(self):
        return Tool("floor", (self.program("floor"), "{host}", "{port}", "{timeout}"))

    def tools(self, kind):
        """waitfor, the limit and the peers, for a wait of this kind: "tcp", "postgres", "redis" …

        The limit only connects: for a service that must answer it is none.
        """
        limit = [self.limit()] if kind in ("tcp", "http") else []
        return [self.own(kind), *limit, *(peer.tool(kind) for peer in self.peers if peer.can_wait(kind))]

    def start(self, tool, port, **more):
        return Run(self, tool, tool.argv(port, self.app), **more)
