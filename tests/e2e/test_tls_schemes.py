"""TLS of all schemes but HTTP and PostgreSQL: real servers with certificates, and scripted ones (build/waitfor-tls)."""

import signal
import ssl
from urllib.parse import quote

import pytest
from conftest import openssl

from support.amqp import amqp
from support.mariadb import PASSWORD as SQL_PASSWORD
from support.mariadb import PASSWORD_IN_URI, MariaDB
from support.mongowire import answers, member
from support.peers import close_at_once, greets, relay_to, reset_at_once, silence
from support.servers import DN, PASSWORD, USER, Server, ldap, memcached, mqtt, nats, zookeeper
from support.until import until

LOGIN = f"{USER}:{quote(PASSWORD, safe='')}@"
QUICK = ("-t", "1500ms")


def redis(server, certificates, clients="no"):
    return ["redis-server", "--bind", "127.0.0.1", "--port", "0", "--tls-port", server.port, "--save", "", "--dir",
            server.folder, "--tls-cert-file", certificates / "server.pem", "--tls-key-file", certificates / "server.key",
            "--tls-ca-cert-file", certificates / "ca.pem", "--tls-auth-clients", clients, "--loglevel", "verbose"]


def tls_memcached(server, certificates):
    return [*memcached(server), "-Z", "-o",
            f"ssl_chain_cert={certificates}/server.pem,ssl_key={certificates}/server.key"]


def tls_nats(server, certificates, login=False):
    argv = nats(server, login=login)
    with open(server.folder / "nats.conf", "a", encoding="utf-8") as file:
        file.write(f"tls {{ cert_file: {certificates}/server.pem, key_file: {certificates}/server.key }}\n")
    return argv


def tls_mqtt(server, certificates, login=False):
    argv = mqtt(server, login=login)
    with open(server.folder / "mosquitto.conf", "a", encoding="utf-8") as file:
        file.write(f"certfile {certificates}/server.pem\nkeyfile {certificates}/server.key\n")
    return argv


def tls_ldap(server, certificates, scheme="ldaps"):
    argv = ldap(server, directives=[f"TLSCertificateFile {certificates}/server.pem",
                                    f"TLSCertificateKeyFile {certificates}/server.key",
                                    f"TLSCACertificateFile {certificates}/ca.pem"])
    return [word.replace("ldap://", f"{scheme}://") if isinstance(word, str) else word for word in argv]


@pytest.fixture
def site(net, peer, certificates):
    """Starts a server. In the Net, db.test and wrong.test lead to it, at the port that is returned."""
    made = []

    def make(kind, at=None, wait=True, **settings):
        made.append(Server(kind, certificates=certificates, **settings).start())
        if wait:
            made[-1].await_open()
            made[-1].at = lead(net, peer, made[-1].port, at)
        return made[-1]

    yield make
    for each in made:
        each.close()


def lead(net, peer, port, at=None):
    net.rewrite(net.hosts, "10.77.0.1 db.test wrong.test\n")
    return peer(relay_to("127.0.0.1", port), address="10.77.0.1", net=net, port=at or 0).port


