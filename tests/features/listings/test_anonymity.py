"""An anonymous need does not tell by its words whose it is; other listings may say what they like."""

import pytest

from app.features.listings.anonymity import Identity, betrayals, given_away
from app.features.listings.schemas import NeedInput, parse
from app.models import Organisation
from tests.features.listings.inputs import NEED

FIRM = Organisation(
    name="Công ty TNHH Cơ điện Minh Long",
    name_en="Minh Long Electromechanics Co., Ltd.",
    type="firm",
    tax_code="0312345678",
    website="https://www.minhlong-codien.vn/gioi-thieu",
)
INSTITUTE = Organisation(name="Viện Công nghệ Sinh học", type="research_institute")


@pytest.mark.parametrize(
    ("text", "sort"),
    [
        ("Công ty Cơ điện Minh Long cần sấy", "name"),
        ("CƠ ĐIỆN MINH LONG", "name"),
        ("co dien minh long", "name"),
        ("bản vẽ codienminhlong_v2", "name"),
        ("Minh Long Electromechanics", "name"),
        ("MST: 0312 345 678", "tax_code"),
        ("chi nhánh 0312345678-001", "tax_code"),
        ("xem minhlong-codien.vn", "website"),
        ("kythuat@gmail.com", "email"),
        ("kythuat (at) gmail . com", "email"),
        ("gọi 0903 123 456", "telephone"),
        ("+84 28 3822 1234", "telephone"),
        ("(028) 3822.1234", "telephone"),
    ],
)
def test_what_gives_a_firm_away(text: str, sort: str) -> None:
    assert sort in {found for found, _words in betrayals(text, Identity.of(FIRM))}


@pytest.mark.parametrize(
    "text",
    [
        "Cần giảm ẩm dăm gỗ từ 45 % xuống 12 %, 4 tấn/giờ",
        "Ngân sách 2.000.000.000 – 3.000.000.000 ₫, công suất 0,8 kWh/kg",
        "cơ điện trong dây chuyền; minh bạch; long trọng",
        "TCVN 9705:2013, máy 380 V 50 Hz 120 m2",
    ],
)
def test_what_gives_nobody_away(text: str) -> None:
    assert list(betrayals(text, Identity.of(FIRM))) == []


def test_a_subject_in_an_institutes_name_is_no_betrayal() -> None:
    identity = Identity.of(INSTITUTE)
    assert list(betrayals("ứng dụng công nghệ sinh học", identity)) == []
    assert [sort for sort, _words in betrayals("Viện Công nghệ sinh học", identity)] == ["name"]


def test_every_text_is_looked_at_and_named_by_its_path() -> None:
    data = parse(
        NEED
        | {
            "summary_en": "call 0903 123 456",
            "keywords": ["gỗ", "Cơ điện Minh Long"],
            "details": NEED["details"] | {"constraints": "mail a@b.vn"},
            "owners": [{"name": "x"}],
            "external_id": "CO-DIEN-MINH-LONG-7",
        }
    )
    assert isinstance(data, NeedInput)
    found = given_away(data, FIRM, captions={"files.abc": "Xưởng Cơ điện Minh Long"})
    assert set(found) == {"summary_en", "keywords", "details.constraints", "owners", "external_id", "files.abc"}
    public = data.model_copy(update={"visibility": "public"})
    assert given_away(public, FIRM) == {}
