"""Bank statements as several banks write them; what is matched, what is shown, and that nothing counts twice."""

import pytest
from sqlalchemy import select

from app.database import Database
from app.errors import Invalid, NotFound
from app.features.payments.commands import cancel_payment, confirm_received
from app.features.payments.schemas import AmountInput, NoteInput
from app.features.payments.statement_file import StatementRefused, read_amount, read_statement
from app.features.payments.statements import apply_statement, references_in, statement_record, upload_statement
from app.models import BankStatement, Organisation, PaymentEntry
from tests.factories import NOW
from tests.features.enquiries.scene import Scene, set_scene
from tests.features.payments.scene import agreed, asked, payment_of

# Columns and marks as the exports of several banks have them; all accounts and names are made up.
CREDIT_AND_DEBIT = """SAO KÊ TÀI KHOẢN,,,,,
Số tài khoản:,0071000123456,,,,
,,,,,
STT,Ngày giao dịch,Số tham chiếu,Số tiền ghi nợ,Số tiền ghi có,Số dư,Mô tả
1,20/11/2026,5078.1,,"500,000,000","812,345,678",CT DEN:{ref} CONG TY NONG SAN dat coc
2,21/11/2026,5078.2,"11,000",,"812,334,678",Phi duy tri
Tổng,,,"11,000","500,000,000",,
"""
SEMICOLONS = (
    "Ngày hạch toán;Diễn giải;Phát sinh nợ;Phát sinh có;Số dư cuối\r\n"
    "20-11-2026 09:12:33;{ref} dat coc may say;0;500.000.000;812.345.678\r\n"
)
SIGNED = 'Date\tDescription\tAmount\tBalance\n2026-11-20\tMBVCB.1.{ref}.CT tu 007\t"+500,000,000 VND"\t1\n'
CENTS = 'Transaction Date,Details,Debit,Credit\n20/11/2026 08:00,{spread},0.00,"500,000,000.00"\n'


@pytest.fixture
def scene(database: Database) -> Scene:
    return set_scene(database)


@pytest.fixture
def number(database: Database, scene: Scene) -> str:
    return asked(database, scene, agreed(database, scene))


def upload(database: Database, scene: Scene, content: bytes) -> str:
    with database.unit_of_work() as session:
        return upload_statement(
            session,
            actor=scene.holder,
            organisation_id=scene.holder_organisation.id,
            filename="sao-ke.csv",
            content=content,
            now=NOW,
        ).public_id


def verdicts(database: Database, scene: Scene, public_id: str) -> list[tuple[int, str]]:
    with database.read_only() as session:
        return [
            (one.row.line, one.verdict)
            for one in statement_record(session, actor=scene.holder, public_id=public_id).rows
        ]


def apply(database: Database, scene: Scene, public_id: str, *lines: int) -> int:
    with database.unit_of_work() as session:
        return apply_statement(session, actor=scene.holder, public_id=public_id, lines=lines, now=NOW)


def entries(database: Database) -> list[tuple[str, str, int]]:
    with database.read_only() as session:
        return [(one.source, one.kind, one.amount) for one in session.scalars(select(PaymentEntry).order_by("id"))]


@pytest.mark.parametrize(
    ("layout", "encoding", "line"),
    [
        (CREDIT_AND_DEBIT, "utf-8-sig", 5),
        (CREDIT_AND_DEBIT, "utf-16", 5),
        (SEMICOLONS, "utf-8", 2),
        (SIGNED, "utf-8", 2),
        (CENTS, "ascii", 2),
    ],
)
def test_several_banks_layouts_lead_to_the_same_payment(
    database: Database, scene: Scene, number: str, layout: str, encoding: str, line: int
) -> None:
    reference = payment_of(database, number).reference
    spread = f"{reference[:4]} {reference[4:].lower()}"
    public_id = upload(database, scene, layout.format(ref=reference, spread=spread).encode(encoding))
    assert (line, "full") in verdicts(database, scene, public_id)
    assert payment_of(database, number).state == "asked"
    assert apply(database, scene, public_id, line) == 1
    assert payment_of(database, number).state == "paid"
    assert entries(database) == [("statement", "charge", 500_000_000)]


def test_windows_vietnamese_is_read() -> None:
    # Windows-1258 writes tone marks as signs of their own, after the letter.
    text = "Nga\u0300y giao di\u0323ch;N\u00f4\u0323i dung;Ghi co\u0301\n20/11/2026;Đă\u0323t co\u0323c;1.000\n"
    read = read_statement(text.encode("cp1258"))
    assert [(one.amount, one.text) for one in read.lines] == [(1000, "Đặt cọc")]


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_lines_end_as_any_system_ends_them(end: str) -> None:
    content = f"Ngày;Nội dung;Ghi có{end}20/11/2026;x;1.000{end}".encode()
    assert [(one.line, one.amount) for one in read_statement(content).lines] == [(2, 1000)]


def test_the_same_file_and_the_same_movement_count_once(database: Database, scene: Scene, number: str) -> None:
    reference = payment_of(database, number).reference
    content = CREDIT_AND_DEBIT.format(ref=reference).encode()
    first = upload(database, scene, content)
    assert verdicts(database, scene, first) == [(5, "full"), (6, "outgoing")]
    assert apply(database, scene, first, 5) == 1
    assert upload(database, scene, content) == first
    assert apply(database, scene, first, 5) == 0
    # The next month's file repeats the line and has another.
    longer = content.replace("Tổng".encode(), f"3,22/11/2026,9,,5,6,{reference}\nTổng".encode())
    second = upload(database, scene, longer)
    assert verdicts(database, scene, second) == [(5, "known"), (6, "outgoing"), (7, "settled")]
    assert apply(database, scene, second, 5) == 0
    assert entries(database) == [("statement", "charge", 500_000_000)]
    with database.read_only() as session:
        assert len(session.scalars(select(BankStatement)).all()) == 2


