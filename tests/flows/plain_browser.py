"""A browser without JavaScript: pages are read as HTML, links followed, forms filled in and sent as they stand there.

Nothing is posted that the page does not offer. A field that is not in the form, a choice that is not among its choices,
or a button that is not on the page fails the test, as it would leave a person stuck.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from fastapi.testclient import TestClient
from httpx2 import Response
from lxml import html

from app.i18n.formats import format_number

Element = Any
_REDIRECTS = {301, 302, 303, 307, 308}


@dataclass(frozen=True)
class Upload:
    """A file chosen in a form."""

    filename: str
    data: bytes
    media_type: str = "application/octet-stream"


Typed = str | int | bool | Upload | Sequence[str] | Sequence[Upload]


class Page:
    """What the browser shows now."""

    def __init__(self, browser: "PlainBrowser", response: Response) -> None:
        self.browser = browser
        self.response = response
        self.status = response.status_code
        self.path = response.url.raw_path.decode()
        self.tree = _parsed(response.text)

    @property
    def main(self) -> Element:
        found = self.tree.xpath("//main")
        return found[0] if found else self.tree

    @property
    def text(self) -> str:
        """The words of the main part, in one line."""
        return words(self.main)

    @property
    def heading(self) -> str:
        return words(self.main.xpath(".//h1")[0])

    @property
    def errors(self) -> list[str]:
        """The messages at the fields, in their order."""
        return [words(one) for one in self.main.xpath(".//*[contains(@class, 'field-error')]")]

    @property
    def flash(self) -> str:
        """The line that tells what was just done."""
        found = self.main.xpath(".//*[contains(@class, 'flash')]")
        return words(found[0]) if found else ""

    def all(self, xpath: str) -> list[str]:
        """The words of every such element of the main part."""
        return [words(one) for one in self.main.xpath(xpath)]

    def facts(self) -> dict[str, str]:
        """Every term of the definition lists with what stands beside it."""
        return {
            words(term): words(term.getnext())
            for term in self.main.xpath(".//dl//dt")
            if term.getnext() is not None and term.getnext().tag == "dd"
        }

    def table(self, caption: str) -> list[list[str]]:
        """The rows under the head of the table with that caption, cell by cell."""
        for one in self.main.xpath(".//table"):
            if caption in words(one.find("caption")):
                return [[words(cell) for cell in row.xpath("./th|./td")] for row in one.xpath("./tbody/tr")]
        raise AssertionError(f"no table “{caption}” on {self.path}")

    def links(self) -> list[tuple[str, str]]:
        """The words of each link and where it leads: those of the main part first, then those around it."""
        found = [*self.main.xpath(".//a[@href]"), *self.tree.xpath("//a[@href]")]
        return [(words(one), one.get("href")) for one in found]

    def click(self, text: str) -> "Page":
        """Follow the first link with these words, else the first that begins with them."""
        links = self.links()
        for fits in (str.__eq__, str.startswith):
            for name, href in links:
                if fits(name, text):
                    return self.browser.open(urljoin(self.path, href))
        raise AssertionError(f"no link “{text}” on {self.path}: {links}")

    def leads(self, text: str) -> str:
        """Where the link with these words leads, without going there: off this site, say."""
        return next(to for words_of_it, to in self.links() if words_of_it == text)

    def offers(self, button: str) -> bool:
        """Whether there is such a button."""
        return bool(self._buttons(button))

    def value(self, name: str) -> str:
        """What stands in the field of that name."""
        found = self.main.xpath(f".//form//*[@name='{name}']")
        assert found, f"no field {name} on {self.path}"
        return "".join(_standing(found[0]))

    def fields(self) -> list[str]:
        """The names of the fields of the forms of the main part."""
        return list(dict.fromkeys(one.get("name") for one in self.main.xpath(".//form//*[@name]")))

    def press(self, button: str, typed: Mapping[str, Typed] | None = None) -> "Page":
        """Fill in the form that the button stands in, and press it."""
        found = self._buttons(button)
        assert found, f"no button “{button}” on {self.path}: {self.all('.//button')}"
        return self.browser.send(self, found[0], typed or {})

    def _buttons(self, text: str) -> list[Element]:
        return [
            one
            for one in self.tree.xpath("//form//button")
            if words(one) == text and one.get("type", "submit") == "submit"
        ]


class PlainBrowser:
    """One person's browser: its cookies, and what it shows."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def open(self, path: str) -> Page:
        """Go to an address and follow where it leads."""
        return self._shown(self.client.get(path, headers={"Accept": "text/html"}))

    def see(self, path: str) -> Page:
        """Open an address that must answer 200."""
        page = self.open(path)
        assert page.status == 200, (path, page.status, page.text[:300])
        return page

    def send(self, page: Page, button: Element, typed: Mapping[str, Typed]) -> Page:
        form = next(one for one in button.iterancestors() if one.tag == "form")
        pairs = filled(form, typed)
        if button.get("name"):
            pairs.append((button.get("name"), button.get("value", "")))
        to = urljoin(page.path, button.get("formaction") or form.get("action") or page.path)
        assert not urlsplit(to).netloc, f"the form leads elsewhere: {to}"
        if form.get("method", "get").lower() == "get":
            return self.open(
                f"{to.partition('?')[0]}?{urlencode([pair for pair in pairs if isinstance(pair[1], str)])}"
            )
        if form.get("enctype") == "multipart/form-data":
            body, content_type = _multipart(pairs)
        else:
            body, content_type = urlencode(pairs).encode(), "application/x-www-form-urlencoded"
        headers = {"Content-Type": content_type, "Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
        return self._shown(self.client.post(to, content=body, headers=headers))

    def _shown(self, response: Response) -> Page:
        for _step in range(5):
            if response.status_code not in _REDIRECTS:
                return Page(self, response)
            response = self.client.get(response.headers["location"], headers={"Accept": "text/html"})
        raise AssertionError(f"sent around in a circle: {response.url}")


def _parsed(text: str) -> Element:
    tree: Any = html.document_fromstring(text or "<html></html>")
    # What stands in a template is not on the page until a script puts it there.
    for hidden in list(tree.iter("template")):
        hidden.getparent().remove(hidden)
    return tree


def words(element: Element) -> str:
    """The visible words of an element, in one line. What is only for screen readers counts; scripts do not."""
    if element is None:
        return ""
    parts = element.xpath(".//text()[not(ancestor::script or ancestor::style or ancestor::*[@hidden])]")
    return " ".join("".join(f" {one} " if one.getparent().tag in _BLOCKS else one for one in parts).split())


_BLOCKS = {"p", "div", "li", "dt", "dd", "th", "td", "h1", "h2", "h3", "span", "option", "label", "legend", "b"}


def filled(form: Element, typed: Mapping[str, Typed]) -> list[tuple[str, Any]]:
    """What the form sends once `typed` is filled in, in the order of the page (HTML, “constructing the entry list”).

    True and False tick and untick a box; a list chooses several boxes, lists of one name, or files; a number is typed
    as people here write it.
    """
    fields = [
        one
        for one in form.xpath(".//input[@name]|.//select[@name]|.//textarea[@name]")
        if one.get("type") not in {"submit", "button", "reset"} and one.get("disabled") is None
    ]
    unknown = sorted(typed.keys() - {one.get("name") for one in fields})
    assert not unknown, f"the form has no field {unknown}; it has {sorted({one.get('name') for one in fields})}"
    # What is still to be put somewhere; a choice that no field takes is one that the page does not offer.
    left = {name: _as_list(value) for name, value in typed.items()}
    pairs: list[tuple[str, Any]] = []
    for field in fields:
        name = field.get("name")
        values = _given(field, typed[name], left[name]) if name in typed else _standing(field)
        pairs += [(name, value) for value in values]
    refused = {name: values for name, values in left.items() if values}
    assert not refused, f"not offered: {refused}"
    return pairs


def _as_list(value: Typed) -> list[Any]:
    if isinstance(value, bool):
        return []
    if isinstance(value, int):
        return [format_number(value)]
    return [value] if isinstance(value, str | Upload) else list(value)


def _standing(field: Element) -> list[Any]:
    """What a field sends when nobody touches it."""
    kind = field.get("type", "text")
    if field.tag == "textarea":
        # A browser drops the first line break of a text area.
        return [(field.text or "").removeprefix("\n")]
    if field.tag == "select":
        options = field.xpath(".//option")
        chosen = [one for one in options if one.get("selected") is not None] or options[:1]
        return [one.get("value") for one in chosen]
    if kind in {"checkbox", "radio"}:
        return [field.get("value", "on")] if field.get("checked") is not None else []
    if kind == "file":
        return [Upload("", b"")]
    return [field.get("value") or ""]


def _given(field: Element, value: Typed, left: list[Any]) -> list[Any]:
    """What a field sends of what is still to be filled into the fields of its name; `left` shrinks by it."""
    kind = field.get("type", "text")
    if kind == "file":
        files = list(left)
        left.clear()
        return files
    if kind in {"checkbox", "radio"}:
        mine = field.get("value", "on")
        if isinstance(value, bool):
            return [mine] if value else []
        if mine not in left:
            return []
        left.remove(mine)
        return [mine]
    if field.tag == "select":
        offered = set(field.xpath(".//option/@value"))
        chosen = next((one for one in left if one in offered), None)
        if chosen is None:
            return [""]
        left.remove(chosen)
        return [chosen]
    return [left.pop(0)]


def _multipart(pairs: Sequence[tuple[str, Any]]) -> tuple[bytes, str]:
    """The pairs as browsers send them (RFC 7578): a file field without a file is an empty file without a name."""
    boundary = f"----{uuid.uuid4().hex}"
    parts: list[bytes] = []
    for name, value in pairs:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        if isinstance(value, Upload):
            filename = value.filename.replace('"', "%22")
            parts.append(f'{head}; filename="{filename}"\r\nContent-Type: {value.media_type}\r\n\r\n'.encode())
            parts.append(value.data + b"\r\n")
        else:
            text = str(value).replace("\r\n", "\n").replace("\n", "\r\n")
            parts.append(f"{head}\r\n\r\n{text}\r\n".encode())
    return b"".join([*parts, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"
