"""make install and make deb: what lands where, and that it leaves nothing behind."""

import os
import re
import shutil
import subprocess

import pytest

from support.runner import CLEAN_ENV, REPOSITORY

# What the build reads, and what it has made already: the checkout itself stays as it is.
PARTS = ["Makefile", "CHANGELOG.md", "README.md", "docs", "include", "scripts", "src", "third-party", "build/waitfor",
         "build/release", "build/completions"]
EPOCH = 1_700_000_000
ENV = {**CLEAN_ENV, **{name: os.environ[name] for name in ("HOME", "XDG_CACHE_HOME", "WAITFOR_CACHE")
                       if name in os.environ}, "SOURCE_DATE_EPOCH": str(EPOCH)}
PROGRAM, PAGE = "bin/waitfor", "share/man/man1/waitfor.1"
BASH, FISH = "share/bash-completion/completions/waitfor", "share/fish/vendor_completions.d/waitfor.fish"
ZSH = "share/zsh/site-functions/_waitfor"
EVENTS, EXPLAIN = "share/doc/waitfor/events.schema.json", "share/doc/waitfor/explain.schema.json"
DROP_IN = "share/doc/waitfor/DROP-IN.md"


def run(*argv, **kwargs):
    result = subprocess.run([str(word) for word in argv], env=ENV, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, **kwargs)
    assert result.returncode == 0, result.stdout
    return result.stdout


