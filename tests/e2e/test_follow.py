"""--follow: the targets stay watched while the app runs."""

import contextlib
import json
import os
import signal
import socket
import time
from dataclasses import replace

import pytest

from support.children import descendants, first_child
from support.dns import NODATA, SILENCE, at
from support.peers import silence
from support.postgres import PASSWORD_IN_URI
from support.until import until

# Says where its database is and which signals come; ends at TERM.
APP = """
trap 'echo HUP' HUP
trap 'echo USR1' USR1
trap 'echo TERM; exit 7' TERM
echo "at $DB_ADDR"
while :; do sleep 0.05; done
"""
ONE, TWO = "10.77.0.11", "10.77.0.12"


class Place:
    """A name with one address that can change, and a service at each of two addresses that comes and goes."""

    def __init__(self, net, dns, peer):
        self.net, self.dns, self.peer = net, dns, peer
        self.services = {}
        for address in (ONE, TWO):
            net.address(address)
        self.begin(ONE)
        self.name(ONE)

    def name(self, *addresses):
        self.dns.name("db", a=at(*addresses, ttl=0))

    def begin(self, address):
        self.services[address] = self.peer(silence, address=address, port=5000, net=self.net)

    def end(self, address):
        self.services.pop(address).close()

    def move(self):
        self.begin(TWO)
        self.name(TWO)
        self.end(ONE)


@pytest.fixture
def place(net, dns, peer):
    return Place(net, dns, peer)


@pytest.fixture
def follow(waitfor, net):
    def start(*options, app=("sh", "-c", APP), target="tcp://db:5000", **more):
        running = waitfor.start(*options, f"DB={target}", "--", *app, net=net, **more)
        until(lambda: f"at {ONE}" in running.out(), what="the app runs")
        return running
    return start


def end(running, code=7):
    running.send(signal.SIGTERM)
    result = running.finish()
    assert result.code == code, result
    return result


# --- what is told -------------------------------------------------------------------------------

def test_a_service_that_is_lost_and_comes_back(place, follow):
    running = follow("--follow")
    place.end(ONE)
    running.wait_err("DB=tcp://db:5000: lost: connection refused (10.77.0.11:5000)")
    place.begin(ONE)
    running.wait_err("DB=tcp://db:5000: back after ")
    assert "moved" not in running.err()
    assert end(running).out.split() == ["at", ONE, "TERM"]


def test_a_service_that_moves(place, follow):
    running = follow("--follow")
    place.move()
    running.wait_err(f"DB=tcp://db:5000: moved from {ONE}:5000 to {TWO}:5000")
    end(running)


def test_a_name_that_leads_elsewhere(place, follow):
    """The old place still answers, and is not the service's any more."""
    running = follow("--follow")
    place.begin(TWO)
    place.name(TWO)
    running.wait_err(f"DB=tcp://db:5000: moved from {ONE}:5000 to {TWO}:5000")
    end(running)


def test_one_failure_is_no_loss(waitfor, peer):
    """Two in a row are."""
    bad = []

    def script(connection):
        if bad:
            bad.pop()       # and it is closed at once
        else:
            silence(connection)
    server = peer(script)
    running = waitfor.start("--follow", f"tcp://{server.target}", "--", "sh", "-c", "trap 'exit 7' TERM; while :; do sleep 0.05; done")
    running.wait_err("ready at")
    bad.append(1)
    until(lambda: not bad, what="one look has failed")
    server.wait_connections(len(server.connections) + 2)
    assert "lost" not in running.err()
    bad += [1, 1]
    running.wait_err("lost: port open, but nothing behind it yet")
    running.wait_err("back after")
    end(running)


def test_another_of_several_addresses_is_no_move(place, follow):
    """Round robin: both are its addresses, whichever answers first."""
    place.begin(TWO)
    running = follow("--follow=signal=HUP")
    place.name(TWO, ONE)
    count = len(place.services[TWO].connections)
    until(lambda: len(place.services[TWO].connections) >= count + 2, what="two looks at the other one")
    place.name(ONE, TWO)
    assert "moved" not in running.err() and "HUP" not in running.out()
    end(running)


