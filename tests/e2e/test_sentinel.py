"""redis+sentinel://: real Sentinels and the servers that they watch, with a failover."""

import json

from support import dns as d
from support import resp
from support.peers import bound_socket
from support.redis import PASSWORD_IN_URI
from support.until import until

NAME = "mymaster"
QUICK = ("-t", "1200ms")
EXPORTS = ("sh", "-c", 'echo "$MYMASTER_HOST $MYMASTER_PORT $MYMASTER_ADDR"')
LETTERS = "s3cr3t"     # a Sentinel's configuration takes no other password so easily


def uri(*sentinels, rest="", who="", name=NAME):
    return f"redis+sentinel://{who}{','.join(each.target for each in sentinels)}/{name}{rest}"


def names(host, port):
    """A scripted Sentinel, which is wrong: a real one would soon know better."""
    def script(connection):
        connection.read()
        connection.send(f"*2\r\n${len(host)}\r\n{host}\r\n${len(str(port))}\r\n{port}\r\n".encode())
        connection.drain()
    return script


def test_the_master_is_found_and_exported(waitfor, new_redis, new_sentinel):
    """Not the Sentinel: an app that asks one needs the name of the master as well, and has both from elsewhere."""
    master, sentinel = new_redis().start(), new_sentinel()
    sentinel.start({NAME: (master.port, None)})
    result = waitfor("-t", "9s", uri(sentinel, rest="/3"), "--", *EXPORTS)
    assert (result.code, result.out) == (0, f"127.0.0.1 {master.port} 127.0.0.1\n"), result
    assert f"{uri(sentinel, rest='/3')}: ready at {master.target} after" in result.err, result
    master.do("SET", "state", "up")
    assert waitfor("-t", "9s", uri(sentinel, rest="?key=state=up")).code == 0
    assert "the key does not exist" in waitfor(*QUICK, uri(sentinel, rest="/3?key=state")).err


def test_the_replica_that_becomes_master(waitfor, new_redis, new_sentinel):
    """For a while the Sentinel names the master that is dead."""
    master, replica, sentinel = new_redis().start(), new_redis(), new_sentinel()
    replica.start(replicaof=("127.0.0.1", master.port))
    until(lambda: replica.info("replication", "master_link_status") == "up", 20, "the replica is in step")
    sentinel.start({NAME: (master.port, None)})
    until(lambda: f"slave 127.0.0.1:{replica.port}" in sentinel.log(), 30, lambda: sentinel.log())
    assert waitfor("-t", "9s", uri(sentinel), "--", *EXPORTS).out == f"127.0.0.1 {master.port} 127.0.0.1\n"
    master.stop()
    running = waitfor.start("-t", "60s", uri(sentinel), "--", *EXPORTS)
    running.wait_err(f"connection refused (127.0.0.1:{master.port})")
    result = running.finish(70)
    assert (result.code, result.out) == (0, f"127.0.0.1 {replica.port} 127.0.0.1\n"), result


def test_a_master_that_nobody_watches_yet(waitfor, new_redis, new_sentinel):
    master, sentinel = new_redis().start(), new_sentinel().start()
    running = waitfor.start("-t", "30s", uri(sentinel))
    running.wait_err(f'answers but is not ready: this Sentinel knows no master "{NAME}" ({sentinel.target})')
    sentinel.ask("SENTINEL", "MONITOR", NAME, "127.0.0.1", master.port, 1)
    assert running.finish(40).code == 0


def test_one_of_several_sentinels_is_enough(waitfor, new_redis, new_sentinel):
    master, dead, stranger, sentinel = new_redis().start(), new_sentinel(), new_sentinel(), new_sentinel()
    stranger.start()
    sentinel.start({NAME: (master.port, None)})
    result = waitfor("-t", "9s", uri(dead, stranger, sentinel), "--", *EXPORTS)
    assert result.out == f"127.0.0.1 {master.port} 127.0.0.1\n" and "1 attempt" in result.err, result


def test_whoever_is_named_must_be_a_master(waitfor, new_redis, peer):
    master, replica = new_redis().start(), new_redis()
    replica.start(replicaof=("127.0.0.1", master.port))
    stale = peer(names("127.0.0.1", replica.port))
    result = waitfor(*QUICK, f"redis+sentinel://{stale.target}/{NAME}")
    assert f"not suitable: it is not a master (127.0.0.1:{replica.port})" in result.err and result.code == 124, result
    both = f"redis+sentinel://{stale.target},{peer(names('127.0.0.1', master.port)).target}/{NAME}"
    assert waitfor("-t", "9s", both, "--", *EXPORTS).out == f"127.0.0.1 {master.port} 127.0.0.1\n"


