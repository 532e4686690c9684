"""Organisations over HTTP: the public list and page, the desk of their people, the operator's verification."""

import re

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.database import Database
from app.models import AuditEntry, JournalEntry, Membership, Organisation, Person
from app.settings import Settings
from tests import factories
from tests.factories import NOW
from tests.features.accounts.given import letters, person_with_password, token_in
from tests.query_budget import count_queries
from tests.web.people.conftest import OpenBrowser
from tests.web.people.reading import error_at, flash_of, text_of, value_of

TYPED = {
    "name": "Viện Cơ khí Ứng dụng",
    "name_en": "Institute of Applied Mechanics",
    "type": "research_institute",
    "region": "79",
    "tax_code": "0300588569",
    "website": "vien.example.vn",
    "sectors": ["agriculture", "health"],
    "description": "Máy **sấy** cho nông sản.",
    "representative": "Nguyễn Đại Diện",
}


@pytest.fixture
def person(database: Database) -> Person:
    with database.unit_of_work() as session:
        return factories.person(session, name="Trần Chủ Quản")


def set_up(client: TestClient, **given: object) -> str:
    """The public id of an organisation made by form."""
    answer = client.post("/vi/desk/organisations/new", data=TYPED | given)
    assert answer.status_code == 303, error_at(answer, "name")
    return str(answer.headers["location"].rpartition("/")[2])


def test_an_organisation_is_set_up_by_form_and_edited(browser: OpenBrowser, database: Database, person: Person) -> None:
    client = browser(person)
    assert "Bạn chưa đại diện cho tổ chức nào" in text_of(client.get("/vi/desk/organisations"))
    wrong = client.post(
        "/vi/desk/organisations/new", data=TYPED | {"tax_code": "0300588568", "region": "", "name": "X"}
    )
    assert wrong.status_code == 422
    assert error_at(wrong, "tax_code") == (
        "Mã số thuế này sai chữ số kiểm tra: hãy so lại từng chữ số với giấy đăng ký."
    )
    assert error_at(wrong, "region") == "Hãy điền mục này."
    assert error_at(wrong, "name") == "Cần ít nhất 2 ký tự."
    assert value_of(wrong, "website") == "vien.example.vn"
    assert 'value="health" checked' in wrong.text
    assert "Máy **sấy** cho nông sản." in wrong.text
    elsewhere = client.post("/vi/desk/organisations/new", data=TYPED | {"region": "74"})
    assert error_at(elsewhere, "region") == "Hãy chọn một trong các mục có sẵn."

    public_id = set_up(client)
    with database.read_only() as session:
        stored = session.scalars(select(Organisation)).one()
        assert (stored.public_id, stored.authority, stored.slug) == (
            public_id,
            "techmart.test",
            "vien-co-khi-ung-dung",
        )
        assert stored.sectors == ["agriculture", "health"]
    page = client.get(f"/vi/desk/organisations/{public_id}")
    assert value_of(page, "name") == "Viện Cơ khí Ứng dụng"
    assert value_of(page, "version") == "1"
    assert "Trang công khai mở khi tổ chức được xác minh" in text_of(page)
    assert "Viện Cơ khí Ứng dụng" in text_of(client.get("/vi/desk/organisations"))

    answer = client.post(
        f"/vi/desk/organisations/{public_id}", data=TYPED | {"version": "1", "description": "Máy sấy, máy ép."}
    )
    assert answer.status_code == 303
    assert flash_of(client) == "Đã lưu hồ sơ."
    stale = client.post(
        f"/vi/desk/organisations/{public_id}", data=TYPED | {"version": "1", "description": "Bản của tôi"}
    )
    assert stale.status_code == 412
    assert "Bản của tôi" in stale.text
    assert value_of(stale, "version") == "2"
    assert "người khác đã đổi hồ sơ này" in text_of(stale)
    with database.read_only() as session:
        assert session.scalars(select(Organisation.description)).one() == "Máy sấy, máy ép."
        actions = session.scalars(select(JournalEntry.action).order_by(JournalEntry.id)).all()
        assert actions == ["created", "updated"]


def test_a_taken_tax_code_is_told_at_its_field_and_nothing_is_made(
    browser: OpenBrowser, database: Database, person: Person
) -> None:
    with database.unit_of_work() as session:
        factories.organisation(session, tax_code="0300588569", name="Công ty Trước", verified_at=NOW)
    answer = browser(person).post("/vi/desk/organisations/new", data=TYPED)
    assert answer.status_code == 422
    assert (error_at(answer, "tax_code") or "").startswith("“Công ty Trước” trên sàn đã dùng mã số thuế này.")
    english = browser(person).post("/en/desk/organisations/new", data=TYPED)
    assert (error_at(english, "tax_code") or "").startswith("“Công ty Trước” on the exchange has this tax code.")
    with database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(Membership)) == 0


