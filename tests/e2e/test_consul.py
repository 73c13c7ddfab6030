"""consul://: scripted agents, whose replies have the shape of the documentation and of recorded ones.

https://developer.hashicorp.com/consul/api-docs/health#list-service-instances-for-service
"""

import json

import pytest

from support.peers import bound_socket, relay_to, silence
from support.servers import Server, nginx

QUICK = ("-t", "1200ms")
TOKEN = "hunter2-4b2d-token"
EXPORTS = ("sh", "-c", 'echo "$ORDERS_DB_HOST $ORDERS_DB_PORT $ORDERS_DB_ADDR"')


def instance(address="127.0.0.9", port=8000, node="127.0.0.8", checks=("passing", "passing"), tags=("primary",)):
    """The node has a check too, serfHealth. "Address" is empty where the service was registered without one."""
    return {
        "Node": {"ID": "40e4a748-2192-161a-0510-9bf59fe950b5", "Node": "t2.320", "Address": node, "Datacenter": "dc1",
                 "TaggedAddresses": {"lan": node, "wan": node}, "Meta": {"instance_type": "t2.medium"}},
        "Service": {"ID": "redis1", "Service": "redis", "Tags": list(tags), "Address": address,
                    "TaggedAddresses": {"lan": {"address": address, "port": port}}, "Meta": {"redis_version": "4.0"},
                    "Port": port, "Weights": {"Passing": 10, "Warning": 1}, "Namespace": "default"},
        "Checks": [{"Node": "t2.320", "CheckID": f"check:{i}", "Name": "a check", "Status": status, "Notes": "",
                    "Output": "", "ServiceID": "redis1", "ServiceName": "redis", "ServiceTags": list(tags)}
                   for i, status in enumerate(checks)],
    }


def http(body, status="200 OK", headers=""):
    """A script: one request, one reply."""
    def play(connection):
        while b"\r\n\r\n" not in connection.received and connection.read():
            pass
        text = body if isinstance(body, str) else json.dumps(body)
        connection.send(f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nX-Consul-Index: 1\r\n{headers}"
                        f"Content-Length: {len(text)}\r\n\r\n{text}".encode())
        connection.drain()
    return play


def asked(peer):
    """The first line and the headers of the last request."""
    first, *rest = peer.connections[-1].received.decode().split("\r\n")
    return first, dict(line.split(": ", 1) for line in rest if ": " in line)


def test_a_passing_instance_is_exported(waitfor, peer):
    agent = peer(http([instance()]))
    result = waitfor("-t", "9s", "consul://orders-db", "--", *EXPORTS, env={"CONSUL_HTTP_ADDR": agent.target})
    assert (result.code, result.out) == (0, "127.0.0.9 8000 127.0.0.9\n"), result
    assert "consul://orders-db: ready at 127.0.0.9:8000 after" in result.err
    first, headers = asked(agent)
    assert first == "GET /v1/health/service/orders-db HTTP/1.1" and headers["Host"] == agent.target
    assert "X-Consul-Token" not in headers


def test_tags_and_datacenter(waitfor, peer):
    agent = peer(http([instance()]))
    result = waitfor("-t", "9s", f"consul://db?tag=primary&tag=a%26b&dc=dc2&agent={agent.target}")
    assert result.code == 0, result
    assert asked(agent)[0] == "GET /v1/health/service/db?tag=primary&tag=a%26b&dc=dc2 HTTP/1.1"


@pytest.mark.parametrize("form", ["{}", "http://{}", "HTTP://{}/"])
def test_the_forms_of_an_agents_address(waitfor, peer, form):
    agent = peer(http([instance()]))
    assert waitfor("-t", "9s", "consul://db", env={"CONSUL_HTTP_ADDR": form.format(agent.target)}).code == 0
    assert waitfor("-t", "9s", f"consul://db?agent={form.format(agent.target)}",
                   env={"CONSUL_HTTP_ADDR": "127.0.0.1:1"}).code == 0


def test_an_agent_on_a_unix_socket(waitfor, folder, web):
    agent = web(f"location /v1/health/service/db {{ return 200 '{json.dumps([instance()])}'; }}",
                listen_more=f"listen unix:{folder}/consul.sock;")
    agent.start().await_open()
    result = waitfor("-t", "9s", "consul://db", "--print-env", "json", env={"CONSUL_HTTP_ADDR": f"unix://{folder}/consul.sock"})
    assert json.loads(result.out) == {"DB_HOST": "127.0.0.9", "DB_PORT": "8000", "DB_ADDR": "127.0.0.9"}, result


