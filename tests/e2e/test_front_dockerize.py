"""waitfor called as dockerize: each line is given to dockerize itself as well, which tests/bench/install-peers builds."""

import re
import signal

import pytest

from support.fronts import either, words_of
from support.peers import close_at_once
from support.runner import CLEAN_ENV

TIME = re.compile(r"(?m)^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ")
USAGE = "Usage: dockerize [options] [command]"
# (command line, exit code, stdout, the lines on stderr as `said` gives them); UP and DOWN are host:port. A tab is a
# blank within a word.
CASES = [
    ("-wait tcp://UP", 0, "", ["Waiting for: tcp://UP", "Connected to tcp://UP"]),
    ("-wait tcp4://UP echo -wait app", 0, "-wait app\n", ["Waiting for: tcp4://UP", "Connected to tcp4://UP"]),
    ("--wait=TCP://UP", 0, "", ["Waiting for: tcp://UP", "Connected to tcp://UP"]),
    ("-wait=tcp://UP -wait file:///. -timeout 5s -- sh -c exit\t7", 7, "",
     ["Waiting for: tcp://UP", "Waiting for: file:///.", "Connected to tcp://UP", "File file:///. had been generated"]),
    ("-wait tcp://DOWN -timeout 1s echo app", 1, "",
     ["Waiting for: tcp://DOWN", "Problem with dial", "Timeout after 1s waiting on dependencies to become available: [tcp://DOWN]"]),
    ("-wait http://DOWN/ -timeout 1s -wait-retry-interval 200ms echo app", 1, "",
     ["Waiting for: http://DOWN/", "Problem with request", "Timeout after 1s waiting on dependencies to become available: [http://DOWN/]"]),
    ("-wait unix:///no/such/socket -timeout 1s", 1, "",
     ["Waiting for: unix:///no/such/socket", "Problem with dial",
      "Timeout after 1s waiting on dependencies to become available: [unix:///no/such/socket]"]),
    ("-wait file:///no/such/file -wait tcp://UP -timeout 500ms", 1, "",
     ["Waiting for: file:///no/such/file", "Waiting for: tcp://UP", "Connected to tcp://UP",
      "Timeout after 500ms waiting on dependencies to become available: [file:///no/such/file tcp://UP]"]),
    ("echo app", 0, "app\n", []),
    ("-poll=true -no-overwrite -delims <:> -- echo -n", 0, "", []),
    ("-timeout 1m", 0, "", []),
    ("", 1, "", [USAGE]),
    ("--", 1, "", [USAGE]),
    ("-help", 0, "", [USAGE]),
    ("-h echo app", 0, "", [USAGE]),
    ("-wiat tcp://UP", 2, "", ["flag provided but not defined: -wiat", USAGE]),
    ("--wait", 2, "", ["flag needs an argument: -wait", USAGE]),
    ("-timeout 10 echo app", 2, "",
     ['invalid value "10" for flag -timeout: parse error', USAGE]),
    ("-wait-retry-interval x echo app", 2, "",
     ['invalid value "x" for flag -wait-retry-interval: parse error', USAGE]),
    ("-poll=yes echo app", 2, "",
     ['invalid boolean value "yes" for -poll: parse error', USAGE]),
]


@pytest.fixture(params=["front", "original"])
def dockerize(request, fronts):
    """Runs a command line as both: a test with it is two."""
    return either(fronts, "dockerize", request.param)


def said(result):
    """The sorted lines on stderr without what each has of its own (docs/DROP-IN.md): the time, the words of a reason and
    how often it is told, the text of the usage, and how the command ended."""
    before, usage, _ = TIME.sub("", result.err).partition(USAGE)
    text = re.sub(r"(?m)^(Problem with \w+).*", r"\1", before + usage)
    lines = [line for line in text.splitlines() if not line.startswith("Command ")]
    return sorted(line for i, line in enumerate(lines) if not line.startswith("Problem") or line not in lines[:i])


@pytest.mark.parametrize("line, code, out, err", CASES, ids=[case[0] or "nothing" for case in CASES])
def test_it_is_dockerize(dockerize, fill, line, code, out, err):
    result = dockerize(*words_of(fill(line)))
    assert (result.code, result.out, said(result)) == (code, out, sorted(map(fill, err))), result
    assert all(map(TIME.match, result.lines)) == (USAGE not in err), result


