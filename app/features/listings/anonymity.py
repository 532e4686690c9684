"""An anonymous need must not tell by its own words whose it is: names, tax code, website, addresses, telephones."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from app.features.listings.schemas import NeedInput
from app.i18n import N_, _
from app.models.organisations import Organisation
from app.text import fold

EMAIL: Final = re.compile(r"[\w.+-]+\s*(?:@|\(at\)|\[at\])\s*[\w-]+(?:\s*\.\s*[\w-]+)+", re.IGNORECASE)
# +84 or 0, then eight to ten digits with the marks people put between them.
TELEPHONE: Final = re.compile(r"(?<![\d.,])(?:\+?84|0)(?:[\s.()-]{0,2}\d){8,10}(?![\d,]|\.\d)")

NAMES_ORGANISATION: Final = "name"
HAS_TAX_CODE: Final = "tax_code"
HAS_WEBSITE: Final = "website"
HAS_EMAIL: Final = "email"
HAS_TELEPHONE: Final = "telephone"

MESSAGES: Final[Mapping[str, str]] = {
    NAMES_ORGANISATION: N_("Nhu cầu ẩn danh không được nhắc tên đơn vị: “%(found)s”"),
    HAS_TAX_CODE: N_("Nhu cầu ẩn danh không được ghi mã số thuế: “%(found)s”"),
    HAS_WEBSITE: N_("Nhu cầu ẩn danh không được ghi trang web của đơn vị: “%(found)s”"),
    HAS_EMAIL: N_("Nhu cầu ẩn danh không được ghi địa chỉ e-mail: “%(found)s”"),
    HAS_TELEPHONE: N_("Nhu cầu ẩn danh không được ghi số điện thoại: “%(found)s”"),
}
_OWNERS: Final = N_("Nhu cầu ẩn danh không nêu chủ sở hữu")
_EXTERNAL_ID: Final = N_("Mã của đơn vị không được gợi ra đơn vị: “%(found)s”")

# What many names begin with and what by itself names nobody. Longest first, so that one pass takes the most.
_LEGAL_FORMS: Final = tuple(
    sorted(
        (
            "cong ty trach nhiem huu han mot thanh vien", "cong ty trach nhiem huu han", "cong ty tnhh mot thanh vien",
            "cong ty tnhh mtv", "cong ty tnhh", "cong ty co phan", "cong ty cp", "cong ty hop danh", "cong ty",
            "cty tnhh", "cty cp", "cty", "ctcp", "tong cong ty", "tap doan", "doanh nghiep tu nhan",
            "dntn", "hop tac xa", "htx", "vien nghien cuu", "vien", "truong dai hoc", "dai hoc",
            "truong cao dang", "trung tam", "phong thi nghiem",
            "so khoa hoc va cong nghe", "san xuat", "thuong mai", "dich vu", "xuat nhap khau", "dau tu", "va",
            "university of", "institute of", "the",
        ),
        key=len,
        reverse=True,
    )
)  # fmt: skip
_ENDINGS: Final = (
    "co ltd",
    "company limited",
    "limited",
    "ltd",
    "jsc",
    "joint stock company",
    "llc",
    "inc",
    "corp",
    "corporation",
)
_NOT_WORDS: Final = re.compile(r"[^a-z0-9]+")
_SHORTEST_ALONE: Final = 5
_OWN_NAMES: Final = frozenset({"firm", "intermediary", "incubator", "fablab"})


def _words(text: str) -> str:
    return _NOT_WORDS.sub(" ", fold(text)).strip()


def _core(name: str) -> str:
    """What is left of a name without its legal form: “Công ty TNHH Minh Long” → “minh long”."""
    words = _words(name)
    shortened = True
    while shortened:
        shortened = False
        for form in _LEGAL_FORMS:
            if words.startswith(f"{form} "):
                words, shortened = words[len(form) + 1 :], True
                break
    for ending in _ENDINGS:
        words = words.removesuffix(f" {ending}")
    return words


@dataclass(frozen=True)
class Identity:
    """What would give an organisation away, in the form texts are compared in."""

    phrases: tuple[str, ...]
    tax_code: str
    domains: tuple[str, ...]

    @classmethod
    def of(cls, organisation: Organisation) -> "Identity":
        phrases: list[str] = []
        for name in (organisation.name, organisation.name_en, organisation.representative):
            if not name:
                continue
            # A firm's own name is what is left without its legal form; of an institute that is often a mere subject
            # (“công nghệ sinh học”), which any need may speak of.
            forms = (_words(name), _core(name)) if organisation.type in _OWN_NAMES else (_words(name),)
            phrases += [one for one in forms if " " in one or len(one) >= _SHORTEST_ALONE]
        host = _host(organisation.website)
        domains = [host.removeprefix("www.")] if host else []
        return cls(
            phrases=tuple(dict.fromkeys(phrases)),
            tax_code=re.sub(r"\D", "", organisation.tax_code or ""),
            domains=tuple(domains),
        )


def _host(website: str | None) -> str:
    if not website:
        return ""
    try:
        return urlsplit(website if "//" in website else f"//{website}").hostname or ""
    except ValueError:
        return ""


def betrayals(text: str, identity: Identity) -> Iterator[tuple[str, str]]:
    """What in `text` gives the organisation away: (sort, the words found); sorts are the keys of MESSAGES."""
    spaced = f" {_words(text)} "
    for phrase in identity.phrases:
        tight = phrase.replace(" ", "")
        # Written together, as in file names and addresses: only where the name is long enough not to hit by chance.
        if f" {phrase} " in spaced or (len(tight) >= 8 and f" {tight}" in spaced):
            yield NAMES_ORGANISATION, phrase
            break
    if len(identity.tax_code) >= 10 and identity.tax_code[:10] in re.sub(r"(?<=\d)[\s.-](?=\d)", "", text):
        yield HAS_TAX_CODE, identity.tax_code
    lowered = text.lower()
    for domain in identity.domains:
        label = domain.partition(".")[0]
        if domain in lowered or (len(label) >= 6 and re.search(rf"\b{re.escape(label)}\b", lowered)):
            yield HAS_WEBSITE, domain
            break
    if found := EMAIL.search(text):
        yield HAS_EMAIL, found.group()
    if found := TELEPHONE.search(text):
        yield HAS_TELEPHONE, found.group().strip()


def given_away(
    data: NeedInput, organisation: Organisation, *, captions: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Where an anonymous need names its organisation, by dotted path; empty for a need that is not anonymous.

    Args:
        captions: texts of its files by path ("files.0.caption"), which are looked at too.
    """
    if data.visibility != "anonymous":
        return {}
    identity = Identity.of(organisation)
    found: dict[str, str] = {}
    texts = [*_texts(data.model_dump(by_alias=True, exclude={"owners", "external_id"})), *(captions or {}).items()]
    for path, text in texts:
        for sort, words in betrayals(text, identity):
            found.setdefault(path, _(MESSAGES[sort], found=words))
    if data.owners:
        found["owners"] = _(_OWNERS)
    for _sort, words in betrayals(data.external_id or "", identity):
        found.setdefault("external_id", _(_EXTERNAL_ID, found=words))
    return found


def _texts(values: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of nested data with its path; a list of texts is one text at the list's own path."""
    if isinstance(values, str):
        yield path, values
    elif isinstance(values, dict):
        for name, value in values.items():
            yield from _texts(value, f"{path}.{name}" if path else str(name))
    elif isinstance(values, list):
        if values and all(isinstance(one, str) for one in values):
            yield path, "\n".join(values)
        else:
            for number, one in enumerate(values):
                yield from _texts(one, f"{path}.{number}")
