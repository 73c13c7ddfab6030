"""Runs the program under test, keeps all it says, and never leaves it behind."""

import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from support.until import until

REPOSITORY = Path(__file__).resolve().parents[3]
BINARY = Path(os.environ.get("WAITFOR", REPOSITORY / "build" / "waitfor")).resolve()
# Seconds until a run counts as one that hangs: above each --timeout in the tests, so that its summary is seen.
HANGS = 90.0
# Nothing of the tester's own environment may steer a run; a command is still found by name.
CLEAN_ENV = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


class Result:
    """One finished run."""

    def __init__(self, argv, code, out, err, seconds):
        self.argv, self.code, self.out, self.err, self.seconds = argv, code, out, err, seconds

    @property
    def lines(self):
        return self.err.splitlines()

    def __repr__(self):
        return (f"exit {self.code} after {self.seconds:.2f} s of {self.argv}\n"
                f"--- stdout\n{self.out}--- stderr\n{self.err}---")


class Running:
    """A started run. stdout and stderr go to files: no reader can fall behind or block it."""

    def __init__(self, argv, env, net=None, stderr=None, **popen):
        self._out = tempfile.TemporaryFile()
        self._err = tempfile.TemporaryFile()
        self.argv = [str(word) for word in argv]
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            (net.enter if net else []) + self.argv, env=dict(env), stdout=self._out,
            stderr=self._err if stderr is None else stderr,
            stdin=popen.pop("stdin", subprocess.DEVNULL), **popen)

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process.poll() is None

    def err(self):
        return self._read(self._err)

    def out(self):
        return self._read(self._out)

    @staticmethod
    def _read(file):
        size = os.fstat(file.fileno()).st_size
        return os.pread(file.fileno(), size, 0).decode("utf-8", "backslashreplace")

    def wait_err(self, text, timeout=10.0):
        """Wait until `text` stands on stderr; a run that ended without it fails at once."""
        def said():
            ended = not self.alive()
            found = text in self.err()
            assert found or not ended, f"ended without saying {text!r}: {self.finish()!r}"
            return found
        until(said, timeout, lambda: f"{text!r} on stderr, which is:\n{self.err()}")

    def send(self, number):
        self.process.send_signal(number)

    def finish(self, timeout=HANGS):
        """Wait for the end; a run that hangs is killed and fails the test."""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running after {timeout} s: {self.argv}\n{self.err()}")
        return Result(self.argv, code, self.out(), self.err(), time.monotonic() - self.started)

    def kill(self):
        if self.alive():
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Waitfor:
    """Starts the program under test; everything it started ends with the test."""

    def __init__(self, binary=BINARY):
        self._binary = binary
        self._running = []

    def start(self, *args, env=None, wrap=(), **kwargs):
        """`env` is added to a clean environment; `wrap` is a command put in front."""
        merged = {**CLEAN_ENV, **(env or {})}
        running = Running([*wrap, self._binary, *args], merged, **kwargs)
        self._running.append(running)
        return running

    def start_argv(self, argv, env=None, **kwargs):
        """Start any command line, with `env` as its whole environment."""
        running = Running(argv, CLEAN_ENV if env is None else env, **kwargs)
        self._running.append(running)
        return running

    def __call__(self, *args, timeout=HANGS, **kwargs):
        return self.start(*args, **kwargs).finish(timeout)

    def close(self):
        for running in self._running:
            running.kill()
