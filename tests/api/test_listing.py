"""One listing: what its record says to whom, its ETag, its matches, its history."""

import pytest
from fastapi.testclient import TestClient

from app.database import Database
from app.models import Listing
from app.models.listings import ListingFile
from tests import factories
from tests.api.scene import Scene, bearer

LISTINGS = "/api/v1/listings"
ENGLISH = {"Accept-Language": "en"}


def test_the_record_says_exactly_this(client: TestClient, scene: Scene) -> None:
    response = client.get(f"{LISTINGS}/{scene.patent.public_id}", headers=ENGLISH)
    assert response.status_code == 200
    record = response.json()
    assert record == {
        "id": scene.patent.public_id,
        "external_id": None,
        "kind": "patent",
        "state": "published",
        "language": "vi",
        "title": "Bộ trao đổi nhiệt dạng gấp",
        "benefit": "Giảm 40 % điện so với sấy điện trở",
        "summary": "Sấy nông sản ở nhiệt độ thấp.",
        "title_en": None,
        "benefit_en": None,
        "summary_en": None,
        "organisation": {
            "id": scene.institute.public_id,
            "name": "Viện Cơ điện Cửu Long",
            "name_en": "Cuu Long Institute",
            "type": "research_institute",
            "verified": True,
        },
        "region": "79",
        "region_label": "Ho Chi Minh City",
        "country": None,
        "classifications": [],
        "trl": None,
        "transfer_forms": [],
        "ip_status": None,
        "price": {"kind": None, "from": None, "to": None, "currency": None, "unit": None},
        "deadline": None,
        "visibility": "public",
        "picture": None,
        "source": None,
        "licence": None,
        "published_at": "2026-11-23T03:00:00Z",
        "confirmed_at": "2026-11-23T03:00:00Z",
        "updated_at": "2026-11-23T03:00:00Z",
        "url": f"http://testserver/en/listings/{scene.patent.slug}-{scene.patent.public_id}",
        "also_at": [],
        "highlight": None,
        "key": {"authority": "techmart.test", "local_id": scene.patent.public_id},
        "version": 1,
        "description": "Dàn lạnh tách ẩm, dàn nóng thu hồi nhiệt.",
        "description_en": None,
        "keywords": [],
        "payment_forms": [],
        "territory": None,
        "owners": [],
        "posted_as": "owner",
        "confirm_due_at": "2027-02-21T03:00:00Z",
        "expires_at": None,
        "pictures": [],
        "documents": [],
        "details": {
            "ip_kind": "invention",
            "application_number": None,
            "publication_number": None,
            "grant_number": "1-0026606",
            "filing_date": "2019-03-04",
            "priority_date": None,
            "grant_date": None,
            "expiry_date": None,
            "applicants": ["Viện Cơ điện Cửu Long"],
            "inventors": None,
            "legal_status": "granted",
            "status_checked_on": None,
            "status_checked_against": None,
            "pct": None,
            "as_given": {"grant_number": "1-26606"},
        },
    }


@pytest.mark.parametrize("name", ["dryer", "spectrometer", "patent", "testing", "paint", "hidden_need"])
def test_every_kind_has_its_own_details(client: TestClient, scene: Scene, name: str) -> None:
    listing: Listing = getattr(scene, name)
    record = client.get(f"{LISTINGS}/{listing.public_id}").json()
    assert record["kind"] == listing.kind
    said = {key: value for key, value in record["details"].items() if value is not None}
    assert said == {key: value for key, value in listing.details.items() if key != "expert_name"}


