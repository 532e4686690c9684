"""No text reaches a reader of English in Vietnamese, and none escapes the translator."""

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from app.i18n.catalogue import CATALOGUES, english
from app.settings import REPOSITORY
from app.web.templating import environment
from tests.checks.messages import (
    bare_words_in_python,
    bare_words_in_template,
    messages_of,
    placeholders,
    untranslated,
)

TEMPLATES = REPOSITORY / "frontend" / "templates"
# Samples are data, in Vietnamese as most listings are: those of the development page, and the API's examples.
SAMPLES = {"gallery.html", "gallery.py", "gallery_samples.py", "examples.py"}
# Demo data and the texts of letters kept in both languages side by side are content, not interface.
CONTENT = ("app/api/examples.py", "app/demo/", "app/reference/data/", "frontend/templates/mail/")


def sources(*endings: str) -> list[Path]:
    found = [path for folder in (REPOSITORY / "app", TEMPLATES) for path in sorted(folder.rglob("*"))]
    return [path for path in found if path.suffix in endings and "__pycache__" not in path.parts]


def is_content(path: Path) -> bool:
    return path.name in SAMPLES or str(path.relative_to(REPOSITORY)).startswith(CONTENT)


def test_every_text_has_its_english() -> None:
    assert untranslated(sources(".py", ".html", ".txt", ".xml"), english()) == []


@pytest.mark.parametrize("path", sources(".html"), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_templates_say_nothing_untranslated(path: Path) -> None:
    if not is_content(path):
        assert bare_words_in_template(path.read_text(encoding="utf-8"), environment()) == []


@pytest.mark.parametrize("folder", ["web", "api", "features", "integrations", "jobs"])
def test_python_says_nothing_untranslated(folder: str) -> None:
    paths = [
        path for path in sources(".py") if path.is_relative_to(REPOSITORY / "app" / folder) and not is_content(path)
    ]
    found = {str(path): words for path in paths if (words := bare_words_in_python(path.read_text(encoding="utf-8")))}
    assert found == {}


@pytest.mark.parametrize("path", sorted((CATALOGUES / "en").glob("*.po")), ids=lambda path: path.stem)
def test_translations_fill_the_same_places(path: Path) -> None:
    with path.open("rb") as stream:
        entries = [entry for entry in read_po(stream, locale="en", abort_invalid=True) if entry.id]
    assert entries
    for entry in entries:
        source = entry.id if isinstance(entry.id, str) else entry.id[0]
        forms = [entry.string] if isinstance(entry.string, str) else list(entry.string or ())
        assert all(forms), f"{path.name}: “{source}” has no English"
        for form in forms:
            assert placeholders(form) <= placeholders(source) | {"num"}, f"{path.name}: “{source}”"
            # The singular may say “one” instead of the number; everything else must be said.
            assert placeholders(source) - placeholders(form) <= {"num"}, f"{path.name}: “{source}”"


def test_a_text_without_english_is_found(tmp_path: Path) -> None:
    template = tmp_path / "page.html"
    template.write_text(
        '{{ _("Xin chào") }} {% trans name=x %}Chào {{ name }}{% endtrans %} {{ pgettext("menu", "Sàn") }}'
    )
    assert messages_of(template) == {"Xin chào", "Chào %(name)s", "menu\x04Sàn"}
    assert untranslated([template], {"Xin chào", "menu\x04Sàn"}) == [f"{template}: Chào %(name)s"]
    module = tmp_path / "module.py"
    module.write_text(
        'LABEL = N_("Nhãn")\nMENU = NP_("menu", "Sàn")\nprint(ngettext("%(num)s mục", "%(num)s mục", 2))\n'
    )
    assert untranslated([module], {"Nhãn"}) == [f"{module}: %(num)s mục", f"{module}: menu :: Sàn"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('<p class="lead">{{ _("Xin chào") }}</p>', []),
        ("{% trans %}Xin <b>chào</b>{% endtrans %}", []),
        ('<a {% if x %}class="on"{% endif %} href="{{ x }}">{{ x }}</a> · 12 %', []),
        ("<p>Hello</p>", ["Hello"]),
        ("<p>Xin chào</p>", ["Xin", "chào"]),
        ('<img alt="Máy sấy">', ["Máy sấy"]),
        ('{{ part("Máy sấy") }}', ["Máy sấy"]),
    ],
)
def test_words_no_translator_sees_are_found_in_templates(source: str, words: list[str]) -> None:
    assert bare_words_in_template(source, environment()) == words


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('"""Nói về máy sấy."""\nTEXT = N_("Máy sấy")\n', []),
        ('HELP = "Greatest price in đồng; others are left out"\n', []),
        ('PATTERN = r"^(?:số|đơn)\\s"\n', []),
        ('TEXT = "Máy sấy"\n', ["1: Máy sấy"]),
        ('raise Invalid({"price": "Giá phải lớn hơn 0"})\n', ["1: Giá phải lớn hơn 0"]),
    ],
)
def test_words_no_translator_sees_are_found_in_python(source: str, words: list[str]) -> None:
    assert bare_words_in_python(source) == words
