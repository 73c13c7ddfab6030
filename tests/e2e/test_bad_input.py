"""Bad input: exit 125 and one line that names the argument and says what would be right."""

import pytest

OK = "tcp://127.0.0.1:1"


def words(*texts):
    return texts


# arguments, what the line must name, what it must say (any one of them)
ARGUMENTS = {
    "port 0": (["db:0"], "db:0", words("65535")),
    "a wrong one in a list": (["127.0.0.1:5432,db:x"], "db:x", words("65535")),
    "a name that is not ASCII": (["tcp://bücher.test:1"], "bücher.test", words("xn--bcher-kva.test")),
    "a name of 254 characters": ([".".join(["a" * 49] * 5) + ".aaaa:1"], "host name", words("253")),
    "a carriage return": (["db:5432\r"], "db:5432", words("carriage return")),
    "a carriage return in a URL": (["postgres://db/shop\r"], "postgres://db/shop", words("carriage return")),
    "a carriage return of a setting": (["-t", "10s\r", OK], "--timeout", words("carriage return")),
    "a carriage return of a flag": (["--once\r", OK], "--once", words("carriage return")),
    "an IPv6 address alone": (["[::1]"], "[::1]", words("[::1]:PORT")),
    "a long option with one dash": (["-version"], "-version", words("--version")),
    "a misspelt one with one dash": (["-versoin"], "-versoin", words("--version")),
    "a short option with =": (["-t=5s", OK], "-t=5s", words("-t 5s")),
    "a short flag with =": (["-h=db"], "-h=db", words("--help")),
    "port 65536": (["db:65536"], "db:65536", words("65535")),
    "port of many digits": (["db:99999999999999999999"], "99999999999999999999", words("65535")),
    "port with a letter": (["db:54x2"], "54x2", words("65535", "number", "digits")),
    "port with a sign": (["db:+5432"], "+5432", words("65535", "number", "digits")),
    "no port after the colon": (["db:"], "db:", words("port")),
    "no host": ([":5432"], ":5432", words("host")),
    "tcp without a port": (["tcp://db"], "tcp://db", words("port")),
    "tcp with a path": (["tcp://db:1/x"], "tcp://db:1/x", words("tcp://", "host:port")),
    "unknown scheme": (["htp://db:80"], "htp", words("http")),
    "unknown scheme unlike any": (["gopher://db:80"], "gopher", words("--help=targets")),
    "empty target": ([""], "target", words("host:port")),
    "bare IPv6": (["::1:5432"], "::1:5432", words("[")),
    "open bracket": (["[::1:5432"], "[::1:5432", words("]")),
    "not an IPv6 address": (["[::zz]:5432"], "::zz", words("address")),
    "white space": (["d b:5432"], "d b", words("host")),
    "label too long": (["x" * 64 + ":5432"], "x" * 64, words("63")),
    "no port known for a host": (["db"], "db", words("port")),
    "empty NAME": (["=db:5432"], "=db:5432", words("NAME")),
    "NAME and no target": (["api="], "api=", words("host:port")),
    "one NAME, two hosts": (["api=a:1", "api=b:2"], "API", words("another name", "name")),
    "one first label, two hosts": (["tcp://db.one:1", "tcp://db.two:1"], "DB", words("=")),
    "unset variable": (["${WF_UNSET}:5432"], "WF_UNSET", words("${WF_UNSET:-", "set")),
    "unset variable in port position": (["tcp://db:${WF_UNSET}"], "WF_UNSET", words("set")),
    "variable not closed": (["${WF_UNSET:5432"], "${WF_UNSET:5432", words("}")),
    "variable without a name": (["${}:5432"], "${}", words("VAR", "name")),
    "duration with a wrong unit": (["-t", "10x", OK], "10x", words("10s")),
    "duration that is empty": (["-t", "", OK], "timeout", words("10s")),
    "duration that is negative": (["--timeout=-5s", OK], "-5s", words("10s")),
    "duration without a number": (["--timeout", "ms", OK], "ms", words("500ms", "10s")),
    "duration that overflows": (["-t", "9" * 30, OK], "9" * 30, words("10s", "at most")),
    "attempt timeout": (["--attempt-timeout", "3q", OK], "3q", words("10s")),
    "max interval": (["--max-interval", "1h1x", OK], "1h1x", words("10s")),
    "option misspelt": (["--timeot", "5", OK], "--timeot", words("--timeout")),
    "option misspelt with a value": (["--tiemout=5", OK], "--tiemout", words("--timeout")),
    "option with letters left out": (["--runanyway", OK], "--runanyway", words("--run-anyway")),
    "option unlike any": (["--zzzzzzzz", OK], "--zzzzzzzz", words("--help")),
    "letter that is no option": (["-x", OK], "-x", words("--help")),
    "option after a target": ([OK, "--onec"], "--onec", words("--once")),
    "option without its value": ([OK, "-t"], "-t", words("10s", "duration", "value")),
    "long option without its value": ([OK, "--timeout"], "--timeout", words("10s", "duration")),
    "flag with a wrong value": (["--once=maybe", OK], "maybe", words("true", "yes")),
    "--down with a wrong value": (["--down=gone", OK], "gone", words("absent")),
    "successes in one attempt": (["--once", "--successes", "2", OK], "successes", words("leave out one")),
    "successes that are none": (["--successes", "0", OK], "--successes", words("from 1")),
    "postgres with a bad port": (["postgres://db:99999/x"], "99999", words("65535")),
    "postgres with an unknown parameter": (["postgres://db/x?sslmod=disable"], "sslmod",
                                           words("sslmode", "parameter")),
    "postgres with a wrong value": (["postgres://db/x?target_session_attrs=rw"], "rw",
                                    words("read-write")),
    "postgres, no number of seconds": (["postgres://db/x?keepalives_idle=abc"],
                                       "keepalives_idle", words("number", "integer")),
    "postgres, no timeout": (["postgres://db/x?connect_timeout=x"], "connect_timeout",
                             words("number", "integer")),
    "postgres, too many seconds": (["postgres://db/x?keepalives_idle=99999999999999999999"],
                                   "keepalives_idle", words("2147483647")),
    "postgres, white space in the host": (["postgres:///x?host=a%20b"], "a b", words("host name")),
    "postgres, too few addresses": (["postgres:///x?host=a,b&hostaddr=1.2.3.4"], "hostaddr",
                                    words("match", "each", "many")),
    "postgres, too many ports": (["postgres:///x?host=a,b&port=1,2,3"], "port",
                                 words("match", "each", "many")),
}


