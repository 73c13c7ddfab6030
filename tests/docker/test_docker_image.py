"""waitfor as the ENTRYPOINT and HEALTHCHECK of images that hold nothing else but the app."""

import json
import re
import subprocess
import tarfile
import time

import pytest

from docker_lab import EXAMPLES, docker, eventually


def network_and_peer(lab, verb):
    """A network on which the toolbox answers to the name db."""
    network = lab.network()
    return network, lab.toolbox(verb, "5432", options=("--network", network, "--network-alias", "db"))


@pytest.fixture
def nowhere(lab):
    """Options for a container whose peer, db, does not exist."""
    return lab.nameless(lab.network())


def only_waitfor_spoke(stderr):
    return all(line.startswith("waitfor: ") for line in stderr.splitlines())


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--user", "12345:12345"),
        ("--read-only",),
        ("--user", "12345:12345", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
    ],
    ids=["as-built", "non-root", "read-only", "all-of-it"],
)
def test_app_in_a_scratch_image_starts_once_the_peer_listens(lab, scratch_image, options):
    network, peer = network_and_peer(lab, "serve-later")
    app = lab.run(
        scratch_image, "tcp://db:5432", "--", "app", "show", "a b", "",
        options=("--entrypoint", "waitfor", "--network", network, *options),
    )
    app.said("waitfor: tcp://db:5432: connection refused")
    assert app.stdout == ""
    peer.signal("USR1")
    assert app.exit_code() == 0
    environment = app.environment()
    assert environment["DB_HOST"] == "db"
    assert environment["DB_PORT"] == "5432"
    assert environment["DB_ADDR"] == peer.address(network)
    lines = app.stdout.splitlines()
    assert lines[0] == "pid 1", "the app takes waitfor's place, as PID 1"
    assert [line[4:] for line in lines if line.startswith("arg ")] == ["app", "show", "a b", ""]
    assert only_waitfor_spoke(app.stderr), app.stderr


def test_entrypoint_without_a_command_waits_and_ends_with_0(lab, scratch_image):
    network, peer = network_and_peer(lab, "serve-later")
    waiter = lab.run(scratch_image, "tcp://db:5432", "--", options=("--entrypoint", "waitfor", "--network", network))
    waiter.said("connection refused")
    peer.signal("USR1")
    assert waiter.exit_code() == 0


def test_unknown_command_is_said_before_the_wait(lab, scratch_image):
    started = time.monotonic()
    app = lab.run(scratch_image, "no-such-app", options=("--network", "none"))
    assert app.exit_code() == 127
    assert time.monotonic() - started < 30, "the default timeout, a minute, was not waited for"
    assert "no-such-app" in app.stderr


PHASES = {
    # What the wait is busy with when the signal comes: the verb of the peer, and what the log says by then.
    "name": (None, "waitfor: db:5432: "),
    "refused": ("serve-later", "connection refused"),
    "silent": ("serve", "no reply"),
}


@pytest.mark.parametrize("phase", PHASES)
def test_docker_stop_during_the_wait_ends_at_once_with_143(lab, scratch_image, phase):
    verb, reason = PHASES[phase]
    options = ("--network", network_and_peer(lab, verb)[0]) if verb else lab.nameless(lab.network())
    app = lab.run(scratch_image, "app", "show", options=options).said(reason)
    started = time.monotonic()
    docker("stop", "--time", "10", app.id)
    took = time.monotonic() - started
    assert app.exit_code() == 143
    assert took < 5, "a PID 1 without a handler is only killed after the 10 s"
    assert app.stdout == "", "the app was never started"


def test_interrupt_ends_the_wait_with_130(lab, scratch_image, nowhere):
    app = lab.run(scratch_image, "app", "show", options=nowhere).said("waitfor: db:5432: ")
    app.signal("INT")
    assert app.exit_code() == 130
    assert app.stdout == ""


