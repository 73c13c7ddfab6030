"""docker/db: the official image's contract, and a first start that goes wrong in every way we could think of."""

import gzip
import random
import time

import pytest

from docker_lab import docker, eventually
from notes import migrate, serves, works

PASSWORD = ("--env", "POSTGRES_PASSWORD=secret")
READY = "ready to accept connections"


def psql(database, query, *options):
    arguments = ("psql", "--no-psqlrc", "--tuples-only", "--no-align", *options, "--command", query)
    return docker("exec", database.id, *arguments).stdout.strip()


def ready(database):
    """By waitfor itself, over TCP: through the socket file it would be ready during the set-up (FACTS 26)."""
    docker("exec", database.id, "waitfor", "postgres://127.0.0.1")
    return database


def scripts(lab, directory, **files):
    """A container option that mounts these as the scripts of the first start."""
    directory.mkdir(exist_ok=True)
    for name, content in files.items():
        path = directory / name.replace("__", ".").replace("_", "-")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return ("--volume", f"{directory}:/docker-entrypoint-initdb.d:ro")


def test_user_database_and_password_are_made(lab, workflow):
    options = ("--env", "POSTGRES_USER=Shop Keeper", "--env", "POSTGRES_DB=sh'op", *PASSWORD)
    database = ready(lab.run(workflow.db, options=options))
    who = psql(database, "SELECT current_user, current_database(), pg_encoding_to_char(encoding), rolsuper "
               "FROM pg_database, pg_roles WHERE datname = current_database() AND rolname = current_user",
               "--username=Shop Keeper", "--dbname=sh'op")
    assert who == "Shop Keeper|sh'op|UTF8|t"
    over_tcp = "postgres://Shop%20Keeper:{}@127.0.0.1/sh'op"
    good = docker("exec", database.id, "waitfor", over_tcp.format("secret"), check=False)
    bad = docker("exec", database.id, "waitfor", "--fail-fast", over_tcp.format("wrong"), check=False)
    assert (good.returncode, bad.returncode) == (0, 124)
    # The server is not root's process, and its own environment has no password in it.
    environment = docker("exec", "--user", "postgres", database.id, "cat", "/proc/1/environ").stdout
    assert "POSTGRES_USER=Shop Keeper" in environment
    assert "secret" not in environment
    assert docker("exec", database.id, "stat", "--format", "%U", "/proc/1").stdout == "postgres\n"


def test_values_come_from_files(lab, workflow, tmp_path):
    for name, value in {"user": "keeper", "db": "shop", "password": "from a file", "args": "--data-checksums"}.items():
        (tmp_path / name).write_text(value + "\n")
    names = {"USER": "user", "DB": "db", "PASSWORD": "password", "INITDB_ARGS": "args"}
    variables = [part for name, file in names.items()
                 for part in ("--env", f"POSTGRES_{name}_FILE=/run/secrets/{file}")]
    database = ready(lab.run(workflow.db, options=("--volume", f"{tmp_path}:/run/secrets:ro", *variables)))
    assert psql(database, "SHOW data_checksums", "--username=keeper", "--dbname=shop") == "on"
    login = docker("exec", database.id, "waitfor", "postgres://keeper:from%20a%20file@127.0.0.1/shop", check=False)
    assert login.returncode == 0, login.stderr
    assert "from a file" not in database.stderr + str(database.inspect())


@pytest.mark.parametrize(
    "options, complaint",
    [
        ((), "db: no password for the superuser: set POSTGRES_PASSWORD"),
        ((*PASSWORD, "--env", "POSTGRES_PASSWORD_FILE=/x"), "are both set: unset one of them"),
        (("--env", "POSTGRES_PASSWORD_FILE=/x"), "POSTGRES_PASSWORD_FILE: /x cannot be read by user"),
        (("--env", "POSTGRES_PASSWORD=two\nlines"), "POSTGRES_PASSWORD: it contains a line break"),
        ((*PASSWORD, "--env", "PGDATA=/usr/share/postgresql"), "is not empty"),
    ],
)
def test_bad_settings_end_at_once_with_the_reason(lab, workflow, options, complaint):
    database = lab.run(workflow.db, options=options)
    assert database.exit_code() == 1
    assert complaint in database.stderr
    assert len(database.stderr.splitlines()) == 1


def test_trust_wants_no_password(lab, workflow):
    database = lab.run(workflow.db, options=("--env", "POSTGRES_HOST_AUTH_METHOD=trust"))
    ready(database)
    assert psql(database, "SELECT 1", "--host=127.0.0.1", "--username=postgres") == "1"


