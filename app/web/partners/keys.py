"""Keys of both sides: those a partner shows us, and the public ones it signs with."""

import json
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import WriteSession
from app.errors import Conflict, Invalid
from app.features.partners.commands import set_keys
from app.features.partners.credentials import issue_credential, revoke_credential
from app.features.partners.queries import find_partner
from app.features.partners.schemas import IssueInput
from app.i18n import N_, _
from app.web.auth import OperatorActor
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.partners.partner import page_of
from app.web.templating import render
from app.web.urls import url

router = APIRouter()


@router.post("/desk/partners/{public_id}/credentials", name="issue_credential")
def submit_credential(
    request: Request, session: WriteSession, actor: OperatorActor, public_id: str, posted: PostedForm
) -> Response:
    """Answers with the secret itself instead of leading on: nothing may carry it to another page."""
    found = find_partner(session, actor=actor, public_id=public_id)
    checked = posted.check(IssueInput)
    if checked.data is None:
        return render(request, page_of(session, actor, found, issue_form=checked.form), status_code=422)
    try:
        with session.begin_nested():
            made = issue_credential(session, actor=actor, public_id=public_id, data=checked.data, now=clock.now())
    except Conflict as fault:
        return render(request, page_of(session, actor, found, problem=_(fault.detail)), status_code=409)
    name = made.name if checked.data.kind == "oauth_client" else ""
    page = page_of(session, actor, found, secret=made.secret, secret_name=name)
    return render(request, page, status_code=201)


@router.post("/desk/partners/{public_id}/credentials/{credential_id}/revoke", name="revoke_credential")
def submit_revoke(
    request: Request, session: WriteSession, actor: OperatorActor, public_id: str, credential_id: UUID
) -> Response:
    """Make a credential worthless."""
    revoke_credential(session, actor=actor, public_id=public_id, credential_id=credential_id, now=clock.now())
    return redirect(request, url("partner", public_id=public_id), _("Đã thu hồi."))


@router.post("/desk/partners/{public_id}/keys", name="partner_keys")
def submit_keys(
    request: Request, session: WriteSession, actor: OperatorActor, public_id: str, posted: PostedForm
) -> Response:
    """Keep the partner's public keys, given as a JWK or a set of them."""
    found = find_partner(session, actor=actor, public_id=public_id)
    form = Form(values={"keys": [posted.value("keys")]})
    try:
        set_keys(session, actor=actor, public_id=public_id, keys=_read_keys(posted.value("keys")), now=clock.now())
    except Invalid as fault:
        page = page_of(session, actor, found, keys_form=form.with_errors(fault.fields))
        return render(request, page, status_code=422)
    return redirect(request, url("partner", public_id=public_id), _("Đã lưu khoá của đối tác."))


def _read_keys(text: str) -> list[dict[str, Any]]:
    try:
        said = json.loads(text)
        keys = said.get("keys", [said]) if isinstance(said, dict) else said
        if not isinstance(keys, list) or not all(isinstance(one, dict) for one in keys):
            raise TypeError
    except (ValueError, TypeError, RecursionError):
        raise Invalid({"keys": N_("Đây không phải khoá công khai Ed25519 dạng JWK.")}) from None
    return keys
