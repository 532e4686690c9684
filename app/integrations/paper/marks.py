"""Marks on confidential files: who reads and when, over every page of a PDF and over the whole of a picture.

A mark does not keep a copy from being made. It tells whose copy it is.
"""

import io
import math
from collections.abc import Mapping, Sequence
from typing import Final

from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont, ImageOps
from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, StreamObject

from app.integrations.paper.fonts import FAMILY, REGULAR

_PICTURES: Final[Mapping[str, str]] = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
MARKABLE: Final = frozenset({"application/pdf", *_PICTURES})
_NAME: Final = "/TechmartMark"
_OPACITY: Final = 0.17
_SLANT: Final = 28
# Pictures are given out no larger than this: marking one takes some ten times its size in memory.
_LONGEST_EDGE: Final = 4_000
# What a file that opened when it was sent may still make the libraries raise.
_FAULTS: Final = (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, OSError, RecursionError)


class CannotMark(Exception):
    """The file is of a type that takes no mark, or did not open. It is then not given out at all."""


def mark_file(data: bytes, *, media_type: str, lines: Sequence[str]) -> bytes:
    """The same file with `lines` over it, again and again, and once readable at the foot.

    Raises:
        CannotMark: see there. `MARKABLE` holds the types that can be marked.
    """
    if media_type not in MARKABLE:
        raise CannotMark(media_type)
    try:
        if media_type == "application/pdf":
            return _marked_pdf(data, lines)
        return _marked_picture(data, _PICTURES[media_type], lines)
    except _FAULTS as fault:
        raise CannotMark(media_type) from fault


def _marked_pdf(data: bytes, lines: Sequence[str]) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data), strict=False))
    before = _stream(writer, b"q\n")
    marks: dict[tuple[int, int, int], IndirectObject] = {}
    for page in writer.pages:
        # What a viewer shows: a mark beyond the crop box would not be seen.
        box = page.cropbox
        key = (math.ceil(box.width), math.ceil(box.height), int(page.rotation) % 360)
        if key not in marks:
            marks[key] = _form(writer, _overlay(*key, lines))
        place = f"\nQ q 1 0 0 1 {float(box.left):.3f} {float(box.bottom):.3f} cm {_NAME} Do Q\n"
        contents = page.get("/Contents")
        there = contents.get_object() if contents is not None else None
        parts = list(there) if isinstance(there, ArrayObject) else [contents] if contents is not None else []
        page[NameObject("/Contents")] = ArrayObject([before, *parts, _stream(writer, place.encode())])
        resources = _own_copy(page, "/Resources")
        _own_copy(resources, "/XObject")[NameObject(_NAME)] = marks[key]
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def _own_copy(holder: DictionaryObject, key: str) -> DictionaryObject:
    """The dictionary at `key` (of a page also its parents'), as one that no other page shares."""
    above: DictionaryObject | None = holder
    while above is not None and key not in above:
        parent = above.get("/Parent")
        above = parent.get_object() if parent is not None else None
    found = above[key].get_object() if above is not None else DictionaryObject()
    own = DictionaryObject(found) if isinstance(found, DictionaryObject) else DictionaryObject()
    holder[NameObject(key)] = own
    return own


def _stream(writer: PdfWriter, data: bytes) -> IndirectObject:
    made = StreamObject()
    made.set_data(data)
    return writer._add_object(made)  # noqa: SLF001 - the library's own way to add what is no page


def _form(writer: PdfWriter, overlay: PageObject) -> IndirectObject:
    """The overlay as a form: written once, drawn on every page of its size (merging it into each took 70 ms a page)."""
    form = StreamObject()
    contents = overlay.get_contents()
    form.set_data(contents.get_data() if contents is not None else b"")
    form[NameObject("/Type")] = NameObject("/XObject")
    form[NameObject("/Subtype")] = NameObject("/Form")
    form[NameObject("/BBox")] = overlay.mediabox.clone(writer)
    form[NameObject("/Resources")] = overlay["/Resources"].clone(writer)
    return writer._add_object(form.flate_encode())  # noqa: SLF001 - as above