def test_the_looks_are_polite(place, follow, dns):
    """At most one probe a second, and one question of each kind."""
    running = follow("--follow")
    begin, asked = len(place.services[ONE].connections), len(dns.questions("db"))
    started = time.monotonic()
    until(lambda: len(place.services[ONE].connections) >= begin + 4, 15, what="four looks")
    elapsed = time.monotonic() - started
    assert elapsed >= 3, f"four looks in {elapsed} s"
    assert len(dns.questions("db")) - asked <= 2 * 5
    end(running)


def test_events(place, follow, folder):
    running = follow("--follow", "--output=json")
    place.end(ONE)
    running.wait_err('"lost"')
    place.begin(TWO)
    place.name(TWO)
    running.wait_err('"moved"')
    end(running)
    events = [json.loads(line) for line in running.err().splitlines()]
    kinds = [event["event"] for event in events]
    assert kinds[-3:] == ["lost", "back", "moved"], kinds
    lost, back, moved = events[-3:]
    assert lost["reason"] == "refused" and lost["address"] == f"{ONE}:5000"
    assert 1000 <= back["lost_ms"] <= 60000 and back["reason"] == "ready"
    assert (moved["from"], moved["address"]) == (f"{ONE}:5000", f"{TWO}:5000")


def test_the_state_file(place, follow, folder):
    file = folder / "state"

    def state():
        return json.loads(file.read_text())
    running = follow("--follow=restart", "--lost-after", "500ms", "--state", file)
    app = first_child(running.pid)
    until(file.exists)
    seen = state()
    del seen["time"]
    assert seen == {"version": 1, "ready": True, "app": {"pid": app, "starts": 1}, "targets": [{
        "target": "DB=tcp://db:5000", "name": "DB", "state": "ready", "host": "db", "port": 5000, "address": ONE,
        "reason": "ready"}]}
    place.end(ONE)
    until(lambda: state()["app"]["pid"] is None, what="the app is stopped")
    assert not state()["ready"]
    assert state()["targets"][0] | {"target": "", "name": ""} == {
        "target": "", "name": "", "state": "lost", "host": "db", "port": 5000, "address": ONE, "reason": "refused"}
    place.begin(ONE)
    until(lambda: state()["ready"], what="the app runs again")
    assert state()["app"]["starts"] == 2 and state()["app"]["pid"] == first_child(running.pid)
    end(running)
    assert not state()["ready"] and state()["app"] == {"pid": None, "starts": 2}


@pytest.mark.parametrize("kind", ["silent", "late"])
def test_a_move_where_the_other_family_is_not_answered(place, follow, dns, kind):
    """Each look ends before AAAA is answered; the address of IPv4 is known all the same."""
    running = follow("--follow")
    place.begin(TWO)
    dns.name("db", a=at(TWO, ttl=0), aaaa=SILENCE if kind == "silent" else replace(NODATA, delay=0.3))
    running.wait_err(f"moved from {ONE}:5000 to {TWO}:5000", 20)
    end(running)


def test_a_dead_address_that_stays_in_dns(place, follow):
    """Of two addresses the one that the app was told is dead for good: it has moved to the other."""
    place.begin(TWO)
    running = follow("--follow=restart")
    place.name(ONE, TWO)
    place.end(ONE)
    running.wait_err(f"moved from {ONE}:5000 to {TWO}:5000", 20)
    until(lambda: f"at {TWO}" in running.out(), what="the app runs again")
    end(running)


def test_a_failover_to_another_host_of_the_target(waitfor, new_pg):
    """The primary is gone, and its standby is promoted: who wants to write connects there."""
    first, second = new_pg().start(), new_pg()
    (second.data / "standby.signal").touch()
    second.start()
    target = (f"postgres://app:{PASSWORD_IN_URI}@127.0.0.1:{first.port},127.0.0.1:{second.port}/app"
              "?target_session_attrs=read-write")
    running = waitfor.start("--follow=signal=HUP", f"DB={target}", "--", "sh", "-c", APP)
    running.wait_err("ready at")
    first.stop()
    second.sql("SELECT pg_promote()")
    running.wait_err(f"moved from 127.0.0.1:{first.port} to 127.0.0.1:{second.port}", 30)
    until(lambda: "HUP" in running.out(), what="the signal")
    end(running)


