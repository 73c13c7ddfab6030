"""A real slapd: what counts as ready, and what a wait leaves in its log."""

from urllib.parse import quote

import pytest

from support.peers import silence
from support.servers import DN, PASSWORD, Server, ldap
from support.until import until
from test_servers import QUICK, fails

LOGIN = f"{DN}:{quote(PASSWORD, safe='')}@"


@pytest.fixture
def server():
    """Makes servers, not started yet."""
    made = []

    def make(*directives):
        made.append(Server(ldap, directives=directives))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_from_nobody_to_ready(waitfor, server):
    """The wait begins before the server does."""
    one = server()
    running = waitfor.start("-v", "-t", "30s", f"ldap://{one.target}", f"ldap://{LOGIN}{one.target}")
    running.wait_err("refused")
    one.start()
    result = running.finish(40)
    assert result.code == 0 and result.err.count(f"ready at {one.target} after ") == 2, result


@pytest.mark.parametrize("who", ["", LOGIN])
def test_two_hundred_probes_and_no_error_in_the_log(waitfor, server, who):
    one = server().start().await_open()
    until(lambda: "closed" in one.log(), what=one.log)
    before = len(one.log())
    for _ in range(10):
        result = waitfor("-q", "-t", "20s", "--successes", "20", "--max-interval", "1ms", f"ldap://{who}{one.target}")
        assert result.code == 0, result
    until(lambda: one.log()[before:].count(" closed\n") >= 200, what=one.log)
    log = one.log()[before:]
    assert log.count("RESULT tag=97 err=0") == log.count("UNBIND") == 200 and "lost" not in log, log[-2000:]


def test_a_login(waitfor, server):
    one = server().start().await_open()
    env = {"S_USER": DN, "S_PASSWORD": PASSWORD}
    assert waitfor("-t", "20s", f"S=ldap://{one.target}", env=env).code == 0
    assert waitfor("-t", "20s", f"ldap://{DN}@{one.target}").code == 0, "no password, no login"
    fails(waitfor(*QUICK, f"ldap://nobody:{quote(PASSWORD, safe='')}@{one.target}"), "denied: invalidDNSyntax (code 34)")
    fails(waitfor(*QUICK, f"S=ldap://{one.target}", env={"S_PASSWORD": PASSWORD}), "denied: ")
    result = waitfor("--fail-fast", "-t", "60s", f"ldap://{DN}:wrong@{one.target}")
    assert result.code == 124 and result.seconds < 15 and "wrong@" not in result.err, result
    assert "denied: invalidCredentials (code 49)" in result.err, result


@pytest.mark.parametrize("directive, reason", [
    ("disallow bind_anon", None), ("security simple_bind=128", "not suitable: confidentialityRequired (code 13)")])
def test_a_refusal_is_an_answer(waitfor, server, directive, reason):
    """Without a password it is up, whomever it takes."""
    one = server(directive).start().await_open()
    assert waitfor("-t", "20s", f"ldap://{one.target}").code == 0
    if reason:
        fails(waitfor(*QUICK, f"ldap://{LOGIN}{one.target}"), reason)
    else:
        assert waitfor("-t", "20s", f"ldap://{LOGIN}{one.target}").code == 0
        assert "err=48" in one.log()


def test_a_long_password(waitfor, server):
    """A length of more than 127 has another form."""
    one = server().start().await_open()
    result = waitfor(*QUICK, f"S=ldap://{one.target}", env={"S_USER": DN, "S_PASSWORD": "x" * 3000})
    fails(result, "denied: invalidCredentials (code 49)")


def test_a_bare_port_is_only_a_port(waitfor, net, peer):
    peer(silence, address=net.address("10.77.0.6"), port=389, net=net)
    assert waitfor("-t", "9s", "10.77.0.6:389", net=net).code == 0
    fails(waitfor("-t", "1s", "--attempt-timeout", "300ms", "ldap://10.77.0.6", net=net), "no reply")


def test_another_protocol(waitfor, peer):
    http = peer(lambda connection: connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    fails(waitfor(*QUICK, f"ldap://{http.target}"), "the reply is not understood")
