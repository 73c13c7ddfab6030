"""A wait for thousands of targets at once, all of which refuse."""

import json
import os
import resource
import signal
import subprocess
import time
from pathlib import Path
from statistics import median

from lab import ADDRESS, CLEAN_ENV, Failure, has_ended

COUNTS = (1, 10, 100, 1000, 10000)
DESCRIPTORS = 1024
WAIT = 3                # seconds
FIRST_PORT = 10000      # nobody listens on these


def start(lab, count, *options):
    config = lab.folder / f"many-{count}.json"
    config.write_text(json.dumps({"targets": [f"tcp://{ADDRESS}:{FIRST_PORT + port}" for port in range(count)]}))
    began = time.monotonic()
    process = subprocess.Popen(
        [lab.waitfor, "-q", "--no-export", "-f", config, *options], env=CLEAN_ENV, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS)))
    return process, began


def finish(process, began, code):
    _, status, usage = os.wait4(process.pid, 0)
    took = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != code:
        raise Failure(f"waitfor: ended with {process.returncode} after a wait for many")
    return took, usage.ru_utime + usage.ru_stime


def peak_of(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))


def spent(process):
    """The processor time of a process that runs, and the time now; in seconds."""
    return int(Path(f"/proc/{process.pid}/schedstat").read_text().split()[0]) / 1e9, time.monotonic()


def timed_out(lab, count):
    document = lab.folder / "many-report.json"
    document.unlink(missing_ok=True)
    process, began = start(lab, count, "-t", str(WAIT), "--report", document)
    if has_ended(process, WAIT - 0.5):
        raise Failure("waitfor: ended before its time was up")
    peak = peak_of(process)
    took, cpu = finish(process, began, 124)
    attempts = sorted(target["attempts"] for target in json.loads(document.read_text())["targets"])
    return {"took_s": took, "cpu_s": cpu, "peak_kb": peak, "fewest": attempts[0],
            "median": median(attempts), "most": attempts[-1]}


def stopped(lab, count):
    """Its share of a processor while it waits, after the first attempts, and the time from SIGTERM to the end in ms."""
    process, _ = start(lab, count, "-t", "60")
    if has_ended(process, 1.5):
        raise Failure("waitfor: ended before it was measured")
    before, then = spent(process)
    if has_ended(process, 2):
        raise Failure("waitfor: ended before it was stopped")
    after, now = spent(process)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    took, _ = finish(process, began, 128 + signal.SIGTERM)
    return {"stop_ms": took * 1e3, "cpu_share": 100 * (after - before) / (now - then)}


def many(lab, rounds):
    samples = {count: [] for count in COUNTS}
    for _ in range(rounds):
        for count in COUNTS:
            samples[count].append({**timed_out(lab, count), **stopped(lab, count)})
    return samples
