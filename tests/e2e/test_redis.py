"""Real Redis servers: what counts as ready, and what a wait leaves in their logs. And what is wrong with a target."""

import json
import re
import signal

import pytest

from support import resp
from support.events import names, parse_events, the
from support.pace import NOISY, at_most
from support.peers import silence
from support.redis import PASSWORD, PASSWORD_IN_URI
from support.until import until
from test_targets import app_env, link, service

QUICK = ("-t", "1200ms")
STARTING = "answers but is not ready"


def fails(result, reason):
    assert result.code == 124, result
    assert reason in result.err, result
    return True


def gives_up(result, reason):
    """--fail-fast with a minute to go."""
    return fails(result, reason) and "gave up" in result.err and result.seconds < 15


def refused_line(result, *words):
    """Exit 125 before any wait, and one line that holds the words."""
    assert (result.code, result.out, len(result.lines)) == (125, "", 1), result
    assert result.err.startswith("waitfor: ") and result.seconds < 10, result
    assert all(word in result.err for word in words), result
    return True


# --- a server that is up ------------------------------------------------------------------------

@pytest.mark.parametrize("rest", ["", "/", "/0", "/15", "?role=master", "/?role=master", "/3?role=master"])
def test_a_server_that_is_up(waitfor, redis, rest):
    result = waitfor("-t", "10s", redis.uri(rest=rest))
    assert result.code == 0, result
    assert re.fullmatch(rf"waitfor: {re.escape(redis.uri(rest=rest))}: ready at {redis.target} after [\d.]+m?s, "
                        r"1 attempt", result.lines[0]), result


def test_a_key_that_comes_late(waitfor, new_redis):
    server = new_redis().start()
    base = f"redis://{server.target}"
    waits = [waitfor.start("-v", "-t", "30s", f"{base}/2?key={key}") for key in ("state", "state=^up$", "state=^up$&role=master")]
    for each in waits:
        each.wait_err("the key does not exist")
    with server.admin() as client:
        client.do("SELECT", "2")
        client.do("SET", "state", "hunter2")
        assert waits[0].finish(40).code == 0
        waits[1].wait_err("the key has another value")
        client.do("SET", "state", "up")
        for each in waits[1:]:
            result = each.finish(40)
            assert result.code == 0 and "hunter2" not in result.err, result
        client.do("LPUSH", "list", "x")
    assert fails(waitfor(*QUICK, f"{base}/2?key=list=x"), "not suitable: WRONGTYPE")
    assert fails(waitfor(*QUICK, f"{base}/3?key=state"), "the key does not exist")
    assert waitfor("-t", "9s", f"{base}/2?key=list").code == 0


def test_a_cluster(waitfor, new_redis):
    """Of one node: it is ok once each slot is served."""
    server = new_redis().start(cluster_enabled="yes")
    url = server.uri(rest="?cluster")
    assert waitfor("-t", "9s", server.uri()).code == 0
    running = waitfor.start("-t", "40s", url)
    running.wait_err("the cluster is not ok; 0 of 16384 slots are")
    server.do("CLUSTER", "ADDSLOTSRANGE", 1, 16383)
    assert fails(waitfor(*QUICK, url), "the cluster is not ok; 16383 of 16384 slots are")
    server.do("CLUSTER", "ADDSLOTSRANGE", 0, 0)
    assert running.finish(50).code == 0
    server.do("SET", "state", "up")
    assert waitfor("-t", "9s", f"{url}&key=state=up&role=master").code == 0


def test_a_server_of_no_cluster(waitfor, redis):
    assert fails(waitfor(*QUICK, redis.uri(rest="?cluster")),
                 "not suitable: ERR This instance has cluster support disabled")


@pytest.mark.parametrize("target", ["cache:6379", "redis://cache", "redis://cache/", "redis://cache:6379/2",
                                    "redis://cache?role=master"])
def test_the_usual_port_and_what_is_exported(waitfor, net, cache, target):
    shown = app_env(waitfor("-t", "10s", target, "--", "env", net=net))
    assert (shown["CACHE_HOST"], shown["CACHE_PORT"], shown["CACHE_ADDR"]) == ("cache", "6379", "10.77.0.6")


