"""prepare-migrations and run-migrations: wrapped by waitfor, numbered, and safe to run again, or twice at once."""

import json
import re

import pytest

from docker_lab import REPOSITORY, docker, eventually
from notes import ask, migrate, serves


def psql(database, query):
    return docker(
        "exec", database.id, "psql", "--no-psqlrc", "--tuples-only", "--no-align", "--username=postgres",
        "--command", query,
    ).stdout.strip()


@pytest.fixture
def database(desk):
    return desk.run_db()


def update(desk, *arguments, check=True):
    return desk.dev_api("perl", "-Ilib", "bin/update-database", *arguments, check=check)


def versions(database):
    return psql(database, "SELECT string_agg(version || ' ' || name, ', ' ORDER BY version) FROM schema_version")


def test_empty_database_then_migrated_one(desk, database):
    rehearsed = desk.make("prepare-migrations").stdout
    assert "2 migrations would be applied; nothing was changed" in rehearsed
    assert psql(database, r"SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == "0"
    assert "applied 2 migrations" in desk.make("run-migrations").stdout
    assert versions(database) == "1 1-note, 2 2-author"
    assert psql(database, "SELECT name FROM migrated_1 UNION SELECT name FROM migrated_2 ORDER BY 1") == "1-note\n2-author"
    assert "applied 0 migrations" in desk.make("run-migrations").stdout
    assert "0 migrations would be applied" in desk.make("prepare-migrations").stdout


def test_two_at_once_on_an_empty_database_apply_each_once(desk, database):
    """Held up at the lock, so that both are there: then one finds nothing left to do."""
    slow = "CREATE TABLE slow (i integer); SELECT pg_sleep(2);\n"
    (desk.code / "migrations" / "3-slow.sql").write_text(slow)
    runs = [desk.begin("perl", "-Ilib", "bin/update-database", "1") for _ in range(2)]
    ends = [run.communicate(timeout=90) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], ends
    outputs = sorted(out.splitlines()[-1] for out, _ in ends)
    assert outputs == ["applied 0 migrations", "applied 3 migrations"]
    assert any("another migration is running: waiting for it" in out for out, _ in ends)
    assert versions(database) == "1 1-note, 2 2-author, 3 3-slow"


def test_the_lock_is_gone_with_its_holder(desk, database):
    (desk.code / "migrations" / "3-slow.sql").write_text("SELECT pg_sleep(600);\n")
    docker("exec", database.id, "waitfor", "postgres://127.0.0.1")
    first = desk.begin("perl", "-Ilib", "bin/update-database", "1")
    asleep = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND wait_event = 'PgSleep'"
    eventually("the first one is at work", lambda: psql(database, asleep) == "1")
    psql(database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
    _, error = first.communicate(timeout=60)
    assert first.returncode != 0
    assert "update-database: " in error
    (desk.code / "migrations" / "3-slow.sql").write_text("SELECT 1;\n")
    assert "applied 1 migrations" in update(desk, "1").stdout


def test_failing_migration_leaves_nothing_of_itself(desk, database):
    broken = "CREATE TABLE half (i integer); SELECT no_such_function();\n"
    (desk.code / "migrations" / "3-broken.sql").write_text(broken)
    rehearsed = update(desk, check=False)
    assert rehearsed.returncode != 0 and "no_such_function" in rehearsed.stderr
    applied = update(desk, "1", check=False)
    assert applied.returncode != 0 and "no_such_function" in applied.stderr
    assert versions(database) == "1 1-note, 2 2-author"
    assert psql(database, "SELECT to_regclass('half') IS NULL AND to_regclass('migrated_3') IS NULL") == "t"


def test_text_of_a_file_is_text_and_its_transaction_is_not_its_own(desk, database):
    migrations = desk.code / "migrations"
    (migrations / "3-words.sql").write_text("CREATE TABLE word AS SELECT 'caf\u00e9 \u2603' AS word;\n")
    update(desk, "1")
    assert psql(database, "SELECT word FROM word") == "caf\u00e9 \u2603"
    (migrations / "4-commit.sql").write_text("CREATE TABLE leaked (i integer); COMMIT;\n")
    result = update(desk, "1", check=False)
    assert result.returncode != 0
    assert "4-commit.sql: ends the transaction that it is run in" in result.stderr
    assert versions(database).endswith("3 3-words")


@pytest.mark.parametrize(
    "mistake, complaint",
    [
        ("changed", "1-note.sql was changed after it was applied: add a new file instead"),
        ("lost", "the database is at version 2, and the files end at 1: these files are too old"),
        ("gap", "there is no number 3"),
        ("twice", "has this number as well"),
        ("nameless", "wanted NUMBER-name.sql"),
    ],
)
def test_mistake_in_the_files_is_named_and_nothing_is_done(desk, database, mistake, complaint):
    update(desk, "1")
    files = desk.code / "migrations"
    if mistake == "changed":
        (files / "1-note.sql").write_text("CREATE TABLE other (i integer);\n")
    elif mistake == "lost":
        (files / "2-author.sql").unlink()
    else:
        name = {"gap": "4-late.sql", "twice": "02-again.sql", "nameless": "late.sql"}[mistake]
        (files / name).write_text("CREATE TABLE late (i integer);\n")
    result = update(desk, "1", check=False)
    assert result.returncode != 0
    assert complaint in result.stderr
    assert versions(database) == "1 1-note, 2 2-author"


def test_api_before_the_migration_says_what_is_missing(lab, workflow):
    network = lab.network()
    options = ("--network", network, "--env", "POSTGRES_PASSWORD=secret", "--network-alias", "db")
    lab.run(workflow.db, options=options)
    api = lab.run(workflow.api, options=("--network", network, "--env", "PGPASSWORD=secret"))
    serves(api, network)
    address = api.address(network)
    status, answer = ask(address, "GET", "/notes")
    assert (status, answer) == (503, {"error": "the table is not there yet: run the migrations"})
    assert "applied 2 migrations" in migrate(api)
    assert ask(address, "GET", "/notes") == (200, [])


@pytest.mark.parametrize("name", ["compose.yaml", "stack.yaml", "kubernetes/api-wrapper.yaml",
                                  "kubernetes/api-init-container.yaml"])
def test_the_api_waits_for_the_last_migration_and_runs_its_images_command(name):
    folder = REPOSITORY / "docker"
    code = re.sub(r"#.*", "", (folder / name).read_text())
    last = len(list((folder / "api" / "migrations").glob("*.sql")))
    assert re.findall(r"\?table=(\w+)", code) == [f"migrated_{last}"]
    (command,) = re.findall(r"^CMD (.*)$", (folder / "api" / "Dockerfile").read_text(), re.M)
    assert [json.loads(words) for words in re.findall(r': (\["starman".*\])$', code, re.M)] == [json.loads(command)]
