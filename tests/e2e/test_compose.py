"""--export NAME=TEXT: a variable in the form the app reads, composed when the wait is over."""

import json

import pytest

from support import dns as d
from support.peers import silence

URL = "DATABASE_URL=postgres://app:${PW}@${DB_HOST}:${DB_PORT}/shop"
SECRET = "s3cret/@:%"
ESCAPED = "s3cret%2F%40%3A%25"


def environment(result):
    """What the app, `env -0`, has printed, in its order."""
    assert result.code == 0, result
    return dict(entry.split("=", 1) for entry in result.out.split("\0") if entry)


@pytest.fixture
def app(waitfor, peer):
    """Waits for DB, which is ready, and returns the environment of the app."""
    def run(*args, env=None):
        run.port = peer().port
        run.result = waitfor("-t", "10s", *args, f"db=tcp://localhost:{run.port}", "--", "env", "-0",
                             env={"PW": SECRET, **(env or {})})
        return environment(run.result)
    return run


def test_a_url_of_what_the_wait_has_found(app):
    found = app("--export", URL)
    assert found["DATABASE_URL"] == f"postgres://app:{ESCAPED}@localhost:{app.port}/shop"
    assert found["PW"] == SECRET and found["DB_ADDR"] == "127.0.0.1", "the others are as they were"


def test_nothing_else_is_added(app):
    plain, composed = app(), app("--export", "A=1")
    assert set(composed) - set(plain) == {"A"} and set(plain) <= set(composed)


def test_what_is_no_url_is_literal(app):
    text = "DSN=host=${DB_HOST} port=${DB_PORT} password=${PW} $$ $HOME\n"
    assert app("--export", text)["DSN"] == f"host=localhost port={app.port} password={SECRET} $$ $HOME\n"


def test_the_users_variable_is_replaced_and_may_be_used(app):
    assert app("--export", "A=new ${A}", env={"A": "old"})["A"] == "new old"


def test_waitfors_own_is_replaced_too(app):
    found = app("--export", "DB_HOST=proxy", "--export", "U=${DB_HOST}:${DB_PORT}")
    assert (found["DB_HOST"], found["U"]) == ("proxy", f"proxy:{app.port}")


def test_a_later_one_uses_an_earlier_one(app):
    assert app("--export", "A=${DB_ADDR}", "--export", "B=<${A}>", "--export", "C=${NO:-${B}}")["C"] == "<127.0.0.1>"


def test_variable_and_file(app, folder):
    path = folder / "wait.json"
    path.write_text(json.dumps({"export": ["A=${DB_ADDR}", "B=${A}!"]}))
    assert app("-f", path)["B"] == "127.0.0.1!"
    assert app(env={"WAITFOR_EXPORT": "C=${DB_HOST}"})["C"] == "localhost"
    found = app("--export", "D=1", env={"WAITFOR_EXPORT": "C=${DB_HOST}"})
    assert found["D"] == "1" and "C" not in found, "the command line overrules the environment"


def test_pin(app):
    found = app("--pin", "--export", "U=http://${DB_HOST}:${DB_PORT}/")
    assert found["U"] == f"http://127.0.0.1:{app.port}/"


def test_pin_of_ipv6_is_in_brackets(waitfor, net, dns, peer):
    one = peer(silence, address=net.address("fd77::5"), net=net)
    dns.name("six", aaaa=d.at("fd77::5"))
    result = waitfor("-t", "10s", "--pin", "--export", "U=redis://:${PW}@${SIX_HOST}:${SIX_PORT}/0",
                     f"tcp://six:{one.port}", "--", "env", "-0", env={"PW": "a@b"}, net=net)
    found = environment(result)
    assert (found["SIX_HOST"], found["U"]) == ("fd77::5", f"redis://:a%40b@[fd77::5]:{one.port}/0")


def test_print_env(waitfor, peer):
    one = peer()
    result = waitfor("-t", "10s", "--print-env", "json", "--export", URL, f"db=tcp://127.0.0.1:{one.port}",
                     env={"PW": SECRET, "DATABASE_URL": "old"})
    assert json.loads(result.out) == {
        "DB_HOST": "127.0.0.1", "DB_PORT": str(one.port), "DB_ADDR": "127.0.0.1",
        "DATABASE_URL": f"postgres://app:{ESCAPED}@127.0.0.1:{one.port}/shop"}, result


