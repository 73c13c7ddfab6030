"""A service at db:7000, or on a Unix socket, in a network of its own; and waits for it, held against what must come of them."""

import contextlib
import re
import threading
import time

import paths  # noqa: F401
from support import dns as d
from support.dns import Dns
from support.net import Net
from support.peers import Peer, UnixPeer
from support.runner import BINARY, Waitfor

ADDRESS, PORT = "10.77.0.5", 7000
OTHER_ADDRESS = "10.77.0.6"
HOLE, IPV6_HOLE = "10.77.0.99", "fd77::99"
# The app of all waits here: it tells when it was started, in seconds since the boot.
APP = ("--", "cat", "/proc/uptime")
# /proc/uptime counts hundredths of a second, and cuts the rest off.
TICK = 0.01
# How long a wait of a few seconds may take to notice that all is well: the longest pause is 1.2 s, and an attempt that
# hangs has ATTEMPT_TIMEOUT, or 2 s in a random schedule. The rest is for a busy machine.
ATTEMPT_TIMEOUT, NOTICED_WITHIN = "400ms", 15
# Where 30 % of the packets are lost, the kernel sends the first one of a connection again after 1, 3 and 7 s.
LOSSY_WITHIN = 40
# A wait that ends at its deadline: with room for some attempts, and for a busy machine.
DEADLINE, ENDS_WITHIN = 1.2, 6
LONG = "60s"


def uptime():
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Lab:
    """All is well until a fault says otherwise. `script` is what the healthy service does with a connection."""

    def __init__(self, script, is_unix=False):
        self.net = Net()
        self.closing = contextlib.ExitStack()
        self.closing.callback(self.net.close)
        for hole in (HOLE, IPV6_HOLE):
            self.net.blackhole(hole)
        for address in (ADDRESS, OTHER_ADDRESS):
            self.net.address(address)
        self.script = script
        self.dns = self.open(Dns(self.net))
        self.dns.name("db", a=d.at(ADDRESS))
        self.place = str(self.net.folder / "socket") if is_unix else f"db:{PORT}"
        self.peer = self.open(UnixPeer(self.place, script) if is_unix else self.serve(ADDRESS, script))

    def open(self, what):
        """Returns it; it is closed with the lab."""
        self.closing.callback(what.close)
        return what

    def close(self):
        self.closing.close()

    def serve(self, address, script):
        """Another service on the same port."""
        return Peer(script, address=address, port=PORT, net=self.net)

    def start(self, *words, binary=BINARY, **more):
        runner = self.open(Waitfor(binary))
        return runner.start(*words, *APP, net=self.net, **more)


@contextlib.contextmanager
def meanwhile(turn, every):
    """Calls turn(0), turn(1) … until the block ends."""
    over = threading.Event()

    def run():
        number = 0
        while not over.wait(every):
            turn(number)
            number += 1
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def started_at(result):
    """When the app was started, as it says itself."""
    assert re.fullmatch(r"\d+\.\d\d \d+\.\d\d\n", result.out), f"the app was not started once: {result}"
    return float(result.out.split()[0])


def blocks(lab, target, words, heal, **more):
    """One wait ends at its deadline and not before: exit 124, the words of the reason on stderr, and no app. Another goes on
    until it is healed: then its app is started, and not before."""
    limits = ("--attempt-timeout", ATTEMPT_TIMEOUT, target)
    patient = lab.start("-t", LONG, *limits, **more)
    hasty = lab.start("-t", f"{DEADLINE}s", *limits, **more).finish(ENDS_WITHIN)
    assert hasty.code == 124 and hasty.out == "", hasty
    assert all(word in hasty.err for word in words), hasty
    assert hasty.seconds >= DEADLINE, hasty
    for word in words:
        patient.wait_err(word)
    healed = uptime()
    heal()
    result = patient.finish(NOTICED_WITHIN)
    assert result.code == 0, result
    assert started_at(result) >= healed - TICK, f"before it was healed, at {healed}: {result}"


def gets_through(lab, target, within, during=contextlib.nullcontext, **more):
    """The app is started though the fault lasts."""
    running = lab.start("-t", LONG, target, **more)
    with during():
        result = running.finish(within)
    assert result.code == 0, result
    started_at(result)
