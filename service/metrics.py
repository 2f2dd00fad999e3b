"""What is counted, over all worker processes, for Prometheus."""

import os

from prometheus_client import REGISTRY as OWN_PROCESS
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess

from models.classifier import Answer

REQUESTS = Counter("ondit_requests", "Requests answered", ["endpoint", "status"])
SECONDS = Histogram(
    "ondit_request_seconds",
    "Time to answer a request",
    ["endpoint"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)
SENTENCES = Counter("ondit_sentences", "Sentences classified", ["language", "label"])


def count(answer: Answer) -> None:
    """Add an answer's sentences."""
    for label, number in answer.summary.items():
        if number:
            SENTENCES.labels(answer.language, label).inc(number)


def text() -> bytes:
    """Everything counted so far, in Prometheus' text format."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return generate_latest(OWN_PROCESS)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
