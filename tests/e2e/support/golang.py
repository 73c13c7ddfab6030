"""Servers that are programs in Go. They are built where there is Go, and kept; their modules are of the Go module proxy."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[1] / "programs"
CACHE = Path(os.environ.get("WAITFOR_CACHE", Path.home() / ".cache" / "waitfor"))


def go(folder, *words):
    """Runs the go command there and returns what it prints; None: there is no Go, or it fails."""
    program = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if not program:
        return None
    done = subprocess.run([program, *map(str, words)], cwd=folder, text=True, capture_output=True, timeout=500,
                          env={**os.environ, "GOTOOLCHAIN": "local"})
    return done.stdout if done.returncode == 0 else None


def program(name, version, build):
    """The program's path. If it is not there in that version (bytes), build makes it, a file `name` in a folder that it is
    given. None: it cannot be built."""
    CACHE.mkdir(parents=True, exist_ok=True)
    path = CACHE / f"{name}-{hashlib.sha256(version).hexdigest()[:16]}"
    with open(CACHE / f"{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)        # one of the tests that run at once builds it
        if not path.exists():
            with tempfile.TemporaryDirectory() as folder:
                build(Path(folder))
                if not (Path(folder) / name).exists():
                    return None
                shutil.move(Path(folder) / name, path)
    return path


def own_program(name):
    """The path of a program of programs/; None: it cannot be built."""
    files = [SOURCES / name / file for file in ("go.mod", "main.go")]

    def build(folder):
        for file in files:
            shutil.copy(file, folder)
        go(folder, "build", "-mod=mod", "-o", name, ".")
    return program(name, b"".join(file.read_bytes() for file in files), build)