def test_a_name_in_place_of_an_address(waitfor, net, dns, peer):
    """`sentinel announce-hostnames yes`."""
    master = peer(resp.answers(), address=net.address("10.77.0.5"), net=net)
    sentinel = peer(names("redis-0.redis", master.port), address=net.address("10.77.0.6"), port=26379, net=net)
    dns.name("s1", a=d.at("10.77.0.6"))
    running = waitfor.start("-t", "20s", f"X=redis+sentinel://s1/{NAME}", "--", "sh", "-c",
                            "echo $X_HOST $X_PORT $X_ADDR", net=net)
    running.wait_err("no such name: redis-0.redis")
    dns.name("redis-0.redis", a=d.at("10.77.0.5"))
    result = running.finish()
    assert result.code == 0 and result.out == f"redis-0.redis {master.port} 10.77.0.5\n", result
    assert sentinel.connections


def test_a_server_that_is_no_sentinel(waitfor, redis):
    result = waitfor(*QUICK, f"redis+sentinel://{redis.target}/{NAME}")
    assert "not suitable: ERR unknown command 'SENTINEL'" in result.err and result.code == 124, result


def test_a_silent_sentinel_does_not_hold_up_the_next(waitfor, new_redis, new_sentinel, peer):
    master, sentinel = new_redis().start(), new_sentinel()
    sentinel.start({NAME: (master.port, None)})
    result = waitfor("-t", "9s", f"redis+sentinel://{peer().target},{sentinel.target}/{NAME}")
    assert result.code == 0 and "1 attempt" in result.err, result


# --- passwords -----------------------------------------------------------------------------------

def test_the_password_is_the_masters(waitfor, new_redis, new_sentinel):
    master, sentinel = new_redis().start(requirepass=LETTERS), new_sentinel()
    sentinel.start({NAME: (master.port, LETTERS)})
    assert waitfor("-t", "9s", uri(sentinel, who=f":{LETTERS}@")).code == 0
    assert waitfor("-t", "9s", uri(sentinel), env={"MYMASTER_PASSWORD": LETTERS}).code == 0
    wrong = waitfor("-t", "20s", "--fail-fast", uri(sentinel, who=f":{PASSWORD_IN_URI}@"))
    assert wrong.code == 124 and "denied: WRONGPASS" in wrong.err and "gave up" in wrong.err, wrong
    none = waitfor("-t", "20s", "--fail-fast", uri(sentinel))
    assert "denied: NOAUTH" in none.err and f"({master.target})" in none.err, none
    assert LETTERS not in wrong.err + none.err


def test_a_sentinel_with_the_same_password(waitfor, new_redis, new_sentinel):
    master, sentinel = new_redis().start(requirepass=LETTERS), new_sentinel()
    sentinel.start({NAME: (master.port, LETTERS)}, f"requirepass {LETTERS}")
    assert waitfor("-t", "9s", uri(sentinel, who=f":{LETTERS}@")).code == 0
    for target in (uri(sentinel), uri(sentinel, who=":wrong@")):
        result = waitfor("-t", "20s", "--fail-fast", target)
        assert "denied" in result.err and f"({sentinel.target})" in result.err, result


# --- around the wait -----------------------------------------------------------------------------

def test_down_is_the_master(waitfor, new_redis, new_sentinel):
    master, sentinel = new_redis().start(), new_sentinel()
    sentinel.start({NAME: (master.port, None)})
    running = waitfor.start("-v", "--down", "-t", "30s", uri(sentinel))
    running.wait_err("attempt 1 ")
    master.stop()
    assert running.finish(40).code == 0


def test_what_explain_and_exports_say(waitfor, new_sentinel):
    target = "redis+sentinel://:hunter2@s1,s2:5/my-master"
    plan = json.loads(waitfor("--explain=json", target).out)["targets"][0]
    assert plan["kind"] == "redis+sentinel" and plan["exports"] == ["MY_MASTER_HOST", "MY_MASTER_PORT", "MY_MASTER_ADDR"]
    assert [(each["host"], each["port"]) for each in plan["endpoints"]] == [("s1", 26379), ("s2", 5)]
    with bound_socket() as nobody:
        missing = f"redis+sentinel://127.0.0.1:{nobody.getsockname()[1]}/{NAME}"
        result = waitfor("--once", "--run-anyway", "--print-env", "json", missing)
    assert json.loads(result.out) == {}, result
