"""GET /v1/models: the versions there are, with their cards."""

import msgspec
from flask import Blueprint, Response, current_app

from models import store

blueprint = Blueprint("models", __name__)


@blueprint.get("/v1/models")
def show() -> Response:
    cards = []
    for version in store.versions():
        try:
            cards.append({"version": version, "card": store.card(version)})
        except store.ModelError as error:
            cards.append({"version": version, "problem": str(error)})
    return Response(
        msgspec.json.encode({"serving": current_app.config["CLASSIFIER"].version, "versions": cards}),
        mimetype="application/json",
    )
