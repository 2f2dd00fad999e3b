"""Everything that answers."""

import importlib
import pkgutil

from flask import Flask

from models import languages, store
from models.classifier import Classifier
from service import endpoints, limits, problems
from service.batching import Batcher


def create_app(classifier: Classifier | None = None) -> Flask:
    """The service around a classifier, by default the current version of the model directory.

    `store.ModelError` where that cannot be loaded.
    """
    app = Flask(__name__)
    app.config["CLASSIFIER"] = classifier or store.load()
    app.config["BATCHER"] = Batcher(app.config["CLASSIFIER"])
    languages.warm_up()
    app.config["READY"] = lambda: True  # the server puts its own answer here
    app.config["MAX_CONTENT_LENGTH"] = limits.BODY_BYTES
    problems.install(app)
    limits.install(app)
    for module in pkgutil.iter_modules(endpoints.__path__):
        app.register_blueprint(importlib.import_module(f"service.endpoints.{module.name}").blueprint)
    return app
