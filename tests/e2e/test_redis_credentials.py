"""What is sent to a Redis and in which order, where the password for it comes from, and that it shows nowhere."""

import json
import os

import pytest

from support import resp
from support.events import parse_document, parse_events, the
from support.peers import silence
from support.until import until
from test_redis import fails, refused_line
from test_targets import app_env, link


def conversation(peer):
    """What was asked through the last connection, without a farewell."""
    return [words for words in peer.connections[-1].commands if words[0].upper() != "QUIT"]


# what the target has: what is sent, in this order
SENT = {
    "redis://{}": [["PING"]],
    "redis://{}/0": [["PING"]],
    "redis://app@{}": [["PING"]],
    "redis://:@{}": [["PING"]],
    "redis://:secret@{}": [["AUTH", "secret"], ["PING"]],
    "redis://app:secret@{}": [["AUTH", "app", "secret"], ["PING"]],
    "redis://a%40b:p%3Ass+w%20d%25@{}": [["AUTH", "a@b", "p:ss+w d%"], ["PING"]],
    "redis://{}?role=master": [["PING"], ["ROLE"]],
    "redis://:secret@{}/?role=master": [["AUTH", "secret"], ["PING"], ["ROLE"]],
}


@pytest.mark.parametrize("target", SENT)
def test_what_is_sent(waitfor, peer, target):
    server = peer(resp.answers())
    assert waitfor("-t", "10s", target.format(server.target)).code == 0
    assert until(lambda: server.connections[-1].ended) == "fin", "and nothing is left unread"
    assert conversation(server) == SENT[target]


def test_a_database_is_selected_after_the_login(waitfor, peer):
    server = peer(resp.answers())
    assert waitfor("-t", "10s", f"redis://app:secret@{server.target}/7?role=master").code == 0
    said = conversation(server)
    assert said[0] == ["AUTH", "app", "secret"] and said.index(["PING"]) < said.index(["ROLE"]), said
    assert sorted(said) == [["AUTH", "app", "secret"], ["PING"], ["ROLE"], ["SELECT", "7"]], said


# Who wins: what the URL has, the environment; what AUTH is given (None: there is none).
CREDENTIALS = {
    "NAME_PASSWORD": ("", {"CACHE_PASSWORD": "env"}, ["env"]),
    "NAME_USER": ("", {"CACHE_USER": "app", "CACHE_PASSWORD": "env"}, ["app", "env"]),
    "NAME_USER alone": ("", {"CACHE_USER": "app"}, None),
    "the URL's user": ("me@", {"CACHE_PASSWORD": "env"}, ["me", "env"]),
    "the URL's user wins": ("me@", {"CACHE_USER": "app", "CACHE_PASSWORD": "env"}, ["me", "env"]),
    "the URL wins": ("me:url@", {"CACHE_USER": "app", "CACHE_PASSWORD": "env"}, ["me", "url"]),
    "the URL's password wins": (":url@", {"CACHE_PASSWORD": "env"}, ["url"]),
    "the URL wins over a file": (":url@", {"CACHE_PASSWORD_FILE": "{file}"}, ["url"]),
    "a file": ("", {"CACHE_PASSWORD_FILE": "{file}"}, ["file"]),
    "a file and NAME_USER": ("", {"CACHE_USER": "app", "CACHE_PASSWORD_FILE": "{file}"}, ["app", "file"]),
    "an empty variable is none": ("", {"CACHE_PASSWORD": "", "CACHE_PASSWORD_FILE": "{file}"}, ["file"]),
    "an empty name of a file is none": ("", {"CACHE_PASSWORD": "env", "CACHE_PASSWORD_FILE": ""}, ["env"]),
    "an empty user is none": ("", {"CACHE_USER": "", "CACHE_PASSWORD": "env"}, ["env"]),
    "a link": ("", {"CACHE_ENV_REDIS_PASSWORD": "link"}, ["link"]),
    "a link comes last": ("", {"CACHE_ENV_REDIS_PASSWORD": "link", "CACHE_PASSWORD": "env"}, ["env"]),
    "a link comes after a file": ("", {"CACHE_ENV_REDIS_PASSWORD": "link", "CACHE_PASSWORD_FILE": "{file}"},
                                  ["file"]),
    "a link comes after the URL": (":url@", {"CACHE_ENV_REDIS_PASSWORD": "link"}, ["url"]),
    "others' variables": ("", {"REDIS_PASSWORD": "x", "DB_PASSWORD": "x", "PASSWORD": "x", "REDISCLI_AUTH": "x",
                               "DB_ENV_REDIS_PASSWORD": "x"}, None),
}


