"""--hold: the app starts at once, and its connections are held until their targets are ready."""

import contextlib
import json
import os
import resource
import select
import signal
import socket
import struct
import sys
import threading
import time

import pytest

from support.children import first_child, state_of
from support.dns import at
from support.until import until

PYTHON = [sys.executable, "-u", "-c"]
# Tells where its connections go, and talks: each line of its stdin is sent, and the reply is printed.
ASKS = """
import os, socket, sys
connection = socket.create_connection((os.environ["DB_HOST"], int(os.environ["DB_PORT"])))
print("connected")
connection.sendall(b"question")
connection.shutdown(socket.SHUT_WR)
print("heard", b"".join(iter(lambda: connection.recv(4096), b"")).decode())
"""


class Service:
    """Answers a question with "answer to QUESTION" when the client has said all. It comes and goes."""

    def __init__(self):
        self.port = 0
        self.accepted = self.answered = 0
        self.open = []
        self.listener = None

    def _bind(self):
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("127.0.0.1", self.port))
        self.port = made.getsockname()[1]
        return made

    def start(self):
        self.listener = self._bind()
        self.listener.listen(4096)
        threading.Thread(target=self._serve, args=(self.listener,), daemon=True).start()
        return self

    def reserve(self):
        """Nobody listens there yet, and nobody else can get it."""
        self.holder = self._bind()
        return self

    def stop(self):
        if self.listener:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
        self.listener = None
        for connection in self.open:
            connection.close()
        self.open = []
        return self

    def _serve(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.accepted += 1
            self.open.append(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        with contextlib.suppress(OSError), connection:      # the test may have closed it
            self.answer(connection)

    def answer(self, connection):
        question = b"".join(iter(lambda: connection.recv(1 << 16), b""))
        if question:
            connection.sendall(b"answer to " + question)
            self.answered += 1
            connection.close()


@pytest.fixture
def service():
    """A port at which nobody listens yet."""
    found = Service().reserve()
    yield found
    found.stop()


@pytest.fixture
def hold(waitfor, service):
    """Starts waitfor with a free port for the service; returns the run, with its port."""
    def start(*words, options=(), app=("sleep", "60"), **kwargs):
        command = ["--", *app] if app else []
        running = waitfor.start("--hold=DB=0", *options, f"DB=tcp://127.0.0.1:{service.port}", *words, *command, **kwargs)
        running.wait_err("held at 127.0.0.1:")
        running.port = int(running.err().split("held at 127.0.0.1:")[1].split()[0])
        return running
    return start


def connect(port, host="127.0.0.1"):
    connection = socket.create_connection((host, port), timeout=10)
    connection.settimeout(20)
    return connection


def ask(port, question=b"question"):
    """A whole conversation; returns what was heard."""
    with connect(port) as connection:
        connection.sendall(question)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def is_silent(connection):
    connection.settimeout(0.3)
    try:
        return connection.recv(1) is None
    except TimeoutError:
        return True
    finally:
        connection.settimeout(20)


# --- held, then relayed -------------------------------------------------------------------------

def test_the_app_starts_at_once_and_its_connection_is_held(hold, service):
    running = hold(app=[*PYTHON, ASKS])
    until(lambda: "connected" in running.out(), what="the app is connected, though nobody is there")
    time.sleep(0.3)
    assert "heard" not in running.out()
    service.start()
    result = running.finish()
    assert result.code == 0 and result.out == "connected\nheard answer to question\n", result
    assert "ready at" in result.err


def test_at_the_same_port_where_that_is_free(waitfor, net):
    """In a namespace of its own the port of the peer is free on loopback."""
    net.blackhole("10.77.0.9")
    running = waitfor.start("--hold", "db=tcp://10.77.0.9:5432", "--", "sh", "-c", "echo $DB_HOST $DB_PORT $DB_ADDR", net=net)
    result = running.finish()
    assert result.code == 0 and result.out == "127.0.0.1 5432 127.0.0.1\n", result


def test_at_a_free_port_where_that_is_taken(waitfor, service):
    service.start()
    result = waitfor("--hold", f"DB=tcp://127.0.0.1:{service.port}", "--", "sh", "-c", "echo $DB_PORT")
    port = int(result.out)
    assert result.code == 0 and port != service.port and f"held at 127.0.0.1:{port}" in result.err, result


def test_a_port_that_was_asked_for_is_taken(waitfor, service):
    other = Service().start()
    result = waitfor(f"--hold=DB={other.port}", f"DB=tcp://127.0.0.1:{service.port}", "--", "true")
    assert result.code == 125 and result.lines[-1] == (
        f'waitfor: --hold: target "DB=tcp://127.0.0.1:{service.port}": cannot listen at 127.0.0.1:{other.port}: '
        "Address in use"), result
    other.stop()


def test_ipv6_as_well(hold, service):
    running = hold()
    service.start()
    with connect(running.port, "::1") as connection:
        connection.sendall(b"six")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(4096) == b"answer to six"


def test_what_the_user_set_is_replaced_and_composed(waitfor, service):
    result = waitfor("--hold=LOCALHOST=0", "--export", "URL=tcp://${LOCALHOST_HOST}:${LOCALHOST_PORT}/",
                     f"tcp://localhost:{service.port}", "--", "sh", "-c", "echo $LOCALHOST_HOST $LOCALHOST_PORT $URL",
                     env={"LOCALHOST_HOST": "localhost", "LOCALHOST_PORT": str(service.port)})
    host, port, url = result.out.split()
    assert host == "127.0.0.1" and int(port) != service.port and url == f"tcp://127.0.0.1:{port}/", result


def test_it_survives_a_restart_of_the_service(hold, service):
    """docker restart db: what is in flight breaks, and nothing else is refused."""
    service.start()
    running = hold()
    assert ask(running.port) == b"answer to question"
    service.stop()
    with connect(running.port) as connection:
        connection.sendall(b"in between")
        connection.shutdown(socket.SHUT_WR)
        running.wait_err("lost: connection refused (")
        assert is_silent(connection)
        service.start()
        assert connection.recv(4096) == b"answer to in between"
    running.wait_err("back after")
    assert ask(running.port) == b"answer to question"


def test_a_service_that_starts_is_not_ready(waitfor, service):
    """It accepts connections, and says that it is not ready: the probe decides."""
    loads = [True]

    def answer(connection):
        for data in iter(lambda: connection.recv(100), b""):
            connection.sendall(b"-LOADING\r\n" if loads[0] else b"+PONG\r\n" if b"PING" in data else b"+OK\r\n")
    service.answer = answer
    service.start()
    running = waitfor.start("--hold=DB=0", f"DB=redis://127.0.0.1:{service.port}", "--", "sleep", "60")
    running.wait_err("LOADING")
    port = int(running.err().split("held at 127.0.0.1:")[1].split()[0])
    with connect(port) as connection:
        connection.sendall(b"GET")
        assert is_silent(connection)
        loads[0] = False
        assert connection.recv(100) == b"+OK\r\n"


def test_a_service_that_goes_down_lets_nobody_in(waitfor, service):
    """PostgreSQL accepts connections while it shuts down, and refuses each. Who comes then must not get that."""
    state = ["ready"]

    def answer(connection):
        for data in iter(lambda: connection.recv(100), b""):
            if state[0] == "down" and b"PING" not in data:
                connection.sendall(b"-SHUTDOWN\r\n")
                break
            connection.sendall(b"+PONG\r\n" if state[0] == "ready" and b"PING" in data else
                               b"-LOADING\r\n" if b"PING" in data else b"+OK\r\n")
        connection.close()
    service.answer = answer
    service.start()
    running = waitfor.start("--hold=DB=0", f"DB=redis://127.0.0.1:{service.port}", "--", "sleep", "60")
    running.wait_err("ready at")
    port = int(running.err().split("held at 127.0.0.1:")[1].split()[0])
    with connect(port) as old:
        old.sendall(b"GET")
        assert old.recv(100) == b"+OK\r\n"
        time.sleep(1.2)                     # so long it would be believed
        state[0] = "down"
        old.sendall(b"GET")
        assert old.recv(100) == b"-SHUTDOWN\r\n" and old.recv(1) == b""
        with connect(port) as new:
            new.sendall(b"GET")
            running.wait_err("lost: answers but is not ready: LOADING")
            assert is_silent(new)
            state[0] = "ready"
            assert new.recv(100) == b"+OK\r\n"


def test_several_targets(waitfor):
    one, two = Service().start(), Service().start()
    app = "import os, socket\n" \
          "for name in ('ONE', 'TWO'):\n" \
          "    c = socket.create_connection((os.environ[name + '_HOST'], int(os.environ[name + '_PORT'])))\n" \
          "    c.sendall(name.encode()); c.shutdown(1); print(c.recv(100).decode())\n"
    result = waitfor("--hold=ONE=0,TWO=0", f"ONE=tcp://127.0.0.1:{one.port}", f"TWO=tcp://127.0.0.1:{two.port}", "--",
                     *PYTHON, app)
    assert result.code == 0 and result.out == "answer to ONE\nanswer to TWO\n", result
    one.stop(), two.stop()


def test_without_a_command(hold, service):
    running = hold(app=())
    service.start()
    assert ask(running.port) == b"answer to question"
    running.send(signal.SIGTERM)
    assert running.finish().code == 143


# --- what is passed on --------------------------------------------------------------------------

def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


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


# --- limits -------------------------------------------------------------------------------------

def test_hold_timeout(hold):
    running = hold(options=["--hold-timeout=300ms"])
    with connect(running.port) as connection:
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert "closing a connection that was held 300ms: connection refused" in running.err()


def test_hold_max(hold, service):
    """The third connection waits to be accepted, and is served when another one has ended."""
    def answer(connection):
        with connection:
            for data in iter(lambda: connection.recv(100), b""):
                connection.sendall(data)
    service.answer = answer
    running = hold(options=["--hold-max=2"])
    first, second, third = (connect(running.port) for _ in range(3))
    for client in (first, second, third):
        client.sendall(b"q")
    service.start()
    assert first.recv(100) == second.recv(100) == b"q"      # who waits longest comes first
    assert is_silent(third)
    first.close()
    assert third.recv(100) == b"q"


def test_a_client_that_gives_up_takes_no_room(hold, service):
    running = hold(options=["--hold-max=2"])
    for _ in range(20):
        connect(running.port).close()
    service.start()
    assert ask(running.port) == b"answer to question"
    assert service.answered == 1


def ticks(pid):
    """The processor time of the process."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return sum(map(int, file.read().rpartition(")")[2].split()[11:13]))


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


@pytest.mark.parametrize("said", [b"", b"question"], ids=["silent", "has spoken"])
def test_a_held_client_that_is_reset_is_forgotten(hold, said):
    running = hold(app=())
    until(lambda: state_of(running.pid) == "S")
    before = descriptors(running.pid)
    client = connect(running.port)
    client.sendall(said)
    until(lambda: descriptors(running.pid) > before, what="held")
    reset(client)
    until(lambda: descriptors(running.pid) == before, what="forgotten")


def test_no_busy_loop_for_clients_that_are_gone(hold):
    running = hold(app=(), options=["--max-interval=1s"])
    for said in (b"", b"question"):
        for end in (reset, lambda connection: connection.close()):
            client = connect(running.port)
            client.sendall(said)
            end(client)
    time.sleep(0.5)
    before = ticks(running.pid)
    time.sleep(1)
    assert ticks(running.pid) - before < 20, "of 100 in a second"


@pytest.mark.parametrize("limit", [24, 64, 256])
def test_few_descriptors(waitfor, service, limit):
    """No busy loop, and all are served in the end: who cannot be accepted waits."""
    running = waitfor.start("--hold=DB=0", f"DB=tcp://127.0.0.1:{service.port}", "--", "sleep", "60",
                            wrap=["prlimit", f"--nofile={limit}:{limit}"])
    running.wait_err("held at 127.0.0.1:")
    port = int(running.err().split("held at 127.0.0.1:")[1].split()[0])
    clients = [connect(port) for _ in range(300)]
    for client in clients:
        client.sendall(b"q")
        client.shutdown(socket.SHUT_WR)
    time.sleep(0.5)
    before = ticks(running.pid)
    time.sleep(1)
    assert ticks(running.pid) - before < 20, "of 100 in a second"
    service.start()
    for client in clients:
        assert client.recv(100) == b"answer to q"
        client.close()
    assert "lost" not in running.err()
    running.send(signal.SIGTERM)
    assert running.finish().code == 143


@pytest.fixture
def many():
    """A thousand, or what the descriptors of this process allow: it has both ends of its connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, 4096 if hard == resource.RLIM_INFINITY else min(hard, 4096))
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    yield min(1000, wanted // 3)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_thousand_clients(many, hold, service):
    running = hold()
    clients = [connect(running.port) for _ in range(many)]
    for client in clients:
        client.sendall(b"q")
        client.shutdown(socket.SHUT_WR)
    service.start()
    for client in clients:
        assert client.recv(100) == b"answer to q"
        client.close()
    running.send(signal.SIGTERM)
    assert running.finish().code == 143


def memory(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(next(line for line in file if line.startswith("VmRSS")).split()[1])


def test_no_leak(hold, service):
    """WAITFOR_RELAYED=100000 tries so many; the first tenth is not compared."""
    count = int(os.environ.get("WAITFOR_RELAYED", "2000"))
    service.start()
    running = hold(app=())
    running.wait_err("ready at")
    for turn in range(count):
        if turn == count // 10:
            found = descriptors(running.pid), memory(running.pid)
        service.open.clear()
        if turn % 3 == 2:       # one of three breaks
            with connect(running.port) as connection:
                connection.sendall(b"q")
                reset(connection)
        else:
            assert ask(running.port) == b"answer to question"
    until(lambda: descriptors(running.pid) <= found[0], what="the descriptors are as before")
    assert memory(running.pid) <= found[1] + 64, "kB"


def test_it_is_not_its_own_target(waitfor, service):
    """The service is on this machine, and not up yet: its port stays free for it."""
    for host in ("127.0.0.1", "localhost"):
        running = waitfor.start("--hold", f"db=tcp://{host}:{service.port}", "--", *PYTHON, ASKS)
        until(lambda: "connected" in running.out())
        service.start()
        assert running.finish().out.endswith("heard answer to question\n")
        service.stop()


def test_what_cannot_be_rendered_starts_nothing(waitfor, service, folder):
    (folder / "template").write_text("a ${DB_PORT}\n")
    result = waitfor("--hold=DB=0", "--render", f"{folder}/template:/dev/full", f"DB=tcp://127.0.0.1:{service.port}", "--",
                     "echo", "started")
    assert result.code == 125 and result.out == "" and "No space left" in result.err, result


def test_the_report_is_written_when_all_are_ready_and_the_events_go_on(hold, service, folder):
    reader, writer = os.pipe()
    service.start()
    running = hold(options=["--report-fd", str(writer), "--report", folder / "report.json"], pass_fds=[writer])
    os.close(writer)
    with os.fdopen(reader) as events:
        kinds = [json.loads(events.readline())["event"] for _ in range(3)]
        assert kinds == ["start", "ready", "end"]
        until((folder / "report.json").exists)
        assert '"verdict"' in (folder / "report.json").read_text()
        service.stop()
        with connect(running.port):
            assert json.loads(events.readline())["event"] == "lost"
        running.send(signal.SIGTERM)
        assert running.finish().code == 143
        assert events.read() == ""


def test_state_and_health(hold, service, folder):
    """A connection to the held port says nothing of the service: this does."""
    socket_file, state_file = folder / "health", folder / "state"
    running = hold(options=["--health", f"unix:{socket_file}", "--state", state_file])

    def seen():
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(socket_file))
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            head, _, body = b"".join(iter(lambda: client.recv(4096), b"")).decode().partition("\r\n\r\n")
        state = json.loads(body)
        (target,), (written,) = state["targets"], json.loads(state_file.read_text())["targets"]
        assert (target["state"], state["app"]) == (written["state"], None)
        return int(head.split()[1]), state["ready"], target["state"]
    running.wait_err("refused")
    until(state_file.exists)
    assert seen() == (503, False, "waiting")
    service.start()
    running.wait_err("ready at")
    assert seen() == (200, True, "ready")
    service.stop()
    with connect(running.port):
        running.wait_err("lost:")
        assert seen() == (503, False, "lost")
        service.start()
        running.wait_err("back after")
        assert seen() == (200, True, "ready")
    running.send(signal.SIGTERM)
    assert running.finish().code == 143
    assert not socket_file.exists() and not json.loads(state_file.read_text())["ready"]


# --- its end ------------------------------------------------------------------------------------

def test_the_end_of_the_app_is_that_of_waitfor(hold):
    running = hold(app=["sh", "-c", "exit 3"])
    assert running.finish().code == 3


def test_the_last_words_of_the_app_arrive(hold, service):
    """It says much, and ends at once: what was said is passed on."""
    heard = []
    service.answer = lambda connection: heard.append(len(b"".join(iter(lambda: connection.recv(1 << 16), b""))))
    service.start()
    app = 'import os, socket\nc = socket.create_connection((os.environ["DB_HOST"], int(os.environ["DB_PORT"])))\n' \
          'c.sendall(bytes(5_000_000))\n'
    running = hold(app=[*PYTHON, app])
    assert running.finish().code == 0
    until(lambda: 5_000_000 in heard, what="all of it")


def test_an_app_that_speaks_and_ends_at_once(hold, service):
    """Its connection may not even be accepted when it has ended."""
    heard = []

    def answer(connection):
        with connection:
            heard.append(b"".join(iter(lambda: connection.recv(100), b"")))
    service.answer = answer
    service.start()
    app = 'import os, socket\nc = socket.create_connection((os.environ["DB_HOST"], int(os.environ["DB_PORT"])))\n' \
          'c.sendall(b"bye")\nos._exit(0)\n'
    for turn in range(1, 11):
        running = hold(app=["sh", "-c", 'sleep 0.1; exec "$@"', "sh", *PYTHON, app])
        assert running.finish().code == 0
        until(lambda: heard.count(b"bye") == turn, what=lambda: f"the word of run {turn}: {heard} {running.err()}")


def test_who_says_nothing_and_only_listens(hold, service):
    """A client that has closed its side at once still gets what the service says."""
    service.answer = lambda connection: (connection.sendall(b"the time"), connection.close())
    service.start()
    running = hold()
    running.wait_err("ready at")
    for _ in range(10):
        with connect(running.port) as connection:
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(100) == b"the time"


def test_idle_connections_cost_nothing(hold, service):
    service.start()
    running = hold(app=())
    clients = [connect(running.port) for _ in range(10)]
    for client in clients:
        client.sendall(b"x")
    until(lambda: service.accepted >= 11)
    until(lambda: state_of(running.pid) == "S")
    time.sleep(0.2)

    def switches():
        with open(f"/proc/{running.pid}/status", encoding="ascii") as file:
            return [line for line in file if "ctxt_switches" in line]
    before = switches()
    time.sleep(1)
    assert switches() == before
    for client in clients:
        client.close()


def test_the_app_gets_term_when_waitfor_is_killed(hold):
    running = hold()
    app = first_child(running.pid)
    running.send(signal.SIGKILL)
    until(lambda: state_of(app) in (None, "Z"), what="the app has ended")
