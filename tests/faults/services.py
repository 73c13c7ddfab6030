"""What a service of each scheme says when it is healthy, and when it is there but not ready.

A scheme that is a dialog finds both in tests/unit/probe/replies. So it takes one row here, and test_grid.py fails for a scheme
without one.
"""

import functools
import json
import re
import socket
import ssl
import subprocess
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import paths  # noqa: F401
from support import resp
from support.pgwire import ask_cleartext_password, error, read_startup
from support.replies import cases

# What is said of an outcome of the scripted replies (docs/ARCHITECTURE.md, "Words").
STARTING = "answers but is not ready"
INCOMPLETE = "answers but is not ready: the reply is not complete"
NO_REPLY = "connected, but no reply"
NOTHING_BEHIND = "port open, but nothing behind it yet"
NOT_READY = {"starting": STARTING, "full": "too many clients"}


@dataclass(frozen=True)
class Service:
    """Steps are ("say", bytes) for what waitfor says, or a function that reads it and returns whether it was all there;
    ("hear", bytes) for what the service says; ("eof", b"") for its end of the connection."""
    target: str             # {place} is host and port, or the path of a socket
    healthy: list           # or a function that returns it for a connection
    not_ready: list
    words: tuple            # parts of the reason for it
    env: dict = field(default_factory=dict)
    is_unix: bool = False
    needs_tls: bool = False     # only waitfor-tls has it
    otherwise: dict = field(default_factory=dict)   # the words of a fault where they are others; (): waitfor gets through


def dialog(protocol, **more):
    """The first healthy conversation of which there is also one, with the same target, that is not ready yet."""
    known = [case for case in cases(protocol) if not case.env]
    for healthy in (case for case in known if case.outcome == "ready"):
        for other in known:
            kind, _, detail = other.outcome.partition(": ")
            if other.target == healthy.target and kind in NOT_READY:
                target = re.sub(r"(://(?:[^/?]*@)?)[^/?]*", r"\1{place}", healthy.target, count=1)
                return Service(target, healthy.steps, other.steps, (NOT_READY[kind], detail), **more)
    raise AssertionError(f"tests/unit/probe/replies/{protocol}.txt: no target is ready in one case and is not in another")


# --- HTTP -----------------------------------------------------------------------------------------

def reads_request(connection):
    read = b""
    while b"\r\n\r\n" not in read and (more := connection.read()):
        read += more
    return b"\r\n\r\n" in read


def reply(status, body):
    text = body if isinstance(body, str) else json.dumps(body)
    return f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode()


def http(target, good, bad, words, before=(), otherwise=None, **more):
    """good and bad are (status, body) of the reply."""
    # libcurl keeps the head of a reply to itself until it is whole.
    otherwise = {"half": (NO_REPLY,), "truncated": (INCOMPLETE,), **(otherwise or {})}
    return Service(target, *([*before, ("say", reads_request), ("hear", reply(*each))] for each in (good, bad)), words,
                   otherwise=otherwise, **more)


@functools.lru_cache(maxsize=None)
def tls_context():
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = Path(folder, "key"), Path(folder, "certificate")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "2", "-subj", "/CN=db", "-keyout", key, "-out", certificate], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
    return context


def begins_tls(connection):
    connection.sock = tls_context().wrap_socket(connection.sock, server_side=True)
    return True


# --- gRPC -----------------------------------------------------------------------------------------

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS = 0, 1, 4
END_STREAM, ACK, END_HEADERS = 1, 1, 4


def frame(kind, flags, stream, payload=b""):
    """https://www.rfc-editor.org/rfc/rfc9113#section-4.1"""
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def reads_call(connection):
    """Up to the end of the first stream."""
    if connection.read_exactly(len(PREFACE)) != PREFACE:
        return False
    while len(head := connection.read_exactly(9)) == 9:
        connection.read_exactly(int.from_bytes(head[:3], "big"))
        if head[3] in (DATA, HEADERS) and head[4] & END_STREAM:
            return True
    return False


def grpc_reply(serving):
    """Header fields without compression (RFC 7541, 6.2), but for ":status 200", which is number 8 of the static table."""
    headers = b"\x88" + b"\x0f\x10" + b"\x10application/grpc"       # 31: content-type
    trailers = b"\x00" + b"\x0bgrpc-status" + b"\x010"
    message = b"\x00" + (2).to_bytes(4, "big") + bytes([1 << 3, serving])
    return (frame(SETTINGS, 0, 0) + frame(SETTINGS, ACK, 0) + frame(HEADERS, END_HEADERS, 1, headers)
            + frame(DATA, 0, 1, message) + frame(HEADERS, END_HEADERS | END_STREAM, 1, trailers))


# --- others ---------------------------------------------------------------------------------------

def instance():
    """https://developer.hashicorp.com/consul/api-docs/health#list-service-instances-for-service, without what is not read."""
    return {"Node": {"Address": "10.77.0.1"}, "Service": {"Address": "10.77.0.1", "Port": 80, "Tags": []},
            "Checks": [{"Status": "passing"}]}