def test_a_look_that_fails_when_the_app_is_to_be_started_again(place, follow):
    """It starts with the place that a look has found ready, and not with that of one that failed."""
    app = APP.replace("echo TERM; exit 7", "trap \"\" TERM; echo TERM; sleep 2; exit 7")
    running = follow("--follow=restart", app=("sh", "-c", app))
    place.move()
    until(lambda: "TERM" in running.out(), what="the app is told to end")
    place.end(TWO)
    until(lambda: not children(running), what="the app has ended")
    time.sleep(0.5)
    assert f"at {TWO}" not in running.out()
    place.begin(TWO)
    until(lambda: f"at {TWO}" in running.out(), what="the app runs again")
    assert running.err().count("moved from") == 1
    end(running)


def test_a_move_during_a_loss(place, follow):
    """Both are told, and the app is started once."""
    running = follow("--follow=restart", "--lost-after", "500ms", "--output=json")
    place.end(ONE)
    until(lambda: "TERM" in running.out(), what="the app is stopped")
    place.begin(TWO)
    place.name(TWO)
    until(lambda: f"at {TWO}" in running.out(), what="the app runs again")
    kinds = [json.loads(line)["event"] for line in running.err().splitlines()]
    assert [kind for kind in kinds if kind in ("lost", "back", "moved")] == ["lost", "back", "moved"]
    end(running)


def test_a_freeze_is_no_loss(place, follow):
    """It was lost before, and is back when waitfor goes on: nobody has looked for so long."""
    running = follow("--follow=restart", "--lost-after", "3s", "--attempt-timeout", "200ms")
    place.end(ONE)
    running.wait_err("lost: ")
    running.send(signal.SIGSTOP)
    time.sleep(4)
    place.begin(ONE)
    running.send(signal.SIGCONT)
    running.wait_err("back after")
    time.sleep(0.5)
    assert "restarting" not in running.err()
    end(running)


def test_what_the_app_left_behind_ends_before_it_is_started_again(place, follow):
    running = follow("--follow=restart", app=("sh", "-c", "sleep 300 & " + APP))
    old = [pid for pid in descendants(running.pid) if open(f"/proc/{pid}/comm").read() == "sleep\n"]
    old = [pid for pid in old if b"300" in open(f"/proc/{pid}/cmdline", "rb").read()]
    assert len(old) == 1
    place.move()
    until(lambda: f"at {TWO}" in running.out(), what="the app runs again")
    assert not os.path.exists(f"/proc/{old[0]}")
    for pid in descendants(running.pid):
        os.kill(pid, signal.SIGKILL)


def test_health_while_the_app_is_stopped(place, follow, net):
    app = APP.replace("echo TERM; exit 7", "trap \"\" TERM; echo TERM; sleep 2; exit 7")
    running = follow("--follow=restart", "--health", "tcp:8080", app=("sh", "-c", app))
    until(lambda: answers(net, "tcp:8080"), what="it answers")
    place.move()
    until(lambda: "TERM" in running.out(), what="the app is told to end")
    assert ask(net, "tcp:8080")[0] == 503
    until(lambda: answers(net, "tcp:8080", TWO)[0] == 200, what="the app runs again")
    until(lambda: f"at {TWO}" in running.out(), what="it can be told to end")
    end(running)


# --- what is done -------------------------------------------------------------------------------

@pytest.mark.parametrize("text, word", [("HUP", "HUP"), ("sigusr1", "USR1"), ("10", "USR1")])
def test_a_signal(place, follow, text, word):
    running = follow(f"--follow=signal={text}")
    place.move()
    until(lambda: word in running.out(), what="the signal")
    assert end(running).out.split() == ["at", ONE, word, "TERM"]


def test_a_signal_for_a_loss(place, follow):
    running = follow("--follow=signal=HUP", "--lost-after", "1500ms")
    place.end(ONE)
    running.wait_err("lost: ")
    until(lambda: "HUP" in running.out(), what="the signal")
    place.begin(ONE)
    running.wait_err("back after")
    assert end(running).out.split() == ["at", ONE, "HUP", "TERM"]


