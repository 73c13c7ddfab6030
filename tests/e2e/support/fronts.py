"""The program under test called by the name of another tool, and that tool itself where it is installed."""

import functools
import http.server
import re
import shutil
import subprocess
import threading

from support.net import AS_USER, require_namespaces
from support.runner import BINARY, CLEAN_ENV, REPOSITORY

INSTALL_PEERS = REPOSITORY / "tests" / "bench" / "install-peers"
BUILT = ("dockerize", "wait4x")     # the tools that no distribution has: INSTALL_PEERS builds the one version that is compared
CANNOT_BE_HAD = 3                   # its exit status


@functools.cache
def build_peer(name):
    return subprocess.run([INSTALL_PEERS, name], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=580)


def can_be_had(name):
    """False where it cannot be built, but not where its source is a wrong one."""
    return build_peer(name).returncode != CANNOT_BE_HAD


def original_program(name):
    """The path of the tool itself."""
    if name in BUILT:
        built = build_peer(name)
        assert built.returncode == 0, built.stderr
        return built.stdout.removeprefix(f"{name}=").strip()
    program = shutil.which(name, path=CLEAN_ENV["PATH"])
    assert program, f"{name} is not here: scripts/install-packages test"
    return program


# What --explain says behind a line in which it hides something.
MASKED = "# *** may hide a secret: write it there\n"


class Fronts:
    """Runs command lines of other tools."""

    def __init__(self, waitfor, folder):
        self._waitfor, self._folder = waitfor, folder

    def link(self, name):
        path = self._folder / name
        if not path.is_symlink():
            path.symlink_to(BINARY)
        return path

    def start(self, name, *words, env=None, **kwargs):
        return self._waitfor.start_argv([self.link(name), *words], env={**CLEAN_ENV, **(env or {})}, **kwargs)

    def __call__(self, name, *words, **kwargs):
        return self.start(name, *words, **kwargs).finish()

    def start_as_init(self, name, *words, env=None):
        """As PID 1. The process that is started is unshare, and its child the program."""
        require_namespaces()
        return self._waitfor.start_argv(["unshare", *AS_USER, "--pid", "--fork", "--", self.link(name), *words],
                                        env={**CLEAN_ENV, **(env or {})})

    def original(self, name, *words, env=None, **kwargs):
        """The same line, given to the tool itself."""
        return self._waitfor.start_argv([original_program(name), *words], env={**CLEAN_ENV, **(env or {})}, **kwargs).finish()

    def explain(self, name, *words, **kwargs):
        result = self._waitfor("as", name, "--explain", *words, **kwargs)
        assert result.code == 0 and not result.err, result
        return result.out.removesuffix(MASKED).removesuffix("\n")


def either(fronts, name, which):
    """Runs command lines of that tool: as the "front", or as the "original"."""
    return functools.partial(fronts if which == "front" else fronts.original, name)


def words_of(line):
    """The words of a line of a table. A tab is a blank within a word."""
    return [word.replace("\t", " ") for word in line.split(" ") if word]


def seen(result):
    """What a script sees of a run. The text of a usage is each program's own, and so is the folder in its name."""
    err = re.sub(r"(?m)^/\S*/(\w+: )", r"\1", result.err)
    return result.code, result.out, re.sub(r"(?s)^Usage:\n.*", "Usage:\n", err, flags=re.M)


class Site:
    """A server of HTTP that answers /NUMBER with that status, and /to/PATH with a redirect to /PATH."""

    def __init__(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                redirects = self.path.startswith("/to/")
                self.send_response(302 if redirects else int(self.path[1:4]))
                if redirects:
                    self.send_header("Location", self.path.removeprefix("/to"))
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
