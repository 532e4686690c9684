"""Registering, changing and moving partners."""

from datetime import date

import pytest
from joserfc.jwk import OKPKey
from pydantic import ValidationError
from sqlalchemy import func, select

from app.database import Database
from app.errors import Conflict, Forbidden, Invalid, MoveNotAllowed, NotFound, SignInRequired, StaleVersion
from app.features.partners.commands import change_agreement, move_partner, register_partner, set_keys
from app.features.partners.queries import find_partner, history_of, list_partners
from app.features.partners.states import MOVES, transition
from app.identity import ANONYMOUS, SYSTEM, Actor
from app.models.audit import AuditEntry
from app.models.journal import JournalEntry
from app.models.partners import PARTNER_STATES, Partner
from tests import factories
from tests.factories import NOW
from tests.features.partners.given import agreement


def test_a_partner_begins_as_a_draft_with_its_history_audit_and_journal(
    database: Database, partner: Partner, operator: Actor
) -> None:
    with database.read_only() as session:
        found = find_partner(session, actor=operator, public_id=partner.public_id)
        assert (found.state, found.version, found.authority) == ("draft", 1, "san.danang.test")
        ((move, name),) = history_of(session, actor=operator, partner_id=found.id)
        assert (move.move, move.to_state, name is not None) == ("register", "draft", True)
        assert session.scalars(select(AuditEntry.action)).all() == ["partner.register"]
        assert session.scalars(select(JournalEntry.action).where(JournalEntry.entity == "partner")).all() == [
            "register"
        ]
        # By its authority too, as the terminal names it.
        assert find_partner(session, actor=SYSTEM, public_id="san.danang.test").id == partner.id


@pytest.mark.parametrize(
    ("authority", "message"),
    [("techmart.test", "Đây là tên miền của chính sàn này."), ("san.danang.test", "Đối tác với tên miền này đã có.")],
)
def test_neither_we_ourselves_nor_one_twice(
    database: Database, partner: Partner, operator: Actor, authority: str, message: str
) -> None:
    with pytest.raises(Invalid) as refused, database.unit_of_work() as session:
        register_partner(
            session, actor=operator, data=agreement(authority=authority), own_authority="techmart.test", now=NOW
        )
    assert refused.value.fields == {"authority": message}
    with database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(Partner)) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"authority": "9danang.test"},
        {"authority": "a.test"},
        {"authority": "đà-nẵng.test"},
        {"address": "ftp://danang.test/oai"},
        {"address": "https://user:pass@danang.test/oai"},
        {"address": "https://danang.test:99999/oai"},
        {"address": ""},
        {"from_hour": 3},
        {"ends_on": date(2026, 10, 1)},
        {"set_spec": "a&verb=Identify"},
        {"contact_email": "không phải"},
        {"every_minutes": 1},
    ],
)
def test_an_agreement_that_does_not_hold_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        agreement(**wrong)


def test_only_operators_deal_with_partners(database: Database, partner: Partner) -> None:
    with database.unit_of_work() as session:
        somebody = factories.actor(factories.person(session))
    for actor, fault in ((somebody, Forbidden), (ANONYMOUS, SignInRequired)):
        with database.unit_of_work() as session:
            with pytest.raises(fault):
                list_partners(session, actor=actor)
            with pytest.raises(fault):
                find_partner(session, actor=actor, public_id=partner.public_id)
            with pytest.raises(fault):
                move_partner(session, actor=actor, public_id=partner.public_id, move="end", now=NOW)
            with pytest.raises(fault):
                change_agreement(
                    session, actor=actor, public_id=partner.public_id, version=1, data=agreement(name="Khác"), now=NOW
                )
    with database.read_only() as session:
        assert session.get_one(Partner, partner.id).state == "draft"


def test_a_change_is_written_once_and_only_on_what_was_seen(
    database: Database, partner: Partner, operator: Actor
) -> None:
    data = agreement(licence="CC-BY-4.0")
    for _again in range(2):
        with database.unit_of_work() as session:
            changed = change_agreement(
                session, actor=operator, public_id=partner.public_id, version=1 + _again, data=data, now=NOW
            )
            assert (changed.licence, changed.version) == ("CC-BY-4.0", 2)
    with pytest.raises(StaleVersion), database.unit_of_work() as session:
        change_agreement(session, actor=operator, public_id=partner.public_id, version=1, data=agreement(), now=NOW)
    with pytest.raises(NotFound), database.unit_of_work() as session:
        change_agreement(session, actor=operator, public_id="khong-co", version=1, data=agreement(), now=NOW)
    with pytest.raises(Invalid), database.unit_of_work() as session:
        other = agreement(authority="khac.test")
        change_agreement(session, actor=operator, public_id=partner.public_id, version=2, data=other, now=NOW)


