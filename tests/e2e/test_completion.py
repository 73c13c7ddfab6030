"""What bash, zsh and fish complete: real ones, with the files that are installed."""

import json
import re
import subprocess

import pytest

from support.runner import BINARY, CLEAN_ENV, REPOSITORY
from support.shells import Fish, Terminal

COMPLETIONS = REPOSITORY / "build" / "completions"
BASH_COMPLETION = ". /usr/share/bash-completion/bash_completion"
SHELLS = ["bash", "bash with bash-completion", "zsh", "fish"]
TABLE = json.loads(subprocess.run([BINARY, "--help=json"], env=CLEAN_ENV, capture_output=True, text=True,
                                  check=True).stdout)
OPTIONS = [row for row in TABLE["options"] if row["argv"]]
SCHEMES = [scheme for probe in TABLE["probes"] for scheme in (probe["scheme"], probe["alias"]) if scheme]


def forms_before_a_file():
    """How a line may end before a file: "--config ", "-qf ", "--report=json:"…"""
    for row in OPTIONS:
        if not re.search("FILE$|^SRC", row["argument"] or ""):
            continue
        names = [f"--{row['key']} ", f"--{row['key']}="]
        if row["letter"]:
            names += [f"-{row['letter']} ", f"-q{row['letter']} "]
        for name in names:
            yield name
            yield from (f"{name}{word}:" for word in row["choices"])     # [FORM:]FILE


@pytest.fixture(scope="module", params=SHELLS)
def shell(request, tmp_path_factory):
    """A shell in a folder with two files and a folder in it."""
    assert COMPLETIONS.is_dir(), "run make completions first"
    folder = tmp_path_factory.mktemp("folder")
    for name in ("settings.json", "two words"):
        (folder / name).touch()
    (folder / "deeper").mkdir()
    if request.param == "fish":
        made = Fish(COMPLETIONS, folder)
    else:
        name, *more = request.param.split(" ", 1)
        made = Terminal(name, COMPLETIONS, folder, before=BASH_COMPLETION if more else "")
    made.name = request.param
    yield made
    made.close()


def ends(words):
    """The part of each word behind '=', and without the ':' of "json:FILE"."""
    return {word.split("=")[-1].rstrip(":") for word in words}


def test_every_long_option_and_no_other(shell):
    offered = {word.split("=")[0] for word in shell.offered("waitfor --")}
    assert offered == {f"--{row['key']}" for row in OPTIONS}


def test_every_letter_and_no_other(shell):
    offered = {word for word in shell.offered("waitfor -") if not word.startswith("--")}
    assert offered == {f"-{row['letter']}" for row in OPTIONS if row["letter"]}


def test_the_help_of_every_option(shell):
    listed = shell.listed("waitfor --")
    for row in OPTIONS:
        assert row["help"] in listed, f"--{row['key']}\n{listed}"


def test_the_words_of_every_choice(shell):
    rows = [row for row in OPTIONS if row["choices"]]
    assert rows
    for row in rows:
        forms = [f"waitfor --{row['key']}="] + ([] if row["optional"] else [f"waitfor --{row['key']} "])
        for line in forms:
            assert ends(shell.offered(line)) >= set(row["choices"]), line
            assert ends(shell.offered(line + row["choices"][-1][:-1])) == {row["choices"][-1]}, line


def test_there_are_files_to_complete():
    assert {"--config ", "--config=", "-f ", "-qf "} <= set(forms_before_a_file())


@pytest.mark.parametrize("form", forms_before_a_file())
def test_files_where_the_argument_is_one(shell, form):
    before = f"waitfor {form}"
    assert shell.completed(before + "sett") == before + "settings.json "
    assert shell.completed(before + "deep") == before + "deeper/"
    if shell.name != "fish":        # which does not say how it would write it
        assert shell.completed(before + "two") == before + r"two\ words "


@pytest.mark.parametrize("before", ["waitfor ", "waitfor api=", "waitfor -q db:5432 ", "waitfor --timeout 5s ",
                                    "waitfor -t 5s ", "waitfor -qt 5s ", "waitfor --down ", "waitfor --timeout=5s "])
def test_the_schemes_where_a_target_goes(shell, before):
    assert "tcp" in SCHEMES
    for scheme in SCHEMES:
        assert shell.completed(f"{before}{scheme}:") == f"{before}{scheme}://"


@pytest.mark.parametrize("before", ["waitfor --timeout ", "waitfor -t ", "waitfor -qt ", "waitfor --timeout="])
def test_no_target_where_an_argument_goes(shell, before):
    assert shell.completed(before + "tcp") == before + "tcp"


@pytest.mark.parametrize("before", ["waitfor -- ", "waitfor -q db:5432 tcp://queue:5672 -- "])
def test_behind_two_hyphens_stands_another_command_line(shell, before):
    assert shell.completed(before + "mkdi") == before + "mkdir "
    assert shell.completed(before + "ls sett") == before + "ls settings.json "
    for word in ("--tim", "tcp:", "ls --tim", "ls tcp:"):
        assert not {"--timeout", "tcp://", "//"} & shell.offered(before + word), word


def test_an_option_of_the_other_command(shell):
    """As the shell completes it there, too: bash knows no command's options by itself."""
    offered = shell.offered("waitfor db:5432 -- waitfor --tim")
    assert offered == (set() if shell.name == "bash" else {"--timeout"})
