"""Requests that wait for one another, answered together: many articles at once cost a third of one by one."""

import threading
import time
from collections.abc import Sequence

from models.classifier import MOST_AT_ONCE, Answer, Classifier
from models.sentences import Sentence


class _Job:
    """Articles of one language that a request waits for."""

    def __init__(self, code: str, articles: Sequence[Sequence[Sentence]]) -> None:
        self.code = code
        self.articles = articles
        self.size = sum(map(len, articles))
        self.answers: list[Answer] | None = None


class Batcher:
    """Dynamic batching: one thread of a worker computes at a time, and answers for those that wait beside it.

    Several threads computing at once would take turns within every array operation, and all be slower.
    """

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier
        self.turn = threading.Lock()
        self.waiting: list[_Job] = []

    def answer_all(self, code: str, articles: Sequence[Sequence[Sentence]]) -> list[Answer]:
        """As `Classifier.answer_all`."""
        job = _Job(code, articles)
        self.waiting.append(job)
        time.sleep(0)  # requests that have arrived already get to this point too
        with self.turn:
            if job.answers is None:
                self._answer(self._batch(job))
        assert job.answers is not None
        return job.answers

    def _batch(self, job: _Job) -> list[_Job]:
        """The job and those of its language that fit into one batch with it; none of them waits any longer."""
        jobs, room = [job], MOST_AT_ONCE - job.size
        for other in self.waiting.copy():
            if other is not job and other.code == job.code and other.size <= room:
                jobs.append(other)
                room -= other.size
        for taken in jobs:
            if taken in self.waiting:  # not where a batch that failed took it out before
                self.waiting.remove(taken)
        return jobs

    def _answer(self, jobs: list[_Job]) -> None:
        answers = iter(self.classifier.answer_all(jobs[0].code, [article for job in jobs for article in job.articles]))
        for job in jobs:
            job.answers = [next(answers) for _ in job.articles]
