"""Agreements for tests: what a test does not name gets a plausible value."""

from datetime import date
from typing import Any

from app.features.partners.schemas import PartnerInput


def agreement(**given: Any) -> PartnerInput:
    values: dict[str, Any] = {
        "authority": "san.danang.test",
        "name": "Sàn giao dịch công nghệ Đà Nẵng",
        "address": "https://san.danang.test/oai",
        "starts_on": date(2026, 11, 1),
        "ends_on": date(2027, 10, 31),
    } | given
    return PartnerInput(**values)
