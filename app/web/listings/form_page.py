"""The page of the form: what it shows for which kind, state and readiness level."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, get_args

from sqlalchemy.orm import Session

from app.features.listings import queries
from app.features.listings.commands import classifications_of
from app.features.listings.completeness import asked_of
from app.features.listings.fields import Currency
from app.features.listings.files import MOST_DOCUMENTS, MOST_PICTURES
from app.features.listings.schemas import stored_values
from app.features.listings.views import FileLine
from app.i18n import _
from app.i18n.formats import format_file_size
from app.i18n.terms import term
from app.identity import Actor
from app.integrations.storage.documents import ENDINGS
from app.models.listings import PUBLIC_STATES, Listing
from app.reference.current import label
from app.settings import Settings
from app.web.forms import Form
from app.web.listings.choices import (
    Choices,
    CodeList,
    code_lists,
    countries,
    offered_codes,
    readiness_levels,
    regions,
)
from app.web.listings.common_questions import Part
from app.web.listings.questions import PARTS, READINESS, labels_of, readiness_of
from app.web.listings.stages import is_editable, steps_of
from app.web.listings.typed import form_of_stored
from app.web.shell import Link
from app.web.templating import Fragment, Page
from app.web.urls import url
from app.web.views.records import Step, Tab

PICTURES_TAKEN = "image/jpeg,image/png,image/webp,image/avif,image/tiff"


@dataclass(frozen=True, kw_only=True)
class Lists:
    """What the questions choose from. `other_codes`: codes the listing has that no list offers."""

    regions: Choices = ()
    countries: Choices = ()
    levels: Choices = ()
    currencies: Choices = ()
    codes: Sequence[CodeList] = ()
    other_codes: Choices = ()
    readiness_fragment: str = ""


@dataclass(frozen=True, kw_only=True)
class ReadinessFragment(Fragment):
    """The questions that depend on the readiness level; those of other levels stay, folded, so that nothing is lost."""

    template: ClassVar[str] = "listings/readiness.html"

    form: Form
    asked: frozenset[str]
    lists: Lists
    readiness: str
    readiness_parts: Mapping[str, Part]


@dataclass(frozen=True)
class FileRow:
    """A picture or document on the form: its caption and whether to take it off."""

    file: FileLine
    path: str


@dataclass(frozen=True, kw_only=True)
class ListingFormPage(Page):
    """The form of one listing, new or begun. `asked` are the paths that must be filled in before it is submitted."""

    template: ClassVar[str] = "listings/form.html"

    form: Form
    kind: str
    action: str
    public_id: str
    version: int
    is_public: bool
    returned: bool
    note: str
    problem: str
    saved: bool
    prefilled: bool
    languages: Choices
    asked: frozenset[str]
    parts: Sequence[Part]
    readiness: str
    readiness_parts: Mapping[str, Part]
    lists: Lists
    seats: Choices
    pictures: Sequence[FileRow]
    documents: Sequence[FileRow]
    pictures_taken: str
    documents_taken: str
    limits: Mapping[str, str]
    labels: Mapping[str, str]
    tabs: Sequence[Tab]
    steps: Sequence[Step]


def form_page(
    *,
    form: Form,
    kind: str,
    settings: Settings,
    action: str,
    listing: Listing | None = None,
    files: Sequence[FileLine] = (),
    seats: Choices = (),
    note: str = "",
    problem: str = "",
    saved: bool = False,
) -> ListingFormPage:
    """The page for a form as it stands. `listing` is None for a new one."""
    trl = _level(form)
    lists = code_lists()
    rows = [FileRow(one, f"files.{one.public_id}") for one in files]
    title = _("Sửa tin đăng") if listing is not None else _("Đăng mới: %(kind)s", kind=term("kind", kind).lower())
    return ListingFormPage(
        title=title,
        indexed=False,
        breadcrumbs=(Link(_("Tin đăng của tôi"), url("my_listings")), Link(title, action)),
        form=form,
        kind=kind,
        action=action,
        public_id=listing.public_id if listing is not None else "",
        version=_version(form, listing) if listing is not None else 0,
        is_public=listing is not None and listing.state in PUBLIC_STATES,
        returned=listing is not None and listing.state == "returned",
        note=note,
        problem=problem,
        saved=saved,
        prefilled=False,
        languages=_languages(listing),
        asked=frozenset(asked_of(kind, trl)),
        parts=PARTS[kind],
        readiness=readiness_of(trl) if kind == "technology" else "",
        readiness_parts=READINESS,
        lists=Lists(
            regions=regions(),
            countries=countries(),
            levels=readiness_levels(),
            currencies=[(code, code) for code in get_args(Currency)],
            codes=lists,
            other_codes=_other_codes(form, offered_codes(lists)),
            readiness_fragment=url("listing_readiness") if kind == "technology" else "",
        ),
        seats=seats,
        pictures=[row for row in rows if row.file.kind == "picture"],
        documents=[row for row in rows if row.file.kind == "document"],
        pictures_taken=PICTURES_TAKEN,
        documents_taken=",".join(ENDINGS),
        limits={
            "size": format_file_size(settings.upload_limit_mib * 2**20),
            "pictures": str(MOST_PICTURES),
            "documents": str(MOST_DOCUMENTS),
        },
        labels=_labels(kind, form),
        tabs=listing_tabs(listing, "edit") if listing is not None else (),
        steps=steps_of(listing) if listing is not None else (),
    )


def readiness_fragment(form: Form) -> ReadinessFragment:
    """The questions for the level the form names."""
    trl = _level(form)
    return ReadinessFragment(
        form=form,
        asked=frozenset(asked_of("technology", trl)),
        lists=Lists(),
        readiness=readiness_of(trl),
        readiness_parts=READINESS,
    )


def stored_form(session: Session, listing: Listing) -> Form:
    """The form filled from what is stored."""
    return form_of_stored(values_stored(session, listing))


def values_stored(session: Session, listing: Listing) -> dict[str, Any]:
    """What is stored, in the shape the typed form is laid over."""
    return stored_values(listing, list(classifications_of(session, listing.id)))


def latest_return(session: Session, *, actor: Actor, listing: Listing) -> tuple[str, Mapping[str, str]]:
    """What the operator wrote when the listing was last returned: the note, and what to mend by path."""
    if listing.state != "returned":
        return "", {}
    last = queries.history(session, actor=actor, listing=listing)[-1]
    return last.note, last.reasons


def listing_tabs(listing: Listing, current: str) -> Sequence[Tab]:
    """The views of one's own listing."""
    tabs = []
    if is_editable(listing.state):
        tabs.append(Tab(_("Nội dung"), url("edit_listing", public_id=listing.public_id), current == "edit"))
    suggested = []
    if listing.state in PUBLIC_STATES:
        suggested.append(
            Tab(_("Gợi ý"), url("listing_suggestions", public_id=listing.public_id), current == "suggestions")
        )
    return [
        *tabs,
        Tab(_("Trạng thái"), url("listing_status", public_id=listing.public_id), current == "status"),
        *suggested,
        Tab(_("Phần bảo mật"), url("confidential", public_id=listing.public_id), current == "confidential"),
        Tab(_("Xem trước"), url("preview_listing", public_id=listing.public_id), current == "preview"),
    ]