def _overlay(width: int, height: int, turn: int, lines: Sequence[str]) -> PageObject:
    """A page with nothing but the mark, in points; `turn` is how far a viewer turns the page clockwise."""
    sheet = FPDF(unit="pt", format=(width, height))
    sheet.set_auto_page_break(False)
    sheet.add_font(FAMILY, "", str(REGULAR))
    sheet.add_page()
    size = max(9.0, min(width, height) / 36)
    sheet.set_font(FAMILY, "", size)
    sheet.set_text_color(90, 30, 30)
    said = " · ".join(lines)
    across, down = sheet.get_string_width(said) + size * 4, size * 7
    middle = width / 2, height / 2
    reach = math.hypot(width, height)
    with sheet.local_context(fill_opacity=_OPACITY), sheet.rotation(_SLANT + turn, *middle):
        for row in range(math.ceil(reach / down) + 1):
            y = middle[1] - reach / 2 + row * down
            x = middle[0] - reach / 2 - (across / 2 if row % 2 else 0)
            while x < middle[0] + reach / 2:
                sheet.text(x, y, said)
                x += across
    # Once to be read, along the edge that a viewer shows at the bottom.
    sheet.set_font(FAMILY, "", max(6.5, size * 0.62))
    along = width if turn in {0, 180} else height
    upright = height if turn in {0, 180} else width
    with sheet.local_context(fill_opacity=0.75), sheet.rotation(turn, *middle):
        sheet.text(
            middle[0] - min(sheet.get_string_width(said), along * 0.96) / 2, middle[1] + upright / 2 - size * 0.8, said
        )
    return PdfReader(io.BytesIO(bytes(sheet.output()))).pages[0]


def _marked_picture(data: bytes, kind: str, lines: Sequence[str]) -> bytes:
    with Image.open(io.BytesIO(data), formats=[kind]) as opened:
        # JPEG decodes straight to about the size needed.
        opened.draft("RGB", (_LONGEST_EDGE, _LONGEST_EDGE))
        shown = ImageOps.exif_transpose(opened).convert("RGBA")
    shown.thumbnail((_LONGEST_EDGE, _LONGEST_EDGE))
    upright = Image.new("RGBA", shown.size, "white")
    upright.alpha_composite(shown)
    size = max(14, min(upright.size) // 28)
    font = ImageFont.truetype(str(REGULAR), size)
    said = " · ".join(lines)
    across, down = math.ceil(font.getlength(said)) + size * 4, size * 6
    reach = math.ceil(math.hypot(*upright.size))
    sheet = Image.new("RGBA", (reach, reach), (0, 0, 0, 0))
    draw = ImageDraw.Draw(sheet)
    for row in range(reach // down + 1):
        for x in range(-(across // 2) * (row % 2), reach, across):
            # Light beside dark, so that it shows on any ground.
            draw.text((x + 1, row * down + 1), said, font=font, fill=(255, 255, 255, 90))
            draw.text((x, row * down), said, font=font, fill=(90, 30, 30, 80))
    turned = sheet.rotate(_SLANT, resample=Image.Resampling.BICUBIC)
    left, top = (reach - upright.width) // 2, (reach - upright.height) // 2
    upright.alpha_composite(turned.crop((left, top, left + upright.width, top + upright.height)))
    _foot(upright, said)
    stream = io.BytesIO()
    upright.convert("RGB").save(stream, kind, quality=90)
    return stream.getvalue()


def _foot(picture: Image.Image, said: str) -> None:
    """One readable line over the lower edge, as large as fits."""
    size = 22
    while size > 8 and ImageFont.truetype(str(REGULAR), size).getlength(said) > picture.width * 0.96:
        size -= 1
    font = ImageFont.truetype(str(REGULAR), size)
    band = Image.new("RGBA", (picture.width, size * 2), (255, 255, 255, 200))
    ImageDraw.Draw(band).text((picture.width // 2, size), said, font=font, fill=(60, 20, 20, 255), anchor="mm")
    picture.alpha_composite(band, (0, max(0, picture.height - band.height)))
