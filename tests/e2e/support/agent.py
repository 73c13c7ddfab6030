"""Holds a network and mount namespace open and hands out sockets made inside it.

Runs as a process of its own under unshare(1). Each request on descriptor argv[1] is "FAMILY TYPE";
the reply carries the new socket. End of file on that descriptor ends the agent, and with the
agent end the namespaces: nothing has to be cleaned up.
"""

import array
import socket
import sys


def main():
    channel = socket.socket(fileno=int(sys.argv[1]))
    channel.send(b"ready")
    while request := channel.recv(64):
        family, kind = map(int, request.split())
        with socket.socket(family, kind) as made:
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [made.fileno()]))
            channel.sendmsg([b"."], [rights])


if __name__ == "__main__":
    main()
