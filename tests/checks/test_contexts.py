"""Every template has one dataclass, and that dataclass has what the template uses."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from jinja2 import FileSystemLoader

from app.web.templating import TEMPLATES, Fragment, environment
from tests.checks.contexts import by_template, missing, variables

# Filled by app.integrations.mail from dataclasses of its own.
ELSEWHERE = ("mail/",)
WITHOUT_CONTEXT = ("base.html", "parts/", *ELSEWHERE)


def templates() -> list[str]:
    names = [str(path.relative_to(TEMPLATES)) for path in sorted(TEMPLATES.rglob("*")) if path.is_file()]
    # A leading underscore marks a layout that others extend.
    return [name for name in names if not name.startswith(WITHOUT_CONTEXT) and not Path(name).name.startswith("_")]


@pytest.mark.parametrize("name", templates())
def test_a_template_has_one_context_that_covers_it(name: str) -> None:
    classes = by_template().get(name, [])
    assert len(classes) == 1, f"{name} is named by {[c.__qualname__ for c in classes] or 'no class'}"
    assert missing(environment(), classes[0]) == set()


def test_every_context_names_a_template_that_is_there() -> None:
    assert set(by_template()) - set(templates()) == set()


@pytest.mark.parametrize("path", sorted((TEMPLATES / "parts").glob("*.html")), ids=lambda path: path.stem)
def test_parts_use_what_they_are_given_and_nothing_else(path: Path) -> None:
    assert variables(environment(), f"parts/{path.name}") == set()


def test_a_variable_nobody_fills_is_found(tmp_path: Path) -> None:
    (tmp_path / "base.html").write_text("<h1>{{ title }}</h1>{% block content %}{% endblock %}")
    (tmp_path / "page.html").write_text(
        '{% extends "base.html" %}{% block content %}{{ _("Xin chào") }} {{ person }}{% endblock %}'
    )

    @dataclass(frozen=True, kw_only=True)
    class Greeting(Fragment):
        template: ClassVar[str] = "page.html"
        title: str

    @dataclass(frozen=True, kw_only=True)
    class FullGreeting(Greeting):
        person: str

    sandbox = environment().overlay(loader=FileSystemLoader(tmp_path))
    assert missing(sandbox, Greeting) == {"person"}
    assert missing(sandbox, FullGreeting) == set()
