"""Whom visitors of a demonstration may sign in as."""

from app.demo import content
from app.demo.load import PASSWORD
from app.web.accounts.sign_in import DemoPerson


def demo_people() -> tuple[DemoPerson, ...]:
    """The featured people, for `app.state.demo_people`; the sign-in page names them when TECHMART_DEMO is on."""
    return tuple(
        DemoPerson(one.email, PASSWORD, one.name, one.purpose or "", one.purpose_en or one.purpose or "")
        for one in content.people()
        if one.featured
    )
