"""Running `techmart` as its user does: as a process of its own, with signals and a terminal's output."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from app.settings import REPOSITORY


class Running:
    """A started process and what it has written so far."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("TECHMART_", "PYTEST_"))}
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=REPOSITORY,
            env=clean | dict(environment),
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, pattern: str, *, seconds: float = 240) -> re.Match[str]:
        """Wait until a line matches; fails with the whole output when the process ends or the time is over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            over = self.process.poll() is not None
            if over:
                self._reader.join(5)
            for line in list(self.lines):
                found = re.search(pattern, line)
                if found:
                    return found
            if over:
                break
            self._reader.join(0.02)
        raise AssertionError(f"no line like {pattern!r} in:\n{self.output}")

    def end(self, number: int = signal.SIGINT, *, seconds: float = 120) -> int:
        """Send a signal and wait; returns the exit code."""
        self.process.send_signal(number)
        return self.wait(seconds=seconds)

    def close(self) -> None:
        """Let go of the pipe, once the process has ended."""
        self._reader.join(5)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def wait(self, *, seconds: float = 240) -> int:
        code = self.process.wait(seconds)
        self._reader.join(5)
        return code


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[Running]:
    """The command for as long as the block; killed at its end if it still runs."""
    started = Running(command, environment)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.process.kill()
            started.process.wait()
        started.close()


def techmart(*arguments: str) -> list[str]:
    """The command line of the verb, as the installed script runs it."""
    return [sys.executable, "-m", "app.cli", *arguments]
