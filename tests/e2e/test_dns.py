"""Names: every DNS failure passes, files and servers change their minds (FACTS 8 to 16)."""

import signal
import threading
import time

import pytest

from support import dns as d
from support.dns import Dns
from support.peers import silence
from support.pgwire import answers, ask_cleartext_password, refuses
from support.until import until

PATIENT = ("-t", "15s")


@pytest.fixture
def db(net, peer):
    return peer(silence, address=net.address("10.77.0.5"), net=net)


# The first answer to a name, and the reason that stands on stderr meanwhile.
BEGINNINGS = {
    "no such name": (d.NXDOMAIN, d.NXDOMAIN, "no such name"),
    "no data": (d.NODATA, d.NODATA, "name has no address"),
    "server failure": (d.SERVFAIL, d.SERVFAIL, "DNS error"),
    "refused": (d.REFUSED, d.REFUSED, "DNS error"),
    "silence": (d.SILENCE, d.SILENCE, "no answer from DNS"),
}


@pytest.mark.parametrize("case", BEGINNINGS)
def test_a_name_that_comes_to_exist(waitfor, net, dns, db, case):
    """A cached answer would hide it for ever (FACTS 14)."""
    a, aaaa, reason = BEGINNINGS[case]
    dns.name("db", a=a, aaaa=aaaa)
    running = waitfor.start(*PATIENT, f"tcp://db:{db.port}", net=net)
    running.wait_err(reason)
    dns.name("db", a=d.at("10.77.0.5"))
    result = running.finish()
    assert result.code == 0, result
    assert "ready" in result.lines[-1] and "10.77.0.5" in result.lines[-1]


@pytest.mark.parametrize("case", BEGINNINGS)
def test_the_timeout_comes_all_the_same(waitfor, net, dns, case):
    """FACTS 13: c-ares alone would sit in silence for 9 s."""
    a, aaaa, reason = BEGINNINGS[case]
    dns.name("db", a=a, aaaa=aaaa)
    result = waitfor("-t", "1500ms", "tcp://db:80", net=net)
    assert result.code == 124 and reason in result.err, result
    assert 1.4 <= result.seconds < 5


def test_nobody_at_the_name_servers_port(waitfor, net, db):
    """UDP ECONNREFUSED (FACTS 12): the DNS server comes up later than waitfor."""
    running = waitfor.start(*PATIENT, f"tcp://db:{db.port}", net=net)
    running.wait_err(f"tcp://db:{db.port}: ")
    server = Dns(net)
    try:
        server.name("db", a=d.at("10.77.0.5"))
        assert running.finish().code == 0
    finally:
        server.close()


@pytest.mark.parametrize("a,aaaa", [
    (d.at("10.77.0.5"), d.NODATA), (d.at("10.77.0.5"), d.NXDOMAIN),
    (d.at("10.77.0.5"), d.SILENCE), (d.at("10.77.0.5"), d.SERVFAIL),
    (d.at("10.77.0.5"), d.at("fd77::5", delay=3.0)),
    (d.SILENCE, d.at("fd77::5")), (d.NODATA, d.at("fd77::5"))],
    ids=["v6 nodata", "v6 nxdomain", "v6 silent", "v6 fails", "v6 late", "v4 silent", "v4 nodata"])
def test_either_family_is_enough(waitfor, net, dns, peer, a, aaaa):
    port = peer(silence, address=net.address("10.77.0.5"), net=net).port
    peer(silence, address=net.address("fd77::5"), port=port, net=net)
    dns.name("db", a=a, aaaa=aaaa)
    result = waitfor(*PATIENT, f"tcp://db:{port}", net=net)
    assert result.code == 0, result
    # 50 ms is the resolution delay; the silent family would cost seconds.
    assert result.seconds < 2, "started on whichever answer came"


@pytest.mark.parametrize("aaaa", [d.Answer(delay=0.15), d.SILENCE], ids=["late", "silent"])
def test_an_answer_held_back_for_the_other_family_comes_before_a_variable(waitfor, net, dns, peer, aaaa):
    """FACTS 6: the variable's address is another container's by now. Questions get rare, and patience short."""
    real = peer(refuses("57P03"), address=net.address("10.77.0.5"), port=5432, net=net)
    stale = peer(answers(ask_cleartext_password()), address=net.address("10.77.0.9"), port=5432, net=net)
    dns.name("db", a=d.at("10.77.0.5"), aaaa=aaaa)
    result = waitfor("-t", "15s", "db:5432", net=net, timeout=40, env={"DB_PORT_5432_TCP": "tcp://10.77.0.9:5432"})
    assert result.code == 124, result
    assert "10.77.0.5" in result.err and "10.77.0.9" not in result.err
    assert len(real.connections) > 5 and not stale.connections


