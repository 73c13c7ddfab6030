"""What the app is told, and that nothing else of its environment changes."""

import pytest

from support import dns as d
from support.peers import silence
from support.pgwire import answers, ask_cleartext_password


@pytest.fixture
def world(net, dns, peer):
    """db and cache resolve to 10.77.0.5 and .6; returns the port that both listen on."""
    first = peer(silence, address=net.address("10.77.0.5"), net=net)
    peer(silence, address=net.address("10.77.0.6"), port=first.port, net=net)
    dns.name("db", a=d.at("10.77.0.5"))
    dns.name("db.prod.test", a=d.at("10.77.0.5"))
    dns.name("cache", a=d.at("10.77.0.6"))
    return first.port


@pytest.fixture
def shown(waitfor, net, programs):
    """Runs with an environment given as raw entries; returns what the app's environment is."""
    def run(args, entries, folder, code=0):
        raw = folder / "env"
        raw.write_bytes(b"".join(entry + b"\0" for entry in entries))
        running = waitfor.start_argv(
            [programs / "exec_env", raw, waitfor_binary(), "-t", "5s", *args, "--",
             programs / "show_state", folder / "state"], net=net)
        run.result = running.finish()
        assert run.result.code == code, run.result
        lines = (folder / "state").read_bytes().split(b"\n")
        found = [line.split(b" ", 2)[2] for line in lines if line.startswith(b"env ")]
        return [entry.replace(b"\\x0a", b"\n").replace(b"\\x5c", b"\\") for entry in found]
    return run


def waitfor_binary():
    from support.runner import BINARY
    return BINARY


def value(entries, name):
    """What getenv() gives: the first of that name."""
    prefix = name.encode() + b"="
    found = [entry[len(prefix):] for entry in entries if entry.startswith(prefix)]
    return found[0].decode() if found else None


def three(entries, name):
    return tuple(value(entries, f"{name}_{part}") for part in ("HOST", "PORT", "ADDR"))


def test_host_port_and_addr(world, shown, folder):
    entries = shown([f"tcp://db:{world}"], [], folder)
    assert three(entries, "DB") == ("db", str(world), "10.77.0.5")
    assert len(entries) == 3, "and nothing else"


@pytest.mark.parametrize("target,name,host", [
    ("tcp://db.prod.test:{}", "DB", "db.prod.test"),
    ("api=tcp://db:{}", "API", "db"),
    ("my-api.v2=tcp://db:{}", "MY_API_V2", "db"),
    ("api=db:{}", "API", "db"),
    ("api=tcp://10.77.0.5:{}", "API", "10.77.0.5"),
])
def test_the_name_of_the_exports(world, shown, folder, target, name, host):
    entries = shown([target.format(world)], [], folder)
    assert three(entries, name) == (host, str(world), "10.77.0.5")
    assert len(entries) == 3


def test_an_address_exports_nothing_unless_it_is_named(world, shown, folder):
    assert shown([f"tcp://10.77.0.5:{world}"], [b"A=1"], folder) == [b"A=1"]


def test_pin_exports_the_address_as_host(world, shown, folder):
    entries = shown(["--pin", f"tcp://db:{world}"], [], folder)
    assert three(entries, "DB") == ("10.77.0.5", str(world), "10.77.0.5")


def test_no_export_leaves_the_environment_alone(world, shown, folder):
    given = [b"DB_PORT=tcp://172.17.0.2:5432", b"DB_HOST=x", b"A=1"]
    assert shown(["--no-export", f"tcp://db:{world}"], given, folder) == given


def test_a_links_port_is_replaced_by_digits(world, shown, folder):
    given = [b"DB_PORT=tcp://172.17.0.2:5432", b"DB_NAME=/app/db"]
    entries = shown([f"tcp://db:{world}"], given, folder)
    assert three(entries, "DB") == ("db", str(world), "10.77.0.5")
    assert b"DB_NAME=/app/db" in entries
    assert sum(entry.startswith(b"DB_PORT=") for entry in entries) == 1


def test_two_hosts_export_both(world, shown, folder):
    entries = shown([f"tcp://db:{world}", f"tcp://cache:{world}"], [], folder)
    assert three(entries, "DB") == ("db", str(world), "10.77.0.5")
    assert three(entries, "CACHE") == ("cache", str(world), "10.77.0.6")


