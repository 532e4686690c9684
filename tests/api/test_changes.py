"""What a program does with its organisation's listings."""

import threading
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import func, select

from app import clock
from app.database import Database
from app.features.moderation.commands import approve
from app.identity import Actor
from app.models import Listing, ListingHistory
from tests import factories
from tests.api.scene import Scene, bearer

LISTINGS = "/api/v1/listings"
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}
COMPLETE = {
    "kind": "technology",
    "external_id": "MOI-1",
    "title": "Sấy bơm nhiệt cho trái cây",
    "benefit": "Giảm 42 % điện",
    "summary": "Buồng sấy kín 300 kg mỗi mẻ.",
    "description": "Nhiệt độ 35–60 °C.",
    "region": "79",
    "classifications": [{"scheme": "research-field", "code": "2"}],
    "trl": 5,
    "ip_status": "none",
    "transfer_forms": ["non_exclusive_licence"],
    "price": {"kind": "on_request"},
    "details": {"problem": "Tốn điện", "advantage": "Ít điện hơn", "prototype_data": "30 mẻ thử"},
}


def create(client: TestClient, token: str, **body: Any) -> Response:
    return client.post(LISTINGS, json=body, headers=bearer(token))


def change(client: TestClient, token: str, public_id: str, etag: str | None, patch: Any) -> Response:
    conditions = {"If-Match": etag} if etag is not None else {}
    return client.patch(f"{LISTINGS}/{public_id}", json=patch, headers=bearer(token) | MERGE_PATCH | conditions)


def errors(response: Response) -> set[str]:
    return {one["field"] for one in response.json()["errors"]}


def count(database: Database, what: Any = Listing) -> int:
    with database.read_only() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def test_a_draft_is_created_with_what_is_known(client: TestClient, scene: Scene) -> None:
    response = create(
        client, scene.token, kind="equipment", title="  Lò\u200b  nung ", details={"year": 2019, "model": None}
    )
    assert response.status_code == 201
    record = response.json()
    assert response.headers["location"] == f"{LISTINGS}/{record['id']}"
    assert response.headers["etag"].startswith('"1-')
    assert response.headers["cache-control"] == "private, no-cache"
    assert (record["state"], record["title"], record["region"]) == ("draft", "Lò nung", "79")
    assert record["organisation"]["id"] == scene.institute.public_id
    assert {key: value for key, value in record["details"].items() if value is not None} == {"year": 2019}
    again = client.get(response.headers["location"], headers=bearer(scene.token))
    assert again.json() == record
    assert again.headers["etag"] == response.headers["etag"]


def test_from_draft_to_published_to_withdrawn(client: TestClient, database: Database, scene: Scene) -> None:
    created = create(client, scene.token, **COMPLETE)
    address = created.headers["location"]
    mine = bearer(scene.token)
    submitted = client.post(f"{address}/submit", headers=mine | {"If-Match": created.headers["etag"]})
    assert (submitted.status_code, submitted.json()["state"]) == (200, "submitted")
    assert client.post(f"{address}/recall", headers=mine).json()["state"] == "draft"
    assert client.post(f"{address}/submit", headers=mine).json()["state"] == "submitted"
    with database.unit_of_work() as session:
        approve(
            session,
            actor=Actor(person_id=scene.person.id, is_operator=True),
            public_id=created.json()["id"],
            version=None,
            settings=client.app.state.settings,  # type: ignore[attr-defined]
            now=clock.now(),
        )
    assert client.get(address).json()["title"] == "Sấy bơm nhiệt cho trái cây"
    confirmed = client.post(f"{address}/confirm", headers=mine)
    assert (confirmed.status_code, confirmed.json()["state"]) == (200, "published")
    withdrawn = client.post(f"{address}/withdraw", json={"reason": "sold"}, headers=mine)
    assert (withdrawn.status_code, withdrawn.json()["state"]) == (200, "withdrawn")
    assert client.get(address).status_code == 410
    assert client.get(address, headers=mine).json()["state"] == "withdrawn"
    moves = client.get(f"{address}/history", headers=mine).json()["items"]
    assert [one["move"] for one in moves] == ["create", "submit", "recall", "submit", "publish", "confirm", "withdraw"]