def test_who_is_back_in_time_is_left_alone(place, follow):
    running = follow("--follow=restart", "--lost-after", "60s")
    place.end(ONE)
    running.wait_err("lost: ")
    place.begin(ONE)
    running.wait_err("back after")
    assert end(running).out.split() == ["at", ONE, "TERM"]


def test_a_restart_with_new_variables(place, follow):
    running = follow("--follow=restart")
    place.move()
    running.wait_err("restarting sh: DB=tcp://db:5000 has moved")
    until(lambda: f"at {TWO}" in running.out(), what="the app runs again")
    assert end(running).out.split() == ["at", ONE, "TERM", "at", TWO, "TERM"]


def test_a_restart_waits_for_the_service(place, follow):
    running = follow("--follow=restart", "--lost-after", "1s")
    place.end(ONE)
    running.wait_err("restarting sh: DB=tcp://db:5000 is lost")
    until(lambda: "TERM" in running.out(), what="the app is stopped")
    time.sleep(1.5)
    assert running.out().split() == ["at", ONE, "TERM"]
    place.begin(ONE)
    until(lambda: running.out().count(f"at {ONE}") == 2, what="the app runs again")
    assert end(running).out.split() == ["at", ONE, "TERM", "at", ONE, "TERM"]


def test_a_signal_while_the_app_is_stopped_is_for_waitfor_too(place, follow):
    """docker stop in the middle of a restart: the app is not started again."""
    app = APP.replace("echo TERM; exit 7", "trap \"\" TERM; echo TERM; sleep 1; exit 7")
    running = follow("--follow=restart", app=("sh", "-c", app))
    place.move()
    until(lambda: "TERM" in running.out(), what="the app is told to end")
    assert end(running).out.split() == ["at", ONE, "TERM"]


def test_a_signal_while_no_app_runs(place, follow):
    running = follow("--follow=restart", "--lost-after", "500ms")
    place.end(ONE)
    until(lambda: "TERM" in running.out(), what="the app is stopped")
    until(lambda: not children(running), what="the app has ended")
    end(running, 128 + signal.SIGTERM)


def children(running):
    with open(f"/proc/{running.pid}/task/{running.pid}/children") as file:
        return file.read().split()


def test_an_app_that_does_not_end_is_killed(place, follow):
    app = f"trap '' TERM; {APP.replace(chr(39) + 'echo TERM; exit 7' + chr(39), chr(39) * 2)}"
    running = follow("--follow=restart", "--kill-after", "300ms", app=("sh", "-c", app))
    place.move()
    running.wait_err("killed sh, which still ran 300ms after SIGTERM")
    until(lambda: f"at {TWO}" in running.out(), what="the app runs again")
    running.send(signal.SIGTERM)
    assert running.finish().code == 128 + signal.SIGKILL


def test_exit(place, follow):
    running = follow("--follow=exit", "--lost-after", "1s")
    place.end(ONE)
    result = running.finish()
    assert result.code == 124, result
    assert result.out.split() == ["at", ONE, "TERM"]
    assert "ending sh: DB=tcp://db:5000 is lost" in result.err


def test_a_command(place, follow, folder):
    """It sees where the target is now; the app goes on with what it was told."""
    note = folder / "note"
    running = follow(f"--follow=exec:sh -c 'echo $WAITFOR_EVENT $WAITFOR_TARGET $DB_ADDR >>\"$0\"' {note}")
    place.move()
    until(lambda: note.exists() and note.read_text().endswith("\n"), what="the command has run")
    assert note.read_text() == f"moved DB=tcp://db:5000 {TWO}\n"
    assert end(running).out.split() == ["at", ONE, "TERM"]


def test_a_command_that_fails_is_told_and_its_arguments_are_not(place, follow):
    running = follow("--follow=exec:sh -c 'echo no >&2; exit 3' secret", "--lost-after", "1s")
    place.end(ONE)
    running.wait_err("hook sh ...: the check failed")
    assert "secret" not in running.err()
    end(running)


