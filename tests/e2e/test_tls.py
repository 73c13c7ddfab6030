"""The TLS flavour, with a real PostgreSQL that has certificates (build/waitfor-tls: make tls)."""

import shutil

import pytest

from support.peers import relay_to
from support.until import until

QUICK = ("-t", "1500ms")


@pytest.fixture
def tls_pg(new_pg, certificates):
    """A server that lets nobody in over TCP but through TLS."""
    pg = new_pg()
    for name in ("server.pem", "server.key"):
        (pg.data / name).write_bytes((certificates / name).read_bytes())
        (pg.data / name).chmod(0o600)
        if pg.user:
            shutil.chown(pg.data / name, pg.user["user"], pg.user["group"])
    pg.append("postgresql.conf",
              "ssl = on\nssl_cert_file = 'server.pem'\nssl_key_file = 'server.key'\n")
    (pg.data / "pg_hba.conf").write_text("local all all trust\nhostssl all all all scram-sha-256\n")
    return pg.start()


@pytest.fixture
def named(net, peer, tls_pg):
    """Inside a Net, db.test and wrong.test lead to the server; returns the port."""
    net.rewrite(net.hosts, "10.77.0.1 db.test wrong.test\n")
    return peer(relay_to("127.0.0.1", tls_pg.port), address="10.77.0.1", net=net).port


@pytest.mark.parametrize("parameters", ["", "?sslmode=require", "?sslmode=require&channel_binding=require",
                                        "?sslmode=require&ssl_min_protocol_version=TLSv1.3",
                                        "?sslmode=no-verify", "?ssl=true", "?ssl=no-verify", "?sslMode=require"])
def test_login_over_tls(waitfor_tls, tls_pg, parameters):
    assert waitfor_tls("-t", "10s", tls_pg.uri(parameters=parameters)).code == 0


def test_tls_as_node_pg_asks_for_it_in_the_variable(waitfor_tls, tls_pg):
    """FIELD 15."""
    assert waitfor_tls("-t", "10s", tls_pg.uri(), env={"PGSSLMODE": "no-verify"}).code == 0
    result = waitfor_tls(*QUICK, tls_pg.uri(parameters="?sslmode=disable"), env={"PGSSLMODE": "no-verify"})
    assert result.code == 124 and "denied: 28000" in result.err, "the URI wins"


@pytest.mark.parametrize("variable", ["PGSSLMODE", "PGSSLNEGOTIATION", "PGSSLMINPROTOCOLVERSION"])
def test_a_wrong_value_in_a_variable_names_it_unless_tls_is_off(waitfor_tls, tls_pg, variable):
    result = waitfor_tls(tls_pg.uri(), env={variable: "bogus"})
    assert result.code == 125 and f'": {variable}: ' in result.err and "bogus" in result.err, result
    result = waitfor_tls(*QUICK, tls_pg.uri(parameters="?sslmode=disable"), env={variable: "bogus"})
    assert result.code == 124 and "denied: 28000" in result.err, result


def test_with_tls_no_hint_tells_to_use_it(waitfor_tls, tls_pg):
    result = waitfor_tls(*QUICK, tls_pg.uri(parameters="?sslmode=disable"))
    assert "waitfor-tls" not in result.err, result


def test_the_certificate_must_be_for_the_name(waitfor_tls, net, named, tls_pg, certificates):
    full = f"?sslmode=verify-full&sslrootcert={certificates / 'ca.pem'}"
    right = tls_pg.uri(host=f"db.test:{named}", parameters=full)
    assert waitfor_tls("-t", "10s", right, net=net).code == 0
    wrong = waitfor_tls(*QUICK, tls_pg.uri(host=f"wrong.test:{named}", parameters=full), net=net)
    assert wrong.code == 124 and "TLS error" in wrong.err and "wrong.test" in wrong.err, wrong


def test_the_certificate_must_be_signed_by_somebody_trusted(waitfor_tls, tls_pg, certificates):
    parameters = f"?sslmode=verify-ca&sslrootcert={certificates / 'other.pem'}"
    result = waitfor_tls("-t", "30s", "--fail-fast", tls_pg.uri(parameters=parameters))
    assert result.code == 124 and "TLS error" in result.err and "verify" in result.err, result
    assert result.seconds < 10, "waiting does not mend it"


def test_a_ping_over_tls_leaves_not_one_line_in_the_log(waitfor_tls, tls_pg):
    before = tls_pg.log()
    for _ in range(3):
        assert waitfor_tls("-t", "10s", tls_pg.uri(password="")).code == 0
    tls_pg.sql("DO $$ BEGIN RAISE LOG 'end of test'; END $$")
    until(lambda: "end of test" in tls_pg.log())
    assert tls_pg.log()[len(before):].splitlines()[0] == "LOG:  end of test"


def test_a_server_that_wants_tls_denies_a_login_without(waitfor_tls, tls_pg):
    result = waitfor_tls(*QUICK, tls_pg.uri(parameters="?sslmode=disable"))
    assert result.code == 124 and "denied: 28000" in result.err, result


def test_the_flavour_is_told(waitfor_tls):
    assert "openssl 3.5" in waitfor_tls("--version").out.lower()


def test_a_server_that_wants_tls_says_which_flavour_has_it(waitfor, tls_pg):
    """FIELD 7."""
    result = waitfor(*QUICK, tls_pg.uri())
    assert "no encryption; use waitfor-tls with sslmode=require" in result.err, result


def test_the_flavour_without_tls_says_where_it_is_to_be_had(waitfor, tls_pg):
    result = waitfor(tls_pg.uri(parameters="?sslmode=require"))
    assert result.code == 125 and "waitfor-tls" in result.err, result
    assert len(result.lines) == 1
