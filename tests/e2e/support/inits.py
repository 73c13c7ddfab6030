"""Programs that tests of --stay run as the app."""

# Two processes, each of which says when it gets TERM.
TWO = """
import os, signal, sys
who = "app" if os.fork() else "child"
def on_term(*_):
    print(who, flush=True)
    who == "app" and os.waitpid(-1, 0)
    os._exit(0)
signal.signal(signal.SIGTERM, on_term)
print("up", flush=True)
while True:
    signal.pause()
"""
