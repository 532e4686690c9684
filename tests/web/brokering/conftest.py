"""The cast and browsers of the enquiry pages, who also meet brokers."""

from tests.web.enquiries.conftest import _fixed_moment, browser, buyer, holder, scene, stranger, talked

__all__ = ["_fixed_moment", "browser", "buyer", "holder", "scene", "stranger", "talked"]
