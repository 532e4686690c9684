"""Why a listing fits or does not: reasons in words, and the form they are kept in."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from app.i18n import N_, _, current_locale
from app.i18n.formats import format_date, format_money_short
from app.i18n.terms import term
from app.reference.current import label
from app.search.matching import Reason

_DAYS: Final = ("day", "deadline")
_NUMBERS: Final = ("offered", "wanted", "hours", "answered", "asked")

_MESSAGES: Final = {
    "shared_text": N_("Giải quyết cùng bài toán: %(phrases)s"),
    "same_field": N_("Cùng lĩnh vực: %(label)s"),
    "other_field": N_("Được xếp vào lĩnh vực khác"),
    "trl_reached": N_("TRL %(offered)s ≥ yêu cầu %(wanted)s"),
    "trl_short": N_("TRL %(offered)s < yêu cầu %(wanted)s"),
    "within_budget": N_("Giá từ %(price)s, trong ngân sách %(budget)s"),
    "over_budget": N_("Giá từ %(price)s, vượt ngân sách %(budget)s"),
    "cooperation_fits": N_("Hình thức hợp tác phù hợp: %(forms)s"),
    "cooperation_differs": N_("Chỉ có hình thức khác: %(forms)s"),
    "same_region": N_("Cùng địa bàn: %(label)s"),
    "verified": N_("Đơn vị đã được xác minh"),
    "confirmed": N_("Được xác nhận còn hiệu lực ngày %(day)s"),
    "not_confirmed": N_("Quá hạn mà chủ tin chưa xác nhận lại"),
    "deadline_passed": N_("Đã quá hạn %(deadline)s"),
    "need_not_confirmed": N_("Bên có nhu cầu chưa xác nhận lại"),
    "replies_soon": N_("Đơn vị chào thường trả lời trong %(hours)s giờ"),
    "judged_to_fit": N_("Khi được gợi ý, mục này thường được đánh giá là hợp"),
    "judged_not_to_fit": N_("Khi được gợi ý, mục này thường bị đánh giá là không hợp"),
    "seldom_replies": N_("Đơn vị chào mới trả lời %(answered)s trên %(asked)s yêu cầu"),
}


def reason_text(reason: Reason) -> str:
    """The reason in words, in the language of the moment."""
    params = dict(reason.params)
    words: dict[str, object] = {}
    if "phrases" in params:
        words["phrases"] = ", ".join(params["phrases"])
    if "scheme" in params:
        words["label"] = label(params["scheme"], params["code"], current_locale())
    if "currency" in params:
        words["price"] = format_money_short(params["price"], params["currency"])
        words["budget"] = format_money_short(params["budget"], params["currency"])
    if "forms" in params:
        words["forms"] = ", ".join(term("transfer_form", form) for form in params["forms"])
    words |= {name: format_date(params[name]) for name in _DAYS if name in params}
    words |= {name: params[name] for name in _NUMBERS if name in params}
    return _(_MESSAGES[reason.code], **words)


def to_store(reasons: Mapping[str, Sequence[Reason]]) -> list[dict[str, Any]]:
    """Reasons as they are kept with a match, in words of JSON.

    Args:
        reasons: language → the reasons of one match told in it; they differ in the phrases they quote, nothing else.
    """
    kept = []
    for reason in next(iter(reasons.values())):
        params: dict[str, Any] = dict(reason.params)
        params |= {name: params[name].isoformat() for name in _DAYS if name in params}
        if reason.code == "shared_text":
            params["phrases"] = {language: _phrases(told) for language, told in reasons.items()}
        kept.append(
            {"code": reason.code, "favourable": reason.favourable, "strength": reason.strength, "params": params}
        )
    return kept


def from_store(kept: Sequence[Mapping[str, Any]], *, language: str | None = None) -> list[Reason]:
    """The reasons of a kept match, those that weigh most first; phrases as a reader of `language` knows them."""
    reasons = []
    for one in kept:
        params = dict(one["params"])
        params |= {name: date.fromisoformat(params[name]) for name in _DAYS if name in params}
        if "phrases" in params:
            params["phrases"] = tuple(params["phrases"].get(language or current_locale(), ()))
            if not params["phrases"]:
                continue
        reasons.append(Reason(one["code"], one["favourable"], one["strength"], params))
    return reasons


def told(kept: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
    """What speaks for a kept match and what against it, in words of the language of the moment."""
    reasons = from_store(kept)
    return (
        [reason_text(one) for one in reasons if one.favourable],
        [reason_text(one) for one in reasons if not one.favourable],
    )


def _phrases(reasons: Sequence[Reason]) -> list[str]:
    return [phrase for one in reasons if one.code == "shared_text" for phrase in one.params["phrases"]]
