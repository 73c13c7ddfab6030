"""What tests/bench makes of what it measured: counts that rose, drawings, documents."""

import importlib.machinery
import importlib.util
import json
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[1] / "bench"


@pytest.fixture
def tools(monkeypatch):
    """Imports a module of tests/bench, a script too."""
    monkeypatch.syspath_prepend(str(BENCH))
    def load(name):
        loader = importlib.machinery.SourceFileLoader(f"bench_{name}", str(
            BENCH / name if (BENCH / name).exists() else BENCH / f"{name}.py"))
        module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
        loader.exec_module(module)
        return module

    yield load
    for name, module in list(sys.modules.items()):
        if Path(getattr(module, "__file__", None) or "/").parent == BENCH:
            del sys.modules[name]   # others have a "report" and a "cost" of their own, perhaps


@pytest.mark.parametrize("count, code", [(100, 0), (50, 0), (105, 0), (106, 1), (200, 1)])
def test_a_rise_of_more_than_5_percent_fails(tools, tmp_path, monkeypatch, capsys, count, code):
    instructions = tools("instructions")
    kept = tmp_path / "kept.json"
    kept.write_text(json.dumps({"built with": "this", "counts": {instructions.THERE: 100}}))
    monkeypatch.setattr(instructions, "KEPT", kept)
    monkeypatch.setattr(instructions, "built_with", lambda: "this")
    assert instructions.check({instructions.THERE: count}, update=False) == code
    assert f"{instructions.THERE}: {count}, kept is 100" in capsys.readouterr().out


@pytest.mark.parametrize("cost, bad", [(0, False), (1000, False), (1001, True)])
def test_another_name_may_cost_one_percent(tools, capsys, cost, bad):
    instructions = tools("instructions")
    assert instructions.is_dear({instructions.NAME: cost, instructions.WAIT: 100_000}) == bad
    assert f"{cost / 1000:.2f} % of a wait of 5 s" in capsys.readouterr().out


def test_a_path_that_is_not_kept_fails(tools, tmp_path, monkeypatch):
    instructions = tools("instructions")
    kept = tmp_path / "kept.json"
    kept.write_text(json.dumps({"built with": "this", "counts": {}}))
    monkeypatch.setattr(instructions, "KEPT", kept)
    monkeypatch.setattr(instructions, "built_with", lambda: "this")
    assert instructions.check({instructions.MANY: 1}, update=False) == 1


@pytest.mark.parametrize("strict, code", [("", 0), ("1", 1)])
def test_counts_of_another_compiler_are_not_compared_and_that_is_said(
        tools, tmp_path, monkeypatch, capsys, strict, code):
    instructions = tools("instructions")
    kept = tmp_path / "kept.json"
    kept.write_text(json.dumps({"built with": "gcc 1", "counts": {instructions.THERE: 1}}))
    monkeypatch.setattr(instructions, "KEPT", kept)
    monkeypatch.setattr(instructions, "built_with", lambda: "gcc 2")
    monkeypatch.setenv("WAITFOR_NO_SKIPS", strict)
    assert instructions.check({instructions.THERE: 1000}, update=False) == code
    assert "gcc 1, and this is gcc 2" in capsys.readouterr().out


def figure(tools, **rows):
    return tools("figures").Figure("key", "a <title>", "ms", rows)


def test_a_drawing_has_a_dot_for_each_value_and_a_row_for_each_tool(tools):
    drawn = tools("svg").draw(figure(tools, waitfor=[1, 10, 100], limit=[-3, 5], nobody=[]))
    root = xml.fromstring(drawn)
    paths = [node.get("d") for node in root.iter("{http://www.w3.org/2000/svg}path")
             if node.get("class").split()[0] == "d"]
    assert [path.count("h0") for path in paths] == [3, 2]
    assert "≤ 0" in drawn


def test_on_the_axis_equal_ratios_are_equal_distances(tools):
    axis = tools("svg").Axis([1, 10, 100])
    assert axis.x(100) - axis.x(10) == pytest.approx(axis.x(10) - axis.x(1))
    assert axis.x(1) < axis.x(2) < axis.x(10)


def test_the_readme_names_what_was_not_there(tools, tmp_path):
    document, figures = tools("document"), tools("figures")
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{document.BEGIN}\nold\n{document.END}\nafter\n")
    run = {"command": "make bench", "machine": "M", "versions": "V", "peers": "P", "missing": ["wait4x"]}
    found = figures.Findings()
    found.row("delay", {"waitfor": "1 ms"})
    document.write_readme(readme, run, found)
    text = readme.read_text()
    assert text.startswith("before\n") and text.endswith("\nafter\n") and "old" not in text
    assert "| measured | waitfor | wait4x |" in text and "| delay | 1 ms | not measured |" in text


def test_a_readme_without_a_place_for_figures_is_refused(tools, tmp_path):
    document, figures = tools("document"), tools("figures")
    readme = tmp_path / "README.md"
    readme.write_text("nothing\n")
    with pytest.raises(ValueError, match="no place for the figures"):
        document.write_readme(readme, {"command": "", "machine": "", "versions": "", "peers": "", "missing": []},
                              figures.Findings())
