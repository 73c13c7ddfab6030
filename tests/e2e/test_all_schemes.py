"""What holds for each scheme of the registry, whichever it is: a new row is tested here without being named."""

import json
import subprocess

import pytest

from support.peers import greets, silence
from support.runner import BINARY, CLEAN_ENV

SECRET = "hunter2-%3C%26%3E"     # hunter2-<&>
SCHEMES = [row["scheme"] for row in json.loads(
    subprocess.run([BINARY, "--help=json"], env=CLEAN_ENV, capture_output=True, text=True, check=True).stdout)["probes"]]


def urls(scheme, place):
    """Whatever a user may write with a secret in it, right or wrong for the scheme."""
    return [f"{scheme}://app:{SECRET}@{place}", f"{scheme}://app:{SECRET}@{place}/x?password={SECRET}",
            f"{scheme}://{place}?password={SECRET}", f"{scheme}://{place}/?tokn={SECRET}&header=A:{SECRET}",
            f"{scheme}:///path?arg={SECRET}&pasword={SECRET}"]


def outputs(waitfor, folder, target, env):
    """All that a wait for the target tells, in every form."""
    report = folder / "report.json"
    junit = folder / "junit.xml"
    runs = [waitfor("-v", "--once", "--attempt-timeout", "100ms", target, env=env),
            waitfor("-v", "-t", "150ms", "--output", "json", "--report", report, "--report", f"junit:{junit}", target, env=env),
            waitfor("--explain", "-v", target, env=env), waitfor("--explain=json", target, env=env),
            waitfor("--print-env", "json", "-t", "100ms", "--run-anyway", target, env=env)]
    written = [path.read_text() for path in (report, junit) if path.exists()]
    for path in (report, junit):
        path.unlink(missing_ok=True)
    return [result.out + result.err for result in runs] + written


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_output_shows_a_secret(waitfor, peer, folder, scheme):
    place = peer(silence).target
    env = {"X_USER": "app", "X_PASSWORD": "hunter2-of-x"}
    for target in [*urls(scheme, place), f"X={scheme}://{place}"]:
        for text in outputs(waitfor, folder, target, env):
            assert "hunter2" not in text, (target, text)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_output_of_tls_shows_a_secret(waitfor_tls, peer, folder, scheme):
    """The path of a key counts as one, too."""
    key = folder / "hunter2.key"
    key.touch()
    place = peer(greets(b"hunter2 is no word of TLS\r\n")).target
    for name in (f"{scheme}+tls", f"{scheme}s"):
        files = f"cert=/dev/null&key={key}"
        for target in [*urls(name, place), f"{name}://app:{SECRET}@{place}?insecure&{files}", f"{name}://{place}/?{files}"]:
            for text in outputs(waitfor_tls, folder, target, {}):
                assert "hunter2" not in text, (target, text)


@pytest.mark.parametrize("scheme", ["redis", "nats", "http", "https", "http+unix", "elasticsearch", "opensearch", "etcd", "grpc", "grpcs"])
def test_a_token_is_a_secret(waitfor, peer, folder, scheme):
    """These are given tokens in place of a user. Databases have users without a password, who are shown."""
    for text in outputs(waitfor, folder, f"{scheme}://{SECRET}@{peer(silence).target}", {}):
        assert "hunter2" not in text, text


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_example_is_a_target(waitfor, scheme):
    """What --help=targets shows can be written, but for what the tiny program is built without."""
    example = next(row["example"] for row in json.loads(waitfor("--help=json").out)["probes"] if row["scheme"] == scheme)
    target = example.replace("host:port", "host:80")
    result = waitfor("--explain=json", target)
    assert result.code == 0 or "use waitfor-tls" in result.err, result
    if result.code == 0:
        assert json.loads(result.out)["targets"][0]["kind"] == scheme
