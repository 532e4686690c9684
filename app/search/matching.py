"""How well an offer answers a need: a score from 0 to 100 with the reasons for and against it.

The texts give the ground; every fact of the two records moves it by its weight, for or against, and what is not known
moves nothing. Weights are added as log-odds, so that no heap of small facts can lift an offer whose text has nothing to
do with the need. Pure: the same input gives the same answer on every machine.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from app.matching_weights import WEIGHTS, Weights
from app.reference.current import current_tables
from app.search.port import CODE_GROUPS, SearchDocument

_FAR_BELOW: Final = 50
# By how many levels two codes have in common: half the exchange shares a section of industry, two or three are rare.
_COMMON: Final = (0.0, 0.4, 0.85, 1.0)
_ANSWERS: Final = 0.8
_SELDOM: Final = 0.5
_QUICK_H: Final = 72.0
_LEAST_LEAN: Final = 0.05


@dataclass(frozen=True, slots=True)
class ReplyRecord:
    """How a holder answered quote requests of the last year.

    Attributes:
        asked: requests that are answered or had time enough to be.
        answered: of those, the ones answered at all.
        median_hours: half of the answers came within so many hours; None without an answer.
    """

    asked: int
    answered: int
    median_hours: float | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One fact that speaks for the match or against it. `code` names it, `params` are what the words are made of.

    `strength` is the log-odds it moved, always positive.
    """

    code: str
    favourable: bool
    strength: float
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """The other side, with a score from 0 to 100 and the reasons, those that weigh most first; and its texts' ratio."""

    document: SearchDocument
    score: int
    reasons: tuple[Reason, ...]
    text_ratio: float = 1.0


def match(
    asked: SearchDocument,
    found: SearchDocument,
    *,
    text_ratio: float,
    shared: Sequence[str],
    today: date,
    weights: Weights = WEIGHTS,
    reply: ReplyRecord | None = None,
    lean: float = 0.0,
) -> Match:
    """Judge one pair; the score is the same from either side. Two offers are compared by text, fields and standing.

    Args:
        asked: the listing somebody looks from.
        found: the other side.
        text_ratio: the score of the texts over the score that usual candidates reach (1 says nothing for a match).
        shared: phrases both texts contain, the most telling first.
        reply: how the holder of the offer answers requests, where that is known.
        lean: how far people who judged the offer's suggestions lean for it (to 1) or against it (to -1).
    """
    reasons: list[Reason] = []
    if shared:
        # Always told first: it is what the match is about.
        reasons.append(Reason("shared_text", True, 10.0, {"phrases": tuple(shared)}))
    reasons += _classification(asked, found, weights)
    need, offer = (asked, found) if asked.kind == "need" or found.kind != "need" else (found, asked)
    if need.kind == "need" and offer.kind != "need":
        reasons += _readiness(need, offer, weights)
        reasons += _price(need, offer, weights)
        reasons += _cooperation(need, offer, weights)
        reasons += _deadline(need, today, weights)
        if need.stale:
            reasons.append(Reason("need_not_confirmed", False, weights.stale))
    reasons += _region(asked, found, weights)
    reasons += _standing(offer, today, weights)
    reasons += _reply(reply, weights)
    if abs(lean) >= _LEAST_LEAN:
        code = "judged_to_fit" if lean > 0 else "judged_not_to_fit"
        reasons.append(Reason(code, lean > 0, weights.judged * min(1.0, abs(lean))))
    score = score_of_odds(log_odds(text_ratio, reasons, weights))
    return Match(found, score, tuple(sorted(reasons, key=lambda one: -one.strength)), text_ratio)


def log_odds(text_ratio: float, reasons: Sequence[Reason], weights: Weights = WEIGHTS) -> float:
    """The sum a score is made of: that of the texts and every fact for it, less every fact against it."""
    return text_odds(text_ratio, weights) + sum(signed(one) for one in reasons)


def score_of_odds(odds: float) -> int:
    """The score of a sum of log-odds, 0 to 100."""
    return round(100 / (1 + math.exp(-odds)))


def odds_of_score(score: int) -> float:
    """The log-odds of a score, for shifting it."""
    share = min(max(score, 0.5), 99.5) / 100
    return math.log(share / (1 - share))


def text_odds(text_ratio: float, weights: Weights = WEIGHTS) -> float:
    """The log-odds of the texts alone."""
    return weights.text_base + weights.text_slope * math.log(min(max(text_ratio, 0.1), 10.0))


def signed(reason: Reason) -> float:
    """What a reason moves the log-odds by. The phrases in common are how the texts are told, and move nothing more."""
    if reason.code == "shared_text":
        return 0.0
    return reason.strength if reason.favourable else -reason.strength


