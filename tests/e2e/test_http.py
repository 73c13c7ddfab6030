"""http://, http+unix:// and the services that are asked by HTTP: with a real nginx, and with scripted replies."""

import json
import re
import socket

import pytest

from support.peers import close_at_once, silence
from support.servers import Server, nginx
from support.until import until

QUICK = ("-t", "1200ms")
LOCATIONS = """
    location / { return 200 "hello"; }
    location /down { return 503; }
    location /json { default_type application/json; return 200 '{"status":"green","n":3}'; }
    location /moved { return 302 /json; }
    location /loop { return 302 /loop; }
    location /away { return 302 http://other.test/secret-path?token=hunter2; }
    location /private { auth_basic "x"; auth_basic_user_file FOLDER/users; alias FOLDER/users; }
    location /method { if ($request_method != POST) { return 405; } if ($http_x_key != "hunter2") { return 412; } return 204; }
    location /query { return 200 "$args"; }
    location /host { return 200 "$http_host"; }
"""


@pytest.fixture
def web():
    """Makes nginx servers, not started yet."""
    made = []

    def make(locations=LOCATIONS, **settings):
        one = Server(lambda server: nginx(server, locations.replace("FOLDER", str(server.folder)), **settings))
        (one.folder / "users").write_text("app:{PLAIN}s3cr3t /@\n")
        made.append(one)
        return one

    yield make
    for each in made:
        each.close()


@pytest.fixture
def site(web):
    return web().start().await_open()


def reply(data, piece=None, hold=False):
    """A peer that reads a request and sends data, perhaps in pieces, and then closes or stays."""
    def play(connection):
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while b"\r\n\r\n" not in connection.received and connection.read():
            pass
        size = piece or len(data) or 1
        for at in range(0, len(data), size):
            connection.send(data[at:at + size])
        if hold:
            connection.drain()
    return play


def test_from_nobody_to_ready(waitfor, web):
    one = web()
    running = waitfor.start("-v", "-t", "30s", f"http://{one.target}/json?expect-json=/status=green")
    running.wait_err("refused")
    one.start()
    result = running.finish(40)
    assert result.code == 0, result
    assert f"ready at {one.target} after " in result.err, result


@pytest.mark.parametrize("path", [
    "", "/", "/?verbose=1", "/json?expect-json=/status=green&expect-json=/n=3", "/?expect-body=^hel*o$",
    "/down?status=503", "/down?status=200,500-599", "/moved", "/moved?follow=1&expect-json=/n",
    "/?expect-header=Server:nginx", "/?method=HEAD", "/method?method=POST&header=X-Key:hunter2",
    "/method?body=x&header=X-Key:%20hunter2", "/query?%73tatus=1&expect-body=^%25?.*tatus=1$",
    "/host?host=api.test&expect-body=^api.test$", "/host?expect-body=^127.0.0.1:[0-9]%2B$"])
def test_ready(waitfor, site, path):
    result = waitfor("-v", "-t", "10s", f"http://{site.target}{path}")
    assert result.code == 0 and "hunter2" not in result.err, result


@pytest.mark.parametrize("path, reason", [
    ("/down", "status 503 Service Unavailable, not 200-399"), ("/?status=204", "status 200 OK, not 204"),
    ("/json?expect-json=/status=red", "the JSON is not /status=red"), ("/?expect-json=/x", "the body is not JSON"),
    ("/?expect-body=bye", "the body does not match expect-body"), ("/?expect-header=X-No", "lacks the header X-No"),
    ("/moved?status=200", "status 302"), ("/loop?follow=3", "it redirects more often than follow allows"),
    ("/away?follow=1", "it redirects to http://other.test:80"), ("/private", "status 401 Unauthorized")])
def test_not_ready(waitfor, site, path, reason):
    result = waitfor(*QUICK, f"http://{site.target}{path}")
    assert result.code == 124 and reason in result.err and "hunter2" not in result.err, result


def test_a_password(waitfor, site, folder):
    target = f"{site.target}/private"
    (folder / "secret").write_text("s3cr3t /@\n")
    assert waitfor("-t", "9s", f"http://app:s3cr3t%20%2F%40@{target}").code == 0
    assert waitfor("-t", "9s", f"W=http://app@{target}", env={"W_PASSWORD_FILE": str(folder / "secret")}).code == 0
    result = waitfor("--fail-fast", "-t", "60s", f"W=http://{target}", env={"W_USER": "app", "W_PASSWORD": "hunter2"})
    assert result.code == 124 and "denied: status 401" in result.err and "hunter2" not in result.err, result