@pytest.mark.parametrize("target", ["cache:6379", "cache", "redis://cache"])
def test_an_open_port_6379_is_not_ready(waitfor, net, cache, target):
    cache.script = silence
    result = waitfor("-t", "1s", "--attempt-timeout", "300ms", target, net=net, env=link("CACHE", "10.77.0.6", 6379))
    fails(result, "no reply")


def test_tcp_means_only_the_port(waitfor, net, cache):
    cache.script = silence
    assert waitfor(*QUICK, "tcp://cache:6379", net=net).code == 0
    cache.wait_connections(1)
    assert cache.connections[-1].received == b""


@pytest.mark.parametrize("env", [link("CACHE", "10.77.0.6", 6379), service("CACHE", "10.77.0.6", "6379")])
@pytest.mark.parametrize("words", [["cache"], ["--links"], ["redis://cache"]])
def test_variables_of_a_link_or_service_lead_to_it(waitfor, net, dns, cache, env, words):
    net.rewrite(net.hosts, "127.0.0.1 localhost\n")
    assert waitfor("-t", "10s", *words, env=env, net=net).code == 0
    cache.wait_connections(1)


def test_ipv6_in_brackets(waitfor, net, peer):
    server = peer(resp.answers(), address="::1", net=net)
    assert waitfor("-t", "10s", f"redis://[::1]:{server.port}/1", net=net).code == 0


# --- passwords, real servers --------------------------------------------------------------------

@pytest.fixture
def locked(new_redis):
    """A server that nobody gets a PONG from without the password."""
    return new_redis().start(requirepass=PASSWORD)


def sources(server, folder, password, user=""):
    """Every place that a password may stand in: arguments and environment. ?role=master wants a login."""
    (folder / "pass").write_bytes(f"{password}\n".encode())
    written = PASSWORD_IN_URI if password == PASSWORD else password
    named, known = f"cache={server.uri(rest='?role=master')}", {"CACHE_USER": user} if user else {}
    return {
        "URL": ([server.uri(user, written, "?role=master")], {}),
        "NAME_PASSWORD": ([named], {**known, "CACHE_PASSWORD": password}),
        "NAME_PASSWORD_FILE": ([named], {**known, "CACHE_PASSWORD_FILE": str(folder / "pass")}),
        "the URL's user": ([f"cache={server.uri(user or 'default', rest='?role=master')}"],
                           {"CACHE_PASSWORD": password}),
    }


SOURCES = ["URL", "NAME_PASSWORD", "NAME_PASSWORD_FILE", "the URL's user"]


@pytest.mark.parametrize("case", SOURCES)
def test_with_the_password_from_anywhere_it_logs_in(waitfor, locked, folder, case):
    args, env = sources(locked, folder, PASSWORD)[case]
    assert waitfor("-t", "10s", *args, env=env).code == 0
    assert (locked.errors("NOAUTH"), locked.errors("WRONGPASS")) == (0, 0)
    args, env = sources(locked, folder, "wrong")[case]
    assert gives_up(waitfor("-t", "60s", "--fail-fast", *args, env=env), "denied: WRONGPASS")


@pytest.mark.parametrize("case", SOURCES)
def test_a_user_of_an_acl(waitfor, redis, folder, case):
    args, env = sources(redis, folder, PASSWORD, "app")[case]
    assert waitfor("-t", "10s", *args, env=env).code == 0
    args, env = sources(redis, folder, "wrong", "app")[case]
    assert gives_up(waitfor("-t", "60s", "--fail-fast", *args, env=env), "denied: WRONGPASS")
    args, env = sources(redis, folder, PASSWORD, "nobody")[case]
    fails(waitfor(*QUICK, *args, env=env), "denied: WRONGPASS")


@pytest.mark.parametrize("user", ["", "app", "default"])
def test_without_a_password_a_demand_for_one_is_enough(waitfor, locked, user):
    """It proves that the server is up."""
    assert waitfor("-t", "10s", locked.uri(user)).code == 0


