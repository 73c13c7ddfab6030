"""The faults, and what each is in every layer.

A cell of the grid is one fault in one layer. It blocks: exit 124 at the deadline with these words, and ready when it is
healed. Or waitfor gets through it. Or the fault has no meaning there.
"""

import contextlib
import random
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from lab import ADDRESS, HOLE, IPV6_HOLE, LOSSY_WITHIN, NOTICED_WITHIN, OTHER_ADDRESS, Lab, meanwhile
from services import INCOMPLETE, NO_REPLY, NOTHING_BEHIND
from support import dns as d
from support.dns import Dns
from support.peers import close_at_once, greets, reset_at_once, silence
from support.until import until

FAULTS = ("absent", "silent", "slow", "refused", "reset", "half", "garbage", "flapping", "moved", "IPv6 black hole",
          "30 % loss", "truncated", "512 kB")
LOSS = 0.3
MUCH = 512 * 1024
GARBAGE = random.Random("garbage").randbytes(4096)
NOBODY = "192.0.2.1"        # of a network for documentation, to which no route leads


@dataclass(frozen=True)
class Blocks:
    arrange: Callable[[Lab], Callable]      # makes the fault, and returns what heals it
    words: tuple                            # parts of the reason that is told meanwhile


@dataclass(frozen=True)
class GetsThrough:
    arrange: Callable[[Lab], object] = lambda lab: None
    during: Callable = lambda lab: contextlib.nullcontext()     # what happens meanwhile
    within: float = NOTICED_WITHIN


@dataclass(frozen=True)
class Meaningless:
    reason: str


# --- the name -------------------------------------------------------------------------------------

def named(a, aaaa=d.NODATA):
    """db has these answers; it is healed by the address."""
    def arrange(lab):
        lab.dns.name("db", a=a, aaaa=aaaa)
        return lambda: lab.dns.name("db", a=d.at(ADDRESS))
    return arrange


def no_name_server(lab):
    """Nobody is at its port, so the kernel refuses the packets."""
    lab.dns.close()

    def heal():
        lab.open(Dns(lab.net)).name("db", a=d.at(ADDRESS))
    return heal


def a_name_that_flaps(lab):
    answers = [d.NXDOMAIN, d.at(ADDRESS)]
    return meanwhile(lambda turn: lab.dns.name("db", a=answers[turn % 2]), every=0.15)


def the_first_name_server_is_a_hole(lab):
    lab.net.rewrite(lab.net.resolv_conf, f"nameserver {IPV6_HOLE}\nnameserver 127.0.0.53\noptions ndots:0\n")


