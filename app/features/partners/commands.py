"""Registering partners, changing the agreement, moving it through its life. Operators only; audited and journalled."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import journal
from app.errors import Conflict, Invalid, NotFound, StaleVersion
from app.features.moderation import audit
from app.features.partners.dublin_core import DublinCoreMapping
from app.features.partners.policies import require_dealing, visible_to
from app.features.partners.runs import begin_run, end_run, open_run, progress_of
from app.features.partners.schemas import PartnerInput
from app.features.partners.states import transition
from app.i18n import N_
from app.i18n.formats import local_date
from app.identity import Actor, uuid7
from app.models.partners import Partner, PartnerHistory
from app.models.taking import TakingRun

MOST_KEYS: Final = 10


def register_partner(
    session: Session, *, actor: Actor, data: PartnerInput, own_authority: str, now: datetime
) -> Partner:
    """A new partner in state draft.

    Raises:
        Forbidden: the actor is no operator.
        Invalid: at `authority`, it is our own or is registered already.
    """
    require_dealing(actor)
    _require_foreign(session, data.authority, own=own_authority)
    partner = Partner(id=uuid7(), created_at=now, updated_at=now, **data.columns())
    session.add(partner)
    session.flush()
    session.add(
        PartnerHistory(
            partner_id=partner.id,
            sequence=1,
            from_state=None,
            to_state="draft",
            move="register",
            at=now,
            actor_id=actor.person_id,
        )
    )
    note_change(session, partner, actor=actor, action="register", now=now, data={"authority": partner.authority})
    return partner


def change_agreement(
    session: Session, *, actor: Actor, public_id: str, version: int, data: PartnerInput, now: datetime
) -> Partner:
    """Replace the agreement by `data`; nothing is written when nothing differs.

    Another way of connecting has to be tried anew, and cannot be given to a partner that is live: pause it first.

    Raises:
        Forbidden, NotFound, StaleVersion: as in every command here.
        Conflict: live, and another way of connecting is given; or ended.
        Invalid: at `authority`, which cannot change once records carry it.
    """
    partner = locked_partner(session, actor=actor, public_id=public_id, version=version)
    if partner.state == "ended":
        raise Conflict(N_("Thoả thuận đã chấm dứt nên không sửa được nữa"))
    if data.authority != partner.authority:
        raise Invalid({"authority": N_("Tên miền là một phần tên của mọi bản ghi đã nhận nên không đổi được.")})
    values = data.columns()
    differs = {name: value for name, value in values.items() if value != getattr(partner, name)}
    if not differs:
        return partner
    reconnects = not data.connects_like(partner)
    if reconnects:
        if partner.state == "live":
            raise Conflict(N_("Hãy tạm dừng trước khi đổi cách kết nối"))
        if partner.state in {"tested", "paused"}:
            transition(session, partner, move="recheck", actor=actor, now=now)
    for name, value in differs.items():
        setattr(partner, name, value)
    if differs.get("relays") or reconnects:
        _begin_anew(session, partner, now=now)
    partner.version += 1
    partner.updated_at = now
    note_change(session, partner, actor=actor, action="change", now=now, data={"fields": sorted(differs)})
    switched: dict[str, Any] = {name: differs[name] for name in ("enquiries_out", "enquiries_in") if name in differs}
    if switched:
        audit.record(
            session,
            actor=actor,
            action="partner.carrying",
            entity="partner",
            entity_id=partner.id,
            now=now,
            data=switched,
        )
    return partner


def _begin_anew(session: Session, partner: Partner, *, now: datetime) -> None:
    """Have the next harvest bring everything: others' records, or what is at another address, was never asked for."""
    run = open_run(session, partner.id)
    if run is not None:
        end_run(session, run, state="stopped", now=now)
    progress = progress_of(session, partner.id)
    progress.next_from, progress.cursor = None, ""
    progress.snapshot, progress.snapshot_part, progress.snapshot_line = None, 0, 0


def begin_whole(session: Session, *, actor: Actor, partner: Partner, now: datetime) -> TakingRun:
    """A harvest of all the partner has, as the first was: after a change of the mapping, or when something is missing.

    What says the same as before is not written again.

    Raises:
        Forbidden; Conflict: as `begin_run`.
    """
    require_dealing(actor)
    _begin_anew(session, partner, now=now)
    run = begin_run(session, partner=partner, kind="harvest", actor=actor, now=now)
    audit.record(session, actor=actor, action="partner.whole", entity="partner", entity_id=partner.id, now=now)
    return run


