"""What people read about the options is what the program has: help, manual, README, completions."""

import json
import re
import shutil
import subprocess

import pytest

from support.runner import BINARY, CLEAN_ENV, REPOSITORY

MANUAL = REPOSITORY / "docs" / "waitfor.1"
# How the line of an option looks in each.
DOCUMENTS = {"docs/waitfor.1": ".It Fl \\-run\\-anyway", "README.md": "| `--run-anyway",
             "build/completions/waitfor.bash": "'--run-anyway'", "build/completions/waitfor.zsh": ")--run-anyway[",
             "build/completions/waitfor.fish": "-l run-anyway "}
TABLE = json.loads(subprocess.run([BINARY, "--help=json"], env=CLEAN_ENV, capture_output=True, text=True,
                                  check=True).stdout)
OPTIONS = [row for row in TABLE["options"] if row["argv"]]


def run(*argv, **kwargs):
    return subprocess.run([str(word) for word in argv], capture_output=True, text=True, **kwargs)


@pytest.fixture
def copy(folder):
    """What scripts/docs works on, to be spoilt."""
    shutil.copytree(REPOSITORY / "scripts", folder / "scripts")
    for name in DOCUMENTS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, folder / name)
    return folder


def check(root, program=BINARY):
    return run(root / "scripts/docs", "check", program, root / "build/completions")


def test_everything_says_what_the_program_says():
    result = check(REPOSITORY)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_row_that_is_taken_out_is_missed(copy, name):
    text = (copy / name).read_text()
    (copy / name).write_text(re.sub(rf"(?m)^.*{re.escape(DOCUMENTS[name])}.*\n", "", text, count=1))
    assert (copy / name).read_text() != text
    result = check(copy)
    assert result.returncode == 1
    assert re.search(rf"(?m){re.escape(name)} lacks: .*run\\?-anyway", result.stdout), result.stdout


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_word_of_help_that_differs_is_told(copy, name):
    text = (copy / name).read_text()
    help_text = next(row["help"] for row in OPTIONS if row["key"] == "once")
    changed = re.sub(re.escape(help_text), help_text[:-1] + "~", text, flags=re.I)
    assert changed != text
    (copy / name).write_text(changed)
    result = check(copy)
    assert result.returncode == 1
    assert f"{name} lacks: " in result.stdout and f"{name} should not have: " in result.stdout


def test_an_option_that_is_new_is_missed_everywhere(copy):
    row = {**OPTIONS[0], "key": "brand-new", "letter": "B", "variable": "WAITFOR_BRAND_NEW"}
    (copy / "table").write_text(json.dumps({**TABLE, "options": [*TABLE["options"], row]}))
    (copy / "program").write_text('#!/bin/sh\nexec cat "${0%/*}/table"\n')
    (copy / "program").chmod(0o755)
    result = check(copy, copy / "program")
    assert result.returncode == 1
    for name in DOCUMENTS:
        assert re.search(rf"{re.escape(name)} lacks: .*brand\\?-new", result.stdout), name


def test_update_mends_what_check_found(copy):
    before = {name: (copy / name).read_bytes() for name in ("docs/waitfor.1", "README.md")}
    for name in before:
        row = rf"(?m)^.*{re.escape(DOCUMENTS[name])}.*\n"
        (copy / name).write_text(re.sub(row, "", (copy / name).read_text()))
        assert (copy / name).read_bytes() != before[name]
    assert run(copy / "scripts/docs", "update", BINARY).returncode == 0
    assert {name: (copy / name).read_bytes() for name in before} == before


def test_a_program_that_fails_is_no_empty_table(copy):
    for program in ("/bin/false", "/no/such/program", "/bin/true"):
        result = check(copy, program)
        assert result.returncode == 2 and program in result.stderr, result


@pytest.mark.parametrize("path", ["README.md", "docker/README.md", "docker/kubernetes/README.md", "docs/ARCHITECTURE.md"])
def test_every_column_of_a_table_has_a_head(path):
    heads = re.findall(r"(?m)^\|(.*)\|\n\|[-|]+\|$", (REPOSITORY / path).read_text())
    assert heads and not [head for head in heads if not all(cell.strip() for cell in head.split("|"))]


# --- the manual ---------------------------------------------------------------------------------