@pytest.mark.parametrize("path, code", [("/200", 0), ("/204?x=1", 0), ("/to/200", 0), ("/404", 1), ("/to/503", 1)])
def test_a_url_is_asked_as_gos_client_does(dockerize, site, path, code):
    result = dockerize("-wait", f"{site}{path}", "-timeout", "1s")
    assert result.code == code, result
    assert bool(re.search(r" Received 2(\d\d|xx) from http://127.0.0.1:\d+/\S*$", result.err, re.M)) == (code == 0), result


def test_the_parameters_of_a_url_are_the_services(fronts, dockerize, site):
    """Names that waitfor has as well, and a comma."""
    assert dockerize("-wait", f"{site}/200?key=abc&status=a,b&method=x", "-timeout", "1s").code == 0
    assert dockerize("-wait", f"{site}/to/200?follow=me", "-timeout", "1s").code == 0


def test_what_is_for_tls_does_not_matter_without_it(fronts, site):
    """-skip-tls-verify is powerman's, -cacert too."""
    words = ["-wait", f"{site}/200", "-skip-tls-verify", "-cacert", "/no/such/file", "-timeout", "1s"]
    assert fronts("dockerize", *words).code == 0


def test_statuses_and_redirects_of_the_fork(fronts, site):
    def run(*words):
        return fronts("dockerize", *words, "-timeout", "1s").code
    assert run("-wait", f"{site}/404", "-wait-http-status-code", "404") == 0
    assert run("-wait", f"{site}/to/200", "-wait-http-skip-redirect") == 1
    assert run("-wait", f"{site}/to/200", "-wait-http-skip-redirect", "-wait-http-status-code", "302") == 0
    assert run("-wait-list", f" {site}/200  {site}/204 ") == 0


def test_headers_are_sent(dockerize, peer):
    def script(connection):
        connection.read()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        connection.drain()
    server = peer(script)
    result = dockerize("-wait", f"http://{server.target}/", "-wait-http-header", "Authorization: Bearer s3cret",
                       "-wait-http-header", "X-Other:1")
    assert result.code == 0 and "s3cret" not in result.err, result
    sent = server.connections[0].received.replace(b": ", b":")
    assert b"\r\nAuthorization:Bearer s3cret\r\n" in sent and b"\r\nX-Other:1\r\n" in sent, sent


def test_the_environment_of_the_command_is_left_as_it_is(dockerize, fill):
    result = dockerize("-wait", fill("tcp://UP"), "env")
    assert dict(line.split("=", 1) for line in result.out.splitlines()) == CLEAN_ENV


# --- what differs (docs/DROP-IN.md) ---------------------------------------------------------------

@pytest.mark.parametrize("flag", ["-template", "-stdout", "-stderr"])
def test_what_is_no_wait_is_refused(fronts, flag):
    result = fronts("dockerize", flag, "a:b", "echo", "app")
    assert (result.code, result.out) == (1, "") and len(result.lines) == 1 and f"does not do {flag};" in result.err


@pytest.mark.parametrize("flag", ["-delims=x", "-poll", "-no-overwrite"])
def test_what_goes_with_templates_does_nothing(fronts, flag):
    assert fronts("dockerize", flag, "echo", "app").out == "app\n"


def test_the_version_is_waitfors(fronts):
    assert fronts("dockerize", "-version").out.startswith("v0.13.0 (waitfor ")
    assert fronts.original("dockerize", "-version").out == "v0.13.0\n"


def test_the_command_takes_its_place(fronts, fill):
    """dockerize stays, as the parent that passes signals on; here there is one process, whose end is the command's."""
    words = "-wait", fill("tcp://UP"), "sh", "-c", "echo $$; kill -KILL $$"
    result = fronts("dockerize", *words)
    assert result.code == -signal.SIGKILL and "Command" not in result.err
    original = fronts.original("dockerize", *words)
    assert original.code == 255 and "Command exited with error: signal: killed" in original.err


