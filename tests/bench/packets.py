"""Who sent how much: the packets of this network, counted by tap.c where they arrive."""

import struct
import subprocess
from collections import Counter

from lab import Failure

RECORD = struct.Struct("=qHHBBH")   # struct record of tap.c
TCP = 6
SYN, ACK = 0x02, 0x10


class Tap:
    """Counts from `with` to its end; asked afterwards."""

    def __init__(self, lab):
        self._path = lab.folder / "packets"
        with open(self._path, "wb") as file:
            self._process = subprocess.Popen([lab.program("tap")], stdout=file, stderr=subprocess.PIPE, text=True)
        self._records = []

    def __enter__(self):
        if self._process.stderr.readline() != "listening\n":
            raise Failure("tap: it cannot see the packets of this network")
        return self

    def __exit__(self, *_):
        self._process.terminate()
        if self._process.wait(30) != 0:
            raise Failure("tap: it lost packets")
        self._process.stderr.close()
        self._records = list(RECORD.iter_unpack(self._path.read_bytes()))
        self._path.unlink()

    def by_port(self):
        """How many packets went to or came from each port."""
        return Counter(port for _, source, to, *_ in self._records for port in (source, to))

    def connections(self, port):
        """When somebody asked for a connection to the port, as times of day in nanoseconds."""
        return [when for when, _, to, protocol, flags, _ in self._records
                if to == port and protocol == TCP and flags & (SYN | ACK) == SYN]
