"""Talking to the servers behind the tests' Stripe, and lists as Stripe gives them."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

SECRET = "whsec_of_the_tests"
KEY = "sk_test_123"


def within(asked: Mapping[str, str], found: list[dict[str, Any]]) -> dict[str, Any]:
    """A list as Stripe gives it: newest first, of the time that was asked for, in pages of two."""
    since, until = int(asked.get("created[gte]", 0)), int(asked.get("created[lt]", 2**40))
    rows = [one for one in found if since <= one["created"] < until]
    rows.sort(key=lambda one: (one["created"], one["id"]), reverse=True)
    ids = [one["id"] for one in rows]
    start = ids.index(asked["starting_after"]) + 1 if "starting_after" in asked else 0
    return {"object": "list", "url": "/", "data": rows[start : start + 2], "has_more": len(rows) > start + 2}


def ask(method: str, address: str, body: bytes | None) -> tuple[int, Any]:
    request = urllib.request.Request(
        address,
        data=body,
        method=method,
        headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/x-www-form-urlencoded"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as fault:
        raw = fault.read()
        try:
            return fault.code, json.loads(raw)
        except ValueError:
            return fault.code, {"error": {"message": raw.decode(errors="replace"), "type": "api_error"}}
