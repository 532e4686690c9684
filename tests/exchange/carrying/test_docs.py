"""The example of the documentation is tried, and what discovery tells to whom."""

import re

from app import clock
from app.exchange.keys import signing_key
from app.features.partners.credentials import issue_credential
from app.features.partners.schemas import IssueInput
from app.identity import SYSTEM
from app.integrations.outgoing import ask
from app.models.partners import Partner
from app.settings import REPOSITORY
from tests.exchange.carrying.test_refusals import change_partner
from tests.exchange.carrying.two import Two


def test_the_example_brings_a_request(two: Two) -> None:
    text = (REPOSITORY / "docs" / "carrying.md").read_text("utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    key = signing_key(two.asking.settings)
    said: list[tuple[str, ...]] = []
    known = {
        "PRIVATE_KEY": key.key.private_key,
        "KID": key.kid,
        "BASE": two.home.base,
        "PARTNER": two.asking.authority,
        "AUTHORITY": two.home.authority,
        "LISTING": two.listing.local_id,
        "print": lambda *words: said.append(words),
    }
    exec(compile(example, "example", "exec"), known)
    request = two.received().request
    assert said == [(request.number, "sent")]
    assert request.buyer_name == "Công ty Nông sản Bàu Bàng"


def test_discovery_tells_of_it_to_whom_it_was_agreed_with(two: Two) -> None:
    def endpoints(**headers: str) -> set[str]:
        answer = ask(f"{two.home.base}/.well-known/techmart-exchange", settings=two.home.settings, headers=headers)
        return set(re.findall(r'"(enquiries|answers)":', answer.body.decode()))

    with two.home.database.unit_of_work() as session:
        public_id = session.query(Partner).one().public_id
        issued = issue_credential(
            session, actor=SYSTEM, public_id=public_id, data=IssueInput(kind="api_key"), now=clock.now()
        )
    key = {"Authorization": f"Bearer {issued.secret}"}
    assert endpoints() == set()
    assert endpoints(**key) == {"enquiries"}
    change_partner(two.home, enquiries_in=False, enquiries_out=True)
    assert endpoints(**key) == {"answers"}
