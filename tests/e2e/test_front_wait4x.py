"""waitfor called as wait4x: each line that wait4x v2.14.3 knows is given to that one as well, which
tests/bench/install-peers builds. v3, whose module is not to be had everywhere, has the commands dns and exec besides."""

import os
import re
import signal

import pytest

from support.children import first_child
from support.dns import at
from support.fronts import either, words_of
from support.runner import CLEAN_ENV

TIME = re.compile(r"(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d) ")
CHECKING, REFUSED, TIMED_OUT = "INF [TCP] Checking the ", "ERR Expectation failed", "Error: context deadline exceeded"
USAGE = "Usage:"
# (command line, exit code, stdout, the lines on stderr as `said` gives them); UP and DOWN are host:port.
CASES = [
    ("tcp UP", 0, "", [f"{CHECKING}UP ..."]),
    ("tcp UP UP -q -t 5s -- echo app -t", 0, "app -t\n", []),
    ("-t 5s tcp UP -- sh -c echo\tapp", 0, "app\n", [f"{CHECKING}UP ..."]),
    ("tcp DOWN -t 1s", 124, "", [f"{CHECKING}DOWN ...", REFUSED, TIMED_OUT]),
    ("tcp DOWN -t 1s -- echo app", 124, "", [f"{CHECKING}DOWN ...", REFUSED, TIMED_OUT]),
    ("tcp DOWN UP --timeout 1s --interval=200ms", 124, "",
     [f"{CHECKING}DOWN ...", f"{CHECKING}UP ...", REFUSED, TIMED_OUT]),
    ("tcp DOWN -qt1s", 124, "", []),
    # Its second attempt is after 1 s. One that the limit cuts off counts as "not there" in the original.
    ("tcp UP -v -q --timeout=1500ms", 124, "", []),
    ("tcp DOWN -vq -- echo app", 0, "app\n", []),
    ("tcp DOWN -q=true -t 1s --backoff-policy exponential", 124, "", []),
    ("tcp", 1, "", ["Error: ADDRESS is required argument for the tcp command", USAGE]),
    ("http -t 1s", 1, "", ["Error: ADDRESS is required argument for the http command", USAGE]),
    ("mysql", 1, "", ["Error: DSN is required argument for the mysql command", USAGE]),
    ("rabbitmq", 1, "", ["Error: DSN is required argument for the rabbitmq sub-command", USAGE]),
    ("tcp UP --nosuch", 1, "", ["Error: unknown flag: --nosuch", USAGE]),
    ("tcp UP --expect-status-code 200", 1, "", ["Error: unknown flag: --expect-status-code", USAGE]),
    ("tcp UP -qx", 1, "", ["Error: unknown shorthand flag: 'x' in -x", USAGE]),
    ("tcp UP -t", 1, "", ["Error: flag needs an argument: 't' in -t", USAGE]),
    ("tcp UP --timeout", 1, "", ["Error: flag needs an argument: --timeout", USAGE]),
    ("tcp UP ---q", 1, "", ["Error: bad flag syntax: ---q", USAGE]),
    ("tcp UP -t 5", 1, "",
     ['Error: invalid argument "5" for "-t, --timeout" flag: time: missing unit in duration "5"', USAGE]),
    ("tcp UP --interval x", 1, "",
     ['Error: invalid argument "x" for "-i, --interval" flag: time: invalid duration "x"', USAGE]),
    ("tcp UP --quiet=perhaps", 1, "",
     ['Error: invalid argument "perhaps" for "-q, --quiet" flag: strconv.ParseBool: parsing "perhaps": invalid syntax',
      USAGE]),
    ("tcp UP --backoff-policy random", 1, "",
     ["Error: --backoff-policy must be one of [exponential linear]", USAGE]),
    ("tcp UP --backoff-policy exponential -i 9s", 1, "",
     ["Error: --backoff-exponential-max-interval must be greater than --interval", USAGE]),
    ("nosuch", 1, "", ['Error: unknown command "nosuch" for "wait4x"', "Run 'wait4x --help' for usage."]),
]
# The same, of version 3 only.
CASES_OF_V3 = [
    ("exec true -q", 0, "", []),
    ("exec sh\t-c\t'exit\t2' --exit-code 2 -q -- echo app", 0, "app\n", []),
    ("exec false -q -t 1s", 124, "", []),
    ("dns A", 1, "", ["Error: ADDRESS is required argument for the A command", USAGE]),
]


