"""One's own listings in the browser: the list, the state of one, its moves; the operator's review; files by policy."""

import re
from datetime import timedelta
from typing import Any

import pytest

from app.database import Database
from app.features.listings import commands
from app.features.listings.schemas import parse
from app.features.moderation.commands import approve
from app.models import AuditEntry, Listing
from app.settings import Settings
from tests import factories
from tests.factories import NOW
from tests.features.listings.inputs import TECHNOLOGY
from tests.integrations import sample_files
from tests.query_budget import count_queries
from tests.web.listings.conftest import Cast, OpenBrowser
from tests.web.listings.reading import fields_of


def made(database: Database, cast: Cast, **given: Any) -> str:
    with database.unit_of_work() as session:
        return factories.listing(session, of=cast.organisation, **given).public_id


def submitted(database: Database, settings: Settings, cast: Cast) -> str:
    with database.unit_of_work() as session:
        row = commands.create_draft(
            session,
            actor=cast.owner_actor,
            organisation_id=cast.organisation.id,
            data=parse(TECHNOLOGY),
            settings=settings,
            now=NOW,
        )
        commands.submit(session, actor=cast.owner_actor, public_id=row.public_id, version=None, now=NOW)
        return row.public_id


def published(database: Database, settings: Settings, cast: Cast) -> str:
    public_id = submitted(database, settings, cast)
    with database.unit_of_work() as session:
        approve(session, actor=cast.operator_actor, public_id=public_id, version=None, settings=settings, now=NOW)
    return public_id


def state(database: Database, public_id: str) -> str:
    with database.read_only() as session:
        return str(session.query(Listing).filter_by(public_id=public_id).one().state)


def test_an_empty_desk_says_what_to_do(cast: Cast, browser: OpenBrowser) -> None:
    page = browser(cast.owner).get("/vi/desk/listings")
    assert page.status_code == 200
    assert "Chưa có mục nào ở đây" in page.text
    assert "/vi/desk/listings/new" in page.text


def test_the_list_has_groups_pages_and_a_fixed_budget(database: Database, cast: Cast, browser: OpenBrowser) -> None:
    for number in range(25):
        made(database, cast, title=f"Máy {number}", updated_at=NOW + timedelta(minutes=number))
    made(database, cast, title="Nháp", state="draft")
    mine = browser(cast.owner)
    with count_queries(database) as sent:
        page = mine.get("/vi/desk/listings")
    assert len(sent) <= 6, sent
    assert "Máy 24" in page.text
    assert "Máy 4<" not in page.text
    following = re.search(r'href="(/vi/desk/listings\?after=[^"]+)"', page.text)
    assert following is not None
    second = mine.get(following[1])
    assert "Máy 4<" in second.text
    drafts = mine.get("/vi/desk/listings?show=drafts")
    assert "Nháp" in drafts.text
    assert "Máy 24" not in drafts.text
    assert browser(cast.stranger).get("/vi/desk/listings").text.count("Máy ") == 0


def test_one_press_confirms_and_leads_to_the_next(database: Database, cast: Cast, browser: OpenBrowser) -> None:
    first, second = (made(database, cast, state=one) for one in ("due", "stale"))
    mine = browser(cast.owner)
    assert "mục cần bạn xác nhận" in mine.get("/vi/desk/listings").text
    page = mine.get("/vi/desk/listings?show=due")
    assert page.text.count("Vẫn còn đúng") == 2
    answer = mine.post(f"/vi/desk/listings/{first}/confirm")
    assert answer.headers["location"] == "/vi/desk/listings?show=due"
    assert state(database, first) == "published"
    assert mine.post(f"/vi/desk/listings/{second}/confirm").headers["location"] == "/vi/desk/listings"
    assert state(database, second) == "published"


def test_moves_by_one_press_and_what_no_longer_fits_is_said(
    database: Database, settings: Settings, cast: Cast, browser: OpenBrowser
) -> None:
    public_id = submitted(database, settings, cast)
    mine = browser(cast.owner)
    here = f"/vi/desk/listings/{public_id}"
    assert mine.get(here).headers["location"] == f"{here}/status"
    for move, after in (("recall", "draft"), ("recall", "draft"), ("archive", "draft"), ("reopen", "draft")):
        answer = mine.post(f"{here}/{move}")
        assert answer.status_code == 303
        assert state(database, public_id) == after
    page = mine.get(f"{here}/status")
    assert "Thao tác này không còn phù hợp với trạng thái hiện tại" in page.text