@pytest.mark.parametrize("case", CREDENTIALS)
def test_whose_credentials(waitfor, net, cache, folder, case):
    who, env, expected = CREDENTIALS[case]
    cache.script = resp.answers()
    (folder / "pass").write_text("file\n")
    env = {**link("CACHE", "10.77.0.6", 6379),
           **{key: value.format(file=folder / "pass") for key, value in env.items()}}
    assert waitfor("-t", "10s", f"redis://{who}cache", env=env, net=net).code == 0
    until(lambda: cache.connections[-1].ended)
    assert conversation(cache) == ([["AUTH", *expected]] if expected else []) + [["PING"]]


@pytest.mark.parametrize("target, variable", [
    ("cache:6379", "CACHE"), ("redis://cache.prod.test", "CACHE"), ("redis://my-cache", "MY_CACHE"),
    ("api=redis://cache", "API"), ("my-api.v2=redis://10.77.0.6", "MY_API_V2"), ("api=cache:6379", "API")])
def test_the_variables_are_those_of_the_exported_name(waitfor, net, cache, target, variable):
    cache.script = resp.answers()
    env = {f"{variable}_PASSWORD": "secret"}
    assert waitfor("-t", "10s", target, env=env, net=net).code == 0
    until(lambda: cache.connections[-1].ended)
    assert conversation(cache) == [["AUTH", "secret"], ["PING"]]


def test_the_app_keeps_its_variables(waitfor, peer, folder):
    server = peer(resp.answers())
    env = {"CACHE_USER": "app", "CACHE_PASSWORD": "secret"}
    shown = app_env(waitfor("-t", "10s", f"cache=redis://{server.target}", "--", "env", env=env))
    assert (shown["CACHE_USER"], shown["CACHE_PASSWORD"], shown["CACHE_PORT"]) == ("app", "secret", str(server.port))


@pytest.mark.parametrize("content, password", [
    (b"secret", "secret"), (b"secret\n", "secret"), (b"secret\n\n", "secret\n"), (b" secret \n", " secret "),
    (b"two\nlines\n", "two\nlines")])
def test_of_a_file_only_its_last_line_end_is_cut_off(waitfor, peer, folder, content, password):
    server = peer(resp.answers())
    (folder / "pass").write_bytes(content)
    env = {"CACHE_PASSWORD_FILE": str(folder / "pass")}
    assert waitfor("-t", "10s", f"cache=redis://{server.target}", env=env).code == 0
    until(lambda: server.connections[-1].ended)
    assert conversation(server)[0] == ["AUTH", password]


def test_a_password_and_a_file_with_one_are_refused(waitfor, peer, folder):
    server = peer(resp.answers())
    (folder / "pass").write_text("hunter2\n")
    env = {"CACHE_PASSWORD": "hunter2", "CACHE_PASSWORD_FILE": str(folder / "pass")}
    result = waitfor(f"cache=redis://{server.target}", "--", "echo", "started", env=env)
    assert refused_line(result, "CACHE_PASSWORD", "CACHE_PASSWORD_FILE") and "hunter2" not in result.err, result
    assert not server.connections


