"""--report FILE: one document when the wait is over, whole or not at all, and never in the app's way."""

import json
import os
import random
import signal
import socket
import stat
import subprocess
import threading
import time
import xml.etree.ElementTree as xml

import pytest

from support import pgwire
from support.events import is_valid, parse_document, parse_events, the
from test_events import HOSTILE, accepting, refusing, says_raw
from test_output import SECRET, secret_sources


def document(path):
    return parse_document(path.read_text())


def states(found):
    return [target["state"] for target in found["targets"]]


# --- the JSON document --------------------------------------------------------------------------

def test_all_ready(waitfor, peer, folder):
    late, there = peer(listen=False), peer()
    running = waitfor.start("--report", folder / "r.json", f"API=tcp://{late.target}", f"tcp://{there.target}",
                            "--", "cat", folder / "r.json")
    running.wait_err("refused")
    late.listen()
    result = running.finish()
    found = document(folder / "r.json")
    assert result.code == 0 and result.out == (folder / "r.json").read_text(), "it is there before the app"
    assert (found["verdict"], found["signal"]) == ("ready", None)
    assert found["waitfor"] in waitfor("--version").out
    first, second = found["targets"]
    assert (first["target"], first["name"], first["kind"]) == (f"API=tcp://{late.target}", "API", "tcp")
    assert (first["state"], first["address"], first["reason"]) == ("ready", late.target, "ready")
    assert first["attempts"] > 1 and second["attempts"] == 1
    assert second["elapsed_ms"] <= first["elapsed_ms"] <= found["elapsed_ms"] <= result.seconds * 1000
    assert all(line.startswith("waitfor: ") for line in result.lines), "people are told as ever"


def test_timed_out(waitfor, peer, folder):
    there, refused, starting = peer(), peer(listen=False), peer(pgwire.refuses("57P03", "wait"))
    result = waitfor("--report", folder / "r.json", "-t", "500ms", f"tcp://{there.target}",
                     f"tcp://{refused.target}", f"postgres://{starting.target}/x")
    found = document(folder / "r.json")
    assert result.code == 124 and found["verdict"] == "timed_out"
    assert states(found) == ["ready", "timed_out", "timed_out"]
    assert [target["reason"] for target in found["targets"]] == ["ready", "refused", "starting"]
    text = found["targets"][2]["text"]
    assert text.startswith("answers but is not ready") and "wait" in text
    assert all(500 <= target["elapsed_ms"] < 5000 for target in found["targets"][1:])


@pytest.mark.parametrize("args, code, verdict, expected", [
    (["--once"], 1, "not_ready", ["ready", "not_ready"]),
    (["--any"], 0, "ready", ["ready", "not_needed"]),
    (["--down", "--any"], 0, "ready", ["not_needed", "down"]),
    (["--down", "-t", "300ms"], 124, "timed_out", ["timed_out", "down"]),
    (["-t", "300ms", "-q"], 124, "timed_out", ["ready", "timed_out"]),
])
def test_each_way_to_end(waitfor, peer, folder, args, code, verdict, expected):
    result = waitfor("--report", folder / "r.json", *args, accepting(peer), refusing(peer))
    found = document(folder / "r.json")
    assert (result.code, found["verdict"], states(found)) == (code, verdict, expected), result


def test_one_of_a_group_is_enough(waitfor, peer, folder):
    """What the others of its group lacked is no failure, though the wait fails for another's sake."""
    there, other, missing = peer(), peer(listen=False), peer(listen=False)
    (folder / "config.json").write_text(json.dumps({"targets": [
        {"any": [f"tcp://{other.target}", f"tcp://{there.target}"]}, f"tcp://{missing.target}"]}))
    result = waitfor("-f", folder / "config.json", "-t", "400ms", "--output", "json",
                     "--report", folder / "r.json", "--report", f"junit:{folder / 'r.xml'}")
    assert result.code == 124
    assert states(document(folder / "r.json")) == ["not_needed", "ready", "timed_out"]
    assert [[child.tag for child in case] for case in junit(folder / "r.xml")] == [["skipped"], [], ["failure"]]
    assert the(parse_events(result.err), "timeout")["target"] == f"tcp://{missing.target}"


