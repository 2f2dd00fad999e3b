"""An article's sentences -> one sparse matrix; used by training and by serving, so that they cannot disagree.

A row is a sentence in its article: its words and word groups, the beginnings and endings of its words, its cues and those around it,
who was last heard speaking, whether it stands inside a quote, its shape and its place. Names and numbers are masked: the model must
not learn who is gossiped about. Every feature is hashed to a column; nothing here is learned but the lexicon, the words that
are known to be no names.
"""

import zlib
from bisect import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Final

import numpy as np
from scipy.sparse import csr_matrix

from models import cues, quotes, words
from models.cues import Cue
from models.languages import Language

BITS: Final = 18
COLUMNS: Final = 1 << BITS
SETTINGS: Final = {"format": 1, "bits": BITS}

# Cue kinds that tell who speaks or how far the article stands behind it: looked for around a sentence too.
SPEAKER_KINDS: Final = frozenset(("anonymous", "named", "crowd", "distance", "hearsay", "saying", "denial"))
LENGTHS: Final = (3, 6, 10, 16, 24, 36)  # words: the steps of a sentence's length
NAME, NUMBER = "\0name", "\0number"


@dataclass(frozen=True, slots=True)
class Rows:
    """The features of the sentences of some articles: one row a sentence, in order, and the cues that were found."""

    matrix: csr_matrix  # (sentences, COLUMNS), float32
    cues: list[list[Cue]]
    cue_columns: list[
        list[tuple[int, int]]
    ]  # the columns of each of those cues, in the same order; each has the value 1


@lru_cache(maxsize=1 << 17)
def column(name: str) -> int:
    """The column of a feature: CRC-32, the same on every machine."""
    return zlib.crc32(name.encode("utf-8", "surrogatepass")) >> (32 - BITS)


@lru_cache(maxsize=1 << 16)
def word_hash(word: str) -> int:
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=1 << 16)
def affixes(word: str) -> tuple[int, ...]:
    """Columns of a word's beginnings and endings, where conjugation lives (the French conditional is an ending)."""
    if not word[0].isalpha() or len(word) < 4:
        return ()
    ends = tuple(column(f"end {word[-n:]}") for n in (2, 3, 4, 5) if n < len(word))
    return ends + tuple(column(f"begin {word[:n]}") for n in (3, 4, 5) if n < len(word))


def lexicon(sentences: Iterable[str]) -> frozenset[int]:
    """Hashes of the words that occur without a capital: what is written so somewhere is not (only) a name."""
    known: set[int] = set()
    for sentence in sentences:
        for word, start in words.tokens(words.fold(sentence)):
            if sentence[start].islower():
                known.add(word_hash(word))
    return frozenset(known)


def masked(sentence: str, tokens: list[tuple[str, int]], known: frozenset[int]) -> list[str]:
    """The words with names and numbers replaced, a run of names by one."""
    out: list[str] = []
    for word, start in tokens:
        if word[0].isdigit():
            word = NUMBER
        elif sentence[start].isupper() and word_hash(word) not in known:
            if out and out[-1] == NAME:
                continue
            word = NAME
        out.append(word)
    return out


def extract(articles: Sequence[Sequence[str]], language: Language, known: frozenset[int]) -> Rows:
    """The rows of all sentences of some articles of one language; `known` is the lexicon the model was trained with."""
    sentences = [sentence for article in articles for sentence in article]
    folded = [words.fold(sentence) for sentence in sentences]
    tokens = [words.tokens(text) for text in folded]
    found = [cues.find(sentence, language, split) for sentence, split in zip(sentences, tokens, strict=True)]
    spans = [part for article in articles for part in quotes.spans(article)]
    grams = _grams(sentences, tokens, spans, known)
    context: list[list[int]] = []
    at = 0
    for article in articles:
        stop = at + len(article)
        context += _context(sentences[at:stop], tokens[at:stop], found[at:stop], spans[at:stop])
        at = stop
    own = [
        [
            (
                column(f"cue {cue.kind} {_inside(cue.start, parts)}"),
                column(f"phrase {' '.join(words.phrase(cue.text))}"),
            )
            for cue in cues_
        ]
        for cues_, parts in zip(found, spans, strict=True)
    ]
    return _rows(grams, context, own, found)


