"""From samples to findings: a function for each part of the measurement, and the goals."""

from statistics import median

from cost import LONG_WAIT, NO_NAME, REFUSES
from figures import percentile, pick, short, spread
from herd import CLIENTS
from hold import APP_NEEDS, HAPROXY, HOLD, WAITS
from parts import BARE, LONGEST, SHORTEST, STAY, STAYING
from peers import GRAMMARS, knows_port_only

# A service's line in its log is stamped a little after it was written: so much too early, in ms, is not too early.
EARLY = -2.0
# The goals, in ms, kB, packets and shares.
OVERHEAD_GOAL = 0.5
TCP_SHARE_GOAL, TCP_GOAL, TCP_P99_GOAL = 0.01, 10.0, 130.0
SERVICE_GOAL = 30.0
AHEAD_GOAL = 10.0
CPU_GOAL, PACKETS_GOAL = 90.0, 2500
PEAK_GOAL = 1500.0
HERD_GOAL = 25
START_GOAL = 20.0
# How a peer ends a wait in vain before its time.
ENDINGS = {"gave_up_s": "gives up", "misled_s": "takes it for ready"}


def overhead(to, samples):
    times = pick(samples, "ms")
    above_bare = {name: [value - bare for value, bare in zip(values, times[BARE])]
                  for name, values in times.items() if name != BARE}
    above_limit = [own - limit for own, limit in zip(times["waitfor"], times[STAYING])]
    to.figure("overhead-time", "The service is there: from exec to the app", "ms", times)
    to.figure("overhead-above", "The service is there: time above a bare exec of the same round", "ms", above_bare)
    to.figure("overhead-limit", f"The service is there: time above the limit that stays open for {STAY} ms too",
              "ms", {"waitfor": above_limit})
    to.figure("overhead-cpu", "The service is there: user and system CPU, with the exec of the app", "ms",
              pick(samples, "cpu_ms"))
    to.figure("overhead-faults", "The service is there: page faults", "", pick(samples, "faults"))
    to.figure("overhead-memory", "The service is there: peak memory of the largest process", "kB",
              pick(samples, "peak_kb"), note="The kernel adds up memory in steps: what is small may read 0.")
    typical = median(above_limit)
    to.judge(f"overhead <= {OVERHEAD_GOAL} ms above the limit that stays open for {STAY} ms too",
             typical <= OVERHEAD_GOAL, f"median {short(typical)} ms")
    to.row("service is already up: time added to a bare exec",
           {name: spread(values) for name, values in above_bare.items() if name != STAYING})
    to.row(f"the same: above the limit that stays open for {STAY} ms too", {"waitfor": spread(above_limit)})
    to.row("the same: CPU", {name: f"{short(median(values))} ms" for name, values in pick(samples, "cpu_ms").items()
                             if name not in (BARE, STAYING)})


def tcp(to, samples):
    _delay(to, "tcp", "TCP service", samples)
    delays, waits = pick(samples, "delay_ms")["waitfor"], pick(samples, "wait_s")["waitfor"]
    bounds = [(delay - STAY) / max(TCP_SHARE_GOAL * wait * 1e3, TCP_GOAL) for delay, wait in zip(delays, waits)]
    to.judge(f"TCP delay, median <= 1 % of the wait or 10 ms, and the {STAY} ms of staying open",
             median(bounds) <= 1, f"median {short(median(delays))} ms, {short(median(bounds))} of what it may be, "
             f"{sum(bound <= 1 for bound in bounds)} of {len(bounds)} within it")
    tail = percentile(delays, 99)
    to.judge(f"TCP delay, p99 <= {TCP_P99_GOAL:.0f} ms", tail <= TCP_P99_GOAL, f"p99 {short(tail)} ms")


def postgres(to, samples):
    _service(to, "postgres", "PostgreSQL", samples)
    lines = pick(samples, "fatal_lines")["waitfor"]
    to.figure("delay-postgres-log", "PostgreSQL starts: refusals that waitfor left in the server's log, of a wait",
              "lines", {"waitfor": lines})


def redis(to, samples):
    _service(to, "redis", "Redis", samples)


def http(to, samples):
    _service(to, "http", "HTTP service", samples)


def mysql(to, samples):
    _service(to, "mysql", "MariaDB", samples)


def _service(to, kind, what, samples):
    _delay(to, kind, what, samples)
    typical = median(pick(samples, "delay_ms")["waitfor"])
    to.judge(f"{what} delay, median <= {SERVICE_GOAL:.0f} ms", typical <= SERVICE_GOAL, f"median {short(typical)} ms")


