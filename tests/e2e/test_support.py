"""The tests' own world, proven with clients other than waitfor."""

import contextlib
import os
import signal
import socket
import struct
import subprocess

import pytest

from support import dns as d
from support import resp
from support.losses import lose
from support.peers import close_at_once, relay_to, reset_at_once
from support.postgres import PASSWORD
from support.redis import PASSWORD as REDIS_PASSWORD
from support.until import until


def ask(net, name, kind, over=socket.SOCK_DGRAM):
    """One DNS question by hand; returns (rcode, bytes of the reply)."""
    query = b"\x12\x34\x01\0\0\1\0\0\0\0\0\0" + d.encode_name(name) + struct.pack("!HH", kind, 1)
    with net.socket(socket.AF_INET, over) as client:
        client.settimeout(2)
        client.connect(("127.0.0.53", 53))
        if over == socket.SOCK_STREAM:
            client.sendall(struct.pack("!H", len(query)) + query)
            reply = client.recv(4096)[2:]
        else:
            client.send(query)
            reply = client.recv(4096)
    return reply[3] & 15, reply


def test_dns_answers_each_type_by_itself_and_remembers_the_questions(net, dns):
    dns.name("db", a=d.at("10.77.0.5"), aaaa=d.NODATA)
    assert ask(net, "db", d.A)[1].endswith(socket.inet_aton("10.77.0.5"))
    code, reply = ask(net, "DB", d.AAAA)
    assert (code, reply[6:8]) == (0, b"\0\0")
    assert ask(net, "nobody", d.A)[0] == 3
    assert len(dns.questions("db")) == 2
    assert len(dns.questions("db", d.A)) == 1


def test_dns_can_be_silent_for_one_type_and_truncated(net, dns):
    dns.name("db", a=d.at("10.77.0.5", truncated=True), aaaa=d.SILENCE)
    with pytest.raises(TimeoutError):
        ask(net, "db", d.AAAA)
    assert ask(net, "db", d.A)[1][2] & 2, "the reply over UDP says that it is truncated"
    assert ask(net, "db", d.A, socket.SOCK_STREAM)[1].endswith(socket.inet_aton("10.77.0.5"))


def test_the_net_has_its_own_etc_and_no_way_out(net):
    net.rewrite(net.hosts, "10.77.0.5 db\n")
    assert net.run("cat", "/etc/hosts") == "10.77.0.5 db\n"
    assert net.run("ls", "/etc").split() == ["hosts", "resolv.conf"]
    assert "default" not in net.run("ip", "route")


@pytest.mark.parametrize("address", ["10.77.0.9", "fd77::9"])
def test_a_black_hole_swallows_connections(net, address):
    net.blackhole(address)
    with net.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as client:
        client.settimeout(0.5)
        with pytest.raises(TimeoutError):
            client.connect((address, 80))
    assert net.tcp_counter("ActiveOpens") == 1


def connect(peer):
    return socket.create_connection((peer.address, peer.port), timeout=5)


def test_peers_refuse_until_they_listen_then_play_their_script(peer):
    late = peer(close_at_once, listen=False)
    with pytest.raises(ConnectionRefusedError):
        connect(late)
    late.listen()
    with connect(late) as client:
        assert client.recv(1) == b""
    late.script = reset_at_once
    with pytest.raises(ConnectionResetError), connect(late) as client:   # in either call
        client.recv(1)
    late.stop_listening()
    with pytest.raises(ConnectionRefusedError):
        connect(late)


def psql(pg, user, password, port):
    return subprocess.run([pg.bin / "psql", "-XAtwc", "SELECT 1", "-h", "127.0.0.1", "-p",
                           str(port), "-U", user, "-d", "app"], capture_output=True, text=True,
                          env={**os.environ, "PGPASSWORD": password})


def test_postgres_wants_the_password_and_a_relay_reaches_it(pg, peer):
    relay = peer(relay_to("127.0.0.1", pg.port))
    assert psql(pg, "app", PASSWORD, relay.port).stdout == "1\n"
    assert "authentication failed" in psql(pg, "app", "wrong", pg.port).stderr
    assert psql(pg, "trusty", "", pg.port).stdout == "1\n"


def cli(port, *words, user=None, password=None):
    login = ["--user", user, "-a", password, "--no-auth-warning"] if user else []
    return subprocess.run(["redis-cli", "-h", "127.0.0.1", "-p", str(port), *login, *words],
                          capture_output=True, text=True).stdout.strip()


def test_redis_answers_and_a_relay_reaches_it(redis, peer):
    relay = peer(relay_to("127.0.0.1", redis.port))
    assert redis.says("PING") == "PONG"
    assert cli(relay.port, "PING") == "PONG"
    assert cli(relay.port, "ACL", "WHOAMI", user="app", password=REDIS_PASSWORD) == "app"
    assert redis.says("AUTH", "app", "wrong").startswith("WRONGPASS")
    assert redis.says("AUTH", "deaf", REDIS_PASSWORD) == "OK"
    assert redis.says("AUTH", "x").startswith("ERR AUTH")
    assert redis.says("ROLE") == ["master", 0, []]


