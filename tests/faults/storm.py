#!/usr/bin/python3
"""The signal storm: builds storm/, and runs it. storm/storm.c says what must hold. Options (environment):
  STORM_RUNS=N    how often waitfor is started (10000)
  STORM_SEED=N    the dice's; without it they are random. The moments are chosen by it, but no machine meets them twice
  STORM_LANES=N   how many run side by side (two for each processor)
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import paths  # noqa: F401
from figures import report
from support.net import AS_USER
from support.runner import BINARY, REPOSITORY

SOURCES = Path(__file__).resolve().parent / "storm"
BUILT = REPOSITORY / "build/faults"


def build(name, *sources):
    BUILT.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cc", "-std=gnu11", "-D_GNU_SOURCE", "-O1", "-Wall", "-Wextra", "-static", "-o", BUILT / name,
                    *(SOURCES / source for source in sources)], check=True)
    return BUILT / name


def main():
    runs = int(os.environ.get("STORM_RUNS") or 10_000)
    seed = int(os.environ.get("STORM_SEED") or random.SystemRandom().randrange(10**9))
    lanes = int(os.environ.get("STORM_LANES") or 2 * os.cpu_count())
    storm, app = build("storm", "storm.c", "place.c", "watch.c"), build("app", "app.c")
    began = time.monotonic()
    # An ordinary user may make PID namespaces as root of a user namespace.
    as_root = ["unshare", *AS_USER, "--"] if AS_USER else []
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([*as_root, storm, BINARY, app, folder, str(runs), str(seed), str(lanes)],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    wrong = [line for line in done.stdout.splitlines() if "\t" not in line]
    print("\n".join(wrong), end="\n" if wrong else "")
    counts = [line.split("\t") for line in done.stdout.splitlines() if "\t" in line]
    for where in ("not PID 1", "PID 1"):
        found = {fate: int(count) for place, fate, count in counts if place == where}
        report(f"signal storm, {where}", f"{sum(found.values()):,} runs from seed {seed}",
               "; ".join(f"{fate}: {count:,}" for fate, count in found.items() if count or fate == "wrong"), time.monotonic() - began)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
