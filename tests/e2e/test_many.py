"""Many targets, and names with many addresses: descriptors are counted, signals heard, and nobody is forgotten."""

import json
import signal
from pathlib import Path

import pytest

from support.dns import SILENCE, at
from support.peers import silence
from support.until import until


def descriptors(running):
    """The limits that stand on the command line of a shell in front of the program."""
    return ["sh", "-c", f"ulimit -n {running}; exec \"$@\"", "sh"]


def documents(folder):
    return json.loads((folder / "report.json").read_text())


def test_no_more_sockets_than_there_are_descriptors(waitfor, net, dns, folder):
    """REVIEW 4: each name has twenty addresses that stay silent, and each of them may hold a socket."""
    for last in range(20):
        net.blackhole(f"10.77.0.{100 + last}")
    everywhere = [f"10.77.0.{100 + last}" for last in range(20)]
    for number in range(60):
        dns.name(f"db{number}", a=at(*everywhere))
    calls = folder / "calls"
    result = waitfor("-t", "4", "--attempt-timeout", "3s", "--report", folder / "report.json",
                     *[f"tcp://db{number}:80" for number in range(60)], net=net,
                     wrap=["strace", "-f", "-qq", "-e", "trace=socket", "-o", calls, *descriptors(128)])
    assert result.code == 124, result
    opened = calls.read_text()
    assert opened.count("AF_INET, SOCK_STREAM") > 100, "several addresses of each name"
    assert "EMFILE" not in opened
    assert len(documents(folder)["targets"]) == 60


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_report_though_all_descriptors_are_used(waitfor, net, folder, number):
    """REVIEW 3: the attempts are over before the report is written."""
    net.blackhole("10.77.0.9")
    running = waitfor.start("-t", "60", "--attempt-timeout", "30s", "--report", folder / "report.json",
                            *[f"tcp://10.77.0.9:{1000 + port}" for port in range(100)], wrap=descriptors(64), net=net)
    sockets = Path("/proc") / str(running.pid) / "fd"
    until(lambda: len(list(sockets.iterdir())) >= 30, 10, lambda: "the sockets of attempts")
    running.send(number)
    result = running.finish()
    assert result.code == 128 + number, result
    assert "the report is lost" not in result.err, result
    assert documents(folder)["verdict"] == "signalled"


def test_names_that_nobody_answers_hold_no_sockets(waitfor, net, dns, peer):
    """Eight descriptors for sockets, and a hundred look-ups that take 20 s each before the one that is ready."""
    names = [f"silent{number}" for number in range(100)]
    for name in names:
        dns.name(name, a=SILENCE, aaaa=SILENCE)
    ready = peer(silence, address="10.77.0.1", net=net)
    result = waitfor("-t", "20", "--attempt-timeout", "20s", "--any", *[f"tcp://{name}:80" for name in names],
                     f"tcp://{ready.target}", wrap=descriptors(40), net=net)
    assert result.code == 0, result


def test_each_target_has_its_turn(waitfor, net, config, folder):
    """More targets than descriptors, all of which refuse: no target has less than half the median of attempts."""
    targets = [f"tcp://10.77.0.1:{1000 + port}" for port in range(600)]
    result = waitfor("-t", "3", "-q", "-f", config({"targets": targets}), "--report", folder / "report.json",
                     wrap=descriptors(128), net=net)
    assert result.code == 124, result
    attempts = sorted(target["attempts"] for target in documents(folder)["targets"])
    assert len(attempts) == 600
    assert attempts[0] * 2 >= attempts[300], attempts


def test_a_name_with_many_addresses_that_refuse(waitfor, net, dns, peer):
    """HOSTILE D10: each of them is tried in each attempt, once, and the last one is found."""
    addresses = [net.address(f"10.77.0.{10 + last}") for last in range(60)]
    port = peer(address=addresses[-1], net=net).port
    dns.name("db", a=at(*addresses))
    result = waitfor("-t", "20", f"tcp://db:{port}", net=net)
    assert result.code == 0, result
    assert f"ready at {addresses[-1]}:{port}" in result.err, result
