"""Nothing confidential comes out anywhere: a marker is planted in every such field, and looked for in every output.

Two kinds of secret: the confidential part of a listing (for its own people only), and whose an anonymous need is (for
its own people and the operator). A new output is added to `outputs`; a new confidential field to `plant`.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.database import Database
from app.features.accounts.tokens import digest
from app.features.listings import commands, confidential, files
from app.features.listings.exporting import export_file
from app.features.listings.schemas import parse
from app.features.moderation.commands import approve, suspend
from app.identity import uuid7
from app.integrations.storage import store_from
from app.models import Listing, Person, SignIn
from app.settings import Settings
from tests import factories
from tests.factories import NOW
from tests.features.listings.inputs import ALL, NEED
from tests.flows.conftest import Exchange
from tests.integrations import sample_files

# Words that stand nowhere else, so that finding one, in any case of letters, means a leak.
SECRET_TEXT = "Zuvakonotext"
SECRET_FILE_NAME = "Zuvakonofile"
SECRET_FILE_CONTENT = "Zuvakonocontent"
EXPERT = "Zuvakonoexpert"
CONFIDENTIAL = (SECRET_TEXT, SECRET_FILE_NAME, SECRET_FILE_CONTENT, EXPERT)

HIDDEN_NAME = "Xikemarova"
HIDDEN_DOMAIN = "xikemarova-codien"
HIDDEN_TAX_CODE = "0319998887"
HIDDEN_PERSON = "Xikemarovaperson"
_LINK = re.compile(r"""(?:href|src|hx-get|action)="([^"#]+)""")
_MOST_PAGES = 160


@dataclass
class Planted:
    """What was planted, and for whom to look."""

    owner: Person
    stranger: Person
    operator: Person
    public_ids: list[str] = field(default_factory=list)
    need_id: str = ""
    confidential_file: str = ""
    identifying: tuple[str, ...] = ()


@pytest.fixture
def planted(database: Database, settings: Settings) -> Planted:
    """Listings of every kind with a confidential part, one of each public; and an anonymous need."""
    store = store_from(settings)
    with database.unit_of_work() as session:
        owner = factories.person(session, email=f"{HIDDEN_PERSON.lower()}@example.test", name=HIDDEN_PERSON)
        stranger, operator = factories.person(session), factories.person(session, is_operator=True)
        factories.organisation(session, owner=stranger)
        open_one = factories.organisation(session, owner=owner, name="Công ty Mở")
        hidden = factories.organisation(
            session,
            owner=owner,
            name=f"Công ty TNHH {HIDDEN_NAME} Vina",
            name_en=f"{HIDDEN_NAME} Vina Co., Ltd.",
            slug=f"{HIDDEN_NAME.lower()}-vina",
            type="firm",
            tax_code=HIDDEN_TAX_CODE,
            website=f"https://{HIDDEN_DOMAIN}.vn",
            representative=HIDDEN_PERSON,
        )
        planted = Planted(
            owner=owner,
            stranger=stranger,
            operator=operator,
            identifying=(
                HIDDEN_NAME,
                HIDDEN_DOMAIN,
                HIDDEN_TAX_CODE,
                HIDDEN_PERSON,
                hidden.public_id,
                str(hidden.id),
                str(owner.id),
            ),
        )
        mine = factories.actor(owner, open_one, hidden)
        official = factories.actor(operator, operator=True)
        service = ALL["service"]
        named = {"service": service | {"details": service["details"] | {"expert_name": EXPERT}}}
        for kind, data in {**ALL, **named}.items():
            anonymous = kind == "need"
            made = commands.create_draft(
                session,
                actor=mine,
                organisation_id=hidden.id if anonymous else open_one.id,
                data=parse(data),
                settings=settings,
                now=NOW,
            )
            public_id = made.public_id
            planted.public_ids.append(public_id)
            document = files.keep_document(
                store,
                sample_files.pdf("Yeu cau ky thuat", author=HIDDEN_NAME if anonymous else "Ai do"),
                filename=f"{HIDDEN_NAME if anonymous else 'ban-ve'}.pdf",
                strip=anonymous,
            )
            picture = files.keep_picture(store, sample_files.jpeg(700, 400), filename=f"{HIDDEN_NAME}.jpg")
            for kept in (document, picture):
                files.add_file(session, actor=mine, public_id=public_id, kept=kept, now=NOW)
            confidential.set_text(session, actor=mine, public_id=public_id, text=f"{SECRET_TEXT} {kind}", now=NOW)
            secret = confidential.keep_file(
                store, sample_files.pdf(SECRET_FILE_CONTENT), filename=f"{SECRET_FILE_NAME}-{kind}.pdf"
            )
            kept_secret = confidential.add_file(session, actor=mine, public_id=public_id, kept=secret, now=NOW)
            if anonymous:
                planted.need_id, planted.confidential_file = public_id, kept_secret.public_id
            if kind != "service":
                commands.submit(session, actor=mine, public_id=public_id, version=None, now=NOW)
                approve(session, actor=official, public_id=public_id, version=None, settings=settings, now=NOW)
            else:
                # An expert without consent keeps a listing from being submitted: shown by an earlier rule or an import.
                session.query(Listing).filter_by(public_id=public_id).one().state = "published"
        suspend(session, actor=official, public_id=planted.public_ids[1], note="Thử tạm ngưng", now=NOW)
    return planted


