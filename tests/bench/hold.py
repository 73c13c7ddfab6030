"""What --hold costs: queries through it, beside other relays, and how soon an app runs that needs its database late."""

import random
import re
import subprocess
import time

from lab import ADDRESS, CLEAN_ENV, Failure, Progress, Tool
from parts import measure_waits
from postgres import Postgres, bin_folder, monotonic_of
from services import program

PORT, HELD = 5440, 6440     # of the server, and of the first relay
CLIENTS = (1, 16)
SECONDS = 3                 # of one run of pgbench
APP_NEEDS = 3.0             # seconds, until the app asks its database
LATEST = 10.0               # seconds, until the database is started
DIRECT, HOLD, HAPROXY, SOCAT = "direct", "waitfor --hold", "haproxy", "socat"
WAITS = "waitfor"
HAPROXY_SETTINGS = """\
defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h
listen postgres
    bind 127.0.0.1:{port}
    server one {host}:{to}
"""


class Relay:
    """A process that relays from a port of loopback to the server."""

    def __init__(self, port, *argv):
        self.port = port
        self._process = subprocess.Popen(argv, env=CLEAN_ENV, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL, start_new_session=True)

    def stop(self):
        self._process.terminate()
        self._process.wait(30)


def relays(lab):
    """{name: Relay}: each as its manual says, with nothing tuned."""
    to = f"{ADDRESS}:{PORT}"
    settings = lab.folder / "haproxy.cfg"
    settings.write_text(HAPROXY_SETTINGS.format(port=HELD + 1, host=ADDRESS, to=PORT))
    return {
        HOLD: Relay(HELD, lab.waitfor, f"--hold={HELD}", f"postgres://{to}"),
        HAPROXY: Relay(HELD + 1, program("haproxy"), "-db", "-f", settings),
        SOCAT: Relay(HELD + 2, program("socat"), f"TCP-LISTEN:{HELD + 2},bind=127.0.0.1,fork,reuseaddr", f"TCP:{to}"),
    }


def pgbench(host, port, *more):
    """Runs it; returns what it said."""
    done = subprocess.run([bin_folder() / "pgbench", "-h", host, "-p", str(port), "-U", "bench", *more, "postgres"],
                          env={**CLEAN_ENV, "PGPASSWORD": "bench"}, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"pgbench at port {port}: {done.stderr}")
    return done.stdout


def transactions(host, port, clients):
    """How many a second."""
    said = pgbench(host, port, "-n", "-S", "-c", str(clients), "-T", str(SECONDS))
    return float(re.search(r"^tps = ([\d.]+)", said, re.MULTILINE)[1])


def relay(lab, rounds):
    """{number of clients: {name: [sample, ...]}}; of a round each has one run, in any order."""
    server, running = Postgres(lab.folder / "postgres-hold", PORT), {}
    server.start()
    try:
        server.ready()
        pgbench(ADDRESS, PORT, "-i", "-q", "-s", "5")
        running = relays(lab)
        return compare(running, rounds)
    finally:
        for its in running.values():
            its.stop()
        server.stop()


def compare(running, rounds):
    """The rounds of relay, with these relays and without one."""
    places = {DIRECT: (ADDRESS, PORT), **{name: ("127.0.0.1", its.port) for name, its in running.items()}}
    samples = {clients: {name: [] for name in places} for clients in CLIENTS}
    progress = Progress("relay", rounds * len(CLIENTS) * len(places))
    for place in places.values():
        transactions(*place, 1)     # warm; while the first one runs the relays begin to listen
    for _ in range(rounds):
        for clients in CLIENTS:
            for name in random.sample([*places], len(places)):
                samples[clients][name].append({"tps": transactions(*places[name], clients)})
                progress.step()
    return {str(clients): its for clients, its in samples.items()}


def late_app(host, port):
    """A real client that needs APP_NEEDS for itself before it asks. It prints when it had its answer."""
    ask = (f"PGPASSWORD=bench psql -q -X -h {host} -p {port} -U bench -c 'SELECT 1' postgres >/dev/null"
           " && date +%s%N")
    return ["sh", "-c", f"sleep {APP_NEEDS}; {ask}"]


class Started:
    """An app that needs its database late, started now."""

    def __init__(self, argv):
        self.start = time.monotonic_ns()
        self._process = subprocess.Popen(argv, env={**CLEAN_ENV, "PATH": f"{bin_folder()}:{CLEAN_ENV['PATH']}"}, text=True,
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def answered(self):
        """Seconds from the start to the answer of the database."""
        said, errors = self._process.communicate(timeout=90)
        if not said.strip():
            raise Failure(f"the app had no answer: {self._process.args}: {errors}")
        return (monotonic_of(int(said)) - self.start) / 1e9


def start_up(lab, count, lanes):
    """{tool: [sample]}: an app and its database are started, the database `wait_s` later; who waits, and who holds."""
    servers = []
    for lane in range(lanes):
        servers.append(Postgres(lab.folder / f"postgres-start-{lane}", PORT + 10 + lane,
                                template=servers[0] if servers else None))

    def measure(lane, seconds):
        server = servers[lane]
        target = f"DB=postgres://{ADDRESS}:{server.port}"
        argv = {
            WAITS: [lab.waitfor, "-q", "-t", "60", target, "--", *late_app(ADDRESS, server.port)],
            HOLD: [lab.waitfor, "-q", "-t", "60", f"--hold=DB={HELD + 10 + lane}", target, "--",
                   *late_app("$DB_HOST", "$DB_PORT")],
        }
        runs = {name: Started(argv[name]) for name in random.sample([*argv], len(argv))}
        time.sleep(seconds)
        server.start()
        ready = server.ready()
        took = {name: its.answered() for name, its in runs.items()}
        alone = Started(late_app(ADDRESS, server.port)).answered()
        server.stop()
        return {name: {"wait_s": (ready - its.start) / 1e9,
                       "above_ms": (took[name] - max((ready - its.start) / 1e9, alone)) * 1e3}
                for name, its in runs.items()}

    return measure_waits("start-up", [Tool(WAITS, ()), Tool(HOLD, ())], count, lanes, measure, LATEST)