@pytest.mark.parametrize("words", [("--once", "--attempt-timeout", "500ms"), ("--once", "-t", "500ms")])
def test_a_round_ends_at_its_limit_though_a_family_is_silent(waitfor, net, dns, words):
    """As a HEALTHCHECK it must end before Docker's own limit; and say what is known by then."""
    net.address("10.77.0.5")
    dns.name("db", a=d.at("10.77.0.5"), aaaa=d.SILENCE)
    result = waitfor(*words, "tcp://db:8000", net=net)
    assert result.code == 1 and "connection refused" in result.err, result
    assert result.seconds < 1.5, "c-ares gives up after 2 s"


def test_a_deadline_tells_the_refusal_that_was_seen(waitfor, net, dns):
    net.address("10.77.0.5")
    dns.name("db", a=d.at("10.77.0.5"), aaaa=d.SILENCE)
    result = waitfor("--down", "-t", "500ms", "tcp://db:8000", net=net)
    assert "connection refused" in result.err, result


@pytest.fixture(params=["another host", "the other family"])
def one_of_two_is_slow(request, net, dns, peer):
    """A target with two places: one refuses at once, the other is known 200 ms later and up."""
    script = answers(ask_cleartext_password())
    if request.param == "another host":
        peer(script, address=net.address("10.77.0.5"), port=5432, net=net)
        dns.name("slow", a=d.at("10.77.0.5", delay=0.2), aaaa=d.at(delay=0.2))
        return "postgres://10.77.0.1:9,slow:5432/"
    port = peer(script, address=net.address("fd77::5"), net=net).port
    dns.name("db", a=d.at("10.77.0.1"), aaaa=d.at("fd77::5", delay=0.2))
    return f"tcp://db:{port}"


@pytest.mark.parametrize("words,code", [
    (["--once"], 0), (["--down", "-t", "1200ms"], 124), (["--down", "--once"], 1)],
    ids=["ready", "down", "down, once"])
def test_a_round_is_over_when_every_look_up_is(waitfor, net, one_of_two_is_slow, words, code):
    result = waitfor(*words, one_of_two_is_slow, net=net)
    assert result.code == code, result


def test_an_answer_and_the_end_of_a_probe_in_one_turn(waitfor, net, dns, peer):
    """The answer of DNS is there, but not yet told to the attempt, when its only probe fails."""
    ends = threading.Event()

    def hold(connection):
        ends.wait(20)

    first = peer(hold, address=net.address("10.77.0.5"), net=net)
    peer(lambda connection: connection.send(b"+PONG\r\n"), address=net.address("fd77::5"), port=first.port, net=net)
    dns.name("db", a=d.at("10.77.0.5"), aaaa=d.at("fd77::5", delay=1.5))
    running = waitfor.start("--once", "--attempt-timeout", "15s", f"redis://db:{first.port}", net=net)
    until(lambda: first.connections, what="the probe is connected")
    asked = next(when for when, _, kind in dns.asked if kind == d.AAAA)
    until(lambda: time.monotonic() > asked + 1.2, what="no timer is about to fire")
    running.send(signal.SIGSTOP)
    until(lambda: time.monotonic() > asked + 1.6, what="the answer has been sent")
    ends.set()
    until(lambda: first.connections[0].sock.fileno() < 0, what="the connection is closed")
    running.send(signal.SIGCONT)
    result = running.finish()
    assert result.code == 0 and "ready at [fd77::5]" in result.err, result


def test_a_and_aaaa_are_asked_separately(waitfor, net, dns, db):
    dns.name("db", a=d.at("10.77.0.5"))
    assert waitfor(*PATIENT, f"tcp://db:{db.port}", net=net).code == 0
    assert dns.questions("db", d.A) and dns.questions("db", d.AAAA)


def test_a_dead_ipv6_address_costs_little(waitfor, net, dns, db):
    """At most 250 ms by the specification; without a race it is the attempt's 3 s."""
    net.blackhole("fd77::9")
    dns.name("db", a=d.at("10.77.0.5"), aaaa=d.at("fd77::9"))
    result = waitfor(*PATIENT, f"tcp://db:{db.port}", net=net)
    assert result.code == 0 and result.seconds < 1.5, result
    assert "10.77.0.5" in result.lines[-1]


