"""Asking addresses that others gave us (partners, webhooks): never into our own network, never without bounds."""

from app.integrations.outgoing.asking import Answer, Bounds, ask, inflated, load
from app.integrations.outgoing.faults import AnswerTooLarge, AskFault, NotReached, Refused, RefusedRedirect

__all__ = [
    "Answer",
    "AnswerTooLarge",
    "AskFault",
    "Bounds",
    "NotReached",
    "Refused",
    "RefusedRedirect",
    "ask",
    "inflated",
    "load",
]
