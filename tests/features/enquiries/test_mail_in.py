"""Answers by e-mail: into the one conversation their address was made for, from its person only, once, unquoted."""

import importlib
import io
from dataclasses import dataclass
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from pypdf import PdfWriter
from sqlalchemy import select

from app.database import Database
from app.features.enquiries.commands import decline
from app.features.enquiries.schemas import DeclineInput
from app.integrations.mail import stored_mails
from app.integrations.mail.replying import Thread, read_address, read_answer, reply_address, written
from app.jobs.worker import run_due
from app.models import EnquiryFile, EnquiryMessage
from app.settings import Settings
from app.terminal.mail_in import take
from tests.factories import NOW
from tests.features.enquiries.scene import Scene, asked
from tests.features.enquiries.test_commands import actions, counted, letters, request_of

SECRET = "0123456789abcdef0123456789abcdef"
DOMAIN = "reply.techmart.test"


def pdf() -> bytes:
    writer, buffer = PdfWriter(), io.BytesIO()
    writer.add_blank_page(width=595, height=842)
    writer.write(buffer)
    return buffer.getvalue()


@dataclass
class Installed:
    """What the terminal verb works on."""

    database: Database
    settings: Settings


@pytest.fixture
def installed(database: Database, settings: Settings) -> Installed:
    importlib.import_module("app.features.messages.delivery")
    secret = SecretStr(SECRET)
    return Installed(database, settings.model_copy(update={"mail_reply_domain": DOMAIN, "mail_reply_secret": secret}))


def mail(to: str, body: str, *, sender: str = "ban@vien.test", message_id: str = "<1@vien.test>") -> EmailMessage:
    made = EmailMessage()
    made["From"] = f"Lê Văn Viện <{sender}>"
    made["To"] = to
    made["Message-ID"] = message_id
    made["Subject"] = "Re: hỏi giá"
    made.set_content(body)
    return made


def holder_address(database: Database, scene: Scene, number: str) -> str:
    thread = Thread(request_of(database, number).public_id, "holder", scene.holder_person.id)
    return reply_address(thread, secret=SECRET, domain=DOMAIN)


def bodies(database: Database) -> list[str]:
    with database.read_only() as session:
        return list(session.scalars(select(EnquiryMessage.body).order_by(EnquiryMessage.at)))


def test_a_letter_is_answered_into_its_conversation(database: Database, scene: Scene, installed: Installed) -> None:
    number = asked(database, scene)
    run_due(database, installed.settings, now=NOW)
    letter = next(one for one in stored_mails(installed.settings.mail_folder) if "ban@vien.test" in one.to)
    address = holder_address(database, scene, number)
    assert letter.text.startswith("##- Write your answer above this line")
    raw = mail(address, f"Xin gửi bản vẽ.\n\nOn Mon, Techmart <{address}> wrote:\n> {letter.text}").as_bytes()
    assert take(installed, raw) == "posted"  # type: ignore[arg-type]
    assert take(installed, raw) == "posted"  # type: ignore[arg-type]
    assert bodies(database) == ["Xin gửi bản vẽ."]
    assert actions(database) == ["send", "clarify"]
    assert request_of(database, number).awaits == "buyer"


def test_letters_say_where_answers_go_only_when_they_come_back(
    database: Database, scene: Scene, installed: Installed, settings: Settings
) -> None:
    number = asked(database, scene)
    run_due(database, settings, now=NOW)
    for one in stored_mails(settings.mail_folder):
        assert "##-" not in one.text
        assert settings.operator_email in one.text
    assert len(holder_address(database, scene, number).partition("@")[0]) <= 64


@pytest.mark.parametrize("sender", ["mua@nongsan.test", "la@noikhac.test", "gia.mao@vien.test"])
def test_only_from_its_own_person(database: Database, scene: Scene, installed: Installed, sender: str) -> None:
    address = holder_address(database, scene, asked(database, scene))
    before = letters(database)
    found = take(installed, mail(address, "Chen vào", sender=sender).as_bytes())  # type: ignore[arg-type]
    assert found == "not taken: wrong_sender"
    assert (bodies(database), letters(database)) == ([], before)


def test_a_person_who_left_writes_nothing_more(database: Database, scene: Scene, installed: Installed) -> None:
    number = asked(database, scene)
    thread = Thread(request_of(database, number).public_id, "holder", scene.stranger_person.id)
    address = reply_address(thread, secret=SECRET, domain=DOMAIN)
    raw = mail(address, "Chen vào", sender=scene.stranger_person.email).as_bytes()
    assert take(installed, raw) == "not taken: unknown"  # type: ignore[arg-type]
    assert bodies(database) == []


