import json
import re
import unicodedata
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.demo import content
from app.features.listings.anonymity import given_away
from app.features.listings.completeness import gaps
from app.features.listings.details import PatentDetails, TechnologyDetails
from app.features.listings.schemas import NeedInput
from app.features.organisations.tax_code import has_check_digit
from app.identity import uuid7
from app.models.organisations import ORGANISATION_TYPES, Organisation
from app.reference.shipped import shipped_tables
from app.reference.synonyms import as_pairs
from app.search.synonyms import Thesaurus
from app.search.text import forms
from app.settings import Settings
from tests.demo.fits import FITS, NEARLY

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
PUBLIC = {"published", "due", "stale"}
EVERY_LISTING = [*content.offers(), *content.needs()]
ENGLISH = ("title_en", "benefit_en", "summary_en", "description_en")
FILES = ["organisations", "people", "listings", "needs", "enquiries"]


def of_kind(kind: str) -> list[content.DemoListing]:
    return [one for one in EVERY_LISTING if one.kind == kind and one.state in PUBLIC]


def test_there_is_enough_of_everything_in_public() -> None:
    assert len(content.organisations()) >= 25
    assert {one.type for one in content.organisations()} == set(ORGANISATION_TYPES)
    counts = {kind: len(of_kind(kind)) for kind in ("technology", "equipment", "patent", "service", "need")}
    assert counts["technology"] >= 26
    assert counts["equipment"] >= 16
    assert counts["patent"] >= 14
    assert counts["service"] >= 10
    assert counts["need"] >= 14
    assert sum(one.fields["visibility"] == "anonymous" for one in content.needs()) >= 4


def test_each_priority_field_and_each_sector_is_there() -> None:
    fields = Counter(
        one["code"]
        for listing in EVERY_LISTING
        for one in listing.fields["classifications"]
        if one["scheme"] == "priority-field"
    )
    assert fields.keys() == {term.code for term in shipped_tables()["priority-field"].terms}
    assert min(fields.values()) >= 12
    sectors = {code for one in content.organisations() for code in one.sectors}
    assert sectors == {term.code for term in shipped_tables()["sector"].terms}


def test_every_readiness_level_group_and_every_kind_of_right_is_shown() -> None:
    levels = {one.fields["trl"] for one in of_kind("technology")}
    assert levels >= {3, 5, 6, 7, 8, 9}
    rights = {one.fields["details"]["ip_kind"] for one in of_kind("patent")}
    assert rights == {
        "invention",
        "utility_solution",
        "industrial_design",
        "trademark",
        "software_copyright",
        "plant_variety",
        "trade_secret",
    }
    services = {one.fields["details"]["service_type"] for one in of_kind("service")}
    assert services == {"valuation", "legal", "testing", "calibration", "training", "consulting"}
    conditions = {one.fields["details"]["condition"] for one in of_kind("equipment")}
    assert conditions == {"new", "used", "refurbished", "made_to_order"}


def test_half_or_more_have_complete_english_and_none_has_half_of_it() -> None:
    with_english = [one for one in EVERY_LISTING if "title_en" in one.fields]
    assert all(all(name in one.fields for name in ENGLISH) for one in with_english)
    public = [one for one in EVERY_LISTING if one.state in PUBLIC]
    assert sum("title_en" in one.fields for one in public) * 2 >= len(public)