def test_a_role_cannot_be_told_without_a_login(waitfor, locked):
    result = waitfor(*QUICK, locked.uri(rest="?role=master"))
    assert fails(result, "denied: NOAUTH") and "ready at" not in result.err, result
    assert gives_up(waitfor("-t", "60s", "--fail-fast", locked.uri(rest="?role=master")), "denied: NOAUTH")


def test_a_user_who_may_not_even_ping(waitfor, redis):
    """-NOPERM: it is up, and the password was right."""
    assert waitfor("-t", "10s", redis.uri("deaf", PASSWORD_IN_URI)).code == 0


def test_a_password_for_a_server_that_has_none(waitfor, redis):
    result = waitfor("-t", "60s", "--fail-fast", redis.uri(password="secret"))
    assert gives_up(result, "without any password configured") and "denied: ERR AUTH" in result.err, result


def test_a_database_that_the_server_does_not_have(waitfor, redis):
    assert gives_up(waitfor("-t", "60s", "--fail-fast", redis.uri(rest="/16")), "denied: ERR DB index is out of range")


def test_a_password_that_is_set_during_the_wait(waitfor, locked):
    running = waitfor.start("-t", "40s", locked.uri(password="later"))
    running.wait_err("denied")
    locked.do("CONFIG", "SET", "requirepass", "later")
    assert running.finish().code == 0


HOSTILE = ["a b", "quo\"te's", "back\\slash", "two\r\nPING\r\nlines", "é☃", "$6", "*1", "a+b&c=d?e#f/g:h@i%41",
           "x" * 500]


@pytest.mark.parametrize("password", HOSTILE, ids=range(len(HOSTILE)))
def test_a_password_of_any_characters(waitfor, locked, folder, password):
    locked.do("CONFIG", "SET", "requirepass", password)
    file = folder / "pass"
    file.write_bytes(f"{password}\n".encode())
    target = f"cache={locked.uri(rest='?role=master')}"
    assert waitfor("-t", "10s", target, env={"CACHE_PASSWORD": password}).code == 0
    assert waitfor("-t", "10s", target, env={"CACHE_PASSWORD_FILE": str(file)}).code == 0
    encoded = "".join(f"%{byte:02x}" for byte in password.encode())
    assert waitfor("-t", "10s", locked.uri(password=encoded, rest="?role=master")).code == 0


# --- what stays in the server's log -------------------------------------------------------------

@pytest.mark.parametrize("password, rest", [("", ""), ("", "/2?role=master"), (PASSWORD_IN_URI, "/2?role=master")])
def test_it_leaves_nothing_in_the_log_but_that_it_came_and_went(waitfor, new_redis, password, rest):
    server = new_redis().start(**({"requirepass": PASSWORD} if password else {}))

    def said():
        return [line.split(" ", 6)[5:] for line in server.log()[before:].splitlines()]

    def count(word):
        return sum(text.startswith(word) for _, text in said())
    until(lambda: server.accepted() == server.log().count("- Client closed"))
    before = len(server.log())
    for _ in range(4):
        assert waitfor("-t", "10s", server.uri(password=password, rest=rest)).code == 0
    assert waitfor("-t", "10s", "--once", server.uri(rest="/1")).code == 0
    until(lambda: count("Accepted") == count("Client closed connection") == 5, what=lambda: server.log()[before:])
    assert {level for level, _ in said()} == {"-"} and len(said()) == 10, said()


# --- a server's life ----------------------------------------------------------------------------

@pytest.mark.parametrize("rest", ["", "/1?role=master"])
@pytest.mark.parametrize("password", ["", PASSWORD_IN_URI], ids=["ping", "login"])
def test_a_server_that_loads_its_dump_is_not_ready(waitfor, new_redis, redis_dump, rest, password):
    server = new_redis(dump=redis_dump).start_loading()
    server.do("ACL", "SETUSER", "app", "on", f">{PASSWORD}", "~*", "&*", "+@all")
    asked = server.errors("LOADING")
    running = waitfor.start("-t", "60s", server.uri("app" if password else "", password, rest))
    running.wait_err(f"{STARTING}: LOADING Redis is loading the dataset in memory")
    until(lambda: server.errors("LOADING") >= asked + 3, what="it is asked again")
    assert running.alive() and server.says("PING").startswith("LOADING")
    server.finish_loading()
    result = running.finish(40)
    assert server.says("PING") == "PONG"
    assert result.code == 0 and len(result.lines) == 2, result


