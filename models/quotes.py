"""Where speech stands in an article: which characters of which sentence lie inside quotation marks.

Marks are unreliable: straight ones have no direction, translated pages open with one kind and close with another, and a quote
of several paragraphs opens each and closes only the last. So a mark is read by its shape where it has one, else by what
stands beside it, and an opened quote that nothing closes nearby ends with its sentence.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

Spans = list[tuple[int, int]]

_OPENING: Final = "“«„‟‹"
_CLOSING: Final = "”»›"
_MARKS: Final = frozenset(_OPENING + _CLOSING + "\"'‘’")
_DOUBLE: Final = re.compile(f'["{_OPENING}{_CLOSING}]')
_SINGLE: Final = re.compile(r"(?<!\w)['‘’](?=\w)|(?<![ \u00a0])['‘’](?!\w)")
# A quote without its closing mark goes on over this many sentences when the next one begins with a mark again
# (newspapers open every paragraph of a long quote) or the article ends, otherwise it ends with the sentence it was opened in.
REACH: Final = 4

_Mark = tuple[int, int, bool]  # sentence, offset, opens


@dataclass(frozen=True, slots=True)
class Speech:
    """What is quoted in the sentences of some articles."""

    spans: list[Spans]
    state: np.ndarray  # (sentences,) how much of each: 0 nothing, 1 some, 2 most, 3 all
    opens: np.ndarray  # (sentences,) whether it begins inside of a quote
    runs_on: np.ndarray  # (sentences,) whether the quote goes on behind it

    def enclosed(self, starts: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """(tokens,) whether a quote encloses what begins at `starts`, where the sentences begin at `offsets`."""
        edges = np.zeros(len(starts) + 1, np.int64)
        places = [
            (offset + begin, offset + end)
            for offset, parts in zip(offsets.tolist(), self.spans, strict=False)
            for begin, end in parts
        ]
        for step, points in zip((1, -1), zip(*places, strict=True), strict=False):
            np.add.at(edges, np.searchsorted(starts, points), step)
        inside: np.ndarray = np.cumsum(edges[:-1]) > 0
        return inside


def speech(articles: Sequence[Sequence[str]]) -> Speech:
    """What is quoted in the sentences of some articles, each read for itself."""
    found = [part for article in articles for part in spans(article)]
    share = np.zeros(len(found))
    opens, runs_on = np.zeros(len(found), bool), np.zeros(len(found), bool)
    for index, (sentence, parts) in enumerate(zip((s for article in articles for s in article), found, strict=True)):
        if parts:
            share[index] = sum(stop - start for start, stop in parts) / len(sentence)
            opens[index] = parts[0][0] == 0
            bare = sentence.rstrip(" .")
            runs_on[index] = parts[-1][1] >= len(bare) and bare[-1:] not in _MARKS
    return Speech(found, (share > 0).astype(np.int64) + (share > 0.5) + (share > 0.9), opens, runs_on)


def spans(sentences: Sequence[str]) -> list[Spans]:
    """For each sentence of an article the (start, end) of what is quoted in it, marks included, in code points."""
    found: list[Spans] = [[] for _ in sentences]
    _fill(found, sentences, _double_marks(sentences))
    if not any(found):
        _fill(found, sentences, _single_marks(sentences))
    return found


def _fill(found: list[Spans], sentences: Sequence[str], marks: list[_Mark]) -> None:
    """Pair every opening mark with what ends it."""
    until = (-1, -1)
    for mark, following in pairwise([*marks, (len(sentences), 0, True)]):
        at, start, opens = mark
        if not opens or (at, start) < until:
            continue
        last, stop, reopens = following
        if last == len(sentences) and last - at <= REACH:
            last, stop = last - 1, len(sentences[-1])  # the article was cut off inside of it
        elif last == len(sentences) or (reopens and (stop > 0 or last - at > REACH)) or last - at > 3 * REACH:
            last, stop = at, len(sentences[at])  # nothing closes it
        for index in range(at, last + 1):
            begin = start if index == at else 0
            finish = stop if index == last else len(sentences[index])
            if begin < finish or index == at:
                found[index].append((begin, min(finish + (index == last), len(sentences[index]))))
        until = (last, stop)


def _double_marks(sentences: Sequence[str]) -> list[_Mark]:
    marks: list[_Mark] = []
    for index, sentence in enumerate(sentences):
        for match in _DOUBLE.finditer(sentence):
            char, offset = match.group(), match.start()
            opens = _opens(sentence, offset, bool(marks) and marks[-1][2]) if char == '"' else char in _OPENING
            marks.append((index, offset, opens))
    return marks


def _single_marks(sentences: Sequence[str]) -> list[_Mark]:
    """Single quotes, told from apostrophes by the blank beside them; an opening one without its close is none."""
    marks: list[_Mark] = []
    for index, sentence in enumerate(sentences):
        for match in _SINGLE.finditer(sentence):
            char, offset = match.group(), match.start()
            before, behind = sentence[offset - 1 : offset] or " ", sentence[offset + 1 : offset + 2] or " "
            inside = bool(marks) and marks[-1][2]
            if char != "’" and before in " \u00a0([-–—:" and behind.isalnum():
                if inside:
                    marks.pop()
                marks.append((index, offset, True))
            elif char != "‘" and inside and not behind.isalnum() and before not in " \u00a0":
                if marks[-1][0] == index and offset - marks[-1][1] < 4:  # rock 'n' roll
                    marks.pop()
                else:
                    marks.append((index, offset, False))
    if marks and marks[-1][2]:
        marks.pop()
    return marks


def _opens(sentence: str, offset: int, inside: bool) -> bool:
    """Whether a straight mark opens: a blank before and a word behind; where both sides look alike, by turns."""
    before, behind = sentence[offset - 1 : offset] or " ", sentence[offset + 1 : offset + 2] or " "
    blank_before, blank_behind = (
        before in " \u00a0\u202f\u2009([-–—'’" and offset != len(sentence) - 1,
        behind in " \u00a0\u202f\u2009.,;:!?)]…",
    )
    if blank_before == blank_behind:
        return not inside
    return blank_before