def half(data):
    return data[:len(data) // 2]


# 64 kB is the most that a DNS message can have.
MANY = [ADDRESS, *(f"10.200.{number // 250}.{number % 250 + 1}" for number in range(4000))]

NAME = {
    "absent": Blocks(named(d.NXDOMAIN, d.NXDOMAIN), ("no such name",)),
    "silent": Blocks(named(d.SILENCE, d.SILENCE), ("no answer from DNS",)),
    "slow": GetsThrough(named(d.at(ADDRESS, delay=1), d.Answer(delay=1))),
    "refused": Blocks(no_name_server, ("DNS error",)),
    "reset": Blocks(named(d.at(ADDRESS, truncated=True, reset=True)), ("DNS error",)),
    "half": Blocks(named(d.at(ADDRESS, spoil=half)), ("DNS error",)),
    "garbage": Blocks(named(d.at(ADDRESS, spoil=lambda _: GARBAGE[:100])), ("DNS error",)),
    "flapping": GetsThrough(during=a_name_that_flaps),
    "moved": Blocks(named(d.at(OTHER_ADDRESS)), ("connection refused",)),
    "IPv6 black hole": GetsThrough(the_first_name_server_is_a_hole),
    "30 % loss": GetsThrough(lambda lab: lab.dns.lose(LOSS), within=LOSSY_WITHIN),
    "truncated": GetsThrough(named(d.at(ADDRESS, truncated=True))),
    "512 kB": GetsThrough(named(d.at(*MANY, truncated=True))),
}


# --- the connection -------------------------------------------------------------------------------

def acts(script):
    """The service does this with each connection; it is healed by its own script."""
    def arrange(lab):
        lab.peer.script = script

        def heal():
            lab.peer.script = lab.script
        return heal
    return arrange


def loses_all(lab):
    lab.peer.lose(1)
    return lambda: lab.peer.lose(0)


@contextlib.contextmanager
def the_first_packet_is_lost(lab):
    """The kernel sends it again after a second."""
    until(lambda: lab.net.tcp_counter("ActiveOpens") > 0)
    lab.peer.lose(0)
    yield


def does_not_listen(lab):
    lab.peer.stop_listening()
    return lab.peer.listen


def a_port_that_flaps(lab):
    lab.peer.stop_listening()
    return meanwhile(lambda turn: lab.peer.stop_listening() if turn % 2 else lab.peer.listen(), every=0.2)


CONNECTION = {
    "absent": Blocks(named(d.at(NOBODY)), ("unreachable",)),
    "silent": Blocks(loses_all, ("connection timed out",)),
    "slow": GetsThrough(loses_all, the_first_packet_is_lost),
    "refused": Blocks(does_not_listen, ("connection refused",)),
    "reset": Blocks(acts(reset_at_once), ("connection reset",)),
    "half": Blocks(acts(close_at_once), (NOTHING_BEHIND,)),
    "garbage": GetsThrough(acts(greets(GARBAGE))),
    "flapping": GetsThrough(during=a_port_that_flaps),
    "moved": Blocks(named(d.at(HOLE)), ("connection timed out",)),
    "IPv6 black hole": GetsThrough(named(d.at(ADDRESS), d.at(IPV6_HOLE))),
    "30 % loss": GetsThrough(lambda lab: lab.peer.lose(LOSS), within=LOSSY_WITHIN),
    "truncated": Meaningless("it is a word of DNS; a connection that ends too soon is \"half\""),
    "512 kB": GetsThrough(acts(greets(bytes(MUCH)))),
}


# --- the protocol ---------------------------------------------------------------------------------

def play(connection, steps):
    """Do the steps of a service; returns whether waitfor said all that it had to."""
    for word, what in steps:
        if word == "hear":
            connection.send(what)
        elif word == "eof":
            break
        elif not (what(connection) if callable(what) else len(connection.read_exactly(len(what))) == len(what)):
            return False
    return True


def says(steps, change=lambda steps: steps, at_last=lambda connection: connection.drain()):
    """A script: do what `change` makes of the steps, and then at_last."""
    def script(connection):
        chosen = list(change(steps(connection) if callable(steps) else steps))
        if play(connection, chosen) and ("eof", b"") not in chosen:
            at_last(connection)
    return script


def before_a_word(steps):
    return steps[:next(number for number, (word, _) in enumerate(steps) if word == "hear")]


def up_to_the_last_word(steps, spoil):
    """The last that the service says is spoilt, and nothing follows."""
    last = max(number for number, (word, _) in enumerate(steps) if word == "hear")
    return [*steps[:last], ("hear", spoil(steps[last][1]))]


def half_of(steps):
    return up_to_the_last_word(steps, half)


def much_of(steps):
    """It begins well and does not end."""
    return up_to_the_last_word(steps, lambda data: half(data) + b"x" * MUCH)


def garbage_in(steps):
    return [*before_a_word(steps), ("hear", GARBAGE)]


def in_pieces(steps):
    """Eight pieces of each word, 20 ms apart."""
    for word, what in steps:
        size = max(1, len(what) // 8) if word == "hear" else 0
        for start in range(0, len(what), size) if size else ():
            yield "hear", what[start:start + size]
            yield "say", pause
        if not size:
            yield word, what


def pause(connection):
    del connection
    time.sleep(0.02)
    return True


def hang_up(connection):
    """A clean end, whatever may still be unread."""
    connection.sock.shutdown(socket.SHUT_WR)
    connection.drain()


def flaps(steps):
    """In each fifth of a second its connections either end before a word, or all is well; by chance, so that no other rhythm
    can be the same."""
    well, ill = says(steps), says(steps, before_a_word, hang_up)
    return lambda connection: (well if random.Random(int(time.monotonic() / 0.2)).random() < 0.5 else ill)(connection)


def moves_to_another_address(service):
    def arrange(lab):
        lab.peer.script = says(service.not_ready)
        lab.open(lab.serve(OTHER_ADDRESS, lab.script))
        return lambda: lab.dns.name("db", a=d.at(OTHER_ADDRESS))
    return arrange


def protocol(service):
    """The cells of one scheme, by fault."""
    steps = service.healthy
    no_address = Meaningless("the path of a socket is no address")
    cells = {
        "absent": Blocks(acts(says(steps, before_a_word, hang_up)), (NOTHING_BEHIND,)),
        "silent": Blocks(acts(silence), (NO_REPLY,)),
        "slow": GetsThrough(acts(says(steps, in_pieces))),
        "refused": Blocks(acts(says(service.not_ready)), service.words),
        "reset": (Meaningless("a socket has one way to end") if service.is_unix
                  else Blocks(acts(says(steps, before_a_word, lambda connection: connection.reset())), ("connection reset",))),
        "half": Blocks(acts(says(steps, half_of)), (INCOMPLETE,)),
        "garbage": Blocks(acts(says(steps, garbage_in)), ("the reply is not understood",)),
        "flapping": GetsThrough(acts(flaps(steps))),
        "moved": no_address if service.is_unix else Blocks(moves_to_another_address(service), service.words),
        "IPv6 black hole": no_address if service.is_unix else GetsThrough(named(d.at(ADDRESS), d.at(IPV6_HOLE))),
        "30 % loss": (Meaningless("a socket loses nothing") if service.is_unix
                      else GetsThrough(lambda lab: lab.peer.lose(LOSS), within=LOSSY_WITHIN)),
        "truncated": Blocks(acts(says(steps, half_of, hang_up)), (NOTHING_BEHIND,)),
        "512 kB": Blocks(acts(says(steps, much_of)), ("the reply is not understood",)),
    }
    for fault, words in service.otherwise.items():
        arrange = cells[fault].arrange
        cells[fault] = Blocks(arrange, words) if words else GetsThrough(arrange)
    return cells
