"""Faults an operator can mend: what happened, and what to do about it. The terminal prints both and no traceback."""


class OperationFault(Exception):
    """Something outside the program keeps it from running.

    Args:
        happened: one sentence saying what is wrong, with the path, port or address it is about.
        remedy: what the reader can do now.
    """

    def __init__(self, happened: str, remedy: str) -> None:
        super().__init__(f"{happened}\n{remedy}")
        self.happened = happened
        self.remedy = remedy
