"""docker/kubernetes: fields that Kubernetes knows, and what one document says of another.

kubectl decodes a document without a cluster, and what comes back lacks the fields that it does not
know. It does so for what has pods, and for Services; Podman plays PersistentVolumeClaims as well.
"""

import copy
import json
import re
import shutil
import subprocess

import pytest

from docker_lab import REPOSITORY
from manifests import CONFIG, MANIFESTS, document, pod_of, yaml

EVERY = {
    f"{path.name}: {each['kind']} {each['metadata']['name']}": each
    for path in sorted(MANIFESTS.glob("*.yaml")) for each in yaml.safe_load_all(path.read_text())
}
WORKLOADS = {name: each for name, each in EVERY.items() if each["kind"] in ("Deployment", "Job")}
SERVICES = {name: each for name, each in EVERY.items() if each["kind"] == "Service"}
CONTAINERS = {
    f"{name}, {container['name']}": (each, container)
    for name, each in WORKLOADS.items()
    for container in pod_of(each).get("initContainers", []) + pod_of(each)["containers"]
}
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
VERSIONS = {
    "ConfigMap": "v1", "Deployment": "apps/v1", "Job": "batch/v1", "PersistentVolumeClaim": "v1",
    "Secret": "v1", "Service": "v1",
}


def each_of(named):
    return pytest.mark.parametrize("what", named.values(), ids=named.keys())


def one(kind, name):
    (found,) = {
        json.dumps(each) for each in EVERY.values()
        if (each["kind"], each["metadata"]["name"]) == (kind, name)
    }
    return json.loads(found)


def decoded(what, tmp_path):
    """What kubectl makes of it, asked for a change that takes nothing away."""
    kubectl = shutil.which("kubectl")
    if not kubectl:
        pytest.skip("not here: kubectl (scripts/install-packages kubernetes)")
    change = ("serviceaccount", "--local", "--filename=-", "another")
    if what["kind"] == "Service":
        selector = ",".join(f"{key}={value}" for key, value in what["spec"]["selector"].items())
        change = ("selector", "--local", "--filename=-", selector)
    result = subprocess.run(
        [kubectl, "set", *change, "--output=json"], input=json.dumps(what), text=True,
        capture_output=True, timeout=60, env={"HOME": str(tmp_path), "KUBECONFIG": "/dev/null"},
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def lost(wanted, seen, path=""):
    """The fields and values of the first that the second has not."""
    if isinstance(wanted, dict) and isinstance(seen, dict):
        return [at for key in wanted for at in lost(wanted[key], seen.get(key), f"{path}.{key}")]
    if isinstance(wanted, list) and isinstance(seen, list) and len(wanted) == len(seen):
        return [at for pair in enumerate(wanted)
                for at in lost(pair[1], seen[pair[0]], f"{path}[{pair[0]}]")]
    # An empty one may be left out, and a field that says nothing else.
    return [] if wanted == seen or (wanted == {} and seen is None) else [path]


@each_of({**WORKLOADS, **SERVICES})
def test_kubectl_knows_every_field(what, tmp_path):
    assert lost(what, decoded(what, tmp_path)) == []


@pytest.mark.parametrize("wrong, at", [
    ({"containers": [{"name": "a", "image": "a", "comand": ["a"]}]}, ".containers[0].comand"),
    ({"containers": [], "readinessGate": [{"conditionType": "a"}]}, ".readinessGate"),
])
def test_a_field_that_it_does_not_know_is_noticed(tmp_path, wrong, at):
    what = copy.deepcopy(one("Deployment", "db"))
    what["spec"]["template"]["spec"] = wrong
    assert lost(what, decoded(what, tmp_path)) == [f".spec.template.spec{at}"]


@each_of(EVERY)
def test_kind_and_labels(what):
    assert what["apiVersion"] == VERSIONS[what["kind"]]
    assert what["metadata"]["labels"]["app.kubernetes.io/part-of"] == "notes"


def test_secret_and_config_are_text():
    """Kubernetes refuses numbers there, and YAML makes them of what looks like one."""
    secret, config = one("Secret", "db"), one("ConfigMap", "notes")
    assert set(secret) == {"apiVersion", "kind", "metadata", "type", "stringData"}
    assert set(config) == {"apiVersion", "kind", "metadata", "data"}
    for value in (*secret["stringData"].values(), *config["data"].values()):
        assert isinstance(value, str)


@each_of(WORKLOADS)
def test_what_a_pod_refers_to_is_there(what):
    pod = pod_of(what)
    volumes = {volume["name"]: volume for volume in pod.get("volumes", [])}
    mounted = set()
    for _, container in (pair for pair in CONTAINERS.values() if pair[0] is what):
        for source in container.get("envFrom", []):
            one("ConfigMap", source["configMapRef"]["name"])
        for variable in container.get("env", []):
            for kind, reference in variable.get("valueFrom", {}).items():
                field = {"secretKeyRef": "stringData", "configMapKeyRef": "data"}[kind]
                owner = one({"secretKeyRef": "Secret", "configMapKeyRef": "ConfigMap"}[kind],
                            reference["name"])
                assert reference["key"] in owner[field]
        mounted |= {mount["name"] for mount in container.get("volumeMounts", [])}
    assert mounted == set(volumes)
    for volume in volumes.values():
        if "persistentVolumeClaim" in volume:
            one("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"])


