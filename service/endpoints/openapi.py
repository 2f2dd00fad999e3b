"""GET /openapi.json (OpenAPI 3.1) and /docs, the same for people: nothing is loaded from outside."""

from functools import cache
from typing import Any

import msgspec
from flask import Blueprint, Response, current_app, render_template

from models.classifier import Verdict
from models.labels import LABELS
from service.endpoints.classify import Document, Request

blueprint = Blueprint("openapi", __name__)

_EXAMPLE = "The actress may leave the series in May, fans believe."
_ERRORS = {
    400: "The body is no JSON, or no Unicode text",
    408: "The body did not arrive in time",
    413: "The body is too large",
    415: "The content type is none of the three",
    422: "Well-formed but wrong: `field` says where, `detail` what was expected",
    429: "Too many requests from this address",
    503: "This worker is draining or the model is not in yet",
}
_PAGES = {
    "/": ("The page", "text/html"),
    "/v1/models": ("The model versions and their cards", "application/json"),
    "/healthz": ("The process is alive", "application/json"),
    "/readyz": ("The service is ready to answer", "application/json"),
    "/metrics": ("Counters for Prometheus", "text/plain"),
    "/openapi.json": ("This description", "application/json"),
    "/docs": ("This description, for people", "text/html"),
}


@cache
def description() -> dict[str, Any]:
    """The OpenAPI document; the request's schemas come from the types that decode it."""
    _, schemas = msgspec.json.schema_components(
        [Request, Document, Verdict], ref_template="#/components/schemas/{name}"
    )
    schemas["Request"]["properties"]["documents"] = {
        "anyOf": [{"type": "array", "minItems": 1, "items": {"type": "object"}}, {"type": "null"}]
    }
    schemas["Request"]["description"] = "Exactly one of text, sentences and documents; every document is a Document."
    verdicts = {
        "language": {"type": "string"},
        "sentences": {"type": "array", "items": {"$ref": "#/components/schemas/Verdict"}},
        "summary": {"type": "object", "properties": {label: {"type": "integer"} for label in LABELS}},
    }
    model = {"type": "object", "properties": {"version": {"type": "string"}, "digest": {"type": "string"}}}
    schemas["Answer"] = {
        "type": "object",
        "properties": {"model": model, **verdicts},
        "required": ["language", "model", "sentences", "summary"],
    }
    identity = {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]}
    document = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": identity, **verdicts, "problem": {"$ref": "#/components/schemas/Problem"}},
    }
    schemas["Batch"] = {
        "type": "object",
        "properties": {"documents": {"type": "array", "items": document}},
        "required": ["documents"],
    }
    schemas["Problem"] = {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "field": {"type": "string"},
        },
    }
    answer = {"anyOf": [{"$ref": "#/components/schemas/Answer"}, {"$ref": "#/components/schemas/Batch"}]}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Ondit",
            "version": "1",
            "description": "Says of every sentence of an article whether the article puts it forward as confirmed "
            "or as speculation, and who stands behind it.",
        },
        "paths": {
            "/v1/classify": {
                "post": {
                    "operationId": "classify",
                    "summary": "The verdicts on an article, on sentences, on several documents or on a stream of them",
                    "parameters": [
                        {
                            "name": "language",
                            "in": "query",
                            "required": False,
                            "description": "Of a plain text",
                            "schema": {"type": "string"},
                        }
                    ],
                    "requestBody": {
                        "required": True,
                        "content": {
                            "application/json": {
                                "schema": {"$ref": "#/components/schemas/Request"},
                                "example": {"text": _EXAMPLE},
                            },
                            "text/plain": {"schema": {"type": "string"}, "example": _EXAMPLE},
                            "application/x-ndjson": {
                                "schema": {"type": "string"},
                                "example": '{"id": 1, "text": "' + _EXAMPLE + '"}\n',
                            },
                        },
                    },
                    "responses": {
                        "200": {
                            "description": "The verdicts",
                            "content": {
                                "application/json": {"schema": answer},
                                "application/x-ndjson": {"schema": {"type": "string"}},
                            },
                        }
                    }
                    | {
                        str(status): {
                            "description": text,
                            "content": {
                                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                            },
                        }
                        for status, text in _ERRORS.items()
                    },
                }
            },
            **{
                path: {"get": {"summary": text, "responses": {"200": {"description": text, "content": {kind: {}}}}}}
                for path, (text, kind) in _PAGES.items()
            },
        },
        "components": {"schemas": schemas},
    }


@blueprint.get("/openapi.json")
def show() -> Response:
    return Response(msgspec.json.encode(description()), mimetype="application/json")


@blueprint.get("/docs")
def docs() -> str:
    return render_template("docs.html", api=description(), version=current_app.config["CLASSIFIER"].version)
