"""--explain: the plan, as a table and as JSON, without a wait."""

import json
import os

import jsonschema
import pytest

from support import dns as d
from support.runner import REPOSITORY
from support.spoil import SPOILERS

SCHEMA = json.loads((REPOSITORY / "docs/explain.schema.json").read_text())


@pytest.fixture
def explain(waitfor):
    """Runs --explain=json; returns the plan, held against its schema."""
    def run(*args, **kwargs):
        result = waitfor("--explain=json", *args, **kwargs)
        assert (result.code, result.err) == (0, ""), result
        plan = json.loads(result.out)
        jsonschema.Draft202012Validator(SCHEMA).validate(plan)
        return plan
    return run


@pytest.fixture
def config(folder):
    def write(value):
        path = folder / "wait.json"
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return path
    return write


def only(plan):
    (target,) = plan["targets"]
    return target


def setting(settings, key):
    return settings[key]["value"], settings[key]["source"]


def row(result, start):
    """The line of the table that begins with a cell, as cells."""
    lines = [line for line in result.out.splitlines() if line.split("  ")[0] == start]
    assert lines, f"no line for {start!r}: {result!r}"
    return [cell.strip() for cell in lines[0].split("  ") if cell.strip()]


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid({"version": 1})


def test_a_plan_of_everything(explain, config):
    path = config("""{"timeout": "5m", "max-interval": 2,
 "targets": ["db:5432",
  {"target": "tcp://10.0.0.1:80", "name": "web", "timeout": 90},
  {"any": ["r1:1", {"target": "postgres://r2/x", "options": {"hostaddr": "10.0.0.2"}}],
   "name": "R", "successes": 3}]}""")
    plan = explain("-f", path, "--attempt-timeout=1s", "--", "true", env={"WAITFOR_PIN": "1"})
    db, web, first, second = plan["targets"]
    assert plan["groups"] == [{"wanted": "all", "member_of": None}, {"wanted": "any", "member_of": 0}]
    assert [target["group"] for target in plan["targets"]] == [0, 0, 1, 1]
    assert [target["kind"] for target in plan["targets"]] == ["postgres", "tcp", "tcp", "postgres"]
    assert db["endpoints"] == [{"host": "db", "port": 5432, "address_from": "name", "address": None,
                                "fallback": None}]
    assert web["endpoints"][0]["address_from"] == "literal"
    assert second["endpoints"][0]["address_from"] == "hostaddr"
    assert second["endpoints"][0]["address"] == "10.0.0.2"
    assert web["exports"] == ["WEB_HOST", "WEB_PORT", "WEB_ADDR"]
    assert first["exports"] == second["exports"] == ["R_HOST", "R_PORT", "R_ADDR"]
    assert setting(plan["settings"], "timeout") == ("5m00s", str(path))
    assert setting(plan["settings"], "max-interval") == ("2s", str(path))
    assert setting(plan["settings"], "attempt-timeout") == ("1s", "--attempt-timeout")
    assert setting(plan["settings"], "pin") == ("true", "WAITFOR_PIN")
    assert setting(plan["settings"], "once") == ("false", "default")
    assert setting(plan["settings"], "config") == (str(path), "--config")
    assert setting(db["settings"], "timeout") == ("5m00s", str(path))
    assert setting(web["settings"], "timeout") == ("90s", f"{path}:3:14")
    assert setting(web["settings"], "attempt-timeout") == ("1s", "--attempt-timeout")
    assert setting(first["settings"], "successes") == ("3", f"{path}:4:12")
    assert web["origin"] == f"{path}:3:14"
    assert os.path.basename(plan["command"]) == "true" and plan["command"].startswith("/")


def test_every_setting_of_the_table_is_there(waitfor, explain):
    """What is only for the command line is about one run, and needs no source."""
    plan = explain("a:1")
    options = json.loads(waitfor("--help=json").out)["options"]
    keys = {option["key"] for option in options if option["variable"] and option["argv"]}
    assert set(plan["settings"]) == keys >= {"timeout", "config", "any", "quiet"}
    of_targets = {option["key"] for option in options if option["target"]}
    assert set(only(plan)["settings"]) == of_targets >= {"timeout", "successes"}


@pytest.mark.parametrize("targets,wanted", [
    (["r1:1", "r2:2"], ["all", "all"]), (["--any", "r1:1", "r2:2"], ["any", "any"])])
def test_any_and_all(waitfor, targets, wanted):
    result = waitfor("--explain", *targets)
    assert [row(result, target)[2] for target in targets[-2:]] == wanted, result


