"""Letters are asked for with a command, and sent once, in the recipient's language, to who should still get them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from jinja2 import UndefinedError
from sqlalchemy import select

from app.database import Database
from app.features.messages import Recipient, send_message
from app.features.messages.delivery import deliver
from app.features.messages.rendering import render_letter
from app.features.messages.values import pack, unpack
from app.integrations.mail import stored_mails
from app.jobs.registry import handlers
from app.jobs.worker import run_due
from app.models import Job
from app.settings import Settings
from tests import factories
from tests.factories import NOW


def test_a_letter_is_sent_once_per_occasion_when_the_command_commits(database: Database, settings: Settings) -> None:
    assert handlers["mail.send"] is deliver
    with database.unit_of_work() as session:
        one = factories.person(session, email="an@example.test", name="Lê An")
        asked: dict[str, Any] = {
            "to": one,
            "template": "account_password_changed",
            "context": {"changed_at": NOW},
            "now": NOW,
        }
        assert send_message(session, key="changed:1", **asked) is True
        assert send_message(session, key="changed:1", **asked) is False
    with pytest.raises(RuntimeError), database.unit_of_work() as session:
        send_message(session, key="changed:2", **asked)
        raise RuntimeError
    run_due(database, settings, now=NOW)
    sent = stored_mails(settings.mail_folder)
    assert [(mail.to, mail.subject) for mail in sent] == [
        ("Lê An <an@example.test>", "Mật khẩu Techmart của bạn đã đổi")
    ]
    assert "10:00 23/11/2026" in sent[0].text
    assert "http://testserver/vi/reset" in sent[0].text


def test_each_recipient_reads_their_own_language(database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        english = factories.person(session, email="ann@example.test", locale="en")
        for to in (english, Recipient(email="ai@example.test")):
            send_message(
                session,
                to=to,
                template="account_password_changed",
                context={"changed_at": NOW},
                key=str(uuid4()),
                now=NOW,
            )
    run_due(database, settings, now=NOW)
    by_address = {mail.to.rpartition("<")[2].strip(">"): mail for mail in stored_mails(settings.mail_folder)}
    ann, somebody = by_address["ann@example.test"], by_address["ai@example.test"]
    assert (ann.language, ann.subject) == ("en", "Your Techmart password was changed")
    assert "Dear Nguyễn Văn" in ann.text
    assert "http://testserver/en/reset" in ann.text
    assert '<html lang="en">' in ann.html
    assert "Centre for Science and Technology Information" in ann.text
    assert (somebody.language, somebody.text.split("\n")[0]) == ("vi", "Kính gửi Quý vị,")
    assert "lienhe@techmart.example" in somebody.text


def test_a_person_disabled_meanwhile_gets_no_letter(database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        gone = factories.person(session, disabled_at=NOW)
        send_message(
            session, to=gone, template="account_password_changed", context={"changed_at": NOW}, key="x", now=NOW
        )
    assert run_due(database, settings, now=NOW) == 1
    assert stored_mails(settings.mail_folder) == []


def test_a_letter_that_cannot_be_sent_is_tried_again(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.unit_of_work() as session:
        one = factories.person(session)
        send_message(
            session, to=one, template="account_password_changed", context={"changed_at": NOW}, key="x", now=NOW
        )
    with monkeypatch.context() as patch:

        def broken(_settings: Settings) -> None:
            raise ConnectionRefusedError("mail server is away")

        patch.setattr("app.features.messages.delivery.sender_from", broken)
        run_due(database, settings, now=NOW)
    with database.read_only() as session:
        waiting = session.scalars(select(Job)).one()
        assert (waiting.state, waiting.last_error) == ("ready", "ConnectionRefusedError: mail server is away")
    run_due(database, settings, now=NOW + timedelta(minutes=1))
    assert len(stored_mails(settings.mail_folder)) == 1


def test_html_says_the_same_and_escapes_what_was_typed(settings: Settings) -> None:
    rendered = render_letter(
        template="account_password_changed",
        name="<b>An</b>",
        locale="vi",
        context={"changed_at": NOW},
        settings=settings,
    )
    assert "Kính gửi <b>An</b>," in rendered.text
    assert "Kính gửi &lt;b&gt;An&lt;/b&gt;," in rendered.html
    assert '<p class="go"><a href="http://testserver/vi/reset">http://testserver/vi/reset</a></p>' in rendered.html
    assert "\n-- \n" in rendered.text
    assert "\n\n\n" not in rendered.text


def test_a_template_that_lacks_something_fails_instead_of_sending_a_gap(settings: Settings) -> None:
    with pytest.raises(UndefinedError):
        render_letter(template="account_password_changed", name="An", locale="vi", context={}, settings=settings)


def test_values_survive_the_way_through_a_job() -> None:
    value = {"at": NOW, "on": date(2026, 12, 1), "sum": Decimal("12.50"), "rows": [{"n": 1, "name": "Máy"}], "no": None}
    assert unpack(pack(value)) == value
    with pytest.raises(TypeError, match="cannot hold object"):
        pack({"what": object()})