@pytest.fixture(params=["front", "original"])
def wait4x(request, fronts):
    """Runs a command line as both: a test with it is two."""
    return either(fronts, "wait4x", request.param)


def said(result):
    """The lines on stderr without what each has of its own (docs/DROP-IN.md): the time, the words of a reason and how
    often it is told, the text of the usage. Several targets are checked side by side, so their lines are sorted."""
    before, usage, _ = TIME.sub("", result.err).partition(USAGE)
    lines = dict.fromkeys(line.partition(" error=")[0] for line in (before + usage).splitlines())
    return sorted(lines)


def check(result, code, out, err):
    assert (result.code, result.out, said(result)) == (code, out, sorted(err)), result
    assert all(TIME.match(each) for each in result.lines if " INF " in each or " ERR " in each), result


@pytest.mark.parametrize("line, code, out, err", CASES, ids=[case[0] for case in CASES])
def test_it_is_wait4x(wait4x, fill, line, code, out, err):
    check(wait4x(*words_of(fill(line))), code, out, map(fill, err))


@pytest.mark.parametrize("line, code, out, err", CASES_OF_V3, ids=[case[0] for case in CASES_OF_V3])
def test_it_is_version_3(fronts, line, code, out, err):
    check(fronts("wait4x", *words_of(line)), code, out, err)


@pytest.mark.parametrize("words, code", [
    (["/503"], 0), (["/404", "--expect-status-code", "404"], 0), (["/200", "--expect-status-code", "404"], 124),
    (["/to/204", "--expect-status-code", "204"], 0), (["/to/204", "--no-redirect", "--expect-status-code", "302"], 0),
    (["/200", "--expect-header", "Server=BaseHTTP.*"], 0), (["/200", "--expect-header", "Server"], 0),
    (["/200", "--expect-header", "X-None"], 124), (["/200", "--expect-header", "Server=^nginx"], 124),
    (["/200", "--request-header", "A: b"], 0),
])
def test_http(wait4x, site, words, code):
    result = wait4x("http", f"{site}{words[0]}", *words[1:], "-t", "1s", "-q")
    assert (result.code, result.err) == (code, ""), result


def test_a_method_of_version_3(fronts, site):
    assert fronts("wait4x", "http", f"{site}/200", "--request-method", "HEAD", "-t", "1s", "-q").code == 0


def test_redis(wait4x, redis):
    redis.do("SET", "state", "ready")
    url = f"redis://127.0.0.1:{redis.port}"
    for key, code in [("state", 0), ("state=^rea", 0), ("state=^up$", 124), ("none", 124)]:
        assert wait4x("redis", url, "--expect-key", key, "-t", "1s", "-q").code == code, key


def test_dns(fronts, net, dns):
    dns.name("db.test", a=at("10.0.0.2"))
    for words, code in [([], 0), (["--expect-ip", "10.0.0.2"], 0), (["--expect-ip", "10.0.0.3"], 124),
                        (["--expect-ip", "10.0.0.3", "--expect-ip", "10.0.0.2"], 0)]:
        result = fronts("wait4x", "dns", "A", "db.test", *words, "-t", "1s", "-q", net=net)
        assert result.code == code, (words, result)


def test_a_program_whose_name_has_signs_of_a_url(fronts, folder):
    program = folder / "a%62?c"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert fronts("wait4x", "exec", str(program), "-t", "5s", "-q").code == 0


def test_the_parameters_of_a_url_are_the_services(wait4x, site):
    assert wait4x("http", f"{site}/200?status=404&method=x,y", "--expect-status-code", "200", "-t", "1s", "-q").code == 0


def test_what_is_for_tls_does_not_matter_without_it(wait4x, site):
    assert wait4x("http", f"{site}/200", "--insecure-skip-tls-verify", "-t", "1s", "-q").code == 0


def test_the_last_of_two_flags_counts(wait4x, fill, site):
    words = ["--expect-status-code", "500", "--expect-status-code", "200"]
    assert wait4x("http", f"{site}/200", *words, "-t", "1s", "-q").code == 0
    assert wait4x("tcp", fill("UP"), "-v", "-v=false", "-t", "1s", "-q").code == 0


def test_options_of_the_redis_driver(fronts, redis):
    url = f"redis://127.0.0.1:{redis.port}?dial_timeout=3s&protocol=3"
    assert fronts("wait4x", "redis", url, "-t", "5s", "-q").code == 0


# --- what differs (docs/DROP-IN.md) ---------------------------------------------------------------

