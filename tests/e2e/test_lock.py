"""--lock: a command runs while an advisory lock of a real PostgreSQL is held, and ?once=VERSION only once."""

import json
import os
import random
import re
import shlex
import signal
import socket
import subprocess
import sys
import time

import pytest

from support import pgwire
from support.children import first_child
from support.pgbouncer import Bouncer
from support.postgres import PASSWORD, PASSWORD_IN_URI
from support.runner import BINARY
from support.until import until

# Notes when it begins and when it ends, and works for a moment in between.
WORK = """\
import os, sys, time
name, seconds = sys.argv[1], float(sys.argv[2])
def note(word):
    file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, f"{word} {os.getpid()}\\n".encode())
note("begins")
time.sleep(seconds)
note("ends")
"""
# Runs until it is told to end, and says so.
STAYS = "trap 'echo TERM; exit 9' TERM; echo up; while :; do sleep 0.05; done"


@pytest.fixture
def pgbouncer():
    """Starts a pgbouncer in front of a server, and returns the target through it."""
    made = []

    def start(cluster, mode):
        made.append(Bouncer(cluster, mode))
        return cluster.uri(host=f"127.0.0.1:{made[-1].port}")
    yield start
    for bouncer in made:
        bouncer.close()


def work(folder, seconds=0.05):
    return ("--", sys.executable, "-c", WORK, str(folder / "notes"), str(seconds))


def notes(folder):
    file = folder / "notes"
    return [line.split() for line in file.read_text().splitlines()] if file.exists() else []


def check_one_at_a_time(folder):
    """Whoever has begun ends, or was killed, before the next begins."""
    inside = None
    for word, pid in notes(folder):
        if word == "begins":
            assert inside is None, f"{pid} begins while {inside} runs: {notes(folder)}"
            inside = pid
        else:
            assert inside == pid, notes(folder)
            inside = None


def lock_is_free(pg):
    return pg.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == "0"


# --- one at a time ------------------------------------------------------------------------------

def test_the_command_runs_with_the_lock_and_leaves_it(waitfor, pg, folder):
    result = waitfor("--lock", "migrations", pg.uri(), *work(folder))
    assert result.code == 0, result
    assert [word for word, _ in notes(folder)] == ["begins", "ends"]
    until(lambda: lock_is_free(pg), what="the lock is free")


def test_ten_at_once_run_one_after_the_other(waitfor, pg, folder):
    runs = [waitfor.start("--lock", "migrations", pg.uri(), *work(folder, 0.1)) for _ in range(10)]
    for run in runs:
        assert run.finish().code == 0, run.err()
    assert len(notes(folder)) == 20
    check_one_at_a_time(folder)


def test_different_names_do_not_wait_for_each_other(waitfor, pg, folder):
    first = waitfor.start("--lock", "one", pg.uri(), "--", "sh", "-c", STAYS)
    until(lambda: "up" in first.out())
    assert waitfor("--lock", "two", pg.uri(), *work(folder)).code == 0
    assert first.alive()


def fnv1a(text):
    """https://www.ietf.org/archive/id/draft-eastlake-fnv-17.html, 64 bits; as PostgreSQL's bigint."""
    key = 0xCBF29CE484222325
    for byte in text.encode():
        key = (key ^ byte) * 0x100000001B3 % 2**64
    return key - 2**64 if key >= 2**63 else key


def test_another_role_sees_the_name_of_the_holder_only(waitfor, pg, folder):
    first = waitfor.start("--lock", "migrations", pg.uri(), "--", "sh", "-c", STAYS)
    until(lambda: "up" in first.out())
    second = waitfor.start("--lock", "migrations", pg.uri("trusty", ""), *work(folder))
    second.wait_err("waiting for the lock: held by waitfor on")
    assert "at 127.0.0.1 since" not in second.err()


