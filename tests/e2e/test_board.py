"""The live board: what a person at a terminal sees, through a pseudo-terminal whose output pyte draws."""

import os
import re
import signal
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from support import pgwire
from support.peers import silence
from support.runner import BINARY, CLEAN_ENV
from support.until import until

GOLDEN = Path(__file__).resolve().parent / "golden"
SECRET = "hunter2hunter2"
TERM = {"TERM": "xterm-256color"}


def normalised(text):
    """Times differ from run to run; each keeps its width."""
    return re.sub(r"\b\d+\.\ds", lambda m: "#.#s".rjust(len(m[0])), text)


@pytest.fixture
def scene(net, peer):
    """One peer that is ready, one that refuses, one that will never let us in, one that says nothing."""
    hosts = {"db": silence, "sql": pgwire.refuses("28000", "no such role"), "quiet": silence}
    names = ["127.0.0.1 cache"]
    for i, (name, script) in enumerate(hosts.items()):
        address = net.address(f"10.77.0.{i + 2}")
        names.append(f"{address} {name}")
        peer(script, address=address, port=5432, net=net)
    net.rewrite(net.hosts, "\n".join(names) + "\n")
    return ["-t", "60s", "--attempt-timeout", "50s", "tcp://db:5432", "tcp://cache:6379",
            f"postgres://app:{SECRET}@sql/shop", f"postgres://app:{SECRET}@quiet/shop"]


@pytest.fixture
def watched(waitfor, terminal, peer):
    """Starts a wait at a terminal, most often for something that is not there."""
    def start(*args, window=None, env=None, columns=80, rows=24, targets=None, **kwargs):
        window = window or terminal(columns, rows)
        if targets is None:
            targets = [f"tcp://{peer(listen=False).target}"]
        running = waitfor.start(*args[:args.index("--")] if "--" in args else args, *targets,
                                *args[args.index("--"):] if "--" in args else (),
                                env={**TERM, **(env or {})}, **window.popen, **kwargs)
        return window, running
    return start


# --- how it looks -------------------------------------------------------------------------------

@pytest.mark.parametrize("columns, rows", [(100, 12), (60, 12), (30, 12), (80, 4)])
def test_the_board_as_a_person_sees_it(watched, scene, net, columns, rows):
    golden = (GOLDEN / f"board-{columns}x{rows}.txt").read_text()
    window, _ = watched(targets=scene, net=net, columns=columns, rows=rows)
    window.until(lambda: normalised(window.text) + "\n" == golden and window.cursor == (0, 0, True), 15,
                 f"as in the golden file:\n{golden}")
    assert SECRET.encode() not in window.raw


def test_colours(watched, scene, net):
    window, _ = watched(targets=scene, net=net)
    window.until(lambda: [window.screen.buffer[row][0].fg for row in range(5)]
                 == ["default", "green", "brown", "red", "brown"])  # brown: what pyte calls 33
    # Only the state is coloured.
    assert {cell.fg for row in range(5) for x, cell in window.screen.buffer[row].items() if x > 7} == {"default"}


@pytest.mark.parametrize("value, coloured", [("1", False), ("", True)])
def test_no_color(watched, scene, net, value, coloured):
    window, _ = watched(targets=scene, net=net, env={"NO_COLOR": value})
    window.wait_text("failing")
    assert (b"\x1b[3" in window.raw) == coloured


def test_down(watched, peer):
    window, _ = watched("--down", targets=[peer().target, peer(listen=False).target])
    window.until(lambda: "waitfor: 1 of 2 down," in window.lines[0] and "waiting" in window.lines[1]
                 and "still up" in window.lines[1] and window.lines[2].startswith("down "))


def test_successes_in_a_row(watched, peer):
    target = peer().target
    window, running = watched("--successes", "4", targets=[f"tcp://{target}"], columns=120)
    window.wait_text(" of 4 in a row")
    assert window.finish(running) == 0
    assert re.fullmatch(rf"ready +{target} +\d\.\ds", window.lines[1]), window.text


