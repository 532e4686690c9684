"""A partner's file, uploaded by the operator; the worker reads it."""

from dataclasses import dataclass
from pathlib import PurePath
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import Conflict
from app.features.partners.queries import find_partner
from app.features.partners.runs import begin_file
from app.i18n import _
from app.integrations.storage import store_from
from app.models.partners import Partner
from app.web.auth import OperatorActor
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.partners.parts import crumbs
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class FilePage(Page):
    """The form for a partner's file."""

    template: ClassVar[str] = "partners/file.html"

    public_id: str
    form: Form
    indexed: bool = False


def _page(partner: Partner, form: Form) -> FilePage:
    return FilePage(
        title=_("Nạp tệp của %(name)s", name=partner.name),
        breadcrumbs=crumbs(Link(partner.name, url("partner", public_id=partner.public_id))),
        public_id=partner.public_id,
        form=form,
    )


@router.get("/desk/partners/{public_id}/file", name="partner_file")
def show(request: Request, session: ReadSession, actor: OperatorActor, public_id: str) -> Response:
    """The form."""
    return render(request, _page(find_partner(session, actor=actor, public_id=public_id), Form()))


@router.post("/desk/partners/{public_id}/file")
def submit(
    request: Request,
    *,
    session: WriteSession,
    actor: OperatorActor,
    settings: AppSettings,
    public_id: str,
    posted: PostedForm,
) -> Response:
    """Keep the file and have it read."""
    partner = find_partner(session, actor=actor, public_id=public_id)
    limit = settings.upload_limit_mib * 1024 * 1024
    given, form = posted.check_files("file", most=1, max_bytes=limit, endings=(".jsonl", ".csv", ".xlsx"))
    if not form.errors and not given:
        form = form.with_errors({"file": _("Hãy chọn một tệp.")})
    if form.errors:
        return render(request, _page(partner, form), status_code=422)
    (upload,) = given
    ending = PurePath(upload.filename or "").suffix.lower().removeprefix(".")
    key = store_from(settings).put("partners", upload.file.read(), ending=ending)
    try:
        begin_file(
            session,
            partner=partner,
            key=key,
            whole=posted.value("whole") == "true",
            actor=actor,
            now=clock.now(),
        )
    except Conflict as fault:
        store_from(settings).delete("partners", key)
        return render(request, _page(partner, form.with_errors({"file": _(fault.detail)})), status_code=409)
    return redirect(request, url("partner", public_id=public_id), _("Đã nhận tệp. Tải lại trang để xem kết quả."))
