"""The manifests of docker/kubernetes as they are, by the commands of their README, several times."""

import itertools
import os
import re
import shlex
import subprocess

import pytest

from manifests import MANIFESTS
from notes import answers, statuses, works

ALWAYS = ("secret.yaml", "config.yaml", "api-service.yaml")
FORMS = ("api-wrapper.yaml", "api-init-container.yaml")
API = "app.kubernetes.io/name=api"
README = (MANIFESTS / "README.md").read_text().partition("\n## With kubectl\n")[2].partition("\n## ")[0]


def readme_commands():
    """The words of each, without kubectl."""
    return [shlex.split(line)[1:] for line in re.search(r"```sh\n(.*?)```", README, re.S)[1].splitlines()]


def volume(namespace):
    """For the claim of the database. This node has no storage class that would make it."""
    return {
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": namespace.name},
        "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
                 "hostPath": {"path": f"/var/lib/volumes/{namespace.name}", "type": "DirectoryOrCreate"},
                 "claimRef": {"namespace": namespace.name, "name": "db"}},
    }


@pytest.fixture
def notes(cluster, namespace):
    namespace.documents(volume(namespace))
    yield namespace
    cluster.kubectl("delete", "persistentvolume", namespace.name, "--wait=false")


def apply(namespace, *files):
    for file in files:
        namespace.kubectl("apply", "-f", MANIFESTS / file)


def statuses_until(namespace, over):
    """What clients get from the Service of the api, all the while and ten times more."""
    address = namespace.address("api")
    with namespace.room.inside():
        return statuses(address, over, namespace.tell)


def migrated(namespace):
    job = namespace.get("jobs", "migrate", "apis/batch/v1")
    return job["status"].get("succeeded") == 1


def check_first_try(namespace):
    """Nothing had to fail in order to be tried again."""
    for each in namespace.pods():
        object = each.object()
        states = object["status"].get("initContainerStatuses", []) + object["status"]["containerStatuses"]
        assert {state["restartCount"] for state in states} == {0}, namespace.tell()
    assert namespace.get("jobs", "migrate", "apis/batch/v1")["status"].get("failed", 0) == 0


def test_the_commands_of_the_readme(notes):
    first, status, forward = readme_commands()
    assert (first[0], status[0], forward[0]) == ("apply", "rollout", "port-forward")
    notes.kubectl(*first, folder=MANIFESTS)
    notes.kubectl(*status, timeout=400)
    assert set(statuses_until(notes, lambda: migrated(notes))) == {200}
    check_first_try(notes)
    check_forward(notes, forward)
    check_other_form(notes)
    check_removal(notes)


def check_removal(namespace):
    command = re.search(r"`kubectl (delete --[^`]*)`", README)[1]
    namespace.kubectl(*shlex.split(command), folder=MANIFESTS)
    for kind in ("pods", "services", "configmaps", "secrets", "persistentvolumeclaims"):
        namespace.eventually(f"no {kind} is left", lambda: not namespace.list(kind, "app.kubernetes.io/part-of=notes"), 90)


def check_forward(namespace, forward):
    words = namespace.cluster.components.kubectl_words(f"--namespace={namespace.name}", *forward)
    command = namespace.room.command(*words)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert "Forwarding from" in process.stdout.readline()
            with namespace.room.inside():
                works("127.0.0.1")
        finally:
            process.terminate()


def check_other_form(namespace):
    """Applying it replaces the first, pod by pod, and no client gets a wrong answer."""
    (old,) = namespace.pods(API)
    apply(namespace, "api-init-container.yaml")
    assert set(statuses_until(namespace, lambda: old.object() is None)) == {200}
    assert len(answers_inside(namespace)) == 1, "the note is still there"


def answers_inside(namespace):
    with namespace.room.inside():
        return answers(namespace.address("api"), "/notes")


# Six orders of three, so each is used once, and each form three times. The first two are enough for CI.
# WAITFOR_KUBERNETES_STARTS=20 goes on with the same orders, and with other forms.
STARTS = [pytest.param(order, FORMS[(number + number // 6) % len(FORMS)], marks=[pytest.mark.long] if number > 1 else [])
          for number, order in zip(range(int(os.environ.get("WAITFOR_KUBERNETES_STARTS", 6))),
                                   itertools.cycle(itertools.permutations(("migrate", "api", "db"))))]


@pytest.mark.parametrize("order, form", STARTS, ids=lambda each: each if isinstance(each, str) else "-".join(each))
def test_a_start_without_a_503(notes, order, form):
    """Whoever reaches the api gets what it is for: it is ready when the migration is through."""
    files = {"db": "database.yaml", "api": form, "migrate": "migrate.yaml"}
    apply(notes, *ALWAYS)
    for name in order:
        apply(notes, files[name])
    assert set(statuses_until(notes, lambda: migrated(notes))) == {200}
    check_first_try(notes)
