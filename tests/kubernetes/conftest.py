"""One node for all tests, and a namespace for each."""

import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
# The engine, the images of docker/ and the folder of the manifests are those of the Docker tests.
sys.path.insert(0, str(HERE.parent / "docker"))

from cluster import Cluster  # noqa: E402
from components import Components  # noqa: E402
from images import Images  # noqa: E402
from node_room import NodeRoom, why_not  # noqa: E402

@pytest.fixture(scope="session")
def programs():
    if problem := why_not():
        pytest.exit(problem, 1)
    found = subprocess.run([HERE / "build"], stdout=subprocess.PIPE, text=True)
    if found.returncode:
        pytest.exit("the programs of a node are not there; the reason is above", 1)
    return pathlib.Path(found.stdout.split()[-1])


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    """{name of the engine: name on the node}"""
    made = Images(tmp_path_factory.mktemp("context"))
    try:
        yield made.build()
    finally:
        made.close()


@pytest.fixture(scope="session")
def cluster(programs, images):
    room = NodeRoom()
    try:
        components = Components(room, programs)
        components.start()
        components.load(images)
        components.wait()
        yield Cluster(room, components)
    finally:
        room.close()


@pytest.fixture
def namespace(cluster):
    made = cluster.namespace()
    try:
        yield made
    finally:
        made.close()


MEASURED = []


@pytest.fixture
def measured():
    """Takes a line with a number that is printed at the end. No test fails for being slow."""
    return MEASURED.append


def pytest_terminal_summary(terminalreporter):
    for line in MEASURED:
        terminalreporter.write_line(f"measured: {line}")


def pytest_unconfigure(config):
    """The last line, as of the other runners."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    passed, failed, error = (len(reporter.stats.get(kind, ())) for kind in ("passed", "failed", "error"))
    reporter.write_line(f"{passed} passed, {failed + error} failed")
