"""Letters on the wire: what each sender hands on, and which addresses the settings accept."""

import email
import email.policy
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from app.integrations.mail import (
    FolderSender,
    Letter,
    SmtpAddress,
    SmtpSender,
    read_stored,
    sender_from,
    stored_mails,
    to_mime,
)
from app.settings import Settings, SettingsFault

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def letter(**given: Any) -> Letter:
    values: dict[str, Any] = {
        "key": "0199",
        "sender": "Techmart <khong-tra-loi@techmart.test>",
        "to_name": "Trần Thị Bưởi",
        "to_address": "buoi@example.test",
        "reply_to": "lienhe@techmart.test",
        "subject": "Báo giá máy sấy",
        "text": "Kính gửi bà Bưởi,\n\nĐã có báo giá.\n",
        "html": "<p>Kính gửi bà Bưởi,</p><p>Đã có báo giá.</p>",
        "language": "vi",
        "at": AT,
    }
    return Letter(**(values | given))


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.parametrize("length", range(16, 68))
def test_no_space_is_lost_where_a_long_line_is_broken(tmp_path: Path, length: int) -> None:
    name = "Viện Cơ điện Nông nghiệp và Công nghệ Sau thu hoạch miền Đông Nam Bộ"[:length].strip()
    subject = f"{name} đã nhận yêu cầu báo giá 2026-000001 của Công ty Cổ phần Nông sản"
    FolderSender(tmp_path).send(letter(to_name=name, sender=f'"{name}" <a@b.test>', subject=subject))
    (found,) = stored_mails(tmp_path)
    assert (found.subject, found.to) == (subject, f"{name} <buoi@example.test>")
    raw = (tmp_path / "0199.eml").read_bytes()
    assert str(make_header(decode_header(message_from_bytes(raw)["From"]))) == f"{name} <a@b.test>"
    assert max(len(line) for line in raw.splitlines()) <= 78


def test_a_letter_says_who_sends_it_to_whom_and_in_which_language() -> None:
    message = parsed(to_mime(letter()).as_bytes())
    assert message["From"] == "Techmart <khong-tra-loi@techmart.test>"
    assert message["To"] == "Trần Thị Bưởi <buoi@example.test>"
    assert message["Reply-To"] == "lienhe@techmart.test"
    assert message["Subject"] == "Báo giá máy sấy"
    assert message["Message-ID"] == "<0199@techmart.test>"
    assert message["Content-Language"] == "vi"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == AT
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().splitlines() == ["Kính gửi bà Bưởi,", "", "Đã có báo giá."]
    assert "Đã có báo giá." in html.get_content()


def test_line_ends_in_names_and_subjects_add_no_header() -> None:
    message = parsed(to_mime(letter(to_name="An\r\nBcc: ai@example.test", subject="Chào\nX-Them: 1")).as_bytes())
    assert message["Bcc"] is None
    assert message["X-Them"] is None
    assert message["Subject"] == "Chào X-Them: 1"
    assert len(message["To"].addresses) == 1


def test_the_folder_holds_a_readable_text_and_the_real_message(tmp_path: Path) -> None:
    sender = FolderSender(tmp_path / "mail")
    sender.send(letter(key="0199-a"))
    sender.send(letter(key="0199-b", to_address="khac@example.test", subject="Khác"))
    sender.send(letter(key="0199-a"))
    assert sorted(path.name for path in (tmp_path / "mail").iterdir()) == [
        "0199-a.eml",
        "0199-a.txt",
        "0199-b.eml",
        "0199-b.txt",
    ]
    readable = (tmp_path / "mail" / "0199-a.txt").read_text(encoding="utf-8")
    assert readable.startswith("To: Trần Thị Bưởi <buoi@example.test>\nSubject: Báo giá máy sấy\n\nKính gửi")
    assert [mail.name for mail in stored_mails(tmp_path / "mail")] == ["0199-b", "0199-a"]
    assert [mail.subject for mail in stored_mails(tmp_path / "mail", to="KHAC@")] == ["Khác"]
    one = read_stored(tmp_path / "mail", "0199-a")
    assert one is not None
    assert (one.to, one.language, one.at) == ("Trần Thị Bưởi <buoi@example.test>", "vi", AT)
    assert one.text.startswith("Kính gửi bà Bưởi,")


def test_names_of_stored_letters_lead_nowhere_else(tmp_path: Path) -> None:
    FolderSender(tmp_path / "mail").send(letter())
    (tmp_path / "secret.eml").write_bytes(b"Subject: x\n\ny")
    assert read_stored(tmp_path / "mail", "../secret") is None
    assert read_stored(tmp_path / "mail", "missing") is None
    assert stored_mails(tmp_path / "no-such-folder") == []


def test_the_settings_choose_the_sender(tmp_path: Path) -> None:
    local = sender_from(Settings(data=tmp_path))
    assert isinstance(local, FolderSender)
    assert local.folder == tmp_path / "mail"
    real = sender_from(Settings(data=tmp_path, mail_url=SecretStr("smtp://u:p%40ss@mail.test:587?starttls")))
    assert isinstance(real, SmtpSender)
    assert real.address == SmtpAddress("mail.test", 587, "u", "p@ss", tls=False, starttls=True)


def test_smtp_addresses_bring_their_usual_ports() -> None:
    assert SmtpAddress.read("smtps://u:p@mail.test").port == 465
    assert SmtpAddress.read("smtp://mail.test?starttls").port == 587
    assert SmtpAddress.read("smtp://127.0.0.1").port == 25


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://mail.test", "neither smtp:// nor smtps://"),
        ("smtp://:25", "names no host"),
        ("smtp://mail.test:hai", "the port is not a number"),
        ("smtp://mail.test?tls", "no such option: tls"),
        ("smtp://u:matkhau@mail.test", "would send a password unencrypted"),
    ],
)
def test_a_wrong_address_is_explained_without_its_password(url: str, said: str) -> None:
    with pytest.raises(SettingsFault, match="TECHMART_MAIL_URL") as fault:
        SmtpAddress.read(url)
    assert said in str(fault.value)
    assert "matkhau" not in str(fault.value)


class SmallServer(threading.Thread):
    """Enough of an SMTP server to take one letter."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.commands: list[str] = []
        self.data = b""

    def run(self) -> None:
        connection, _address = self.listener.accept()
        with connection, connection.makefile("rb") as lines:

            def say(text: str) -> None:
                connection.sendall(f"{text}\r\n".encode())

            say("220 small")
            for line in lines:
                command = line.decode().strip()
                self.commands.append(command)
                if command.upper() == "DATA":
                    say("354 go on")
                    while (part := next(lines)) != b".\r\n":
                        self.data += part
                    say("250 taken")
                elif command.upper() == "QUIT":
                    say("221 bye")
                    return
                else:
                    say("250 fine")


@pytest.fixture
def smtp_server() -> Iterator[SmallServer]:
    server = SmallServer()
    server.start()
    yield server
    server.join(5)
    server.listener.close()


def test_smtp_hands_the_letter_to_the_server(smtp_server: SmallServer) -> None:
    SmtpSender(SmtpAddress.read(f"smtp://127.0.0.1:{smtp_server.port}")).send(letter())
    smtp_server.join(5)
    assert any(command.startswith("mail FROM:<khong-tra-loi@techmart.test>") for command in smtp_server.commands)
    assert any(command.startswith("rcpt TO:<buoi@example.test>") for command in smtp_server.commands)
    assert parsed(smtp_server.data)["Subject"] == "Báo giá máy sấy"
