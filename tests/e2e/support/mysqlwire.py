"""The few packets of MySQL that a scripted server or client needs, as https://dev.mysql.com/doc/dev/mysql-server/ describes them."""

import hashlib
import socket
import struct
import subprocess

NATIVE, CACHING = b"mysql_native_password", b"caching_sha2_password"
NONCE = b"abcdefghijklmnopqrst"
OK = b"\0\0\0\2\0\0\0"
EVERYTHING = 0xdfffffff          # the capabilities that MySQL 8 says it has


def packet(number, payload):
    return struct.pack("<I", len(payload))[:3] + bytes([number]) + payload


def greeting(version=b"8.0.36", method=CACHING):
    return packet(0, b"\x0a" + version + b"\0" + struct.pack("<I", 7) + NONCE[:8] + b"\0"
                  + struct.pack("<HBHHB", EVERYTHING & 0xffff, 255, 2, EVERYTHING >> 16, 21) + bytes(10)
                  + NONCE[8:] + b"\0" + method + b"\0")


def error(number, code, text):
    return packet(number, b"\xff" + struct.pack("<H", code) + b"#HY000" + text.encode())


def one_row(value=b"1"):
    column = b"\3def\0\0\0\x011\0\x0c?\0\1\0\0\0\3\x81\0\0\0\0"
    end = b"\xfe\0\0\2\0"
    rows = [b"\1", column, end, bytes([len(value)]) + value, end]
    return b"".join(packet(number, row) for number, row in enumerate(rows, 1))


def read_packet(connection):
    """Returns its number and its payload; (None, b"") at the end."""
    head = connection.read_exactly(4)
    if len(head) < 4:
        return None, b""
    return head[3], connection.read_exactly(head[0] | head[1] << 8 | head[2] << 16)


def read_login(connection):
    """Returns the user, what shows the password, and the method."""
    _, payload = read_packet(connection)
    user, rest = payload[32:].split(b"\0", 1)
    shown, rest = rest[1:1 + rest[0]], rest[1 + rest[0]:]
    return user.decode(), shown, rest.rstrip(b"\0").split(b"\0")[-1]


def shows(password, nonce=NONCE):
    """What caching_sha2_password must send for it."""
    def sha(data):
        return hashlib.sha256(data).digest()
    once = sha(password.encode())
    return bytes(a ^ b for a, b in zip(once, sha(sha(once) + nonce)))


def connect(port, user=None):
    """A session of a user without a password, or a connection that is only greeted; to be closed. None: there is no room."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=10)
    said = sock.recv(1000)
    if user and said[4] == 0x0a:
        login = struct.pack("<IIB23x", 0x88201, 1 << 24, 45) + user.encode() + b"\0\0" + NATIVE + b"\0"
        sock.sendall(packet(1, login))
        said = sock.recv(1000)
    if said[4] != 0xff:
        return sock
    sock.close()
    assert b"Too many connections" in said, said
    return None


class Key:
    """The server's RSA key, in files of this folder."""

    def __init__(self, folder, bits=2048):
        self.file = folder / "key.pem"
        subprocess.run(["openssl", "genrsa", "-out", self.file, str(bits)], check=True, capture_output=True)
        self.public = subprocess.run(["openssl", "rsa", "-in", self.file, "-pubout"], check=True,
                                     capture_output=True).stdout

    def decrypt(self, data, nonce=NONCE):
        plain = subprocess.run(["openssl", "pkeyutl", "-decrypt", "-inkey", self.file, "-pkeyopt",
                                "rsa_padding_mode:oaep"], input=data, check=True, capture_output=True).stdout
        return bytes(byte ^ nonce[i % len(nonce)] for i, byte in enumerate(plain)).decode()