def test_a_dead_ipv6_address_does_not_hide_the_other(waitfor, net, dns, peer):
    """IPv4 refuses at first, and is tried again while the attempt at IPv6 still hangs: that one has no limit here."""
    net.blackhole("fd77::9")
    address = net.address("10.77.0.5")
    dns.name("db", a=d.at(address), aaaa=d.at("fd77::9"))
    running = waitfor.start("-t", "60s", "--attempt-timeout", "60s", "tcp://db:7000", net=net)
    running.wait_err("connection refused (10.77.0.5")
    peer(silence, address=address, port=7000, net=net)
    result = running.finish()
    assert result.code == 0 and "10.77.0.5" in result.lines[-1], result
    assert result.seconds < 30, "long before its time is up"


def test_one_dead_family_costs_one_head_start(waitfor, net, dns, db):
    """Five dead IPv6 addresses, known before the IPv4 one is: not 250 ms for each."""
    dead = [net.blackhole(f"fd77::{number}") for number in range(90, 95)]
    dns.name("db", a=d.at("10.77.0.5", delay=0.1), aaaa=d.at(*dead))
    result = waitfor(*PATIENT, f"tcp://db:{db.port}", net=net)
    assert result.code == 0 and result.seconds < 1.0, result


@pytest.mark.parametrize("dead", ["blackhole", "refused", "unreachable"])
def test_several_addresses_race(waitfor, net, dns, db, dead):
    bad = {"blackhole": "10.77.0.9", "refused": "10.77.0.1", "unreachable": "192.0.2.1"}[dead]
    if dead == "blackhole":
        net.blackhole(bad)
    dns.name("db", a=d.at(bad, "10.77.0.5"))
    result = waitfor(*PATIENT, f"tcp://db:{db.port}", net=net)
    assert result.code == 0 and result.seconds < 1.5, result


def test_a_changed_address_is_found_in_spite_of_its_ttl(waitfor, net, dns, db):
    """Docker says 600 s and moves the name at a restart (FACTS 10)."""
    dns.name("db", a=d.at("10.77.0.1", ttl=600))
    running = waitfor.start(*PATIENT, f"tcp://db:{db.port}", net=net)
    running.wait_err("connection refused (10.77.0.1")
    dns.name("db", a=d.at("10.77.0.5", ttl=600))
    result = running.finish()
    assert result.code == 0, result


def test_a_truncated_answer_is_asked_for_over_tcp(waitfor, net, dns, db):
    dns.name("db", a=d.at("10.77.0.5", truncated=True))
    assert waitfor(*PATIENT, f"tcp://db:{db.port}", net=net).code == 0


def test_an_alias_is_followed(waitfor, net, dns, db):
    dns.name("db", a=d.at("10.77.0.5", alias="real.example.test"))
    assert waitfor(*PATIENT, f"tcp://db:{db.port}", net=net).code == 0


def test_search_domains(waitfor, net, dns, db):
    net.rewrite(net.resolv_conf, "nameserver 127.0.0.53\nsearch cluster.test\noptions ndots:5\n")
    dns.name("db.cluster.test", a=d.at("10.77.0.5"))
    assert waitfor(*PATIENT, f"tcp://db:{db.port}", net=net).code == 0


def test_localhost_needs_no_server(waitfor, net, peer):
    net.rewrite(net.resolv_conf, "nameserver 127.0.0.9\n")
    port = peer(silence, net=net).port
    result = waitfor(*PATIENT, f"tcp://localhost:{port}", net=net)
    assert result.code == 0 and result.seconds < 3, result


# --- the files change during the wait -----------------------------------------------------------

def test_etc_hosts_is_honoured_without_dns(waitfor, net, dns, db):
    net.rewrite(net.hosts, "127.0.0.1 localhost\n10.77.0.5 web db # comment\n")
    assert waitfor(*PATIENT, f"tcp://db:{db.port}", net=net).code == 0


@pytest.mark.parametrize("family", ["a", "aaaa"])
def test_etc_hosts_comes_before_dns_whatever_the_family(waitfor, net, dns, db, peer, family):
    """Somebody wrote down where db is: another machine of that name must not be found ready."""
    other = {"a": "10.77.0.6", "aaaa": "fd77::6"}[family]
    peer(silence, address=net.address(other), port=db.port, net=net)
    dns.name("db", **{family: d.at(other)})
    net.rewrite(net.hosts, "10.77.0.5 db\n")
    db.stop_listening()
    result = waitfor("-t", "700ms", f"tcp://db:{db.port}", net=net)
    assert result.code == 124 and other not in result.err, result


