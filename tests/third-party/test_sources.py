"""Where the libraries come from: nothing damaged, interrupted or substituted goes unnoticed.

Each test has a cache of its own. cJSON stands for all libraries: it is small, and fetched like the others.
"""

import hashlib
import http.server
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
THIRD_PARTY = ROOT / "third-party"
LOCK = THIRD_PARTY / "sources.lock"
FUNCTIONS = (f"set -euo pipefail; . {THIRD_PARTY}/lib/common.sh; . {THIRD_PARTY}/lib/compile.sh; "
             f". {THIRD_PARTY}/lib/fetch.sh; mkdir -p \"$cache\"; set_variant dev; ")


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def bash(cache, script, **env):
    return subprocess.run(["bash", "-c", FUNCTIONS + script], capture_output=True, text=True, timeout=300,
                          env={**os.environ, "WAITFOR_CACHE": str(cache), **env})


def stanza(library):
    """The pinned {field: value} of a library, and its {file name: SHA-256}."""
    text = re.search(rf"^Library: {library}\n(.*?)(?:\n\n|\Z)", LOCK.read_text(), re.M | re.S)[1]
    fields = dict(re.findall(r"^(\w+): (.*)$", text, re.M))
    files = {path.rsplit("/", 1)[1]: digest for digest, path in re.findall(r"^ (\w{64}) (\S+)$", text, re.M)}
    return fields, files


def sources(cache):
    fields, _ = stanza("cjson")
    return cache / "sources" / f"{fields['Source']}_{fields['Version']}"


def is_as_pinned(folder):
    _, files = stanza("cjson")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()} == files


def test_what_is_fetched_is_what_is_pinned(cache):
    done = bash(cache, "fetch cjson")
    assert done.returncode == 0, done.stderr
    assert is_as_pinned(sources(cache))
    again = bash(cache, "fetch cjson")
    assert again.returncode == 0 and "fetching" not in again.stderr, "and is fetched once"


@pytest.mark.parametrize("damage", ["cut short", "changed", "missing"])
def test_a_damaged_download_is_fetched_again(cache, damage):
    assert bash(cache, "fetch cjson").returncode == 0
    file = max(sources(cache).iterdir(), key=lambda path: path.stat().st_size)
    content = file.read_bytes()
    file.unlink()
    if damage != "missing":
        file.write_bytes(content[:1000] if damage == "cut short" else b"X" + content[1:])
    done = bash(cache, "fetch cjson")
    assert done.returncode == 0, done.stderr
    assert "fetching" in done.stderr and is_as_pinned(sources(cache))


