"""Why an address was not asked, or its answer not taken. Messages are for the log and the operator, in English."""


class AskFault(Exception):
    """Base of all of them."""


class Refused(AskFault):
    """The address is not one we ask: inside a network, not http(s), or a port of something else."""


class RefusedRedirect(AskFault):
    """It sends us to another host."""


class NotReached(AskFault):
    """No connection, or it broke off, or it took too long."""


class AnswerTooLarge(AskFault):
    """More bytes than allowed, as sent or once unpacked."""
