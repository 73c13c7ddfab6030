"""How often a peer is asked follows what an attempt costs it."""

import math
import time

import pytest

from support import dns as d
from support import pgwire
from support.pace import FREE, NOISY, SHARED, Pace, at_most, attempts
from support.peers import close_at_once
from support.until import until


def assert_count(count, seconds, pace):
    """Late wake-ups of a loaded machine only make attempts fewer, so the lower bound is loose."""
    fit = attempts(seconds, pace)
    assert fit / 3 <= count <= at_most(seconds, pace), f"{count} attempts, where about {fit} fit"


def test_the_schedule_of_the_specification_is_what_is_counted_here():
    """2 % of the wait from 18 ms: 50 in the first 0.9 s, then 50 for each factor of e."""
    assert attempts(0.9, FREE) == pytest.approx(50, abs=1)
    assert attempts(0.9 * math.e, FREE) == pytest.approx(100, abs=2)


def test_a_refusal_is_free(waitfor, net):
    """Counted by the kernel: refused attempts leave no trace at the peer."""
    address = net.address("10.77.0.5")
    result = waitfor("-t", "3s", f"tcp://{address}:80", net=net)
    assert result.code == 124
    assert_count(net.tcp_counter("ActiveOpens"), 3, FREE)


def test_a_server_that_logs_is_asked_rarely(waitfor, peer):
    server = peer(pgwire.refuses("57P03"))
    assert waitfor("-t", "3s", f"postgres://{server.target}/x").code == 124
    assert_count(len(server.connections), 3, NOISY)


def test_a_missing_name_is_shared(waitfor, net, dns):
    """The question may be forwarded to somebody's server."""
    assert waitfor("-t", "3s", "tcp://db:80", net=net).code == 124
    assert_count(len(dns.questions("db", d.A)), 3, SHARED)


@pytest.mark.parametrize("option", ["argument", "environment"])
def test_max_interval_caps_the_noisy(waitfor, peer, option):
    server = peer(pgwire.refuses("57P03"))
    args = ["--max-interval", "20ms"] if option == "argument" else []
    env = {} if args else {"WAITFOR_MAX_INTERVAL": "20ms"}
    waitfor("-t", "1500ms", *args, f"postgres://{server.target}/x", env=env)
    # The cap is applied after the jitter: no pause is shorter.
    assert 20 <= len(server.connections) <= attempts(1.5, Pace(0.10, 0.02, 0.02)) + 2


def test_max_interval_does_not_slow_down(waitfor, net):
    """It is a cap, not an interval."""
    address = net.address("10.77.0.5")
    waitfor("-t", "1s", "--max-interval", "10s", f"tcp://{address}:80", net=net)
    assert_count(net.tcp_counter("ActiveOpens"), 1, FREE)


def test_getting_further_starts_the_clock_anew(waitfor, net, dns, peer):
    """After 3 s of a missing name a refusal is asked about every 18 ms, not every 60."""
    net.address("10.77.0.5")
    running = waitfor.start("-t", "30s", "tcp://db:80", net=net)
    running.wait_err("no such name")
    waited = len(dns.questions("db", d.A))
    until(lambda: time.monotonic() - running.started > 3)
    assert len(dns.questions("db", d.A)) > waited
    dns.name("db", a=d.at("10.77.0.5"))
    running.wait_err("connection refused")
    before = net.tcp_counter("ActiveOpens")
    until(lambda: time.monotonic() - running.started > 4.5)
    # 18 ms apart some 50 come in 0.9 s; at 2 % of the whole wait (60 to 90 ms) it were 20 to 30 in all.
    assert net.tcp_counter("ActiveOpens") - before > 40


def test_clients_started_together_do_not_stay_together(waitfor, peer):
    """Jitter: the gaps between attempts of one client are not all the same."""
    server = peer(close_at_once)
    waitfor("-t", "2s", "--max-interval", "100ms", f"postgres://{server.target}/x")
    times = [connection.opened for connection in server.connections]
    gaps = sorted(second - first for first, second in zip(times, times[1:]))
    assert gaps[-1] - gaps[0] > 0.005, gaps


def test_the_last_attempt_is_cut_at_the_deadline(waitfor, net):
    """FACTS 42: an attempt of 3 s does not stretch a wait of 500 ms."""
    net.blackhole("10.77.0.9")
    result = waitfor("-t", "500ms", "tcp://10.77.0.9:80", net=net)
    assert result.code == 124 and 0.45 <= result.seconds < 2.5, result
