"""docker/dev-api gives a command what it needs: links, ports and users, by the arguments."""

import os
import pty
import subprocess

import pytest

from desk import SECRET
from docker_lab import docker, eventually
from notes import answers, works

WHO = 'print join ":", $<, $(+0'
INTERFACES = 'open F, "/proc/net/dev"; print join ",", sort map { /^ *(\\w+):/ ? $1 : () } <F>'


def test_command_that_needs_no_database_gets_neither_network_nor_wait(desk):
    seen = desk.dev_api("perl", "-e", INTERFACES)
    assert (seen.stdout, seen.stderr) == ("lo", "")
    assert docker("network", "ls", "--quiet", "--filter", f"name={desk.network}").stdout == ""


def test_never_root_though_started_by_root(desk):
    """The working tree's owner; where that is root as well, nobody."""
    if os.getuid() != 0:
        pytest.skip("started by root only")
    assert desk.dev_api("perl", "-e", WHO).stdout == "65534:65534"
    for path in (desk.code, *desk.code.rglob("*")):
        os.chown(path, 12345, 12346)
    assert desk.dev_api("perl", "-e", WHO).stdout == "12345:12346"
    desk.dev_api("perl", "-e", 'open F, ">", "made" or die; print F "here"')
    made = desk.code / "made"
    assert (made.stat().st_uid, made.stat().st_gid, made.read_text()) == (12345, 12346, "here")


def test_runs_the_working_trees_code_or_the_images(desk):
    (desk.code / "new.pl").write_text("print 'new'")
    assert desk.dev_api("perl", "new.pl").stdout == "new"
    old = desk.dev_api("--image-code", "perl", "new.pl", check=False)
    assert old.returncode != 0 and "No such file" in old.stderr


def test_arguments_and_exit_code_pass_unchanged(desk):
    seen = desk.dev_api("perl", "-e", 'print join("|", @ARGV); exit 42', "a b", "", "*", "$x", check=False)
    assert (seen.stdout, seen.returncode) == ("a b||*|$x", 42)


@pytest.mark.parametrize("legacy", [False, True], ids=["network", "link"])
def test_serves_the_working_tree_whichever_is_first(request, legacy):
    desk = request.getfixturevalue("legacy_desk" if legacy else "desk")
    # A link wants its peer first; on a network, the service is begun and waits.
    if legacy:
        database = desk.run_db()
    service = desk.begin()
    if not legacy:
        assert "waitfor: db:5432: " in service.stderr.readline()
        database = desk.run_db()
    about = eventually("the service answers", lambda: answers("127.0.0.1", port=desk.port), 60)
    assert about["database"]["address"] == database.address(desk.network)
    applied = desk.make("run-migrations")
    assert "applied 2 migrations" in applied.stdout
    works("127.0.0.1", desk.port)
    assert "Result: PASS" in desk.make("test-api").stdout
    assert SECRET not in applied.stdout + applied.stderr
    service.terminate()
    _, log = service.communicate(timeout=30)
    assert SECRET not in log


def test_what_is_shown_is_what_would_be_run_and_makes_nothing(desk, legacy_desk):
    served = desk.dev_api("--show").stdout
    assert f"--publish {desk.port}:5000" in served
    assert f"--network {desk.network}" in served
    assert SECRET not in served and "se=cret" not in served
    assert docker("network", "ls", "--quiet", "--filter", f"name={desk.network}").stdout == ""
    migrating = legacy_desk.dev_api("--show", "perl", "-Ilib", "bin/update-database").stdout
    assert f"--link {legacy_desk.names['DB']}:db" in migrating
    assert "--publish" not in migrating and "PASSWORD" not in migrating
    assert "--link" not in legacy_desk.dev_api("--show", "--no-database", "prove", "t").stdout
    assert "--link" in legacy_desk.dev_api("--show", "--database", "perl", "x").stdout


def test_only_a_command_gets_the_terminal(desk):
    """`./dev-api &` would fight the shell for it, and `kill` would not end the service."""
    outer, inner = pty.openpty()

    def shown(*arguments):
        return subprocess.run([desk.directory / "dev-api", "--show", *arguments], env=desk.environment, stdin=inner,
                              stdout=inner, timeout=60, check=True) and os.read(outer, 10_000).decode()

    assert "--tty" in shown("--no-database", "perl", "-de0") and "--tty" not in shown()
    os.close(outer)
    os.close(inner)


def test_unknown_option_is_told_how_it_is_used(desk):
    result = desk.dev_api("--no-such", check=False)
    assert result.returncode == 2
    assert "docker/dev-api [OPTION...]" in result.stderr


def test_rm_db_removes_the_data_and_the_network(desk, lab):
    database = desk.run_db()
    volumes = [mount["Name"] for mount in database.inspect()["Mounts"]]
    assert len(volumes) == 1
    user = lab.toolbox("serve", "80", options=("--network", desk.network))
    assert f'a container still uses the network "{desk.network}"' in desk.make("rm-db").stderr
    docker("rm", "--force", user.id)
    desk.run_db()
    assert desk.make("rm-db").stderr == ""
    assert docker("network", "inspect", desk.network, check=False).returncode != 0
    assert docker("inspect", desk.names["DB"], check=False).returncode != 0
    assert docker("volume", "inspect", volumes[0], check=False).returncode != 0


def test_rm_db_removes_the_network_of_a_service_that_never_had_a_database(desk):
    service = desk.begin()
    assert "waitfor: db:5432: " in service.stderr.readline()
    service.terminate()
    service.communicate(timeout=30)
    desk.make("rm-db")
    assert docker("network", "inspect", desk.network, check=False).returncode != 0
    assert "no container" in desk.make("rm-db", check=False).stderr


def test_rm_db_leaves_a_network_that_it_did_not_make(desk):
    docker("network", "create", desk.network)
    desk.run_db()
    desk.make("rm-db")
    assert docker("network", "inspect", desk.network).returncode == 0
