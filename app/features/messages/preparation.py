"""What a letter needs that must not lie in the database until then: links that open something."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

# Given the session, the letter's context and the time; answers with more context, or None when the letter is no
# longer wanted (confirmed meanwhile, invitation withdrawn).
Preparation = Callable[[Session, Mapping[str, Any], datetime], Mapping[str, Any] | None]

# What a preparation may add for a letter that people get regularly: the path of the page that ends it.
UNSUBSCRIBE_PATH = "unsubscribe_path"

preparations: dict[str, Preparation] = {}


def prepares(template: str) -> Callable[[Preparation], Preparation]:
    """Register the function that completes the context of a template in the transaction before it is sent.

    So a single-use token is made at the last moment: only its hash is ever stored, and no job carries it.
    """

    def register(preparation: Preparation) -> Preparation:
        if preparations.setdefault(template, preparation) is not preparation:
            raise ValueError(f"two preparations for mail template {template!r}")
        return preparation

    return register