def test_gave_up(waitfor, peer, folder):
    server = peer(pgwire.refuses("28P01"))
    result = waitfor("--report", folder / "r.json", "--fail-fast", f"postgres://u:p@{server.target}/x")
    found = document(folder / "r.json")
    assert (result.code, found["verdict"], states(found)) == (124, "gave_up", ["gave_up"])
    assert found["targets"][0]["reason"] == "denied"


def test_a_signal(waitfor, peer, folder):
    running = waitfor.start("--report", folder / "r.json", refusing(peer))
    running.wait_err("refused")
    running.send(signal.SIGTERM)
    running.finish()
    found = document(folder / "r.json")
    assert (found["verdict"], found["signal"], states(found)) == ("signalled", signal.SIGTERM, ["waiting"])


def test_two_reports_and_the_events(waitfor, peer, folder):
    result = waitfor("--output", "json", "--report", folder / "r.json",
                     "--report", f"junit:{folder / 'r.xml'}", "--report", f"json:{folder / 'again.json'}", accepting(peer))
    assert result.code == 0
    assert document(folder / "r.json") == document(folder / "again.json")
    assert xml.parse(folder / "r.xml").getroot().tag == "testsuites"


def test_a_document_that_is_wrong_is_refused(waitfor, peer, folder):
    """Teeth: the schema takes what is written, and nothing that is not."""
    waitfor("--report", folder / "r.json", accepting(peer))
    good = document(folder / "r.json")
    for key in good:
        assert not is_valid({other: value for other, value in good.items() if other != key}, "document"), key
    for change in ({"more": 1}, {"verdict": "fine"}, {"signal": 15}, {"verdict": "signalled"}, {"targets": {}},
                   {"elapsed_ms": -1}, {"started": "now"}, {"version": 1}):
        assert not is_valid({**good, **change}, "document"), change
    target = good["targets"][0]
    for key in target:
        less = {other: value for other, value in target.items() if other != key}
        assert not is_valid({**good, "targets": [less]}, "document"), key
    for change in ({"more": 1}, {"state": "fine"}, {"attempts": "1"}, {"text": "a\nb"}):
        assert not is_valid({**good, "targets": [{**target, **change}]}, "document"), change


# --- JUnit --------------------------------------------------------------------------------------

def junit(path):
    """The cases, after checking what CI services read: the counts of both elements, and each case's attributes."""
    root = xml.parse(path).getroot()
    assert root.tag == "testsuites" and [child.tag for child in root] == ["testsuite"]
    suite = root[0]
    cases = suite.findall("testcase")
    counted = {"tests": len(cases), "failures": len(suite.findall("testcase/failure")), "errors": 0,
               "skipped": len(suite.findall("testcase/skipped"))}
    for element in (root, suite):
        assert element.get("name") == "waitfor"
        assert {key: int(element.get(key)) for key in counted} == counted
        assert float(element.get("time")) >= max((float(case.get("time")) for case in cases), default=0)
    for case in cases:
        assert set(case.attrib) == {"name", "classname", "time"} and len(case) <= 1
    return cases


def test_junit_of_a_timeout(waitfor, peer, folder):
    there, refused, starting = peer(), peer(listen=False), peer(pgwire.refuses("57P03", "a <b> & \"c\" 'd'"))
    waitfor("--report", f"junit:{folder / 'r.xml'}", "-t", "500ms", f"tcp://{there.target}",
            f"tcp://{refused.target}", f"postgres://{starting.target}/x")
    first, second, third = junit(folder / "r.xml")
    assert (first.get("name"), first.get("classname")) == (f"tcp://{there.target}", "waitfor.tcp")
    assert len(first) == 0 and third.get("classname") == "waitfor.postgres"
    assert second[0].tag == "failure" and second[0].get("type") == "refused"
    assert second[0].get("message") == f"connection refused ({refused.target})"
    assert float(second.get("time")) >= 0.5
    assert third[0].get("type") == "starting" and "a <b> & \"c\" 'd'" in third[0].get("message")


