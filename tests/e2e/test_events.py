"""--output json and --report-fd: every line an event of the schema, whatever happens and whoever listens."""

import copy
import datetime
import os
import signal

import pytest

from support import dns as d
from support import pgwire
from support.events import SCHEMA, is_valid, names, of, parse_event, parse_events, the
from support.peers import close_at_once, greets, silence
from support.until import until
from test_output import SECRET, secret_sources

JSON = ("--output", "json")


def events_of(result):
    events = parse_events(result.err)
    assert events, result
    return events


def accepting(peer):
    """A target that is ready."""
    return f"tcp://{peer().target}"


def refusing(peer):
    """A target that never will be."""
    return f"tcp://{peer(listen=False).target}"


# --- the events of a wait -----------------------------------------------------------------------

def test_a_wait_from_start_to_exec(waitfor, peer):
    late = peer(listen=False)
    target = f"API=tcp://{late.target}"
    running = waitfor.start(*JSON, target, "--", "env")
    running.wait_err('"state"')
    late.listen()
    result = running.finish()
    events = events_of(result)
    assert names(events) == ["start", "state", "ready", "end", "exec"], result
    start, state, ready, end, exec_ = events
    for event in (start, state, ready):
        assert (event["target"], event["name"], event["kind"]) == (target, "API", "tcp"), event
    assert (state["reason"], state["address"]) == ("refused", late.target)
    assert "connection refused" in state["text"]
    assert ready["address"] == late.target and ready["attempts"] > state["attempts"]
    assert (end["verdict"], end["signal"]) == ("ready", None)
    assert os.path.basename(exec_["command"]) == "env" and exec_["command"].startswith("/")
    assert f"API_PORT={late.port}" in result.out, "the app is there, and stdout is its own"


