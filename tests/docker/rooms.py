"""A room: namespaces and a directory for programs that would leave traces on the machine. All of it goes at once."""

import contextlib
import ctypes
import os
import pathlib
import subprocess
import tempfile

# Stands beside the room and clears it away whatever becomes of the tests. When they end, so does the pipe, with it the
# room's PID 1, and thereby every process in it. $0 is the room's directory, $1 what runs in the room, $2 what clears
# away the rest outside of it.
KEEPER = r"""
unshare --net --mount --pid --ipc --uts --fork --kill-child sh -c "$1" "$0"
exec 2>/dev/null
eval "$2"
rm -rf --one-file-system "$0"
"""

# What is printed is the number of PID 1, as the host sees it.
BEGIN = r"""
set -e
read -r number rest </proc/self/stat
mount -t proc proc /proc
ip link set lo up
"""
END = r"""
echo "$number"
exec catatonit -- cat
"""


class Room:
    """Its set-up and clearing are scripts of a shell, which find its directory in $0."""

    def __init__(self, name, set_up, clear=""):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=f"waitfor-{name}-", dir="/var/tmp"))
        self.prepare()
        self._keeper = subprocess.Popen(
            ["sh", "-c", KEEPER, str(self.directory), BEGIN + set_up + END, clear], text=True, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        number = self._keeper.stdout.readline()
        assert number, self._keeper.communicate()[1]
        self.pid = int(number)

    def prepare(self):
        """Fills the directory, before anything runs."""

    def close(self):
        # Long: a room may have a gigabyte of files, and the machine much else to do.
        self._keeper.communicate("", timeout=300)
        assert not self.directory.exists(), "the keeper clears it away"

    def command(self, *arguments):
        enter = ("nsenter", f"--target={self.pid}", "--net", "--mount", "--pid", "--ipc", "--uts", "--")
        return [*enter, *map(str, arguments)]

    @contextlib.contextmanager
    def inside(self):
        """Meanwhile this thread's sockets are in the room's network."""
        network = f"/proc/{self.pid}/ns/net"
        with open("/proc/thread-self/ns/net") as here, open(network) as there:
            _enter(there)
            try:
                yield
            finally:
                _enter(here)


def _enter(namespace):
    # os.setns comes with Python 3.12.
    if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), 0):
        raise OSError(ctypes.get_errno(), "setns")
