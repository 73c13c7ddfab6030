"""Scripted TCP peers: each connection is handed to a function that plays one behaviour."""

import errno
import socket
import struct
import threading
import time

from support.families import family_of
from support.losses import lose
from support.until import until


def bound_socket(address="127.0.0.1", port=0, net=None):
    """A socket that owns a port but does not listen yet: connections to it are refused."""
    family = family_of(address)
    made = net.socket(family) if net else socket.socket(family)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((address, port))
    return made


class Connection:
    """One accepted connection, as a script sees it."""

    def __init__(self, sock):
        self.sock = sock
        self.number = 0
        self.received = b""
        self.ended = None        # "fin", "reset" or None while it is open
        self.opened = time.monotonic()
        self.held = None         # milliseconds from the handshake to the end, where a script notes it

    def age(self):
        """Milliseconds since the kernel took the connection, which may be long before accept().

        Until data comes that is the time of the last data; the last ACK may be of the other side's FIN.
        """
        info = self.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
        return struct.unpack_from("I", info, 8 + 11 * 4)[0]     # tcpi_last_data_recv

    def close_and_note(self, close):
        """Close, and note how long the connection stood, a pause in between included."""
        age, since = self.age(), time.monotonic()
        close()
        self.held = age + (time.monotonic() - since) * 1000

    def send(self, data):
        self.sock.sendall(data)

    def read(self, size=4096):
        """Bytes as they come; b"" at the end. Keeps everything in `received`."""
        try:
            data = self.sock.recv(size)
        except ConnectionResetError:
            self.ended = "reset"
            return b""
        self.received += data
        if not data:
            self.ended = "fin"
        return data

    def read_exactly(self, size):
        data = b""
        while len(data) < size and (more := self.read(size - len(data))):
            data += more
        return data

    def drain(self):
        """Read until the other side is done."""
        while self.read():
            pass

    def reset(self):
        """Close with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


def close_at_once(connection):
    """Accept, then close: docker-proxy without a listener behind it (FACTS 17)."""
    connection.close_and_note(connection.sock.close)


def silence(connection):
    """Accept and say nothing, until the other side gives up."""
    connection.drain()


def reset_at_once(connection):
    connection.close_and_note(connection.reset)


def says(data):
    """Wait for the first bytes, answer with `data`, then keep the connection open."""
    def script(connection):
        connection.read()
        connection.send(data)
        connection.drain()
    return script


def greets(data):
    """Speak first, then listen."""
    def script(connection):
        connection.send(data)
        connection.drain()
    return script


class Peer:
    """Listens from `listen()` on; `script` may be exchanged at any time."""

    def __init__(self, script=silence, address="127.0.0.1", port=0, net=None, listen=True):
        self.script = script
        self.connections = []
        self._listener = bound_socket(address, port, net)
        self.address, self.port = self._listener.getsockname()[:2]
        self._thread = None
        self.errors = []
        if listen:
            self.listen()

    @property
    def target(self):
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}"

    def listen(self):
        self.opened = time.monotonic()
        self._listener.listen(64)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def _serve(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            connection = Connection(sock)
            connection.number = len(self.connections)
            self.connections.append(connection)
            threading.Thread(target=self._play, args=(connection,), daemon=True).start()

    def _play(self, connection):
        try:
            with connection.sock:
                self.script(connection)
        except OSError as error:
            # The other side left in the middle of the script: that is its right.
            if error.errno not in (errno.EPIPE, errno.ECONNRESET, errno.EBADF, errno.ENOTCONN):
                self.errors.append(error)

    def wait_connections(self, count, timeout=10.0):
        until(lambda: len(self.connections) >= count, timeout,
              lambda: f"{count} connections, there were {len(self.connections)}")

    def lose(self, share):
        """From now on this share of the packets to the port is lost, and of those to connections that are still to come."""
        lose(self._listener, share)

    def stop_listening(self):
        """From now on connections are refused; open ones are not touched."""
        if self._thread:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._thread.join(5)
            self._thread = None

    def close(self):
        self.stop_listening()
        self._listener.close()
        for connection in self.connections:
            try:
                connection.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # closed already


def relay_to(address, port):
    """A script that passes bytes both ways: lets a server outside a Net be reached inside it."""
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def script(connection):
        try:
            server = socket.create_connection((address, port))
        except ConnectionRefusedError:
            return      # it ends before the relay does; who comes now finds a connection that is closed
        with server:
            back = threading.Thread(target=pump, args=(server, connection.sock), daemon=True)
            back.start()
            pump(connection.sock, server)
            back.join()
    return script


class UnixPeer(Peer):
    """The same on a Unix socket."""

    def __init__(self, path, script=silence):
        self.script = script
        self.connections = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._thread = None
        self.errors = []
        self.listen()
