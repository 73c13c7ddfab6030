"""A DNS server that says what the test wants, and remembers what it was asked."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from support.families import family_of
from support.losses import lose

A, AAAA = 1, 28
CNAME, SRV = 5, 33


@dataclass(frozen=True)
class Answer:
    """The reply to one question: addresses of the type asked for, or an error, or nothing."""
    addresses: tuple = ()
    rcode: int = 0
    ttl: int = 600          # what Docker's own server says (FACTS 10)
    delay: float = 0.0
    silent: bool = False
    truncated: bool = False  # over UDP only: "ask again over TCP"
    services: tuple = ()     # of an answer to SRV: (priority, weight, port, host) of each record
    alias: str = ""          # answered as a CNAME that leads to the addresses
    reset: bool = False      # over TCP only: the connection is reset in place of an answer
    spoil: Callable = bytes  # what is made of the bytes of the reply


def at(*addresses, **more):
    return Answer(addresses=addresses, **more)


NODATA = Answer()
SERVFAIL = Answer(rcode=2)
NXDOMAIN = Answer(rcode=3)
REFUSED = Answer(rcode=5)
SILENCE = Answer(silent=True)


def encode_name(name):
    labels = [label.encode() for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def read_question(packet):
    """Return (name in lower case, type, end of the question section)."""
    at_byte, labels = 12, []
    while length := packet[at_byte]:
        labels.append(packet[at_byte + 1:at_byte + 1 + length].decode("ascii"))
        at_byte += 1 + length
    (kind,) = struct.unpack_from("!H", packet, at_byte + 1)
    return ".".join(labels).lower(), kind, at_byte + 5


def record(owner, kind, ttl, data):
    return owner + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data


def build_reply(packet, kind, end, answer, over_udp):
    truncated = answer.truncated and over_udp
    records, owner = [], b"\xc0\x0c"
    if not truncated:
        if answer.alias:
            records.append(record(owner, CNAME, answer.ttl, encode_name(answer.alias)))
            owner = encode_name(answer.alias)
        family = socket.AF_INET if kind == A else socket.AF_INET6
        for address in answer.addresses:
            records.append(record(owner, kind, answer.ttl, socket.inet_pton(family, address)))
        for *numbers, host in answer.services:
            records.append(record(owner, SRV, answer.ttl, struct.pack("!HHH", *numbers) + encode_name(host)))
    flags = 0x8180 | answer.rcode | (0x0200 if truncated else 0)
    header = packet[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0)
    return header + packet[12:end] + b"".join(records)


class Dns:
    """Serves UDP and TCP on port 53 of one address of a Net until closed."""

    def __init__(self, net, address="127.0.0.53"):
        self.asked = []          # (monotonic time, name, type), in order of arrival
        self._names = {}
        self.everything = None   # the answer to every question, if it is set
        self._closing = False
        self._udp = net.socket(family_of(address), socket.SOCK_DGRAM)
        self._udp.bind((address, 53))
        self._tcp = net.socket(family_of(address), socket.SOCK_STREAM)
        self._tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._tcp.bind((address, 53))
        self._tcp.listen()
        self._threads = [threading.Thread(target=loop, daemon=True)
                         for loop in (self._serve_udp, self._serve_tcp)]
        for thread in self._threads:
            thread.start()

    def name(self, name, a=NODATA, aaaa=NODATA, srv=NODATA):
        """Set all answers of a name, in one step. Names not set do not exist."""
        self._names[name.rstrip(".").lower()] = {A: a, AAAA: aaaa, SRV: srv}

    def forget(self, name):
        self._names.pop(name.rstrip(".").lower(), None)

    def questions(self, name, kind=None):
        """The times at which this name was asked for."""
        return [when for when, asked, its_kind in list(self.asked)
                if asked == name and kind in (None, its_kind)]

    def _answer(self, packet):
        name, kind, end = read_question(packet)
        self.asked.append((time.monotonic(), name, kind))
        known = self._names.get(name)
        if self.everything:
            return kind, end, self.everything
        return kind, end, NXDOMAIN if known is None else known.get(kind, NODATA)

    def _serve_udp(self):
        while True:
            try:
                packet, client = self._udp.recvfrom(4096)
            except OSError:
                return
            if self._closing:
                return
            kind, end, answer = self._answer(packet)
            if answer.silent:
                continue
            reply = answer.spoil(build_reply(packet, kind, end, answer, over_udp=True))
            if answer.delay:
                threading.Timer(answer.delay, self._send_late, (reply, client)).start()
            else:
                self._udp.sendto(reply, client)

    def _send_late(self, reply, client):
        try:
            self._udp.sendto(reply, client)
        except OSError:
            pass  # the test has ended meanwhile

    def _serve_tcp(self):
        while True:
            try:
                connection, _ = self._tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._talk_tcp, args=(connection,), daemon=True).start()

    def _talk_tcp(self, connection):
        # The client may leave at any time.
        with contextlib.suppress(ConnectionError), connection, connection.makefile("rb") as stream:
            while len(length := stream.read(2)) == 2:
                packet = stream.read(struct.unpack("!H", length)[0])
                kind, end, answer = self._answer(packet)
                if answer.reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
                if not answer.silent:
                    reply = answer.spoil(build_reply(packet, kind, end, answer, over_udp=False))
                    connection.sendall(struct.pack("!H", len(reply)) + reply)

    def lose(self, share):
        """From now on this share of the packets to the server is lost."""
        for sock in (self._udp, self._tcp):
            lose(sock, share)

    def close(self):
        self._closing = True
        for listener in (self._udp, self._tcp):
            try:
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in it
            except OSError:
                pass  # an unconnected UDP socket says ENOTCONN, and wakes all the same
        for thread in self._threads:
            thread.join(5)
        self._udp.close()
        self._tcp.close()
