"""Static files: names with a hash of their content, from the manifest that frontend/build.py writes.

A hashed name never changes its content, so browsers keep it for a year. The build leaves .br and .gz files beside
the texts; they are served to who accepts them.
"""

import functools
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

BUILT = Path(__file__).resolve().parents[2] / "frontend" / "built"
PREFIX = "/static"
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))


class FrontendNotBuilt(Exception):
    """frontend/built holds no manifest; the message says what to run."""


@functools.lru_cache(maxsize=2)
def _read_manifest(_changed_ns: int) -> Mapping[str, str]:
    names: dict[str, str] = json.loads((BUILT / "manifest.json").read_text("utf-8"))
    return names


def manifest() -> Mapping[str, str]:
    """Names as written in templates → names with their content's hash, as last built.

    Raises:
        FrontendNotBuilt: nothing has been built yet.
    """
    try:
        return _read_manifest((BUILT / "manifest.json").stat().st_mtime_ns)
    except FileNotFoundError:
        raise FrontendNotBuilt("The front end is not built yet. Run: make frontend") from None


def static(name: str) -> str:
    """The address of a static file by the name it has in the sources.

    Raises:
        KeyError: the build knows no such file.
    """
    return f"{PREFIX}/{manifest()[name]}"


@functools.cache
def build_id() -> str:
    """A short name of this state of templates and static files: part of every page's ETag."""
    digest = hashlib.sha256(json.dumps(dict(manifest()), sort_keys=True).encode())
    templates = BUILT.parent / "templates"
    for folder in (templates, BUILT.parent / "locales"):
        for path in sorted(p for p in folder.rglob("*") if p.suffix in {".html", ".po", ".xml"}):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


class HashedFiles(StaticFiles):
    """The built files, compressed where the browser takes it, kept by browsers for as long as they like."""

    def __init__(self) -> None:
        super().__init__(directory=BUILT, check_dir=False)

    async def get_response(self, path: str, scope: Scope) -> Response:
        accepted = Headers(scope=scope).get("accept-encoding", "")
        for encoding, suffix in _ENCODINGS:
            if encoding in accepted and (BUILT / f"{path}{suffix}").is_file():
                response = await super().get_response(path + suffix, scope)
                response.headers["Content-Encoding"] = encoding
                response.headers["Content-Type"] = self._type_of(path)
                break
        else:
            response = await super().get_response(path, scope)
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response

    @staticmethod
    def _type_of(path: str) -> str:
        types = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".json": "application/json"}
        return f"{types.get(Path(path).suffix, 'text/plain')}; charset=utf-8"