def test_a_hosts_line_that_appears(waitfor, net, dns, db):
    running = waitfor.start(*PATIENT, f"tcp://db:{db.port}", net=net)
    running.wait_err("no such name")
    net.rewrite(net.hosts, "127.0.0.1 localhost\n10.77.0.5 db\n")
    assert running.finish().code == 0


def test_a_hosts_line_that_changes(waitfor, net, dns, db):
    """FACTS 6: Docker rewrites hosts when a linked peer comes back with another address."""
    net.rewrite(net.hosts, "10.77.0.1 db\n")
    running = waitfor.start(*PATIENT, f"tcp://db:{db.port}", net=net)
    running.wait_err("connection refused (10.77.0.1")
    net.rewrite(net.hosts, "10.77.0.5 db\n")
    assert running.finish().code == 0


def test_resolv_conf_that_comes_to_name_another_server(waitfor, net, dns, db):
    """docker network connect while the app waits (FACTS 8)."""
    net.rewrite(net.resolv_conf, "nameserver 127.0.0.9\n")
    dns.name("db", a=d.at("10.77.0.5"))
    running = waitfor.start(*PATIENT, f"tcp://db:{db.port}", net=net)
    running.wait_err(f"tcp://db:{db.port}: ")
    assert not dns.asked
    net.rewrite(net.resolv_conf, "nameserver 127.0.0.53\noptions ndots:0\n")
    assert running.finish().code == 0


def test_resolv_conf_that_named_a_black_hole(waitfor, net, dns, db):
    net.blackhole("10.77.0.9")
    net.rewrite(net.resolv_conf, "nameserver 10.77.0.9\n")
    dns.name("db", a=d.at("10.77.0.5"))
    running = waitfor.start(*PATIENT, f"tcp://db:{db.port}", net=net)
    running.wait_err("no answer from DNS")
    net.rewrite(net.resolv_conf, "nameserver 127.0.0.53\n")
    assert running.finish().code == 0


def test_resolv_conf_that_is_empty_for_a_moment(waitfor, net, dns, db):
    """FACTS 9: truncated, and written a moment later: a short read must not stay."""
    running = waitfor.start(*PATIENT, f"tcp://db:{db.port}", net=net)
    running.wait_err("no such name")
    for text in ("", "nameserver", " 127.0.0.5", "3\n"):
        with open(net.resolv_conf, "r+" if not text else "a", encoding="ascii") as file:
            file.truncate(0) if not text else file.write(text)
        asked = len(dns.asked)
        try:
            until(lambda: len(dns.asked) > asked + 2, 0.4)
        except AssertionError:
            pass  # no server is known just now: nothing can be asked, and that is right too
    dns.name("db", a=d.at("10.77.0.5"))
    assert running.finish().code == 0


def test_hosts_that_is_empty_for_a_moment(waitfor, net, dns, peer):
    late = peer(silence, address=net.address("10.77.0.5"), net=net, listen=False)
    net.rewrite(net.hosts, "10.77.0.5 db\n")
    running = waitfor.start(*PATIENT, f"tcp://db:{late.port}", net=net)
    running.wait_err("connection refused")
    net.rewrite(net.hosts, "")
    until(lambda: dns.questions("db"), what="the name is asked for while hosts is empty")
    assert running.alive()
    net.rewrite(net.hosts, "10.77.0.5 db\n")
    late.listen()
    assert running.finish().code == 0


def test_absent_files_are_no_error(waitfor, net, db):
    """An absent resolv.conf means 127.0.0.1 (FACTS 14)."""
    net.run("umount", "/etc/hosts", "/etc/resolv.conf")
    net.run("rm", "/etc/hosts", "/etc/resolv.conf")
    server = Dns(net, "127.0.0.1")
    try:
        server.name("db", a=d.at("10.77.0.5"))
        assert waitfor(*PATIENT, f"tcp://db:{db.port}", net=net).code == 0
    finally:
        server.close()


# --- how often names are asked for --------------------------------------------------------------

def most_in(times, window):
    """The most questions in any span of `window` seconds."""
    return max((sum(start <= when < start + window for when in times) for start in times),
               default=0)


def test_questions_are_never_closer_than_100_ms(waitfor, net, dns):
    """Counted over spans, not gaps: on a loaded machine the server may see two late together."""
    net.address("10.77.0.5")
    dns.name("db", a=d.at("10.77.0.5"))     # refused: an attempt is free, and every few ms
    waitfor("-t", "3s", "tcp://db:9", net=net)
    times = dns.questions("db", d.A)
    assert most_in(times, 1.0) <= 11, times
    assert len(times) >= 3, "but they are asked again"


