"""Giving listings to partner exchanges and taking theirs. docs/exchange.md tells how; decisions are in docs/adr/."""

from app.exchange.routes import include

__all__ = ["include"]
