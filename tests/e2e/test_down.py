"""--down waits until nothing answers."""

import pytest

from support import dns as d
from support.pgwire import refuses

QUICK = ("-t", "600ms")


def test_an_answering_peer_is_waited_for_until_it_is_gone(waitfor, net, peer):
    up = peer(address=net.address("10.77.0.5"), net=net)
    running = waitfor.start("--down", f"tcp://{up.target}", "--", "echo", "app", net=net)
    up.wait_connections(3)
    assert running.alive()
    up.stop_listening()
    result = running.finish()
    assert (result.code, result.out) == (0, "app\n")


def test_an_answering_peer_ends_in_a_timeout(waitfor, peer):
    assert waitfor(*QUICK, "--down", f"tcp://{peer().target}").code == 124


def test_a_server_that_is_only_starting_still_answers(waitfor, peer):
    starting = peer(refuses("57P03"))
    assert waitfor(*QUICK, "--down", f"postgres://{starting.target}/x").code == 124


def test_a_refusing_peer_is_down(waitfor, peer):
    assert waitfor(*QUICK, "--down", f"tcp://{peer(listen=False).target}").code == 0


def test_a_black_hole_is_down(waitfor, net):
    net.blackhole("10.77.0.9")
    result = waitfor("-t", "5s", "--attempt-timeout", "300ms", "--down", "tcp://10.77.0.9:80",
                     net=net)
    assert result.code == 0, result


@pytest.mark.parametrize("words,code", [
    (["-t", "700ms"], 124),     # the default of 3 s: no attempt had its time
    (["-t", "700ms", "--attempt-timeout", "5s"], 124),
    (["-t", "5s", "--attempt-timeout", "200ms"], 0)])
def test_an_attempt_that_the_deadline_cut_short_tells_nothing(waitfor, net, words, code):
    net.blackhole("10.77.0.9")
    result = waitfor("--down", *words, "tcp://10.77.0.9:80", net=net)
    assert result.code == code, result


def test_a_peer_that_is_slow_at_the_end_of_the_wait_is_not_down(waitfor, net, peer):
    up = peer(address=net.address("10.77.0.5"), net=net)
    running = waitfor.start("-t", "2s", "--down", f"tcp://{up.target}", net=net)
    up.wait_connections(2)
    net.run("ip", "address", "del", "10.77.0.5/24", "dev", "w0")
    net.blackhole("10.77.0.5")
    assert running.finish().code == 124


def test_a_name_that_does_not_exist_is_not_down(waitfor, net, dns):
    """It may be a typo: the wait must not end on that."""
    assert waitfor(*QUICK, "--down", "tcp://db:80", net=net).code == 124


def test_nobody_says_that_a_missing_name_answers(waitfor, net, dns):
    result = waitfor(*QUICK, "--down", "tcp://db:80", net=net)
    assert "name does not resolve (if that means down, use --down=absent)" in result.err, result
    assert "still" not in result.err, result


def test_a_name_that_does_not_exist_is_down_where_that_is_asked_for(waitfor, net, dns):
    assert waitfor(*QUICK, "--down=absent", "tcp://db:80", net=net).code == 0
    env = {"WAITFOR_DOWN": "absent"}
    assert waitfor(*QUICK, "tcp://db:80", net=net, env=env).code == 0


def test_a_name_that_resolved_before_and_vanishes_is_down(waitfor, net, dns, peer):
    """docker stop takes the name away together with the container."""
    up = peer(address=net.address("10.77.0.5"), net=net)
    dns.name("db", a=d.at("10.77.0.5"))
    running = waitfor.start("--down", f"tcp://db:{up.port}", net=net)
    up.wait_connections(2)
    dns.forget("db")
    assert running.finish().code == 0


def test_all_targets_must_be_down(waitfor, peer):
    up, gone = peer(), peer(listen=False)
    args = [f"tcp://{up.target}", f"tcp://{gone.target}"]
    assert waitfor(*QUICK, "--down", *args).code == 124
    assert waitfor(*QUICK, "--down", "--any", *args).code == 0