def test_junit_of_any(waitfor, peer, folder):
    waitfor("--report", f"junit:{folder / 'r.xml'}", "--any", refusing(peer), accepting(peer))
    first, second = junit(folder / "r.xml")
    assert [child.tag for child in first] == ["skipped"] and len(second) == 0


@pytest.mark.parametrize("case", [*HOSTILE, "no characters of XML"])
def test_what_a_peer_says_breaks_no_document(waitfor, peer, folder, case):
    server = peer(says_raw(HOSTILE.get(case, "a\ufffe\uffff]]><!-- z".encode())))
    result = waitfor("--report", f"junit:{folder / 'r.xml'}", "--report", folder / "r.json", "-t", "400ms",
                     f"postgres://app@{server.target}/x")
    (one,) = junit(folder / "r.xml")
    assert result.code == 124 and one[0].tag == "failure" and one[0].get("type") == "starting", result
    assert document(folder / "r.json")["verdict"] == "timed_out"


@pytest.mark.parametrize("case", ["URI", "parameter", "parameter first", "PGPASSWORD", "file",
                                  "variable", "named", "WAITFOR_TARGETS", "TLS key's password"])
def test_no_secret_in_any_document(waitfor, peer, folder, case):
    server = peer(pgwire.refuses("28P01", f"password {SECRET} is wrong"))
    args, env = secret_sources(server.target, folder)[case]
    waitfor("--report", f"junit:{folder / 'r.xml'}", "--report", folder / "r.json", "-t", "300ms", *args, env=env)
    assert len(junit(folder / "r.xml")) == len(document(folder / "r.json")["targets"]) == 1
    for name in ("r.xml", "r.json"):
        assert SECRET not in (folder / name).read_text()


# --- whole or not at all ------------------------------------------------------------------------

def names_in(folder):
    return sorted(os.listdir(folder))


def test_a_reader_sees_the_old_or_the_new(waitfor, peer, folder):
    """So many targets that the document does not fit into one write."""
    path, seen, over = folder / "r.json", set(), threading.Event()
    path.write_text("old")

    def read():
        while not over.is_set():
            seen.add(path.read_text())
    reader = threading.Thread(target=read)
    reader.start()
    try:
        late = peer(listen=False)
        for _ in range(5):
            waitfor("--report", path, "-t", "50ms", *[f"tcp://{late.target}"] * 100)
    finally:
        over.set()
        reader.join()
    seen.discard("old")
    assert len(path.read_text()) > 4 * 4096
    assert seen and all(len(parse_document(text)["targets"]) == 100 for text in seen)
    assert names_in(folder) == ["r.json"], "and no other file"


def test_killed_during_the_wait_it_leaves_all_as_it_was(waitfor, peer, folder):
    (folder / "old.json").write_text("old")
    running = waitfor.start("--report", folder / "new.json", "--report", folder / "old.json",
                            refusing(peer))
    running.wait_err("refused")
    running.kill()
    assert names_in(folder) == ["old.json"] and (folder / "old.json").read_text() == "old"


@pytest.mark.parametrize("mask, mode", [("022", 0o644), ("077", 0o600), ("002", 0o664)])
def test_its_rights_are_those_of_any_new_file(waitfor, peer, folder, mask, mode):
    waitfor("--report", folder / "r.json", accepting(peer),
            wrap=["sh", "-c", f'umask {mask}; exec "$@"', "sh"])
    assert stat.S_IMODE((folder / "r.json").stat().st_mode) == mode


def test_the_app_has_the_umask_and_the_descriptors_it_would_have(waitfor, peer, folder):
    look = ["sh", "-c", "umask; ls /proc/self/fd"]
    plain = waitfor(accepting(peer), "--", *look)
    assert waitfor("--report", folder / "r.json", accepting(peer), "--", *look).out == plain.out


def test_a_file_named_from_here(waitfor, peer, folder):
    assert waitfor("--report", "r.json", accepting(peer), cwd=folder).code == 0
    assert document(folder / "r.json") and names_in(folder) == ["r.json"]


# --- what cannot be written ---------------------------------------------------------------------

