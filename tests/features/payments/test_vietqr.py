"""The text of a VietQR code, and that a decoder which is not ours reads it from the picture."""

import io

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app.features.payments.banks import bank_list
from app.features.payments.qr import picture, svg
from app.features.payments.vietqr import checksum, vietqr

WANTED = {"bank_bin": "970436", "account": "0071000123456", "amount": 500_000_000, "reference": "TT7K2M9Q4B"}


def fields(text: str) -> dict[str, str]:
    """Tag, length, value, as EMVCo writes them; read here without our writer."""
    found = {}
    while text:
        tag, length = text[:2], int(text[2:4])
        found[tag], text = text[4 : 4 + length], text[4 + length :]
    return found


def crc_bit_by_bit(data: bytes) -> int:
    """CRC-16/CCITT-FALSE as its definition says it, independent of any library."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _bit in range(8):
            crc = ((crc << 1) ^ 0x1021) & 0xFFFF if crc & 0x8000 else (crc << 1) & 0xFFFF
    return crc


def test_the_check_value_of_the_crc_catalogue() -> None:
    assert checksum("123456789") == "29B1"


def test_every_field_is_where_a_bank_looks_for_it() -> None:
    text = vietqr(**WANTED)  # type: ignore[arg-type]
    read = fields(text)
    assert (read["00"], read["01"], read["53"], read["54"], read["58"]) == ("01", "12", "704", "500000000", "VN")
    account = fields(read["38"])
    assert (account["00"], account["02"]) == ("A000000727", "QRIBFTTA")
    assert fields(account["01"]) == {"00": "970436", "01": "0071000123456"}
    assert fields(read["62"]) == {"08": "TT7K2M9Q4B"}
    assert text[-8:-4] == "6304"
    assert int(text[-4:], 16) == crc_bit_by_bit(text[:-4].encode())


def test_a_foreign_decoder_reads_the_picture() -> None:
    text = vietqr(**WANTED)  # type: ignore[arg-type]
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture(text))).convert("L"))
    assert (found.text, found.format) == (text, zxingcpp.BarcodeFormat.QRCode)
    drawn = svg(text).decode()
    assert drawn.startswith("<svg")
    assert "style=" not in drawn


@settings(max_examples=40, deadline=None)
@given(
    bank=st.sampled_from(sorted(bank_list().banks)),
    account=st.from_regex(r"[0-9A-Z]{6,19}", fullmatch=True),
    amount=st.integers(1, 10**13 - 1),
    reference=st.from_regex(r"TT[0-9A-Z]{8}", fullmatch=True),
)
def test_any_transfer_comes_back_whole(bank: str, account: str, amount: int, reference: str) -> None:
    text = vietqr(bank_bin=bank, account=account, amount=amount, reference=reference)
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture(text))).convert("L"))
    read = fields(found.text)
    assert fields(fields(read["38"])["01"]) == {"00": bank, "01": account}
    assert (int(read["54"]), fields(read["62"])["08"]) == (amount, reference)


@pytest.mark.parametrize(
    "wrong",
    [{"bank_bin": "97043"}, {"account": ""}, {"account": "1" * 20}, {"amount": 0}, {"reference": "đặt cọc"}],
)
def test_what_does_not_fit_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        vietqr(**{**WANTED, **wrong})  # type: ignore[arg-type]


def test_the_list_of_banks_is_whole() -> None:
    listed = bank_list()
    assert len(listed.banks) >= 40
    assert all(len(code) == 6 and code.isdigit() for code in listed.banks)
    assert listed.banks["970436"].short == "Vietcombank"
    assert listed.second_hand
