"""Each fault in each layer: what waitfor ends with, what it says, and that it goes on as soon as the fault is healed."""

import json
import subprocess
from pathlib import Path

import pytest

from faults import CONNECTION, FAULTS, NAME, Blocks, GetsThrough, Meaningless, protocol, says
from lab import blocks, gets_through
from services import NO_SERVICE, SERVICES
from support.peers import silence
from support.runner import BINARY, CLEAN_ENV, REPOSITORY

TLS_BINARY = REPOSITORY / "build" / "waitfor-tls"
# The connection must stay open for longer than the peer may need to end it on a busy machine.
CONNECTED = "tcp://{place}?stay=300ms"
GRID = {"name": NAME, "connection": CONNECTION, **{scheme: protocol(service) for scheme, service in SERVICES.items()}}
KINDS = {kind: [(layer, fault) for layer, cells in GRID.items() for fault, cell in cells.items() if isinstance(cell, kind)]
         for kind in (Blocks, GetsThrough, Meaningless)}


def each(kind):
    return pytest.mark.parametrize(("layer", "fault"), KINDS[kind], ids=lambda word: word.replace(" ", "_"))


class Bench:
    """A lab for a layer, and what a wait there needs."""

    def __init__(self, make_lab, layer):
        service = SERVICES.get(layer)
        self.lab = make_lab(says(service.healthy) if service else silence, bool(service and service.is_unix))
        self.target = (service.target if service else CONNECTED).format(place=self.lab.place)
        self.more = {}
        if service:
            self.more["env"] = {name: value.format(place=self.lab.place) for name, value in service.env.items()}
            self.more["binary"] = TLS_BINARY if service.needs_tls else BINARY


@pytest.fixture
def bench(make_lab, layer):
    return Bench(make_lab, layer)


@each(Blocks)
def test_it_blocks_until_it_is_healed(bench, layer, fault):
    cell = GRID[layer][fault]
    heal = cell.arrange(bench.lab)
    blocks(bench.lab, bench.target, cell.words, heal, **bench.more)


@each(GetsThrough)
def test_it_gets_through(bench, layer, fault):
    cell = GRID[layer][fault]
    cell.arrange(bench.lab)
    gets_through(bench.lab, bench.target, cell.within, lambda: cell.during(bench.lab), **bench.more)


def test_every_fault_has_a_cell_in_every_layer():
    assert {layer: set(cells) for layer, cells in GRID.items()} == {layer: set(FAULTS) for layer in GRID}


def test_every_scheme_has_a_row():
    """A new one joins with a row in services.py."""
    known = json.loads(subprocess.run([BINARY, "--help=json"], env=CLEAN_ENV, capture_output=True, check=True).stdout)["probes"]
    assert {row["scheme"] for row in known} == {*SERVICES, *NO_SERVICE}
    assert not set(SERVICES) & set(NO_SERVICE)


def test_what_is_tried_elsewhere_is():
    for scheme, reason in NO_SERVICE.items():
        file = Path(REPOSITORY, reason.split("; ")[1])
        assert f"{scheme}:" in file.read_text(), (scheme, reason)
