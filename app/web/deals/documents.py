"""The documents of a deal: upload, versions, signing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import Conflict, NotFound
from app.features.accounts.attempts import Refused
from app.features.deals import documents as commands
from app.features.deals.documents import KIND_NAMES, DocumentRecord, VersionRecord, documents_of
from app.features.deals.queries import DealRecord, deal_record
from app.features.deals.schemas import DocumentInput, VersionInput
from app.features.deals.states import OPEN_STATES, Side
from app.features.ndas.schemas import NdaSignatureInput
from app.i18n import _
from app.identity import Actor
from app.settings import Settings
from app.web.auth import SignedInActor, SignedInVisitor
from app.web.deals.parts import DealHead, acted, crumbs, head, only, side_for, side_or_none
from app.web.enquiries.attachments import ACCEPT, FormWithFiles, hint, kept, read_files
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.ndas.parts import password_refused
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge
from app.web.views.records import FileItem

router = APIRouter()


@dataclass(frozen=True)
class Signed:
    """A signature in words; `at` is None where that side has not signed."""

    organisation: str
    who: str
    at: datetime | None


@dataclass(frozen=True)
class VersionView:
    """One version: file, hash, who sent it, who signed."""

    number: int
    file: FileItem
    sha256: str
    note: str
    who: str
    at: datetime
    signed: Sequence[Signed]


@dataclass(frozen=True)
class DocumentView:
    """A document. Addresses are empty for what cannot be done now."""

    title: str
    kind: str
    badge: Badge
    newest: VersionView
    before: Sequence[VersionView]
    add: str
    sign: str


@dataclass(frozen=True, kw_only=True)
class DocumentsPage(Page):
    """All documents of a deal."""

    template: ClassVar[str] = "deals/documents.html"

    head: DealHead
    documents: Sequence[DocumentView]
    new: str
    paper: str
    pdf: str


@dataclass(frozen=True, kw_only=True)
class UploadPage(Page):
    """The form of a document, or of a further version of one (`document` then names it)."""

    template: ClassVar[str] = "deals/document_form.html"

    head: DealHead
    form: Form
    action: str
    back: str
    document: str
    kinds: Sequence[tuple[str, str]]
    accept: str
    largest: str


@dataclass(frozen=True, kw_only=True)
class SignDocumentPage(Page):
    """The file, its hash, and the form of a signature."""

    template: ClassVar[str] = "deals/document_sign.html"

    head: DealHead
    form: Form
    action: str
    back: str
    organisation: str
    document: str
    version: VersionView


def _version(record: DealRecord, one: VersionRecord) -> VersionView:
    deal = record.deal
    names = {"buyer": deal.buyer_name, "holder": deal.holder_name}
    signed = []
    for side, name in names.items():
        found = one.signatures.get(side)
        who = f"{found.typed_name}, {found.role}" if found is not None else ""
        signed.append(Signed(name, who, found.signed_at if found is not None else None))
    return VersionView(
        number=one.version.version,
        file=FileItem(
            one.file.filename, url("deal_file", number=deal.number, public_id=one.file.public_id), one.file.size
        ),
        sha256=one.file.sha256,
        note=one.version.note,
        who=names[one.file.side],
        at=one.file.created_at,
        signed=signed,
    )


def _document(record: DealRecord, one: DocumentRecord, side: Side) -> DocumentView:
    deal = record.deal
    here = {"number": deal.number, "public_id": one.document.public_id, "side": side_or_none(record, side)}
    open_now = deal.state in OPEN_STATES
    signatures = one.newest.signatures
    if one.newest.signed_by_both:
        badge = Badge(_("Hai bên đã ký"), "good", "check")
    elif signatures:
        badge = Badge(_("Một bên đã ký"), "info", "edit")
    else:
        badge = Badge(_("Chưa ký"), "plain", "clock")
    views = [_version(record, version) for version in one.versions]
    return DocumentView(
        title=one.document.title,
        kind=_(KIND_NAMES[one.document.kind]),
        badge=badge,
        newest=views[0],
        before=views[1:],
        add=url("deal_document_version", **here) if open_now else "",
        sign=url("deal_document_sign", **here) if open_now and side not in signatures else "",
    )


@router.get("/desk/deals/{number}/documents", name="deal_documents")
def documents(request: Request, *, number: str, session: ReadSession, actor: SignedInActor, side: str = "") -> Response:
    """All documents, for the two sides."""
    record = deal_record(session, actor=actor, number=number)
    chosen = side_for(record, side)
    asked = side_or_none(record, chosen)
    page = DocumentsPage(
        title=_("Tài liệu của %(number)s", number=number),
        indexed=False,
        breadcrumbs=crumbs(number, Link(_("Tài liệu"), url("deal_documents", number=number))),
        head=head(record, side=chosen, section="deal_documents"),
        documents=[_document(record, one, chosen) for one in documents_of(session, record)],
        new=url("new_deal_document", number=number, side=asked) if record.deal.state in OPEN_STATES else "",
        paper=url("deal_paper", number=number),
        pdf=url("deal_pdf", number=number),
    )
    return render(request, page)


def _found(session: Session, record: DealRecord, public_id: str) -> DocumentRecord:
    found = next((one for one in documents_of(session, record) if one.document.public_id == public_id), None)
    if found is None:
        raise NotFound
    return found


def _upload_page(
    record: DealRecord, side: Side, settings: Settings, form: Form, one: DocumentRecord | None
) -> UploadPage:
    number, asked = record.deal.number, side_or_none(record, side)
    title = _("Gửi tài liệu") if one is None else _("Gửi phiên bản mới")
    action = (
        url("new_deal_document", number=number, side=asked)
        if one is None
        else url("deal_document_version", number=number, public_id=one.document.public_id, side=asked)
    )
    _most, largest = hint(settings)
    return UploadPage(
        title=title,
        indexed=False,
        breadcrumbs=crumbs(number, Link(_("Tài liệu"), url("deal_documents", number=number)), Link(title, action)),
        head=head(record, side=side, section="deal_documents"),
        form=form,
        action=action,
        back=url("deal_documents", number=number, side=asked),
        document=one.document.title if one is not None else "",
        kinds=[(code, _(name)) for code, name in KIND_NAMES.items()],
        accept=ACCEPT,
        largest=largest,
    )


@router.get("/desk/deals/{number}/documents/new", name="new_deal_document")
def new(
    request: Request, *, number: str, session: ReadSession, actor: SignedInActor, settings: AppSettings, side: str = ""
) -> Response:
    """The form of a document."""
    record = deal_record(session, actor=actor, number=number)
    form = Form(values={"kind": ["contract"]})
    return render(request, _upload_page(record, side_for(record, side), settings, form, None))


@router.get("/desk/deals/{number}/documents/{public_id}", name="deal_document_version")
def version(
    request: Request,
    *,
    number: str,
    public_id: str,
    session: ReadSession,
    actor: SignedInActor,
    settings: AppSettings,
    side: str = "",
) -> Response:
    """The form of a further version."""
    record = deal_record(session, actor=actor, number=number)
    one = _found(session, record, public_id)
    return render(request, _upload_page(record, side_for(record, side), settings, Form(), one))


@router.post("/desk/deals/{number}/documents/new")
def add(
    request: Request,
    *,
    number: str,
    session: WriteSession,
    actor: SignedInActor,
    settings: AppSettings,
    form: FormWithFiles,
    side: str = "",
) -> Response:
    """Keep the document."""
    return _sent(request, session, actor=actor, number=number, public_id="", settings=settings, form=form, side=side)


@router.post("/desk/deals/{number}/documents/{public_id}")
def add_version(
    request: Request,
    *,
    number: str,
    public_id: str,
    session: WriteSession,
    actor: SignedInActor,
    settings: AppSettings,
    form: FormWithFiles,
    side: str = "",
) -> Response:
    """Keep the version."""
    return _sent(
        request, session, actor=actor, number=number, public_id=public_id, settings=settings, form=form, side=side
    )


def _sent(
    request: Request,
    session: Session,
    *,
    actor: Actor,
    number: str,
    public_id: str,
    settings: Settings,
    form: Form,
    side: str,
) -> Response:
    record = deal_record(session, actor=actor, number=number)
    chosen = side_for(record, side)
    one = _found(session, record, public_id) if public_id else None
    files, form = read_files(form, "file", settings)
    document = only(form, "kind", "title", "note").check(DocumentInput) if one is None else None
    further = only(form, "note").check(VersionInput) if one is not None else None
    errors = {**form.errors, **(document or further or only(form).check(VersionInput)).form.errors}
    if errors:
        page = _upload_page(record, chosen, settings, form.with_errors(errors), one)
        return render(request, page, status_code=422)

    def act() -> object:
        with kept(files[:1], settings, "deals") as stored:
            given: dict[str, Any] = {
                "actor": actor,
                "number": number,
                "side": chosen,
                "files": stored,
                "now": clock.now(),
            }
            if further is not None and further.data is not None:
                return commands.add_version(session, public_id=public_id, data=further.data, **given)
            assert document is not None and document.data is not None  # noqa: S101, PT018 - no errors were found
            return commands.add_document(session, data=document.data, **given)

    return acted(
        request,
        session,
        act=act,
        again=lambda shown: _upload_page(record, chosen, settings, shown, one),
        form=form,
        there=url("deal_documents", number=number, side=side_or_none(record, chosen)),
        done=_("Đã gửi tài liệu; bên kia được báo."),
    )


def _sign_page(record: DealRecord, side: Side, one: DocumentRecord, form: Form) -> SignDocumentPage:
    number, asked = record.deal.number, side_or_none(record, side)
    title = _("Ký tài liệu")
    action = url("deal_document_sign", number=number, public_id=one.document.public_id, side=asked)
    return SignDocumentPage(
        title=title,
        indexed=False,
        breadcrumbs=crumbs(number, Link(_("Tài liệu"), url("deal_documents", number=number)), Link(title, action)),
        head=head(record, side=side, section="deal_documents"),
        form=form,
        action=action,
        back=url("deal_documents", number=number, side=asked),
        organisation=record.deal.buyer_name if side == "buyer" else record.deal.holder_name,
        document=one.document.title,
        version=_version(record, one.newest),
    )


@router.get("/desk/deals/{number}/documents/{public_id}/sign", name="deal_document_sign")
def sign(
    request: Request,
    *,
    number: str,
    public_id: str,
    session: ReadSession,
    actor: SignedInActor,
    visitor: SignedInVisitor,
    side: str = "",
) -> Response:
    """Read, then sign."""
    record = deal_record(session, actor=actor, number=number)
    one = _found(session, record, public_id)
    form = Form(values={"typed_name": [visitor.name]})
    return render(request, _sign_page(record, side_for(record, side), one, form))


@router.post("/desk/deals/{number}/documents/{public_id}/sign")
def sign_now(
    request: Request,
    *,
    number: str,
    public_id: str,
    session: WriteSession,
    actor: SignedInActor,
    form: PostedForm,
    side: str = "",
) -> Response:
    """Sign, with the password given afresh. Attempts with a wrong one are counted, whatever else happens."""
    record = deal_record(session, actor=actor, number=number)
    chosen, one = side_for(record, side), _found(session, record, public_id)
    password = form.value("password")
    checked = only(form, "typed_name", "role", "agreed").check(NdaSignatureInput)
    shown = checked.form if password else checked.form.with_errors({"password": _("Hãy nhập mật khẩu của bạn.")})
    if checked.data is None or not password:
        return render(request, _sign_page(record, chosen, one, shown), status_code=422)
    there = url("deal_documents", number=number, side=side_or_none(record, chosen))
    try:
        with session.begin_nested():
            signed = commands.sign_document(
                session,
                actor=actor,
                number=number,
                public_id=public_id,
                side=chosen,
                data=checked.data,
                password=password,
                seen_sha256=form.value("seen_sha256"),
                now=clock.now(),
            )
    except Conflict as fault:
        return redirect(request, there, _(fault.detail or fault.title, **fault.params), "warn")
    if isinstance(signed, Refused):
        status = 429 if signed.reason == "too_many" else 422
        shown = shown.with_errors({"password": password_refused(signed)})
        headers = {"Retry-After": str(signed.wait)} if signed.wait else {}
        return render(request, _sign_page(record, chosen, one, shown), status_code=status, headers=headers)
    return redirect(request, there, _("Đã ký tài liệu."))
