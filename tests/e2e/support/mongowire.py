"""MongoDB's OP_MSG with a document of BSON: as much as scripted servers need."""

import struct


def _value(name, value):
    key = name.encode() + b"\0"
    if isinstance(value, bool):
        return b"\x08" + key + bytes([value])
    if isinstance(value, int):
        return b"\x10" + key + struct.pack("<i", value)
    if isinstance(value, float):
        return b"\x01" + key + struct.pack("<d", value)
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