def test_scripts_run_once_in_order_before_anybody_connects(lab, workflow, tmp_path):
    mount = scripts(
        lab, tmp_path / "scripts",
        **{
            "1_first__sql": "CREATE TABLE seen (i serial, what text); INSERT INTO seen (what) VALUES ('sql');",
            "2_second__sql__gz": gzip.compress(b"INSERT INTO seen (what) VALUES ('gz');"),
            "3_third__sh": "run_sql --dbname=shop --command=\"INSERT INTO seen (what) VALUES ('sourced')\"",
            "4_fourth__sh": "#!/bin/sh\n! waitfor --once postgres://127.0.0.1 2>/dev/null || exit 1\n"
            "psql -q -U \"$POSTGRES_USER\" -d \"$POSTGRES_DB\" -c \"INSERT INTO seen (what) VALUES ('executed')\"\n",
            "5_fifth__txt": "nothing to run",
        },
    )
    (tmp_path / "scripts" / "4-fourth.sh").chmod(0o755)
    database = ready(lab.run(workflow.db, options=(*mount, "--env", "POSTGRES_DB=shop", *PASSWORD)))
    seen = "SELECT string_agg(what, ' ' ORDER BY i) FROM seen"
    assert psql(database, seen, "--username=postgres", "--dbname=shop") == "sql gz sourced executed"
    assert "leaving out /docker-entrypoint-initdb.d/5-fifth.txt" in database.stderr
    docker("restart", database.id)
    ready(database)
    assert psql(database, seen, "--username=postgres", "--dbname=shop") == "sql gz sourced executed"
    assert database.stderr.count("db: initialising") == 1


def test_failing_script_ends_the_container_and_the_next_start_begins_anew(lab, workflow, tmp_path):
    directory = tmp_path / "scripts"
    mount = scripts(lab, directory, **{"1_bad__sql": "CREATE TABLE half (i integer); SELECT no_such_thing;"})
    database = lab.run(workflow.db, options=(*mount, *PASSWORD))
    assert database.exit_code() != 0
    assert "no_such_thing" in database.stderr
    (directory / "1-bad.sql").write_text("CREATE TABLE half (i integer);")
    ready(database.start())
    assert "db: an earlier initialisation was interrupted: starting it again" in database.stderr
    assert psql(database, "SELECT count(*) FROM half", "--username=postgres") == "0"


def test_what_was_there_before_is_never_removed(lab, workflow, tmp_path):
    """Not by a first set-up, and not by the second after one that was cut off."""
    data = tmp_path / "data"
    (data / "elsewhere").mkdir(parents=True)
    (data / "elsewhere" / "precious").write_text("kept")
    database = lab.run(workflow.db, options=("--volume", f"{data}:/var/lib/postgresql/data", *PASSWORD))
    for _ in range(2):
        assert database.exit_code() == 1
        assert "/var/lib/postgresql/data holds no database, and is not empty" in database.stderr
        database.start()
    assert (data / "elsewhere" / "precious").read_text() == "kept"


def test_script_that_ends_the_set_up_is_no_database(lab, workflow, tmp_path):
    mount = scripts(lab, tmp_path / "scripts", **{"1_end__sh": "exit 0", "2_more__sql": "CREATE TABLE more ();"})
    database = lab.run(workflow.db, options=(*mount, *PASSWORD))
    assert database.exit_code() == 1
    assert "ended the initialisation too early" in database.stderr


def test_set_up_is_on_this_server_whatever_the_environment_names(lab, workflow):
    elsewhere = ("--env", "PGHOST=192.0.2.1", "--env", "POSTGRES_DB=shop")
    quoted = ("--env", "POSTGRES_INITDB_ARGS=--encoding 'UTF8'\n--data-checksums")
    database = ready(lab.run(workflow.db, options=(*elsewhere, *quoted, *PASSWORD)))
    own = ("--host=/var/run/postgresql", "--username=postgres", "--dbname=shop")
    assert psql(database, "SHOW data_checksums", *own) == "on"


def test_runs_as_the_images_own_user_from_the_start(lab, workflow):
    database = ready(lab.run(workflow.db, options=("--user", "postgres", *PASSWORD)))
    assert psql(database, "SELECT 1", "--username=postgres") == "1"


def test_arguments_are_the_servers_and_a_command_is_run(lab, workflow):
    database = ready(lab.run(workflow.db, "-c", "max_connections=17", options=PASSWORD))
    assert psql(database, "SHOW max_connections", "--username=postgres") == "17"
    assert docker("run", "--rm", workflow.db, "echo", "a b").stdout == "a b\n"
    assert docker("run", "--rm", workflow.db, "--version").stdout.startswith("postgres (PostgreSQL)")


