"""A request crosses, its answers come back, and what the buyer decides goes there: between two exchanges."""

from sqlalchemy import func, select

from app import clock
from app.features.carrying.deciding import accept_there
from app.features.enquiries.schemas import AcceptInput
from app.models.carrying import CarriedDelivery, CarriedRequest
from app.models.deals import Deal
from tests.exchange.carrying.two import Two


def test_a_request_is_quoted_twice_and_accepted(two: Two) -> None:
    number = two.ask(email=True)
    two.work(two.asking)
    assert two.sent("ask").state == "delivered"
    received = two.received()
    assert (received.request.buyer_name, received.request.state) == ("Công ty Nông sản", "sent")
    assert received.request.message == "Sấy xoài cắt lát từ 80 % xuống 15 % ẩm."
    assert [(one.description, one.target_price) for one in received.items] == [
        ("Máy sấy 500 kg/mẻ", 900_000_000),
        ("Khay sấy inox", None),
    ]
    with two.home.database.read_only() as session:
        carried = session.scalars(select(CarriedRequest)).one()
        assert (carried.contact_email, carried.remote_number) == ("mua@nongsan.test", number)

    two.quote("quote-1", 880_000_000)
    two.work(two.home)
    two.quote("quote-2", 850_000_000)
    two.work(two.home)
    asked = two.asked()
    assert [(one.quote.revision, one.quote.state) for one in asked.quotes] == [(1, "superseded"), (2, "sent")]
    assert [one.unit_price for one in asked.quotes[1].offers] == [850_000_000, None]
    assert (asked.request.state, asked.request.awaits) == ("quoted", "buyer")

    with two.asking.database.unit_of_work() as session:
        data = AcceptInput.model_validate({"lines": [{"offer": 1, "quantity": "2"}], "note": "Đồng ý."})
        accept_there(session, actor=two.buyer, number=number, revision=2, data=data, now=clock.now())
    assert two.asked().request.state == "quoted"
    two.work(two.asking)
    mine, theirs = two.asked().acceptance, two.received().acceptance
    assert mine is not None
    assert theirs is not None
    assert (mine.acceptance.total, mine.revision) == (theirs.acceptance.total, theirs.revision) == (1_836_000_000, 2)
    assert (mine.acceptance.accepted_by_name, theirs.acceptance.accepted_by_name) == (
        "Trần Thị Mua",
        "Công ty Nông sản",
    )
    with two.home.database.read_only() as session:
        assert session.scalars(select(Deal.buyer_name)).all() == ["Công ty Nông sản"]
    with two.asking.database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(Deal)) == 0
    moves = [[step.move for step in record.history] for record in (two.asked(), two.received())]
    assert moves == [["send", "quote", "revise", "accept"]] * 2
    # Nothing is left to tell, and asking again changes nothing.
    two.work(two.home)
    two.ask_home()
    assert [step.move for step in two.asked().history] == moves[0]
    with two.home.database.read_only() as session:
        assert {one.state for one in session.scalars(select(CarriedDelivery))} == {"delivered"}
