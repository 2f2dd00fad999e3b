"""Phrases that speak for an answer, found in a sentence: features to be weighed, not rules.

The phrases are data (`languages/<code>/cues/<kind>.txt`). A word of a phrase may carry one `*` as its first or last
character for any ending or beginning. At each place the longest phrase wins, so that a look-alike ("the month of May")
hides the short cue inside it.
"""

from dataclasses import dataclass
from functools import cache

from models import words
from models.languages import Language

Entry = tuple[tuple[str, ...], str]  # the words after the first, and the kind

# An ending shorter than this would be looked up for every word of every text and match anything.
SHORTEST_AFFIX = 3


@dataclass(frozen=True, slots=True)
class Cue:
    """A phrase in a sentence: `text == sentence[start:end]`, in code points."""

    start: int
    end: int
    text: str
    kind: str


def find(sentence: str, language: Language, tokens: list[tuple[str, int]] | None = None) -> list[Cue]:
    """The cues of a sentence, left to right, never overlapping. `tokens` saves splitting again where the caller has them."""
    index = _index(language.code)
    found: list[Cue] = []
    tokens = words.tokens(words.fold(sentence)) if tokens is None else tokens
    at, count = 0, len(tokens)
    while at < count:
        length, kind = index.longest(tokens, at)
        if length:
            start, (last, last_start) = tokens[at][1], tokens[at + length - 1]
            end = last_start + len(last)
            found.append(Cue(start, end, sentence[start:end], kind))
        at += length or 1
    return found


class Index:
    """The phrases of a language by their first word: whole, by its beginning or by its ending."""

    def __init__(self, phrases: dict[str, str]) -> None:
        self.whole: dict[str, list[Entry]] = {}
        self.beginnings: dict[str, list[Entry]] = {}
        self.endings: dict[str, list[Entry]] = {}
        for text, kind in phrases.items():
            first, *rest = words.phrase(text)
            affix = first.strip("*")
            if affix != first and len(affix) < SHORTEST_AFFIX:
                raise ValueError(f"cue {text!r}: write at least {SHORTEST_AFFIX} letters beside the *")
            table = self.whole if affix == first else self.beginnings if first.endswith("*") else self.endings
            table.setdefault(affix, []).append((tuple(rest), kind))
        # Longest first; among equals, in the order of the files.
        for table in (self.whole, self.beginnings, self.endings):
            for entries in table.values():
                entries.sort(key=lambda entry: -len(entry[0]))
        self.affix_lengths = sorted({len(affix) for affix in (*self.beginnings, *self.endings)})

    def longest(self, tokens: list[tuple[str, int]], at: int) -> tuple[int, str]:
        """(number of tokens, kind) of the longest phrase at a token, (0, "") where there is none."""
        word = tokens[at][0]
        best, best_kind = 0, ""
        candidates = [self.whole[word]] if word in self.whole else []
        for length in self.affix_lengths:
            if length > len(word):
                break
            if (head := word[:length]) in self.beginnings:
                candidates.append(self.beginnings[head])
            if (tail := word[-length:]) in self.endings:
                candidates.append(self.endings[tail])
        for entries in candidates:
            for rest, kind in entries:
                if len(rest) < best:
                    break
                if best < len(rest) + 1 and follows(rest, tokens, at + 1):
                    best, best_kind = len(rest) + 1, kind
        return best, best_kind


def follows(rest: tuple[str, ...], tokens: list[tuple[str, int]], at: int) -> bool:
    """Whether the words of `rest` stand at token `at`."""
    if at + len(rest) > len(tokens):
        return False
    for offset, pattern in enumerate(rest, at):
        word = tokens[offset][0]
        if word != pattern and not (
            (pattern[-1] == "*" and word.startswith(pattern[:-1])) or (pattern[0] == "*" and word.endswith(pattern[1:]))
        ):
            return False
    return True


@cache
def _index(code: str) -> Index:
    from models import languages

    return Index(languages.load(code).cues)
