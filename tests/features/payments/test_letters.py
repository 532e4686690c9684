"""Every letter about payments, in both languages, to both sides: whole, and without an amount or an account in it."""

from datetime import date, datetime
from typing import Any

import pytest

from app.features.messages.rendering import render_letter
from app.settings import REPOSITORY, Settings

TEMPLATES = sorted(path.stem for path in (REPOSITORY / "frontend/templates/mail").glob("payment_*.txt"))
FACTS: dict[str, Any] = {
    "number": "TT-2026-000001",
    "kind": "deposit",
    "listing_title": "Máy ép thuỷ lực 200 tấn",
    "mine": "Đơn vị Xưởng",
    "other": "Đơn vị Máy Móc",
    "by": "holder",
    "due": date(2026, 12, 10),
    "organisation": "Đơn vị Máy Móc",
    "bank": "BIDV",
    "tail": "9012",
    "public_id": "c0123456789a",
    "count": 2,
    "compared": 41,
    "since": datetime.fromisoformat("2026-11-20T00:00:00+00:00"),
    "until": datetime.fromisoformat("2026-11-23T00:00:00+00:00"),
}
MOVED = ("charge", "refund", "refund_returned", "dispute", "dispute_won", "dispute_lost")


@pytest.mark.parametrize("locale", ["vi", "en"])
@pytest.mark.parametrize("template", [one for one in TEMPLATES if one != "payment_base"])
def test_a_letter_is_whole(template: str, locale: str, settings: Settings) -> None:
    seen = set()
    for reader in ("buyer", "holder"):
        for moved in MOVED if template == "payment_moved" else ("",):
            letter = render_letter(
                template=template,
                name="Trần Thị Mua",
                locale=locale,
                context={**FACTS, "reader": reader, "moved": moved, "over": moved == "charge", "answerable": False},
                settings=settings,
            )
            assert "http://testserver/" in letter.text
            assert letter.subject.strip()
            assert "\n" not in letter.subject
            assert ("Kính gửi" in letter.text) == (locale == "vi")
            seen.add(letter.subject)
    assert len(seen) == (4 if template == "payment_moved" else 1)
