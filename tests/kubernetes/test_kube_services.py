"""The name and the variables of a Service with an address: both are there before any pod of it is."""

from shapes import asking_nobody, database, pod, service, wrapped

REFUSED = "connection refused"


def before_the_database(namespace, *pods):
    """Applies Service and pods, lets them ask a while in vain, and starts the database. Returns the pods, ready."""
    namespace.documents(service("db"), *pods)
    made = [namespace.pod(each["metadata"]["name"]) for each in pods]
    for each in made:
        each.said(REFUSED)
        assert each.state("app")[0] == "running" and "holding" not in each.log()
    namespace.documents(database())
    for each in made:
        each.said("holding")
    return made


def exported(each):
    seen = each.environment()
    return tuple(seen.get(name) for name in ("DB_HOST", "DB_PORT", "DB_ADDR"))


def test_the_name_of_a_service(namespace):
    """Its proxy refuses while it has no pod that is ready."""
    (app,) = before_the_database(namespace, pod("app", wrapped("db:5432")))
    # The kubelet set DB_PORT to a URL; the app gets a number.
    assert exported(app) == ("db", "5432", namespace.address("db"))
    assert app.environment()["DB_PORT_5432_TCP"] == f"tcp://{namespace.address('db')}:5432"
    assert app.status("app")["restartCount"] == 0


def test_the_port_is_found_in_the_variables_of_the_service(namespace):
    (app,) = before_the_database(namespace, pod("app", wrapped("db")))
    assert exported(app) == ("db", "5432", namespace.address("db"))


def test_the_variables_stand_in_for_a_name_that_dns_does_not_find(namespace):
    (app,) = before_the_database(namespace, pod("app", wrapped("db"), **asking_nobody()))
    address = namespace.address("db")
    assert exported(app) == (address, "5432", address)


def test_without_service_links_the_name_is_enough_and_the_port_is_missed(namespace):
    unlinked = {"enableServiceLinks": False}
    namespace.documents(service("db"), database())
    namespace.documents(pod("no-port", wrapped("db"), restartPolicy="Never", **unlinked),
                        pod("port", wrapped("db:5432"), **unlinked))
    ended = namespace.pod("no-port").ended("app")
    assert ended["exitCode"] == 125
    assert "the port is missing" in namespace.pod("no-port").log()
    app = namespace.pod("port").said("holding")
    assert exported(app) == ("db", "5432", namespace.address("db"))
    assert not [name for name in app.environment() if name.startswith("DB_SERVICE")]


def test_links_waits_for_every_service_of_the_namespace(namespace):
    """But for those that it is told to leave out, as the API's own, which every pod gets."""
    (app,) = before_the_database(namespace, pod("app", wrapped("--links=-kubernetes")))
    assert exported(app) == ("db", "5432", namespace.address("db"))
