"""Read marks, set by the open page."""

from fastapi import APIRouter
from starlette.responses import Response

from app import clock
from app.dependencies import WriteSession
from app.features.enquiries.seen import mark_seen
from app.features.enquiries.states import Side
from app.web.auth import SignedInActor

router = APIRouter()


@router.post("/desk/enquiries/{number}/seen", name="enquiry_seen")
def seen(*, number: str, session: WriteSession, actor: SignedInActor, side: Side) -> Response:
    """The reader has the request open."""
    mark_seen(session, actor=actor, number=number, side=side, now=clock.now())
    return Response(status_code=204)