def _delay(to, kind, what, samples):
    """Of any kind: the distribution, who was too early, who gave up, and how far ahead of the best that knows it."""
    delays = pick(samples, "delay_ms")
    early = {name: sum(value < EARLY for value in values) for name, values in delays.items()}
    gone = {name: sum("gave_up" in sample for sample in of_tool) for name, of_tool in samples.items()}
    port_only = [name for name in delays if knows_port_only(name, kind)]
    notes = [f"{', '.join(port_only)}: waits for the open port only."] * bool(port_only) + [
        f"{name} started the app too early {count} of {len(delays[name])} times." for name, count in early.items()
        if count] + [f"{name} gave up {count} of {len(samples[name])} times." for name, count in gone.items() if count]
    to.figure(f"delay-{kind}", f"{what} starts after {SHORTEST} to {LONGEST:.0f} s: from ready to the app", "ms",
              delays, note=" ".join(notes))
    texts = {name: _delay_text(values, early[name], gone[name]) for name, values in delays.items()}
    texts.update({name: "gave up, every time" for name in samples if name not in delays})
    to.row(f"{what} starts after {SHORTEST} to {LONGEST:.0f} s: delay until the app runs", texts)
    others = {name: median(values) for name, values in delays.items()
              if name in GRAMMARS and not knows_port_only(name, kind)}
    if others:
        best = min(others, key=others.get)
        ahead = others[best] / median(delays["waitfor"])
        to.judge(f"{what} delay: {AHEAD_GOAL:.0f} times ahead of the best peer", ahead >= AHEAD_GOAL,
                 f"{short(ahead)} times, {best}")


def _delay_text(values, early, gone):
    if early == len(values):
        return "too early, every time"
    return (spread(values) + (f"; too early, {early} of {len(values)} times" if early else "")
            + (f"; gave up {gone} times" if gone else ""))


def cost(to, samples):
    for number, (what, of_tools) in enumerate(samples.items()):
        _cost_of(to, f"cost-{number + 1}", what, of_tools)
    peaks, below = pick(samples[REFUSES], "peak_kb"), pick(samples[REFUSES], "children_kb")
    to.row("peak memory of it, in the first of these waits", {
        name: f"{short(median(values) / 1e3)} MB"
        + (f" and {short(median(below[name]) / 1e3)} MB in children" if any(below[name]) else "")
        for name, values in peaks.items()})


def _cost_of(to, key, what, samples):
    """One of the waits in vain."""
    cpu, peaks = pick(samples, "cpu_ms"), pick(samples, "peak_kb")
    ended = {name: f"{how} after {short(median(values))} s" for key, how in ENDINGS.items()
             for name, values in pick(samples, key).items()}
    note = " ".join(f"{name} {how}." for name, how in ended.items())
    title = f"{LONG_WAIT} s wait in vain for {what}"
    to.figure(f"{key}-cpu", f"{title}: user and system CPU", "ms", cpu, note=note)
    to.figure(f"{key}-memory", f"{title}: peak memory of the process", "kB", peaks)
    asked = "questions" if what == NO_NAME else "packets"
    sent = {name: values for name, values in pick(samples, asked).items() if name not in ended}
    to.figure(f"{key}-{asked}", f"{title}: " + ("questions to the name server" if what == NO_NAME else
                                                "packets to and from the service"), "", sent)
    typical, peak = median(cpu["waitfor"]), max(peaks["waitfor"])
    to.judge(f"CPU <= {CPU_GOAL:.0f} ms in {LONG_WAIT} s ({what})", typical <= CPU_GOAL,
             f"median {short(typical)} ms, most {short(max(cpu['waitfor']))} ms"
             + (f"; the floor is {short(median(cpu['floor']))} ms" if "floor" in cpu else ""))
    to.judge(f"peak memory <= {PEAK_GOAL / 1e3} MB ({what})", peak <= PEAK_GOAL, f"{peak} kB")
    if asked == "packets":
        most = max(sent["waitfor"])
        to.judge(f"packets <= {PACKETS_GOAL:,} in {LONG_WAIT} s ({what})", most <= PACKETS_GOAL, f"{most:,}")
    to.row(f"{title}: CPU", {**{name: f"{short(median(values))} ms" for name, values in cpu.items()}, **ended})
    to.row(f"the same: {asked}", {name: f"{median(values):,.0f}" for name, values in sent.items()})


