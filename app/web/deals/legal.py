"""The legal check of a deal, asked step by step, and how the registration of its contract stands.

The steps are pages of their own whose answers stand in the address, so nothing is kept until the last one is sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.features.deals import legal as commands
from app.features.deals.legal_rules import Question, Rule, RuleSet, asked, complete, judge, rule_sets, rules_in_force
from app.features.deals.queries import DealRecord, deal_record
from app.features.deals.states import MOVES, OPEN_STATES, REGISTRABLE_STATES, Side
from app.i18n import _, current_locale
from app.i18n.formats import format_date, local_date
from app.settings import Settings
from app.web.auth import SignedInActor
from app.web.deals.parts import DealHead, acted, crumbs, head, side_for, side_or_none
from app.web.enquiries.attachments import ACCEPT
from app.web.forms import Form, PostedForm
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge
from app.web.views.records import FileItem

router = APIRouter()


@dataclass(frozen=True)
class Finding:
    """What follows from the answers, where that stands, and how it is meant."""

    text: str
    article: str
    badge: Badge


@dataclass(frozen=True)
class Answered:
    """A question with the answer given; `again` goes back to it."""

    question: str
    answer: str
    again: str


@dataclass(frozen=True)
class RulesView:
    """Which rules were asked by, and how far they may be trusted."""

    version: str
    effective_from: date
    read_on: date
    second_hand: bool
    sources: Sequence[str]


@dataclass(frozen=True)
class RegistrationView:
    """How the registration stands, in words. Addresses are empty for what cannot be done now."""

    due_on: date | None
    days_left: int | None
    filed_on: date | None
    certificate: str
    certificate_on: date | None
    scan: FileItem | None
    refused_on: date | None
    file: str
    register: str
    refuse: str


@dataclass(frozen=True, kw_only=True)
class LegalPage(Page):
    """What the newest check said, and the registration."""

    template: ClassVar[str] = "deals/legal.html"

    head: DealHead
    checked: str
    findings: Sequence[Finding]
    answers: Sequence[Answered]
    rules: RulesView | None
    newer: bool
    begin: str
    registration: RegistrationView | None
    form_href: str
    form: Form
    accept: str
    today: date


@dataclass(frozen=True, kw_only=True)
class CheckPage(Page):
    """One question; or, after the last, what follows from all answers, to be kept."""

    template: ClassVar[str] = "deals/legal_check.html"

    head: DealHead
    action: str
    back: str
    question: str
    hint: str
    article: str
    code: str
    choices: Sequence[tuple[str, str]]
    given: Mapping[str, str]
    answers: Sequence[Answered]
    step: int
    findings: Sequence[Finding]
    rules: RulesView
    form: Form


def _rules_view(rules: RuleSet) -> RulesView:
    return RulesView(rules.version, rules.effective_from, rules.read_on, rules.second_hand, rules.sources)


def _finding(rule: Rule) -> Finding:
    kinds = {
        "register": (_("Phải đăng ký"), "warn", "clock"),
        "block": (_("Bị cấm"), "bad", "alert"),
        "approval": (_("Cần chấp thuận hoặc giấy phép"), "warn", "alert"),
        "look": (_("Chưa đủ để kết luận"), "warn", "alert"),
        "exempt": (_("Không phải đăng ký"), "good", "check"),
        "none": (_("Cần biết"), "info", "info"),
    }
    text, tone, icon = kinds[rule.effect]
    return Finding(rule.text.in_language(current_locale()), rule.article, Badge(text, tone, icon))  # type: ignore[arg-type]


def _answered(
    questions: Sequence[Question], answers: Mapping[str, str], *, number: str, side: str | None
) -> list[Answered]:
    """Each answer in words; going back to a question forgets what came after it."""
    found: list[Answered] = []
    until: dict[str, str] = {}
    for question in questions:
        said = dict(question.choices).get(answers.get(question.code, ""))
        if said is None:
            break
        found.append(
            Answered(
                question.text.in_language(current_locale()),
                said.in_language(current_locale()),
                url("deal_legal_check", number=number, side=side, **until),
            )
        )
        until[question.code] = answers[question.code]
    return found


def _registration(record: DealRecord) -> RegistrationView | None:
    deal, one = record.deal, record.registration
    if one is None or (one.due_on is None and one.certificate_number is None):
        return None
    number = deal.number
    open_now = deal.state in REGISTRABLE_STATES and one.due_on is not None
    waiting = open_now and one.certificate_number is None
    scan = one.certificate_file_id
    return RegistrationView(
        due_on=one.due_on,
        days_left=(one.due_on - local_date(clock.now())).days
        if one.due_on is not None and one.filed_on is None and deal.state in OPEN_STATES | REGISTRABLE_STATES
        else None,
        filed_on=one.filed_on,
        certificate=one.certificate_number or "",
        certificate_on=one.certificate_on,
        scan=FileItem(_("Bản quét giấy chứng nhận"), url("deal_certificate", number=number)) if scan else None,
        refused_on=one.refused_on if one.certificate_number is None else None,
        file=url("deal_registration_filed", number=number) if waiting and one.filed_on is None else "",
        register=url("deal_registration_certificate", number=number) if waiting else "",
        refuse=url("deal_registration_refused", number=number)
        if waiting and deal.state in MOVES["refuse"].sources
        else "",
    )


def legal_page(record: DealRecord, side: Side, settings: Settings, form: Form | None = None) -> LegalPage:
    deal, check = record.deal, record.check
    number, asked_side = deal.number, side_or_none(record, side)
    current = rules_in_force(local_date(clock.now()), settings.legal_rules)
    rules = rule_sets(settings.legal_rules).get(check.rules_version) if check is not None else None
    answers = {code: str(given) for code, given in check.answers.items()} if check is not None else {}
    return LegalPage(
        title=_("Pháp lý của %(number)s", number=number),
        indexed=False,
        breadcrumbs=crumbs(number, Link(_("Pháp lý"), url("deal_legal", number=number))),
        head=head(record, side=side, section="deal_legal"),
        checked=_(
            "%(name)s trả lời ngày %(day)s",
            name=deal.buyer_name if check.side == "buyer" else deal.holder_name,
            day=format_date(check.checked_at),
        )
        if check is not None
        else "",
        findings=[_finding(one) for one in rules.rules if check is not None and one.code in check.findings]
        if rules is not None
        else (),
        answers=_answered(asked(rules, answers), answers, number=number, side=asked_side) if rules is not None else (),
        rules=_rules_view(rules) if rules is not None else None,
        newer=check is not None and check.rules_version != current.version and deal.state in OPEN_STATES,
        begin=url("deal_legal_check", number=number, side=asked_side) if deal.state in OPEN_STATES else "",
        registration=_registration(record),
        form_href=url("deal_registration_form", number=number),
        form=form or Form(),
        accept=ACCEPT,
        today=local_date(clock.now()),
    )


@router.get("/desk/deals/{number}/legal", name="deal_legal")
def legal(
    request: Request, *, number: str, session: ReadSession, actor: SignedInActor, settings: AppSettings, side: str = ""
) -> Response:
    """What the law asks of this deal, for its two sides."""
    record = deal_record(session, actor=actor, number=number)
    return render(request, legal_page(record, side_for(record, side), settings))


def _check_page(record: DealRecord, side: Side, rules: RuleSet, answers: Mapping[str, str], form: Form) -> CheckPage:
    number, asked_side = record.deal.number, side_or_none(record, side)
    questions = asked(rules, answers)
    done = complete(rules, answers)
    question = questions[-1]
    said = _answered(questions, answers, number=number, side=asked_side)
    locale = current_locale()
    title = _("Rà soát pháp lý")
    return CheckPage(
        title=title,
        indexed=False,
        breadcrumbs=crumbs(
            number,
            Link(_("Pháp lý"), url("deal_legal", number=number)),
            Link(title, url("deal_legal_check", number=number)),
        ),
        head=head(record, side=side, section="deal_legal"),
        action=url("deal_legal_check", number=number, side=asked_side),
        back=said[-1].again if said else url("deal_legal", number=number, side=asked_side),
        question=question.text.in_language(locale) if done is None else "",
        hint=question.hint.in_language(locale),
        article=question.article,
        code=question.code,
        choices=[(code, text.in_language(locale)) for code, text in question.choices],
        given=done if done is not None else {one.code: answers[one.code] for one in questions[:-1]},
        answers=said,
        step=len(said) + 1,
        findings=[_finding(one) for one in judge(rules, done).findings] if done is not None else (),
        rules=_rules_view(rules),
        form=form,
    )


@router.get("/desk/deals/{number}/legal/check", name="deal_legal_check")
def check(
    request: Request, *, number: str, session: ReadSession, actor: SignedInActor, settings: AppSettings, side: str = ""
) -> Response:
    """The question that comes after the answers in the address."""
    record = deal_record(session, actor=actor, number=number)
    rules = rules_in_force(local_date(clock.now()), settings.legal_rules)
    known = {one.code for one in rules.questions}
    answers = {code: given for code, given in request.query_params.items() if code in known}
    form = Form()
    unanswered = request.query_params.get("asked", "")
    if unanswered in known and unanswered not in answers:
        form = form.with_errors({unanswered: _("Hãy chọn một câu trả lời.")})
    page = _check_page(record, side_for(record, side), rules, answers, form)
    return render(request, page, status_code=422 if form.errors else 200)


@router.post("/desk/deals/{number}/legal/check")
def keep_check(
    request: Request,
    *,
    number: str,
    session: WriteSession,
    actor: SignedInActor,
    settings: AppSettings,
    form: PostedForm,
    side: str = "",
) -> Response:
    """Keep the answers and what follows from them."""
    record = deal_record(session, actor=actor, number=number)
    chosen = side_for(record, side)
    rules = rules_in_force(local_date(clock.now()), settings.legal_rules)
    answers = {one.code: form.value(one.code) for one in rules.questions if form.value(one.code)}
    return acted(
        request,
        session,
        act=lambda: commands.record_check(
            session,
            actor=actor,
            number=number,
            side=chosen,
            rules_version=form.value("rules_version"),
            answers=answers,
            now=clock.now(),
            folder=settings.legal_rules,
        ),
        again=lambda shown: _check_page(record, chosen, rules, answers, shown),
        form=form,
        there=url("deal_legal", number=number, side=side_or_none(record, chosen)),
        done=_("Đã ghi kết quả rà soát; bên kia được báo."),
    )