# --- not ready ---------------------------------------------------------------------------------------------------------

def test_run_anyway_composes_of_what_is_known(waitfor, peer):
    port = peer(listen=False).port
    result = waitfor("-t", "300ms", "--run-anyway", "--export", "U=${DB_HOST}:${DB_PORT} ${DB_ADDR:-none}",
                     f"db=tcp://127.0.0.1:{port}", "--", "env", "-0")
    assert environment(result)["U"] == f"127.0.0.1:{port} none"


@pytest.mark.parametrize("options", [["--run-anyway"], ["--down"], ["--any", "other:1"]])
def test_an_address_that_there_may_not_be_needs_a_default(waitfor, options):
    result = waitfor("-t", "20s", *options, "--export", f"U={SECRET}${{DB_ADDR}}", "db:1", "--", "env")
    assert (result.code, result.out, len(result.lines)) == (125, "", 1) and result.seconds < 5, result
    assert "${DB_ADDR:-default}" in result.err and SECRET not in result.err


def test_the_app_does_not_start_without_its_target(waitfor, peer):
    result = waitfor("-t", "300ms", "--export", "U=${DB_ADDR}", f"db=tcp://127.0.0.1:{peer(listen=False).port}",
                     "--", "env")
    assert (result.code, result.out) == (124, ""), result


# --- secrets -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("options", [["--explain"], ["--explain=json"], ["--explain", "-v"]])
def test_the_plan_shows_the_name_only(waitfor, options):
    result = waitfor(*options, "--export", f"U=x{SECRET}${{PW}}", "--export", "V=${U}", "db:5432", env={"PW": SECRET})
    assert result.code == 0 and "U=***, V=***" in result.out, result
    assert "s3cret" not in result.out + result.err


def test_no_output_shows_the_value(waitfor, peer, folder):
    for form in ("lines", "json"):
        result = waitfor("-v", "-t", "10s", "--output", form, "--report", folder / "r.json", "--report",
                         f"junit:{folder / 'r.xml'}", "--export", "U=composed-${PW}",
                         f"db=tcp://127.0.0.1:{peer().port}", "--", "true", env={"PW": SECRET})
        told = result.err + result.out + (folder / "r.json").read_text() + (folder / "r.xml").read_text()
        assert result.code == 0 and "s3cret" not in told and "composed" not in told, result


# --- mistakes ----------------------------------------------------------------------------------------------------------

def test_the_higher_source_wins_over_no_export(waitfor, peer):
    target = f"db=tcp://127.0.0.1:{peer().port}"
    result = waitfor("-t", "10s", "--export", "A=${DB_HOST}", target, "--", "env", "-0",
                     env={"WAITFOR_NO_EXPORT": "1"})
    assert environment(result)["A"] == "127.0.0.1"
    result = waitfor("-t", "10s", "--no-export", target, "--", "env", "-0", env={"WAITFOR_EXPORT": "A=1"})
    assert "A" not in environment(result)


def test_a_file_that_contradicts_itself(waitfor, folder):
    (folder / "wait.json").write_text('{"export": ["A=1"], "no-export": true, "targets": ["a:1"]}')
    result = waitfor("-f", folder / "wait.json")
    assert result.code == 125 and "--no-export" in result.err and len(result.lines) == 1, result


@pytest.mark.parametrize("target,text", [("db:1", "${DB_HOTS}"), ("10.0.0.1:1", "${DB_HOST}"), ("db:1", "${PW%x}"),
                                         ("db:1", "${PW")])
def test_what_cannot_be_known_is_an_error_before_the_wait(waitfor, target, text):
    result = waitfor("-t", "20s", "--export", f"U={SECRET}{text}", target, "--", "env", env={"PW": SECRET})
    assert (result.code, result.out, len(result.lines)) == (125, "", 1) and result.seconds < 5, result
    assert "--export U: " in result.err and "s3cret" not in result.err


def test_a_health_check_in_the_apps_container_composes_nothing(waitfor, peer):
    """It finds the variable, but its target is the app, whatever the variable names."""
    result = waitfor("--once", f"tcp://127.0.0.1:{peer().port}", env={"WAITFOR_EXPORT": "U=${DB_HOST}"})
    assert (result.code, result.out) == (0, ""), result
