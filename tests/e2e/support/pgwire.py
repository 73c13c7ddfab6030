"""The few PostgreSQL messages a scripted server needs."""

import struct

SSL_REQUEST, GSS_REQUEST = 80877103, 80877104
PROTOCOL_3_MAJOR = 3


def read_startup(connection):
    """Read one startup packet, refusing encryption first; returns its parameters or None."""
    while True:
        head = connection.read_exactly(8)
        if len(head) < 8:
            return None
        length, code = struct.unpack("!II", head)
        if code in (SSL_REQUEST, GSS_REQUEST):
            connection.send(b"N")
            continue
        assert code >> 16 == PROTOCOL_3_MAJOR, f"not a startup packet: {head!r}"
        words = connection.read_exactly(length - 8).split(b"\0")
        return {key.decode(): value.decode() for key, value in zip(words[0::2], words[1::2]) if key}


def message(kind, payload):
    return kind + struct.pack("!I", len(payload) + 4) + payload


def error(sqlstate, text="something is wrong", severity="FATAL"):
    fields = [("S", severity), ("V", "FATAL"), ("C", sqlstate), ("M", text)]
    packed = b"".join(key.encode() + value.encode() + b"\0" for key, value in fields)
    return message(b"E", packed + b"\0")


def ask_cleartext_password():
    return message(b"R", struct.pack("!I", 3))


def welcome():
    """Authentication ok, then ready for a query."""
    return message(b"R", struct.pack("!I", 0)) + message(b"Z", b"I")


def answers(*replies):
    """A script: take the startup packet, send the replies, then read until the end."""
    def script(connection):
        connection.startup = read_startup(connection)
        if connection.startup is None:
            return
        for reply in replies:
            connection.send(reply)
        connection.drain()
    return script


def refuses(sqlstate, text="something is wrong", severity="FATAL"):
    """A script: answer the startup packet with an error, then close, as a server does."""
    def script(connection):
        connection.startup = read_startup(connection)
        if connection.startup is not None:
            connection.send(error(sqlstate, text, severity))
    return script
