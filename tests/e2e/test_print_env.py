"""--print-env: what would be exported, as another program reads it."""

import io
import json
import os
import pty
import re
import shutil
import signal
from urllib.parse import quote

import dotenv
import pytest

from support import dns as d
from support.peers import UnixPeer, silence
from support.pgwire import answers, ask_cleartext_password
from support.runner import BINARY
from support.spoil import SPOILERS, close_stdout

FORMS = ("sh", "dotenv", "json", "github")


# --- readers ---------------------------------------------------------------------------------------------------------

def read_lines(text):
    """NAME=VALUE and nothing else, as `docker run --env-file` takes it."""
    return dict(line.split("=", 1) for line in text.splitlines())


def read_dotenv(text):
    return dict(dotenv.dotenv_values(stream=io.StringIO(text)))


def read_github(text):
    """As GitHub documents $GITHUB_ENV: {name}={value}, or {name}<<{delimiter}, {value}, {delimiter}.

    Lines end at a line feed. A line belongs to the form whose sign comes first in it.
    """
    found, lines = {}, text.split("\n")
    assert lines.pop() == "", "the last line has no end"
    while lines:
        line = lines.pop(0)
        name, sign, rest = re.fullmatch(r"(.+?)(=|<<)(.*)", line, re.S).groups()
        if sign == "<<":
            assert rest, "a delimiter is needed"
            end = lines.index(rest)
            rest, lines = "\n".join(lines[:end]), lines[end + 1:]
        found[name] = rest
    return found


READERS = {"dotenv": read_dotenv, "json": json.loads, "github": read_github}


def test_the_reader_of_githubs_form():
    assert read_github("A=1\nB<<E\none\n\ntwo=2\nE\nC=x<<y\nD<<E\nE\n") == \
        {"A": "1", "B": "one\n\ntwo=2", "C": "x<<y", "D": ""}
    with pytest.raises(ValueError):
        read_github("B<<E\none\n")


def in_a_shell(waitfor, shell, *args, script='eval "$("$@")" && exec env -0', **kwargs):
    """The variables that a program has which the shell runs after the eval."""
    result = waitfor.start_argv([shell, "-c", script, shell, BINARY, *args], **kwargs).finish()
    assert result.code == 0, result
    return dict(entry.split("=", 1) for entry in result.out.split("\0") if entry)


# --- values ----------------------------------------------------------------------------------------------------------

STRANGE = [
    "plain", "it's", "'", "''", 'say "hi"', "$HOME", "$(touch no)", "`touch no`", "a b", " a ", "a #b", "#",
    "a\nb", "\n", "a\n", "a\n\nb", "a\nB=no", "a\rb", "a\r\nb", "a\\", "a\\nb", "\\\\", "a\tb", "-n", "=", "a=b",
    "*", "~", "!x", "a;b|c&d>e<f(g)", "é€", "x<<EOF", "a\nEND_OF_VALUE\nb", "%d%s", "'\"`$",
]
# What python-dotenv cannot be told (include/app/envprint.h): it looks for ${NAME} in every kind of quotes, and past the end
# of a quoted value that ends with a backslash.
BEYOND_DOTENV = ["${HOME}", "it's ${HOME}", "a\n\\", "'\"`$\n\\"]


@pytest.fixture
def socket_at(folder):
    """Makes PostgreSQL servers on Unix sockets in directories of any name; they end with the test."""
    made = []

    def make(name):
        place = folder / name
        place.mkdir()
        made.append(UnixPeer(place / ".s.PGSQL.5432", answers(ask_cleartext_password())))
        return str(place), f"Q=postgres:///x?host={quote(str(place), safe='')}"

    yield make
    for server in made:
        server.close()
    assert not [error for server in made for error in server.errors]


def three(place):
    return {"Q_HOST": place, "Q_PORT": "5432", "Q_ADDR": place}


@pytest.mark.parametrize("form", READERS)
def test_a_reader_reads_back_every_value(waitfor, socket_at, form):
    for name in STRANGE + (BEYOND_DOTENV if form != "dotenv" else []):
        place, target = socket_at(name)
        result = waitfor("-q", "--print-env", form, target)
        assert (result.code, result.err) == (0, ""), result
        assert READERS[form](result.out) == three(place), result


