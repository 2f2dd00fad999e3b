"""The features are the same for training and serving, and know nobody's name."""

import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.sparse import vstack

from models import cues, features, languages, words
from models.classifier import LABEL_NAMES, Classifier, Model
from models.features import Rows
from models.vocabulary import Vocabulary, lexicon
from training.examples import Article

EVERY_LANGUAGE = pytest.mark.parametrize("code", languages.codes())
# Names of the tests' own, for people of every origin: none is an ordinary word.
NAMES = ["Odalys", "Kwame", "Mirela", "Tariq", "Ingeborg", "Xiomara", "Bartholomew", "Nkechi", "Zdeněk", "Anneliese"]
SHARE = 0.02  # of the sentences may change their answer when what means nothing is changed


def labels(classifier: Classifier, articles: list[list[str]], code: str) -> np.ndarray:
    found: np.ndarray = classifier.probabilities(articles, code)[:, : len(LABEL_NAMES)].argmax(axis=1)
    return found


def of(corpus: list[Article], code: str) -> list[list[str]]:
    return [article.sentences for article in corpus if article.language == code]


def rows(articles: list[list[str]], model: Model) -> Rows:
    return features.extract(articles, model.empty_vocabulary())


@EVERY_LANGUAGE
def test_a_batch_has_the_rows_of_its_articles(code: str, corpus: list[Article], classifier: Classifier) -> None:
    articles, model = of(corpus, code)[:12], classifier.models[code]
    together = rows(articles, model).matrix()
    alone = vstack([rows([article], model).matrix() for article in articles])
    assert (together != alone).nnz == 0


@EVERY_LANGUAGE
def test_scores_are_those_of_the_plain_matrix(code: str, corpus: list[Article], classifier: Classifier) -> None:
    """What is summed up word by word while answering is what a solver sees as one matrix, over the whole corpus."""
    model = classifier.models[code]
    found = rows(of(corpus, code), model)
    assert np.allclose(found.scores(model.table), found.matrix() @ model.table, atol=1e-4)


@EVERY_LANGUAGE
def test_cues_of_all_sentences_at_once_are_those_of_each(
    code: str, corpus: list[Article], classifier: Classifier
) -> None:
    articles, model = of(corpus, code), classifier.models[code]
    found = rows(articles, model)
    each = [
        [index, cue.start, cue.end]
        for index, sentence in enumerate(sentence for article in articles for sentence in article)
        for cue in cues.find(sentence, model.language)
    ]
    assert found.cue_places.tolist() == each


@EVERY_LANGUAGE
def test_what_was_read_before_changes_nothing(code: str, corpus: list[Article], classifier: Classifier) -> None:
    articles, model = of(corpus, code), classifier.models[code]
    vocabulary = model.empty_vocabulary()
    first = features.extract(articles[:2], vocabulary).scores(model.table)
    features.extract(articles[2:], vocabulary)
    assert np.array_equal(features.extract(articles[:2], vocabulary).scores(model.table), first)


@EVERY_LANGUAGE
def test_threads_may_share_a_vocabulary(code: str, corpus: list[Article], classifier: Classifier) -> None:
    articles, model = of(corpus, code), classifier.models[code]
    vocabulary = model.empty_vocabulary()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda article: features.extract([article], vocabulary).scores(model.table), articles))
    for article, scores in list(zip(articles, found, strict=True))[::10]:
        assert np.allclose(scores, rows([article], model).scores(model.table), atol=1e-5)


@EVERY_LANGUAGE
def test_names_exchanged_for_others_change_hardly_an_answer(
    code: str, corpus: list[Article], classifier: Classifier
) -> None:
    known = classifier.models[code].vocabulary.known
    articles = of(corpus, code)

    def other(match: re.Match[str]) -> str:
        word = match.group()
        if words.hash_of(word.lower()) in known:
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


@EVERY_LANGUAGE
def test_names_and_numbers_are_masked_and_words_are_not(code: str) -> None:
    language, known = languages.load(code), lexicon(["the singer left on monday"])

    def rows_of(sentence: str) -> Rows:
        return features.extract([[sentence]], Vocabulary(language, known))

    plain = rows_of("The singer Odalys Ferrante left 12 times").matrix()
    assert (plain != rows_of("The singer Kwame Owusu left 7 times").matrix()).nnz == 0
    assert (plain != rows_of("The singer odalys ferrante left 7 times").matrix()).nnz > 0
    assert (plain != rows_of("The singer Kwame Owusu left 7 days").matrix()).nnz > 0
    few, many = (rows_of(f"The singer {name} left") for name in ("Kwame", "Kwame Owusu Mensah"))
    assert few.triples.columns.tolist() == many.triples.columns.tolist()  # a run of names is one name
