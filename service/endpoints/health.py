"""GET /healthz: the process lives; GET /readyz: it will answer (not while it drains)."""

from flask import Blueprint, Response, current_app

from service.problems import Problem

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    return Response('{"status": "alive"}', mimetype="application/json")


@blueprint.get("/readyz")
def ready() -> Response:
    if not current_app.config["READY"]():
        raise Problem(503, "this worker is draining; ask again, another one answers")
    return Response('{"status": "ready"}', mimetype="application/json")
