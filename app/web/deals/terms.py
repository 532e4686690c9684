"""The terms of a deal: the version in force, the one that waits for an answer, and all before them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, get_args

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.features.deals import terms as commands
from app.features.deals.queries import DealRecord, deal_record
from app.features.deals.schemas import TermsInput, TransferForm
from app.features.deals.states import BEFORE_CONTRACT, Side
from app.features.deals.terms import BASE_NAMES, PERIOD_NAMES, STATE_NAMES, content_of
from app.i18n import _
from app.i18n.formats import format_date
from app.i18n.terms import term
from app.models import DealTerms
from app.web.auth import SignedInActor
from app.web.deals.negotiated import PAYMENT_NAMES, facts_of
from app.web.deals.parts import DealHead, acted, answer_of, crumbs, head, in_minor_units, only, side_for, side_or_none
from app.web.enquiries.typing_in import typed_amount, typed_number
from app.web.forms import Form, PostedForm
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge
from app.web.views.records import Definition

router = APIRouter()

FIELDS = tuple(TermsInput.model_fields)
_BADGES = {
    "open": ("info", "clock"),
    "agreed": ("good", "check"),
    "declined": ("plain", "close"),
    "withdrawn": ("plain", "close"),
    "countered": ("plain", "close"),
}


@dataclass(frozen=True)
class TermsView:
    """One version in words. `changed` are the facts that differ from the version before."""

    revision: int
    who: str
    when: str
    badge: Badge
    facts: Sequence[Definition]
    changed: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class TermsPage(Page):
    """Terms of a deal. Addresses are empty for what cannot be done now."""

    template: ClassVar[str] = "deals/terms.html"

    head: DealHead
    agreed: TermsView | None
    proposed: TermsView | None
    mine: bool
    before: Sequence[TermsView]
    answer: str
    propose: str
    signed: bool


@dataclass(frozen=True, kw_only=True)
class ProposePage(Page):
    """The form of a version."""

    template: ClassVar[str] = "deals/terms_form.html"

    head: DealHead
    form: Form
    action: str
    back: str
    currency: str
    transfer_forms: Sequence[tuple[str, str]]
    payments: Sequence[tuple[str, str]]
    bases: Sequence[tuple[str, str]]
    periods: Sequence[tuple[str, str]]


def _view(record: DealRecord, terms: DealTerms) -> TermsView:
    deal = record.deal
    tone, icon = _BADGES[terms.state]
    facts = facts_of(terms, deal.currency)
    earlier = next((one for one in reversed(record.terms) if one.revision < terms.revision), None)
    before = {row.term: list(row.values) for row in facts_of(earlier, deal.currency)} if earlier else {}
    return TermsView(
        revision=terms.revision,
        who=deal.buyer_name if terms.side == "buyer" else deal.holder_name,
        when=format_date(terms.proposed_at),
        badge=Badge(_(STATE_NAMES[terms.state]), tone, icon),  # type: ignore[arg-type]
        facts=facts,
        changed=[row.term for row in facts if before and before.get(row.term) != list(row.values)],
    )


def _page(record: DealRecord, side: Side) -> TermsPage:
    deal = record.deal
    here = {"number": deal.number, "side": side_or_none(record, side)}
    negotiable = deal.state in BEFORE_CONTRACT
    current, waiting = record.agreed_terms, record.open_terms
    return TermsPage(
        title=_("Điều khoản của %(number)s", number=deal.number),
        indexed=False,
        breadcrumbs=crumbs(deal.number, Link(_("Điều khoản"), url("deal_terms", **here))),
        head=head(record, side=side, section="deal_terms"),
        agreed=_view(record, current) if current is not None else None,
        proposed=_view(record, waiting) if waiting is not None else None,
        mine=waiting is not None and waiting.side == side,
        before=[_view(record, one) for one in reversed(record.terms) if one not in {current, waiting}],
        answer=url("deal_terms_answer", number=deal.number, revision=waiting.revision)
        if waiting is not None and negotiable
        else "",
        propose=url("propose_deal_terms", **here) if negotiable else "",
        signed=not negotiable,
    )


@router.get("/desk/deals/{number}/terms", name="deal_terms")
def terms(request: Request, *, number: str, session: ReadSession, actor: SignedInActor, side: str = "") -> Response:
    """The terms, for the two sides."""
    record = deal_record(session, actor=actor, number=number)
    return render(request, _page(record, side_for(record, side)))


def _propose_page(record: DealRecord, side: Side, form: Form) -> ProposePage:
    number, asked = record.deal.number, side_or_none(record, side)
    title = _("Đề nghị điều khoản")
    return ProposePage(
        title=title,
        indexed=False,
        breadcrumbs=crumbs(
            number,
            Link(_("Điều khoản"), url("deal_terms", number=number)),
            Link(title, url("propose_deal_terms", number=number)),
        ),
        head=head(record, side=side, section="deal_terms"),
        form=form,
        action=url("propose_deal_terms", number=number, side=asked),
        back=url("deal_terms", number=number, side=asked),
        currency=record.deal.currency,
        transfer_forms=[(code, term("transfer_form", code)) for code in get_args(TransferForm)],
        payments=[(code, _(name)) for code, name in PAYMENT_NAMES.items()],
        bases=[(code, _(name)) for code, name in BASE_NAMES.items()],
        periods=[(code, _(name)) for code, name in PERIOD_NAMES.items()],
    )


def _begun(record: DealRecord) -> Form:
    """The form begun with what is proposed, else with what is in force, else with what was accepted."""
    deal = record.deal
    terms = record.open_terms or record.agreed_terms
    if terms is None:
        payment = next((one for one in deal.payment_forms if one in PAYMENT_NAMES), "lump_sum")
        return Form(
            values={
                "transfer_forms": deal.transfer_forms,
                "territory": [deal.territory or ""],
                "payment_form": [payment],
                "lump_sum": [typed_amount(deal.total, deal.currency)] if payment != "royalty" else [],
            }
        )
    content = content_of(terms)
    values = {name: [str(value)] for name, value in content.items() if value is not None}
    values["transfer_forms"] = list(terms.transfer_forms)
    values["royalty_percent"] = [typed_number(terms.royalty_percent)]
    for name in ("lump_sum", "minimum"):
        values[name] = [typed_amount(content[name], deal.currency)]
    return Form(values=values)


@router.get("/desk/deals/{number}/terms/propose", name="propose_deal_terms")
def propose(request: Request, *, number: str, session: ReadSession, actor: SignedInActor, side: str = "") -> Response:
    """The form."""
    record = deal_record(session, actor=actor, number=number)
    return render(request, _propose_page(record, side_for(record, side), _begun(record)))


@router.post("/desk/deals/{number}/terms/propose")
def propose_now(
    request: Request, *, number: str, session: WriteSession, actor: SignedInActor, form: PostedForm, side: str = ""
) -> Response:
    """Propose them."""
    record = deal_record(session, actor=actor, number=number)
    chosen = side_for(record, side)
    given = in_minor_units(only(form, *FIELDS), record.deal.currency, "lump_sum", "minimum")
    checked = given.check(TermsInput)
    data = checked.data
    if data is None:
        # What was typed stays in the fields; only the model saw minor units.
        shown = form.with_errors(checked.form.errors)
        return render(request, _propose_page(record, chosen, shown), status_code=422)
    return acted(
        request,
        session,
        act=lambda: commands.propose_terms(
            session, actor=actor, number=number, side=chosen, data=data, now=clock.now()
        ),
        again=lambda shown: _propose_page(record, chosen, shown),
        form=form,
        there=url("deal_terms", number=number, side=side_or_none(record, chosen)),
        done=_("Đã gửi đề nghị. Điều khoản có hiệu lực khi bên kia đồng ý."),
    )


@router.post("/desk/deals/{number}/terms/{revision}", name="deal_terms_answer")
def answer(
    request: Request, *, number: str, revision: int, session: WriteSession, actor: SignedInActor, form: PostedForm
) -> Response:
    """Agree, decline, or withdraw one's own."""
    record = deal_record(session, actor=actor, number=number)
    chosen = side_for(record, form.value("side"))
    given = answer_of(form)
    return acted(
        request,
        session,
        act=lambda: commands.answer_terms(
            session,
            actor=actor,
            number=number,
            revision=revision,
            side=chosen,
            answer=given,
            note=form.value("note").strip()[:2_000],
            now=clock.now(),
        ),
        again=lambda _shown: _page(record, chosen),
        form=form,
        there=url("deal_terms", number=number, side=side_or_none(record, chosen)),
        done=_("Đã ghi nhận."),
    )