def test_two_hundred_probes_and_no_error_in_the_log(waitfor, site):
    for path in ("/", "/down?status=503", "/json?expect-json=/n=3", "/?method=HEAD"):
        result = waitfor("-q", "-t", "20s", "--successes", "50", "--max-interval", "1ms", f"http://{site.target}{path}")
        assert result.code == 0, result
    until(lambda: (site.folder / "access").read_text().count("waitfor/") >= 200, what="200 requests in the log")
    assert not re.search(r"\[(error|warn|crit|alert)\]|reset|prematurely", site.log()), site.log()


def test_a_unix_socket(waitfor, web, folder):
    one = web(main=f"listen unix:{folder}/app.sock;").start().await_open()
    assert waitfor("-t", "9s", f"http+unix://{folder}/app.sock:/json?expect-json=/n=3").code == 0
    assert waitfor("-t", "9s", f"http+unix://{folder}/app.sock").code == 0
    assert "status 503" in waitfor(*QUICK, f"http+unix://{folder}/app.sock:/down").err
    assert "no such file" in waitfor(*QUICK, f"http+unix://{folder}/other.sock:/").err
    assert one.process.poll() is None


@pytest.mark.parametrize("piece", [1, 2, 7, None])
def test_a_reply_in_pieces(waitfor, peer, piece):
    whole = (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n"
             b"9\r\n{\"a\":[1,2\r\n6\r\n,\"x\"]}\r\n0\r\n\r\n")
    one = peer(reply(whole, piece))
    result = waitfor("-t", "9s", f"http://{one.target}/?expect-json=/a/2=x&expect-header=X-A:1")
    assert result.code == 0, result


def test_no_prefix_of_a_reply_is_ready(waitfor, peer):
    """Where the connection ends decides between not HTTP, not complete and ready, never wrongly for ready."""
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}"
    for length in range(len(whole)):
        one = peer(reply(whole[:length]))
        result = waitfor("--once", f"http://{one.target}/?expect-json=/a=1")
        assert result.code == 1, (whole[:length], result)


