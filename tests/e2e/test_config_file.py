"""The configuration file: every setting and form takes effect, and who wins over it."""

import itertools
import json

import pytest

from support.pace import NOISY, at_most
from support.peers import silence
from support.pgwire import answers, ask_cleartext_password, refuses

NEVER = "tcp://127.0.0.1:1"     # for cases that end before any wait


@pytest.fixture
def ready(peer):
    return f"tcp://{peer().target}"


@pytest.fixture
def refused(peer):
    return f"tcp://{peer(listen=False).target}"


# --- every setting by the file alone ------------------------------------------------------------

# Against a refusing peer that "timeout": "300ms" ends: settings, exit code, words on stdout.
DECIDED = {
    "none": ({}, 124, ""),
    "a timeout in seconds": ({"timeout": 0.3}, 124, ""),
    "once": ({"once": True}, 1, ""),
    "once as a string": ({"once": "yes"}, 1, ""),
    "not once": ({"once": False}, 124, ""),
    "run-anyway": ({"run-anyway": True}, 0, "app\n"),
    "down": ({"down": True}, 0, "app\n"),
    "down as a word": ({"down": "absent"}, 0, "app\n"),
    "not down": ({"down": False}, 124, ""),
}


@pytest.mark.parametrize("case", DECIDED)
def test_decided_by_the_file(waitfor, config, refused, case):
    settings, code, out = DECIDED[case]
    path = config({"timeout": "300ms", **settings, "targets": [refused]})
    result = waitfor("-f", path, "--", "echo", "app")
    assert (result.code, result.out) == (code, out), result


@pytest.mark.parametrize("words", [["-f", "{}"], ["-f{}"], ["--config", "{}"], ["--config={}"]])
def test_spellings_of_the_option(waitfor, config, ready, words):
    path = config({"targets": [ready]})
    result = waitfor(*(word.format(path) for word in words))
    assert result.code == 0 and ready in result.err, result


def test_named_by_the_environment(waitfor, config, ready, refused):
    env = {"WAITFOR_CONFIG": str(config({"targets": [ready]}))}
    assert waitfor(env=env).code == 0
    other = config({"once": True, "targets": [refused]}, "other.json")
    assert waitfor("-f", other, env=env).code == 1, "the command line's wins"
    assert waitfor(ready, env={"WAITFOR_CONFIG": ""}).code == 0, "set to nothing is not set"


@pytest.mark.parametrize("value,code", [(True, 0), (False, 124)])
def test_any(waitfor, config, ready, refused, value, code):
    assert waitfor("-f", config({"any": value, "timeout": "300ms", "targets": [ready, refused]})).code == code


def test_absent_is_down(waitfor, config, net, dns):
    """A name that never existed: "down": "absent" takes it, true does not."""
    path = config({"down": "absent", "timeout": "5s", "targets": ["tcp://nobody:80"]})
    assert waitfor("-f", path, net=net).code == 0
    path = config({"down": True, "timeout": "500ms", "targets": ["tcp://nobody:80"]})
    assert waitfor("-f", path, net=net).code == 124


def test_fail_fast(waitfor, config, peer):
    denied = f"postgres://app:wrong@{peer(refuses('28P01')).target}/x"
    result = waitfor("-f", config({"fail-fast": True, "targets": [denied]}))
    assert result.code == 124 and result.seconds < 10 and "gave up" in result.err, result


def api_host(result):
    assert result.code == 0, result
    return dict(line.split("=", 1) for line in result.out.splitlines() if "=" in line).get("API_HOST")


@pytest.mark.parametrize("settings,host", [({}, "localhost"), ({"pin": True}, "127.0.0.1"),
                                           ({"no-export": True}, None), ({"pin": False}, "localhost")])
def test_pin_and_no_export(waitfor, config, peer, settings, host):
    path = config({**settings, "targets": [f"api=tcp://localhost:{peer().port}"]})
    assert api_host(waitfor("-f", path, "--", "env")) == host


def test_links(waitfor, config, peer):
    port = peer().port
    env = {"WEB_NAME": "/app/web", "WEB_PORT": f"tcp://127.0.0.1:{port}",
           f"WEB_PORT_{port}_TCP": f"tcp://127.0.0.1:{port}"}
    result = waitfor("-f", config({"links": True, "timeout": "10s"}), env=env)
    assert result.code == 0 and "web" in result.err and "ready at" in result.err, result