def test_one_host_two_ports_the_first_owns_the_port(world, shown, folder, peer, net):
    other = peer(silence, address="10.77.0.5", net=net).port
    entries = shown([f"tcp://db:{world}", f"tcp://db:{other}"], [], folder)
    assert three(entries, "DB") == ("db", str(world), "10.77.0.5")
    warnings = [line for line in shown.result.lines if str(other) in line and "=" in line]
    assert warnings, f"no line says how to name the other: {shown.result!r}"


def test_one_host_two_ports_named_apart_needs_no_warning(world, shown, folder, peer, net):
    other = peer(silence, address="10.77.0.5", net=net).port
    entries = shown([f"tcp://db:{world}", f"api=tcp://db:{other}"], [], folder)
    assert value(entries, "DB_PORT") == str(world)
    assert three(entries, "API") == ("db", str(other), "10.77.0.5")
    assert len(shown.result.lines) == 2, shown.result


def test_what_was_not_ready_has_no_address(world, shown, folder, net, dns):
    dns.name("late", a=d.at("10.77.0.1"))
    entries = shown(["--any", f"tcp://db:{world}", f"tcp://late:{world}"], [], folder)
    assert three(entries, "DB") == ("db", str(world), "10.77.0.5")
    assert three(entries, "LATE") == ("late", str(world), None)


def test_run_anyway_exports_without_an_address(world, shown, folder):
    entries = shown(["--run-anyway", "-t", "300ms", "tcp://db:1"], [], folder)
    assert three(entries, "DB") == ("db", "1", None)


def test_run_anyway_tells_the_address_that_only_a_variable_knows(world, shown, folder):
    """The app could not resolve the name either."""
    entries = shown(["--run-anyway", "-t", "700ms", "tcp://late:9"],
                    [b"LATE_PORT=tcp://10.77.0.1:9"], folder)
    assert three(entries, "LATE") == ("10.77.0.1", "9", None)


@pytest.mark.parametrize("target,expected", [
    ("postgres:///app?host=db&port={}&user=trusty", {"DB": ("db", "10.77.0.5")}),
    ("postgres:///app?host=localhost&port={}", {"LOCALHOST": ("localhost", "127.0.0.1")}),
    ("postgres://aaa:1/?host=db.prod.test&port={}", {"DB": ("db.prod.test", "10.77.0.5")}),
    ("api=postgres:///app?host=db&port={}", {"API": ("db", "10.77.0.5")}),
    ("postgres://aaa:1/?host=127.0.0.1&port={}", {}),
    ("postgres:///?host=10.77.0.5&port={}", {}),
])
def test_the_name_of_a_host_that_is_a_parameter(world, shown, folder, net, peer, target, expected):
    """What libpq connects to is the parameter, whatever stands before the path."""
    script = answers(ask_cleartext_password())
    port = peer(script, address="10.77.0.5", net=net).port
    peer(script, address="127.0.0.1", port=port, net=net)
    entries = shown([target.format(port)], [], folder)
    assert len(entries) == 3 * len(expected), entries
    for name, (host, address) in expected.items():
        assert three(entries, name) == (host, str(port), address)


def test_the_address_is_the_one_that_answered(world, shown, folder, net, dns):
    dns.name("db", a=d.at("10.77.0.1", "10.77.0.5"), aaaa=d.at("fd77::1"))
    entries = shown([f"tcp://db:{world}"], [], folder)
    assert value(entries, "DB_ADDR") == "10.77.0.5"


@pytest.mark.parametrize("target,given,kept,said", [
    ("tcp://db:{}", b"DB_HOST=tcp://db:2375", True, "leaving DB_HOST as set"),
    ("tcp://db:{}", b"DB_PORT=9000", True, "leaving DB_PORT as set"),
    ("tcp://db:{}", b"DB_ADDR=:80", True, "leaving DB_ADDR as set"),
    ("tcp://db:{}", b"DB_HOST=db", True, ""),
    ("db=tcp://db:{}", b"DB_HOST=tcp://db:2375", False, ""),
    ("tcp://db:{}", b"DB_PORT=tcp://172.17.0.2:5432", False, ""),
])
def test_a_variable_that_the_user_set_stays(world, shown, folder, target, given, kept, said):
    """FIELD 8: only a name that was given as NAME= replaces it."""
    entries = shown([target.format(world)], [given], folder)
    assert (given in entries) == kept
    assert len(entries) == 3, "the other two are exported, and nothing twice"
    notes = [line for line in shown.result.lines if "leaving" in line]
    assert len(notes) == (1 if said else 0) and all(said in line and "write DB=" in line for line in notes)