def test_any(watched, peer):
    window, _ = watched("--any", targets=[f"tcp://{peer(listen=False).target}" for _ in range(2)])
    window.until(lambda: re.fullmatch(r"waitfor: 0 of 2 ready, one is enough, \d+\.\ds of 60s", window.lines[0]))


def test_once_has_no_limit(watched, peer):
    """What the only attempt has time for is not what --timeout says."""
    server = peer()         # says nothing
    window, running = watched("--once", "--attempt-timeout", "1s", targets=[f"postgres://me@{server.target}"])
    window.until(lambda: re.fullmatch(r"waitfor: 0 of 1 ready, \d+\.\ds", window.lines[0]))
    assert window.finish(running) == 1


def test_who_asks_for_it_gets_it_on_a_dumb_terminal(watched):
    window, _ = watched("--output=board", env={"TERM": "dumb"})
    window.wait_text("waitfor: 0 of 1 ready")


# --- where it is not ----------------------------------------------------------------------------

def plain(window, running):
    """Lines as they stand in a log, without any control but the line feed."""
    assert window.finish(running) == 124
    assert b"\x1b" not in window.raw
    assert "connection refused" in window.lines[0] and "timed out after" in window.lines[1], window.text


@pytest.mark.parametrize("term", ["dumb", "", None])
def test_a_terminal_that_can_do_nothing_gets_lines(waitfor, terminal, peer, term):
    window = terminal(200)
    plain(window, waitfor.start("-t", "1s", f"tcp://{peer(listen=False).target}",
                                env={} if term is None else {"TERM": term}, **window.popen))


@pytest.mark.parametrize("option, said", [("-v", "attempt 1 after"), ("-q", "timed out"),
                                          ("--output=lines", "refused"), ("--output=json", '"timeout"')])
def test_who_wants_it_otherwise_gets_lines(watched, option, said):
    window, running = watched(option, "-t", "1s", columns=200)
    assert window.finish(running) == 124
    assert said.encode() in window.raw and b"\x1b" not in window.raw


@pytest.mark.parametrize("form", ["auto", "board"])
def test_no_terminal_gets_lines(waitfor, peer, form):
    result = waitfor("-t", "1s", "--output", form, f"tcp://{peer(listen=False).target}", env=TERM)
    assert result.code == 124 and "\x1b" not in result.err and len(result.lines) == 3, result


def test_in_the_background_the_screen_is_the_shells(waitfor, terminal, peer):
    window = terminal(200)
    script = 'set -m; "$@" & wait $!'
    running = waitfor.start("-t", "1s", f"tcp://{peer(listen=False).target}", env=TERM,
                            wrap=["sh", "-c", script, "sh"], **window.popen)
    plain(window, running)


def test_who_stops_it_gets_the_screen_below_the_board(waitfor, terminal, peer):
    """Ctrl-Z, and fg: what the shell says stands below, and the board begins anew below that."""
    window, target = terminal(80), peer(listen=False)
    script = 'set -m; "$@"; echo "stopped: $?" >&2; fg >&2; echo "ended: $?" >&2'
    running = waitfor.start("-t", "20s", f"tcp://{target.target}", env=TERM, wrap=["sh", "-c", script, "sh"],
                            **window.popen)
    window.wait_text("0 of 1 ready")
    window.keys(b"\x1a")
    window.wait_text("stopped: 148")                # 128 + SIGTSTP
    window.until(lambda: sum("0 of 1 ready" in line for line in window.lines) == 2, what="a second board")
    lines = window.lines
    said = next(i for i, line in enumerate(lines) if "stopped: 148" in line)
    assert "0 of 1 ready" in lines[0] and lines[1].startswith(f"waiting  {target.target} "), window.text
    assert 2 <= said and "0 of 1 ready" not in "".join(lines[2:said]), window.text
    assert any("0 of 1 ready" in line for line in lines[said:]), window.text
    target.listen()
    window.wait_text("ended: 0")
    assert window.finish(running) == 0
    assert "1 of 1 ready" in window.text


# --- redrawing ----------------------------------------------------------------------------------

