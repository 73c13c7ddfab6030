#!/usr/bin/python3
"""Random schedules: services that are walked through faults of their name, their connection and their protocol.

Each is healed in the end, by a state that waitfor has to get through. Then, and not before, the app must start; and until
then waitfor may not end. Options (environment):
  FAULTS_SCHEDULES=N   how many (1000)
  FAULTS_SEED=N        the first one's seed; the next one has N + 1. Without it they are random
  FAULTS_AT_ONCE=N     how many at once (16 for each processor)
"""

import concurrent.futures
import contextlib
import os
import random
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

import paths  # noqa: F401
from faults import GARBAGE, LOSS, before_a_word, flaps, garbage_in, half, half_of, hang_up, in_pieces, much_of, says
from figures import report
from lab import APP, IPV6_HOLE, LONG, LOSSY_WITHIN, NOTICED_WITHIN, TICK, started_at, uptime
from services import SERVICES
from support import dns as d
from support.dns import Dns
from support.net import Net
from support.peers import Peer, close_at_once, reset_at_once, silence
from support.runner import Waitfor

PORT = 7000
# Long enough for a service that is slow on a busy machine, and short enough for one that hangs.
ATTEMPT_TIMEOUT = "2s"
# Healed in these ways, an attempt may need all of its time: packets are lost.
LONG_WAYS = {"lossy"}
ELSEWHERE = "10.79.0.1"     # an address where nobody listens
# What has an address of its own, so that each walk can have one.
WALKERS = sorted(name for name, service in SERVICES.items() if not (service.env or service.is_unix or service.needs_tls))
# So many walk in one network, and then there is a new one: its name server remembers what it was asked.
BATCH = 1000


def names(address):
    """The answers to A and AAAA: those that hide the address, and those behind which it can be found."""
    hidden = {
        "absent": (d.NXDOMAIN, d.NXDOMAIN), "no address": (d.NODATA, d.NODATA), "failing": (d.SERVFAIL, d.SERVFAIL),
        "refused": (d.REFUSED, d.REFUSED), "silent": (d.SILENCE, d.SILENCE), "elsewhere": (d.at(ELSEWHERE), d.NODATA),
        "half": (d.at(address, spoil=half), d.NODATA),
        "garbage": (d.at(address, spoil=lambda _: GARBAGE[:100]), d.NODATA),
        "reset": (d.at(address, truncated=True, reset=True), d.NODATA),
    }
    known = {
        "well": (d.at(address), d.NODATA), "slow": (d.at(address, delay=0.2), d.Answer(delay=0.2)),
        "truncated": (d.at(address, truncated=True), d.NODATA), "half silent": (d.at(address), d.SILENCE),
        "an IPv6 black hole first": (d.at(address), d.at(IPV6_HOLE)),
    }
    return hidden, known


@dataclass(frozen=True)
class Manner:
    """How a service meets connections."""
    script: object
    listens: bool = True
    loses: float = 0


def manners(service):
    """Those with which it is not ready, and those with which it is."""
    steps = service.healthy
    ill = {
        "refused": Manner(silence, listens=False), "a black hole": Manner(silence, loses=1),
        "reset at once": Manner(reset_at_once), "closed at once": Manner(close_at_once), "silent": Manner(silence),
        "not ready": Manner(says(service.not_ready)), "half": Manner(says(steps, half_of)),
        "truncated": Manner(says(steps, half_of, hang_up)), "garbage": Manner(says(steps, garbage_in)),
        "512 kB": Manner(says(steps, much_of)),
        "reset": Manner(says(steps, before_a_word, lambda connection: connection.reset())),
    }
    well = {
        "well": Manner(says(steps)), "slow": Manner(says(steps, in_pieces)), "lossy": Manner(says(steps), loses=LOSS),
        "flapping": Manner(flaps(steps)),
    }
    return ill, well


class Walk:
    """What one schedule does, all of it by its seed."""

    def __init__(self, seed):
        dice = random.Random(seed)
        self.scheme = dice.choice(WALKERS)
        self.service = SERVICES[self.scheme]
        ill, well = manners(self.service)
        # What waitfor gets through is no fault of this scheme's.
        ill = [name for name in ill if self.service.otherwise.get(name) != ()]
        hidden, known = (list(each) for each in names(ELSEWHERE))     # only what they are called

        def states(choose_name, choose_manner):
            return [(choose_name(), choose_manner(), dice.uniform(0.05, 0.4)) for _ in range(dice.randint(1, 4))]
        # As long as the address is unknown, the service may be well. Afterwards it may not, until it is healed.
        self.states = states(lambda: dice.choice(hidden), lambda: dice.choice([*ill, *well]))
        self.states += states(lambda: dice.choice(hidden + known), lambda: dice.choice(ill))
        self.healed = (dice.choice(known), dice.choice(list(well)))
        self.is_long = bool(LONG_WAYS & set(self.healed))

    def __str__(self):
        lines = [f"  {seconds:.2f} s: name {name}, service {manner}" for name, manner, seconds in self.states]
        return "\n".join([f"{self.scheme}:", *lines, f"  healed: name {self.healed[0]}, service {self.healed[1]}"])


