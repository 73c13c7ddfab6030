"""grpc:// and grpcs:// of the TLS flavour, with the health service of grpc-go (build/waitfor-tls: make tls)."""

import re

import pytest

from support.grpc import GrpcHealth
from support.peers import greets, says, silence
from support.servers import Server, nginx
from support.until import until

QUICK = ("-t", "700ms", "--attempt-timeout", "300ms")
SECRET = "hunter2"


@pytest.fixture
def grpchealth():
    made = []

    def make(*args):
        made.append(GrpcHealth(*args))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def with_tls(grpchealth, certificates):
    """Makes servers with a certificate for db.test, and says what URLs must have."""
    def make(*args):
        server = grpchealth("-cert", certificates / "server.pem", "-key", certificates / "server.key", *args)
        return server, f"cacert={certificates}/ca.pem&sni=db.test"
    return make


def test_the_server_and_its_services(waitfor_tls, grpchealth):
    server = grpchealth()
    assert waitfor_tls("-t", "9s", f"grpc://{server.target}").code == 0
    assert waitfor_tls("-t", "9s", f"grpc://{server.target}/").code == 0
    result = waitfor_tls(*QUICK, f"grpc://{server.target}/shop.v1.Orders")
    assert result.code == 124 and "its health service does not know that service" in result.err, result
    server.set("NOT_SERVING", "shop.v1.Orders")
    running = waitfor_tls.start("-v", "-t", "20s", f"grpc://{server.target}/shop.v1.Orders")
    running.wait_err("answers but is not ready: NOT_SERVING")
    server.set("SERVING", "shop.v1.Orders")
    assert running.finish().code == 0
    server.set("NOT_SERVING")
    result = waitfor_tls(*QUICK, f"grpc://{server.target}")
    assert result.code == 124 and "NOT_SERVING" in result.err, result


@pytest.mark.parametrize("name", ["a b/é%?&=", "x" * 300])
def test_any_name_of_a_service(waitfor_tls, grpchealth, name):
    server = grpchealth()
    server.set("SERVING", name)
    written = "".join(f"%{byte:02x}" for byte in name.encode())
    assert waitfor_tls("-t", "9s", f"grpc://{server.target}/{written}").code == 0


def test_the_server_logs_no_error(waitfor_tls, grpchealth):
    """grpc-go logs how each connection ended."""
    server = grpchealth()
    assert waitfor_tls("-t", "9s", f"grpc://{server.target}").code == 0
    until(lambda: "loopyWriter exiting" in server.log(), what="the connection has ended")
    assert "ERROR" not in server.log() and "WARNING" not in server.log() and "reset" not in server.log(), server.log()
    assert "Closing: EOF" in server.log(), server.log()


def test_a_server_without_a_health_service(waitfor_tls, grpchealth):
    result = waitfor_tls(*QUICK, f"grpc://{grpchealth('-none').target}")
    assert result.code == 124 and "it has no health service, grpc.health.v1.Health" in result.err, result


def test_a_login_is_a_header(waitfor_tls, grpchealth):
    server = grpchealth("-token", SECRET)
    result = waitfor_tls(*QUICK, f"grpc://{server.target}")
    assert result.code == 124 and "answers but is not ready: UNAUTHENTICATED: 100 % no: []" in result.err, result
    result = waitfor_tls("-v", "-t", "9s", f"grpc://{server.target}?header=Authorization:Bearer%20{SECRET}")
    assert result.code == 0 and SECRET not in result.err, result
    assert waitfor_tls("-t", "9s", "--http-header", f"Authorization: Bearer {SECRET}", f"grpc://{server.target}").code == 0
    # This server repeats what it was sent.
    wrong = f"grpc://{server.target}?header=Authorization:Bearer%20{SECRET}-old"
    result = waitfor_tls("-v", "--fail-fast", "-t", "60s", wrong)
    assert result.code == 124 and "denied: UNAUTHENTICATED" in result.err and SECRET not in result.err, result
    assert result.seconds < 15, result


def test_tls(waitfor_tls, with_tls, certificates):
    server, trusted = with_tls()
    for parameters in (trusted, "insecure"):
        assert waitfor_tls("-t", "9s", f"grpcs://{server.target}/?{parameters}").code == 0
    for parameters, reason in (("sni=db.test", "unknown authority"), (trusted.replace("db.", "other."), "another host")):
        result = waitfor_tls(*QUICK, f"grpcs://{server.target}?{parameters}")
        assert result.code == 124 and "TLS error" in result.err and reason in result.err, result


