"""Quantities, levels and numbers of rights, each as one term, however it was written.

"200kg/h", "200 kg/giờ" and "0,2 tấn/giờ" say the same, as do "TRL7" and "mức sẵn sàng công nghệ 7", "1-26606" and
"10026606". Every one found in a text becomes a *sign*: small ASCII letters and digits, the dimension and the value in
its base unit. Documents are indexed by the signs of their text, queries look for them; the words are indexed besides.

Numbers are read the Vietnamese way and the English one: a separator before exactly three digits groups thousands
(1.500 and 1,500 are 1500), any other is the decimal sign; of two different ones the last is.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from app.search.text import fold

_LEAD: Final = "q"
_Span = tuple[int, int]
# Values are compared to so many significant digits: 1 hp is 745.7 W to everybody.
_DIGITS: Final = 4
_MOST_LEVELS: Final = 9

# Folding would leave a bare degree sign of ℃, and a space of the ring that some type for one.
_CELSIUS: Final = "\ue010"
# Unit → (dimension, factor to the base unit). Folded and small, but where the case alone tells (mW, MW).
_UNITS: Final[dict[str, tuple[str, str]]] = {
    **dict.fromkeys(("mg", "milligram", "miligam", "miligram"), ("kg", "0.000001")),
    **dict.fromkeys(("g", "gam", "gram", "grams"), ("kg", "0.001")),
    **dict.fromkeys(("kg", "kilogam", "kilogram", "kilograms", "ki lo gam", "kilo"), ("kg", "1")),
    **dict.fromkeys(("ta",), ("kg", "100")),
    **dict.fromkeys(("t", "tan", "ton", "tons", "tonne", "tonnes"), ("kg", "1000")),
    **dict.fromkeys(("ml", "mililit", "millilitre", "milliliter"), ("l", "0.001")),
    **dict.fromkeys(("l", "lit", "litre", "litres", "liter", "liters"), ("l", "1")),
    **dict.fromkeys(("m3", "met khoi", "cubic metre", "cubic metres", "cubic meter", "cubic meters"), ("l", "1000")),
    **dict.fromkeys(("nm", "nanomet", "nanometre", "nanometer"), ("m", "0.000000001")),
    **dict.fromkeys(("um", "\u03bcm", "micron", "microns", "micromet", "micrometre", "micrometer"), ("m", "0.000001")),
    **dict.fromkeys(("mm", "milimet", "millimetre", "millimeter"), ("m", "0.001")),
    **dict.fromkeys(("cm", "centimet", "xentimet", "centimetre", "centimeter"), ("m", "0.01")),
    **dict.fromkeys(("m", "met", "metre", "metres", "meter", "meters"), ("m", "1")),
    **dict.fromkeys(("km", "kilomet", "kilometre", "kilometres", "kilometer", "kilometers"), ("m", "1000")),
    **dict.fromkeys(("cm2",), ("m2", "0.0001")),
    **dict.fromkeys(("m2", "met vuong", "square metre", "square metres", "square meter", "square meters"), ("m2", "1")),
    **dict.fromkeys(("ha", "hecta", "hec ta", "hectare", "hectares"), ("m2", "10000")),
    **dict.fromkeys(("km2",), ("m2", "1000000")),
    **dict.fromkeys(("w", "watt", "watts", "oat"), ("w", "1")),
    **dict.fromkeys(("kw", "kilowatt", "kilowatts", "kilooat"), ("w", "1000")),
    **dict.fromkeys(("mw", "megawatt", "megawatts", "megaoat"), ("w", "1000000")),
    **dict.fromkeys(("hp", "ma luc", "horsepower"), ("w", "745.7")),
    **dict.fromkeys(("kwp",), ("wp", "1000")),
    **dict.fromkeys(("mwp",), ("wp", "1000000")),
    **dict.fromkeys(("wp",), ("wp", "1")),
    **dict.fromkeys(("kva",), ("va", "1000")),
    **dict.fromkeys(("mva",), ("va", "1000000")),
    **dict.fromkeys(("wh",), ("wh", "1")),
    **dict.fromkeys(("kwh",), ("wh", "1000")),
    **dict.fromkeys(("mwh",), ("wh", "1000000")),
    **dict.fromkeys(("v", "volt", "volts", "von"), ("v", "1")),
    **dict.fromkeys(("kv",), ("v", "1000")),
    **dict.fromkeys(("ma",), ("a", "0.001")),
    **dict.fromkeys(("mah",), ("ah", "0.001")),
    **dict.fromkeys(("ah",), ("ah", "1")),
    **dict.fromkeys(("hz", "hertz"), ("hz", "1")),
    **dict.fromkeys(("khz",), ("hz", "1000")),
    **dict.fromkeys(("mhz",), ("hz", "1000000")),
    **dict.fromkeys(("ghz",), ("hz", "1000000000")),
    **dict.fromkeys(("rpm", "vong phut", "vong/phut", "v/ph"), ("rpm", "1")),
    **dict.fromkeys(("°c", "° c", _CELSIUS, "do c", "oc", "degc", "celsius"), ("degc", "1")),
    **dict.fromkeys(("°f", "do f"), ("degf", "1")),
    **dict.fromkeys(("pa",), ("pa", "1")),
    **dict.fromkeys(("kpa",), ("pa", "1000")),
    **dict.fromkeys(("mpa",), ("pa", "1000000")),
    **dict.fromkeys(("bar",), ("pa", "100000")),
    **dict.fromkeys(("%", "phan tram", "percent", "per cent"), ("pc", "1")),
    **dict.fromkeys(("ppm",), ("ppm", "1")),
    **dict.fromkeys(("db", "dba", "decibel"), ("db", "1")),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "gio"), ("h", "1")),
    **dict.fromkeys(("ph", "phut", "min", "mins", "minute", "minutes"), ("h", "1/60")),
    **dict.fromkeys(("giay", "sec", "second", "seconds"), ("h", "1/3600")),
    **dict.fromkeys(("gb",), ("gb", "1")),
    **dict.fromkeys(("tb",), ("gb", "1000")),
    **dict.fromkeys(("mb",), ("gb", "0.001")),
    **dict.fromkeys(("mbps",), ("mbps", "1")),
    **dict.fromkeys(("gbps",), ("mbps", "1000")),
}
# Behind a stroke, "per": also what would be too short, or too common a word, to be a unit by itself.
_UNDER: Final[dict[str, tuple[str, str]]] = {
    **{name: unit for name, unit in _UNITS.items() if unit[0] in {"h", "kg", "l", "m", "m2"}},
    **dict.fromkeys(("s",), ("h", "1/3600")),
    **dict.fromkeys(("d", "day", "days", "ngay dem", "ngay"), ("h", "24")),
    **dict.fromkeys(("month", "thang"), ("h", "720")),
    **dict.fromkeys(("y", "yr", "year", "nam"), ("h", "8760")),
}
_SHORT_RATES: Final = {"tph": ("kgph", "1000"), "lpm": ("lph", "60"), "cmh": ("lph", "1000")}


def _choice(names: Iterable[str]) -> str:
    return "|".join(re.escape(name).replace(r"\ ", r"\s?") for name in sorted(names, key=lambda one: -len(one)))


# Taken as it stands or not at all: no part of a number is one, so that nothing shorter need be tried.
_NUMBER: Final = r"(?>\d{1,3}(?:[.,\u00a0\u202f ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?)"
_TO: Final = r"\s?(?:-|–|—|~|÷|\bden\b|\bto\b)\s?"
_QUANTITY: Final = re.compile(
    rf"(?<![\w.,])(?P<low>{_NUMBER})(?:{_TO}(?P<high>{_NUMBER}))?+\s?"
    rf"(?:(?P<short>{'|'.join(_SHORT_RATES)})|(?P<unit>{_choice(_UNITS)})"
    rf"(?:\s?(?:/|\bper\b|\bmoi\b|\bmot\b)\s?(?P<under>{_choice(_UNDER)}))?)(?!\w)"
)
_LEVEL: Final = re.compile(
    r"(?<!\w)(?:trl|muc (?:do )?san sang(?: cong nghe)?|technology readiness level)\s?[:=-]?\s?"
    r"(?P<low>[1-9])(?:\s?(?:-|–|—|den|to)\s?(?:trl\s?)?(?P<high>[1-9]))?(?!\d)"
)
_APPLICATION: Final = re.compile(r"(?<![\w-])(?:vn\s?-?)?([1-4])[-–/. ]?((?:19|20)\d\d)[-–/. ]?(\d{5})(?!\d)")
_GRANT: Final = re.compile(r"(?<![\w-])(?:vn\s?-?)?([1-4])(?:\s?[-–]\s?(\d{5,7})|(\d{7}))(?!\d)")
_OFFICES: Final = "us|ep|wo|jp|cn|kr|de|fr|gb|tw|ca|au|sg|th|ru|in"
_FOREIGN: Final = re.compile(rf"(?<!\w)({_OFFICES})[\s-]?(\d[\d,./]{{3,15}}\d)(?:\s?[a-c]\d?)?(?!\w)")
_VIETNAM_BEFORE: Final = re.compile(r"vn\s?-?\Z")
_LONGEST_VIETNAM: Final = 4
_OFFICE_BEFORE: Final = re.compile(rf"(?<!\w)(?:{_OFFICES})[\s-]?\Z")
_LONGEST_OFFICE: Final = 3
_IPC: Final = re.compile(r"(?<!\w)([a-h]\d\d[a-z])(?:\s?(\d{1,4})/(\d{2,6}))?(?!\w)")
# What must be there for a longer pattern to have a chance: most texts of a listing are done with these.
_DIGIT: Final = re.compile(r"\d")
_DIGITS_IN_A_ROW: Final = re.compile(r"\d+")
_FIVE_DIGITS: Final = 5
_LONG_NUMBER: Final = re.compile(r"\d[\d,./]{3,15}\d")
_NUMBER_IN_A_CODE: Final = re.compile(r"[a-h]\d\d[a-z]")
_LEVEL_WORDS: Final = ("trl", "san sang", "readiness")
_KINDS_OF_RIGHTS: Final = "1234"
_NOT_A_DIGIT: Final = re.compile(r"\D")
_SIGNS: Final = (("²", "2"), ("³", "3"), ("℃", _CELSIUS), ("˚", "°"))
_SIGN: Final = re.compile("[²³℃˚]")
# Units that are other words with other marks: written with marks, they must have these.
_WITH_MARKS: Final = {"tan": "tấn", "gio": "giờ", "von": "vôn", "oat": "oát", "lit": "lít", "met": "mét", "ha": "ha"}
_AS_WRITTEN: Final = {"ta": ("tạ",), "ma": ("mA",)}


class Measure(NamedTuple):
    """One quantity, level or number in a text: its signs (a range has one for each end and one for itself), its place.

    Whoever looks for it takes any of the signs.
    """

    signs: tuple[str, ...]
    start: int
    end: int


def measures(text: str) -> list[Measure]:
    """What of a text says a quantity or a number of a right, in order, none overlapping another."""
    if not _DIGIT.search(text):
        return []
    # Character for character, so that places stay.
    small = text
    for written, meant in _SIGNS if _SIGN.search(text) else ():
        small = small.replace(written, meant)
    small = fold(small)
    runs = [one.span() for one in _DIGITS_IN_A_ROW.finditer(small)]
    found = [*_rights(small, runs), *_levels(small), *_quantities(small, text, runs)]
    found.sort(key=lambda one: (one.start, -one.end))
    kept: list[Measure] = []
    for one in found:
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


def signs(text: str) -> list[str]:
    """The signs of all measures of a text, for an index."""
    return [sign for one in measures(text) for sign in one.signs]


def level_sign(level: int) -> str:
    """The sign of a technology readiness level, which a document has whether its text says so or not."""
    return f"{_LEAD}trl{level}"


def ipc_signs(codes: Iterable[str]) -> list[str]:
    """The signs of classification codes as documents hold them ("F26B", "F26B 3/00"); sections, classes have none."""
    return [sign for code in codes if (found := _IPC.fullmatch(fold(code))) for sign in (_ipc_sign(found),)]


def _rights(small: str, runs: Sequence[_Span]) -> Iterator[Measure]:
    if any(end - start >= _FIVE_DIGITS for start, end in runs):
        for found in _rights_here(_APPLICATION, small, runs):
            yield Measure((f"{_LEAD}pa{found[1]}{found[2]}{found[3]}",), *found.span())
        for found in _rights_here(_GRANT, small, runs):
            yield Measure((f"{_LEAD}pg{found[1]}{found[2] or found[3]:0>7}",), *found.span())
    longest = [one.span() for one in _LONG_NUMBER.finditer(small)]
    for start, _ in longest:
        # The pattern itself would try every place of the text.
        office = _OFFICE_BEFORE.search(small, max(0, start - _LONGEST_OFFICE), start)
        if office and (foreign := _FOREIGN.match(small, office.start())):
            digits = _NOT_A_DIGIT.sub("", foreign[2])
            if len(digits) >= 5:
                yield Measure((f"{_LEAD}pf{foreign[1]}{digits}",), *foreign.span())
    if _NUMBER_IN_A_CODE.search(small):
        for found in _IPC.finditer(small):
            yield Measure((_ipc_sign(found),), *found.span())


def _rights_here(pattern: re.Pattern[str], small: str, runs: Sequence[_Span]) -> Iterator[re.Match[str]]:
    """pattern.finditer, asking only where digits begin, or the letters before them."""
    place = 0
    for start, _ in runs:
        if start < place or small[start] not in _KINDS_OF_RIGHTS:
            continue
        country = _VIETNAM_BEFORE.search(small, max(place, start - _LONGEST_VIETNAM), start)
        found = (country and pattern.match(small, country.start())) or pattern.match(small, start)
        if found:
            yield found
            place = found.end()


def _ipc_sign(found: re.Match[str]) -> str:
    group = f"{int(found[2])}x{found[3]}" if found[2] else ""
    return f"{_LEAD}ipc{found[1]}{group}"


def _levels(small: str) -> Iterator[Measure]:
    if not any(words in small for words in _LEVEL_WORDS):
        return
    for found in _LEVEL.finditer(small):
        low = int(found["low"])
        high = int(found["high"] or low)
        if low <= high <= _MOST_LEVELS:
            yield Measure(tuple(level_sign(level) for level in range(low, high + 1)), *found.span())


def _quantities(small: str, text: str, runs: Sequence[_Span]) -> Iterator[Measure]:
    place = 0
    for begin, _ in runs:
        # Only where digits begin: the pattern itself would try every place of the text.
        if begin < place or (found := _QUANTITY.match(small, begin)) is None:
            continue
        place = found.end()
        start, end = found.span("unit")
        if made := _signs_of(found.group("low", "high", "short", "unit", "under"), text[start:end]):
            yield Measure(made, *found.span())


# The same few hundred quantities stand in most texts (220 V, 50 Hz, 12 months).
@functools.lru_cache(maxsize=16_384)
def _signs_of(parts: tuple[str | None, ...], written: str) -> tuple[str, ...]:
    """The signs of a quantity by the groups of _QUANTITY, folded; none where it is no quantity.

    Args:
        written: the unit as it stands in the text; anything where there is none.
    """
    low, high, short, unit, under = parts
    if unit and not _is_unit(unit, written):
        return ()
    if short:
        dimension, scale = _SHORT_RATES[short][0], Decimal(_SHORT_RATES[short][1])
    else:
        dimension, scale = _dimension(unit or "", under, written)
    values = [value * scale for one in (low, high) if one is not None and (value := _number(one)) is not None]
    made = [f"{_LEAD}{dimension}v{_written(value)}" for value in values]
    if len(made) == 2:
        made.insert(0, f"{made[0]}to{_written(values[1])}")
    return tuple(dict.fromkeys(made))


def _is_unit(name: str, written: str) -> bool:
    if name in _AS_WRITTEN:
        return written in _AS_WRITTEN[name]
    return written.isascii() or name not in _WITH_MARKS or written.lower() == _WITH_MARKS[name]


def _dimension(unit: str, under: str | None, written: str) -> tuple[str, Decimal]:
    dimension, factor = _UNITS[unit if unit in _UNITS else _spaced(unit, _UNITS)]
    scale = Decimal("0.001") if unit == "mw" and written == "mW" else _scale(factor)
    if not under:
        return dimension, scale
    below, divisor = _UNDER[under if under in _UNDER else _spaced(under, _UNDER)]
    return f"{dimension}p{below}", scale / _scale(divisor)


def _spaced(written: str, names: Iterable[str]) -> str:
    """The name that was written with or without its spaces ("doc" is "do c")."""
    tight = "".join(written.split())
    return next(name for name in names if "".join(name.split()) == tight)


def _scale(factor: str) -> Decimal:
    above, _, below = factor.partition("/")
    return Decimal(above) / Decimal(below or 1)


def _number(written: str) -> Decimal | None:
    tight = "".join(written.split())
    separators = [sign for sign in tight if sign in ".,"]
    if len(set(separators)) == 2:
        last = separators[-1]
        tight = tight.replace("," if last == "." else ".", "").replace(last, ".")
    elif separators:
        head, _, tail = tight.rpartition(separators[0])
        grouped = len(tail) == 3 and not head.startswith("0")
        tight = tight.replace(separators[0], "") if grouped or len(separators) > 1 else f"{head}.{tail}"
    try:
        return Decimal(tight)
    except InvalidOperation:
        return None


def _written(value: Decimal) -> str:
    """A value as letters and digits: 1.5 is 1d5."""
    rounded = Decimal(f"{value:.{_DIGITS - 1}e}")
    return f"{rounded.normalize():f}".replace(".", "d")
