"""Names drawn from a seed, and what glibc and waitfor make of each of them in the same network."""

import ctypes
import itertools
import random
import socket
import struct
import subprocess
from collections import defaultdict
from dataclasses import dataclass, replace
from threading import Lock

from support import dns as d
from support.runner import BINARY, CLEAN_ENV

SEED = 20261128
FAILURES = {"NXDOMAIN": d.NXDOMAIN, "NODATA": d.NODATA, "SERVFAIL": d.SERVFAIL, "REFUSED": d.REFUSED,
            "silence": d.SILENCE, "truncation": d.Answer(truncated=True)}
NDOTS = (0, 1, 2, 5)
SEARCH = (0, 1, 2, 3, 4, 5, 6, ".")
FAMILIES = ((d.A,), (d.AAAA,), (d.A, d.AAAA), ())
SPACE = list(itertools.product(NDOTS, SEARCH, FAMILIES, FAILURES))
FIRST_PORT = 2000       # below those that the kernel gives to clients: a connection to itself would be ready


@dataclass(frozen=True)
class Case:
    number: int
    axes: tuple         # its element of SPACE
    name: str
    hosts: str
    resolv_conf: str
    candidates: tuple   # the names that may be asked for, in the order of resolv.conf(5)
    as_it_stands: int   # which of them is the name itself
    rules: dict         # what the server says: {candidate: {type: Answer}}
    in_hosts: bool
    is_slow: bool       # somebody has to wait for silence

    @property
    def port(self):
        """Tells the connections of this case from all others."""
        return FIRST_PORT + self.number

    @property
    def stands_first(self):
        """Is the name asked for as it is before the search list?"""
        return self.name.count(".") >= self.axes[0]

    def addresses(self, candidate):
        return {address for answer in self.rules[candidate].values() for address in answer.addresses}

    def __str__(self):
        rules = [f"  {name}: A {spoken(says[d.A])}, AAAA {spoken(says[d.AAAA])}"
                 for name, says in self.rules.items()]
        return "\n".join([f"case {self.number} of seed {SEED}: {self.name}", "--- hosts", self.hosts.rstrip(),
                          "--- resolv.conf", self.resolv_conf.rstrip(), "--- the server says", *rules])


def spoken(answer):
    plain = replace(answer, truncated=False, alias="")
    words = list(answer.addresses) or [word for word, known in FAILURES.items() if plain == known]
    return " ".join(words + [f"(alias {answer.alias})"] * bool(answer.alias) + ["(truncated)"] * answer.truncated)


# --- the generator --------------------------------------------------------------------------------

def candidates_of(name, ndots, domains):
    """The names to ask for, in order, and which of them is the name itself (resolv.conf(5))."""
    whole = name.rstrip(".")
    searched = [f"{whole}.{domain.strip('.')}".rstrip(".") for domain in domains]
    if name.endswith("."):
        return [whole], 0
    if name.count(".") >= ndots:
        return [whole, *searched], 0
    if whole not in searched:       # the root may be in the search list
        searched.append(whole)
    return searched, searched.index(whole)


