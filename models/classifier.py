"""A text to verdicts, the whole way: `Classifier.split` (language, sentences), then `verdicts` (features, two answers, cues)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

import msgspec
import numpy as np

from models import features, languages, sentences
from models.features import Rows
from models.labels import LABELS, SOURCES
from models.sentences import Sentence
from models.vocabulary import Vocabulary

LABEL_NAMES: Final = tuple(LABELS)
SOURCE_NAMES: Final = tuple(SOURCES)
ANSWERS: Final = len(LABEL_NAMES) + len(SOURCE_NAMES)  # label and source side by side, in this order
SIDES: Final = (slice(0, len(LABEL_NAMES)), slice(len(LABEL_NAMES), ANSWERS))
MOST_AT_ONCE: Final = 2000  # sentences: some 10 MB of features
MOST_WORDS: Final = 1 << 17  # tokens a vocabulary may hold, some 400 bytes each


@dataclass(frozen=True, slots=True)
class Weights:
    """What was learned for one language: two linear models, label and source, side by side."""

    columns: np.ndarray  # (kept,) int32, ascending: the feature columns that have a weight
    weights: np.ndarray  # (kept, ANSWERS) float16
    bias: np.ndarray  # (ANSWERS,) float32
    lexicon: np.ndarray  # (words,) uint32: hashes of the words that are no names, the most frequent first


class WeighedCue(msgspec.Struct, frozen=True):
    """A cue and its exact push: what it adds by itself to the log-odds of speculation against confirmed."""

    start: int
    end: int
    text: str
    kind: str
    weight: float


class Verdict(msgspec.Struct, frozen=True):
    """What the article does with one sentence. Offsets as in `Sentence`."""

    text: str
    start: int
    end: int
    label: str
    probability: float
    probabilities: dict[str, float]
    source: str
    cues: list[WeighedCue]


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdicts on one article, and how many sentences got each label."""

    language: str
    sentences: list[Verdict]

    @property
    def summary(self) -> dict[str, int]:
        return {label: sum(verdict.label == label for verdict in self.sentences) for label in LABELS}


class Model:
    """The weights of one language, unpacked for use."""

    def __init__(self, code: str, weights: Weights) -> None:
        self.language = languages.load(code)
        self.lexicon = weights.lexicon
        self.table = np.zeros((features.COLUMNS, ANSWERS), np.float32)
        self.table[weights.columns] = weights.weights
        self.bias = weights.bias
        speculation, confirmed = (LABEL_NAMES.index(name) for name in ("speculation", "confirmed"))
        self.push = self.table[:, speculation] - self.table[:, confirmed]
        self._vocabulary = self.empty_vocabulary()

    def empty_vocabulary(self) -> Vocabulary:
        """A vocabulary that knows what was learned and has seen no text yet."""
        return Vocabulary(self.language, self.lexicon, self.table)

    @property
    def vocabulary(self) -> Vocabulary:
        """What is known of words; begun anew when texts have filled it, so that no caller can fill the memory."""
        if len(self._vocabulary) > MOST_WORDS:
            self._vocabulary = self.empty_vocabulary()
        return self._vocabulary

    def rows(self, articles: Sequence[Sequence[str]]) -> Rows:
        """The features of the articles' sentences."""
        return features.extract(articles, self.vocabulary)

    def probabilities(self, rows: Rows) -> np.ndarray:
        """(sentences, ANSWERS): the labels' probabilities and the sources'."""
        return softmax(rows.scores(self.table) + self.bias)


