"""make mutate: a list of edits that does not fit the source is refused, and its fault named."""

import importlib.util
import sys
from pathlib import Path

import pytest

MUTATE = Path(__file__).resolve().parents[1] / "mutate"
SOURCE = "enum { ONE = 1 };\n\tif (one)\n\t\treturn 1;\n\treturn 0;\n"
GOOD = "edit one\nin src/a.c\n-enum { ONE = 1 };\n+enum { ONE = 2 };\nunit base/a\n"


@pytest.fixture
def edits():
    spec = importlib.util.spec_from_file_location("mutate_edits", MUTATE / "edits.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module     # a dataclass looks its module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture
def root(tmp_path):
    """A tree with one source, one unit test and one end-to-end test."""
    for name, text in {"src/a.c": SOURCE, "tests/unit/base/test_a.c": "", "tests/unit/base/test_a_more.c": "",
                       "tests/e2e/test_b.py": "def test_is(waitfor):\n    pass\n"}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_an_edit_that_fits(edits, root):
    found = edits.read_list(f"# why\n\n{GOOD}e2e test_b.py::test_is\n", "list")
    assert edits.faults(found, root) == []
    assert found[0].applied_to(SOURCE) == SOURCE.replace("ONE = 1", "ONE = 2")
    assert found[0].tests == [("unit", "base/a"), ("e2e", "test_b.py::test_is")]


def test_several_lines_and_none_in_their_place(edits):
    found = edits.read_list("edit one\nin src/a.c\n-\tif (one)\n-\t\treturn 1;\nunit base/a\n", "list")
    assert found[0].applied_to(SOURCE) == "enum { ONE = 1 };\n\treturn 0;\n"


@pytest.mark.parametrize("old, new, fault", [
    ("ONE = 1", "ONE = 3", "stale: its lines are 0 times in src/a.c"),
    ("-enum { ONE = 1 };\n", "-return 0;\n", "stale: its lines are 0 times in src/a.c"),
    ("src/a.c", "src/b.c", "edits nothing: src/b.c"),
    ("in src/a.c\n", "", "edits nothing: no file"),
    ("ONE = 2", "ONE = 1", "edits nothing"),
    ("unit base/a", "unit base/b", "not there: unit base/b"),
    ("unit base/a", "e2e test_c.py", "not there: e2e test_c.py"),
    ("unit base/a", "e2e test_b.py::test_i", "not there: e2e test_b.py::test_i"),
    ("unit base/a\n", "", "one names no test"),
    ("edit one", "edit One", "small letters"),
])
def test_an_edit_that_does_not_fit(edits, root, old, new, fault):
    assert old in GOOD
    found = edits.faults(edits.read_list(GOOD.replace(old, new, 1), "list"), root)
    assert len(found) == 1 and fault in found[0], found


def test_lines_that_are_there_twice(edits, root):
    (root / "src/a.c").write_text(SOURCE + SOURCE)
    assert ["2 times" in fault for fault in edits.faults(edits.read_list(GOOD, "list"), root)] == [True]


def test_a_name_that_is_there_twice(edits, root):
    found = edits.faults(edits.read_list(f"{GOOD}\n{GOOD}", "list"), root)
    assert found == ["edits.txt:7: there is another one"]


@pytest.mark.parametrize("text", ["in src/a.c\n", f"{GOOD}nonsense\n", f"{GOOD}in src/b.c\n", f"{GOOD}\nunit base/a\n"])
def test_a_list_that_cannot_be_read(edits, text):
    with pytest.raises(edits.BadList):
        edits.read_list(text, "list")


def test_a_pattern_of_unit_tests(edits, root):
    assert edits.unit_programs("base/a", root) == ["base/test_a"]
    assert edits.unit_programs("base/a*", root) == ["base/test_a", "base/test_a_more"]
