"""People's judgement of suggestions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound
from app.features.listings.policies import visible_to
from app.features.matching.policies import require_judge
from app.features.matching.schemas import JudgementInput
from app.i18n import N_
from app.identity import Actor, uuid7
from app.models.cluster_heads import stands_for
from app.models.listings import Listing
from app.models.matching import ListingMatch, MatchJudgement


def judge(
    session: Session, *, actor: Actor, public_id: str, other: str, data: JudgementInput, now: datetime
) -> MatchJudgement:
    """Say of a suggestion whether it fits, and why not. A second word of the same person takes the place of the first.

    Args:
        public_id: the listing looked from, whose organisation (or the operator) judges.
        other: the listing that was suggested for it.

    Raises:
        NotFound: there is no such listing for this actor, or the two were never suggested for each other.
        Forbidden: the actor neither acts for the listing's organisation nor is an operator.
        Invalid: at `because`, when it does not fit and nothing says why; at `note` when “other” has no words.
    """
    rows = session.execute(
        visible_to(actor)
        .where(Listing.public_id.in_([public_id, other]))
        .with_only_columns(Listing.public_id, Listing.id, Listing.kind, Listing.organisation_id)
    ).all()
    found = {row.public_id: row for row in rows}
    mine, theirs = found.get(public_id), found.get(other)
    if mine is None or theirs is None:
        raise NotFound
    require_judge(actor, organisation_id=mine.organisation_id)
    need_id, offer_id = (mine.id, theirs.id) if mine.kind == "need" else (theirs.id, mine.id)
    # Of a cluster one listing is suggested for all.
    pair = session.execute(
        select(ListingMatch.need_id, ListingMatch.offer_id, ListingMatch.score).where(
            ListingMatch.need_id == stands_for(need_id), ListingMatch.offer_id == stands_for(offer_id)
        )
    ).one_or_none()
    if pair is None or actor.person_id is None:
        raise NotFound
    if not data.fits and not data.because:
        raise Invalid({"because": N_("Hãy chọn vì sao không hợp")})
    if data.because == "other" and not data.note:
        raise Invalid({"note": N_("Hãy viết vài lời")})
    values = {
        "organisation_id": mine.organisation_id if actor.acts_for(mine.organisation_id) else None,
        "fits": data.fits,
        "because": "" if data.fits else data.because,
        "note": data.note,
        "score": pair.score,
        "at": now,
    }
    made: UUID = session.execute(
        insert(MatchJudgement)
        .values(id=uuid7(), need_id=pair.need_id, offer_id=pair.offer_id, person_id=actor.person_id, **values)
        .on_conflict_do_update(
            index_elements=[MatchJudgement.need_id, MatchJudgement.offer_id, MatchJudgement.person_id], set_=values
        )
        .returning(MatchJudgement.id)
    ).scalar_one()
    return session.get_one(MatchJudgement, made, populate_existing=True)