def test_an_interim_reply_is_not_the_reply(waitfor, peer):
    one = peer(reply(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"))
    result = waitfor(*QUICK, f"http://{one.target}/?status=200-399")
    assert "status 503 Service Unavailable" in result.err, result


def test_an_endless_body_decides_nothing(waitfor, peer):
    """An event stream: its head is enough, where no body is asked for; and a body is bounded, where it is."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: x\n\n"
    assert waitfor("-t", "9s", f"http://{peer(reply(head, hold=True)).target}/").code == 0
    result = waitfor(*QUICK, "--attempt-timeout", "300ms", f"http://{peer(reply(head, hold=True)).target}/?expect-body=y")
    assert result.code == 124 and "the reply is not complete" in result.err, result
    big = reply(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (2 << 20))
    assert "its body is longer than 64 kB" in waitfor(*QUICK, f"http://{peer(big).target}/?expect-body=y").err
    long_head = reply(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20000 + b"\r\n")
    assert "not understood" in waitfor(*QUICK, f"http://{peer(long_head).target}/").err


# Where the request is there before the peer closes, the kernel sends a reset.
@pytest.mark.parametrize("script, reason", [
    (silence, "no reply"), (close_at_once, "nothing behind it yet|connection reset"), (reply(b""), "nothing behind it yet"),
    (reply(b"SSH-2.0-OpenSSH_9\r\n"), "it is not HTTP"), (reply(b"\x15\x03\x01\x00\x02\x02\x46"), "it is not HTTP")])
def test_what_is_no_http(waitfor, peer, script, reason):
    result = waitfor(*QUICK, "--attempt-timeout", "300ms", f"http://{peer(script).target}/")
    assert result.code == 124 and re.search(reason, result.err), result


def test_a_port_is_never_taken_for_http(waitfor, net, peer):
    net.rewrite(net.hosts, "10.77.0.6 api\n")
    peer(silence, address=net.address("10.77.0.6"), port=80, net=net)
    assert waitfor("-t", "9s", "api:80", net=net).code == 0


def test_options_of_a_file_and_a_list_with_commas(waitfor, site, config):
    file = config({"targets": [{"target": f"http://{site.target}/down", "options": {"status": "200,503"}}]})
    assert waitfor("-t", "9s", "-f", file).code == 0
    assert waitfor("-t", "9s", f"http://{site.target}/down?status=200,503,http://{site.target}/").code == 0


def test_flags_for_the_only_target(waitfor, site):
    base = f"http://{site.target}"
    assert waitfor("-t", "9s", "--expect-status", "503", f"{base}/down", f"tcp://{site.target}").code == 0
    flags = ["--expect-json", "/n=3", "--expect-json", "/status=green", "--expect-body", "gre+n"]
    assert waitfor("-t", "9s", *flags, f"{base}/json").code == 0
    assert "the JSON is not /n=4" in waitfor(*QUICK, *flags, "--expect-json", "/n=4", f"{base}/json").err
    header = {"WAITFOR_HTTP_HEADER": "X-Key: hunter2"}
    result = waitfor("-v", "-t", "9s", f"{base}/method?method=POST", env=header)
    assert result.code == 0 and "hunter2" not in result.err, result
    for form in ("--explain", "--explain=json"):
        result = waitfor(form, "-v", f"{base}/method?method=POST", env=header)
        assert result.code == 0 and "hunter2" not in result.out + result.err and "***" in result.out, result


def test_a_parameter_that_looks_like_ours(waitfor, site):
    result = waitfor("-t", "9s", f"http://{site.target}/?expect-bdoy=hunter2")
    assert result.code == 0 and 'did you mean "expect-body"?' in result.err and "hunter2" not in result.err, result


# --- redirects ------------------------------------------------------------------------------------

def moved(where, status=302, body=b"", more=b""):
    head = f"HTTP/1.1 {status} Moved\r\nLocation: {where}\r\nContent-Length: {len(body) + len(more)}\r\n\r\n"
    return head.encode() + body


def routes(table):
    """A peer that answers by path, and keeps the requests."""
    asked = []

    def play(connection):
        while b"\r\n\r\n" not in connection.received and connection.read():
            pass
        head, _, body = connection.received.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        while length and len(body) < int(length[1]):
            body += connection.read()
        asked.append(head + b"\r\n\r\n" + body)
        path = head.split()[1].decode() if head else ""
        connection.send(table.get(path, b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"))
    play.asked = asked
    return play


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize("first", [moved("/next", more=b"cut off"), moved("/next", body=b"x" * 100000), moved("next"),
                                   b"HTTP/1.1 302 F\r\nlocation:\t/next\r\n\r\n"])
def test_a_redirect_is_followed_at_its_head(waitfor, peer, first):
    """Whatever becomes of its body: the next reply decides, and here it is 503."""
    script = routes({"/": first})
    result = waitfor(*QUICK, f"http://{peer(script).target}/?follow=2")
    assert result.code == 124 and "status 503" in result.err and any(b"GET /next " in each for each in script.asked), result
    assert waitfor("-t", "9s", f"http://{peer(routes({'/': first, '/next': OK})).target}/?follow=2").code == 0


@pytest.mark.parametrize("where, reason", [
    ("", "it redirects to nowhere"), ("/", "it redirects more often than follow allows"),
    ("ftp://127.0.0.1/x", "it redirects to ftp://127.0.0.1:21"), ("http://other.test/?k=hunter2", "http://other.test:80")])
def test_a_redirect_that_leads_nowhere_is_not_ready(waitfor, peer, where, reason):
    result = waitfor(*QUICK, f"http://{peer(routes({'/': moved(where)})).target}/?follow=2")
    assert result.code == 124 and reason in result.err and "hunter2" not in result.err, result


def test_what_is_secret_goes_to_no_other_port(waitfor, peer):
    other = routes({"/x": OK})
    here = routes({"/": moved(f"http://127.0.0.1:{(there := peer(other)).port}/x", status=307)})
    target = f"http://app:hunter2@{peer(here).target}/?follow=1&header=X-Key:hunter2&body=hunter2&method=POST"
    assert waitfor("-t", "9s", target).code == 0 and there
    assert b"hunter2" in here.asked[0] and b"hunter2" not in other.asked[0] and b"Authorization" not in other.asked[0]
    same = routes({"/": moved("/x", status=307), "/x": OK})
    assert waitfor("-t", "9s", f"http://app:hunter2@{peer(same).target}/?follow=1&body=hunter2").code == 0
    assert same.asked[1].endswith(b"hunter2") and b"POST /x" in same.asked[1] and b"Authorization" in same.asked[1]
    see_other = routes({"/": moved("/x", status=303), "/x": OK})
    assert waitfor("-t", "9s", f"http://{peer(see_other).target}/?follow=1&body=hunter2").code == 0
    assert see_other.asked[1].startswith(b"GET /x") and b"hunter2" not in see_other.asked[1]


def test_a_redirect_on_a_unix_socket_stays_there(waitfor, web, folder):
    one = web(main=f"listen unix:{folder}/app.sock;").start().await_open()
    base = f"http+unix://{folder}/app.sock"
    assert waitfor("-t", "9s", f"{base}:/moved?follow=1&expect-json=/n=3").code == 0
    assert "it redirects to http://other.test:80" in waitfor(*QUICK, f"{base}:/away?follow=1").err
    assert one.process.poll() is None


def test_a_port_that_a_redirect_leads_to_is_not_the_target(waitfor, peer):
    """--down must not take it for the service, which answers."""
    script = routes({"/": moved("http://127.0.0.1:1/x")})
    result = waitfor(*QUICK, "--down", f"http://{peer(script).target}/?follow=1")
    assert result.code == 124 and "it redirects to port 1: connection refused" in result.err, result


def test_who_has_said_something_is_not_down(waitfor, peer):
    for said in (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"HTTP/1.1 200 OK\r\nX: y",
                 b"HTTP/1.1 100 Continue\r\n\r\n"):
        result = waitfor(*QUICK, "--down", f"http://{peer(reply(said)).target}/?expect-body=hello")
        assert result.code == 124, (said, result)
    result = waitfor(*QUICK, f"http://{peer(reply(b'HTTP/1.1 200 OK' + bytes([13, 10]) + b'X: y')).target}/")
    assert "the reply is not complete" in result.err, result


def test_an_expression_and_a_large_body_hold_nobody_up(waitfor, peer):
    """musl's regexec took minutes for this one."""
    big = b"HTTP/1.1 200 OK\r\nContent-Length: 65000\r\n\r\n" + b"a" * 65000
    target = f"http://{peer(reply(big)).target}/?expect-body=(a?){{200}}b"
    result = waitfor("-t", "2s", "--attempt-timeout", "1s", target)
    assert result.code == 124 and result.seconds < 10 and "does not match" in result.err, result


def test_a_service_without_an_end_and_follow(waitfor, peer):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: x\n\n"
    assert waitfor("-t", "9s", f"http://{peer(reply(head, hold=True)).target}/?follow=2").code == 0


def test_services_with_a_health_page(waitfor, peer):
    """The real Elasticsearch is too large for these tests: the replies are as its manual prints them."""
    asked = []

    def health(connection):
        while b"\r\n\r\n" not in connection.received and connection.read():
            pass
        asked.append(connection.received.split()[1].decode())
        body = json.dumps({"status": "yellow", "timed_out": False})
        connection.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())

    one = peer(health)
    for scheme in ("elasticsearch", "opensearch"):
        assert waitfor("-t", "9s", f"{scheme}://{one.target}").code == 0
    assert asked == ["/_cluster/health?wait_for_status=yellow&timeout=1s"] * 2


def test_a_status_of_ones_own_for_a_service_with_a_health_page(waitfor, peer):
    body = b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{\"health\":\"true\"}"
    assert waitfor("-t", "9s", "--expect-status", "200", f"etcd://{peer(reply(body)).target}").code == 0


def test_a_header_without_a_value_is_sent(waitfor, peer):
    script = routes({"/": OK})
    assert waitfor("-t", "9s", f"http://{peer(script).target}/?header=X-Empty:&header=X-Blank:%20").code == 0
    assert b"\r\nX-Empty:\r\n" in script.asked[0] and b"\r\nX-Blank:\r\n" in script.asked[0], script.asked


@pytest.mark.parametrize("host", [":80", "[abc", "a]b"])
def test_what_is_no_host(waitfor, host):
    result = waitfor(f"http://api/?host={host}")
    assert result.code == 125 and "is not a host name" in result.err, result


def test_the_tiny_one_says_where_tls_is(waitfor):
    for target in ("https://api/", "http://api/?http2"):
        result = waitfor(target)
        assert result.code == 125 and "use waitfor-tls" in result.err, result
