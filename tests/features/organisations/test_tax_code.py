"""Tax codes are checked as the tax authority makes them."""

import pytest

from app.features.organisations.tax_code import has_check_digit, normal_tax_code


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("0300588569", "0300588569"),
        (" 0101248141 ", "0101248141"),
        ("0300 588 569", "0300588569"),
        ("0300588569-001", "0300588569-001"),
        ("0300588569–001", "0300588569-001"),
        ("0300588569001", "0300588569-001"),
    ],
)
def test_codes_are_stored_in_one_form(given: str, stored: str) -> None:
    assert normal_tax_code(given) == stored


@pytest.mark.parametrize("given", ["0300588568", "0300588596", "3000588569", "0300588560-001"])
def test_a_mistyped_digit_is_noticed(given: str) -> None:
    with pytest.raises(ValueError, match="sai chữ số kiểm tra"):
        normal_tax_code(given)


@pytest.mark.parametrize("given", ["", "030058856", "03005885690", "0300588569-1", "0300588569-0001", "03O0588569"])
def test_another_shape_is_explained(given: str) -> None:
    with pytest.raises(ValueError, match="10 chữ số"):
        normal_tax_code(given)


def test_every_single_wrong_digit_is_found() -> None:
    right = "0300588569"
    for place in range(10):
        for digit in "0123456789":
            wrong = right[:place] + digit + right[place + 1 :]
            assert has_check_digit(wrong) == (wrong == right)
