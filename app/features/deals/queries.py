"""What pages of deals show, and the figures that deals count in. Every function makes a fixed number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from app.errors import NotFound
from app.features.accounts.policies import require_operator
from app.features.deals.milestone_states import OPEN_STATES as OPEN_MILESTONES
from app.features.deals.policies import sides_of, visible_to
from app.features.deals.states import OPEN_STATES, Side
from app.features.listings.paging import Keyset
from app.identity import Actor
from app.models import (
    Deal,
    DealFile,
    DealHistory,
    DealLegalCheck,
    DealMilestone,
    DealMilestoneChange,
    DealMilestoneHistory,
    DealOutcome,
    DealRegistration,
    DealTerms,
    Organisation,
)


@dataclass(frozen=True, slots=True)
class DealRow:
    """A deal as lists show it. `side` is one the actor acts for, `other` the other side's name."""

    number: str
    listing_title: str
    listing_kind: str
    side: Side
    other: str
    state: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class DealList:
    """One page of a list, newest activity first. `next_cursor` is empty on the last."""

    rows: Sequence[DealRow]
    next_cursor: str


@dataclass(frozen=True, slots=True)
class DealRecord:
    """One deal with its history and what the sides reported, by occasion and side.

    `milestones` are in the order they are due, without those that were removed; `check` is the legal check that holds.
    """

    deal: Deal
    sides: tuple[Side, ...]
    history: Sequence[DealHistory]
    outcomes: Mapping[tuple[str, str], DealOutcome]
    milestones: Sequence[DealMilestone]
    check: DealLegalCheck | None
    registration: DealRegistration | None
    terms: Sequence[DealTerms]

    @property
    def agreed_terms(self) -> DealTerms | None:
        """The version in force: the newest that both agreed to."""
        return next((one for one in reversed(self.terms) if one.state == "agreed"), None)

    @property
    def open_terms(self) -> DealTerms | None:
        """The version that waits for an answer."""
        return next((one for one in self.terms if one.state == "open"), None)

    @property
    def open_milestones(self) -> int:
        """How many are not accepted yet."""
        return sum(one.state in OPEN_MILESTONES for one in self.milestones)


@dataclass(frozen=True, slots=True)
class Plan:
    """The milestones of a deal, removed ones last, their moves and evidence; proposed changes, newest first."""

    milestones: Sequence[DealMilestone]
    history: Mapping[UUID, Sequence[DealMilestoneHistory]]
    files: Mapping[UUID, Sequence[DealFile]]
    changes: Sequence[DealMilestoneChange]


@dataclass(frozen=True, slots=True)
class DealFigures:
    """`counted`: both sides confirmed. `one_sided`: one side says it is done, which counts nowhere else.

    `sums` are of counted deals in which both sides gave the same value as exact, per currency in minor units;
    `valued` is how many those are.
    """

    counted: int
    one_sided: int
    open: int
    valued: int
    sums: Mapping[str, int]


def list_deals(session: Session, *, actor: Actor, cursor: str = "", limit: int = 20) -> DealList:
    """Deals of the actor's organisations. One query. A cursor that is none of ours begins anew."""
    wanted = visible_to(actor)
    after = Keyset.read(cursor) if cursor else None
    if after is not None:
        wanted = wanted.where(after.before(Deal.updated_at, Deal.id))
    found = session.scalars(wanted.order_by(Deal.updated_at.desc(), Deal.id.desc()).limit(limit + 1)).all()
    rows = []
    for deal in found[:limit]:
        side = sides_of(actor, deal)[0]
        rows.append(
            DealRow(
                number=deal.number,
                listing_title=deal.listing_title,
                listing_kind=deal.listing_kind,
                side=side,
                other=deal.holder_name if side == "buyer" else deal.buyer_name,
                state=deal.state,
                updated_at=deal.updated_at,
            )
        )
    last = found[limit - 1] if len(found) > limit else None
    return DealList(rows=rows, next_cursor=Keyset(last.updated_at, last.id).token if last else "")


def deal_record(session: Session, *, actor: Actor, number: str) -> DealRecord:
    """The deal of that number. Five queries.

    Raises:
        NotFound: there is none, or the actor may not know of it.
    """
    record = record_of(session, visible_to(actor).where(Deal.number == number), actor=actor)
    if record is None:
        raise NotFound
    return record


def record_of(session: Session, wanted: Select[Deal], *, actor: Actor) -> DealRecord | None:
    """The deal of a statement that finds one or none; who may read it is decided before. Five queries."""
    newest = select(DealLegalCheck.id).where(DealLegalCheck.deal_id == Deal.id).correlate(Deal)
    newest = newest.order_by(DealLegalCheck.checked_at.desc(), DealLegalCheck.id.desc()).limit(1)
    found = session.execute(
        wanted.add_columns(DealLegalCheck, DealRegistration)
        .outerjoin(DealLegalCheck, DealLegalCheck.id == newest.scalar_subquery())
        .outerjoin(DealRegistration, DealRegistration.deal_id == Deal.id)
    ).one_or_none()
    if found is None:
        return None
    deal, check, registration = found
    return DealRecord(
        deal=deal,
        check=check,
        registration=registration,
        terms=session.scalars(select(DealTerms).where(DealTerms.deal_id == deal.id).order_by(DealTerms.revision)).all(),
        sides=sides_of(actor, deal),
        history=session.scalars(
            select(DealHistory).where(DealHistory.deal_id == deal.id).order_by(DealHistory.sequence)
        ).all(),
        outcomes={
            (one.occasion, one.side): one
            for one in session.scalars(select(DealOutcome).where(DealOutcome.deal_id == deal.id))
        },
        milestones=session.scalars(
            select(DealMilestone)
            .where(DealMilestone.deal_id == deal.id, DealMilestone.state != "removed")
            .order_by(DealMilestone.due_on, DealMilestone.id)
        ).all(),
    )


