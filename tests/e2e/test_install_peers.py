"""tests/bench/install-peers, which builds the tools of others for comparisons."""

import shutil
import subprocess

import pytest

from support.fronts import CANNOT_BE_HAD, INSTALL_PEERS, original_program
from support.runner import CLEAN_ENV

NO_GO = {"GOROOT": "/no/such/folder"}   # CLEAN_ENV's PATH has none


def install(*words, script=INSTALL_PEERS, **env):
    return subprocess.run([script, *words], env={**CLEAN_ENV, **env}, capture_output=True, text=True, timeout=580)


def test_without_go_there_is_a_reason(folder):
    if shutil.which("go", path=CLEAN_ENV["PATH"]):
        pytest.skip("Go lies in a folder of every PATH here")
    result = install("dockerize", WAITFOR_CACHE=str(folder), **NO_GO)
    assert (result.returncode, result.stdout) == (CANNOT_BE_HAD, ""), result
    assert result.stderr == "install-peers: dockerize is built with Go, which is not here: https://go.dev/dl\n"


def test_a_second_call_builds_nothing(folder):
    program = folder / "peers" / "dockerize-v0.13.0" / "dockerize"
    program.parent.mkdir(parents=True)
    shutil.copy(original_program("dockerize"), program)
    result = install("dockerize", WAITFOR_CACHE=str(folder), **NO_GO)
    assert (result.returncode, result.stdout, result.stderr) == (0, f"dockerize={program}\n", ""), result


def test_a_source_that_is_not_the_pinned_one_is_refused(folder):
    original_program("dockerize")       # skips where it cannot be had
    script = folder / "install-peers"
    script.write_text(INSTALL_PEERS.read_text(encoding="utf-8").replace("sum=h1:F6P0", "sum=h1:F6P1"), encoding="utf-8")
    script.chmod(0o755)
    result = install("dockerize", script=script, WAITFOR_CACHE=str(folder), HOME=str(folder.home()))
    if result.returncode == CANNOT_BE_HAD:
        pytest.skip(result.stderr.splitlines()[-1])
    assert (result.returncode, result.stdout) == (1, "") and "h1:F6P0" in result.stderr.splitlines()[-1], result
    assert not list((folder / "peers").glob("dockerize*"))


def test_another_name_is_refused(folder):
    result = install("nothing", WAITFOR_CACHE=str(folder))
    assert result.returncode == 2 and "they are: dockerize wait4x" in result.stderr
