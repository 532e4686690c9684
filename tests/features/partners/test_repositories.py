"""Dublin Core in the spellings that repositories use: EPrints, DSpace, journals."""

from typing import Any

import pytest

from app.features.partners.dublin_core import map_record
from app.features.partners.dublin_core_links import hosts_of, landing_of
from tests.features.partners.test_dublin_core import record

HOSTS = hosts_of("hust.test", "https://eprints.hust.test/cgi/oai2")
EPRINT = record(
    title="Cánh tay SCARA khi a<b và c>d",
    subject=["T201 Patents. Trademarks", "QA75 Electronic computers. Computer science", "C45 steel", "DT84 Đậu tương"],
    description="Tổng hợp bằng sol–gel.<br/>Diện tích bề mặt lớn.",
    publisher="Nhà xuất bản Bách Khoa Hà Nội",
    date="2022-11",
    type=["Article", "PeerReviewed"],
    identifier=["https://eprints.hust.test/12/1/bai.pdf", "Nguyễn (2022) Cánh tay SCARA. Tạp chí, 3.", "12"],
    relation=["https://eprints.hust.test/12/", "10.1234/ABC.5"],
    rights="cc_by_nc_nd_4",
    language="vi",
)


def landing(**given: Any) -> str:
    return map_record(record(title="A", **given), {}, hosts=HOSTS).landing


def test_an_eprint_becomes_a_listing() -> None:
    made = map_record(EPRINT, {"words": [{"word": "Patents", "kind": "patent"}]}, hosts=HOSTS)
    assert made.said == {
        "kind": "technology",
        "language": "vi",
        "title": "Cánh tay SCARA khi a<b và c>d",
        "description": "Tổng hợp bằng sol–gel.\nDiện tích bề mặt lớn.",
        "keywords": [
            "Patents. Trademarks",
            "Electronic computers. Computer science",
            "C45 steel",
            "DT84 Đậu tương",
        ],
    }
    assert made.landing == "https://eprints.hust.test/12/"
    assert made.identifiers == [{"scheme": "doi", "value": "10.1234/abc.5"}]
    assert (made.organisation, made.licence) == ("", "CC-BY-NC-ND-4.0")
    assert made.published_at == "2022-11-01T00:00:00+07:00"


def test_the_page_to_read_a_record_at() -> None:
    pdf, other, doi = "https://eprints.hust.test/1/a.PDF", "https://elsewhere.test/1", "https://doi.org/10.1234/5"
    assert landing(identifier=[pdf, other, doi], relation="https://www.hust.test/12") == "https://www.hust.test/12"
    assert landing(identifier=[pdf, other], source=doi) == doi
    assert landing(identifier=[pdf, other], relation="10.1234/5") == doi
    assert landing(identifier=[pdf, f"Xem {other}."]) == other
    assert landing(identifier=pdf) == pdf
    assert landing(identifier="https://kho.test/bitstream/1/2", relation=other) == other
    # Neither a name before the sign @ nor a longer name is the partner's host.
    for foreign in ("https://hust.test@evil.test/", "https://nothust.test/"):
        values = {"identifier": [[foreign, ""], ["https://hust.test/9", ""]]}
        assert landing_of(values, HOSTS) == "https://hust.test/9"
    assert landing(identifier=["http://[1/", "https://a.test/" + "x" * 2_000]) == ""


def test_numbers_of_other_works_are_not_the_records() -> None:
    def numbers(**given: Any) -> list[str]:
        return [one["value"] for one in map_record(record(title="A", **given), {}).identifiers]

    assert numbers(relation="https://hdl.handle.net/11742/77") == ["11742/77"]
    assert numbers(relation=["10.1234/a", "https://doi.org/10.1234/A"]) == ["10.1234/a"]
    assert numbers(identifier="doi:10.1234/a", relation="10.1234/b") == ["10.1234/a"]
    assert numbers(relation=["10.1234/a", "10.1234/b"]) == []
    assert numbers(relation="Smith (2020), doi:10.1234/a") == []


@pytest.mark.parametrize(
    ("told", "language"),
    [
        ("vi", "vi"),
        ("vie", "vi"),
        ("Tiếng Việt", "vi"),
        ("eng", "en"),
        ("en_US", "en"),
        ("English", "en"),
        ("zh", "vi"),
        (["vi", "en"], "vi"),
        ("", "vi"),
    ],
)
def test_the_language_that_a_record_tells(told: Any, language: str) -> None:
    given = {"language": told} if told else {}
    assert map_record(record(title="A dryer", **given), {}).said["language"] == language


