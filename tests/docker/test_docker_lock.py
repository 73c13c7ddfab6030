"""--lock with the migration of docker/api and a real PostgreSQL: ten containers run it once."""

import random
import re
import time

from compose_lab import recipe, section
from docker_lab import docker

MIGRATION = ("perl", "-Ilib", "bin/update-database", "1")
SAID = "has succeeded before, so the command does not run again"


def run_db(lab, workflow, network):
    return lab.run(workflow.db, options=("--network", network, "--network-alias", "db", "--env", "POSTGRES_PASSWORD=secret"))


def run_migration(lab, workflow, network, version):
    return lab.run(workflow.api, "--lock", "migrations", f"postgres://postgres@db?once={version}", "--", *MIGRATION,
                   options=("--network", network, "--env", "PGPASSWORD=secret", "--entrypoint", "waitfor"))


def ask(database, query):
    return docker("exec", database.id, "psql", "-XAtU", "postgres", "-c", query).stdout.strip()


def test_ten_containers_run_the_migration_once(lab, workflow):
    """They are there before their database is."""
    network = lab.network()
    containers = [run_migration(lab, workflow, network, "v2") for _ in range(10)]
    database = run_db(lab, workflow, network)
    assert [each.exit_code(90) for each in containers] == [0] * 10, "\n".join(each.describe() for each in containers)
    assert sorted(each.stdout.count("applied 2 migrations") for each in containers) == [0] * 9 + [1]
    assert sum(SAID in each.stderr for each in containers) == 9
    assert ask(database, "SELECT string_agg(name, ' ' ORDER BY version) FROM schema_version") == "1-note 2-author"
    (runner,) = (each for each in containers if SAID not in each.stderr)
    assert ask(database, "SELECT run_by FROM waitfor_once") == f"waitfor on {runner.id[:12]}"


def test_killed_at_random_moments(lab, workflow):
    """Whoever is killed, one of the others runs the migration to its end, and none of them fails."""
    random.seed(17)
    network = lab.network()
    database = run_db(lab, workflow, network)
    containers = [run_migration(lab, workflow, network, "v2") for _ in range(10)]
    victims = random.sample(containers, 4)
    for victim in victims:
        time.sleep(random.uniform(0, 0.3))
        docker("kill", victim.id, check=False)  # it may have ended
    others = [each for each in containers if each not in victims]
    assert [each.exit_code(90) for each in others] == [0] * 6, "\n".join(each.describe() for each in others)
    assert ask(database, "SELECT string_agg(name, ' ' ORDER BY version) FROM schema_version") == "1-note 2-author"
    assert ask(database, "SELECT count(*) FROM waitfor_once") == "1"


def test_the_recipe_for_compose(lab, workflow, tmp_path):
    """As it stands, but for the image, its command, and the database that is beside it."""
    title = "Migrations run one at a time"
    words = re.search(r"`docker-compose (up .*?)`", section(title))[1].split()
    services = {
        "migrate": {"image": workflow.api, "command": list(MIGRATION),
                    "environment": {"PGUSER": "app", "PGDATABASE": "shop"}},    # for the migration itself
        "db": {"image": workflow.db, "environment": {
            "POSTGRES_USER": "app", "POSTGRES_DB": "shop", "POSTGRES_PASSWORD": "secret"}}}
    with recipe(lab, tmp_path, title, **services) as project:
        project.run(*words, "--detach")
        ids = project.run("ps", "-a", "-q", "migrate").split()
        assert len(ids) == 10
        for each in ids:
            assert docker("wait", each).stdout.strip() == "0", docker("logs", each).stderr
        logs = [docker("logs", each) for each in ids]
        assert sum("applied 2 migrations" in log.stdout for log in logs) == 1
        assert sum(SAID in log.stderr for log in logs) == 9
