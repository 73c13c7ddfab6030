"""A terminal in memory: a pseudo-terminal whose output pyte draws, with a window that can be resized."""

import fcntl
import os
import re
import select
import struct
import termios
import time

import pyte


class Terminal:
    """One window. It is read only while a test waits for something, as a slow terminal would."""

    def __init__(self, columns=80, rows=24):
        self._master, self.slave = os.openpty()
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.set_size(columns, rows)

    def set_size(self, columns, rows):
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    @property
    def popen(self):
        """How a process is started at this terminal: it is the terminal's foreground process."""
        return {"stdin": self.slave, "stderr": self.slave, "start_new_session": True,
                "preexec_fn": lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)}

    def pump(self, seconds=0.0):
        """Draw what comes within that time; false: the terminal is closed."""
        end = time.monotonic() + seconds
        while True:
            if select.select([self._master], [], [], max(0.0, end - time.monotonic()))[0]:
                try:
                    data = os.read(self._master, 65536)
                except OSError:         # EIO: nobody has it open any more
                    return False
                self.raw += data
                self.draw(data)
            elif time.monotonic() >= end:
                return True

    def until(self, condition, timeout=10.0, what="the condition"):
        """Draw until condition() is true, and return that."""
        deadline = time.monotonic() + timeout
        while not (value := condition()):
            assert time.monotonic() < deadline, f"not within {timeout} s: {what}; the screen:\n{self.text}"
            self.pump(0.01)
        return value

    def wait_text(self, text, timeout=10.0):
        self.until(lambda: text in self.text, timeout, repr(text))

    def finish(self, running, timeout=20.0):
        """Wait for the run's end, with all that it wrote drawn; returns its exit code."""
        self.until(lambda: not running.alive(), timeout, "the end of the run")
        self.settings_at_end = termios.tcgetattr(self.slave)
        os.close(self.slave)
        self.slave = -1
        assert any(not self.pump(1.0) for _ in range(10)), "somebody still has the terminal open"
        return running.finish().code

    @property
    def settings(self):
        return termios.tcgetattr(self.slave)

    def draw(self, data):
        self._stream.feed(data)

    def keys(self, data):
        os.write(self._master, data)

    def print(self, text):
        """As a program that ran before."""
        os.write(self.slave, text.encode())
        self.pump(0.01)

    @property
    def lines(self):
        """The rows down to the last that is not blank."""
        return self.text.split("\n")

    @property
    def text(self):
        return "\n".join(row.rstrip() for row in self.screen.display).rstrip("\n")

    @property
    def cursor(self):
        """Column, row, and whether it can be seen."""
        cursor = self.screen.cursor
        return cursor.x, cursor.y, not cursor.hidden

    def resize(self, columns, rows, reflow):
        """As terminals do: the cursor stays on its line, whether long lines are cut or (reflow) wrapped anew.

        pyte drops rows at the top and leaves the cursor where it was, which no terminal does.
        """
        self.pump()
        rows_now, at = [row.rstrip() for row in self.screen.display], self.screen.cursor.y
        while len(rows_now) > at + 1 and not rows_now[-1]:
            rows_now.pop()
        pieces = [[row[i:i + columns] for i in range(0, max(1, len(row) if reflow else 1), columns)]
                  for row in rows_now]
        cursor_row = sum(len(piece) for piece in pieces[:at])
        wrapped = [piece for each in pieces for piece in each]
        scrolled = max(0, cursor_row - rows + 1)
        self.screen.reset()
        self.screen.resize(rows, columns)
        for i, line in enumerate(wrapped[scrolled:scrolled + rows]):
            self.screen.cursor_position(i + 1, 1)
            self.screen.draw(line)
        self.screen.cursor_position(cursor_row - scrolled + 1, 1)
        self.set_size(columns, rows)

    def frames(self):
        """The board's frames, each from the carriage return before its first line on."""
        return [b"\r" + piece for piece in re.split(rb"\r(?=(?:waitfor: )?\d+ of \d+ )", self.raw)[1:]]

    def is_between_frames(self):
        """Has the last frame been drawn whole, with the cursor back at its beginning?"""
        last = self.frames()[-1:] or [b""]
        above = last[0].count(b"\n")
        return last[0].endswith(b"\x1b[J\r" + (b"\x1b[%dA" % above if above else b""))

    def close(self):
        os.close(self._master)
        if self.slave >= 0:
            os.close(self.slave)
