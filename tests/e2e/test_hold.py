"""--hold: the app starts at once, and its connections are held until their targets are ready."""

import signal
import socket
import time

from support.children import first_child, state_of
from support.held import ASKS, PYTHON, Service, ask, connect, is_silent
from support.until import until


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


def test_the_app_gets_term_when_waitfor_is_killed(hold):
    running = hold()
    app = first_child(running.pid)
    running.send(signal.SIGKILL)
    until(lambda: state_of(app) in (None, "Z"), what="the app has ended")
