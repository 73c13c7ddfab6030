"""Commands with a time limit, which leave nothing behind."""

import os
import signal
import subprocess
import threading

GRACE = 10      # seconds that a test has to clean up when its time is over
# Tests send signals, which whoever started this may ignore: a shell does with SIGINT for what it runs in the background.
USUAL_SIGNALS = ["env", "--default-signal"]


class Commands:
    """Runs commands for several threads; stop ends those that run."""

    def __init__(self):
        self._lock = threading.Lock()
        self._running = set()
        self.stopped = False

    def run(self, words, cwd, env, limit):
        """Returns the exit status and the output; None as the status if it did not end in time."""
        with self._lock:
            if self.stopped:
                raise KeyboardInterrupt
            process = subprocess.Popen([*USUAL_SIGNALS, *words], cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                                       start_new_session=True)
            self._running.add(process)
        try:
            text, _ = process.communicate(timeout=limit)
            return process.returncode, text
        except subprocess.TimeoutExpired:
            return None, end(process)
        finally:
            with self._lock:
                self._running.discard(process)

    def stop(self):
        with self._lock:
            self.stopped = True
            for process in self._running:
                process.send_signal(signal.SIGINT)


def end(process):
    """Ends it and what it started, gently at first: pytest then closes its fixtures. Returns what it said."""
    process.send_signal(signal.SIGINT)
    try:
        text, _ = process.communicate(timeout=GRACE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        text, _ = process.communicate()
    return text