@pytest.mark.parametrize("case", ["missing", "folder", "forbidden", "endless"])
def test_a_password_file_that_cannot_be_read(waitfor, peer, folder, case):
    server = peer(resp.answers())
    (folder / "folder").mkdir()
    (folder / "forbidden").write_text("secret\n")
    (folder / "forbidden").chmod(0)
    (folder / "endless").symlink_to("/dev/zero")
    wrap = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "--"] if os.geteuid() == 0 else []
    result = waitfor(f"cache=redis://{server.target}", "--", "echo", "started", wrap=wrap,
                     env={"CACHE_PASSWORD_FILE": str(folder / case)})
    assert refused_line(result, "CACHE_PASSWORD_FILE", str(folder / case)), result
    assert not server.connections


# --- secrets ------------------------------------------------------------------------------------

SECRET = "hunter2hunter2"
SECRET_SOURCES = {
    "URL": (["redis://:{secret}@{at}/1"], {}),
    "URL with a user": (["redis://app:{secret}@{at}"], {}),
    "URL with a role": (["redis://:{secret}@{at}?role=master"], {}),
    "named": (["cache=redis://app:{secret}@{at}"], {}),
    "variable": (["${{URL}}"], {"URL": "redis://:{secret}@{at}"}),
    "a part of it in a variable": (["redis://:${{PW}}@{at}"], {"PW": "{secret}"}),
    "WAITFOR_TARGETS": ([], {"WAITFOR_TARGETS": "redis://:{secret}@{at}"}),
    "NAME_PASSWORD": (["cache=redis://{at}"], {"CACHE_PASSWORD": "{secret}"}),
    "NAME_USER": (["cache=redis://{at}"], {"CACHE_USER": "app", "CACHE_PASSWORD": "{secret}"}),
    "the URL's user": (["cache=redis://app@{at}"], {"CACHE_PASSWORD": "{secret}"}),
    "NAME_PASSWORD_FILE": (["cache=redis://{at}"], {"CACHE_PASSWORD_FILE": "{folder}/pass"}),
    "configuration file": (["-f", "{folder}/in-target.json"], {}),
}


def secret_source(case, at, folder):
    form = {"secret": SECRET, "at": at, "folder": folder}
    (folder / "pass").write_text(f"{SECRET}\n")
    (folder / "in-target.json").write_text(json.dumps({"targets": [f"redis://:{SECRET}@{at}"]}))
    args, env = SECRET_SOURCES[case]
    return [word.format(**form) for word in args], {key: value.format(**form) for key, value in env.items()}


@pytest.mark.parametrize("case", SECRET_SOURCES)
def test_no_secret_in_any_output(waitfor, peer, folder, case):
    """The server says it back."""
    server = peer(resp.answers({"AUTH": resp.refusal(f"WRONGPASS {SECRET} is wrong")}))
    args, env = secret_source(case, server.target, folder)
    reports = ["--report", folder / "r.json", "--report", f"junit:{folder / 'r.xml'}"]
    lines = waitfor("-v", "-t", "500ms", "--run-anyway", *args, "--", "env", env=env)
    events = waitfor("-v", "--output", "json", "-t", "500ms", *reports, *args, env=env)
    plans = [waitfor(form, *args, env=env) for form in ("--explain", "--explain=json")]
    assert lines.code == 0 and "denied: WRONGPASS" in lines.err, lines
    assert the(parse_events(events.err), "timeout")["reason"] == "denied"
    assert parse_document((folder / "r.json").read_text())["targets"][0]["reason"] == "denied"
    assert all(plan.code == 0 and server.target in plan.out for plan in plans)
    shown = [lines.err, events.err, *((folder / name).read_text() for name in ("r.json", "r.xml")),
             *(plan.out + plan.err for plan in plans)]
    assert not [text for text in shown if SECRET in text]
    # The app keeps the variables it was given; none of the new ones may hold the secret.
    assert not [line for line in lines.out.splitlines() if SECRET in line and line.split("=")[0] not in env]
    assert any(SECRET in words for each in server.connections for words in getattr(each, "commands", [])), \
        "and yet it was sent"


