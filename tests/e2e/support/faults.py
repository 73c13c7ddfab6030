"""System calls that fail: what a seccomp profile, a full table or a broken kernel does to a program."""


def inject(calls, error, when=None):
    """A command to put in front of the program: each of these calls (a list, as strace takes it) fails with the error.

    when: strace's "N", "N+" or "N+STEP" of each process; without it all calls fail.
    """
    which = f":when={when}" if when else ""
    return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e", f"inject={calls}:error={error}{which}"]
