"""Link-local addresses, which need their interface: fe80::7%w0 (RFC 4007)."""

import pytest

from support import pgwire
from support.dns import Dns
from support import dns as d

ADDRESS = "fe80::7"
HERE = f"{ADDRESS}%w0"


@pytest.fixture
def local(net):
    """A network where this machine has the address."""
    net.address(ADDRESS)
    return net


@pytest.mark.parametrize("host", [f"[{HERE}]", f"tcp://[{HERE}]", f"tcp://[{ADDRESS}%25w0]"])
def test_a_literal(waitfor, local, peer, host):
    port = peer(address="::", net=local).port
    result = waitfor("-t", "5", f"DB={host}:{port}", "--", "sh", "-c", 'echo "$DB_HOST $DB_ADDR"', net=local)
    assert (result.code, result.out) == (0, f"{HERE} {HERE}\n"), result
    assert f"ready at [{HERE}]:{port} " in result.err


def test_the_number_of_the_interface(waitfor, local, peer):
    port = peer(address="::", net=local).port
    number = local.run("ip", "-oneline", "link", "show", "dev", "w0").split(":")[0]
    result = waitfor("-t", "5", f"[{ADDRESS}%{number}]:{port}", net=local)
    assert result.code == 0 and f"ready at [{HERE}]:{port} " in result.err, result


@pytest.mark.parametrize("target", [f"postgres://app@[{ADDRESS}%25w0]:{{port}}/app",
                                    f"postgres://app@/app?host={ADDRESS}%25w0&port={{port}}",
                                    f"postgres://app@db/app?hostaddr={ADDRESS}%25w0&port={{port}}"])
def test_postgres(waitfor, local, peer, target):
    port = peer(pgwire.answers(pgwire.ask_cleartext_password()), address="::", net=local).port
    result = waitfor("-t", "5", target.format(port=port), net=local)
    assert result.code == 0 and f"ready at [{HERE}]:{port} " in result.err, result


def test_in_the_hosts_file(waitfor, local, peer):
    """musl's getaddrinfo finds it there. glibc's does not: its files module knows addresses without interface only."""
    port = peer(address="::", net=local).port
    local.rewrite(local.hosts, f"fe80::8%w9 db\n{HERE} db\n")
    result = waitfor("-t", "5", f"db:{port}", "--", "sh", "-c", 'echo "$DB_HOST $DB_ADDR"', net=local)
    assert (result.code, result.out) == (0, f"db {HERE}\n"), result


def test_a_name_server(waitfor, local, peer):
    server = Dns(local, address="::")
    try:
        server.name("db", a=d.at("10.77.0.1"))
        local.rewrite(local.resolv_conf, f"nameserver {HERE}\n")
        port = peer(address="10.77.0.1", net=local).port
        result = waitfor("-t", "10", f"tcp://db:{port}", net=local)
        assert result.code == 0, result
    finally:
        server.close()
