"""Requests answered together."""

from concurrent.futures import ThreadPoolExecutor

from models.classifier import Answer, Classifier
from models.sentences import Sentence
from service.batching import Batcher
from training.examples import Article

THREADS = 8


def split(article: Article) -> list[Sentence]:
    return [Sentence(sentence, 0, len(sentence), 0) for sentence in article.sentences]


def test_answers_together_are_those_given_alone(classifier: Classifier, corpus: list[Article]) -> None:
    """Whichever requests meet, in whichever languages: each gets its own answer."""
    batcher = Batcher(classifier)
    articles = corpus[:40] + corpus[-40:]
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(lambda article: batcher.answer_all(article.language, [split(article)]), articles))
    for article, answers in zip(articles, found, strict=True):
        assert answers == [classifier.answer(article.language, split(article))]


def test_requests_that_wait_are_answered_in_one_go(classifier: Classifier, corpus: list[Article]) -> None:
    batcher = Batcher(classifier)
    code = corpus[0].language
    articles = [article for article in corpus if article.language == code][:THREADS]
    with ThreadPoolExecutor(THREADS) as pool:
        with batcher.turn:  # as if an answer were being worked out
            waiting = [pool.submit(batcher.answer_all, code, [split(article)]) for article in articles]
            while len(batcher.waiting) < len(articles):
                pass
            jobs = batcher._batch(batcher.waiting[0])
            batcher._answer(jobs)
        answers = [one.result() for one in waiting]
    assert len(jobs) == len(articles)
    assert batcher.waiting == []
    assert [len(found[0].sentences) for found in answers] == [len(article.sentences) for article in articles]


def test_what_goes_wrong_with_one_harms_no_other(classifier: Classifier, corpus: list[Article]) -> None:
    batcher = Batcher(classifier)

    def ask(article: Article, code: str) -> list[Answer] | None:
        try:
            return batcher.answer_all(code, [split(article)])
        except KeyError:
            return None

    asked = [(article, article.language if at % 3 else "no such language") for at, article in enumerate(corpus[:60])]
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(lambda pair: ask(*pair), asked))
    assert [answers is None for answers in found] == [at % 3 == 0 for at in range(60)]
    assert batcher.waiting == []
