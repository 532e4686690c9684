"""The marker test through every state of an agreement: what was planted comes out in force only, to those named only.

Beside `test_confidential.py`, whose planting and searching this uses: there nobody has an agreement.
"""

import io
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import Database
from app.features.ndas.commands import fix_nda_text, request_nda, sign_nda
from app.features.ndas.disclosing import open_parts, tell_contact, tell_name
from app.features.ndas.ending import revoke_nda
from app.features.ndas.schemas import (
    NdaContactInput,
    NdaReasonInput,
    NdaRequestInput,
    NdaSignatureInput,
    NdaTextInput,
)
from app.features.ndas.states import Side
from app.features.ndas.work import expire
from app.identity import Actor
from app.models import ListingConfidentialFile, Membership, Nda, Person
from app.settings import Settings
from tests import factories
from tests.factories import NOW
from tests.features.ndas.scene import PASSWORD, PASSWORD_HASH
from tests.flows.conftest import Clock, Exchange
from tests.flows.test_confidential import (
    _LINK,
    CONFIDENTIAL,
    HIDDEN_NAME,
    HIDDEN_PERSON,
    SECRET_FILE_CONTENT,
    SECRET_FILE_NAME,
    SECRET_TEXT,
    Planted,
    _browser,
    _leaks,
    outputs,
    planted,
    tables,
)

__all__ = ["planted"]

STATES: Final = ("requested", "fixed", "signed_by_one", "active", "expired", "revoked")
IN_THE_OPEN: Final = (SECRET_TEXT, SECRET_FILE_NAME, SECRET_FILE_CONTENT)


@dataclass(frozen=True)
class Agreed:
    """An agreement that came as far as a state, about a listing of the planted ones, and who is on its side."""

    number: str
    public_id: str
    file_id: str
    reader: Person
    colleague: Person


def _owner(session: Session, planted: Planted) -> Actor:
    seats = session.scalars(select(Membership).where(Membership.person_id == planted.owner.id)).all()
    return Actor(person_id=planted.owner.id, organisations={one.organisation_id: "owner" for one in seats})


def agreed(database: Database, planted: Planted, *, public_id: str, state: str, told: bool = True) -> Agreed:
    """An agreement in that state. In force and after, text and file were opened; of a need only if its owner `told`."""
    with database.unit_of_work() as session:
        reader = factories.person(session, password_hash=PASSWORD_HASH)
        colleague = factories.person(session)
        firm = factories.organisation(session, owner=reader, name="Công ty Bên Đọc")
        session.add(Membership(organisation_id=firm.id, person_id=colleague.id, role="editor", created_at=NOW))
        session.get_one(Person, planted.owner.id).password_hash = PASSWORD_HASH
        owner, reading = _owner(session, planted), factories.actor(reader, firm)
        nda = request_nda(
            session,
            actor=reading,
            listing_public_id=public_id,
            recipient_organisation_id=firm.id,
            data=NdaRequestInput(purpose="Đánh giá để mua giấy phép", readers=[reader.id]),
            form_key="x",
            now=NOW,
        )
        number = nda.number
        file_id = session.scalars(
            select(ListingConfidentialFile.public_id).where(ListingConfidentialFile.listing_id == nda.listing_id)
        ).one()
        steps = STATES.index(state)
        if steps >= 1:
            text = NdaTextInput(active_until=date(2027, 5, 31))
            fix_nda_text(session, actor=owner, number=number, data=text, exchange="Techmart", now=NOW)
        if steps >= 2:
            _sign(session, reading, number, "recipient")
        if steps >= 3:
            _sign(session, owner, number, "discloser")
            if nda.anonymous and told:
                tell_name(session, actor=owner, number=number, now=NOW)
                contact = NdaContactInput(contact="Gặp phòng kỹ thuật")
                tell_contact(session, actor=owner, number=number, data=contact, now=NOW)
            if told:
                open_parts(session, actor=owner, number=number, text=True, file_ids=[file_id], now=NOW)
        if state == "expired":
            expire(session, nda_id=nda.id, now=NOW.replace(year=2028))
        if state == "revoked":
            because = NdaReasonInput(note="Đã bán cho bên khác")
            revoke_nda(session, actor=owner, number=number, side="discloser", data=because, now=NOW)
        assert session.get_one(Nda, nda.id).state == state
    return Agreed(number, public_id, file_id, reader, colleague)


def _sign(session: Session, actor: Actor, number: str, side: Side) -> None:
    name = f"{HIDDEN_PERSON} Ký" if side == "discloser" else "Trần Văn Đọc"
    sign_nda(
        session,
        actor=actor,
        number=number,
        side=side,
        data=NdaSignatureInput(typed_name=name, role="Giám đốc", agreed=True),
        password=PASSWORD,
        seen_sha256=session.scalars(select(Nda.text_sha256).where(Nda.number == number)).one() or "",
        now=NOW,
    )


def _said(answer: Response) -> str:
    """All that an answer says: headers, bytes as text, and the words on the pages of a PDF file."""
    words = ""
    if answer.headers.get("content-type") == "application/pdf" and answer.content.startswith(b"%PDF"):
        words = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    return f"{dict(answer.headers)}\n{answer.content.decode('utf-8', 'replace')}\n{words}"


