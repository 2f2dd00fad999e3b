"""An article's sentences -> rows of features; used by training and by serving, so that they cannot disagree.

A row is a sentence in its article: its words and word groups, the beginnings and endings of its words, its cues and those around
it, who was last heard speaking, whether it stands inside a quote, its shape and its place. Names and numbers are masked: the
model must not learn who is gossiped about. Nothing here is learned but the lexicon, the words that are known to be no names.

Whatever depends on a word alone is worked out once, when the word is first seen (`Vocabulary`); all else is arithmetic on
arrays over all sentences at once. Columns below `HASHED` are hashed, the `CONTEXT` ones behind them have fixed places.
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from scipy.sparse import csr_matrix, diags, hstack

from models import cues, quotes, words
from models.languages import Language

BITS: Final = 18
HASHED: Final = 1 << BITS
# How loud each group of features is: word features share one length a sentence, every other feature weighs the same.
GRAMS, CUES, CONTEXTS = 3.0, 1.0, 0.4

# Kinds of tokens.
WORD, NAME, NUMBER, MARK, BLANK, BREAK = range(6)
MASKS: Final = {NAME: "\0name", NUMBER: "\0number", BREAK: "\0break"}

# Cue kinds that tell who speaks or how far the article stands behind it: looked for around a sentence too.
SPEAKERS: Final = ("anonymous", "crowd", "denial", "distance", "hearsay", "named", "saying")
KINDS: Final = (
    *SPEAKERS, "boilerplate", "conditional", "hope", "idle", "ignorance", "inference", "lookalike", "modal", "official", "plan",
    "question",
)  # fmt: skip
LENGTHS: Final = (3, 6, 10, 16, 24, 36)  # tokens: the steps of a sentence's length
MARKS: Final = ".!?…:;,"
LAST_MARKS: Final = len(MARKS)
CLOSERS: Final = frozenset("\"')]}")
STEPS: Final = (-2, -1, 1, 2)
REACH: Final = 6  # sentences: how far back the last speaker is looked for
STATES: Final = 4  # how much of a sentence is quoted: nothing, some, most, all of it


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


def lexicon(sentences: Iterable[str]) -> frozenset[int]:
    """Hashes of the words that occur without a capital: what is written so somewhere is not (only) a name."""
    return frozenset(
        words.hash_of(token.rstrip(" "))
        for sentence in sentences
        for token in words.tokenize(words.fold(sentence))
        if token[0].islower()
    )


class Vocabulary:
    """Every token seen so far and all that follows from it alone, by number; numbers are given out as tokens turn up.

    With `table` (HASHED, outputs) it also keeps what a token adds to the scores: `inside` for the token in its sentence,
    `outside` for a token that no quote encloses. Several threads may use it at once.
    """

    def __init__(self, language: Language, known: frozenset[int], table: np.ndarray | None = None) -> None:
        self.trie = cues.trie(language.code)
        self.phrase_kinds = np.array([KINDS.index(kind) for _, kind in self.trie.phrases], np.int64)
        self.phrase_columns = np.array([column(f"phrase {text}") for text, _ in self.trie.phrases], np.int64)
        self.known = known
        self.table = table
        self.numbers: dict[str, int] = {}
        self.columns: list[tuple[list[int], list[int]]] = []  # of every token: inside, outside
        self.lock = threading.Lock()
        self._grow(1 << 12)
        self.get("\n")

    def __len__(self) -> int:
        return len(self.numbers)

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
        self.hash[number] = words.hash_of(masked)
        self.cue[number] = self.trie.number(word) if bare else 0
        self.mark[number] = MARKS.find(bare) + 1 if len(bare) == 1 else 0
        self.closes[number] = bare in CLOSERS
        self.capital[number] = bare[:1].isupper()
        self.shout[number] = len(bare) > 1 and bare.isupper()
        visible = kind < BLANK
        inside = [column(masked), *affixes(masked)] if visible else []
        outside = [column(f"outside {masked}")] if visible else []
        self.columns.append((inside, outside))
        if self.table is not None:
            self.inside[number] = self.table[inside].sum(axis=0)
            self.outside[number] = self.table[outside].sum(axis=0)
        self.numbers[token] = number  # last: from here on other threads use the row
        return number

    def _kind(self, bare: str, word: str) -> int:
        if not bare or bare == "\n":
            return BREAK if bare else BLANK
        if bare[0].isdigit():
            return NUMBER
        if not bare[0].isalpha():
            return MARK if not bare.isspace() else BLANK
        return NAME if bare[0].isupper() and words.hash_of(word) not in self.known else WORD

    def _grow(self, capacity: int) -> None:
        outputs = 0 if self.table is None else self.table.shape[1]
        self.kind = _longer(getattr(self, "kind", None), (capacity,), np.int8)
        self.length = _longer(getattr(self, "length", None), (capacity,), np.int64)  # with the blank behind
        self.size = _longer(getattr(self, "size", None), (capacity,), np.int64)  # without it
        self.hash = _longer(getattr(self, "hash", None), (capacity,), np.uint64)
        self.cue = _longer(getattr(self, "cue", None), (capacity,), np.int64)  # its number in the trie of the cues
        self.mark = _longer(getattr(self, "mark", None), (capacity,), np.int64)  # 1 + its place in MARKS
        self.closes = _longer(getattr(self, "closes", None), (capacity,), np.int64)
        self.capital = _longer(getattr(self, "capital", None), (capacity,), np.bool_)
        self.shout = _longer(getattr(self, "shout", None), (capacity,), np.bool_)
        self.inside = _longer(getattr(self, "inside", None), (capacity, outputs), np.float32)
        self.outside = _longer(getattr(self, "outside", None), (capacity, outputs), np.float32)

    def matrices(self) -> tuple[csr_matrix, csr_matrix]:
        """(tokens, HASHED) twice: the columns of every token, and the one it has where no quote encloses it."""
        inside, outside = zip(*self.columns, strict=True)
        return tuple(
            Bag(np.concatenate(part).astype(np.int64), np.cumsum([0, *map(len, part)])).matrix(HASHED)
            for part in (inside, outside)
        )


def _longer(old: np.ndarray | None, shape: tuple[int, ...], kind: type) -> np.ndarray:
    """A copy of an array with more rows, zero where it had none."""
    new: np.ndarray = np.zeros(shape, kind)
    if old is not None:
        new[: len(old)] = old
    return new


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

    def matrix(self, width: int) -> csr_matrix:
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
    phrases: Bag
    context: np.ndarray  # (sentences, CONTEXT)
    cue_places: np.ndarray  # (cues, 3): sentence, start, end in it
    cue_phrases: np.ndarray  # (cues,): which phrase of the trie
    cue_quoted: np.ndarray  # (cues,): whether a quote encloses it

    @property
    def scale(self) -> np.ndarray:
        """(sentences, 1): how much each word feature of a sentence weighs, so that long sentences shout no louder."""
        size = sum(np.diff(bag.ends) for bag in (self.words, self.outside, self.pairs, self.triples))
        return (GRAMS / np.sqrt(np.maximum(1, size)))[:, None].astype(np.float32)

    def scores(self, table: np.ndarray) -> np.ndarray:
        """(sentences, outputs) by the table (COLUMNS, outputs) that the vocabulary was made with."""
        hashed = table[:HASHED]
        grams: np.ndarray = self.words.sum(self.vocabulary.inside) + self.outside.sum(self.vocabulary.outside)
        grams += self.pairs.sum(hashed) + self.triples.sum(hashed)
        grams *= self.scale
        grams += self.phrases.sum(hashed)
        grams += self.context @ table[HASHED:]
        return grams

    def matrix(self) -> csr_matrix:
        """(sentences, COLUMNS) float32: the same as one sparse matrix, for a solver."""
        inside, outside = self.vocabulary.matrices()
        grams = self.words.matrix(inside.shape[0]) @ inside + self.outside.matrix(outside.shape[0]) @ outside
        grams += self.pairs.matrix(HASHED) + self.triples.matrix(HASHED)
        hashed = diags(self.scale[:, 0]) @ grams + self.phrases.matrix(HASHED)
        return csr_matrix(hstack((hashed, csr_matrix(self.context))), dtype=np.float32)

    def cue_weights(self, push: np.ndarray) -> np.ndarray:
        """(cues,) what the own features of each cue add to a score whose weights are `push` (COLUMNS,)."""
        phrase, kind = (
            part[self.cue_phrases] for part in (self.vocabulary.phrase_columns, self.vocabulary.phrase_kinds)
        )
        place = HASHED + kind + np.where(self.cue_quoted, 0, len(KINDS))
        weights: np.ndarray = push[phrase] + CUES * push[place]
        return weights


def extract(articles: Sequence[Sequence[str]], vocabulary: Vocabulary) -> Rows:
    """The rows of all sentences of some articles of the vocabulary's language."""
    sentences = [sentence for article in articles for sentence in article]
    total = len(sentences)
    text = "\n".join(("", *sentences, ""))
    if text.count("\n") != total + 1:
        text = "\n".join(("", *(sentence.replace("\n", " ") for sentence in sentences), ""))
    numbers = vocabulary.get_all(words.tokenize(words.fold(text)))
    lengths = vocabulary.length[numbers]
    starts = np.cumsum(lengths) - lengths
    visible = np.flatnonzero(vocabulary.kind[numbers] != BLANK)
    numbers, starts = numbers[visible], starts[visible]
    kinds = vocabulary.kind[numbers]
    of = np.cumsum(kinds == BREAK) - 1  # the sentence of every token
    offsets = starts[kinds == BREAK] + 1  # where each sentence begins in `text`
    article = np.repeat(np.arange(len(articles)), [len(part) for part in articles])

    spans = [part for sentences_ in articles for part in quotes.spans(sentences_)]
    quoted = _quoted(spans, offsets, starts)
    grams = _grams(vocabulary, numbers, kinds, of, quoted, total)

    first, count, phrase = cues.find_all(vocabulary.cue[numbers], vocabulary.trie)
    sentence = of[first]
    last = first + count - 1
    ends = starts[last] + vocabulary.size[numbers[last]]
    places = np.stack((sentence, starts[first] - offsets[sentence], ends - offsets[sentence]), axis=1)
    phrases = Bag.of(sentence, vocabulary.phrase_columns[phrase], total)
    context = _context(
        vocabulary,
        numbers,
        kinds,
        of,
        article,
        spans,
        offsets,
        text,
        sentence,
        vocabulary.phrase_kinds[phrase],
        quoted[first],
    )
    return Rows(vocabulary, *grams, phrases, context, places, phrase, quoted[first])


