"""Saying in words what somebody follows, in the language of the moment."""

from collections.abc import Mapping

from app.features.alerts.queries import Followed
from app.features.alerts.schemas import LONGEST_NAME
from app.i18n import N_, _, current_locale
from app.web.storefront.facets import chips_of, value_label
from app.web.storefront.search_params import SearchParams
from app.web.urls import url

RHYTHMS: Mapping[str, str] = {
    "at_once": N_("Ngay khi có"),
    "daily": N_("Mỗi ngày một thư"),
    "weekly": N_("Mỗi tuần một thư"),
    "off": N_("Không gửi thư"),
}
RHYTHM_HINTS: Mapping[str, str] = {
    "at_once": N_("Trong vài phút, ngoài giờ yên tĩnh; việc đến cùng lúc gom vào một thư."),
    "daily": N_("Vào giờ bạn chọn, nếu hôm đó có điều mới."),
    "weekly": N_("Vào ngày bạn chọn, nếu tuần đó có điều mới."),
    "off": N_("Chỉ xem trên bàn làm việc và trong nguồn tin Atom."),
}
KINDS: Mapping[str, str] = {
    "search": N_("Tìm kiếm đã lưu"),
    "field": N_("Lĩnh vực"),
    "listing": N_("Tin đăng"),
    "organisation": N_("Một tổ chức"),
    "matches": N_("Mục hợp với tin của đơn vị"),
}
WEEKDAYS = (
    N_("Thứ Hai"),
    N_("Thứ Ba"),
    N_("Thứ Tư"),
    N_("Thứ Năm"),
    N_("Thứ Sáu"),
    N_("Thứ Bảy"),
    N_("Chủ nhật"),
)
_FIELDS = ("field", "priority", "region", "industry")


def criteria_words(params: SearchParams) -> list[str]:
    """Every condition of a search as a few words, those typed first."""
    words = [f"“{params.q}”"] if params.q else []
    levels = {value_label("trl", value) for value in params.trl}
    chips = [chip.label for chip in chips_of(params, kinds=())]
    # On the page of results a heading says what these numbers are.
    return words + [f"TRL {label}" if label in levels else label for label in chips]


def usual_name(params: SearchParams) -> str:
    """What a saved search is called unless its person calls it otherwise."""
    return " · ".join(word.strip("“”") for word in criteria_words(params))[:LONGEST_NAME]


def is_field(params: SearchParams) -> bool:
    """Whether a search asks for one field, sector or region and nothing else."""
    chosen = [(name, value) for name in _FIELDS for value in getattr(params, name)]
    return len(chosen) == 1 and params == SearchParams(**{chosen[0][0]: (chosen[0][1],)})  # type: ignore[arg-type]


def followed_name(one: Followed) -> str:
    """What the person follows; what nobody may see any more has no name."""
    if one.subscription.kind == "listing":
        if one.listing is None:
            return _("Tin không còn hiển thị")
        english = current_locale() == "en" and one.listing.language != "en" and one.listing.title_en
        return str(one.listing.title_en if english else one.listing.title)
    if one.organisation is not None:
        english = current_locale() == "en" and one.organisation.name_en
        return str(one.organisation.name_en if english else one.organisation.name)
    return one.subscription.name or _("Tổ chức không còn hiển thị")


def followed_href(one: Followed) -> str:
    """Where it is to be seen; "" for what nobody may see any more."""
    if one.subscription.kind == "listing":
        if one.listing is None:
            return ""
        return url("listing", slug=one.listing.slug or "tin", public_id=one.listing.public_id)
    if one.organisation is not None:
        return url("organisation", slug=one.organisation.slug or "to-chuc", public_id=one.organisation.public_id)
    return f"{url('search')}?{one.subscription.criteria}" if one.subscription.criteria else ""
