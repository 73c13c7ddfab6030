"""etcd://, and grpc:// as well, with the real etcd."""

import pytest

from support.peers import bound_socket
from support.servers import Server, etcd
from support.until import until


@pytest.fixture
def member():
    made = []

    def make(**settings):
        made.append(Server(etcd, **settings))
        return made[-1]

    yield make
    for server in made:
        server.close()


def errors(server):
    return [line for line in server.log().splitlines() if '"level":"error"' in line or '"level":"warn"' in line]


def test_from_the_start(waitfor, waitfor_tls, member):
    server = member()
    running = waitfor.start("-t", "40s", f"etcd://{server.target}")
    running.wait_err("connection refused")
    server.start()
    result = running.finish(timeout=60)
    assert result.code == 0 and f"ready at {server.target}" in result.lines[-1], result
    # No end of a connection leaves a line from then on.
    before = errors(server)
    for target in (f"etcd://{server.target}", f"http://{server.target}/version?expect-json=/etcdserver"):
        assert waitfor("-t", "9s", target).code == 0
    assert waitfor_tls("-t", "9s", f"grpc://{server.target}").code == 0
    assert errors(server) == before, server.log()


def test_a_member_without_a_leader(waitfor, member):
    sockets = [bound_socket() for _ in range(2)]
    try:
        peers = [sock.getsockname()[1] for sock in sockets]
        members = [member(peers=peers, number=number) for number in range(2)]
        members[0].start()
        running = waitfor.start("-v", "-t", "60s", target := f"etcd://{members[0].target}")
        running.wait_err("connected, but no reply", timeout=40)     # it listens, and serves nobody
        members[1].start()
        assert running.finish(timeout=60).code == 0
        members[1].process.kill()
        members[1].process.wait()
        until(lambda: "answers but is not ready: status 503" in waitfor("--once", target).err, 40, "no leader is left")
        running = waitfor.start("-t", "60s", target)
        running.wait_err("status 503")
        members[1].start()
        assert running.finish(timeout=60).code == 0
    finally:
        for sock in sockets:
            sock.close()