def copy_tree(folder):
    for name in PARTS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        run("cp", "-a", REPOSITORY / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return copy_tree(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="module")
def deb(tree):
    return make_deb(tree)


def make_deb(tree):
    path = run("make", "-s", "deb", cwd=tree).splitlines()[-1]
    return tree / path


def files(root):
    """{path: mode} of all that is no folder."""
    return {str(path.relative_to(root)): path.stat().st_mode & 0o7777
            for path in root.rglob("*") if not path.is_dir() or path.is_symlink()}


@pytest.mark.parametrize("words, prefix", [(["PREFIX=/usr"], "usr"), ([], "usr/local"),
                                           (["PREFIX=/opt/wait for"], "opt/wait for")])
def test_install_and_uninstall(tree, folder, words, prefix):
    root = folder / "a root"
    (root / prefix / "bin").mkdir(parents=True)
    (root / prefix / "bin" / "other").touch(0o644)
    other = {f"{prefix}/bin/other": 0o644}
    run("make", "-s", "install", f"DESTDIR={root}", *words, cwd=tree)
    assert files(root) == {f"{prefix}/{PROGRAM}": 0o755, f"{prefix}/{PAGE}": 0o644, f"{prefix}/{BASH}": 0o644,
                           f"{prefix}/{FISH}": 0o644, f"{prefix}/{ZSH}": 0o644, f"{prefix}/{EVENTS}": 0o644,
                           f"{prefix}/{EXPLAIN}": 0o644, f"{prefix}/{DROP_IN}": 0o644, **other}
    assert run(root / prefix / PROGRAM, "--version").startswith("waitfor ")
    for made, source in ((PAGE, "docs/waitfor.1"), (BASH, "build/completions/waitfor.bash"),
                         (FISH, "build/completions/waitfor.fish"), (ZSH, "build/completions/waitfor.zsh"),
                         (EVENTS, "docs/events.schema.json"), (EXPLAIN, "docs/explain.schema.json"),
                         (DROP_IN, "docs/DROP-IN.md")):
        assert (root / prefix / made).read_bytes() == (tree / source).read_bytes() != b""
    run("make", "-s", "uninstall", f"DESTDIR={root}", *words, cwd=tree)
    assert files(root) == other


def test_install_again_replaces(tree, folder):
    for _ in range(2):
        run("make", "-s", "install", f"DESTDIR={folder}", cwd=tree)
        page = folder / "usr/local" / PAGE
        assert page.read_bytes() == (tree / "docs/waitfor.1").read_bytes()
        page.write_text("an older one")


# --- the package --------------------------------------------------------------------------------

def packed(deb):
    """{path: (mode, owner)} of the files in the package."""
    lines = [line.split(None, 5) for line in run("dpkg-deb", "--contents", deb).splitlines()]
    return {path[2:]: (mode, owner) for mode, owner, _, _, _, path in lines if not path.endswith("/")}


def field(deb, name):
    return run("dpkg-deb", "--field", deb, name).strip()


def test_what_is_in_the_package(deb):
    plain = ("-rw-r--r--", "root/root")
    assert packed(deb) == {
        "usr/bin/waitfor": ("-rwxr-xr-x", "root/root"),
        "usr/share/man/man1/waitfor.1.gz": plain, f"usr/{BASH}": plain, f"usr/{FISH}": plain,
        "usr/share/zsh/vendor-completions/_waitfor": plain,     # where Debian's zsh looks
        "usr/share/doc/waitfor/changelog.gz": plain, "usr/share/doc/waitfor/copyright": plain,
        f"usr/{EVENTS}": plain,
        f"usr/{EXPLAIN}": plain,
        f"usr/{DROP_IN}": plain,
        "usr/share/lintian/overrides/waitfor": plain}


def test_what_the_package_says_of_itself(tree, deb):
    version = run(tree / "build/waitfor", "--version").split()[1]
    assert field(deb, "Package") == "waitfor" and field(deb, "Version") == version
    assert field(deb, "Architecture") == run("dpkg", "--print-architecture").strip()
    assert deb.name == f"waitfor_{version}_{field(deb, 'Architecture')}.deb"
    assert field(deb, "Depends") == "", "the program is static"


def test_the_copyright_names_every_library(tree, folder, deb):
    """Their licences ask for it: the program holds their code."""
    run("dpkg-deb", "--extract", deb, folder)
    text = (folder / "usr/share/doc/waitfor/copyright").read_text()
    libraries = [line.split()[0].lower() for line in run(tree / "build/waitfor", "--version").splitlines()[1:]]
    assert set(libraries) == {"musl", "c-ares", "libevent", "libpq", "cjson", "libcurl"}
    for library in libraries:
        stanza = re.search(rf"(?m)^Files: {library}/\*\nCopyright: .*(?:\n .*)*\nLicense: (\S+)$", text)
        assert stanza, library
        assert re.search(rf"(?m)^License: {re.escape(stanza[1])}\n .", text), f"the text of {stanza[1]}"
    sources = dict(re.findall(r"([\w.+-]+) \(= ([^)]+)\)", field(deb, "Static-Built-Using")))
    lock = (tree / "third-party/sources.lock").read_text()
    for name, version in sources.items():
        assert f"\nSource: {name}\nVersion: {version}\n" in lock
    assert len(sources) == len(libraries)


def test_the_same_source_gives_the_same_package(deb, folder):
    other = copy_tree(folder / "in a deeper place")
    # Other times and another mask: neither may be seen.
    run("sh", "-c", "find docs scripts -exec touch {} + ; umask 077; make -s deb", cwd=other)
    assert (other / "build" / deb.name).read_bytes() == deb.read_bytes()


def test_nothing_in_the_package_is_newer_than_the_source(deb):
    listed = run("sh", "-c", f'dpkg-deb --fsys-tarfile "{deb}" | TZ=UTC tar -tv --full-time')
    times = set(re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", listed))
    assert times == {"2023-11-14 22:13:20"}     # EPOCH


def test_lintian_finds_no_error(deb):
    result = subprocess.run(["lintian", "--allow-root", "--info", deb], env=ENV, capture_output=True, text=True)
    found = re.findall(r"(?m)^E: .*$", result.stdout)
    assert not found, "\n".join(found)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_package_is_installed_and_removed(deb, folder):
    root = folder / "root"
    admin = root / "var/lib/dpkg"
    for name in ("info", "updates", "triggers"):
        (admin / name).mkdir(parents=True)
    (admin / "status").touch()
    # A small image may be set up to leave manuals out.
    dpkg = ["dpkg", f"--root={root}", "--force-not-root", "--force-bad-path", "--path-include=*",
            "--force-script-chrootless", f"--log={folder}/log"]
    run(*dpkg, "--install", deb)
    assert run("dpkg-query", f"--admindir={admin}", "-W", "-f", "${db:Status-Status}", "waitfor") == "installed"
    assert {path for path in files(root) if path.startswith("usr/")} == set(packed(deb))
    assert run(*dpkg, "--verify", "waitfor") == "", "every file is as its checksum says"
    assert run(root / "usr/bin/waitfor", "--version").startswith("waitfor ")
    run(*dpkg, "--purge", "waitfor")
    assert not (root / "usr").exists()
    assert not list((admin / "info").glob("waitfor*"))