def test_quiet_and_verbose(waitfor, config, ready):
    assert waitfor("-f", config({"quiet": True, "targets": [ready]})).err == ""
    assert "attempt 1" in waitfor("-f", config({"verbose": True, "once": True, "targets": [NEVER]})).err
    assert waitfor("-v", "-f", config({"quiet": True, "targets": [ready]})).err != ""


def events_of(text):
    return [json.loads(line)["event"] for line in text.splitlines()]


@pytest.mark.parametrize("env,args,as_json", [
    ({}, [], True), ({"WAITFOR_OUTPUT": "lines"}, [], False), ({}, ["--output=lines"], False),
    ({"WAITFOR_OUTPUT": "lines"}, ["--output=json"], True)])
def test_output(waitfor, config, ready, env, args, as_json):
    result = waitfor("-f", config({"output": "json", "targets": [ready]}), *args, env=env)
    assert result.code == 0, result
    if as_json:
        assert {"start", "ready"} <= set(events_of(result.err)), result
    else:
        assert result.err.startswith("waitfor: ") and "ready at" in result.err, result


def test_output_of_an_error_in_the_file_itself(waitfor, config):
    """Whoever reads JSON reads that, too: it is known by then."""
    result = waitfor("-f", config({"output": "json", "tiemout": 1}))
    assert result.code == 125 and len(result.lines) == 1, result
    assert 'did you mean \\"timeout\\"?' in result.err and events_of(result.err) == ["message"], result


def test_report_fd(waitfor, config, folder, ready):
    path = config({"report-fd": 9, "targets": [ready]})
    result = waitfor("-f", path, wrap=["sh", "-c", f'exec "$@" 9>{folder}/events', "sh"])
    assert result.code == 0 and "ready at" in result.err, result
    assert {"start", "ready"} <= set(events_of((folder / "events").read_text(encoding="utf-8")))


REPORTS = {
    "a string": ("{}/a", {}, [], "a"),
    "a list": (["{}/a", "junit:{}/b"], {}, [], "ab"),
    "the environment instead": (["{}/a", "{}/b"], {"WAITFOR_REPORT": "{}/c"}, [], "c"),
    "the command line instead": (["{}/a"], {"WAITFOR_REPORT": "{}/b"}, ["--report={}/c", "--report={}/d"], "cd"),
}


@pytest.mark.parametrize("case", REPORTS)
def test_report(waitfor, config, folder, ready, case):
    """A list of more rank replaces one of less."""
    in_file, env, args, written = REPORTS[case]
    filled = in_file.format(folder) if isinstance(in_file, str) else [each.format(folder) for each in in_file]
    result = waitfor("-f", config({"report": filled, "targets": [ready]}), *(word.format(folder) for word in args),
                     env={key: value.format(folder) for key, value in env.items()})
    assert result.code == 0, result
    assert "".join(sorted(each.name for each in folder.iterdir() if len(each.name) == 1)) == written


def attempts_against(peer_made):
    return len(peer_made.connections)


def test_attempt_timeout_of_each_target(waitfor, config, peer):
    """A silent server is given up and connected to anew."""
    own, groups, outside = peer(silence), peer(silence), peer(silence)
    uri = lambda server: f"postgres://{server.target}/x"
    path = config({"timeout": "1s", "attempt-timeout": "30s", "targets": [
        {"target": uri(own), "attempt-timeout": "200ms"},
        {"all": [uri(groups)], "attempt-timeout": 0.2}, uri(outside)]})
    assert waitfor("-f", path).code == 124
    assert 3 <= attempts_against(own) <= 6 and 3 <= attempts_against(groups) <= 6
    assert attempts_against(outside) == 1


def test_max_interval_of_each_target(waitfor, config, peer):
    """Between two attempts that a server logs are 80 ms, less the jitter, unless somebody says less."""
    own, outside = peer(refuses("57P03")), peer(refuses("57P03"))
    path = config({"timeout": "900ms", "targets": [
        {"target": f"postgres://{own.target}/x", "max-interval": "5ms"}, f"postgres://{outside.target}/x"]})
    assert waitfor("-f", path).code == 124
    assert attempts_against(outside) <= at_most(0.9, NOISY) and attempts_against(own) > 2 * attempts_against(outside)


