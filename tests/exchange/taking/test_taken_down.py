"""What was taken down waits for the operator when it comes again under another id."""

from typing import Any

import pytest
from sqlalchemy import select

from app.database import Database
from app.exchange.taking.writing import SAME_AS_TAKEN_DOWN
from app.features.moderation.commands import reinstate, suspend
from app.identity import SYSTEM
from app.models.listings import Listing, ListingHistory
from app.models.partners import Partner
from tests.exchange.taking.given import Elsewhere, source
from tests.exchange.taking.written import listing, take
from tests.factories import NOW

LONG = "Sấy nông sản ở nhiệt độ thấp, giữ màu và mùi, công suất 200 kg một mẻ."


@pytest.mark.parametrize("by_origin", [True, False])
@pytest.mark.parametrize(
    ("title", "summary", "numbers", "state"),
    [
        # Under another id, in other spacing and capitals.
        ("MÁY  SẤY", LONG.upper(), (), "submitted"),
        # In other words, with the same number.
        ("Thiết bị", "Nói khác hẳn đi, nhưng vẫn là sáng chế đó, không phải cái nào khác.", True, "submitted"),
        ("Máy sấy", f"{LONG} Bản mới.", (), "published"),
    ],
)
def test_the_same_under_another_id_waits_after_a_takedown(
    database: Database,
    partner: Partner,
    elsewhere: Elsewhere,
    *,
    by_origin: bool,
    title: str,
    summary: str,
    numbers: Any,
    state: str,
) -> None:
    number = (("vn-patent-application", "1-2020-01234"),)
    first: dict[str, Any] = {"title": "Máy sấy", "summary": LONG, "identifiers": number}
    take(database, partner, source(elsewhere), [elsewhere.raw(**first)])
    if by_origin:
        take(database, partner, source(elsewhere), [elsewhere.raw(version=2, deleted="takedown")])
    else:
        with database.unit_of_work() as session:
            suspend(session, actor=SYSTEM, public_id=listing(database).public_id, note="Vi phạm", now=NOW)
        # To be deleted and sent anew is no way around it.
        take(database, partner, source(elsewhere), [elsewhere.raw(version=2, deleted="withdrawn")])
    again = elsewhere.raw("m2", title=title, summary=summary, identifiers=number if numbers else ())
    take(database, partner, source(elsewhere), [again, elsewhere.raw("m3")])
    with database.read_only() as session:
        states = dict(session.execute(select(Listing.local_id, Listing.state)).all())
        notes = session.scalars(select(ListingHistory.note).where(ListingHistory.to_state == "submitted")).all()
    assert (states["m2"], states["m3"]) == (state, "published")
    assert notes == ([SAME_AS_TAKEN_DOWN] if state == "submitted" else [])


def test_what_is_shown_again_holds_nothing_up(database: Database, partner: Partner, elsewhere: Elsewhere) -> None:
    take(database, partner, source(elsewhere), [elsewhere.raw(summary=LONG)])
    public_id = listing(database).public_id
    with database.unit_of_work() as session:
        suspend(session, actor=SYSTEM, public_id=public_id, note="Vi phạm", now=NOW)
    # What is said of it while it is off the exchange is known again too.
    take(database, partner, source(elsewhere), [elsewhere.raw(version=2, summary=f"{LONG} Đổi.")])
    same = elsewhere.raw("m2", title="Máy sấy m1", summary=f"{LONG} Đổi.")
    take(database, partner, source(elsewhere), [same])
    with database.unit_of_work() as session:
        reinstate(session, actor=SYSTEM, public_id=public_id, now=NOW)
    take(database, partner, source(elsewhere), [elsewhere.raw("m4", title="Máy sấy m1", summary=LONG)])
    with database.read_only() as session:
        states = dict(session.execute(select(Listing.local_id, Listing.state)).all())
    assert states == {"m1": "published", "m2": "submitted", "m4": "published"}


def test_what_is_held_is_not_shown_by_being_deleted_and_sent_anew(
    database: Database, partner: Partner, elsewhere: Elsewhere
) -> None:
    take(database, partner, source(elsewhere), [elsewhere.raw(title="Máy sấy", summary=LONG)])
    take(database, partner, source(elsewhere), [elsewhere.raw(version=2, deleted="takedown")])
    for version, deleted in ((1, ""), (2, "withdrawn"), (3, "")):
        raw = elsewhere.raw("m2", version=version, deleted=deleted, title="Máy sấy", summary=LONG)
        take(database, partner, source(elsewhere), [raw])
    assert listing(database, "m2").state == "submitted"
    # What its origin took down and shows again itself is not held, and from then on nothing else is.
    take(database, partner, source(elsewhere), [elsewhere.raw(version=3, title="Máy sấy", summary=LONG)])
    take(database, partner, source(elsewhere), [elsewhere.raw("m4", title="Máy sấy", summary=LONG)])
    assert (listing(database).state, listing(database, "m4").state) == ("published", "published")
