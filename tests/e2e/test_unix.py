"""unix:///path: a stream socket of the machine's own. And PostgreSQL's, where its path is too long."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest

from support.events import names, parse_events, the
from support.peers import UnixPeer, greets, silence
from support.pgwire import answers, ask_cleartext_password
from support.until import until
from test_targets import app_env

QUICK = ("-t", "700ms")
LONGEST = 107       # bytes of a path that the kernel takes (struct sockaddr_un)
AS_NOBODY = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "--"] if os.geteuid() == 0 else []


@pytest.fixture
def place():
    """A folder for sockets, whose own path is short."""
    made = Path(tempfile.mkdtemp(prefix="waitfor-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def listen(place):
    """Makes servers on Unix sockets; they end with the test, and must not have failed in it."""
    made = []

    def make(name="api.sock", script=silence):
        made.append(UnixPeer(place / name, script))
        return made[-1]

    yield make
    for each in made:
        each.close()
    assert not [error for each in made for error in each.errors]


def abandon(path, kind=socket.SOCK_STREAM):
    """A socket's file, as a server leaves it that is killed."""
    with socket.socket(socket.AF_UNIX, kind) as made:
        made.bind(str(path))
    return path


def fails(result, reason):
    assert result.code == 124, result
    assert reason in result.err.lower(), result
    return True


def refused_line(result, *words):
    """Exit 125 before any wait, and one line that holds the words."""
    assert (result.code, result.out, len(result.lines)) == (125, "", 1), result
    assert result.err.startswith("waitfor: ") and result.seconds < 10, result
    assert all(word in result.err for word in words), result
    return True


# --- ready --------------------------------------------------------------------------------------

def hangs_up(connection):
    """Nobody forwards Unix sockets: accepted is accepted."""
    connection.sock.close()


@pytest.mark.parametrize("script", [silence, greets(b"220 hello\r\n" * 50), hangs_up],
                         ids=["silent", "greets", "hangs up"])
def test_a_socket_that_accepts_is_ready(waitfor, place, listen, script):
    listen(script=script)
    result = waitfor("-t", "10s", f"unix://{place}/api.sock")
    assert result.code == 0, result
    assert re.fullmatch(rf"waitfor: unix://{place}/api\.sock: ready at {place}/api\.sock after [\d.]+m?s, 1 attempt",
                        result.lines[0]), result


def greets_whoever_is_there(connection):
    """It may have left by then, which is an end too; a greeting that it left unread would be a reset."""
    with contextlib.suppress(BrokenPipeError):
        connection.send(b"220 hello\r\n")
    connection.drain()


def test_nothing_is_said_to_it_and_it_is_left_in_peace(waitfor, place, listen):
    server = listen(script=greets_whoever_is_there)
    assert waitfor("-t", "10s", f"unix://{place}/api.sock").code == 0
    server.wait_connections(1)
    assert until(lambda: server.connections[0].ended) == "fin"
    assert server.connections[0].received == b""


def test_through_a_link_and_with_a_name_of_any_characters(waitfor, place, listen):
    listen("é ☃@#:.sock")
    (place / "link").symlink_to("é ☃@#:.sock")
    assert waitfor("-t", "10s", f"unix://{place}/link").code == 0


def test_variables_and_lists(waitfor, place, listen):
    listen("a.sock"), listen("b.sock")
    env = {"WAITFOR_TARGETS": "unix://${RUN}/a.sock b=unix://${RUN:-/nowhere}/b.sock", "RUN": str(place)}
    result = waitfor("-t", "10s", env=env)
    assert result.code == 0 and result.err.count("ready at") == 2, result


def test_a_real_server(waitfor, new_redis):
    server = new_redis(port=False, unix=True)
    running = waitfor.start("-t", "40s", f"unix://{server.path}")
    running.wait_err("no such file")
    server.start(wait=False)
    assert running.finish(40).code == 0
    running = waitfor.start("--down", "-t", "40s", f"unix://{server.path}")
    until(server.is_ready)
    server.stop(signal.SIGKILL)
    assert running.finish(40).code == 0 and server.path.exists()
    running = waitfor.start("-t", "40s", f"unix://{server.path}")
    running.wait_err("connection refused")
    server.start(wait=False)
    assert running.finish(40).code == 0