# --- who wins -----------------------------------------------------------------------------------

SOURCES = ("outside", "group", "target", "environment", "command line")
SETS = [chosen for size in range(1, len(SOURCES) + 1) for chosen in itertools.combinations(SOURCES, size)]


def said_by(sources, key, values, target):
    """The configuration, environment and arguments in which each of the sources says its value."""
    inner = {"target": target}
    group = {"any": [inner]}
    outside = {"targets": [group]}
    env, args = {}, []
    for source, place in (("outside", outside), ("group", group), ("target", inner)):
        if source in sources:
            place[key] = values[source]
    if "environment" in sources:
        env[f"WAITFOR_{key.replace('-', '_').upper()}"] = str(values["environment"])
    if "command line" in sources:
        args = [f"--{key}={values['command line']}"]
    return outside, env, args


@pytest.mark.parametrize("sources", SETS, ids="+".join)
def test_who_decides_a_time(waitfor, config, refused, sources):
    values = {source: f"{310 + 10 * rank}ms" for rank, source in enumerate(SOURCES)}
    outside, env, args = said_by(sources, "timeout", values, refused)
    result = waitfor("-f", config(outside), *args, env=env)
    assert result.code == 124, result
    assert f"timed out after {values[sources[-1]]}\n" in result.err, result


@pytest.mark.parametrize("sources", SETS, ids="+".join)
def test_who_decides_a_number(waitfor, config, ready, sources):
    values = {source: 2 + rank for rank, source in enumerate(SOURCES)}
    outside, env, args = said_by(sources, "successes", values, ready)
    result = waitfor("-f", config(outside), "--max-interval=1ms", *args, env=env)
    assert result.code == 0, result
    assert result.err.endswith(f", {values[sources[-1]]} attempts\n"), result


def test_the_defaults_where_the_file_says_nothing(waitfor, config, ready):
    result = waitfor("-f", config({"targets": [ready]}))
    assert result.code == 0 and result.err.endswith(", 1 attempt\n"), result


@pytest.mark.parametrize("in_file", [None, True, False])
@pytest.mark.parametrize("in_env", [None, "1", "0"])
@pytest.mark.parametrize("on_line", [None, "--once", "--once=false"])
def test_who_decides_a_flag(waitfor, config, refused, in_file, in_env, on_line):
    settings = {"targets": [refused]} if in_file is None else {"once": in_file, "targets": [refused]}
    env = {} if in_env is None else {"WAITFOR_ONCE": in_env}
    args = [] if on_line is None else [on_line]
    said = [word for word in (in_file, in_env, on_line) if word is not None]
    once = bool(said) and said[-1] in (True, "1", "--once")
    result = waitfor("-t", "200ms", "-f", config(settings), *args, env=env)
    assert result.code == (1 if once else 124), result


@pytest.mark.parametrize("in_file,env,args,code", [
    ("absent", {"WAITFOR_DOWN": "false"}, [], 124), (False, {"WAITFOR_DOWN": "absent"}, [], 0),
    ("absent", {}, ["--down=no"], 124), (False, {"WAITFOR_DOWN": "0"}, ["--down=absent"], 0)])
def test_who_decides_a_word(waitfor, config, net, dns, in_file, env, args, code):
    path = config({"down": in_file, "timeout": "500ms", "targets": ["tcp://nobody:80"]})
    assert waitfor("-f", path, *args, env=env, net=net).code == code


def test_which_targets_are_waited_for(waitfor, config, ready, refused):
    """The command line's, else the environment's, else the file's; a notice tells whose are not."""
    path = config({"timeout": "300ms", "targets": [refused]})
    notice = f"waitfor: ignoring the targets in {path}, because "
    result = waitfor("-f", path, ready)
    assert result.code == 0 and result.lines[0] == f"{notice}the command line gives targets", result
    result = waitfor("-f", path, env={"WAITFOR_TARGETS": ready})
    assert result.code == 0 and result.lines[0] == f"{notice}WAITFOR_TARGETS gives targets", result
    result = waitfor("-f", path)
    assert result.code == 124 and "ignoring" not in result.err, result
    assert waitfor("-q", "-f", path, ready).err == ""


