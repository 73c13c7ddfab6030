"""The Redis protocol (RESP2): as much of it as set-up and scripted servers need."""


class Error(str):
    """What a server says behind a '-': "NOAUTH Authentication required."."""


def command(*words):
    packed = [str(word).encode() if not isinstance(word, bytes) else word for word in words]
    return b"*%d\r\n" % len(packed) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in packed)


def read_reply(file):
    """One reply from a binary file: str, int, None, a list of these, or an Error."""
    line = file.readline()
    if not line.endswith(b"\r\n"):
        raise ConnectionError(f"the server hung up after {line!r}")
    kind, text = line[:1], line[1:-2].decode("utf-8", "backslashreplace")
    if kind == b"+":
        return text
    if kind == b"-":
        return Error(text)
    if kind == b":":
        return int(text)
    if kind == b"$":
        return file.read(int(text) + 2)[:-2].decode("utf-8", "backslashreplace") if int(text) >= 0 else None
    assert kind == b"*", line
    return [read_reply(file) for _ in range(int(text))]


# --- scripted servers -----------------------------------------------------------------------------

def bulk(text):
    return b"$%d\r\n%s\r\n" % (len(text), text.encode())


def role(name, *more):
    """A reply to ROLE, of whose elements the first is the role."""
    return b"*%d\r\n" % (1 + len(more)) + bulk(name) + b"".join(more)


PONG, OK = b"+PONG\r\n", b"+OK\r\n"
MASTER = role("master", b":3129659\r\n", b"*0\r\n")
REPLICA = role("slave", bulk("10.0.0.2"), b":6379\r\n", bulk("connected"), b":3167038\r\n")
# A server without a password, or with the one that it was given.
REPLIES = {"AUTH": OK, "PING": PONG, "SELECT": OK, "ROLE": MASTER, "QUIT": OK}
UNKNOWN = b"-ERR unknown command\r\n"


def refusal(text):
    return f"-{text}\r\n".encode()


def read_line(connection):
    line = b""
    while not line.endswith(b"\n") and (more := connection.read_exactly(1)):
        line += more
    return line.rstrip(b"\r\n") if line.endswith(b"\n") else None


def read_command(connection):
    """The words of one command, as an array or as a line; None at the end."""
    line = read_line(connection)
    if line is None or not line.startswith(b"*"):
        return None if line is None else line.split()
    words = []
    for _ in range(int(line[1:])):
        length = read_line(connection)
        if length is None:
            return None
        words.append(connection.read_exactly(int(length[1:]) + 2)[:-2])
    return words


def answers(replies=None, send=lambda connection, data: connection.send(data)):
    """A script: answer each command by its name, as REPLIES does where `replies` says nothing else.

    What was asked is in connection.commands.
    """
    known = {**REPLIES, **(replies or {})}

    def script(connection):
        connection.commands = []
        while words := read_command(connection):
            connection.commands.append([word.decode() for word in words])
            send(connection, known.get(words[0].decode().upper(), UNKNOWN))
    return script


def refuses(text):
    """A script: a server that says this to every command but AUTH."""
    return answers({name: refusal(text) for name in ("PING", "SELECT", "ROLE")})
