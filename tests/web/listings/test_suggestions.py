"""The page of everything suggested for a listing, and saying whether it fits."""

import re

from fastapi.testclient import TestClient
from sqlalchemy import select

from app.database import Database
from app.models import Listing, MatchJudgement
from tests import factories
from tests.features.matching.pairs import pair
from tests.query_budget import count_queries
from tests.web.listings.conftest import Cast, OpenBrowser

BUDGET = 9


def given(database: Database, cast: Cast, offers: int = 1) -> tuple[Listing, list[Listing]]:
    with database.unit_of_work() as session:
        need = factories.listing(session, of=cast.organisation, kind="need", title="Cần sấy chuối")
        made = [factories.listing(session, of=cast.other, title=f"Máy sấy {number}") for number in range(offers)]
        for number, offer in enumerate(made):
            pair(session, need, offer, score=90 - number)
    return need, made


def page(client: TestClient, need: Listing, query: str = "") -> str:
    answer = client.get(f"/vi/desk/listings/{need.public_id}/suggestions{query}")
    assert answer.status_code == 200
    return answer.text


def test_the_owner_and_the_operator_see_the_list_others_do_not(
    database: Database, cast: Cast, browser: OpenBrowser
) -> None:
    need, (offer,) = given(database, cast)
    for who in (cast.owner, cast.operator):
        text = page(browser(who), need)
        assert "Máy sấy 0" in text
        assert f"/suggestions/{offer.public_id}" in text
    address = f"/vi/desk/listings/{need.public_id}/suggestions"
    assert browser(cast.stranger).get(address).status_code == 403
    assert browser(None).get(address).status_code in {302, 303, 401}


def test_a_list_goes_by_pages_within_its_budget(database: Database, cast: Cast, browser: OpenBrowser) -> None:
    need, _offers = given(database, cast, offers=23)
    client = browser(cast.owner)
    page(client, need)
    with count_queries(database) as sent:
        first = page(client, need)
    assert len(sent) <= BUDGET, sent
    assert first.count("judgement-form") == 20
    assert "page=2" in first
    second = page(client, need, "?page=2")
    assert second.count("judgement-form") == 3


def test_a_judgement_is_kept_and_only_its_author_sees_it(database: Database, cast: Cast, browser: OpenBrowser) -> None:
    need, (offer,) = given(database, cast)
    client = browser(cast.owner)
    address = f"/vi/desk/listings/{need.public_id}/suggestions/{offer.public_id}"
    answer = client.post(
        address,
        data={f"{offer.public_id}.fits": "false", f"{offer.public_id}.because": "scale", "page": "1"},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert answer.status_code == 303
    assert answer.headers["location"].endswith(f"/suggestions#{offer.public_id}")
    assert "Bạn đã nói: không hợp, quy mô, công suất không hợp" in page(client, need)
    assert "Bạn đã nói" not in page(browser(cast.operator), need)
    with database.read_only() as session:
        (kept,) = session.scalars(select(MatchJudgement)).all()
    assert (kept.fits, kept.because, kept.person_id) == (False, "scale", cast.owner.id)


def test_what_is_missing_is_said_at_its_field_and_nothing_typed_is_lost(
    database: Database, cast: Cast, browser: OpenBrowser
) -> None:
    need, (offer,) = given(database, cast)
    client = browser(cast.owner)
    address = f"/vi/desk/listings/{need.public_id}/suggestions/{offer.public_id}"
    headers = {"Sec-Fetch-Site": "same-origin"}
    prefix = offer.public_id
    answer = client.post(address, data={f"{prefix}.fits": "false", f"{prefix}.note": "To quá"}, headers=headers)
    assert answer.status_code == 422
    assert "Hãy chọn vì sao không hợp" in answer.text
    assert 'value="To quá"' in answer.text
    assert re.search(r'<details class="judgement" open>', answer.text)
    assert client.post(address, data={}, headers=headers).status_code == 422
    with database.read_only() as session:
        assert session.scalars(select(MatchJudgement)).all() == []