def test_services_that_waitfor_does_not_know(fronts):
    for words in (["influxdb", "http://127.0.0.1:1"], ["temporal", "server", "127.0.0.1:1"]):
        result = fronts("wait4x", *words)
        assert result.code == 1 and f'unknown command "{words[0]}"' in result.err, result


def test_flags_of_a_command_follow_it(fronts, fill):
    assert fronts("wait4x", "--connection-timeout", "1s", "tcp", fill("UP")).code == 1
    assert fronts("wait4x", "tcp", "--connection-timeout", "1s", fill("UP"), "-q").code == 0


def test_a_coefficient_is_not_read(fronts, fill):
    assert fronts("wait4x", "tcp", fill("UP"), "--backoff-exponential-coefficient", "x", "-q").code == 0


def test_an_expectation_of_dns_is_plain_text(fronts):
    assert fronts.explain("wait4x", "dns", "TXT", "db.test", "--expect-value", "^v=1") == \
        "waitfor -t 10s 'dns://db.test?type=TXT&contains=%5Ev%3D1'"


def test_a_schema_of_postgresql_is_a_part_of_the_table(fronts):
    result = fronts("wait4x", "postgresql", "postgres://127.0.0.1:1/x?currentSchema=shop", "--expect-table", "t", "-t", "1s")
    assert result.code == 124 and "currentSchema" in result.err, result
    assert fronts.explain("wait4x", "postgresql", "postgres://db/x", "--expect-table", "shop.t") == \
        "waitfor -t 10s 'postgres://db/x?table=shop.t'"


def test_the_environment_of_the_command_is_left_as_it_is(wait4x, fill):
    result = wait4x("tcp", fill("UP"), "-q", "--", "env")
    assert dict(line.split("=", 1) for line in result.out.splitlines()) == CLEAN_ENV


def test_the_command_takes_its_place(fronts, fill):
    """wait4x stays as its parent, ends with 1 whatever its code is, and gives it no standard input."""
    words = "tcp", fill("UP"), "-q", "--", "sh", "-c"
    assert fronts("wait4x", *words, "kill -KILL $$").code == -signal.SIGKILL
    assert fronts("wait4x", *words, "exit 7").code == 7
    assert fronts.original("wait4x", *words, "exit 7").code == 1


def test_arguments_of_the_command_are_not_expanded(fronts, fill):
    result = fronts("wait4x", "tcp", fill("UP"), "-q", "--", "echo", "$HOME", env={"HOME": "/home"})
    assert result.out == "$HOME\n"


def test_a_reason_is_told_when_it_changes(fronts, fill):
    result = fronts("wait4x", "tcp", fill("DOWN"), "-t", "2500ms", "-i", "100ms")
    assert result.err.count("Checking the") == result.err.count("Expectation failed") == 1, result


def test_inverted_it_waits_until_nothing_answers(fronts, site):
    words = ["http", f"{site}/503", "--expect-status-code", "200", "-v", "-t", "1s", "-q"]
    assert fronts("wait4x", *words).code == 124


def test_every_target_of_waitfors_can_be_waited_for(fronts, redis):
    assert fronts("wait4x", "tcp", f"redis://127.0.0.1:{redis.port}", "-q").code == 0


def test_what_waitfor_cannot_expect_is_refused(fronts):
    for words in (["--expect-body-xpath", "//a"], ["--expect-body-json", "a.#.b"]):
        result = fronts("wait4x", "http", "http://127.0.0.1:1", *words)
        assert result.code == 1 and len(result.lines) == 1 and "waitfor" in result.err, result


def test_a_unix_socket_is_only_connected_to(fronts):
    assert fronts.explain("wait4x", "mysql", "u:p@unix(/run/mysqld.sock)/shop") == "waitfor -t 10s unix:///run/mysqld.sock"


def test_no_password_is_shown(fronts, fill):
    result = fronts("wait4x", "mysql", fill("app:s3cret@tcp(DOWN)/shop"), "-t", "1s")
    assert result.code == 124 and "s3cret" not in result.err, result
    assert "s3cret" not in fronts.explain("wait4x", "mysql", "app:s3cret@tcp(db:3306)/shop")


def test_docker_stop_ends_it(fronts, fill):
    """wait4x listens to SIGINT only, so that SIGTERM does nothing to it as PID 1."""
    running = fronts.start_as_init("wait4x", "tcp", fill("DOWN"), "-t", "60s")
    running.wait_err("Checking the")
    os.kill(first_child(running.pid), signal.SIGTERM)
    assert running.finish().code == 128 + signal.SIGTERM
