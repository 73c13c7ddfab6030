"""What came of it: distributions, the goals, and a table for the README."""

import os
import platform
import subprocess
from pathlib import Path
from statistics import median

from parts import BARE, LONG_WAIT, LONGEST, REFUSES, SHORTEST
from peers import SHELL_SCRIPT, knows_port_only

# How long a tcp:// connection must stay open before it counts, in ms: a proxy without a service behind it accepts too.
# Both goals of TCP are for what comes on top of it.
STAY = 5.0
# The goals, in ms, kB and shares.
OVERHEAD_GOAL = 0.5
TCP_SHARE_GOAL, TCP_GOAL, TCP_P99_GOAL = 0.01, 10.0, 130.0
POSTGRES_GOAL = 30.0
CPU_GOAL = 30.0
PEAK_GOAL = 1500.0

COLUMNS = "{:<22}{:>6}" + "{:>10}" * 5 + "{:>10}"


def first_line(*argv):
    try:
        done = subprocess.run(argv, capture_output=True, text=True)
    except OSError:
        return "unknown"
    return (done.stdout.splitlines() or ["unknown"])[0]


def key_of(path, key, separator):
    """The first value of `key` in a file of "key<separator>value" lines."""
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return "unknown"
    found = (line.partition(separator) for line in lines)
    return next((value.strip(' "') for name, _, value in found if name.strip() == key), "unknown")


def machine():
    """Taken before anything is measured: the load is that of others."""
    virtual = " hypervisor " in key_of("/proc/cpuinfo", "flags", ":") + " "
    memory = key_of("/proc/meminfo", "MemTotal", ":").split()[0]
    return (f"{key_of('/proc/cpuinfo', 'model name', ':')}, {os.cpu_count()} cores"
            f"{' (virtual machine)' if virtual else ''}, {int(memory) / 2**20:.1f} GB, "
            f"{key_of('/etc/os-release', 'PRETTY_NAME', '=')}, Linux {platform.release()}, "
            f"load at the start {os.getloadavg()[0]:.2f}")


def versions(lab, postgres):
    return "; ".join([first_line(lab.waitfor, "--version"), first_line(postgres, "--version")])


def peers(lab):
    """Which peers are in the run, and which version each of them says it is."""
    bash = first_line("bash", "--version").split("(")[0].strip()
    return "; ".join(f"{peer.name} {peer.version}"
                     + (f" with {bash}" if peer.name == SHELL_SCRIPT else "")
                     for peer in lab.peers)


