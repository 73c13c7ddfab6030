"""Packets that are lost on their way to a socket: a filter of the socket itself drops them, so no module of the kernel is needed.

A listener's filter goes for the connections that it accepts as well.
"""

import ctypes
import socket
import struct

SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27
# Classic BPF (linux/filter.h): load a random word, jump if it is at least K, return how much of the packet is kept.
LOAD_WORD, JUMP_AT_LEAST, RETURN = 0x20, 0x35, 0x06
RANDOM_WORD = 0xfffff000 + 56       # SKF_AD_OFF + SKF_AD_RANDOM
NOTHING, ALL = 0, 0xffffffff


def instruction(code, value, if_true=0, if_false=0):
    return struct.pack("HBBI", code, if_true, if_false, value)


def lose(sock, share):
    """From now on this share of the packets to the socket is lost: 1 is all, 0 is none."""
    if share == 0:
        try:
            sock.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
        except FileNotFoundError:
            pass    # none was lost before either
        return
    program = [instruction(RETURN, NOTHING)]
    if share < 1:
        program = [instruction(LOAD_WORD, RANDOM_WORD), instruction(JUMP_AT_LEAST, int(share * 2**32), if_true=1),
                   *program, instruction(RETURN, ALL)]
    code = ctypes.create_string_buffer(b"".join(program))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", len(program), ctypes.addressof(code)))
