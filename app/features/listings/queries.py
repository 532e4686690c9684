"""Reading listings. Every answer starts from `visible_to` and costs the same number of queries for any length."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, Label, Row, Select, Text, Uuid, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.orm import Session

from app.errors import Forbidden, NotFound
from app.features.listings import policies
from app.features.listings.paging import Keyset
from app.features.listings.views import (
    CARD_COLUMNS,
    DETAIL_COLUMNS,
    Card,
    Code,
    Detail,
    FileLine,
    MateLine,
    OrganisationLine,
    values_of,
)
from app.i18n import N_
from app.identity import ANONYMOUS, Actor
from app.models.accounts import Person
from app.models.cluster_heads import mates_beside
from app.models.listings import (
    Listing,
    ListingClassification,
    ListingConfidential,
    ListingConfidentialFile,
    ListingFile,
    ListingHistory,
)
from app.models.organisations import Organisation

_ORGANISATION = tuple(
    getattr(Organisation, name).label(f"organisation_{name}")
    for name in ["public_id", "slug", "name", "name_en", "type", "region", "verified_at", "imported"]
)
_FILE_COLUMNS = ("public_id", "kind", "filename", "media_type", "size", "width", "height", "caption", "variants")
# What stands beside a card comes with its row: one way to the database and back for a whole list.
_BESIDE_CARDS = (
    select(func.json_build_array(*(getattr(ListingFile, name) for name in _FILE_COLUMNS), type_=JSON))
    .where(ListingFile.listing_id == Listing.id, ListingFile.removed_at.is_(None), ListingFile.kind == "picture")
    .order_by(ListingFile.position, ListingFile.id)
    .limit(1)
    .correlate(Listing)
    .scalar_subquery()
    .label("first_picture"),
    select(
        func.json_agg(
            aggregate_order_by(
                func.json_build_array(
                    ListingClassification.scheme,
                    ListingClassification.version,
                    ListingClassification.code,
                    ListingClassification.label,
                ),
                ListingClassification.position,
            ),
            type_=JSON,
        )
    )
    .where(ListingClassification.listing_id == Listing.id)
    .correlate(Listing)
    .scalar_subquery()
    .label("codes"),
    mates_beside(),
)


def find(session: Session, *, actor: Actor, public_id: str) -> Listing:
    """The row itself, for commands' callers that need its state or version. Raises NotFound."""
    found = session.scalars(policies.visible_to(actor).where(Listing.public_id == public_id)).one_or_none()
    if found is None:
        raise NotFound
    return found