def percentile(values, percent):
    """Nearest rank: always one of the values."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def short(value):
    """Three digits or so."""
    size = abs(value)
    return f"{value:.2f}" if size < 9.995 else f"{value:.1f}" if size < 99.95 else f"{value:.0f}"


def print_distributions(title, rows, base="waitfor"):
    """One line for each (name, values); `base` is what the last column compares with."""
    print(f"\n== {title}")
    print(COLUMNS.format("", "n", "min", "median", "p90", "p99", "max", f"x {base}"))
    of_base = next((median(values) for name, values in rows if name == base), 0)
    for name, values in rows:
        figures = [min(values), median(values), percentile(values, 90), percentile(values, 99),
                   max(values)]
        ratio = f"{median(values) / of_base:.2f}" if of_base > 0 else "-"
        print(COLUMNS.format(name, len(values), *map(short, figures), ratio))


def pick(samples, key):
    return [(name, [sample[key] for sample in of_tool]) for name, of_tool in samples.items()]


def spread(values):
    """For the README: the median, and how far it goes."""
    return f"{short(median(values))} ms (p99 {short(percentile(values, 99))})"


class Report:
    """Prints each part as it is handed in; keeps the verdicts and the table for the end."""

    def __init__(self):
        self._verdicts = []
        self._rows = []         # (what, {tool: text})

    def _judge(self, goal, met, figures):
        self._verdicts.append(f"{'met   ' if met else 'missed'}  {goal}: {figures}")

    def overhead(self, samples):
        times = dict(pick(samples, "ms"))
        above_bare = {name: [value - bare for value, bare in zip(values, times[BARE])]
                      for name, values in times.items() if name != BARE}
        above_limit = [own - limit - STAY for own, limit in zip(times["waitfor"], times["limit"])]
        print_distributions("the peer is there: from exec to the app, ms", list(times.items()))
        print_distributions("the same above a bare exec of the same round, ms",
                            list(above_bare.items()))
        print_distributions(f"waitfor above the limit and its {STAY:.0f} ms, of the same round, ms",
                            [("waitfor", above_limit)])
        typical = median(above_limit)
        self._judge(f"overhead <= {OVERHEAD_GOAL} ms above the limit and the {STAY:.0f} ms of staying open", typical <= OVERHEAD_GOAL,
                    f"median {short(typical)} ms")
        self._rows.append(("peer is there: time above a bare exec",
                           {name: spread(values) for name, values in above_bare.items()}))

    def tcp(self, samples):
        delays, waits = dict(pick(samples, "delay_ms")), dict(pick(samples, "wait_s"))
        shares = {name: [delay / wait / 10 for delay, wait in zip(delays[name], waits[name])]
                  for name in delays}
        bounds = [(delay - STAY) / max(TCP_SHARE_GOAL * wait * 1e3, TCP_GOAL)
                  for delay, wait in zip(delays["waitfor"], waits["waitfor"])]
        own = delays["waitfor"]
        title = f"a TCP peer listens after {SHORTEST} to {LONGEST:.0f} s: from then to the app"
        print_distributions(f"{title}, ms", list(delays.items()))
        print_distributions(f"{title}, % of the wait", list(shares.items()))
        print_distributions(f"waitfor's delay after its {STAY:.0f} ms as a share of what it may be (1 % or 10 ms)",
                            [("waitfor", bounds)])
        self._judge(f"TCP delay, median <= 1 % of the wait or 10 ms, and the {STAY:.0f} ms of staying open", median(bounds) <= 1,
                    f"median {short(median(own))} ms, {short(median(bounds))} of what it may be, "
                    f"{sum(bound <= 1 for bound in bounds)} of {len(bounds)} within it")
        tail = percentile(own, 99)
        self._judge(f"TCP delay, p99 <= {TCP_P99_GOAL:.0f} ms", tail <= TCP_P99_GOAL,
                    f"p99 {short(tail)} ms")
        self._rows.append((f"TCP peer comes up after {SHORTEST}-{LONGEST:.0f} s: delay",
                           {name: spread(values) for name, values in delays.items()}))

    def postgres(self, samples):
        delays = dict(pick(samples, "delay_ms"))
        print_distributions(f"PostgreSQL takes connections after {SHORTEST} to {LONGEST:.0f} s: "
                            "from then to the app, ms", list(delays.items()))
        early = {name: sum(value < 0 for value in values) for name, values in delays.items()}
        lines = [sample["fatal_lines"] for sample in samples["waitfor"]]
        port_only = [name for name in delays if name == "limit" or knows_port_only(name)]
        print(f"{', '.join(port_only)} wait for the open port only. Below zero is too early: "
              + ", ".join(f"{name} {count} of {len(delays[name])}"
                          for name, count in early.items()) + ".\n"
              f"Refusals in the server's log, of a wait: {min(lines)} to {max(lines)}, "
              f"median {median(lines):.0f}.")
        typical = median(delays["waitfor"])
        self._judge(f"PostgreSQL delay, median <= {POSTGRES_GOAL:.0f} ms",
                    typical <= POSTGRES_GOAL, f"median {short(typical)} ms")
        self._rows.append((
            f"PostgreSQL comes up after {SHORTEST}-{LONGEST:.0f} s: delay",
            {name: spread(values) + (f"; {early[name]} of {len(values)} too early"
                                     if early[name] else "")
             for name, values in delays.items()}))

    def cost(self, samples):
        for what, of_tools in samples.items():
            self._cost_of(what, of_tools)
        peaks = dict(pick(samples[REFUSES], "peak_kb"))
        below = dict(pick(samples[REFUSES], "children_kb"))
        self._rows.append(("peak memory", {
            name: f"{short(median(values) / 1e3)} MB"
            + (f", its children {short(median(below[name]) / 1e3)} MB" if any(below[name]) else "")
            for name, values in peaks.items()}))

    def _cost_of(self, what, samples):
        """One of the waits in vain."""
        peaks = dict(pick(samples, "peak_kb"))
        cpu = dict(pick(samples, "cpu_ms"))
        print_distributions(f"{LONG_WAIT} s wait in vain for {what}: user and system CPU, ms",
                            list(cpu.items()))
        print_distributions("the same: peak memory (VmHWM) of the process, kB", list(peaks.items()))
        below = {name: values for name, values in pick(samples, "children_kb") if any(values)}
        if below:
            print_distributions("and of its children, which share some of it, kB",
                                list(below.items()))
        typical, peak = median(cpu["waitfor"]), max(peaks["waitfor"])
        self._judge(f"CPU <= {CPU_GOAL:.0f} ms in {LONG_WAIT} s ({what})", typical <= CPU_GOAL,
                    f"median {short(typical)} ms, most {short(max(cpu['waitfor']))} ms"
                    + (f"; the floor is {short(median(cpu['floor']))} ms" if "floor" in cpu else ""))
        self._judge(f"peak memory <= {PEAK_GOAL / 1e3} MB ({what})", peak <= PEAK_GOAL,
                    f"{peak} kB")
        self._rows.append((f"CPU of a {LONG_WAIT} s wait for {what}",
                           {name: f"{short(median(values))} ms" for name, values in cpu.items()}))

    def many(self, samples):
        print("\n== targets that refuse, -t 3s, 1,024 descriptors; medians")
        print("targets   ends after   SIGTERM to end   CPU, in all and while it waits   kB a target   attempts: fewest, median, most")
        for count, of_count in samples.items():
            at = {key: median([sample[key] for sample in of_count]) for key in of_count[0]}
            print(f"{count:7}   {at['took_s']:8.2f} s   {at['stop_ms']:11.0f} ms   {at['cpu_s']:9.2f} s, {at['cpu_share']:3.0f} %            "
                  f"   {at['peak_kb'] / count:9.2f}     {at['fewest']:.0f}, {at['median']:.0f}, {at['most']:.0f}")
        largest = {key: median([sample[key] for sample in of_count]) for key in of_count[0]}
        self._judge(f"{count} targets end within 3.3 s", largest["took_s"] <= 3.3, f"{largest['took_s']:.2f} s")
        self._judge(f"SIGTERM ends {count} targets within 100 ms", largest["stop_ms"] <= 100, f"{largest['stop_ms']:.0f} ms")
        self._judge(f"{count} targets take at most 25 % of a processor while they are waited for",
                    largest["cpu_share"] <= 25, f"{largest['cpu_share']:.0f} %")
        self._judge(f"{count} targets: at most 4 kB each", largest["peak_kb"] <= 4 * count,
                    f"{largest['peak_kb'] / count:.2f} kB")
        self._judge("no target has less than half the median of attempts",
                    all(2 * sample["fewest"] >= sample["median"] for of_count in samples.values() for sample in of_count),
                    f"{largest['fewest']:.0f} of {largest['median']:.0f}")

    def end(self, machine_text, version_text, peers_text, command):
        print("\n== goals")
        print("\n".join(self._verdicts))
        tools = list(dict.fromkeys(name for _, texts in self._rows for name in texts))
        print("\n== for the README\n")
        print("| | " + " | ".join(tools) + " |")
        print("|---" * (len(tools) + 1) + "|")
        for what, texts in self._rows:
            print(f"| {what} | " + " | ".join(texts.get(name, "n/a") for name in tools) + " |")
        print(f"\nMedians of one interleaved run of `{command}` on {machine_text}. {version_text}. "
              f"Peers in the run: {peers_text}. "
              "\"limit\" is a static C program that connects every millisecond and execs; \"floor\" is one that "
              "connects as seldom as the goals for the delay allow.")