@pytest.mark.parametrize("kind, settings, url", [
    (redis, {}, "rediss://db.test:{port}/1?cacert={ca}"),
    (redis, {}, "redis+tls://db.test:{port}?cacert={ca}&role=master"),
    (redis, {}, "redis://db.test:{port}?tls&cacert={ca}&key=none=^$"),
    (tls_memcached, {}, "memcached+tls://db.test:{port}?cacert={ca}"),
    (tls_nats, {}, "nats+tls://db.test:{port}?cacert={ca}"),
    (tls_nats, {"login": True}, "nats+tls://db.test:{port}?cacert={ca}"),
    (tls_nats, {"login": True}, "nats+tls://{login}db.test:{port}?cacert={ca}"),
    (tls_mqtt, {}, "mqtts://db.test:{port}?cacert={ca}"),
    (tls_mqtt, {"login": True}, "mqtt+ssl://{login}db.test:{port}?cacert={ca}"),
    (tls_ldap, {}, "ldaps://{dn}@db.test:{port}?cacert={ca}"),
    (tls_ldap, {"scheme": "ldap"}, "ldap://{dn}@db.test:{port}?starttls&cacert={ca}"),
    (redis, {}, "tls://db.test:{port}?cacert={ca}"),
    (redis, {}, "tls://db.test:{port}?cacert={ca}&send=PING%5Cr%5Cn&expect=^.PONG"),
])
def test_a_real_server(waitfor_tls, site, net, certificates, kind, settings, url):
    port = site(kind, **settings).at
    wrong_key = "none=^$" in url       # the key does not exist, which is told over TLS too
    words = {"port": port, "ca": certificates / "ca.pem", "login": LOGIN, "dn": f"{DN}:{quote(PASSWORD, safe='')}"}
    result = waitfor_tls("-t", "3s" if wrong_key else "20s", "--max-interval", "50ms", url.format(**words), net=net)
    if wrong_key:
        assert result.code == 124 and "the key does not exist" in result.err, result
        return
    assert result.code == 0, result
    stranger = url.format(**words).replace("ca.pem", "other.pem")
    result = waitfor_tls("--fail-fast", "-t", "60s", stranger, net=net)
    assert result.code == 124 and "TLS error: the certificate is from an unknown authority" in result.err, result
    elsewhere = url.format(**words).replace("db.test", "wrong.test")
    result = waitfor_tls("--fail-fast", "-t", "60s", elsewhere, net=net)
    assert result.code == 124 and "TLS error: the certificate is for another host" in result.err, result
    for accepts in ("&insecure", "&sni=db.test"):
        result = waitfor_tls("-t", "20s", elsewhere + accepts, net=net)
        assert result.code == 0, result


def test_the_ports_of_tls(waitfor_tls, site, net, certificates):
    site(tls_mqtt, at=8883)
    result = waitfor_tls("-t", "20s", f"mqtts://db.test?cacert={certificates}/ca.pem", net=net)
    assert result.code == 0 and ":8883" in result.err, result


def test_many_probes_and_no_error_in_the_log(waitfor_tls, site):
    """Each connection is ended as TLS wants it: Redis has words for such an end, and others for one without it."""
    ends = {redis: "Reading from client: error:00000000:lib(0)", tls_mqtt: "Received DISCONNECT", tls_nats: "Client connection closed"}
    urls = {redis: "rediss", tls_mqtt: "mqtts", tls_nats: "nats+tls"}
    for kind, end in ends.items():
        one = site(kind, wait=False)    # a look whether the port is open would be in the log
        result = waitfor_tls("-q", "-t", "30s", "--successes", "20", "--max-interval", "1ms",
                             f"{urls[kind]}://{one.target}?insecure")
        assert result.code == 0, result
        until(lambda: one.log().count(end) >= 20, what=lambda: one.log()[-2000:])
        bad = [line for line in one.log().splitlines() if "rror" in line and end not in line]
        assert not bad, bad


def test_a_certificate_of_the_client(waitfor_tls, site, net, certificates):
    port = site(redis, clients="yes").at
    url = f"rediss://db.test:{port}?cacert={certificates}/ca.pem"
    result = waitfor_tls("--fail-fast", "-t", "60s", url, net=net)
    assert result.code == 124 and "the service wants a certificate from its clients" in result.err, result
    result = waitfor_tls("-t", "20s", f"{url}&cert={certificates}/server.pem&cert-key={certificates}/server.key", net=net)
    assert result.code == 0, result
    mixed = f"{url}&cert={certificates}/server.pem&cert-key={certificates}/other.key"
    result = waitfor_tls("--fail-fast", "-t", "60s", mixed, net=net)
    assert result.code == 124 and "the certificate or the key of this client cannot be used" in result.err, result
    assert "other.key" not in result.err, result


@pytest.fixture(scope="module")
def database(certificates):
    one = MariaDB()
    one.start(ssl_cert=certificates / "server.pem", ssl_key=certificates / "server.key")
    yield one
    one.close()


