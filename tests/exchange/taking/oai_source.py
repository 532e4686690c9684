"""A foreign OAI-PMH server for tests, that a test may make answer wrongly.

It speaks three dialects: “strict” as the specification has it, “sloppy” as many repositories do (days in place of
seconds, no sizes of lists, white space around what is told), and “hostile”: strict but for one of the tricks of
hostile.py, each meant to bring down, to deceive or to hold up whoever harvests.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from lxml import etree

from app.exchange.envelope import stamp
from app.exchange.xml import to_xml
from tests.factories import NOW
from tests.odd_server import Asked, Reply

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
    "<responseDate>{now}</responseDate><request>http://kho.test/oai</request>"
)
DC = (
    '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/">{elements}</oai_dc:dc>'
)


@dataclass
class Item:
    """A record: its metadata as XML, "" when deleted."""

    metadata: str
    at: datetime = NOW

    @property
    def deleted(self) -> bool:
        return not self.metadata


def dublin_core(**elements: str) -> str:
    return DC.format(elements="".join(f"<dc:{name}>{escape(text)}</dc:{name}>" for name, text in elements.items()))


def techmart(envelope: Mapping[str, Any]) -> str:
    return etree.tostring(to_xml(envelope), encoding="unicode")


Dialect = Literal["strict", "sloppy", "hostile"]
# What a test does to an answer: the arguments asked with and the answer that would be given.
Spoil = Callable[[dict[str, str], Reply], Reply]


@dataclass
class OaiSource:
    """Call it with what was asked."""

    items: dict[str, Item] = field(default_factory=dict)
    page: int = 2
    deletions: str = "persistent"
    dialect: Dialect = "strict"
    now: datetime = NOW
    spoil: Spoil | None = None
    sizes: bool = True

    def add(self, name: str, at: datetime = NOW, **elements: str) -> None:
        said = {"title": f"Máy {name}", "publisher": "Đại học A", "identifier": f"https://kho.test/{name}"} | elements
        self.items[f"oai:kho.test:{name}"] = Item(dublin_core(**said), at)

    def __call__(self, asked: Asked) -> Reply:
        said = {name: values[0] for name, values in parse_qs(urlsplit(asked.path).query).items()}
        if "verb" not in said:
            return Reply(b"", 404)
        reply = Reply(self._answer(said).encode(), headers={"Content-Type": "text/xml"})
        return reply if self.spoil is None else self.spoil(said, reply)

    def _answer(self, said: dict[str, str]) -> str:
        verb = said["verb"]
        head = HEAD.format(now=stamp(self.now))
        if verb == "Identify":
            grain = "YYYY-MM-DD" if self.dialect == "sloppy" else "YYYY-MM-DDThh:mm:ssZ"
            body = (
                "<Identify><repositoryName>Kho số A</repositoryName><protocolVersion>2.0</protocolVersion>"
                f"<deletedRecord>{self.deletions}</deletedRecord><granularity>{grain}</granularity></Identify>"
            )
            return f"{head}{body}</OAI-PMH>"
        if "resumptionToken" in said:
            low, high, begin = said["resumptionToken"].split("|")
        else:
            low, high, begin = said.get("from", ""), said.get("until", ""), "0"
        found = [(name, one) for name, one in sorted(self.items.items()) if self._inside(one, low, high)]
        if not found:
            return f'{head}<error code="noRecordsMatch"/></OAI-PMH>'
        first = int(begin)
        shown = found[first : first + self.page]
        made = "".join(self._record(name, one, verb) for name, one in shown)
        last = first + len(shown)
        size = f' completeListSize="{len(found)}" cursor="{first}"' if self.sizes and self.dialect != "sloppy" else ""
        token = f"{low}|{high}|{last}" if last < len(found) else ""
        told = f"<resumptionToken{size}>{token}</resumptionToken>" if token or first else ""
        return f"{head}<{verb}>{made}{told}</{verb}></OAI-PMH>"

    def _inside(self, one: Item, low: str, high: str) -> bool:
        at = self._stamp(one.at)
        return (not low or low <= at) and (not high or at <= high)

    def _stamp(self, moment: datetime) -> str:
        return stamp(moment)[:10] if self.dialect == "sloppy" else stamp(moment)

    def _record(self, name: str, one: Item, verb: str) -> str:
        status = ' status="deleted"' if one.deleted else ""
        space = "\n   " if self.dialect == "sloppy" else ""
        header = (
            f"<header{status}><identifier>{space}{name}{space}</identifier>"
            f"<datestamp>{self._stamp(one.at)}</datestamp></header>"
        )
        if verb == "ListIdentifiers":
            return header
        metadata = f"<metadata>{space}{one.metadata}{space}</metadata>" if one.metadata else ""
        return f"<record>{header}{metadata}</record>"


def later(**how: float) -> datetime:
    """A moment after NOW."""
    return (NOW + timedelta(**how)).astimezone(UTC)