def test_desk_pages_are_for_members(browser: OpenBrowser, database: Database, person: Person) -> None:
    public_id = set_up(browser(person))
    with database.unit_of_work() as session:
        stranger = factories.person(session)
    for path in (f"/vi/desk/organisations/{public_id}", f"/vi/desk/organisations/{public_id}/members"):
        assert browser(None).get(path).status_code == 303
        assert browser(None).post(path, data=TYPED).status_code == 401
        # The organisation has no public page yet, so a stranger may not even know of it.
        assert browser(stranger).get(path).status_code == 404
        assert browser(stranger).post(path, data=TYPED).status_code == 404
    with database.unit_of_work() as session:
        factories.listing(session, of=session.scalars(select(Organisation)).one())
    assert browser(stranger).get(f"/vi/desk/organisations/{public_id}").status_code == 403


def test_a_guest_without_an_account_registers_and_accepts(
    browser: OpenBrowser, database: Database, settings: Settings, person: Person
) -> None:
    owner = browser(person)
    public_id = set_up(owner)
    members = f"/vi/desk/organisations/{public_id}/members"
    wrong = owner.post(members, data={"email": "khach@", "role": "king"})
    assert (wrong.status_code, value_of(wrong, "email")) == (422, "khach@")
    assert owner.post(members, data={"email": "khach@example.test", "role": "editor"}).status_code == 303
    assert flash_of(owner) == "Đã gửi lời mời đến khach@example.test."
    token = token_in(letters(database, settings, to="khach@")[0])
    visitor = browser(None)
    page = visitor.get(f"/vi/invitations/{token}")
    assert "Viện Cơ khí Ứng dụng mời khach@example.test tham gia với vai trò Biên tập ." in text_of(page)
    assert "/vi/register?email=khach%40example.test" in page.text
    assert visitor.post(f"/vi/invitations/{token}").status_code == 401

    other = browser(person_with_password(database))
    assert "chỉ nhận được bằng tài khoản dùng địa chỉ khach@example.test" in text_of(
        other.get(f"/vi/invitations/{token}")
    )
    assert other.post(f"/vi/invitations/{token}").status_code == 403

    guest = browser(person_with_password(database, email="khach@example.test"))
    mine = guest.get("/vi/desk/organisations")
    assert "Lời mời dành cho bạn Viện Cơ khí Ứng dụng" in text_of(mine)
    answer = guest.post(f"/vi/invitations/{token}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/vi/desk/organisations")
    assert flash_of(guest) == "Bạn đã là thành viên của Viện Cơ khí Ứng dụng."
    assert guest.get(f"/vi/invitations/{token}").status_code == 410
    assert guest.post(f"/vi/invitations/{token}").status_code == 409
    assert guest.get(members).status_code == 200
    assert "Mời thêm người" not in text_of(guest.get(members))
    assert guest.post(members, data={"email": "ai@example.test", "role": "owner"}).status_code == 403


def test_an_own_invitation_is_accepted_from_the_list(browser: OpenBrowser, database: Database, person: Person) -> None:
    owner = browser(person)
    public_id = set_up(owner)
    guest = browser(person_with_password(database, email="khach@example.test"))
    owner.post(f"/vi/desk/organisations/{public_id}/members", data={"email": "khach@example.test", "role": "owner"})
    [accept] = re.findall(r"/vi/desk/invitations/[0-9a-f-]+/accept", guest.get("/vi/desk/organisations").text)
    assert owner.post(accept).status_code == 403
    assert guest.post(accept).status_code == 303
    assert guest.post(accept).status_code == 409


