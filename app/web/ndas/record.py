"""The page of one agreement: how it stands, its exact text, its signatures, what is open and what was read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession
from app.features.ndas.policies import organisation_of
from app.features.ndas.queries import NdaRecord, nda_record
from app.features.ndas.states import OPEN_STATES, PENDING_STATES, SIDE_NAMES, SIGNABLE_STATES, Side
from app.features.ndas.texts import templates
from app.i18n import _
from app.i18n.formats import format_datetime
from app.identity import Actor
from app.integrations.paper import MARKABLE
from app.web.auth import SignedInActor
from app.web.forms import Form
from app.web.ndas.parts import Party, breadcrumbs, listing_link, parties, side_for, state_badge, steps_of
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge
from app.web.views.records import Column, Step, Table

router = APIRouter()


@dataclass(frozen=True)
class SignatureView:
    """One side's signature, or that it is missing. An owner who keeps its name has signed without being named."""

    side: str
    signed: bool
    name: str
    role: str
    at: datetime | None
    hidden: bool


@dataclass(frozen=True)
class ReaderView:
    """Somebody named in the text; `remove` is the address that takes them off."""

    name: str
    removed: bool
    person_id: str


@dataclass(frozen=True)
class PartView:
    """A file to read or to open. `marked` says whether the reader's name is put over it."""

    name: str
    size: int
    href: str
    field: str
    opened: bool
    marked: bool


@dataclass(frozen=True, kw_only=True)
class Ways:
    """The addresses of what the reader may do now; empty for what they may not."""

    fix: str = ""
    sign: str = ""
    decline: str = ""
    withdraw: str = ""
    revoke: str = ""
    open_parts: str = ""
    tell_name: str = ""
    tell_contact: str = ""
    remove_reader: str = ""
    read_text: str = ""


@dataclass(frozen=True, kw_only=True)
class NdaPage(Page):
    """An agreement as one of its sides sees it."""

    template: ClassVar[str] = "ndas/nda.html"

    number: str
    side: Side
    switch: Sequence[Link]
    badge: Badge
    listing_title: str
    listing_kind: str
    listing_href: str
    edit_confidential: str
    discloser: Party
    recipient: Party
    anonymous: bool
    in_force: bool
    turn: str
    ways: Ways
    purpose: str
    text: str
    text_language: str
    sha256: str
    template_version: str
    second_hand: bool
    sources: Sequence[str]
    text_href: str
    evidence_href: str
    active_until: date | None
    signatures: Sequence[SignatureView]
    readers: Sequence[ReaderView]
    gate_open: bool
    named: bool
    contact: str
    name_told: bool
    text_open: bool
    has_text: bool
    files: Sequence[PartView]
    reads: Table | None
    steps: Sequence[Step]
    form: Form


def page_of(record: NdaRecord, *, side: Side, actor: Actor, form: Form | None = None) -> NdaPage:
    """The agreement as seen from one side."""
    nda = record.nda
    discloser, recipient = parties(record)
    told = record.told
    template = templates().get(nda.template_version or "")
    text_open = "text" in told
    return NdaPage(
        title=f"{nda.number} · {nda.listing_title}",
        indexed=False,
        breadcrumbs=breadcrumbs(record),
        number=nda.number,
        side=side,
        switch=[Link(_(SIDE_NAMES[one]), url("nda", number=nda.number, side=one), one == side) for one in record.sides]
        if len(record.sides) > 1
        else (),
        badge=state_badge(nda.state),
        listing_title=nda.listing_title,
        listing_kind=nda.listing_kind,
        listing_href=listing_link(record.listing),
        edit_confidential=url("confidential", public_id=record.listing.public_id) if side == "discloser" else "",
        discloser=discloser,
        recipient=recipient,
        anonymous=nda.anonymous,
        in_force=nda.state == "active",
        turn=_turn(record, side, actor),
        ways=_ways(record, side, actor),
        purpose=nda.purpose,
        text=nda.text or "",
        text_language=nda.language or "",
        sha256=nda.text_sha256 or "",
        template_version=nda.template_version or "",
        second_hand=template is not None and template.second_hand,
        sources=template.sources if template is not None else (),
        text_href=url("nda_text", number=nda.number) if nda.text else "",
        evidence_href=url("nda_evidence", number=nda.number) if nda.text else "",
        active_until=nda.active_until,
        signatures=[_signature(record, one) for one in ("discloser", "recipient")],
        readers=[ReaderView(one.name, one.removed_at is not None, str(one.person_id)) for one in record.readers],
        gate_open=record.gate_open,
        named=any(one.person_id == actor.person_id for one in record.readers),
        contact=told["contact"].contact if "contact" in told else "",
        name_told="name" in told,
        text_open=text_open,
        has_text=record.has_text,
        files=_files(record, side),
        reads=_reads(record) if side == "discloser" else None,
        steps=steps_of(record),
        form=form or _parts_form(record),
    )


