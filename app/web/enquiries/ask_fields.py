"""What the forms of a quote request share, whether it goes to one holder or to several."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.features.enquiries.asking import criteria_of, own_need
from app.features.enquiries.own import own_needs
from app.features.enquiries.questions import offered
from app.i18n import _
from app.identity import Actor
from app.settings import Settings
from app.web.enquiries.attachments import ACCEPT, hint
from app.web.enquiries.typing_in import CURRENCIES
from app.web.forms import Form


@dataclass(frozen=True)
class RequestFields:
    """The choices of the fields: (value, text) each. `file_limit`: how many files, and how large each may be."""

    currencies: Sequence[tuple[str, str]]
    needs: Sequence[tuple[str, str]]
    hides_name: bool
    questions: Sequence[tuple[str, str]]
    file_accept: str
    file_limit: tuple[int, str]


def request_fields(session: Session, *, actor: Actor, kinds: Iterable[str], settings: Settings) -> RequestFields:
    """The choices for this reader and these kinds of listings. One query."""
    needs = own_needs(session, actor=actor)
    return RequestFields(
        currencies=[(code, code) for code in CURRENCIES],
        needs=[(need.public_id, need.title) for need in needs],
        hides_name=any(not need.named for need in needs),
        questions=offered(kinds),
        file_accept=ACCEPT,
        file_limit=hint(settings),
    )


def criteria_text(session: Session, *, actor: Actor, need: str) -> str:
    """The criteria of a need of the reader's own, one a line; "" when it is none of theirs or says none."""
    found = own_need(session, actor=actor, public_id=need) if need else None
    return "\n".join(criteria_of(found)) if found is not None else ""


def labels(form: Form) -> dict[str, str]:
    """Which field a message of the summary speaks of."""
    named = {
        "wanted_date": _("Ngày cần hàng"),
        "answer_by": _("Hạn nhận báo giá"),
        "criteria": _("Tiêu chí nghiệm thu"),
        "files": _("Tệp kèm theo"),
        "message": _("Nội dung"),
        "carry_consent": _("Đồng ý chuyển yêu cầu"),
        "listings": _("Hỏi những mục nào"),
    }
    for place, row in enumerate(form.rows("items", at_least=0), start=1):
        for part in ("description", "quantity", "unit", "target_price", "tiers"):
            named[f"items.{row}.{part}"] = _("Hạng mục %(number)s", number=place)
    return named
