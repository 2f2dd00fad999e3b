"""GET /: the page where one pastes an article and sees its sentences marked."""

from flask import Blueprint, current_app, render_template

from models import languages
from models.labels import LABELS, SOURCES

blueprint = Blueprint("page", __name__)


@blueprint.get("/")
def show() -> str:
    codes = sorted(current_app.config["CLASSIFIER"].models)
    return render_template(
        "page.html",
        labels=LABELS,
        sources=SOURCES,
        languages=[languages.load(code) for code in codes],
        version=current_app.config["CLASSIFIER"].version,
    )