def _parts_form(record: NdaRecord) -> Form:
    told = record.told
    values: dict[str, list[str]] = {"text": ["true"] if "text" in told else []}
    for one in record.files:
        if one.opened:
            values[f"file.{one.public_id}"] = ["true"]
    if "contact" in told:
        values["contact"] = [told["contact"].contact]
    return Form(values=values)


def _signature(record: NdaRecord, side: Side) -> SignatureView:
    found = record.signature(side)
    if found is None:
        return SignatureView(_(SIDE_NAMES[side]), signed=False, name="", role="", at=None, hidden=False)
    hidden = side == "discloser" and record.discloser is None
    return SignatureView(
        _(SIDE_NAMES[side]),
        signed=True,
        name="" if hidden else found.typed_name,
        role="" if hidden else found.role,
        at=found.signed_at,
        hidden=hidden,
    )


def _files(record: NdaRecord, side: Side) -> list[PartView]:
    return [
        PartView(
            name=one.filename,
            size=one.size,
            href=url("nda_file", number=record.nda.number, file_id=one.public_id) if side == "recipient" else "",
            field=f"file.{one.public_id}",
            opened=one.opened,
            marked=one.media_type in MARKABLE,
        )
        for one in record.files
        if side == "discloser" or one.opened
    ]


def _reads(record: NdaRecord) -> Table | None:
    if not record.reads:
        return None
    return Table(
        caption=_("Các lần đọc"),
        columns=[Column(_("Lúc")), Column(_("Người đọc")), Column(_("Đã đọc")), Column(_("Địa chỉ mạng"))],
        rows=[
            (format_datetime(one.at), one.reader, one.file or _("Nội dung bảo mật"), one.address or "–")
            for one in record.reads
        ],
    )


def _turn(record: NdaRecord, side: Side, actor: Actor) -> str:
    """What is to be done now, in one sentence for this side."""
    nda = record.nda
    if nda.state == "requested":
        return (
            _("Hãy chốt văn bản để hai bên ký, hoặc từ chối và nêu lý do. Chưa có gì được mở.")
            if side == "discloser"
            else _("Bên tiết lộ đang xem đề nghị của bạn. Bạn nhận e-mail khi có văn bản để ký.")
        )
    if nda.state in SIGNABLE_STATES:
        if record.signature(side) is not None:
            return _("Bên bạn đã ký. Thoả thuận có hiệu lực khi bên kia ký.")
        if not actor.owns(organisation_of(nda, side)):
            return _("Một chủ quản của tổ chức bạn cần đọc và ký. Bạn là thành viên nên chưa ký thay được.")
        return _("Hãy đọc kỹ văn bản rồi ký nếu đồng ý.")
    if nda.state == "active" and side == "discloser":
        return _("Chọn những phần mở cho người có tên trong thoả thuận. Mỗi lần đọc được ghi lại ở cuối trang.")
    if nda.state == "active":
        return (
            _("Bạn đọc được những phần bên tiết lộ đã mở. Mỗi lần đọc được ghi lại.")
            if record.gate_open
            else _("Thoả thuận có hiệu lực, nhưng chỉ người có tên trong đó mới đọc được phần bảo mật.")
        )
    return ""


def _ways(record: NdaRecord, side: Side, actor: Actor) -> Ways:
    nda = record.nda
    number, state = nda.number, nda.state
    pending = state in PENDING_STATES
    may_sign = state in SIGNABLE_STATES and record.signature(side) is None and actor.owns(organisation_of(nda, side))
    discloses = side == "discloser"
    stepwise = nda.anonymous and not {"name", "contact"} <= record.told.keys()

    def if_so(condition: bool, name: str, **query: Mapping[str, object] | str) -> str:
        return url(name, number=number, **query) if condition else ""

    return Ways(
        fix=if_so(discloses and state in {"requested", "fixed"}, "nda_fix"),
        sign=if_so(may_sign, "nda_sign", side=side if len(record.sides) > 1 else ""),
        decline=if_so(discloses and pending, "nda_decline"),
        withdraw=if_so(not discloses and pending, "nda_withdraw"),
        revoke=if_so(state == "active", "nda_revoke", side=side),
        open_parts=if_so(
            discloses and state in OPEN_STATES and not (nda.anonymous and (stepwise or state != "active")), "nda_parts"
        ),
        tell_name=if_so(discloses and nda.anonymous and state == "active", "nda_tell_name"),
        tell_contact=if_so(discloses and nda.anonymous and state == "active", "nda_tell_contact"),
        remove_reader=if_so(state in OPEN_STATES, "nda_remove_reader"),
        read_text=if_so(not discloses and record.gate_open and "text" in record.told, "nda_read"),
    )


def record_for(session: Session, *, actor: Actor, number: str) -> NdaRecord:
    """The agreement as it stands at this moment."""
    return nda_record(session, actor=actor, number=number, now=clock.now())


@router.get("/desk/ndas/{number}", name="nda")
def nda(request: Request, *, number: str, session: ReadSession, actor: SignedInActor, side: str = "") -> Response:
    """The agreement, for its two sides only."""
    record = record_for(session, actor=actor, number=number)
    return render(request, page_of(record, side=side_for(record, side), actor=actor))
