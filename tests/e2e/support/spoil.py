"""A stdout that cannot be written to: each for a child, before the program is run (preexec_fn)."""

import os


def close_stdout():
    os.close(1)


def fill_stdout():
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, 1)
    os.close(full)


def break_stdout():
    """A pipe that nobody reads any more."""
    reader, writer = os.pipe()
    os.dup2(writer, 1)
    os.close(reader)
    os.close(writer)


SPOILERS = [close_stdout, fill_stdout, break_stdout]
