"""The README is a promise: its commands are run as they stand, and the manual's too. (Tables: test_docs.py)"""

import re

import pytest

from support import amqp
from support.peers import relay_to, says
from support.runner import BINARY, CLEAN_ENV, REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
CONSOLE = re.findall(r"```console\n(.*?)```", README, re.S)
MANUAL = (REPOSITORY / "docs" / "waitfor.1").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"(?m)^\.Dl (\$ .*)$", MANUAL.replace(r"\-", "-").replace(r"\(dq", '"').replace(r"\e", "\\"))
COMMANDS = sorted({line[2:] for block in [*CONSOLE, "\n".join(EXAMPLES)] for line in block.splitlines()
                   if line.startswith(("$ waitfor", "$ eval", "$ env="))})


@pytest.fixture
def world(net, peer, new_pg, redis):
    """db is a PostgreSQL with a shop in it, cache a Redis, queue greets as a RabbitMQ does, old has gone."""
    pg = new_pg().start()
    pg.sql("ALTER ROLE app PASSWORD 'secret'")
    pg.sql("CREATE DATABASE shop OWNER app")
    net.rewrite(net.hosts, "127.0.0.1 localhost\n10.77.0.1 db cache queue queue2 old\n")
    peer(relay_to("127.0.0.1", pg.port), address="10.77.0.1", port=5432, net=net)
    peer(relay_to("127.0.0.1", redis.port), address="10.77.0.1", port=6379, net=net)
    peer(says(amqp.START), address="10.77.0.1", port=5672, net=net)
    return net


@pytest.fixture
def directory(folder):
    """Where the commands are given: the programs that they name say that they ran."""
    for name in ("migrate", "server", "take-over"):
        (folder / name).write_text(f"#!/bin/sh\necho {name} ran\n")
        (folder / name).chmod(0o755)
    (folder / "waitfor").symlink_to(BINARY)
    (folder / "targets.json").write_text(re.search(r"```json\n(.*?)```", README, re.S)[1])
    return folder


def test_the_readme_has_commands():
    assert len(COMMANDS) >= 5 and len(EXAMPLES) >= 4, "or the patterns above no longer find them"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_works_as_it_stands(waitfor, world, directory, command):
    env = {**CLEAN_ENV, "PATH": f"{directory}:{CLEAN_ENV['PATH']}", "PGUSER": "app",
           "PGPASSWORD": "secret", "PGDATABASE": "shop",
           "DATABASE_URL": "postgresql+psycopg2://app:secret@db/shop?schema=public"}
    # Entering a network's mounts leaves the working directory behind.
    script = f"cd {directory} && {command}"
    if command.startswith("eval"):
        script += ' && test "$DB_HOST:$DB_PORT" = db:5432'
    result = waitfor.start_argv(["sh", "-c", script], env=env, net=world).finish(30)
    assert result.code == 0, result
    for program in re.findall(r"-- \./([\w-]+)", command):
        assert f"{program} ran" in result.out, result


@pytest.mark.parametrize("path", ["Dockerfile", "shop/Dockerfile", "shop/compose.yaml"])
def test_the_examples_are_shown_as_they_are(path):
    """tests/docker runs them."""
    example = (REPOSITORY / "docker" / "examples" / path).read_text()
    instructions = "".join(line for line in example.splitlines(True) if not line.startswith("#"))
    assert instructions in re.findall(r"```(?:Dockerfile|yaml)\n(.*?)```", README, re.S)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([\w./-]+)\)", README))))
def test_every_file_it_leads_to_is_there(path):
    assert (REPOSITORY / path).exists()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make ([a-z][a-z-]*)", README))))
def test_every_make_target_is_there(target):
    makefile = (REPOSITORY / "Makefile").read_text()
    assert re.search(rf"^{target}:.*##", makefile, re.M)
