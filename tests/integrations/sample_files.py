"""Small real files for tests: pictures with metadata, PDF with text and an author, Office archives."""

import io
import zipfile
from collections.abc import Mapping

from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject, TextStringObject


def jpeg(width: int = 1600, height: int = 900, *, turned: bool = False) -> bytes:
    """A JPEG with a camera's metadata, a place among it; `turned` says in EXIF that it stands on its side."""
    picture = Image.new("RGB", (width, height), (200, 40, 30))
    picture.paste((20, 60, 200), (0, 0, width // 2, height))
    exif = Image.Exif()
    exif[0x010F] = "Camera of Minh Long"
    if turned:
        exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    stream = io.BytesIO()
    picture.save(stream, "JPEG", exif=exif, comment=b"Minh Long")
    return stream.getvalue()


def png(width: int = 200, height: int = 100) -> bytes:
    """A PNG that is transparent on its right half."""
    picture = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    picture.paste((10, 120, 60, 255), (0, 0, width // 2, height))
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def pdf(
    text: str = "May say bom nhiet", *, author: str = "Minh Long", script: bool = False, locked: bool = False
) -> bytes:
    """A PDF of one page that says `text`."""
    writer = PdfWriter()
    page = writer.add_blank_page(300, 200)
    content = DecodedStreamObject()
    content.set_data(f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET".encode("latin-1"))
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
    )
    page[NameObject("/Contents")] = writer._add_object(content)
    writer.add_metadata({"/Author": author, "/Company": author})
    if script:
        action = DictionaryObject(
            {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert(1)")}
        )
        writer.root_object[NameObject("/OpenAction")] = action
    if locked:
        writer.encrypt("secret", algorithm="RC4-128")
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def office(ending: str = "docx", *, more: Mapping[str, bytes] | None = None, author: str = "Minh Long") -> bytes:
    """An archive with the parts that make a Word, Excel or PowerPoint file."""
    main = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "pptx": "ppt/presentation.xml"}[ending]
    parts: dict[str, bytes] = {
        "[Content_Types].xml": b"<Types/>",
        main: '<w:d><w:p><w:r>Bom </w:r><w:r>nhiệt</w:r></w:p><w:ins w:author="Minh Long"/></w:d>'.encode(),
        "docProps/core.xml": f"<x><dc:creator>{author}</dc:creator></x>".encode(),
        "docProps/app.xml": f"<x><Company>{author}</Company></x>".encode(),
        "word/_rels/settings.xml.rels": b'<x><Relationship Target="file:///C:\\Users\\MinhLong\\a.dotx"/></x>',
        **(more or {}),
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()