@pytest.mark.parametrize("name", FILES)
def test_text_is_nfc_trimmed_and_free_of_leftovers(name: str) -> None:
    for line in (content.DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        for text in texts_of(json.loads(line)):
            assert text == unicodedata.normalize("NFC", text).strip()
            assert not re.search(r"[ðÐñÑ]|[ \t]{2,}|TODO|lorem|http://", text), text


def test_listings_without_english_are_found_in_english_by_their_terms() -> None:
    thesaurus = Thesaurus(as_pairs())
    bare = [one.fields["title"] for one in EVERY_LISTING if "title_en" not in one.fields]
    named = [title for title in bare if thesaurus.find(forms(title), marked=True)]
    assert len(bare) > 10
    assert len(named) >= 0.9 * len(bare), set(bare) - set(named)


def texts_of(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in texts_of(one)]


def test_nothing_is_there_twice() -> None:
    for values in (
        [one.name for one in content.organisations()],
        [one.tax_code for one in content.organisations()],
        [one.website for one in content.organisations()],
        [one.external_id for one in EVERY_LISTING],
        [one.title for one in EVERY_LISTING],
        [one.fields["benefit"] for one in EVERY_LISTING],
        [one.fields["description"] for one in EVERY_LISTING],
        [one.email for one in content.people()],
        [one.key for one in content.enquiries()],
    ):
        assert [value for value, count in Counter(values).items() if count > 1] == []


def test_tax_codes_are_right_and_nobodys() -> None:
    codes = [one.tax_code or "" for one in content.organisations()]
    assert all(has_check_digit(code[:10]) for code in codes)
    assert all(code.startswith("99") for code in codes)  # no tax office gives out 99
    branches = [code for code in codes if "-" in code]
    assert branches
    assert all(code[:10] in codes for code in branches)


def test_websites_and_addresses_for_mail_lead_nowhere() -> None:
    assert all((one.website or "").endswith(".example") for one in content.organisations())
    assert all(one.email.endswith("@techmart.example") for one in content.people())


def test_every_code_is_known() -> None:
    tables = shipped_tables()
    unknown = [
        (listing.external_id, one["scheme"], one["code"])
        for listing in EVERY_LISTING
        for one in listing.fields["classifications"]
        if tables[one["scheme"]].get(one["code"]) is None
    ]
    assert unknown == []
    regions = [one.fields["region"] for one in EVERY_LISTING] + [one.region for one in content.organisations()]
    assert [code for code in regions if tables["region"].get(code) is None] == []
    assert [code for o in content.organisations() for code in o.sectors if tables["sector"].get(code) is None] == []


def test_every_listing_belongs_to_an_organisation_that_somebody_acts_for() -> None:
    names = {one.name for one in content.organisations()}
    assert {one.organisation for one in EVERY_LISTING} == names
    owned = {own.organisation for one in content.people() for own in one.memberships if own.role == "owner"}
    assert owned == names
    assert all(own.organisation in names for one in content.people() for own in one.memberships)


@pytest.mark.parametrize("listing", EVERY_LISTING, ids=lambda one: one.external_id)
def test_a_listing_is_fit_for_submission_unless_it_is_a_draft_or_was_returned(listing: content.DemoListing) -> None:
    found = gaps(listing.as_input(now=NOW), now=NOW)
    if listing.state in {"draft", "returned"}:
        assert listing.published_at(NOW) is None
    else:
        assert found == {}


@pytest.mark.parametrize("listing", EVERY_LISTING, ids=lambda one: one.external_id)
def test_lengths_suit_cards_and_pages(listing: content.DemoListing) -> None:
    fields = listing.fields
    assert 15 <= len(fields["title"]) <= 110
    assert len(fields["benefit"]) <= 170
    assert len(fields["summary"]) <= 320
    assert 2 <= len(fields["keywords"]) <= 7
    if listing.state in PUBLIC:
        assert re.search(r"\d", fields["benefit"])
        assert 150 <= len(fields["description"]) <= 2_500
    if "title_en" in fields:
        assert len(fields["title_en"]) <= 120
        assert len(fields["benefit_en"]) <= 180
        assert len(fields["summary_en"]) <= 320
        assert len(fields["description_en"]) >= 200


def test_states_follow_from_the_days() -> None:
    rules = Settings()
    for one in EVERY_LISTING:
        if one.published_days_ago is None or one.confirmed_days_ago is None or one.state == "withdrawn":
            continue
        days = one.confirmed_days_ago
        late = rules.confirm_after_days + rules.stale_after_days
        expected = "published" if days <= rules.confirm_after_days else "due" if days <= late else "stale"
        assert (one.external_id, one.state) == (one.external_id, expected)
        assert days <= one.published_days_ago <= 304
    assert {one.state for one in EVERY_LISTING} == {
        "draft",
        "submitted",
        "returned",
        "published",
        "due",
        "stale",
        "withdrawn",
    }


def test_days_count_from_the_moment_of_loading() -> None:
    need = content.by_external_id()["NC-002"]
    data = need.as_input(now=NOW)
    assert isinstance(data, NeedInput)
    assert data.deadline == date(2027, 1, 8)
    later = need.as_input(now=NOW + timedelta(days=365))
    assert isinstance(later, NeedInput)
    assert later.deadline == date(2028, 1, 8)
    published, confirmed = need.published_at(NOW), need.confirmed_at(NOW)
    assert published is not None
    assert published == confirmed
    assert timedelta(days=8) <= NOW - published < timedelta(days=9)


def test_patents_hold_together() -> None:
    terms = {"invention": 20, "utility_solution": 10, "trademark": 10, "industrial_design": 5}
    for one in of_kind("patent"):
        details = one.as_input(now=NOW).details
        assert isinstance(details, PatentDetails)
        if details.ip_kind in terms and details.expiry_date and details.filing_date:
            assert details.expiry_date == details.filing_date.replace(
                year=details.filing_date.year + terms[details.ip_kind]
            )
        if details.pct:
            assert details.legal_status == "pending"
        if details.status_checked_on:  # before it was submitted
            assert details.status_checked_on == NOW.date() - timedelta(days=(one.published_days_ago or 0) + 3)
        # Far above the numbers given out, so that they are nobody's.
        for number in (details.application_number, details.publication_number, details.grant_number):
            assert number is None or re.search(r"98\d{2,3}|098\d{4}|0980\d{3}", number)


def test_numbers_of_series_of_their_own_are_kept_as_written() -> None:
    variety = content.by_external_id()["SC-006"].as_input(now=NOW).details
    program = content.by_external_id()["SC-005"].as_input(now=NOW).details
    assert isinstance(variety, PatentDetails)
    assert isinstance(program, PatentDetails)
    assert variety.grant_number == "9812.VN.2023"
    assert program.grant_number == "98712/2024/QTG"


def test_technologies_say_more_than_is_asked() -> None:
    for one in of_kind("technology"):
        details = one.as_input(now=NOW).details
        assert isinstance(details, TechnologyDetails)
        assert details.economics
        assert details.evidence


def test_prices_are_whole_dong_in_order() -> None:
    for one in EVERY_LISTING:
        price = one.as_input(now=NOW).price
        assert price.kind
        assert price.currency in (None, "VND")
        # Cards show “sum/unit”: a short noun, and none for a budget.
        assert re.fullmatch(r"[\w³ /]{1,12}", price.unit) if price.unit else True
        assert price.unit is None or one.kind != "need"
        if price.kind == "firm":
            assert price.from_ == price.to
        if price.kind == "indicative":
            assert price.from_ is not None
            assert price.to is not None
            assert price.from_ < price.to


def test_anonymous_needs_name_nobody() -> None:
    profiles = {one.name: one for one in content.organisations()}
    for need in content.needs():
        data = need.as_input(now=NOW)
        assert isinstance(data, NeedInput)
        profile = profiles[need.organisation].as_input()
        organisation = Organisation(id=uuid7(), **profile.model_dump())
        assert given_away(data, organisation) == {}


def test_needs_have_offers_that_fit_and_some_that_nearly_do() -> None:
    listings = content.by_external_id()
    assert FITS.keys() == NEARLY.keys() == {one.external_id for one in content.needs()}
    for need, fitting in FITS.items():
        both = [*fitting, *NEARLY[need]]
        assert len(both) == len(set(both))
        assert all(listings[one].kind != "need" and listings[one].state in PUBLIC for one in both)
        assert all(listings[one].organisation != listings[need].organisation for one in fitting)
        if listings[need].state in PUBLIC:
            assert 2 <= len(fitting) <= 6
            assert NEARLY[need]


def test_people_are_the_ones_a_demo_needs() -> None:
    featured = [one for one in content.people() if one.featured]
    assert {one.role for one in featured} == {"buyer", "holder", "operator", "broker"}
    assert all(one.purpose and one.purpose_en for one in featured)
    assert [one.role for one in content.people() if one.is_operator] == ["operator"]
    types = {one.name: one.type for one in content.organisations()}
    held = {types[own.organisation] for one in featured if one.role == "holder" for own in one.memberships}
    assert held >= {"research_institute", "university"}
    assert any(len(one.memberships) == 2 for one in featured)
    assert content.people()[: len(featured)] == tuple(featured)


def test_enquiries_are_told_in_order_between_members_of_both_sides() -> None:
    members = {(one.email, own.organisation) for one in content.people() for own in one.memberships}
    listings = content.by_external_id()
    assert [one.state for one in content.enquiries()] == ["sent", "quoted", "declined", "quoted", "quoted"]
    for one in content.enquiries():
        assert (one.buyer, one.buyer_organisation) in members
        assert (one.holder, one.holder_organisation) in members
        assert listings[one.listing].organisation == one.holder_organisation
        assert one.need is None or listings[one.need].organisation == one.buyer_organisation
        request = one.as_input(now=NOW)
        assert request.items
        assert request.wanted_date
        assert all(message.hours_ago < one.sent_hours_ago for message in one.messages)
        assert one.decline is None or one.decline.hours_ago < min(message.hours_ago for message in one.messages)
        told = [message.hours_ago for message in one.messages]
        assert told == sorted(told, reverse=True)
        for number, quote in enumerate(one.quotes, start=1):
            assert quote.revision == number
            positions = [answer.position for answer in quote.as_input(now=NOW).answers]
            assert positions == list(range(1, len(request.items) + 1))
        if one.decline:
            assert one.decline.as_input().reason == "no_capacity"
    quoted = content.enquiries()[1]
    assert len(quoted.quotes) == 2
    assert any(answer.not_available for answer in quoted.quotes[0].answers)
    assert any(len(answer.offers) == 2 for answer in quoted.quotes[1].answers)


def test_a_wrong_line_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = (content.DATA / "needs.jsonl").read_text(encoding="utf-8").splitlines()[0]
    bad = json.dumps({**json.loads(good), "trl": 12})
    (tmp_path / "needs.jsonl").write_text(f"{good}\n{bad}\n", encoding="utf-8")
    monkeypatch.setattr(content, "DATA", tmp_path)
    content.needs.cache_clear()
    try:
        with pytest.raises(ValueError, match=r"needs\.jsonl, line 2: .*trl"):
            content.needs()
    finally:
        content.needs.cache_clear()