def test_what_is_for_tls_is_refused_without(waitfor_tls):
    result = waitfor_tls("grpc://api:50051?sni=db.test")
    assert result.code == 125, result
    assert result.err == ('waitfor: target "grpc://api:50051?sni=db.test": cacert, cert, key, insecure and sni are for TLS; '
                          'write grpcs://\n')


def test_a_certificate_of_the_client(waitfor_tls, with_tls, certificates):
    server, trusted = with_tls("-ca", certificates / "ca.pem")
    result = waitfor_tls(*QUICK, f"grpcs://{server.target}?{trusted}")
    assert result.code == 124 and "the service wants a certificate from its clients" in result.err, result
    own = f"cert={certificates}/server.pem&key={certificates}/server.key"
    assert waitfor_tls("-t", "9s", f"grpcs://{server.target}?{trusted}&{own}").code == 0


def test_plain_text_where_tls_is_expected_and_the_other_way(waitfor_tls, grpchealth, with_tls):
    result = waitfor_tls(*QUICK, f"grpcs://{grpchealth().target}?insecure")
    assert result.code == 124 and "the service does not speak TLS at this port" in result.err, result
    result = waitfor_tls(*QUICK, f"grpc://{with_tls()[0].target}")
    assert result.code == 124 and "ready at" not in result.err, result


@pytest.mark.parametrize("listen, scheme, reason", [
    ("", "grpc", "it is not HTTP/2"), ("http2", "grpc", "it is not gRPC"), ("ssl http2", "grpcs", "it is not gRPC"),
    ("ssl", "grpcs", "TLS error: the service speaks TLS, but not this protocol over it")])
def test_a_web_server(waitfor_tls, certificates, listen, scheme, reason):
    lines = f"ssl_certificate {certificates}/server.pem; ssl_certificate_key {certificates}/server.key;" if "ssl" in listen else ""
    server = Server(nginx, listen=listen, main=lines).start().await_open()
    try:
        result = waitfor_tls(*QUICK, f"{scheme}://{server.target}" + ("?insecure" if scheme == "grpcs" else ""))
        assert result.code == 124 and reason in result.err, result
    finally:
        server.close()


def test_a_web_server_that_refuses(waitfor_tls):
    server = Server(nginx, listen="http2", main="return 503;").start().await_open()
    try:
        result = waitfor_tls(*QUICK, f"grpc://{server.target}")
        assert result.code == 124 and "answers but is not ready: status 503, and nothing of gRPC" in result.err, result
    finally:
        server.close()


def says_and_ends(data):
    def script(connection):
        connection.read()
        connection.send(data)
    return script


SETTINGS = b"\0\0\0\4\0\0\0\0\0"
BANNER = b"SSH-2.0-x\r\n"
GOAWAY = b"\0\0\x08\7\0\0\0\0\0" + b"\0\0\0\0\0\0\0\0"


@pytest.mark.parametrize("script, reason", [
    (silence, "connected, but no reply"), (says_and_ends(b""), "port open, but nothing behind it yet"),
    (says_and_ends(b"SSH-2.0-x\r\n"), "the reply is not understood: it is not HTTP/2"),
    (says(b"SSH-2.0-x\r\n"), "the reply is not understood: it is not HTTP/2"),
    (says_and_ends(SETTINGS), "answers but is not ready: the connection ended before the reply"),
    (says(SETTINGS + GOAWAY), "answers but is not ready: the connection ended before the reply")],
    ids=["silence", "the end", "SSH that ends", "SSH", "the end after SETTINGS", "GOAWAY"])
def test_no_reply_at_all(waitfor_tls, peer, script, reason):
    """As a balancer without servers, and a server that is shutting down."""
    result = waitfor_tls(*QUICK, f"grpc://{peer(script).target}")
    assert result.code == 124 and reason in result.err, result


def test_what_speaks_first(waitfor_tls, peer):
    """Words that arrive while libcurl asks are read by it, unseen: then all that is known is that no reply came."""
    result = waitfor_tls(*QUICK, f"grpc://{peer(greets(BANNER)).target}")
    assert result.code == 124 and re.search("it is not HTTP/2|connected, but no reply", result.err), result
