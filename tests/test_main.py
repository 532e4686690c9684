"""What happens when nothing else knows what to do."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app import main


def test_a_fault_of_the_error_page_itself_still_gets_an_answer(
    application: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_more: object) -> object:
        raise RuntimeError("broken page")

    monkeypatch.setattr(main, "error_response", broken)

    @application.get("/vi/_breaks")
    def breaks() -> None:
        raise RuntimeError("broken handler")

    with TestClient(application, raise_server_exceptions=False) as client:
        answer = client.get("/vi/_breaks")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "broken" not in answer.text
