"""Runs the serving processes and the worker side by side in one terminal, and ends them together.

Ctrl-C or SIGTERM asks every process to finish what it is doing; a second one kills them. A process that ends by itself
is started again, unless it does so right after its start: then everything stops, as it would only fail again.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType
from urllib.parse import urlsplit

from prometheus_client import multiprocess

from app.operations import lifeline, metrics
from app.operations.logs import wants_colour

_GRACE_S = 20.0
_READY_WARNING_S = 60.0
_COLOURS = ("\033[36m", "\033[35m", "\033[34m", "\033[32m")
_END = "\033[0m"
_WIDTH = 8


@dataclass(frozen=True, slots=True)
class Program:
    """A process to keep running: the name its lines are marked with, and the command."""

    name: str
    command: Sequence[str]
    inherit: tuple[int, ...] = ()


@dataclass(slots=True)
class _Running:
    program: Program
    colour: str
    process: subprocess.Popen[bytes]
    reader: threading.Thread
    since: float = field(default_factory=time.monotonic)


class Supervisor:
    """The processes of one installation.

    Args:
        environment: variables the children get.
        plain: write lines as they are, without names and colours (JSON logs, which name their process themselves).
        short_life_s: a process that ended sooner after its start than this would only end again.
    """

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        environment: Mapping[str, str],
        plain: bool = False,
        short_life_s: float = 10.0,
    ) -> None:
        self._programs = programs
        self._environment = dict(environment)
        self._plain = plain
        self._short_life_s = short_life_s
        self._colour = wants_colour(sys.stdout) and not plain
        self._running: list[_Running] = []
        self._signals = 0
        self._answered = 0
        self._woken = threading.Event()
        self._writing = threading.Lock()
        self._lifeline: int | None = None

    def add_environment(self, environment: Mapping[str, str]) -> None:
        """More variables for the children, known only after the supervisor was made."""
        self._environment.update(environment)

    def run(self, *, ready_at: str) -> int:
        """Start everything and stay until told to stop; returns the exit code.

        Args:
            ready_at: the installation's base URL; “ready” is said once its /readyz answers 200.
        """
        readable, self._lifeline = os.pipe()
        with self._signals_caught():
            try:
                for index, program in enumerate(self._programs):
                    self._running.append(self._start(program, _COLOURS[index % len(_COLOURS)], readable))
                threading.Thread(target=self._tell_when_ready, args=(ready_at,), daemon=True).start()
                code = self._watch(readable)
            finally:
                self._stop()
                os.close(self._lifeline)
                os.close(readable)
        return code

    def say(self, text: str, *, name: str = "techmart", colour: str = "") -> None:
        """Write one line to the terminal, marked with who says it."""
        if self._plain:
            line = text if text.startswith("{") else json.dumps({"logger": name, "message": text}, ensure_ascii=False)
        else:
            mark = f"{name:<{_WIDTH}} |"
            line = f"{colour}{mark}{_END} {text}" if self._colour and colour else f"{mark} {text}"
        with self._writing, suppress(OSError, ValueError):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

    def _start(self, program: Program, colour: str, lifeline_end: int) -> _Running:
        environment = os.environ | self._environment | {lifeline.HELD_BY_CHILD: str(lifeline_end)}
        environment["PYTHONUNBUFFERED"] = "1"
        if self._colour:
            environment["FORCE_COLOR"] = "1"
        process = subprocess.Popen(
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            pass_fds=(*program.inherit, lifeline_end),
            # Out of the terminal's group: Ctrl-C reaches us alone, and we end the children in our order.
            start_new_session=True,
        )
        reader = threading.Thread(target=self._copy_lines, args=(program.name, process, colour), daemon=True)
        reader.start()
        return _Running(program, colour, process, reader)

    def _copy_lines(self, name: str, process: subprocess.Popen[bytes], colour: str) -> None:
        assert process.stdout is not None  # noqa: S101 - opened just above as a pipe
        for line in process.stdout:
            self.say(line.decode(errors="replace").rstrip(), name=name, colour=colour)

    def _watch(self, lifeline_end: int) -> int:
        while True:
            self._woken.wait(0.3)
            if self._signals:
                # Before it is said what another does: one that comes at once must count.
                self._answered = self._signals
                self.say("stopping; Ctrl-C again stops at once")
                return 0
            for index, running in enumerate(self._running):
                code = running.process.poll()
                if code is None:
                    continue
                running.reader.join(2)
                self._forget_figures(running.process.pid)
                how = f"with code {code}" if code >= 0 else f"by signal {signal.Signals(-code).name}"
                if time.monotonic() - running.since < self._short_life_s:
                    self.say(f"{running.program.name} ended {how} right after its start; the lines above say why")
                    return 1
                self.say(f"{running.program.name} ended {how}; starting it again")
                self._running[index] = self._start(running.program, running.colour, lifeline_end)

    def _stop(self) -> None:
        """Ask every process to end, wait, and kill what is left or when asked a second time."""
        alive = [running for running in self._running if running.process.poll() is None]
        for running in alive:
            with suppress(ProcessLookupError):
                running.process.terminate()
        deadline = time.monotonic() + _GRACE_S
        while any(running.process.poll() is None for running in alive):
            if self._signals > max(self._answered, 1) or time.monotonic() > deadline:
                for running in alive:
                    with suppress(ProcessLookupError):
                        running.process.kill()
                break
            time.sleep(0.05)
        for running in self._running:
            running.process.wait()
            running.reader.join(2)

    def _tell_when_ready(self, base_url: str) -> None:
        began = time.monotonic()
        told = False
        while not self._signals:
            status, body = _ask_readiness(base_url)
            if status == 200:
                self.say(f"ready: {base_url}/  (Ctrl-C stops)", colour="\033[1;32m")
                return
            if not told and time.monotonic() - began > _READY_WARNING_S:
                told = True
                self.say(f"not ready after {_READY_WARNING_S:.0f} s; /readyz says {body or 'nothing'}")
            time.sleep(0.2)

    def _forget_figures(self, process_id: int) -> None:
        """Take what a dead process was doing at the end out of /metrics."""
        folder = self._environment.get(metrics.MULTIPROCESS_FOLDER)
        if folder:
            with suppress(OSError):
                multiprocess.mark_process_dead(process_id, folder)  # type: ignore[no-untyped-call]

    def _signals_caught(self) -> "_Handlers":
        def note(_number: int, _frame: FrameType | None) -> None:
            self._signals += 1
            self._woken.set()

        return _Handlers(note)


class _Handlers:
    """Our handling of the stopping signals, inside a `with`."""

    def __init__(self, handler: Callable[[int, FrameType | None], None]) -> None:
        self._handler = handler
        self._before: dict[int, object] = {}

    def __enter__(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._handler)

    def __exit__(self, *_fault: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)  # type: ignore[arg-type]


def _ask_readiness(base_url: str) -> tuple[int, str]:
    """The status and body of /readyz; (0, "") when nothing answers."""
    address = urlsplit(base_url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, answer.read(2000).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()
