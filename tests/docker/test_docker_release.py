"""The images that scripts/release writes without an engine: an engine loads, runs and copies from them."""

import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from desk import free_port
from docker_lab import REPOSITORY, docker, eventually

NAMES = ["waitfor", "waitfor-tls"]
REGISTRY = """
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "{address}"}}
"""


@dataclass
class Release:
    """An image as scripts/release writes it; its version is one that nobody else has."""
    name: str
    version: str
    archive: Path  # for docker load
    layout: Path   # of OCI
    digest: str    # as the file IMAGES of a release has it


@pytest.fixture(params=NAMES)
def release(request, engine, tmp_path):
    name, version = request.param, f"0.0.0-test.{os.getpid()}"
    arch = subprocess.run(["dpkg", "--print-architecture"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    shutil.copy(REPOSITORY / "build" / name, tmp_path / f"{name}-{version}-linux-{arch}")
    said = subprocess.run(
        [REPOSITORY / "scripts/release/images", tmp_path, name, version, arch, "--",
         f"/usr/share/doc/waitfor/copyright={REPOSITORY / 'LICENSE'}"],
        env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}, stdout=subprocess.PIPE, text=True, check=True).stdout
    return Release(name, version, tmp_path / f"{name}-{version}-linux-{arch}.docker.tar",
                   tmp_path / f"{name}-{version}.oci.tar", said.strip().partition("@")[2])


@pytest.fixture
def image(release):
    """The loaded image's name."""
    name = f"{release.name}:{release.version}"
    docker("load", "--input", release.archive)
    yield name
    docker("image", "rm", "--force", name)


@pytest.fixture
def registry(engine, tmp_path):
    """The address of one on loopback, of which the engine wants no certificate."""
    if not shutil.which("docker-registry"):
        pytest.skip("docker-registry is not here: scripts/install-packages docker")
    address = f"127.0.0.1:{free_port()}"
    settings = tmp_path / "registry.yaml"
    settings.write_text(REGISTRY.format(folder=tmp_path / "registry", address=address))
    with open(tmp_path / "registry.log", "wb") as log:
        process = subprocess.Popen(["docker-registry", "serve", settings], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def answers():
        try:
            return urllib.request.urlopen(f"http://{address}/v2/", timeout=5).status == 200
        except urllib.error.URLError:
            return False

    try:
        eventually("the registry answers", answers, describe=(tmp_path / "registry.log").read_text)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def test_it_runs_as_nobody_in_particular(image):
    said = docker("run", "--rm", "--network", "none", "--read-only", "--cap-drop", "ALL", image, "--version").stdout
    assert said.startswith("waitfor ") and ("(tls)" in said) == ("tls" in image)
    settings = json.loads(docker("image", "inspect", image).stdout)[0]["Config"]
    assert settings["User"] == "65532:65532" and settings["Entrypoint"] == ["/waitfor"]


def test_another_image_copies_the_program(lab, image):
    built = lab.build(f"FROM scratch\nCOPY --from={image} /waitfor /bin/waitfor\nENTRYPOINT [\"waitfor\"]\n")
    copied = docker("run", "--rm", "--network", "none", built, "--version").stdout
    assert copied == docker("run", "--rm", "--network", "none", image, "--version").stdout


def test_a_build_copies_from_a_registry_by_the_digest_of_the_release(lab, release, registry):
    """As README has it. The registry has what `skopeo copy` brings from the layout, all architectures."""
    name = f"{registry}/{release.name}:{release.version}"
    subprocess.run(["skopeo", "copy", "--quiet", "--all", "--dest-tls-verify=false", f"oci-archive:{release.layout}",
                    f"docker://{name}"], stdin=subprocess.DEVNULL, check=True)
    copy = "FROM scratch\nCOPY --from={} /waitfor /usr/local/bin/waitfor\nENTRYPOINT [\"/usr/local/bin/waitfor\"]\n"
    try:
        built = lab.build(copy.format(f"{name}@{release.digest}"))
        assert docker("run", "--rm", "--network", "none", built, "--version").stdout.startswith("waitfor ")
        with pytest.raises(AssertionError, match="not found|unknown"):
            lab.build(copy.format(f"{name}@sha256:{'0' * 64}"))
    finally:
        for pulled in docker("image", "ls", "--quiet", name.rpartition(":")[0]).stdout.split():
            docker("image", "rm", "--force", pulled)
