"""An article's sentences -> rows of features; used by training and by serving, so that they cannot disagree.

A row is a sentence in its article: its words with their beginnings and endings, pairs and triples of its frame, its cues
with their places, and its context (`context.py`). All is arithmetic on arrays over all sentences at once; what depends on a
word alone was worked out when the word was first seen (`vocabulary.py`). Columns below `HASHED` are hashed, the context's
have fixed places behind them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from models import context, cues
from models.vocabulary import BITS, BREAK, HASHED, MARK, NAME, Tokens, Vocabulary

# How loud word features are beside the others, which weigh 1 or what `context.py` says: all of a sentence's together have this length.
LOUDNESS: Final = 3.3
MOST_FINITE: Final = 3  # so many finite verbs in a sentence and more are one case
COLUMNS: Final = HASHED + context.WIDTH
SETTINGS: Final = {"format": 6, "bits": BITS, "context": context.WIDTH}


@dataclass(frozen=True, slots=True)
class Bag:
    """Which columns each row has, as often as it has them: row i those of `columns[ends[i]:ends[i + 1]]`."""

    columns: np.ndarray
    ends: np.ndarray  # (rows + 1,)

    @classmethod
    def of(cls, rows: np.ndarray, columns: np.ndarray, height: int) -> "Bag":
        """The bag with `columns[k]` in row `rows[k]`, rows ascending."""
        return cls(columns, np.searchsorted(rows, np.arange(height + 1)))

    def sum(self, table: np.ndarray) -> np.ndarray:
        """(rows, outputs): the sum of the table's rows (columns, outputs) that each row has."""
        out = np.zeros((len(self.ends) - 1, table.shape[1]), table.dtype)
        filled = self.ends[1:] > self.ends[:-1]
        if len(self.columns):
            out[filled] = np.add.reduceat(table[self.columns], self.ends[:-1][filled])
        return out

    def matrix(self, width: int) -> Any:
        """The same as a sparse matrix (rows, width) of counts."""
        from scipy.sparse import csr_matrix  # only training makes matrices; answering does without SciPy

        ones = np.ones(len(self.columns), np.float32)
        return csr_matrix((ones, self.columns, self.ends), shape=(len(self.ends) - 1, width))


@dataclass(frozen=True, slots=True)
class Rows:
    """The features of the sentences of some articles, and the cues that were found in them."""

    vocabulary: Vocabulary
    words: Bag  # of tokens of the vocabulary
    outside: Bag  # the same, of what stands outside of quotes in sentences that have one
    pairs: Bag  # of hashed columns, as the next two
    triples: Bag
    outline: Bag  # of how it begins and how many finite verbs it has
    phrases: Bag  # of what cues have by themselves: see `_hashed_of_cues`
    context: np.ndarray  # (sentences, context.WIDTH)
    cue_places: np.ndarray  # (cues, 3): sentence, start, end in it
    cue_phrases: np.ndarray  # (cues,): which phrase of the trie
    cue_columns: np.ndarray  # (cues, own features): of the context
    cue_hashed: np.ndarray  # (cues, 4): see `_hashed_of_cues`

    @property
    def scale(self) -> np.ndarray:
        """(sentences, 1): how much each word feature of a sentence weighs, so that long sentences shout no louder."""
        size = sum(np.diff(bag.ends) for bag in (self.words, self.outside, self.pairs, self.triples))
        return (LOUDNESS / np.sqrt(np.maximum(1, size)))[:, None].astype(np.float32)

    def scores(self, table: np.ndarray) -> np.ndarray:
        """(sentences, outputs) by the table (COLUMNS, outputs) that the vocabulary was made with."""
        hashed = table[:HASHED]
        grams: np.ndarray = self.words.sum(self.vocabulary.inside) + self.outside.sum(self.vocabulary.outside)
        grams += self.pairs.sum(hashed) + self.triples.sum(hashed)
        grams *= self.scale
        grams += self.outline.sum(hashed) + self.phrases.sum(hashed)
        grams += self.context @ table[HASHED:]
        return grams

    def matrix(self) -> Any:
        """(sentences, COLUMNS) float32: the same as one sparse matrix, for a solver."""
        from scipy.sparse import csr_matrix, diags, hstack

        inside, outside = (
            Bag(np.concatenate(part).astype(np.int64), np.cumsum([0, *map(len, part)])).matrix(HASHED)
            for part in zip(*map(self.vocabulary.columns, self.vocabulary.numbers), strict=True)
        )
        grams = self.words.matrix(inside.shape[0]) @ inside + self.outside.matrix(outside.shape[0]) @ outside
        grams += self.pairs.matrix(HASHED) + self.triples.matrix(HASHED)
        hashed = diags(self.scale[:, 0]) @ grams + self.outline.matrix(HASHED) + self.phrases.matrix(HASHED)
        return csr_matrix(hstack((hashed, csr_matrix(self.context))), dtype=np.float32)

    def cue_weights(self, push: np.ndarray) -> np.ndarray:
        """(cues,) what the own features of each cue add to a score whose weights are `push` (COLUMNS,)."""
        own: np.ndarray = push[HASHED + self.cue_columns].sum(axis=1)
        own *= context.CUES
        own += push[self.cue_hashed].sum(axis=1)
        return own