@pytest.mark.parametrize("when", ["set-up", "serving"])
def test_stop_is_heard_at_once(lab, workflow, tmp_path, when):
    mount = scripts(lab, tmp_path / "scripts", **{"1_slow__sh": "sleep 600"}) if when == "set-up" else ()
    database = lab.run(workflow.db, options=(*mount, *PASSWORD))
    database.said("reading /docker-entrypoint-initdb.d/1-slow.sh" if mount else "listening on IPv4")
    docker("stop", "--time", "60", database.id)
    assert database.exit_code() == (130 if mount else 0), "137 would be the engine's patience at its end"


def test_health_is_by_tcp_and_not_by_the_socket_file(lab, workflow, tmp_path):
    """FACTS 26: a check through the socket file says ready during the set-up, and waiting apps run into a refusal."""
    gate = tmp_path / "gate"
    gate.mkdir()
    mount = scripts(lab, tmp_path / "scripts", **{"1_gate__sh": "until [ -e /gate/open ]; do sleep 0.1; done"})
    database = lab.run(workflow.db, options=(*mount, "--volume", f"{gate}:/gate", *PASSWORD))

    def health():
        return database.inspect()["State"]["Health"]

    database.said(READY)
    assert docker("exec", database.id, "pg_isready", check=False).returncode == 0, "the socket file answers"
    eventually("a check was made", lambda: health()["Log"])
    assert {entry["ExitCode"] for entry in health()["Log"]} == {1}
    (gate / "open").touch()
    eventually("healthy", lambda: health()["Status"] == "healthy")


def test_slow_database_keeps_the_api_waiting_and_nobody_sees_an_error(lab, workflow, tmp_path):
    """The set-up takes 8 s more, with a server that answers on its socket file all the while."""
    network = lab.network()
    mount = scripts(lab, tmp_path / "scripts", **{"1_slow__sh": "sleep 8"})
    api = lab.run(workflow.api, options=("--network", network, "--env", "PGPASSWORD=secret"))
    options = ("--network", network, "--network-alias", "db", *PASSWORD, *mount)
    database = lab.run(workflow.db, options=options)
    about = serves(api, network)
    assert about["database"]["address"] == database.address(network)
    assert "connection refused" in api.stderr, "the port was closed during the set-up"
    # A server listens some milliseconds before it is up, and tells whoever asks then, by this line. It tells nothing else.
    refusals = [line for line in database.stderr.splitlines() if "FATAL" in line]
    assert all("the database system is starting up" in line for line in refusals), refusals
    migrate(api)
    works(api.address(network))
    assert api.stderr.count("waitfor: ") < 10


def test_database_that_dies_in_its_first_start_and_returns_elsewhere(lab, workflow, tmp_path):
    """What was half made is no database; the address it had is somebody else's by then."""
    network = lab.network()
    directory = tmp_path / "scripts"
    mount = scripts(lab, directory, **{"1_slow__sh": "sleep 600"})
    api = lab.run(workflow.api, options=("--network", network, "--env", "PGPASSWORD=secret"))
    options = ("--network", network, "--network-alias", "db", *PASSWORD, *mount)
    database = lab.run(workflow.db, options=options)
    database.said("reading /docker-entrypoint-initdb.d/1-slow.sh")
    old = database.address(network)
    api.said(f"connection refused ({old}:5432)")
    database.signal("KILL")
    assert database.exit_code() == 137
    (directory / "1-slow.sh").write_text("true")
    squatters = []
    while old not in squatters:
        assert len(squatters) < 5, f"{old} was not given to {squatters}"
        squatters.append(lab.toolbox("serve", "80", options=("--network", network)).address(network))
    database.start()
    about = serves(api, network)
    new = database.address(network)
    assert new != old
    assert about["database"]["address"] == new
    assert database.stderr.count("db: initialising") == 2
    migrate(api)
    works(api.address(network))


MOMENTS = [random.Random(seed).uniform(0, 2) for seed in range(8)]


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda seconds: f"{seconds:.2f}s")
def test_stop_at_any_moment_of_the_wait(lab, workflow, tmp_path, moment):
    """A database comes up meanwhile and never gets ready: name, refusal and set-up all see a stop."""
    network = lab.network()
    mount = scripts(lab, tmp_path / "scripts", **{"1_slow__sh": "sleep 600"})
    api = lab.run(workflow.api, options=("--network", network, "--env", "PGPASSWORD=secret")).said("waitfor: ")
    database = lab.create(workflow.db, options=("--network", network, "--network-alias", "db", *PASSWORD, *mount))
    database.start()
    begun = database.started()
    eventually("the moment", lambda: time.time() >= begun + moment)
    asked = time.time()
    docker("stop", "--time", "10", api.id)
    assert api.exit_code() == 143
    assert api.ended() - asked < 5, "within a second on an idle machine; a killed one takes the ten of --time"
    assert "Starman" not in api.stderr
