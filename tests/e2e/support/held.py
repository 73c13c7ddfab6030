"""A service that comes and goes, and what talks to it through a port that is held."""

import contextlib
import socket
import struct
import sys
import threading

PYTHON = [sys.executable, "-u", "-c"]
# Tells where its connections go, and talks: each line of its stdin is sent, and the reply is printed.
ASKS = """
import os, socket, sys
connection = socket.create_connection((os.environ["DB_HOST"], int(os.environ["DB_PORT"])))
print("connected")
connection.sendall(b"question")
connection.shutdown(socket.SHUT_WR)
print("heard", b"".join(iter(lambda: connection.recv(4096), b"")).decode())
"""


class Service:
    """Answers a question with "answer to QUESTION" when the client has said all. It comes and goes."""

    def __init__(self):
        self.port = 0
        self.accepted = self.answered = 0
        self.open = []
        self.listener = None

    def _bind(self):
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("127.0.0.1", self.port))
        self.port = made.getsockname()[1]
        return made

    def start(self):
        self.listener = self._bind()
        self.listener.listen(4096)
        threading.Thread(target=self._serve, args=(self.listener,), daemon=True).start()
        return self

    def reserve(self):
        """Nobody listens there yet, and nobody else can get it."""
        self.holder = self._bind()
        return self

    def stop(self):
        if self.listener:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
        self.listener = None
        for connection in self.open:
            connection.close()
        self.open = []
        return self

    def _serve(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.accepted += 1
            self.open.append(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        with contextlib.suppress(OSError), connection:      # the test may have closed it
            self.answer(connection)

    def answer(self, connection):
        question = b"".join(iter(lambda: connection.recv(1 << 16), b""))
        if question:
            connection.sendall(b"answer to " + question)
            self.answered += 1
            connection.close()


def connect(port, host="127.0.0.1"):
    connection = socket.create_connection((host, port), timeout=10)
    connection.settimeout(20)
    return connection


def ask(port, question=b"question"):
    """A whole conversation; returns what was heard."""
    with connect(port) as connection:
        connection.sendall(question)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def is_silent(connection):
    connection.settimeout(0.3)
    try:
        return connection.recv(1) is None
    except TimeoutError:
        return True
    finally:
        connection.settimeout(20)


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
