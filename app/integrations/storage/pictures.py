"""Pictures are never kept as they come: decoded, turned upright, and written anew in a few sizes without metadata."""

import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from app.i18n import N_, _
from app.i18n.formats import format_number
from app.integrations.storage.faults import FileRefused

WIDTHS: Final = (320, 640, 1280)
# Beyond this a picture of a few kilobytes can fill the memory of a server.
MOST_PIXELS: Final = 60_000_000
_LONGEST_EDGE: Final = 20_000
_SMALLEST_EDGE: Final = 16
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF")
_QUALITY: Final = {"webp": 78, "jpg": 82}
MEDIA_TYPES: Final[Mapping[str, str]] = {"webp": "image/webp", "jpg": "image/jpeg"}

_NOT_A_PICTURE: Final = N_("“%(name)s” không phải ảnh đọc được: hãy gửi ảnh JPEG, PNG, WebP, AVIF hoặc TIFF")
_TOO_LARGE: Final = N_("“%(name)s” có quá nhiều điểm ảnh (%(pixels)s): hãy thu nhỏ dưới %(most)s triệu điểm ảnh")
_TOO_SMALL: Final = N_("“%(name)s” nhỏ quá: hãy gửi ảnh rộng ít nhất %(least)s điểm ảnh")


@dataclass(frozen=True, slots=True)
class Rendition:
    """One size of a picture in one format. `name` is "640.webp" or "640.jpg"."""

    name: str
    width: int
    height: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in all its sizes, smallest first. Width and height are those of the largest, in pixels."""

    width: int
    height: int
    renditions: tuple[Rendition, ...]


def read_picture(data: bytes, *, name: str) -> Picture:
    """Decode a picture by its content and write it anew: upright, sRGB, no metadata, at most 1280 pixels wide.

    Args:
        name: what the person calls it, for the message only.

    Raises:
        FileRefused: not a picture of a format taken here, broken, too small, or a decompression bomb.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
                _check_size(opened, name)
                # JPEG decodes straight to about the size needed.
                opened.draft("RGB", (WIDTHS[-1] * 2, WIDTHS[-1] * 2))
                opened.load()
                upright = ImageOps.exif_transpose(opened)
                whole = _plain(upright)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError, EOFError) as fault:
        raise FileRefused(_(_NOT_A_PICTURE, name=name)) from fault
    sizes = [width for width in WIDTHS if width < whole.width] + [min(whole.width, WIDTHS[-1])]
    renditions: list[Rendition] = []
    for width in dict.fromkeys(sizes):
        height = max(1, round(whole.height * width / whole.width))
        resized = whole.resize((width, height), Image.Resampling.LANCZOS) if width != whole.width else whole
        renditions += [_written(resized, ending) for ending in _QUALITY]
    return Picture(renditions[-1].width, renditions[-1].height, tuple(renditions))


def _check_size(opened: Image.Image, name: str) -> None:
    width, height = opened.size
    if width * height > MOST_PIXELS or max(width, height) > _LONGEST_EDGE:
        most = format_number(MOST_PIXELS // 1_000_000)
        raise FileRefused(_(_TOO_LARGE, name=name, pixels=format_number(width * height), most=most))
    if min(width, height) < _SMALLEST_EDGE:
        raise FileRefused(_(_TOO_SMALL, name=name, least=format_number(_SMALLEST_EDGE)))


def _plain(picture: Image.Image) -> Image.Image:
    """RGB on white, in sRGB, with nothing attached."""
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        rgba = picture.convert("RGBA")
        ground = Image.new("RGBA", rgba.size, "white")
        coloured = Image.alpha_composite(ground, rgba).convert("RGB")
    else:
        coloured = _in_srgb(picture)
    bare = Image.new("RGB", coloured.size)
    bare.paste(coloured)
    return bare


def _in_srgb(picture: Image.Image) -> Image.Image:
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in {"RGB", "CMYK", "L"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            turned = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            turned = None  # a broken profile: its numbers are taken for sRGB
        if turned is not None:
            return turned
    if picture.mode in {"I;16", "I;16B", "I", "F"}:
        return ImageOps.autocontrast(picture.convert("L")).convert("RGB")
    return picture.convert("RGB")


def _written(picture: Image.Image, ending: str) -> Rendition:
    stream = io.BytesIO()
    if ending == "webp":
        picture.save(stream, "WEBP", quality=_QUALITY["webp"], method=4)
    else:
        picture.save(stream, "JPEG", quality=_QUALITY["jpg"], optimize=True, progressive=True)
    return Rendition(f"{picture.width}.{ending}", picture.width, picture.height, stream.getvalue())