def test_a_command_that_does_not_end_goes_with_waitfor(place, follow, folder):
    note = folder / "note"
    running = follow(f"--follow=exec:sh -c 'echo $$ >\"$0\"; sleep 1000' {note}")
    place.move()
    until(lambda: note.exists() and note.read_text().endswith("\n"), what="the command runs")
    end(running)
    until(lambda: not os.path.exists(f"/proc/{int(note.read_text())}"), what="it has ended")


def test_an_app_that_ends_by_itself_is_not_started_again(place, waitfor, net):
    result = waitfor("--follow=restart", "DB=tcp://db:5000", "--", "sh", "-c", "exit 3", net=net)
    assert result.code == 3, result


def test_restarts_slow_down(place, follow):
    """A service that moves to and fro does not make the app start again and again."""
    running = follow("--follow=restart")
    places = [ONE, TWO]
    place.begin(TWO)
    for turn in range(1, 4):
        place.name(places[turn % 2])
        until(lambda: running.out().count("at ") == turn + 1, 30, what="the app runs again")
    starts = running.err().count("restarting sh")
    assert starts == 3
    assert time.monotonic() - running.started >= 1 + 2 + 4, "the pauses double"
    end(running)


def test_with_a_real_database(waitfor, new_pg):
    pg = new_pg().start()
    running = waitfor.start("--follow=signal=HUP", "--lost-after", "1s", pg.uri(), "--", "sh", "-c",
                            "trap 'echo HUP' HUP; trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done")
    until(lambda: "up" in running.out())
    pg.stop()
    running.wait_err("lost: ")
    until(lambda: "HUP" in running.out(), what="the signal")
    pg.start()
    running.wait_err("back after")
    end(running)


def test_a_configuration_file(place, waitfor, net, folder):
    file, state = folder / "waitfor.json", folder / "state"
    file.write_text(json.dumps({"follow": "signal=HUP", "lost-after": "1s", "state": str(state),
                                "targets": [{"target": "tcp://db:5000", "name": "DB"}]}))
    running = waitfor.start("-f", file, "--", "sh", "-c", APP, net=net)
    until(lambda: f"at {ONE}" in running.out(), what="the app runs")
    place.end(ONE)
    until(lambda: "HUP" in running.out(), what="the signal")
    assert json.loads(state.read_text())["targets"][0]["state"] == "lost"
    end(running)


# --- health -------------------------------------------------------------------------------------