def test_links_are_targets_with_an_address_to_fall_back_to(explain):
    plan = explain("--links", env={"DB_PORT": "tcp://172.17.0.2:5432", "DB_NAME": "/app/db"})
    assert only(plan)["target"] == "db"
    assert only(plan)["endpoints"] == [{"host": "db", "port": 5432, "address_from": "name",
                                        "address": None, "fallback": "172.17.0.2"}]


def test_no_links_is_a_plan_of_nothing(waitfor):
    result = waitfor("--explain=json", "--links=optional")
    assert result.code == 0 and json.loads(result.out)["targets"] == [], result


def test_targets_of_the_environment(explain):
    plan = explain(env={"WAITFOR_TARGETS": "a:1 b:2"})
    assert [target["target"] for target in plan["targets"]] == ["a:1", "b:2"]


def test_the_table_shows_port_and_fallback_of_a_bare_host(waitfor):
    result = waitfor("--explain", "db", env={"DB_PORT": "tcp://172.17.0.2:5432"})
    assert (result.code, result.err) == (0, "")
    assert row(result, "TARGET") == ["TARGET", "PROBE", "WANTED", "ENDPOINT", "ADDRESS FROM", "EXPORTS"]
    assert row(result, "db") == ["db", "postgres", "all", "db:5432",
                                 "DNS and /etc/hosts, else 172.17.0.2 of a variable",
                                 "DB_HOST DB_PORT DB_ADDR"]


def test_columns_of_the_table_stand_one_below_the_other(waitfor, config):
    path = config({"targets": ["postgres:///käse?host=%2Frun%2Fpg", "db.example.test:5432",
                               {"target": "postgres://a,b/é", "timeout": 5}]})
    result = waitfor("--explain", "-v", "-f", path)
    assert result.code == 0, result
    targets, _, settings, end = result.out.split("\n\n")
    for table in (targets, settings):
        head, *lines = table.splitlines()
        starts = [at for at, letter in enumerate(head)
                  if letter != " " and (at == 0 or head[at - 2:at] == "  ")]
        for line in lines:
            for at in starts[1:]:
                assert line[at - 2:at].strip() == "", f"column {at} of {line!r}\n{result.out}"
                assert len(line) <= at or line[at] != " " or not line[:at].strip(), line
        assert not [line for line in (head, *lines) if line != line.rstrip()]
    assert end == "command: none\n"


class TestSettingsOfTheTable:
    """NEWCOMER 10: eighteen settings that are nearly all default hide the one that is not."""

    @staticmethod
    def paragraph(result):
        assert (result.code, result.err) == (0, ""), result
        return result.out.split("\n\n")[-2].splitlines()

    def test_those_that_somebody_set(self, waitfor, config):
        path = config({"timeout": "5m", "targets": [{"target": "tcp://a:1", "successes": 3}, "tcp://b:1"]})
        lines = self.paragraph(waitfor("--explain", "-f", path, "--once=false", env={"WAITFOR_PIN": "1"}))
        assert [line.split()[0] for line in lines[:-1]] == ["SETTING", "timeout", "once", "pin", "config", "successes"]
        assert lines[-1] == "33 settings are at their defaults; -v lists them"

    def test_nobody_set_one(self, waitfor):
        assert self.paragraph(waitfor("--explain", "tcp://a:1")) == ["37 settings are at their defaults; -v lists them"]

    def test_verbose_lists_all(self, waitfor, explain):
        lines = self.paragraph(waitfor("--explain", "-v", "tcp://a:1"))
        assert [line.split()[0] for line in lines] == ["SETTING", *explain("tcp://a:1")["settings"]]

    @pytest.mark.parametrize("key", ["timeout", "max-interval"])
    def test_a_time_of_zero_is_no_limit(self, waitfor, explain, key):
        result = waitfor("--explain", "-v", f"--{key}=0", "tcp://a:1")
        assert row(result, key) == [key, "none", f"--{key}"], result
        assert setting(explain(f"--{key}=0", "tcp://a:1")["settings"], key) == ("0s", f"--{key}")

    def test_a_file_that_is_called_0s(self, waitfor, config):
        path = config({"targets": ["tcp://a:1"]})
        result = waitfor("--explain", "-f", path.rename(path.with_name("0s")).name, cwd=path.parent)
        assert row(result, "config")[1] == "0s", result