def test_nor_while_a_variables_address_refuses(waitfor, net, dns):
    """The attempt there is free, and every few ms; the question before it is not."""
    waitfor("-t", "3s", "tcp://db:9", env={"DB_PORT": "tcp://10.77.0.1:9"}, net=net)
    for kind in (d.A, d.AAAA):
        times = dns.questions("db", kind)
        assert most_in(times, 1.0) <= 11, times
        assert len(times) >= 3, "but they are asked again"


def test_a_piece_of_a_password_is_not_asked_for(waitfor, net, dns):
    """The password is "p@hunter/x"; unescaped, it looks like a host."""
    result = waitfor("-t", "1s", "postgres://app:p@hunter/x@db/shop", net=net)
    assert result.code == 125, result
    assert not dns.asked


def test_the_summary_keeps_the_reason_of_the_last_whole_attempt(waitfor, net, dns):
    """Only a variable knows db, and refuses: most likely DNS is being asked when the time is up."""
    slow = d.Answer(rcode=d.NXDOMAIN.rcode, delay=0.1)
    dns.name("db", a=slow, aaaa=slow)
    for _ in range(6):
        result = waitfor("-t", "600ms", "tcp://db:9", env={"DB_PORT": "tcp://10.77.0.1:9"}, net=net)
        assert result.code == 124 and "connection refused" in result.lines[-1], result


def test_in_a_long_wait_they_are_rare(waitfor, net, dns):
    """After ten seconds a wait is a long one: a name that resolves is asked for every second;
    for one that does not the question is the attempt, which is made every 500 ms at most; a
    failing server is asked three times in each, in case it is one packet that was lost."""
    names = {"found": d.at("10.77.0.1"), "absent": d.NXDOMAIN, "empty": d.NODATA,
             "failing": d.SERVFAIL}
    for name, answer in names.items():
        dns.name(name, a=answer, aaaa=answer if answer.rcode else d.NODATA)
    running = waitfor.start("-t", "14s", *(f"tcp://{name}:9" for name in names), net=net)
    assert running.finish().code == 124
    for name in names:
        late = [when for when in dns.questions(name, d.A) if when > running.started + 10]
        gap, each = {"found": (1.0, 1), "failing": (0.5 * 0.8, 3)}.get(name, (0.5 * 0.8, 1))
        assert 2 <= len(late) <= (4 / gap + 1) * each, (name, late)


def test_a_server_that_vanishes_while_its_question_is_open(waitfor, net, dns, db):
    """The first server is silent, the second says that there is no such name; then the way to the first is gone."""
    net.run("ip", "address", "add", "10.99.0.9/32", "dev", "lo")
    silent = Dns(net, "10.99.0.9")
    silent.everything = d.SILENCE
    net.resolv_conf.write_text("search a.test b.test\nnameserver 10.99.0.9\nnameserver 127.0.0.53\n"
                               "options ndots:5\n")
    running = waitfor.start("-t", "20s", f"tcp://db:{db.port}", net=net)
    until(lambda: silent.questions("db.a.test"))
    net.run("ip", "address", "del", "10.99.0.9/32", "dev", "lo")
    until(lambda: dns.questions("db.b.test"))
    dns.name("db", a=d.at("10.77.0.5"))
    result = running.finish(25)
    silent.close()
    assert result.code == 0, result


def test_a_service_may_be_called_onion(waitfor, net, dns, db):
    """RFC 7686 is about names under it."""
    dns.name("onion", a=d.at("10.77.0.5"))
    assert waitfor(*PATIENT, f"tcp://onion:{db.port}", net=net).code == 0


def test_a_slow_error_of_one_family_does_not_hold_the_search(waitfor, net, dns, db):
    """A and AAAA fail at different times, and both are asked again in each round: they must not wait for each other."""
    net.resolv_conf.write_text("search slow.test\nnameserver 127.0.0.53\noptions ndots:5\n")
    dns.name("db.example.slow.test", a=d.Answer(rcode=2, delay=2.5), aaaa=d.Answer(rcode=2, delay=4))
    dns.name("db.example", a=d.at("10.77.0.5"))
    result = waitfor("-t", "20s", f"tcp://db.example:{db.port}", net=net, timeout=25)
    # The second error comes after 4 s. With the mutual waiting it was 15 s.
    assert result.code == 0 and result.seconds < 9, result
