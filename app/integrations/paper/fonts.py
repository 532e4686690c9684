"""The font files that PDF files and marks are set in: Be Vietnam Pro (OFL), from a package of its own."""

from importlib.resources import files
from pathlib import Path
from typing import Final

FAMILY: Final = "Be Vietnam Pro"
_FOLDER: Final = Path(str(files("fontpkg_be_vietnam_pro"))) / "files"
REGULAR: Final = _FOLDER / "BeVietnamPro-Regular.ttf"
BOLD: Final = _FOLDER / "BeVietnamPro-SemiBold.ttf"