@pytest.fixture
def web():
    """Makes nginx servers that are agents, not started yet."""
    made = []

    def make(locations, listen_more="", **settings):
        made.append(Server(nginx, locations=locations, main=listen_more + settings.pop("main", ""), **settings))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_an_agent_of_https(waitfor, waitfor_tls, web, certificates, net, peer):
    """Its name is checked against CONSUL_CACERT."""
    agent = web(f"location /v1/health/service/db {{ return 200 '{json.dumps([instance()])}'; }}", listen="ssl",
                main=f"ssl_certificate {certificates}/server.pem; ssl_certificate_key {certificates}/server.key;")
    agent.start().await_open()
    env = {"CONSUL_HTTP_ADDR": f"https://127.0.0.1:{agent.port}", "CONSUL_CACERT": f"{certificates}/ca.pem"}
    result = waitfor_tls(*QUICK, "consul://db", env=env)
    assert result.code == 124 and "TLS error" in result.err, result     # the certificate is db.test's
    relay = peer(relay_to("127.0.0.1", agent.port), address="10.77.0.1", net=net)
    net.rewrite(net.hosts, "10.77.0.1 db.test\n")
    named = {**env, "CONSUL_HTTP_ADDR": f"https://db.test:{relay.port}"}
    assert waitfor_tls("-t", "9s", "consul://db", env=named, net=net).code == 0
    assert waitfor_tls("-t", "9s", "consul://db", env={**env, "CONSUL_HTTP_SSL_VERIFY": "false"}).code == 0
    assert waitfor_tls("-t", "9s", "consul://db", env={"CONSUL_HTTP_ADDR": f"127.0.0.1:{agent.port}",
                                                       "CONSUL_HTTP_SSL": "true", "CONSUL_HTTP_SSL_VERIFY": "0"}).code == 0
    result = waitfor("consul://db", env=env)
    assert result.code == 125 and "use waitfor-tls" in result.err, result


# What the agent lists -> the place, or why there is none.
LISTS = {
    "the service has no address": ([instance(address="", node="127.0.0.7")], "127.0.0.7 8000 127.0.0.7"),
    "one of three passes": ([instance(checks=["passing", "critical"]), instance(address="127.0.0.5", port=5),
                             instance(checks=["warning"])], "127.0.0.5 5 127.0.0.5"),
    "without any check": ([instance(checks=[])], "127.0.0.9 8000 127.0.0.9"),
    "a name": ([instance(address="localhost")], None),
    "none": ([], "answers but is not ready: no instance is registered"),
    "none passes": ([instance(checks=["critical"]), instance(checks=["passing", "warning"])],
                    "answers but is not ready: no instance passes its checks; registered: 2"),
    "no port": ([instance(port=0)], "not suitable: its instance has no address with a port"),
    "no number": ([instance(port="80")], "not suitable: its instance has no address with a port"),
    "too large": ([instance(port=65536)], "not suitable: its instance has no address with a port"),
    "a path": ([instance(address="/run/x")], "not suitable: its instance has no address with a port"),
    "no address at all": ([instance(address="", node="")], "not suitable: its instance has no address with a port"),
    "no instances": ({}, "the reply is not understood: it lists no instances"),
    "strange items": ([1, None, "x", []], "not suitable: its instance has no address with a port"),
    "no JSON": ("[{", "the reply is not understood: it lists no instances"),
    "a name that does not exist": ([instance(address="db.onion")], "no such name: db.onion"),
}


@pytest.mark.parametrize("case", LISTS)
def test_lists(waitfor, peer, case):
    listed, wanted = LISTS[case]
    agent = peer(http(listed))
    result = waitfor(*QUICK, f"consul://orders-db?agent={agent.target}", "--", *EXPORTS)
    if wanted is None:
        assert result.code == 0 and result.out.startswith("localhost 8000 "), result
    elif wanted[0].isdigit():
        assert (result.code, result.out) == (0, f"{wanted}\n"), result
    else:
        assert result.code == 124 and wanted in result.err and result.out == "", result


