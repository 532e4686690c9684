"""The figures at /metrics (Prometheus text format).

Several processes serve and work side by side. The supervisor gives them one folder (PROMETHEUS_MULTIPROC_DIR) through
which prometheus_client adds their figures up, so a scrape of any process tells of the whole installation. Labels hold
route templates, never addresses: an address may name a person or carry a token.
"""

import os
from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

MULTIPROCESS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = CONTENT_TYPE_LATEST

requests_seconds = Histogram(
    "techmart_request_seconds",
    "Time from the request's arrival to the end of its answer, waiting included",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
gate_inside = Gauge("techmart_gate_inside", "Requests being worked on", multiprocess_mode="livesum")
gate_waiting = Gauge("techmart_gate_waiting", "Requests waiting for a place", multiprocess_mode="livesum")
gate_wait_seconds = Histogram(
    "techmart_gate_wait_seconds",
    "Time requests waited for a place",
    buckets=(0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
gate_refused = Counter(
    "techmart_gate_refused", "Requests not admitted: full (no room to wait), late (waited too long), left", ["reason"]
)
limited = Counter("techmart_limited", "Requests refused because their client sent too many", ["rule"])


def exposition() -> bytes:
    """The figures of all processes of this installation, in Prometheus's text format."""
    if MULTIPROCESS_FOLDER not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def empty_folder(folder: Path) -> None:
    """Make the shared folder, without the figures of processes of an earlier start."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("*.db"):
        left.unlink()