class TestNothingHappens:
    """Not a packet, not a question, not a command."""

    def test_nobody_is_asked(self, waitfor, net, dns, peer):
        up = peer(address=net.address("10.77.0.5"), port=5432, net=net)
        dns.name("db", a=d.at("10.77.0.5"))
        before = net.tcp_counter("ActiveOpens")
        for form in ("--explain", "--explain=json"):
            result = waitfor(form, "db:5432", "tcp://10.77.0.5:5432", "postgres://db/x",
                             "postgres://x/?hostaddr=10.77.0.5", "n=absent.test:1", net=net)
            assert result.code == 0, result
        assert dns.asked == [] and up.connections == []
        assert net.tcp_counter("ActiveOpens") == before

    def test_no_wait(self, waitfor):
        """A wait for this would end after 60 s."""
        assert waitfor("--explain", "tcp://127.0.0.1:1", timeout=10).code == 0

    def test_the_command_is_not_run(self, waitfor, folder):
        result = waitfor("--explain", "--run-anyway", "a:1", "--", "touch", folder / "ran")
        assert result.code == 0 and not (folder / "ran").exists(), result
        assert "\ncommand: /" in result.out and "ran" not in result.out, result

    def test_print_env_prints_the_plan_alone(self, waitfor, explain):
        assert explain("--print-env", "dotenv", "a:1")["print_env"] == "dotenv"
        assert waitfor("--explain", "--print-env", "sh", "a:1").out.endswith("\n\nprint-env: sh\n")


@pytest.mark.parametrize("command,problem", [
    ("no-such-command", 'command "no-such-command" not found in PATH'), ("/etc", 'cannot run "/etc": it is a directory')])
def test_a_command_that_this_machine_cannot_start(waitfor, explain, command, problem):
    """NEWCOMER 10: nothing is started, and the plan may be for an image that has the command."""
    plan = explain("a:1", "--", command)
    assert plan["command"] == command and plan["command_problem"].startswith(problem)
    assert explain("a:1", "--", "true")["command_problem"] is None
    result = waitfor("--explain", "a:1", "--", command)
    assert (result.code, result.err) == (0, ""), result
    last = result.out.split("\n\n")[-1].splitlines()
    assert last == [f"command: {command}", f"note: this machine cannot start it: {plan['command_problem']}"]


@pytest.mark.parametrize("form", ["--explain", "--explain=json"])
@pytest.mark.parametrize("args,code,says", [
    (["db:0"], 125, "65535"),
    (["nobody"], 125, "the port is missing"),
    (["oracle://db"], 125, "unknown scheme"),
    ([], 125, "no target"),
    (["x=a:1", "x=b:2", "--", "true"], 125, "X_HOST"),
    (["-f", "/nonexistent.json"], 125, "/nonexistent.json"),
    (["--once", "--successes=2", "a:1"], 125, "successes"),
    (["--print-env", "sh", "a:1", "--", "true"], 125, "--print-env"),
    (["--hold", "localhost:8080"], 125, "8080 is the port of the target itself"),
    (["--hold", "postgres://db2:5432,127.0.0.1:5432/x"], 125, "5432 is the port of the target itself"),
    (["--hold", "db:5432", "web:5432"], 125, '"db:5432" has the port 5432 as well'),
])
def test_errors_are_those_of_a_wait(waitfor, form, args, code, says):
    result, wait = waitfor(form, *args), waitfor(*args)
    assert (result.code, result.out) == (code, ""), result
    assert says in result.err and result.err == wait.err and result.code == wait.code, result


@pytest.mark.parametrize("words,held,says", [
    (["db:5432"], None, None),
    (["--hold", "db:5432", "--", "true"], (5432, True), "held at 127.0.0.1:5432, or at a free port if that is taken"),
    (["--hold", "db:5432"], (5432, False), "held at 127.0.0.1:5432"),
    (["--hold=6000", "db:5432", "--", "true"], (6000, False), "held at 127.0.0.1:6000"),
    (["--hold=DB=0", "db:5432"], (0, False), "held at a free port of 127.0.0.1"),
    (["--hold", "localhost:5432", "--", "true"], (0, False), "held at a free port of 127.0.0.1"),
    (["--hold", "postgres://db2:5432,127.0.0.1:5432/x", "--", "true"], (0, False), "held at a free port of 127.0.0.1"),
])
def test_where_connections_are_held(waitfor, explain, words, held, says):
    found = only(explain(*words))["held"]
    assert found == (held and {"port": held[0], "or_free": held[1]})
    lines = waitfor("--explain", *words).out.splitlines()
    assert [line.partition(": ")[2] for line in lines if ": held at" in line] == ([says] if says else [])


def test_an_unknown_form_is_an_error(waitfor):
    result = waitfor("--explain=xml", "a:1")
    assert result.code == 125 and "json" in result.err, result


@pytest.mark.parametrize("form", ["--explain", "--explain=json"])
@pytest.mark.parametrize("spoil", SPOILERS)
def test_a_plan_that_cannot_be_printed_is_an_error(waitfor, form, spoil):
    result = waitfor(form, "a:1", preexec_fn=spoil)
    assert result.code == 125, result
    assert len(result.lines) == 1 and "standard output" in result.err, result


