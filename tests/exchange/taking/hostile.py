"""The hostile dialect of OAI-PMH: tricks that a source may try on whoever harvests it, each by its name.

A trick spoils answers of a source that is strict otherwise. `told` is what the run's fault must say; where it is "",
the run goes on to its end, and what is evil waits in quarantine or is left out.
"""

import gzip
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from tests.odd_server import Reply

Said = dict[str, str]
_TOKEN: Final = re.compile(rb"(<resumptionToken[^>]*>)[^<]*(</resumptionToken>)")
_RECORD: Final = re.compile(rb"<record>.*?</record>", re.DOTALL)


@dataclass(frozen=True)
class Trick:
    """What is done to the pages of a list behind its first, and what must come of it.

    Attributes:
        aside: how many records wait in quarantine afterwards.
    """

    play: Callable[[Said, Reply], Reply]
    told: str = ""
    aside: int = 0


def _body(change: Callable[[bytes], bytes]) -> Callable[[Said, Reply], Reply]:
    return lambda _said, reply: replace(reply, body=change(reply.body))


def _instead(reply: Reply) -> Callable[[Said, Reply], Reply]:
    return lambda _said, _reply: reply


def _after_declaration(put: bytes) -> Callable[[Said, Reply], Reply]:
    return _body(lambda body: body.replace(b"\n<OAI-PMH", b"\n" + put + b"<OAI-PMH", 1))


def _token(token: Callable[[Said], str]) -> Callable[[Said, Reply], Reply]:
    def play(said: Said, reply: Reply) -> Reply:
        made = token(said).encode()
        return replace(reply, body=_TOKEN.sub(lambda found: found[1] + made + found[2], reply.body))

    return play


def _title(text: bytes) -> Callable[[Said, Reply], Reply]:
    """Another title of the page's first record."""
    return _body(lambda body: re.sub(rb"<dc:title>[^<]*", lambda _: b"<dc:title>" + text, body, count=1))


def _first_record(change: Callable[[bytes], bytes]) -> Callable[[Said, Reply], Reply]:
    return _body(lambda body: _RECORD.sub(lambda found: change(found[0]), body, count=1))


def _next_of_a_ring(said: Said) -> str:
    """Tokens that come again after three, none like the one before it."""
    ring = {"x1": "x2", "x2": "x3", "x3": "x1"}
    return ring.get(said.get("resumptionToken", ""), "x1")


def _one_more(said: Said) -> str:
    """Another token for ever."""
    return f"n{int(said.get('resumptionToken', 'n0').removeprefix('n') or 0) + 1}" if _is_made_up(said) else "n1"


def _is_made_up(said: Said) -> bool:
    return said.get("resumptionToken", "").startswith("n")


def _size(told: bytes) -> Callable[[Said, Reply], Reply]:
    return _body(lambda body: re.sub(rb'completeListSize="[^"]*"', b'completeListSize="' + told + b'"', body))


LOL: Final = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
PRIVATE: Final = "http://169.254.169.254/latest/meta-data/"
HUGE: Final = b'<header x="' + b"a" * 12_000_000 + b'"'
INCLUSION: Final = b'<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
DEEP: Final = b"<dc:title>" + b"<b>" * 5_000 + b"</b>" * 5_000

TRICKS: Final[Mapping[str, Trick]] = {
    # Too much of it.
    "a bomb of gzip": Trick(
        _instead(Reply(gzip.compress(b" " * 80_000_000), headers={"Content-Encoding": "gzip"})), "AnswerTooLarge"
    ),
    "a bomb of entities": Trick(_after_declaration(b'<!DOCTYPE x [<!ENTITY l0 "lol">' + LOL + b"]>"), "DOCTYPE"),
    "a body without end": Trick(_instead(Reply(b"<" * 40_000_000)), "AnswerTooLarge"),
    "a huge attribute": Trick(_first_record(lambda one: one.replace(b"<header", HUGE, 1)), "not well-formed"),
    # Cut, as any title too long is.
    "a long title": Trick(_title(b"a" * 1_000_000)),
    "an identifier of a megabyte": Trick(
        _first_record(lambda one: one.replace(b"<identifier>", b"<identifier>" + b"x" * 1_000_000, 1)), aside=2
    ),
    "elements within elements": Trick(_title(DEEP), "not well-formed"),
    "a head without end": Trick(_instead(Reply(b"", headers={"X": "a" * 1_000_000})), "NotReached"),
    "a token of great length": Trick(_token(lambda _said: "t" * 100_000), "token of such a length"),
    # What leads elsewhere.
    "a document type": Trick(_after_declaration(b"<!DOCTYPE OAI-PMH>"), "DOCTYPE"),
    "a document type behind a comment": Trick(_after_declaration(b"<!--<a--><!DOCTYPE OAI-PMH>"), "DOCTYPE"),
    "an entity that is a file": Trick(
        _after_declaration(b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'), "DOCTYPE"
    ),
    "an entity that nobody declared": Trick(_title(b"&f;"), "not well-formed"),
    "an inclusion": Trick(_title(INCLUSION), aside=2),
    "one identifier for all": Trick(
        _body(lambda body: re.sub(rb"<identifier>oai[^<]*", b"<identifier>oai:kho.test:c", body))
    ),
    "a day that is none": Trick(_first_record(lambda one: re.sub(rb"<datestamp>[^<]*", b"<datestamp>0000-00-00", one))),
    "a day in nine thousand years": Trick(
        _first_record(lambda one: re.sub(rb"<datestamp>[^<]*", b"<datestamp>9999-12-31T23:59:59Z", one))
    ),
    # Signs that nobody can hold.
    "a zero byte": Trick(_title(b"a\x00b"), "not well-formed"),
    "a zero byte by number": Trick(_title(b"a&#0;b"), "not well-formed"),
    "half of a pair": Trick(_title(b"a\xed\xa0\x80b"), "not well-formed"),
    "half of a pair by number": Trick(_title(b"a&#xD800;b"), "not well-formed"),
    "bytes that are no text": Trick(_title(b"a\xff\xfeb"), "not well-formed"),
    "another encoding": Trick(
        _body(lambda body: body.decode().replace("UTF-8", "UTF-16").encode("utf-16")), "encoding|no XML"
    ),
    "an encoding by name alone": Trick(_body(lambda body: body.replace(b"UTF-8", b"UTF-7", 1)), "encoding"),
    "nothing packed": Trick(_instead(Reply(b"no", headers={"Content-Encoding": "gzip"})), "NotReached"),
    "packed as nobody asked": Trick(_instead(Reply(b"no", headers={"Content-Encoding": "br"})), "not asked for"),
}


@dataclass
class Hostile:
    """As `spoil` of a source: plays a trick on every page of a list but the first."""

    trick: Trick
    played: list[Said] = field(default_factory=list)

    def __call__(self, said: Said, reply: Reply) -> Reply:
        if "resumptionToken" not in said:
            return reply
        self.played.append(said)
        return self.trick.play(said, reply)
