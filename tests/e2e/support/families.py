"""Address families. Needs nothing but Python, since the benchmark uses it too."""

import socket


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET
