"""What a listing answers to each question of its form, in words: for the operator who reviews it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.features.listings.completeness import asked_of
from app.features.listings.views import Detail
from app.i18n import _, current_locale
from app.i18n.formats import format_date, format_money, format_percent
from app.i18n.terms import term
from app.reference.current import label
from app.web.listings.choices import countries
from app.web.listings.common_questions import Question
from app.web.listings.questions import questions_of


@dataclass(frozen=True)
class Answer:
    """One question and its answer; `missing` for one that must be answered and is not. `markdown` texts are long."""

    path: str
    label: str
    lines: Sequence[str]
    language: str = ""
    markdown: bool = False
    missing: bool = False


def answers_of(row: Detail) -> list[Answer]:
    """Every question that was answered, and every one that must be, in the order of the form."""
    asked = asked_of(row.kind, row.trl)
    made: list[Answer] = []
    for question in questions_of(row.kind):
        lines = [line for line in _lines(row, question) if line]
        if not lines and question.path not in asked:
            continue
        english = question.path.endswith("_en")
        made.append(
            Answer(
                path=question.path,
                label=_(question.label),
                lines=lines,
                language="en" if english else row.language if question.widget in {"line", "area", "long"} else "",
                markdown=question.widget in {"long", "area"},
                missing=not lines,
            )
        )
    return made


def _lines(row: Detail, question: Question) -> list[str]:
    if question.widget in {"price", "owners", "codes", "ipc", "region"}:
        return _special(row, question.widget)
    value: Any = row
    for name in question.path.split("."):
        value = value.get(name) if isinstance(value, dict) else getattr(value, name)
    if value is None or value == "":
        return []
    if isinstance(value, list | tuple):
        return [term(question.terms, one) if question.terms else str(one) for one in value]
    return [_one(question, value)]


def _one(question: Question, value: Any) -> str:
    if question.widget in {"yes_no", "tick"}:
        return term("yes_no", value)
    if question.widget == "date":
        return format_date(value if isinstance(value, date) else date.fromisoformat(value))
    if question.widget == "country":
        return dict(countries()).get(value) or str(value)
    if question.widget == "trl":
        return f"{value} – {label('trl', str(value), current_locale())}"
    if question.terms:
        return term(question.terms, value)
    return f"{value} {_(question.suffix)}" if question.suffix else str(value)


def _special(row: Detail, widget: str) -> list[str]:
    locale = current_locale()
    if widget == "region":
        return [label("region", row.region, locale)] if row.region else []
    if widget in {"codes", "ipc"}:
        return [
            f"{one.code} {one.label or label(one.scheme, one.code, locale, version=one.version or None)} ({one.scheme})"
            for one in row.classifications
            if (one.scheme == "ipc") == (widget == "ipc")
        ]
    if widget == "owners":
        return [
            f"{one['name']}, {format_percent(one['percent'])}" if one.get("percent") is not None else one["name"]
            for one in row.owners
        ]
    if row.price_kind is None:
        return []
    currency = row.price_currency or "VND"
    sums = [format_money(one, currency) for one in (row.price_from, row.price_to) if one is not None]
    unit = f" / {row.price_unit}" if row.price_unit else ""
    return [term("price_kind", row.price_kind), " – ".join(sums) + unit if sums else ""]
