"""The text of a VietQR code: what banking apps read to fill in a transfer.

EMVCo QR Code Specification for Payment Systems, Merchant-Presented Mode (tag, two digits of length, value), with NAPAS'
application identifier in tag 38. A transfer to an account is service QRIBFTTA. The last tag is a CRC-16/CCITT-FALSE
(polynomial 0x1021, start 0xFFFF) over everything before its value, as four upper-case hexadecimal digits.
"""

import binascii
import re
from typing import Final

NAPAS: Final = "A000000727"
TO_ACCOUNT: Final = "QRIBFTTA"
_DONG: Final = "704"  # ISO 4217, numeric


def _field(tag: str, value: str) -> str:
    if not 0 < len(value) <= 99:
        raise ValueError(f"tag {tag} takes 1 to 99 characters")
    return f"{tag}{len(value):02d}{value}"


def checksum(text: str) -> str:
    """CRC-16/CCITT-FALSE of the text, four hexadecimal digits."""
    return f"{binascii.crc_hqx(text.encode('ascii'), 0xFFFF):04X}"


def vietqr(*, bank_bin: str, account: str, amount: int, reference: str) -> str:
    """The text of the code for one transfer.

    Args:
        bank_bin: six digits, the bank at NAPAS.
        account: account number, letters and digits, at most 19.
        amount: in đồng.
        reference: what the transfer says; ASCII letters, digits and spaces, at most 25.

    Raises:
        ValueError: one of them does not fit.
    """
    if not re.fullmatch(r"\d{6}", bank_bin) or not re.fullmatch(r"[0-9A-Za-z]{1,19}", account):
        raise ValueError("bank or account")
    if not 0 < amount < 10**13 or not re.fullmatch(r"[0-9A-Za-z ]{1,25}", reference):
        raise ValueError("amount or reference")
    receiver = _field("00", bank_bin) + _field("01", account)
    text = (
        _field("00", "01")
        + _field("01", "12")  # for this one payment, not to be kept and used again
        + _field("38", _field("00", NAPAS) + _field("01", receiver) + _field("02", TO_ACCOUNT))
        + _field("53", _DONG)
        + _field("54", str(amount))
        + _field("58", "VN")
        + _field("62", _field("08", reference))
        + "6304"
    )
    return text + checksum(text)
