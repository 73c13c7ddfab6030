"""Waiting for conditions with a deadline: the only way these tests wait."""

import time


def until(condition, timeout=10.0, what="the condition", every=0.01):
    """Return the first true value of condition(); fail the test after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            text = what() if callable(what) else what
            raise AssertionError(f"not within {timeout} s: {text}")
        time.sleep(every)


def stays(condition, seconds, what="the condition", every=0.02):
    """Fail the test unless condition() is true during the whole of `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert condition(), f"did not stay true for {seconds} s: {what}"
        time.sleep(every)