def _browser(stack: ExitStack, application: FastAPI, database: Database, who: Person | None) -> TestClient:
    client = stack.enter_context(TestClient(application, follow_redirects=False))
    if who is not None:
        token = uuid7().hex
        with database.unit_of_work() as session:
            session.add(
                SignIn(
                    person_id=who.id,
                    token_sha256=digest(token),
                    created_at=NOW,
                    expires_at=NOW.replace(year=NOW.year + 1),
                )
            )
        client.cookies.set("techmart_session", token)
    return client


def crawl(client: TestClient, starts: list[str]) -> Iterator[tuple[str, str]]:
    """Every page, feed and file that can be reached from `starts` by links, with its headers, up to a number."""
    waiting, seen = list(starts), set(starts)
    shapes: dict[str, int] = {}
    while waiting and len(seen) < 2_000:
        path = waiting.pop(0)
        shape = re.sub(r"[0-9a-z]{12}|\d+|=[^&]*", "·", path)
        shapes[shape] = shapes.get(shape, 0) + 1
        if shapes[shape] > 8 or sum(shapes.values()) > _MOST_PAGES:
            continue
        answer = client.get(path)
        body = answer.content.decode("utf-8", "replace")
        yield path, f"{dict(answer.headers)}\n{body}"
        if "html" not in answer.headers.get("content-type", "") and "location" not in answer.headers:
            continue
        found = [*_LINK.findall(body), answer.headers.get("location", "")]
        for link in found:
            target = urlsplit(urljoin(f"http://testserver{path}", link.replace("&amp;", "&")))
            address = target.path + (f"?{target.query}" if target.query else "")
            if target.netloc == "testserver" and address not in seen and "/sign-out" not in address:
                seen.add(address)
                waiting.append(address)


def starts(planted: Planted) -> list[str]:
    """Where a crawl begins: what links lead to, and what only a program would ask for."""
    ids = planted.public_ids
    pages = ["/", "/vi/", "/en/", "/vi/search", "/vi/needs", "/vi/feed.atom", "/sitemap.xml", "/vi/desk/listings"]
    pages += [f"/vi/listings/x-{one}" for one in ids] + [f"/id/{one}" for one in ids]
    pages += [f"/vi/desk/listings/{one}{tail}" for one in ids for tail in ("", "/confidential", "/preview", "/status")]
    pages += [f"/vi/fragments/listings/{one}/owner" for one in ids] + [f"/vi/review/{one}" for one in ids]
    pages += [f"/files/confidential/{planted.confidential_file}", f"/files/{planted.confidential_file}/document"]
    words = (*CONFIDENTIAL, HIDDEN_NAME)
    pages += [f"/vi/search?q={word}" for word in words] + [f"/vi/fragments/suggest?q={word[:6]}" for word in words]
    api = ["listings?limit=100", "suggest?q=m", "openapi.json", *(f"listings/{one}" for one in ids)]
    api += [f"listings/{one}/matches" for one in ids] + [f"listings?q={word}" for word in words]
    return pages + [f"/api/v1/{one}" for one in api]


def _leaks(where: str, said: str, words: tuple[str, ...]) -> list[str]:
    lowered = said.lower()
    # What somebody asked for comes back in the page's own search box and address.
    asked = where.partition("?")[2].lower()
    return [f"{word} in {where}" for word in words if word.lower() in lowered and word.lower()[:6] not in asked]


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")) if folder.exists() else []:
        if path.is_file():
            yield str(path), f"{path.name}\n{path.read_bytes().decode('utf-8', 'replace')}"


