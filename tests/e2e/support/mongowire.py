"""MongoDB's OP_MSG with a document of BSON: as much as scripted servers need."""

import hashlib
import struct

from support.scram import ScramServer


def _value(name, value):
    key = name.encode() + b"\0"
    if isinstance(value, bool):
        return b"\x08" + key + bytes([value])
    if isinstance(value, int):
        return b"\x10" + key + struct.pack("<i", value)
    if isinstance(value, float):
        return b"\x01" + key + struct.pack("<d", value)
    if isinstance(value, bytes):
        return b"\x05" + key + struct.pack("<i", len(value)) + b"\0" + value
    if isinstance(value, list):
        return b"\x04" + key + document({str(index): each for index, each in enumerate(value)})
    return b"\x02" + key + struct.pack("<i", len(value.encode()) + 1) + value.encode() + b"\0"


def document(fields):
    items = b"".join(_value(name, value) for name, value in fields.items()) + b"\0"
    return struct.pack("<i", len(items) + 4) + items


def message(fields, answers=1):
    body = struct.pack("<I", 0) + b"\0" + document(fields)
    return struct.pack("<iiii", 16 + len(body), 7, answers, 2013) + body


def member(primary=False, secondary=False, name="rs0", **more):
    return {"hosts": ["a:27017", "b:27017"], "setName": name, "isWritablePrimary": primary, "secondary": secondary,
            **more, "maxWireVersion": 21, "ok": 1.0}


ALONE = {"isWritablePrimary": True, "maxWireVersion": 21, "ok": 1.0}
NOT_SET_UP = {"isWritablePrimary": False, "secondary": False, "info": "Does not have a valid replica set config",
              "isreplicaset": True, "maxWireVersion": 21, "ok": 1.0}


def answers(fields):
    """A script: reads a whole message, and answers it with these fields, as often as there is one."""
    def script(connection):
        heard = b""
        while data := connection.read():
            heard += data
            while len(heard) >= 4 and len(heard) >= (length := struct.unpack("<i", heard[:4])[0]):
                number = struct.unpack("<i", heard[4:8])[0]
                assert struct.unpack("<i", heard[12:16])[0] == 2013 and heard[20:21] == b"\0", heard
                connection.send(message(fields(heard) if callable(fields) else fields, number))
                heard = heard[length:]
    return script


def read(data):
    """The items of a document of BSON, as far as a login has them."""
    fields, at = {}, 4
    while data[at]:
        kind, end = data[at], data.index(b"\0", at + 1)
        name, at = data[at + 1:end].decode(), end + 1
        number = struct.unpack("<i", data[at:at + 4])[0] if kind in (2, 3, 5, 16) else None
        size = {1: 8, 2: 4, 3: 0, 5: 5, 8: 1, 16: 4}[kind] + (number if kind in (2, 3, 5) else 0)
        fields[name] = {2: lambda: data[at + 4:at + size - 1].decode(), 3: lambda: read(data[at:at + size]),
                        5: lambda: data[at + 5:at + size], 8: lambda: data[at] == 1,
                        16: lambda: number}.get(kind, lambda: data[at:at + size])()
        at += size
    return fields


class Login:
    """Fields for answers(): lets a user in who knows the password. `mechanisms` are those of saslSupportedMechs; None: it
    has not got that field, as before 4.0. `questions` has what was asked on all connections."""

    FAILED = {"ok": 0.0, "errmsg": "Authentication failed.", "code": 18, "codeName": "AuthenticationFailed"}

    def __init__(self, user, password, mechanisms=("SCRAM-SHA-1", "SCRAM-SHA-256"), empty_exchange=False, **scram):
        self.user, self.password, self.mechanisms, self.scram = user, password, mechanisms, scram
        self.empty_exchange = empty_exchange
        self.questions = []

    def _hashed(self, mechanism):
        if mechanism == "SCRAM-SHA-1":
            return hashlib.md5(f"{self.user}:mongo:{self.password}".encode()).hexdigest()
        return self.password

    def __call__(self, message):
        asked = read(message[21:])
        self.questions.append(asked)
        if "hello" in asked:
            named = self.mechanisms is not None and "saslSupportedMechs" in asked
            return {**ALONE, **({"saslSupportedMechs": list(self.mechanisms)} if named else {})}
        said = asked["payload"].decode()
        if "saslStart" in asked:
            self.server = ScramServer(asked["mechanism"], self._hashed(asked["mechanism"]), **self.scram)
            answer, self.ending = self.server.first(said), False
            if self.server.user != self.user:
                return self.FAILED
        elif self.ending:
            answer = ""
        else:
            answer = self.server.last(said)
            self.ending = self.empty_exchange
        if answer is None:
            return self.FAILED
        done = answer == "" or (answer.startswith("v=") and not self.empty_exchange)
        return {"conversationId": 1, "done": done, "payload": answer.encode(), "ok": 1.0}
