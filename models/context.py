"""What a sentence has from its place in the article: the cues' kinds and those around it, who speaks, its shape."""

from functools import cache
from typing import Final

import numpy as np

from models.cues import KINDS, SPEAKERS, Found
from models.vocabulary import MARKS, NAME, NUMBER, WORD, Tokens, Vocabulary

CUES, VOICES, AROUND = 0.4, 1.6, 0.3  # how much a sentence's own cues weigh, who speaks, and all else

STEPS: Final = (1, 2)  # how far to both sides neighbours' cues count
REACH: Final = 6  # sentences: how far back the last speaker is looked for
STATES: Final = 4  # how much of a sentence is quoted: nothing, some, most, all of it
K, S, M = len(KINDS), len(SPEAKERS), len(MARKS) + 1
WHO: Final = [SPEAKERS.index(kind) for kind in ("anonymous", "crowd", "named")]
# A cue's own features: quoted or not; in which third of its sentence; how much of that is quoted.
OWN: Final = (2, 3, STATES)
PAIRS: Final = np.triu_indices(K, 1)  # of kinds of cues that stand in one sentence

SHAPE: Final = M + 5 + 3
WIDTH: Final = (
    sum(OWN) * K + len(PAIRS[0]) + 2 * K  # own cues, pairs of their kinds, the first and the last one's kind
    + S + STATES * (S + 1) + S  # who speaks in the same quote, who spoke last, whom "he added" means
    + 2 * K + 2 * len(STEPS) * K + 2 * 3 * STATES  # the article's and the headline's cues, the neighbours'
    + STATES * 4 + 6  # how speech begins and runs on, the place in the article
    + SHAPE
)  # fmt: skip


def describe(tokens: Tokens, found: Found, vocabulary: Vocabulary) -> tuple[np.ndarray, np.ndarray]:
    """(sentences, WIDTH) float32, and for every cue the columns (cues, len(OWN)) of its own features, CUES in each."""
    total = len(tokens.article)
    kinds = vocabulary.trie.kinds[found.phrase]
    sentence = tokens.sentence[found.first]
    columns = _own(tokens, found, kinds, sentence)
    width = sum(OWN) * K
    cells = (sentence[:, None] * width + columns).ravel()
    own = np.bincount(cells, minlength=total * width).reshape(total, width).astype(np.float32)
    quoted, free = own[:, :K], own[:, K : 2 * K]
    present = np.minimum(1, quoted + free)
    pairs = present[:, PAIRS[0]] * present[:, PAIRS[1]]
    blocks = [
        *_ends(sentence, kinds, total),
        *_voices(np.minimum(1, free[:, :S]), tokens),
        *_neighbours(present, tokens),
        *_shape(tokens, vocabulary),
    ]
    return np.concatenate((CUES * own, CUES * pairs, AROUND * np.concatenate(blocks, axis=1)), axis=1), columns


def _own(tokens: Tokens, found: Found, kinds: np.ndarray, sentence: np.ndarray) -> np.ndarray:
    """(cues, len(OWN)): the columns of each cue's own features."""
    breaks = tokens.breaks
    size = np.diff(breaks)[sentence]
    place = found.first - breaks[sentence]
    columns = np.empty((len(kinds), len(OWN)), np.int64)
    columns[:, 0] = ~tokens.quoted[found.first]
    columns[:, 1] = OWN[0] + 3 * place // np.maximum(1, size)
    columns[:, 2] = OWN[0] + OWN[1] + tokens.speech.state[sentence]
    columns *= K
    columns += kinds[:, None]
    return columns


def _ends(sentence: np.ndarray, kinds: np.ndarray, total: int) -> list[np.ndarray]:
    """The kinds of the first and of the last cue of every sentence."""
    out = []
    for side in ("left", "right"):
        at = np.searchsorted(sentence, np.arange(total), side=side) - (side == "right")
        there = np.zeros((total, K), np.float32)
        rows = np.unique(sentence)
        there[rows, kinds[at[rows]]] = 1
        out.append(there)
    return out


