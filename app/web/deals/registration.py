"""The registration of a contract: when it was sent, the certificate or refusal, and the form, filled in."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import NotFound
from app.features.deals import legal as commands
from app.features.deals.legal_rules import rules_in_force
from app.features.deals.queries import deal_record, file_by_id, parties_of
from app.features.deals.schemas import FiledInput, RefusedInput, RegistrationInput
from app.i18n import _
from app.i18n.formats import local_date
from app.integrations.storage import store_from
from app.web.auth import SignedInActor
from app.web.deals.legal import legal_page
from app.web.deals.parts import acted, only, side_for, side_or_none
from app.web.deals.registration_form import registration_form
from app.web.enquiries.attachments import FormWithFiles, download, kept, read_files
from app.web.forms import PostedForm
from app.web.ndas.reading import MadeWhenSent, saved
from app.web.templating import render
from app.web.urls import url

router = APIRouter()


@router.get("/desk/deals/{number}/legal/form.pdf", name="deal_registration_form")
def form_file(*, number: str, session: ReadSession, actor: SignedInActor, settings: AppSettings) -> Response:
    """The registration form as PDF, Vietnamese with English beside it."""
    record = deal_record(session, actor=actor, number=number)
    parties = parties_of(session, record.deal)
    rules = rules_in_force(local_date(clock.now()), settings.legal_rules)

    def make() -> bytes:
        return registration_form(record, parties, rules=rules, exchange=settings.site_name)

    name = f"{number}-dang-ky.pdf"
    return MadeWhenSent(make, media_type="application/pdf", headers=saved(name))


@router.get("/desk/deals/{number}/legal/certificate.file", name="deal_certificate")
def scan(*, number: str, session: ReadSession, actor: SignedInActor, settings: AppSettings) -> Response:
    """The scan of the certificate, always as a download."""
    record = deal_record(session, actor=actor, number=number)
    if record.registration is None or record.registration.certificate_file_id is None:
        raise NotFound
    found = file_by_id(session, record.registration.certificate_file_id)
    try:
        path = store_from(settings).path("deals", found.storage_key)
    except FileNotFoundError:
        raise NotFound from None
    return download(path, filename=found.filename, media_type=found.media_type)


@router.post("/desk/deals/{number}/legal/filed", name="deal_registration_filed")
def filed(
    request: Request,
    *,
    number: str,
    session: WriteSession,
    actor: SignedInActor,
    settings: AppSettings,
    form: PostedForm,
) -> Response:
    """The file was sent to the authority."""
    record = deal_record(session, actor=actor, number=number)
    side = side_for(record, form.value("side"))
    checked = only(form, "filed_on").check(FiledInput)
    data = checked.data
    if data is None:
        return render(request, legal_page(record, side, settings, checked.form), status_code=422)
    return acted(
        request,
        session,
        act=lambda: commands.file_registration(
            session, actor=actor, number=number, side=side, data=data, now=clock.now()
        ),
        again=lambda shown: legal_page(record, side, settings, shown),
        form=form,
        there=url("deal_legal", number=number, side=side_or_none(record, side)),
        done=_("Đã ghi ngày gửi hồ sơ; đồng hồ dừng."),
    )


@router.post("/desk/deals/{number}/legal/refused", name="deal_registration_refused")
def refused(
    request: Request,
    *,
    number: str,
    session: WriteSession,
    actor: SignedInActor,
    settings: AppSettings,
    form: PostedForm,
) -> Response:
    """The authority refused."""
    record = deal_record(session, actor=actor, number=number)
    side = side_for(record, form.value("side"))
    checked = only(form, "refused_on", "note").check(RefusedInput)
    data = checked.data
    if data is None:
        return render(request, legal_page(record, side, settings, checked.form), status_code=422)
    return acted(
        request,
        session,
        act=lambda: commands.record_refusal(session, actor=actor, number=number, side=side, data=data, now=clock.now()),
        again=lambda shown: legal_page(record, side, settings, shown),
        form=form,
        there=url("deal_legal", number=number, side=side_or_none(record, side)),
        done=_("Đã ghi việc từ chối."),
    )


@router.post("/desk/deals/{number}/legal/certificate", name="deal_registration_certificate")
def certificate(
    request: Request,
    *,
    number: str,
    session: WriteSession,
    actor: SignedInActor,
    settings: AppSettings,
    form: FormWithFiles,
) -> Response:
    """The certificate was granted."""
    record = deal_record(session, actor=actor, number=number)
    side = side_for(record, form.value("side"))
    documents, form = read_files(form, "scan", settings)
    checked = only(form, "certificate_number", "certificate_on").check(RegistrationInput)
    data = checked.data
    if data is None or form.errors:
        shown = form.with_errors(checked.form.errors)
        return render(request, legal_page(record, side, settings, shown), status_code=422)

    def act() -> object:
        with kept(documents, settings, "deals") as files:
            return commands.record_certificate(
                session, actor=actor, number=number, side=side, data=data, files=files, now=clock.now()
            )

    return acted(
        request,
        session,
        act=act,
        again=lambda shown: legal_page(record, side, settings, shown),
        form=form,
        there=url("deal_legal", number=number, side=side_or_none(record, side)),
        done=_("Đã ghi giấy chứng nhận đăng ký."),
    )