@pytest.mark.parametrize("name", ["migrations", "a", "X-1_2.3"])
def test_the_number_of_the_lock_is_as_documented(waitfor, pg, folder, name):
    """So other programs can take it too, and waitfor waits for them."""
    with subprocess.Popen(pg.psql("app", "app"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                          cwd=pg.folder, **pg.user) as session:
        session.stdin.write(f"SELECT pg_advisory_lock({fnv1a('waitfor:' + name)}), 'taken';\n")
        session.stdin.flush()
        assert "taken" in session.stdout.readline()
        running = waitfor.start("--lock", name, pg.uri(), *work(folder))
        running.wait_err("waiting for the lock: held by psql")
        assert not notes(folder)
        session.stdin.close()
    assert running.finish().code == 0


def test_the_lock_is_taken_when_all_others_are_ready(waitfor, pg, folder):
    flag = folder / "flag"
    running = waitfor.start("--lock", "migrations", pg.uri(), f"file://{flag}", *work(folder))
    running.wait_err("ready at")
    time.sleep(0.3)
    assert lock_is_free(pg)
    flag.touch()
    assert running.finish().code == 0
    assert notes(folder)


def test_the_exit_code_is_that_of_the_command(waitfor, pg):
    assert waitfor("--lock", "migrations", pg.uri(), "--", "sh", "-c", "exit 7").code == 7
    assert waitfor("--lock", "migrations", pg.uri(), "--", "sh", "-c", "kill -9 $$").code == 137


def test_the_names_of_variables_are_those_of_the_target(waitfor, pg):
    result = waitfor("--lock", "migrations", f"PRIMARY={pg.uri()}", "--", "env")
    names = {line.split("=")[0] for line in result.out.splitlines()}
    assert {name for name in names if name.endswith(("_HOST", "_PORT"))} == {"PRIMARY_HOST", "PRIMARY_PORT"}


# --- who waits ----------------------------------------------------------------------------------

def test_who_waits_is_told_who_has_it(waitfor, pg, folder):
    first = waitfor.start("--lock", "migrations", pg.uri(), "--", "sh", "-c", STAYS)
    until(lambda: "up" in first.out())
    second = waitfor.start("--lock", "migrations", pg.uri(), *work(folder))
    second.wait_err(f"waiting for the lock: held by waitfor on {socket.gethostname()[:40]}")
    assert re.search(r"at 127\.0\.0\.1 since \d\d:\d\d:\d\d UTC \(", second.err())
    assert f"lock migrations at {pg.uri(password='***')}" in second.err()
    first.send(signal.SIGTERM)
    assert first.finish().code == 9
    assert second.finish().code == 0


def test_who_waits_leaves_no_line_in_the_log_of_the_server(waitfor, new_pg, folder):
    pg = new_pg().start(log_lock_waits="on")
    first = waitfor.start("--lock", "migrations", pg.uri(), *work(folder, 3))
    until(lambda: notes(folder), what="the first has begun")
    second = waitfor.start("--lock", "migrations", pg.uri(), *work(folder, 0))
    second.wait_err("waiting for the lock")
    before = pg.log()
    assert first.finish().code == 0 and second.finish().code == 0
    check_one_at_a_time(folder)
    assert pg.log() == before, "who waits leaves lines in the server's log"


def test_the_time_in_which_others_have_it_does_not_count(waitfor, pg, folder):
    first = waitfor.start("--lock", "migrations", pg.uri(), *work(folder, 4))
    until(lambda: notes(folder), what="the first has begun")
    second = waitfor("-t", "1500ms", "--lock", "migrations", pg.uri(), *work(folder, 0))
    assert second.code == 0, second
    assert first.finish().code == 0


def test_lock_timeout_limits_it(waitfor, pg, folder):
    first = waitfor.start("--lock", "migrations", pg.uri(), "--", "sh", "-c", STAYS)
    until(lambda: "up" in first.out())
    second = waitfor("--lock", "migrations", "--lock-timeout", "1s", pg.uri(), *work(folder))
    assert second.code == 124, second
    assert "waiting for the lock: held by waitfor on" in second.err
    assert not notes(folder)


def test_a_signal_ends_who_waits(waitfor, pg, folder):
    first = waitfor.start("--lock", "migrations", pg.uri(), "--", "sh", "-c", STAYS)
    until(lambda: "up" in first.out())
    second = waitfor.start("--lock", "migrations", pg.uri(), *work(folder))
    second.wait_err("waiting for the lock")
    second.send(signal.SIGTERM)
    assert second.finish().code == 143
    assert not notes(folder)


def test_a_session_that_waits_survives_a_restart(waitfor, new_pg, folder):
    pg = new_pg().start()
    first = waitfor.start("--lock", "migrations", pg.uri(), "--", "sh", "-c", STAYS)
    until(lambda: "up" in first.out())
    second = waitfor.start("--lock", "migrations", pg.uri(), *work(folder))
    second.wait_err("waiting for the lock")
    pg.stop()
    assert first.finish().code == 9
    pg.start()
    assert second.finish().code == 0, second.err()


def test_events_have_the_kind_locked(waitfor, pg, folder):
    first = waitfor.start("--lock", "migrations", pg.uri(), "--", "sh", "-c", STAYS)
    until(lambda: "up" in first.out())
    second = waitfor.start("--output=json", "--lock", "migrations", pg.uri(), *work(folder))
    second.wait_err('"locked"')
    first.send(signal.SIGTERM)
    assert second.finish().code == 0
    events = [json.loads(line) for line in second.err().splitlines()]
    assert [e["event"] for e in events if e.get("target", "").startswith("lock ")][-1] == "ready"
    assert PASSWORD not in second.err() and PASSWORD_IN_URI not in second.err()


# --- the lock is lost ---------------------------------------------------------------------------

def test_a_lost_session_ends_the_command(waitfor, pg, folder):
    running = waitfor.start("--lock", "migrations", pg.uri(), "--", "sh", "-c", STAYS)
    until(lambda: "up" in running.out())
    pg.sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    assert running.finish().code == 9
    assert "TERM" in running.out()
    assert "lost, so somebody else may have it; sending SIGTERM to sh" in running.err()


@pytest.mark.parametrize("parameters", ["", "?once=lost"])
def test_a_command_that_ends_well_without_the_lock_is_no_success(waitfor, pg, parameters):
    running = waitfor.start("--lock", "migrations", pg.uri(parameters=parameters), "--", "sh", "-c",
                            "trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done")
    until(lambda: "up" in running.out())
    pg.sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    result = running.finish()
    assert result.code == 125 and "it was lost while sh ran, so that is no success" in result.err, result
    assert "succeeded" not in result.err


def test_kill_after_holds_for_a_lost_lock(waitfor, pg):
    running = waitfor.start("--lock", "migrations", "--kill-after", "300ms", pg.uri(), "--", "sh", "-c",
                            "trap '' TERM; echo up; while :; do sleep 0.05; done")
    until(lambda: "up" in running.out())
    pg.sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    assert running.finish().code == 137


def test_waitfor_is_killed(waitfor, pg, folder):
    """The command gets SIGTERM, and the next one has the lock."""
    first = waitfor.start("--lock", "migrations", pg.uri(), "--", "sh", "-c", STAYS)
    until(lambda: "up" in first.out())
    app = first_child(first.pid)
    first.send(signal.SIGKILL)
    assert waitfor("--lock", "migrations", pg.uri(), *work(folder)).code == 0
    until(lambda: "TERM" in first.out(), what="the command has got SIGTERM")
    until(lambda: not os.path.exists(f"/proc/{app}"), what="the command has ended")


def test_killed_at_random_moments(waitfor, pg, folder):
    """Whoever is killed, the others go on, and one of them runs the command to its end."""
    random.seed(20261130)
    for round_ in range(5):
        runs = [waitfor.start("--lock", "migrations", pg.uri(parameters=f"?once=v{round_}"), *work(folder, 0.05))
                for _ in range(6)]
        for victim in random.sample(runs, 3):
            time.sleep(random.uniform(0, 0.1))
            victim.send(signal.SIGKILL)
        for run in runs:
            assert run.finish().code in (0, -signal.SIGKILL), run.err()
        assert pg.sql(f"SELECT count(*) FROM waitfor_once WHERE version = 'v{round_}'", database="app") == "1"
    assert sum(word == "ends" for word, _ in notes(folder)) >= 5


# --- once ---------------------------------------------------------------------------------------

def test_ten_at_once_run_it_once(waitfor, new_pg, folder):
    pg = new_pg().start()
    target = pg.uri(parameters="?once=v1")
    runs = [waitfor.start("--lock", "migrations", target, *work(folder)) for _ in range(10)]
    for run in runs:
        assert run.finish().code == 0, run.err()
    assert [word for word, _ in notes(folder)] == ["begins", "ends"]
    assert sum('"v1" has succeeded before, so the command does not run again' in run.err() for run in runs) == 9
    row = pg.sql("SELECT lock, version, finished <= now(), run_by FROM waitfor_once", database="app")
    assert row == f"migrations|v1|t|waitfor on {socket.gethostname()}"[:len(row)] and row.count("|") == 3


def test_another_version_and_another_lock_run(waitfor, new_pg, folder):
    pg = new_pg().start()
    for name, version in (("a", "v1"), ("a", "v2"), ("b", "v1"), ("a", "v1"), ("a", "v%25'2")):
        assert waitfor("--lock", name, pg.uri(parameters=f"?once={version}"), *work(folder)).code == 0
    assert len(notes(folder)) == 2 * 4
    assert pg.sql("SELECT version FROM waitfor_once WHERE lock = 'a' ORDER BY 1", database="app").splitlines() == \
        sorted(["v1", "v2", "v%'2"])


def test_a_command_that_fails_runs_again(waitfor, new_pg, folder):
    pg = new_pg().start()
    target = pg.uri(parameters="?once=v1")
    assert waitfor("--lock", "migrations", target, "--", "sh", "-c", "exit 3").code == 3
    assert waitfor("--lock", "migrations", target, *work(folder)).code == 0
    assert len(notes(folder)) == 2


def test_what_cannot_be_noted_is_an_error(waitfor, new_pg):
    """It will run again, and whoever has started it must know that."""
    pg = new_pg().start()
    drop = [*map(str, pg.psql(database="app")), "-c", "DROP TABLE waitfor_once"]
    result = waitfor("--lock", "migrations", pg.uri(parameters="?once=v1"), "--", *drop)
    assert result.code == 125, result
    assert 'succeeded, but "v1" could not be noted in waitfor_once: relation "waitfor_once" does not exist; it may run' in result.err


def test_a_table_that_may_not_be_made(waitfor, new_pg, folder):
    pg = new_pg().start()
    pg.sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC; ALTER SCHEMA public OWNER TO postgres", database="app")
    result = waitfor("-t", "1500ms", "--lock", "migrations", pg.uri(parameters="?once=v1"), *work(folder))
    assert result.code == 124 and "permission denied for schema public" in result.err, result
    assert not notes(folder)
    pg.sql("CREATE TABLE waitfor_once (lock text, version text, finished timestamptz NOT NULL DEFAULT now(), run_by text, "
           "PRIMARY KEY (lock, version)); GRANT SELECT, INSERT ON waitfor_once TO app", database="app")
    assert waitfor("--lock", "migrations", pg.uri(parameters="?once=v1"), *work(folder)).code == 0


def test_a_table_that_may_only_be_read(waitfor, new_pg, folder):
    """What cannot be noted does not run."""
    pg = new_pg().start()
    assert waitfor("--lock", "migrations", pg.uri(parameters="?once=v1"), *work(folder)).code == 0
    pg.sql("ALTER TABLE waitfor_once OWNER TO postgres; GRANT SELECT ON waitfor_once TO app", database="app")
    result = waitfor("-t", "1500ms", "--lock", "migrations", pg.uri(parameters="?once=v2"), *work(folder))
    assert result.code == 124 and "denied: permission to INSERT into waitfor_once is missing" in result.err, result
    assert waitfor("--lock", "migrations", pg.uri(parameters="?once=v1"), *work(folder)).code == 0
    assert len(notes(folder)) == 2


def test_a_role_that_only_reads_by_default(waitfor, new_pg, folder):
    pg = new_pg().start()
    pg.sql("ALTER ROLE app SET default_transaction_read_only = on")
    assert waitfor("--lock", "migrations", pg.uri(parameters="?once=v1"), *work(folder)).code == 0
    assert len(notes(folder)) == 2


def test_a_table_that_is_locked_for_a_while_when_the_command_ends(waitfor, new_pg):
    pg = new_pg().start()
    waits = " ".join(map(shlex.quote, map(str, pg.psql(database="app"))))
    held = f"({waits} -c 'BEGIN; LOCK TABLE waitfor_once; SELECT pg_sleep(3)' &) ; sleep 0.5"
    result = waitfor("--lock", "migrations", pg.uri(parameters="?once=v1"), "--", "sh", "-c", held)
    assert result.code == 0, result


# --- whose lock it is ---------------------------------------------------------------------------

def test_the_command_may_call_waitfor_itself(waitfor, pg):
    """It does not wait for the lock that is held for it."""
    result = waitfor(pg.uri(), "--", BINARY, "-t", "10s", pg.uri(), "--", "env", env={"WAITFOR_LOCK": "migrations"})
    assert result.code == 0 and "WAITFOR_LOCK" not in result.out, result


@pytest.mark.parametrize("words", [["--once"], ["--down", "-t", "100ms"], ["--print-env", "sh"], ["--any"]])
def test_the_variable_is_for_the_start_of_the_app(waitfor, pg, words):
    """A health check finds the environment of that, and a target with ?once in it."""
    target = pg.uri(parameters="?once=health")
    result = waitfor(*words, target, env={"WAITFOR_LOCK": "migrations"})
    assert result.code == (124 if "--down" in words else 0), result
    assert "lock" not in result.err


def test_another_tools_name_takes_no_lock(waitfor, pg, folder):
    result = waitfor("as", "wait-for-it", f"127.0.0.1:{pg.port}", *work(folder), env={"WAITFOR_LOCK": "migrations"})
    assert result.code == 0 and notes(folder), result


def test_a_configuration_file(waitfor, pg, folder):
    file = folder / "waitfor.json"
    file.write_text(json.dumps({"lock": "migrations", "lock-timeout": "5s", "targets": [pg.uri(parameters="?once=file")]}))
    for _ in range(2):
        assert waitfor("-f", file, *work(folder)).code == 0
    assert len(notes(folder)) == 2


def test_the_board(terminal, waitfor, pg):
    first = waitfor.start("--lock", "migrations", pg.uri(), "--", "sh", "-c", STAYS)
    until(lambda: "up" in first.out())
    for target in (pg.uri(parameters="?once=board"), pg.uri()):
        screen = terminal(100, 10)
        run = waitfor.start("--lock", "migrations", target, "--", "true", env={"TERM": "xterm"}, **screen.popen)
        screen.wait_text("waiting for the lock: held by")
        assert re.search(r"\block migrations\s", screen.text), screen.text
        run.send(signal.SIGTERM)
        screen.finish(run)


def test_a_server_that_lets_in_and_says_nothing_is_not_waited_for_without_a_limit(waitfor, peer):
    silent = peer(pgwire.answers(pgwire.welcome()))
    result = waitfor("-t", "2s", "--lock", "migrations", f"postgres://me@{silent.target}/x", "--", "true")
    assert result.code == 124, result
    assert "no answer to the query" in result.err


@pytest.mark.parametrize("scheme", ["cockroachdb", "redshift"])
def test_servers_without_such_locks_are_refused(waitfor, scheme):
    result = waitfor("--lock", "migrations", f"{scheme}://me@db/x", "--", "true")
    assert result.code == 125 and "there is no target that has locks" in result.err, result


# --- where there is no lock to be had -----------------------------------------------------------

@pytest.mark.parametrize("mode", ["transaction", "session"])
def test_a_pooler_is_refused(waitfor, pg, folder, pgbouncer, mode):
    result = waitfor("-t", "10s", "--fail-fast", "--lock", "migrations", pgbouncer(pg, mode), *work(folder))
    assert result.code == 124, result
    assert "denied: a pooler is between, which may share the session; connect to PostgreSQL itself" in result.err
    assert not notes(folder)


def test_a_login_is_needed(waitfor, pg, folder):
    result = waitfor("-t", "10s", "--fail-fast", "--lock", "migrations", pg.uri(password=""), *work(folder))
    assert result.code == 124 and "a password is needed to take the lock" in result.err, result
    assert waitfor("--lock", "migrations", pg.uri("trusty", "", "trusty"), *work(folder)).code == 0


def test_a_standby_is_refused(waitfor, new_pg, folder):
    """Its locks are its own, so that two commands could run at once."""
    pg = new_pg().start()
    pg.stop()
    (pg.data / "standby.signal").touch()
    pg.start()
    result = waitfor("-t", "1500ms", "--lock", "migrations", pg.uri(), *work(folder))
    assert result.code == 124 and "a standby, whose locks are not those of the primary" in result.err, result
    assert not notes(folder)


def test_client_and_server_notice_a_connection_that_is_dead(waitfor, pg):
    """Each probes a silent connection; waitfor ends the command before the server gives the lock to somebody else."""
    running = waitfor.start("--lock", "migrations", pg.uri(), "--", "sh", "-c", STAYS)
    until(lambda: "up" in running.out())
    port = pg.sql("SELECT client_port FROM pg_stat_activity JOIN pg_locks USING (pid) WHERE locktype = 'advisory'")

    def seconds_left(end):
        timers = os.popen(f"ss -tnoH '{end[0]} = :{pg.port} and {end[1]} = :{port}'").read()
        left = re.search(r"keepalive,([\d.]+)(ms|sec)", timers)
        return left and (float(left[1]) if left[2] == "sec" else 0)
    for end, most in (("sport", "dport"), 10), (("dport", "sport"), 5):
        until(lambda: seconds_left(end) is not None, what="nothing is under way")
        assert seconds_left(end) <= most


@pytest.mark.parametrize("limit", ["statement_timeout", "lock_timeout", "idle_session_timeout"])
def test_limits_of_the_role_do_not_end_the_session(waitfor, new_pg, folder, limit):
    pg = new_pg().start()
    if pg.sql(f"SELECT count(*) FROM pg_settings WHERE name = '{limit}'") == "0":
        pytest.skip(f"this PostgreSQL has no {limit}")
    pg.sql(f"ALTER ROLE app SET {limit} = '200ms'")
    first = waitfor.start("--lock", "migrations", pg.uri(), *work(folder, 1.5))
    until(lambda: notes(folder), what="the first has begun")
    second = waitfor("--lock", "migrations", pg.uri(), *work(folder, 0))
    assert first.finish().code == 0, first.err()
    assert second.code == 0, second