# --- not ready ----------------------------------------------------------------------------------

# what stands there, the reason
NOT_READY = {
    "nothing": (lambda path: None, "no such file"),
    "a link to nothing": (lambda path: path.symlink_to("none"), "no such file"),
    "a file": (lambda path: path.write_text("x"), "is not a socket"),
    "an executable file": (lambda path: (path.touch(), path.chmod(0o755)), "is not a socket"),
    "a folder": (lambda path: path.mkdir(), "is not a socket"),
    "a pipe": (os.mkfifo, "is not a socket"),
    "a link to a file": (lambda path: ((path.parent / "x").touch(), path.symlink_to("x")), "is not a socket"),
    "a socket that nobody listens on": (abandon, "connection refused"),
}


@pytest.mark.parametrize("case", NOT_READY)
def test_not_ready_with_its_own_words_until_somebody_listens(waitfor, place, listen, case):
    make, reason = NOT_READY[case]
    path = place / "api.sock"
    make(path)
    running = waitfor.start("-t", "30s", "--fail-fast" if case == "nothing" else "-v", f"unix://{path}")
    until(lambda: reason in running.err().lower(), what=lambda: f"{reason!r}: {running.err()}")
    assert running.alive()
    if os.path.lexists(path):
        path.rmdir() if path.is_dir() else path.unlink()
    listen()
    assert running.finish().code == 0


@pytest.mark.parametrize("case", NOT_READY)
def test_the_reason_stands_in_the_summary(waitfor, place, case):
    make, reason = NOT_READY[case]
    make(place / "api.sock")
    result = waitfor("-t", "300ms", f"unix://{place}/api.sock")
    assert fails(result, reason) and reason in result.lines[-1].lower(), result
    assert len(result.lines) == 3, result
    for other in {"no such file", "is not a socket", "connection refused"} - {reason}:
        assert other not in result.err.lower(), result


def test_a_folder_that_is_not_there_yet(waitfor, place, listen):
    running = waitfor.start("-t", "30s", f"unix://{place}/later/api.sock")
    until(lambda: "no such file" in running.err().lower(), what=running.err)
    (place / "later").mkdir()
    listen("later/api.sock")
    assert running.finish().code == 0


@pytest.mark.parametrize("closed", ["the folder", "the socket"])
def test_a_socket_that_others_may_not_use(waitfor, place, listen, closed):
    (place / "closed").mkdir()
    listen("closed/api.sock")
    (place / "closed" / "api.sock").chmod(0o777)
    path = place / "closed" if closed == "the folder" else place / "closed" / "api.sock"
    path.chmod(0)
    running = waitfor.start("-t", "30s", f"unix://{place}/closed/api.sock", wrap=AS_NOBODY)
    until(lambda: "permission denied" in running.err().lower(), what=running.err)
    assert running.alive()
    path.chmod(0o777)
    assert running.finish().code == 0


def test_a_socket_for_datagrams(waitfor, place):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(f"{place}/log.sock")
        result = waitfor("-t", "300ms", f"unix://{place}/log.sock")
    assert result.code == 124 and "ready at" not in result.err, result


def test_a_server_that_is_too_busy_to_accept(waitfor, place):
    """A full backlog: the kernel says EAGAIN, and there is nothing to wait for but the next attempt."""
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as first:
        server.bind(f"{place}/api.sock")
        server.listen(0)
        first.connect(f"{place}/api.sock")
        with socket.socket(socket.AF_UNIX) as second, pytest.raises(BlockingIOError):
            second.setblocking(False)
            second.connect(f"{place}/api.sock")
        running = waitfor.start("-t", "30s", f"unix://{place}/api.sock")
        running.wait_err("api.sock: ")
        assert running.alive() and "ready at" not in running.err()
        server.accept()[0].close()
        assert running.finish().code == 0


# --- exports ------------------------------------------------------------------------------------

def test_it_exports_nothing_unless_it_is_named(waitfor, place, listen):
    listen()
    plain = waitfor("-t", "10s", "--no-export", f"unix://{place}/api.sock", "--", "env").out
    assert waitfor("-t", "10s", f"unix://{place}/api.sock", "--", "env").out == plain


