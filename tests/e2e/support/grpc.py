"""grpchealth: the health service of grpc-go."""

import os
import subprocess
import tempfile

from support import golang


def grpchealth_program():
    return golang.own_program("grpchealth")


class GrpcHealth:
    """On a port of loopback. What it logs is what grpc-go logs, with all details."""

    def __init__(self, *args):
        self._log = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen([grpchealth_program(), *map(str, args)], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, stderr=self._log, text=True)
        self.target = self._process.stdout.readline().strip()
        assert self.target, self.log()

    def set(self, state, service=""):
        self._process.stdin.write(f"{state} {service}\n")
        self._process.stdin.flush()

    def log(self):
        return os.pread(self._log.fileno(), 1 << 20, 0).decode()

    def close(self):
        self._process.kill()
        self._process.communicate()
        self._log.close()