def extract(articles: Sequence[Sequence[str]], vocabulary: Vocabulary) -> Rows:
    """The rows of all sentences of some articles of the vocabulary's language."""
    tokens = vocabulary.read(articles)
    found = cues.find_all(vocabulary.cue[tokens.numbers], vocabulary.trie)
    sentence = tokens.sentence[found.first]
    last = found.first + found.count - 1
    begin = tokens.starts[found.first]
    end = tokens.starts[last] + vocabulary.size[tokens.numbers[last]]
    places = np.stack((sentence, begin - tokens.offsets[sentence], end - tokens.offsets[sentence]), axis=1)
    hashed = _hashed_of_cues(tokens, found, vocabulary)
    phrases = Bag.of(np.repeat(sentence, hashed.shape[1]), hashed.ravel(), len(tokens.article))
    surroundings, own = context.describe(tokens, found, vocabulary)
    grams, outline = _grams(tokens, vocabulary), _outline(tokens, vocabulary)
    return Rows(vocabulary, *grams, outline, phrases, surroundings, places, found.phrase, own, hashed)


def _hashed_of_cues(tokens: Tokens, found: cues.Found, vocabulary: Vocabulary) -> np.ndarray:
    """(cues, 4): the columns of each cue's phrase, of its shade, of its kind with the class of the word behind it, and of its kind
    with what opens its clause ("which might", "but might"): there a hedge is on the main point or beside it."""
    opens = np.where(vocabulary.opens_clause[tokens.numbers], np.arange(len(tokens.numbers)), 0)
    opener = tokens.numbers[np.maximum.accumulate(opens)[found.first - 1]]
    behind = tokens.numbers[np.minimum(found.first + found.count, len(tokens.numbers) - 1)]
    kind = vocabulary.trie.kinds[found.phrase].astype(np.uint64) + 1
    facts = np.stack((kind << 40 | vocabulary.word_class[behind], kind * 977 + vocabulary.hash[opener] * 31), axis=1)
    return np.concatenate((vocabulary.phrase_columns[found.phrase], _mixed(facts * 0x9E3779B97F4A7C15)), axis=1)


def _grams(tokens: Tokens, vocabulary: Vocabulary) -> tuple[Bag, Bag, Bag, Bag]:
    """Words, words outside of quotes, pairs and triples of every sentence; a break stands for its begin and its end."""
    total = len(tokens.article)
    name = tokens.kinds == NAME
    one = np.ones(len(name), bool)  # a run of names counts as one name
    one[1:] = ~(name[1:] & name[:-1])
    numbers, of, quoted, own = tokens.numbers[one], tokens.sentence[one], tokens.quoted[one], tokens.kinds[one] != BREAK
    hashes = vocabulary.hash[numbers]
    pairs = hashes[:-1] * 5 + hashes[1:] * 0x9E3779B1
    triples = pairs[:-1] * 0x85EBCA77 + hashes[2:] * 7
    whole = own[1:-1]  # what has a break in its middle belongs to two sentences
    speaks = np.bincount(of[quoted & own], minlength=total + 1) > 0
    free = own & ~quoted & speaks[of]
    return (
        Bag.of(of[own], numbers[own], total),
        Bag.of(of[free], numbers[free], total),
        Bag.of(of[:-1], _mixed(pairs), total),
        Bag.of(of[:-2][whole], _mixed(triples[whole]), total),
    )


def _outline(tokens: Tokens, vocabulary: Vocabulary) -> Bag:
    """How sentences begin, by the frames and the classes of their first two words, and how many finite verbs they have: captions
    and hooks have none."""
    said = tokens.kinds < MARK
    begins, last = tokens.breaks[:-1], len(said) - 1
    classes, frames = vocabulary.word_class[tokens.numbers], vocabulary.hash[tokens.numbers]
    finite = np.add.reduceat((vocabulary.finite[classes] & said).astype(np.uint64), begins)
    first = np.minimum.reduceat(
        np.where(said, np.arange(len(said)), last), begins
    )  # the last break where nothing is said
    second = np.minimum(first + 1, last)
    facts = np.stack(
        (
            frames[first] * 3,
            frames[first] * 5 + frames[second] * 0x9E3779B1,
            classes[first],
            classes[first] << 10 | classes[second] + 1,
            np.minimum(finite, MOST_FINITE) << 20 | 1 << 24,
        ),
        axis=1,
    )
    return Bag(_mixed(facts.ravel() * 0x9E3779B97F4A7C15), np.arange(0, facts.size + 1, facts.shape[1]))


def _mixed(hashes: np.ndarray) -> np.ndarray:
    """64-bit mixtures -> columns; the last steps of MurmurHash3, so that every bit of the words reaches the ones kept."""
    mixed = hashes ^ (hashes >> 33)
    mixed *= 0xFF51AFD7ED558CCD
    mixed ^= mixed >> 33
    columns: np.ndarray = (mixed >> (64 - BITS)).astype(np.int64)
    return columns