def test_a_loading_server_is_asked_sparingly(waitfor, new_redis, redis_dump):
    """10 % of the time waited, 80 ms to 1 s, as a PostgreSQL that starts up."""
    server = new_redis(dump=redis_dump).start_loading()
    before = server.errors("LOADING")
    fails(waitfor("-t", "2s", server.uri()), "LOADING")
    assert 4 <= server.errors("LOADING") - before <= at_most(2, NOISY)


def test_a_server_that_comes_late(waitfor, new_redis):
    server = new_redis()
    running = waitfor.start("-t", "40s", server.uri())
    running.wait_err("connection refused")
    server.start(wait=False)
    assert running.finish(40).code == 0


def test_a_server_that_comes_late_and_loads_first(waitfor, new_redis, redis_dump):
    server = new_redis(dump=redis_dump)
    running = waitfor.start("-t", "60s", server.uri())
    running.wait_err("connection refused")
    server.start_loading()
    running.wait_err("LOADING")
    server.finish_loading()
    assert running.finish(40).code == 0
    assert server.says("PING") == "PONG"


def test_shut_down_during_the_wait_and_back_again(waitfor, new_redis):
    server = new_redis().start()
    server.break_saving()
    running = waitfor.start("-t", "60s", server.uri())
    running.wait_err(f"{STARTING}: MISCONF")
    server.stop(signal.SIGKILL)
    running.wait_err("connection refused", 20)
    server.dump.rmdir()
    server.start(wait=False)
    assert running.finish(40).code == 0


@pytest.mark.parametrize("password", ["", PASSWORD_IN_URI], ids=["ping", "login"])
def test_a_replica_without_its_master(waitfor, new_redis, password):
    master = new_redis()
    replica = new_redis().start(wait=False, replicaof=("127.0.0.1", master.port), replica_serve_stale_data="no")
    until(replica.answers)
    replica.do("ACL", "SETUSER", "app", "on", f">{PASSWORD}", "~*", "&*", "+@all")
    target = replica.uri("app" if password else "", password)
    running = waitfor.start("-t", "60s", target)
    running.wait_err(f"{STARTING}: MASTERDOWN Link with MASTER is down")
    fails(waitfor(*QUICK, "--fail-fast", target), "timed out")
    assert running.alive()
    master.start()
    assert running.finish(40).code == 0
    assert replica.says("PING") == "PONG"


def test_a_replica_without_its_master_that_answers_all_the_same(waitfor, new_redis, peer):
    """replica-serve-stale-data yes, the default: it does what it is for."""
    replica = new_redis().start(wait=False, replicaof=("127.0.0.1", peer(listen=False).port))
    assert waitfor("-t", "10s", replica.uri()).code == 0


@pytest.mark.parametrize("rest", ["", "/1?role=master"])
def test_a_server_that_runs_a_script(waitfor, new_redis, rest):
    """A SELECT gets -BUSY as well: no denial."""
    server = new_redis().start()
    with server.busy():
        running = waitfor.start("-t", "60s", "--fail-fast", server.uri(rest=rest))
        running.wait_err(f"{STARTING}: BUSY")
        asked = server.accepted()
        until(lambda: server.accepted() > asked + 1, what="it is asked again")
        assert running.alive()
    assert running.finish().code == 0


def test_a_server_that_cannot_save(waitfor, new_redis):
    server = new_redis().start()
    server.break_saving()
    running = waitfor.start("-t", "60s", "--fail-fast", server.uri())
    running.wait_err(f"{STARTING}: MISCONF Redis is configured to save RDB snapshots")
    asked = server.errors("MISCONF")
    until(lambda: server.errors("MISCONF") > asked, what="it is asked again")
    assert running.alive()
    server.mend_saving()
    assert running.finish().code == 0


