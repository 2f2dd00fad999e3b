"""Labelled articles -> weights: the only place that names an algorithm.

Two multinomial logistic regressions (label, source) on the article's features, and the same again with the first answers of
the neighbouring sentences beside the features. What the second pass learns from is answers that the first gave without having seen
the article (out of fold), as it will be in use. One temperature a side makes the probabilities mean what they say.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from joblib import Parallel, delayed
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from models import features, languages
from models.classifier import ANSWERS, LABEL_NAMES, SIDES, SOURCE_NAMES, Weights, around, softmax
from models.features import Vocabulary
from training.examples import Article

FOLDS: Final = 5
STRENGTH: Final = (1.0, 1.0)  # inverse regularisation of the first and the second pass (scikit-learn's C)
NEIGHBOUR_SCALE: Final = 1.0  # how loud the neighbours' answers are beside the features
LEAST: Final = 2  # a column that fewer sentences have gets no weight
TOLERANCE: Final = 1e-4
MAX_ITERATIONS: Final = 300


@dataclass(frozen=True)
class Fitted:
    """Weights for one language, and the probabilities (sentences, ANSWERS) of every article by models that had not seen it."""

    weights: Weights
    unseen: np.ndarray


def fold(article: Article) -> int:
    """The fold of an article: by its name, so that it is the same in every run and whatever else is in the corpus."""
    return zlib.crc32(article.name.encode()) % FOLDS


def fits() -> int:
    """How many fits one language takes: for the progress bar."""
    return 2 * 2 * (FOLDS + 1)


def fit(articles: Sequence[Article], jobs: int = 2, step: Callable[[], object] = lambda: None) -> Fitted:
    """Learn one language from its articles; `step` is told after every fit."""
    language = languages.load(articles[0].language)
    texts = [article.sentences for article in articles]
    lengths = [len(text) for text in texts]
    lexicon = features.lexicon(sentence for text in texts for sentence in text)
    matrix = features.extract(texts, Vocabulary(language, lexicon)).matrix()
    columns, matrix = _worth_keeping(matrix)
    targets = _targets(articles)
    folds = np.repeat(_folds(articles), lengths)
    workers = Parallel(n_jobs=jobs, return_as="generator")

    def both_sides(inputs: csr_matrix, strength: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(probabilities out of fold, weights, bias) of the label and the source model."""
        numbers = sorted(set(folds.tolist()))
        tasks = [(side, number) for number in (*numbers, -1) for side in range(len(SIDES))]
        results = workers(
            delayed(_fit_one)(inputs, targets[side], folds != number, side, strength) for side, number in tasks
        )
        scores = np.zeros((inputs.shape[0], ANSWERS))
        weights, bias = np.zeros((inputs.shape[1], ANSWERS)), np.zeros(ANSWERS)
        for (side, number), (coefficients, intercept) in zip(tasks, results, strict=True):
            if number < 0:
                weights[:, SIDES[side]], bias[SIDES[side]] = coefficients, intercept
            else:
                held = folds == number
                scores[held, SIDES[side]] = inputs[held] @ coefficients + intercept
            step()
        return scores, weights, bias

    scores, first, first_bias = both_sides(matrix, STRENGTH[0])
    seen = around(softmax(scores).astype(np.float32), lengths) * NEIGHBOUR_SCALE
    scores, second, second_bias = both_sides(csr_matrix(hstack((matrix, csr_matrix(seen)))), STRENGTH[1])
    for side, target in zip(SIDES, targets, strict=True):
        temperature = _temperature(scores[:, side], target)
        for part in (second[:, side], second_bias[side], scores[:, side]):
            part /= temperature
    kept = len(columns)
    return Fitted(
        Weights(
            columns=columns.astype(np.int32),
            weights=np.hstack((first, second[:kept])).astype(np.float16),
            bias=np.concatenate((first_bias, second_bias)).astype(np.float32),
            neighbours=(second[kept:] * NEIGHBOUR_SCALE).astype(np.float32),
            lexicon=np.array(sorted(lexicon), np.uint32),
        ),
        softmax(scores),
    )


def _folds(articles: Sequence[Article]) -> np.ndarray:
    """The articles' folds; by turns where the names put (nearly) all into one, as may happen with a handful of articles."""
    numbers = np.array([fold(article) for article in articles])
    if len(articles) < 4 * FOLDS:
        numbers = np.arange(len(articles)) % min(FOLDS, len(articles))
    return numbers


def _worth_keeping(matrix: csr_matrix) -> tuple[np.ndarray, csr_matrix]:
    """(columns, the matrix with only these): those that at least `LEAST` sentences have."""
    matrix.sum_duplicates()
    columns = np.flatnonzero(np.bincount(matrix.indices, minlength=matrix.shape[1]) >= LEAST)
    return columns, matrix[:, columns]


def _targets(articles: Sequence[Article]) -> tuple[np.ndarray, np.ndarray]:
    """The positions of each sentence's label and source; -1 for a source that is not given."""
    examples = [example for article in articles for example in article.examples]
    labels = np.array([LABEL_NAMES.index(example.label) for example in examples])
    sources = np.array([SOURCE_NAMES.index(example.source) if example.source else -1 for example in examples])
    return labels, sources


def _fit_one(
    inputs: csr_matrix, target: np.ndarray, use: np.ndarray, side: int, strength: float
) -> tuple[np.ndarray, np.ndarray]:
    """(weights (columns, answers), bias (answers,)) of one model; an answer that never occurs is never given."""
    width = SIDES[side].stop - SIDES[side].start
    weights, bias = np.zeros((inputs.shape[1], width)), np.full(width, -20.0)
    use = use & (target >= 0)
    present = np.unique(target[use])
    if len(present) < 2:  # nothing to tell apart: always the one there is, narration where there is none
        bias[present if len(present) else 0] = 0.0
        return weights, bias
    model: Any = LogisticRegression(C=strength, tol=TOLERANCE, max_iter=MAX_ITERATIONS).fit(inputs[use], target[use])
    if len(present) == 2:
        weights[:, present] = np.outer(model.coef_[0], (-0.5, 0.5))
        bias[present] = model.intercept_[0] * np.array((-0.5, 0.5))
    else:
        weights[:, present], bias[present] = model.coef_.T, model.intercept_
    return weights, bias


def _temperature(scores: np.ndarray, target: np.ndarray) -> float:
    """The divisor of the scores that makes unseen answers likeliest (Guo et al. 2017, On Calibration of Modern Neural Networks)."""
    known = target >= 0
    if not known.any():
        return 1.0
    scores, target = scores[known], target[known]

    def loss(log_temperature: float) -> float:
        scaled = scores / np.exp(log_temperature)
        top = scaled.max(axis=1)
        return float(
            np.mean(np.log(np.exp(scaled - top[:, None]).sum(axis=1)) + top - scaled[np.arange(len(target)), target])
        )

    return float(np.exp(minimize_scalar(loss, bounds=(-2, 2), method="bounded").x))