def test_withdrawing_asks_why(database: Database, settings: Settings, cast: Cast, browser: OpenBrowser) -> None:
    public_id = published(database, settings, cast)
    mine = browser(cast.owner)
    here = f"/vi/desk/listings/{public_id}"
    refused = mine.post(f"{here}/withdraw", data={"reason": "other", "note": ""})
    assert refused.status_code == 422
    assert "Hãy ghi rõ lý do" in refused.text
    assert state(database, public_id) == "published"
    done = mine.post(f"{here}/withdraw", data={"reason": "sold", "note": "Đã ký hợp đồng"})
    assert done.status_code == 303
    page = mine.get(f"{here}/status").text
    assert "Đã ký hợp đồng" in page
    assert browser(None).get(f"/vi/listings/may-{public_id}").status_code == 410
    assert mine.post(f"{here}/reopen").headers["location"] == here
    assert state(database, public_id) == "draft"


def test_the_operator_returns_with_reasons_that_stand_at_the_fields(
    database: Database, settings: Settings, cast: Cast, browser: OpenBrowser
) -> None:
    public_id = submitted(database, settings, cast)
    operator, mine = browser(cast.operator), browser(cast.owner)
    with count_queries(database) as sent:
        page = operator.get(f"/vi/review/{public_id}")
    assert len(sent) <= 9, sent
    assert "Cần sửa gì ở “Lợi ích trong một câu”?" in page.text
    empty = operator.post(f"/vi/review/{public_id}/return", data={"version": "2"})
    assert empty.status_code == 422
    assert state(database, public_id) == "submitted"
    answer = operator.post(
        f"/vi/review/{public_id}/return",
        data={"version": "2", "reasons.benefit": "Thêm con số <so sánh>", "note": "Gần xong rồi"},
    )
    assert answer.headers["location"] == "/vi/review"
    form = mine.get(f"/vi/desk/listings/{public_id}").text
    assert "Thêm con số &lt;so sánh&gt;" in form
    assert "Gần xong rồi" in form
    assert 'href="#f-benefit"' in form
    with database.read_only() as session:
        (entry,) = session.query(AuditEntry).all()
    assert (entry.action, entry.actor_id, entry.data["fields"]) == ("return", cast.operator.id, ["benefit"])


def test_an_approval_of_an_older_version_shows_the_new_one(
    database: Database, settings: Settings, cast: Cast, browser: OpenBrowser
) -> None:
    public_id = submitted(database, settings, cast)
    operator = browser(cast.operator)
    late = operator.post(f"/vi/review/{public_id}/approve", data={"version": "1", "note": "Ghi chú giữ lại"})
    assert late.status_code == 412
    assert "Ghi chú giữ lại" in late.text
    assert state(database, public_id) == "submitted"
    assert operator.post(f"/vi/review/{public_id}/approve", data={"version": "2"}).status_code == 303
    again = operator.post(f"/vi/review/{public_id}/approve", data={"version": "3"})
    assert again.status_code == 409
    assert state(database, public_id) == "published"


def test_what_changed_while_public_is_looked_at_and_may_be_suspended(
    database: Database, settings: Settings, cast: Cast, browser: OpenBrowser
) -> None:
    public_id = published(database, settings, cast)
    with database.unit_of_work() as session:
        data = parse(TECHNOLOGY | {"benefit": "Giảm 45 % điện"})
        commands.update(session, actor=cast.owner_actor, public_id=public_id, version=None, data=data, now=NOW)
    operator = browser(cast.operator)
    assert public_id in operator.get("/vi/review?show=recheck").text
    assert operator.post(f"/vi/review/{public_id}/checked", data={"version": "4"}).status_code == 303
    assert public_id not in operator.get("/vi/review?show=recheck").text
    assert operator.post(f"/vi/review/{public_id}/suspend", data={"note": ""}).status_code == 422
    assert operator.post(f"/vi/review/{public_id}/suspend", data={"note": "Khiếu nại"}).status_code == 303
    assert state(database, public_id) == "suspended"
    assert public_id in operator.get("/vi/review?show=suspended").text
    assert operator.post(f"/vi/review/{public_id}/reinstate", data={}).status_code == 303
    assert state(database, public_id) == "published"


@pytest.mark.parametrize("path", ["/vi/review", "/vi/review?show=recheck", "/en/review"])
def test_the_review_is_the_operators(path: str, cast: Cast, browser: OpenBrowser) -> None:
    assert browser(cast.operator).get(path).status_code == 200
    assert browser(cast.owner).get(path).status_code == 403
    assert browser(None).get(path).status_code == 303