def test_redis_wants_its_password_and_set_up_needs_none(new_redis):
    server = new_redis().start(requirepass=REDIS_PASSWORD)
    assert server.says("PING").startswith("NOAUTH")
    assert server.says("AUTH", REDIS_PASSWORD) == "OK"
    server.do("CONFIG", "SET", "requirepass", "two\r\nlines")
    assert server.says("AUTH", "two\r\nlines") == "OK"
    assert server.errors("NOAUTH") == 1


def test_redis_loads_for_as_long_as_it_is_held(new_redis, redis_dump):
    server = new_redis(dump=redis_dump).start_loading()
    assert server.says("PING").startswith("LOADING")
    assert cli(server.port, "PING").startswith("LOADING")
    assert server.info("persistence", "loading") == "1"
    seen = server.errors("LOADING")
    until(lambda: not server.says("PING").startswith("LOADING") or server.errors("LOADING") > seen + 5)
    assert server.says("PING").startswith("LOADING"), "it does not end by itself"
    server.finish_loading()
    until(lambda: server.says("PING") == "PONG")
    assert server.says("DBSIZE") > 1000


def test_redis_is_a_replica_whose_master_is_not_there_until_it_is(new_redis):
    master = new_redis()
    replica = new_redis().start(wait=False, replicaof=("127.0.0.1", master.port), replica_serve_stale_data="no")
    until(replica.answers)
    assert replica.says("PING").startswith("MASTERDOWN")
    assert replica.says("ROLE")[0] == "slave"
    master.start()
    until(lambda: replica.says("PING") == "PONG", 30)
    replica.do("REPLICAOF", "NO", "ONE")
    assert replica.says("ROLE")[0] == "master"


def test_redis_is_busy_and_misconfigured_and_then_no_more(new_redis):
    server = new_redis().start()
    with server.busy():
        assert server.says("PING").startswith("BUSY")
    assert server.says("PING") == "PONG"
    server.break_saving()
    assert server.says("PING").startswith("MISCONF")
    server.mend_saving()
    assert server.says("PING") == "PONG"


def test_redis_on_a_unix_socket_alone(new_redis):
    server = new_redis(port=False, unix=True).start()
    assert server.says("PING") == "PONG"
    server.stop()
    assert not server.path.exists()
    server.start()
    server.stop(signal.SIGKILL)
    assert server.path.exists(), "the socket that nobody listens on"
    with pytest.raises(ConnectionRefusedError):
        server.connect()


def test_a_stopped_redis_refuses_and_may_be_started_again(new_redis):
    server = new_redis().start()
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        server.connect()
    server.start()
    assert server.says("PING") == "PONG"


def test_a_scripted_redis_answers_as_it_is_told(peer):
    server = peer(resp.answers({"PING": resp.refusal("BUSY wait"), "ROLE": resp.REPLICA}))
    assert cli(server.port, "PING") == "BUSY wait"
    assert cli(server.port, "ROLE").split() == ["slave", "10.0.0.2", "6379", "connected", "3167038"]
    with connect(server) as client:
        client.sendall(resp.command("AUTH", "a", "b c") + b"SELECT 3\r\n")
        with client.makefile("rb") as file:
            assert [resp.read_reply(file) for _ in range(2)] == ["OK", "OK"]
    assert server.connections[-1].commands == [["AUTH", "a", "b c"], ["SELECT", "3"]]


def test_programs_show_an_environment_of_any_shape(programs, folder):
    (folder / "env").write_bytes(b"A=1\0A=2\0odd\0N=a\nb\0")
    shown = subprocess.run([programs / "exec_env", folder / "env", programs / "show_state", "-"],
                           capture_output=True, text=True, check=True).stdout
    assert [line for line in shown.splitlines() if line.startswith("env")] == [
        "env 0 A=1", "env 1 A=2", "env 2 odd", "env 3 N=a\\x0ab"]


# --- losses -------------------------------------------------------------------------------------

@pytest.mark.parametrize(("share", "fewest", "most"), [(0, 400, 400), (0.3, 200, 360), (1, 0, 0)])
def test_a_share_of_the_packets_is_lost(share, fewest, most):
    """Of 400 packets 280 arrive on average, with a standard deviation of 9."""
    with socket.socket(type=socket.SOCK_DGRAM) as receiver, socket.socket(type=socket.SOCK_DGRAM) as sender:
        receiver.bind(("127.0.0.1", 0))
        receiver.setblocking(False)
        arrived = 0
        lose(receiver, share)
        for _ in range(400):
            sender.sendto(b"x", receiver.getsockname())
            with contextlib.suppress(BlockingIOError):
                arrived += len(receiver.recv(2))
        assert fewest <= arrived <= most
        lose(receiver, 0)
        sender.sendto(b"x", receiver.getsockname())
        assert receiver.recv(2) == b"x"