def detail(session: Session, *, actor: Actor = ANONYMOUS, public_id: str) -> Detail:
    """One listing with all that its page shows to this reader, in three queries.

    Raises:
        NotFound: there is none that this actor may see.
    """
    row = session.execute(
        _with_organisation(policies.visible_to(actor), DETAIL_COLUMNS, mates_beside()).where(
            Listing.public_id == public_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return _details(session, [row], actor=actor)[0]


def preview(session: Session, *, actor: Actor, public_id: str) -> Detail:
    """A listing that this actor may see, in whatever state, the way everybody would see it once it is public.

    Raises:
        NotFound: there is none that this actor may see.
    """
    row = session.execute(
        _with_organisation(policies.visible_to(actor), DETAIL_COLUMNS, mates_beside()).where(
            Listing.public_id == public_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return _details(session, [row], actor=ANONYMOUS)[0]


def was_public(session: Session, *, public_id: str) -> bool:
    """Whether a listing nobody may see now was public once and has left: its address answers 410, not 404."""
    gone = select(Listing.id).where(
        Listing.public_id == public_id,
        Listing.published_at.is_not(None),
        Listing.visibility != "invitation",
        Listing.state.in_(("withdrawn", "archived", "transferred")),
    )
    return session.scalar(gone) is not None


def details(session: Session, *, actor: Actor = ANONYMOUS, ids: Sequence[UUID]) -> list[Detail]:
    """Several listings in full, in the order of `ids`, in three queries; those not to be seen are left out."""
    if not ids:
        return []
    rows = session.execute(
        _with_organisation(policies.visible_to(actor), DETAIL_COLUMNS).where(Listing.id.in_(ids))
    ).all()
    place = {one: number for number, one in enumerate(ids)}
    return sorted(_details(session, rows, actor=actor), key=lambda one: place[one.id])


def details_named(session: Session, *, public_ids: Sequence[str], actor: Actor = ANONYMOUS) -> list[Detail]:
    """The same by public id, in the order of `public_ids`."""
    if not public_ids:
        return []
    rows = session.execute(
        _with_organisation(policies.visible_to(actor), DETAIL_COLUMNS).where(Listing.public_id.in_(public_ids))
    ).all()
    place = {one: number for number, one in enumerate(public_ids)}
    return sorted(_details(session, rows, actor=actor), key=lambda one: place[one.public_id])


def cards(session: Session, public_ids: Sequence[str], *, actor: Actor = ANONYMOUS) -> list[Card]:
    """Cards in the order of `public_ids`, in one query; those this reader may not see (any more) are left out."""
    if not public_ids:
        return []
    rows = _asked_quickly(session, _visible_cards(actor, _BY_PUBLIC_ID), public_ids)
    place = {one: number for number, one in enumerate(public_ids)}
    return sorted(_cards(rows, actor=actor), key=lambda one: place[one.public_id])


def cards_of(session: Session, *, actor: Actor, ids: Sequence[UUID]) -> list[Card]:
    """The same by primary key, in the order of `ids`."""
    if not ids:
        return []
    rows = _asked_quickly(session, _visible_cards(actor, _BY_ID), ids)
    place = {one: number for number, one in enumerate(ids)}
    return sorted(_cards(rows, actor=actor), key=lambda one: place[one.id])


@dataclass(frozen=True, slots=True)
class CardPage:
    """A stretch of a list. `next` is the token of the one after it, "" at the end."""

    items: list[Card]
    next: str


def my_listings(
    session: Session,
    *,
    actor: Actor,
    states: Sequence[str] = (),
    external_ids: Sequence[str] = (),
    after: str = "",
    limit: int = 20,
) -> CardPage:
    """Listings of the organisations the actor acts for, newest change first.

    Args:
        states, external_ids: only these; all when empty.
        after: the `next` of the page before. A token that cannot be read starts from the top.
    """
    asked = select(Listing).where(Listing.organisation_id.in_(actor.organisations))
    if states:
        asked = asked.where(Listing.state.in_(states))
    if external_ids:
        asked = asked.where(Listing.external_id.in_(external_ids))
    return card_page(session, asked, actor=actor, after=after, limit=limit)


def card_page(session: Session, asked: Select[Any], *, actor: Actor, after: str, limit: int) -> CardPage:
    """One page of the listings `asked` for, newest change first, by keyset, in one query."""
    key = Keyset.read(after)
    if key is not None:
        asked = asked.where(key.before(Listing.updated_at, Listing.id))
    rows = session.execute(
        _with_organisation(asked, CARD_COLUMNS, *_BESIDE_CARDS)
        .order_by(Listing.updated_at.desc(), Listing.id.desc())
        .limit(limit + 1)
    ).all()
    more = len(rows) > limit
    items = _cards(rows[:limit], actor=actor)
    return CardPage(items, Keyset(items[-1].updated_at, items[-1].id).token if more else "")


def of_organisation(
    session: Session, *, organisation_id: UUID, after: str = "", limit: int = 20, actor: Actor = ANONYMOUS
) -> CardPage:
    """What the public sees of an organisation's listings; its anonymous needs are never among them."""
    asked = policies.publicly_visible().where(
        Listing.organisation_id == organisation_id, Listing.visibility == "public"
    )
    return card_page(session, asked, actor=actor, after=after, limit=limit)


def my_counts(session: Session, *, actor: Actor) -> dict[str, int]:
    """How many listings of the actor's organisations are in each state; states without one are left out."""
    rows = session.execute(
        select(Listing.state, func.count())
        .where(Listing.organisation_id.in_(actor.organisations))
        .group_by(Listing.state)
    )
    return dict(rows.all())


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One move. `actor_name` is for the operator and the organisation's own people only."""

    sequence: int
    from_state: str | None
    to_state: str
    move: str
    at: Any
    actor_name: str | None
    note: str
    reasons: Mapping[str, str]


def history(session: Session, *, actor: Actor, listing: Listing) -> list[HistoryLine]:
    """Every move of a listing, oldest first, for its own organisation or the operator.

    Raises:
        Forbidden: for anybody else.
    """
    if not (actor.acts_for(listing.organisation_id) or actor.is_operator):
        raise Forbidden
    rows = session.execute(
        select(ListingHistory, Person.name)
        .outerjoin(Person, Person.id == ListingHistory.actor_id)
        .where(ListingHistory.listing_id == listing.id)
        .order_by(ListingHistory.sequence)
    )
    return [
        HistoryLine(one.sequence, one.from_state, one.to_state, one.move, one.at, name, one.note, one.reasons)
        for one, name in rows
    ]


@dataclass(frozen=True, slots=True)
class ConfidentialPart:
    """What only the listing's own organisation reads."""

    text: str
    files: tuple[ListingConfidentialFile, ...]


def confidential(session: Session, *, actor: Actor, listing: Listing) -> ConfidentialPart:
    """The confidential part of a listing.

    Raises:
        Forbidden: unless the policy opens it to the actor.
    """
    if not policies.may_read_confidential(actor, listing):
        raise Forbidden(N_("Phần bảo mật chỉ mở cho người của đơn vị đăng"))
    part = session.get(ListingConfidential, listing.id)
    files = session.scalars(
        select(ListingConfidentialFile)
        .where(ListingConfidentialFile.listing_id == listing.id, ListingConfidentialFile.removed_at.is_(None))
        .order_by(ListingConfidentialFile.created_at, ListingConfidentialFile.id)
    ).all()
    return ConfidentialPart(part.text if part is not None else "", tuple(files))


def files_of(session: Session, listing_ids: Sequence[UUID]) -> dict[UUID, list[FileLine]]:
    """Pictures and documents that stand on these listings, in their order, in one query."""
    found: dict[UUID, list[FileLine]] = {}
    rows = session.scalars(
        select(ListingFile)
        .where(ListingFile.listing_id.in_(listing_ids), ListingFile.removed_at.is_(None))
        .order_by(ListingFile.listing_id, ListingFile.position, ListingFile.id)
    )
    for one in rows:
        found.setdefault(one.listing_id, []).append(file_line(one))
    return found


def file_line(one: ListingFile) -> FileLine:
    """A file as pages see it: storage keys stay inside."""
    return _file_line([getattr(one, name) for name in _FILE_COLUMNS])


def _file_line(values: Sequence[Any]) -> FileLine:
    variants: Mapping[str, Any] = values[-1]
    widths = sorted({int(name.partition(".")[0]) for name in variants})
    return FileLine(**dict(zip(_FILE_COLUMNS[:-1], values, strict=False)), widths=tuple(widths))


def _with_organisation(asked: Select[Any], columns: tuple[str, ...], *beside: Label[Any]) -> Select[Any]:
    return asked.join(Organisation, Organisation.id == Listing.organisation_id).with_only_columns(
        *(getattr(Listing, name) for name in columns), Listing.organisation_id, *_ORGANISATION, *beside
    )


# One array whatever the number: with a list of parameters the statement would be another for every number.
_ASKED: Final = "asked"
_BY_PUBLIC_ID = Listing.public_id == any_(bindparam(_ASKED, type_=ARRAY(Text)))
_BY_ID = Listing.id == any_(bindparam(_ASKED, type_=ARRAY(Uuid)))
# Most lists are for everybody; building their statement anew takes longer than sending it.
_PUBLIC_CARDS = _with_organisation(policies.visible_to(ANONYMOUS), CARD_COLUMNS, *_BESIDE_CARDS)
_PUBLIC_CARDS_BY = {one: _PUBLIC_CARDS.where(one) for one in (_BY_PUBLIC_ID, _BY_ID)}


def _visible_cards(actor: Actor, which: ColumnElement[bool]) -> Select[Any]:
    if actor == ANONYMOUS:
        return _PUBLIC_CARDS_BY[which]
    return _with_organisation(policies.visible_to(actor), CARD_COLUMNS, *_BESIDE_CARDS).where(which)


def _asked_quickly(session: Session, asked: Select[Any], these: Sequence[object]) -> Sequence[Row[Any]]:
    """The rows, past the layer that makes objects: these are columns, and every page of results asks for them."""
    session.flush()
    return session.connection().execute(asked, {_ASKED: list(these)}).all()


def _codes_of(session: Session, listing_ids: Sequence[UUID]) -> dict[UUID, tuple[Code, ...]]:
    rows = session.execute(
        select(
            ListingClassification.listing_id,
            ListingClassification.scheme,
            ListingClassification.version,
            ListingClassification.code,
            ListingClassification.label,
        )
        .where(ListingClassification.listing_id.in_(listing_ids))
        .order_by(ListingClassification.listing_id, ListingClassification.position)
    )
    found: dict[UUID, tuple[Code, ...]] = {}
    for listing_id, *parts in rows:
        found[listing_id] = (*found.get(listing_id, ()), Code(*parts))
    return found


def _shared(row: Row[Any], columns: tuple[str, ...], actor: Actor) -> dict[str, Any]:
    shows = policies.names_organisation(actor, visibility=row.visibility, organisation_id=row.organisation_id)
    # Behind the columns and the organisation's id (_with_organisation).
    start = len(columns) + 1
    line = OrganisationLine(*row[start : start + len(_ORGANISATION)]) if shows else None
    return {**values_of(row, columns, shows_organisation=shows), "organisation": line}


def _cards(rows: Iterable[Row[Any]], *, actor: Actor) -> list[Card]:
    return [
        Card(
            **_shared(row, CARD_COLUMNS, actor),
            picture=_file_line(row.first_picture) if row.first_picture else None,
            classifications=tuple(Code(*one) for one in row.codes or ()),
            mates=tuple(MateLine(*one) for one in row.mates or ()),
        )
        for row in rows
    ]


def _details(session: Session, rows: Iterable[Row[Any]], *, actor: Actor) -> list[Detail]:
    rows = list(rows)
    ids = [row.id for row in rows]
    files, codes = files_of(session, ids), _codes_of(session, ids)
    made = []
    for row in rows:
        pictures = tuple(one for one in files.get(row.id, []) if one.kind == "picture")
        mates = getattr(row, "mates", None) or ()
        made.append(
            Detail(
                **_shared(row, DETAIL_COLUMNS, actor),
                mates=tuple(MateLine(*one) for one in mates),
                picture=pictures[0] if pictures else None,
                classifications=codes.get(row.id, ()),
                pictures=pictures,
                documents=tuple(one for one in files.get(row.id, []) if one.kind == "document"),
            )
        )
    return made
