"""Two hundred clients at once, against a server as `techmart serve` starts it: all are answered, or politely refused.

Throughput is compared within the same run: what two hundred clients get against what eight get, in turns, the median of
several rounds. How many pages that is on a machine of one's own, `techmart bench` tells.
"""

import asyncio
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.database import Database
from app.demo import content
from app.search.indexer import rebuild_index
from app.search.service import make_engine
from app.settings import Settings
from tests import factories
from tests.operations.terminal import running, techmart

FEW, MANY = 8, 200
ROUNDS, SECONDS = 3, 1.5
# No answer may take longer: what the gate lets a request wait, and time to answer it on a busy machine.
PATIENCE_S = 40.0
KEPT = 0.5


@dataclass
class Tally:
    """What clients met. `served` counts the pages that came within the time of the round."""

    statuses: Counter[int] = field(default_factory=Counter)
    served: int = 0
    longest_s: float = 0.0
    rude: list[str] = field(default_factory=list)


@pytest.fixture
def pages(database: Database, database_url: str, tmp_path: Path) -> list[str]:
    """An exchange with the demo's offers, indexed as the server will find it; addresses to ask."""
    with database.unit_of_work() as session:
        institute = factories.organisation(session, verified_at=factories.NOW)
        made = [
            factories.listing(session, of=institute, kind=one.kind, title=one.title, trl=None)
            for one in content.offers()
        ]
    engine = make_engine(Settings(data=tmp_path / "data", database_url=SecretStr(database_url)))
    rebuild_index(database, engine)
    engine.close()
    first = made[0]
    return ["/vi/", "/vi/search?q=may+say", f"/vi/listings/{first.slug}-{first.public_id}", "/api/v1/listings?q=say"]


@pytest.mark.slow
def test_two_hundred_clients_are_answered_or_politely_refused(
    pages: list[str], database_url: str, tmp_path: Path
) -> None:
    environment = {
        "TECHMART_DATA": str(tmp_path / "data"),
        "TECHMART_DATABASE_URL": database_url,
        "TECHMART_RATE_LIMITS": "off",
        "NO_COLOR": "1",
    }
    with running(techmart("serve", "--port", "0"), environment) as serve:
        port = int(serve.wait_for(r"ready: http://127\.0\.0\.1:(\d+)/")[1])
        asyncio.run(_ask_for(port, pages, clients=FEW, seconds=1.0))
        few, many = [], []
        for _round in range(ROUNDS):
            few.append(asyncio.run(_ask_for(port, pages, clients=FEW, seconds=SECONDS)))
            many.append(asyncio.run(_ask_for(port, pages, clients=MANY, seconds=SECONDS)))
        assert serve.process.poll() is None, serve.output
    for one in (*few, *many):
        assert one.rude == []
        assert one.statuses.keys() <= {200, 503}, one.statuses
        assert one.longest_s < PATIENCE_S
    assert min(one.statuses.total() for one in many) >= MANY, "everybody was answered"
    # Each round beside its neighbour: what else the machine does meanwhile weighs on both.
    shares = [crowd.served / max(1, calm.served) for calm, crowd in zip(few, many, strict=True)]
    assert statistics.median(shares) >= KEPT, (few, many)


async def _ask_for(port: int, pages: list[str], *, clients: int, seconds: float) -> Tally:
    """Have so many clients ask for page after page, each on a connection of its own, for so long."""
    tally = Tally()
    end = time.monotonic() + seconds
    async with asyncio.timeout(seconds + PATIENCE_S + 20):
        # Not all begin with the same page.
        turned = [pages[number % len(pages) :] + pages[: number % len(pages)] for number in range(clients)]
        await asyncio.gather(*(_client(port, mine, end, tally) for mine in turned))
    return tally


async def _client(port: int, pages: list[str], end: float, tally: Tally) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    number = 0
    try:
        # Everybody asks at least once, however long others keep the server busy.
        while number == 0 or time.monotonic() < end:
            began = time.monotonic()
            status, headers = await _ask(reader, writer, pages[number % len(pages)])
            now = time.monotonic()
            tally.statuses[status] += 1
            tally.served += status == 200 and now <= end
            tally.longest_s = max(tally.longest_s, now - began)
            if status == 503 and not headers.get("retry-after", "").isdigit():
                tally.rude.append(f"503 without Retry-After: {headers}")
            number += 1
            if status == 503:
                await asyncio.sleep(0.05)
    except (OSError, asyncio.IncompleteReadError) as fault:
        tally.rude.append(f"cut off: {fault!r}")
    finally:
        writer.close()


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> tuple[int, dict[str, str]]:
    """One request on an open connection (HTTP/1.1); the body is read and forgotten."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: identity\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in head[1:] if line)
    }
    await reader.readexactly(int(headers["content-length"]))
    return int(head[0].split(" ")[1]), headers
