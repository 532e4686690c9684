"""Browsers at a fixed moment, as for the pages of accounts."""

from tests.web.people.conftest import _fixed_moment, browser

__all__ = ["_fixed_moment", "browser"]
