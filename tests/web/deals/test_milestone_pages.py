"""The pages of milestones, as two people walk them: planned, signed, reported with a file, returned, accepted."""

from app.database import Database
from app.features.enquiries.quoting import accept
from app.models import DealMilestone, DealMilestoneChange
from tests.factories import NOW
from tests.features.enquiries.scene import Scene
from tests.features.enquiries.test_races import ALL
from tests.integrations import sample_files
from tests.query_budget import count_queries
from tests.web.enquiries.conftest import Browser, _fixed_moment, browser, buyer, holder, scene, stranger, talked

__all__ = ["_fixed_moment", "browser", "buyer", "holder", "scene", "stranger", "talked"]

DEAL = "/vi/desk/deals/TV-2026-000001"
HERE = f"{DEAL}/milestones"
PLAN = {"title": "Chạy thử 72 giờ", "due_on": "2027-01-31", "amount": "300.000.000"}


def milestone(database: Database) -> DealMilestone:
    with database.read_only() as session:
        return session.query(DealMilestone).one()


def test_from_the_plan_to_an_accepted_milestone(
    database: Database, scene: Scene, talked: str, buyer: Browser, holder: Browser, stranger: Browser
) -> None:
    with database.unit_of_work() as session:
        accept(session, actor=scene.buyer, number=talked, revision=1, data=ALL, now=NOW)
    assert "Chưa có mốc nào" in buyer.page(HERE)
    bad = holder.post(f"{HERE}/new", {**PLAN, "amount": "nhiều", "title": ""})
    assert bad.status_code == 422
    assert 'value="nhiều"' in bad.text
    assert 'value="2027-01-31"' in bad.text
    early = holder.post(f"{HERE}/new", {**PLAN, "due_on": "2026-01-31"})
    assert early.status_code == 422
    assert "Hạn của mốc phải không trước ngày thoả thuận." in early.text
    assert holder.post(f"{HERE}/new", PLAN).headers["location"] == HERE
    page = buyer.page(HERE)
    assert "300.000.000" in page
    assert "31/01/2027" in page
    here = f"{HERE}/{milestone(database).public_id}"
    assert holder.post(f"{here}/report", {"evidence": "Xong"}).status_code == 303
    assert milestone(database).state == "planned", "no contract yet"

    holder.post(f"{DEAL}/contract", {"contract_date": "2026-11-20"})
    empty = holder.post(f"{here}/report", {"evidence": ""})
    assert empty.status_code == 422
    assert "Hãy viết đã làm gì" in empty.text
    fake = holder.post(f"{here}/report", {"evidence": "Xong"}, {"files": ("a.pdf", b"\x00\x01\x02", "application/pdf")})
    assert fake.status_code == 422
    sent = {"files": ("bien-ban.pdf", sample_files.pdf("Bien ban"), "application/pdf")}
    assert holder.post(f"{here}/report", {"evidence": "Chạy 72 giờ"}, sent).status_code == 303
    assert "Bên kia đã báo xong một mốc" in buyer.page(DEAL)
    page = buyer.page(HERE)
    assert "bien-ban.pdf" in page
    file = page.split(f"{DEAL}/files/")[1].split('"')[0]
    answer = buyer.get(f"{DEAL}/files/{file}")
    assert answer.content.startswith(b"%PDF")
    assert answer.headers["content-disposition"].startswith("attachment")
    for path in (HERE, here, f"{DEAL}/files/{file}"):
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"{here}/accept", {}).status_code == 404

    assert buyer.post(f"{here}/return", {"note": ""}).status_code == 422
    assert buyer.post(f"{here}/return", {"note": "Thiếu biên bản đo"}).status_code == 303
    assert "Thiếu biên bản đo" in holder.page(HERE)
    assert holder.post(f"{here}/report", {"evidence": "Đã bổ sung"}).status_code == 303
    assert holder.post(f"{here}/accept", {}).status_code == 303
    assert milestone(database).state == "reported", "nobody accepts what they reported"
    assert buyer.post(f"{here}/accept", {"side": "buyer"}).status_code == 303
    assert milestone(database).state == "accepted"


def test_a_signed_plan_is_changed_by_both(
    database: Database, scene: Scene, talked: str, buyer: Browser, holder: Browser
) -> None:
    with database.unit_of_work() as session:
        accept(session, actor=scene.buyer, number=talked, revision=1, data=ALL, now=NOW)
    holder.post(f"{HERE}/new", PLAN)
    holder.post(f"{DEAL}/contract", {"contract_date": "2026-11-20"})
    here = f"{HERE}/{milestone(database).public_id}"
    assert "đây là một đề nghị" in buyer.page(here)
    assert buyer.post(here, {**PLAN, "due_on": "2027-02-28", "reason": "Tết"}).status_code == 303
    assert milestone(database).due_on.isoformat() == "2027-01-31"
    with database.read_only() as session:
        change = session.query(DealMilestoneChange).one().public_id
    with count_queries(database) as sent:
        page = holder.page(HERE)
    assert len(sent) <= 11, sent
    assert "28/02/2027" in page
    assert "Tết" in page
    answer = f"{DEAL}/milestone-changes/{change}"
    assert buyer.post(answer, {"answer": "agree", "side": "buyer"}).status_code == 303
    assert milestone(database).due_on.isoformat() == "2027-01-31"
    assert holder.post(answer, {"answer": "khong-co"}).status_code == 404
    assert holder.post(answer, {"answer": "agree", "side": "holder"}).status_code == 303
    assert milestone(database).due_on.isoformat() == "2027-02-28"
    assert buyer.post(f"{here}/remove", {"note": "Gộp"}).status_code == 303
    assert "Remove milestone “Chạy thử 72 giờ”" in holder.page(HERE.replace("/vi/", "/en/"))


def test_open_milestones_are_said_before_the_end(
    database: Database, scene: Scene, talked: str, buyer: Browser, holder: Browser
) -> None:
    with database.unit_of_work() as session:
        accept(session, actor=scene.buyer, number=talked, revision=1, data=ALL, now=NOW)
    holder.post(f"{HERE}/new", PLAN)
    holder.post(f"{DEAL}/contract", {"contract_date": "2026-11-20"})
    given = {"value": "1.000.000.000", "shown": "band", "note": ""}
    refused = buyer.post(f"{DEAL}/outcome", given)
    assert refused.status_code == 422
    assert "Còn mốc chưa được chấp nhận" in refused.text
    refused = buyer.post(f"{DEAL}/acceptance", {"side": "buyer"})
    assert refused.status_code == 422
    assert refused.text.count('id="f-accept_open"') == 1
    assert refused.text.count('id="f-despite_open"') == 1
    assert refused.text.count('class="field-error"') == 1
    assert buyer.post(f"{DEAL}/acceptance", {"accept_open": "true"}).status_code == 303
    assert "Đã nghiệm thu" in holder.page(DEAL)
    assert buyer.post(f"{DEAL}/outcome", given).status_code == 303
    assert holder.post(f"{DEAL}/outcome", given).status_code == 303
    assert "Hoàn thành, hai bên xác nhận" in buyer.page(DEAL)