def test_a_merge_patch_replaces_merges_and_removes(client: TestClient, scene: Scene) -> None:
    created = create(client, scene.token, **COMPLETE, territory="Việt Nam", keywords=["sấy", "bơm nhiệt"])
    patch = {
        "territory": None,
        "keywords": ["nhiệt"],
        "price": {"kind": "indicative", "from": 5},
        "classifications": [{"scheme": "vsic", "code": "C", "version": None}],
        "owners": [{"name": "Viện", "percent": None}],
        "details": {"advantage": None, "cost": "500 triệu"},
        "trl": 6.0,
    }
    changed = change(client, scene.token, created.json()["id"], created.headers["etag"], patch)
    assert changed.status_code == 200
    record = changed.json()
    assert (record["territory"], record["keywords"], record["trl"], record["version"]) == (None, ["nhiệt"], 6, 2)
    assert record["price"] == {"kind": "indicative", "from": 5, "to": None, "currency": "VND", "unit": None}
    assert [one["code"] for one in record["classifications"]] == ["C"]
    assert record["owners"] == [{"name": "Viện", "percent": None}]
    said = {key: value for key, value in record["details"].items() if value is not None}
    assert said == {"problem": "Tốn điện", "cost": "500 triệu", "prototype_data": "30 mẻ thử"}
    assert (record["title"], record["external_id"]) == (COMPLETE["title"], "MOI-1")
    again = change(client, scene.token, record["id"], changed.headers["etag"], {"trl": 6})
    assert (again.status_code, again.json()["version"]) == (200, 2)
    assert again.headers["etag"] == changed.headers["etag"]


def test_a_record_can_be_sent_back_as_a_patch(client: TestClient, database: Database, scene: Scene) -> None:
    """Codes of tables nobody has here stay, and so does the version a code was answered with."""
    with database.unit_of_work() as session:
        from app import journal
        from tests.api.scene import classify

        classify(session, scene.draft, ("VNITO-industry", "", "bán lẻ"), ("ipc", "2023.01", "F26"))
        journal.append(session, entity="listing", entity_id=scene.draft.id, action="updated")
    address = f"{LISTINGS}/{scene.draft.public_id}"
    read = client.get(address, headers=bearer(scene.token))
    codes = [{name: one[name] for name in ("scheme", "code", "version")} for one in read.json()["classifications"]]
    sent = {"classifications": [*codes, {"scheme": "vsic", "code": "C"}], "price": read.json()["price"]}
    changed = change(client, scene.token, scene.draft.public_id, read.headers["etag"], sent)
    assert changed.status_code == 200, changed.text
    assert [(one["scheme"], one["code"], one["version"]) for one in changed.json()["classifications"]] == [
        ("VNITO-industry", "bán lẻ", ""),
        ("ipc", "F26", "2023.01"),
        ("vsic", "C", "2025"),
    ]


def test_a_change_names_the_version_it_changes(client: TestClient, scene: Scene) -> None:
    created = create(client, scene.token, kind="service", title="Đo kiểm")
    public_id, etag = created.json()["id"], created.headers["etag"]
    missing = change(client, scene.token, public_id, None, {"title": "B"})
    assert (missing.status_code, missing.json()["type"]) == (428, "urn:techmart:problem:precondition-required")
    assert missing.json()["detail"] == "Hãy gửi If-Match với ETag của bản bạn đã đọc"
    assert change(client, scene.token, public_id, "tag", {"title": "B"}).status_code == 400
    for other in ('"x"', '"2-000000000000"', f"W/{etag}"):
        assert change(client, scene.token, public_id, other, {"title": "B"}).status_code == 412
    assert change(client, scene.token, public_id, f'"x", {etag}', {"title": "B"}).status_code == 200
    stale = change(client, scene.token, public_id, etag, {"title": "C"})
    assert (stale.status_code, stale.json()["type"]) == (412, "urn:techmart:problem:stale-version")
    assert change(client, scene.token, public_id, "*", {"title": "D"}).json()["title"] == "D"
    for move in ("submit", "recall", "confirm"):
        refused = client.post(f"{LISTINGS}/{public_id}/{move}", headers=bearer(scene.token) | {"If-Match": etag})
        assert refused.status_code == 412
    refused = client.post(
        f"{LISTINGS}/{public_id}/withdraw", json={"reason": "sold"}, headers=bearer(scene.token) | {"If-Match": etag}
    )
    assert refused.status_code == 412


def test_of_two_changes_of_one_version_one_wins(application: FastAPI, database: Database, scene: Scene) -> None:
    with TestClient(application) as client:
        created = create(client, scene.token, kind="service", title="Đo kiểm")
        public_id, etag = created.json()["id"], created.headers["etag"]
        start = threading.Barrier(8)
        answers: list[Response] = []

        def send(number: int) -> None:
            start.wait()
            answers.append(change(client, scene.token, public_id, etag, {"title": f"Bản {number}"}))

        threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(one.status_code for one in answers) == [200] + [412] * 7
        (winner,) = (one for one in answers if one.status_code == 200)
        record = client.get(f"{LISTINGS}/{public_id}", headers=bearer(scene.token))
        assert (record.json()["title"], record.json()["version"]) == (winner.json()["title"], 2)
        assert record.headers["etag"] == winner.headers["etag"]


