"""https:// and HTTP/2 of the TLS flavour, with a real nginx that has certificates (build/waitfor-tls: make tls)."""

import pytest

from support.peers import relay_to, silence
from support.servers import Server, nginx

QUICK = ("-t", "1200ms")


@pytest.fixture
def site(net, peer, certificates):
    """Makes an nginx; in the Net, db.test and wrong.test lead to it. Returns a URL's beginning without the scheme."""
    made = []

    def make(listen="ssl", certificate="server", main=""):
        key = "old" if certificate == "old" else "server"
        lines = (f"ssl_certificate {certificates}/{certificate}.pem; ssl_certificate_key {certificates}/{key}.key;"
                 if "ssl" in listen else "")
        made.append(Server(nginx, listen=listen, main=lines + main).start().await_open())
        net.rewrite(net.hosts, "10.77.0.1 db.test wrong.test\n")
        return peer(relay_to("127.0.0.1", made[-1].port), address="10.77.0.1", net=net).port

    yield make
    for each in made:
        each.close()


def test_the_certificate_of_the_name(waitfor_tls, site, net, certificates):
    port = site()
    ready = f"https://db.test:{port}/?cacert={certificates}/ca.pem"
    assert waitfor_tls("-t", "9s", ready, net=net).code == 0
    for parameter in ("&expect-body=^hello$", "&http2=false", "&method=HEAD"):
        assert waitfor_tls("-t", "9s", ready + parameter, net=net).code == 0
    assert waitfor_tls("-t", "9s", f"https://wrong.test:{port}/?insecure", net=net).code == 0
    for name in ("sni=db.test", "host=db.test"):
        result = waitfor_tls("-t", "9s", f"https://wrong.test:{port}/?cacert={certificates}/ca.pem&{name}", net=net)
        assert result.code == 0, result


@pytest.mark.parametrize("host, certificate, ca, reason", [
    ("wrong.test", "server", "ca", "the certificate is for another host"),
    ("db.test", "old", "ca", "the certificate has expired"),
    ("db.test", "server", "other", "the certificate is from an unknown authority; name its file: cacert=FILE")])
def test_a_certificate_that_is_not_trusted(waitfor_tls, site, net, certificates, host, certificate, ca, reason):
    target = f"https://{host}:{site(certificate=certificate)}/?cacert={certificates}/{ca}.pem"
    result = waitfor_tls("--fail-fast", "-t", "60s", target, net=net)
    assert result.code == 124 and f"TLS error: {reason}" in result.err and result.seconds < 15, result


def test_plain_text_where_tls_is_expected_and_the_other_way(waitfor_tls, site, net):
    result = waitfor_tls(*QUICK, f"https://db.test:{site(listen='')}/?insecure", net=net)
    assert "the service does not speak TLS at this port" in result.err, result
    result = waitfor_tls(*QUICK, f"http://db.test:{site()}/", net=net)
    assert result.code == 124 and "status 400" in result.err, result


def test_silence_where_tls_is_expected(waitfor_tls, peer):
    result = waitfor_tls(*QUICK, "--attempt-timeout", "300ms", f"https://{peer(silence).target}/?insecure")
    assert result.code == 124 and "no reply" in result.err, result


def test_a_certificate_of_the_client(waitfor_tls, site, net, certificates):
    port = site(main=f"ssl_client_certificate {certificates}/ca.pem; ssl_verify_client on;")
    target = f"https://db.test:{port}/?cacert={certificates}/ca.pem"
    assert "status 400" in waitfor_tls(*QUICK, target, net=net).err
    own = f"&cert={certificates}/server.pem&key={certificates}/server.key"
    result = waitfor_tls("-v", "-t", "9s", target + own, net=net)
    assert result.code == 0 and "server.key" not in result.err, result


def test_http2(waitfor_tls, site, net, certificates):
    """With prior knowledge without TLS, and agreed on within it."""
    assert waitfor_tls("-t", "9s", f"http://db.test:{site(listen='http2')}/?http2", net=net).code == 0
    target = f"https://db.test:{site(listen='ssl http2')}/?http2&cacert={certificates}/ca.pem&expect-body=hello"
    assert waitfor_tls("-t", "9s", target, net=net).code == 0
    result = waitfor_tls(*QUICK, f"http://db.test:{site(listen='')}/?http2", net=net)
    assert result.code == 124 and "it is not HTTP" in result.err, result


def test_a_redirect_to_tls(waitfor_tls, site, net, certificates):
    port = site()
    other = site(listen="", main=f"return 301 https://db.test:{port}/;")
    target = f"http://db.test:{other}/?follow=1&status=200"
    assert waitfor_tls("-t", "9s", target, net=net).code == 124, "the certificate is not trusted"


def test_a_certificate_without_its_key_is_not_the_services_fault(waitfor_tls, site, net, certificates):
    target = f"https://db.test:{site()}/?insecure&cert={certificates}/ca.pem"
    result = waitfor_tls(*QUICK, target, net=net)
    assert "TLS error: the certificate or the key of this client cannot be used" in result.err, result


def test_files_that_are_not_there(waitfor_tls):
    for name in ("cacert", "cert"):
        result = waitfor_tls(f"https://db.test/?{name}=/no/such/file")
        assert result.code == 125 and f"parameter {name}: its file cannot be read" in result.err, result
    result = waitfor_tls("https://db.test/?key=/etc/hostname")
    assert result.code == 125 and "parameter key needs the certificate; add cert=FILE" in result.err, result
