"""A QR code drawn: as SVG for pages, as PNG where none is shown. Four modules of quiet around it (ISO/IEC 18004)."""

import io

import segno


def svg(text: str) -> bytes:
    """The code as an SVG document, black on white in light and dark, as scanners want it."""
    out = io.BytesIO()
    segno.make_qr(text, error="m").save(
        out, kind="svg", scale=6, border=4, dark="#000", light="#fff", xmldecl=False, svgns=True, nl=False
    )
    return out.getvalue()


def picture(text: str, *, scale: int = 6) -> bytes:
    """The code as PNG, `scale` pixels per module."""
    out = io.BytesIO()
    segno.make_qr(text, error="m").save(out, kind="png", scale=scale, border=4)
    return out.getvalue()
