"""--hold with the real service of docker/api and a real PostgreSQL."""

import http.client
import threading
import time

from compose_lab import recipe
from docker_lab import docker, eventually
from notes import ask, migrate, works

STARMAN = ("starman", "-Ilib", "--host", "0.0.0.0", "--port", "5000", "--workers", "2", "app.psgi")


class Client:
    """Asks one question after the other; notes each answer with its times."""

    def __init__(self, address):
        self.address = address
        self.answers = []
        self.goes_on = True
        self.thread = threading.Thread(target=self._ask)
        self.thread.start()

    def _ask(self):
        while self.goes_on:
            began = time.monotonic()
            try:
                status = ask(self.address, "GET", "/notes")[0]
            except (OSError, http.client.HTTPException) as problem:
                status = problem
            self.answers.append((began, time.monotonic(), status))
            time.sleep(0.02)

    def end(self):
        self.goes_on = False
        self.thread.join()


def run_api(lab, workflow, network):
    return lab.run(workflow.api, "--hold", "db:5432", "--", *STARMAN,
                   options=("--network", network, "--env", "PGPASSWORD=secret", "--entrypoint", "waitfor"))


def run_db(lab, workflow, network):
    return lab.run(workflow.db, options=("--network", network, "--network-alias", "db", "--env", "POSTGRES_PASSWORD=secret"))


def test_the_service_starts_beside_its_database(lab, workflow):
    """It serves at once; the first question to the database is held until that is there."""
    network = lab.network()
    api = run_api(lab, workflow, network)
    api.said("Binding to TCP port")
    assert "ready at" not in api.stderr
    db = run_db(lab, workflow, network)
    api.said("db:5432: ready at")
    migrate(api)
    works(api.address(network))
    assert api.inspect()["RestartCount"] == 0 and db.inspect()["State"]["Running"]


def test_a_restart_of_the_database_costs_only_what_was_in_flight(lab, workflow):
    """The service has no code for retries: each worker has one connection, and opens another when that is dead."""
    network = lab.network()
    db, api = run_db(lab, workflow, network), run_api(lab, workflow, network)
    api.said("db:5432: ready at")
    migrate(api)
    works(api.address(network))
    client = Client(api.address(network))
    try:
        eventually("some answers", lambda: len(client.answers) >= 20)
        began = time.monotonic()
        docker("restart", db.id)
        ended = time.monotonic()
        count = len(client.answers)
        eventually("answers after it", lambda: len(client.answers) >= count + 50, 60, api.describe)
    finally:
        client.end()
    bad = [(since, until, status) for since, until, status in client.answers if status != 200]
    # One question at a time: that is how many can be in flight, once for each of the two workers.
    assert len(bad) <= 2, (bad, began, ended, api.describe())
    assert all(began <= until and since <= ended for since, until, _ in bad), (bad, began, ended)
    assert max(until - since for since, until, _ in client.answers) > 0.1, "one of them was held"


def test_the_recipe_for_compose(lab, workflow, tmp_path):
    """As it stands, but for the image, its command, and the database, which comes later and is started again."""
    services = {"api": {"image": workflow.api, "command": list(STARMAN), "environment": {"PGPASSWORD": "secret"}},
                "db": {"image": workflow.db, "environment": {"POSTGRES_PASSWORD": "secret"}}}
    with recipe(lab, tmp_path, "The app starts at once", **services) as project:
        project.run("up", "--detach", "api")
        api = project.container("api")
        api.said("Binding to TCP port")
        assert "ready at" not in api.stderr
        project.run("up", "--detach", "db")
        api.said("db:5432: ready at")
        migrate(api)
        works(api.address(project.network))
        project.run("restart", "db")
        works(api.address(project.network))
        assert api.inspect()["RestartCount"] == 0
