"""Groups of the configuration file, and the time and the repetitions of each target."""

import json
import time

import pytest

from support.peers import silence
from support.pgwire import answers, ask_cleartext_password, refuses
from support.until import stays, until


@pytest.fixture
def ready(peer):
    return f"tcp://{peer().target}"


@pytest.fixture
def refused(peer):
    return f"tcp://{peer(listen=False).target}"


def attempts_against(peer_made):
    return len(peer_made.connections)


def pg_target(server, **more):
    return {"target": f"postgres://{server.target}/shop", **more}


# --- groups -------------------------------------------------------------------------------------

# R is ready, N is not; a list is "any" or "all".
GROUPS = {
    "one of three": ({"any": ["N", "R", "N"]}, 0),
    "none of three": ({"any": ["N", "N", "N"]}, 124),
    "all of two": ({"all": ["R", "R"]}, 0),
    "one of two of which all": ({"all": ["R", "N"]}, 124),
    "either both or one": ({"any": [{"all": ["R", "N"]}, "R"]}, 0),
    "either both or both": ({"any": [{"all": ["N", "R"]}, {"all": ["R", "R"]}]}, 0),
    "neither": ({"any": [{"all": ["N", "R"]}, {"all": ["R", "N"]}]}, 124),
    "one of each": ({"all": [{"any": ["N", "R"]}, {"any": ["R", "N"]}]}, 0),
    "one of one of each": ({"all": [{"any": ["N", "R"]}, {"any": ["N", "N"]}]}, 124),
    "deep": ({"any": [{"any": [{"all": [{"any": ["N", "R"]}]}]}]}, 0),
}


def filled(group, ready_one, refused_one):
    if isinstance(group, str):
        return ready_one if group == "R" else refused_one
    return {key: [filled(each, ready_one, refused_one) for each in members] for key, members in group.items()}


@pytest.mark.parametrize("case", GROUPS)
def test_groups(waitfor, config, ready, refused, case):
    group, code = GROUPS[case]
    path = config({"timeout": "400ms", "targets": [filled(group, ready, refused), ready]})
    assert waitfor("-f", path).code == code
    path = config({"timeout": "400ms", "targets": [filled(group, ready, refused), refused]})
    assert waitfor("-f", path).code == 124, "the other target counts too"


@pytest.mark.parametrize("case", ["one of three", "none of three", "neither", "deep"])
def test_groups_once(waitfor, config, ready, refused, case):
    group, code = GROUPS[case]
    result = waitfor("--once", "-f", config({"targets": [filled(group, ready, refused)]}))
    assert result.code == (1 if code else 0) and result.seconds < 10, result


def test_whoever_is_not_needed_any_more_is_left_alone(waitfor, config, peer):
    """The replica that is there decides: another, which logs every attempt, is not asked on."""
    replica, late = peer(refuses("57P03")), peer(listen=False)
    path = config({"targets": [{"any": [f"tcp://{peer().target}", f"postgres://{replica.target}/x"]},
                               f"tcp://{late.target}"]})
    running = waitfor.start("-f", path)
    running.wait_err("ready at")
    running.wait_err("refused")
    asked = attempts_against(replica) + 1       # one may be on its way
    stays(lambda: attempts_against(replica) <= asked, 0.6)
    assert running.alive()
    late.listen()
    assert running.finish().code == 0


def test_an_attempt_at_one_that_is_not_needed_any_more_is_broken_off(waitfor, config, peer):
    """It would hold a connection to a server that others want, for as long as one attempt may take."""
    replica, late = peer(silence), peer(listen=False)
    up = peer(listen=False)
    path = config({"attempt-timeout": "30s", "targets": [
        {"any": [f"postgres://{replica.target}/x", f"tcp://{up.target}"]}, f"tcp://{late.target}"]})
    running = waitfor.start("-f", path)
    replica.wait_connections(1)
    up.listen()
    until(lambda: replica.connections[0].ended, 10, "the attempt is broken off")
    assert running.alive()
    late.listen()
    assert running.finish().code == 0


# --- times and repetitions of each target -------------------------------------------------------

def timed_out(result, text, seconds):
    assert result.code == 124 and f"timed out after {text}\n" in result.err, result
    assert seconds * 0.95 <= result.seconds < seconds + 3, result


def test_a_targets_own_time_ends_the_wait(waitfor, config, refused, peer):
    other = f"tcp://{peer(listen=False).target}"
    path = config({"targets": [{"target": refused, "timeout": "400ms"}, other]})
    timed_out(waitfor("-f", path), "400ms", 0.4)


def test_in_an_any_group_the_longest_time_counts(waitfor, config, refused, peer, folder):
    others = [f"tcp://{peer(listen=False).target}" for _ in range(2)]
    group = {"any": [{"target": refused, "timeout": "200ms"}, {"target": others[0], "timeout": "700ms"},
                     {"target": others[1], "timeout": "300ms"}]}
    report = folder / "report.json"
    result = waitfor("-f", config({"targets": [group]}), "--report", report)
    assert result.code == 124 and 0.66 <= result.seconds < 3.7, result
    waited = [target["elapsed_ms"] for target in json.loads(report.read_text())["targets"]]
    assert waited[0] >= 200 and waited[2] >= 300 and waited[1] >= 700 and waited[0] < waited[1], "each as long as it had"