def test_after_the_wait_signals_and_exit_code_are_the_apps(lab, scratch_image):
    network, _ = network_and_peer(lab, "serve")
    app = lab.run(
        scratch_image, "tcp://db:5432", "--", "app", "hold",
        options=("--entrypoint", "waitfor", "--network", network),
    ).said("holding")
    assert app.exec("app", "processes").stdout.count("process") == 2, "the app and the one that lists"
    docker("stop", app.id)
    assert app.exit_code() == 42


def test_orphans_are_reaped_while_waiting_as_pid_1(lab, scratch_image, nowhere):
    app = lab.run(scratch_image, "app", "show", options=nowhere).said("waitfor: db:5432: ")
    orphans = [app.exec("app", "orphan").stdout.split()[1] for _ in range(3)]

    def zombies():
        return [line for line in app.exec("app", "processes").stdout.splitlines() if line.split()[2] == "Z"]

    assert len(set(orphans)) == 3
    eventually("no zombie is left", lambda: not zombies(), describe=lambda: str(zombies()))


def test_the_log_of_the_unanswered_minute_stays_short(unanswered_minute):
    assert unanswered_minute.exit_code(deadline=120) == 124
    lines = unanswered_minute.stderr.splitlines()
    assert 1 < len(lines) < 10, "at least a reason and a summary, and under ten lines for the one target"
    assert only_waitfor_spoke(unanswered_minute.stderr)
    assert "timed out after" in unanswered_minute.stderr
    assert unanswered_minute.stdout == ""
    assert 59 <= unanswered_minute.ended() - unanswered_minute.started() < 65


def test_the_image_of_its_own_holds_waitfor_alone(lab, workflow):
    container = lab.create(workflow.waitfor)
    archive = lab.name("export.tar")
    path = lab.tools.context.parent / archive
    docker("export", "--output", path, container.id)
    with tarfile.open(path) as files:
        found = {file.name for file in files if file.isfile()}
    path.unlink()
    # The engine itself adds a few empty files to every container.
    assert {name for name in found if not re.match(r"(dev|etc|proc|sys)/|\.dockerenv$", name)} == {"waitfor"}
    assert docker("run", "--rm", workflow.waitfor, "--version").stdout == subprocess.run(
        [lab.tools.waitfor, "--version"], capture_output=True, text=True, check=True
    ).stdout


def test_the_image_of_its_own_is_nobodys(workflow):
    """Kubernetes starts it under runAsNonRoot only if the user is a number."""
    config = json.loads(docker("image", "inspect", workflow.waitfor).stdout)[0]["Config"]
    assert config["User"] == "65532:65532"
    assert config["Labels"]["org.opencontainers.image.title"] == "waitfor"


def test_waitfor_copied_from_an_image_of_its_own(lab, workflow, nowhere):
    text = (EXAMPLES / "Dockerfile.copy-from").read_text()
    assert text.count("--from=waitfor ") == 1
    image = lab.build(text.replace("--from=waitfor ", f"--from={workflow.waitfor} "))
    version = docker("run", "--rm", workflow.waitfor, "--version").stdout
    app = lab.run(image, options=nowhere).said("waitfor: db:5432: ")
    assert app.exec("waitfor", "--version").stdout == version
    assert version.startswith("waitfor ")


def test_healthcheck_in_an_image_without_a_shell(lab):
    image = lab.build((EXAMPLES / "Dockerfile.healthcheck").read_text())
    # The example's own check, only more often.
    server = lab.run(image, "app", "serve", "8080", options=("--health-interval", "300ms"))

    def health():
        return server.inspect()["State"]["Health"]

    def becomes(status):
        eventually(f"health is {status}", lambda: health()["Status"] == status, 60, lambda: json.dumps(health()))

    becomes("healthy")
    assert {entry["ExitCode"] for entry in health()["Log"]} == {0}
    server.signal("USR1")
    becomes("unhealthy")
    last = health()["Log"][-1]
    assert last["ExitCode"] == 1
    assert "connection refused" in last["Output"]
    assert len(last["Output"].splitlines()) < 5
    server.signal("USR1")
    becomes("healthy")