def test_the_copy_one_has_is_still_right_until_the_listing_changes(
    client: TestClient, database: Database, scene: Scene
) -> None:
    address = f"{LISTINGS}/{scene.dryer.public_id}"
    first = client.get(address)
    etag = first.headers["etag"]
    assert etag.startswith('"1-')
    for known in (etag, f'"x", {etag}', f"W/{etag}", "*"):
        again = client.get(address, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag), known
    assert client.get(address, headers={"If-None-Match": '"1-000000000000"'}).status_code == 200
    # Another language is another representation.
    assert client.get(address, headers=ENGLISH | {"If-None-Match": etag}).status_code == 200
    with database.unit_of_work() as session:
        from app import clock, journal

        row = session.get_one(Listing, scene.dryer.id)
        row.title, row.version, row.updated_at = "Máy sấy khác", 2, clock.now()
        journal.append(session, entity="listing", entity_id=row.id, action="updated")
    changed = client.get(address, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"].startswith('"2-')


def test_what_is_kept_by_caches_and_what_is_not(client: TestClient, scene: Scene) -> None:
    address = f"{LISTINGS}/{scene.dryer.public_id}"
    public = client.get(address)
    assert public.headers["cache-control"] == "public, no-cache"
    assert public.headers["vary"] == "Accept-Language, Authorization"
    assert public.headers["content-language"] == "vi"
    own = client.get(address, headers=bearer(scene.token))
    assert own.headers["cache-control"] == "private, no-cache"
    assert client.get("/api/v1/reference/region").headers["cache-control"] == "public, max-age=3600"
    assert client.get(f"{LISTINGS}/nobody").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("public_id", ["b00000000000", "B00000000000", "x", "a%00b", "../listings", "%f0%9f%98%80"])
def test_there_is_nothing_under_an_unknown_id(client: TestClient, public_id: str) -> None:
    response = client.get(f"{LISTINGS}/{public_id}/matches")
    assert response.status_code == 404
    assert response.json()["type"] == "urn:techmart:problem:not-found"


def test_what_has_left_is_gone_and_what_never_was_public_is_unknown(client: TestClient, scene: Scene) -> None:
    left = client.get(f"{LISTINGS}/{scene.withdrawn.public_id}", headers=ENGLISH)
    assert left.status_code == 410
    assert left.json() == {
        "type": "urn:techmart:problem:gone",
        "title": left.json()["title"],
        "status": 410,
        "instance": f"{LISTINGS}/{scene.withdrawn.public_id}",
    }
    for path in ("", "/matches"):
        assert client.get(f"{LISTINGS}/{scene.draft.public_id}{path}").status_code == 404


def test_a_draft_is_for_those_whose_token_may_read_it(client: TestClient, scene: Scene) -> None:
    address = f"{LISTINGS}/{scene.draft.public_id}"
    for token, status in (
        (scene.token, 200),
        (scene.reader, 200),
        (scene.writer, 404),
        (scene.stranger, 404),
    ):
        assert client.get(address, headers=bearer(token)).status_code == status
    record = client.get(address, headers=bearer(scene.token)).json()
    assert (record["state"], record["title"], record["published_at"]) == ("draft", "Bản nháp kín", None)
    assert client.get(f"{address}/matches", headers=bearer(scene.token)).status_code == 200


def test_matches_of_a_need_say_for_and_against_in_the_readers_language(client: TestClient, scene: Scene) -> None:
    address = f"{LISTINGS}/{scene.paint.public_id}/matches"
    matches = client.get(address).json()["items"]
    assert [one["listing"]["id"] for one in matches][:1] == [scene.dryer.public_id]
    best = matches[0]
    assert 0 < best["score"] <= 100
    reasons = {one["code"]: (one["side"], one["text"]) for one in best["reasons"]}
    assert reasons["trl_reached"] == ("for", "TRL 8 ≥ yêu cầu 7")
    assert reasons["same_field"] == ("for", "Cùng lĩnh vực: Kỹ thuật cơ khí")
    assert reasons["within_budget"][0] == "for"
    assert reasons["cooperation_fits"] == ("for", "Hình thức hợp tác phù hợp: Cấp phép không độc quyền")
    english = client.get(address, headers=ENGLISH).json()["items"][0]
    texts = {one["code"]: one["text"] for one in english["reasons"]}
    assert texts["same_field"] == "Same field: Mechanical engineering"
    assert client.get(address, params={"limit": 1}).json()["items"] == matches[:1]


def test_matches_of_an_offer_are_needs(client: TestClient, scene: Scene) -> None:
    items = client.get(f"{LISTINGS}/{scene.dryer.public_id}/matches").json()["items"]
    assert {one["listing"]["kind"] for one in items} == {"need"}
    assert items[0]["listing"]["id"] == scene.paint.public_id


def test_history_is_for_ones_own(client: TestClient, database: Database, scene: Scene) -> None:
    address = f"{LISTINGS}/{scene.draft.public_id}"
    client.post(f"{address}/withdraw", json={"reason": "mistake", "note": "đăng nhầm"}, headers=bearer(scene.token))
    items = client.get(f"{address}/history", headers=bearer(scene.reader)).json()["items"]
    assert [{**one, "at": None} for one in items] == [
        {
            "sequence": 1,
            "move": "withdraw",
            "from_state": "draft",
            "to_state": "withdrawn",
            "at": None,
            "actor": "Nguyễn Thu Hà",
            "note": "đăng nhầm",
            "reasons": {},
        }
    ]
    assert client.get(f"{address}/history").status_code == 401
    assert client.get(f"{address}/history", headers=bearer(scene.writer)).status_code == 403
    assert client.get(f"{address}/history", headers=bearer(scene.stranger)).status_code == 404
    public = f"{LISTINGS}/{scene.dryer.public_id}/history"
    assert client.get(public, headers=bearer(scene.stranger)).status_code == 403


def test_files_have_addresses_and_those_of_a_hidden_need_no_names(
    client: TestClient, database: Database, scene: Scene
) -> None:
    with database.unit_of_work() as session:
        from app import journal

        for listing in (scene.dryer, scene.hidden_need):
            for kind, media_type in (("picture", "image/jpeg"), ("document", "application/pdf")):
                session.add(
                    ListingFile(
                        public_id=f"f{kind[:3]}{listing.public_id[:8]}",
                        listing_id=listing.id,
                        kind=kind,
                        filename="hoa-ban.pdf",
                        media_type=media_type,
                        size=1_000,
                        sha256="0" * 64,
                        storage_key="geheim/key",
                        variants={"320.webp": {}, "640.webp": {}} if kind == "picture" else {},
                        caption="Máy nhìn từ trước",
                        created_at=factories.NOW,
                    )
                )
            journal.append(session, entity="listing", entity_id=listing.id, action="updated")
    record = client.get(f"{LISTINGS}/{scene.dryer.public_id}").json()
    picture = f"fpic{scene.dryer.public_id[:8]}"
    assert record["picture"] == {
        "url": f"http://testserver/files/{picture}/640.webp",
        "caption": "Máy nhìn từ trước",
    }
    assert record["documents"] == [
        {
            "id": f"fdoc{scene.dryer.public_id[:8]}",
            "url": f"http://testserver/files/fdoc{scene.dryer.public_id[:8]}/document",
            "media_type": "application/pdf",
            "size": 1_000,
            "name": "hoa-ban.pdf",
            "caption": "Máy nhìn từ trước",
        }
    ]
    hidden = client.get(f"{LISTINGS}/{scene.hidden_need.public_id}")
    assert [one["name"] for one in hidden.json()["pictures"] + hidden.json()["documents"]] == [None, None]
    assert "hoa-ban" not in hidden.text
    assert "geheim" not in hidden.text