def plan_of(session: Session, record: DealRecord) -> Plan:
    """Everything about the milestones of a deal that was read by `deal_record`. Four queries."""
    deal_id = record.deal.id
    removed = session.scalars(
        select(DealMilestone)
        .where(DealMilestone.deal_id == deal_id, DealMilestone.state == "removed")
        .order_by(DealMilestone.due_on, DealMilestone.id)
    ).all()
    milestones = [*record.milestones, *removed]
    history: dict[UUID, list[DealMilestoneHistory]] = {one.id: [] for one in milestones}
    for move in session.scalars(
        select(DealMilestoneHistory)
        .where(DealMilestoneHistory.milestone_id.in_(history))
        .order_by(DealMilestoneHistory.milestone_id, DealMilestoneHistory.sequence)
    ):
        history[move.milestone_id].append(move)
    files: dict[UUID, list[DealFile]] = {one.id: [] for one in milestones}
    for file in session.scalars(
        select(DealFile)
        .where(DealFile.deal_id == deal_id, DealFile.milestone_id.is_not(None))
        .order_by(DealFile.created_at, DealFile.id)
    ):
        if file.milestone_id is not None:
            files[file.milestone_id].append(file)
    changes = session.scalars(
        select(DealMilestoneChange)
        .where(DealMilestoneChange.deal_id == deal_id)
        .order_by(DealMilestoneChange.proposed_at.desc(), DealMilestoneChange.id.desc())
    ).all()
    return Plan(milestones, history, files, changes)


def file_of(session: Session, *, actor: Actor, number: str, public_id: str) -> DealFile:
    """A file of a deal, for its two sides. One query.

    Raises:
        NotFound: there is none, or the actor may not know of it.
    """
    deal = visible_to(actor).where(Deal.number == number).with_only_columns(Deal.id).scalar_subquery()
    found = session.scalars(
        select(DealFile).where(DealFile.deal_id == deal, DealFile.public_id == public_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def file_by_id(session: Session, file_id: UUID) -> DealFile:
    """A file that a record which the actor may see names. One query."""
    return session.get_one(DealFile, file_id)


def parties_of(session: Session, deal: Deal) -> tuple[Organisation, Organisation]:
    """The buyer's and the holder's organisations as they are today. One query."""
    wanted = [deal.buyer_organisation_id, deal.holder_organisation_id]
    found = {one.id: one for one in session.scalars(select(Organisation).where(Organisation.id.in_(wanted)))}
    return found[wanted[0]], found[wanted[1]]


def deal_of_request(session: Session, *, actor: Actor, request_number: str) -> str:
    """The number of the deal that a quote request led to, for its two sides; empty when there is none. One query."""
    return (
        session.scalar(visible_to(actor).where(Deal.request_number == request_number).with_only_columns(Deal.number))
        or ""
    )


def deal_figures(session: Session, *, actor: Actor) -> DealFigures:
    """How many deals were made and what they were worth, for the operator. Two queries.

    Raises:
        SignInRequired, Forbidden: the actor is no operator.
    """
    require_operator(actor)
    reported = select(DealOutcome.deal_id).where(DealOutcome.deal_id == Deal.id, DealOutcome.occasion == "end")
    counted, one_sided, still_open = session.execute(
        select(
            func.count().filter(Deal.counted_at.is_not(None)),
            func.count().filter(Deal.counted_at.is_(None), reported.exists()),
            func.count().filter(Deal.state.in_(OPEN_STATES)),
        ).select_from(Deal)
    ).one()
    buyer, holder = aliased(DealOutcome), aliased(DealOutcome)
    rows = session.execute(
        select(Deal.currency, func.count(), func.sum(buyer.value))
        .join(buyer, and_(buyer.deal_id == Deal.id, buyer.occasion == "end", buyer.side == "buyer"))
        .join(holder, and_(holder.deal_id == Deal.id, holder.occasion == "end", holder.side == "holder"))
        .where(
            Deal.counted_at.is_not(None),
            buyer.shown == "exact",
            holder.shown == "exact",
            buyer.value == holder.value,
        )
        .group_by(Deal.currency)
        .order_by(Deal.currency)
    ).all()
    return DealFigures(
        counted=counted,
        one_sided=one_sided,
        open=still_open,
        valued=sum(count for _currency, count, _sum in rows),
        sums={currency: int(total or 0) for currency, _count, total in rows},
    )