@pytest.mark.parametrize("spec, words", [
    ("{folder}/no/r.json", ["/no/r.json", "No such file or directory", "name a file"]),
    ("junit:{folder}/no/r.xml", ["/no/r.xml", "No such file or directory"]),
    ("{folder}", ["is a folder"]),
    ("{folder}/file/r.json", ["Not a directory"]),
    ("xml:{folder}/r.xml", ["xml:", "json:", "junit:"]),
    ("junti:{folder}/r.xml", ["did you mean junit:"]),
    ("", ["FILE"]), ("json:", ["names no file"]),
    ("/dev/fd/99", ["descriptor 99 is not open"]), ("/dev/../dev/fd/99", ["descriptor 99 is not open"]),
    ("{folder}/" + 256 * "x", ["too long"]),
])
def test_told_before_the_wait(waitfor, peer, folder, spec, words):
    (folder / "file").touch()
    server = peer()
    result = waitfor("--report", spec.format(folder=folder), f"tcp://{server.target}", "--", "echo", "started")
    assert (result.code, result.out, len(result.lines)) == (125, "", 1), result
    assert "--report" in result.err and all(word in result.err for word in words), result
    assert not server.connections and names_in(folder) == ["file"]


def test_a_folder_that_is_not_ours_is_told_before_the_wait(waitfor, peer, folder):
    server = peer()
    folder.chmod(0o555)
    wrap = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "--"] if os.geteuid() == 0 else []
    result = waitfor("--report", folder / "r.json", f"tcp://{server.target}", "--", "echo", "started",
                     wrap=wrap)
    folder.chmod(0o755)
    assert (result.code, result.out, len(result.lines)) == (125, "", 1), result
    assert str(folder / "r.json") in result.err and "Permission denied" in result.err, result
    assert not server.connections and not names_in(folder)


def lost(result):
    """The app started although the report is lost, and one line says so."""
    assert (result.code, result.out) == (0, "started\n"), result
    said = [line for line in result.lines if "the report is lost" in line]
    assert len(said) == 1, result
    return said[0]


def test_a_folder_that_is_gone_at_the_end(waitfor, peer, folder):
    (folder / "sub").mkdir()
    late = peer(listen=False)
    running = waitfor.start("--report", folder / "sub" / "r.json", f"tcp://{late.target}", "--",
                            "echo", "started")
    running.wait_err("refused")
    (folder / "sub").rmdir()
    late.listen()
    assert "r.json" in lost(running.finish())


def test_a_disk_that_is_full_at_the_end(waitfor, net, peer, folder):
    (folder / "disk").mkdir()
    net.run("mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", folder / "disk")
    server = peer(address=net.address("10.77.0.5"), net=net)
    result = waitfor("--report", folder / "disk" / "r.json", *[f"tcp://{server.target}"] * 100, "--",
                     "echo", "started", net=net)
    assert "No space left on device" in lost(result)
    assert net.run("ls", "-A", folder / "disk") == "", "no half a file"


def test_a_full_device(waitfor, peer):
    result = waitfor("--report", "/dev/full", accepting(peer), "--", "echo", "started")
    assert "No space left on device" in lost(result)


# --- what is no regular file --------------------------------------------------------------------

def test_standard_output_is_where_it_stands(waitfor, peer):
    """A file of which waitfor's document is only the first part."""
    for name in ("/dev/stdout", "-"):
        result = waitfor("--report", name, accepting(peer), "--", "echo", "started")
        first, second = result.out.split("\n", 1)
        assert parse_document(first)["verdict"] == "ready" and second == "started\n"


def test_standard_output_is_a_pipe(waitfor, peer):
    done = subprocess.run([waitfor._binary, "--report", "/dev/stdout", accepting(peer)], check=True,
                          capture_output=True, text=True, timeout=20)
    assert parse_document(done.stdout)["verdict"] == "ready"


@pytest.mark.parametrize("name", ["/dev/../dev/stdout", "{folder}/link", "{folder}/second", "/proc/thread-self/fd/1",
                                  "{folder}/fds/1", "/dev/fd/../fd/1", "{folder}/one"])