class World:
    """A network in which a thousand addresses are there without being asked for."""

    def __init__(self):
        self.net = Net()
        self.net.run("ip", "route", "add", "local", "10.78.0.0/15", "dev", "lo", "table", "local")
        self.net.blackhole(IPV6_HOLE)
        self.dns = Dns(self.net)

    def close(self):
        self.dns.close()
        self.net.close()


class Walker:
    """A service that walks: name, address and behaviour are its own."""

    def __init__(self, world, number, walk):
        self.world, self.walk, self.name = world, walk, f"s{number}"
        self.address = f"10.78.{number // 250}.{number % 250 + 1}"
        self.manners = {name: manner for group in manners(walk.service) for name, manner in group.items()}
        self.names = {name: answers for group in names(self.address) for name, answers in group.items()}
        self.peer = Peer(silence, address=self.address, port=PORT, net=world.net, listen=False)
        self.target = walk.service.target.format(place=f"{self.name}:{PORT}")
        self.listens = False

    def be(self, name, manner):
        """Take a state: the service first, and no state in between is better than both."""
        how = self.manners[manner]
        self.peer.script = how.script
        self.peer.lose(how.loses)
        if how.listens and not self.listens:
            self.peer.listen()
        elif self.listens and not how.listens:
            self.peer.stop_listening()
        self.listens = how.listens
        a, aaaa = self.names[name]
        self.world.dns.name(self.name, a=a, aaaa=aaaa)

    def close(self):
        self.world.dns.forget(self.name)
        self.peer.close()


def follow(walker, running):
    """Walk, and heal. Returns how long the app took to start after that, in seconds."""
    walk = walker.walk
    for number, (name, manner, seconds) in enumerate(walk.states):
        walker.be(name, manner)
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.process.wait(seconds)
            raise AssertionError(f"it ended in state {number + 1}: {running.finish()!r}")
    healed = uptime()
    walker.be(*walk.healed)
    result = running.finish(LOSSY_WITHIN if walk.is_long else NOTICED_WITHIN)
    assert result.code == 0, result
    started = started_at(result)
    assert started >= healed - TICK, f"the app was started before it was healed, at {healed}: {result}"
    return max(0, started - healed)


@dataclass(frozen=True)
class Played:
    delay: float        # from the healing to the start of the app, in seconds
    states: int
    is_long: bool       # it was healed in one of LONG_WAYS


def play(world, number, seed):
    """Play one schedule. Returns a text if something is wrong."""
    walk = Walk(seed)
    waitfor = Waitfor()
    walker = Walker(world, number, walk)
    try:
        walker.be(*walk.states[0][:2])
        running = waitfor.start("-t", LONG, "--attempt-timeout", ATTEMPT_TIMEOUT, walker.target, *APP, net=world.net)
        return Played(follow(walker, running), len(walk.states) + 1, walk.is_long)
    except AssertionError as wrong:
        return f"schedule {seed}: {wrong}\n{walk}\nFAULTS_SEED={seed} FAULTS_SCHEDULES=1 make faults FAULTS=schedules repeats it"
    finally:
        waitfor.close()
        walker.close()


def play_batch(seeds, at_once):
    world = World()
    try:
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(lambda each: play(world, *each), enumerate(seeds)))
    finally:
        world.close()


def row(count, seed, played, wrong, seconds):
    right = [each for each in played if isinstance(each, Played)]
    found = f"{len(wrong)} wrong"
    for is_long, where in ((False, "the app started {} ms after the healing (median), {} ms at most"),
                           (True, "{} and {} ms where packets are lost")):
        delays = [1000 * each.delay for each in right if each.is_long == is_long]
        if delays:
            found += "; " + where.format(round(statistics.median(delays)), round(max(delays)))
    report("random schedules", f"{count:,} from seed {seed}, {sum(each.states for each in right):,} states", found, seconds)


def main():
    count = int(os.environ.get("FAULTS_SCHEDULES") or 1000)
    seed = int(os.environ.get("FAULTS_SEED") or random.SystemRandom().randrange(10**9))
    at_once = int(os.environ.get("FAULTS_AT_ONCE") or 16 * os.cpu_count())
    began, played = time.monotonic(), []
    for first in range(seed, seed + count, BATCH):
        played += play_batch(range(first, min(first + BATCH, seed + count)), at_once)
    wrong = [each for each in played if isinstance(each, str)]
    for each in wrong[:10]:
        print(each, flush=True)
    row(count, seed, played, wrong, time.monotonic() - began)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
