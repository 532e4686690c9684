"""What a browser would send back from a page without touching anything."""

from html.parser import HTMLParser


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self._area: str | None = None
        self._select: str | None = None
        self._first: str | None = None
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "template":
            self._hidden += 1
        if self._hidden:
            return
        name = given.get("name", "")
        if tag == "textarea":
            self._area = name
            self.found.setdefault(name, []).append("")
        elif tag == "select":
            self._select = name
            self.found.setdefault(name, []).append("")
            self._first = None
        elif tag == "option" and self._select is not None:
            if self._first is None:
                self._first = given.get("value", "")
                self.found[self._select][-1] = self._first
            if "selected" in given:
                self.found[self._select][-1] = given.get("value", "")
        elif tag == "input" and name and given.get("type") not in {"file", "submit"}:
            if given.get("type") in {"checkbox", "radio"} and "checked" not in given:
                return
            self.found.setdefault(name, []).append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._hidden -= 1
        elif tag == "textarea":
            self._area = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._area is not None and not self._hidden:
            self.found[self._area][-1] += data


def fields_of(html: str) -> dict[str, list[str]]:
    """Every field in the page's main part with what it holds. A browser drops the first line end of a textarea."""
    parser = _Fields()
    parser.feed(html[html.index("<main") : html.index("</main>")])
    return {
        name: [text.removeprefix("\n") for text in texts]
        for name, texts in parser.found.items()
        if name not in {"_stay", "_add", "_remove", "do"}
    }