def test_pin_replaces_what_the_user_set(world, shown, folder):
    entries = shown(["--pin", f"tcp://db:{world}"], [b"DB_HOST=tcp://db:2375"], folder)
    assert three(entries, "DB") == ("10.77.0.5", str(world), "10.77.0.5")


def test_a_variable_that_the_user_set_is_not_printed_either(world, waitfor, net):
    """A shell that evaluates the output would lose its own."""
    result = waitfor("--print-env", "sh", f"tcp://db:{world}", env={"DB_HOST": "tcp://db:2375"}, net=net)
    assert result.code == 0 and result.out == f"export DB_PORT='{world}'\nexport DB_ADDR='10.77.0.5'\n", result


def test_a_host_that_begins_with_a_digit_exports_nothing_and_says_so(world, shown, folder, dns):
    """FIELD 18."""
    dns.name("3db", a=d.at("10.77.0.5"))
    assert shown([f"tcp://3db:{world}"], [], folder) == []
    assert sum("exporting nothing" in line and "NAME=" in line for line in shown.result.lines) == 1


@pytest.mark.parametrize("names", [("db.a.test", "db.b.test"), ("db", "db")])
def test_a_clash_of_names_is_nothing_where_nothing_is_exported(waitfor, net, dns, peer, names):
    """NEWCOMER 8: no command, so nobody gets DB_HOST."""
    ports = [peer(silence, address="10.77.0.1", net=net).port for _ in names]
    for name in names:
        dns.name(name, a=d.at("10.77.0.1"))
    targets = [f"tcp://{name}:{port}" for name, port in zip(names, ports)]
    result = waitfor("-t", "5s", *targets, net=net)
    assert result.code == 0 and not any("_HOST" in line or "_PORT" in line for line in result.lines), result


STRANGE = [
    b"MY_DB.V1_PORT=tcp://172.17.0.2:5432", b"A=1", b"DUPLICATE=first", b"EMPTY=",
    b"LINES=one\ntwo\n", b"DUPLICATE=second", b"EQUALS=a=b==c", b"no-equals-sign", b"=odd",
    b"BYTES=\xff\xfe\x80", b"PGPASSWORD=secret", b"PGHOST=elsewhere", b"WAITFOR_TIMEOUT=5s",
    b"WAITFOR_PIN=false", b"BASH_FUNC_x%%=() {  :\n}", b"  =  ", b"Z=last", b"LC_ALL=xx_YY",
]


def test_all_else_is_unchanged_byte_for_byte_in_order(world, shown, folder):
    assert shown([f"tcp://10.77.0.5:{world}"], STRANGE, folder) == STRANGE


def test_all_else_is_unchanged_beside_the_exports(world, shown, folder):
    given = STRANGE[:4] + [b"DB_PORT=tcp://172.17.0.2:5432"] + STRANGE[4:]
    entries = shown([f"tcp://db:{world}"], given, folder)
    exports = (b"DB_HOST=", b"DB_PORT=", b"DB_ADDR=")
    assert [entry for entry in entries if not entry.startswith(exports)] == STRANGE
    assert three(entries, "DB") == ("db", str(world), "10.77.0.5")


def test_a_name_given_twice_is_told_the_new_value(world, shown, folder):
    """getenv() takes the first, a shell the last: no old value may be left."""
    given = [b"DB_PORT=tcp://1.2.3.4:5", b"A=1", b"DB_PORT=tcp://1.2.3.4:6"]
    entries = shown([f"tcp://db:{world}"], given, folder)
    ports = {entry for entry in entries if entry.startswith(b"DB_PORT=")}
    assert ports == {b"DB_PORT=%d" % world}


def test_an_empty_environment_gains_only_the_exports(world, shown, folder):
    assert len(shown([f"tcp://db:{world}"], [], folder)) == 3


def test_variables_already_right_stay_in_their_place(world, shown, folder):
    given = [b"A=1", b"DB_HOST=db", b"B=2"]
    entries = shown([f"tcp://db:{world}"], given, folder)
    assert [entry for entry in entries if entry[:2] in (b"A=", b"B=")] == [b"A=1", b"B=2"]
    assert value(entries, "DB_HOST") == "db"