def test_ten_frames_a_second_at_most(watched):
    window, running = watched()
    window.until(lambda: len(window.frames()) >= 25)
    assert len(window.frames()) <= 10 * (time.monotonic() - running.started) + 1


def test_never_blank_between_two_frames(watched, peer):
    """Drawn byte by byte: no row of the board is empty at any time, and nothing is erased before it is drawn."""
    window, _ = watched(targets=[f"tcp://{peer(listen=False).target}" for _ in range(3)], columns=60, rows=8)
    window.until(lambda: len(window.frames()) >= 8)
    frames = window.frames()[:-1]
    window.screen.reset()
    window.draw(frames[0])
    assert len(window.lines) == 4
    for frame in frames[1:]:
        for byte in frame:
            window.draw(bytes([byte]))
            for row in range(4):
                assert window.screen.buffer[row][0].data != " ", (row, frame)
        assert frame.endswith(b"\x1b[J\r\x1b[3A"), frame
        assert frame.count(b"\x1b[K") == 3 and frame.count(b"\x1b[J") == 1 and b"\x1b[2" not in frame


def is_board_of(window, columns, at=None):
    """One board, whole, in that width; `at`: the rows above it, as they were."""
    lines = window.lines
    heads = [i for i, line in enumerate(lines) if re.match(r"(waitfor: )?0 of \d+ ready", line)]
    return (len(heads) == 1 and window.cursor[:2] == (0, heads[0])
            and (at is None or lines[:heads[0]] == at)
            and all(len(line) < columns for line in lines[heads[0]:])
            and all(re.match(r"(waiting|-)  127|  +refused$", line) for line in lines[heads[0] + 1:]))


@contextmanager
def between_frames(window, running):
    """The program is held after a frame that has just come: one for the window as it was must not come into another.

    That one would leave something behind, on any terminal and of any program.
    """
    count = len(window.frames())
    window.until(lambda: len(window.frames()) > count and window.is_between_frames())
    running.send(signal.SIGSTOP)
    try:
        window.until(lambda: os.waitid(os.P_PID, running.pid, os.WSTOPPED | os.WNOHANG))
        window.pump(0.02)
        window.until(window.is_between_frames)
        yield
    finally:
        running.send(signal.SIGCONT)


@pytest.mark.parametrize("reflow", [False, True], ids=["cut", "wrapped anew"])
@pytest.mark.parametrize("above", [0, 3, 30])
def test_a_window_that_is_resized(watched, terminal, peer, reflow, above):
    """Narrower, wider, shorter, with the board at the top, in the middle and at the bottom of the window."""
    window = terminal(100, 16)
    window.print("".join(f"row {i}\r\n" for i in range(above)))
    before = [f"row {i}" for i in range(above)][-(16 - 6):]
    _, running = watched(window=window, targets=[f"tcp://{peer(listen=False).target}" for _ in range(5)])
    window.until(lambda: is_board_of(window, 100, before) and len(window.lines) == len(before) + 6)
    for columns, rows in ((40, 16), (30, 16), (120, 16), (60, 12), (50, 7), (90, 20)):
        with between_frames(window, running):
            window.resize(columns, rows, reflow)
        count = len(window.frames())
        window.until(lambda: len(window.frames()) >= count + 3 and is_board_of(window, columns))
        # What stood above is there, but for what scrolled away at the top.
        kept = window.lines[:window.cursor[1]]
        assert kept == before[len(before) - len(kept):], window.text
        # Only in 30 columns there is no room for the reason, which takes a second line then.
        assert len(window.lines) - len(kept) == (11 if columns == 30 else 6)