@pytest.mark.parametrize("shell", ["sh", "dash", "bash", "zsh"])
def test_a_shell_reads_back_every_value(waitfor, socket_at, folder, shell):
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here")
    for name in STRANGE + BEYOND_DOTENV:
        place, target = socket_at(name)
        entries = in_a_shell(waitfor, shell, "-q", "--print-env", "sh", target, cwd=folder)
        assert {key: entries.get(key) for key in three(place)} == three(place)
    assert not (folder / "no").exists(), "a value was run as a command"


def test_a_dotenv_reader_told_not_to_replace_variables(waitfor, socket_at):
    for name in ("${HOME}", "it's ${HOME}"):
        place, target = socket_at(name)
        result = waitfor("-q", "--print-env", "dotenv", target)
        found = dotenv.dotenv_values(stream=io.StringIO(result.out), interpolate=False)
        assert dict(found) == three(place), result


def test_plain_values_are_read_by_whoever_knows_no_quotes(waitfor, peer):
    port = peer().port
    for form in ("dotenv", "github"):
        result = waitfor("--print-env", form, f"api=tcp://127.0.0.1:{port}")
        assert read_lines(result.out) == \
            {"API_HOST": "127.0.0.1", "API_PORT": str(port), "API_ADDR": "127.0.0.1"}, result


def test_githubs_file_may_hold_something_already(waitfor, folder, peer):
    """As a step has it: ... >> "$GITHUB_ENV"."""
    file, port = folder / "github_env", peer().port
    file.write_text("BEFORE=1\n")
    for _ in range(2):
        result = waitfor.start_argv(
            ["sh", "-c", '"$0" --print-env github "$1" >> "$2"', BINARY, f"api=tcp://127.0.0.1:{port}",
             file]).finish()
        assert (result.code, result.out) == (0, ""), result
    assert read_github(file.read_text()) == {"BEFORE": "1", "API_HOST": "127.0.0.1",
                                             "API_PORT": str(port), "API_ADDR": "127.0.0.1"}


# --- which variables -------------------------------------------------------------------------------------------------

@pytest.fixture
def ready(peer):
    return f"api=tcp://127.0.0.1:{peer().port}"


@pytest.fixture
def refused(peer):
    return f"api=tcp://127.0.0.1:{peer(listen=False).port}"


def test_it_is_what_a_command_would_get(waitfor, peer):
    first, second = peer().port, peer().port
    targets = [f"api=tcp://localhost:{first}", f"tcp://127.0.0.1:{first}", f"b-c.d=tcp://127.0.0.1:{second}"]
    ran = waitfor("-q", *targets, "--", "env")
    printed = waitfor("-q", "--print-env", "json", *targets)
    env = read_lines(ran.out)
    assert json.loads(printed.out) == {name: env[name] for name in env if name != "PATH"}
    assert len(json.loads(printed.out)) == 6


def test_pin(waitfor, peer):
    target = f"api=tcp://localhost:{peer().port}"
    assert json.loads(waitfor("--print-env", "json", target).out)["API_HOST"] == "localhost"
    assert json.loads(waitfor("--print-env=json", "--pin", target).out)["API_HOST"] == "127.0.0.1"


def test_an_address_that_only_a_variable_knows(waitfor, net, dns, peer):
    port = peer(silence, address="10.77.0.1", net=net).port
    result = waitfor("-t", "10s", "--print-env", "json", f"late=tcp://gone:{port}", net=net,
                     env={"GONE_PORT": f"tcp://10.77.0.1:{port}"})
    assert result.code == 0, result
    assert json.loads(result.out) == {"LATE_HOST": "10.77.0.1", "LATE_PORT": str(port), "LATE_ADDR": "10.77.0.1"}


@pytest.mark.parametrize("form,nothing", [("sh", ""), ("dotenv", ""), ("json", "{}\n"), ("github", "")])
def test_a_target_that_exports_nothing(waitfor, peer, form, nothing):
    result = waitfor("-q", "--print-env", form, f"tcp://127.0.0.1:{peer().port}")
    assert (result.code, result.out, result.err) == (0, nothing, "")


# --- when it is not ready --------------------------------------------------------------------------------------------

@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("args,code", [(["-t", "300ms"], 124), (["--once"], 1)])
def test_nothing_is_printed_when_it_is_not_ready(waitfor, refused, form, args, code):
    result = waitfor(*args, "--print-env", form, refused)
    assert (result.code, result.out) == (code, ""), result


def test_once_and_ready(waitfor, ready):
    result = waitfor("--once", "--print-env", "dotenv", ready)
    assert result.code == 0 and read_lines(result.out)["API_HOST"] == "127.0.0.1", result


