"""Messages in two languages, chosen by a context variable."""

import threading
from pathlib import Path

import pytest

from app.i18n import _, current_locale, negotiate, ngettext, other_locale, pgettext, use_locale
from app.i18n.catalogue import NP_, CatalogueClash, read_catalogue
from app.i18n.terms import TERMS, options, term

PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'


def test_vietnamese_is_the_source_and_english_is_looked_up() -> None:
    assert (current_locale(), other_locale(), _("Bỏ tất cả")) == ("vi", "en", "Bỏ tất cả")
    with use_locale("en"):
        assert (current_locale(), other_locale(), _("Bỏ tất cả")) == ("en", "vi", "Clear all")
        with use_locale("vi"):
            assert _("Bỏ tất cả") == "Bỏ tất cả"
        assert _("Bỏ tất cả") == "Clear all"
        assert _("Chưa ai dịch câu này") == "Chưa ai dịch câu này"
    assert current_locale() == "vi"


def test_an_unknown_language_means_the_default() -> None:
    with use_locale("fr") as locale:
        assert (locale, current_locale()) == ("vi", "vi")


def test_places_are_filled_only_when_something_is_given() -> None:
    assert _("Cũng có tại %(places)s", places="HanoTEX") == "Cũng có tại HanoTEX"
    assert _("giảm 42 %") == "giảm 42 %"


def test_numbers_choose_the_form() -> None:
    text = "%(num)s công nghệ phù hợp"
    assert ngettext(text, text, 1) == "1 công nghệ phù hợp"
    assert ngettext(text, text, 1250) == "1.250 công nghệ phù hợp"
    with use_locale("en"):
        assert [ngettext(text, text, n) for n in (0, 1, 2)] == [
            "0 fitting technologies",
            "1 fitting technology",
            "2 fitting technologies",
        ]
        assert ngettext("%(num)s mục lạ", "%(num)s mục lạ", 2) == "2 mục lạ"


def test_a_context_tells_two_meanings_apart() -> None:
    assert pgettext("menu", "Sáng chế") == _(NP_("menu", "Sáng chế")) == "Sáng chế"
    with use_locale("en"):
        assert (_("Sáng chế"), pgettext("menu", "Sáng chế")) == ("Patent", "Patents")
        assert pgettext("chỗ khác", "Chưa ai dịch") == "Chưa ai dịch"


def test_languages_do_not_mix_between_threads() -> None:
    both = threading.Barrier(2, timeout=5)
    said: dict[str, str] = {}

    def speak(locale: str) -> None:
        with use_locale(locale):
            both.wait()
            said[locale] = _("Bỏ tất cả")
            both.wait()

    threads = [threading.Thread(target=speak, args=(locale,)) for locale in ("vi", "en")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == {"vi": "Bỏ tất cả", "en": "Clear all"}


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("", "vi"),
        ("en", "en"),
        ("en-GB,en;q=0.9,vi;q=0.8", "en"),
        ("fr-FR, en;q=0.5, vi;q=0.7", "vi"),
        ("de", "vi"),
        ("en;q=x", "vi"),
        ("*", "vi"),
    ],
)
def test_the_browsers_wish_is_read(header: str, locale: str) -> None:
    assert negotiate(header) == locale


def test_files_are_merged(tmp_path: Path) -> None:
    (tmp_path / "a.po").write_text(
        PO + 'msgid "Một"\nmsgstr "One"\n\nmsgid "Hai"\nmsgstr ""\n\n#, fuzzy\nmsgid "Ba"\nmsgstr "Three"\n'
    )
    (tmp_path / "b.po").write_text(PO + 'msgid "Một"\nmsgstr "One"\n\nmsgctxt "menu"\nmsgid "Một"\nmsgstr "Ones"\n')
    assert read_catalogue(tmp_path.glob("*.po")) == {"Một": ("One",), "menu\x04Một": ("Ones",)}


def test_two_translations_of_one_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.po").write_text(PO + 'msgid "Một"\nmsgstr "One"\n')
    (tmp_path / "b.po").write_text(PO + 'msgid "Một"\nmsgstr "A single one"\n')
    with pytest.raises(CatalogueClash, match=r"b\.po: “Một” is “A single one” here and “One” in another file"):
        read_catalogue(tmp_path.glob("*.po"))


def test_codes_have_names_in_both_languages() -> None:
    assert term("transfer_form", "sole_licence") == "Cấp phép duy nhất"
    assert term("yes_no", True) == "Có"
    assert term("kind", "spaceship") == "spaceship"
    with use_locale("en"):
        assert options("offered_for") == [
            ("sale", "For sale"),
            ("rent", "For rent"),
            ("shared_use", "Shared use by the hour"),
        ]
    with pytest.raises(KeyError):
        term("planets", "mars")


def test_codes_are_those_that_records_hold() -> None:
    from app.models.listings import KINDS, STATES, VISIBILITIES
    from app.models.organisations import ORGANISATION_TYPES

    assert set(TERMS["kind"]) == set(TERMS["kinds"]) == set(KINDS)
    assert set(TERMS["listing_state"]) == set(STATES)
    assert set(TERMS["visibility"]) == set(VISIBILITIES)
    assert set(TERMS["organisation_type"]) == set(ORGANISATION_TYPES)
