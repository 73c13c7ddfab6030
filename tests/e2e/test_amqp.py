"""A real RabbitMQ: what counts as ready, and what a wait leaves in its log. (Other replies: unit tests.)"""

import re
from urllib.parse import quote

import pytest

from support.amqp import amqp
from support.peers import relay_to
from support.servers import PASSWORD, USER, Server
from support.until import until
from test_servers import LOGIN, QUICK, fails
from test_targets import link


@pytest.fixture(scope="module")
def broker():
    made = Server(amqp).start().await_open()
    yield made
    made.close()


@pytest.fixture
def fresh():
    """One that nobody has started yet, with a log of its own."""
    made = Server(amqp)
    yield made
    made.close()


def test_from_nobody_to_ready(waitfor, fresh):
    """The wait begins before the broker does, and is over only when the broker's own users can work."""
    targets = f"amqp://{fresh.target}", f"amqp://{LOGIN}{fresh.target}/a%2Fb"
    running = waitfor.start("-v", "-t", "60s", *targets)
    running.wait_err("refused")
    fresh.start()
    result = running.finish(70)
    assert result.code == 0 and result.err.count(f"ready at {fresh.target}") == 2, result
    assert not re.search(r"\[error\]", fresh.log()), fresh.log()[-2000:]


def test_two_hundred_probes_and_what_they_leave(waitfor, fresh):
    """FACTS 67: nothing with a login; without one, the one warning that nobody can avoid.

    The pauses are for Erlang's logger, which drops what is more than 500 events a second.
    """
    def probes(target, line):
        for _ in range(10):
            result = waitfor("-q", "-t", "30s", "--successes", "20", "--max-interval", "20ms", target)
            assert result.code == 0, result
        until(lambda: fresh.log().count(line) >= 200, what=lambda: f"200 × {line}:\n{fresh.log()[-2000:]}")
        since = fresh.log().split("startup complete", 1)[1]
        return re.findall(r"\[(?:error|warning)\] <[\d.]+> (?!closing AMQP connection)([^\x1b\n]*)", since)

    fresh.start()
    until(lambda: "startup complete" in fresh.log(), 60, fresh.log)
    assert not probes(f"amqp://{LOGIN}{fresh.target}", f"- waitfor, vhost: '/', user: '{USER}')")
    said = probes(f"amqp://{fresh.target}", "client unexpectedly closed TCP connection")
    assert len(said) == 200 and set(said) == {"client unexpectedly closed TCP connection"}, set(said)


@pytest.mark.parametrize("path", ["", "/", "//", "/%2f", "/%2F/messages", "/?heartbeat=5", "?heartbeat=5", "/a%2Fb"])
def test_a_virtual_host(waitfor, broker, path):
    result = waitfor("-t", "20s", f"amqp://{LOGIN}{broker.target}{path}")
    assert result.code == 0, result
    assert len(result.lines) == (2 if "?" in path else 1), result
    assert ("parameters of amqp:// other than those of TLS are ignored" in result.err) == ("?" in path), result


@pytest.mark.parametrize("path, reason", {
    "/nowhere": "denied: NOT_ALLOWED - vhost nowhere not found",
    "/others": "denied: NOT_ALLOWED - access to vhost 'others' refused for user 'app'",
    "/crowded": "too many clients: NOT_ALLOWED - access to vhost 'crowded' refused for user 'app': connection limit",
    "/a/b": "denied: NOT_ALLOWED - vhost a not found",
}.items())
def test_a_virtual_host_that_is_not_for_us(waitfor, broker, path, reason):
    fails(waitfor(*QUICK, f"amqp://{LOGIN}{broker.target}{path}"), reason)
    assert waitfor("-t", "20s", f"amqp://{broker.target}{path}").code == 0, "without a password nobody asks for it"


def test_a_login(waitfor, broker):
    target = f"S=amqp://{broker.target}"
    assert waitfor("-t", "20s", target, env={"S_USER": USER, "S_PASSWORD": PASSWORD}).code == 0
    assert waitfor("-t", "20s", f"rabbitmq://{LOGIN}{broker.target}").code == 0
    assert waitfor("-t", "20s", f"amqp://{USER}@{broker.target}").code == 0, "no password, no login"
    fails(waitfor(*QUICK, target, env={"S_PASSWORD": PASSWORD}), "access to vhost '/' refused for user 'guest'")
    result = waitfor("--fail-fast", "-t", "60s", f"amqp://{USER}:wrong@{broker.target}")
    assert result.code == 124 and result.seconds < 15 and "wrong@" not in result.err, result
    assert "denied: ACCESS_REFUSED - Login was refused" in result.err, result


@pytest.mark.parametrize("password, code", [(PASSWORD, 0), ("wrong", 124)])
def test_the_login_of_a_link(waitfor, broker, net, peer, password, code):
    """The bare port is of AMQP, too."""
    net.rewrite(net.hosts, "10.77.0.6 queue\n")
    peer(relay_to("127.0.0.1", broker.port), address=net.address("10.77.0.6"), port=5672, net=net)
    env = {**link("QUEUE", "10.77.0.6", 5672), "QUEUE_ENV_RABBITMQ_DEFAULT_USER": USER,
           "QUEUE_ENV_RABBITMQ_DEFAULT_PASS": password}
    result = waitfor(*QUICK, "queue:5672", net=net, env=env)
    assert result.code == code and ("denied" in result.err) == bool(code), result
    assert quote(PASSWORD, safe="") not in result.err and PASSWORD not in result.err, result
