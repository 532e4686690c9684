"""Letters to people: asked for in the transaction that wants them, rendered and sent by the worker."""

from app.features.messages.commands import Recipient, send_message
from app.features.messages.preparation import prepares

__all__ = ["Recipient", "prepares", "send_message"]
