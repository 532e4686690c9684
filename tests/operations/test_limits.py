import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.errors import RateLimited, TechmartError, Unavailable
from app.operations.limits import RULES, RequestLimits, Rule, client_of


def refuse(_request: Request, error: TechmartError) -> Response:
    assert isinstance(error, RateLimited | Unavailable)
    return PlainTextResponse("slow down", status_code=error.status, headers={"Retry-After": str(error.retry_after)})


async def page(_request: Request) -> Response:
    return PlainTextResponse("page")


def client(limits: RequestLimits, *, address: str = "192.0.2.7") -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app=limits, client=(address, 40_000))
    return httpx2.AsyncClient(transport=transport, base_url="http://testserver")


def limited(*rules: Rule, processes: int = 1) -> RequestLimits:
    routes = [Route("/{path:path}", page, methods=["GET", "POST"])]
    return RequestLimits(Starlette(routes=routes), refuse=refuse, rules=rules, processes=processes)


@pytest.mark.anyio
async def test_the_request_past_the_limit_is_told_when_to_come_back() -> None:
    limits = limited(Rule("read", 3))
    async with client(limits) as one:
        answers = [await one.get("/vi/") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60


@pytest.mark.anyio
async def test_one_client_does_not_use_up_the_share_of_another() -> None:
    limits = limited(Rule("read", 1))
    async with client(limits, address="192.0.2.1") as one, client(limits, address="192.0.2.2") as other:
        assert (await one.get("/vi/")).status_code == 200
        assert (await one.get("/vi/")).status_code == 429
        assert (await other.get("/vi/")).status_code == 200


@pytest.mark.anyio
async def test_each_rule_counts_apart_and_reading_is_not_changing() -> None:
    limits = limited(Rule("change", 1, changing=True), Rule("read", 1))
    async with client(limits) as one:
        assert (await one.post("/vi/desk")).status_code == 200
        assert (await one.post("/vi/desk")).status_code == 429
        assert (await one.get("/vi/desk")).status_code == 200


@pytest.mark.anyio
async def test_processes_share_a_limit() -> None:
    async with client(limited(Rule("read", 4), processes=2)) as one:
        assert [(await one.get("/vi/")).status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.anyio
async def test_files_and_health_are_never_limited() -> None:
    async with client(limited(Rule("read", 1))) as one:
        for path in ("/static/app.css", "/healthz", "/readyz", "/metrics"):
            assert [(await one.get(path)).status_code for _ in range(3)] == [200, 200, 200]


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "/vi/sign-in", "sign-in"),
        ("GET", "/vi/sign-in", "read"),
        ("POST", "/en/desk/listings", "change"),
        ("GET", "/oai", "oai"),
        ("POST", "/oai", "oai"),
        ("GET", "/exchange/v1/changes", "exchange"),
        ("GET", "/vi/listings/oai-exchange-v1-k3", "read"),
        ("GET", "/vi/exchange", "read"),
        ("GET", "/.well-known/techmart-exchange", "exchange"),
        ("GET", "/api/v1/suggest", "suggest"),
        ("GET", "/api/v1/listings", "api"),
        ("GET", "/vi/search", "search"),
        ("DELETE", "/api/v1/listings/x", "change"),
        ("GET", "/vi/", "read"),
    ],
)
def test_the_first_rule_that_applies_counts(method: str, path: str, name: str) -> None:
    assert next(rule.name for rule in RULES if rule.applies(method, path)) == name


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "::ffff:192.0.2.7"),
        ("unix:", "unix:"),
    ],
)
def test_a_client_is_an_address_or_a_network(address: str, key: str) -> None:
    assert client_of({"client": (address, 1)}) == key


def test_a_request_without_an_address_has_a_key_too() -> None:
    assert client_of({"client": None}) == ""


@pytest.mark.anyio
async def test_programs_are_told_what_is_left_and_harvesters_to_wait() -> None:
    limits = limited(Rule("oai", 2, parts=("/oai",), told=True, waits=True), Rule("exchange", 1, told=True))
    async with client(limits) as one:
        answers = [await one.get("/oai") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 503]
        assert [answer.headers["RateLimit-Policy"] for answer in answers] == ['"oai";q=2;w=60'] * 3
        assert [answer.headers["RateLimit"].partition(";t=")[0] for answer in answers] == [
            '"oai";r=1',
            '"oai";r=0',
            '"oai";r=0',
        ]
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
        assert [(await one.get("/exchange/v1/changes")).status_code for _ in range(2)] == [200, 429]


@pytest.mark.anyio
async def test_pages_are_not_told() -> None:
    async with client(limited(Rule("read", 5))) as one:
        assert "RateLimit" not in (await one.get("/vi/")).headers


@pytest.mark.parametrize(("path", "name"), [("/exchange/v1/token", "sign-in"), ("/exchange/v1/inbox", "change")])
@pytest.mark.parametrize("known", [True, False])
def test_a_key_of_any_kind_does_not_loosen_the_limit_of_tokens_and_pushes(path: str, name: str, *, known: bool) -> None:
    assert next(rule.name for rule in RULES if rule.applies("POST", path, known=known)) == name
