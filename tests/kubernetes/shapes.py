"""The shapes of what the tests apply: pods around waitfor, a database, Services."""

from node_room import ADDRESS

# What the level "restricted" of pod security asks of a container.
RESTRICTED = {
    "runAsNonRoot": True, "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
TOOLBOX = "localhost/toolbox:latest"
DATABASE = "localhost/pw/db:latest"


def container(name, *command, image=TOOLBOX, **more):
    return {"name": name, "image": image, "imagePullPolicy": "Never", "command": list(command), **more}


def wrapped(*words, name="app", **more):
    """An app behind waitfor. The app holds until TERM. The wait may take longer than usual, as pods do on busy machines."""
    return container(name, "/bin/waitfor", "--timeout=3m", *words, "--", "/bin/app", "hold", **more)


def pod_spec(*containers, **more):
    return {"automountServiceAccountToken": False, "terminationGracePeriodSeconds": 30, "containers": list(containers),
            **more}


def pod(name, *containers, labels=None, **more):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels or {"app": name}},
            "spec": pod_spec(*containers, **more)}


def asking(namespace, address):
    """The part of a pod's spec by which it asks this DNS server, with the search list that the kubelet would give."""
    return {"dnsPolicy": "None", "dnsConfig": {
        "nameservers": [address], "options": [{"name": "ndots", "value": "5"}],
        "searches": [f"{namespace.name}.svc.cluster.local", "svc.cluster.local", "cluster.local"],
    }}


def asking_nobody():
    """The part by which the names of Services are not found: no search list."""
    return {"dnsPolicy": "None", "dnsConfig": {"nameservers": [ADDRESS]}}


def deployment(name, count, spec, **more):
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {"replicas": count, "selector": {"matchLabels": {"app": name}},
                 "template": {"metadata": {"labels": {"app": name}}, "spec": spec}, **more},
    }


def service(name, app="db", **more):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
            "spec": {"selector": {"app": app}, "ports": [{"port": 5432}], **more}}


def once(*targets, **more):
    """A probe of the kubelet's by waitfor. To start a process in a container costs a node more than the process does, so
    many probes a second would be all that it does."""
    return {"exec": {"command": ["waitfor", "--once", "--attempt-timeout=2s", *targets]}, "timeoutSeconds": 5,
            "periodSeconds": 2, **more}


def postgres(**more):
    """PostgreSQL, of whom nobody asks for a password."""
    return {
        "name": "postgres", "image": DATABASE, "imagePullPolicy": "Never",
        "env": [{"name": "POSTGRES_HOST_AUTH_METHOD", "value": "trust"}],
        "readinessProbe": once("postgres://127.0.0.1"), **more,
    }


def database(name="db"):
    return pod(name, postgres(), labels={"app": "db"})