def test_the_example_of_a_protocol_is_the_real_one():
    """Who adds a protocol reads it there."""
    text = (REPOSITORY / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    code = (REPOSITORY / "src" / "probe" / "memcached.c").read_text(encoding="utf-8")
    assert f"```c\n{code}```\n" in text


def test_the_manual_is_clean():
    result = run("mandoc", "-T", "lint", "-W", "warning", MANUAL)
    assert (result.returncode, result.stdout) == (0, "")


def test_lint_would_find_what_is_wrong(folder):
    (folder / "wrong.1").write_text(MANUAL.read_text().replace(".Sh DESCRIPTION", ".Sh DESCRIPTION\n.It odd"))
    assert run("mandoc", "-T", "lint", "-W", "warning", folder / "wrong.1").returncode != 0


@pytest.fixture(scope="module", params=["man", "mandoc"])
def page(request):
    """The manual as people see it."""
    argv = {"man": ["man", "--no-hyphenation", "-l"], "mandoc": ["mandoc", "-T", "utf8", "-O", "width=100"]}[request.param]
    env = {**CLEAN_ENV, "LC_ALL": "C.UTF-8", "MANWIDTH": "100"}
    result = run(*argv, MANUAL, env=env)
    assert (result.returncode, result.stderr) == (0, "")
    return re.sub(r".\x08|\x1b\[[\d;]*m", "", result.stdout)


def test_the_page_is_of_no_other_system(page):
    first, *_, last = page.strip().splitlines()
    assert "General Commands Manual" in first and last.split()[0] == "waitfor"
    assert "BSD" not in first + last


def test_the_page_has_every_option(page):
    for row in OPTIONS:
        letter = f"-{row['letter']}, " if row["letter"] else ""
        argument = rf" {re.escape(row['argument'])}" if row["argument"] and not row["optional"] else r"\b"
        assert re.search(rf"(?m)^ +{letter}--{row['key']}{argument}", page), row["key"]
        assert not row["variable"] or row["variable"] in page
    assert "WAITFOR_TARGETS" in page


def test_the_page_has_every_kind_of_target(page):
    for probe in TABLE["probes"]:
        for scheme in filter(None, (probe["scheme"], probe["alias"])):
            assert re.search(rf"(?m)^ +{re.escape(scheme)}://", page), scheme


def test_the_page_has_every_section(page):
    assert re.findall(r"(?m)^[A-Z][A-Z ]+$", page) == [
        "NAME", "SYNOPSIS", "DESCRIPTION", "TARGETS", "OPTIONS", "CONFIGURATION FILE", "ENVIRONMENT",
        "EXPORTED VARIABLES", "RENDERED FILES", "STAYING", "HOLDING", "FOLLOWING", "LOCKS", "OUTPUT", "EXIT STATUS", "OTHER TOOLS", "EXAMPLES", "SEE ALSO"]


def test_the_page_has_every_exit_code_of_the_readme(page):
    codes = re.findall(r"(?m)^\| ([\d, ]+|128\+n) \|", (REPOSITORY / "README.md").read_text())
    assert codes
    status = page[page.index("EXIT STATUS"):page.index("EXAMPLES")]
    for code in ", ".join(codes).split(", "):
        assert re.search(rf"(?m)^ +{re.escape(code)} +", status), code


def test_the_page_has_every_event(page):
    schema = json.loads((REPOSITORY / "docs" / "events.schema.json").read_text())
    events = [each["properties"]["event"]["const"] for each in schema["$defs"].values()
              if "event" in each.get("properties", {})]
    assert "ready" in events
    output = page[page.index("\nOUTPUT"):page.index("\nEXIT STATUS")]
    for event in events:
        assert re.search(rf"\b{event}\b", output), event


def test_the_configuration_file_in_the_page_works(waitfor, net, folder, page):
    """It is waited for all that it names, in a network where nobody is."""
    section = page[page.index("\nCONFIGURATION FILE"):page.index("\nENVIRONMENT")]
    (folder / "config.json").write_text(section[section.index("{"):section.rindex("  }") + 3])
    result = waitfor("-t", "500ms", "--config", folder / "config.json", net=net)
    assert result.code == 124, result
    for target in ("cache:6379", "postgres://app@db/shop", "queue1:5672", "queue2:5672"):
        assert f"{target}: not ready" in result.err, target


# --- help ---------------------------------------------------------------------------------------

def test_help_fits_a_screen(waitfor):
    lines = waitfor("--help").out.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    said, examples = "\n".join(lines), [line for line in lines if line.startswith("  waitfor ")]
    for row in OPTIONS:
        assert bool(re.search(rf"--{row['key']}\b(?!-)", said)) == row["short"], row["key"]
    # NEWCOMER 3: one wrapped app, two targets, a health check.
    wrapped, two, check_once = (example.split("   ")[0].split() for example in examples)
    assert wrapped[2] == "--" and two[3] == "--" and check_once[1] == "--once"
    assert "--help[=all|" in said and "--help=targets" in said


def test_all_of_the_help_has_every_option_and_target(waitfor):
    text = waitfor("--help=all").out
    for row in OPTIONS:
        letter = f"-{row['letter']}, " if row["letter"] else "    "
        assert re.search(rf"(?m)^ *{letter}--{row['key']}\b(?!-)", text), row["key"]
        assert row["help"] in text
        # "FORM" alone does not say what may be written.
        assert not row["choices"] or row["optional"] or f"{row['help']}: {'|'.join(row['choices'])}" in text, row["key"]
    for probe in TABLE["probes"]:
        assert probe["example"] in text and probe["summary"] in text
    assert max(map(len, text.splitlines())) <= 120