def test_too_many_clients(waitfor, new_redis):
    server = new_redis().start()
    with server.admin() as client:
        client.do("CONFIG", "SET", "maxclients", 1)
        running = waitfor.start("-t", "60s", "--fail-fast", server.uri())
        running.wait_err("max number of clients reached")
        assert running.alive()
        client.do("CONFIG", "SET", "maxclients", 100)
    assert running.finish().code == 0


# --- masters and replicas -----------------------------------------------------------------------

@pytest.fixture
def replica(new_redis):
    """A replica in step with a master."""
    master = new_redis().start()
    made = new_redis().start(replicaof=("127.0.0.1", master.port))
    made.master = master
    until(lambda: made.info("replication", "master_link_status") == "up", 30, lambda: made.log())
    return made


def test_a_replica_is_not_suitable_for_writing_until_it_is_promoted(waitfor, replica):
    assert waitfor("-t", "10s", replica.uri()).code == 0, "without the wish it is as good as any"
    fails(waitfor(*QUICK, "--fail-fast", replica.uri(rest="?role=master")), "timed out")
    running = waitfor.start("-t", "40s", replica.uri(rest="/2?role=master"))
    running.wait_err("not suitable")
    replica.do("REPLICAOF", "NO", "ONE")
    assert running.finish().code == 0


def test_a_master_is_not_suitable_where_a_replica_is_wanted(waitfor, replica):
    assert waitfor("-t", "10s", replica.uri(rest="?role=replica")).code == 0
    new = replica.master
    running = waitfor.start("-t", "40s", new.uri(rest="?role=replica"))
    running.wait_err("not suitable")
    new.do("REPLICAOF", "127.0.0.1", replica.port)
    assert running.finish().code == 0


# --- --down -------------------------------------------------------------------------------------

def test_down_waits_until_it_is_gone(waitfor, new_redis):
    server = new_redis().start()
    before = server.accepted()
    running = waitfor.start("--down", "-t", "60s", server.uri(), "--", "echo", "app")
    until(lambda: server.accepted() >= before + 3, what="it is asked again")
    assert running.alive()
    server.stop()
    result = running.finish()
    assert (result.code, result.out) == (0, "app\n")


def test_a_server_that_only_loads_or_denies_is_not_down(waitfor, new_redis, redis_dump, locked):
    loading = new_redis(dump=redis_dump).start_loading()
    assert waitfor(*QUICK, "--down", loading.uri()).code == 124
    assert waitfor(*QUICK, "--down", locked.uri(password="wrong")).code == 124
    assert waitfor(*QUICK, "--down", locked.uri(rest="?role=replica")).code == 124


def test_a_server_that_never_was_is_down(waitfor, new_redis):
    assert waitfor(*QUICK, "--down", new_redis().uri()).code == 0


# --- what is wrong with a target ----------------------------------------------------------------