def test_closed_and_empty_are_told_to_the_writer(database: Database, scene: Scene, installed: Installed) -> None:
    number = asked(database, scene)
    address = holder_address(database, scene, number)
    empty = mail(address, "##- dòng này\n> trích", message_id="<2@vien.test>").as_bytes()
    assert take(installed, empty) == "not taken: empty"  # type: ignore[arg-type]
    with database.unit_of_work() as session:
        decline(session, actor=scene.holder, number=number, data=DeclineInput(reason="too_early"), now=NOW)
    for _twice in range(2):
        late = mail(address, "Khoan đã", message_id="<3@vien.test>").as_bytes()
        assert take(installed, late) == "not taken: refused"  # type: ignore[arg-type]
    told = [one for one in letters(database) if one[0] == "enquiry_answer_refused"]
    assert len(told) == 2
    assert bodies(database) == []


def test_files_are_checked_and_named_when_refused(database: Database, scene: Scene, installed: Installed) -> None:
    made = mail(holder_address(database, scene, asked(database, scene)), "Gửi kèm hai tệp.")
    made.add_attachment(pdf(), maintype="application", subtype="pdf", filename="ban-ve.pdf")
    made.add_attachment(b"MZ\x90\x00", maintype="application", subtype="pdf", filename="la.pdf")
    assert take(installed, made.as_bytes()) == "posted"  # type: ignore[arg-type]
    with database.read_only() as session:
        assert session.scalars(select(EnquiryFile.filename)).all() == ["ban-ve.pdf"]
    (body,) = bodies(database)
    assert body.startswith("Gửi kèm hai tệp.")
    assert "la.pdf" in body


def test_machines_and_strangers_addresses_are_left_out(database: Database, scene: Scene, installed: Installed) -> None:
    address = holder_address(database, scene, asked(database, scene))
    away = mail(address, "Tôi đi vắng")
    away["Auto-Submitted"] = "auto-replied"
    assert take(installed, away.as_bytes()) == "not taken: sent by a machine"  # type: ignore[arg-type]
    forged = address.replace(address[-40], "b" if address[-40] != "b" else "c", 1)
    for other in (forged, "lienhe@techmart.test"):
        assert take(installed, mail(other, "Chào").as_bytes()) == "not taken: to no address of ours"  # type: ignore[arg-type]
    assert take(installed, b"not a letter") == "not taken: the letter has no single sender or no Message-ID"  # type: ignore[arg-type]
    assert counted(database, EnquiryMessage) == 0


@given(st.uuids(), st.sampled_from(["buyer", "holder"]), st.integers(6, 60), st.sampled_from("234567abcxyz"))
def test_an_address_opens_its_thread_and_no_changed_one_any(person: object, side: str, place: int, sign: str) -> None:
    thread = Thread("b00000000000", side, person)  # type: ignore[arg-type]
    address = reply_address(thread, secret=SECRET, domain=DOMAIN)
    assert read_address(address.upper(), secret=SECRET) == thread
    assert read_address(address, secret=SECRET[::-1]) is None
    changed = address[:place] + sign + address[place + 1 :]
    assert changed == address or read_address(changed, secret=SECRET) is None


@pytest.mark.parametrize(
    "text",
    [
        "Đồng ý giá này.\n\nVào Th 2, 23 thg 11, 2026 vào lúc 10:00 Techmart <a@b.test> đã viết:\n> ##- Viết\n",
        "Đồng ý giá này.\n\nTừ: Techmart <a@b.test>\nĐã gửi: 23/11/2026\nĐến: Lê\nChủ đề: giá\n\ncũ",
        "Đồng ý giá này.\n\nOn Mon, Nov 23, 2026 at 10:00 AM Techmart <a@b.test> wrote:\n> old\n",
        "Đồng ý giá này.\n> ##- Write your answer above this line -##\n> Dear",
        "Đồng ý giá này.\r\n\r\n-----Original Message-----\r\nFrom: a\r\n",
    ],
)
def test_what_is_quoted_is_left_out(text: str) -> None:
    assert written(text) == "Đồng ý giá này."


def test_a_letter_of_html_alone_is_read() -> None:
    made = mail("a@b.test", "")
    made.set_content("<p>Xin chào &amp; cảm ơn</p><script>x()</script><blockquote>cũ</blockquote>", subtype="html")
    assert read_answer(made.as_bytes()).text == "Xin chào & cảm ơn"
