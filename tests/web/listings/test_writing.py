"""Writing a listing in the browser: from the choice of kind to the operator's approval."""

import json
from pathlib import Path

import pytest

from app.database import Database
from app.features.listings import queries
from app.features.listings.importing import import_file
from app.models import Listing
from app.settings import Settings
from tests.factories import NOW
from tests.integrations import sample_files
from tests.web.listings.answers import ALL, NEED, TECHNOLOGY
from tests.web.listings.conftest import Cast, OpenBrowser


def only(database: Database) -> Listing:
    with database.read_only() as session:
        return session.query(Listing).one()


def public_id_of(location: str) -> str:
    return location.rpartition("/listings/")[2].partition("/")[0].partition("?")[0]


@pytest.mark.parametrize("kind", ALL)
def test_every_kind_is_written_submitted_and_approved(
    kind: str, database: Database, cast: Cast, browser: OpenBrowser
) -> None:
    mine, operator = browser(cast.owner), browser(cast.operator)
    assert mine.get(f"/vi/desk/listings/new/{kind}").status_code == 200
    sent = mine.post(f"/vi/desk/listings/new/{kind}", data=ALL[kind] | {"do": "submit"})
    assert sent.status_code == 303, sent.text
    public_id = public_id_of(sent.headers["location"])
    assert mine.get(sent.headers["location"]).status_code == 200
    for page in ("/vi/review", f"/vi/review/{public_id}", f"/en/review/{public_id}"):
        assert operator.get(page).status_code == 200
    approved = operator.post(f"/vi/review/{public_id}/approve", data={"version": only(database).version})
    assert approved.status_code == 303
    row = only(database)
    assert row.state == "published"
    assert browser(None).get(f"/vi/listings/{row.slug}-{public_id}").status_code == 200


def test_typed_values_are_stored_in_their_one_form(database: Database, cast: Cast, browser: OpenBrowser) -> None:
    mine = browser(cast.owner)
    mine.post("/vi/desk/listings/new/technology", data=TECHNOLOGY)
    row = only(database)
    assert (row.price_from, row.price_to, row.price_currency) == (380_000_000, 420_000_000, "VND")
    assert row.keywords == ["sấy", "bơm nhiệt"]
    assert row.owners == [{"name": "Viện Cơ điện", "percent": 60.0}, {"name": "Công ty Sấy", "percent": 40.0}]
    assert row.details["standards"] == ["TCVN 9705", "ISO 9001"]
    with database.read_only() as session:
        codes = queries.detail(session, actor=cast.owner_actor, public_id=row.public_id).classifications
    assert [(one.scheme, one.code) for one in codes] == [
        ("priority-field", "high-tech-agriculture"),
        ("vsic", "C"),
        ("ipc", "F26B"),
    ]


@pytest.mark.parametrize("kind", ALL)
def test_saving_what_the_form_shows_changes_nothing(
    kind: str, database: Database, cast: Cast, browser: OpenBrowser
) -> None:
    from tests.web.listings.reading import fields_of

    mine = browser(cast.owner)
    mine.post(f"/vi/desk/listings/new/{kind}", data=ALL[kind])
    row = only(database)
    shown = fields_of(mine.get(f"/vi/desk/listings/{row.public_id}").text)
    answer = mine.post(f"/vi/desk/listings/{row.public_id}", data=shown | {"do": "save"})
    assert answer.status_code == 303
    assert only(database).version == row.version


def test_a_draft_may_be_empty_and_tells_its_gaps_when_submitted(
    database: Database, cast: Cast, browser: OpenBrowser
) -> None:
    mine = browser(cast.owner)
    sent = mine.post("/vi/desk/listings/new/technology", data={"title": "Máy sấy", "do": "submit"})
    assert sent.status_code == 422
    assert "Hãy nêu bài toán mà công nghệ giải quyết" in sent.text
    assert "Bản nháp đã được lưu" in sent.text
    row = only(database)
    assert (row.state, row.title) == ("draft", "Máy sấy")


def test_nothing_typed_is_lost_on_an_error(database: Database, cast: Cast, browser: OpenBrowser) -> None:
    mine = browser(cast.owner)
    wrong = TECHNOLOGY | {"price.from": "rất nhiều", "details.problem": "Vấn đề <đặc biệt>"}
    sent = mine.post("/vi/desk/listings/new/technology", data=wrong)
    assert sent.status_code == 422
    assert "Vấn đề &lt;đặc biệt&gt;" in sent.text
    assert 'value="rất nhiều"' in sent.text
    with database.read_only() as session:
        assert session.query(Listing).count() == 0