def test_the_confidential_part_is_written_and_read_by_its_own_people(
    database: Database, settings: Settings, cast: Cast, browser: OpenBrowser
) -> None:
    public_id = published(database, settings, cast)
    mine = browser(cast.owner)
    here = f"/vi/desk/listings/{public_id}/confidential"
    sent = mine.post(
        here,
        data={"confidential": "Bí quyết <62 °C>"},
        files=[("confidential_file", ("Bí mật.pdf", sample_files.pdf("secret"), "application/pdf"))],
    )
    assert sent.status_code == 303, sent.text
    page = mine.get(here)
    assert "Bí quyết &lt;62 °C&gt;" in page.text
    assert page.headers["cache-control"] == "private, no-store"
    address = re.search(r'href="(/files/confidential/[0-9a-z]{12})"', page.text)
    assert address is not None
    got = mine.get(address[1])
    assert (got.status_code, got.headers["cache-control"]) == (200, "private, no-store")
    assert "filename*=UTF-8''B%C3%AD%20m%E1%BA%ADt.pdf" in got.headers["content-disposition"]
    for other in (cast.stranger, cast.operator, None):
        assert browser(other).get(address[1]).status_code == 404
    assert browser(cast.stranger).get(here).status_code == 403
    assert browser(cast.operator).get(here).status_code == 403
    removed = mine.post(here, data={"confidential": "Bí quyết", f"remove.{address[1].rpartition('/')[2]}": "true"})
    assert removed.status_code == 303
    assert mine.get(address[1]).status_code == 404
    wrong = mine.post(here, data={"confidential": "giữ lại"}, files=[("confidential_file", ("x.pdf", b"MZ\0\0"))])
    assert wrong.status_code == 422
    assert "giữ lại" in wrong.text


def test_public_files_may_be_kept_by_caches_and_go_with_their_listing(
    database: Database, settings: Settings, cast: Cast, browser: OpenBrowser
) -> None:
    public_id = published(database, settings, cast)
    mine, nobody = browser(cast.owner), browser(None)
    shown = fields_of(mine.get(f"/vi/desk/listings/{public_id}").text)
    sent = mine.post(
        f"/vi/desk/listings/{public_id}",
        data=shown | {"do": "save"},
        files=[("picture", ("a.png", sample_files.png(700, 400), "image/png"))],
    )
    assert sent.status_code == 303, sent.text
    page = nobody.get(f"/vi/listings/x-{public_id}", follow_redirects=True).text
    address = re.search(r"/files/[0-9a-z]{12}/640\.(?:webp|jpg)", page)
    assert address is not None
    got = nobody.get(address[0])
    assert got.headers["cache-control"] == "public, max-age=3600"
    assert got.headers["content-disposition"] == "inline"
    assert nobody.get(address[0].replace("640", "641")).status_code == 404
    assert nobody.get(address[0].rpartition("/")[0] + "/..%2f..%2fsecret").status_code == 404
    mine.post(f"/vi/desk/listings/{public_id}/withdraw", data={"reason": "sold"})
    assert nobody.get(address[0]).status_code == 404
    assert mine.get(address[0]).headers["cache-control"] == "private, no-store"


def test_the_public_page_tells_its_owner_and_the_operator_the_way_on(
    database: Database, settings: Settings, cast: Cast, browser: OpenBrowser
) -> None:
    public_id = published(database, settings, cast)
    here = f"/vi/fragments/listings/{public_id}/owner"
    assert f"/vi/desk/listings/{public_id}" in browser(cast.owner).get(here).text
    assert f"/vi/review/{public_id}" in browser(cast.operator).get(here).text
    for other in (cast.stranger, None):
        answer = browser(other).get(here)
        assert (answer.status_code, answer.text) == (204, "")


@pytest.mark.parametrize("locale", ["vi", "en"])
def test_every_page_is_shown_in_both_languages(
    locale: str, database: Database, settings: Settings, cast: Cast, browser: OpenBrowser
) -> None:
    public_id = published(database, settings, cast)
    mine, operator = browser(cast.owner), browser(cast.operator)
    paths = ["/desk/listings", "/desk/listings/new", *(f"/desk/listings/new/{kind}" for kind in ("technology", "need"))]
    paths += [f"/desk/listings/{public_id}{tail}" for tail in ("", "/status", "/confidential", "/preview")]
    for path in paths:
        assert mine.get(f"/{locale}{path}").status_code == 200, path
    assert operator.get(f"/{locale}/review/{public_id}").status_code == 200
    assert mine.get(f"/{locale}/desk/needs/new").headers["location"] == f"/{locale}/desk/listings/new/need"
    if locale == "en":
        assert "Withdraw" in mine.get(f"/en/desk/listings/{public_id}/status").text