class Liar(http.server.BaseHTTPRequestHandler):
    """A mirror with something for every name, and never the right thing."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"something else")

    def log_message(self, *_):
        pass


@pytest.fixture
def liar():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_mirror_that_lies_is_not_believed(cache, liar):
    done = bash(cache, 'fetch_stanza "$(stanza cjson)" from_mirror from_snapshot', WAITFOR_MIRROR=liar,
                WAITFOR_SNAPSHOT=liar, no_proxy="127.0.0.1")
    assert done.returncode != 0
    assert not sources(cache).exists() and not list((cache / "tmp").iterdir()), done.stderr


def test_a_pinned_version_that_is_gone_is_replaced_loudly_and_always(cache, tmp_path):
    """Gone from archive, pool and snapshots: the newest that can be fetched, said at every build."""
    fields, files = stanza("cjson")
    lock = tmp_path / "lock"
    text = LOCK.read_text().replace(fields["Version"], "1.7.0-99").replace(f"cjson_{fields['Version'].split('-')[0]}",
                                                                          "cjson_1.7.0")
    for digest in files.values():
        text = text.replace(digest, "0" * 64)
    lock.write_text(text)
    done = bash(cache, "fetch cjson; warn_of_substitutes cjson", WAITFOR_LOCK=str(lock),
                WAITFOR_SNAPSHOT="http://127.0.0.1:9")
    assert done.returncode == 0, done.stderr
    warning = re.search(r"WARNING: cjson: .*1\.7\.0-99.*; (\S+) is used instead", done.stderr.replace("\n", " "))
    assert warning and warning[1].startswith("1.7."), done.stderr
    assert "make update-sources" in done.stderr
    assert list((cache / "sources").glob("cjson_*")), "and the substitute is there"
    again = bash(cache, "warn_of_substitutes cjson", WAITFOR_LOCK=str(lock))
    assert "WARNING: cjson" in again.stderr


def test_nothing_of_the_systems_apt_is_touched(cache):
    lists = Path("/var/lib/apt/lists")
    before = {path.name: path.stat().st_mtime_ns for path in lists.iterdir()}
    assert bash(cache, "fetch cjson").returncode == 0
    assert {path.name: path.stat().st_mtime_ns for path in lists.iterdir()} == before


class Build:
    """A build in a session of its own, of which a test sees the progress and the end."""

    def __init__(self, cache):
        self.process = subprocess.Popen([THIRD_PARTY / "build", "dev"], start_new_session=True, text=True,
                                        env={**os.environ, "WAITFOR_CACHE": str(cache)},
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def comes_to(self, step):
        """Whether the first library is said to be at that step. Others may be on the way beside it."""
        return any(re.search(rf"\[1/\d\] \S+ \S+: {step} ", line) for line in self.process.stderr)

    def end(self, number):
        os.killpg(self.process.pid, number)
        self.process.wait(30)
        self.process.stderr.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
def test_a_build_that_is_interrupted_leaves_no_entry(cache, number):
    """Interrupted in the middle: the next build begins anew, and takes nothing of it for whole."""
    left = set()
    for _ in range(2):
        build = Build(cache)
        assert build.comes_to("unpack"), "the first time, and after the interruption again"
        scratch = set((cache / "tmp").glob("build.*"))
        assert scratch and not scratch & left, "nothing is left of the one before"
        assert build.comes_to("configure")
        left = set((cache / "tmp").glob("build.*"))
        build.end(number)
        assert not list(cache.glob("built/*")) and not list(cache.glob("prefix/*"))


def test_an_entry_is_used_only_for_the_very_same_recipe_and_source(cache):
    """The key: a comment changes nothing, an option of the build does."""
    script = 'third_party=$copy; entry cjson'
    copy = cache / "third-party"
    shutil.copytree(THIRD_PARTY, copy)

    def name():
        return bash(cache, script, copy=str(copy)).stdout.strip()

    first, recipe = name(), copy / "recipes" / "cjson.sh"
    assert first
    recipe.write_text("# another comment\n" + recipe.read_text())
    assert name() == first
    recipe.write_text(recipe.read_text().replace("cc $CFLAGS", "cc -DX $CFLAGS"))
    assert name() != first


def test_the_lock_says_all_there_is_to_know():
    for library in ("musl", "c-ares", "cjson", "libevent", "openssl", "libpq"):
        fields, files = stanza(library)
        assert {"Source", "Version", "Suite", "Archive", "Snapshot"} <= set(fields), library
        assert any(name.endswith(".dsc") for name in files) and len(files) >= 2, library


def test_the_time_of_a_snapshot_is_one_that_was():
    for when in re.findall(r"^Snapshot: (\S+)$", LOCK.read_text(), re.M):
        assert time.strptime(when, "%Y%m%dT%H%M%SZ") < time.gmtime()


def test_update_rewrites_the_lock_with_the_newest_that_can_be_fetched(cache, tmp_path):
    """make update-sources, from a lock whose cJSON is an old one; the others are as they are."""
    fields, _ = stanza("cjson")
    lock = tmp_path / "lock"
    lock.write_text(LOCK.read_text().replace(f"Version: {fields['Version']}", "Version: 1.7.0-1"))
    # What this machine has fetched before need not be fetched again.
    fetched = Path(os.environ.get("WAITFOR_CACHE") or
                   Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "waitfor") / "sources"
    if fetched.is_dir():
        shutil.copytree(fetched, cache / "sources")
    done = subprocess.run([THIRD_PARTY / "update"], capture_output=True, text=True, timeout=300,
                          env={**os.environ, "WAITFOR_CACHE": str(cache), "WAITFOR_LOCK": str(lock)})
    assert done.returncode == 0, done.stderr
    assert re.search(r"cjson: 1\.7\.0-1 -> 1\.7\.\S+", done.stderr), "it says what has changed"
    written = lock.read_text()
    assert "Version: 1.7.0-1" not in written
    assert re.findall(r"^Library: (\S+)$", written, re.M) == re.findall(r"^Library: (\S+)$", LOCK.read_text(), re.M)
    assert len(re.findall(r"^ [0-9a-f]{64} pool/\S+$", written, re.M)) >= 2 * 6


def test_libraries_of_another_architecture_are_entries_of_their_own(cache):
    """Those of this machine are the same, whether it is named or not."""
    def names(arch):
        result = bash(cache, f"WAITFOR_ARCH={arch}; set_variant release; entry musl; entry cjson; prefix")
        assert result.returncode == 0, result.stderr
        return result.stdout.split()

    native = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()
    foreign = "amd64" if native == "arm64" else "arm64"
    assert names("") == names(native)
    assert all(f"release-{foreign}-" in name for name in names(foreign)) and len(names(foreign)) == 3


@pytest.mark.parametrize("variant, arch, told", [("release", "riscv64", "ARCH is one of amd64, arm64"),
                                                 ("dev", "arm64", "for this machine only"),
                                                 ("dev", "amd64", "for this machine only")])
def test_what_cannot_be_built_for_is_said_at_once(cache, variant, arch, told):
    native = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()
    done = bash(cache, f"WAITFOR_ARCH={arch}; set_variant {variant}")
    if arch == native:
        assert done.returncode == 0
    else:
        assert done.returncode != 0 and told in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr


def test_a_cache_path_with_a_blank_is_refused_at_once(tmp_path):
    done = bash(tmp_path / "with a blank", "true")
    assert done.returncode != 0 and "blank" in done.stderr and "WAITFOR_CACHE" in done.stderr, done.stderr
