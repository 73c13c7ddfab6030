"""What is wrong in a configuration file is told with its place; hostile files do no harm; no secret is shown."""

import itertools
import json
import resource

import pytest

NEVER = "tcp://127.0.0.1:1"     # for cases that end before any wait
MAX_SIZE = 1 << 20


@pytest.fixture
def ready(peer):
    return f"tcp://{peer().target}"


def refused_line(result, path, message):
    """Exit 125, and one line: the place and what is wrong."""
    assert result.code == 125, result
    assert result.err == f"waitfor: {path}:{message}\n", result
    assert result.out == ""


# --- what is wrong, and where -------------------------------------------------------------------

# text, what follows "FILE:" (tests/unit/test_config_file.c has them all)
WRONG = {
    "empty": ("", "1:1: the text is empty; write a value, such as {}"),
    "no JSON": ("targets: [db]", "1:1: 't' is not expected here; write a value: {...}, [...], \"text\", a number, "
                                 "true, false or null"),
    "an array": ('["db:1"]', '1:1: a configuration must be an object; write {"targets": ["db:5432"]}'),
    "a comment": ('{\n  // peers\n  "targets": []}', "2:3: JSON has no comments; remove it, or write a key in "
                                                     "double quotes"),
    "a comma too many": ('{\n  "timeout": 5,\n}', "2:15: nothing follows this ','; remove it"),
    "two documents": ("{}\n{}", "2:1: '{' is not expected here; write nothing after the value"),
    "a key twice": ('{"timeout": 1,\n "timeout": 2}', '2:2: the key "timeout" is already used at 1:2; remove one '
                                                      "of the two"),
    "a misspelt key": ('{"é": 1,\n\t"tiemout": 5}', '1:2: unknown key "é"; known keys are in waitfor(1)'),
    "a misspelt setting": ('{"any": true,\n\t"tiemout": 5}', '2:2: unknown key "tiemout"; did you mean "timeout"?'),
    "misspelt in a target": ('{"targets": [\n  {"target": "db:1", "timeot": 5}]}',
                             '2:22: unknown key "timeot"; did you mean "timeout"?'),
    "misspelt in a group": ('{"targets": [\n  {"any": ["db:1"], "nmae": "X"}]}',
                            '2:21: unknown key "nmae"; did you mean "name"?'),
    "of the whole wait": ('{"targets": [{"target": "db:1", "any": true}]}',
                          '1:33: "target" and "any" cannot be used together; leave out one'),
    "a wrong duration": ('{\n  "timeout": "10x"\n}', '2:14: "timeout": "10x" is not a duration; write 500ms, 10s, '
                                                     "1m30s or a number of seconds"),
    "no attempt": ('{"attempt-timeout": 0}', '1:21: "attempt-timeout": "0" is too short; write a time above 0, '
                                             "such as 3s"),
    "a wrong target": ('{"targets": ["db:1",\n"db:65536"]}',
                       '2:1: target "db:65536": "65536" is not a port; write a number from 1 to 65535'),
    "a wrong name": ('{"targets": [{"target": "db:1", "name": "a b"}]}',
                     "1:41: \"name\" is the prefix of variables: letters, digits and '_', and no digit first; "
                     'write "DB"'),
    "an empty group": ('{"targets": [{"any": []}]}', '1:22: "any" has no targets'),
    "once and successes": ('{"once": true, "targets": [{"target": "db:1", "successes": 2}]}',
                           "1:47: --once makes one attempt and --successes 2 needs 2; leave out one"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong(waitfor, config, case):
    text, message = WRONG[case]
    path = config(text)
    refused_line(waitfor("-f", path, "--", "echo", "started"), path, message)


@pytest.mark.parametrize("case", ["a misspelt setting", "a comma too many", "a wrong target"])
def test_wrong_on_standard_input(waitfor, config, case):
    text, message = WRONG[case]
    with open(config(text), "rb") as file:
        refused_line(waitfor("-f", "-", stdin=file), "standard input", message)


VALUES = [None, True, False, 0, -1, 1.5, 1e300, "", "x", [], [1], {}, {"a": 1}, [[]], "\u0001", "é" * 500]
PLACES = {
    "outside": lambda key, value: {key: value},
    "target": lambda key, value: {"targets": [{"target": NEVER, key: value}]},
    "group": lambda key, value: {"targets": [{"any": [NEVER], key: value}]},
    "alone": lambda key, value: {"targets": [{key: value}]},
}
KEYS = ["timeout", "attempt-timeout", "max-interval", "successes", "once", "any", "all", "down", "links", "pin",
        "config", "quiet", "output", "report-fd", "print-env", "explain", "targets", "target", "name", "options", "help", "", "nonsense"]


@pytest.mark.parametrize("place", PLACES)
def test_wrong_types_everywhere(waitfor, config, place):
    """Whatever stands wherever: it is taken, or refused in one line that has its place. Never a crash."""
    taken = 0
    for key, value in itertools.product(KEYS, VALUES):
        path = config(PLACES[place](key, value))
        result = waitfor("--once", "-q", "-f", path, *([NEVER] if place == "outside" else []))
        allowed = (0, 1, 125) if (place, key) == ("outside", "down") else (1, 125)
        assert result.code in allowed, (key, value, result)
        taken += result.code != 125
        if result.code == 125 and "no target" not in result.err:
            assert result.err.startswith(f"waitfor: {path}:1:"), (key, value, result)
            assert len(result.lines) == 1 and result.err[:-1].isprintable(), (key, value, result)
    assert taken < len(KEYS) * len(VALUES) / 2


# --- hostile files ------------------------------------------------------------------------------

def quickly(result, seconds=5):
    assert result.seconds < seconds, result
    return result


@pytest.mark.parametrize("bracket", ["[", '{"a":', "[{\"a\":"])
@pytest.mark.parametrize("size, said", [(MAX_SIZE, "nested too deeply"), (10_000_000, "is larger than 1 MB")])
def test_megabytes_of_brackets(waitfor, config, bracket, size, said):
    path = config(bracket * (size // len(bracket)))
    result = quickly(waitfor("-f", path))
    assert result.code == 125 and len(result.lines) == 1 and said in result.err, result


def test_a_file_as_large_as_may_be(waitfor, config, ready):
    text = json.dumps({"targets": [ready]})
    path = config(text + " " * (MAX_SIZE - len(text)))
    assert quickly(waitfor("-f", path)).code == 0
    path = config(text + " " * (MAX_SIZE + 1 - len(text)))
    result = quickly(waitfor("-f", path))
    assert (result.code, result.err) == (125, f"waitfor: {path} is larger than 1 MB\n")


def test_an_endless_file(waitfor):
    result = quickly(waitfor("-f", "/dev/zero"))
    assert (result.code, result.err) == (125, "waitfor: /dev/zero is larger than 1 MB\n")


HOSTILE = {
    "a zero byte": (b'{"targets": ["db\0:1"]}', "1:17: a zero byte in a string; remove it"),
    "an escaped zero": (b'{"targets": ["db\\u0000:1"]}', "1:17: \\u0000 ends a string for most programs; remove it"),
    "a zero byte behind the text": (b"{}\0", "1:3: U+0000 is not expected here; write nothing after the value"),
    "invalid UTF-8": (b'{"targets": ["d\xffb:1"]}', "1:16: this byte is not UTF-8; write the text in UTF-8"),
    "UTF-16": ('{"targets": []}'.encode("utf-16"), "1:1: this byte is not UTF-8; write a value: {...}, [...], "
                                                   '"text", a number, true, false or null'),
    "two byte order marks": (b"\xef\xbb\xbf\xef\xbb\xbf{}", "1:1: U+FEFF is not expected here; write a value: "
                                                            '{...}, [...], "text", a number, true, false or null'),
    "an escape sequence": (b'{"\\u001b[31mred": 1}', '1:2: unknown key "?[31mred"; known keys are in waitfor(1)'),
    "equal keys, escaped": (b'{"timeout": 1, "time\\u006fut": 2}', '1:16: the key "timeout" is already used at '
                                                                   "1:2; remove one of the two"),
    "a huge number": (b'{"timeout": 1e400}', "1:13: the number is too large; write one below 1e308"),
    "1001 levels": (b"[" * 1001 + b"]" * 1001, "1:1001: nested too deeply; write at most 1000 levels"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile(waitfor, config, case):
    text, message = HOSTILE[case]
    path = config(text)
    refused_line(waitfor("-f", path), path, message)


def test_a_byte_order_mark(waitfor, config, ready):
    assert waitfor("-f", config(b"\xef\xbb\xbf" + json.dumps({"targets": [ready]}).encode())).code == 0


def test_many_equal_keys(waitfor, config):
    path = config("{" + ",".join(['"k": 1'] * 100000) + "}")
    refused_line(quickly(waitfor("-f", path)), path, '1:9: the key "k" is already used at 1:2; remove one of the two')


def test_groups_as_deep_as_may_be(waitfor, config, ready):
    """A small stack is enough: musl's threads have no more."""
    text = '{"any":[' * 498 + json.dumps(ready) + "]}" * 498
    small = lambda: resource.setrlimit(resource.RLIMIT_STACK, (1 << 20, 1 << 20))
    result = waitfor("-f", config(f'{{"targets":[{text}]}}'), preexec_fn=small)
    assert result.code == 0, result


def test_two_thousand_targets(waitfor, config, peer):
    """Each with its place, name and settings: reading them takes no noticeable time."""
    listeners = [peer() for _ in range(4)]
    targets = [{"target": f"tcp://{listeners[i % 4].target}", "name": f"N{i}", "timeout": 30, "successes": 1}
               for i in range(2000)]
    path = config(json.dumps({"targets": targets}, indent=4))
    result = waitfor("-f", path, "-t", "30s", timeout=40)
    assert result.code == 0 and result.err.count("ready at") == 2000, result
    targets.append({"target": "db:0"})
    path = config(json.dumps({"targets": targets}, indent=4))
    result = quickly(waitfor("-f", path), 1.5)
    assert result.code == 125 and f"{path}:12004:23: " in result.err, result


def test_a_name_of_the_file_that_breaks_lines(waitfor, config):
    path = config("{", "a\nb\x1b[31m.json")
    result = waitfor("-f", path)
    assert result.code == 125 and len(result.lines) == 1 and result.err[:-1].isprintable(), result
    assert "a?b?[31m.json:1:2: " in result.err


# --- secrets ------------------------------------------------------------------------------------

SECRET = "hunter2hunter2"
URL = f"postgres://me:{SECRET}@127.0.0.1:1/x"

SECRETS = {
    "in a target": {"targets": [URL]},
    "in an object": {"targets": [{"target": URL, "name": "DB"}]},
    "in a group": {"targets": [{"any": [URL, {"target": URL}]}]},
    "in options": {"targets": [{"target": "postgres://127.0.0.1:1/x", "options": {"password": SECRET}}]},
    "in other options": {"targets": [{"target": "postgres://127.0.0.1:1/x", "options": {"sslpassword": SECRET}}]},
    "in a misspelt option": {"targets": [{"target": "postgres://127.0.0.1:1/x", "options": {"pasword": SECRET}}]},
    "in an option of a wrong type": {"targets": [{"target": "postgres://db/x", "options": {"password": [SECRET]}}]},
    "in a wrong value": {"targets": [{"target": "postgres://db/x", "options": {"keepalives": SECRET}}]},
    "in a default": {"targets": [{"target": "postgres://db/x", "options": {"password": "${PW-" + SECRET + "}"}}]},
    "as a key": {URL: {}},
    "as a key of a target": {"targets": [{URL: {}}]},
    "as a key of options": {"targets": [{"target": "postgres://db/x", "options": {URL: "x"}}]},
    "as targets": {"targets": URL},
    "as an array": {"targets": [[URL]]},
    "as a name": {"targets": [{"target": "db:1", "name": URL}]},
    "in a name of its own": {"targets": [f"db={URL}"]},
    "as a time": {"timeout": URL},
    "as a flag": {"once": URL},
    "as a number": {"successes": URL},
    "as a key beside": {"targets": [{"target": NEVER, "password": SECRET}]},
    "outside": {"password": SECRET},
    "with a bad port": {"targets": [f"postgres://me:{SECRET}@db:0/x"]},
    "with an @": {"targets": [f"postgres://me:{SECRET}@{SECRET}@db/x"]},
    "libpq's other form": {"targets": [f"host=db password={SECRET}"]},
    "the whole": URL,
}


@pytest.mark.parametrize("case", SECRETS)
def test_no_secret_in_any_output(waitfor, config, case):
    text = json.dumps(SECRETS[case])
    for content in (text, text[:-1], text + "}", f'{{"timeout": 1, {text[1:]}', URL):
        result = waitfor("-v", "-t", "150ms", "-f", config(content), env={"PW": ""})
        assert result.code in (124, 125) and result.err, result
        assert SECRET not in result.err + result.out, result


def test_no_secret_in_the_notice(waitfor, config, ready):
    result = waitfor("-v", "-f", config({"targets": [URL]}), ready)
    assert result.code == 0 and SECRET not in result.err, result
