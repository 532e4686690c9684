"""What of others' JSON cannot be kept is told of its record alone, and what is kept of it can be."""

import json
from typing import Any

import pytest
from sqlalchemy import select, text

from app.database import Database
from app.exchange.taking.files import take_file
from app.exchange.taking.holdable import DEEPEST, read_json, storable, unholdable
from app.exchange.taking.incoming import Raw
from app.exchange.taking.trial import try_source
from app.features.partners.runs import begin_file, begin_run
from app.identity import SYSTEM
from app.models.partners import Partner
from app.models.taking import Quarantined, TakingRun
from app.settings import Settings
from tests.exchange.taking.given import Elsewhere
from tests.exchange.taking.harvesting import harvesting
from tests.factories import NOW
from tests.odd_server import Asked, Reply

DEEP = "[" * 300 + "]" * 300
# Deeper than Python reads, with brackets that are none in strings.
ABYSS = '{"]": [' * 50_000 + r'"[{\"]}", [], {}, 1' + "]}" * 50_000
EVIL = ["NaN", "-Infinity", "1e999", "9" * 5_000, r'"\ud800"', r'{"\udfff": 1}', DEEP, ABYSS]


def page(elsewhere: Elsewhere, evil: str) -> bytes:
    """A page of three records, the middle one with something evil in it."""
    middle = json.dumps(elsewhere.sealed("m1"))[:-1] + f', "more": {evil}}}'
    items = ",".join([json.dumps(elsewhere.sealed("m0")), middle, json.dumps(elsewhere.sealed("m2"))])
    return f'{{"items": [{items}], "next_cursor": "c3", "more": false}}'.encode()


@pytest.mark.parametrize("evil", EVIL)
def test_a_feed_with_one_such_record_is_taken_but_for_it(
    database: Database, settings: Settings, elsewhere: Elsewhere, evil: str
) -> None:
    given: dict[str, Any] = {"authority": elsewhere.authority, "protocol": "changes", "elsewhere": elsewhere}
    with harvesting(database, settings, lambda _asked: Reply(page(elsewhere, evil)), **given) as harvest:
        run = harvest.run()
        assert (run.state, run.created, run.quarantined) == ("done", 2, 1)
        assert harvest.progress.cursor == "c3"
        with database.read_only() as session:
            kept = session.scalars(select(Quarantined)).one()
        assert (kept.reason, kept.source_id) == ("unreadable", f"oai:{elsewhere.authority}:m1")
        assert Raw.of_json(kept.raw).body["key"]["local_id"] == "m1"


@pytest.mark.parametrize("evil", EVIL)
def test_a_trial_shows_it(database: Database, settings: Settings, elsewhere: Elsewhere, evil: str) -> None:
    given: dict[str, Any] = {"authority": elsewhere.authority, "protocol": "changes", "elsewhere": elsewhere}

    def answer(_asked: Asked) -> Reply:
        return Reply(page(elsewhere, evil))

    with harvesting(database, settings, answer, **given) as harvest:
        with database.unit_of_work() as session:
            partner = session.get_one(Partner, harvest.partner.id)
            session.execute(text("UPDATE partner SET state = 'paused' WHERE id = :id"), {"id": partner.id})
            session.refresh(partner)
            run = begin_run(session, partner=partner, kind="trial", actor=SYSTEM, now=NOW)
        assert try_source(database, harvest.settings, run.id, now=NOW) == "done"
        found = harvest.found(run)
        assert (found.created, found.quarantined) == (2, 1)
        assert [one["reason"] for one in found.samples if one["what"] == "bad"] == ["unreadable"]


@pytest.mark.parametrize("evil", EVIL)
def test_a_file_with_such_a_line_is_read_on(database: Database, settings: Settings, tmp_path: Any, evil: str) -> None:
    path = tmp_path / "lines.jsonl"
    good = [{"kind": "technology", "title": f"Máy {n}", "summary": "Sấy.", "external_id": str(n)} for n in range(2)]
    bad = json.dumps({**good[0], "external_id": "9"})[:-1] + f', "price": {evil}}}'
    path.write_text("\n".join([json.dumps(good[0]), bad, json.dumps(good[1])]), "utf-8")
    with harvesting(database, settings, lambda _asked: Reply(), protocol="file") as harvest:
        with database.unit_of_work() as session:
            partner = session.get_one(Partner, harvest.partner.id)
            run = begin_file(session, partner=partner, key="x", whole=True, actor=SYSTEM, now=NOW)
        assert take_file(database, settings, run.id, path=path, whole=False, now=NOW) == "done"
        with database.read_only() as session:
            found = session.get_one(TakingRun, run.id)
            assert (found.created, found.quarantined) == (2, 1)


def test_what_cannot_be_kept_is_found_and_replaced() -> None:
    for evil in EVIL:
        value = read_json(evil)
        assert unholdable(value)
        json.dumps(storable(value), allow_nan=False).encode()
    fine: Any = {"a": [1, 2.5, None, True, "ổ", {"b": {}}]}
    assert unholdable(fine) == ""
    assert storable(fine) == fine
    deep: Any = "x"
    for _ in range(DEEPEST):
        deep = [deep]
    assert unholdable(deep) == ""
    assert storable(deep) == deep
    assert unholdable([deep])


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "[" * 100_000 + "]" * 99_999,
        "[" * 100_000 + '"' + "]" * 100_000,
        '{"a":' * 100_000 + '"\\' * 50_000,
    ],
)
def test_an_abyss_without_a_bottom_is_no_json_and_read_at_once(text: str) -> None:
    with pytest.raises(ValueError, match=r"\d"):
        read_json(text)
    with pytest.raises(ValueError, match=r"\d"):
        read_json(text.encode())


def test_what_is_cut_off_leaves_the_rest_as_it_is() -> None:
    said = read_json(f'{{"a": "[", "b": {ABYSS}, "c": [1, "]", {{"d": {ABYSS}}}], "e": "\\""}}')
    assert (said["a"], said["c"][:2], said["e"]) == ("[", [1, "]"], '"')
    assert unholdable(said["b"]).startswith("nested")
    assert unholdable(said["c"][2]).startswith("nested")
