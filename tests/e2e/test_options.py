"""Options: their forms, their environment names, and who wins."""

import resource

import pytest

from support.peers import silence
from support.pgwire import refuses
from support.spoil import SPOILERS


@pytest.fixture
def ready(peer):
    return f"tcp://{peer().target}"


@pytest.fixture
def refused(peer):
    return f"tcp://{peer(listen=False).target}"


def assert_timed_out(result, seconds):
    """After its time: never before it, and not much later even on a loaded machine."""
    assert result.code == 124, result
    assert seconds * 0.95 <= result.seconds < seconds + 3, result


@pytest.mark.parametrize("words,seconds", [
    (["-t", "500ms"], 0.5), (["-t500ms"], 0.5), (["--timeout=500ms"], 0.5),
    (["--timeout", "500ms"], 0.5), (["-t", "1"], 1.0), (["-t", "0m1s"], 1.0),
    (["-t", "1s200ms"], 1.2), (["-t", "5s", "-t", "500ms"], 0.5)])
def test_durations_and_their_spellings(waitfor, refused, words, seconds):
    assert_timed_out(waitfor(*words, refused), seconds)


@pytest.mark.parametrize("duration", ["1m30s", "90", "1h", "0", "2m", "1500ms"])
def test_durations_that_need_no_waiting_to_be_understood(waitfor, ready, duration):
    assert waitfor("-t", duration, ready).code == 0


def test_timeout_0_is_for_ever(waitfor, peer):
    late = peer(listen=False)
    running = waitfor.start("-t", "0", f"tcp://{late.target}")
    running.wait_err("refused")
    late.listen()
    assert running.finish().code == 0


@pytest.mark.parametrize("duration", ["0.5us", "1us", "0.0000001", "0.0001ms"])
def test_the_shortest_of_timeouts_is_not_for_ever(waitfor, refused, duration):
    assert_timed_out(waitfor("-t", duration, refused), 0)


def test_a_wait_too_short_to_learn_anything_blames_nobody(waitfor):
    """An address needs no DNS server."""
    for duration in ("1us", "5us", "10us", "20us", "100us") * 3:
        result = waitfor("-t", duration, "tcp://127.0.0.1:1")
        assert result.code == 124 and "DNS" not in result.err, result


@pytest.mark.parametrize("env,args,seconds", [
    ({"WAITFOR_TIMEOUT": "500ms"}, [], 0.5),
    ({"WAITFOR_TIMEOUT": "50s"}, ["-t", "500ms"], 0.5)])
def test_timeout_environment_then_command_line(waitfor, refused, env, args, seconds):
    assert_timed_out(waitfor(*args, refused, env=env), seconds)


# name: (environment, arguments, exit code against a refusing peer, words on stdout)
# Every one is decided by the option alone: without it, -t 400ms ends with 124 and no output.
DECIDED = {
    "neither": ({}, [], 124, ""),
    "once by environment": ({"WAITFOR_ONCE": "true"}, [], 1, ""),
    "once by argument": ({}, ["--once"], 1, ""),
    "argument unsets once": ({"WAITFOR_ONCE": "1"}, ["--once=false"], 124, ""),
    "environment says no to once": ({"WAITFOR_ONCE": "no"}, [], 124, ""),
    "argument sets once again": ({"WAITFOR_ONCE": "0"}, ["--once"], 1, ""),
    "run anyway by environment": ({"WAITFOR_RUN_ANYWAY": "yes"}, [], 0, "app\n"),
    "argument unsets run anyway": ({"WAITFOR_RUN_ANYWAY": "yes"}, ["--run-anyway=no"], 124, ""),
    "down by environment": ({"WAITFOR_DOWN": "true"}, [], 0, "app\n"),
    "argument unsets down": ({"WAITFOR_DOWN": "true"}, ["--down=false"], 124, ""),
}


@pytest.mark.parametrize("case", DECIDED)
def test_precedence_of_flags(waitfor, refused, case):
    env, args, code, out = DECIDED[case]
    result = waitfor("-t", "400ms", *args, refused, "--", "echo", "app", env=env)
    assert (result.code, result.out) == (code, out), result


@pytest.mark.parametrize("env,args,code", [
    ({}, [], 124), ({}, ["--any"], 0), ({"WAITFOR_ANY": "1"}, [], 0),
    ({"WAITFOR_ANY": "1"}, ["--any=false"], 124)])
def test_any(waitfor, ready, refused, env, args, code):
    assert waitfor("-t", "400ms", *args, ready, refused, env=env).code == code


def test_any_finds_the_ready_one_behind_a_black_hole(waitfor, net, peer):
    """One attempt at a time is all that so few descriptors allow: each target gets its turn."""
    up = peer(silence, address=net.address("10.77.0.5"), net=net)
    net.blackhole("10.77.0.9")
    few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (39, 39))
    result = waitfor("--any", "-t", "20s", "--attempt-timeout", "1s", "tcp://10.77.0.9:9",
                     "tcp://10.77.0.1:9", f"tcp://{up.target}", net=net, preexec_fn=few)
    assert result.code == 0 and result.seconds < 10, result


@pytest.mark.parametrize("env,args,most,least", [
    ({"WAITFOR_ATTEMPT_TIMEOUT": "200ms"}, [], 6, 3),
    ({"WAITFOR_ATTEMPT_TIMEOUT": "200ms"}, ["--attempt-timeout", "5s"], 1, 1),
    ({}, ["--attempt-timeout=200ms"], 6, 3), ({}, [], 1, 1)])
def test_attempt_timeout(waitfor, net, peer, env, args, most, least):
    """A silent PostgreSQL is given up and connected to anew; the default is 3 s."""
    silent = peer(silence, address=net.address("10.77.0.5"), port=5432, net=net)
    waitfor("-t", "1s", *args, f"postgres://{silent.address}/x", env=env, net=net)
    assert least <= len(silent.connections) <= most


