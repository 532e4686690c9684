"""The rules of technology-transfer contracts as versioned data: questions, and what follows from the answers.

A version is one file in data/. Versions in use are never changed: write the next one. An operator may add versions of
its own in a folder (TECHMART_LEGAL_RULES).
"""

import functools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

Effect = Literal["none", "register", "exempt", "approval", "block", "look"]
SHIPPED: Final = Path(__file__).with_name("data")


@dataclass(frozen=True, slots=True)
class Said:
    """A text in both languages."""

    vi: str
    en: str

    def in_language(self, locale: str) -> str:
        """The text for a reader of that language."""
        return self.en if locale == "en" else self.vi


@dataclass(frozen=True, slots=True)
class Question:
    """One step. It is asked when each answer that `only` names is one of those listed there."""

    code: str
    text: Said
    hint: Said
    article: str
    choices: Sequence[tuple[str, Said]]
    only: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Rule:
    """What follows when all the answers of `when` were given, and where that stands."""

    code: str
    when: Mapping[str, Sequence[str]]
    effect: Effect
    text: Said
    article: str


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One version of the rules. `registration_days` count from the day of the contract."""

    version: str
    effective_from: date
    second_hand: bool
    read_on: date
    sources: Sequence[str]
    registration_days: int
    registration_article: str
    questions: Sequence[Question]
    rules: Sequence[Rule]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a set of answers comes to. `findings` are the rules that applied."""

    findings: Sequence[Rule]
    must_register: bool
    blocked: bool


@functools.cache
def rule_sets(folder: Path | None = None) -> Mapping[str, RuleSet]:
    """Every version there is, those of `folder` added to those shipped, by version.

    Raises:
        ValueError: a file says something that no rule set can: an unknown effect, question, or answer.
    """
    found: dict[str, RuleSet] = {}
    for place in (SHIPPED, folder):
        for path in sorted(place.glob("*.toml")) if place is not None else ():
            one = _read(path)
            found[one.version] = one
    return found


def rules_in_force(today: date, folder: Path | None = None) -> RuleSet:
    """The newest version in force on a day."""
    in_force = [one for one in rule_sets(folder).values() if one.effective_from <= today]
    return max(in_force, key=lambda one: one.effective_from)


def asked(rules: RuleSet, answers: Mapping[str, str]) -> list[Question]:
    """The questions that these answers lead to, in their order, up to and with the first that is not answered."""
    found = []
    counted: dict[str, str] = {}
    for question in rules.questions:
        # An answer to a question that is not asked leads nowhere either.
        if not all(counted.get(code) in wanted for code, wanted in question.only.items()):
            continue
        found.append(question)
        given = answers.get(question.code, "")
        if given not in {code for code, _said in question.choices}:
            break
        counted[question.code] = given
    return found


def complete(rules: RuleSet, answers: Mapping[str, str]) -> dict[str, str] | None:
    """The answers that count, without those to questions that are not asked; None while one is missing."""
    counted = {}
    for question in asked(rules, answers):
        given = answers.get(question.code)
        if given not in {code for code, _said in question.choices}:
            return None
        counted[question.code] = given
    return counted


def judge(rules: RuleSet, answers: Mapping[str, str]) -> Judgement:
    """What follows from complete answers."""
    findings = [rule for rule in rules.rules if all(answers.get(code) in wanted for code, wanted in rule.when.items())]
    effects = {rule.effect for rule in findings}
    return Judgement(
        findings=findings,
        must_register="register" in effects and "exempt" not in effects,
        blocked="block" in effects,
    )


def _read(path: Path) -> RuleSet:
    data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    questions = [
        Question(
            code=one["code"],
            text=Said(one["vi"], one["en"]),
            hint=Said(one["hint_vi"], one["hint_en"]),
            article=one["article"],
            choices=[(choice["code"], Said(choice["vi"], choice["en"])) for choice in one["choices"]],
            only=one.get("only", {}),
        )
        for one in data["questions"]
    ]
    rules = [
        Rule(one["code"], one["when"], one["effect"], Said(one["vi"], one["en"]), one["article"])
        for one in data["rules"]
    ]
    known = {question.code: {code for code, _said in question.choices} for question in questions}
    for conditions in [*(one.only for one in questions), *(one.when for one in rules)]:
        for code, wanted in conditions.items():
            if code not in known or not set(wanted) <= known[code]:
                raise ValueError(f"{path}: no question “{code}” with the answers {wanted}")
    for rule in rules:
        if rule.effect not in Effect.__args__:  # type: ignore[attr-defined]
            raise ValueError(f"{path}: no effect “{rule.effect}”")
    return RuleSet(
        version=data["version"],
        effective_from=data["effective_from"],
        second_hand=data["second_hand"],
        read_on=data["read_on"],
        sources=tuple(data["sources"]),
        registration_days=data["registration_days"],
        registration_article=data["registration_article"],
        questions=questions,
        rules=rules,
    )
