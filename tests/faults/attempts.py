#!/usr/bin/python3
"""A million attempts in one process: nothing is left of them, no descriptor, no memory and no child.

Each kind of attempt has a process of its own, which tries as often as it may. After the first attempts and after the last,
its descriptors, its memory and its zombies are counted. Options (environment):
  FAULTS_ATTEMPTS=N   how many there are at a port that refuses (1000000); the kinds that cost more make fewer
"""

import json
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import paths  # noqa: F401
import faults
from figures import report
from lab import ADDRESS, PORT, Lab
from services import SERVICES
from support import dns as d
from support.children import children_of, state_of
from support.peers import close_at_once, silence
from support.runner import Waitfor

# So much more there may be in the end, whatever the number of attempts: sockets of attempts that run, and kB in pages here
# and there. Zombies may not be there at all.
MORE_DESCRIPTORS, MORE_MEMORY = 4, 128
# After this share of the time the first sample is taken: what is kept for later attempts is there by then.
FIRST = 0.1
# A moment at which no attempt runs is among these.
MOMENTS, EVERY = 50, 0.005
CALIBRATION = 1.5
REDIS, HTTP, POSTGRES = (SERVICES[name] for name in ("redis", "http", "postgres"))
PLACE = f"{ADDRESS}:{PORT}"


@dataclass(frozen=True)
class Kind:
    name: str
    share: float        # of FAULTS_ATTEMPTS
    targets: list
    arrange: object = lambda lab: None


def acts(steps, *change):
    return faults.acts(faults.says(steps, *change))


KINDS = [
    Kind("a port that refuses", 1, [f"tcp://{ADDRESS}:{port}" for port in range(100, 600)]),
    Kind("a file that is not there", 0.1, [f"file:///nowhere/{number}" for number in range(100)]),
    Kind("a name that is not there", 0.02, [f"tcp://nobody{number}:80" for number in range(20)],
         lambda lab: setattr(lab.dns, "everything", d.NXDOMAIN)),
    Kind("a port with nothing behind it", 0.005, [f"tcp://{PLACE}?stay=300ms"], faults.acts(close_at_once)),
    Kind("half a reply of Redis, and its end", 0.005, [f"redis://{PLACE}"], acts(REDIS.healthy, faults.half_of, faults.hang_up)),
    Kind("512 kB of Redis", 0.001, [f"redis://{PLACE}"], acts(REDIS.healthy, faults.much_of)),
    Kind("an HTTP status", 0.005, [f"http://{PLACE}/"], acts(HTTP.not_ready)),
    Kind("a PostgreSQL that starts", 0.005, [f"postgres://{PLACE}/shop"], acts(POSTGRES.not_ready)),
    Kind("a program that fails", 0.002, ["exec:///bin/false"]),
]


@dataclass
class Sample:
    descriptors: int
    memory: int         # kB of its own: heap, stack, written data
    zombies: int


def sample(running):
    """What there is while no attempt runs: the least of many moments."""
    moments, pid = [], running.pid
    assert running.alive(), running.finish()
    for _ in range(MOMENTS):
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
        moments.append((len(os.listdir(f"/proc/{pid}/fd")),
                        next(int(line.split()[1]) for line in status if line.startswith("RssAnon:")),
                        sum(state_of(child) == "Z" for child in children_of(pid))))
        time.sleep(EVERY)
    return Sample(*map(min, zip(*moments)))


def wait(lab, kind, seconds):
    """A wait of that time. Returns the samples after the first and the last attempts, and how many there were."""
    document = lab.net.folder / "report.json"
    waitfor = lab.open(Waitfor())
    running = waitfor.start("-q", "-t", "0", "--max-interval", "1ms", "--report", document, *kind.targets, net=lab.net)
    time.sleep(FIRST * seconds)
    first = sample(running)
    time.sleep(max(0, (1 - FIRST) * seconds - 2 * MOMENTS * EVERY))
    last = sample(running)
    running.send(signal.SIGTERM)
    result = running.finish()
    assert result.code == 128 + signal.SIGTERM, result
    return first, last, sum(target["attempts"] for target in json.loads(document.read_text())["targets"])


def measure(kind, wanted):
    """What is wrong; None if nothing is."""
    lab = Lab(silence)
    began = time.monotonic()
    try:
        kind.arrange(lab)
        _, _, attempts = wait(lab, kind, CALIBRATION)
        first, last, attempts = wait(lab, kind, max(CALIBRATION, wanted / attempts * CALIBRATION))
    finally:
        lab.close()
    report(f"attempts: {kind.name}", f"{attempts:,} attempts",
           f"descriptors {first.descriptors} and {last.descriptors}, memory {first.memory:,} and {last.memory:,} kB, "
           f"zombies {last.zombies}", time.monotonic() - began)
    if (last.descriptors > first.descriptors + MORE_DESCRIPTORS or last.memory > first.memory + MORE_MEMORY or last.zombies):
        return f"{kind.name}: something is left of the attempts: {first}, and in the end {last}"
    return None


def main():
    count = int(os.environ.get("FAULTS_ATTEMPTS") or 1_000_000)
    wrong = [each for each in (measure(kind, count * kind.share) for kind in KINDS) if each]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
