"""The section Networks of docker/README: api, database and network come in any order, and it ends in a serving api."""

import itertools

import pytest

from docker_lab import docker
from notes import migrate, serves, works

STEPS = ("run api", "run db", "create network", "connect api", "connect db")
NEEDS = {"connect api": {"run api", "create network"}, "connect db": {"run db", "create network"}}


def possible(order):
    return all(NEEDS.get(step, set()) <= set(order[:index]) for index, step in enumerate(order))


ORDERS = [order for order in itertools.permutations(STEPS) if possible(order)]


def initials(order):
    return " ".join("".join(word[0] for word in step.split()) for step in order)


def test_the_list_has_every_order():
    """Of 120, a sixth: of the three before and after a "connect" each, the last place is the connect's."""
    assert len(ORDERS) == len(set(ORDERS)) == 16


@pytest.mark.parametrize("order", ORDERS, ids=initials)
def test_every_order_ends_in_a_serving_api(lab, workflow, order):
    """FACTS 8: the engine rewrites resolv.conf of the running api when it is connected."""
    made = {}
    nowhere = lab.toolbox("dns")

    def run_api():
        made["api"] = lab.run(
            workflow.api, options=("--env", "PGPASSWORD=secret", "--dns", nowhere.address())
        )

    def run_db():
        made["db"] = lab.run(workflow.db, options=("--env", "POSTGRES_PASSWORD=secret"))

    def create_network():
        made["network"] = lab.network()

    def connect_api():
        docker("network", "connect", made["network"], made["api"].id)

    def connect_db():
        docker("network", "connect", "--alias", "db", made["network"], made["db"].id)

    step_functions = (run_api, run_db, create_network, connect_api, connect_db)
    functions = dict(zip(STEPS, step_functions, strict=True))
    for step in order:
        functions[step]()
    api, db, network = made["api"], made["db"], made["network"]
    about = serves(api, network)
    assert about["database"] == {"host": "db", "port": "5432", "address": db.address(network)}
    migrate(api)
    works(api.address(network))
    assert api.inspect()["RestartCount"] == 0
    assert len(api.stderr.splitlines()) < 30
