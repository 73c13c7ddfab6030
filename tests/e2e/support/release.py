"""make release in a copy of the checkout, which holds what has been built already: packing is what is left to do."""

import os
import subprocess

from support.runner import CLEAN_ENV, REPOSITORY

PARTS = ["Makefile", "CHANGELOG.md", "LICENSE", "README.md", "docs", "include", "scripts", "src", "third-party",
         "build/completions"]
EPOCH = 1_700_000_000
ENV = {**CLEAN_ENV, **{name: os.environ[name] for name in ("HOME", "XDG_CACHE_HOME", "WAITFOR_CACHE")
                       if name in os.environ}, "SOURCE_DATE_EPOCH": str(EPOCH)}
NATIVE = subprocess.run(["dpkg", "--print-architecture"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
VERSION = next(line.split()[-1] for line in (REPOSITORY / "Makefile").read_text().splitlines()
               if line.startswith("VERSION := "))


def run(*argv, env=None, **kwargs):
    result = subprocess.run([str(word) for word in argv], env={**ENV, **(env or {})}, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **kwargs)
    assert result.returncode == 0, result.stdout
    return result.stdout


def place(arch):
    """Where the programs for an architecture are built, in build/."""
    return "build" if arch == NATIVE else f"build/{arch}"


def architectures():
    """This machine's, and the other one if its programs have been built: libraries for it take minutes."""
    other = "amd64" if NATIVE == "arm64" else "arm64"
    return [NATIVE] + [other] * (REPOSITORY / place(other) / "waitfor-tls").exists()


def copy_tree(folder):
    parts = [f"{place(arch)}/{name}" for arch in architectures() for name in ("waitfor", "waitfor-tls", "release", "tls")]
    for name in PARTS + parts:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        run("cp", "-a", REPOSITORY / name, folder / name)
    return folder


def release(tree, env=None):
    """{name: path} of what is in dist/."""
    run("sh", "-c", f'umask {(env or {}).get("UMASK", "022")}; make -s release ARCH="{" ".join(architectures())}"',
        cwd=tree, env=env)
    return {path.name: path for path in (tree / "dist").iterdir()}