def _classification(asked: SearchDocument, found: SearchDocument, weights: Weights) -> list[Reason]:
    """The nearest two of the classifications both sides have, by how deep their common branch goes and how far it is
    to it from both."""
    best: tuple[float, str, str] | None = None
    compared = False
    for group, scheme in CODE_GROUPS.items():
        mine, theirs = _chains(scheme, getattr(asked, group)), _chains(scheme, getattr(found, group))
        if not mine or not theirs:
            continue
        # The priority fields are four: having none in common says little.
        compared = compared or group != "priority_fields"
        for one in mine:
            for other in theirs:
                common = _levels_in_common(one, other)
                nearness = _COMMON[min(common, len(_COMMON) - 1)] * (1 + 2 * common / (len(one) + len(other))) / 2
                if common and (best is None or nearness > best[0]):
                    best = (nearness, scheme, one[common - 1])
    if best is not None:
        nearness, scheme, code = best
        return [Reason("same_field", True, weights.classification * nearness, {"scheme": scheme, "code": code})]
    return [Reason("other_field", False, weights.classification * 0.6)] if compared else []


def _chains(scheme: str, codes: Sequence[str]) -> list[tuple[str, ...]]:
    """The codes a listing was given, each with those above it, the top first. Documents hold all of them in one row."""
    table = current_tables().get(scheme)
    chains = [tuple(one.code for one in table.chain(code)) or (code,) if table else (code,) for code in codes]
    inner = {code for chain in chains for code in chain[:-1]}
    return [chain for chain in chains if chain[-1] not in inner]


def _levels_in_common(one: Sequence[str], other: Sequence[str]) -> int:
    common = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        common += 1
    return common


def _readiness(need: SearchDocument, offer: SearchDocument, weights: Weights) -> list[Reason]:
    if need.trl is None or offer.trl is None:
        return []
    params = {"offered": offer.trl, "wanted": need.trl}
    if offer.trl >= need.trl:
        return [Reason("trl_reached", True, weights.trl, params)]
    # One level short may be bridged; three are another project.
    short = min(1.0, (need.trl - offer.trl) / 3)
    return [Reason("trl_short", False, weights.trl * (0.4 + 0.6 * short), params)]


def _price(need: SearchDocument, offer: SearchDocument, weights: Weights) -> list[Reason]:
    price = offer.price_from if offer.price_from is not None else offer.price_to
    budget = need.price_to if need.price_to is not None else need.price_from
    if price is None or budget is None or not need.currency or need.currency != offer.currency:
        return []
    if price * _FAR_BELOW < budget:
        # A price per cubic metre or per test says nothing about the budget of a project.
        return []
    params = {"price": price, "budget": budget, "currency": need.currency}
    if price <= budget:
        return [Reason("within_budget", True, weights.price, params)]
    over = min(1.0, price / budget - 1) if budget > 0 else 1.0
    return [Reason("over_budget", False, weights.price * (0.4 + 0.6 * over), params)]


def _cooperation(need: SearchDocument, offer: SearchDocument, weights: Weights) -> list[Reason]:
    if not need.transfer_forms or not offer.transfer_forms:
        return []
    common = tuple(form for form in need.transfer_forms if form in offer.transfer_forms)
    if common:
        return [Reason("cooperation_fits", True, weights.cooperation, {"forms": common})]
    return [Reason("cooperation_differs", False, weights.cooperation, {"forms": offer.transfer_forms})]


def _deadline(need: SearchDocument, today: date, weights: Weights) -> list[Reason]:
    if need.deadline is None or need.deadline >= today:
        return []
    return [Reason("deadline_passed", False, weights.deadline, {"deadline": need.deadline})]


def _region(asked: SearchDocument, found: SearchDocument, weights: Weights) -> list[Reason]:
    if not asked.regions or not found.regions or asked.regions[0] != found.regions[0]:
        return []
    return [Reason("same_region", True, weights.region, {"scheme": "region", "code": asked.regions[0]})]


def _standing(offer: SearchDocument, today: date, weights: Weights) -> list[Reason]:
    reasons: list[Reason] = []
    if offer.verified:
        reasons.append(Reason("verified", True, weights.verified))
    if offer.stale:
        reasons.append(Reason("not_confirmed", False, weights.stale))
    elif offer.confirmed_at is not None and offer.state == "published":
        day = offer.confirmed_at.date()
        if today - day <= timedelta(days=weights.fresh_days):
            reasons.append(Reason("confirmed", True, weights.freshness, {"day": day}))
    return reasons


def _reply(record: ReplyRecord | None, weights: Weights) -> list[Reason]:
    """Answering nearly always, and within days, speaks for a holder; leaving half unanswered against it."""
    if record is None or record.asked < weights.reply_least:
        return []
    share = record.answered / record.asked
    if share < _SELDOM:
        return [Reason("seldom_replies", False, weights.reply, {"answered": record.answered, "asked": record.asked})]
    if share >= _ANSWERS and record.median_hours is not None and record.median_hours <= _QUICK_H:
        hours = max(1, round(record.median_hours))
        return [Reason("replies_soon", True, weights.reply, {"hours": hours})]
    return []