def test_a_language_that_is_not_told_is_guessed() -> None:
    def language(configured: str, **given: Any) -> str:
        return str(map_record(record(**given), {"language": configured}).said["language"])

    assert language("en", title="Máy sấy bơm nhiệt") == "vi"
    assert language("en", title="A dryer", description="Sấy ở nhiệt độ thấp.") == "vi"
    assert language("en", title="A dryer", language="zho") == "en"
    assert language("vi", title="A dryer@en") == "en"
    # What is marked as English often is not.
    assert language("vi", title="Máy sấy bơm nhiệt@en_us") == "vi"


@pytest.mark.parametrize(
    ("rights", "licence"),
    [
        ("cc_by_4", "CC-BY-4.0"),
        ("cc_by_nc_4", "CC-BY-NC-4.0"),
        ("cc_by_sa_4", "CC-BY-SA-4.0"),
        ("cc_public_domain", "https://creativecommons.org/licenses/publicdomain/"),
        ("cc_gnu_gpl", "https://creativecommons.org/licenses/GPL/2.0/"),
        ("CC BY 4.0", "CC-BY-4.0"),
        ("Creative Commons Attribution 4.0", "CC-BY-4.0"),
        ("Creative Commons Attribution-NonCommercial-ShareAlike 3.0 Unported", "CC-BY-NC-SA-3.0"),
        ("https://creativecommons.org/licenses/by-nc-nd/4.0/", "CC-BY-NC-ND-4.0"),
        ("cc_by", None),
        ("Accby 4.0", None),
        ("Creative Commons Attribution, 2021", None),
        ("All rights reserved 2004", None),
    ],
)
def test_licences_by_code_or_name(rights: str, licence: str | None) -> None:
    assert map_record(record(title="A", rights=rights), {}).licence == licence


@pytest.mark.parametrize(
    ("dates", "day"),
    [
        ("2021", "2021-01-01T00:00:00+07:00"),
        (["2024", "2024-05-02"], "2024-05-02T00:00:00+07:00"),
        (["2024", "2023-11"], "2023-11-01T00:00:00+07:00"),
        ("2024-05-02 03:04:05", "2024-05-02T00:00:00+07:00"),
        (["2024-13", "0000", "mùa xuân"], None),
    ],
)
def test_days_of_whatever_precision(dates: Any, day: str | None) -> None:
    assert map_record(record(title="A", date=dates), {}).published_at == day


def test_the_type_tells_the_kind_before_the_subject_and_by_whole_words() -> None:
    rules = {"words": [{"word": "patent", "kind": "patent"}, {"word": "thesis", "kind": "service"}]}

    def kind(**given: Any) -> str:
        return str(map_record(record(title="A", **given), rules).said["kind"])

    assert kind(type="Article", subject="patent law") == "technology"
    assert kind(type="PeerReviewed", subject="patent law") == "patent"
    assert kind(subject="T201 Patents. Trademarks") == "technology"
    assert kind(type="info:eu-repo/semantics/bachelorThesis") == "service"


@pytest.mark.parametrize(
    ("subject", "keyword"),
    [
        ("G06F 17/30 Tìm kiếm", "Tìm kiếm"),
        ("CO2 Capture", "CO2 Capture"),
        ("H2 Production", "H2 Production"),
        ("SUS304 Steel", "SUS304 Steel"),
        ("T201", "T201"),
    ],
)
def test_codes_before_subjects(subject: str, keyword: str) -> None:
    assert map_record(record(title="A", subject=subject), {}).said["keywords"] == [keyword]


def test_a_publishing_house_holds_nothing() -> None:
    def holder(publisher: Any, **rules: Any) -> str:
        people = ["Trần Đăng Khoa", "Viện Cơ điện nông nghiệp"]
        return map_record(record(title="A", publisher=publisher, contributor=people), rules).organisation

    for printing in ("NXB Khoa học", "Elsevier", "CRC Press", "Taylor & Francis", "Oxford University Press, UK"):
        assert holder(printing) == "Viện Cơ điện nông nghiệp"
    assert holder(["Springer Nature", "Trường Đại học Nông Lâm"]) == "Trường Đại học Nông Lâm"
    assert holder("Công ty Press Metal Việt Nam") == "Công ty Press Metal Việt Nam"
    # What the operator chose is not thought better of.
    assert holder("Elsevier", organisation="contributor") == "Trần Đăng Khoa"
    assert map_record(record(title="A", publisher="Elsevier", contributor="Trần Đăng Khoa"), {}).organisation == ""


def test_what_is_too_long_is_cut_at_a_word() -> None:
    made = map_record(record(title="máy sấy " * 60, description="ở nhiệt độ thấp " * 5_000), {})
    assert len(made.said["title"]) <= 300
    assert made.said["title"].endswith((" máy…", " sấy…"))
    assert 59_900 < len(made.said["description"]) <= 60_000
    assert made.said["description"].rpartition(" ")[2] in {"ở…", "nhiệt…", "độ…", "thấp…"}
