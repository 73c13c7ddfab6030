"""What is measured. Each part returns {tool: [sample, ...]}, a sample being a dict.

cost returns {what is waited for: {tool: [sample, ...]}}.
"""

import os
import queue
import random
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from lab import (ADDRESS, CLEAN_ENV, Failure, Progress, TcpPeer, Tool, has_ended,
                 refused_port)
from postgres import Postgres, StartingUp
from support.dns import Dns

BARE = "bare exec"
WARM_UP = 5
SHORTEST, LONGEST = 0.3, 10.0   # seconds until a peer is ready
POSTGRES_PORT = 5432
LONG_WAIT = 20                  # seconds
NO_SUCH_NAME = "no-such-name.test"
REFUSES = "a port that refuses"
STARTS = "a PostgreSQL that is starting up"
NO_NAME = "a name that does not exist"


def in_any_order(tools):
    """Each tool once, in a new order every time: none always runs in the wake of the same other."""
    return random.sample(tools, len(tools))


def overhead(lab, rounds):
    """From exec to exec while the peer is there. Of a round each tool has one sample, in ms."""
    tools = [Tool(BARE, ("{app}",)), *lab.tools("tcp")]
    samples = {tool.name: [] for tool in tools}
    progress = Progress("overhead", rounds)
    with TcpPeer(lab) as peer:
        peer.go()
        peer.ready()
        for number in range(rounds + WARM_UP):
            for tool in in_any_order(tools):
                start, app = lab.start(tool, peer.port).finish()
                if number >= WARM_UP:
                    samples[tool.name].append({"ms": (app - start) / 1e6})
            if number >= WARM_UP:
                progress.step()
    return samples


def spread_waits(count):
    """`count` waits that cover the range evenly on a logarithmic scale, in any order."""
    steps = [(number + random.random()) / count for number in range(count)]
    random.shuffle(steps)
    return [SHORTEST * (LONGEST / SHORTEST) ** step for step in steps]


def delay_sample(times, ready):
    start, app = times
    return {"wait_s": (ready - start) / 1e9, "delay_ms": (app - ready) / 1e6}


def measure_waits(part, tools, count, lanes, measure):
    """Call measure(lane, seconds) for every wait, `lanes` at a time; merge what it returns."""
    samples = {tool.name: [] for tool in tools}
    lock, free = threading.Lock(), queue.SimpleQueue()
    progress = Progress(part, count)
    for lane in range(lanes):
        free.put(lane)

    def one(seconds):
        lane = free.get()
        found = measure(lane, seconds)
        free.put(lane)
        with lock:
            for name, sample in found.items():
                samples[name].append(sample)
        progress.step()

    with ThreadPoolExecutor(lanes) as pool:
        waits = [pool.submit(one, seconds) for seconds in spread_waits(count)]
        try:
            for wait in waits:
                wait.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return samples


def tcp(lab, count, lanes):
    """From "it listens" to the app. All tools wait for the same peer at the same time."""
    tools = lab.tools("tcp")

    def measure(_lane, seconds):
        with TcpPeer(lab, seconds) as peer:
            runs = [lab.start(tool, peer.port) for tool in in_any_order(tools)]
            peer.go()
            ready = peer.ready()
            return {run.tool.name: delay_sample(run.finish(), ready) for run in runs}

    return measure_waits("tcp", tools, count, lanes, measure)


def postgres(lab, count, lanes):
    """From "it takes connections" to the app. The server is started after the wait."""
    tools = lab.tools("postgres")
    servers = []
    for lane in range(lanes):
        servers.append(Postgres(lab.folder / f"postgres-{lane}", POSTGRES_PORT + lane,
                                template=servers[0] if servers else None))

    def measure(lane, seconds):
        server = servers[lane]
        runs = [lab.start(tool, server.port) for tool in in_any_order(tools)]
        time.sleep(seconds)
        server.start()
        times = {run.tool.name: run.finish() for run in runs}
        ready = server.ready()
        found = {name: delay_sample(its, ready) for name, its in times.items()}
        found["waitfor"]["fatal_lines"] = server.refusals()
        server.stop()
        return found

    return measure_waits("postgres", tools, count, lanes, measure)


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


def cost_of(lab, tool, host, port):
    """One wait in vain of LONG_WAIT s: the tool's own time limit ends it."""
    # Not through launch.c, whose CPU time would be counted.
    process = subprocess.Popen(
        tool.argv(port, lab.app, host=host, timeout=LONG_WAIT), env=CLEAN_ENV, cwd="/",
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # Whoever counts whole seconds may end one second early.
    if has_ended(process, LONG_WAIT - 2):
        raise Failure(f"{tool.name}: ended with {process.wait()} before its {LONG_WAIT} s")
    own, below = peaks_of(process.pid)
    # Children that it waited for are in it. Not ru_maxrss: that began before the exec, with us.
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if not 0 < process.returncode < 125:
        raise Failure(f"{tool.name}: ended with {process.returncode} after a wait for nobody")
    return {"cpu_ms": (usage.ru_utime + usage.ru_stime) * 1e3, "peak_kb": own,
            "children_kb": below}


def waits_in_vain(lab, refusing, starting):
    """(what, tool, host, port) for waitfor, for each peer that knows this kind of wait, and for the floor."""
    places = [(REFUSES, "tcp", ADDRESS, refusing),
              (STARTS, "postgres", ADDRESS, starting),
              (NO_NAME, "tcp", NO_SUCH_NAME, refusing)]
    waits = [(what, tool, host, port) for what, kind, host, port in places
             for tool in [lab.own(kind),
                          *(peer.tool(kind) for peer in lab.peers if peer.knows(kind))]]
    return [*waits, (REFUSES, lab.floor(), ADDRESS, refusing)]


def cost(lab, rounds, lanes):
    """CPU and peak memory of waits in vain; `lanes` of each kind at once, they are asleep."""
    progress = Progress(f"cost ({LONG_WAIT} s each)", rounds + 1)
    dns = Dns(socket)       # the network is the one this process is in; it knows no name
    with refused_port() as nobody, StartingUp() as starting:
        port = nobody.getsockname()[1]
        waits = waits_in_vain(lab, port, starting.port)
        samples = {what: {} for what, *_ in waits}
        for what, tool, *_ in waits:
            samples[what][tool.name] = []

        def one_round(of_waits):
            started = [(what, tool.name, pool.submit(cost_of, lab, tool, host, its_port))
                       for what, tool, host, its_port in in_any_order(of_waits)]
            for what, name, wait in started:
                samples[what].setdefault(name, []).append(wait.result())
            progress.step()

        with ThreadPoolExecutor(lanes * len(waits)) as pool:
            for _ in range(rounds):
                one_round(waits * lanes)
            # By itself: its loop keeps the processors awake. Waking up is what costs the others.
            one_round([(REFUSES, lab.limit(), ADDRESS, port)])
    dns.close()
    return samples