def test_the_settings_hold_for_targets_of_the_command_line(waitfor, config, refused):
    result = waitfor("-f", config({"timeout": "250ms"}), refused)
    assert result.code == 124 and "timed out after 250ms" in result.err, result


# --- forms of a target --------------------------------------------------------------------------

def test_every_form(waitfor, config, peer):
    peers = [peer() for _ in range(6)]
    path = config({"timeout": "10s", "targets": [
        peers[0].target, f"one=tcp://{peers[1].target}", "${TWO}", {"target": "127.0.0.1:${PORT}", "name": "THREE"},
        {"any": [{"target": f"tcp://{peers[4].target}"}]}, {"all": [{"all": [peers[5].target]}]}]})
    env = {"TWO": f"two=tcp://{peers[2].target}", "PORT": str(peers[3].port)}
    result = waitfor("-f", path, "--", "env", env=env)
    assert result.code == 0, result
    for each in peers:
        each.wait_connections(1)    # its thread may be late on a busy machine
    assert all(attempts_against(each) == 1 for each in peers)
    for name, number in (("ONE", 1), ("TWO", 2), ("THREE", 3)):
        assert f"{name}_PORT={peers[number].port}\n" in result.out, result


def pg_target(server, **more):
    return {"target": f"postgres://{server.target}/shop", **more}


def test_options_reach_the_server(waitfor, config, peer):
    server = peer(answers(ask_cleartext_password()))
    options = {"user": "${WHO}", "application_name": "a b&c=d%41?/#+é", "options": "-c x=1", "connect_timeout": 2}
    result = waitfor("-t", "10s", "-f", config({"targets": [pg_target(server, options=options)]}),
                     env={"WHO": "m&e ${NOT}"})
    assert result.code == 0, result
    startup = server.connections[-1].startup
    assert startup["database"] == "shop" and startup["user"] == "m&e ${NOT}"
    assert startup["application_name"] == "a b&c=d%41?/#+é" and startup["options"] == "-c x=1"


@pytest.mark.parametrize("target,env", [
    ("{}?application_name=first", {}), ("${{URL}}", {"URL": "{}?application_name=first"}),
    ("{}${{QUERY}}", {"QUERY": "?application_name=first"})])
def test_options_come_to_the_parameters_of_a_url(waitfor, config, peer, target, env):
    server = peer(answers(ask_cleartext_password()))
    url = f"postgres://{server.target}/shop"
    path = config({"targets": [{"target": target.format(url), "options": {"user": "me"}}]})
    result = waitfor("-t", "10s", "-f", path, env={key: value.format(url) for key, value in env.items()})
    assert result.code == 0, result
    startup = server.connections[-1].startup
    assert (startup["application_name"], startup["user"]) == ("first", "me")


def test_a_password_option_is_used(waitfor, config, peer):
    server = peer(answers(ask_cleartext_password()))
    path = config({"targets": [pg_target(server, options={"user": "me", "password": "${PW}"})]})
    result = waitfor("-v", "-t", "500ms", "-f", path, env={"PW": "h&nter %41=?"})
    assert result.code == 124 and "nter" not in result.err, result
    assert any(b"h&nter %41=?\0" in connection.received for connection in server.connections)


@pytest.mark.parametrize("options,says", [
    ({"sslmod": "disable"}, "sslmod"), ({"keepalives_idle": "abc"}, "keepalives_idle"),
    ({"target_session_attrs": "rw"}, "read-write")])
def test_what_libpq_refuses_has_its_place(waitfor, config, options, says):
    path = config('{"targets": [\n  ' + json.dumps({"target": "postgres://db/x", "options": options}) + "]}")
    result = waitfor("-f", path)
    assert result.code == 125 and len(result.lines) == 1, result
    assert result.err.startswith(f"waitfor: {path}:2:14: target ") and says in result.err, result


def test_what_a_probe_refuses_has_its_place(waitfor, config):
    for target, says in (("nohost", "port"), ("htp://db:80", "unknown scheme"), ("tcp://db:1/x", "tcp://")):
        path = config(f'{{"targets": [{{"all": ["{NEVER}",\n "{target}"]}}]}}')
        result = waitfor("-f", path)
        assert result.code == 125 and len(result.lines) == 1, result
        assert result.err.startswith(f"waitfor: {path}:2:2: target ") and says in result.err, result
