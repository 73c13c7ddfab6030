"""--hold: what is passed on between the app and its service."""

import contextlib
import os
import select
import socket
import struct
import threading
import time

import pytest

from support.children import memory
from support.dns import at
from support.held import ask, connect, reset
from support.until import until


def test_a_reset_is_passed_on(hold, service):
    service.answer = lambda connection: connection.recv(1) and reset(connection)
    service.start()
    running = hold()
    with connect(running.port) as connection:
        connection.sendall(b"x")
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_an_early_answer_arrives(hold, service):
    """The service refuses an upload in the middle: why must be heard, as without waitfor."""
    def answer(connection):
        connection.recv(1)
        time.sleep(0.3)
        connection.sendall(b"too large")
        connection.close()
    service.answer = answer
    service.start()
    running = hold()
    running.wait_err("ready at")
    with connect(running.port) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(bytes(25_000_000))
        assert connection.recv(100) == b"too large"


@pytest.mark.parametrize("half", [False, True], ids=["has filled the way", "has said all"])
def test_a_reset_of_who_is_not_read_is_passed_on(hold, service, half):
    ended = []

    def answer(connection):
        poll = select.poll()
        poll.register(connection, 0)
        ended.append(poll.poll(15000))
    service.answer = answer
    service.start()
    running = hold()
    running.wait_err("ready at")
    connection = connect(running.port)
    connection.settimeout(0.5)
    with contextlib.suppress(TimeoutError):
        connection.sendall(b"x" if half else bytes(50_000_000))
    if half:
        connection.shutdown(socket.SHUT_WR)
    time.sleep(0.2)
    reset(connection)
    until(lambda: any(ended), what="the service hears of it")


def test_a_reset_of_the_app_is_passed_on(hold, service):
    heard = []

    def answer(connection):
        try:
            while data := connection.recv(1):
                heard.append(data)
        except ConnectionResetError:
            heard.append("reset")
    service.answer = answer
    service.start()
    running = hold()
    connection = connect(running.port)
    connection.sendall(b"x")
    until(lambda: heard == [b"x"])
    reset(connection)
    until(lambda: heard == [b"x", "reset"])


def test_each_connection_goes_where_the_name_leads_now(waitfor, net, dns, peer):
    """One that stands stays where it is."""
    def names(connection):
        while connection.sock.recv(100):
            connection.sock.sendall(connection.sock.getsockname()[0].encode())
    services = {address: peer(names, address=net.address(address), port=5000, net=net)
                for address in ("10.77.0.11", "10.77.0.12")}
    dns.name("db", a=at("10.77.0.11", ttl=0))
    running = waitfor.start("--hold=DB=0", "DB=tcp://db:5000", "--", "sleep", "60", net=net)
    running.wait_err("ready at")
    port = int(running.err().split("held at 127.0.0.1:")[1].split()[0])

    def place(connection):
        connection.sendall(b"where?")
        return connection.recv(100).decode()

    def connect_inside():
        connection = net.socket()
        connection.settimeout(20)
        connection.connect(("127.0.0.1", port))
        return connection
    with connect_inside() as first:
        assert place(first) == "10.77.0.11"
        dns.name("db", a=at("10.77.0.12", ttl=0))

        def another():
            with connect_inside() as connection:
                return place(connection)
        until(lambda: another() == "10.77.0.12", what="another connection goes there")
        assert place(first) == "10.77.0.11"
    assert len(services) == 2


def test_a_storm_of_resets(hold, service):
    """Held and relayed: nothing is left of them, and others are served."""
    running = hold()
    before = len(os.listdir(f"/proc/{running.pid}/fd"))
    for round_ in range(2):
        for _ in range(300):
            connection = connect(running.port)
            connection.sendall(b"x" * 1000)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        if round_ == 0:
            until(lambda: len(os.listdir(f"/proc/{running.pid}/fd")) <= before + 2, what="those that were held are gone")
            service.start()
            running.wait_err("ready at")
    assert ask(running.port) == b"answer to question"
    until(lambda: len(os.listdir(f"/proc/{running.pid}/fd")) <= before + 2, what="all of them are gone")


@pytest.mark.parametrize("size", [1, 65536, 65537, 20_000_000])
def test_all_bytes_arrive_both_ways(hold, service, size):
    """Back pressure: the service reads all before it answers, and the answer is as long."""
    service.start()
    running = hold()
    data = os.urandom(min(size, 1 << 16)) * (size // (1 << 16) + 1)
    data = data[:size]
    heard = []
    with connect(running.port) as connection:
        sender = threading.Thread(target=lambda: (connection.sendall(data), connection.shutdown(socket.SHUT_WR)))
        sender.start()
        while piece := connection.recv(1 << 20):
            heard.append(piece)
        sender.join()
    assert b"".join(heard) == b"answer to " + data


def test_who_does_not_read_holds_up_the_sender(hold, service):
    """And costs little memory: what the kernel does not take is not read."""
    service.answer = lambda connection: time.sleep(60)
    service.start()
    running = hold()
    with connect(running.port) as connection:
        connection.settimeout(0.5)
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < 100 << 20:
                sent += connection.send(bytes(1 << 16))
    assert memory(running.pid) < 2048
