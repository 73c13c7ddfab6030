"""Where it was measured and with what, and the figures on a terminal."""

import os
import platform
import subprocess
from pathlib import Path

from figures import table_of
from peers import GRAMMARS, SHELL_SCRIPT

COLUMNS = "{:<22}{:>6}" + "{:>10}" * 5 + " {:>11}"


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


def missing(lab):
    """The tools that are not measured."""
    return [name for name in GRAMMARS if name not in {peer.name for peer in lab.peers}]


def print_figure(figure):
    print(f"\n== {figure.title}" + (f", {figure.unit}" if figure.unit else ""))
    for row in table_of(figure):
        print(COLUMNS.format(*row))
    if figure.note:
        print(figure.note)


def print_goals(goals):
    print("\n== goals")
    for goal in goals:
        print(f"{'met   ' if goal.met else 'missed'}  {goal.text}: {goal.found}")
