"""One of several under one name: the app is told of the one that is ready."""

import json

import pytest

PARTS = ("HOST", "PORT", "ADDR")


@pytest.fixture
def config(folder):
    def write(value):
        path = folder / "wait.json"
        path.write_text(json.dumps(value))
        return path
    return write


@pytest.fixture
def members(peer):
    """Makes a target for each letter, r(eady) or not: their ports differ, so that a port says who speaks."""
    def make(letters):
        return [peer(listen=letter == "r").port for letter in letters]
    return make


def app_env(result):
    assert result.code == 0, result
    return dict(line.split("=", 1) for line in result.out.splitlines() if "=" in line)


def exported(result):
    """The names without their suffixes, each with (host, port, address)."""
    env = app_env(result)
    names = {name[:-5] for name in env if name.endswith("_HOST")}
    return {name: tuple(env.get(f"{name}_{part}") for part in PARTS) for name in names}


def of(port, host="127.0.0.1", address="127.0.0.1"):
    return host, str(port), address


def run(waitfor, *args):
    return waitfor("-t", "600ms", *args, "--", "env")


@pytest.mark.parametrize("letters,speaker", [("r--", 0), ("-r-", 1), ("--r", 2)])
def test_the_member_that_is_ready_speaks(waitfor, config, members, letters, speaker):
    ports = members(letters)
    path = config({"targets": [{"any": [f"tcp://127.0.0.1:{port}" for port in ports], "name": "R"}]})
    assert exported(run(waitfor, "-f", path)) == {"R": of(ports[speaker])}


@pytest.mark.parametrize("letters,speaker", [("r-", 0), ("-r", 1)])
def test_on_the_command_line(waitfor, members, letters, speaker):
    ports = members(letters)
    targets = [f"DB=tcp://127.0.0.1:{port}" for port in ports]
    assert exported(run(waitfor, "--any", *targets)) == {"DB": of(ports[speaker])}


def test_of_two_hosts_each_under_its_own(waitfor, members):
    """Another host as well: this is what the name alone could not have."""
    first, second = members("-r")
    result = run(waitfor, "--any", f"DB=tcp://127.0.0.1:{first}", f"DB=tcp://localhost:{second}")
    assert exported(result) == {"DB": of(second, host="localhost")}


def test_of_several_that_are_ready_one_speaks(waitfor, config, members):
    """Which of them answered first is chance, but what is told belongs together."""
    ports = members("rrr")
    path = config({"targets": [{"any": [f"tcp://127.0.0.1:{port}" for port in ports], "name": "R"}]})
    assert exported(run(waitfor, "-f", path)) in [{"R": of(port)} for port in ports]


def test_a_member_with_a_name_of_its_own(waitfor, config, members):
    group, own = members("-r")
    path = config({"targets": [{"any": [f"tcp://127.0.0.1:{group}", f"own=tcp://127.0.0.1:{own}"], "name": "R"}]})
    assert exported(run(waitfor, "-f", path)) == {"R": of(group, address=None), "OWN": of(own)}


def test_a_name_written_beside_the_target(waitfor, config, members):
    group, own = members("r-")
    path = config({"targets": [{"any": [{"target": f"tcp://127.0.0.1:{group}"},
                                        {"target": f"tcp://127.0.0.1:{own}", "name": "OWN"}], "name": "R"}]})
    assert exported(run(waitfor, "-f", path)) == {"R": of(group), "OWN": of(own, address=None)}


def test_run_anyway_tells_of_the_first_when_none_is_ready(waitfor, config, members):
    ports = members("--")
    path = config({"targets": [{"any": [f"tcp://127.0.0.1:{port}" for port in ports], "name": "R"}]})
    assert exported(run(waitfor, "--run-anyway", "-f", path)) == {"R": of(ports[0], address=None)}


def test_an_any_group_in_an_any_group(waitfor, config, members):
    first, second, third = [f"tcp://127.0.0.1:{port}" for port in members("--r")]
    path = config({"targets": [{"any": [first, {"any": [second, third]}], "name": "R"}]})
    assert exported(run(waitfor, "-f", path)) == {"R": of(third.rsplit(":")[-1])}


def test_a_group_beside_others(waitfor, config, members):
    db, first, second = members("r-r")
    path = config({"targets": [f"db=tcp://127.0.0.1:{db}",
                               {"any": [f"tcp://127.0.0.1:{first}", f"tcp://127.0.0.1:{second}"], "name": "R"}]})
    assert exported(run(waitfor, "-f", path)) == {"DB": of(db), "R": of(second)}


def test_print_env_tells_the_same(waitfor, config, members):
    ports = members("-r")
    path = config({"targets": [{"any": [f"tcp://127.0.0.1:{port}" for port in ports], "name": "R"}]})
    result = waitfor("--print-env", "json", "-f", path)
    assert json.loads(result.out) == {"R_HOST": "127.0.0.1", "R_PORT": str(ports[1]), "R_ADDR": "127.0.0.1"}


@pytest.mark.parametrize("group", ["all", "any in all"])
def test_one_name_in_an_all_group_is_an_error(waitfor, config, group):
    targets = [{"all": ["tcp://a:1", "tcp://b:2"], "name": "R"}]
    if group != "all":
        targets = [{"all": ["tcp://a:1", {"any": ["tcp://b:2"]}], "name": "R"}]
    path = config({"targets": targets})
    result = run(waitfor, "-f", path)
    assert (result.code, result.out, len(result.lines)) == (125, "", 1), result
    column = path.read_text().index('"tcp://b:2"') + 1
    for words in (f"{path}:1:{column}: ", "R_HOST", "R=tcp://a:1", "R=tcp://b:2", "OTHER=b:2"):
        assert words in result.err, f"{words!r} is not in {result!r}"
    assert "whichever" not in result.err


def test_two_that_are_alternatives_but_not_named_are_told_what_they_may_do(waitfor):
    result = run(waitfor, "--any", "tcp://db.one:1", "tcp://db.two:2")
    assert result.code == 125 and "OTHER=db.two:2" in result.err and "both DB" in result.err, result


def test_two_ports_of_one_host_without_a_name(waitfor, members):
    """Where one is enough, a port that is not ready helps nobody."""
    first, second = members("-r")
    result = run(waitfor, "--any", f"tcp://localhost:{first}", f"tcp://localhost:{second}")
    assert exported(result) == {"LOCALHOST": of(second, host="localhost")}
    assert "LOCALHOST_PORT is the port of" not in result.err, result
