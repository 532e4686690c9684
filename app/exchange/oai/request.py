"""What a harvester asked: the arguments of the six verbs, checked as the protocol says (section 2.2 and 3.6)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

VERBS: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    # verb → (required, allowed beside them); with resumptionToken nothing else is allowed.
    "Identify": (frozenset(), frozenset()),
    "ListMetadataFormats": (frozenset(), frozenset({"identifier"})),
    "ListSets": (frozenset(), frozenset()),
    "GetRecord": (frozenset({"identifier", "metadataPrefix"}), frozenset()),
    "ListIdentifiers": (frozenset({"metadataPrefix"}), frozenset({"from", "until", "set"})),
    "ListRecords": (frozenset({"metadataPrefix"}), frozenset({"from", "until", "set"})),
}
_RESUMABLE: Final = frozenset({"ListSets", "ListIdentifiers", "ListRecords"})
_SET: Final = re.compile(r"[A-Za-z0-9\-_.!~*'()]+(:[A-Za-z0-9\-_.!~*'()]+)*")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_SECOND: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")

Code = Literal[
    "badArgument",
    "badResumptionToken",
    "badVerb",
    "cannotDisseminateFormat",
    "idDoesNotExist",
    "noRecordsMatch",
    "noMetadataFormats",
    "noSetHierarchy",
]


class OaiFault(Exception):
    """A condition the protocol has a code for; the answer's status stays 200."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class OaiRequest:
    """A verb with its arguments, each there once and allowed."""

    verb: str
    arguments: Mapping[str, str]

    @property
    def token(self) -> str | None:
        return self.arguments.get("resumptionToken")


def read_request(pairs: Sequence[tuple[str, str]]) -> OaiRequest:
    """Read the pairs of a query or form.

    Raises:
        OaiFault: badVerb or badArgument.
    """
    verbs = [value for name, value in pairs if name == "verb"]
    if len(verbs) != 1 or verbs[0] not in VERBS:
        raise OaiFault("badVerb", "The verb is missing, repeated or none of the six: " + ", ".join(VERBS))
    verb = verbs[0]
    arguments: dict[str, str] = {}
    for name, value in pairs:
        if name == "verb":
            continue
        if name in arguments:
            raise OaiFault("badArgument", f"{name} is there more than once")
        arguments[name] = value
    if "resumptionToken" in arguments and verb in _RESUMABLE:
        if len(arguments) > 1:
            raise OaiFault("badArgument", "resumptionToken goes with no other argument")
        return OaiRequest(verb, arguments)
    required, allowed = VERBS[verb]
    if unknown := sorted(arguments.keys() - required - allowed):
        raise OaiFault("badArgument", f"{verb} takes no {', '.join(unknown)}")
    if missing := sorted(name for name in required if not arguments.get(name)):
        raise OaiFault("badArgument", f"{verb} needs {', '.join(missing)}")
    return OaiRequest(verb, arguments)


def read_window(arguments: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
    """The bounds named by from and until, both inclusive, in UTC; a day reaches to its last second.

    Raises:
        OaiFault: badArgument, for another form, different granularity, or bounds the wrong way round.
    """
    given = {name: arguments[name] for name in ("from", "until") if name in arguments}
    lengths = {len(value) for value in given.values()}
    if len(lengths) > 1:
        raise OaiFault("badArgument", "from and until have different granularity")
    low = _instant("from", given["from"], last=False) if "from" in given else None
    high = _instant("until", given["until"], last=True) if "until" in given else None
    if low is not None and high is not None and low > high:
        raise OaiFault("badArgument", "from is later than until")
    return low, high


def read_set(arguments: Mapping[str, str]) -> str | None:
    """The set asked for. Raises OaiFault badArgument for what cannot be the name of one."""
    name = arguments.get("set")
    if name is not None and not _SET.fullmatch(name):
        raise OaiFault("badArgument", "set is not the name of a set")
    return name


def _instant(name: str, value: str, *, last: bool) -> datetime:
    if not (_DAY.fullmatch(value) or _SECOND.fullmatch(value)):
        raise OaiFault("badArgument", f"{name} is neither YYYY-MM-DD nor YYYY-MM-DDThh:mm:ssZ")
    try:
        moment = datetime.fromisoformat(value).replace(tzinfo=UTC)
    except ValueError:
        raise OaiFault("badArgument", f"{name} is no date of the calendar") from None
    return moment.replace(hour=23, minute=59, second=59) if last and len(value) == 10 else moment