def test_mysql(waitfor_tls, database, net, peer, certificates):
    port, ca = lead(net, peer, database.port), f"cacert={certificates}/ca.pem"
    for user in ("", f"app:{PASSWORD_IN_URI}@", f"secure:{PASSWORD_IN_URI}@"):
        result = waitfor_tls("-t", "20s", f"mysql+tls://{user}db.test:{port}/?{ca}", net=net)
        assert result.code == 0 and database.is_ready(), f"{result}\n{database.log()[-2000:]}"
    plain = waitfor_tls(*QUICK, f"mysql://secure:{PASSWORD_IN_URI}@db.test:{port}/", net=net)
    assert plain.code == 124, plain
    result = waitfor_tls("--fail-fast", "-t", "60s", f"mysql://app:wrong@db.test:{port}/?tls&{ca}", net=net)
    assert result.code == 124 and "denied: 1045" in result.err and SQL_PASSWORD not in result.err, result
    result = waitfor_tls("--fail-fast", "-t", "60s", f"mysql://db.test:{port}/?tls&cacert={certificates}/other.pem",
                         net=net)
    assert result.code == 124 and "the certificate is from an unknown authority" in result.err, result


def test_a_reply_and_the_end_in_one_read(waitfor_tls, peer, certificates):
    """A service that replies and leaves, to a waitfor that had no processor meanwhile: it finds both at once."""
    runs, context = [], of_server(certificates)

    def script(connection):
        connection.sock.sendall(b'INFO {"server_id":"NAH","tls_required":true} \r\n')
        with context.wrap_socket(connection.sock, server_side=True) as secure:
            heard = b""
            while not heard.endswith(b"PING\r\n"):
                heard += secure.recv(4096)
            until(lambda: runs)
            runs[0].send(signal.SIGSTOP)
            secure.sendall(b"PONG\r\n")
        runs[0].send(signal.SIGCONT)

    runs.append(waitfor_tls.start("--once", f"nats+tls://{peer(script).target}?insecure"))
    result = runs[0].finish()
    assert result.code == 0, result


def test_mysql_without_tls(waitfor_tls, net, peer):
    """A server that does not offer it is told so, and its handshake is brought to its end."""
    one = MariaDB()
    try:
        one.start(skip_ssl="1")
        result = waitfor_tls(*QUICK, f"mysql+tls://127.0.0.1:{one.port}")
        assert result.code == 124 and "not suitable: the server does not speak TLS" in result.err, result
    finally:
        one.close()


def upgrades(certificates, *lines, junk=b""):
    """A service that says and expects lines in turn, in bytes; None begins TLS. It adds `junk` behind the last one before."""
    context = of_server(certificates)

    def script(connection):
        sock = connection.sock
        file = sock.makefile("rwb", buffering=0)
        for place, line in enumerate(lines):
            if line is None:
                file.close()
                sock = context.wrap_socket(sock, server_side=True)
                file = sock.makefile("rwb", buffering=0)
            elif place % 2 == 0:
                file.write(line + (junk if None in lines[place + 1:place + 2] else b""))
            else:
                heard = file.readline()
                assert heard == line, heard
        connection.said_last = file.readline()
        sock.close()
    return script


# None is where TLS begins. A line at an even place is the service's.
SMTP = (b"220 mx ESMTP\r\n", b"EHLO waitfor.invalid\r\n", b"250-mx\r\n250-SIZE 1\r\n250 STARTTLS\r\n", b"STARTTLS\r\n",
        b"220 go on\r\n", None,
        b"", b"EHLO waitfor.invalid\r\n", b"250 hello again\r\n")
IMAP = (b"* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n", b"w STARTTLS\r\n", b"* CAPABILITY IMAP4rev1\r\nw OK begin\r\n",
        None, b"", b"w NOOP\r\n", b"w OK done\r\n")


