"""Two hundred clients that are started together: how many connections they ask one service for at once."""

import os
import random
import time
from collections import Counter

from lab import Progress, TcpPeer
from packets import Tap
from services import NeverReady

CLIENTS = 200
BIN_NS = 100_000_000    # 100 ms
WAIT = 10               # seconds
REFUSES, STARTING = "a TCP service that refuses until it listens", "a PostgreSQL that answers it is starting up"
KINDS = {REFUSES: "tcp", STARTING: "postgres"}


class StartingPostgres(NeverReady):
    """Two hundred may come between two of its looks at them."""

    request_queue_size = 512


def bins_of(times, began):
    """How many of the times are in each 100 ms after `began`, from the first to the last that has one."""
    counts = Counter((when - began) // BIN_NS for when in times)
    return [counts[number] for number in range(max(counts, default=0) + 1)]


def wait_together(lab, tool, peer):
    """One herd: starts all, and ends when every one of them has its app, or its time is up."""
    with Tap(lab) as tap:
        gate, opener = os.pipe()
        runs = [lab.start(tool, peer.port, gate=gate) for _ in range(CLIENTS)]
        os.close(gate)
        began = time.time_ns()
        os.close(opener)    # no launch.c has a copy of it: they all read its end
        if isinstance(peer, TcpPeer):
            peer.go()
            ready = peer.ready()
            ended = [run.finish_or_give_up() for run in runs]
            delays = [(run.app - ready) / 1e6 for run in ended if run]
        else:
            time.sleep(WAIT)
            delays = []
            for run in runs:
                run.stop()
    bins = bins_of(tap.connections(peer.port), began)[:WAIT * 10]
    return {"first_second": max(bins[:10], default=0), "later": max(bins[10:], default=0), "bins": bins,
            "delays_ms": delays}


def herd(lab, rounds):
    """{what is waited for: {tool: [sample, ...]}}"""
    waits = [(what, tool) for what, kind in KINDS.items()
             for tool in [lab.own(kind), *(peer.tool(kind) for peer in lab.peers if peer.knows(kind))]]
    samples = {what: {} for what in KINDS}
    for what, tool in waits:
        samples[what][tool.name] = []
    progress = Progress(f"herd ({WAIT} s each)", rounds * len(waits))
    for _ in range(rounds):
        for what, tool in random.sample(waits, len(waits)):
            with TcpPeer(lab, WAIT) if what == REFUSES else StartingPostgres("postgres") as peer:
                samples[what][tool.name].append(wait_together(lab, tool, peer))
            progress.step()
    return samples
