"""A database that is replaced under a Deployment of three."""

from cluster import SOON
from shapes import deployment, once, pod_spec, postgres, service, wrapped


def rolled_out(namespace, name):
    namespace.kubectl("rollout", "status", f"deployment/{name}", "--timeout=3m", timeout=200)


def app_and_database(namespace, strategy):
    """Three apps that wait, and then their database. The apps are ready while the database is."""
    app = wrapped("db:5432", readinessProbe=once("db:5432", periodSeconds=4))
    namespace.documents(service("db"), deployment("app", 3, pod_spec(app)))
    namespace.eventually("three wait", lambda: sum("refused" in each.log() for each in namespace.pods("app=app")) == 3)
    namespace.documents(deployment("db", 1, pod_spec(postgres()), strategy=strategy))
    rolled_out(namespace, "app")


def restarts(namespace):
    return {each.name: each.status("app")["restartCount"] for each in namespace.pods("app=app")}


def test_a_rolling_update_of_the_database_restarts_no_app_and_new_ones_start(namespace):
    """The old server ends when the new one is ready, and new apps start at any time of it."""
    app_and_database(namespace, {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}})
    before = restarts(namespace)
    (old,) = namespace.pods("app=db")
    namespace.kubectl("rollout", "restart", "deployment/db")
    namespace.kubectl("scale", "deployment/app", "--replicas=5")
    for name in ("db", "app"):
        rolled_out(namespace, name)
    namespace.eventually("the old server is gone", lambda: old.object() is None)
    after = restarts(namespace)
    assert len(after) == 5 and before.items() <= after.items(), "the three are the same as before"
    assert set(after.values()) == {0}
    assert all(each.is_ready() for each in namespace.pods("app=app"))


def test_a_database_that_is_away_takes_three_apps_out_and_back_without_a_restart(namespace):
    """Its strategy is Recreate, as with a volume: for a while there is none. New apps wait, and do not fail."""
    app_and_database(namespace, {"type": "Recreate"})
    before = restarts(namespace)
    namespace.kubectl("scale", "deployment/db", "--replicas=0")
    apps = namespace.pods("app=app")
    namespace.eventually("no app is ready", lambda: not any(each.is_ready() for each in apps), 2 * SOON)
    namespace.kubectl("rollout", "restart", "deployment/app")
    namespace.eventually("a new one waits", lambda: any(
        each.name not in before and "refused" in each.log() for each in namespace.pods("app=app")))
    namespace.kubectl("scale", "deployment/db", "--replicas=1")
    rolled_out(namespace, "app")
    namespace.eventually("three are left", lambda: len(namespace.pods("app=app")) == 3)
    after = restarts(namespace)
    assert not before.keys() & after.keys() and set(after.values()) == {0}
