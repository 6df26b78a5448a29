"""A person's terminal: a program on a pty, what is typed into it, and the screen that it makes, as
an xterm without reflow shows it (ECMA-48, and the pending wrap of a VT100)."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import threading
import time
import unicodedata

import uavtest

SEQUENCE = re.compile(r"\x1b\[([?>]?)([\d;]*)([@-~])|\x1b[()][0-9A-B]|\x1b[=>78]")


def width_of(character):
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Row(list):
    """Cells; `goes_on` if the text went on in the row below since this one was full."""

    goes_on = False


class Screen:
    """Rows of cells; what goes out at the top is in `above`."""

    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.cells = [Row(" " * columns) for _ in range(rows)]
        self.above = []
        self.row = self.column = 0
        self.wraps = False  # the cursor is behind the last column
        self.rest = ""

    def lines(self):
        """All that was ever written, and not erased, without blanks at the ends; what went on in
        the next row is one line."""
        whole = [""]
        for row in self.above + self.cells:
            whole[-1] += "".join(row)
            if not row.goes_on:
                whole[-1] = whole[-1].rstrip()
                whole.append("")
        return whole[:-1]

    def text(self):
        return "\n".join(self.lines()).rstrip("\n")

    def cursor(self):
        """The line in which the cursor is, as far as it is on the screen, and where in it, in
        columns from its beginning."""
        first = last = self.row
        while first and self.cells[first - 1].goes_on:
            first -= 1
        while self.cells[last].goes_on and last + 1 < self.rows:
            last += 1
        text = "".join("".join(row) for row in self.cells[first : last + 1])
        return text.rstrip(), (self.row - first) * self.columns + self.column + self.wraps

    def bottom(self, prompt="field> "):
        """The rows from the last prompt on, and where the cursor is among them."""
        rows = ["".join(row) for row in self.cells]
        first = max((at for at, row in enumerate(rows) if row.startswith(prompt)), default=0)
        return "\n".join(rows[first:]).rstrip(), self.row - first, self.column + self.wraps

    def resize(self, rows, columns):
        for row in self.cells:
            row[:] = (row + [" "] * columns)[:columns]
            row.goes_on = False
        while len(self.cells) < rows:
            self.cells.append(Row(" " * columns))
        while len(self.cells) > rows:
            if self.row + 1 < len(self.cells):
                self.cells.pop()  # empty ones below go first
            else:
                self.above.append(self.cells.pop(0))
                self.row -= 1
        self.rows, self.columns = rows, columns
        self.column = min(self.column, columns - 1)
        self.wraps = False

    def feed(self, text):
        text = self.rest + text
        at = 0
        self.rest = ""
        while at < len(text):
            if text[at] != "\x1b":
                self._character(text[at])
                at += 1
                continue
            found = SEQUENCE.match(text, at)
            if not found:
                assert len(text) - at < 16, f"unknown sequence {text[at:at + 16]!r}"
                self.rest = text[at:]
                return
            if found[3] and not found[1]:
                self._obey(found[3], [int(number or 0) for number in found[2].split(";")])
            at = found.end()

    def _down(self):
        if self.row + 1 < self.rows:
            self.row += 1
            return
        self.above.append(self.cells.pop(0))
        self.cells.append(Row(" " * self.columns))

    def _character(self, character):
        if character == "\n":
            self._down()
            self.wraps = False
        elif character == "\r":
            self.column, self.wraps = 0, False
        elif character == "\b":
            self.column, self.wraps = max(0, self.column - 1), False
        elif character == "\t":
            self.column = min(self.columns - 1, self.column // 8 * 8 + 8)
        elif character >= " ":
            self._write(character, width_of(character))

    def _write(self, character, width):
        width = min(width, self.columns)
        if width and (self.wraps or self.column + width > self.columns):
            self.cells[self.row].goes_on = True
            self._down()
            self.column, self.wraps = 0, False
        if width == 0:
            self.cells[self.row][max(0, self.column - 1)] += character
            return
        self.cells[self.row][self.column] = character
        if width == 2:
            self.cells[self.row][self.column + 1] = ""
        self.column += width
        if self.column >= self.columns:
            self.column, self.wraps = self.columns - 1, True

    def _clear(self, row, start):
        row[start:] = [" "] * (self.columns - start)
        row.goes_on = False

    def _obey(self, final, numbers):
        first = numbers[0]
        row = self.cells[self.row]
        self.wraps = self.wraps and final == "m"
        if final == "A":
            self.row = max(0, self.row - max(1, first))
        elif final == "B":
            self.row = min(self.rows - 1, self.row + max(1, first))
        elif final == "C":
            self.column = min(self.columns - 1, self.column + max(1, first))
        elif final == "D":
            self.column = max(0, self.column - max(1, first))
        elif final == "G":
            self.column = min(self.columns, max(1, first)) - 1
        elif final == "H":
            second = numbers[1] if len(numbers) > 1 else 1
            self.row = min(self.rows, max(1, first)) - 1
            self.column = min(self.columns, max(1, second)) - 1
        elif final == "K":
            assert first == 0, numbers
            self._clear(row, self.column)
        elif final == "J":
            if first == 0:
                self._clear(row, self.column)
            if first == 0 and self.column == 0 and self.row:
                self.cells[self.row - 1].goes_on = False  # what comes here is another line
            for below in range(self.row + 1 if first == 0 else 0, self.rows):
                self._clear(self.cells[below], 0)
        elif final == "P":
            del row[self.column : self.column + max(1, first)]
            row += [" "] * (self.columns - len(row))
        elif final == "@":
            row[self.column : self.column] = [" "] * max(1, first)
            del row[self.columns :]
        elif final not in "mhlt":
            raise AssertionError(f"unknown: CSI {numbers} {final}")


def _lead(command, environment, tell, hold):
    """Be what a shell is to the program: lead its session, with the terminal open, until nobody
    holds it any more. With the last that has it open, a terminal ends for its reader, who can be
    told so before he has read what was written last."""
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execve(command[0], command, environment)
    for other in map(int, os.listdir("/proc/self/fd")):
        if other not in (0, tell, hold):  # other leaders would live as long
            with contextlib.suppress(OSError):
                os.close(other)
    os.write(tell, f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    os.write(tell, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os.read(hold, 1)
    os._exit(0)


class Terminal:
    """A program whose standard input, output and error are a terminal. It is stopped with `t`."""

    def __init__(self, t, *command, rows=24, columns=80, env=None, exit_codes=(0,)):
        self.screen = Screen(rows, columns)
        self.raw = b""
        self.exit_codes = exit_codes
        self.code = None
        self._changed = threading.Condition()
        environment = {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", **(env or {})}
        told, tell = os.pipe()
        hold, self._held = os.pipe()
        self._leader, self.fd = pty.fork()
        if self._leader == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
                _lead([str(word) for word in command], environment, tell, hold)
            finally:
                os._exit(127)  # or there would be two of this test
        os.close(tell)
        os.close(hold)
        self._told = os.fdopen(told)
        self.pid = int(self._told.readline())
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.command = [str(word) for word in command]
        self.killed = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        t.programs.append((self, exit_codes))

    def _read(self):
        pending = b""
        while True:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                return
            if not data:
                return
            with self._changed:
                self.raw += data
                pending += data
                whole = pending.decode("utf-8", "ignore") if not _is_cut(pending) else None
                if whole is not None:
                    self.screen.feed(whole)
                    pending = b""
                self._changed.notify_all()

    # -- what a person does

    def type(self, text):
        os.write(self.fd, text.encode() if isinstance(text, str) else text)

    def resize(self, rows, columns):
        with self._changed:
            self.screen.resize(rows, columns)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def wait(self, predicate, deadline=uavtest.DEADLINE):
        """Until predicate(screen) is true; what it gave."""
        end = time.monotonic() + deadline
        with self._changed:
            while not (value := predicate(self.screen)):
                left = end - time.monotonic()
                assert left > 0, f"the screen stays\n{self.screen.text()}"
                self._changed.wait(min(left, 0.2))
            return value

    def wait_text(self, pattern):
        return self.wait(lambda screen: re.search(pattern, screen.text(), re.MULTILINE))

    def wait_line(self, line, column=None):
        """Until the cursor stands in this line, at its end unless told otherwise."""
        column = sum(map(width_of, line)) if column is None else column
        self.wait(lambda screen: screen.cursor() == (line.rstrip(), column))

    def echoes(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    # -- as a Program of uavtest

    def log(self):
        return self.screen.text()

    def wait_end(self, deadline=uavtest.DEADLINE):
        """The exit code."""
        uavtest.wait_until(self._ended, deadline)
        return self.code

    def _ended(self):
        if self.code is None and select.select([self._told], [], [], 0)[0]:
            self.code = int(self._told.readline())
        return self.code is not None

    def _signal(self, number):
        with contextlib.suppress(ProcessLookupError):  # its leader has seen it end
            os.kill(self.pid, number)

    def stop(self, deadline=uavtest.DEADLINE):
        if not self._ended():
            self._signal(signal.SIGTERM)
            self._signal(signal.SIGCONT)
            try:
                self.wait_end(deadline)
            except AssertionError:
                self.killed = True
                self._signal(signal.SIGKILL)
        os.close(self._held)
        os.waitpid(self._leader, 0)
        self._reader.join(deadline)
        self._told.close()
        os.close(self.fd)
        return self.code


def _is_cut(data):
    """Whether it ends within a character."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte < 0x80:
            return False
        if byte >= 0xC0:
            return back < (2 if byte < 0xE0 else 3 if byte < 0xF0 else 4)
    return False
