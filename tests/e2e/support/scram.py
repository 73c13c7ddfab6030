"""The server's side of SCRAM (RFC 5802, RFC 7677) with hashlib: it verifies the client's proof."""

import base64
import hashlib
import hmac
import secrets


def _b64(data):
    return base64.b64encode(data).decode()


class ScramServer:
    """One login. `password` is what is hashed. `first` and `last` answer the client's two messages."""

    def __init__(self, name, password, rounds=4096, salt=None):
        self.hash = {"SCRAM-SHA-1": "sha1", "SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}[name]
        self.salt = salt or secrets.token_bytes(16)
        self.rounds = rounds
        self.salted = hashlib.pbkdf2_hmac(self.hash, password.encode(), self.salt, rounds)

    def _sign(self, key, text):
        return hmac.digest(key, text.encode(), self.hash)

    def first(self, message):
        assert message.startswith("n,,n="), message
        self.bare = message[3:]
        self.user, self.nonce = self.bare[2:].split(",r=")
        assert len(base64.b64decode(self.nonce)) >= 18, message
        self.both = self.nonce + secrets.token_urlsafe(12)
        self.said = f"r={self.both},s={_b64(self.salt)},i={self.rounds}"
        return self.said

    def last(self, message):
        """The server's proof; None if the client's is wrong."""
        answer, _, proof = message.partition(",p=")
        assert answer == f"c={_b64(b'n,,')},r={self.both}", message
        messages = f"{self.bare},{self.said},{answer}"
        stored = hashlib.new(self.hash, self._sign(self.salted, "Client Key")).digest()
        signature = self._sign(stored, messages)
        key = bytes(one ^ other for one, other in zip(base64.b64decode(proof), signature, strict=True))
        if hashlib.new(self.hash, key).digest() != stored:
            return None
        return "v=" + _b64(self._sign(self._sign(self.salted, "Server Key"), messages))