@pytest.mark.parametrize("words", [[], ["--pin"]])
def test_named_it_exports_its_path_as_the_host_and_no_port(waitfor, place, listen, words):
    listen()
    shown = app_env(waitfor("-t", "10s", *words, f"API=unix://{place}/api.sock", "--", "env"))
    assert shown["API_HOST"] == f"{place}/api.sock" and "API_PORT" not in shown, shown


def test_run_anyway_exports_it_too(waitfor, place):
    shown = app_env(waitfor("-t", "300ms", "--run-anyway", f"API=unix://{place}/api.sock", "--", "env"))
    assert shown["API_HOST"] == f"{place}/api.sock" and not {"API_PORT", "API_ADDR"} & set(shown), shown


# --- --down -------------------------------------------------------------------------------------

def test_down_waits_until_it_no_longer_accepts(waitfor, place, listen):
    server = listen()
    running = waitfor.start("--down", "-t", "30s", f"unix://{place}/api.sock", "--", "echo", "app")
    server.wait_connections(3)
    assert running.alive()
    server.stop_listening()
    result = running.finish()
    assert (result.code, result.out) == (0, "app\n")


def test_down_ends_in_a_timeout_while_it_accepts(waitfor, place, listen):
    listen()
    assert waitfor(*QUICK, "--down", f"unix://{place}/api.sock").code == 124


@pytest.mark.parametrize("case", ["nothing", "a link to nothing", "a socket that nobody listens on"])
def test_down_at_once(waitfor, place, case):
    NOT_READY[case][0](place / "api.sock")
    assert waitfor(*QUICK, "--down", f"unix://{place}/api.sock").code == 0
    assert waitfor(*QUICK, "--down", f"unix://{place}/no/api.sock").code == 0


# --- what is wrong with a target ----------------------------------------------------------------

