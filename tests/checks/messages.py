"""Which texts people see, and whether each is there in English: read from templates and Python as they stand."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.extract import DEFAULT_KEYWORDS, extract
from jinja2 import Environment, nodes

# gettext's own names are among the defaults; these are ours (app.i18n).
KEYWORDS = {**DEFAULT_KEYWORDS, "NP_": ((1, "c"), 2)}
_CALLS = {"_", "N_", "NP_", "gettext", "ngettext", "pgettext"}
_TEMPLATE_OPTIONS = {"trimmed": "true", "newstyle_gettext": "true"}
_MARK = "\x04"

_VIETNAMESE = re.compile(r"[ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]", re.IGNORECASE)
# Words and what stands between words: patterns, alphabets and samples of keyboards are not for reading.
_PROSE = re.compile(r"[\w\s.,:;!?“”…/%()–-]+")
_WORD = re.compile(r"[^\W\d_]{2,}")
_TAG = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL)
_ENTITY = re.compile(r"&#?\w+;")
# What stands in templates as it is: names, and units and signs read the same in both languages.
_SAME_IN_BOTH = {
    "website",
    "article",
    "profile",
    "Techmart",
    "English",
    "Tiếng",
    "Việt",
    "API",
    "OAI",
    "PMH",
    "TRL",
    "JSON",
    "RSS",
    "Atom",
}


def messages_of(path: Path) -> set[str]:
    """Every msgid a file asks for; a context stands before it as in gettext's own files."""
    method = "jinja2.ext:babel_extract" if path.suffix in {".html", ".txt", ".xml"} else "python"
    options = _TEMPLATE_OPTIONS if method != "python" else {}
    found = set()
    with path.open("rb") as stream:
        for _line, message, _comments, context in extract(method, stream, KEYWORDS, (), options):
            text = message if isinstance(message, str) else message[0]
            if text:
                found.add(f"{context}{_MARK}{text}" if context else text)
    return found


def untranslated(paths: Iterable[Path], translated: Iterable[str]) -> list[str]:
    """“path: text” for every text asked for that the English catalogue does not hold."""
    known = set(translated)
    return [
        f"{path}: {message.replace(_MARK, ' :: ')}" for path in paths for message in sorted(messages_of(path) - known)
    ]


def bare_words_in_template(source: str, environment: Environment) -> list[str]:
    """What no translator sees: words between tags, and Vietnamese in attributes and in expressions."""
    tree = environment.parse(source)
    said = {id(part) for call in tree.find_all(nodes.Call) if _name(call.node) in _CALLS for part in call.args}
    found = [
        part.value
        for part in tree.find_all(nodes.Const)
        if isinstance(part.value, str)
        and id(part) not in said
        and _VIETNAMESE.search(part.value)
        and not set(part.value.split()) <= _SAME_IN_BOTH
    ]
    html = _outside_trans(source, environment)
    found += [word for word in _WORD.findall(_ENTITY.sub(" ", _TAG.sub(" ", html))) if word not in _SAME_IN_BOTH]
    found += [value for value in re.findall(r'="([^"]*)"', html) if _VIETNAMESE.search(value)]
    return found


def _outside_trans(source: str, environment: Environment) -> str:
    """The template's own HTML, without expressions, statements, comments and what stands in {% trans %}."""
    pieces = []
    in_trans = statement = False
    for _line, kind, value in environment.lexer.tokeniter(source, None):
        if kind == "block_begin":
            statement = True
        elif kind == "name" and statement:
            in_trans = (in_trans or value == "trans") and value != "endtrans"
            statement = False
        elif kind == "data" and not in_trans:
            pieces.append(value)
    return "".join(pieces)


def bare_words_in_python(source: str) -> list[str]:
    """Vietnamese strings in a module that are neither translated nor marked; docstrings do not count."""
    tree = ast.parse(source)
    said = set(_docstrings(tree))
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and _name(call.func) in _CALLS:
            said.update(id(part) for argument in call.args for part in ast.walk(argument))
    return [
        f"{part.lineno}: {part.value}"
        for part in ast.walk(tree)
        if isinstance(part, ast.Constant)
        and isinstance(part.value, str)
        and id(part) not in said
        and len(part.value) > 2
        and _is_vietnamese(part.value)
    ]


def _is_vietnamese(text: str) -> bool:
    """Whether a string is for reading and at least a third of its words carry Vietnamese letters."""
    words = _WORD.findall(text)
    marked = [word for word in words if _VIETNAMESE.search(word)]
    return bool(marked) and len(marked) * 3 >= len(words) and _PROSE.fullmatch(text) is not None


def placeholders(text: str) -> set[str]:
    """The %(name)s a text wants filled."""
    return set(re.findall(r"%\((\w+)\)", text))


def _name(node: object) -> str:
    return str(getattr(node, "name", None) or getattr(node, "id", None) or getattr(node, "attr", ""))


def _docstrings(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            for statement in body:
                # A string that is a statement says something to readers of the code only.
                if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                    yield id(statement.value)
