"""POST /v1/classify: an article, sentences, several documents or a stream of them in; verdicts out."""

import sys
from collections.abc import Iterator
from typing import IO, Any

import msgspec
from flask import Blueprint, Response, current_app, request, stream_with_context
from werkzeug.exceptions import ClientDisconnected

from models.classifier import Answer, Classifier
from models.languages import UnsupportedLanguage
from models.sentences import Sentence
from service import limits, metrics
from service.batching import Batcher
from service.problems import Problem

blueprint = Blueprint("classify", __name__)

ONE_OF = "exactly one of `text`, `sentences`, `documents`"


class Document(msgspec.Struct, forbid_unknown_fields=True):
    """One article of a batch or a stream."""

    id: str | int
    text: str | None = None
    sentences: list[str] | None = None
    language: str | None = None


class Request(msgspec.Struct, forbid_unknown_fields=True):
    """What `application/json` holds."""

    text: str | None = None
    sentences: list[str] | None = None
    documents: list[msgspec.Raw] | None = None
    language: str | None = None


@blueprint.post("/v1/classify")
def classify() -> Response:
    """The verdicts on what was posted, by its content type."""
    kind = request.mimetype
    if kind == "application/json":
        return _reply(_answer_json(_body()))
    if kind == "text/plain":
        return _reply(_answer(_plain_text(_body()), None, request.args.get("language")))
    if kind == "application/x-ndjson":
        request.max_content_length = sys.maxsize  # each line is limited, not the stream
        return Response(stream_with_context(_stream(request.stream)), mimetype=kind)
    raise Problem(
        415,
        f"content type {kind or 'missing'!r}, expected application/json, text/plain or application/x-ndjson",
        "Content-Type",
    )


def _body() -> bytes:
    """The whole body, or a `Problem`: 413 where it is too large (also one that does not say its length), 408 where it stops coming."""
    try:
        body: bytes = (
            request.environ["wsgi.input"].read(limits.BODY_BYTES + 1) if request.content_length is None else b""
        )
        body = body or (request.get_data() if (request.content_length or 0) <= limits.BODY_BYTES else b"")
    except (OSError, ClientDisconnected):
        raise Problem(408, "the body did not arrive whole and in time; send it again") from None
    if max(len(body), request.content_length or 0) > limits.BODY_BYTES:
        raise Problem(
            413, f"a body of over {limits.BODY_BYTES} bytes, expected fewer; send long texts as application/x-ndjson"
        )
    return body


def _answer_json(body: bytes) -> dict[str, Any]:
    asked = _decode(body, Request)
    given = [name for name in ("text", "sentences", "documents") if getattr(asked, name) is not None]
    if len(given) != 1:
        raise Problem(
            422, f"{' and '.join(given) or 'nothing'} given, expected {ONE_OF}", given[1] if given else "text"
        )
    if asked.documents is None:
        return _answer(asked.text, asked.sentences, asked.language)
    if not asked.documents:
        raise Problem(422, "`documents` is empty, expected at least one", "documents")
    return {"documents": _documents([bytes(raw) for raw in asked.documents], asked.language)}


def _documents(raws: list[bytes], language: str | None = None) -> list[dict[str, Any]]:
    """The answers to several documents, in order; what is wrong with one stays inside it."""
    replies: list[dict[str, Any]] = []
    batches: dict[str, list[tuple[int, list[Sentence]]]] = {}  # of each language: places in the reply, sentences
    for raw in raws:
        identity = None
        try:
            identity = _identity(raw)
            document = _decode(raw, Document)
            if (document.text is None) == (document.sentences is None):
                raise Problem(422, "expected exactly one of `text`, `sentences`", "text")
            code, split = _split(document.text, document.sentences, document.language or language)
            batches.setdefault(code, []).append((len(replies), split))
            replies.append({"id": document.id})
        except Problem as problem:
            replies.append({"id": identity, "problem": problem.body})
    for code, batch in batches.items():
        answers = _batcher().answer_all(code, [split for _, split in batch])
        for (place, _), answer in zip(batch, answers, strict=True):
            replies[place] |= _as_dict(answer)
    return replies


