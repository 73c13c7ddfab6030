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
