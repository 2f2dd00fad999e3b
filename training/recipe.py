"""Labelled articles -> weights: the only place that names an algorithm.

Two multinomial logistic regressions, label and source, on the article's features. Hashed features count by their rarity (inverse
document frequency), which the weights take in, so that answering needs to know nothing of it. Every sentence is learned twice,
in its article and alone, so that its own words tell what they can and an answer needs no article. One temperature a side, found on
answers to batches of articles that the answering model had not seen, makes the probabilities mean what they say.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from joblib import Parallel, delayed
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, diags
from sklearn.linear_model import LogisticRegression

from models import features, languages
from models.classifier import ANSWERS, LABEL_NAMES, SIDES, SOURCE_NAMES, Weights, softmax
from models.features import Rows
from models.vocabulary import HASHED, Vocabulary, lexicon
from training.examples import Article

FOLDS: Final = 5
STRENGTH: Final = 0.5  # inverse regularisation (scikit-learn's C)
ALONE: Final = 0.2  # how much a sentence counts alone beside what it counts in its article
LEAST: Final = 2  # a column that fewer sentences have gets no weight
TOLERANCE: Final = 1e-5  # looser ones end at answers that are better or worse by chance
MAX_ITERATIONS: Final = 1000


@dataclass(frozen=True)
class Fitted:
    """Weights for one language, and the probabilities (sentences, ANSWERS) of every article by models that had not seen it."""

    weights: Weights
    unseen: np.ndarray


def fits() -> int:
    """How many fits one language takes: for the progress bar."""
    return len(SIDES) * (FOLDS + 1)


def fit(
    articles: Sequence[Article],
    jobs: int = 2,
    step: Callable[[], object] = lambda: None,
    change: Callable[[Rows], Rows] = lambda rows: rows,
) -> Fitted:
    """Learn one language from its articles; `step` is told after every fit, `change` may leave features out."""
    language = languages.load(articles[0].language)
    texts = [article.sentences for article in articles]
    known = lexicon(sentence for text in texts for sentence in text)
    alone = [[sentence] for text in texts for sentence in text]
    total = len(alone)  # sentences: the first rows are theirs in their articles, the others theirs alone
    matrix = change(features.extract([*texts, *alone], Vocabulary(language, known))).matrix()
    columns, rarity = _worth_keeping(matrix[:total])
    matrix = csr_matrix(matrix[:, columns] @ diags(rarity))
    targets = _targets(articles)
    counts = np.array([example.weight for article in articles for example in article.examples])
    folds = np.repeat(_folds(articles), [len(text) for text in texts])
    twice = tuple(np.tile(target, 2) for target in targets)  # the answers, then the weights and folds, of all rows
    weighed, parts = np.concatenate((counts, ALONE * counts)), np.tile(folds, 2)
    tasks = [(side, number) for number in (*sorted(set(folds.tolist())), -1) for side in range(len(SIDES))]
    results = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(_fit_one)(matrix, twice[side], weighed, parts != number, side) for side, number in tasks
    )
    scores = np.zeros((total, ANSWERS))
    weights, bias = np.zeros((len(columns), ANSWERS)), np.zeros(ANSWERS)
    for (side, number), (coefficients, intercept) in zip(tasks, results, strict=True):
        if number < 0:
            weights[:, SIDES[side]], bias[SIDES[side]] = coefficients, intercept
        else:
            held = np.flatnonzero(folds == number)
            scores[held, SIDES[side]] = matrix[held] @ coefficients + intercept
        step()
    for part_of, target in zip(SIDES, targets, strict=True):
        temperature = _temperature(scores[:, part_of], target, counts)
        for part in (weights[:, part_of], bias[part_of], scores[:, part_of]):
            part /= temperature
    return Fitted(
        Weights(
            columns=columns.astype(np.int32),
            weights=(weights * rarity[:, None]).astype(np.float16),
            bias=bias.astype(np.float32),
            lexicon=known,
        ),
        softmax(scores),
    )


def _folds(articles: Sequence[Article]) -> np.ndarray:
    """The fold of every article. What was written together, in one file, stays together: it shares habits of wording, and an
    answer about it tells little of how the next writer's articles will fare. By turns where there are too few files for that."""
    files = [article.file for article in articles]
    sizes = Counter(files)
    if len(sizes) < FOLDS:
        return np.arange(len(articles)) % min(FOLDS, len(articles))
    room = [0] * FOLDS
    fold = {}
    for file, size in sorted(sizes.items(), key=lambda pair: (-pair[1], pair[0])):
        fold[file] = room.index(min(room))
        room[fold[file]] += size
    return np.array([fold[file] for file in files])


def _worth_keeping(matrix: csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """(kept,) the columns that at least `LEAST` sentences have; (kept,) how much each counts: hashed ones by their smoothed inverse
    document frequency, 1 on average, those of the context 1."""
    matrix.sum_duplicates()
    having = np.bincount(matrix.indices, minlength=matrix.shape[1])
    columns = np.flatnonzero(having >= LEAST)
    rarity = 1 + np.log((1 + matrix.shape[0]) / (1 + having[columns]))
    hashed = columns < HASHED
    return columns, np.where(hashed, rarity / rarity[hashed].mean(), 1.0)


def _targets(articles: Sequence[Article]) -> tuple[np.ndarray, np.ndarray]:
    """The positions of each sentence's label and source; -1 for a source that is not given."""
    examples = [example for article in articles for example in article.examples]
    labels = np.array([LABEL_NAMES.index(example.label) for example in examples])
    sources = np.array([SOURCE_NAMES.index(example.source) if example.source else -1 for example in examples])
    return labels, sources


def _fit_one(
    inputs: csr_matrix, target: np.ndarray, counts: np.ndarray, use: np.ndarray, side: int
) -> tuple[np.ndarray, np.ndarray]:
    """(weights (columns, answers), bias (answers,)) of one model; an answer that never occurs is never given.

    `counts` (sentences,): how much each sentence counts; `use`: which are learned from."""
    width = SIDES[side].stop - SIDES[side].start
    weights, bias = np.zeros((inputs.shape[1], width)), np.full(width, -20.0)
    use = use & (target >= 0)
    present = np.unique(target[use])
    if len(present) < 2:  # nothing to tell apart: always the one there is, narration where there is none
        bias[present if len(present) else 0] = 0.0
        return weights, bias
    model: Any = LogisticRegression(C=STRENGTH, tol=TOLERANCE, max_iter=MAX_ITERATIONS)
    model.fit(inputs[use], target[use], sample_weight=counts[use])
    if len(present) == 2:
        weights[:, present] = np.outer(model.coef_[0], (-0.5, 0.5))
        bias[present] = model.intercept_[0] * np.array((-0.5, 0.5))
    else:
        weights[:, present], bias[present] = model.coef_.T, model.intercept_
    return weights, bias


def _temperature(scores: np.ndarray, target: np.ndarray, counts: np.ndarray) -> float:
    """The divisor of the scores that makes unseen answers likeliest (Guo et al. 2017, On Calibration of Modern Neural Networks)."""
    known = target >= 0
    if not known.any():
        return 1.0
    scores, target, counts = scores[known], target[known], counts[known]

    def loss(log_temperature: float) -> float:
        scaled = scores / np.exp(log_temperature)
        top = scaled.max(axis=1)
        losses = np.log(np.exp(scaled - top[:, None]).sum(axis=1)) + top - scaled[np.arange(len(target)), target]
        return float(np.average(losses, weights=counts))

    return float(np.exp(minimize_scalar(loss, bounds=(-2, 2), method="bounded").x))