def test_the_clock_of_the_events(waitfor, peer):
    before = datetime.datetime.now(datetime.timezone.utc)
    result = waitfor(*JSON, "-t", "700ms", refusing(peer))
    after = datetime.datetime.now(datetime.timezone.utc)
    events = events_of(result)
    elapsed = [event["elapsed_ms"] for event in events]
    times = [datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00")) for event in events]
    assert elapsed == sorted(elapsed) and elapsed[0] == 0
    assert 700 <= elapsed[-1] < 700 + result.seconds * 1000
    assert times == sorted(times)
    millisecond = datetime.timedelta(milliseconds=1)
    assert before - millisecond <= times[0] and times[-1] <= after


def test_a_state_is_an_event_when_it_changes_and_only_then(waitfor, net, dns, peer):
    db = peer(close_at_once, address=net.address("10.77.0.5"), port=5432, net=net, listen=False)
    running = waitfor.start(*JSON, "-t", "30s", "db:5432", net=net)
    running.wait_err('"reason":"no_name"')
    dns.name("db", a=d.at("10.77.0.5"))
    running.wait_err('"reason":"refused"')
    db.listen()
    running.wait_err('"reason":"closed"')
    db.script = pgwire.refuses("57P03")
    running.wait_err('"reason":"starting"')
    db.script = pgwire.answers(pgwire.ask_cleartext_password())
    events = events_of(running.finish())
    states = of(events, "state")
    assert {event["kind"] for event in states} == {"postgres"}
    assert states[0]["address"] is None and states[0]["reason"] == "no_name"
    assert all(event["address"] == "10.77.0.5:5432" for event in states if event["reason"] == "closed")
    reasons = [event["reason"] for event in states]
    assert all(first != second for first, second in zip(reasons, reasons[1:])), reasons
    assert the(events, "ready")["address"] == "10.77.0.5:5432"
    assert the(events, "ready")["name"] == "DB"


def test_ready_several_times_in_a_row(waitfor, peer):
    """The first success is a change, and only the last one is enough."""
    events = events_of(waitfor(*JSON, "--successes", "3", accepting(peer)))
    assert names(events) == ["start", "state", "ready", "end"]
    assert (events[1]["reason"], events[1]["attempts"], events[2]["attempts"]) == ("ready", 1, 3)


def test_verbose_tells_every_attempt(waitfor, peer):
    events = events_of(waitfor(*JSON, "-v", "-t", "300ms", refusing(peer)))
    told = [event["attempts"] for event in events if event["event"] in ("state", "attempt")]
    assert told == list(range(1, len(told) + 1)) and len(told) > 2
    assert of(events, "attempt")


def test_quiet_loses_no_event(waitfor, peer):
    events = events_of(waitfor(*JSON, "-q", accepting(peer), "--", "true"))
    assert names(events)[0] == "start" and names(events)[-3:] == ["ready", "end", "exec"]


# --- how a wait ends ----------------------------------------------------------------------------

def test_timed_out(waitfor, peer):
    ready, refused = peer(), peer(listen=False)
    result = waitfor(*JSON, "-t", "400ms", f"tcp://{ready.target}", f"tcp://{refused.target}")
    events = events_of(result)
    assert result.code == 124
    assert the(events, "ready")["target"] == f"tcp://{ready.target}"
    timeout = the(events, "timeout")
    assert (timeout["target"], timeout["reason"]) == (f"tcp://{refused.target}", "refused")
    assert timeout["elapsed_ms"] >= 400 and timeout["attempts"] > 1
    assert names(events)[-1] == "end" and events[-1]["verdict"] == "timed_out"


def test_timed_out_and_run_anyway(waitfor, peer):
    result = waitfor(*JSON, "-t", "300ms", "--run-anyway", refusing(peer), "--", "true")
    assert result.code == 0
    assert names(events_of(result))[-3:] == ["timeout", "end", "exec"], result


def test_once(waitfor, peer):
    ready, refused = peer(), peer(listen=False)
    result = waitfor(*JSON, "--once", f"tcp://{ready.target}", f"tcp://{refused.target}")
    events = events_of(result)
    assert result.code == 1
    assert the(events, "notready")["target"] == f"tcp://{refused.target}"
    assert the(events, "notready")["attempts"] == 1
    assert the(events, "end")["verdict"] == "not_ready"


def test_down(waitfor, peer):
    server = peer()
    running = waitfor.start(*JSON, "--down", f"tcp://{server.target}")
    running.wait_err('"state"')
    server.stop_listening()
    result = running.finish()
    events = events_of(result)
    assert result.code == 0
    assert the(events, "state")["reason"] == "ready"
    assert the(events, "state")["text"].startswith("still up")
    assert the(events, "down")["reason"] in ("refused", "reset"), "reset: the last one was just being connected"
    assert the(events, "end")["verdict"] == "ready" and not of(events, "ready")


def test_not_down_in_time(waitfor, peer):
    result = waitfor(*JSON, "--down", "-t", "300ms", accepting(peer))
    assert result.code == 124
    assert the(events_of(result), "timeout")["text"].startswith("still up"), result


def test_any(waitfor, peer):
    ready, refused = peer(), peer(listen=False)
    result = waitfor(*JSON, "--any", f"tcp://{refused.target}", f"tcp://{ready.target}")
    events = events_of(result)
    assert result.code == 0 and len(of(events, "start")) == 2
    assert the(events, "ready")["target"] == f"tcp://{ready.target}"
    assert not of(events, "timeout") and the(events, "end")["verdict"] == "ready"
    assert the(events, "skipped")["target"] == f"tcp://{refused.target}", "whoever began has an end"


def test_fail_fast(waitfor, peer):
    server, refused = peer(pgwire.refuses("28P01")), peer(listen=False)
    result = waitfor(*JSON, "--fail-fast", f"postgres://u:p@{server.target}/x", f"tcp://{refused.target}")
    events = events_of(result)
    assert result.code == 124 and result.seconds < 20
    assert {event["target"] for event in of(events, "giveup")} == {
        f"postgres://u:***@{server.target}/x", f"tcp://{refused.target}"}
    assert the(events, "end")["verdict"] == "gave_up"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal(waitfor, peer, number):
    running = waitfor.start(*JSON, "-t", "60s", refusing(peer), "--", "true")
    running.wait_err('"state"')
    running.send(number)
    result = running.finish()
    end = events_of(result)[-1]
    assert result.code in (128 + number, -number)
    assert (end["event"], end["verdict"], end["signal"]) == ("end", "signalled", number)


# --- what else is said --------------------------------------------------------------------------

MISTAKES = {
    "an option": ["--no-such"],
    "a duration": ["-t", "soon", "db:5432"],
    "no target": [],
    "a target with quotes": ["tcp://a\"b\\c:1"],
    "a target with controls": ["tcp://a\nb\x1b[31m\x7f:1"],
    "no UTF-8": [os.fsdecode(b"--a\xff\xfe")],
    "a long one": ["tcp://" + "\"" * 5000 + ":1"],
    "a command that is not there": ["tcp://127.0.0.1:1", "--", "/no/such/command"],
}


@pytest.mark.parametrize("case", MISTAKES)
def test_an_error_is_an_event_too(waitfor, case):
    result = waitfor(*JSON, *MISTAKES[case])
    message = the(events_of(result), "message")
    assert result.code in (125, 127), result
    assert (message["level"], message["elapsed_ms"]) == ("error", 0)


def test_a_warning_is_a_notice(waitfor, peer):
    result = waitfor(*JSON, accepting(peer), env={"WAITFOR_TIMEUOT": "5s"})
    message = the(events_of(result), "message")
    assert message["level"] == "notice" and "WAITFOR_TIMEOUT" in message["text"]


def test_an_exec_that_fails_is_told_after_it(waitfor, peer, folder):
    program = folder / "program"
    program.write_bytes(b"\x7fELF, but no more")
    program.chmod(0o755)
    result = waitfor(*JSON, accepting(peer), "--", program)
    events = events_of(result)
    assert result.code == 126 and names(events)[-2:] == ["exec", "message"], result
    assert events[-2]["command"] == str(program)


def test_the_commands_arguments_are_its_own(waitfor, peer):
    result = waitfor(*JSON, accepting(peer), "--", "true", f"--password={SECRET}")
    assert the(events_of(result), "exec") and SECRET not in result.err


# --- peers that mean harm -----------------------------------------------------------------------

def raw_error(text):
    fields = [b"SFATAL", b"VFATAL", b"C57P03", b"M" + text]
    return pgwire.message(b"E", b"".join(field + b"\0" for field in fields) + b"\0")


def says_raw(text):
    def script(connection):
        if pgwire.read_startup(connection) is not None:
            connection.send(raw_error(text))
    return script


HOSTILE = {
    "no UTF-8": b"a\xff\xfe\x80\xc3 z",
    "overlong": b"a\xc0\xaf\xe0\x80\xaf z",
    "surrogates": b"a\xed\xa0\x80\xed\xb0\x80 z",
    "controls": bytes(range(1, 32)) + b"\x7f z",
    "controls of the second kind": "\u0080\u009b31m\u0085 z".encode(),
    "newlines that forge": b'x\n{"version":2,"event":"ready"}\n',
    "quotes": b'say "a\\b" \\',
    "10 kB": b"x" * 10000,
    "10 kB of quotes": b'"' * 10000,
    "10 kB of nothing": b"\xff" * 10000,
    "separators of lines": "a\u2028b\u2029c".encode(),
}


@pytest.mark.parametrize("case", HOSTILE)
@pytest.mark.parametrize("password", ["", ":secret"], ids=["ping", "login"])
def test_what_a_peer_says_breaks_no_line(waitfor, peer, case, password):
    server = peer(says_raw(HOSTILE[case]))
    result = waitfor(*JSON, "-v", "-t", "400ms", f"postgres://app{password}@{server.target}/x")
    # parse_event wants printable lines, which U+2028 is not: it breaks no line of JSON.
    text = result.err.replace("\u2028", "?").replace("\u2029", "?")
    events = parse_events(text)
    assert result.code == 124 and of(events, "state"), result
    assert not of(events, "ready")


def test_a_greeting_of_rubbish(waitfor, peer):
    server = peer(greets(b'\xff"\n\x00\x1b[2J' * 2000))
    events = events_of(waitfor(*JSON, "-t", "400ms", f"postgres://app@{server.target}/x"))
    assert of(events, "state") and of(events, "timeout")


def test_a_target_with_quotes(waitfor, peer):
    """What a user may write in a URL, and JSON may not have as it is."""
    target = f'postgres://{peer(listen=False).target}/x?user=a"b\\c&dbname=d\u00fc'
    result = waitfor(*JSON, "-t", "300ms", target)
    assert the(events_of(result), "start")["target"] == target


def test_a_target_that_is_no_text(waitfor):
    """It is refused, and the event that says so is JSON all the same."""
    result = waitfor(*JSON, "--once", os.fsdecode(b"tcp://a\xff\xfe:1"))
    assert result.code == 125 and '"tcp://a\ufffd\ufffd:1"' in the(events_of(result), "message")["text"], result


@pytest.mark.parametrize("case", ["URI", "parameter", "parameter first", "PGPASSWORD", "file",
                                  "variable", "named", "WAITFOR_TARGETS", "TLS key's password"])
def test_no_secret_in_any_event(waitfor, peer, folder, case):
    server = peer(pgwire.refuses("28P01", f"password {SECRET} is wrong"))
    args, env = secret_sources(server.target, folder)[case]
    result = waitfor(*JSON, "-v", "-t", "300ms", "--run-anyway", *args, "--", "true", SECRET, env=env)
    assert events_of(result) and SECRET not in result.err, result


# --- readers that do not read -------------------------------------------------------------------

def full_pipe(room):
    """The two ends of a pipe that has room for so many pages."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    pages = 0
    with pytest.raises(BlockingIOError):
        while True:
            os.write(write_end, b"x" * 4095 + b"\n")
            pages += 1
    if room:
        os.read(read_end, 4096 * room)
    os.set_blocking(write_end, True)
    return read_end, write_end


@pytest.mark.parametrize("room", [0, 1, 3])
def test_a_full_pipe_gets_whole_lines_or_none(waitfor, peer, room):
    read_end, write_end = full_pipe(room)
    try:
        ready, refused = peer(), [refusing(peer) for _ in range(40)]
        result = waitfor(*JSON, "-t", "500ms", "--run-anyway", f"tcp://{ready.target}", *refused, "--",
                         "echo", "started", stderr=write_end)
        assert result.out == "started\n" and result.seconds < 5, result
    finally:
        os.close(write_end)
        with os.fdopen(read_end, "rb") as reader:
            text = reader.read().decode()
    lines = [line for line in text.split("\n")[:-1] if not line.startswith("xxx")]
    assert text.endswith("\n")
    assert all(parse_event(line) for line in lines)
    assert bool(lines) == bool(room)


def test_a_pipe_that_is_closed(waitfor, peer):
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        late = peer(listen=False)
        running = waitfor.start(*JSON, f"tcp://{late.target}", "--", "echo", "started", stderr=write_end)
        late.listen()
        result = running.finish()
        assert (result.code, result.out) == (0, "started\n"), result
    finally:
        os.close(write_end)


def test_stderr_closed(waitfor, peer):
    result = waitfor(*JSON, accepting(peer), "--", "echo", "started",
                     wrap=["sh", "-c", 'exec "$@" 2>&-', "sh"])
    assert (result.code, result.out) == (0, "started\n"), result


def test_events_come_at_once(waitfor, peer):
    running = waitfor.start(*JSON, refusing(peer))
    until(lambda: running.err().endswith("\n") and '"state"' in running.err(), 5, "the first events are written")
    assert running.alive()


def test_killed_in_the_middle_all_lines_are_whole(waitfor, peer):
    targets = [refusing(peer) for _ in range(20)]
    running = waitfor.start(*JSON, "-v", "--max-interval", "10ms", *targets)
    until(lambda: running.err().count("\n") > 100, 20, "a hundred events")
    running.kill()
    assert len(parse_events(running.err())) > 100


# --- --report-fd --------------------------------------------------------------------------------

def with_fd(waitfor, number, file, *args):
    """Run with the file as descriptor `number`."""
    return waitfor("--report-fd", number, *args, wrap=["sh", "-c", f'exec "$@" {number}>"$0"', file])


def test_a_descriptor_of_its_own(waitfor, peer, folder):
    file = folder / "events"
    target = accepting(peer)
    result = with_fd(waitfor, 7, file, target, "--", "ls", "/proc/self/fd/")
    events = parse_events(file.read_text())
    assert names(events)[0] == "start" and names(events)[-3:] == ["ready", "end", "exec"]
    assert result.code == 0 and "7" not in result.out.split(), "it is not the app's"
    assert all(line.startswith("waitfor: ") for line in result.lines) and result.lines, result


@pytest.mark.parametrize("number", [1, 2])
def test_stdout_and_stderr_stay_open_for_the_app(waitfor, peer, number):
    result = waitfor("--report-fd", str(number), accepting(peer), "--",
                     "sh", "-c", f"echo app >&{number}")
    text = result.out if number == 1 else result.err
    assert text.endswith("app\n"), result
    assert [parse_event(line) for line in text.splitlines() if line.startswith("{")]


def test_a_descriptor_that_is_not_open(waitfor, peer):
    server = peer()
    result = waitfor("--report-fd", "9", f"tcp://{server.target}", "--", "true")
    assert result.code == 125 and len(result.lines) == 1 and "9" in result.err, result
    assert not server.connections


@pytest.mark.parametrize("env, args", [
    ({}, ["--bogus", "--output=json"]), ({}, ["-t", "x", "--output", "json"]), ({}, ["--output=json", "-f", "FILE"]),
    ({"WAITFOR_OUTPUT": "json"}, ["-f", "FILE"]), ({"WAITFOR_OUTPUT": "json", "WAITFOR_TIMEOUT": "x"}, ["db:1"]),
    ({}, ["--report-fd", "2", "-f", "FILE"])])
def test_whatever_is_wrong_is_an_event_where_events_are_asked_for(waitfor, folder, env, args):
    (folder / "bad.json").write_text('{"tiemout": 1}')
    result = waitfor(*(str(folder / "bad.json") if word == "FILE" else word for word in args), env=env)
    assert result.code == 125 and names(events_of(result)) == ["message"], result


def test_report_fd_2_is_all_of_stderr(waitfor, peer):
    result = waitfor("--report-fd", "2", accepting(peer))
    assert names(events_of(result)) == ["start", "ready", "end"], result


def test_what_stands_behind_the_command_is_the_commands(waitfor):
    result = waitfor("--bogus", "--", "app", "--output=json")
    assert result.code == 125 and result.err.startswith("waitfor: "), result


@pytest.mark.parametrize("wrong", [["--timeout", "x"], ["-f", "/nonexistent"], []])
def test_what_is_wrong_is_told_to_people_where_events_go_elsewhere(waitfor, wrong):
    result = waitfor("--output", "json", "--report-fd", "1", *wrong)
    assert result.code == 125 and result.err.startswith("waitfor: ") and len(result.lines) == 1, result


# --- the schema has teeth -----------------------------------------------------------------------

@pytest.fixture(scope="module")
def samples():
    """One event of each kind, made by hand from the prose of the schema, not from the program."""
    base = {"version": 2, "time": "2026-01-31T23:59:59.000Z", "elapsed_ms": 12}
    target = {"target": "tcp://db:1", "name": None, "kind": "tcp", "address": "10.0.0.2:1", "attempts": 3,
              "reason": "refused", "text": "connection refused (10.0.0.2:1)"}
    made = {name: {**base, "event": name, **target}
            for name in ("state", "attempt", "down", "timeout", "notready", "giveup", "skipped")}
    made["start"] = {**base, "event": "start", **target, "elapsed_ms": 0, "address": None, "attempts": 0,
                     "reason": "none"}
    made["ready"] = {**base, "event": "ready", **target, "reason": "ready"}
    made["lost"] = {**base, "event": "lost", **target}
    made["back"] = {**base, "event": "back", **target, "reason": "ready", "lost_ms": 1500}
    made["moved"] = {**base, "event": "moved", **target, "reason": "ready", "from": "10.0.0.1:1"}
    made["end"] = {**base, "event": "end", "verdict": "signalled", "signal": 15}
    made["exec"] = {**base, "event": "exec", "command": "/bin/true"}
    made["message"] = {**base, "event": "message", "level": "error", "text": "no"}
    return made


EVENTS = [ref["$ref"].rsplit("/", 1)[1] for ref in SCHEMA["$defs"]["event"]["oneOf"]]


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_as_it_should_be(samples, name):
    assert is_valid(samples[name], "event") and is_valid(samples[name], name)


@pytest.mark.parametrize("name", EVENTS)
def test_each_member_is_needed_and_no_other_may_be_there(samples, name):
    for key in samples[name]:
        less = {other: value for other, value in samples[name].items() if other != key}
        assert not is_valid(less, "event"), f"without {key}"
    assert not is_valid({**samples[name], "more": 1}, "event")


WRONG = {
    "version": [0, 1, "2", None], "event": ["Start", "", None, "state\n"],
    "time": ["2026-01-31T23:59:59Z", "2026-01-31 23:59:59.000Z", "2026-13-31T23:59:59.000Z", 0, None],
    "elapsed_ms": [-1, 1.5, "1", None], "target": ["", None, "a\nb", "a\x1bb", "x" * 701],
    "name": ["", "1A", "A-B", 1], "kind": ["", "udp", None], "address": ["", 1, "a\nb"],
    "attempts": [-1, 0.5, "1", None], "reason": ["", "no", None, "READY"],
    "text": ["", None, "a\nb", "\u009b", "x" * 1401], "verdict": ["", "down", None, 0],
    "signal": [0, 65, "15", -1, None], "command": ["", None, ["/bin/true"], "a\nb"],
    "level": ["warning", "", None], "lost_ms": [-1, 1.5, "1", None], "from": ["", None, 1, "a\nb"],
}


@pytest.mark.parametrize("name", EVENTS)
def test_no_wrong_value_is_taken(samples, name):
    for key in samples[name]:
        for value in WRONG[key]:
            wrong = copy.deepcopy(samples[name])
            wrong[key] = value
            assert not is_valid(wrong, "event"), (key, value)


@pytest.mark.parametrize("name, change", [
    ("start", {"attempts": 1}), ("start", {"reason": "refused"}), ("start", {"address": "10.0.0.2:1"}),
    ("start", {"elapsed_ms": 5}), ("state", {"attempts": 0}), ("state", {"reason": "none"}),
    ("ready", {"reason": "refused"}), ("back", {"reason": "refused"}), ("moved", {"reason": "refused"}), ("down", {"reason": "ready"}), ("end", {"verdict": "ready"}),
    ("exec", {"event": "end"}), ("message", {"event": "state"}),
])
def test_what_does_not_fit_together(samples, name, change):
    assert not is_valid({**samples[name], **change}, "event")