def test_after_ones_time_another_of_the_group_may_come(waitfor, config, refused, peer):
    late = peer(listen=False)
    quick = peer(refuses("57P03"))
    group = {"any": [{"target": f"postgres://{quick.target}/x", "timeout": "300ms"}, f"tcp://{late.target}"]}
    running = waitfor.start("-f", config({"targets": [group]}))
    running.wait_err("refused")
    until(lambda: time.monotonic() - running.started > 0.5)
    asked = attempts_against(quick)
    stays(lambda: attempts_against(quick) == asked, 0.4, "its time is up")
    late.listen()
    assert running.finish().code == 0


def test_giving_up_is_told_as_such_after_somebodys_time_was_up(waitfor, config, peer):
    """One replica's time is up, which decides nothing; later another target turns out to be hopeless."""
    replica, late = peer(listen=False), peer(refuses("57P03"))
    group = {"any": [{"target": f"tcp://{replica.target}", "timeout": "200ms"}, f"tcp://{peer(listen=False).target}"]}
    path = config({"fail-fast": True, "targets": [group, f"postgres://app:wrong@{late.target}/x"]})
    running = waitfor.start("-f", path)
    until(lambda: time.monotonic() - running.started > 0.4)
    late.script = refuses("28P01")
    result = running.finish()
    assert result.code == 124 and "gave up" in result.err and "timed out" not in result.err, result


def test_nobody_misses_whose_time_was_up_before_another_came(waitfor, config, peer, refused, folder):
    """The group has its one: what fails the wait is the other target alone, in words and in reports."""
    hasty, late = f"tcp://{peer(listen=False).target}", peer(listen=False)
    group = {"any": [{"target": hasty, "timeout": "200ms"}, {"target": f"tcp://{late.target}", "timeout": "60s"}]}
    path = config({"timeout": "1500ms", "targets": [group, refused]})
    report = folder / "report.json"
    running = waitfor.start("-f", path, "--report", report)
    until(lambda: time.monotonic() - running.started > 0.4)
    late.listen()
    result = running.finish()
    timed_out(result, "1.50s", 1.5)
    assert f"{refused}: not ready" in result.err and f"{hasty}: not ready" not in result.err, result
    states = [target["state"] for target in json.loads(report.read_text())["targets"]]
    assert states == ["not_needed", "ready", "timed_out"]


def test_a_target_without_a_limit(waitfor, config, peer):
    late = peer(listen=False)
    path = config({"timeout": "200ms", "targets": [{"target": f"tcp://{late.target}", "timeout": 0}]})
    running = waitfor.start("-f", path)
    running.wait_err("refused")
    stays(running.alive, 0.5)
    late.listen()
    assert running.finish().code == 0


@pytest.mark.parametrize("number", ["1e-9", "0.0000001", '"1us"'])
def test_the_shortest_of_times_is_not_for_ever(waitfor, config, refused, number):
    result = waitfor("-f", config(f'{{"timeout": {number}, "targets": ["{refused}"]}}'), timeout=10)
    assert result.code == 124, result


def plays(sequence):
    """A server that is ready (R) or starting (N) at each connection in turn, and stays as it was at last."""
    def script(connection):
        now = sequence[min(connection.number, len(sequence) - 1)]
        (answers(ask_cleartext_password()) if now == "R" else refuses("57P03"))(connection)
    return script


def connections_of(sequence):
    """After "starting up" one small packet asks whether it still is; only if it is not, libpq connects as well."""
    return "".join("RR" if before + now == "NR" else now for before, now in zip(" " + sequence, sequence))


@pytest.mark.parametrize("successes,sequence", [(1, "NR"), (2, "RNRR"), (3, "RRNRNRRNRRR"), (4, "NNRRRR")])
def test_so_many_times_in_a_row(waitfor, config, peer, successes, sequence):
    expected = connections_of(sequence)
    server = peer(plays(expected))
    path = config({"targets": [pg_target(server, successes=successes, options={"sslmode": "disable"})]})
    result = waitfor("-t", "30s", "-f", path)
    assert result.code == 0, result
    assert f", {len(sequence)} attempts\n" in result.err and attempts_against(server) == len(expected), result


def test_one_that_flaps_never_counts(waitfor, config, peer):
    server = peer(plays("RN" * 500))
    path = config({"timeout": "1s", "successes": 2, "max-interval": "20ms", "targets": [pg_target(server)]})
    assert waitfor("-f", path).code == 124
    assert attempts_against(server) > 4


def test_each_target_its_own_number(waitfor, config, peer):
    one, three = peer(), peer()
    path = config({"targets": [f"tcp://{one.target}", {"target": f"tcp://{three.target}", "successes": 3}]})
    assert waitfor("-t", "10s", "-f", path).code == 0
    assert (attempts_against(one), attempts_against(three)) == (1, 3)


def test_down_so_many_times(waitfor, config, refused):
    path = config({"down": True, "targets": [{"target": refused, "successes": 3}]})
    result = waitfor("-t", "10s", "-f", path)
    assert result.code == 0 and ", 3 attempts: " in result.err, result
