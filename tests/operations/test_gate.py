import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from app.database import Database
from app.errors import TechmartError, Unavailable
from app.operations.gate import AdmissionGate, places_for
from app.settings import Settings
from tests.operations.serving import served

pytestmark = pytest.mark.anyio


def refuse(_request: Request, error: TechmartError) -> Response:
    assert isinstance(error, Unavailable)
    return PlainTextResponse("busy", status_code=error.status, headers={"Retry-After": str(error.retry_after)})


class Door:
    """An application that answers when told to, and counts who is inside."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.inside = 0
        self.most = 0
        self.order: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.order.append(scope["path"])
        await self.open.wait()
        self.inside -= 1
        await PlainTextResponse("in")(scope, receive, send)


def gate(app: Any, *, places: int = 1, queue: int = 10, wait_s: float = 30.0) -> AdmissionGate:
    return AdmissionGate(app, places=places, queue=queue, wait_s=wait_s, refuse=refuse)


def client(app: Any) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://testserver")


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_no_more_are_inside_than_there_are_places_and_they_enter_in_order() -> None:
    door = Door()
    async with client(gate(door, places=2)) as web:
        tasks = []
        for number in range(6):
            tasks.append(asyncio.create_task(web.get(f"/{number}")))
            await settle()
        assert door.order == ["/0", "/1"]
        door.open.set()
        answers = await asyncio.gather(*tasks)
    assert [answer.status_code for answer in answers] == [200] * 6
    assert door.most == 2
    assert door.order == [f"/{number}" for number in range(6)]


async def test_past_the_queue_the_answer_comes_at_once_and_says_when_to_return() -> None:
    door = Door()
    async with client(gate(door, queue=1)) as web:
        inside = asyncio.create_task(web.get("/inside"))
        await settle()
        waiting = asyncio.create_task(web.get("/waiting"))
        await settle()
        refused = await web.get("/refused")
        assert refused.status_code == 503
        assert refused.headers["Retry-After"] == "5"
        door.open.set()
        assert (await inside).status_code == (await waiting).status_code == 200
    assert door.order == ["/inside", "/waiting"]


async def test_who_waits_too_long_is_refused_and_leaves_the_queue() -> None:
    door = Door()
    async with client(gate(door, queue=1, wait_s=0.01)) as web:
        inside = asyncio.create_task(web.get("/inside"))
        await settle()
        assert (await web.get("/late")).status_code == 503
        assert (await web.get("/later")).status_code == 503
        door.open.set()
        assert (await inside).status_code == 200
        assert (await web.get("/after")).status_code == 200
    assert door.order == ["/inside", "/after"]


async def test_files_and_health_pass_a_full_gate() -> None:
    door = Door()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        handler = door if scope["path"] == "/page" else PlainTextResponse("free")
        await handler(scope, receive, send)

    async with client(gate(app, queue=0)) as web:
        inside = asyncio.create_task(web.get("/page"))
        await settle()
        for path in ("/static/app.css", "/healthz", "/readyz", "/metrics"):
            assert (await web.get(path)).text == "free"
        assert (await web.get("/page")).status_code == 503
        door.open.set()
        await inside


async def test_a_place_is_given_back_when_the_application_fails() -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise LookupError("broken")

    async with client(gate(failing, queue=0)) as web:
        for _ in range(3):
            with pytest.raises(LookupError):
                await web.get("/")


async def test_a_slow_reader_holds_no_place() -> None:
    reading = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b"first"
        await reading.wait()
        yield b"last"

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = StreamingResponse(slowly()) if scope["path"] == "/slow" else PlainTextResponse("quick")
        await response(scope, receive, send)

    async with client(gate(app, queue=0)) as web:
        slow = asyncio.create_task(web.get("/slow"))
        await settle()
        assert (await web.get("/quick")).text == "quick"
        reading.set()
        assert (await slow).content == b"firstlast"


async def test_a_client_that_went_away_while_waiting_is_not_worked_for() -> None:
    door = Door()
    guarded = gate(door)
    async with client(guarded) as web:
        inside = asyncio.create_task(web.get("/inside"))
        await settle()
        messages: list[Message] = [{"type": "http.request", "body": b""}, {"type": "http.disconnect"}]
        sent: list[Message] = []

        async def receive() -> Message:
            return messages.pop(0)

        async def send(message: Message) -> None:
            sent.append(message)

        await guarded({"type": "http", "method": "GET", "path": "/gone", "headers": []}, receive, send)
        door.open.set()
        await inside
    assert sent == []
    assert door.order == ["/inside"]


async def test_a_body_sent_while_waiting_arrives_whole() -> None:
    door = Door()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/inside":
            await door(scope, receive, send)
        else:
            await PlainTextResponse(await Request(scope, receive).body())(scope, receive, send)

    async with client(gate(app)) as web:
        inside = asyncio.create_task(web.get("/inside"))
        await settle()
        posting = asyncio.create_task(web.post("/post", content=b"x" * 200_000))
        getting = asyncio.create_task(web.request("GET", "/get", content=b"y" * 10))
        await settle()
        door.open.set()
        await inside
        assert (await posting).content == b"x" * 200_000
        assert (await getting).content == b"y" * 10


async def test_a_cancelled_wait_loses_no_place() -> None:
    door = Door()
    async with client(gate(door)) as web:
        inside = asyncio.create_task(web.get("/inside"))
        await settle()
        waiting = asyncio.create_task(web.get("/waiting"))
        await settle()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        door.open.set()
        await inside
        assert (await web.get("/after")).status_code == 200
    assert door.order == ["/inside", "/after"]


def test_the_gate_leaves_connections_for_health() -> None:
    assert places_for(Settings(database_pool=10)) == 8
    assert places_for(Settings(database_pool=2)) == 1


async def test_two_hundred_clients_at_once_are_answered_or_refused_and_the_pool_never_runs_dry(
    database: Database,
) -> None:
    places = 8
    working = threading.Semaphore(places)
    over: list[str] = []
    app = FastAPI()

    @app.get("/work")
    def work() -> dict[str, int]:
        if not working.acquire(blocking=False):
            over.append("more inside than places")
        try:
            with database.read_only() as session:
                return {"value": session.scalar(text("SELECT 1 FROM pg_sleep(0.002)")) or 0}
        finally:
            working.release()

    with served(gate(app, places=places, queue=120, wait_s=20)) as address:
        limits = httpx2.Limits(max_connections=200, max_keepalive_connections=200)
        async with httpx2.AsyncClient(base_url=address, limits=limits, timeout=30) as web:
            answers = await asyncio.gather(*(web.get("/work") for _ in range(200)))
            again = await web.get("/work")
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) <= {200, 503}
    assert statuses[200] >= 120
    assert all(answer.headers.get("Retry-After") for answer in answers if answer.status_code == 503)
    assert over == []
    assert again.status_code == 200