@pytest.mark.parametrize("scheme, lines, end", [("smtp", SMTP, b"QUIT\r\n"), ("imap", IMAP, b"w LOGOUT\r\n")])
@pytest.mark.parametrize("junk", [b"", b"250 an order from the way\r\n"])
def test_starttls(waitfor_tls, net, peer, certificates, scheme, lines, end, junk):
    net.rewrite(net.hosts, "10.77.0.1 db.test\n")
    one = peer(upgrades(certificates, *lines, junk=junk), address="10.77.0.1", net=net)
    result = waitfor_tls("-t", "20s", f"{scheme}://db.test:{one.port}?starttls&cacert={certificates}/ca.pem", net=net)
    assert result.code == 0, result
    until(lambda: hasattr(one.connections[-1], "said_last"), what="the end of the connection")
    assert one.connections[-1].said_last == end


@pytest.mark.parametrize("scheme, lines, reason", [
    ("smtp", (*SMTP[:8], b"421 not for you\r\n"), "421 not for you"),
    ("imap", (*IMAP[:6], b"* BYE not for you\r\n"), "not for you"),
    ("smtp", (b"220 mx\r\n", b"EHLO waitfor.invalid\r\n", b"250 mx\r\n"), "the server does not offer STARTTLS"),
    ("smtp", (*SMTP[:4], b"454 not now\r\n"), "454 not now"),
    ("imap", (IMAP[0], IMAP[1], b"w BAD unknown command\r\n"), "w BAD unknown command")])
def test_no_starttls(waitfor_tls, peer, certificates, scheme, lines, reason):
    one = peer(upgrades(certificates, *lines))
    result = waitfor_tls(*QUICK, f"{scheme}://{one.target}?starttls&insecure")
    assert result.code == 124 and reason in result.err, result


def test_plain_text_where_tls_is_expected(waitfor_tls, peer, certificates):
    result = waitfor_tls(*QUICK, f"smtps://{peer(greets(SMTP[0])).target}?insecure")
    assert result.code == 124 and "the service does not speak TLS at this port" in result.err, result


def test_silence_and_ends_where_tls_is_expected(waitfor_tls, peer):
    result = waitfor_tls(*QUICK, "--attempt-timeout", "300ms", f"rediss://{peer(silence).target}?insecure")
    assert result.code == 124 and "no answer to TLS; does the service speak it at this port?" in result.err, result
    result = waitfor_tls(*QUICK, f"rediss://{peer(close_at_once).target}?insecure")
    assert result.code == 124 and "port open, but nothing behind it yet" in result.err, result
    result = waitfor_tls(*QUICK, f"rediss://{peer(reset_at_once).target}?insecure")
    assert result.code == 124 and "reset" in result.err, result


def test_an_expired_certificate(waitfor_tls, net, peer, certificates):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "old.pem", certificates / "old.key")

    def script(connection):
        with pytest.raises(ssl.SSLError, match="certificate expired"):
            context.wrap_socket(connection.sock, server_side=True).recv(1)
    net.rewrite(net.hosts, "10.77.0.1 db.test\n")
    port = peer(script, address="10.77.0.1", net=net).port
    result = waitfor_tls("--fail-fast", "-t", "60s", f"amqps://db.test:{port}?cacert={certificates}/ca.pem", net=net)
    assert result.code == 124 and "TLS error: the certificate has expired" in result.err, result


def in_tls(context, script):
    """A script that a service plays in TLS."""
    def outer(connection):
        try:
            connection.sock = context.wrap_socket(connection.sock, server_side=True)
        except ssl.SSLError as error:
            connection.refused = error
            return
        script(connection)
    return outer


def of_server(certificates, **clients):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    if clients:
        context.load_verify_locations(certificates / clients["ca"])
        context.verify_mode = ssl.CERT_REQUIRED
    return context