def test_a_command_that_is_not_there_is_told_before_the_wait(fronts, fill):
    words = "-wait", fill("tcp://UP"), "no-such-command"
    result = fronts("dockerize", *words)
    assert result.code == 127 and len(result.lines) == 1 and result.err.startswith("waitfor: command "), result
    original = fronts.original("dockerize", *words)
    assert original.code == 1 and "Error starting command: `no-such-command`" in original.lines[-1]


@pytest.mark.parametrize("limit", [".5s", "500\N{MICRO SIGN}s", "1s1m"])
def test_a_duration_is_read_as_waitfor_does(fronts, fill, limit):
    result = fronts("dockerize", "-wait", fill("tcp://UP"), "-timeout", limit)
    assert result.code == 2 and "invalid value" in result.err, result


def test_a_reason_is_told_when_it_changes(fronts, fill):
    words = "-wait", fill("tcp://DOWN"), "-timeout", "2500ms", "-wait-retry-interval", "200ms"
    result = fronts("dockerize", *words)
    assert [TIME.sub("", line) for line in result.lines] == [
        fill("Waiting for: tcp://DOWN"), fill("Problem with dial tcp://DOWN: connection refused (DOWN). Sleeping 1s"),
        fill("Timeout after 2500ms waiting on dependencies to become available: [tcp://DOWN]")]
    original = fronts.original("dockerize", *words)
    assert original.err.count("connection refused. Sleeping 200ms") > 5, original


def test_a_port_that_only_a_proxy_holds_open_is_not_available(fronts, peer):
    words = "-wait", f"tcp://{peer(close_at_once).target}", "-timeout", "1s"
    assert fronts.original("dockerize", *words).code == 0
    # Where the machine is busy, the peer may close later than waitfor looks.
    assert any(fronts("dockerize", *words).code == 1 for _ in range(5))


def test_any_family_will_do(fronts, fill):
    words = "-wait", fill("tcp6://UP"), "-timeout", "1s"
    assert (fronts("dockerize", *words).code, fronts.original("dockerize", *words).code) == (0, 1)


@pytest.mark.parametrize("url", ["tcp://localhost", "tcp://127.0.0.1:x", "tcp://127.0.0.1:99999", "file://etc/passwd",
                                 "tcp://127.0.0.1:1/path", "file:/etc/passwd", "127.0.0.1:1", "foo://127.0.0.1:1"])
def test_a_wrong_url_is_told_at_once(fronts, url):
    result = fronts("dockerize", "-wait", url, "-timeout", "60s")
    assert result.code == 1 and len(result.lines) == 1 and result.seconds < 10, result


def test_secrets_are_not_shown(fronts, fill):
    words = "-wait", fill("http://app:s3cret@DOWN/?token=s3cret"), "-timeout", "500ms"
    assert "s3cret" not in fronts("dockerize", *words).err
    assert "s3cret" in fronts.original("dockerize", *words).err
    for words in (["-wait-http-header", "A: s3cret", "true"], ["-wait", "tcp://a:1", "-wait-http-header", "s3cret"]):
        result, original = fronts("dockerize", *words), fronts.original("dockerize", *words)
        assert (result.code, original.code) == (1, 1) and "s3cret" not in result.err and "s3cret" in original.err
    words = "-wait", "http://a:1", "-wait-http-header", "Authorization: Bearer s3cret"
    assert "s3cret" not in fronts.explain("dockerize", *words)


def test_the_value_of_a_header_may_have_a_colon(fronts, site):
    words = "-wait", f"{site}/200", "-wait-http-header", "X-Forwarded-Host: a:80"
    assert (fronts("dockerize", *words).code, fronts.original("dockerize", *words).code) == (0, 1)


def test_every_target_of_waitfors_can_be_waited_for(fronts, redis):
    result = fronts("dockerize", "-wait", f"redis://127.0.0.1:{redis.port}")
    assert result.code == 0 and "Connected to redis://" in result.err


def test_no_limit(fronts, fill):
    assert fronts("dockerize", "-wait", fill("tcp://UP"), "-timeout", "0").code == 0
    original = fronts.original("dockerize", "-wait", fill("tcp://DOWN"), "-timeout", "0")
    assert original.code == 1 and "Timeout after 0s" in original.err and original.seconds < 10, original
    assert fronts("dockerize", "-timeout", "-1s", "true").code == 2