def move_partner(
    session: Session, *, actor: Actor, public_id: str, move: str, now: datetime, note: str = ""
) -> Partner:
    """go_live, open, pause, end: what an operator decides. `test` is made by a harvest on trial that went well.

    Raises:
        Forbidden, NotFound, MoveNotAllowed; Conflict: the term of the agreement is over, or it wants a trial first.
    """
    partner = locked_partner(session, actor=actor, public_id=public_id)
    if move in {"go_live", "open"} and partner.ends_on is not None and partner.ends_on < local_date(now):
        raise Conflict(N_("Thoả thuận đã hết hạn: hãy sửa ngày kết thúc trước"))
    if move == "open" and partner.direction != "give":
        raise Conflict(N_("Hãy thử nhận dữ liệu trước khi bắt đầu trao đổi"))
    transition(session, partner, move=move, actor=actor, now=now, note=note)
    audit.record(session, actor=actor, action=f"partner.{move}", entity="partner", entity_id=partner.id, now=now)
    return partner


def set_keys(
    session: Session, *, actor: Actor, public_id: str, keys: Sequence[dict[str, Any]], now: datetime
) -> Partner:
    """Keep these as the partner's public keys, in place of those before.

    Args:
        keys: JWKs (RFC 8037), Ed25519, public halves only.

    Raises:
        Forbidden, NotFound; Invalid: at `keys`, one that is none, or a private one.
    """
    partner = locked_partner(session, actor=actor, public_id=public_id)
    kept = checked_keys(keys)
    if kept == partner.keys:
        return partner
    partner.keys = kept
    partner.version += 1
    partner.updated_at = now
    names = [one["kid"] for one in kept]
    note_change(session, partner, actor=actor, action="keys", now=now, data={"kids": names})
    return partner


def set_mapping(
    session: Session, *, actor: Actor, public_id: str, version: int, mapping: DublinCoreMapping, now: datetime
) -> Partner:
    """Have the partner's Dublin Core become listings by this mapping from now on.

    Records taken before stay as they are until they come again: a whole harvest (`begin_whole`) brings them.

    Raises:
        Forbidden, NotFound, StaleVersion.
    """
    partner = locked_partner(session, actor=actor, public_id=public_id, version=version)
    said = mapping.model_dump(mode="json")
    if said == partner.mapping:
        return partner
    partner.mapping = said
    partner.version += 1
    partner.updated_at = now
    note_change(session, partner, actor=actor, action="mapping", now=now, data={})
    return partner


def checked_keys(keys: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Public Ed25519 keys as they are kept, each with its `kid`.

    Raises:
        Invalid: at `keys`.
    """
    if len(keys) > MOST_KEYS:
        raise Invalid({"keys": N_("Nhiều khoá quá: giữ nhiều nhất mười khoá.")})
    kept = []
    for one in keys:
        try:
            key = OKPKey.import_key(one)
        except (JoseError, ValueError, TypeError, KeyError):
            raise Invalid({"keys": N_("Đây không phải khoá công khai Ed25519 dạng JWK.")}) from None
        if key.curve_name != "Ed25519":
            raise Invalid({"keys": N_("Đây không phải khoá công khai Ed25519 dạng JWK.")})
        if key.is_private:
            raise Invalid({"keys": N_("Đây là khoá bí mật của đối tác: đừng gửi cho ai, hãy dùng phần công khai.")})
        kid = one.get("kid")
        public = key.as_dict(private=False)
        kept.append({"kty": "OKP", "crv": "Ed25519", "x": public["x"], "kid": str(kid or key.thumbprint())})
    return kept


def locked_partner(session: Session, *, actor: Actor, public_id: str, version: int | None = None) -> Partner:
    """The partner, locked until the transaction ends.

    Raises:
        Forbidden: the actor is no operator. NotFound. StaleVersion: it was changed since `version`.
    """
    require_dealing(actor)
    found = session.scalars(
        visible_to(actor)
        .where(Partner.public_id == public_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound
    if version is not None and found.version != version:
        raise StaleVersion
    return found


def note_change(
    session: Session, partner: Partner, *, actor: Actor, action: str, now: datetime, data: dict[str, Any]
) -> None:
    """The audit and journal entries of a change that is no move."""
    audit.record(
        session, actor=actor, action=f"partner.{action}", entity="partner", entity_id=partner.id, now=now, data=data
    )
    journal.append(session, entity="partner", entity_id=partner.id, action=action, actor_id=actor.person_id, at=now)


def _require_foreign(session: Session, authority: str, *, own: str) -> None:
    if authority == own:
        raise Invalid({"authority": N_("Đây là tên miền của chính sàn này.")})
    known: UUID | None = session.scalar(select(Partner.id).where(Partner.authority == authority))
    if known is not None:
        raise Invalid({"authority": N_("Đối tác với tên miền này đã có.")})
