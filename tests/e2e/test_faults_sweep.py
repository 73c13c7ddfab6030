"""Each system call of a run fails once: the app starts only where the peer is there, and nothing hangs."""

import concurrent.futures
import re
import subprocess

import pytest

from support.faults import inject
from support.net import Net
from support.peers import Peer, silence
from support.runner import BINARY, CLEAN_ENV

ERRORS = ["ENOMEM", "EMFILE", "EINTR", "EAGAIN", "EIO"]
# What fails at the first attempts fails in the same way at the next ones.
OCCURRENCES = 6
HANGS = 15
AT_ONCE = 8
# The kernel does not return from exit_group, and strace itself makes the first execve.
NOT_CALLED = {"exit_group", "restart_syscall", "rt_sigreturn"}
RUNS = {
    # The wait ends at once, with an address and with a name; the app may start.
    "no wait": ("-t", "3", "tcp://10.77.0.1:7", "--", "/bin/echo", "started"),
    "no wait, by name": ("-t", "3", "DB=db:7", "--", "/bin/echo", "started"),
    # Nobody is there: the app may not.
    "a wait": ("-t", "1", "tcp://10.77.0.1:1", "--", "/bin/echo", "started"),
    "a wait, by name": ("-t", "1", "tcp://nobody:1", "--", "/bin/echo", "started"),
    "a report": ("-t", "1", "--report", "-", "--output", "json", "tcp://10.77.0.1:1", "--", "/bin/echo", "started"),
}
NOBODY = [name for name in RUNS if not name.startswith("no wait")]


@pytest.fixture(scope="module")
def place():
    """A network with a peer at 10.77.0.1:7, which the hosts file calls db, and with no DNS server."""
    net = Net()
    net.rewrite(net.hosts, "10.77.0.1 db\n")
    listener = Peer(silence, address="10.77.0.1", port=7, net=net)
    yield net
    listener.close()
    net.close()


def run(place, wrap, args):
    """Exit code and stdout; None for a run that hangs."""
    command = [*place.enter, *wrap, BINARY, *args]
    try:
        done = subprocess.run(command, env=CLEAN_ENV, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=HANGS, check=False)
    except subprocess.TimeoutExpired:
        return None
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def calls_of(place, args, log):
    """(name, number) of each system call of waitfor itself; execve begins the app."""
    run(place, ["strace", "-qq", "-o", log], args)
    counts = {}
    for line in log.read_text(errors="replace").splitlines():
        match = re.match(r"(\w+)\(", line)
        if not match or match[1] in NOT_CALLED:
            continue
        if match[1] == "execve" and counts:
            break
        counts[match[1]] = counts.get(match[1], 0) + 1
    counts.pop("execve", None)
    return [(name, n) for name, count in counts.items() for n in range(1, min(count, OCCURRENCES) + 1)]


def judge(case, found):
    """What is wrong with the end of a run; None if nothing is."""
    if found is None:
        return "hangs"
    code, out, _ = found
    started = "started\n" in out
    if started and case in NOBODY:
        return "the app started with nobody there"
    if started != (code == 0):
        return f"exit {code}, and the app was{'' if started else ' not'} started"
    return None


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("case", RUNS)
def test_each_call_fails_once(place, tmp_path, case, error):
    args = RUNS[case]
    calls = calls_of(place, args, tmp_path / "log")
    assert len(calls) > 30, calls
    def check(call):
        found = run(place, inject(call[0], error, str(call[1])), args)
        wrong = judge(case, found)
        return wrong and f"{call[0]} number {call[1]}: {wrong}: {found}"
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        wrong = list(filter(None, pool.map(check, calls)))
    assert not wrong, "\n".join(wrong)
