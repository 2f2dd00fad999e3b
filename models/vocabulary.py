"""Every token seen so far and all that follows from it alone, so that a text becomes numbers and the rest is arithmetic.

Names and numbers are masked here: the model must not learn who is gossiped about. What is learned about words is the
lexicon, the words that occur without a capital and so are no (mere) names, the most frequent first.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from models import cues, quotes, words
from models.languages import Language

BITS: Final = 18
HASHED: Final = 1 << BITS  # columns for features that are known by a hash of their name
COMMON: Final = 400  # so many words of the lexicon stand in frames as they are, the others by their ending

# Kinds of tokens; the first three are masked or kept as words, a break parts sentences.
WORD, NAME, NUMBER, MARK, BLANK, BREAK = range(6)
MASKS: Final = {NAME: "\0name", NUMBER: "\0number", BREAK: "\0break"}
KIND_CLASSES: Final = {NAME: "name", NUMBER: "number", MARK: "mark", BLANK: "blank", BREAK: "break"}
MARKS: Final = ".!?…:;,"  # those that say something of a sentence
PAUSES: Final = frozenset(",;:-(")


@lru_cache(maxsize=1 << 16)
def column(name: str) -> int:
    """The column of a hashed feature."""
    return words.hash_of(name) >> (32 - BITS)


def affixes(word: str) -> list[int]:
    """Columns of a word's beginnings and endings, where conjugation lives (the French conditional is an ending)."""
    if not word[0].isalpha() or len(word) < 4:
        return []
    ends = [column(f"end {word[-n:]}") for n in (2, 3, 4, 5) if n < len(word)]
    return ends + [column(f"begin {word[:n]}") for n in (3, 4, 5) if n < len(word)]


