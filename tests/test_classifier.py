"""From text to verdicts."""

import numpy as np
import pytest

from models import context, languages, sentences, vocabulary
from models.classifier import ANSWERS, LABEL_NAMES, MOST_AT_ONCE, Classifier, softmax
from models.labels import LABELS, SOURCES
from training.examples import Article

EVERY_LANGUAGE = pytest.mark.parametrize("code", languages.codes())


def first(corpus: list[Article], code: str) -> Article:
    return next(article for article in corpus if article.language == code)


@EVERY_LANGUAGE
def test_every_sentence_gets_a_whole_verdict(code: str, corpus: list[Article], classifier: Classifier) -> None:
    text = "\n".join(first(corpus, code).sentences)
    answer = classifier.classify(text)
    assert answer.language == code
    assert [v.text for v in answer.sentences] == [s.text for s in sentences.split(text, languages.load(code))]
    for verdict in answer.sentences:
        assert verdict.text == text[verdict.start : verdict.end]
        assert verdict.label == max(verdict.probabilities, key=verdict.probabilities.__getitem__)
        assert verdict.probability == verdict.probabilities[verdict.label]
        assert sum(verdict.probabilities.values()) == pytest.approx(1, abs=2e-4)
        assert verdict.label in LABELS
        assert verdict.source in SOURCES
        assert all(cue.text == verdict.text[cue.start : cue.end] for cue in verdict.cues)
    assert sum(answer.summary.values()) == len(answer.sentences)


@EVERY_LANGUAGE
def test_sentences_already_split_get_the_same_answers_as_their_text(
    code: str, corpus: list[Article], classifier: Classifier
) -> None:
    text = "\n".join(first(corpus, code).sentences)
    whole = classifier.classify(text)
    parts = classifier.classify_sentences([verdict.text for verdict in whole.sentences])
    assert [(v.label, v.probabilities, v.source) for v in parts.sentences] == [
        (v.label, v.probabilities, v.source) for v in whole.sentences
    ]
    assert all((v.start, v.end) == (0, len(v.text)) for v in parts.sentences)


@EVERY_LANGUAGE
def test_a_cue_weighs_exactly_what_its_features_push(code: str, corpus: list[Article], classifier: Classifier) -> None:
    """Without a cue's features the log-odds of speculation against confirmed fall by its weight, the rest unchanged."""
    article, model = first(corpus, code).sentences, classifier.models[code]
    rows = model.rows([article])
    matrix = rows.matrix().tolil()
    verdicts = classifier.classify_sentences(article, code).sentences
    before = matrix.tocsr() @ model.push
    cues = [(index, cue) for index, verdict in enumerate(verdicts) for cue in verdict.cues]
    assert len(cues) == len(rows.cue_phrases) > 0
    for (index, cue), phrase, own, hashed in zip(
        cues, rows.cue_phrases, rows.cue_columns, rows.cue_hashed, strict=True
    ):
        text, kind = model.vocabulary.trie.phrases[phrase]
        assert cue.kind == kind
        without = matrix[index].copy()
        names = (f"phrase {text}", f"shade {model.vocabulary.trie.shades[phrase]}")
        assert hashed[:2].tolist() == [vocabulary.column(name) for name in names]
        for column in hashed:
            without[0, column] -= 1
        for column in own:
            without[0, vocabulary.HASHED + column] -= context.CUES
        assert before[index] - (without.tocsr() @ model.push)[0] == pytest.approx(cue.weight, abs=2e-3)


@EVERY_LANGUAGE
def test_an_article_is_answered_alike_alone_and_in_a_batch(
    code: str, corpus: list[Article], classifier: Classifier
) -> None:
    articles = [article.sentences for article in corpus if article.language == code][:20]
    together = classifier.probabilities(articles, code)
    alone = np.concatenate([classifier.probabilities([article], code) for article in articles])
    assert np.allclose(together, alone, atol=1e-5)


@EVERY_LANGUAGE
def test_an_endless_article_is_read_in_parts(code: str, classifier: Classifier) -> None:
    count = 2 * MOST_AT_ONCE + 3
    answer = classifier.classify("Oh no! " * count, code)
    assert len(answer.sentences) == count
    alone = classifier.classify("Oh no! " * MOST_AT_ONCE, code)
    assert [v.probabilities for v in answer.sentences[:MOST_AT_ONCE]] == [v.probabilities for v in alone.sentences]


@EVERY_LANGUAGE
def test_the_model_learned_its_corpus(code: str, corpus: list[Article], classifier: Classifier) -> None:
    articles = [article for article in corpus if article.language == code]
    gold = [LABEL_NAMES.index(example.label) for article in articles for example in article.examples]
    answers = classifier.probabilities([article.sentences for article in articles], code)[:, : len(LABEL_NAMES)].argmax(
        axis=1
    )
    assert (answers == np.array(gold)).mean() > 0.9


@EVERY_LANGUAGE
@pytest.mark.parametrize("text", ["x" * 20_000, '"' * 5_000, "Oh! " * 5_000, "a\0b", "…", "\u202e\u2066abc"])
def test_odd_texts_are_answered(code: str, text: str, classifier: Classifier) -> None:
    for verdict in classifier.classify(text, code).sentences:
        assert verdict.text == text[verdict.start : verdict.end]


def test_a_language_without_a_model_is_refused_by_name(classifier: Classifier) -> None:
    with pytest.raises(languages.UnsupportedLanguage, match="'xx'"):
        classifier.classify("Whatever it says.", "xx")


def test_probabilities_of_huge_scores_stay_numbers() -> None:
    scores = np.full((2, ANSWERS), -1e30, np.float32)
    scores[:, 0] = 1e30
    assert np.isfinite(softmax(scores)).all()
