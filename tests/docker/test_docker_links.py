"""Legacy links on the default bridge: variables and a hosts line, both made when a container starts."""

import pytest

from docker_lab import docker
from notes import serves, works

SECRETS = {"POSTGRES_USER": "app", "POSTGRES_PASSWORD": "se=cret", "POSTGRES_DB": "shop"}


def start_database(lab, image):
    variables = [part for pair in SECRETS.items() for part in ("--env", "=".join(pair))]
    return lab.run(image, "-c", "log_connections=on", options=variables)


def linked(peer, *more):
    return ("--link", f"{peer.id}:db", *more)


@pytest.fixture(scope="session")
def link_variables(session_lab):
    """Engines from 29 on set none any more (FACTS 7): then only the hosts line is left to test."""
    peer = session_lab.toolbox("serve", "5432", options=("--expose", "5432"))
    seen = session_lab.run(session_lab.tools.toolbox_image, "show", options=linked(peer)).environment()
    if "DB_PORT" not in seen:
        pytest.skip("this engine sets no link variables")


def test_link_to_postgresql_logs_in_and_repairs_db_port(lab, scratch_image, postgres_image, link_variables):
    database = start_database(lab, postgres_image)
    app = lab.run(scratch_image, "app", "show", options=linked(database))
    assert app.exit_code() == 0, app.describe()
    seen = app.environment()
    address = database.address()
    assert (seen["DB_HOST"], seen["DB_PORT"], seen["DB_ADDR"]) == ("db", "5432", address)
    # All others as the engine set them; DB_PORT was tcp://… like this one.
    assert seen["DB_PORT_5432_TCP"] == f"tcp://{address}:5432"
    assert {name: seen[f"DB_ENV_{name}"] for name in SECRETS} == SECRETS
    # The link's credentials were used: the server let this user into this database.
    database.said("connection authorized: user=app database=shop")
    assert "FATAL" not in database.stderr.replace("FATAL:  the database system is starting up", "")
    assert SECRETS["POSTGRES_PASSWORD"] not in app.stderr


def test_ping_mode_leaves_no_line_on_a_server_that_asks_for_a_password(lab, scratch_image, postgres_image):
    variables = [part for pair in SECRETS.items() for part in ("--env", "=".join(pair))]
    network = lab.network()
    database = lab.run(postgres_image, options=(*variables, "--network", network, "--network-alias", "db"))
    database.said("listening on IPv4").said("ready to accept connections", times=2)
    before = database.stderr
    app = lab.run(scratch_image, "app", "show", options=("--network", network))
    assert app.exit_code() == 0, app.describe()
    assert database.stderr == before


def test_the_users_variable_beats_the_links_and_a_wrong_password_is_denied(
    lab, scratch_image, postgres_image, link_variables
):
    database = start_database(lab, postgres_image).said("ready to accept connections", times=2)
    app = lab.run(
        scratch_image, "--fail-fast", "db:5432", "--", "app", "show",
        options=linked(database, "--entrypoint", "waitfor", "--env", "DB_ENV_POSTGRES_PASSWORD=wrong"),
    )
    assert app.exit_code() == 124
    assert "waitfor: db:5432: denied" in app.stderr
    assert app.stdout == ""


@pytest.mark.parametrize(
    "target",
    ["tcp://db:${DB_PORT}", "tcp://db", "db=tcp://${DB_PORT_5432_TCP_ADDR}:${DB_PORT_5432_TCP_PORT}", "--links"],
)
def test_targets_written_with_the_links_variables(lab, scratch_image, link_variables, target):
    # EXPOSE is what makes the variables; the peer of --links is probed as PostgreSQL by its port, so it is another.
    port = "8080" if target == "--links" else "5432"
    peer = lab.toolbox("serve", port, options=("--expose", port))
    written = target.replace("5432", port)
    app = lab.run(
        scratch_image, written, "--", "app", "show", options=linked(peer, "--entrypoint", "waitfor")
    )
    assert app.exit_code() == 0, app.describe()
    seen = app.environment()
    assert seen["DB_PORT"] == port
    assert seen["DB_ADDR"] == peer.address()
    assert seen["DB_HOST"] == (peer.address() if "ADDR" in target else "db")


@pytest.mark.parametrize("target", ["db:5432", "db", "--links"])
def test_the_api_finds_address_port_and_credentials_in_its_link(lab, workflow, link_variables, target):
    """`--link some-postgres:db` and nothing else: the app reads DB_HOST, DB_PORT and DB_ENV_POSTGRES_PASSWORD."""
    database = start_database(lab, workflow.db)
    options = linked(database, "--entrypoint", "waitfor")
    api = lab.run(workflow.api, target, "--", *workflow.command, options=options)
    about = serves(api)
    assert about["database"] == {"host": "db", "port": "5432", "address": database.address()}
    docker("exec", api.id, "waitfor", target, "--", "perl", "-Ilib", "bin/update-database", "1")
    works(api.address())
    database.said("connection authorized: user=app database=shop")
    assert SECRETS["POSTGRES_PASSWORD"] not in api.stderr


def test_peer_that_comes_back_with_another_address(lab, scratch_image):
    """FACTS 6: the hosts line is rewritten, the variables of PID 1 stay, and their address is somebody else's."""
    peer = lab.toolbox("serve-later", "5432", options=("--expose", "5432"))
    old = peer.address()
    app = lab.run(
        scratch_image, "tcp://db:5432", "--", "app", "show", options=linked(peer, "--entrypoint", "waitfor")
    ).said(f"connection refused ({old}:5432)")
    docker("stop", peer.id)
    squatters = []
    while old not in squatters:
        assert len(squatters) < 5, f"{old} was not given to {squatters}"
        squatters.append(lab.toolbox("serve-later", "5432").address())
    peer.start().said("serving 0", times=2)
    new = peer.address()
    assert new != old
    assert f"{new}\tdb" in app.exec("app", "file", "/etc/hosts").stdout
    assert app.inspect()["State"]["Running"]
    peer.signal("USR1")
    assert app.exit_code() == 0, app.describe()
    seen = app.environment()
    assert (seen["DB_HOST"], seen["DB_PORT"], seen["DB_ADDR"]) == ("db", "5432", new)
    assert seen.get("DB_PORT_5432_TCP_ADDR", old) == old, "as set when the container was made"


def test_variables_are_the_fallback_for_a_name_nobody_knows(lab, scratch_image):
    """FACTS 5: a Kubernetes service seen from outside its DNS; HOST is the address, as the name helps nobody."""
    peer = lab.toolbox("serve", "5432")
    upstream = lab.toolbox("dns")
    address = peer.address()
    variables = {
        "CACHE_SERVICE_HOST": address, "CACHE_SERVICE_PORT": "5432", "CACHE_PORT": f"tcp://{address}:5432",
        "CACHE_PORT_5432_TCP": f"tcp://{address}:5432", "CACHE_PORT_5432_TCP_PROTO": "tcp",
        "CACHE_PORT_5432_TCP_PORT": "5432", "CACHE_PORT_5432_TCP_ADDR": address,
    }
    options = [part for pair in variables.items() for part in ("--env", "=".join(pair))]
    app = lab.run(
        scratch_image, "tcp://cache", "--", "app", "show",
        options=("--entrypoint", "waitfor", "--dns", upstream.address(), *options),
    )
    assert app.exit_code() == 0, app.describe()
    seen = app.environment()
    assert (seen["CACHE_HOST"], seen["CACHE_PORT"], seen["CACHE_ADDR"]) == (address, "5432", address)
