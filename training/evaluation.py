"""How good answers are: scores, calibration, and the comparison of two versions on articles kept aside from learning."""

import zlib
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from models.classifier import LABEL_NAMES, SIDES, SOURCE_NAMES, Classifier
from training.examples import Article

# One article in so many is never learned from, whatever corpus it stands in: there two versions can be compared.
HELD_OUT: Final = 20

Scores = dict[str, float]


def held_out(articles: Sequence[Article]) -> tuple[list[Article], list[Article]]:
    """(articles to learn from, articles to compare on): by name, so that a version holds out what another did of the same corpus."""
    ranks = {article.name: zlib.crc32(b"held out " + article.name.encode()) for article in articles}
    aside = {article.name for article in articles if ranks[article.name] % HELD_OUT == 0}
    for code in {article.language for article in articles}:
        ours = sorted((article.name for article in articles if article.language == code), key=ranks.__getitem__)
        inside = [name for name in ours if name in aside]
        if not inside:
            aside.add(ours[0])
        while len(inside) > max(1, len(ours) // 4):  # a handful of articles: keep most of them for learning
            aside.discard(inside.pop())
    return [a for a in articles if a.name not in aside], [a for a in articles if a.name in aside]


def torn_apart(articles: Sequence[Article]) -> list[Article]:
    """Every sentence as an article of its own."""
    return [Article(article.name, article.language, (example,)) for article in articles for example in article.examples]


def score(articles: Sequence[Article], answers: np.ndarray) -> Scores:
    """The scores of answers (sentences, 7) to labelled articles: names as in the model card, all in 0 to 1."""
    examples = [example for article in articles for example in article.examples]
    labels = np.array([LABEL_NAMES.index(example.label) for example in examples])
    guesses = answers[:, SIDES[0]].argmax(axis=1)
    certainty = answers[:, SIDES[0]].max(axis=1)
    right = labels == guesses
    each = {name: f1(labels == i, guesses == i) for i, name in enumerate(LABEL_NAMES)}
    claims = labels != LABEL_NAMES.index("no_claim")
    surest = np.argsort(-certainty, kind="stable")[: max(1, int(0.8 * len(right)))]
    out = {
        "label_macro_f1": _mean(each[name] for i, name in enumerate(LABEL_NAMES) if (labels == i).any()),
        **{f"{name}_f1": value for name, value in each.items()},
        "claims_macro_f1": _mean(f1(labels[claims] == i, guesses[claims] == i) for i in (0, 1) if (labels == i).any()),
        "accuracy": float(right.mean()),
        "accuracy_at_80": float(right[surest].mean()),
        "ece": calibration_error(certainty, right),
    }
    known = np.array([example.source is not None and example.label != "no_claim" for example in examples])
    if known.any():
        sources = np.array(
            [SOURCE_NAMES.index(e.source) for e, ask in zip(examples, known, strict=True) if ask and e.source]
        )
        heard = answers[known, SIDES[1]].argmax(axis=1)
        out["source_macro_f1"] = _mean(
            f1(sources == i, heard == i) for i in range(len(SOURCE_NAMES)) if (sources == i).any()
        )
        out["source_accuracy"] = float((sources == heard).mean())
    return {name: round(value, 4) for name, value in out.items()}


def f1(gold: np.ndarray, got: np.ndarray) -> float:
    """2 TP / (2 TP + FP + FN), 0 where nothing is there and nothing was found."""
    return float(2 * (gold & got).sum() / max(1, gold.sum() + got.sum()))


def calibration_error(certainty: np.ndarray, right: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error over bins of equal width (Naeini et al. 2015, equation 1)."""
    place = np.minimum((certainty * bins).astype(int), bins - 1)
    return float(sum(abs(certainty[place == b].sum() - right[place == b].sum()) for b in range(bins)) / len(right))


def answer(classifier: Classifier, articles: Sequence[Article]) -> np.ndarray:
    """(sentences, 7) probabilities of a version for labelled articles, which may be of several languages."""
    out = []
    for article in articles:
        found = classifier.probabilities([article.sentences], article.language)
        out.append(found)
    return np.concatenate(out)


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return sum(numbers) / max(1, len(numbers))
