"""The places that waitfor has in a pod: init container, wrapper, beside a native sidecar, probes."""

import time

from shapes import container, database, once, pod, postgres, service, wrapped

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def test_an_init_container_and_a_wrapper_hold_the_app_back(namespace):
    init = container("wait", "/bin/waitfor", "db:5432")
    namespace.documents(service("db"), pod("init", container("app", "/bin/app", "hold"), initContainers=[init]),
                        pod("wrapper", wrapped("db:5432")))
    init, wrapper = namespace.pod("init"), namespace.pod("wrapper")
    init.said("connection refused", "wait")
    wrapper.said("connection refused")
    assert init.state("app")[0] == "waiting"
    namespace.documents(database())
    init.ready()
    wrapper.said("holding")
    assert init.status("wait")["state"]["terminated"]["exitCode"] == 0
    assert init.status("wait")["restartCount"] == wrapper.status("app")["restartCount"] == 0
    # waitfor is gone: the app is the container's first process.
    assert wrapper.exec("/bin/app", "file", "/proc/1/comm").stdout == "app\n"


def test_a_native_sidecar_holds_the_app_back_until_its_startup_probe_succeeds(namespace):
    """The sidecar starts late: its probe fails for a while, which says why, and the app is not there yet."""
    sidecar = container("proxy", "/bin/app", "serve-later", "7000", restartPolicy="Always",
                        startupProbe=once("127.0.0.1:7000", failureThreshold=120))
    namespace.documents(pod("both", container("app", "/bin/app", "hold"), initContainers=[sidecar]))
    both = namespace.pod("both").said("serving", "proxy")
    namespace.eventually("the probe says why", lambda: any(
        "127.0.0.1:7000" in each and "connection refused" in each for each in namespace.events("both", "Unhealthy")))
    assert both.state("app")[0] == "waiting"
    both.signal("proxy", "SIGUSR1")
    both.ready()
    both.said("holding", "app")
    assert both.status("proxy")["restartCount"] == 0
    # It goes on beside the app.
    assert both.state("proxy")[0] == "running"


def test_exec_probes(namespace):
    """The server is told when to listen. Startup holds the others back, readiness only looks, liveness restarts."""
    probes = dict.fromkeys(PROBES, once("tcp://127.0.0.1:7000"))
    probes["startupProbe"] = {**probes["startupProbe"], "failureThreshold": 120}
    probes["livenessProbe"] = {**probes["livenessProbe"], "failureThreshold": 6}
    namespace.documents(pod("probed", container("app", "/bin/app", "serve-later", "7000", **probes)))
    probed = namespace.pod("probed").said("serving")
    namespace.eventually("startup fails", lambda: namespace.events("probed", "Unhealthy"))
    assert not probed.status("app")["started"] and not probed.is_ready()

    probed.signal("app", "SIGUSR1")
    probed.ready()
    said = namespace.events("probed", "Unhealthy")
    assert all(each.startswith("Startup") for each in said), "the others were held back"

    probed.signal("app", "SIGUSR1")
    namespace.eventually("it is not ready", lambda: not probed.is_ready())
    namespace.eventually("it is restarted", lambda: probed.status("app")["restartCount"] == 1)
    said = namespace.events("probed", "Unhealthy")
    for kind in ("Startup", "Readiness", "Liveness"):
        told = [each for each in said if each.startswith(f"{kind} probe failed")]
        assert any("connection refused" in each for each in told), (kind, said)


def test_probes_of_a_real_database(namespace):
    """PostgreSQL's port is open before it is ready; a probe that speaks its protocol is not deceived."""
    probes = dict.fromkeys(PROBES, once("postgres://127.0.0.1"))
    probes["startupProbe"] = {**probes["startupProbe"], "failureThreshold": 120}
    namespace.documents(service("db"), pod("db", postgres(**probes)), pod("app", wrapped("db:5432")))
    namespace.pod("db").ready()
    namespace.pod("app").said("holding")
    assert namespace.pod("db").status("postgres")["restartCount"] == 0


def test_a_waiting_pod_ends_at_term(namespace, measured):
    """It has a minute, and takes none of it: 143 is TERM's, 137 would be KILL's."""
    waiting = pod("app", wrapped("db:5432"), terminationGracePeriodSeconds=60)
    # The object stays after the pod's end, with what the kubelet says of that.
    waiting["metadata"]["finalizers"] = ["example.org/kept"]
    namespace.documents(service("db"), waiting)
    app = namespace.pod("app").said("connection refused")
    process = app.process("app")
    assert process.exists()
    began = time.monotonic()
    try:
        app.delete()
        namespace.eventually("the process ends", lambda: not process.exists())
        measured(f"a waiting pod's process was gone {time.monotonic() - began:.2f} s after the pod was deleted")
        assert app.ended("app")["exitCode"] == 143
    finally:
        patch = '[{"op": "remove", "path": "/metadata/finalizers"}]'
        namespace.kubectl("patch", "pod", "app", "--type=json", f"--patch={patch}")
