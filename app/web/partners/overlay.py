"""The operator's translation, classification and hiding of a listing that another exchange owns."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.errors import Conflict, Invalid
from app.features.partners.overlays import Overlaid, OverlayInput, find_overlaid, lay_over
from app.i18n import _
from app.identity import Actor
from app.web.auth import OperatorActor
from app.web.flash import redirect
from app.web.forms import Form, PostedForm, form_of
from app.web.partners.parts import crumbs
from app.web.templating import Page, render
from app.web.urls import url

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class OverlayPage(Page):
    """The form, with the origin's words to translate from."""

    template: ClassVar[str] = "partners/overlay.html"

    public_id: str
    authority: str
    back: str
    language: str
    to_english: bool
    original_title: str
    original_benefit: str
    original_summary: str
    original_description: str
    form: Form
    problem: str = ""
    indexed: bool = False


def _page(found: Overlaid, form: Form, problem: str = "") -> OverlayPage:
    said = found.original
    return OverlayPage(
        title=_("Dịch, phân loại, ẩn ở sàn này"),
        breadcrumbs=crumbs(),
        public_id=found.listing.public_id,
        authority=found.record.authority,
        back=url("listing", slug=found.listing.slug or "tin", public_id=found.listing.public_id),
        language=said["language"],
        to_english=said["language"] != "en",
        original_title=said["title"],
        original_benefit=said["benefit"],
        original_summary=said["summary"],
        original_description=said["description"],
        form=form,
        problem=problem,
    )


def _posted(posted: Form) -> Form:
    """The form with the codes, typed one a line, as a list."""
    codes = [one.strip() for one in posted.value("codes").replace(";", "\n").splitlines() if one.strip()]
    return Form(values={**posted.values, "codes": codes})


def _shown(session: Session, actor: Actor, public_id: str) -> tuple[Overlaid, Form]:
    found = find_overlaid(session, actor=actor, public_id=public_id)
    one = found.overlay
    if one is None:
        return found, Form()
    said = {**one.texts, "hidden": one.hidden, "note": one.note}
    form = form_of(said)
    return found, Form(values={**form.values, "codes": ["\n".join(map(str, one.codes or []))]})


@router.get("/desk/foreign/{public_id}", name="overlay")
def overlay(request: Request, session: ReadSession, actor: OperatorActor, public_id: str) -> Response:
    """What lies over the record now."""
    found, form = _shown(session, actor, public_id)
    return render(request, _page(found, form))


@router.post("/desk/foreign/{public_id}")
def submit(
    request: Request, session: WriteSession, actor: OperatorActor, public_id: str, posted: PostedForm
) -> Response:
    """Lay it over."""
    found, _form = _shown(session, actor, public_id)
    checked = _posted(posted).check(OverlayInput)
    if checked.data is None:
        form = Form(values=posted.values, errors=checked.form.errors)
        return render(request, _page(found, form), status_code=422)
    try:
        with session.begin_nested():
            lay_over(session, actor=actor, public_id=public_id, data=checked.data, now=clock.now())
    except Invalid as fault:
        return render(request, _page(found, posted.with_errors(fault.fields)), status_code=422)
    except Conflict as fault:
        return render(request, _page(found, posted, problem=_(fault.detail)), status_code=409)
    return redirect(request, url("overlay", public_id=public_id), _("Đã lưu; có hiệu lực ngay."))
