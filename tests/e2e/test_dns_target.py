"""dns://: what a real dnsmasq answers, and what a scripted server says that a healthy one does not."""

import json
import signal

import pytest

from support import dns as d
from support.servers import Server, dnsmasq

RECORDS = ("host-record=db.test,10.0.0.2,fd00::2", "host-record=four.test,10.0.0.4", "host-record=six.test,fd00::6",
           "cname=www.test,db.test", "mx-host=db.test,mail.test,10", "srv-host=_sip._udp.db.test,sip.test,5060,10,5",
           "txt-record=db.test,v=1,two words", "txt-record=db.test,other",
           "txt-record=long.test," + ",".join(["x" * 250] * 4), "dns-rr=db.test,2,036e7331047465737400")


@pytest.fixture
def dns_server():
    made = []

    def make(*records):
        server = Server(dnsmasq, records=records)
        (server.folder / "hosts").touch()
        made.append(server)
        return server.start().await_open()

    yield make
    for server in made:
        server.close()


def target(name, server, *parameters):
    return f"dns://{name}?" + "&".join((f"server={server.target}", *parameters))


@pytest.mark.parametrize("name, parameters", [
    ("db.test", ()), ("DB.test.", ()), ("four.test", ()), ("six.test", ()), ("www.test", ()),
    ("db.test", ("type=A", "expect=10.0.0.2")), ("db.test", ("type=AAAA", "expect=FD00:0::2")),
    ("db.test", ("expect=10.0.0.2",)), ("db.test", ("expect=fd00::2",)), ("db.test", ("contains=10.0.0",)),
    ("www.test", ("type=A", "expect=10.0.0.2")), ("www.test", ("type=CNAME", "expect=DB.test.")),
    ("db.test", ("type=MX", "expect=10 mail.test")), ("db.test", ("type=MX", "contains=MAIL")),
    ("_sip._udp.db.test", ("type=SRV", "expect=10%205%205060%20sip.test")),
    ("_sip._udp.db.test", ("type=SRV", "contains=sip")),     # the manual's example
    ("db.test", ("type=TXT", "expect=v%3D1two words")), ("db.test", ("type=TXT", "contains=the")),
    ("db.test", ("type=TXT", "expect=other", "contains=her")), ("db.test", ("type=NS", "expect=ns1.test")),
    ("long.test", ("type=TXT", f"contains={'x' * 1000}"))])     # too long for UDP: asked again over TCP
def test_a_record_that_is_there(waitfor, dns_server, name, parameters):
    result = waitfor("--once", target(name, dns_server(*RECORDS), *parameters))
    assert result.code == 0, result


@pytest.mark.parametrize("name, parameters, reason", [
    ("nosuch.test", (), "no such record: the name does not exist"),
    ("nosuch.test", ("type=TXT",), "no such record: the name does not exist"),
    ("long.test", (), "no such record: the name has no A or AAAA record"),
    ("six.test", ("type=A",), "no such record: the name has no A record"),
    ("four.test", ("type=MX",), "no such record: the name has no MX record"),
    ("db.test", ("type=CNAME",), "no such record: the name has no CNAME record"),
    ("db.test", ("expect=10.0.0.3",), "no such record: A is 10.0.0.2"),
    ("db.test", ("type=AAAA", "expect=fd00::3"), "no such record: AAAA is fd00::2"),
    ("www.test", ("type=CNAME", "expect=db"), "no such record: CNAME is db.test"),
    ("db.test", ("type=MX", "expect=mail.test"), "no such record: MX is 10 mail.test"),
    ("db.test", ("type=TXT", "expect=v%3D1"), ", and others"),
    ("db.test", ("type=TXT", "contains=OTHER"), ", and others"),
    ("db.test", ("type=TXT", "expect=other", "contains=v"), ", and others"),
    ("db.other", (), "DNS error: DNS server refused query")])
def test_a_record_that_is_not_there(waitfor, dns_server, name, parameters, reason):
    result = waitfor("--once", target(name, dns_server(*RECORDS), *parameters))
    assert result.code == 1 and reason in result.err, result