@pytest.mark.parametrize("kind", ["pipe", "file", "socket"])
def test_standard_output_by_another_name(waitfor, peer, folder, name, kind):
    """HOSTILE D20: a descriptor is what it is, not how it is written."""
    (folder / "link").symlink_to("/dev/stdout")
    (folder / "second").symlink_to("link")
    (folder / "fds").symlink_to("/proc/self/fd")
    (folder / "one").symlink_to("/proc/self/fd/1")
    ends = {"pipe": os.pipe, "socket": lambda: [end.detach() for end in socket.socketpair()],
            "file": lambda: [os.open(folder / "out", os.O_RDONLY | os.O_CREAT), os.open(folder / "out", os.O_WRONLY)]}
    reader, writer = ends[kind]()
    os.write(writer, b"before\n")
    done = subprocess.run([waitfor._binary, "--report", name.format(folder=folder), accepting(peer), "--", "echo", "app"],
                          stdout=writer, stderr=subprocess.PIPE, timeout=20, check=False)
    os.close(writer)
    with os.fdopen(reader) as file:
        lines = file.read().splitlines()
    assert done.returncode == 0, done
    assert lines[0] == "before" and lines[-1] == "app" and parse_document("\n".join(lines[1:-1]))["verdict"] == "ready"


def test_killed_while_it_writes_it_leaves_nothing(waitfor, peer, folder):
    """HOSTILE D25: SIGKILL left .waitfor-XXXXXX in one run of eight.

    A file without a name cannot replace one: there are some microseconds left (FACTS 64), in which one of these runs may end.
    """
    listener, dice, left = peer(), random.Random(25), set()
    (folder / "old.json").write_text("{}")
    for _ in range(60):
        running = waitfor.start("-q", "--report", folder / "new.json", "--report", folder / "old.json",
                                f"tcp://{listener.target}")
        time.sleep(dice.uniform(0, 0.03))   # it ends after 20 ms and some for the disk
        running.kill()
        left |= set(names_in(folder)) - {"new.json", "old.json"}
        assert document_or_empty(folder / "old.json")
        (folder / "new.json").unlink(missing_ok=True)
    assert len(left) <= 1, left


def document_or_empty(path):
    return path.read_text() == "{}" or document(path)


