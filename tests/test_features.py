"""The features are the same for training and serving, and know nobody's name."""

import re

import numpy as np
import pytest

from models import features, languages
from models.classifier import LABEL_NAMES, Classifier
from training.examples import Article

EVERY_LANGUAGE = pytest.mark.parametrize("code", languages.codes())
# Names of the tests' own, for people of every origin: none is an ordinary word.
NAMES = ["Odalys", "Kwame", "Mirela", "Tariq", "Ingeborg", "Xiomara", "Bartholomew", "Nkechi", "Zdeněk", "Anneliese"]
SHARE = 0.02  # of the sentences may change their answer when what means nothing is changed


def labels(classifier: Classifier, articles: list[list[str]], code: str) -> np.ndarray:
    return classifier.probabilities(articles, code)[:, : len(LABEL_NAMES)].argmax(axis=1)


def of(corpus: list[Article], code: str) -> list[list[str]]:
    return [article.sentences for article in corpus if article.language == code]


@EVERY_LANGUAGE
def test_a_batch_has_the_rows_of_its_articles(code: str, corpus: list[Article], classifier: Classifier) -> None:
    articles, language, known = of(corpus, code)[:12], languages.load(code), classifier.models[code].known
    together = features.extract(articles, language, known).matrix
    alone = [features.extract([article], language, known).matrix for article in articles]
    assert (together != type(together)(np.vstack([part.toarray() for part in alone]))).nnz == 0


@EVERY_LANGUAGE
def test_names_exchanged_for_others_change_hardly_an_answer(
    code: str, corpus: list[Article], classifier: Classifier
) -> None:
    known = classifier.models[code].known
    articles = of(corpus, code)

    def other(match: re.Match[str]) -> str:
        word = match.group()
        if features.word_hash(word.lower()) in known:
            return word
        return NAMES[len(word) % len(NAMES)]

    exchanged = [[re.sub(r"\b[A-ZÀ-Þ][a-zß-ÿ]+\b", other, sentence) for sentence in article] for article in articles]
    assert exchanged != articles
    changed = labels(classifier, articles, code) != labels(classifier, exchanged, code)
    print(f"{code}: {changed.mean():.2%} of the answers change with the names")
    assert changed.mean() < SHARE


@EVERY_LANGUAGE
@pytest.mark.parametrize(
    ("what", "pattern", "instead"),
    [
        ("curly apostrophes", "'(?=\\w)", "’"),
        ("straight double quotes", "[“”]", '"'),
        ("thin blanks before marks", " (?=[?!;:»])", "\u202f"),
        ("no blanks before marks", " (?=[?!;:»])", ""),
        ("no-break blanks after guillemets", "« ", "«\u00a0"),
    ],
)
def test_typography_changes_hardly_an_answer(
    code: str, what: str, pattern: str, instead: str, corpus: list[Article], classifier: Classifier
) -> None:
    articles = of(corpus, code)
    written = [[re.sub(pattern, instead, sentence) for sentence in article] for article in articles]
    changed = labels(classifier, articles, code) != labels(classifier, written, code)
    print(f"{code}: {changed.mean():.2%} of the answers change with {what}")
    assert changed.mean() < SHARE


def test_names_and_numbers_are_masked_and_words_are_not() -> None:
    known = features.lexicon(["the singer left on monday"])
    sentence = "The Singer Odalys Ferrante left 12 times"
    tokens = [("the", 0), ("singer", 4), ("odalys", 11), ("ferrante", 18), ("left", 27), ("12", 32), ("times", 35)]
    assert features.masked(sentence, tokens, known) == [
        "the",
        "singer",
        features.NAME,
        "left",
        features.NUMBER,
        "times",
    ]