def test_members_change_roles_leave_and_keep_an_owner(browser: OpenBrowser, database: Database, person: Person) -> None:
    client = browser(person)
    public_id = set_up(client)
    at = f"/vi/desk/organisations/{public_id}/members"
    with database.unit_of_work() as session:
        editor = factories.person(session, name="Người Biên Tập")
        organisation = session.scalars(select(Organisation)).one()
        session.add(Membership(organisation_id=organisation.id, person_id=editor.id, role="editor", created_at=NOW))
    last = client.post(f"{at}/{person.id}/role", data={"role": "editor"})
    assert last.status_code == 409
    assert "Tổ chức phải luôn có ít nhất một chủ quản" in text_of(last)
    assert client.post(f"{at}/{person.id}/remove").status_code == 409
    assert client.post(f"{at}/{editor.id}/role", data={"role": "king"}).status_code == 422
    assert browser(editor).post(f"{at}/{person.id}/remove").status_code == 403
    assert client.post(f"{at}/{editor.id}/role", data={"role": "owner"}).status_code == 303
    left = client.post(f"{at}/{person.id}/remove")
    assert (left.status_code, left.headers["location"]) == (303, "/vi/desk/organisations")
    assert client.get(at).status_code == 404
    with database.read_only() as session:
        assert session.execute(select(Membership.person_id, Membership.role)).all() == [(editor.id, "owner")]


def test_the_operator_verifies_and_takes_the_mark_away(
    browser: OpenBrowser, database: Database, person: Person
) -> None:
    member = browser(person)
    public_id = set_up(member)
    with database.unit_of_work() as session:
        operator = browser_person = factories.person(session, is_operator=True)
    desk = browser(operator)
    assert browser(None).get("/vi/verification").status_code == 303
    assert member.get("/vi/verification").status_code == 403
    assert member.get(f"/vi/verification/{public_id}").status_code == 403
    assert member.post(f"/vi/verification/{public_id}/verify", data={"evidence": "x" * 20}).status_code == 403
    assert "Viện Cơ khí Ứng dụng" in text_of(desk.get("/vi/verification"))
    page = desk.get(f"/vi/verification/{public_id}")
    assert "Nguyễn Đại Diện" in text_of(page)
    version = value_of(page, "version") or ""
    wrong = desk.post(f"/vi/verification/{public_id}/verify", data={"version": version, "evidence": "ok"})
    assert (wrong.status_code, error_at(wrong, "evidence")) == (422, "Cần ít nhất 10 ký tự.")
    done = desk.post(
        f"/vi/verification/{public_id}/verify", data={"version": version, "evidence": "Khớp Cổng đăng ký doanh nghiệp"}
    )
    assert (done.status_code, done.headers["location"]) == (303, "/vi/verification")
    assert "Không còn tổ chức nào chờ" in text_of(desk.get("/vi/verification"))
    public = browser(None).get(f"/vi/organisations/vien-co-khi-ung-dung-{public_id}")
    assert "Đã xác minh ngày 23/11/2026" in text_of(public)
    assert "Nguyễn Đại Diện" not in public.text
    assert "Khớp Cổng đăng ký" not in public.text

    edit = member.get(f"/vi/desk/organisations/{public_id}")
    renamed = member.post(
        f"/vi/desk/organisations/{public_id}",
        data=TYPED | {"name": "Viện Cơ khí Mới", "version": value_of(edit, "version") or ""},
    )
    assert renamed.status_code == 303
    assert flash_of(member) == "Đã lưu. Vì đổi tên, loại hình hoặc mã số thuế, tổ chức cần được xác minh lại."
    assert "Hết hiệu lực vì hồ sơ đổi" in text_of(desk.get(f"/vi/verification/{public_id}"))
    assert desk.post(f"/vi/verification/{public_id}/revoke", data={"reason": "Lý do đủ dài"}).status_code == 409
    with database.read_only() as session:
        acts = session.execute(select(AuditEntry.action, AuditEntry.actor_id).order_by(AuditEntry.id)).all()
        assert [tuple(act) for act in acts] == [
            ("organisation.verified", browser_person.id),
            ("organisation.verification_lapsed", person.id),
        ]