def test_a_fifo_with_a_reader(waitfor, peer, folder):
    os.mkfifo(folder / "fifo")
    reader = os.open(folder / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(reader, encoding="utf-8") as file:
        result = waitfor("--report", folder / "fifo", *[accepting(peer)] * 100, "--", "echo", "started")
        assert (result.code, result.out) == (0, "started\n"), result
        assert len(parse_document(file.read())["targets"]) == 100, "a pipe holds that much"
    assert stat.S_ISFIFO((folder / "fifo").stat().st_mode)


def test_a_fifo_that_nobody_reads(waitfor, peer, folder):
    os.mkfifo(folder / "fifo")
    result = waitfor("--report", folder / "fifo", accepting(peer), "--", "echo", "started")
    assert "nothing reads it" in lost(result) and result.seconds < 10


def test_a_fifo_whose_reader_does_not_read(waitfor, peer, folder):
    os.mkfifo(folder / "fifo")
    reader = os.open(folder / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    try:
        late = peer(listen=False)
        result = waitfor("--report", folder / "fifo", "-t", "100ms", "--run-anyway",
                         *[f"tcp://{late.target}"] * 400, "--", "echo", "started")
        assert "nothing reads it" in lost(result) and result.seconds < 10
    finally:
        os.close(reader)


def test_a_link_stays_and_what_it_leads_to_is_replaced(waitfor, peer, folder):
    (folder / "there").mkdir()
    (folder / "there" / "r.json").write_text("old")
    (folder / "link").symlink_to("there/r.json")
    assert waitfor("--report", folder / "link", accepting(peer)).code == 0
    assert (folder / "link").is_symlink() and document(folder / "there" / "r.json")
    assert names_in(folder / "there") == ["r.json"]


def test_a_link_stays_that_leads_to_nothing_yet(waitfor, peer, folder):
    (folder / "there").mkdir()
    (folder / "there" / "next").symlink_to("r.json")
    (folder / "link").symlink_to(folder / "there" / "next")
    assert waitfor("--report", folder / "link", accepting(peer)).code == 0
    assert (folder / "link").is_symlink() and (folder / "there" / "next").is_symlink()
    assert document(folder / "there" / "r.json")


def test_links_that_lead_in_a_circle_are_told(waitfor, folder):
    (folder / "a").symlink_to("b")
    (folder / "b").symlink_to("a")
    result = waitfor("--report", folder / "a", "db:1")
    assert result.code == 125 and len(result.lines) == 1 and str(folder / "a") in result.err, result


def as_nobody(*words):
    """The command line before one that is not to be root's."""
    wrap = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "--"] if os.geteuid() == 0 else []
    return [*words, *wrap]


def test_a_link_of_somebody_else_in_a_folder_of_all_is_followed_as_by_a_plain_open(waitfor, peer, folder):
    """HOSTILE D8: where fs.protected_symlinks is set, as it usually is, not at all."""
    (folder / "all").mkdir()
    (folder / "all").chmod(0o1777)
    (folder / "victim").write_text("old")
    subprocess.run([*as_nobody(), "ln", "-s", folder / "victim", folder / "all" / "r.json"], check=True)
    followed = subprocess.run(["cat", folder / "all" / "r.json"], capture_output=True, check=False).returncode == 0
    result = waitfor("--report", folder / "all" / "r.json", accepting(peer))
    assert (result.code, (folder / "victim").read_text() != "old") == ((0, True) if followed else (125, False)), result
    assert followed or "Permission denied" in result.err, result


def test_a_file_of_ours_in_a_folder_that_is_not(waitfor, peer, folder):
    """Nothing can be made beside it: it is written in place."""
    (folder / "r.json").write_text("x" * 10000)
    (folder / "r.json").chmod(0o666)
    folder.chmod(0o555)
    result = waitfor("--report", folder / "r.json", accepting(peer), wrap=as_nobody())
    folder.chmod(0o755)
    assert result.code == 0 and document(folder / "r.json")["verdict"] == "ready", result
    assert names_in(folder) == ["r.json"]


@pytest.mark.parametrize("folder_is", ["writable", "read-only"])
def test_a_file_that_is_mounted(waitfor, net, peer, folder, folder_is):
    """docker run -v ./r.json:/r.json, with --read-only too: its name cannot be given to another file."""
    (folder / "outside").write_text("x" * 10000)
    (folder / "inside").mkdir()
    (folder / "inside" / "r.json").touch()
    if folder_is == "read-only":
        net.run("mount", "--bind", folder / "inside", folder / "inside")
        net.run("mount", "-o", "remount,bind,ro", folder / "inside")
    net.run("mount", "--bind", folder / "outside", folder / "inside" / "r.json")
    server = peer(address=net.address("10.77.0.5"), net=net)
    result = waitfor("--report", folder / "inside" / "r.json", f"tcp://{server.target}", net=net)
    assert result.code == 0 and document(folder / "outside")["verdict"] == "ready", result
    assert names_in(folder / "inside") == ["r.json"]


def test_a_file_that_is_mounted_for_reading_is_told_before_the_wait(waitfor, net, folder):
    (folder / "outside").touch()
    (folder / "r.json").touch()
    net.run("mount", "--bind", folder / "outside", folder / "r.json")
    net.run("mount", "-o", "remount,bind,ro", folder / "r.json")
    result = waitfor("--report", folder / "r.json", "tcp://127.0.0.1:1", net=net)
    assert result.code == 125 and "Read-only file system; name a file" in result.err, result


def test_an_existing_file_keeps_its_owner_and_rights(waitfor, peer, folder):
    """HOSTILE D19: a second run must not show to all what the first kept from them."""
    (folder / "r.json").touch(0o600)
    if os.geteuid() == 0:
        os.chown(folder / "r.json", 12345, 12345)
    before = (folder / "r.json").stat()
    assert waitfor("--report", folder / "r.json", accepting(peer)).code == 0
    after = (folder / "r.json").stat()
    assert document(folder / "r.json") and after.st_ino != before.st_ino
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