def _version(form: Form, listing: Listing) -> int:
    """The version the person saw: a form that comes back must not pass for one of the newest."""
    typed = form.value("version")
    return int(typed) if typed.isdecimal() else listing.version


def _languages(listing: Listing | None) -> Choices:
    """What the main text may be in: asked only of a listing that came in another language than Vietnamese."""
    if listing is None or listing.language == "vi":
        return ()
    return (("en", "English"), ("vi", _("Tiếng Việt")))


def _level(form: Form) -> int | None:
    typed = form.value("trl").strip()
    return int(typed) if typed in {"1", "2", "3", "4", "5", "6", "7", "8", "9"} else None


def _other_codes(form: Form, offered: frozenset[str]) -> Choices:
    """Codes the listing has that no list of the form offers: from an import, or finer than the lists go."""
    others = [one for one in form.chosen("classifications") if one and one not in offered]
    made = []
    for one in dict.fromkeys(others):
        scheme, _colon, code = one.partition(":")
        made.append((one, f"{scheme} {code} {label(scheme, code, 'vi')}" if label(scheme, code, "vi") != code else one))
    return made


def _labels(kind: str, form: Form) -> Mapping[str, str]:
    labels = {path: _(text) for path, text in labels_of(kind).items()}
    for place, row in enumerate(form.rows("owners", at_least=0), start=1):
        for part in ("name", "percent"):
            labels[f"owners.{row}.{part}"] = _("Chủ sở hữu %(number)s", number=place)
    for path in form.errors:
        if path.startswith("files."):
            labels[path] = labels["files"]
    return labels