def _identity(raw: bytes) -> str | int | None:
    """The id of a document whatever else is wrong with it."""
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    identity = found.get("id") if isinstance(found, dict) else None
    return identity if isinstance(identity, (str, int)) and not isinstance(identity, bool) else None


def _stream(lines: IO[bytes]) -> Iterator[bytes]:
    """One answer a line for one document a line, as they come in (the server hands input on by the kilobyte)."""
    while line := _line(lines):
        if len(line) > limits.BODY_BYTES and not line.endswith(b"\n"):
            while (rest := lines.readline(limits.BODY_BYTES)) and not rest.endswith(b"\n"):
                pass
            answer: dict[str, Any] = {
                "id": None,
                "problem": Problem(413, f"a line of over {limits.BODY_BYTES} bytes, expected fewer").body,
            }
        elif line.strip():
            answer = _documents([line])[0]
        else:
            continue
        yield msgspec.json.encode(answer) + b"\n"


def _line(lines: IO[bytes]) -> bytes:
    """The next line; nothing where the input stops coming: what came before it is answered."""
    try:
        return lines.readline(limits.BODY_BYTES + 1)
    except (OSError, ClientDisconnected):
        return b""


def _answer(text: str | None, sentences: list[str] | None, language: str | None) -> dict[str, Any]:
    code, split = _split(text, sentences, language)
    return _as_dict(_batcher().answer_all(code, [split])[0])


def _split(text: str | None, sentences: list[str] | None, language: str | None) -> tuple[str, list[Sentence]]:
    """(language, sentences) of what was posted, or a `Problem`."""
    _check(text, sentences)
    try:
        if text is not None:
            return _classifier().split(text, language)
        return _classifier().as_split(sentences or [], language)
    except UnsupportedLanguage as error:
        raise Problem(422, str(error), "language", languages=sorted(_classifier().models)) from None


def _classifier() -> Classifier:
    found: Classifier = current_app.config["CLASSIFIER"]
    return found


def _batcher() -> Batcher:
    found: Batcher = current_app.config["BATCHER"]
    return found


def _as_dict(found: Answer) -> dict[str, Any]:
    metrics.count(found)
    return {
        "language": found.language,
        "model": {"version": _classifier().version, "digest": _classifier().digest},
        "sentences": found.sentences,
        "summary": found.summary,
    }


def _check(text: str | None, sentences: list[str] | None) -> None:
    """`Problem` 422 for what holds no sentence or is no text."""
    if sentences is not None and not sentences:
        raise Problem(422, "`sentences` is empty, expected at least one", "sentences")
    for index, part in enumerate([text] if text is not None else sentences or []):
        field = "text" if text is not None else f"sentences[{index}]"
        if not part or part.isspace():
            raise Problem(422, f"`{field}` is {'blank' if part else 'empty'}, expected text", field)
        if (at := part.find("\0")) >= 0:
            raise Problem(
                422, f"`{field}` has a NUL character at {at}, expected text; is it a binary or UTF-16 file?", field
            )


def _decode(body: bytes, kind: type[Any]) -> Any:
    """The body as a struct: 400 where it is no JSON or no Unicode, 422 where it is of another shape."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$")
        field = path.strip("`").lstrip(".") or (what.split("`")[1] if "`" in what and "field" in what else None)
        raise Problem(422, str(error), field) from None
    except RecursionError:
        raise Problem(400, "JSON nested too deeply, expected an object with " + ONE_OF) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(400, f"not JSON in UTF-8: {error}; expected an object with {ONE_OF}") from None


def _plain_text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem(
            400,
            f"byte 0x{body[error.start]:02x} at {error.start} is not UTF-8, expected the article as UTF-8 text",
            "text",
        ) from None


def _reply(answer: dict[str, Any]) -> Response:
    return Response(msgspec.json.encode(answer), mimetype="application/json")
