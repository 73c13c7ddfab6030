"""The manifests of docker/kubernetes, as they are and as Podman needs them."""

import pytest

from docker_lab import REPOSITORY

yaml = pytest.importorskip("yaml")

MANIFESTS = REPOSITORY / "docker" / "kubernetes"
CONFIG = MANIFESTS / "config.yaml"


def documents(name, kind=None):
    """What is in this file, of this kind or of all."""
    found = yaml.safe_load_all((MANIFESTS / name).read_text())
    return [each for each in found if kind in (None, each["kind"])]


def document(name, kind):
    (found,) = documents(name, kind)
    return found


def pod_of(owner):
    """What a Deployment or a Job says of its pods."""
    return owner["spec"]["template"]["spec"]


def container_of(owner, name):
    (found,) = (each for each in pod_of(owner)["containers"] if each["name"] == name)
    return found


def as_pod(job):
    """The one pod that this Job would start."""
    template = job["spec"]["template"]
    metadata = {**template["metadata"], "name": job["metadata"]["name"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def for_podman(name):
    """This Deployment with another policy: under "Always", Podman 4.3 starts an initContainer
    that is through again, for ever."""
    deployment = document(name, "Deployment")
    pod_of(deployment)["restartPolicy"] = "OnFailure"
    return [deployment]


def write_config(path, more):
    """The ConfigMap with more in it, in a file."""
    config = document("config.yaml", "ConfigMap")
    config["data"] |= more
    path.write_text(yaml.safe_dump(config))
    return path
