"""Names that come and go: a headless Service has no name without a ready pod, and CoreDNS may remember that for long.

The times are those in the logs of the pods and in the API, which have one clock, the node's.
"""

import pytest

from cluster import instant
from components import KUBEADM_CACHE
from node_room import ADDRESS, MORE_ADDRESSES
from shapes import asking, container, database, pod, service, wrapped

# How CoreDNS is set, out there. "denial" is what an administrator can do about "usual".
CACHES = {
    "kubeadm": (ADDRESS, KUBEADM_CACHE),             # kubeadm 1.34: nothing of the cluster is kept
    "usual": (MORE_ADDRESSES[0], "30"),              # cluster/addons of Kubernetes 1.34, older kubeadm
    "denial": (MORE_ADDRESSES[1], "30 {\n denial 9984 5\n }"),
}
SERVICES = {
    "headless": {"clusterIP": "None"},
    "published": {"clusterIP": "None", "publishNotReadyAddresses": True},
    "address": {},
}
WAITING = [("headless", "kubeadm"), ("headless", "usual"), ("headless", "denial"), ("published", "usual"),
           ("address", "usual")]
# Seconds after which CoreDNS asks again with "usual", and those that the database takes to start.
KEPT = 30
STARTING = 12


def slow_database():
    """Its pod has an address, and starts the server only after a while."""
    slow = database()
    wait = ("/bin/waitfor", f"--timeout={STARTING}s", "--quiet", "--run-anyway", "tcp://127.0.0.1:1")
    slow["spec"]["initContainers"] = [container("slow", *wait, "--", "/bin/app", "show")]
    return slow


@pytest.mark.long
def test_what_a_name_costs_whose_pod_is_not_ready(cluster, namespace, measured):
    for name, (address, cache) in CACHES.items():
        if address != ADDRESS:
            cluster.components.start_dns(f"coredns-{name}", address, cache)
    namespace.documents(slow_database(), *(service(name, **more) for name, more in SERVICES.items()))
    server = namespace.pod("db")
    namespace.eventually("the database has an address", lambda: server.object()["status"].get("podIP"))
    apps = {(name, cache): namespace.pod(f"{name}-{cache}") for name, cache in WAITING}
    namespace.documents(*(pod(app.name, wrapped(f"db={name}:5432"), **asking(namespace, CACHES[cache][0]))
                          for (name, cache), app in apps.items()))
    server.ready()
    for app in apps.values():
        app.said("holding", deadline=KEPT + 30)

    # The API has whole seconds.
    ready = instant(server.condition("Ready")["lastTransitionTime"])
    first = apps["headless", "usual"].said_at("no such name")
    began = {key: app.said_at("holding") for key, app in apps.items()}
    for (name, cache), when in began.items():
        measured(f"{name} name, CoreDNS {cache}: the app began {when - ready:.1f} s after the database was ready")
    late = began.pop(("headless", "usual"))
    measured(f"headless name, CoreDNS usual: the app began {late - first:.1f} s after the first question")
    assert late - first > KEPT - 1, "it was told what CoreDNS had kept"
    for key, when in began.items():
        assert when < first + KEPT - 1, f"{key} had to wait for it as well"
