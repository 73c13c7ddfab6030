"""What a wait in vain costs: processor, memory, packets, questions to a name server."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from lab import ADDRESS, CLEAN_ENV, Failure, Progress, Tool, has_ended, refused_port
from packets import Tap
from parts import in_any_order
from services import NeverReady
from support.dns import Dns

LONG_WAIT = 60                  # seconds
REFUSES = "a port that refuses"
NOT_YET = {
    "postgres": "a PostgreSQL that is starting up", "redis": "a Redis that loads its data",
    "http": "an HTTP service that answers 503", "mysql": "a MySQL that has no room for more clients",
}
OURS = ("waitfor", "limit", "floor")
NO_NAME = "a name that does not exist"


@dataclass(frozen=True)
class Wait:
    """One wait, at a port of its own: so its packets are known from those of the others."""
    what: str
    tool: Tool
    host: str
    port: int


def peaks_of(pid):
    """(VmHWM of the process, the sum of those of all it has started and that are alive), in kB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        own = next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        children = file.read().split()
    below = 0
    for child in children:
        try:
            below += sum(peaks_of(int(child)))
        except (OSError, StopIteration):
            pass  # it has ended meanwhile
    return own, below


def marking_app(lab):
    """An app that leaves a file beside itself, so that it is known whether it was started."""
    app = Path(tempfile.mkdtemp(dir=lab.folder)) / "app"
    app.write_text(f"#!/bin/sh\n: >{mark_of(app)}\n")
    app.chmod(0o755)
    return app


def mark_of(app):
    return app.with_name("started")


def cost_of(lab, wait):
    """One wait in vain of LONG_WAIT s: the tool's own time limit ends it, or we do where it has none."""
    tool, app = wait.tool, marking_app(lab)
    began = time.monotonic()
    # Not through launch.c, whose CPU time would be counted.
    process = subprocess.Popen(
        tool.argv(wait.port, app, host=wait.host, timeout=LONG_WAIT), env=CLEAN_ENV, cwd="/",
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    # Whoever counts whole seconds may end one second early.
    if has_ended(process, LONG_WAIT - 2):
        if process.wait() in (126, 127) or tool.name in OURS:
            raise Failure(f"{tool.name}: ended with {process.returncode} before its {LONG_WAIT} s")
        ending = "misled_s" if mark_of(app).exists() else "gave_up_s"
        return {ending: time.monotonic() - began}
    own, below = peaks_of(process.pid)
    if tool.endless and not has_ended(process, began + LONG_WAIT - time.monotonic()):
        os.killpg(process.pid, signal.SIGTERM)
    # Children that it waited for are in it. Not ru_maxrss: that began before the exec, with us.
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if not 0 < process.returncode < 125 and process.returncode != -signal.SIGTERM:
        raise Failure(f"{tool.name}: ended with {process.returncode} after a wait for nobody")
    return {"cpu_ms": (usage.ru_utime + usage.ru_stime) * 1e3, "peak_kb": own, "children_kb": below}


def wanted(lab):
    """(what, kind, tool) for waitfor, for each peer that knows this kind of wait, and for the floor."""
    kinds = [(REFUSES, "tcp"), *((what, kind) for kind, what in NOT_YET.items()), (NO_NAME, "tcp")]
    waits = [(what, kind, tool) for what, kind in kinds
             for tool in [lab.own(kind), *(peer.tool(kind) for peer in lab.peers if peer.knows(kind))]]
    return [*waits, (REFUSES, "tcp", lab.floor())]


def place_of(stack, number, what, kind):
    """A host and a port that nobody else waits for; it stays so until the stack is closed."""
    if kind in NOT_YET:
        return ADDRESS, stack.enter_context(NeverReady(kind)).port
    port = stack.enter_context(refused_port()).getsockname()[1]
    return f"no-such-name-{number}.test" if what == NO_NAME else ADDRESS, port


def one_round(lab, kinds_of_wait, dns):
    """All of these waits at once; returns [(wait, sample)]."""
    with ExitStack() as stack:
        waits = [Wait(what, tool, *place_of(stack, number, what, kind))
                 for number, (what, kind, tool) in enumerate(in_any_order(kinds_of_wait))]
        dns.asked.clear()
        with Tap(lab) as tap, ThreadPoolExecutor(len(waits)) as pool:
            samples = list(pool.map(lambda wait: cost_of(lab, wait), waits))
    packets, questions = tap.by_port(), Counter(name for _, name, _ in dns.asked)
    for wait, sample in zip(waits, samples):
        if wait.what == NO_NAME:
            sample["questions"] = questions[wait.host]
        else:
            sample["packets"] = packets[wait.port]
    return zip(waits, samples)


def cost(lab, rounds, lanes):
    """{what is waited for: {tool: [sample, ...]}}; `lanes` of each kind at once, they are asleep."""
    progress = Progress(f"cost ({LONG_WAIT} s each)", rounds + 1)
    dns = Dns(socket)       # the network is the one this process is in; it knows no name
    of_tools = wanted(lab)
    samples = {what: {} for what, *_ in of_tools}
    for what, _, tool in of_tools:
        samples[what][tool.name] = []
    # The limit by itself: its loop keeps the processors awake. Waking up is what costs the others.
    for batch in [of_tools * lanes] * rounds + [[(REFUSES, "tcp", lab.limit())]]:
        for wait, sample in one_round(lab, batch, dns):
            samples[wait.what].setdefault(wait.tool.name, []).append(sample)
        progress.step()
    dns.close()
    return samples
