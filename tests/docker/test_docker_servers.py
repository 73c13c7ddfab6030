"""Real SSH, IMAP and SMTP servers: in containers, because their packages would change a developer's machine."""

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
