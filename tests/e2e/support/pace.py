"""How many attempts fit into a wait. The figures are those of the manual, "The pause between two attempts grows"."""

from typing import NamedTuple

# Jitter is ±20 %.
JITTER = 0.8


class Pace(NamedTuple):
    share: float    # the pause, as a part of the time waited
    least: float    # seconds
    most: float     # seconds


FREE = Pace(0.02, 0.018, 0.11)      # nobody listens
SHARED = Pace(0.05, 0.025, 0.5)     # a DNS server is asked
NOISY = Pace(0.10, 0.08, 1.0)       # the server writes a log line, or a program is run


def attempts(seconds, pace, jitter=1.0):
    """The attempts that begin within so many seconds if each pause is `jitter` times the middle one."""
    now, count = 0.0, 0
    while now < seconds:
        now += jitter * min(max(now * pace.share, pace.least), pace.most)
        count += 1
    return count


def at_most(seconds, pace):
    """
    What a peer was promised: no client makes more attempts. One is for the last look, whose pause is shortened,
    and one for a clock that starts anew after the first attempt.
    """
    return attempts(seconds, pace, JITTER) + 2