def test_a_list_that_is_longer_than_the_window(watched, peer):
    ready = peer()
    targets = [f"tcp://{ready.target}", *(f"tcp://{peer(listen=False).target}" for _ in range(11))]
    window, running = watched(targets=targets, columns=60, rows=6)
    window.wait_text("1 of 12 ready")
    window.until(lambda: len(window.lines) == 6 and window.lines[5] == "... and 8 more: 7 waiting, 1 ready"
                 and window.cursor == (0, 0, True))
    assert all(line.startswith("waiting  ") for line in window.lines[1:5])
    # Then longer, and shorter than ever.
    window.resize(60, 20, False)
    window.until(lambda: len(window.lines) == 13 and window.lines[1].startswith("ready"))
    window.resize(60, 1, False)
    window.until(lambda: len(window.lines) == 1 and "1 of 12 ready" in window.text)
    # The last one has all of them, as the lines would; it may be longer than the window.
    running.send(signal.SIGTERM)
    assert window.finish(running) == 128 + signal.SIGTERM
    last = window.frames()[-1].decode()
    assert len(re.findall(r"\n\S*(waiting|ready)", last)) == 12, last


@pytest.mark.parametrize("columns, rows", [(1, 1), (2, 2), (0, 0), (500, 1)])
def test_windows_that_hardly_are(watched, terminal, columns, rows):
    window = terminal()
    window.set_size(columns, rows)
    _, running = watched("-t", "1s", window=window)
    assert window.finish(running) == 124
    assert "timed out after" in window.text


# --- the end ------------------------------------------------------------------------------------

@pytest.fixture
def ended(watched, terminal):
    """Runs a wait to its end; asserts what must hold after every one of them."""
    def run(*args, during=None, above=0, columns=100, **kwargs):
        window = terminal(columns, 12)
        window.print("".join(f"row {i}\r\n" for i in range(above)))
        before = window.settings
        _, running = watched(*args, window=window, **kwargs)
        if during:
            window.wait_text("0 of 1 ready")
            during(window, running)
        code = window.finish(running)
        assert window.settings_at_end == before, "the terminal's settings are another"
        assert b"\x1b[?" not in window.raw and b"\x1b=" not in window.raw, "a mode was changed"
        column, row, visible = window.cursor
        assert visible and column == 0 and row == len(window.lines), window.text
        return code, window.lines, window
    return run


@pytest.mark.parametrize("above", [0, 20])
def test_the_end_of_a_wait(ended, peer, above):
    late = peer(listen=False)
    code, lines, _ = ended("--", "sh", "-c", "echo the app >&2", targets=[f"tcp://{late.target}"],
                           during=lambda window, running: late.listen(), above=above)
    assert code == 0
    assert lines[-1] == "the app"
    assert re.fullmatch(r"waitfor: 1 of 1 ready, \d+\.\ds of 60s", lines[-3]), lines
    assert re.fullmatch(rf"ready +{late.target} +\d+\.\ds", lines[-2]), lines


def test_what_is_ready_at_once_is_one_frame(ended, peer):
    code, lines, window = ended("--", "sh", "-c", "echo the app >&2", targets=[f"tcp://{peer().target}"])
    assert code == 0 and lines[-1] == "the app" and len(lines) == 3, lines
    assert len(window.frames()) <= 1 + 1    # on a machine that was slow, one more


@pytest.mark.parametrize("above", [0, 20])
def test_after_a_timeout_the_summary_stands_in_its_place(ended, peer, above):
    ready, refused = peer(), peer(listen=False)
    code, lines, _ = ended("-t", "1s", "--run-anyway", "--", "sh", "-c", "echo the app >&2", above=above, columns=200,
                           targets=[f"tcp://{ready.target}", f"tcp://{refused.target}"])
    assert code == 0
    tail = lines[-5:]
    assert tail[0].startswith(f"waitfor: tcp://{ready.target}: ready at"), lines
    assert tail[1] == "waitfor: timed out after 1s"
    assert tail[2].startswith(f"waitfor: tcp://{refused.target}: not ready: connection refused")
    assert tail[3:] == ["waitfor: starting /usr/bin/sh anyway (--run-anyway)", "the app"]
    assert not any(line.startswith(("waiting", "ready", "waitfor: 1 of")) for line in lines), "nothing of the board"


def test_after_giving_up(ended, peer):
    server = peer(pgwire.refuses("28000", "no such role"))
    code, lines, _ = ended("--fail-fast", targets=[f"postgres://app:x@{server.target}/x"], columns=200)
    assert code == 124 and lines[0].startswith("waitfor: gave up") and len(lines) == 2, lines


