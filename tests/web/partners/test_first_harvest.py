"""How far the first harvest of another Techmart has come, as its operator sees it."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.database import Database
from app.exchange.taking.snapshot import given_up
from app.models.taking import TakingProgress
from app.settings import Settings
from tests.exchange.taking.given import Elsewhere
from tests.exchange.taking.techmart_source import TechmartSource
from tests.exchange.taking.test_snapshot_start import taking
from tests.odd_server import Reply
from tests.web.partners.test_partner_pages import words
from tests.web.test_synonyms import signed_in


@pytest.mark.parametrize(
    ("change", "on_page", "in_english"),
    [
        ({}, "1/3 tệp, 3/8 bản ghi", "1 of 3 files, 3 of 8 records"),
        (given_up("no gzip"), "đọc từng trang từ đầu: no gzip", "read page by page from the start: no gzip"),
    ],
)
def test_how_far_the_beginning_has_come_is_shown(
    application: FastAPI,
    database: Database,
    settings: Settings,
    change: dict[str, Any],
    on_page: str,
    in_english: str,
) -> None:
    elsewhere = Elsewhere()
    source = TechmartSource(elsewhere, [elsewhere.sealed(f"m{number}") for number in range(8)])
    source.take_snapshot(size=3)
    source.spoil = lambda path, reply: Reply(b"", 503) if path == "/snapshots/s1/1" else reply
    operator: TestClient = signed_in(application, database, operator=True)
    with taking(database, settings, source) as harvest:
        assert harvest.run().state == "waiting"
        if change:
            with database.unit_of_work() as session:
                session.scalars(select(TakingProgress)).one().snapshot = change
        page = words(operator.get(f"/vi/desk/partners/{harvest.partner.public_id}").text)
        assert on_page in page
        assert "3/8 bản ghi · từ tệp khởi tạo s1" in page
        english = words(operator.get(f"/en/desk/partners/{harvest.partner.public_id}").text)
        assert in_english in english
        assert "began with snapshot s1" in english