class Classifier:
    """A model version ready to answer, in every language it was trained for."""

    def __init__(self, version: str, digest: str, weights: dict[str, Weights]) -> None:
        self.version = version
        self.digest = digest
        self.models = {code: Model(code, part) for code, part in weights.items()}

    def classify(self, text: str, language: str | None = None) -> Answer:
        """The verdicts on an article. `languages.UnsupportedLanguage` where there is no model for its language."""
        return self.answer(*self.split(text, language))

    def classify_sentences(self, texts: Sequence[str], language: str | None = None) -> Answer:
        """The verdicts on an article that is split already; offsets are into each sentence itself."""
        return self.answer(*self.as_split(texts, language))

    def split(self, text: str, language: str | None = None) -> tuple[str, list[Sentence]]:
        """(language, sentences) of an article."""
        code = self.language(text, language)
        return code, sentences.split(text, languages.load(code))

    def as_split(self, texts: Sequence[str], language: str | None = None) -> tuple[str, list[Sentence]]:
        """(language, sentences) of an article that is split already."""
        return self.language("\n".join(texts), language), [Sentence(text, 0, len(text), 0) for text in texts]

    def answer(self, code: str, article: Sequence[Sentence]) -> Answer:
        """The verdicts on a split article."""
        return self.answer_all(code, [article])[0]

    def language(self, text: str, language: str | None = None) -> str:
        """The code of the language that is asked for or detected, where there is a model for it."""
        code = language or languages.detect(text)
        if code not in self.models:
            raise languages.UnsupportedLanguage(
                f"no model for language {code!r}; there are: {', '.join(sorted(self.models))}"
            )
        return code

    def probabilities(self, articles: Sequence[Sequence[str]], code: str) -> np.ndarray:
        """(sentences, ANSWERS) for articles of one language that are split already, all in one batch."""
        model = self.models[code]
        return model.probabilities(model.rows(articles))

    def answer_all(self, code: str, articles: Sequence[Sequence[Sentence]]) -> list[Answer]:
        """The verdicts on split articles of one language: many at once cost a third of one by one.

        What is worked on at once is limited, so that memory is; an article longer than that is read in parts.
        """
        model = self.models[code]
        parts = [article[at : at + MOST_AT_ONCE] for article in articles for at in range(0, len(article), MOST_AT_ONCE)]
        found = chain.from_iterable(verdicts(batch, model) for batch in _batches(parts))
        return [Answer(code, list(islice(found, len(article)))) for article in articles]


def _batches(parts: Sequence[Sequence[Sentence]]) -> Iterator[list[Sequence[Sentence]]]:
    """The parts in lists of at most `MOST_AT_ONCE` sentences, in order."""
    batch: list[Sequence[Sentence]] = []
    size = 0
    for part in parts:
        if batch and size + len(part) > MOST_AT_ONCE:
            yield batch
            batch, size = [], 0
        batch.append(part)
        size += len(part)
    if batch:
        yield batch


def verdicts(articles: Sequence[Sequence[Sentence]], model: Model) -> list[Verdict]:
    """The model's answers to split articles put into words, each with its cues and what they weigh."""
    split = [sentence for article in articles for sentence in article]
    rows = model.rows([[sentence.text for sentence in article] for article in articles])
    found: list[list[WeighedCue]] = [[] for _ in split]
    weights = np.round(rows.cue_weights(model.push).astype(float), 3).tolist()
    phrases = rows.vocabulary.trie.phrases
    for (index, start, end), phrase, weight in zip(
        rows.cue_places.tolist(), rows.cue_phrases.tolist(), weights, strict=True
    ):
        found[index].append(WeighedCue(start, end, split[index].text[start:end], phrases[phrase][1], weight))
    answers = model.probabilities(rows)
    labels, sources = (answers[:, side].argmax(axis=1).tolist() for side in SIDES)
    probabilities = np.round(answers[:, SIDES[0]].astype(float), 4).tolist()
    return [
        Verdict(
            sentence.text,
            sentence.start,
            sentence.end,
            LABEL_NAMES[label],
            row[label],
            dict(zip(LABEL_NAMES, row, strict=True)),
            SOURCE_NAMES[source],
            weighed,
        )
        for sentence, row, label, source, weighed in zip(split, probabilities, labels, sources, found, strict=True)
    ]


def softmax(scores: np.ndarray) -> np.ndarray:
    """Label and source scores (sentences, ANSWERS) -> probabilities, each side for itself."""
    out = np.empty_like(scores)
    for side in SIDES:
        powers = np.exp(scores[:, side] - scores[:, side].max(axis=1, keepdims=True))
        out[:, side] = powers / powers.sum(axis=1, keepdims=True)
    return out
