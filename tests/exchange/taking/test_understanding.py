"""From what came to what is understood: shape, signature, authority, our own rules."""

from typing import Any

import pytest

from app.exchange.taking.incoming import Bad, Raw
from app.exchange.taking.understanding import local_id_of, understood
from tests.exchange.taking.given import Elsewhere, source
from tests.factories import NOW


def reason_of(raw: Raw, known: Any) -> str:
    with pytest.raises(Bad) as refused:
        understood(raw, known)
    return refused.value.reason


def test_a_signed_record_is_understood(elsewhere: Elsewhere) -> None:
    raw = elsewhere.raw(
        trl=7,
        region="79",
        keywords=["sấy"],
        english={"title": "Dryer"},
        price={"kind": "firm", "from": 1_000_000, "currency": "VND"},
        classifications=[{"scheme": "research-field", "code": "205"}],
    )
    one = understood(raw, source(elsewhere))
    assert (one.authority, one.local_id, one.kind, one.version) == ("san.danang.test", "m1", "technology", 1)
    assert one.landing == "https://san.danang.test/id/m1"
    assert one.via == ()
    assert one.listing is not None
    columns = one.listing.columns()
    assert (columns["title"], columns["title_en"], columns["trl"], columns["region"]) == (
        "Máy sấy m1",
        "Dryer",
        7,
        "79",
    )
    assert (columns["price_kind"], columns["price_from"], columns["licence"]) == ("firm", 1_000_000, "CC-BY-4.0")
    assert (columns["share"], columns["source"]) == ("none", "Sàn Đà Nẵng")
    assert one.listing.organisation.local_id == "v1"


def test_an_altered_record_is_not(elsewhere: Elsewhere) -> None:
    raw = elsewhere.raw()
    for change in (
        {"content": {**raw.body["content"], "title": "Khác"}},
        {"origin": {**raw.body["origin"], "version": 9}},
        {"origin": {**raw.body["origin"], "landing": "https://xau.test/"}},
        {"kind": "equipment"},
        {"jws": "abc..def"},
    ):
        altered = Raw("envelope", raw.source_id, body={**raw.body, **change})
        assert reason_of(altered, source(elsewhere)) == "signature"
    unsigned = Raw("envelope", raw.source_id, body={k: v for k, v in raw.body.items() if k != "jws"})
    assert reason_of(unsigned, source(elsewhere)) == "signature"


def test_another_key_will_not_do(elsewhere: Elsewhere) -> None:
    other = Elsewhere(authority=elsewhere.authority)
    assert reason_of(elsewhere.raw(), source(other)) == "signature"
    assert reason_of(elsewhere.raw(), source(elsewhere, keys={})) == "keys"


def test_records_of_others_come_from_those_alone_who_may_relay_and_with_their_origins_signature(
    elsewhere: Elsewhere,
) -> None:
    third = Elsewhere(authority="vien.hue.test")
    raw = third.raw()
    assert reason_of(raw, source(elsewhere, third)) == "authority"
    assert reason_of(raw, source(elsewhere, relays=True)) == "keys"
    one = understood(raw, source(elsewhere, third, relays=True))
    assert [via["authority"] for via in one.via] == ["san.danang.test"]
    # One who says so itself is not said twice.
    told = understood(third.raw(via=("san.danang.test",)), source(elsewhere, third, relays=True))
    assert [via["authority"] for via in told.via] == ["san.danang.test"]
    forged = Elsewhere(authority="vien.hue.test")
    assert reason_of(forged.raw(), source(elsewhere, third, relays=True)) == "signature"


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "thesis"},
        {"key": {"authority": "san.danang.test"}},
        {"key": {"authority": "san.danang.test", "local_id": "../etc"}},
        {"surplus": 1},
        {"content": {"title": "x"}},
        {"content": None},
        {"origin": {}},
        {"via": [{"authority": "x.test"}]},
    ],
)
def test_what_has_another_shape_is_refused(elsewhere: Elsewhere, change: dict[str, Any]) -> None:
    raw = elsewhere.raw()
    assert reason_of(Raw("envelope", "x", body={**raw.body, **change}), source(elsewhere)) == "shape"


def test_what_our_own_rules_refuse_says_which_field(elsewhere: Elsewhere) -> None:
    for content, field in (
        ({"title": "x" * 400}, "title"),
        ({"transfer_forms": ["gift"]}, "transfer_forms"),
        ({"ip_status": "perhaps"}, "ip_status"),
    ):
        with pytest.raises(Bad) as refused:
            understood(elsewhere.raw(**content), source(elsewhere))
        assert refused.value.reason == "content"
        assert refused.value.detail.startswith(field)


def test_what_may_not_be_shown_elsewhere_is_not(elsewhere: Elsewhere) -> None:
    assert reason_of(elsewhere.raw(republish="none"), source(elsewhere)) == "terms"


def test_a_tombstone_is_signed_too(elsewhere: Elsewhere) -> None:
    raw = elsewhere.raw(version=3, deleted="sold")
    one = understood(raw, source(elsewhere))
    assert (one.deleted, one.reason, one.version, one.known_only) == (True, "sold", 3, False)
    forged = {**raw.body, "origin": {**raw.body["origin"], "version": 4}}
    assert reason_of(Raw("envelope", "x", body=forged), source(elsewhere)) == "signature"


def test_dublin_core_takes_datestamp_and_hash_for_a_version(elsewhere: Elsewhere) -> None:
    body = {"title": [["Máy sấy", ""]], "publisher": [["Đại học A", ""]], "identifier": [["https://a.test/1", ""]]}
    raw = Raw("dublin_core", "oai:kho.test:123/45", NOW, body=body)
    one = understood(raw, source(elsewhere))
    again = understood(raw, source(elsewhere))
    other = understood(Raw("dublin_core", raw.source_id, NOW, body={**body, "title": [["Máy", ""]]}), source(elsewhere))
    assert (one.version, one.local_id, one.landing) == (0, "123~2f45", "https://a.test/1")
    assert one.digest == again.digest != other.digest
    assert one.listing is not None
    assert one.listing.organisation.name == "Đại học A"


def test_a_line_of_a_file_needs_a_known_kind(elsewhere: Elsewhere) -> None:
    line = {"kind": "equipment", "title": "Máy tiện", "external_id": "7", "organisation": "Công ty A", "note": "x"}
    one = understood(Raw("line", "7", body=line), source(elsewhere))
    assert one.listing is not None
    assert (one.kind, one.local_id, one.listing.organisation.type) == ("equipment", "7", "firm")
    assert reason_of(Raw("line", "7", body={"title": "x"}), source(elsewhere)) == "content"
    assert reason_of(Raw("line", "7", fault="line 3: not JSON"), source(elsewhere)) == "unreadable"


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("oai:san.test:abc-1", "abc-1"),
        ("oai:kho.khac.test:11742/77", "11742~2f77"),
        ("oai:san.test:a~b", "a~7eb"),
        ("thẻ 1", "th~e1~ba~bb~201"),
        ("oai:san.test:", "~"),
    ],
)
def test_every_name_of_a_source_makes_a_key_of_its_own(given: str, made: str) -> None:
    assert local_id_of(given, "san.test") == made
    long = local_id_of(f"oai:san.test:{'a' * 500}", "san.test")
    assert len(long) <= 200
    assert long != local_id_of(f"oai:san.test:{'a' * 501}", "san.test")