def test_two_people_at_once_lose_neither_text(database: Database, cast: Cast, browser: OpenBrowser) -> None:
    mine = browser(cast.owner)
    mine.post("/vi/desk/listings/new/technology", data=TECHNOLOGY)
    row = only(database)
    here = f"/vi/desk/listings/{row.public_id}"
    assert mine.post(here, data=TECHNOLOGY | {"version": "1", "title": "Tên thứ nhất"}).status_code == 303
    late = mine.post(here, data=TECHNOLOGY | {"version": "1", "title": "Tên thứ hai"})
    assert late.status_code == 409
    assert "Tên thứ hai" in late.text
    assert only(database).title == "Tên thứ nhất"
    again = mine.post(here, data=TECHNOLOGY | {"version": "2", "title": "Tên thứ hai"})
    assert again.status_code == 303
    assert only(database).title == "Tên thứ hai"


def test_rows_and_levels_work_without_javascript(database: Database, cast: Cast, browser: OpenBrowser) -> None:
    mine = browser(cast.owner)
    more = mine.post("/vi/desk/listings/new/technology", data={"title": "Giữ lại", "_add": "owners"})
    assert more.status_code == 200
    assert 'value="Giữ lại"' in more.text
    level = mine.post("/vi/desk/listings/new/technology", data={"trl": "2", "do": "refresh"})
    assert level.text.index("f-details-method_plan") < level.text.index("f-details-capacity")
    with database.read_only() as session:
        assert session.query(Listing).count() == 0


def test_readiness_fragment_keeps_what_was_typed(cast: Cast, browser: OpenBrowser) -> None:
    typed = {"trl": "5", "details.prototype_data": "Mẫu 50 kg", "details.method_plan": "Kế hoạch"}
    answer = browser(cast.owner).post("/vi/fragments/listings/readiness", data=typed)
    assert answer.status_code == 200
    assert "Mẫu 50 kg" in answer.text
    assert "Kế hoạch" in answer.text
    assert "<html" not in answer.text


def test_pictures_and_documents_come_with_the_form(database: Database, cast: Cast, browser: OpenBrowser) -> None:
    mine = browser(cast.owner)
    sent = mine.post(
        "/vi/desk/listings/new/technology",
        data=TECHNOLOGY,
        files=[
            ("picture", ("anh.jpg", sample_files.jpeg(), "image/jpeg")),
            ("document", ("Ban ve.pdf", sample_files.pdf(), "application/pdf")),
        ],
    )
    assert sent.status_code == 303, sent.text
    row = only(database)
    with database.read_only() as session:
        detail = queries.detail(session, actor=cast.owner_actor, public_id=row.public_id)
    (picture,), (document,) = detail.pictures, detail.documents
    assert picture.widths == (320, 640, 1280)
    assert document.filename == "Ban ve.pdf"
    shown = mine.get(picture.path(640))
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
    assert shown.headers["cache-control"] == "private, no-store"
    assert browser(None).get(picture.path(640)).status_code == 404
    saved = mine.get(document.path())
    assert saved.headers["content-disposition"].startswith('attachment; filename="Ban ve.pdf"')
    assert saved.headers["x-content-type-options"] == "nosniff"
    removed = mine.post(
        f"/vi/desk/listings/{row.public_id}",
        data=TECHNOLOGY
        | {
            "version": str(row.version),
            f"files.{document.public_id}.remove": "true",
            f"files.{picture.public_id}.caption": "Máy sấy nhìn từ trước",
        },
    )
    assert removed.status_code == 303, removed.text
    with database.read_only() as session:
        detail = queries.detail(session, actor=cast.owner_actor, public_id=row.public_id)
    assert detail.documents == ()
    assert detail.pictures[0].caption == "Máy sấy nhìn từ trước"
    assert mine.get(document.path()).status_code == 404


def test_a_file_that_is_not_taken_is_told_at_its_field(database: Database, cast: Cast, browser: OpenBrowser) -> None:
    sent = browser(cast.owner).post(
        "/vi/desk/listings/new/technology",
        data=TECHNOLOGY,
        files=[("picture", ("virus.jpg", b"MZ\x90 not a picture", "image/jpeg"))],
    )
    assert sent.status_code == 422
    assert "virus.jpg" in sent.text
    with database.read_only() as session:
        assert session.query(Listing).count() == 0


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("description", "Công ty Cơ điện Minh Long cần giải pháp"),
        ("details.baseline", "Liên hệ 0903 123 456"),
        ("details.constraints", "gửi về kythuat@minhlong-codien.vn"),
        ("summary", "MST 0312345678"),
        ("keywords", "minh long, sấy"),
    ],
)
def test_an_anonymous_need_must_not_name_its_organisation(
    field: str, text: str, database: Database, cast: Cast, browser: OpenBrowser
) -> None:
    sent = browser(cast.owner).post("/vi/desk/listings/new/need", data=NEED | {field: text, "do": "submit"})
    if field == "keywords":
        # A firm's name without its legal form counts, “cơ điện minh long”; a part of it may be a common word.
        assert sent.status_code == 303
        return
    assert sent.status_code == 422
    assert f'href="#f-{field.replace(".", "-")}"' in sent.text
    assert only(database).state == "draft"


