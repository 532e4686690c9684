"""Listings of the database as search documents, many at once.

Only what anybody may read goes in: the confidential tables are not even imported here, and of an anonymous need
nothing that says whose it is.
"""

import functools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, and_, select
from sqlalchemy.orm import Session

from app.database import Database
from app.models.cluster_heads import is_shown, place_of
from app.models.clusters import ClusterMember
from app.models.listings import PUBLIC_STATES, Listing, ListingClassification
from app.models.organisations import Organisation
from app.reference.current import current_tables, current_term, refresh
from app.search.port import CODE_GROUPS, SearchDocument

BATCH: Final = 500
REGION: Final = "region"
# The parts of `details` that are read as text. An expert's name is added apart, by consent.
_TEXTS: Final = (
    "problem",
    "advantage",
    "economics",
    "evidence",
    "method_plan",
    "prototype_data",
    "capacity",
    "cost",
    "customers",
    "standards",
    "model",
    "maker",
    "power",
    "footprint",
    "spare_parts",
    "delivery_place",
    "application_number",
    "publication_number",
    "grant_number",
    "applicants",
    "inventors",
    "scope",
    "deliverables",
    "accreditation",
    "baseline",
    "target",
    "acceptance",
    "constraints",
    "quantity",
)

_PUBLIC: Final = and_(Listing.state.in_(PUBLIC_STATES), Listing.visibility != "invitation")
_COLUMNS: Final = (
    Listing.id,
    Listing.public_id,
    Listing.kind,
    Listing.state,
    Listing.visibility,
    Listing.language,
    Listing.title,
    Listing.benefit,
    Listing.summary,
    Listing.description,
    Listing.title_en,
    Listing.benefit_en,
    Listing.summary_en,
    Listing.description_en,
    Listing.keywords,
    Listing.region,
    Listing.country,
    Listing.trl,
    Listing.transfer_forms,
    Listing.payment_forms,
    Listing.price_kind,
    Listing.price_from,
    Listing.price_to,
    Listing.price_currency,
    Listing.deadline,
    Listing.ip_status,
    Listing.details,
    Listing.source,
    Listing.published_at,
    Listing.confirmed_at,
    Organisation.public_id.label("organisation_public_id"),
    Organisation.name.label("organisation_name"),
    Organisation.name_en.label("organisation_name_en"),
    Organisation.slug.label("organisation_slug"),
    Organisation.type.label("organisation_type"),
    Organisation.verified_at.label("organisation_verified_at"),
    ClusterMember.cluster_id,
)


def documents_of(session: Session, *, listing_ids: Sequence[UUID], only_public: bool = True) -> list[SearchDocument]:
    """The documents of these listings, each by itself, in two queries however many there are; one more for clusters.

    Args:
        only_public: leave out what not everybody may see. With False, for matching a listing its own organisation
            looks at: never index what comes back.
    """
    asked = _listings().where(Listing.id.in_(listing_ids))
    rows = session.execute(asked.where(_PUBLIC) if only_public else asked).all()
    clusters = _clusters(session, rows)
    return [
        replace(document, head=head.public_id) if (head := _head(row, clusters)) is not None else document
        for row, document in zip(rows, _from_rows(session, rows), strict=True)
    ]


def indexed_documents(session: Session, *, listing_ids: Sequence[UUID]) -> list[SearchDocument]:
    """What an index holds of these listings: those that stand for a cluster with its members, others not at all."""
    return _indexed(session, session.execute(_listings().where(_PUBLIC, Listing.id.in_(listing_ids))).all())


def all_documents(database: Database, *, batch: int = BATCH) -> Iterator[list[SearchDocument]]:
    """Everything an index holds, batch by batch in the order of ids, each in a short transaction of its own."""
    after: UUID | None = None
    while True:
        asked = _listings().where(_PUBLIC).order_by(Listing.id).limit(batch)
        if after is not None:
            asked = asked.where(Listing.id > after)
        with database.read_only() as session:
            rows = session.execute(asked).all()
            documents = _indexed(session, rows)
        if not rows:
            return
        after = rows[-1].id
        yield documents


def _listings() -> Select[Any]:
    return (
        select(*_COLUMNS)
        .join(Organisation, Organisation.id == Listing.organisation_id)
        .outerjoin(
            ClusterMember,
            # Whose it is must be public: what is said of the cluster is said of each.
            and_(ClusterMember.listing_id == Listing.id, ClusterMember.separated_at.is_(None), is_shown()),
        )
    )


def _clusters(session: Session, rows: Sequence[Row[Any]]) -> Mapping[UUID, Sequence[Row[Any]]]:
    """The members of the clusters that these listings are in, in their order. No query where none is in any."""
    wanted = {row.cluster_id for row in rows if row.cluster_id is not None}
    found: dict[UUID, list[Row[Any]]] = {one: [] for one in wanted}
    if wanted:
        asked = _listings().where(ClusterMember.cluster_id.in_(wanted))
        for row in session.execute(asked.order_by(ClusterMember.cluster_id, *place_of())):
            found[row.cluster_id].append(row)
    return found