def _grams(
    sentences: list[str], tokens: list[list[tuple[str, int]]], spans: list[quotes.Spans], known: frozenset[int]
) -> tuple[np.ndarray, np.ndarray]:
    """(row, column) of every word, pair, triple, beginning and ending."""
    flat: list[str] = []
    lengths, outside = [], []
    for sentence, split, parts in zip(sentences, tokens, spans, strict=True):
        out = masked(sentence, split, known)
        flat += ("\0start", *out, "\0end")
        lengths.append(len(out) + 2)
        if parts:
            rest = masked(sentence, [token for token in split if not _inside(token[1], parts)], known)
            outside += [(len(lengths) - 1, word) for word in rest]
    rows = np.repeat(np.arange(len(sentences)), lengths)
    hashes = np.fromiter(map(word_hash, flat), np.uint64, len(flat))
    grams = [(rows, _column(hashes * 3))]
    same = rows[1:] == rows[:-1]
    pairs = hashes[:-1] * 5 + hashes[1:] * 0x9E3779B1
    grams.append((rows[1:][same], _column(pairs[same])))
    same = rows[2:] == rows[:-2]
    triples = pairs[:-1] * 0x85EBCA77 + hashes[2:] * 7
    grams.append((rows[2:][same], _column(triples[same])))
    ends = list(map(affixes, flat))
    counts = np.fromiter(map(len, ends), np.int64, len(ends))
    grams.append((np.repeat(rows, counts), np.fromiter(chain.from_iterable(ends), np.int64, counts.sum())))
    if outside:
        where = np.array([row for row, _ in outside])
        grams.append((where, np.array([column(f"outside {word}") for _, word in outside])))
    return np.concatenate([row for row, _ in grams]), np.concatenate([col for _, col in grams])


def _column(hashes: np.ndarray) -> np.ndarray:
    """64-bit mixtures -> columns; the last steps of MurmurHash3, so that every bit of the words reaches the ones kept."""
    mixed = hashes.copy()
    mixed ^= mixed >> 33
    mixed *= 0xFF51AFD7ED558CCD
    mixed ^= mixed >> 33
    return (mixed >> (64 - BITS)).astype(np.int64)


def _inside(offset: int, parts: quotes.Spans) -> bool:
    return any(start <= offset < stop for start, stop in parts)