def test_each_passing_instance_may_be_chosen(waitfor, peer):
    agent = peer(http([instance(address="127.0.0.2", checks=["critical"])] +
                      [instance(address=f"127.0.0.{i}") for i in (3, 4)]))
    found = set()
    for _ in range(60):     # one of two is missed in all of them once in 2^59 runs
        found.add(waitfor("-t", "9s", f"consul://orders-db?agent={agent.target}", "--", *EXPORTS).out.split()[0])
        if len(found) == 2:
            break
    assert found == {"127.0.0.3", "127.0.0.4"}


def test_it_is_asked_until_an_instance_passes(waitfor, peer):
    agent = peer(http([]))
    running = waitfor.start("-t", "20s", f"consul://orders-db?tag=a&agent={agent.target}", "--", *EXPORTS)
    running.wait_err("no instance is registered with that tag")
    agent.script = http([instance()])
    assert running.finish().out == "127.0.0.9 8000 127.0.0.9\n"


# --- who may ask ---------------------------------------------------------------------------------

@pytest.mark.parametrize("form", ["{}", "  {}\n\n", "{}\r\n"])
def test_the_token_from_anywhere(waitfor, peer, folder, form):
    agent, file = peer(http([instance()])), folder / "token"
    file.write_text(form.format(TOKEN))
    target = f"consul://db?agent={agent.target}"
    for url, env in [(target, {"CONSUL_HTTP_TOKEN": TOKEN}), (target, {"CONSUL_HTTP_TOKEN_FILE": str(file)}),
                     (f"{target}&token-file={file}", {"CONSUL_HTTP_TOKEN": "other"}),
                     (target, {"CONSUL_HTTP_TOKEN": "other", "CONSUL_HTTP_TOKEN_FILE": str(file)})]:
        result = waitfor("-v", "-t", "9s", url, env=env)
        assert result.code == 0 and asked(agent)[1]["X-Consul-Token"] == TOKEN, result
        assert TOKEN not in result.err
        assert TOKEN not in waitfor("--explain=json", url, env=env).out


@pytest.mark.parametrize("script", [http("ACL not found", "403 Forbidden"),
                                    http([], headers="X-Consul-Results-Filtered-By-ACLs: true\r\n")])
def test_a_token_that_may_not(waitfor, peer, script):
    agent = peer(script)
    result = waitfor("-t", "20s", "--fail-fast", f"consul://db?agent={agent.target}", env={"CONSUL_HTTP_TOKEN": TOKEN})
    assert result.code == 124 and "denied: the token" in result.err and result.seconds < 10, result


# --- the agent itself ----------------------------------------------------------------------------

def test_an_agent_that_is_not_ready(waitfor, peer):
    agent = peer(http("No cluster leader", "500 Internal Server Error"))
    result = waitfor(*QUICK, f"consul://db?agent={agent.target}")
    assert "answers but is not ready: the agent answers with status 500: No cluster leader" in result.err, result
    agent.script = silence
    result = waitfor(*QUICK, "--attempt-timeout", "300ms", f"consul://db?agent={agent.target}")
    assert f"connected, but no reply ({agent.target})" in result.err, result
    with bound_socket() as nobody:
        place = f"127.0.0.1:{nobody.getsockname()[1]}"
        result = waitfor("--once", "--run-anyway", "--print-env", "json", f"consul://db?agent={place}")
    assert f"connection refused ({place})" in result.err and json.loads(result.out) == {}, result


def test_the_usual_agent(waitfor):
    plan = json.loads(waitfor("--explain=json", "consul://orders-db?tag=x").out)["targets"][0]
    assert plan["kind"] == "consul" and plan["exports"] == ["ORDERS_DB_HOST", "ORDERS_DB_PORT", "ORDERS_DB_ADDR"]
    assert [(each["host"], each["port"]) for each in plan["endpoints"]] == [("127.0.0.1", 8500)]


def test_two_services_of_one_agent(waitfor, peer):
    agent = peer(http([instance()]))
    result = waitfor("-t", "9s", "consul://a", "consul://b", "--print-env", "json", env={"CONSUL_HTTP_ADDR": agent.target})
    assert sorted(json.loads(result.out)) == ["A_ADDR", "A_HOST", "A_PORT", "B_ADDR", "B_HOST", "B_PORT"], result
