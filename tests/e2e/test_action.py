"""The GitHub Action and the workflow of a release. GitHub runs nothing here: the Action's program is run with what the runner
would set, and the YAML files are checked for form, against GitHub's reference."""

import hashlib
import http.server
import os
import re
import subprocess
import threading

import pytest
import yaml

from support.release import VERSION
from support.runner import BINARY, CLEAN_ENV, REPOSITORY

ACTION = yaml.safe_load((REPOSITORY / "action.yml").read_text())
WORKFLOW_TEXT = (REPOSITORY / ".github/workflows/release.yml").read_text()
WORKFLOW = yaml.safe_load(WORKFLOW_TEXT)
STEP, = ACTION["runs"]["steps"]


@pytest.fixture
def run(folder):
    """Run the Action's program; returns (exit code, output, {name: value} of GITHUB_ENV, GITHUB_PATH)."""
    def action(**env):
        files = {name: folder / name for name in ("GITHUB_ENV", "GITHUB_PATH")}
        for file in files.values():
            file.write_text("")
        inputs = {"ACTION_TLS": ACTION["inputs"]["tls"]["default"], "WAITFOR_TIMEOUT": "10s", "RUNNER_OS": "Linux",
                  "RUNNER_ARCH": "X64", "RUNNER_TEMP": str(folder / "temp")}
        result = subprocess.run([REPOSITORY / "scripts/github-action"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, timeout=60,
                                env={**CLEAN_ENV, "no_proxy": "*", **inputs, **env, **{k: str(v) for k, v in files.items()}})
        found = dict(line.split("=", 1) for line in files["GITHUB_ENV"].read_text().splitlines())
        return result.returncode, result.stdout, found, files["GITHUB_PATH"].read_text()
    return action


class Releases(http.server.BaseHTTPRequestHandler):
    """A forge with one release, of a program for each architecture."""

    def do_GET(self):
        path = f"/me/waitfor/releases/download/v{VERSION}/"
        body = self.server.files.get(self.path.removeprefix(path)) if self.path.startswith(path) else None
        self.send_response(200 if body is not None else 404)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_):
        pass


@pytest.fixture
def forge():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Releases)
    program = BINARY.read_bytes()
    tls = b"#!/bin/sh\necho FLAVOUR=tls\n"
    server.files = {f"waitfor-{VERSION}-linux-amd64": program, f"waitfor-tls-{VERSION}-linux-arm64": tls}
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in server.files.items())
    server.files["SHA256SUMS"] = sums.encode()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    server.address = f"http://127.0.0.1:{server.server_address[1]}/me/waitfor"
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_waits_and_sets_the_variables_of_the_steps_that_follow(run, peer):
    port = peer().port
    code, out, env, path = run(ACTION_PATH=str(BINARY), WAITFOR_TARGETS=f"db=tcp://localhost:{port}\n")
    assert code == 0, out
    assert (env["DB_HOST"], env["DB_PORT"], env["DB_ADDR"], path) == ("localhost", str(port), "127.0.0.1", "")


def test_a_target_that_is_not_ready_fails_the_step(run, peer):
    code, out, env, _ = run(ACTION_PATH=str(BINARY), WAITFOR_TIMEOUT="200ms",
                            WAITFOR_TARGETS=f"tcp://localhost:{peer(listen=False).port}")
    assert (code, env) == (124, {}) and "timed out" in out


def test_the_release_is_downloaded(run, peer, forge, folder):
    code, out, env, path = run(ACTION_REPOSITORY=forge.address, WAITFOR_TARGETS=f"db=tcp://localhost:{peer().port}")
    assert code == 0 and env["DB_HOST"] == "localhost", out
    assert path == f"{folder / 'temp' / 'waitfor'}\n" and os.access(folder / "temp/waitfor/waitfor", os.X_OK)


def test_flavour_and_architecture_choose_the_file(run, forge):
    code, out, env, _ = run(ACTION_REPOSITORY=forge.address, ACTION_TLS="true", RUNNER_ARCH="ARM64")
    assert (code, env) == (0, {"FLAVOUR": "tls"}), out


def test_a_download_that_is_not_what_the_sums_say_is_not_run(run, forge):
    forge.files[f"waitfor-{VERSION}-linux-amd64"] = b"#!/bin/sh\necho EVIL=1\n"
    code, out, env, path = run(ACTION_REPOSITORY=forge.address)
    assert (code, env, path) == (1, {}, "") and "::error::" in out and "SHA256SUMS" in out


@pytest.mark.parametrize("settings, told", [
    ({"ACTION_TLS": "yes"}, "tls: 'yes'"), ({"RUNNER_ARCH": "X86"}, "no release for Linux on X86"),
    ({"RUNNER_OS": "Windows"}, "no release for Windows"), ({"ACTION_PATH": "/nowhere"}, "path: '/nowhere'"),
    ({"ACTION_TLS": "true"}, "cannot download"), ({"ACTION_REPOSITORY": "https://github.com/"}, "a local action")])
def test_what_cannot_be_done_is_one_annotation(run, forge, settings, told):
    code, out, env, _ = run(**{"ACTION_REPOSITORY": forge.address, **settings})
    errors = [line for line in out.splitlines() if line.startswith("::error::")]
    assert (code, env, len(errors)) == (1, {}, 1) and told in errors[0], out


# --- form ---------------------------------------------------------------------------------------

def test_the_actions_form():
    """https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax"""
    assert set(ACTION) == {"name", "description", "inputs", "runs"} and ACTION["runs"]["using"] == "composite"
    for one in ACTION["inputs"].values():
        assert {"description"} < set(one) <= {"description", "required", "default"} and isinstance(one["description"], str)
        assert isinstance(one.get("default", ""), str), "GitHub hands every input over as a string"
    assert set(STEP) == {"shell", "run", "env"} and STEP["shell"] == "bash"
    named = set(re.findall(r"inputs\.(\w+)", str(STEP["env"])))
    assert named == set(ACTION["inputs"]), "each input is used, and none that is not there"
    assert "${{" not in STEP["run"], "an input in the text of a script would be run"
    program = re.fullmatch(r'"\$GITHUB_ACTION_PATH/(.*)"', STEP["run"])[1]
    assert os.access(REPOSITORY / program, os.X_OK)


def test_the_workflows_form():
    """https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax; YAML 1.1 reads `on` as true."""
    assert set(WORKFLOW) == {"name", True, "permissions", "jobs"} and WORKFLOW[True] == {"push": {"tags": ["v*"]}}
    job, = WORKFLOW["jobs"].values()
    assert set(job) == {"runs-on", "container", "steps"}
    for step in job["steps"]:
        assert set(step) <= {"name", "run", "env"} or set(step) == {"uses"}
        assert "${{" not in step.get("run", ""), "what GitHub fills in goes through the environment"


def test_the_workflow_only_calls_make():
    targets = set(re.findall(r"\bmake (?:-s )?([a-z]+)", WORKFLOW_TEXT)) & {"release", "version", "all", "tls"}
    assert targets == {"release", "version"}
    said = subprocess.run(["make", "-s", "version"], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True).stdout
    assert said == f"{VERSION}\n"
    for step in next(iter(WORKFLOW["jobs"].values()))["steps"]:
        subprocess.run(["bash", "-n"], input=step.get("run", ""), text=True, check=True)