def test_one_external_id_makes_one_listing_however_often_it_is_sent(
    application: FastAPI, database: Database, scene: Scene
) -> None:
    before = count(database)
    with TestClient(application) as client:
        start = threading.Barrier(6)
        statuses: list[int] = []

        def send() -> None:
            start.wait()
            statuses.append(create(client, scene.token, kind="service", external_id="DO-9").status_code)

        threads = [threading.Thread(target=send) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [201] + [409] * 5
        again = create(client, scene.token, kind="service", external_id="DO-9")
        assert again.json()["type"] == "urn:techmart:problem:external-id-taken"
        assert errors(again) == {"external_id"}
        other = create(client, scene.token, kind="service")
        taken = change(client, scene.token, other.json()["id"], other.headers["etag"], {"external_id": "DO-9"})
        assert (taken.status_code, taken.json()["type"]) == (409, "urn:techmart:problem:external-id-taken")
    assert count(database) == before + 2


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"kind"}),
        ({"kind": "boat"}, {"kind"}),
        ([], {""}),
        ({"kind": "service", "colour": "red"}, {"colour"}),
        ({"kind": "service", "trl": "8"}, {"trl"}),
        ({"kind": "service", "trl": 10}, {"trl"}),
        ({"kind": "service", "keywords": "a, b"}, {"keywords"}),
        ({"kind": "service", "title": "x" * 301}, {"title"}),
        ({"kind": "service", "deadline": "2027-01-01"}, {"deadline"}),
        ({"kind": "need", "deadline": "23/11/2027"}, {"deadline"}),
        ({"kind": "need", "deadline": "1899-12-31"}, {"deadline"}),
        ({"kind": "service", "details": {"year": 2000}}, {"details.year"}),
        ({"kind": "service", "price": {"from": 5, "to": 4}}, {"price.to"}),
        ({"kind": "service", "price": {"from": 1.5}}, {"price.from"}),
        ({"kind": "service", "owners": [{"name": "\u200b", "percent": 0}]}, {"owners.0.name", "owners.0.percent"}),
        ({"kind": "service", "region": "Sài Gòn"}, {"region"}),
        ({"kind": "service", "region": ""}, {"region"}),
        (
            {
                "kind": "service",
                "classifications": [
                    {"scheme": "ipc", "code": "F26B 3/00"},
                    {"scheme": "ipc", "code": "F98"},
                    {"scheme": "colours", "code": "1"},
                    {"scheme": "vsic", "code": "C", "version": "2018"},
                ],
            },
            {"classifications.1.code", "classifications.2.scheme", "classifications.3.version"},
        ),
        ({"kind": "patent", "details": {"grant_number": "VN1"}}, {"details.grant_number"}),
    ],
)
def test_what_does_not_hold_is_told_at_its_field_and_nothing_is_stored(
    client: TestClient, database: Database, scene: Scene, body: Any, wrong: set[str]
) -> None:
    before = count(database)
    response = client.post(LISTINGS, json=body, headers=bearer(scene.token) | {"Accept-Language": "en"})
    assert response.status_code == 422, response.text
    assert response.json()["type"] == "urn:techmart:problem:invalid"
    assert errors(response) == wrong
    assert count(database) == before


def test_texts_that_postgresql_cannot_hold_are_tidied(client: TestClient, scene: Scene) -> None:
    response = create(
        client,
        scene.token,
        kind="technology",
        title="Máy\x00 sấy",
        owners=[{"name": "Viện\x00 Cơ điện", "percent": 100}],
        details={"problem": "a\x00b", "standards": ["TCVN\x00 1"]},
    )
    assert response.status_code == 201
    record = response.json()
    assert (record["title"], record["owners"][0]["name"]) == ("Máy sấy", "Viện Cơ điện")
    assert (record["details"]["problem"], record["details"]["standards"]) == ("ab", ["TCVN 1"])
    gone = client.post(
        f"{LISTINGS}/{record['id']}/withdraw", json={"reason": "other", "note": "a\x00b"}, headers=bearer(scene.token)
    )
    assert gone.status_code == 200


