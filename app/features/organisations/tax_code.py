"""Vietnamese tax codes (mã số thuế) of organisations: ten digits with a check digit, and three more for a branch."""

import re

from app.i18n import N_

_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
_SHAPE = re.compile(r"([0-9]{10})(?:-?([0-9]{3}))?")


def has_check_digit(digits: str) -> bool:
    """Whether the tenth of ten digits is 10 less the weighted sum of the first nine modulo 11.

    A sum divisible by 11 would need the check digit 10: such codes are never given out.
    """
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits[:9], strict=True))
    return int(digits[9]) == 10 - total % 11


def normal_tax_code(text: str) -> str:
    """The code as it is stored: 0301234567, or 0301234567-001 for a branch. Spaces and dots are forgiven.

    Raises:
        ValueError: not of that shape, or the check digit is wrong. The text is a msgid.
    """
    found = _SHAPE.fullmatch(re.sub(r"[\s.]", "", text).replace("–", "-"))
    if found is None:
        raise ValueError(N_("Mã số thuế có 10 chữ số, hoặc 10 chữ số, gạch nối và 3 chữ số cho chi nhánh."))
    main, branch = found.groups()
    if not has_check_digit(main):
        raise ValueError(N_("Mã số thuế này sai chữ số kiểm tra: hãy so lại từng chữ số với giấy đăng ký."))
    return f"{main}-{branch}" if branch else main
