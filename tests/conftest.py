"""What the tests stand on: the model that ships, the application around it, a client of that."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models import store
from models.classifier import Classifier
from service import create_app
from training import examples
from training.examples import Article


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    return store.load(where=store.SHIPPED)


@pytest.fixture(scope="session")
def corpus() -> list[Article]:
    return examples.corpus()


@pytest.fixture(scope="session")
def app(classifier: Classifier) -> Flask:
    return create_app(classifier)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def small_data(tmp_path: Path, corpus: list[Article]) -> Path:
    """A user's own file: a few articles of the first language of the corpus."""
    path = tmp_path / "mine.tsv"
    rows = ["article\tlabel\tsource\tsentence"]
    for article in [article for article in corpus if article.language == corpus[0].language][:30]:
        rows += [f"{article.name}\t{e.label}\t{e.source or ''}\t{e.sentence}" for e in article.examples]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path
