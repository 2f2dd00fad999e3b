"""A text folded one character for one character, and cut into tokens: what every later step matches against."""

import re
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Final

# Everything a writer's keyboard or a translator varies without meaning anything by it.
_SAME: Final = (
    *((quote, '"') for quote in "“”„‟«»‹›″＂"),
    *((apostrophe, "'") for apostrophe in "‘’‚‛′´`ʼ＇"),
    *((space, " ") for space in "\t\r\v\f\x1c\x1d\x1e\x85\u00a0\u202f\u205f\u2028\u2029\u3000"),
    *((chr(space), " ") for space in range(0x2000, 0x200B)),
    *((dash, "-") for dash in "‐‑‒–—―−"),
)
_ASCII_SAME: Final = tuple(pair for pair in _SAME if pair[0].isascii())

LONGEST: Final = 40  # characters: a longer run of letters is cut, so that no single word fills the memory
# A word is a run of letters or a run of digits; every other visible character stands alone. A blank behind goes with it, so
# that the lengths of the tokens add up to the offsets.
_TOKEN: Final = re.compile(rf"(?:[^\W\d_]{{1,{LONGEST}}}|\d{{1,{LONGEST}}}|[^\w\s]|_) ?|\s")
tokenize: Final[Callable[[str], list[str]]] = _TOKEN.findall


def fold(text: str) -> str:
    """`text` with plain quotes, apostrophes, blanks and dashes; as long as before, so offsets hold."""
    for char, plain in _ASCII_SAME if text.isascii() else _SAME:
        text = text.replace(char, plain)
    return text


def tokens(text: str) -> list[tuple[str, int]]:
    """(word or mark in lower case, offset) of a text, in order, blanks left out."""
    out, at = [], 0
    for token in tokenize(fold(text)):
        if not token.isspace():
            out.append((token.rstrip(" ").lower(), at))
        at += len(token)
    return out


@lru_cache(maxsize=4096)
def phrase(text: str) -> tuple[str, ...]:
    """The words of a phrase of a data file; a `*` stays with its word."""
    return tuple(re.findall(r"\*?[^\W\d_]+\*?|\d+|[^\w\s*]", fold(text).lower()))


@lru_cache(maxsize=1 << 16)
def hash_of(word: str) -> int:
    """CRC-32: the same on every machine."""
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))