def container(health):
    return {"State": {"Status": "running", "Health": {"Status": health}}}


def sentinel():
    """It names its own place as the master's, where Redis answers on the next connection."""
    asked = dialog("redis+sentinel")
    master = [("say", resp.command("PING")), ("hear", resp.PONG), ("say", resp.command("ROLE")), ("hear", resp.MASTER)]

    def healthy(connection):
        if b"SENTINEL" not in connection.sock.recv(4096, socket.MSG_PEEK):
            return master
        host, port = (str(word) for word in connection.sock.getsockname())
        return [*asked.healthy[:1], ("hear", b"*2\r\n" + resp.bulk(host) + resp.bulk(port))]
    return replace(asked, healthy=healthy)


CLUSTER = {"status": "green", "timed_out": False}
POSTGRES = [("say", read_startup)]
GRPC = [("say", reads_call)]
SERVICES = {
    **{name: dialog(name) for name in (
        "redis", "memcached", "nats", "mqtt", "smtp", "imap", "amqp", "zookeeper", "ldap", "mongodb", "kafka")},
    "redis+sentinel": sentinel(),
    # What does not match may only be the beginning of what does: it is shown as it is.
    "tcp": dialog("tcp", otherwise={"half": (STARTING, "220-wel"), "truncated": (STARTING, "220-wel"), "garbage": (STARTING,)}),
    # Any lines may come before the version (RFC 4253, 4.2).
    "ssh": dialog("ssh", otherwise={"garbage": (INCOMPLETE,)}),
    # A frame says how long it is. So this one ends, whatever it holds and whatever follows, and its head is that of an answer.
    "cassandra": dialog("cassandra", otherwise={"512 kB": ()}),
    "mysql": dialog("mysql", otherwise={"512 kB": ()}),
    "postgres": Service("postgres://{place}/shop", [*POSTGRES, ("hear", ask_cleartext_password())],
                        [*POSTGRES, ("hear", error("57P03", "the database system is starting up")), ("eof", b"")],
                        (STARTING, "the database system is starting up"),
                        # libpq keeps to itself what it has of a message; and it takes an end and a reset for the same. The last
                        # one is a message that asks for a login of an unknown kind.
                        otherwise={"half": (NO_REPLY,), "reset": (NOTHING_BEHIND,), "512 kB": ()}),
    "http": http("http://{place}/ready", ("200 OK", "ready"), ("503 Service Unavailable", "wait"),
                 (STARTING, "status 503")),
    "https": http("https://{place}/ready?insecure", ("200 OK", "ready"), ("503 Service Unavailable", "wait"),
                  (STARTING, "status 503"), before=[("say", begins_tls)], needs_tls=True,
                  # TLS has a word for the end. Without it an end is as good as a reset.
                  otherwise={"absent": ("connection reset",)}),
    "http+unix": http("http+unix://{place}:/ready", ("200 OK", "ready"), ("503 Service Unavailable", "wait"),
                      (STARTING, "status 503"), is_unix=True),
    "elasticsearch": http("elasticsearch://{place}", ("200 OK", CLUSTER), ("503 Service Unavailable", {"error": "no master"}),
                          (STARTING, "status 503")),
    "opensearch": http("opensearch://{place}", ("200 OK", CLUSTER), ("503 Service Unavailable", {"error": "no master"}),
                       (STARTING, "status 503")),
    "etcd": http("etcd://{place}", ("200 OK", {"health": "true"}), ("503 Service Unavailable", {"health": "false"}),
                 (STARTING, "status 503")),
    "grpc": Service("grpc://{place}", [*GRPC, ("hear", grpc_reply(1))], [*GRPC, ("hear", grpc_reply(2))],
                    (STARTING, "NOT_SERVING"), needs_tls=True,
                    # HTTP/2 is libcurl's: it tells no reset from an end, and keeps frames to itself.
                    otherwise={"reset": (NOTHING_BEHIND,), "half": (NO_REPLY,), "truncated": (INCOMPLETE,), "512 kB": (INCOMPLETE,)}),
    "consul": http("consul://orders", ("200 OK", [instance()]), ("500 Internal Server Error", "No cluster leader"),
                   (STARTING, "status 500: No cluster leader"), env={"CONSUL_HTTP_ADDR": "{place}"},
                   otherwise={"half": (INCOMPLETE,)}),      # half of it is more than the head
    "docker": http("docker://orders", ("200 OK", container("healthy")), ("200 OK", container("starting")),
                   (STARTING, "its health is starting"), env={"DOCKER_HOST": "unix://{place}"}, is_unix=True),
}

# The schemes that no service answers, and where they are tried instead.
NO_SERVICE = {
    "dns": "its service is a name server, whose faults are those of the layer name; tests/e2e/test_dns_target.py",
    "file": "a file has no connection; tests/e2e/test_file.py",
    "pid": "the kernel answers; tests/e2e/test_pid.py",
    "pidfile": "the kernel answers; tests/e2e/test_pid.py",
    "exec": "a program answers, by its exit code; tests/e2e/test_exec.py",
    "unix": "nothing is said on the socket; tests/e2e/test_unix.py",
}