def check(result, names, says):
    assert result.code == 125, result
    assert result.out == "", result
    assert len(result.lines) == 1 and result.err.startswith("waitfor: "), result
    assert names in result.err, result
    assert any(text in result.err for text in says), result
    assert result.seconds < 10, "said at once"


@pytest.mark.parametrize("case", ARGUMENTS)
def test_on_the_command_line(waitfor, case):
    args, names, says = ARGUMENTS[case]
    check(waitfor(*args, "--", "echo", "started"), names, says)


ENVIRONMENT = {
    "duration": ({"WAITFOR_TIMEOUT": "10x"}, "WAITFOR_TIMEOUT", "10x"),
    "attempt timeout": ({"WAITFOR_ATTEMPT_TIMEOUT": "q"}, "WAITFOR_ATTEMPT_TIMEOUT", "q"),
    "max interval": ({"WAITFOR_MAX_INTERVAL": "-1"}, "WAITFOR_MAX_INTERVAL", "-1"),
    "flag": ({"WAITFOR_ONCE": "perhaps"}, "WAITFOR_ONCE", "perhaps"),
    "down": ({"WAITFOR_DOWN": "gone"}, "WAITFOR_DOWN", "gone"),
}


@pytest.mark.parametrize("case", ENVIRONMENT)
def test_in_the_environment(waitfor, case):
    env, variable, value = ENVIRONMENT[case]
    check(waitfor(OK, env=env), variable, [value])


def test_in_the_target_list_of_the_environment(waitfor):
    check(waitfor(env={"WAITFOR_TARGETS": "tcp://127.0.0.1:1 db:65536"}), "db:65536", ["65535"])


def test_in_a_variable_that_a_target_names(waitfor):
    check(waitfor("tcp://db:${P}", env={"P": "54x2"}), "54x2", ["65535", "number", "digits"])


@pytest.mark.parametrize("target", ["${WF_EMPTY}", "api=${WF_EMPTY}", "${WF_EMPTY}${WF_UNSET:-}"])
def test_a_variable_that_is_empty_is_named(waitfor, target):
    check(waitfor(target, env={"WF_EMPTY": ""}), "${WF_EMPTY}", ["empty", "host:port"])


SECRET = "hunter2hunter2"


@pytest.mark.parametrize("target", [
    f"postgres://app:{SECRET}@db:0/x",
    f"postgres://app:{SECRET}@db:54x2/x",
    f"postgres://app:{SECRET}@db/x?sslmod=disable",
    f"postgres://app@db/x?password={SECRET}&sslmod=disable",
    f"postgres://app:{SECRET}@db/x?port=none",
    f"postgres://app:{SECRET}@[::1/x",
    f"postgres://app:%zz{SECRET}@db/x",
    f"htp://app:{SECRET}@db/x",
    f"=postgres://app:{SECRET}@db/x",
    f"postgres://app:{SECRET}@${{WF_UNSET}}/x",
    f"postgres://app:${{PW:={SECRET}}}@db/x",
    f"postgres://app:${{PW-{SECRET}}}@db/x",
    f"postgres://app:p@{SECRET}:{SECRET}/x@db",
    f"postgres://app:p@[{SECRET}/x@db",
    f"postgres://app:p@{SECRET}/x@db/shop",
    f"postgres://db:0/x?user=me@corp&password={SECRET}",
    f"postgres://db:0/x?user=me&password=p@ss:{SECRET}",
    f"postgres://db:${{WF_UNSET}}/x?user=me@corp&password={SECRET}",
    f"postgres://db/x?pasword={SECRET}",
    f"postgres://db/x?keepalives={SECRET}",
    f"postgres://db/x?tcp_user_timeout={SECRET}",
    f"postgres://db/x?max_protocol_version={SECRET}",
])
def test_no_secret_in_the_line(waitfor, target):
    result = waitfor(target)
    assert result.code == 125, result
    assert len(result.lines) == 1 and result.err.startswith("waitfor: "), result
    assert SECRET not in result.err


