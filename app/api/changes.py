"""What an organisation does with its listings by personal access token. The commands are those behind the pages."""

from collections.abc import Mapping
from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.responses import Response

from app import clock
from app.api.bodies import JSON, MERGE_PATCH, RawBody, require_type
from app.api.caller import Call, ReaderCall, WriterCall
from app.api.codes import refused_codes
from app.api.conditional import PRIVATE, answer, check_if_match
from app.api.cursors import KEYSET_CURSOR
from app.api.faults import ExternalIdTaken, Incomplete
from app.api.inputs import draft_body, merged, read_body, read_patch, withdrawal_body, without_nulls
from app.api.parameters import MOST_PER_PAGE, PER_PAGE, IfMatch, ListingId, Parameters
from app.api.records import ListingItem, ListingRecord, State, listing_item, listing_record
from app.api.responses import changing, reading
from app.api.wire import Answer
from app.errors import Forbidden, Gone, Invalid, NotFound
from app.features.listings import commands, queries
from app.features.listings.schemas import parse, stored_values
from app.i18n import N_
from app.identity import Actor
from app.models.listings import Listing
from app.models.organisations import Organisation
from app.reference.current import refresh
from app.text import one_line, tidy

router = APIRouter(tags=["Own listings"])


class OwnListings(Answer):
    """A stretch of one's own listings."""

    items: list[ListingItem]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last")


class OwnQuery(Parameters):
    """What GET /me/listings takes."""

    state: list[State] = Field(default_factory=list, max_length=50, description="State. Repeat it for alternatives")
    external_id: list[Annotated[str, Field(max_length=200)]] = Field(
        default_factory=list, max_length=50, description="Your own name for it. Repeat it for alternatives"
    )
    limit: Annotated[int, Field(ge=1, le=MOST_PER_PAGE)] = Field(default=PER_PAGE, description="Items on a page")
    cursor: Annotated[str, Field(pattern=KEYSET_CURSOR)] | None = Field(
        default=None, description="`next_cursor` of the page before, with the other parameters unchanged"
    )


@router.get(
    "/me/listings",
    operation_id="listOwnListings",
    summary="List one's own listings",
    response_model=OwnListings,
    responses=reading(400, 403),
)
def list_own(call: ReaderCall, asked: Annotated[OwnQuery, Query()]) -> Response:
    """Listings in any state of the organisations the token's person acts for, the one changed last first."""
    refresh(call.session)
    page = queries.my_listings(
        call.session,
        actor=call.actor,
        states=asked.state,
        external_ids=asked.external_id,
        after=asked.cursor or "",
        limit=asked.limit,
    )
    items = [listing_item(card, base_url=call.base_url) for card in page.items]
    return answer(call.request, OwnListings(items=items, next_cursor=page.next or None), cache=PRIVATE)


@router.post(
    "/listings",
    operation_id="createListing",
    summary="Create a draft",
    status_code=201,
    response_model=ListingRecord,
    responses=changing(400, 409, 413, 415, 422, success=201),
)
def create(call: WriterCall, raw: RawBody) -> Response:
    """A new listing in state `draft`: complete it by PATCH, then submit it to the operator.

    An `external_id` makes it safe to repeat the call: the second time it is answered 409.
    """
    require_type(call.request, JSON)
    body = without_nulls(read_body(draft_body, raw))
    organisation_id = _organisation(call.session, actor=call.actor, public_id=body.pop("organisation", None))
    refresh(call.session)
    if refused := refused_codes(body):
        raise Invalid(refused)
    data = parse(_tidied(body))
    try:
        listing = commands.create_draft(
            call.session,
            actor=call.actor,
            organisation_id=organisation_id,
            data=data,
            settings=call.settings,
            now=clock.now(),
        )
    except (Invalid, IntegrityError) as fault:
        raise _told(fault) from None
    return _record(
        call,
        listing.public_id,
        status=201,
        headers={"Location": f"{call.request.url.path}/{listing.public_id}"},
    )


@router.patch(
    "/listings/{listing_id}",
    operation_id="changeListing",
    summary="Change a listing",
    response_model=ListingRecord,
    responses=changing(400, 404, 409, 410, 412, 413, 415, 422, 428),
)
def change(call: WriterCall, listing_id: ListingId, raw: RawBody, if_match: IfMatch = None) -> Response:
    """Lay a JSON merge patch (RFC 7396) over what is stored. If-Match is required.

    A listing the public sees must stay complete (409 otherwise) and is looked at again by the operator.
    """
    listing = _own(call, listing_id)
    require_type(call.request, MERGE_PATCH, JSON)
    patch = read_patch(listing.kind, raw)
    check_if_match(if_match, version=listing.version, required=True)
    present = commands.classifications_of(call.session, listing.id)
    refresh(call.session)
    if refused := refused_codes(patch, present=[(one.scheme, one.code) for one in present]):
        raise Invalid(refused)
    # Lists are replaced whole, so what is null inside their items comes through the merge.
    data = parse(_tidied(without_nulls(merged(stored_values(listing, list(present)), patch))))
    try:
        commands.update(call.session, actor=call.actor, public_id=listing_id, version=None, data=data, now=clock.now())
    except (Invalid, IntegrityError) as fault:
        told = _told(fault)
        raise (Incomplete(told.fields) if type(told) is Invalid else told) from None
    return _record(call, listing_id)