# target, what the line must say
WRONG = {
    "a misspelt parameter": ("redis://cache?rol=master", ['"rol"', 'did you mean "role"?']),
    "a misspelt parameter after another": ("redis://cache/1?role=master&roel=x", ['"roel"', 'did you mean "role"?']),
    "a parameter unlike any": ("redis://cache?zzzzzzzz=1", ["zzzzzzzz", "role"]),
    "a wrong role": ("redis://cache?role=boss", ["boss", "master", "replica"]),
    "no role": ("redis://cache?role=", ["role", "master", "replica"]),
    "a parameter without a value": ("redis://cache?role", ["role"]),
    "a database with letters": ("redis://cache/shop", ["shop"]),
    "a database with digits and letters": ("redis://cache/1x", ["1x"]),
    "a negative database": ("redis://cache/-1", ["-1"]),
    "two databases": ("redis://cache/1/2", ["1/2"]),
    "a port of 0": ("redis://cache:0", ["65535"]),
    "a port with letters": ("redis://cache:63x", ["65535"]),
    "no host": ("redis://", ["host"]),
    "no host, but a database": ("redis:///3", ["host"]),
    "a path as the host": ("redis://%2Frun%2Fredis.sock", ["path"]),
    "TLS": ("rediss://cache", ["rediss", "redis"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_target(waitfor, case):
    target, says_ = WRONG[case]
    refused_line(waitfor(target, "--", "echo", "started"), target.partition("://")[0], *says_)


def test_a_misspelt_scheme(waitfor):
    refused_line(waitfor("redsi://cache"), "redsi", "did you mean redis://?")


# --- the configuration file ---------------------------------------------------------------------

def test_options_of_the_file_are_parameters(waitfor, config, replica):
    path = config({"targets": [{"target": replica.master.uri(rest="/2"), "options": {"role": "master"}},
                               {"target": replica.uri(), "options": {"role": "${ROLE}"}}]})
    assert waitfor("-t", "10s", "-f", path, env={"ROLE": "replica"}).code == 0
    fails(waitfor(*QUICK, "-f", path, env={"ROLE": "master"}), "not suitable")


def test_a_name_of_the_file_finds_its_password(waitfor, config, locked):
    path = config({"targets": [{"target": locked.uri(), "name": "CACHE", "options": {"role": "master"}}]})
    assert waitfor("-t", "10s", "-f", path, env={"CACHE_PASSWORD": PASSWORD}).code == 0
    fails(waitfor(*QUICK, "-f", path, env={"CACHE_PASSWORD": "wrong"}), "denied: WRONGPASS")


@pytest.mark.parametrize("target, options, says_", [
    ("redis://cache", {"rol": "master"}, ["rol", 'did you mean "role"?']),
    ("redis://cache", {"role": "boss"}, ["boss", "master", "replica"]),
    ("redis://cache?rol=master", {}, ["rol", 'did you mean "role"?']),
    ("redis://cache/shop", {"role": "master"}, ["shop"]), ("redis://cache:0", {}, ["65535"])])
def test_what_is_wrong_has_its_place(waitfor, config, target, options, says_):
    path = config('{"targets": [\n  ' + json.dumps({"target": target, "options": options}) + "]}")
    result = waitfor("-f", path, "--", "echo", "started")
    assert refused_line(result, *says_) and re.match(rf"waitfor: {re.escape(str(path))}:2:\d+: ", result.err), result


def test_a_missing_password_file_has_its_place(waitfor, config, folder):
    path = config('{"targets": [\n  "redis://cache"]}')
    result = waitfor("-f", path, env={"CACHE_PASSWORD_FILE": f"{folder}/none"})
    assert refused_line(result, f"{path}:2:3: ", "CACHE_PASSWORD_FILE", f"{folder}/none"), result


# --- the plan -----------------------------------------------------------------------------------

def test_the_plan(waitfor):
    result = waitfor("--explain=json", "cache:6379", "redis://db/3?role=master")
    assert result.code == 0, result
    first, second = json.loads(result.out)["targets"]
    assert (first["kind"], second["kind"]) == ("redis", "redis")
    assert (second["name"], second["endpoints"][0]["port"]) == ("DB", 6379)
    row = next(line for line in waitfor("--explain", "cache:6379").out.splitlines() if line.startswith("cache:6379"))
    assert row.split()[:2] == ["cache:6379", "redis"]


# --- for machines -------------------------------------------------------------------------------

def test_the_events_of_a_wait(waitfor, new_redis, redis_dump):
    server = new_redis(dump=redis_dump)
    running = waitfor.start("--output", "json", "-t", "60s", f"cache={server.uri()}", "--", "true")
    running.wait_err('"reason":"refused"')
    server.start_loading()
    running.wait_err("LOADING")
    server.finish_loading()
    events = parse_events(running.finish(40).err)
    assert names(events)[0] == "start" and names(events)[-3:] == ["ready", "end", "exec"]
    assert {event["kind"] for event in events[:-2]} == {"redis"}
    reasons = [event["reason"] for event in events[1:-3]]
    assert reasons[0] == "refused" and reasons[-1] == "starting", reasons
    ready = the(events, "ready")
    assert (ready["name"], ready["address"]) == ("CACHE", server.target)