def _context(
    sentences: Sequence[str], tokens: list[list[tuple[str, int]]], found: list[list[Cue]], spans: list[quotes.Spans]
) -> list[list[int]]:
    """The columns that come from where a sentence stands, of all sentences of an article."""
    kinds = [sorted({cue.kind for cue in cues_}) for cues_ in found]
    outer = [
        sorted({c.kind for c in cues_ if c.kind in SPEAKER_KINDS and not _inside(c.start, parts)})
        for cues_, parts in zip(found, spans, strict=True)
    ]
    quoted = [
        sum(stop - start for start, stop in parts) / max(1, len(sentence))
        for sentence, parts in zip(sentences, spans, strict=True)
    ]
    starts = [bool(parts) and parts[0][0] == 0 for parts in spans]
    runs = [
        bool(parts)
        and parts[-1][1] >= len(sentence.rstrip(" ."))
        and not sentence.rstrip().endswith(('"', "”", "»", "'", "’"))
        for sentence, parts in zip(sentences, spans, strict=True)
    ]
    group = _groups(starts, runs)
    total = len(sentences)
    everywhere = [kind for kinds_ in kinds for kind in kinds_]
    article = [f"article {kind} {min(3, int(12 * everywhere.count(kind) / total))}" for kind in sorted(set(everywhere))]
    out: list[list[int]] = []
    for i, sentence in enumerate(sentences):
        names = list(article)
        names += [f"shape {name}" for name in _shape(sentence, tokens[i])]
        state = "all" if quoted[i] > 0.9 else "most" if quoted[i] > 0.5 else "some" if quoted[i] else "none"
        names += [f"quoted {state}", f"quoted {state} {starts[i]} {runs[i]}"]
        members = (
            [k for k in range(max(0, i - 12), min(total, i + 13)) if group[k] == group[i]] if state != "none" else [i]
        )
        speakers = sorted({kind for k in members for kind in outer[k]})
        if state != "none":
            names += [f"speaker {kind}" for kind in speakers] + [f"speaker {' '.join(speakers)}"]
        before = next((k for k in range(members[0] - 1, max(-1, members[0] - 7), -1) if outer[k]), None)
        if before is not None:
            near = min(3, members[0] - before)
            names += [f"last {kind} {state}" for kind in outer[before]] + [
                f"last {near} {' '.join(outer[before])} {state}"
            ]
        for step in (-2, -1, 1, 2):
            if 0 <= i + step < total:
                names += [f"near {step} {kind}" for kind in kinds[i + step]]
                if abs(step) == 1:
                    other = "in" if quoted[i + step] > 0.5 else "out"
                    names.append(f"near {step} {other} {state}")
        place = "first" if i == 0 else "second" if i == 1 else "last" if i == total - 1 else f"third {3 * i // total}"
        names += [f"place {place}"]
        out.append([column(name) for name in names])
    return out


def _groups(starts: list[bool], runs: list[bool]) -> list[int]:
    """A number for each sentence, the same for sentences that one quote runs through."""
    number, out = 0, []
    for i in range(len(starts)):
        number += not (i > 0 and starts[i] and runs[i - 1])
        out.append(number)
    return out


def _shape(sentence: str, tokens: list[tuple[str, int]]) -> list[str]:
    letters = [sentence[start] for word, start in tokens if word[0].isalpha()]
    capital = sum(char.isupper() for char in letters) / max(1, len(letters))
    last = sentence.rstrip("\"'”’»› )")[-1:]
    count = len(tokens)
    out = [
        f"ends {last if last in '.!?…:;,' else 'bare'}",
        f"length {bisect(LENGTHS, count)}",
        f"capitals {int(4 * capital)}",
    ]
    if sentence.isupper():
        out.append("all capitals")
    if any(char.isdigit() for char in sentence):
        out.append("digits")
    if "?" in sentence:
        out.append("question")
    if "!" in sentence:
        out.append("exclamation")
    out.append(f"{out[0]} {out[1]} {out[2]}")
    return out


def _rows(
    grams: tuple[np.ndarray, np.ndarray],
    context: list[list[int]],
    own: list[list[tuple[int, int]]],
    found: list[list[Cue]],
) -> Rows:
    """Put the blocks together: word features share one unit of length a sentence, every other feature weighs the same."""
    count = len(context)
    gram_rows, gram_columns = grams
    sizes = np.bincount(gram_rows, minlength=count)
    gram_values = 3.0 / np.sqrt(np.maximum(sizes, 1))
    context_rows = np.repeat(np.arange(count), [len(names) for names in context])
    context_columns = np.fromiter(chain.from_iterable(context), np.int64, len(context_rows))
    cue_rows = np.repeat(np.arange(count), [2 * len(pairs) for pairs in own])
    cue_columns = np.fromiter(chain.from_iterable(chain.from_iterable(own)), np.int64, len(cue_rows))
    rows = np.concatenate((gram_rows, context_rows, cue_rows))
    columns = np.concatenate((gram_columns, context_columns, cue_columns))
    values = np.concatenate((gram_values[gram_rows], np.full(len(context_rows), 0.4), np.ones(len(cue_rows)))).astype(
        np.float32
    )
    matrix = csr_matrix((values, (rows, columns)), shape=(count, COLUMNS), dtype=np.float32)
    return Rows(matrix, found, own)
