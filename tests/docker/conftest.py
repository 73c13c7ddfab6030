"""An engine, images built here, and a lab per test."""

import os
import signal
import subprocess

import pytest

from desk import Desk
from docker_lab import EXAMPLES, Lab, Tools, Workflow, docker

DEBIAN = os.environ.get("WAITFOR_DEBIAN", "12")


def _terminated(_number, _frame):
    raise KeyboardInterrupt


def pytest_configure():
    # A runner that is told to end must still remove its containers.
    signal.signal(signal.SIGTERM, _terminated)


def _engine_problem():
    try:
        result = docker("version", "--format", "{{.Server.Version}}", check=False, timeout=20)
    except (FileNotFoundError, subprocess.TimeoutExpired) as problem:
        return str(problem)
    return result.stderr.strip() if result.returncode else None


@pytest.fixture(scope="session")
def engine():
    problem = _engine_problem()
    if problem and os.environ.get("WAITFOR_REQUIRE_DOCKER") == "1":
        pytest.fail(f"WAITFOR_REQUIRE_DOCKER=1 and no Docker Engine answers: {problem}")
    if problem:
        pytest.skip(f"no Docker Engine answers: {problem}")


@pytest.fixture(scope="session")
def tools(engine, tmp_path_factory):
    made = Tools(tmp_path_factory.mktemp("context"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def session_lab(tools):
    lab = Lab(tools)
    try:
        yield lab
    finally:
        lab.close()


@pytest.fixture
def lab(tools):
    lab = Lab(tools)
    try:
        yield lab
    finally:
        lab.close()


@pytest.fixture(scope="session")
def scratch_image(session_lab):
    """docker/examples/Dockerfile as it stands."""
    return session_lab.build((EXAMPLES / "Dockerfile").read_text())


@pytest.fixture(scope="session")
def workflow(engine):
    """The images of docker/Makefile. What packages and libraries make of them is kept for the next run; see Workflow."""
    # Tests change the image of the api, so each process of pytest-xdist has images of its own. They are the same layers.
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    made = Workflow(DEBIAN, "waitfor-test" if worker == "gw0" else f"waitfor-test-{worker}")
    try:
        made.build()
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def postgres_image(workflow):
    return workflow.db


@pytest.fixture
def desk(lab, workflow, tmp_path):
    made = Desk(lab, workflow, tmp_path)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def legacy_desk(lab, workflow, tmp_path):
    """Without a network of its own: the database is reached by a link."""
    made = Desk(lab, workflow, tmp_path, legacy=True)
    try:
        yield made
    finally:
        made.close()


def _of_the_minute(item):
    # Not by its fixtures: one that is used by itself is in the list of every test.
    return "unanswered_minute" in item.name


def pytest_collection_modifyitems(items):
    items.sort(key=_of_the_minute)


@pytest.fixture(scope="session", autouse=True)
def unanswered_minute(request):
    """A wait with every default for a name that never comes: begun first and looked at last, so it costs no time."""
    if not any(map(_of_the_minute, request.session.items)):
        return None
    lab = request.getfixturevalue("session_lab")
    image = request.getfixturevalue("scratch_image")
    return lab.run(image, "app", "show", options=lab.nameless(lab.network()))