def ask(net, where, method="GET", host=ONE):
    """Status and document; over a Unix socket, or at a port inside of the network."""
    if where.startswith("unix:"):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(where[5:])
    else:
        connection = net.socket()
        connection.connect((host, int(where.rsplit(":", 1)[1])))
    with connection:
        connection.settimeout(10)
        connection.sendall(f"{method} /healthz HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        reply = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    head, _, body = reply.partition("\r\n\r\n")
    assert "\r\nContent-Type: application/json" in head
    return int(head.split()[1]), json.loads(body) if body else None


@pytest.mark.parametrize("kind", ["tcp", "unix"])
def test_health(place, follow, folder, net, kind):
    where = f"unix:{folder}/health" if kind == "unix" else "tcp:8080"
    running = follow("--follow", "--health", where)
    until(lambda: answers(net, where), what="it answers")
    status, document = ask(net, where)
    assert status == 200 and document["ready"] and document["app"]["pid"] == first_child(running.pid)
    assert ask(net, where, "HEAD") == (200, None)
    place.end(ONE)
    running.wait_err("lost: ")
    status, document = ask(net, where)
    assert status == 503 and not document["ready"] and document["targets"][0]["reason"] == "refused"
    place.begin(ONE)
    running.wait_err("back after")
    assert ask(net, where)[0] == 200
    end(running)
    assert not (folder / "health").exists()


def answers(net, where, host=ONE):
    try:
        return ask(net, where, host=host)
    except OSError:
        return None


def test_health_is_checked_by_waitfor_itself(place, follow, waitfor, folder):
    """In an image without a shell: HEALTHCHECK CMD ["waitfor","--once","http+unix:///run/health:/"]."""
    file = folder / "health"
    running = follow("--follow", "--health", f"unix:{file}")
    until(lambda: answers(None, f"unix:{file}"), what="it answers")
    assert waitfor("--once", f"http+unix://{file}:/").code == 0
    place.end(ONE)
    running.wait_err("lost: ")
    assert waitfor("--once", f"http+unix://{file}:/").code == 1
    end(running)


def test_a_socket_that_was_left_is_replaced_and_others_are_not(place, follow, waitfor, net, folder):
    file = folder / "health"
    running = follow("--follow", "--health", f"unix:{file}")
    until(lambda: answers(None, f"unix:{file}"), what="it answers")
    second = waitfor("--follow", "--health", f"unix:{file}", "tcp://db:5000", "--", "true", net=net)
    assert second.code == 125 and f"--health: cannot listen at unix:{file}: Address " in second.err, second
    running.send(signal.SIGKILL)
    running.finish()
    assert file.exists()
    end(follow("--follow", "--health", f"unix:{file}"))
    file.write_text("kept")
    third = waitfor("--follow", "--health", f"unix:{file}", "tcp://db:5000", "--", "true", net=net)
    assert third.code == 125 and file.read_text() == "kept"


def test_health_at_one_address(place, follow, net):
    running = follow("--follow", "--health", "tcp:127.0.0.1:8080")
    until(lambda: answers(net, "tcp:8080", "127.0.0.1"), what="it answers")
    with pytest.raises(ConnectionRefusedError):
        ask(net, "tcp:8080")
    end(running)


def test_many_clients_that_drip(waitfor, peer, folder):
    """They wait in the kernel, are hung up on after 5 s, and cost neither the processor nor the looks."""
    server, file = peer(), folder / "health"
    running = waitfor.start("--follow", "--health", f"unix:{file}", f"tcp://{server.target}", "--", "sh", "-c", APP,
                            wrap=["prlimit", "--nofile=40"])
    until(lambda: answers(None, f"unix:{file}"), what="it answers")
    clients = [socket.socket(socket.AF_UNIX) for _ in range(60)]
    for client in clients:
        client.connect(str(file))
    spent = processor_time(running.pid)
    looks = len(server.connections)
    end_of_it = time.monotonic() + 7
    while time.monotonic() < end_of_it:
        for client in clients:
            with contextlib.suppress(OSError):
                client.send(b"x", socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        time.sleep(0.5)
    assert processor_time(running.pid) - spent < 1
    assert any(is_ended(client) for client in clients), "nobody was hung up on"
    assert len(server.connections) >= looks + 3, "it does not look any more"
    for client in clients:
        client.close()
    until(lambda: answers(None, f"unix:{file}"), 20, what="it answers again")
    end(running)


def is_ended(client):
    try:
        return client.recv(1, socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def processor_time(pid):
    """Seconds of processor time that the process has used."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("option", [["--state", "/nonexistent/state"], ["--health", "unix:/nonexistent/health"]])
def test_what_cannot_be_opened_is_told_before_the_wait(waitfor, option):
    result = waitfor("--follow", *option, "tcp://127.0.0.1:1", "--", "sh", timeout=10)
    assert result.code == 125 and option[0] in result.err and "/nonexistent" in result.err, result


@pytest.mark.parametrize("variable", ["WAITFOR_FOLLOW", "WAITFOR_HOLD"])
def test_the_variable_is_not_for_another_tools_name(waitfor, peer, variable):
    result = waitfor("as", "wait-for-it", peer().target, "--", "echo", "app", env={variable: "1"})
    assert result.code == 0 and result.out == "app\n", result


def test_clients_that_say_nothing_or_too_much(place, follow, net):
    """They cost a connection for some seconds, and others are answered."""
    running = follow("--follow", "--health", "tcp:8080")
    until(lambda: answers(net, "tcp:8080"), what="it answers")
    silent = [net.socket() for _ in range(20)]
    for each in silent:
        each.connect((ONE, 8080))
    silent[0].sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 100000)
    silent[1].sendall(b"\xff\x00 nothing\r\n\r\n")
    silent[2].sendall(b"POST / HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n")
    assert ask(net, "tcp:8080")[0] == 200
    for each in silent:
        each.settimeout(20)
        while each.recv(65536):
            pass
        each.close()
    assert ask(net, "tcp:8080")[0] == 200
    end(running)