def test_a_user_alone_may_be_the_password(waitfor, peer):
    """The ':' before it is missing. It is hidden like a password."""
    at = peer(resp.answers({"PING": resp.refusal("LOADING")})).target
    for words in (["-v", "-t", "300ms"], ["--output=json", "-v", "-t", "300ms"], ["--explain"], ["--explain=json"]):
        result = waitfor(*words, f"redis://{SECRET}@{at}")
        assert SECRET not in result.out + result.err and f"redis://***@{at}" in result.out + result.err, result


def test_no_secret_of_a_link(waitfor, net, cache):
    cache.script = resp.answers({"AUTH": resp.refusal(f"WRONGPASS {SECRET} is wrong")})
    env = {**link("CACHE", "10.77.0.6", 6379), "CACHE_ENV_REDIS_PASSWORD": SECRET}
    for words in (["-v", "-t", "500ms"], ["--output=json", "-v", "-t", "500ms"], ["--explain"], ["--explain=json"]):
        result = waitfor(*words, "redis://cache", env=env, net=net)
        assert SECRET not in result.out + result.err and (result.out or "denied" in result.err), result


def test_no_secret_that_was_written_with_escapes(waitfor, peer):
    """The server says it back as it is, the target has it as it was written."""
    server = peer(resp.answers({"AUTH": resp.refusal("WRONGPASS hunter/xyzzy is wrong")}))
    result = waitfor("-v", "-t", "300ms", f"redis://:hunter%2Fxyzzy@{server.target}")
    assert fails(result, "denied") and "hunter" not in result.err and "xyzzy" not in result.err, result


def test_the_masked_target_is_still_recognisable(waitfor, peer):
    target = peer(listen=False).target
    result = waitfor("-t", "300ms", f"redis://app:{SECRET}@{target}/3?role=master", f"redis://:{SECRET}@{target}/4")
    assert f"redis://app:***@{target}/3?role=master" in result.err, result
    assert f"redis://:***@{target}/4" in result.err, result


@pytest.mark.parametrize("target", [
    f"redis://:{SECRET}@cache:0", f"redis://app:{SECRET}@cache/shop", f"redis://:{SECRET}@cache?rol=master",
    f"redis://:{SECRET}@cache?role=boss", f"redis://:p@{SECRET}@cache",
    f"redis://:p@{SECRET}@cache/3", f"redis://:{SECRET}", f"redis://app:{SECRET}/3",
    f"redis://cache?password={SECRET}", f"redis://cache?pasword={SECRET}", f"rediss://:{SECRET}@cache",
    f"redis://:12?{SECRET}@cache", f"redis://:{SECRET}@%2Frun%2Fredis.sock"])
def test_no_secret_in_the_line_of_a_wrong_target(waitfor, target):
    result = waitfor(target)
    assert refused_line(result) and SECRET not in result.err, result


def test_no_secret_behind_an_escape_that_is_none(waitfor, peer):
    result = waitfor("-v", "-t", "300ms", f"redis://:%zz{SECRET}@{peer(resp.answers(), listen=False).target}")
    assert result.code in (124, 125) and SECRET not in result.err, result


@pytest.mark.parametrize("options", [{"password": SECRET}, {"pasword": SECRET}])
def test_no_secret_in_the_line_of_a_wrong_option(waitfor, config, options):
    result = waitfor("-v", "-t", "300ms", "-f", config({"targets": [{"target": "redis://127.0.0.1:1",
                                                                     "options": options}]}))
    assert refused_line(result) and SECRET not in result.err, result


def test_no_secret_of_a_file_in_what_proc_shows(waitfor, peer, folder):
    server = peer(silence)
    args, env = secret_source("NAME_PASSWORD_FILE", server.target, folder)
    running = waitfor.start("-t", "20s", *args, env=env)
    server.wait_connections(1)
    for name in ("cmdline", "environ", "comm"):
        with open(f"/proc/{running.pid}/{name}", "rb") as file:
            assert SECRET.encode() not in file.read()