# target, what the line must say
WRONG = {
    "no slash": ("unix://relative", ["write unix:///path"]),
    "a relative path": ("unix://run/api.sock", ["write unix:///path"]),
    "a dot": ("unix://./api.sock", ["write unix:///path"]),
    "no path": ("unix://", ["write unix:///path"]),
    "a user": ("unix://me@/run/api.sock", []),
    "a user and a password": ("unix://me:hunter2@/run/api.sock", []),
    "a port": ("unix://:80/run/api.sock", []),
    "a host and a port": ("unix://localhost:80/run/api.sock", []),
    "a parameter": ("unix:///run/api.sock?mode=1", []),
    "a parameter without a value": ("unix:///run/api.sock?mode", []),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("name", ["", "API="])
def test_a_wrong_target(waitfor, name, case):
    target, says = WRONG[case]
    result = waitfor(name + target, "--", "echo", "started")
    assert refused_line(result, *says) and "hunter2" not in result.err, result


def test_a_misspelt_scheme(waitfor):
    refused_line(waitfor("unx:///run/api"), "unx", "did you mean unix://?")


def padded(place, length, last="x"):
    """A path of so many bytes."""
    start = f"{place}/"
    return start + "x" * (length - len(start) - len(last.encode())) + last


@pytest.mark.parametrize("last", ["x", "é"])
def test_the_longest_path(waitfor, place, listen, last):
    path = padded(place, LONGEST, last)
    assert len(path.encode()) == LONGEST
    listen(Path(path).name)
    result = waitfor("-t", "10s", f"API=unix://{path}", "--", "env")
    assert app_env(result)["API_HOST"] == path, result
    longer = padded(place, LONGEST + 1, last)
    refused_line(waitfor(f"unix://{longer}", "--", "echo", "started"), "107 bytes")


@pytest.mark.parametrize("length", [LONGEST + 1, 109, 200, 4000])
def test_a_path_that_is_too_long_for_the_kernel(waitfor, config, length):
    path = "/" + "x" * (length - 1)
    refused_line(waitfor(f"unix://{path}"), "107 bytes")
    refused_line(waitfor("--down", f"unix://{path}"), "107 bytes")
    file = config(f'{{"targets": [\n  "unix://{path}"]}}')
    refused_line(waitfor("-f", file), f"waitfor: {file}:2:3: ", "107 bytes")


# --- the configuration file, the plan, and machines ----------------------------------------------

def test_in_the_configuration_file(waitfor, config, place, listen):
    listen()
    path = config({"targets": [{"target": f"unix://{place}/api.sock", "name": "API", "timeout": 10}]})
    assert app_env(waitfor("-f", path, "--", "env"))["API_HOST"] == f"{place}/api.sock"


@pytest.mark.parametrize("target, options", [("unix://relative", None), ("unix:///run/x?mode=1", None),
                                             ("unix:///run/api.sock", {"mode": "1"})])
def test_what_is_wrong_has_its_place(waitfor, config, target, options):
    entry = {"target": target, **({"options": options} if options else {})}
    path = config('{"targets": [\n  ' + json.dumps(entry) + "]}")
    result = waitfor("-f", path, "--", "echo", "started")
    assert refused_line(result) and re.match(rf"waitfor: {re.escape(str(path))}:2:\d+: ", result.err), result


def test_the_plan(waitfor, place, listen):
    server = listen()
    result = waitfor("--explain=json", f"unix://{place}/api.sock", f"API=unix://{place}/api.sock")
    assert result.code == 0, result
    plain, named = json.loads(result.out)["targets"]
    assert (plain["kind"], plain["name"], plain["exports"]) == ("unix", None, [])
    assert (named["name"], named["endpoints"][0]["host"]) == ("API", f"{place}/api.sock")
    assert named["endpoints"][0]["address_from"] == "unix-socket"
    assert "API_HOST" in named["exports"] and "API_PORT" not in named["exports"]
    lines = waitfor("--explain", f"unix://{place}/api.sock").out.splitlines()
    row = next(line for line in lines if line.startswith("unix://"))
    assert "a Unix socket" in row and f"  {place}/api.sock  " in row and "port" not in row, row
    assert not server.connections


def test_the_events_of_a_wait(waitfor, place, listen):
    running = waitfor.start("--output", "json", "-t", "30s", f"API=unix://{place}/api.sock", "--", "true")
    running.wait_err('"event":"state"')
    listen()
    events = parse_events(running.finish().err)
    assert names(events) == ["start", "state", "ready", "end", "exec"], events
    assert {event["kind"] for event in events[:3]} == {"unix"}
    assert "no such file" in events[1]["text"].lower(), events[1]
    ready = the(events, "ready")
    assert (ready["name"], ready["address"]) == ("API", f"{place}/api.sock")


# --- PostgreSQL on a socket whose path is too long ------------------------------------------------

@pytest.mark.parametrize("form", ["postgres:///shop?host={}", "postgres:///shop?host={}&port=5432",
                                  "postgresql://me@/shop?host={}", "postgres://{escaped}/shop",
                                  "postgres:///shop?host=/tmp,{}"])
@pytest.mark.parametrize("more", [1, 2, 100])
def test_a_postgres_socket_whose_path_is_too_long(waitfor, place, form, more):
    """Nobody could listen there. The socket is .s.PGSQL.PORT in that folder."""
    folder = padded(place, LONGEST - len("/.s.PGSQL.5432") + more)
    target = form.format(folder, escaped=quote(folder, safe=""))
    refused_line(waitfor(target, "--", "echo", "started"), "107 bytes")


def test_a_postgres_socket_as_deep_as_may_be(waitfor, place, listen):
    folder = Path(padded(place, LONGEST - len("/.s.PGSQL.5432")))
    folder.mkdir()
    listen(f"{folder.name}/.s.PGSQL.5432", answers(ask_cleartext_password()))
    assert waitfor("-t", "10s", f"postgres:///shop?host={folder}").code == 0
    # One digit less of the port is one byte more for the folder.
    longer = Path(f"{folder}x")
    longer.mkdir()
    listen(f"{longer.name}/.s.PGSQL.543", answers(ask_cleartext_password()))
    assert waitfor("-t", "10s", f"postgres:///shop?host={longer}&port=543").code == 0
    refused_line(waitfor(f"postgres:///shop?host={longer}"), "107 bytes")


def test_a_postgres_socket_in_the_configuration_file_has_its_place(waitfor, config, place):
    folder = padded(place, LONGEST)
    path = config('{"targets": [\n  ' + json.dumps({"target": "postgres:///x", "options": {"host": folder}}) + "]}")
    result = waitfor("-f", path)
    assert refused_line(result, "107 bytes") and re.match(rf"waitfor: {re.escape(str(path))}:2:\d+: ", result.err)