def test_run_anyway_prints_what_is_known(waitfor, refused):
    result = waitfor("-t", "300ms", "--run-anyway", "--print-env", "dotenv", refused)
    port = refused.rsplit(":")[-1]
    assert (result.code, read_lines(result.out)) == (0, {"API_HOST": "127.0.0.1", "API_PORT": port}), result


@pytest.mark.parametrize("anyway", [[], ["--run-anyway"]])
def test_a_signal_prints_nothing(waitfor, refused, anyway):
    running = waitfor.start(*anyway, "--print-env", "sh", refused)
    running.wait_err("refused")
    running.send(signal.SIGTERM)
    result = running.finish()
    assert (result.code, result.out) == (128 + signal.SIGTERM, ""), result


def test_a_script_can_tell(waitfor, refused):
    """The code of $() is lost in eval "$()": an assignment of its own keeps it."""
    script = 'set -e; variables=$("$@"); eval "$variables"; echo on'
    result = waitfor.start_argv(["sh", "-c", script, "sh", BINARY, "-t", "300ms", "--print-env", "sh",
                                 refused]).finish()
    assert (result.code, result.out) == (124, ""), result


# --- mistakes --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("args,env,says", [
    (["--print-env", "sh", "a:1", "--", "true"], {}, ["--print-env", "true"]),
    (["--print-env", "sh", "--no-export", "a:1"], {}, ["--print-env", "--no-export"]),
    (["--print-env", "fish", "a:1"], {}, ["fish", "sh, dotenv, json or github"]),
    (["--print-env"], {}, ["--print-env"]),
    (["--print-env="], {}, ["--print-env"]),
])
def test_what_contradicts_itself(waitfor, args, env, says):
    result = waitfor(*args, env=env)
    assert (result.code, result.out, len(result.lines)) == (125, "", 1), result
    assert all(word in result.err for word in says), result


def test_a_file_cannot_ask_for_it(waitfor, folder):
    (folder / "wait.json").write_text('{"print-env": "sh", "targets": ["a:1"]}')
    result = waitfor("-f", folder / "wait.json")
    assert result.code == 125 and "command line" in result.err, result


# --- stdout and stderr -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("spoil", SPOILERS)
def test_what_cannot_be_printed_is_an_error(waitfor, ready, form, spoil):
    result = waitfor("-q", "--print-env", form, ready, preexec_fn=spoil)
    assert result.code == 125, result
    assert len(result.lines) == 1 and "standard output" in result.err, result


def test_a_closed_stdout_is_nobody_elses(waitfor, ready, folder):
    """Whatever is opened meanwhile must not get the variables."""
    (folder / "wait.json").write_text("{}")
    result = waitfor("--print-env", "sh", "-f", folder / "wait.json", "--report", folder / "report", ready,
                     preexec_fn=close_stdout)
    assert result.code == 125 and "API_HOST" not in result.err + (folder / "report").read_text(), result
    assert (folder / "wait.json").read_text() == "{}"


@pytest.mark.parametrize("noise", [["-v"], [], ["--output", "lines"], ["--output", "json"], ["--output", "board"]])
def test_nothing_else_comes_to_stdout(waitfor, peer, noise):
    late = peer(listen=False)
    running = waitfor.start(*noise, "--print-env", "dotenv", f"api=tcp://{late.target}", env={"TERM": "xterm"})
    running.wait_err("refused")
    late.listen()
    result = running.finish()
    assert result.code == 0 and "API_HOST" not in result.err, result
    assert result.out == f"API_HOST=127.0.0.1\nAPI_PORT={late.port}\nAPI_ADDR=127.0.0.1\n"


def test_the_board_does_not_disturb(waitfor, peer):
    """stderr is a terminal, stdout is not: as in eval "$(waitfor ...)" typed by hand."""
    late = peer(listen=False)
    master, terminal = pty.openpty()
    try:
        running = waitfor.start("--print-env", "sh", f"api=tcp://{late.target}", stderr=terminal,
                                env={"TERM": "xterm"})
        os.close(terminal)
        seen = b""
        while b"refused" not in seen:
            seen += os.read(master, 4096)
        late.listen()
        result = running.finish()
    finally:
        os.close(master)
    assert (result.code, result.out) == \
        (0, f"export API_HOST='127.0.0.1'\nexport API_PORT='{late.port}'\nexport API_ADDR='127.0.0.1'\n")
