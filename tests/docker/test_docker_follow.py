"""--follow with the real service of docker/api: its database moves to another address, and its health is that of all it needs."""

from compose_lab import recipe
from docker_lab import docker, eventually
from notes import migrate, works

STARMAN = ("starman", "-Ilib", "--host", "0.0.0.0", "--port", "5000", "--workers", "2", "app.psgi")


def run_db(lab, workflow, network):
    return lab.run(workflow.db, options=("--network", network, "--network-alias", "db", "--env", "POSTGRES_PASSWORD=secret"))


def test_the_database_moves_and_the_service_is_started_again(lab, workflow):
    """A container in its place has another address while the old one's is taken."""
    network = lab.network()
    first = run_db(lab, workflow, network)
    api = lab.run(workflow.api, "--follow=restart", "--lost-after", "60s", "db:5432", "--", *STARMAN,
                  options=("--network", network, "--env", "PGPASSWORD=secret", "--entrypoint", "waitfor"))
    api.said("Binding to TCP port")
    before, identity = first.address(network), api.inspect()["State"]["StartedAt"]
    docker("rm", "--force", "--volumes", first.id)
    taken = lab.toolbox("serve", "80", options=("--network", network))  # it gets the address that is free now
    assert taken.address(network) == before
    second = run_db(lab, workflow, network)
    after = second.address(network)
    assert after != before
    api.said(f"db:5432: moved from {before}:5432 to {after}:5432", 60)
    api.said("Binding to TCP port", 60, times=2)
    migrate(api)
    works(api.address(network))
    assert api.inspect()["State"]["StartedAt"] == identity, "the container is the same"


def test_the_recipe_for_compose(lab, workflow, tmp_path):
    """As it stands, but for the image, its command, and the database that is beside it."""
    services = {"api": {"image": workflow.api, "command": list(STARMAN), "environment": {"PGPASSWORD": "secret"}},
                "db": {"image": workflow.db, "environment": {"POSTGRES_PASSWORD": "secret"}}}
    with recipe(lab, tmp_path, "The app is told when its services move", **services) as project:
        project.run("up", "--detach")
        api = project.container("api")
        health(api, "healthy")
        project.run("stop", "db")
        api.said("db:5432: lost", 60)
        health(api, "unhealthy")
        project.run("start", "db")
        api.said("db:5432: back after", 60)
        health(api, "healthy")
        assert api.inspect()["RestartCount"] == 0


def health(container, wanted):
    eventually(f"it is {wanted}", lambda: container.inspect()["State"]["Health"]["Status"] == wanted, 90, container.describe)
