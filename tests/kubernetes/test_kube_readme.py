"""The recipes of README.md for Kubernetes, as they stand, where pod security enforces the level "restricted"."""

import re

import pytest

from cluster import SOON
from docker_lab import REPOSITORY, docker
from manifests import yaml
from node_room import ADDRESS
from shapes import DATABASE, RESTRICTED, TOOLBOX, container, deployment, pod, pod_spec, postgres, service, wrapped

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
ENFORCED = {"pod-security.kubernetes.io/enforce": "restricted"}


def recipe(beginning):
    """The YAML of the paragraph that begins so, and the one container in it."""
    text = README.partition(f"\n{beginning}")[2]
    assert text, f"README.md has no paragraph that begins: {beginning}"
    found = yaml.safe_load(re.search(r"```yaml\n(.*?)```", text, re.S)[1])
    (only,) = found["initContainers"]
    return found, only


@pytest.fixture
def restricted(cluster):
    made = cluster.namespace(**ENFORCED)
    try:
        yield made
    finally:
        made.close()


def app():
    return container("app", "/bin/app", "hold", securityContext=RESTRICTED)


def test_the_level_is_enforced(restricted):
    """What these tests show is worth something only if the same without a securityContext is refused."""
    refused = restricted.documents(pod("app", container("app", "/bin/app", "hold")), check=False)
    assert refused.returncode != 0 and 'violates PodSecurity "restricted' in refused.stderr, refused.stderr


@pytest.fixture(scope="module")
def postgres_user(images):
    """The number of the server's user. A number, since the kubelet cannot tell that a name is not root's."""
    (image,) = (engines for engines, nodes in images.items() if DATABASE in nodes)
    return int(docker("run", "--rm", "--entrypoint", "id", image, "-u", "postgres").stdout)


def unprivileged(server, user):
    return {**server, "securityContext": {**RESTRICTED, "runAsUser": user}}


@pytest.fixture(scope="module")
def redis(cluster):
    """A real one outside of the pods: its Service has the node's address."""
    cluster.room.start("redis", "redis-server", "--bind", ADDRESS, "--protected-mode", "no", "--save", "")
    yield
    cluster.room.stop("redis")


def external(name, port):
    """A Service without pods. Its one place is on the node."""
    ports = [{"port": port}]
    return ({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"ports": ports}},
            {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4", "ports": ports,
             "metadata": {"name": name, "labels": {"kubernetes.io/service-name": name}},
             "endpoints": [{"addresses": [ADDRESS]}]})


def test_the_init_container(restricted, cluster, redis, postgres_user):
    part, init = recipe("In Kubernetes, wait in an init container")
    init["image"] = init["image"].replace("OWNER", "owner")
    cluster.components.ctr("images", "tag", "--force", "localhost/waitfor:latest", init["image"])
    restricted.documents(service("db"), *external("cache", 6379), pod("app", app(), **part))
    waiting = restricted.pod("app")
    waiting.said("cache:6379: ready", "wait").said("db:5432: connection refused", "wait")
    assert waiting.state("app")[0] == "waiting"
    restricted.documents(pod("db", unprivileged(postgres(), postgres_user)))
    waiting.ready().said("holding", "app")


def test_the_native_sidecar(restricted, postgres_user):
    """The database itself stands for a proxy of it."""
    part, sidecar = recipe("A native sidecar (Kubernetes 1.29)")
    settings = {name: value for name, value in postgres().items() if name in ("image", "imagePullPolicy", "env")}
    part["initContainers"] = [unprivileged({**sidecar, **settings}, postgres_user)]
    restricted.documents(pod("app", app(), **part))
    both = restricted.pod("app").ready().said("holding", "app")
    began = both.said_at("holding", "app")
    # While it is initialised the server has no port.
    assert both.said_at("listening on IPv4", "proxy") < began
    assert both.state("proxy")[0] == "running"
    assert both.status("proxy")["started"] and both.status("proxy")["restartCount"] == 0


def test_the_sidecar_that_holds(restricted, cluster, postgres_user):
    """The app is started beside its database, and its connection to 127.0.0.1 is held. A probe there finds the database."""
    part, sidecar = recipe("In Kubernetes it is a native sidecar")
    sidecar["readinessProbe"] = {"exec": {"command": ["/waitfor", "--once", "tcp://127.0.0.1:5432"]}, "periodSeconds": 1}
    sidecar["image"] = sidecar["image"].replace("OWNER", "owner")
    cluster.components.ctr("images", "tag", "--force", "localhost/waitfor:latest", sidecar["image"])
    client = wrapped("-v", "postgres://127.0.0.1", securityContext=RESTRICTED)
    restricted.documents(service("db"), pod("app", client, **part))
    both = restricted.pod("app").said("db:5432: held at 127.0.0.1:5432", "db").said("connected, but no reply", "app")
    assert "refused" not in both.log("app") and not both.is_ready()
    restricted.documents(pod("db", unprivileged(postgres(), postgres_user)))
    both.said("db:5432: ready at", "db").said("holding", "app").ready()
    assert both.status("app")["restartCount"] == 0


def test_the_init_container_that_migrates(restricted, postgres_user):
    """Three pods of a Deployment; a migration that fails where it has run before."""
    part, init = recipe("In Kubernetes each pod of a Deployment brings its migration along")
    migration = ["psql", "-h", "db", "-U", "app", "-d", "shop", "-c", "CREATE TABLE orders ()"]
    init |= {"image": DATABASE, "imagePullPolicy": "Never", "command": [*init["command"][:-1], *migration]}
    part["initContainers"] = [unprivileged(init, postgres_user)]
    server = postgres(env=[{"name": "POSTGRES_USER", "value": "app"}, {"name": "POSTGRES_DB", "value": "shop"},
                           {"name": "POSTGRES_PASSWORD", "value": "secret"}])
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}, "stringData": {"password": "secret"}}
    restricted.documents(secret, service("db"), deployment("app", 3, pod_spec(app(), **part)),
                         pod("db", unprivileged(server, postgres_user)))
    restricted.kubectl("rollout", "status", "deployment/app", "--timeout=3m", timeout=200)
    pods = restricted.pods("app=app")
    logs = [each.log("migrate") for each in pods]
    assert sum("CREATE TABLE" in log for log in logs) == 1, logs
    assert sum("has succeeded before" in log for log in logs) == 2, logs
    (states,) = {tuple(status["restartCount"] for status in each.object()["status"]["initContainerStatuses"]) for each in pods}
    assert states == (0,)


def test_the_pod_that_follows(restricted, postgres_user):
    """It is taken out of its Service while its database is away, and is not restarted."""
    text = README.partition("\nIn Kubernetes, a pod that gets no requests while its database is away")[2]
    part = yaml.safe_load(re.search(r"```yaml\n(.*?)```", text, re.S)[1])
    (api,) = part["containers"]
    api |= {"image": TOOLBOX, "imagePullPolicy": "Never", "command": [*api["command"][:-1], "/bin/app", "hold"]}
    server = unprivileged(postgres(), postgres_user)
    restricted.documents(service("db"), pod("app", api), pod("db", server))
    app_pod = restricted.pod("app").ready(2 * SOON)
    restricted.pod("db").delete()
    restricted.eventually("it is not ready", lambda: not app_pod.is_ready(), 2 * SOON)
    app_pod.said("db:5432: lost", "api")
    restricted.eventually("the old server is gone", lambda: restricted.pod("db").object() is None, 2 * SOON)
    restricted.documents(pod("db", server))
    app_pod.ready(2 * SOON)
    app_pod.said("db:5432: back after", "api")
    assert app_pod.status("api")["restartCount"] == 0
