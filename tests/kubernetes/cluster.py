"""A namespace of one test: what is applied in it, asked of it, and removed with it."""

import datetime
import http.client
import json
import secrets
import ssl

from docker_lab import eventually

from components import SERVER, TOKEN
from manifests import yaml

# For what takes a pod or two; the processors are few.
SOON = 60


def instant(stamp):
    """Seconds since 1970 of a time stamp of the API, or of a log's line, which has more digits than Python's."""
    whole, _, fraction = stamp.rstrip("Z").partition(".")
    return datetime.datetime.fromisoformat(whole + "+00:00").timestamp() + float(f"0.{fraction or 0}")


class Cluster:
    """One that is up."""

    def __init__(self, room, components):
        self.room = room
        self.components = components
        self.kubectl = components.kubectl

    def ask(self, path, method="GET"):
        """What the API answers, as text; None if there is no such thing."""
        with self.room.inside():
            connection = http.client.HTTPSConnection(
                SERVER.partition("//")[2], timeout=20, context=ssl._create_unverified_context())
            try:
                connection.request(method, path, headers={"Authorization": f"Bearer {TOKEN}"})
                answer = connection.getresponse()
                text = answer.read().decode(errors="replace")
            finally:
                connection.close()
        assert answer.status in (200, 202, 400, 404), text
        return text if answer.status in (200, 202) else None

    def namespace(self, **labels):
        return Namespace(self, f"test-{secrets.token_hex(3)}", labels)


class Namespace:
    def __init__(self, cluster, name, labels):
        self.cluster = cluster
        self.room = cluster.room
        self.name = name
        self.documents({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})

    def kubectl(self, *arguments, **options):
        return self.cluster.kubectl(f"--namespace={self.name}", *arguments, **options)

    def documents(self, *documents, check=True):
        """Applies them."""
        return self.kubectl("apply", "-f", "-", input=yaml.safe_dump_all(documents), check=check)

    def close(self):
        # Nobody waits for their ends: a pod may take its grace period.
        self.cluster.kubectl("delete", "namespace", self.name, "--wait=false")

    def get(self, kind, name, group="api/v1"):
        """The object, or None."""
        text = self.cluster.ask(f"/{group}/namespaces/{self.name}/{kind}/{name}")
        return text and json.loads(text)

    def list(self, kind, selector="", group="api/v1"):
        path = f"/{group}/namespaces/{self.name}/{kind}?labelSelector={selector.replace('=', '%3D')}"
        return json.loads(self.cluster.ask(path))["items"]

    def pods(self, selector=""):
        return [Pod(self, each["metadata"]["name"]) for each in self.list("pods", selector)]

    def pod(self, name):
        return Pod(self, name)

    def address(self, service):
        return self.get("services", service)["spec"]["clusterIP"]

    def events(self, name, reason):
        """What was said of this object for this reason."""
        return [each["message"] for each in self.list("events")
                if each["involvedObject"]["name"] == name and each["reason"] == reason]

    def tell(self):
        """All that a failure may want to know."""
        told = self.kubectl("get", "pods,services,endpointslices", "-o", "wide", check=False).stdout
        told += self.kubectl("get", "events", "--sort-by=.lastTimestamp", check=False).stdout[-4000:]
        for pod in self.pods():
            told += f"--- {pod.name}\n" + "".join(pod.logs().values())
        return told

    def eventually(self, what, condition, deadline=SOON):
        return eventually(what, condition, deadline, self.tell)


class Pod:
    def __init__(self, namespace, name):
        self.namespace = namespace
        self.name = name

    def object(self):
        return self.namespace.get("pods", self.name)

    def log(self, container="", stamps=False):
        query = f"?container={container}&timestamps={'true' if stamps else 'false'}"
        return self.namespace.cluster.ask(f"/api/v1/namespaces/{self.namespace.name}/pods/{self.name}/log{query}") or ""

    def logs(self):
        spec = self.object()["spec"]
        names = [each["name"] for each in spec.get("initContainers", []) + spec["containers"]]
        return {name: self.log(name) for name in names}

    def said(self, text, container="", deadline=SOON):
        self.namespace.eventually(f"{self.name} says {text!r}", lambda: text in self.log(container), deadline)
        return self

    def said_at(self, text, container=""):
        """When the container printed its first line with this text, by its log."""
        lines = self.log(container, stamps=True).splitlines()
        return next(instant(line.split()[0]) for line in lines if text in line)

    def status(self, container):
        """What the kubelet says of a container; {} before it says something."""
        status = (self.object() or {}).get("status", {})
        found = status.get("initContainerStatuses", []) + status.get("containerStatuses", [])
        return next((each for each in found if each["name"] == container), {})

    def state(self, container):
        """waiting, running, terminated; with what belongs to it."""
        return next(iter(self.status(container).get("state", {"waiting": {}}).items()))

    def condition(self, kind):
        conditions = (self.object() or {}).get("status", {}).get("conditions", [])
        return next((each for each in conditions if each["type"] == kind), {"status": "False"})

    def is_ready(self):
        return self.condition("Ready")["status"] == "True"

    def ready(self, deadline=SOON):
        self.namespace.eventually(f"{self.name} is ready", self.is_ready, deadline)
        return self

    def ended(self, container, deadline=SOON):
        """Waits for its end; returns what the kubelet says of it."""
        def condition():
            kind, rest = self.state(container)
            return kind == "terminated" and rest

        return self.namespace.eventually(f"{container} of {self.name} ends", condition, deadline)

    def exec(self, *command, container="", check=True):
        which = ["--container", container] if container else []
        return self.namespace.kubectl("exec", self.name, *which, "--", *command, check=check)

    def environment(self, container=""):
        """Of its first process, which is the toolbox."""
        text = self.exec("/bin/app", "file", "/proc/1/environ", container=container).stdout
        return dict(each.split("=", 1) for each in text.split("\0") if each)

    def _identity(self, container):
        return self.status(container)["containerID"].partition("//")[2]

    def signal(self, container, name):
        """As from outside: nobody in the container can send one."""
        self.namespace.cluster.components.ctr("tasks", "kill", "--signal", name, self._identity(container))

    def delete(self):
        """Begins it, without the time that kubectl takes."""
        self.namespace.cluster.ask(f"/api/v1/namespaces/{self.namespace.name}/pods/{self.name}", "DELETE")

    def process(self, container):
        """The folder of its first process in /proc, while there is one."""
        tasks = self.namespace.cluster.components.ctr("tasks", "list").stdout.splitlines()
        (number,) = (line.split()[1] for line in tasks if line.startswith(self._identity(container)))
        return self.namespace.room.path(f"/proc/{number}")