class Draw:
    """Draws one case. It has a random generator of its own, so that it can be had without the others."""

    def __init__(self, number, axes, in_hosts):
        self._number, self._axes, self._in_hosts = number, axes, in_hosts
        self._ndots, self._search, self._families, self._failure = axes
        self._random = random.Random(f"{SEED}/{number}")
        self._last = 0

    def _chance(self, percent):
        return self._random.randrange(100) < percent

    def _address(self, kind, v4="10.78.0"):
        """Another one each time, so that a set of addresses tells where they are from."""
        self._last += 1
        return f"{v4}.{self._last}" if kind == d.A else f"fd78::{self._last:x}"

    def _name(self):
        dots = max(0, self._random.choice([0, 1, 2, 5, self._ndots, self._ndots - 1]))
        name = ".".join([f"c{self._number}", *"bdefg"[:dots]])
        if self._chance(10):
            name = name.upper()
        return name + "." * self._chance(8)

    def _domain(self, number):
        return self._random.choices(["s{}.test", ".s{}.test", "s{}.test.", "s{}", "s1.test"],
                                    [76, 6, 6, 6, 6])[0].format(number)

    def _domains(self):
        if self._search != ".":
            return [self._domain(number) for number in range(self._search)]
        domains = [self._domain(number) for number in range(self._random.choice([0, 0, 1, 2]))]
        domains.insert(self._random.randint(0, len(domains)), ".")
        return domains

    def _resolv_conf(self, domains, is_slow):
        lines = ["nameserver 127.0.0.53"]
        if domains:
            keyword = "domain" if len(domains) == 1 and self._chance(30) else "search"
            lines += ["search wrong.test"] * self._chance(15) + [" ".join([keyword, *domains])]
        options = [f"ndots:{self._ndots}"] if self._ndots != 1 or self._chance(50) else []
        # Else glibc waits 10 s and more for each candidate; waitfor has times of its own.
        options += ["timeout:3", "attempts:1"] if is_slow else []
        if options:
            lines.insert(self._random.randint(0, len(lines)), " ".join(["options", *options]))
        return "\n".join(lines) + "\n"

    def _hosts(self, name):
        """One to three lines with the name, or that have it only for a hasty reader."""
        lines = ["127.0.0.1 localhost"]
        for _ in range(self._random.randint(1, 3)):
            address = self._address(self._random.choice(self._families or (d.A, d.AAAA)),
                                    self._random.choice(["10.78.0", "10.78.0", "127.0.1"]))
            lines.append(self._random.choice([
                f"{address} {name}", f"{address}\tother {name} # db", f"  {address} {name.swapcase()}#db",
                f"{address} {name} {name}"] if self._in_hosts else [
                f"{address} {name}x", f"{address} x{name} #{name}", f"#{address} {name}", f"10.78.0.256 {name}",
                f"{address}x {name}", f"{address} x.{name}", f"{address} {name}.else.test", f"{name} {name}"]))
        self._random.shuffle(lines)
        return "\n".join(lines) + "\n"

    def _other_failure(self):
        return self._random.choice(["NXDOMAIN", "NODATA", "SERVFAIL", "REFUSED"])

    def _a_failure(self):
        return self._failure if self._chance(70) else self._other_failure()

    def _has_none(self):
        failure = self._a_failure()
        failures = [failure, failure]
        if self._chance(30):
            failures[self._random.randrange(2)] = self._other_failure()
        return {kind: FAILURES[each] for kind, each in zip((d.A, d.AAAA), failures)}

    def _has_some(self):
        failure = self._a_failure()
        says = {kind: FAILURES[failure] for kind in (d.A, d.AAAA)}
        for kind in self._families:
            addresses = [self._address(kind) for _ in range(self._random.randint(1, 3))]
            says[kind] = d.at(*addresses, truncated=self._failure == "truncation" and self._chance(50))
        return says

    def _as_alias(self, says):
        """An alias, which leads to an address in one family or both, or nowhere."""
        return {kind: answer if answer.rcode or answer.silent else replace(answer, alias="real.test")
                for kind, answer in says.items()}

    def _rules(self, candidates):
        """Mostly one candidate has addresses; perhaps some behind it, which nobody is to find."""
        names = list(dict.fromkeys(candidates))
        found = self._random.randrange(len(names)) if self._families else len(names)
        rules = {}
        for number, name in enumerate(names):
            has_some = number == found or (number > found and self._chance(50))
            rules[name] = self._has_some() if has_some else self._has_none()
            if self._chance(8):
                rules[name] = self._as_alias(rules[name])
        return rules

    def _quieten(self, rules):
        """Leaves one silent candidate, because each costs seconds."""
        silent = [name for name, says in rules.items() if any(answer.silent for answer in says.values())]
        kept = self._random.choice(silent) if silent else None
        for name in silent:
            if name != kept:
                rules[name] = {kind: FAILURES[self._other_failure()] if answer.silent else answer
                               for kind, answer in rules[name].items()}

    def case(self):
        name, domains = self._name(), self._domains()
        candidates, stands = candidates_of(name.lower(), self._ndots, domains)
        rules = self._rules(candidates)
        self._quieten(rules)
        is_slow = not self._in_hosts and any(answer.silent for says in rules.values() for answer in says.values())
        return Case(self._number, self._axes, name, self._hosts(name), self._resolv_conf(domains, is_slow),
                    tuple(candidates), stands, rules, self._in_hosts, is_slow)


def draw_all():
    """Each combination three times without the name in hosts and once with it; silence, which is slow, once each."""
    cases = []
    for turn, in_hosts in enumerate([False, True, False, False]):
        for axes in SPACE:
            if turn < 2 or axes[3] != "silence":
                cases.append(Draw(len(cases), axes, in_hosts).case())
    return cases