PLACES = {
    "user": (["postgres://u:SECRET@db/x"], {}),
    "parameter": (["postgres://db/x?password=SECRET"], {}),
    "key's password": (["postgres://db/x?sslpassword=SECRET"], {}),
    "variable": (["postgres://u:${PW}@db/x"], {"PW": "SECRET"}),
    "WAITFOR_TARGETS": ([], {"WAITFOR_TARGETS": "postgres://u:SECRET@db/x"}),
    "PGPASSWORD": (["postgres://db/x"], {"PGPASSWORD": "SECRET"}),
    "link": (["db"], {"DB_PORT": "tcp://1.2.3.4:5432", "DB_ENV_POSTGRES_PASSWORD": "SECRET"}),
    "argument of the command": (["a:1", "--", "echo", "SECRET"], {}),
    "bad target": (["postgres://u:SECRET@db:0/x"], {}),
    "one name, two targets": (["x=postgres://u:SECRET@a/x", "x=postgres://u:SECRET@b/x"], {}),
    "one name, two ports": (["postgres://u:SECRET@a/x", "postgres://u:SECRET@a:1/x"], {}),
}


@pytest.mark.parametrize("form", ["--explain", "--explain=json"])
@pytest.mark.parametrize("place", PLACES)
def test_no_secret(waitfor, form, place):
    args, env = PLACES[place]
    result = waitfor(form, *args, env=env)
    assert "SECRET" not in result.out + result.err, result
    assert result.out or result.code == 125, result


def test_no_secret_of_a_file(waitfor, config):
    path = config({"targets": [
        {"target": "postgres://a/x", "options": {"password": "SECRET"}, "name": "A", "timeout": 3},
        {"any": ["postgres://u:SECRET@b/x", {"all": ["postgres://u:SECRET@c/x"]}]}]})
    for form in ("--explain", "--explain=json"):
        result = waitfor(form, "-f", path)
        assert result.code == 0 and "SECRET" not in result.out + result.err, result
        assert "***" in result.out


LOGINS = {
    "a bare port": ("db:5432", {}, ("ping", "postgres", "postgres", None)),
    "a user": ("postgres://me@db", {}, ("ping", "me", "me", None)),
    "all in the URL": ("postgres://me:hunter2@db/shop", {}, ("login", "me", "shop", "url")),
    "JDBC": ("jdbc:postgresql://db/shop?user=me&password=hunter2", {}, ("login", "me", "shop", "url")),
    "variables": ("db:5432", {"PGUSER": "me", "PGDATABASE": "shop", "PGPASSWORD": "hunter2"},
                  ("login", "me", "shop", "PGPASSWORD")),
    "a link": ("db:5432", {"DB_ENV_POSTGRES_USER": "me", "DB_ENV_POSTGRES_PASSWORD": "hunter2"},
               ("login", "me", "me", "link")),
    "redis": ("redis://cache", {}, ("ping", None, None, None)),
    "redis with a password": ("redis://me:hunter2@cache", {}, ("login", "me", None, "url")),
    "redis and a variable": ("redis://cache", {"CACHE_PASSWORD": "hunter2"}, ("login", None, None, "CACHE_PASSWORD")),
    "redis and a link": ("redis://cache", {"CACHE_PORT": "tcp://10.0.0.1:6379", "CACHE_ENV_REDIS_PASSWORD": "hunter2"},
                         ("login", None, None, "link")),
    "tcp": ("tcp://a:1", {}, None),
}


@pytest.mark.parametrize("case", LOGINS)
def test_who_logs_in(waitfor, explain, case):
    """NEWCOMER 10: a ping or a login, as whom, to what, with a password from where. Never the password."""
    target, env, expected = LOGINS[case]
    plan = explain(target, env=env)
    login = only(plan)["login"]
    assert login == (expected and dict(zip(("how", "user", "database", "password_from"), expected)))
    table = waitfor("--explain", target, env=env).out
    assert "hunter2" not in table + json.dumps(plan)
    if expected:
        assert ("logs in" if expected[0] == "login" else "only a ping") in table, table


def test_the_table_says_who_logs_in(waitfor, folder):
    out = waitfor("--explain", "postgres://me:hunter2@db/shop", "cache:6379", "tcp://a:1").out
    assert "postgres://me:***@db/shop: logs in as user me to database shop, password from the URL\n" in out
    assert "cache:6379: no password, so only a ping\n" in out
    assert "tcp://a:1: " not in out
    file = folder / "pgpass"
    file.write_text("*:*:*:*:hunter2\n")
    file.chmod(0o600)
    out = waitfor("--explain", "db:5432", env={"PGPASSFILE": str(file)}).out
    assert "db:5432: logs in as user postgres to database postgres, password from a password file\n" in out
