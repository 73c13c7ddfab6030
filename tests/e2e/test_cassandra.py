"""cassandra:// with a scripted server: no Debian package has a real one. (Other replies: unit tests.)"""

from support.peers import silence
from support.until import until
from test_servers import QUICK, fails

OPTIONS = b"\x04\0\0\0\x05\0\0\0\0"
BOOTSTRAPPING = b"\0\0\x10\x02" b"\0\x0dbootstrapping"


def answers(*answers):
    """Gives each connection the next answer (opcode, body) to OPTIONS; later ones get the last."""
    def script(connection):
        assert connection.read_exactly(len(OPTIONS)) == OPTIONS
        opcode, body = answers[min(script.count, len(answers) - 1)]
        script.count += 1
        connection.send(b"\x84\0\0\0" + bytes([opcode]) + len(body).to_bytes(4, "big") + body)
        connection.drain()
    script.count = 0
    return script


def test_from_bootstrapping_to_ready(waitfor, peer):
    server = peer(answers((0, BOOTSTRAPPING), (0, BOOTSTRAPPING), (6, b"\0\0")))
    result = waitfor("-v", "-t", "20s", f"cassandra://{server.target}")
    assert result.code == 0 and "answers but is not ready: bootstrapping" in result.err, result
    assert until(lambda: server.connections[-1].ended) == "fin", "and nothing is left unread"


def test_a_bare_port_is_only_a_port(waitfor, net, peer):
    peer(silence, address=net.address("10.77.0.6"), port=9042, net=net)
    assert waitfor("-t", "9s", "10.77.0.6:9042", net=net).code == 0
    fails(waitfor("-t", "1s", "--attempt-timeout", "300ms", "scylla://10.77.0.6", net=net), "no reply")


def test_another_protocol(waitfor, peer):
    http = peer(lambda connection: connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    fails(waitfor(*QUICK, f"cassandra://{http.target}"), "the reply is not understood")


def frame(opcode, body=b""):
    return b"\x84\0\0\0" + bytes([opcode]) + len(body).to_bytes(4, "big") + body


def logs_in(user, password):
    """Asks for a login, and lets that user in; it takes frames in the order that the specification has (4.2.3)."""
    def script(connection):
        for opcode in (5, 1, 15):
            head = connection.read_exactly(9)
            assert head[4] == opcode, head
            body = connection.read_exactly(int.from_bytes(head[5:], "big"))
            if opcode == 5:
                connection.send(frame(6, b"\0\0"))
            elif opcode == 1:
                assert body == b"\0\1\0\x0bCQL_VERSION\0\x053.0.0", body
                connection.send(frame(3, b"\0\x15PasswordAuthenticator"))
            elif body[4:] == f"\0{user}\0{password}".encode():
                connection.send(frame(16, b"\xff\xff\xff\xff"))
            else:
                connection.send(frame(0, b"\0\0\1\0\0\x15Bad credentials given"))
        connection.drain()
    return script


def test_a_login(waitfor, peer):
    server = peer(logs_in("app", "s3cr3t"))
    assert waitfor("-t", "20s", f"cassandra://app:s3cr3t@{server.target}").code == 0
    assert waitfor("-t", "20s", f"NODE=cassandra://app@{server.target}", env={"NODE_PASSWORD": "s3cr3t"}).code == 0
    fails(waitfor(*QUICK, f"cassandra://app:wrong@{server.target}"), "denied: Bad credentials given")
