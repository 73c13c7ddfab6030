"""Real SSH, IMAP and SMTP servers: in containers, because their packages would change a developer's machine.

TLS needs build/waitfor-tls (make tls).
"""

import re
import subprocess

import pytest

from conftest import DEBIAN
from docker_lab import REPOSITORY, eventually

PACKAGES = "exim4-daemon-light dovecot-imapd openssh-server"
DOVECOT = (r"protocols = imap\nlisten = *\nssl = no\nlog_path = /dev/stderr\npassdb {\n driver = passwd-file\n"
           r" args = /etc/passwd\n}\nuserdb {\n driver = passwd\n}\n")
# What each runs, and what of its log is no complaint about a client.
SERVERS = {
    "ssh": ("mkdir -p /run/sshd; exec /usr/sbin/sshd -D -e -o LogLevel=VERBOSE", None),
    "imap": (f"printf '{DOVECOT}' >/tmp/conf; exec dovecot -F -c /tmp/conf", None),
    "smtp": ("exec exim4 -bdf -v -oX '<; [0.0.0.0]:25'",
             "No server certificate defined|tls_advertise_hosts|host_lookup_failed"),
}
GOODBYES = {"ssh": "Received disconnect from .*: done", "imap": "Aborted login by logging out",
            "smtp": "closed by QUIT"}


@pytest.fixture(scope="session")
def servers_image(session_lab):
    base = subprocess.run([REPOSITORY / "docker" / "base-image", DEBIAN], cwd=REPOSITORY / "docker", check=True,
                          capture_output=True, text=True).stdout.strip()
    return session_lab.build(f"FROM {base}\nRUN apt-get -qq update && DEBIAN_FRONTEND=noninteractive "
                             f"apt-get -qq -y --no-install-recommends install {PACKAGES} >/dev/null 2>&1\n")


def waitfor(lab, *arguments):
    return subprocess.run([lab.tools.waitfor, *arguments], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("kind", SERVERS)
def test_from_nobody_to_ready_and_a_goodbye_in_the_log(lab, servers_image, tmp_path, kind):
    command, harmless = SERVERS[kind]
    server = lab.run(servers_image, "sh", "-c", f"until [ -e /go ]; do sleep 0.1; done; {command}")
    target = f"{kind}://{server.address()}"
    said = tmp_path / "said"
    with open(said, "wb") as stderr, \
         subprocess.Popen([lab.tools.waitfor, "-v", "-t", "60s", target], stderr=stderr) as first:
        eventually("nobody is there yet", lambda: "refused" in said.read_text(), describe=said.read_text)
        server.exec("touch", "/go")
        assert first.wait(90) == 0, said.read_text() + server.describe()
    assert re.search(rf"^waitfor: {target}: ready at ", said.read_text(), re.M), said.read_text()
    for _ in range(20):
        again = waitfor(lab, "-q", "-t", "20s", target)
        assert again.returncode == 0, again.stderr + server.describe()
    eventually("each probe has said goodbye", describe=server.describe,
               condition=lambda: len(re.findall(GOODBYES[kind], server.stdout + server.stderr)) >= 21)
    log = server.stdout + server.stderr
    bad = [line for line in log.splitlines() if re.search("error|warn|fail|lost|unexpected|panic", line, re.I)]
    assert not [line for line in bad if not harmless or not re.search(harmless, line)], log


@pytest.mark.parametrize("kind,other", [("ssh", "imap"), ("imap", "smtp"), ("smtp", "ssh")])
def test_the_port_of_another_server_is_not_ready(lab, servers_image, kind, other):
    server = lab.run(servers_image, "sh", "-c", SERVERS[other][0])
    address, port = server.address(), {"ssh": 22, "imap": 143, "smtp": 25}[other]
    assert waitfor(lab, "-t", "40s", f"{other}://{address}").returncode == 0, server.describe()
    result = waitfor(lab, "-t", "2s", f"{kind}://{address}:{port}")
    assert result.returncode == 124 and "refused" not in result.stderr, result.stderr
    assert re.search("not understood|not complete", result.stderr), result.stderr


EXIM = (r"primary_hostname = mx.test\ntls_advertise_hosts = *\ntls_certificate = /tmp/cert\ntls_privatekey = /tmp/key\n"
        r"tls_on_connect_ports = 465\ndaemon_smtp_ports = 25 : 465\nbegin routers\nbegin transports\n")
IN_TLS = {
    "imap": (f"printf '{DOVECOT}' | sed 's,^ssl = no,ssl = yes\\nssl_cert = </tmp/cert\\nssl_key = </tmp/key,' >/tmp/conf;"
             " exec dovecot -F -c /tmp/conf"),
    "smtp": f"printf '{EXIM}' >/tmp/conf; exec exim4 -bdf -v -C /tmp/conf",
}


@pytest.fixture
def certificate(tmp_path):
    """One for mail.test; the file of its key is beside it."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=mail.test", "-addext",
                    "subjectAltName=DNS:mail.test", "-keyout", "key", "-out", "cert"], cwd=tmp_path, check=True,
                   capture_output=True)
    return tmp_path / "cert"


@pytest.mark.parametrize("kind", IN_TLS)
def test_in_tls(lab, servers_image, certificate, kind):
    """From the first byte, at a port of its own, and after STARTTLS."""
    files = "".join(f"echo '{(certificate.parent / name).read_text()}' >/tmp/{name};" for name in ("cert", "key"))
    server = lab.run(servers_image, "sh", "-c", f"{files} {IN_TLS[kind]}")
    address, tls = server.address(), REPOSITORY / "build" / "waitfor-tls"
    for target in (f"{kind}s://{address}?", f"{kind}://{address}?starttls&"):
        ready = subprocess.run([tls, "-q", "-t", "40s", "--successes", "5", "--max-interval", "50ms",
                                f"{target}cacert={certificate}&sni=mail.test"], capture_output=True, text=True, timeout=60)
        assert ready.returncode == 0, ready.stderr + server.describe()
        other = subprocess.run([tls, "--fail-fast", "-t", "40s", f"{target}cacert={certificate}&sni=other.test"],
                               capture_output=True, text=True, timeout=60)
        assert "the certificate is for another host" in other.stderr, other.stderr + server.describe()
    eventually("each probe has said goodbye", describe=server.describe,
               condition=lambda: len(re.findall(GOODBYES[kind], server.stdout + server.stderr)) >= 10)