@router.post(
    "/listings/{listing_id}/submit",
    operation_id="submitListing",
    summary="Submit a draft",
    response_model=ListingRecord,
    responses=changing(400, 404, 409, 410, 412),
)
def submit(call: WriterCall, listing_id: ListingId, if_match: IfMatch = None) -> Response:
    """Hand it to the operator, who publishes it or returns it. What is missing is answered 409, field by field."""
    check_if_match(if_match, version=_own(call, listing_id).version)
    try:
        commands.submit(call.session, actor=call.actor, public_id=listing_id, version=None, now=clock.now())
    except Invalid as fault:
        raise Incomplete(fault.fields) from None
    return _record(call, listing_id)


@router.post(
    "/listings/{listing_id}/recall",
    operation_id="recallListing",
    summary="Take a submitted listing back",
    response_model=ListingRecord,
    responses=changing(400, 404, 409, 410, 412),
)
def recall(call: WriterCall, listing_id: ListingId, if_match: IfMatch = None) -> Response:
    """Make it a draft again, before the operator has looked at it."""
    check_if_match(if_match, version=_own(call, listing_id).version)
    commands.recall(call.session, actor=call.actor, public_id=listing_id, now=clock.now())
    return _record(call, listing_id)


@router.post(
    "/listings/{listing_id}/confirm",
    operation_id="confirmListing",
    summary="Say that a listing still holds",
    response_model=ListingRecord,
    responses=changing(400, 404, 409, 410, 412),
)
def confirm(call: WriterCall, listing_id: ListingId, if_match: IfMatch = None) -> Response:
    """“Still valid”: it counts as current again from now on."""
    check_if_match(if_match, version=_own(call, listing_id).version)
    commands.confirm(call.session, actor=call.actor, public_id=listing_id, settings=call.settings, now=clock.now())
    return _record(call, listing_id)


@router.post(
    "/listings/{listing_id}/withdraw",
    operation_id="withdrawListing",
    summary="Withdraw a listing",
    response_model=ListingRecord,
    responses=changing(400, 404, 409, 410, 412, 413, 415, 422),
)
def withdraw(call: WriterCall, listing_id: ListingId, raw: RawBody, if_match: IfMatch = None) -> Response:
    """Take it off the exchange. Its record stays, and its address answers 410 to the public from now on."""
    listing = _own(call, listing_id)
    require_type(call.request, JSON)
    body = read_body(withdrawal_body, raw)
    check_if_match(if_match, version=listing.version)
    commands.withdraw(
        call.session,
        actor=call.actor,
        public_id=listing_id,
        reason=body["reason"],
        note=tidy(body.get("note") or ""),
        now=clock.now(),
    )
    return _record(call, listing_id)


def _own(call: Call, public_id: str) -> Listing:
    """The listing, locked until the request is over, so that what If-Match is compared with is what gets changed.

    Raises:
        NotFound, Gone, Forbidden: it is not there, or not the caller's to change.
    """
    try:
        return commands.own_listing(call.session, actor=call.actor, public_id=public_id, version=None)
    except NotFound:
        if queries.was_public(call.session, public_id=public_id):
            raise Gone from None
        raise


def _organisation(session: Session, *, actor: Actor, public_id: str | None) -> UUID:
    """The organisation a draft is for.

    Raises:
        Forbidden: the caller does not act for it, or for none.
        Invalid: the caller acts for several and names none.
    """
    if public_id is not None:
        found = session.scalar(select(Organisation.id).where(Organisation.public_id == public_id))
        if not actor.acts_for(found):
            raise Forbidden(N_("Hãy chọn một đơn vị mà bạn được đại diện"))
        return cast(UUID, found)
    if not actor.organisations:
        raise Forbidden(N_("Hãy chọn một đơn vị mà bạn được đại diện"))
    if len(actor.organisations) > 1:
        raise Invalid({"organisation": N_("Bạn đại diện cho nhiều đơn vị: hãy ghi rõ đơn vị nào")})
    return next(iter(actor.organisations))


def _tidied(body: dict[str, Any]) -> dict[str, Any]:
    """Names of owners are stored as JSON, which holds no control characters in PostgreSQL."""
    owners = [{**one, "name": one_line(one["name"])} for one in body.get("owners") or ()]
    return {**body, "owners": owners}


def _told(fault: Invalid | IntegrityError) -> Invalid | ExternalIdTaken:
    """What the caller is told when a listing cannot be stored.

    Raises:
        IntegrityError: the database refused it for a reason that is not the caller's.
    """
    taken = {"external_id": N_("Đơn vị đã có một mục mang mã này")}
    if isinstance(fault, IntegrityError):
        # Two calls with one external_id at once: the commands saw none, the unique index sees both.
        if getattr(getattr(fault.orig, "diag", None), "constraint_name", None) == "uq_listing_external":
            return ExternalIdTaken(taken)
        raise fault
    if fault.fields == taken:
        return ExternalIdTaken(taken)
    return fault


def _record(call: Call, public_id: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The record as it is after the change."""
    row = queries.detail(call.session, actor=call.actor, public_id=public_id)
    record = listing_record(row, base_url=call.base_url)
    return answer(call.request, record, cache=PRIVATE, version=row.version, status=status, headers=headers)