def _head(row: Row[Any], clusters: Mapping[UUID, Sequence[Row[Any]]]) -> Row[Any] | None:
    """What stands for a listing; None where it does so itself."""
    members = clusters.get(row.cluster_id, ())
    return members[0] if members and members[0].id != row.id else None


def _indexed(session: Session, rows: Sequence[Row[Any]]) -> list[SearchDocument]:
    clusters = _clusters(session, rows)
    heads = [row for row in rows if _head(row, clusters) is None]
    mates = {row.id: clusters.get(row.cluster_id, ())[1:] for row in heads}
    beside = [one for found in mates.values() for one in found]
    documents = _from_rows(session, [*heads, *beside])
    by_id = {one.id: document for one, document in zip(beside, documents[len(heads) :], strict=True)}
    return [
        replace(document, members=tuple(by_id[one.id] for one in mates[row.id])) if mates[row.id] else document
        for row, document in zip(heads, documents, strict=False)
    ]


def _from_rows(session: Session, rows: Sequence[Row[Any]]) -> list[SearchDocument]:
    if not rows:
        return []
    refresh(session)
    codes: dict[UUID, dict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
    labels: dict[UUID, list[str]] = defaultdict(list)
    # The same few codes stand on many listings.
    above: Callable[..., list[str]] = functools.cache(_with_those_above)
    groups = {scheme: group for group, scheme in CODE_GROUPS.items()}
    for one in session.execute(
        select(
            ListingClassification.listing_id,
            ListingClassification.scheme,
            ListingClassification.version,
            ListingClassification.code,
            ListingClassification.label,
        )
        .where(ListingClassification.listing_id.in_([row.id for row in rows]))
        .order_by(ListingClassification.listing_id, ListingClassification.position)
    ):
        group = groups.get(one.scheme)
        if group is not None:
            codes[one.listing_id][group].update(dict.fromkeys(above(one.scheme, one.code, one.version)))
        elif one.label:
            # Classifications of other houses have no table here; their words still help to find the listing.
            labels[one.listing_id].append(one.label)
    return [
        _document(row, codes[row.id], labels[row.id], above(REGION, row.region) if row.region else []) for row in rows
    ]


def _with_those_above(scheme: str, code: str, version: str | None = None) -> list[str]:
    """The present code with all codes above it, the top first; an unknown code is kept as it is."""
    term = current_term(scheme, code, version=version or None)
    table = current_tables().get(scheme)
    if table is None:
        return [code]
    if term is not None:
        return [one.code for one in table.chain(term.code)]
    nearest = table.nearest(code)
    above = [one.code for one in table.chain(nearest.code)] if nearest is not None else []
    return [*above, code]


def _document(
    row: Row[Any], codes: Mapping[str, Mapping[str, None]], labels: Sequence[str], regions: Sequence[str]
) -> SearchDocument:
    anonymous = row.visibility == "anonymous"
    return SearchDocument(
        id=row.public_id,
        kind=row.kind,
        state=row.state,
        language=row.language,
        title=row.title,
        benefit=row.benefit,
        summary=row.summary,
        body=_body(row),
        title_en=row.title_en or "",
        benefit_en=row.benefit_en or "",
        summary_en=row.summary_en or "",
        body_en=row.description_en or "",
        keywords=(*row.keywords, *labels),
        organisation_id=None if anonymous else row.organisation_public_id,
        organisation_name="" if anonymous else row.organisation_name,
        organisation_name_en="" if anonymous else row.organisation_name_en or "",
        organisation_slug="" if anonymous else row.organisation_slug,
        organisation_type=None if anonymous else row.organisation_type,
        verified=not anonymous and row.organisation_verified_at is not None,
        # The first is the province; below it, a region may name the only firm of its kind there.
        regions=tuple(regions[:1] if anonymous else regions),
        country=row.country,
        trl=row.trl,
        fields=tuple(codes.get("fields", ())),
        industries=tuple(codes.get("industries", ())),
        ipc=tuple(codes.get("ipc", ())),
        priority_fields=tuple(codes.get("priority_fields", ())),
        transfer_forms=tuple(row.transfer_forms),
        payment_forms=tuple(row.payment_forms),
        ip_status=row.ip_status,
        price_kind=row.price_kind,
        price_from=row.price_from,
        price_to=row.price_to,
        currency=row.price_currency,
        source=None if anonymous else row.source,
        published_at=row.published_at,
        confirmed_at=row.confirmed_at,
        deadline=row.deadline,
    )


def _body(row: Row[Any]) -> str:
    texts = [row.description]
    for name in _TEXTS:
        value = row.details.get(name)
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, list):
            texts.append(", ".join(one for one in value if isinstance(one, str)))
    if row.details.get("expert_consent") is True and isinstance(row.details.get("expert_name"), str):
        texts.append(row.details["expert_name"])
    return "\n\n".join(text for text in texts if text)