# A target, what the one line shows of it, and how it says that it must be written. The secrets: hunter, xyzzy.
MISTYPED = {
    "an @ in the password": ("postgres://me:p@xyzzy@db/app", "postgres://me:***@db/app", "%40"),
    "an @ and a colon": ("postgres://me:p@xyzzy:x@db/app", "postgres://me:***@db/app", "%40"),
    "an @ and a comma": ("postgres://me:p@ss,hunter:1@db/app", "postgres://me:***@db/app", "%40"),
    "an & in the password": ("postgres://db/app?password=abc&hunter", "?password=***&***", "%26"),
    "a password beside a URL": ("PGPASSWORD=hunter xyzzy", "***", "parameters need a URL"),
    "a password that looks like a URL": ("password=a://hunter host=h", "password=***", "parameters need a URL"),
    "a variable that looks like a URL": ("PGPASSWORD=hunter://xyzzy", "PGPASSWORD=***", "parameters need a URL"),
    "another name of a password": ("DB_PASS=hunter", "DB_PASS=***", "parameters need a URL"),
    "a list behind a password": ("API_TOKEN=xyzzy,hunter", "API_TOKEN=***", "parameters need a URL"),
    "no host": ("postgres://me:hunter", "postgres://me:***", "user:password@host"),
    "no host, but a database": ("postgres://me:hunter/app", "postgres://me:***",
                                "user:password@host"),
    "libpq's other form": ("host=db password=hunter user=x", "host=db password=***",
                           "postgres://user:password@host:port/db"),
    "an & for the ?": ("postgres://db/app&password=hunter", "postgres://db/app***", "'?'"),
    "an & and no scheme": ("db:5432&password=hunter", "db:5432&password=***",
                           "postgres://user:password@host:port/db?parameter=value"),
    "a ? in the password": ("postgres://me:1?hunter&user=x@db", "postgres://me:***", "%3F"),
    "a parameter in the password": ("postgres://me:12?host=hunter@db/app", "postgres://me:***",
                                    "%3F"),
}


@pytest.mark.parametrize("case", MISTYPED)
def test_a_mistyped_secret_is_not_quoted(waitfor, case):
    target, shown, says = MISTYPED[case]
    result = waitfor(target)
    check(result, shown, [says])
    assert "hunter" not in result.err and "xyzzy" not in result.err, result


@pytest.mark.parametrize("targets", [
    "postgres://me:hunter ab@db/app", "postgres://me:ab hunter@db/app",
    "postgres://me:12 hunter@db/app", "postgres://me:12 hunter xyzzy@db/app",
    "host=db password=hunter user=x", "user=x password = hunter host=db",
    "postgres://db/app?password=ab hunter", "postgres://db/app?password=ab hunter%xyzzy",
    "postgres://db/app?user=me&password=ab hunter&sslmode=disable",
])
def test_a_secret_with_white_space_in_the_target_list(waitfor, targets):
    """Each word is a target of its own."""
    result = waitfor(env={"WAITFOR_TARGETS": targets})
    check(result, "WAITFOR_TARGETS", ["write", "written"])
    assert "hunter" not in result.err and "xyzzy" not in result.err, result


def test_a_target_may_follow_a_password_in_the_list(waitfor):
    result = waitfor("--once", env={"WAITFOR_TARGETS": "postgres://127.0.0.1:1/app?password=ab 127.0.0.1:2"})
    assert result.code == 1 and "127.0.0.1:2: connection refused" in result.err, result


def test_no_piece_of_a_password_with_a_question_mark(waitfor):
    for target in ("postgres://app:hunter?xyzzy@db/x", "postgres://app:hunter?xyzzy=1@db/x",
                   "postgres://app:5432?xyzzy@db/x", "postgres://app:hunter#xyzzy@db/x"):
        result = waitfor("-t", "300ms", target)     # libpq itself lets a '?' pass
        assert result.code in (124, 125) and result.lines, result
        assert "hunter" not in result.err and "xyzzy" not in result.err, result


def test_the_first_error_is_said_alone(waitfor):
    assert len(waitfor("db:0", "db:65536", "-t", "10x").lines) == 1