@each_of(WORKLOADS)
def test_a_deployment_selects_its_own_pods(what):
    labels = what["spec"]["template"]["metadata"]["labels"]
    if what["kind"] == "Deployment":
        assert what["spec"]["selector"]["matchLabels"].items() <= labels.items()
        assert pod_of(what).get("restartPolicy", "Always") == "Always", "nothing else is allowed"
    else:
        assert pod_of(what)["restartPolicy"] in ("Never", "OnFailure"), "nothing else is allowed"


@each_of(SERVICES)
def test_a_service_leads_to_a_port_of_its_pods(what):
    selector = what["spec"]["selector"].items()
    chosen = [
        each for each in WORKLOADS.values()
        if selector <= each["spec"]["template"]["metadata"]["labels"].items()
    ]
    # The api has two forms, of which one is deployed.
    assert len({each["metadata"]["name"] for each in chosen}) == 1
    for each in chosen:
        (container,) = pod_of(each)["containers"]
        ports = {port["name"]: port["containerPort"] for port in container.get("ports", [])}
        for port in what["spec"]["ports"]:
            # By its number where it is not declared: Podman 4.3 publishes what is.
            assert ports.get(port["targetPort"], port["targetPort"]) == port["port"]


def test_the_forms_of_the_api_are_one_deployment():
    wrapper = document("api-wrapper.yaml", "Deployment")
    other = document("api-init-container.yaml", "Deployment")
    (waiting,) = pod_of(other).pop("initContainers")
    assert waiting["image"] == "localhost/waitfor" and "command" not in waiting
    (wrapped,), (plain,) = pod_of(wrapper)["containers"], pod_of(other)["containers"]
    assert wrapped.pop("command") == ["waitfor", *waiting["args"], "--"]
    assert wrapped.pop("args") == plain.pop("command") == image_says("CMD")
    told = {"DB_HOST": "db", "DB_PORT": "5432"}
    assert f"//{told['DB_HOST']}:{told['DB_PORT']}?" in waiting["args"][0]
    wrapped["env"] += [{"name": name, "value": value} for name, value in told.items()]
    assert wrapper == other


def image_says(instruction):
    text = (REPOSITORY / "docker" / "api" / "Dockerfile").read_text()
    (command,) = re.findall(rf"^{instruction} (\[.*\])$", text, re.MULTILINE)
    return json.loads(command)


@each_of(CONTAINERS)
def test_a_container_may_not_do_more_than_it_needs(what):
    owner, container = what
    rights = container["securityContext"]
    assert rights["allowPrivilegeEscalation"] is False
    assert rights["readOnlyRootFilesystem"] is True
    assert rights["capabilities"]["drop"] == ["ALL"]
    pod = pod_of(owner)
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    if owner["metadata"]["name"] != "db":
        assert "add" not in rights["capabilities"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] > 0, "a number, or the kubelet cannot tell"
    assert set(container["resources"]) == {"requests", "limits"}
    assert container["imagePullPolicy"] == "IfNotPresent"


def seconds(text):
    minutes, rest = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", text).groups()
    return 60 * int(minutes or 0) + int(rest or 0)


@each_of({name: pair[1] for name, pair in CONTAINERS.items() if "readinessProbe" in pair[1]})
def test_probes(what):
    """FACTS 40: one round, shorter than the kubelet's patience even when it is slow to begin."""
    commands = {name: what[name]["exec"]["command"] for name in PROBES}
    for name, (program, once, limit, *targets) in commands.items():
        assert (program, once) == ("waitfor", "--once")
        attempt = seconds(limit.removeprefix("--attempt-timeout="))
        assert 0 < attempt <= what[name]["timeoutSeconds"] - 2
        assert targets
    assert all("://127.0.0.1" in target for target in commands["livenessProbe"][3:]), "only itself"
    start = what["startupProbe"]
    config = yaml.safe_load(CONFIG.read_text())["data"]
    assert start["periodSeconds"] * start["failureThreshold"] > seconds(config["WAITFOR_TIMEOUT"])
