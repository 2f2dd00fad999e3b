"""Every error leaves as `application/problem+json` (RFC 9457), from here."""

from http import HTTPStatus
from typing import Any

from flask import Flask, Response
from msgspec import json
from werkzeug.exceptions import HTTPException, InternalServerError

TYPE = "application/problem+json"


class Problem(Exception):
    """An answer that says what is wrong: `field` names the place in the request, `expected` what should stand there."""

    def __init__(self, status: int, detail: str, field: str | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
        if field is not None:
            self.body["field"] = field
        self.body.update(more)


def install(app: Flask) -> None:
    """Answer every failure of a request in one form."""
    app.register_error_handler(Problem, _respond)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(Exception, _from_bug)


def _respond(problem: Problem) -> Response:
    return Response(json.encode(problem.body), problem.status, mimetype=TYPE)


def _from_http(error: HTTPException) -> Response:
    response = _respond(Problem(error.code or 500, error.description or ""))
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _from_bug(error: Exception) -> Response:
    from flask import current_app

    current_app.logger.exception("a request failed inside the service")
    return _from_http(InternalServerError())
