"""A text folded one character for one character, and its words: what every later step matches against."""

import re
from functools import lru_cache
from typing import Final

# Everything a writer's keyboard or a translator varies without meaning anything by it.
_SAME: Final = (
    *((quote, '"') for quote in "“”„‟«»‹›″＂"),
    *((apostrophe, "'") for apostrophe in "‘’‚‛′´`ʼ＇"),
    *(
        (space, " ")
        for space in "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t"
    ),
    *((dash, "-") for dash in "‐‑‒–—―−"),
)

# A word is a run of letters or a run of digits; every other visible character stands alone.
_TOKEN: Final = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")


def fold(text: str) -> str:
    """`text` in lower case with plain quotes, apostrophes, blanks and dashes; as long as before, so offsets hold."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a few capitals have two lower-case characters (İ)
        lowered = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
    for char, plain in _SAME:
        lowered = lowered.replace(char, plain)
    return lowered


def tokens(folded: str) -> list[tuple[str, int]]:
    """(word or mark, offset) of a folded text, in order."""
    return [(match.group(), match.start()) for match in _TOKEN.finditer(folded)]


@lru_cache(maxsize=4096)
def phrase(text: str) -> tuple[str, ...]:
    """The words of a phrase of a data file; a `*` stays with its word."""
    return tuple(re.findall(r"\*?[^\W\d_]+\*?|\d+|[^\w\s*]", fold(text)))
