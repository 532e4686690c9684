"""What the pages of an agreement share: who is who, how it stands, how it came here."""

from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from app.errors import Conflict
from app.features.accounts.attempts import Refused
from app.features.ndas.queries import NdaRecord
from app.features.ndas.states import MOVE_NAMES, STATE_NAMES, Side
from app.i18n import _, current_locale
from app.identity import new_public_id
from app.models import Listing, Organisation
from app.models.listings import PUBLIC_STATES
from app.web.flash import redirect
from app.web.forms import Form
from app.web.shell import Link
from app.web.urls import has_route, url
from app.web.views.basics import Badge
from app.web.views.records import Step

FORM_KEY = "form_key"
_BADGES = {
    "requested": ("info", "clock"),
    "fixed": ("info", "edit"),
    "signed_by_one": ("info", "edit"),
    "active": ("good", "lock"),
    "declined": ("plain", "close"),
    "withdrawn": ("plain", "close"),
    "expired": ("warn", "clock"),
    "revoked": ("plain", "close"),
}
_ENDED_BADLY = frozenset({"decline", "withdraw", "revoke"})


@dataclass(frozen=True)
class Party:
    """One side: its name, its page, whether the reader is on it. An owner who keeps its name has neither."""

    name: str
    href: str
    verified: bool
    mine: bool


def state_badge(state: str) -> Badge:
    """How an agreement stands, in words with a sign."""
    tone, icon = _BADGES[state]
    return Badge(_(STATE_NAMES[state]), tone, icon)  # type: ignore[arg-type]


def unnamed() -> str:
    """What an owner is called who has not told its name."""
    return _("Đơn vị ẩn danh")


def party(organisation: Organisation | None, name: str, *, mine: bool) -> Party:
    """One side with the name that the agreement has; None for an owner who keeps it."""
    if organisation is None:
        return Party(unnamed(), "", verified=False, mine=False)
    return Party(
        name=name,
        href=url("organisation", slug=organisation.slug, public_id=organisation.public_id)
        if has_route("organisation")
        else "",
        verified=organisation.verified_at is not None,
        mine=mine,
    )


def parties(record: NdaRecord) -> tuple[Party, Party]:
    """Discloser and recipient."""
    return (
        party(record.discloser, record.nda.discloser_name, mine="discloser" in record.sides),
        party(record.recipient, record.nda.recipient_name, mine="recipient" in record.sides),
    )


def side_for(record: NdaRecord, asked: str) -> Side:
    """The side the reader looks from; who acts for both may choose, and begins as the discloser."""
    return next((side for side in record.sides if side == asked), record.sides[0])


def listing_link(listing: Listing) -> str:
    """The listing's public page, or nothing once it is off show."""
    if listing.state not in PUBLIC_STATES or listing.visibility == "invitation":
        return ""
    return url("listing", slug=listing.slug or "tin", public_id=listing.public_id)


def title_of(listing: Listing) -> tuple[str, str]:
    """The title and its language, the reader's own where there is one."""
    if current_locale() == "en" and listing.title_en:
        return listing.title_en, "en"
    return listing.title, listing.language


def breadcrumbs(record: NdaRecord, *more: Link) -> tuple[Link, ...]:
    """The way to a page of an agreement."""
    number = record.nda.number
    return (Link(_("Thoả thuận bảo mật"), url("ndas")), Link(number, url("nda", number=number)), *more)


def steps_of(record: NdaRecord) -> list[Step]:
    """What happened, then what comes."""
    steps = [
        Step(
            label=_(MOVE_NAMES[one.move]),
            state="refused" if one.move in _ENDED_BADLY else "done",
            at=one.at,
            note=one.note,
        )
        for one in record.history
    ]
    state = record.nda.state
    if state == "requested":
        steps += [
            Step(_("Bên tiết lộ chốt văn bản"), "current"),
            Step(_("Hai bên ký")),
        ]
    elif state in {"fixed", "signed_by_one"}:
        steps.append(Step(_("Hai bên ký") if state == "fixed" else _("Bên còn lại ký"), "current"))
    elif state == "active":
        steps.append(Step(_("Thoả thuận hết hạn"), "coming", record.nda.active_until))
    return steps


def with_key(form: Form) -> Form:
    """The form with the key that makes it count once, however often it is sent."""
    if form.value(FORM_KEY):
        return form
    return replace(form, values={**form.values, FORM_KEY: [new_public_id()]})


def key_of(form: Form) -> str:
    """The key the form was given; a new one for a form without."""
    return form.value(FORM_KEY)[:64] or new_public_id()


def back_with_fault(request: Request, fault: Conflict, number: str) -> Response:
    """To the agreement as it stands now, with what stood in the way."""
    return redirect(request, url("nda", number=number), _(fault.detail or fault.title, **fault.params), "warn")


def password_refused(refused: Refused) -> str:
    """Why the password did not do."""
    if refused.reason == "too_many":
        return _("Quá nhiều lần thử mật khẩu. Hãy chờ %(minutes)s phút rồi thử lại.", minutes=-(-refused.wait // 60))
    return _("Mật khẩu chưa đúng.")