# --- what is tried --------------------------------------------------------------------------------

class Attempts:
    """Sees to which addresses a TCP connection is tried: the first packet of each, on the loopback interface."""

    _SO_ATTACH_FILTER, _SOL_PACKET, _PACKET_STATISTICS = 26, 263, 6
    # Where they are in a packet without IP options: (EtherType, family, protocol, length of the IP header, address)
    _LAYOUTS = [(0x0800, socket.AF_INET, 9, 20, slice(16, 20)), (0x86dd, socket.AF_INET6, 6, 40, slice(24, 40))]

    def __init__(self, net):
        self._lock = Lock()
        self._seen = defaultdict(set)
        self._sockets = [self._open(net, *layout[:4]) for layout in self._LAYOUTS]

    def _open(self, net, ethertype, _, protocol, header):
        made = net.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
        # Load the protocol, it must be TCP; load the flags, of SYN and ACK it must be SYN alone.
        program = [(0x30, 0, 0, protocol), (0x15, 0, 4, socket.IPPROTO_TCP), (0x30, 0, 0, header + 13),
                   (0x54, 0, 0, 0x12), (0x15, 0, 1, 0x02), (0x06, 0, 0, 0xffff), (0x06, 0, 0, 0)]
        code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
        made.setsockopt(socket.SOL_SOCKET, self._SO_ATTACH_FILTER,
                        struct.pack("HP", len(program), ctypes.addressof(code)))
        made.bind(("lo", ethertype))
        made.setblocking(False)
        return made

    def to(self, port):
        """The addresses tried at this port. What was refused has been seen, so nothing is waited for."""
        with self._lock:
            for layout, sock in zip(self._LAYOUTS, self._sockets):
                self._read(sock, *layout[1:])
            return self._seen[port]

    def _read(self, sock, family, _, header, address):
        while True:
            try:
                packet = sock.recv(256)
            except BlockingIOError:
                break
            (port,) = struct.unpack_from("!H", packet, header + 2)
            self._seen[port].add(socket.inet_ntop(family, packet[address]))
        statistics = sock.getsockopt(self._SOL_PACKET, self._PACKET_STATISTICS, 8)
        assert struct.unpack("II", statistics)[1] == 0, "packets were lost: nothing can be said about them"

    def close(self):
        for sock in self._sockets:
            sock.close()


# What glibc reads besides, as distributions have it: without the one it asks DNS first, and without the other it takes
# one line of hosts.
GLIBC_ETC = {"nsswitch.conf": "hosts: files dns\n", "host.conf": "multi on\n"}

# Both see the same files. getent says 2 if there is no such name.
SAME_FILES = """
mount --bind "$1" /etc
getent ahosts "$2" >"$1/getent" || test $? = 2
shift 2
exec "$@"
"""


class Lookups:
    """A network where each case has files of its own, and nobody listens at any address."""

    def __init__(self, net, server):
        self._net, self._server = net, server
        net.run("sh", "-ec", """
            ip route add local 10.78.0.0/24 dev lo
            ip route add local fd78::/64 dev lo""")
        self._attempts = Attempts(net)

    def run(self, case):
        """Returns the addresses that getent says, and those that waitfor tries."""
        for name, says in case.rules.items():
            self._server.name(name, a=says[d.A], aaaa=says[d.AAAA])
        folder = self._net.folder / str(case.number)
        folder.mkdir()
        for name, text in {"hosts": case.hosts, "resolv.conf": case.resolv_conf, **GLIBC_ETC}.items():
            (folder / name).write_text(text)
        argv = [*self._net.enter, "unshare", "--mount", "--propagation", "private", "sh", "-ec", SAME_FILES, "sh",
                folder, case.name, BINARY, "--once", "--attempt-timeout", "60s", f"tcp://{case.name}:{case.port}"]
        # Until its pipes are closed: Popen.wait with a time limit looks only every 50 ms.
        done = subprocess.run(argv, env=CLEAN_ENV, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=100)
        assert done.returncode == 1, f"exit {done.returncode}: {done.stderr}\n{case}"
        said = {line.split()[0] for line in (folder / "getent").read_text().splitlines()}
        return said, self._attempts.to(case.port)

    def close(self):
        self._attempts.close()
