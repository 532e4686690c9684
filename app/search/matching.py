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

from app.search.port import CODE_GROUPS, SearchDocument

_FAR_BELOW: Final = 50
_NEARNESS: Final = (0.0, 0.35, 0.8, 1.0)


@dataclass(frozen=True, slots=True)
class Weights:
    """What the score is made of; one set for the whole installation.

    Attributes:
        text_slope, text_base: the log-odds of the texts alone are base + slope × ln(ratio), where the ratio says how
            many times better a text fits than those of the best tenth usually do. Fitted on real links of needs and
            offers: at 1.5, where chance ends, 20 %; at 3, the middle of true links, 75 %.
        others: log-odds that a fact adds when it speaks wholly for the match, and takes away when wholly against.
        fresh_days: how recently its owner must have confirmed a listing for that to count.
    """

    text_slope: float = 3.6
    text_base: float = -2.85
    classification: float = 0.5
    trl: float = 0.3
    price: float = 0.3
    cooperation: float = 0.2
    region: float = 0.15
    verified: float = 0.08
    freshness: float = 0.08
    stale: float = 0.4
    deadline: float = 1.0
    fresh_days: int = 90


WEIGHTS: Final = Weights()


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
    """The other side, with a score from 0 to 100 and the reasons, those that weigh most first."""

    document: SearchDocument
    score: int
    reasons: tuple[Reason, ...]


def match(
    asked: SearchDocument,
    found: SearchDocument,
    *,
    text_ratio: float,
    shared: Sequence[str],
    today: date,
    weights: Weights = WEIGHTS,
) -> Match:
    """Judge one pair. One of the two is a need, whichever was asked with; two offers are compared by text and fields.

    Args:
        asked: the listing somebody looks from.
        found: the other side; its verification and freshness count.
        text_ratio: the score of the texts over the score that usual candidates reach (1 says nothing for a match).
        shared: phrases both texts contain, the most telling first.
    """
    odds = weights.text_base + weights.text_slope * math.log(min(max(text_ratio, 0.1), 10.0))
    reasons: list[Reason] = []
    if shared:
        # Always told first: it is what the match is about.
        reasons.append(Reason("shared_text", True, 10.0, {"phrases": tuple(shared)}))
    reasons += _classification(asked, found, weights)
    need, offer = (asked, found) if asked.kind == "need" else (found, asked)
    if need.kind == "need" and offer.kind != "need":
        reasons += _readiness(need, offer, weights)
        reasons += _price(need, offer, weights)
        reasons += _cooperation(need, offer, weights)
        reasons += _deadline(need, today, weights)
    reasons += _region(asked, found, weights)
    reasons += _standing(found, today, weights)
    moved = sum(one.strength if one.favourable else -one.strength for one in reasons if one.code != "shared_text")
    score = round(100 / (1 + math.exp(-(odds + moved))))
    return Match(found, score, tuple(sorted(reasons, key=lambda one: -one.strength)))


def _classification(asked: SearchDocument, found: SearchDocument, weights: Weights) -> list[Reason]:
    """The nearest of the classifications both sides have; a branch in common counts by how deep it goes."""
    best: tuple[float, str, str] | None = None
    compared = False
    for group, scheme in CODE_GROUPS.items():
        mine, theirs = getattr(asked, group), getattr(found, group)
        if not mine or not theirs:
            continue
        # The priority fields are four: having none in common says little.
        compared = compared or group != "priority_fields"
        common = [code for code in mine if code in set(theirs)]
        # Half the exchange shares a section of industry; two or three levels in common are rare.
        nearness = _NEARNESS[min(len(common), len(_NEARNESS) - 1)]
        if common and (best is None or nearness > best[0]):
            best = (nearness, scheme, max(common, key=len))
    if best is not None:
        nearness, scheme, code = best
        return [Reason("same_field", True, weights.classification * nearness, {"scheme": scheme, "code": code})]
    return [Reason("other_field", False, weights.classification * 0.6)] if compared else []


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


def _standing(found: SearchDocument, today: date, weights: Weights) -> list[Reason]:
    reasons: list[Reason] = []
    if found.verified:
        reasons.append(Reason("verified", True, weights.verified))
    if found.stale:
        reasons.append(Reason("not_confirmed", False, weights.stale))
    elif found.confirmed_at is not None and found.state == "published":
        day = found.confirmed_at.date()
        if today - day <= timedelta(days=weights.fresh_days):
            reasons.append(Reason("confirmed", True, weights.freshness, {"day": day}))
    return reasons
