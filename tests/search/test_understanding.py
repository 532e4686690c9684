"""What a query is read as, before any engine is asked."""

from collections import Counter

from app.models.synonyms import SYNONYM_FIELDS, pair_key
from app.reference.synonyms import shipped_pairs
from app.search.synonyms import Thesaurus, expand, phrase_of
from app.search.text import forms
from app.search.understanding import Kind, steps, take_apart, understand, with_near_words
from app.text import one_line

PAIRS = Thesaurus(
    [
        ("máy sấy", "dryer"),
        ("bơm nhiệt", "heat pump"),
        ("máy sấy bơm nhiệt", "heat pump dryer"),
        ("Internet vạn vật", "Internet of Things"),
        ("men", "yeast"),
    ]
)


class Known:
    """A lexicon of the words of one text."""

    def __init__(self, text: str, signs: tuple[str, ...] = ()) -> None:
        self._held: set[tuple[str, str]] = {("signs", sign) for sign in signs}
        for folded, exact in forms(text):
            self._held |= {("folded", folded), ("exact", exact)}

    def documents(self, kind: Kind, form: str) -> int:
        return int((kind, form) in self._held)

    def near(self, folded: str) -> list[str]:
        return [form for kind, form in sorted(self._held) if kind == "folded" and form[:3] == folded[:3]]


def others(text: str) -> dict[str, list[str]]:
    reading = take_apart(text, thesaurus=PAIRS)
    return {token.folded: [" ".join(phrase.folded) for phrase in token.others] for token in reading.tokens}


def test_words_carry_the_subject_and_function_words_only_add() -> None:
    reading = take_apart("máy sấy cho nông sản của tôi")
    assert [token.folded for token in reading.tokens] == ["may", "say", "nong", "san", "toi"]
    assert [token.folded for token in reading.extras] == ["cho", "cua"]
    assert reading.marked
    assert reading.paired[:2] == ("may_say", "say_cho")


def test_terms_are_found_in_both_languages_and_terms_within_terms() -> None:
    assert others("máy sấy") == {"may": ["dryer"], "say": ["dryer"]}
    assert others("may say") == {"may": ["dryer"], "say": ["dryer"]}
    assert others("Dryers") == {"dryer": ["may say"]}
    assert others("máy sấy bơm nhiệt") == {
        "may": ["heat pump dryer", "dryer"],
        "say": ["heat pump dryer", "dryer"],
        "bom": ["heat pump dryer", "heat pump"],
        "nhiet": ["heat pump dryer", "heat pump"],
    }


def test_marks_tell_terms_apart_where_they_were_typed() -> None:
    assert others("máy say") == {"may": [], "say": []}
    assert others("men vi sinh tốt")["men"] == ["yeast"]
    assert others("mến")["men"] == []


def test_function_words_of_a_term_are_still_not_required() -> None:
    reading = take_apart("internet of things", thesaurus=PAIRS)
    assert [token.folded for token in reading.tokens] == ["internet", "things"]
    assert all(token.others for token in reading.tokens)


def test_a_quantity_is_one_token_however_many_words_it_has() -> None:
    lexicon = Known("máy sấy", signs=("qkgphv200",))
    reading = understand("máy sấy 0,2 tấn/giờ", lexicon)
    assert [token.folded for token in reading.tokens] == ["may", "say", ""]
    assert reading.tokens[2].signs == ("qkgphv200",)
    assert reading.tokens[2].others[0].folded == ("0", "2", "tan", "gio")


def test_a_quantity_alone_that_nothing_has_is_looked_for_by_its_words() -> None:
    reading = understand("5g", Known("mạng 5G"))
    assert [(token.folded, token.signs) for token in reading.tokens] == [("5g", ())]


def test_raw_keys_are_repaired_unless_the_person_wants_them_as_typed() -> None:
    lexicon = Known("máy sấy nông sản")
    assert understand("mays saays noong sanr", lexicon).read_as == "máy sấy nông sản"
    as_typed = understand("mays saays noong sanr", lexicon, as_typed=True)
    assert as_typed.read_as is None
    assert as_typed.text == "mays saays noong sanr"


def test_near_words_stand_beside_words_the_index_does_not_hold() -> None:
    lexicon = Known("humidity xử")
    reading = with_near_words(take_apart("hummidity sử"), lexicon)
    assert reading.tokens[0].near == (("folded", "humidity"),)
    assert reading.tokens[1].near == (("exact", "xư3"), ("folded", "xu"))
    assert "humidity" in reading.wanted.words


def test_short_words_are_near_only_beside_the_same_neighbours() -> None:
    class Paired(Known):
        def documents(self, kind: Kind, form: str) -> int:
            return int(form == "luc_lap") if kind == "pairs" else super().documents(kind, form)

        def near(self, folded: str) -> list[str]:
            return {"lud": ["luc", "lua", "lui"]}.get(folded, [])

    reading = with_near_words(take_apart("lụd lạp"), Paired("lục lạp lúa lùi"))
    assert reading.tokens[0].near == (("folded", "luc"),)
    # The pair they make counts as if it had been typed.
    assert reading.paired == ("lud_lap", "luc_lap")


def test_steps_go_from_all_words_to_any() -> None:
    assert [step.required for step in steps(2)] == [2, 1]
    assert [step.required for step in steps(5)] == [5, 4, 2, 1]
    assert [step.required for step in steps(10)] == [10, 3, 1]


def test_matching_is_given_what_the_terms_of_a_text_are_called_elsewhere() -> None:
    found = expand(forms("Cần máy sấy cho kho; dryer nhỏ"), thesaurus=PAIRS)
    assert found == [phrase_of("dryer"), phrase_of("máy sấy")]
    assert phrase_of("máy sấy").pairs == ("may_say",)
    assert phrase_of("dryer").pairs == ()


def test_the_shipped_pairs_are_many_and_clean() -> None:
    pairs = shipped_pairs()
    assert len({pair.vi for pair in pairs}) >= 600
    assert {pair.field for pair in pairs} == set(SYNONYM_FIELDS)
    assert [key for key, count in Counter(pair_key(one.vi, one.en) for one in pairs).items() if count > 1] == []
    assert [one for one in pairs if one.vi != one_line(one.vi) or one.en != one_line(one.en)] == []
    # None is lost for being the same word in both languages, or too long.
    assert Thesaurus((one.vi, one.en) for one in pairs).size == len(pairs)
