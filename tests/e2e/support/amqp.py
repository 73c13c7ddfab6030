"""RabbitMQ: the real broker with its users and virtual hosts, and the first words of one."""

import base64
import hashlib
import json
import os

from support.peers import bound_socket
from support.servers import PASSWORD, USER

# Connection.Start: AMQP 0-9, no properties, one mechanism, one language.
_START = b"\0\x0a\0\x0a" b"\0\x09" b"\0\0\0\0" b"\0\0\0\x05PLAIN" b"\0\0\0\x05en_US"
START = b"\x01\0\0" + len(_START).to_bytes(4, "big") + _START + b"\xce"

VHOSTS = ("/", "a/b", "others", "crowded")


def amqp(server):
    """The command line of a RabbitMQ. It needs a name server for Erlang, epmd, which ends with the process group."""
    server.needs.append("rabbitmq-server")
    server.reserved += [bound_socket(), bound_socket()]
    epmd, dist = (str(sock.getsockname()[1]) for sock in server.reserved)
    (server.folder / "definitions.json").write_text(json.dumps(definitions()), encoding="utf-8")
    (server.folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{server.port}\nload_definitions = {server.folder}/definitions.json\n"
        "log.file = false\nlog.console = true\nlog.console.level = info\n", encoding="utf-8")
    server.env = {
        "PATH": "/usr/lib/rabbitmq/bin:" + os.environ["PATH"], "HOME": str(server.folder), "LC_ALL": "C.UTF-8",
        "RABBITMQ_NODENAME": f"waitfor-{server.port}@localhost", "RABBITMQ_DIST_PORT": dist, "ERL_EPMD_PORT": epmd,
        "ERL_EPMD_ADDRESS": "127.0.0.1", "RABBITMQ_CONFIG_FILE": str(server.folder / "rabbitmq.conf"),
        "RABBITMQ_MNESIA_BASE": str(server.folder), "RABBITMQ_LOG_BASE": str(server.folder),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(server.folder / "plugins"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-setcookie waitfor +S 1:1 +sbwt none",
    }
    return ["sh", "-c", "epmd & until epmd -names >/dev/null; do sleep 0.05; done; exec rabbitmq-server"]


def definitions():
    salt = b"salt"
    password = base64.b64encode(salt + hashlib.sha256(salt + PASSWORD.encode()).digest()).decode()
    return {
        "users": [{"name": name, "password_hash": password, "tags": "",
                   "hashing_algorithm": "rabbit_password_hashing_sha256"} for name in (USER, "guest")],
        "vhosts": [{"name": name} for name in VHOSTS],
        "permissions": [{"user": USER, "vhost": name, "configure": ".*", "write": ".*", "read": ".*"}
                        for name in VHOSTS if name != "others"],
        "parameters": [{"vhost": "crowded", "component": "vhost-limits", "name": "limits",
                        "value": {"max-connections": 0}}],
    }