def many(to, samples):
    """{number of targets: [sample]}; rows are numbers of targets."""
    by_count = {f"{int(count):,} target{'s' * (count != '1')}": of_count for count, of_count in samples.items()}
    first, *_, last = by_count
    title = "Targets that refuse, -t 3s, 1,024 descriptors"
    for key, what, unit in (("took_s", "when it ends", "s"), ("stop_ms", "from SIGTERM to the end", "ms"),
                            ("cpu_s", "CPU", "s"), ("cpu_share", "share of a processor while it waits", "%"),
                            ("peak_kb", "peak memory", "kB"),
                            ("fewest", "attempts at the target that had the fewest", ""),
                            ("median", "attempts at the median target", "")):
        to.figure(f"many-{key.replace('_', '-')}", f"{title}: {what}", unit, pick(by_count, key), base=first)
    count = int(last.split()[0].replace(",", ""))
    at = {key: median(values[last]) for key in by_count[last][0] for values in [pick(by_count, key)]}
    to.judge(f"{last} end within 3.3 s", at["took_s"] <= 3.3, f"{at['took_s']:.2f} s")
    to.judge(f"SIGTERM ends {last} within 100 ms", at["stop_ms"] <= 100, f"{at['stop_ms']:.0f} ms")
    to.judge(f"{last} take at most 25 % of a processor while they are waited for", at["cpu_share"] <= 25,
             f"{at['cpu_share']:.0f} %")
    to.judge(f"{last}: at most 4 kB each", at["peak_kb"] <= 4 * count, f"{at['peak_kb'] / count:.2f} kB")
    to.judge("no target has less than half the median of attempts",
             all(2 * sample["fewest"] >= sample["median"] for of_count in samples.values() for sample in of_count),
             f"{at['fewest']:.0f} of {at['median']:.0f} with {last}")


def herd(to, samples):
    for number, (what, of_tools) in enumerate(samples.items()):
        bins = {name: [count for sample in of_tool for count in sample["bins"][10:]]
                for name, of_tool in of_tools.items()}
        title = f"{CLIENTS} clients started together, {what}"
        to.figure(f"herd-{number + 1}", f"{title}: connections asked for in 100 ms, after the first second", "", bins)
        delays = {name: [delay for sample in of_tool for delay in sample["delays_ms"]]
                  for name, of_tool in of_tools.items()}
        if any(delays.values()):
            to.figure(f"herd-{number + 1}-delay", f"{title}: from ready to the app of each", "ms", delays)
        most = pick(of_tools, "later")
        to.row(f"{title}: most connections asked for in 100 ms, after the first second",
               {name: f"{max(values):,}" for name, values in most.items()})
        to.judge(f"{CLIENTS} clients ask for at most {HERD_GOAL} connections in 100 ms after the first second ({what})",
                 max(most["waitfor"]) <= HERD_GOAL, f"{max(most['waitfor'])}")


def relay(to, samples):
    """{number of clients: {relay: [sample]}}; of a round each has one run."""
    for clients, of_relays in samples.items():
        several = f"{clients} client{'s' * (clients != '1')}"
        rates = pick(of_relays, "tps")
        to.figure(f"relay-{clients}", f"pgbench -S with {several}: transactions a second", "", rates, base=HOLD)
        ratio = median(own / other for own, other in zip(rates[HOLD], rates[HAPROXY]))
        to.judge(f"pgbench -S with {several}: --hold passes on as much as haproxy", ratio >= 1,
                 f"{short(ratio)} times as much, the median of {len(rates[HOLD])} pairs")


def startup(to, samples):
    above = pick(samples, "above_ms")
    to.figure("startup-above", f"An app that needs {APP_NEEDS:.0f} s for itself, and its database: time above that of the slower",
              "ms", above, base=HOLD)
    typical = median(above[HOLD])
    to.judge(f"--hold: an app answers {START_GOAL:.0f} ms after the slower of itself and its database",
             typical <= START_GOAL, f"median {short(typical)} ms; with a wait before the start {short(median(above[WAITS]))} ms")


def sizes(to, samples):
    for key, what in (("program", "The program as it is shipped"),
                      ("unpacked", "The program with all files that it needs"),
                      ("layer", "The same as a layer of an image, packed with gzip: what is pulled")):
        to.figure(f"size-{key}", what, "kB", {name: [value / 1e3 for value in values]
                                              for name, values in pick(samples, key).items()})
    to.row("size of the program, and of an image layer with all it needs (packed)", {
        name: f"{short(of_tool[0]['program'] / 1e6)} MB, {short(of_tool[0]['layer'] / 1e6)} MB"
        for name, of_tool in samples.items() if name != "waitfor-tls"})


def find(to, part, samples):
    """Add what the samples of one part say."""
    return globals()[part](to, samples)