def test_documents_of_a_need_tell_nothing(database: Database, cast: Cast, browser: OpenBrowser) -> None:
    mine = browser(cast.owner)
    sent = mine.post(
        "/vi/desk/listings/new/need",
        data=NEED,
        files=[("document", ("Minh Long.pdf", sample_files.pdf(author="Minh Long"), "application/pdf"))],
    )
    assert sent.status_code == 303, sent.text
    row = only(database)
    with database.read_only() as session:
        (document,) = queries.detail(session, actor=cast.owner_actor, public_id=row.public_id).documents
    assert document.filename == "tai-lieu-1.pdf"
    assert b"Minh Long" not in mine.get(document.path()).content
    named = sample_files.office("docx", more={"word/footer1.xml": "<w:p>Cơ điện Minh Long</w:p>".encode()})
    refused = mine.post(
        f"/vi/desk/listings/{row.public_id}",
        data=NEED | {"version": str(row.version)},
        files=[("document", ("a.docx", named, "application/zip"))],
    )
    assert refused.status_code == 422


def test_somebody_without_an_organisation_is_told_what_to_do_first(
    database: Database, cast: Cast, browser: OpenBrowser
) -> None:
    page = browser(cast.operator).get("/vi/desk/listings/new/technology")
    assert page.status_code == 200
    assert "Cần một tổ chức đứng tên" in page.text
    refused = browser(cast.operator).post("/vi/desk/listings/new/technology", data=TECHNOLOGY)
    assert refused.status_code == 422
    with database.read_only() as session:
        assert session.query(Listing).count() == 0


def test_another_organisation_reads_and_writes_nothing(database: Database, cast: Cast, browser: OpenBrowser) -> None:
    browser(cast.owner).post("/vi/desk/listings/new/technology", data=TECHNOLOGY)
    row = only(database)
    stranger, nobody = browser(cast.stranger), browser(None)
    for path in ("", "/status", "/preview", "/confidential"):
        assert stranger.get(f"/vi/desk/listings/{row.public_id}{path}").status_code == 404
        assert nobody.get(f"/vi/desk/listings/{row.public_id}{path}").headers["location"].startswith("/vi/sign-in")
    assert stranger.post(f"/vi/desk/listings/{row.public_id}", data=TECHNOLOGY).status_code == 404
    assert stranger.get(f"/vi/review/{row.public_id}").status_code == 403
    assert only(database).version == 1


def test_preview_shows_an_anonymous_need_as_everybody_will_see_it(
    database: Database, cast: Cast, browser: OpenBrowser
) -> None:
    mine = browser(cast.owner)
    sent = mine.post("/vi/desk/listings/new/need", data=NEED | {"do": "preview"})
    page = mine.get(sent.headers["location"])
    assert page.status_code == 200
    assert "Bản xem trước" in page.text
    assert page.headers["cache-control"] == "private, no-store"
    main = page.text[page.text.index("<main") : page.text.index("</main>")]
    assert "Minh Long" not in main
    assert "Giảm ẩm dăm gỗ" in main


def test_a_listing_that_came_in_english_can_be_turned_into_a_vietnamese_one(
    database: Database, settings: Settings, cast: Cast, browser: OpenBrowser, tmp_path: Path
) -> None:
    line = {"kind": "technology", "title": "Heat-pump dryer", "description": "Dries.", "language": "en"}
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps(line | {"organisation": cast.organisation.name}))
    import_file(database, source, settings=settings, now=NOW)
    row = only(database)
    here, mine = f"/vi/desk/listings/{row.public_id}", browser(cast.owner)
    assert 'name="language"' in mine.get(here).text
    kept = mine.post(here, data=TECHNOLOGY | {"version": "1"})
    assert kept.status_code == 303
    assert only(database).language == "en"
    sent = mine.post(here, data=TECHNOLOGY | {"version": "2", "language": "vi", "do": "submit"})
    assert sent.status_code == 303, sent.text
    assert (only(database).language, only(database).state) == ("vi", "submitted")
    assert 'name="language"' not in mine.get("/vi/desk/listings/new/technology").text