def _quoted(spans: list[quotes.Spans], offsets: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """(tokens,) whether a quote encloses a token."""
    edges = np.zeros(len(starts) + 1, np.int64)
    opened = [offset + start for offset, parts in zip(offsets.tolist(), spans, strict=False) for start, _ in parts]
    closed = [offset + stop for offset, parts in zip(offsets.tolist(), spans, strict=False) for _, stop in parts]
    np.add.at(edges, np.searchsorted(starts, opened), 1)
    np.add.at(edges, np.searchsorted(starts, closed), -1)
    inside: np.ndarray = np.cumsum(edges[:-1]) > 0
    return inside


def _grams(
    vocabulary: Vocabulary, numbers: np.ndarray, kinds: np.ndarray, of: np.ndarray, quoted: np.ndarray, total: int
) -> tuple[Bag, Bag, Bag, Bag]:
    """Words, words outside of quotes, pairs and triples of every sentence; a break stands for its begin and its end."""
    one = np.ones(len(numbers), bool)  # a run of names counts as one name
    one[1:] = (kinds[1:] != NAME) | (kinds[:-1] != NAME)
    numbers, of, quoted, own = numbers[one], of[one], quoted[one], kinds[one] != BREAK
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


def _mixed(hashes: np.ndarray) -> np.ndarray:
    """64-bit mixtures -> columns; the last steps of MurmurHash3, so that every bit of the words reaches the ones kept."""
    mixed = hashes ^ (hashes >> 33)
    mixed *= 0xFF51AFD7ED558CCD
    mixed ^= mixed >> 33
    columns: np.ndarray = (mixed >> (64 - BITS)).astype(np.int64)
    return columns


def _context(
    vocabulary: Vocabulary,
    numbers: np.ndarray,
    kinds: np.ndarray,
    of: np.ndarray,
    article: np.ndarray,
    spans: list[quotes.Spans],
    offsets: np.ndarray,
    text: str,
    cue_sentence: np.ndarray,
    cue_kind: np.ndarray,
    cue_quoted: np.ndarray,
) -> np.ndarray:
    """(sentences, CONTEXT): what comes from the cues' kinds, from who speaks, and from where a sentence stands."""
    total = len(article)
    row = np.arange(total)
    cells = cue_sentence * len(KINDS) + cue_kind
    inner, outer = (
        np.bincount(cells[part], minlength=total * len(KINDS)).reshape(total, len(KINDS)).astype(np.float32)
        for part in (cue_quoted, ~cue_quoted)
    )
    own = np.minimum(1, inner + outer)

    sizes = np.diff(offsets) - 1
    state, starts, runs = _speech(spans, sizes, text, offsets)
    begins = np.ones(total, bool)  # of a group: sentences that one quote runs through
    begins[1:] = ~(starts[1:] & runs[:-1]) | (article[1:] != article[:-1])
    group = np.cumsum(begins) - 1
    voices = np.minimum(1, outer[:, : len(SPEAKERS)])
    speakers = np.maximum.reduceat(voices, np.flatnonzero(begins), axis=0)[group] * (state > 0)[:, None]

    heard = np.maximum.accumulate(np.where(voices.any(axis=1), row, -1))
    head = np.flatnonzero(begins)[group]  # the first sentence of the group
    before = np.where(head > 0, heard[head - 1], -1)
    near = (before >= 0) & (head - before <= REACH) & (article[before] == article)
    last = voices[before] * near[:, None]
    by_state = np.zeros((total, STATES, len(SPEAKERS) + 1), np.float32)
    by_state[row, state, :-1] = last
    by_state[row, state, -1] = near & (head - before == 1)

    article_starts = np.flatnonzero(np.append(True, article[1:] != article[:-1]))
    article_sizes = np.diff(np.append(article_starts, total))
    share = np.sqrt(np.add.reduceat(own, article_starts, axis=0) / article_sizes[:, None])[article]
    title = own[article_starts][article]

    blocks = [inner, outer, speakers, by_state.reshape(total, -1), share, title]
    for step in STEPS:
        there = (row + step >= 0) & (row + step < total)
        other = np.where(there, row + step, 0)
        there &= article[other] == article
        blocks.append(own[other] * there[:, None])
        if abs(step) == 1:
            blocks.append(_one_hot(np.where(there, 1 + (state[other] > 1), 0) * STATES + state, 3 * STATES))
    blocks.append(_one_hot((state * 2 + starts) * 2 + runs, STATES * 4))
    blocks += _shape(vocabulary, numbers, kinds, of, total)
    place = row - article_starts[article]
    size = article_sizes[article]
    third = 3 + 3 * place // size
    blocks.append(_one_hot(np.select((place == 0, place == 1, place == size - 1), (0, 1, 2), third), 6))
    blocks = [CUES * block for block in blocks[:2]] + [CONTEXTS * block for block in blocks[2:]]
    return np.concatenate(blocks, axis=1)


def _one_hot(values: np.ndarray, width: int) -> np.ndarray:
    out = np.zeros((len(values), width), np.float32)
    out[np.arange(len(values)), values] = 1
    return out


def _speech(
    spans: list[quotes.Spans], sizes: np.ndarray, text: str, offsets: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each sentence how much of it is quoted (0 to STATES - 1), whether it begins inside of a quote, and whether one runs on."""
    total = len(spans)
    share = np.zeros(total)
    starts, runs = np.zeros(total, bool), np.zeros(total, bool)
    for index, parts in enumerate(spans):
        if parts:
            begin, size = int(offsets[index]), int(sizes[index])
            share[index] = sum(stop - start for start, stop in parts) / max(1, size)
            starts[index] = parts[0][0] == 0
            tail = text[begin + size - 3 : begin + size].rstrip(" .")
            runs[index] = parts[-1][1] >= size - 2 and tail[-1:] not in quotes.MARKS
    state = (share > 0).astype(np.int64) + (share > 0.5) + (share > 0.9)
    return state, starts, runs


def _shape(
    vocabulary: Vocabulary, numbers: np.ndarray, kinds: np.ndarray, of: np.ndarray, total: int
) -> list[np.ndarray]:
    """How a sentence looks: its last mark, its length, its capitals, digits, questions and exclamations."""
    breaks = np.flatnonzero(kinds == BREAK)
    tokens = np.diff(breaks) - 1
    spelled = (kinds == WORD) | (kinds == NAME)
    counts = np.stack(
        (spelled, spelled & vocabulary.capital[numbers], spelled & vocabulary.shout[numbers], kinds == NUMBER)
    )
    letters, capital, shout, digits = np.add.reduceat(counts, breaks[:-1], axis=1, dtype=np.float32)
    letters = np.maximum(1, letters)
    marks = vocabulary.mark[numbers]
    seen = np.zeros((total, LAST_MARKS + 1), np.float32)
    here = np.flatnonzero(marks)
    seen[of[here], marks[here]] = 1
    end = breaks[1:] - 1
    for _ in range(2):  # past what closes quotes and brackets
        end = end - vocabulary.closes[numbers[end]]
    last = marks[end]
    length = np.searchsorted(LENGTHS, tokens, side="right")
    steps = len(LENGTHS) + 1
    facts = np.stack((shout > letters / 2, digits > 0, capital > 0.7 * letters), axis=1).astype(np.float32)
    return [
        _one_hot(last, LAST_MARKS + 1),
        _one_hot(length, steps),
        _one_hot(last * steps + length, (LAST_MARKS + 1) * steps),
        _one_hot((4 * capital / letters).astype(np.int64), 5),
        facts,
        seen,
    ]


CONTEXT: Final = (
    2 * len(KINDS) + len(SPEAKERS) + STATES * (len(SPEAKERS) + 1) + 2 * len(KINDS) + len(STEPS) * len(KINDS) + 2 * 3 * STATES
    + STATES * 4 + (LAST_MARKS + 1) * (len(LENGTHS) + 3) + len(LENGTHS) + 1 + 5 + 3 + 6
)  # fmt: skip
COLUMNS: Final = HASHED + CONTEXT
SETTINGS: Final = {"format": 2, "bits": BITS, "context": CONTEXT}
