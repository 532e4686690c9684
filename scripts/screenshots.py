"""Take the pictures of docs/pictures from a running server with demo content.

    TECHMART_DATA=/tmp/pictures .venv/bin/techmart serve --migrate --demo --port 8123
    .venv/bin/python scripts/screenshots.py http://127.0.0.1:8123

Needs Chromium: TECHMART_CHROMIUM names one, else the installed one or Playwright's own is taken.
"""

import argparse
import io
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
LARGEST = 250_000
# Pictures that come into sight are fetched only then.
LOADED = """() => [...document.images].every(
    one => one.complete || one.getBoundingClientRect().top > innerHeight
)"""
DESK, PHONE = ViewportSize(width=1280, height=960), ViewportSize(width=390, height=844)


@dataclass(frozen=True)
class Shot:
    """One picture: whose window (a demo person's name, or nobody's), where, and how it is looked at.

    `path` may name a listing by its external id in braces. `height` shows more of the page than a usual window.
    """

    name: str
    path: str
    who: str = ""
    size: ViewportSize = field(default_factory=lambda: DESK)
    scheme: Literal["light", "dark"] = "light"
    height: int = 0
    scale: int = 1


SHOTS = (
    Shot("home", "/vi/", height=1180),
    Shot("results", "/vi/search?q=may+say"),
    Shot("need", "/vi/listings/{NC-002}", height=2000),
    Shot("quote", "/vi/desk/enquiries", who="Lý Hoàng Phúc", height=1500),
    Shot("phone", "/vi/", size=PHONE, scale=2),
    Shot("dark", "/vi/listings/{CN-001}", scheme="dark", height=1180),
    Shot("english", "/en/search?q=dryer"),
)


def main(given: Sequence[str] | None = None) -> int:
    """Take every picture, or those named; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", help="where the server answers, as http://127.0.0.1:8000")
    parser.add_argument("names", nargs="*", help=f"only these: {', '.join(one.name for one in SHOTS)}")
    parser.add_argument("--to", type=Path, default=FOLDER, help="folder for the pictures")
    asked = parser.parse_args(given)
    unknown = set(asked.names) - {one.name for one in SHOTS}
    if unknown:
        parser.error(f"no such picture: {', '.join(sorted(unknown))}")
    asked.to.mkdir(parents=True, exist_ok=True)
    too_large = []
    with sync_playwright() as playwright:
        program = os.environ.get("TECHMART_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
        flags = ["--no-sandbox"] if hasattr(os, "getuid") and os.getuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        for shot in SHOTS:
            if asked.names and shot.name not in asked.names:
                continue
            data = _smaller(_taken(browser, asked.address.rstrip("/"), shot))
            (asked.to / f"{shot.name}.png").write_bytes(data)
            print(f"{shot.name}.png  {len(data) / 1000:.0f} kB")
            if len(data) > LARGEST:
                too_large.append(shot.name)
        browser.close()
    if too_large:
        print(f"larger than {LARGEST // 1000} kB: {', '.join(too_large)}", file=sys.stderr)
    return 1 if too_large else 0


def _taken(browser: Browser, address: str, shot: Shot) -> bytes:
    with browser.new_context(
        viewport=shot.size, color_scheme=shot.scheme, device_scale_factor=shot.scale, reduced_motion="reduce"
    ) as context:
        page = context.new_page()
        if shot.who:
            page.goto(f"{address}/vi/sign-in")
            page.get_by_role("button", name=shot.who).click()
        page.goto(address + _path(page, address, shot.path))
        if shot.who:
            # The list of one's own requests leads to the one the picture is of.
            page.locator("main h2 a").first.click()
        page.wait_for_function("() => document.readyState === 'complete' && !document.querySelector('.htmx-request')")
        page.evaluate("() => document.fonts.ready")
        if shot.height:
            page.set_viewport_size(ViewportSize(width=shot.size["width"], height=shot.height))
        page.wait_for_function(LOADED)
        return page.screenshot()


def _path(page: Page, address: str, path: str) -> str:
    """The path with an external id in braces replaced by the listing's own place."""
    if "{" not in path:
        return path
    external_id = path.partition("{")[2].partition("}")[0]
    found = page.request.get(f"{address}/api/v1/listings", params={"external_id": external_id}).json()["items"]
    if not found:
        raise SystemExit(f"{address} has no listing {external_id}: does it show the demo?")
    return path.replace(f"{{{external_id}}}", f"x-{found[0]['id']}")


def _smaller(data: bytes) -> bytes:
    """The picture with 256 colours of its own, which text and drawings do not miss."""
    with Image.open(io.BytesIO(data)) as picture:
        few = picture.convert("RGB").quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.FLOYDSTEINBERG)
    kept = io.BytesIO()
    few.save(kept, "PNG", optimize=True)
    return min(data, kept.getvalue(), key=len)


if __name__ == "__main__":
    sys.exit(main())
