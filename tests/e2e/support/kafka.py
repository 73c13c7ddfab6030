"""Kafka's protocol: scripted brokers, and kfake of franz-go, which is built where there is Go."""

import os
import struct
import subprocess
import tempfile

from support import golang
from support.until import until


def text(value):
    return struct.pack(">h", -1) if value is None else struct.pack(">h", len(value)) + value.encode()


def array(items):
    items = list(items)
    return struct.pack(">i", len(items)) + b"".join(items)


def versions(first=0, last=12):
    """The body of the answer to ApiVersions 0."""
    return struct.pack(">h", 0) + array([struct.pack(">hhh", *one) for one in ((3, first, last), (18, 0, 3))])


def broker(number, host):
    return struct.pack(">i", number) + text(host) + struct.pack(">i", 9092) + text(None)


def topic(name, leaders, code=0):
    partitions = [struct.pack(">hii", 0, number, leader) + array([struct.pack(">i", 1)]) * 2
                  for number, leader in enumerate(leaders)]
    return struct.pack(">h", code) + text(name) + b"\0" + array(partitions)


def metadata(topics=(), brokers=("a", "b")):
    """The body of the answer to Metadata 4."""
    return (struct.pack(">i", 0) + array([broker(number, host) for number, host in enumerate(brokers)])
            + text("cluster") + struct.pack(">i", 0) + array(list(topics)))


def answers(bodies):
    """A script: answers each kind of request (18, 3) with that body; one that is not in it ends the connection."""
    def script(connection):
        heard = b""
        while data := connection.read():
            heard += data
            while len(heard) >= 12 and len(heard) >= 4 + struct.unpack(">i", heard[:4])[0]:
                size, key, _, number = struct.unpack(">ihhi", heard[:12])
                heard = heard[4 + size:]
                if key not in bodies:
                    return
                connection.send(struct.pack(">ii", 4 + len(bodies[key]), number) + bodies[key])
    return script


def kfake_program():
    return golang.own_program("kfake")


class Kfake:
    """Three brokers on loopback."""

    def __init__(self, *args):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([kfake_program(), *args], stdin=subprocess.PIPE, stdout=self.log, text=True)
        self.brokers = until(self._first_line, 30, "the addresses of the brokers").split()

    def _first_line(self):
        assert self.process.poll() is None, "it has ended"
        line = self.said().partition("\n")
        return line[1] and line[0]

    def said(self):
        return os.pread(self.log.fileno(), 1 << 20, 0).decode()

    def create(self, name):
        self.process.stdin.write(f"create {name}\n")
        self.process.stdin.flush()

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        finally:
            self.process.kill()
            self.process.wait()
            self.log.close()
