"""
The cost of thousands of targets, hosts and variables grows with their number, not with its square. Each case took more
than the limits below while each of them was compared with all others, and takes a small part of them now.
"""

import json
import resource

import pytest

PROCESSOR = 10  # seconds, after which the kernel kills the process
MEMORY = 1 << 30


def limits():
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR, PROCESSOR))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    # The kernel lets arguments and environment fill a quarter of the stack, and 6 MB at most.
    resource.setrlimit(resource.RLIMIT_STACK, (64 << 20, resource.getrlimit(resource.RLIMIT_STACK)[1]))


@pytest.fixture
def config(folder):
    def write(targets):
        path = folder / "waitfor.json"
        path.write_text(json.dumps({"targets": targets}, separators=(",", ":")))
        return path
    return write


@pytest.fixture
def plan(waitfor):
    """Returns the endpoints in the plan."""
    def explain(*args, env=None):
        result = waitfor("--explain=json", *args, env=env, preexec_fn=limits, timeout=60)
        assert result.code == 0, repr(result)[:2000]
        return [endpoint for target in json.loads(result.out)["targets"] for endpoint in target["endpoints"]]
    return explain


def endpoints(found):
    return [(endpoint["host"], endpoint["port"]) for endpoint in found]


def test_targets(config, plan):
    found = plan("-f", config([f"h{i}:80" for i in range(50000)]))
    assert endpoints(found) == [(f"h{i}", 80) for i in range(50000)]


def test_the_table_of_one_url(waitfor, config):
    hosts = ",".join(f"h{i}:{1 + i}" for i in range(20000))
    result = waitfor("--explain", "-f", config([f"postgres://u:p@{hosts}/db"]), preexec_fn=limits, timeout=60)
    assert result.code == 0, repr(result)[:2000]
    rows = [line.split() for line in result.out.splitlines() if line.startswith(" " * 200)]
    assert [row[0] for row in rows] == [f"h{i}:{1 + i}" for i in range(1, 20000)]
    assert len(result.out) < 20e6


def test_variables(config, plan):
    """A PostgreSQL client asks for fifty of them, for each target."""
    found = plan("-f", config([f"postgres://h{i}/db" for i in range(5000)]),
                 env={f"V{i}": "x" for i in range(60000)})
    assert endpoints(found) == [(f"h{i}", 5432) for i in range(5000)]


def test_variables_of_postgresql(config, plan):
    """What is like a variable of libpq's is not kept for each target."""
    found = plan("-f", config([f"postgres://h{i}/db" for i in range(5000)]),
                 env={f"PGX{i}": "x" for i in range(60000)})
    assert endpoints(found) == [(f"h{i}", 5432) for i in range(5000)]


def test_services(plan):
    env = {}
    for i in range(7000):
        name, address = f"SERVICE_{i}", f"10.0.{i // 250}.{i % 250}"
        env |= {f"{name}_SERVICE_HOST": address, f"{name}_SERVICE_PORT": "80", f"{name}_PORT": f"tcp://{address}:80",
                f"{name}_PORT_80_TCP": f"tcp://{address}:80", f"{name}_PORT_80_TCP_ADDR": address}
    assert endpoints(plan("--links", env=env)) == [(f"service-{i}", 80) for i in range(7000)]


def test_ports_of_one_link(plan):
    env = {"DB_NAME": "/app/db", "DB_PORT": "tcp://10.0.0.1:1"}
    for port in range(1, 9001):
        env |= {f"DB_PORT_{port}_TCP": f"tcp://10.0.0.1:{port}", f"DB_PORT_{port}_TCP_ADDR": "10.0.0.1",
                f"DB_PORT_{port}_TCP_PORT": str(port), f"DB_PORT_{port}_TCP_PROTO": "tcp"}
    assert endpoints(plan("--links", env=env)) == [("db", port) for port in range(1, 9001)]


def test_exports(waitfor, config, folder):
    """Each of 40,000 names has its variables, and each replaces one of the environment."""
    names = [f"N{i}" for i in range(40000)]
    app = folder / "app"
    app.write_text("#!/bin/sh\nexec env -0\n")
    app.chmod(0o755)
    result = waitfor("--down", "--once", "-q", "-f", config([f"{name}=127.0.0.1:1" for name in names]), "--", app,
                     env={f"{name}_PORT": "x" for name in names}, preexec_fn=limits, timeout=60)
    assert result.code == 0, repr(result)[:2000]
    variables = dict(entry.split("=", 1) for entry in result.out.split("\0") if entry)
    assert [variables[f"{name}_PORT"] for name in names] == ["1"] * len(names)
