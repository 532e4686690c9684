"""A printed document of ours on A4: a title, headings, paragraphs, facts, a table, page numbers at the foot."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from app.integrations.paper.fonts import BOLD, FAMILY, REGULAR

_INK: Final = (20, 33, 29)
_SOFT: Final = (75, 92, 86)
_LINE: Final = 5.2
_SIZES: Final = {1: 17.0, 2: 12.5, 3: 10.5}
_TEXT: Final = 10.0
_SMALL: Final = 8.5


class Paper(FPDF):
    """One document being written from top to bottom.

    Args:
        title: of the file, as readers of PDF files show it.
        language: BCP 47, for screen readers.
        foot: one line at the foot of every page, before its number.
        at: the moment the document speaks of, which makes the same document the same bytes.
    """

    def __init__(self, *, title: str, language: str, foot: str, at: datetime) -> None:
        super().__init__(format="A4", unit="mm")
        self._foot = foot
        self.add_font(FAMILY, "", str(REGULAR))
        self.add_font(FAMILY, "B", str(BOLD))
        self.set_title(title)
        self.set_lang(language)
        self.set_creator("Techmart")
        self.set_creation_date(at)
        self.set_margins(22, 20, 20)
        self.set_auto_page_break(True, margin=22)
        self.add_page()
        self._ink()

    def footer(self) -> None:
        """Called by the base class at the end of each page."""
        self.set_y(-15)
        self.set_font(FAMILY, "", _SMALL)
        self.set_text_color(*_SOFT)
        self.cell(self.epw - 20, 5, self._foot)
        self.cell(20, 5, f"{self.page_no()} / {{nb}}", align="R")
        self._ink()

    def heading(self, text: str, level: int = 2) -> None:
        """A heading; it never stands alone at the foot of a page."""
        if level > 1:
            self.ln(2.5)
        if self.will_page_break(22):
            self.add_page()
        self.set_font(FAMILY, "B", _SIZES[level])
        self._flow(text, _SIZES[level] * 0.55)
        self.ln(1)

    def paragraph(self, text: str, *, soft: bool = False) -> None:
        """Running text; line ends stay."""
        self.set_font(FAMILY, "", _SMALL if soft else _TEXT)
        if soft:
            self.set_text_color(*_SOFT)
        self._flow(text, _LINE)
        self._ink()
        self.ln(1.4)

    def aside(self, text: str, *, mark: str = "") -> None:
        """An indented paragraph: a quotation, or a point of a list with `mark` before it."""
        self.set_font(FAMILY, "", _TEXT)
        left = self.l_margin
        if mark:
            self.set_x(left + 3)
            self.cell(4, _LINE, mark)
        self.set_left_margin(left + 7)
        self._flow(text, _LINE)
        self.set_left_margin(left)
        self.set_x(left)
        self.ln(0.6)

    def facts(self, rows: Sequence[tuple[str, str]]) -> None:
        """Terms and what they are, in two columns; long values wrap, also where they have no spaces."""
        for term, value in rows:
            if self.will_page_break(_LINE * 2):
                self.add_page()
            top = self.get_y()
            self.set_font(FAMILY, "", _SMALL)
            self.set_text_color(*_SOFT)
            self.multi_cell(46, _LINE, term, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")
            after_term, page = self.get_y(), self.page_no()
            self._ink()
            self.set_font(FAMILY, "", _TEXT)
            self.set_xy(self.l_margin + 48, top)
            self.multi_cell(self.epw - 48, _LINE, value or "–", new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")
            if self.page_no() == page:
                self.set_y(max(after_term, self.get_y()))
            self.ln(0.8)

    def text_of(self, markdown: str) -> None:
        """The small part of Markdown that our own texts use: headings, points, quotations, paragraphs."""
        for block in markdown.strip().split("\n\n"):
            lines = block.splitlines()
            if lines[0].startswith("#"):
                level = len(lines[0]) - len(lines[0].lstrip("#"))
                self.heading(lines[0][level:].strip(), min(level + 1, 3))
            elif all(line.startswith("- ") for line in lines):
                for line in lines:
                    self.aside(line[2:], mark="•")
            elif all(line.startswith(">") for line in lines):
                self.aside("\n".join(line[1:].removeprefix(" ") for line in lines))
            else:
                self.paragraph(block)

    def data(self) -> bytes:
        """The finished file."""
        return bytes(self.output())

    def _flow(self, text: str, height: float) -> None:
        self.multi_cell(0, height, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")

    def _ink(self) -> None:
        self.set_text_color(*_INK)
        self.set_font(FAMILY, "", _TEXT)