def looked_at(client: TestClient, agreed: Agreed) -> Iterator[tuple[str, str]]:
    """All that somebody of the recipient can ask for about the listing and the agreement, and what came."""
    here, listing = f"/vi/desk/ndas/{agreed.number}", agreed.public_id
    pages = [here, "/vi/desk/ndas", "/en/desk/ndas", f"{here}/text", f"{here}/sign", f"{here}/revoke", "/vi/desk"]
    pages += [f"/vi/listings/x-{listing}", f"/vi/listings/x-{listing}/nda", f"/vi/fragments/listings/{listing}/nda"]
    pages += [f"/vi/desk/listings/{listing}/confidential", f"/files/confidential/{agreed.file_id}"]
    pages += [f"/api/v1/listings/{listing}", f"/vi/search?q={SECRET_TEXT}", f"{here}/evidence"]
    seen = set(pages)
    while pages:
        path = pages.pop(0)
        answer = client.get(path)
        body = _said(answer)
        yield f"GET {path}", body
        if path == here:
            more = [link for link in _LINK.findall(body) if link.startswith("/vi/") and link not in seen]
            pages += more
            seen.update(more)
    for path in (f"{here}/read", f"{here}/files/{agreed.file_id}", f"{here}/parts", f"{here}/name"):
        answer = client.post(path)
        yield f"POST {path}", _said(answer)


def _named(where: str, said: str, words: tuple[str, ...]) -> list[str]:
    return [one.partition(" in ")[0] for one in _leaks(where, said, words)]


@pytest.mark.parametrize(
    ("about", "state"), [*(("offer", state) for state in STATES), ("need", "active"), ("need", "revoked")]
)
def test_it_comes_out_in_force_only_and_to_those_named_only(
    about: str, state: str, application: FastAPI, database: Database, planted: Planted, clock: Clock
) -> None:
    public_id = planted.need_id if about == "need" else planted.public_ids[0]
    made = agreed(database, planted, public_id=public_id, state=state)
    came: dict[str, list[str]] = {}
    with ExitStack() as stack:
        reader = _browser(stack, application, database, made.reader)
        for where, said in looked_at(reader, made):
            if found := _named(where, said, CONFIDENTIAL):
                came[where] = found
        others: list[Person | None] = [made.colleague, planted.stranger]
        if state == "active":
            others += [planted.operator, None]
        for who in others:
            client = _browser(stack, application, database, who)
            for where, said in looked_at(client, made):
                assert _named(where, said, CONFIDENTIAL) == [], (who, where)
    here = f"/vi/desk/ndas/{made.number}"
    if state != "active":
        assert came == {}
        return
    # The name of a file is in the list of what is open; text and content come by an act that is recorded.
    assert came == {
        f"GET {here}": [SECRET_FILE_NAME],
        f"POST {here}/read": [SECRET_TEXT],
        f"POST {here}/files/{made.file_id}": [SECRET_FILE_NAME, SECRET_FILE_CONTENT],
    }


@pytest.mark.parametrize("state", STATES)
def test_an_anonymous_owner_stays_so_until_it_says_otherwise(
    state: str,
    application: FastAPI,
    database: Database,
    planted: Planted,
    exchange: Exchange,
    settings: Settings,
) -> None:
    made = agreed(database, planted, public_id=planted.need_id, state=state, told=False)
    found: list[str] = []
    with ExitStack() as stack:
        for who in (made.reader, made.colleague):
            client = _browser(stack, application, database, who)
            for where, said in looked_at(client, made):
                found += _leaks(where, said, planted.identifying)
    assert found == []
    letters = exchange.post(to=made.reader.email)
    assert letters
    for letter in letters:
        assert _leaks("letter", letter.text, planted.identifying) == []


def test_once_told_the_name_is_there_for_this_recipient_and_nobody_else(
    application: FastAPI, database: Database, planted: Planted, clock: Clock
) -> None:
    """The test of the test: the same search finds the name once its owner told it."""
    made = agreed(database, planted, public_id=planted.need_id, state="active")
    with ExitStack() as stack:
        reader = _browser(stack, application, database, made.reader)
        page = reader.get(f"/vi/desk/ndas/{made.number}").text
        assert HIDDEN_NAME in page
        for where, said in looked_at(_browser(stack, application, database, planted.stranger), made):
            assert _leaks(where, said, planted.identifying) == []


def test_letters_exports_index_journal_and_audit_hold_nothing_of_what_was_read(
    application: FastAPI,
    database: Database,
    planted: Planted,
    exchange: Exchange,
    settings: Settings,
    tmp_path: Path,
) -> None:
    made = agreed(database, planted, public_id=planted.public_ids[0], state="active")
    with ExitStack() as stack:
        reader = _browser(stack, application, database, made.reader)
        for _where, _said in looked_at(reader, made):
            pass
    exchange.work()
    found: list[str] = []
    for where, said in outputs(database, settings, tmp_path):
        found += _leaks(where, said, CONFIDENTIAL)
    names = ("journal", "job", "audit", "nda", "nda_history", "nda_disclosure", "nda_signature")
    for where, said in tables(database, names):
        found += _leaks(where, said, IN_THE_OPEN)
    assert found == []