def test_what_the_state_does_not_allow_is_a_conflict(client: TestClient, database: Database, scene: Scene) -> None:
    draft = create(client, scene.token, kind="technology", title="Máy")
    mine, address = bearer(scene.token), draft.headers["location"]
    incomplete = client.post(f"{address}/submit", headers=mine | {"Accept-Language": "en"})
    assert (incomplete.status_code, incomplete.json()["type"]) == (409, "urn:techmart:problem:incomplete")
    assert {"trl", "description", "price.kind", "details.problem"} <= errors(incomplete)
    for move in ("recall", "confirm"):
        refused = client.post(f"{address}/{move}", headers=mine)
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:techmart:problem:move-not-allowed")
    other = change(client, scene.token, draft.json()["id"], "*", {"details": {"year": 2000}, "deadline": "2030-01-01"})
    assert (other.status_code, other.json()["type"]) == (409, "urn:techmart:problem:other-kind")
    assert errors(other) == {"details.year", "deadline"}
    # The public sees this one: it may not lose what it must say.
    emptied = change(client, scene.token, scene.dryer.public_id, "*", {"title": None})
    assert (emptied.status_code, emptied.json()["type"]) == (409, "urn:techmart:problem:incomplete")
    assert client.get(f"{LISTINGS}/{scene.dryer.public_id}").json()["title"] == "Máy sấy bơm nhiệt cho trái cây"
    assert client.get(address, headers=mine).headers["etag"] == draft.headers["etag"]
    assert count(database, ListingHistory) == 1


def test_a_withdrawal_has_its_reason(client: TestClient, scene: Scene) -> None:
    address, mine = f"{LISTINGS}/{scene.draft.public_id}/withdraw", bearer(scene.token)
    assert errors(client.post(address, json={}, headers=mine)) == {"reason"}
    assert errors(client.post(address, json={"reason": "rain"}, headers=mine)) == {"reason"}
    assert errors(client.post(address, json={"reason": "other"}, headers=mine)) == {"note"}
    assert errors(client.post(address, json={"reason": "other", "note": " \t"}, headers=mine)) == {"note"}
    assert client.post(address, json={"reason": "other", "note": "ngừng"}, headers=mine).status_code == 200


def test_only_ones_own_can_be_changed(client: TestClient, database: Database, scene: Scene) -> None:
    stranger = bearer(scene.stranger)
    public, draft = scene.dryer.public_id, scene.draft.public_id
    assert change(client, scene.stranger, public, "*", {"title": "x"}).status_code == 403
    assert change(client, scene.stranger, draft, "*", {"title": "x"}).status_code == 404
    assert change(client, scene.token, scene.withdrawn.public_id, "*", {"title": "x"}).status_code == 410
    for move in ("submit", "confirm", "recall"):
        assert client.post(f"{LISTINGS}/{public}/{move}", headers=stranger).status_code == 403
        assert client.post(f"{LISTINGS}/{draft}/{move}", headers=stranger).status_code == 404
    for organisation in (scene.firm.public_id, "b00000000000"):
        assert create(client, scene.token, kind="service", organisation=organisation).status_code == 403
    assert create(client, scene.token, kind="service", organisation=scene.institute.public_id).status_code == 201
    with database.read_only() as session:
        assert session.get_one(Listing, scene.dryer.id).version == 1
        assert session.get_one(Listing, scene.draft.id).version == 1


def test_somebody_of_several_organisations_says_which(client: TestClient, database: Database, scene: Scene) -> None:
    with database.unit_of_work() as session:
        second = factories.organisation(session, owner=scene.person)
    unsaid = create(client, scene.token, kind="service")
    assert (unsaid.status_code, errors(unsaid)) == (422, {"organisation"})
    said = create(client, scene.token, kind="service", organisation=second.public_id)
    assert said.json()["organisation"]["id"] == second.public_id


def test_own_listings_by_state_and_own_name(client: TestClient, scene: Scene) -> None:
    mine = bearer(scene.reader)
    page = client.get("/api/v1/me/listings", headers=mine).json()
    own = {one.public_id for one in (scene.dryer, scene.spectrometer, scene.patent, scene.testing, scene.draft)}
    assert {item["id"] for item in page["items"]} == own
    assert page["next_cursor"] is None
    drafts = client.get("/api/v1/me/listings", params={"state": "draft"}, headers=mine).json()["items"]
    assert [item["id"] for item in drafts] == [scene.draft.public_id]
    named = client.get("/api/v1/me/listings", params={"external_id": "NHAP-03"}, headers=mine).json()["items"]
    assert [item["id"] for item in named] == [scene.draft.public_id]
    first = client.get("/api/v1/me/listings", params={"limit": 3}, headers=mine).json()
    cursor = first["next_cursor"]
    rest = client.get("/api/v1/me/listings", params={"limit": 3, "cursor": cursor}, headers=mine).json()
    assert {item["id"] for item in first["items"] + rest["items"]} == own
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (3, 2, None)
    broken = client.get("/api/v1/me/listings", params={"cursor": "x" * 32}, headers=mine)
    assert (broken.status_code, errors(broken)) == (400, {"cursor"})


def test_an_own_anonymous_need_names_its_organisation_to_itself(client: TestClient, scene: Scene) -> None:
    record = client.get(f"{LISTINGS}/{scene.hidden_need.public_id}", headers=bearer(scene.stranger)).json()
    assert record["organisation"]["id"] == scene.firm.public_id
    assert record["external_id"] == scene.hidden_need.external_id
