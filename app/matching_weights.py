"""What the score of a match is made of: one set of weights for the installation, settings TECHMART_MATCHING_…"""

from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

Odds = Annotated[float, Field(ge=0, le=5)]


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class Weights:
    """Weights are log-odds: what a fact adds when it speaks wholly for the match, and takes away when wholly against.

    Attributes:
        text_slope, text_base: the log-odds of the texts alone are base + slope × ln(ratio), where the ratio says how
            many times better a text fits than those of the best tenth usually do. Fitted on real links of needs and
            offers: at 1.5, where chance ends, 20 %; at 3, the middle of true links, 75 %.
        fresh_days: how recently its owner must have confirmed a listing for that to count.
        reply: the holder's record of answering; counts from `reply_least` requests on.
        least_score: pages, alerts and kept lists show nothing below it (0 to 100).
        keep: so many of the best offers are kept for each need.
        judged: what people's judgements of like pairs may add or take away at most; nothing until the installation
            holds `judgements_needed` of them.
    """

    text_slope: Annotated[float, Field(gt=0, le=20)] = 3.6
    text_base: Annotated[float, Field(ge=-20, le=20)] = -2.85
    classification: Odds = 0.5
    trl: Odds = 0.3
    price: Odds = 0.3
    cooperation: Odds = 0.2
    region: Odds = 0.15
    verified: Odds = 0.08
    freshness: Odds = 0.08
    reply: Odds = 0.15
    stale: Odds = 0.4
    deadline: Odds = 1.0
    fresh_days: Annotated[int, Field(ge=1, le=3650)] = 90
    reply_least: Annotated[int, Field(ge=1, le=1000)] = 3
    least_score: Annotated[int, Field(ge=0, le=100)] = 40
    keep: Annotated[int, Field(ge=5, le=200)] = 50
    judged: Annotated[float, Field(ge=0, le=1)] = 0.3
    judgements_needed: Annotated[int, Field(ge=20)] = 200


WEIGHTS = Weights()
