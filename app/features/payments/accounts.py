"""Where an organisation takes bank transfers. Who can change that can take the money: an owner proves who they are."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.features.accounts.attempts import Refused
from app.features.accounts.proof import prove_password
from app.features.listings.notices import people_of
from app.features.messages import send_message
from app.features.moderation import audit
from app.features.payments.banks import bank_list
from app.features.payments.policies import require_owner
from app.features.payments.schemas import BankAccountInput
from app.identity import Actor
from app.models.organisations import Organisation
from app.models.payments import BankAccount


def bank_account(session: Session, *, actor: Actor, organisation_id: UUID) -> BankAccount | None:
    """The account of an organisation, for its owners.

    Raises:
        SignInRequired, Forbidden.
    """
    require_owner(actor, organisation_id)
    return session.get(BankAccount, organisation_id)


def set_bank_account(
    session: Session, *, actor: Actor, organisation_id: UUID, data: BankAccountInput, password: str, now: datetime
) -> BankAccount | Refused:
    """Name the account that transfers go to, with the owner's password given afresh; all members hear of it.

    Payments asked for before keep the account they were asked with.

    Returns:
        the account, or why the password was refused.

    Raises:
        SignInRequired, Forbidden.
    """
    person_id = require_owner(actor, organisation_id)
    proved = prove_password(session, actor=actor, password=password, now=now)
    if isinstance(proved, Refused):
        return proved
    organisation = session.scalars(
        select(Organisation).where(Organisation.id == organisation_id).with_for_update()
    ).one()
    account = session.get(BankAccount, organisation_id)
    same = account is not None and (account.bank_bin, account.number, account.holder) == (
        data.bank_bin,
        data.number,
        data.holder,
    )
    if account is None:
        account = BankAccount(organisation_id=organisation_id, version=0)
        session.add(account)
    account.bank_bin, account.number, account.holder = data.bank_bin, data.number, data.holder
    account.confirmed_at, account.confirmed_by_id = now, person_id
    account.version += 1
    session.flush()
    audit.record(
        session, actor=actor, action="set_bank_account", entity="organisation", entity_id=organisation_id, now=now
    )
    if not same:
        for person in people_of(session, [organisation_id]).get(organisation_id, []):
            send_message(
                session,
                to=person,
                template="payment_account",
                context={
                    "organisation": organisation.name,
                    "bank": bank_list().banks[data.bank_bin].short,
                    "tail": data.number[-4:],
                    "by": proved.name,
                    "public_id": organisation.public_id,
                },
                key=f"bank_account:{organisation_id}:{account.version}:{person.id}",
                now=now,
            )
    return account
