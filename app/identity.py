"""Keys of records and the identity of whoever acts."""

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import uuid_utils

MembershipRole = Literal["owner", "editor"]

# Crockford's base 32 without vowels that could spell words: easy to read out on the telephone.
_ALPHABET = "0123456789bcdfghjkmnpqrstvwxyz"
_LETTERS = "bcdfghjkmnpqrstvwxyz"
PUBLIC_ID_LENGTH = 12


def uuid7() -> uuid.UUID:
    """A UUID version 7 (RFC 9562): sortable by the time it was made, so that B-tree inserts stay at the right edge."""
    return uuid.UUID(int=uuid_utils.uuid7().int)


def new_public_id() -> str:
    """A random name for URLs: 12 characters, the first a letter, telling nothing of time, order or owner."""
    rest = "".join(secrets.choice(_ALPHABET) for _ in range(PUBLIC_ID_LENGTH - 1))
    return secrets.choice(_LETTERS) + rest


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a person with the organisations they act for, an operator, nobody, or the system itself.

    `organisations` maps organisation ids to the role held in each. `scopes` is None for a person in a browser and
    the granted set for a personal access token.
    """

    person_id: uuid.UUID | None = None
    organisations: Mapping[uuid.UUID, MembershipRole] = field(default_factory=dict)
    is_operator: bool = False
    is_broker: bool = False
    is_system: bool = False
    scopes: frozenset[str] | None = None
    address: str | None = None
    locale: str = "vi"

    @property
    def is_anonymous(self) -> bool:
        return self.person_id is None and not self.is_system

    def acts_for(self, organisation_id: uuid.UUID | None) -> bool:
        return organisation_id is not None and organisation_id in self.organisations

    def owns(self, organisation_id: uuid.UUID | None) -> bool:
        return organisation_id is not None and self.organisations.get(organisation_id) == "owner"

    def may(self, scope: str) -> bool:
        """Whether a token's scopes allow it; a browser session carries every scope of its person."""
        return self.scopes is None or scope in self.scopes


ANONYMOUS = Actor()
SYSTEM = Actor(is_system=True)
