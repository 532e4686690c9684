"""One Chromium for all tests of this folder, the demo exchange beside it, a signed-in window for each of its people."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.demo_site import DemoSite, served_demo
from tests.browser.driving import find_chromium

NONE = (
    "no Chromium on this machine: install one (apt-get install chromium, or playwright install chromium) "
    "or name one by TECHMART_CHROMIUM"
)
_FLAGS = ("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--disable-sync")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    # Ends with this folder's tests: while it lives, Playwright's event loop counts as running in this thread, and no
    # other test of the same process could run one of its own.
    with sync_playwright() as playwright:
        program = find_chromium(playwright.chromium.executable_path)
        if program is None:
            # In CI a missing browser must not look like passed tests.
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(NONE)
        # As root, as in most containers, Chromium's own sandbox cannot be set up.
        flags = [*_FLAGS, "--no-sandbox"] if hasattr(os, "getuid") and os.getuid() == 0 else [*_FLAGS]
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def demo(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSite]:
    """The exchange as `make run` shows it, with its worker, on a database of its own."""
    folder: Path = tmp_path_factory.mktemp("demo")
    with served_demo(folder, name=f"techmart_demo_{worker_id}_{os.getpid()}") as site:
        yield site