def _voices(voices: np.ndarray, tokens: Tokens) -> list[np.ndarray]:
    """Who speaks: the speakers' cues (sentences, S) outside of quotes, spread over a quote's sentences and kept in mind after."""
    article, speech = tokens.article, tokens.speech
    total = len(article)
    row = np.arange(total)
    begins = np.ones(total, bool)  # of a group: sentences that one quote runs through
    begins[1:] = ~(speech.opens[1:] & speech.runs_on[:-1]) | (article[1:] != article[:-1])
    head = np.maximum.accumulate(np.where(begins, row, 0))
    same = (
        np.maximum.reduceat(voices, np.flatnonzero(begins), axis=0)[np.cumsum(begins) - 1] * (speech.state > 0)[:, None]
    )

    # A verb of saying with nobody named beside it goes on with whoever spoke last.
    names = np.bincount(tokens.sentence[(tokens.kinds == NAME) & ~tokens.quoted], minlength=total) > 0
    goes_on = (voices[:, SPEAKERS.index("saying")] > 0) & ~voices[:, WHO].any(axis=1) & ~names
    told = np.maximum.accumulate(np.where(voices[:, WHO].any(axis=1), row, -1))
    again = voices[told] * (goes_on & (told >= 0) & (head - told <= REACH) & (article[told] == article))[:, None]
    voices = np.maximum(voices, again)
    heard = np.maximum.accumulate(np.where(voices.any(axis=1), row, -1))
    before = np.where(head > 0, heard[head - 1], -1)
    near = (before >= 0) & (head - before <= REACH) & (article[before] == article)
    last = np.zeros((total, STATES, S + 1), np.float32)
    last[row, speech.state, :-1] = voices[before] * near[:, None]
    last[row, speech.state, -1] = near & (head - before == 1)
    spoken = (same, last.reshape(total, -1), again)
    return [VOICES / AROUND * block for block in spoken]


def _neighbours(own: np.ndarray, tokens: Tokens) -> list[np.ndarray]:
    """The kinds of cues (sentences, K) of the whole article, of its headline and of the sentences around, and the place."""
    article, speech = tokens.article, tokens.speech
    total = len(article)
    row = np.arange(total)
    starts = np.flatnonzero(np.append(True, article[1:] != article[:-1]))
    sizes = np.diff(np.append(starts, total))
    blocks = [np.sqrt(np.add.reduceat(own, starts, axis=0) / sizes[:, None])[article], own[starts][article]]
    spoken = 1 + (speech.state > 1)
    for step in STEPS:
        same = article[step:] == article[:-step]
        before, behind = np.zeros_like(own), np.zeros_like(own)
        before[step:] = own[:-step] * same[:, None]
        behind[:-step] = own[step:] * same[:, None]
        blocks += [before, behind]
        if step == 1:
            for here, there in ((slice(1, None), slice(-1)), (slice(-1), slice(1, None))):
                beside = np.zeros(total, np.int64)
                beside[here] = spoken[there] * same
                blocks.append(_one_hot(beside * STATES + speech.state, 3 * STATES))
    blocks.append(_one_hot((speech.state * 2 + speech.opens) * 2 + speech.runs_on, STATES * 4))
    place, size = row - starts[article], sizes[article]
    place = np.where(place == 0, 0, np.where(place == 1, 1, np.where(place == size - 1, 2, 3 + 3 * place // size)))
    return [*blocks, _one_hot(place, 6)]


def _shape(tokens: Tokens, vocabulary: Vocabulary) -> list[np.ndarray]:
    """How a sentence looks: its capitals, digits, marks."""
    numbers, kinds, breaks = tokens.numbers, tokens.kinds, tokens.breaks
    spelled = (kinds == WORD) | (kinds == NAME)
    counts = np.stack(
        (spelled, spelled & vocabulary.capital[numbers], spelled & vocabulary.shout[numbers], kinds == NUMBER)
    )
    letters, capital, shout, digits = np.add.reduceat(counts, breaks[:-1], axis=1, dtype=np.float32)
    letters = np.maximum(1, letters)
    marks = vocabulary.mark[numbers]
    seen = np.zeros((len(tokens.article), M), np.float32)
    here = np.flatnonzero(marks)
    seen[tokens.sentence[here], marks[here]] = 1
    facts = np.stack((shout > letters / 2, digits > 0, capital > 0.7 * letters), axis=1).astype(np.float32)
    return [_one_hot((4 * capital / letters).astype(np.int64), 5), facts, seen]


def _one_hot(values: np.ndarray, width: int) -> np.ndarray:
    found: np.ndarray = _identity(width)[values]
    return found


@cache
def _identity(width: int) -> np.ndarray:
    return np.eye(width, dtype=np.float32)