SIGNALS = {
    "^C": (signal.SIGINT, lambda window, running: window.keys(b"\x03")),
    "^\\": (signal.SIGQUIT, lambda window, running: window.keys(b"\x1c")),
    "SIGTERM": (signal.SIGTERM, lambda window, running: running.send(signal.SIGTERM)),
    "SIGINT": (signal.SIGINT, lambda window, running: running.send(signal.SIGINT)),
}


@pytest.mark.parametrize("case", SIGNALS)
def test_after_a_signal(ended, case):
    number, send = SIGNALS[case]
    code, lines, _ = ended(during=send)
    assert code == 128 + number
    assert re.match(r"waitfor: 0 of 1 ready", lines[0]) and lines[1].startswith("waiting  127."), lines
    assert lines[2].startswith("waitfor: stopped by SIG") and len(lines) == 3, lines


def test_the_app_finds_the_terminal_as_it_would_without(waitfor, terminal, peer, programs, folder):
    """The flags of the open file among it, which other processes share."""
    window, late, seen = terminal(), peer(listen=False), []
    app = [programs / "show_state", folder / "state"]
    for argv in (app, [BINARY, f"tcp://{late.target}", "--", *app]):
        running = waitfor.start_argv(argv, env={**CLEAN_ENV, **TERM}, **window.popen)
        if argv is not app:
            window.wait_text("0 of 1 ready")
            late.listen()
        window.until(lambda: not running.alive())
        assert running.finish().code == 0
        seen.append([line for line in (folder / "state").read_text().splitlines()
                     if not line.startswith("fd 1 ")])      # another file in every run
    assert any(line.startswith("fd 2 mode 20") for line in seen[0]), "stderr is a terminal"
    assert seen[1] == seen[0]


# --- a terminal that takes no output ------------------------------------------------------------

def held(window):
    """^S, and the frames stop."""
    window.keys(b"\x13")
    window.pump(0.2)
    count = len(window.raw)
    window.pump(0.5)
    assert len(window.raw) == count, "the terminal still takes output"


def test_a_stopped_terminal_does_not_hold_up_a_signal(watched):
    window, running = watched()
    window.wait_text("0 of 1 ready")
    held(window)
    running.send(signal.SIGTERM)
    assert running.finish(5).code == 128 + signal.SIGTERM


def test_a_stopped_terminal_does_not_hold_up_the_app(watched, peer, folder):
    late = peer(listen=False)
    window, running = watched("--", "touch", folder / "started", targets=[f"tcp://{late.target}"])
    window.wait_text("0 of 1 ready")
    held(window)
    late.listen()
    until((folder / "started").exists)
    assert running.finish(5).code == 0


def test_after_a_stop_the_board_goes_on_as_it_was(watched):
    window, _ = watched()
    window.wait_text("0 of 1 ready")
    held(window)
    window.keys(b"\x11")
    count = len(window.frames())
    window.until(lambda: len(window.frames()) >= count + 5 and is_board_of(window, 80, [])
                 and len(window.lines) == 2)


@pytest.fixture
def hanging(watched, peer):
    """A window that is not read for a while: 20 frames are more than any pseudo-terminal keeps."""
    window, running = watched(targets=[f"tcp://{peer(listen=False).target}" for _ in range(40)], columns=200, rows=50)
    window.wait_text("0 of 40 ready")
    until(lambda: time.monotonic() - running.started > 2.5, what="some frames")
    return window, running


def test_a_window_that_hangs_does_not_hold_up_a_signal(hanging):
    _, running = hanging
    running.send(signal.SIGTERM)
    assert running.finish(5).code == 128 + signal.SIGTERM


def test_after_a_window_hung_every_frame_is_whole(hanging):
    """The rest of one that was written in part comes before the next one."""
    window, _ = hanging
    window.pump()
    count = len(window.frames())
    window.until(lambda: len(window.frames()) >= count + 5 and is_board_of(window, 200, []) and len(window.lines) == 41)
    for frame in window.frames()[:-1]:
        assert frame.count(b"\n") == 40 and frame.endswith(b"\x1b[J\r\x1b[40A"), frame