def test_what_we_take_from_is_tried_first_and_again_when_it_moves(
    database: Database, partner: Partner, operator: Actor
) -> None:
    def move(name: str) -> str:
        with database.unit_of_work() as session:
            return move_partner(session, actor=operator, public_id=partner.public_id, move=name, now=NOW).state

    with pytest.raises(MoveNotAllowed):
        move("go_live")
    with pytest.raises(Conflict):
        move("open")
    with database.unit_of_work() as session:
        transition(session, session.get_one(Partner, partner.id), move="test", actor=SYSTEM, now=NOW)
    assert move("go_live") == "live"
    elsewhere = agreement(address="https://moi.danang.test/oai")

    def change() -> Partner:
        with database.unit_of_work() as session:
            version = session.get_one(Partner, partner.id).version
            return change_agreement(
                session, actor=operator, public_id=partner.public_id, version=version, data=elsewhere, now=NOW
            )

    with pytest.raises(Conflict):
        change()
    assert move("pause") == "paused"
    assert change().state == "draft"
    assert move("end") == "ended"
    with pytest.raises(Conflict):
        change()


def test_who_only_gets_needs_no_trial(database: Database, operator: Actor) -> None:
    data = agreement(direction="give", address="", authority="chi-nhan.test", ends_on=date(2026, 11, 20))
    with database.unit_of_work() as session:
        made = register_partner(session, actor=operator, data=data, own_authority="techmart.test", now=NOW)
    with pytest.raises(Conflict), database.unit_of_work() as session:
        move_partner(session, actor=operator, public_id=made.public_id, move="open", now=NOW)
    with database.unit_of_work() as session:
        longer = data.model_copy(update={"ends_on": None})
        change_agreement(session, actor=operator, public_id=made.public_id, version=1, data=longer, now=NOW)
        assert move_partner(session, actor=operator, public_id=made.public_id, move="open", now=NOW).state == "live"


def test_every_move_ends_in_a_state_there_is_and_nothing_leaves_the_end() -> None:
    for move in MOVES.values():
        assert move.target in PARTNER_STATES
        assert "ended" not in move.sources


def test_keys_are_public_ed25519_keys(database: Database, partner: Partner, operator: Actor) -> None:
    good = OKPKey.generate_key("Ed25519")
    public = good.as_dict(private=False)
    with database.unit_of_work() as session:
        kept = set_keys(session, actor=operator, public_id=partner.public_id, keys=[public], now=NOW)
        assert kept.keys == [{"kty": "OKP", "crv": "Ed25519", "x": public["x"], "kid": good.thumbprint()}]
        assert set_keys(session, actor=operator, public_id=partner.public_id, keys=[public], now=NOW).version == 2
    for wrong in (good.as_dict(private=True), OKPKey.generate_key("X25519").as_dict(private=False), {"kty": "RSA"}):
        with pytest.raises(Invalid) as refused, database.unit_of_work() as session:
            set_keys(session, actor=operator, public_id=partner.public_id, keys=[wrong], now=NOW)
        assert list(refused.value.fields) == ["keys"]


def test_the_registry_goes_on_where_it_stopped(database: Database, operator: Actor) -> None:
    with database.unit_of_work() as session:
        for letter in "cab":
            data = agreement(authority=f"{letter}{letter}.test", name=f"Sàn {letter}")
            register_partner(session, actor=operator, data=data, own_authority="techmart.test", now=NOW)
    with database.read_only() as session:
        first = list_partners(session, actor=operator, limit=2)
        rest = list_partners(session, actor=operator, limit=2, after=first.next)
        assert [one.name for one in (*first.items, *rest.items)] == ["Sàn a", "Sàn b", "Sàn c"]
        assert rest.next == ""
        assert list_partners(session, actor=operator, state="ended").items == []