@pytest.mark.parametrize("script", [close_at_once, reset_at_once])
def test_a_handshake_alone_is_not_enough(waitfor_tls, peer, certificates, script):
    """A proxy that ends TLS has nobody behind it (compare FACTS 53)."""
    one = peer(in_tls(of_server(certificates), script))
    result = waitfor_tls(*QUICK, f"tls://{one.target}?insecure&stay=1s")     # which threads do not exceed
    assert result.code == 124, result


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_service_that_wants_another_client(waitfor_tls, peer, certificates, version):
    """In TLS 1.3 the handshake is over for the client before the service has looked at the certificate."""
    context = of_server(certificates, ca="ca.pem")
    context.maximum_version = version
    one = peer(in_tls(context, silence))
    result = waitfor_tls("--fail-fast", "-t", "60s", f"tls://{one.target}?insecure")
    assert result.code == 124 and "certificate" in result.err and "authority" not in result.err, result
    stranger = f"tls://{one.target}?insecure&cert={certificates}/other.pem&key={certificates}/other.key"
    result = waitfor_tls("--fail-fast", "-t", "60s", stranger)
    assert result.code == 124 and "the service does not accept the certificate of this client" in result.err, result
    ours = f"tls://{one.target}?insecure&cert={certificates}/server.pem&key={certificates}/server.key"
    assert waitfor_tls("-t", "20s", ours).code == 0


def test_files_that_change_during_the_wait(waitfor_tls, net, peer, certificates, tmp_path):
    """A certificate manager writes them when it comes to it."""
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes((certificates / "other.pem").read_bytes())
    net.rewrite(net.hosts, "10.77.0.1 db.test\n")
    one = peer(in_tls(of_server(certificates), silence), address="10.77.0.1", net=net)
    running = waitfor_tls.start("-v", "-t", "30s", f"tls://db.test:{one.port}?cacert={trusted}", net=net)
    running.wait_err("unknown authority")
    (tmp_path / "new").write_bytes((certificates / "ca.pem").read_bytes())
    (tmp_path / "new").rename(trusted)
    result = running.finish(40)
    assert result.code == 0, result


def test_a_name_with_a_dot_at_its_end(waitfor_tls, net, peer, certificates):
    net.rewrite(net.hosts, "10.77.0.1 db.test\n")
    one = peer(in_tls(of_server(certificates), silence), address="10.77.0.1", net=net)
    url = f"tls://10.77.0.1:{one.port}?sni=db.test.&cacert={certificates}/ca.pem"
    assert waitfor_tls("-t", "20s", url, net=net).code == 0


def test_a_certificate_for_an_address(waitfor_tls, net, peer, certificates, tmp_path):
    for name, names in (("address", "IP:10.77.0.1"), ("text", "DNS:10.77.0.1")):
        openssl(tmp_path, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=x", "-addext", f"subjectAltName={names}", "-keyout", f"{name}.key", "-out", f"{name}.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / f"{name}.pem", tmp_path / f"{name}.key")
        one = peer(in_tls(context, silence), address="10.77.0.1", net=net)
        result = waitfor_tls("--fail-fast", "-t", "60s", f"tls://10.77.0.1:{one.port}?cacert={tmp_path}/{name}.pem", net=net)
        assert (result.code == 0) == (name == "address"), result


def test_a_key_with_a_passphrase(waitfor_tls, peer, certificates, tmp_path):
    """Nobody is asked for it."""
    openssl(tmp_path, "ec", "-in", certificates / "server.key", "-aes128", "-passout", "pass:hunter2", "-out", "locked.key")
    one = peer(in_tls(of_server(certificates), silence))
    url = f"tls://{one.target}?insecure&cert={certificates}/server.pem&key={tmp_path}/locked.key"
    result = waitfor_tls("--fail-fast", "-t", "60s", url)
    assert result.code == 124 and "the certificate or the key of this client cannot be used" in result.err, result
    assert "locked" not in result.err, result


def test_what_comes_before_tls_is_not_an_answer(waitfor_tls, peer):
    """MySQL and NATS begin in the clear, where anybody on the way can add to what is said."""
    greeting = (b"\x0a8.0.1\0" + bytes(4) + b"12345678\0" + b"\xff\xff\x2d\x02\x00\xff\xff\x15" + bytes(10) +
                b"123456789012\0mysql_native_password\0")
    packet = len(greeting).to_bytes(3, "little") + b"\0" + greeting
    fine = b"\x07\0\0\x03\0\0\0\x02\0\0\0"
    result = waitfor_tls(*QUICK, f"mysql+tls://{peer(greets(packet + fine)).target}?insecure")
    assert result.code == 124 and "it speaks before TLS begins" in result.err, result
    info = b'INFO {"tls_required":true}\r\nPONG\r\n'
    result = waitfor_tls(*QUICK, f"nats+tls://{peer(greets(info)).target}?insecure")
    assert result.code == 124 and "it speaks before TLS begins" in result.err, result