def test_the_public_page_shows_offers_and_open_needs_only(client: TestClient, database: Database) -> None:
    with database.unit_of_work() as session:
        one = factories.organisation(
            session,
            name="Viện Cơ khí",
            name_en="Mechanics Institute",
            slug="vien-co-khi",
            description="Máy **sấy**",
            website="https://vien.example.vn",
        )
        factories.listing(session, of=one, title="Máy sấy công khai")
        factories.listing(session, of=one, title="Cần buồng sấy", kind="need", trl=None)
        factories.listing(session, of=one, title="Cần giấu tên", kind="need", visibility="anonymous")
        factories.listing(session, of=one, title="Chỉ người được mời", kind="need", visibility="invitation")
        factories.listing(session, of=one, title="Bản nháp", state="draft")
    page = client.get(f"/vi/organisations/vien-co-khi-{one.public_id}")
    assert page.status_code == 200
    words = text_of(page)
    assert "Máy sấy công khai" in words
    assert "Cần buồng sấy" in words
    for hidden in ("Cần giấu tên", "Chỉ người được mời", "Bản nháp"):
        assert hidden not in page.text
    assert "<strong>sấy</strong>" in page.text
    assert '"@type": "ResearchOrganization"' in page.text
    assert "Mechanics Institute" in text_of(client.get(f"/en/organisations/vien-co-khi-{one.public_id}"))
    moved = client.get(f"/vi/organisations/ten-cu-{one.public_id}")
    assert (moved.status_code, moved.headers["location"]) == (301, f"/vi/organisations/vien-co-khi-{one.public_id}")
    assert client.get("/vi/organisations/vien-co-khi-khongcoid12").status_code == 404
    assert page.headers["cache-control"] == "public, no-cache"
    again = client.get(str(page.url), headers={"If-None-Match": page.headers["etag"]})
    assert (again.status_code, again.text) == (304, "")


def test_an_organisation_known_by_an_anonymous_need_alone_is_nowhere(client: TestClient, database: Database) -> None:
    with database.unit_of_work() as session:
        secret = factories.organisation(session, name="Nhà máy Giấu Tên", slug="nha-may")
        factories.listing(session, of=secret, kind="need", visibility="anonymous", trl=None)
    assert client.get(f"/vi/organisations/nha-may-{secret.public_id}").status_code == 404
    for path in ("/vi/organisations", "/vi/organisations?q=giau", "/en/organisations?type=research_institute"):
        assert "Giấu Tên" not in client.get(path).text


def test_the_list_is_searched_filtered_and_paged(client: TestClient, database: Database) -> None:
    with database.unit_of_work() as session:
        for number in range(30):
            factories.organisation(session, name=f"Công ty {number:02d}", type="firm", verified_at=NOW)
        lab = factories.organisation(session, name="Phòng thí nghiệm Đo lường", type="laboratory", imported=True)
        factories.listing(session, of=lab)
    page = client.get("/vi/organisations")
    assert "31 tổ chức" in text_of(page)
    assert text_of(page).count("Công ty ") == 24
    [following] = re.findall(r'rel="next" href="([^"]+)"', page.text)
    second = client.get(following.replace("&amp;", "&"))
    assert "Công ty 24" in text_of(second)
    assert "Phòng thí nghiệm Đo lường" in text_of(second)
    assert "1 tin chào" in text_of(second)
    [back] = re.findall(r'rel="prev" href="([^"]+)"', second.text)
    assert text_of(client.get(back.replace("&amp;", "&"))).count("Công ty ") == 24
    found = client.get("/vi/organisations?q=do+luong&type=laboratory")
    assert "1 tổ chức" in text_of(found)
    assert value_of(found, "q") == "do luong"
    assert 'value="laboratory" selected' in found.text
    assert "noindex" in found.text
    nothing = client.get("/en/organisations?q=khong+co&verified=1")
    assert "No such organisation" in text_of(nothing)
    assert client.get("/vi/organisations?type=rubbish&region=zz&after=rubbish").status_code == 200


def test_pages_of_organisations_cost_few_queries(browser: OpenBrowser, database: Database, person: Person) -> None:
    member = browser(person)
    public_id = set_up(member)
    with database.unit_of_work() as session:
        organisation = session.scalars(select(Organisation)).one()
        for number in range(12):
            factories.listing(session, of=organisation, title=f"Máy {number}")
            factories.organisation(session, verified_at=NOW)
        operator = factories.person(session, is_operator=True)
    desk, visitor = browser(operator), browser(None)
    for client, path, most in (
        # The page's ETag, how many there are, the organisations, what each has.
        (visitor, "/vi/organisations", 4),
        # The ETag, the organisation, its listings with their codes and pictures.
        (visitor, f"/vi/organisations/vien-co-khi-ung-dung-{public_id}", 5),
        (member, "/vi/desk/organisations", 2),
        (member, "/vi/desk/organisations/new", 1),
        (member, f"/vi/desk/organisations/{public_id}", 3),
        (member, f"/vi/desk/organisations/{public_id}/members", 4),
        (desk, "/vi/verification", 3),
        (desk, f"/vi/verification/{public_id}", 4),
    ):
        client.get(path)
        with count_queries(database) as sent:
            assert client.get(path).status_code == 200, path
        assert len(sent) <= most, (path, len(sent), sent)
