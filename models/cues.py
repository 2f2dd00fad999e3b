"""Phrases that speak for an answer, found in a sentence: features to be weighed, not rules.

The phrases are data (`languages/<code>/cues/<kind>.txt`). A word of a phrase may carry one `*` as its first or last
character for any ending or beginning; `^` as a first word stands for the beginning of the sentence. At each place the
longest phrase wins, so that a look-alike ("the month of May") hides the short cue inside it. `find` is the plain way, for
one sentence; `find_all` takes the same steps for every token of many sentences at once.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from models import languages, words
from models.languages import Language

# The kinds of cue; the first ones tell who speaks or how far the article stands behind it.
SPEAKERS: Final = ("anonymous", "crowd", "denial", "distance", "hearsay", "named", "rumour", "saying")
KINDS: Final = (
    *SPEAKERS, "boilerplate", "conditional", "hope", "idle", "ignorance", "inference", "lookalike", "modal", "official", "plan",
    "question",
)  # fmt: skip

# An ending shorter than this would be looked up for every word of every text and match anything.
SHORTEST_AFFIX = 3
START = "^"


@dataclass(frozen=True, slots=True)
class Cue:
    """A phrase in a sentence: `text == sentence[start:end]`, in code points."""

    start: int
    end: int
    text: str
    kind: str


class Trie:
    """The phrases of a language, word by word: (node, number of a word) -> node, from the root 0."""

    def __init__(self, phrases: dict[str, str], shades: dict[str, str] | None = None) -> None:
        self.numbers: dict[str, int] = {}  # what phrases are made of: words, and affixes with their `*`; from 1
        self.steps: dict[tuple[int, int], int] = {}
        self.ends: list[int] = [-1]  # node -> the phrase that ends there
        self.phrases = list(phrases.items())  # (text, kind)
        self.shades = [(shades or phrases)[text] for text in phrases]
        parts = [words.phrase(text) for text, _ in self.phrases]
        for part in (part for whole in parts for part in whole):
            if "*" in part and len(part) <= SHORTEST_AFFIX:
                raise ValueError(f"cue word {part!r}: write at least {SHORTEST_AFFIX} letters beside the *")
            self.numbers.setdefault(part, len(self.numbers) + 1)
        affixes = [part for part in self.numbers if "*" in part]
        self.affix_lengths = sorted({len(affix) - 1 for affix in affixes}, reverse=True)
        # A word that stands in some phrase itself has its own number, so phrases with an affix that fits it are entered
        # for it too.
        self.fitting = {
            affix: [word for word in self.numbers if "*" not in word and fits(word, affix)] for affix in affixes
        }
        for index, whole in enumerate(parts):  # as they are written first: they win over what an affix stands for
            self._enter(whole, index)
        for index, whole in enumerate(parts):
            for variant in self._variants(whole):
                self._enter(variant, index)
        self.start = self.numbers.get(START, 0)
        self._flatten()

    def number(self, word: str) -> int:
        """The number of a word in lower case: its own, else that of the longest affix that fits it, else 0."""
        found = self.numbers.get(word, 0) if word != START else 0
        for length in () if found else self.affix_lengths:
            if length <= len(word):
                found = self.numbers.get(word[:length] + "*", 0) or self.numbers.get("*" + word[-length:], 0)
                if found:
                    break
        return found

    def _variants(self, whole: tuple[str, ...]) -> list[tuple[str, ...]]:
        """The phrase with every affix in turn as it is and as each word of other phrases that it fits."""
        out: list[tuple[str, ...]] = [()]
        for part in whole:
            out = [(*head, word) for head in out for word in (part, *self.fitting.get(part, ()))]
        return out

    def _enter(self, whole: tuple[str, ...], index: int) -> None:
        node = 0
        for part in whole:
            key = (node, self.numbers[part])
            if key not in self.steps:
                self.steps[key] = len(self.ends)
                self.ends.append(-1)
            node = self.steps[key]
        if self.ends[node] < 0:
            self.ends[node] = index

    def _flatten(self) -> None:
        """The same steps as sorted arrays, for `find_all`."""
        width = len(self.numbers) + 1
        keys = np.array([node * width + number for node, number in self.steps], np.int64)
        order = np.argsort(keys)
        self.keys = np.append(keys[order], np.iinfo(np.int64).max)
        self.targets = np.append(np.array(list(self.steps.values()), np.int64)[order], 0)
        self.first = np.zeros(width, np.int64)
        for (node, number), target in self.steps.items():
            if node == 0:
                self.first[number] = target
        self.end_of = np.array(self.ends, np.int64)
        self.kinds = np.array([KINDS.index(kind) for _, kind in self.phrases], np.int64)


def fits(word: str, affix: str) -> bool:
    return word.startswith(affix[:-1]) if affix[-1] == "*" else word.endswith(affix[1:])


@cache
def trie(code: str) -> Trie:
    """The phrases of the language with this code."""
    language = languages.load(code)
    return Trie(language.cues, language.shades)


def find(sentence: str, language: Language) -> list[Cue]:
    """The cues of a sentence, left to right, never overlapping."""
    tree = trie(language.code)
    tokens = words.tokens(sentence)
    numbers = [tree.number(word) for word, _ in tokens]
    found: list[Cue] = []
    at = 0
    while at < len(tokens):
        length, phrase = _longest(tree, 0, numbers[at:])
        if at == 0 and tree.start:
            anchored = _longest(tree, tree.steps[0, tree.start], numbers)
            length, phrase = anchored if anchored[0] >= length else (length, phrase)
        if length:
            last, last_start = tokens[at + length - 1]
            start, end = tokens[at][1], last_start + len(last)
            found.append(Cue(start, end, sentence[start:end], tree.phrases[phrase][1]))
        at += length or 1
    return found


def _longest(tree: Trie, node: int, numbers: list[int]) -> tuple[int, int]:
    """(number of words, phrase) of the longest way from a node along some words."""
    length, phrase = 0, -1
    for ahead, number in enumerate(numbers, 1):
        node = tree.steps.get((node, number), 0)
        if not node:
            break
        if tree.ends[node] >= 0:
            length, phrase = ahead, tree.ends[node]
    return length, phrase


@dataclass(frozen=True, slots=True)
class Found:
    """The cues in a row of tokens, in order, never overlapping: (cues,) each."""

    first: np.ndarray  # the first token
    count: np.ndarray  # how many tokens
    phrase: np.ndarray  # which phrase of the trie


def find_all(numbers: np.ndarray, tree: Trie) -> Found:
    """The cues in a row of word numbers. 0 is no word of any phrase; `tree.start` opens a sentence."""
    row = np.append(numbers, 0)  # what no phrase goes on with
    places = np.flatnonzero(tree.first[numbers])
    nodes = tree.first[numbers[places]]
    starts, lengths, phrases = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    width, ahead = len(tree.first), 1
    while len(places):
        ending = tree.end_of[nodes]
        ends = ending >= 0
        starts.append(places[ends])
        phrases.append(ending[ends])
        lengths.append(np.full(len(starts[-1]), ahead))
        keys = nodes * width + row[places + ahead]
        at = np.searchsorted(tree.keys, keys)
        goes_on = tree.keys[at] == keys
        places, nodes = places[goes_on], tree.targets[at[goes_on]]
        ahead += 1
    start, length, phrase = np.concatenate(starts), np.concatenate(lengths), np.concatenate(phrases)
    # The place where the sentence opens is no word of the cue.
    anchored = (numbers[start] == tree.start) & (tree.start > 0)
    start, length = start + anchored, length - anchored
    kept, until = [], -1
    order = np.lexsort((~anchored, -length, start))
    for index, place, count in zip(order.tolist(), start[order].tolist(), length[order].tolist(), strict=True):
        if place >= until:
            kept.append(index)
            until = place + count
    return Found(start[kept], length[kept], phrase[kept])