def exported(result):
    return dict(line.split("=", 1) for line in result.out.splitlines() if line.startswith("API_"))


@pytest.mark.parametrize("env,args,host", [
    ({}, [], "localhost"), ({"WAITFOR_PIN": "1"}, [], "127.0.0.1"), ({}, ["--pin"], "127.0.0.1"),
    ({"WAITFOR_PIN": "1"}, ["--pin=0"], "localhost"), ({"WAITFOR_NO_EXPORT": "1"}, [], None),
    ({}, ["--no-export"], None), ({"WAITFOR_NO_EXPORT": "1"}, ["--no-export=no"], "localhost")])
def test_pin_and_no_export(waitfor, peer, env, args, host):
    result = waitfor(*args, f"api=tcp://localhost:{peer().port}", "--", "env", env=env)
    assert result.code == 0, result
    assert exported(result).get("API_HOST") == host, result


@pytest.mark.parametrize("env,args,seconds", [
    ({}, ["--fail-fast"], 10), ({"WAITFOR_FAIL_FAST": "1"}, [], 10)])
def test_fail_fast_ends_at_a_reason_that_lasts(waitfor, pg, env, args, seconds):
    result = waitfor("-t", "60s", *args, pg.uri(password="wrong"), env=env)
    assert result.code == 124, result
    assert result.seconds < seconds and "denied" in result.err, result


def test_fail_fast_waits_for_what_may_still_come(waitfor, refused):
    assert_timed_out(waitfor("-t", "500ms", "--fail-fast", refused), 0.5)


def denied(peer):
    return f"postgres://app:wrong@{peer(refuses('28P01')).target}/x"


def test_fail_fast_with_any_goes_on_while_one_may_still_come(waitfor, peer):
    late = peer(listen=False)
    running = waitfor.start("-t", "30s", "--any", "--fail-fast", denied(peer), f"tcp://{late.target}")
    running.wait_err("denied")
    running.wait_err("connection refused")
    late.listen()
    assert running.finish().code == 0


def test_fail_fast_with_any_ends_when_none_can_come(waitfor, peer):
    result = waitfor("-t", "60s", "--any", "--fail-fast", denied(peer), denied(peer))
    assert result.code == 124 and result.seconds < 10 and "denied" in result.err, result


@pytest.mark.parametrize("env,args", [
    ({"WAITFOR_QUIET": "1"}, []), ({}, ["-q"]), ({}, ["--quiet"])])
def test_quiet_says_nothing_while_all_goes_well(waitfor, ready, env, args):
    result = waitfor(*args, ready, "--", "echo", "app", env=env)
    assert (result.code, result.out, result.err) == (0, "app\n", "")


def test_quiet_still_explains_an_error(waitfor):
    assert len(waitfor("-q", "db:0").lines) == 1


@pytest.mark.parametrize("env,args", [
    ({"WAITFOR_VERBOSE": "1"}, []), ({}, ["-v"]), ({}, ["--verbose"])])
def test_verbose_says_more(waitfor, refused, env, args):
    plain = waitfor("-t", "400ms", refused)
    more = waitfor("-t", "400ms", *args, refused, env=env)
    assert len(more.lines) > len(plain.lines)
    assert all(line.startswith("waitfor: ") for line in more.lines), more


def test_options_may_follow_targets_up_to_the_double_dash(waitfor, ready, refused):
    result = waitfor(ready, "-t", "5", "--", "echo", "-t", "10x", "--once", "--", "tcp://x:0")
    assert (result.code, result.out) == (0, "-t 10x --once -- tcp://x:0\n")
    assert_timed_out(waitfor(refused, "-t", "500ms"), 0.5)


def test_letters_may_be_joined(waitfor, ready):
    assert waitfor("-qt5", ready).err == ""


@pytest.mark.parametrize("word", ["-h", "--help", "--help=true"])
def test_help_goes_to_stdout_and_fits_a_screen(waitfor, word):
    result = waitfor(word)
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert len(lines) < 24 and max(len(line) for line in lines) < 80, result
    for text in ("--timeout", "--once", "--help[=all|", "--help=targets", "tcp postgres ", "124"):
        assert text in result.out, f"{text} is not in the help"


def test_all_of_the_help_goes_to_stdout_and_names_everything(waitfor):
    result = waitfor("--help=all")
    assert (result.code, result.err) == (0, "")
    for text in ("-t", "--timeout", "--attempt-timeout", "--max-interval", "--once", "--any",
                 "--down", "--run-anyway", "--fail-fast", "--pin", "--no-export", "--links", "-q",
                 "-v", "-h", "-V", "60s", "3s", "WAITFOR_TIMEOUT", "WAITFOR_TARGETS", "tcp",
                 "postgres", "124", "125", "126", "127"):
        assert text in result.out, f"{text} is not in the help"


@pytest.mark.parametrize("spoil", SPOILERS)
@pytest.mark.parametrize("word", ["--help", "--version"])
def test_what_cannot_be_printed_is_an_error(waitfor, word, spoil):
    result = waitfor(word, preexec_fn=spoil)
    assert result.code == 125, result
    assert len(result.lines) == 1 and result.err.startswith("waitfor: "), result


@pytest.mark.parametrize("word", ["-V", "--version"])
def test_version_goes_to_stdout_and_names_every_library(waitfor, word):
    result = waitfor(word)
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("waitfor ")
    for library in ("c-ares 1.34", "libevent 2.1", "libpq 1", "cJSON 1.7"):
        assert library.lower() in result.out.lower().replace("/", " "), result
