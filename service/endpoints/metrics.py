"""GET /metrics, and the counting of every request."""

import time

from flask import Blueprint, Response, g, request
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from service import metrics

blueprint = Blueprint("metrics", __name__)


@blueprint.before_app_request
def start() -> None:
    g.start = time.perf_counter()


@blueprint.after_app_request
def count(response: Response) -> Response:
    endpoint = request.url_rule.rule if request.url_rule else "unknown"
    metrics.REQUESTS.labels(endpoint, response.status_code).inc()
    if start := g.get("start"):
        metrics.SECONDS.labels(endpoint).observe(time.perf_counter() - start)
    return response


@blueprint.get("/metrics")
def show() -> Response:
    return Response(metrics.text(), content_type=CONTENT_TYPE_PLAIN_0_0_4)
