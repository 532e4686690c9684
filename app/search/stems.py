"""English words cut to their stems, so that a need for "drying" meets a "dryer". For matching, not for searching.

Vietnamese is not touched: a word that could be one of its syllables has no stem.
"""

from functools import lru_cache
from typing import Final

import tantivy

from app.search.text import is_syllable

_SHORTEST: Final = 4
# Snowball's English stemmer (Porter 2), as the engine carries it.
_STEMMER: Final = (
    tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).filter(tantivy.Filter.stemmer("english")).build()
)


@lru_cache(maxsize=65_536)
def stem_of(folded: str) -> str:
    """The stem of a folded word; "" for figures, short words, and what could be Vietnamese."""
    if len(folded) < _SHORTEST or not folded.isascii() or not folded.isalpha() or is_syllable(folded):
        return ""
    return str(_STEMMER.analyze(folded)[0])
