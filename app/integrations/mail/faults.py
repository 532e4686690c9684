"""What may go wrong when a letter is handed on, beyond a plain refusal."""


class HandoverUnclear(Exception):
    """The line broke after the letter was begun: the mail server may have accepted it, or not."""