def test_ldap_without_tls(waitfor_tls, certificates):
    server = Server(ldap).start().await_open()
    try:
        result = waitfor_tls(*QUICK, f"ldap://{server.target}?starttls&insecure")
        assert result.code == 124 and "the server does not begin TLS (code " in result.err, result
    finally:
        server.close()


@pytest.mark.parametrize("kind, url", [
    (zookeeper, "zookeeper+tls://db.test:{port}?cacert={ca}"),
    (amqp, "amqps://db.test:{port}?cacert={ca}"),
    (amqp, "amqps://{login}db.test:{port}/a%2Fb?cacert={ca}")])
def test_a_real_server_behind_a_proxy_with_tls(waitfor_tls, net, peer, certificates, kind, url):
    server = Server(kind).start().await_open()
    try:
        net.rewrite(net.hosts, "10.77.0.1 db.test\n")
        script = in_tls(of_server(certificates), relay_to("127.0.0.1", server.port))
        port = peer(script, address="10.77.0.1", net=net).port
        result = waitfor_tls("-t", "60s", url.format(port=port, ca=certificates / "ca.pem", login=LOGIN), net=net,
                             timeout=70)
        assert result.code == 0, result
    finally:
        server.close()


@pytest.mark.parametrize("url", [
    "mongodb+tls://{target}/?cacert={ca}", "mongodb://{target}/?tls=true&tlsCAFile={ca}&replicaSet=rs0",
    "mongodb://{target}/?ssl=true&tlsInsecure=true", "mongodb://{target}/?tls&cacert=/dev/null&sni=x&insecure"])
def test_mongodb(waitfor_tls, net, peer, certificates, url):
    net.rewrite(net.hosts, "10.77.0.1 db.test\n")
    one = peer(in_tls(of_server(certificates), answers(member(primary=True))), address="10.77.0.1", net=net)
    result = waitfor_tls("-t", "20s", url.format(target=f"db.test:{one.port}", ca=certificates / "ca.pem"), net=net)
    assert result.code == 0, result


def test_sentinel(waitfor_tls, net, peer, certificates):
    """Both connections are in TLS, each with the certificate of its own host."""
    net.rewrite(net.hosts, "10.77.0.1 db.test\n")

    def serves(*replies):
        def script(connection):
            for reply in replies:
                connection.read()
                connection.send(reply)
            connection.drain()
        return peer(in_tls(of_server(certificates), script), address="10.77.0.1", net=net)

    master = serves(b"+PONG\r\n", b"*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n")
    port = str(master.port).encode()
    sentinel = serves(b"*2\r\n$7\r\ndb.test\r\n$%d\r\n%s\r\n" % (len(port), port))
    for name in ("rediss+sentinel", "redis+sentinel+tls"):
        result = waitfor_tls("-t", "20s", f"{name}://db.test:{sentinel.port}/mymaster?cacert={certificates}/ca.pem", net=net)
        assert result.code == 0 and f":{master.port}" in result.err, result


def test_files_of_mongodb_are_looked_at_before_the_wait(waitfor_tls):
    result = waitfor_tls("mongodb://db.test/?tls=true&tlsCAFile=/no/such/file")
    assert result.code == 125 and "parameter cacert: its file cannot be read" in result.err, result


def test_nats_that_wants_a_login_logs_no_error(waitfor_tls, site):
    one = site(tls_nats, login=True, wait=False)
    result = waitfor_tls("-q", "-t", "30s", "--successes", "5", "--max-interval", "1ms", f"nats+tls://{one.target}?insecure")
    assert result.code == 0, result
    until(lambda: one.log().count("Client connection closed") >= 5, what=one.log)
    assert "[ERR]" not in one.log(), one.log()