def lexicon(sentences: Iterable[str]) -> np.ndarray:
    """(words,) uint32: hashes of the words that occur without a capital somewhere, the most frequent first."""
    counts: Counter[int] = Counter()
    for sentence in sentences:
        counts.update(
            words.hash_of(token.rstrip(" ")) for token in words.tokenize(words.fold(sentence)) if token[0].islower()
        )
    return np.array(sorted(counts, key=lambda word: (-counts[word], word)), np.uint32)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The visible tokens of the sentences of some articles, one row after the other, a break before each and one at the end."""

    numbers: np.ndarray  # (tokens,) in the vocabulary
    kinds: np.ndarray  # (tokens,) WORD to BREAK
    sentence: np.ndarray  # (tokens,) in which sentence; a break belongs to the one it opens
    starts: np.ndarray  # (tokens,) offset in all the sentences' text
    offsets: np.ndarray  # (sentences + 1,) where each sentence begins in it, and where one more would
    quoted: np.ndarray  # (tokens,) whether a quote encloses it
    breaks: np.ndarray  # (sentences + 1,) which tokens are breaks
    article: np.ndarray  # (sentences,) in which article
    speech: quotes.Speech


class Vocabulary:
    """What is known of every token, by number; numbers are given out as tokens turn up.

    With `table` (at least HASHED, outputs) it also keeps what a token adds to the scores: `inside` for the token in its
    sentence, `outside` for a token that no quote encloses. Several threads may use it at once.
    """

    def __init__(self, language: Language, known: np.ndarray, table: np.ndarray | None = None) -> None:
        self.language = language
        self.trie = cues.trie(language.code)
        self.phrase_columns = np.array(  # (phrases, 2): its own column and that of its shade
            [
                (column(f"phrase {text}"), column(f"shade {shade}"))
                for (text, _), shade in zip(self.trie.phrases, self.trie.shades, strict=True)
            ],
            np.int64,
        ).reshape(-1, 2)
        self.known = frozenset(known.tolist())
        self.common = frozenset(known[:COMMON].tolist())
        self.table = table
        names = sorted({*language.classes.values(), "unknown", *KIND_CLASSES.values()})
        self.class_numbers = {name: number for number, name in enumerate(names)}
        self.finite = np.array([language.is_finite(name) for name in names])
        self.numbers: dict[str, int] = {}
        self.lock = threading.Lock()
        self._grow(1 << 12)
        self.get("\n")

    def __len__(self) -> int:
        return len(self.numbers)

    def read(self, articles: Sequence[Sequence[str]]) -> Tokens:
        """The tokens of the sentences of some articles."""
        sentences = [sentence for article in articles for sentence in article]
        text = "\n".join(("", *sentences, ""))
        if text.count("\n") != len(sentences) + 1:
            text = "\n".join(("", *(sentence.replace("\n", " ") for sentence in sentences), ""))
        numbers = self.get_all(words.tokenize(words.fold(text)))
        lengths = self.length[numbers]
        starts = np.cumsum(lengths) - lengths
        visible = np.flatnonzero(self.kind[numbers] != BLANK)
        numbers, starts = numbers[visible], starts[visible]
        kinds = self.kind[numbers]
        parts = kinds == BREAK
        breaks = np.flatnonzero(parts)
        offsets = starts[breaks] + 1
        speech = quotes.speech(articles)
        return Tokens(
            numbers=numbers,
            kinds=kinds,
            sentence=np.cumsum(parts) - 1,
            starts=starts,
            offsets=offsets,
            quoted=speech.enclosed(starts, offsets),
            breaks=breaks,
            article=np.repeat(np.arange(len(articles)), [len(article) for article in articles]),
            speech=speech,
        )

    def get_all(self, tokens: list[str]) -> np.ndarray:
        """(tokens,) the numbers of tokens as `words.tokenize` gives them."""
        try:
            return np.fromiter(map(self.numbers.__getitem__, tokens), np.int64, len(tokens))
        except KeyError:
            return np.fromiter(map(self.get, tokens), np.int64, len(tokens))

    def get(self, token: str) -> int:
        """The number of a token, a new one where it was never seen."""
        found = self.numbers.get(token)
        if found is None:
            with self.lock:
                found = self.numbers.get(token)
                if found is None:
                    found = self._add(token)
        return found

    def _add(self, token: str) -> int:
        number = len(self.numbers)
        if number == len(self.kind):
            self._grow(2 * number)
        bare = token.rstrip(" ")
        word = bare.lower()
        kind = self._kind(bare, word)
        masked = MASKS.get(kind, word)
        self.kind[number] = kind
        self.length[number] = len(token)
        self.size[number] = len(bare)
        self.hash[number] = words.hash_of(self._frame(masked, kind))
        self.cue[number] = self.trie.start if kind == BREAK else self.trie.number(word)
        self.word_class[number] = self.class_numbers[self._class(word, kind)]
        self.mark[number] = MARKS.find(bare) + 1 if len(bare) == 1 else 0
        self.opens_clause[number] = kind == BREAK or bare in PAUSES or word in self.language.clause_openers
        self.capital[number] = bare[:1].isupper()
        self.shout[number] = len(bare) > 1 and bare.isupper()
        if self.table is not None:
            inside, outside = self.columns(token)
            self.inside[number] = self.table[inside].sum(axis=0)
            self.outside[number] = self.table[outside].sum(axis=0)
        self.numbers[token] = number  # last: from here on other threads use the row
        return number

    def columns(self, token: str) -> tuple[list[int], list[int]]:
        """The hashed columns of a token in its sentence, and the one it has where no quote encloses it."""
        bare = token.rstrip(" ")
        kind = self._kind(bare, bare.lower())
        if kind >= BLANK:
            return [], []
        masked = MASKS.get(kind, bare.lower())
        own = [column(masked), *affixes(masked)]
        own.append(column(f"class {self._class(masked, kind)}"))
        return own, [column(f"outside {masked}")]

    def _kind(self, bare: str, word: str) -> int:
        if not bare or bare.isspace():
            return BREAK if bare == "\n" else BLANK
        if bare[0].isdigit():
            return NUMBER
        if not bare[0].isalpha():
            return MARK
        return NAME if bare[0].isupper() and words.hash_of(word) not in self.known else WORD

    def _class(self, word: str, kind: int) -> str:
        return KIND_CLASSES[kind] if kind in KIND_CLASSES else self.language.class_of(word)

    def _frame(self, masked: str, kind: int) -> str:
        """What stands for a word in pairs and triples: itself where it is common, else its ending: syntax without the topic."""
        if kind != WORD or words.hash_of(masked) in self.common:
            return masked
        return f"*{masked[-3:]}" if len(masked) > 4 else "*"

    def _grow(self, capacity: int) -> None:
        outputs = 0 if self.table is None else self.table.shape[1]
        self.kind = _longer(getattr(self, "kind", None), (capacity,), np.int8)
        self.length = _longer(getattr(self, "length", None), (capacity,), np.int64)  # with the blank behind
        self.size = _longer(getattr(self, "size", None), (capacity,), np.int64)  # without it
        self.hash = _longer(getattr(self, "hash", None), (capacity,), np.uint64)  # of its frame
        self.cue = _longer(getattr(self, "cue", None), (capacity,), np.int64)  # its number in the trie of the cues
        self.word_class = _longer(getattr(self, "word_class", None), (capacity,), np.uint64)
        self.mark = _longer(getattr(self, "mark", None), (capacity,), np.int64)  # 1 + its place in MARKS
        self.opens_clause = _longer(getattr(self, "opens_clause", None), (capacity,), np.bool_)
        self.capital = _longer(getattr(self, "capital", None), (capacity,), np.bool_)
        self.shout = _longer(getattr(self, "shout", None), (capacity,), np.bool_)
        self.inside = _longer(getattr(self, "inside", None), (capacity, outputs), np.float32)
        self.outside = _longer(getattr(self, "outside", None), (capacity, outputs), np.float32)


def _longer(old: np.ndarray | None, shape: tuple[int, ...], kind: type) -> np.ndarray:
    """A copy of an array with more rows, zero where it had none."""
    new: np.ndarray = np.zeros(shape, kind)
    if old is not None:
        new[: len(old)] = old
    return new
