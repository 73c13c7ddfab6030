"""The README is a promise: its commands are run as they stand, and the manual's too. (Tables: test_docs.py)"""

import re
import subprocess

import pytest
import yaml

from support import amqp
from support.peers import relay_to, says
from support.release import VERSION
from support.runner import BINARY, CLEAN_ENV, REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
CONSOLE = re.findall(r"```console\n(.*?)```", README, re.S)
CURL = re.search(r"(?m)^curl .*$", README)[0]
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
    pg.sql("CREATE TABLE orders ()", database="shop")
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


URLS = re.findall(r"(?m)^\| \w+ \| `(\w+_URL)` \| `(.*)` \|$", README)


@pytest.mark.parametrize("name, url", URLS)
def test_the_urls_of_frameworks_are_read_as_they_write_them(waitfor, world, name, url):
    result = waitfor("-t", "20s", f"${{{name}}}", "--", "true", env={name: url}, net=world)
    assert result.code == 0 and "secret" not in result.err, result


def test_there_are_four_frameworks():
    assert len(URLS) == 4


# --- what cannot be run here: its form, and its settings with waitfor itself ----------------------

YAML = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", README, re.S)]
POD_CONTAINERS = [block["initContainers"] for block in YAML if "initContainers" in block]


def explained(waitfor, words):
    result = waitfor("--explain", *words)
    assert result.code == 0, result


def test_the_init_container_is_restricted(waitfor):
    """What https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted asks of a container."""
    (init,), *_ = POD_CONTAINERS
    assert set(init) == {"name", "image", "args", "securityContext"}
    assert init["securityContext"] == {"runAsNonRoot": True, "allowPrivilegeEscalation": False,
                                       "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}}
    explained(waitfor, init["args"])


def test_the_sidecar_holds_the_app_back(waitfor):
    """https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/"""
    _, (sidecar,), *_ = POD_CONTAINERS
    probe = sidecar["startupProbe"]
    assert set(sidecar) == {"name", "image", "restartPolicy", "startupProbe"} and sidecar["restartPolicy"] == "Always"
    assert set(probe) == {"exec", "timeoutSeconds", "periodSeconds", "failureThreshold"}
    command, *words = probe["exec"]["command"]
    assert command == "waitfor" and "--once" in words
    limit, = (word.split("=")[1] for word in words if word.startswith("--attempt-timeout="))
    assert int(limit.removesuffix("s")) < probe["timeoutSeconds"], "waitfor gives up before the kubelet kills it"
    explained(waitfor, words)


def test_the_sidecar_that_holds_is_restricted(waitfor):
    (init,), _, *others = POD_CONTAINERS
    (sidecar,) = next(part for part in others if part[0].get("args"))
    assert set(sidecar) == {"name", "image", "args", "restartPolicy", "securityContext"}
    assert sidecar["restartPolicy"] == "Always" and sidecar["securityContext"] == init["securityContext"]
    explained(waitfor, sidecar["args"])


def test_the_init_container_that_migrates_is_restricted(waitfor):
    (init,), *others = POD_CONTAINERS
    (migrate,) = next(part for part in others if part[0]["name"] == "migrate")
    assert set(migrate) == {"name", "image", "command", "env", "securityContext"}
    assert migrate["securityContext"] == init["securityContext"]
    command, *words = migrate["command"]
    assert command == "waitfor"
    explained(waitfor, words)


def test_the_pods_recipes_are_short():
    for block in re.findall(r"```yaml\n(initContainers:\n.*?)```", README, re.S):
        assert len(block.splitlines()) <= 10


def test_the_step_for_github_uses_inputs_that_the_action_has(waitfor):
    (step,), = [block for block in YAML if isinstance(block, list)]
    action = yaml.safe_load((REPOSITORY / "action.yml").read_text())
    assert set(step) == {"uses", "with"} and step["uses"] == f"OWNER/waitfor@v{VERSION}"
    assert set(step["with"]) <= set(action["inputs"])
    explained(waitfor, ["-t", step["with"]["timeout"], step["with"]["targets"]])


def test_the_job_for_gitlab(waitfor):
    """https://docs.gitlab.com/ci/yaml/"""
    job, = [block["test"] for block in YAML if "test" in block]
    assert set(job) == {"image", "services", "variables", "before_script", "script"}
    assert all(set(service) == {"name", "alias"} for service in job["services"])
    assert CURL in job["before_script"]
    (command,) = job["script"]
    assert command.startswith("waitfor ")
    explained(waitfor, command.removeprefix("waitfor ").split())


# --- Install ------------------------------------------------------------------------------------

def test_the_archive_is_unpacked_as_install_says(folder):
    """With a folder of ours in the place of GitHub's, and of /usr/local."""
    here = folder / "releases"
    here.mkdir()
    name = f"waitfor-{VERSION}-linux-amd64"
    (folder / name / "bin").mkdir(parents=True)
    (folder / name / "bin/waitfor").symlink_to(BINARY)
    subprocess.run(["tar", "-czhf", here / f"{name}.tar.gz", name], cwd=folder, check=True)
    command = CURL.replace(f"https://github.com/OWNER/waitfor/releases/download/v{VERSION}", f"file://{here}")
    (folder / "usr").mkdir()
    subprocess.run(["bash", "-o", "pipefail", "-c", command.replace("/usr/local", str(folder / "usr"))], check=True)
    said = subprocess.run([folder / "usr/bin/waitfor", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert said.startswith(f"waitfor {VERSION} ")


def test_install_names_the_files_of_this_version():
    """test_release.py shows that they are made."""
    names = set(re.findall(r"\bwaitfor(?:-tls)?[-_:@]v?(\d+\.\d+\.\d+)", README))
    assert names == {VERSION}


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
