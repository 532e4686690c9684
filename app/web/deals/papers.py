"""The whole deal on paper: one description of it, printed from the browser or made as PDF, in the reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.dependencies import AppSettings, ReadSession
from app.features.deals.documents import KIND_NAMES, DocumentRecord, documents_of
from app.features.deals.legal_rules import rule_sets
from app.features.deals.milestone_states import STATE_NAMES as MILESTONE_NAMES
from app.features.deals.queries import DealRecord, deal_record
from app.features.deals.states import STATE_NAMES
from app.i18n import _, current_locale, use_locale
from app.i18n.formats import format_date, format_datetime, format_money
from app.identity import Actor
from app.integrations.paper import Paper
from app.settings import Settings
from app.web.auth import SignedInActor
from app.web.deals.page import facts_of, reports_of, steps_of
from app.web.deals.parts import crumbs
from app.web.ndas.reading import MadeWhenSent, saved
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url

router = APIRouter()


@dataclass(frozen=True)
class Part:
    """One part of the paper: terms and what they are, and points below them."""

    title: str
    facts: Sequence[tuple[str, str]] = ()
    points: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class DealPaperPage(Page):
    """The paper as a page to print."""

    template: ClassVar[str] = "deals/paper.html"

    number: str
    subject: str
    at: datetime
    parts: Sequence[Part]
    back: str
    pdf: str


def parts_of(record: DealRecord, documents: Sequence[DocumentRecord], settings: Settings) -> list[Part]:
    """Everything that both sides see of the deal, in the language of the moment."""
    deal = record.deal
    found = [
        Part(
            _("Thoả thuận"),
            [
                (_("Số"), deal.number),
                (_("Về"), deal.listing_title),
                (_("Tình trạng"), _(STATE_NAMES[deal.state])),
                *((one.term, "\n".join(str(value) for value in one.values)) for one in facts_of(record) if one.values),
            ],
        )
    ]
    if record.milestones:
        found.append(Part(_("Mốc thực hiện"), [_milestone(record, place) for place in range(len(record.milestones))]))
    if record.check is not None:
        found.append(_legal(record, settings))
    if documents:
        found.append(Part(_("Tài liệu"), points=[line for one in documents for line in _document(one)]))
    reports = [
        (one.name, " · ".join(part for part in (one.value, one.when, one.note) if part))
        for one in reports_of(record)
        if one.when
    ]
    if reports:
        found.append(Part(_("Kết quả hai bên xác nhận"), reports))
    found.append(
        Part(
            _("Tiến trình"),
            [
                (format_date(step.at) if step.at else "", " · ".join(part for part in (step.label, step.note) if part))
                for step in steps_of(record)
            ],
        )
    )
    return found


def _milestone(record: DealRecord, place: int) -> tuple[str, str]:
    one = record.milestones[place]
    amount = format_money(one.amount, record.deal.currency) if one.amount is not None else ""
    said = [one.title, amount, _(MILESTONE_NAMES[one.state])]
    return format_date(one.due_on), " · ".join(part for part in said if part)


def _legal(record: DealRecord, settings: Settings) -> Part:
    check, registration = record.check, record.registration
    assert check is not None  # noqa: S101 - asked for only where there is one
    rules = rule_sets(settings.legal_rules).get(check.rules_version)
    facts = [
        (_("Rà soát ngày"), format_date(check.checked_at)),
        (_("Bộ quy tắc"), check.rules_version),
        (_("Phải đăng ký"), _("Có") if check.must_register else _("Không")),
    ]
    if registration is not None:
        for name, day in (
            (_("Hạn gửi hồ sơ"), registration.due_on),
            (_("Ngày gửi hồ sơ"), registration.filed_on),
            (_("Ngày cấp"), registration.certificate_on),
        ):
            if day is not None:
                facts.append((name, format_date(day)))
        if registration.certificate_number:
            facts.append((_("Số giấy chứng nhận"), registration.certificate_number))
    points = [
        f"{rule.text.in_language(current_locale())} ({rule.article})"
        for rule in (rules.rules if rules is not None else ())
        if rule.code in check.findings
    ]
    if rules is not None and rules.second_hand:
        points.append(
            _(
                "Đọc qua bản tóm lược, không phải từ văn bản chính thức và chưa kể các lần sửa đổi: hãy hỏi luật sư "
                "hoặc cơ quan khoa học và công nghệ trước khi dựa vào."
            )
        )
    return Part(_("Pháp lý"), facts, points)


def _document(one: DocumentRecord) -> list[str]:
    """The newest version with its hash, and who signed it."""
    newest = one.newest
    lines = [
        _(
            "%(kind)s “%(title)s”, phiên bản %(number)s, %(file)s, SHA-256 %(sha256)s",
            kind=_(KIND_NAMES[one.document.kind]),
            title=one.document.title,
            number=newest.version.version,
            file=newest.file.filename,
            sha256=newest.file.sha256,
        )
    ]
    for signature in newest.signatures.values():
        lines.append(  # noqa: PERF401 - one line each, after the document's own
            _(
                "Ký cho %(organisation)s: %(name)s, %(role)s, lúc %(at)s",
                organisation=signature.organisation_name,
                name=signature.typed_name,
                role=signature.role,
                at=format_datetime(signature.signed_at),
            )
        )
    return lines


def _read(session: Session, actor: Actor, number: str) -> tuple[DealRecord, list[DocumentRecord]]:
    record = deal_record(session, actor=actor, number=number)
    return record, documents_of(session, record)


@router.get("/desk/deals/{number}/print", name="deal_paper")
def paper(
    request: Request, *, number: str, session: ReadSession, actor: SignedInActor, settings: AppSettings
) -> Response:
    """The deal, to be printed."""
    record, documents = _read(session, actor, number)
    page = DealPaperPage(
        title=_("Thương vụ %(number)s", number=number),
        indexed=False,
        breadcrumbs=crumbs(number, Link(_("Bản in"), url("deal_paper", number=number))),
        number=number,
        subject=record.deal.listing_title,
        at=record.deal.updated_at,
        parts=parts_of(record, documents, settings),
        back=url("deal", number=number),
        pdf=url("deal_pdf", number=number),
    )
    return render(request, page)


@router.get("/desk/deals/{number}/paper.pdf", name="deal_pdf")
def pdf(*, number: str, session: ReadSession, actor: SignedInActor, settings: AppSettings) -> Response:
    """The deal as PDF."""
    record, documents = _read(session, actor, number)
    locale = current_locale()

    def make() -> bytes:
        with use_locale(locale):
            return deal_pdf(record, documents, settings)

    return MadeWhenSent(make, media_type="application/pdf", headers=saved(f"{number}.pdf"))


def deal_pdf(record: DealRecord, documents: Sequence[DocumentRecord], settings: Settings) -> bytes:
    """The file, in the language of the moment; the same deal gives the same bytes."""
    number = record.deal.number
    made = Paper(
        title=_("Thương vụ %(number)s", number=number),
        language=current_locale(),
        foot=f"{number} · {settings.site_name} · {settings.authority}",
        at=record.deal.updated_at,
    )
    made.heading(_("Thương vụ %(number)s", number=number), 1)
    for part in parts_of(record, documents, settings):
        made.heading(part.title)
        made.facts(part.facts)
        for point in part.points:
            made.aside(point, mark="•")
    return made.data()
