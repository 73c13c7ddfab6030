"""How long a tool takes. Each part returns {tool: [sample, ...]}, a sample being a dict."""

import queue
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from lab import Progress, TcpPeer, Tool
from postgres import Postgres
from services import HttpPeer, MySQL, Redis

BARE = "bare exec"
# How long a tcp:// connection must stay open before it counts, in ms: a proxy without a service behind it accepts too.
STAY = 5
STAYING = f"limit, {STAY} ms open"
WARM_UP = 5
SHORTEST, LONGEST = 0.3, 30.0   # seconds until a peer is ready
POSTGRES_PORT = 5432


def in_any_order(tools):
    """Each tool once, in a new order every time: none always runs in the wake of the same other."""
    return random.sample(tools, len(tools))


def overhead(lab, rounds):
    """From exec to exec while the peer is there. Of a round each tool has one sample.

    Of the limit there are two: a sleep of 5 ms takes longer than 5 ms, and that is the machine's doing.
    """
    tools = [Tool(BARE, ("{app}",)), lab.limit(STAYING, STAY), *lab.tools("tcp")]
    samples = {tool.name: [] for tool in tools}
    progress = Progress("overhead", rounds)
    with TcpPeer(lab) as peer:
        peer.go()
        peer.ready()
        for number in range(rounds + WARM_UP):
            for tool in in_any_order(tools):
                run = lab.start(tool, peer.port).finish()
                if number >= WARM_UP:
                    samples[tool.name].append({"ms": (run.app - run.start) / 1e6, "cpu_ms": run.cpu_ns / 1e6,
                                               "faults": run.faults, "peak_kb": run.peak_kb})
            if number >= WARM_UP:
                progress.step()
    return samples


def spread_waits(count, longest):
    """`count` waits up to the longest, evenly on a logarithmic scale, in any order."""
    steps = [(number + random.random()) / count for number in range(count)]
    random.shuffle(steps)
    return [SHORTEST * (longest / SHORTEST) ** step for step in steps]


def delay_sample(run, ready):
    """Of a lab.Finished: the wait was `wait_s`, and the app began so long after its end; before it if negative.

    None is a tool that ended without its app.
    """
    if run is None:
        return {"gave_up": True}
    return {"wait_s": (ready - run.start) / 1e9, "delay_ms": (run.app - ready) / 1e6}


def measure_waits(part, tools, count, lanes, measure, longest=LONGEST):
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
        waits = [pool.submit(one, seconds) for seconds in spread_waits(count, longest)]
        try:
            for wait in waits:
                wait.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return samples


def tcp(lab, count, lanes):
    return peer_delays("tcp", TcpPeer, lab, count, lanes)


def http(lab, count, lanes):
    return peer_delays("http", HttpPeer, lab, count, lanes)


def peer_delays(kind, make, lab, count, lanes):
    """From "it listens" to the app. All tools wait for the same peer at the same time."""
    tools = lab.tools(kind)

    def measure(_lane, seconds):
        with make(lab, seconds) as peer:
            runs = [lab.start(tool, peer.port) for tool in in_any_order(tools)]
            peer.go()
            ready = peer.ready()
            return {run.tool.name: delay_sample(run.finish_or_give_up(), ready) for run in runs}

    return measure_waits(kind, tools, count, lanes, measure)


def postgres(lab, count, lanes):
    servers = []
    for lane in range(lanes):
        servers.append(Postgres(lab.folder / f"postgres-{lane}", POSTGRES_PORT + lane,
                                template=servers[0] if servers else None))
    return server_delays("postgres", servers, lab, count)


def redis(lab, count, lanes):
    return server_delays("redis", [Redis(lab, lane) for lane in range(lanes)], lab, count)


def mysql(lab, count, lanes):
    return server_delays("mysql", [MySQL(lab, lane) for lane in range(lanes)], lab, count)


def server_delays(kind, servers, lab, count):
    """From "it takes connections" to the app. The server is started after the wait."""
    tools = lab.tools(kind)

    def measure(lane, seconds):
        server = servers[lane]
        runs = [lab.start(tool, server.port) for tool in in_any_order(tools)]
        time.sleep(seconds)
        server.start()
        finished = {run.tool.name: run.finish_or_give_up() for run in runs}
        ready = server.ready()
        found = {name: delay_sample(its, ready) for name, its in finished.items()}
        if kind == "postgres":
            found["waitfor"]["fatal_lines"] = server.refusals()
        server.stop()
        return found

    return measure_waits(kind, tools, count, len(servers), measure)