def test_an_address_that_comes_and_goes(waitfor, dns_server):
    server = dns_server()
    running = waitfor.start("-v", "-t", "20s", target("db.test", server, "expect=10.0.0.2"))
    running.wait_err("the name does not exist")
    (server.folder / "hosts").write_text("10.0.0.1 db.test\n")
    server.process.send_signal(signal.SIGHUP)
    running.wait_err("A is 10.0.0.1")
    (server.folder / "hosts").write_text("10.0.0.2 db.test\n")
    server.process.send_signal(signal.SIGHUP)
    assert running.finish().code == 0
    running = waitfor.start("--down", "-t", "20s", target("db.test", server))
    running.wait_err("still up")
    (server.folder / "hosts").write_text("")
    server.process.send_signal(signal.SIGHUP)
    result = running.finish()
    assert result.code == 0 and "the name does not exist" in result.err, result


def test_a_server_that_starts_late(waitfor, dns_server):
    server = dns_server()
    server.process.kill()
    server.process.wait()
    running = waitfor.start("-t", "20s", target("db.test", server, "type=TXT"))
    running.wait_err("DNS")
    server.argv.append("--txt-record=db.test,now")
    server.start()
    assert running.finish().code == 0


def test_what_is_told_and_exported(waitfor, dns_server):
    server = dns_server(*RECORDS)
    result = waitfor("-t", "300ms", "--output", "json", target("db.test", server, "expect=10.0.0.9"))
    assert result.code == 124, result
    event = json.loads(result.err.splitlines()[1])
    assert (event["kind"], event["reason"], event["text"], event["address"], event["name"]) == (
        "dns", "no_record", "no such record: A is 10.0.0.2", None, None), event
    result = waitfor("-t", "9s", target("db.test", server), "--", "env")
    assert result.code == 0 and "DB" not in result.out, result


# --- the servers and the search list of this system ------------------------------------------------------------------

def test_the_search_list_counts_and_hosts_do_not(waitfor, net, dns):
    net.rewrite(net.resolv_conf, "nameserver 127.0.0.53\nsearch one.test two.test\n")
    net.rewrite(net.hosts, "10.0.0.9 db\n")
    result = waitfor("--once", "dns://db", net=net)
    assert result.code == 1 and "the name does not exist" in result.err, result
    assert {name for _, name, _ in dns.asked} == {"db.one.test", "db.two.test", "db"}
    dns.name("db.two.test", a=d.at("10.0.0.2"))
    assert waitfor("--once", "dns://db?expect=10.0.0.2", net=net).code == 0
    assert waitfor("--once", "dns://db.", net=net).code == 1
    dns.asked.clear()
    result = waitfor("--once", "dns://db?server=127.0.0.53", net=net)
    assert result.code == 1 and {name for _, name, _ in dns.asked} == {"db"}, result


def test_a_new_resolv_conf_counts(waitfor, net, dns):
    net.rewrite(net.resolv_conf, "nameserver 127.0.0.54\noptions ndots:0\n")
    dns.name("db.test", a=d.at("10.0.0.2"))
    running = waitfor.start("-t", "20s", "dns://db.test", net=net)
    running.wait_err("DNS")
    net.rewrite(net.resolv_conf, "nameserver 127.0.0.53\noptions ndots:0\n")
    assert running.finish().code == 0


@pytest.mark.parametrize("a, aaaa, reason", [
    (d.SERVFAIL, d.NODATA, "DNS error: "), (d.NXDOMAIN, d.REFUSED, "DNS error: "), (d.SILENCE, d.NODATA, "no answer from DNS"),
    (d.NODATA, d.NODATA, "the name has no A or AAAA record")])
def test_what_a_server_says_instead(waitfor, net, dns, a, aaaa, reason):
    dns.name("db.test", a=a, aaaa=aaaa)
    result = waitfor("--once", "--attempt-timeout", "1500ms", "dns://db.test", net=net)
    assert result.code == 1 and reason in result.err, result


@pytest.mark.parametrize("a, aaaa", [(d.at("10.0.0.2"), d.SILENCE), (d.SERVFAIL, d.at("fd00::2")),
                                     (d.at("10.0.0.2", truncated=True), d.NODATA),
                                     (d.at("10.0.0.2", alias="other.test"), d.NXDOMAIN)])
def test_one_of_two_types_is_enough(waitfor, net, dns, a, aaaa):
    dns.name("db.test", a=a, aaaa=aaaa)
    assert waitfor("--once", "dns://db.test", net=net).code == 0


def test_a_name_of_tor_is_asked_of_nobody(waitfor, net, dns):
    result = waitfor("--once", "dns://secret.onion", net=net)
    assert result.code == 1 and "the name does not exist" in result.err and not dns.asked, result
