"""The lab, by a fixture; and what the run says of it."""

import pytest

import paths  # noqa: F401
import lab as laboratory
from support.runner import BINARY


def pytest_report_header():
    return f"program under test: {BINARY}"


def pytest_collection_finish(session):
    if session.items and not session.config.option.collectonly and not BINARY.exists():
        pytest.exit(f"{BINARY} does not exist: run make first, or set WAITFOR", returncode=2)


@pytest.fixture
def make_lab():
    made = []

    def make(script, is_unix=False):
        made.append(laboratory.Lab(script, is_unix))
        return made[-1]

    yield make
    for each in made:
        each.close()