def test_parts_too_much_and_twice_are_a_persons_to_tick(database: Database, scene: Scene, number: str) -> None:
    reference = payment_of(database, number).reference
    content = "Ngày;Nội dung;Ghi có\n" + "".join(
        f"2{day}/11/2026;{text};{amount}\n"
        for day, text, amount in [
            (0, reference, "200.000.000"),
            (1, reference, "300.000.000"),
            (2, reference, "1.000"),
            (3, "luong thang 11", "9.000.000"),
        ]
    )
    public_id = upload(database, scene, content.encode())
    assert verdicts(database, scene, public_id) == [(2, "part"), (3, "full"), (4, "settled"), (5, "unknown")]
    with pytest.raises(Invalid):
        apply(database, scene, public_id, 2, 5)
    assert entries(database) == []
    assert apply(database, scene, public_id, 2) == 1
    assert payment_of(database, number).state == "part_paid"
    assert apply(database, scene, public_id, 3, 4) == 2
    payment = payment_of(database, number)
    assert payment.state == "paid"
    assert sum(amount for _source, _kind, amount in entries(database)) == payment.amount + 1_000


def test_money_confirmed_by_hand_is_not_taken_for_new(database: Database, scene: Scene, number: str) -> None:
    reference = payment_of(database, number).reference
    with database.unit_of_work() as session:
        data = AmountInput(amount=500_000_000)
        confirm_received(session, actor=scene.holder, number=number, data=data, form_key="k", now=NOW)
    public_id = upload(database, scene, SEMICOLONS.format(ref=reference).encode())
    assert verdicts(database, scene, public_id) == [(2, "settled")]


def test_money_after_a_cancellation_is_seen(database: Database, scene: Scene, number: str) -> None:
    with database.unit_of_work() as session:
        cancel_payment(session, actor=scene.holder, number=number, data=NoteInput(note="Đổi cách trả"), now=NOW)
    reference = payment_of(database, number).reference
    public_id = upload(database, scene, SEMICOLONS.format(ref=reference).encode())
    assert verdicts(database, scene, public_id) == [(2, "closed")]
    assert apply(database, scene, public_id, 2) == 1
    assert payment_of(database, number).state == "paid"


def test_a_statement_belongs_to_its_organisation(database: Database, scene: Scene, number: str) -> None:
    content = SEMICOLONS.format(ref=payment_of(database, number).reference).encode()
    public_id = upload(database, scene, content)
    for actor in (scene.buyer, scene.stranger, scene.operator):
        with pytest.raises(NotFound), database.read_only() as session:
            statement_record(session, actor=actor, public_id=public_id)
        with pytest.raises(NotFound), database.unit_of_work() as session:
            apply_statement(session, actor=actor, public_id=public_id, lines=[2], now=NOW)
    # Another's payment is not found by its reference in one's own statement.
    with database.unit_of_work() as session:
        elsewhere = session.get_one(Organisation, next(iter(scene.stranger.organisations)))
        other = upload_statement(
            session,
            actor=scene.stranger,
            organisation_id=elsewhere.id,
            filename="x.csv",
            content=content,
            now=NOW,
        )
        record = statement_record(session, actor=scene.stranger, public_id=other.public_id)
    assert [one.verdict for one in record.rows] == ["unknown"]
    assert entries(database) == []


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", 0),
        (b"a,b\n1,2\n", 0),
        (b"%PDF-1.7 \0\1", 0),
        ("Ngày,Nội dung,Ghi có\n".encode(), 0),
        ("Ngày,Nội dung,Ghi có\n20/11/2026,x,1.2.3\n".encode(), 2),
        (b";" * 1_999_999, 1),
        (("Ngày,Nội dung,Ghi có\n" + "," * 200 + "\n").encode(), 2),
        (("Ngày,Nội dung,Ghi có\n20/11/2026," + "x" * 131_073 + ",1\n").encode(), 2),
        (("Ngày,Nội dung,Ghi có\n" + "\n" * 10_001).encode(), 0),
        (f"Ngày,Nội dung,Ghi có\n20/11/2026,x,{10**19}\n".encode(), 2),
    ],
)
def test_what_is_no_statement_is_refused_with_its_line(content: bytes, line: int) -> None:
    with pytest.raises(StatementRefused) as fault:
        read_statement(content)
    assert fault.value.line == line


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("25.000.000", 25_000_000),
        ("25,000,000.00", 25_000_000),
        ("+25 000 000 VND", 25_000_000),
        ("(1.000)", -1_000),
        ("-500", -500),
        ("", 0),
        ("1.234.567,00 ₫", 1_234_567),
    ],
)
def test_amounts_as_banks_write_them(text: str, amount: int) -> None:
    assert read_amount(text) == amount


def test_a_reference_survives_what_banks_do_to_a_text() -> None:
    assert references_in("MBVCB.3 TT7K 2m9Q4B/CT tu") == ["TT7K2M9Q4B"]
    assert references_in("TTTT7K2M9Q4B") == ["TTTT7K2M9Q", "TTT7K2M9Q4", "TT7K2M9Q4B"]
    assert references_in("TT7K2") == []