def outputs(database: Database, settings: Settings, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """What leaves the exchange otherwise than as an answer: letters, exports, the search index, public files."""
    yield from _files(settings.mail_folder)
    yield from _files(settings.search_folder)
    yield from _files(settings.files_folder / "public")
    for name in ("out.jsonl", "out.csv"):
        export_file(database, tmp_path / name)
        yield name, (tmp_path / name).read_text(encoding="utf-8-sig")


def tables(database: Database, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Whole tables as text: what readers of the journal, workers and officials see."""
    with database.engine.connect() as connection:
        for name in names:
            yield name, "\n".join(str(row) for row in connection.execute(text(f'SELECT * FROM "{name}"')))


@pytest.mark.parametrize("who", ["nobody", "stranger"])
def test_nobody_else_learns_anything(
    who: str, application: FastAPI, database: Database, exchange: Exchange, planted: Planted
) -> None:
    exchange.work()
    person = planted.stranger if who == "stranger" else None
    found: list[str] = []
    visited = 0
    with ExitStack() as stack:
        client = _browser(stack, application, database, person)
        for path, said in crawl(client, starts(planted)):
            visited += 1
            found += _leaks(path, said, CONFIDENTIAL + planted.identifying)
    assert found == []
    assert visited > 80


def test_the_operator_reads_no_confidential_part(
    application: FastAPI, database: Database, exchange: Exchange, planted: Planted
) -> None:
    exchange.work()
    found: list[str] = []
    with ExitStack() as stack:
        client = _browser(stack, application, database, planted.operator)
        for path, said in crawl(client, ["/vi/review", *starts(planted)]):
            found += _leaks(path, said, (SECRET_TEXT, SECRET_FILE_NAME, SECRET_FILE_CONTENT))
    assert found == []


def test_its_own_people_do_read_it(application: FastAPI, database: Database, planted: Planted) -> None:
    """The test of the test: the markers are there, and the same search finds them."""
    with ExitStack() as stack:
        client = _browser(stack, application, database, planted.owner)
        page = client.get(f"/vi/desk/listings/{planted.need_id}/confidential").text
        secret = client.get(f"/files/confidential/{planted.confidential_file}")
    assert len(_leaks("page", page, (SECRET_TEXT, SECRET_FILE_NAME))) == 2
    assert SECRET_FILE_CONTENT.encode() in secret.content
    assert secret.headers["cache-control"] == "private, no-store"
    assert secret.headers["content-disposition"].startswith("attachment;")


def test_letters_exports_index_files_and_logs_hold_nothing(
    database: Database,
    settings: Settings,
    exchange: Exchange,
    planted: Planted,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        exchange.work()
    found: list[str] = []
    for where, said in outputs(database, settings, tmp_path):
        found += _leaks(where, said, CONFIDENTIAL)
    for where, said in tables(database, ("journal", "job", "audit", "listing", "listing_file", "listing_history")):
        found += _leaks(where, said, (SECRET_TEXT, SECRET_FILE_NAME, SECRET_FILE_CONTENT))
    found += _leaks("log", caplog.text, CONFIDENTIAL + planted.identifying)
    # Whose an anonymous need is: its own people's letters may name them, what others get may not.
    public = [one for one in outputs(database, settings, tmp_path) if str(settings.mail_folder) not in one[0]]
    for where, said in public:
        found += _leaks(where, said, planted.identifying)
    assert found == []


def test_a_need_keeps_its_secret_in_the_pictures_and_papers_it_shows(
    application: FastAPI, database: Database, planted: Planted
) -> None:
    with ExitStack() as stack:
        client = _browser(stack, application, database, None)
        page = client.get(f"/vi/listings/x-{planted.need_id}", follow_redirects=True)
        assert page.status_code == 200
        shown = re.findall(r"/files/[0-9a-z]{12}/[0-9a-z.]+", page.text)
        assert any(one.endswith("/document") for one in shown)
        for address in shown:
            answer = client.get(address)
            assert answer.status_code == 200
            assert _leaks(address, f"{dict(answer.headers)}", planted.identifying) == []
            for word in planted.identifying:
                assert word.encode() not in answer.content
    assert NEED["title"] in page.text
