"""Timing: a call repeated, a server under clients, a program and its memory."""

import statistics
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

import httpx2
import psutil


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of repeated calls."""

    p50: float
    p95: float
    calls: int


def timing(samples: Sequence[float]) -> Timing:
    """The figures of samples in seconds."""
    ordered = sorted(samples)
    return Timing(
        p50=statistics.median(ordered) * 1000,
        p95=ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] * 1000,
        calls=len(ordered),
    )


@dataclass(frozen=True, slots=True)
class Load:
    """What a server answered to several clients at once. `statuses` counts answers by status code, 0 for a fault."""

    per_second: float
    p50: float
    p95: float
    statuses: Mapping[int, int]


def press(base_url: str, paths: Sequence[str], *, clients: int, seconds: float, timeout_s: float = 30.0) -> Load:
    """Ask `paths` in turn from `clients` threads for `seconds`. Loopback only, bounded in time."""
    # Time begins when all clients are there: on a busy machine making them may take longer than they are to ask.
    ready = threading.Barrier(clients + 1)
    lock = threading.Lock()
    samples: list[float] = []
    statuses: dict[int, int] = {}

    def ask(number: int) -> None:
        turn = cycle([*paths[number % len(paths) :], *paths[: number % len(paths)]])
        with httpx2.Client(base_url=base_url, timeout=timeout_s) as client:
            ready.wait()
            stop_at = time.perf_counter() + seconds
            while (begun := time.perf_counter()) < stop_at:
                try:
                    status = client.get(next(turn)).status_code
                except httpx2.HTTPError:
                    status = 0
                took = time.perf_counter() - begun
                with lock:
                    samples.append(took)
                    statuses[status] = statuses.get(status, 0) + 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    ready.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - begun
    figures = timing(samples)
    good = sum(count for status, count in statuses.items() if 200 <= status < 400)
    return Load(per_second=good / elapsed, p50=figures.p50, p95=figures.p95, statuses=statuses)


@dataclass(frozen=True, slots=True)
class Run:
    """A program that ended: seconds it took, the most memory it held, in MiB, and seconds of processor it used."""

    seconds: float
    peak_mib: float
    processor_s: float = 0.0


def run(command: Sequence[str], environment: Mapping[str, str]) -> Run:
    """Run a program to its end and watch its memory.

    Raises:
        RuntimeError: it failed; the message is what it said.
    """
    begun = time.perf_counter()
    process = subprocess.Popen(command, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    watched = psutil.Process(process.pid)
    peak, used = 0, 0.0
    while process.poll() is None:
        try:
            peak = max(peak, watched.memory_info().rss)
            used = max(used, sum(watched.cpu_times()[:2]))
        except psutil.NoSuchProcess:
            break
        time.sleep(0.02)
    said, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(said.decode(errors="replace")[-2000:])
    return Run(time.perf_counter() - begun, peak / 2**20, used)


def memory_mib(pid: int) -> float:
    """What a process and those it started hold now, in MiB (shared pages counted once for each)."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return sum(one.memory_info().rss for one in family if one.is_running()) / 2**20
