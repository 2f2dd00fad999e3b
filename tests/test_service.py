"""The contract over the wire: what is asked well is answered whole, what is asked badly is answered clearly."""

import json
import re
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from models import languages
from models.classifier import Classifier
from training.examples import Article

EVERY_LANGUAGE = pytest.mark.parametrize("code", languages.codes())


def ask(client: FlaskClient, body: Any, kind: str = "application/json") -> Any:
    data = body if isinstance(body, bytes | str) else json.dumps(body)
    return client.post("/v1/classify", data=data, content_type=kind)


@pytest.fixture
def article(corpus: list[Article]) -> str:
    return "\n".join(corpus[0].sentences)


@EVERY_LANGUAGE
def test_the_answer_over_the_wire_is_the_answer_in_memory(
    code: str, corpus: list[Article], client: FlaskClient, classifier: Classifier
) -> None:
    text = "\n".join(next(article for article in corpus if article.language == code).sentences)
    reply = ask(client, {"text": text}).get_json()
    found = classifier.classify(text)
    assert reply["language"] == found.language == code
    assert reply["model"] == {"version": classifier.version, "digest": classifier.digest}
    assert reply["summary"] == found.summary
    for wire, verdict in zip(reply["sentences"], found.sentences, strict=True):
        assert set(wire) == {"text", "start", "end", "label", "probability", "probabilities", "source", "cues"}
        assert wire["text"] == text[wire["start"] : wire["end"]]
        assert (wire["label"], wire["probabilities"], wire["source"]) == (
            verdict.label,
            verdict.probabilities,
            verdict.source,
        )
        assert [set(cue) for cue in wire["cues"]] == [{"start", "end", "text", "kind", "weight"}] * len(verdict.cues)


def test_a_plain_text_is_an_article(client: FlaskClient, article: str) -> None:
    assert (
        ask(client, article.encode(), "text/plain; charset=utf-8").get_json()
        == ask(client, {"text": article}).get_json()
    )


def test_a_plain_text_may_name_its_language(client: FlaskClient) -> None:
    code = languages.codes()[-1]
    reply = client.post(f"/v1/classify?language={code}", data="Oh!", content_type="text/plain")
    assert reply.get_json()["language"] == code


def test_sentences_come_back_one_for_one(client: FlaskClient, corpus: list[Article]) -> None:
    reply = ask(client, {"sentences": corpus[0].sentences}).get_json()
    assert [sentence["text"] for sentence in reply["sentences"]] == corpus[0].sentences
    assert all((s["start"], s["end"]) == (0, len(s["text"])) for s in reply["sentences"])


def test_documents_come_back_with_their_ids_and_a_bad_one_harms_no_other(client: FlaskClient, article: str) -> None:
    documents = [
        {"id": "good", "text": article},
        {"id": 7, "text": ""},
        {"id": "both", "text": "a", "sentences": ["a"]},
        {"id": "typed", "text": 3},
        {"id": "odd", "text": "a", "colour": "red"},
        "no document",
        {"text": "no id"},
        {"id": "split", "sentences": article.split("\n")},
    ]
    reply = ask(client, {"documents": documents})
    found = reply.get_json()["documents"]
    assert reply.status_code == 200
    assert [document["id"] for document in found] == ["good", 7, "both", "typed", "odd", None, None, "split"]
    assert ["problem" in document for document in found] == [False, *[True] * 6, False]
    assert found[0]["sentences"] == ask(client, {"text": article}).get_json()["sentences"]
    assert found[1]["problem"]["field"] == "text"
    assert set(found[0]) >= {"id", "language", "sentences", "summary"}


def test_a_stream_is_answered_line_by_line_in_order(client: FlaskClient, article: str) -> None:
    lines = [
        json.dumps({"id": 1, "text": article}),
        "",
        "{",
        json.dumps({"id": 3, "sentences": ["He left the band in May.", "She may follow."]}),
    ]
    reply = ask(client, "\n".join(lines), "application/x-ndjson")
    found = [json.loads(line) for line in reply.get_data(as_text=True).splitlines()]
    assert reply.mimetype == "application/x-ndjson"
    assert [document["id"] for document in found] == [1, None, 3]
    assert found[1]["problem"]["status"] == 400
    assert len(found[2]["sentences"]) == 2


def test_a_line_too_long_in_a_stream_is_refused_alone(client: FlaskClient) -> None:
    good = json.dumps({"id": 2, "text": "He left the band and moved to the country."})
    reply = ask(client, '{"id": 1, "text": "' + "a" * 2_500_000 + '"}\n' + good, "application/x-ndjson")
    found = [json.loads(line) for line in reply.get_data(as_text=True).splitlines()]
    assert found[0]["problem"]["status"] == 413
    assert found[1]["id"] == 2


DEEP = b'{"text":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
BAD = {
    "an empty body": (b"", "application/json", 400, None),
    "no JSON": (b"{text: 1}", "application/json", 400, None),
    "deep JSON": (DEEP, "application/json", 422, "text"),
    "deep JSON where anything may stand": (
        b'{"documents": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}",
        "application/json",
        400,
        None,
    ),
    "JSON that is no object": (b"[1]", "application/json", 422, None),
    "a lone surrogate": (b'{"text": "\\ud800"}', "application/json", 400, None),
    "bytes that are no UTF-8": (b'{"text": "caf\xe9"}', "application/json", 400, None),
    "a wrong type": (b'{"text": 3}', "application/json", 422, "text"),
    "a wrong type inside": (b'{"sentences": ["a", 3]}', "application/json", 422, "sentences[1]"),
    "nothing": (b"{}", "application/json", 422, "text"),
    "text and sentences": (b'{"text": "a", "sentences": ["a"]}', "application/json", 422, "sentences"),
    "text and documents": (b'{"text": "a", "documents": []}', "application/json", 422, "documents"),
    "an unknown field": (b'{"text": "a", "colour": "red"}', "application/json", 422, "colour"),
    "an empty text": (b'{"text": ""}', "application/json", 422, "text"),
    "a blank text": (b'{"text": " \\n "}', "application/json", 422, "text"),
    "no sentences": (b'{"sentences": []}', "application/json", 422, "sentences"),
    "a blank sentence": (b'{"sentences": ["a", " "]}', "application/json", 422, "sentences[1]"),
    "no documents": (b'{"documents": []}', "application/json", 422, "documents"),
    "a NUL": (b'{"text": "He left.\\u0000"}', "application/json", 422, "text"),
    "an unknown language": (b'{"text": "He left.", "language": "xx"}', "application/json", 422, "language"),
    "only emoji": ('{"text": "🙂🙂"}'.encode(), "application/json", 422, "language"),
    "a blank plain text": (b"\n", "text/plain", 422, "text"),
    "a plain text in another encoding": ("café".encode("latin-1"), "text/plain", 400, "text"),
    "a plain text in UTF-16": ("He left.".encode("utf-16-le"), "text/plain", 422, "text"),
    "another type": (b"<p>", "text/html", 415, "Content-Type"),
    "no type": (b"{}", "", 415, "Content-Type"),
    "a byte too many": (b'{"text": "' + b"a" * 999_989 + b'"}', "application/json", 413, None),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_answered_with_the_place_and_what_was_expected(what: str, client: FlaskClient) -> None:
    body, kind, status, field = BAD[what]
    reply = ask(client, body, kind)
    problem = reply.get_json(force=True)
    assert reply.mimetype == "application/problem+json"
    assert (reply.status_code, problem["status"], problem.get("field")) == (status, status, field)
    assert problem["title"]
    assert problem["detail"]


def test_a_foreign_article_is_refused_with_the_languages_there_are(client: FlaskClient) -> None:
    from tests.test_languages import FOREIGN

    for text in FOREIGN:
        reply = ask(client, {"text": text})
        assert (reply.status_code, reply.get_json(force=True)["languages"]) == (422, list(languages.codes()))


@pytest.mark.parametrize(
    "text",
    ["x" * 500_000, '"' * 50_000, "“" * 50_000, "He left. " * 2_000, "🙂 He left the band."],
    ids=lambda text: text[:9],
)
def test_odd_texts_are_answered_whole(text: str, client: FlaskClient) -> None:
    reply = ask(client, {"text": text, "language": languages.codes()[0]})
    assert reply.status_code == 200
    assert all(s["text"] == text[s["start"] : s["end"]] for s in reply.get_json()["sentences"])


def test_offsets_count_code_points(client: FlaskClient) -> None:
    text = "😀😀 She left the band in May. 𝄞 He may follow her."
    for sentence in ask(client, {"text": text}).get_json()["sentences"]:
        assert text[sentence["start"] : sentence["end"]] == sentence["text"]


@pytest.mark.parametrize("path", ["/", "/docs", "/healthz", "/readyz", "/metrics", "/openapi.json", "/v1/models"])
def test_every_page_is_there(path: str, client: FlaskClient) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/", "/docs", "/static/page.js", "/static/page.css"])
def test_a_page_loads_nothing_from_outside(path: str, client: FlaskClient) -> None:
    with client.get(path) as reply:
        addresses = re.findall(r"(?:https?:)?//[\w.]+", reply.get_data(as_text=True))
    assert set(addresses) <= {"http://localhost"}


def test_what_does_not_exist_is_a_problem_too(client: FlaskClient) -> None:
    for reply in (client.get("/nothing"), client.get("/v1/classify")):
        assert reply.mimetype == "application/problem+json"
    assert set(client.get("/v1/classify").headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


def test_a_bug_is_answered_without_a_traceback(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "CLASSIFIER", None)
    reply = ask(client, {"text": "He left the band."})
    assert (reply.status_code, reply.mimetype) == (500, "application/problem+json")
    assert "Traceback" not in reply.get_data(as_text=True)


def test_a_draining_worker_is_not_ready_but_alive(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "READY", lambda: False)
    assert (client.get("/readyz").status_code, client.get("/healthz").status_code) == (503, 200)


def test_the_models_are_shown_with_their_cards(client: FlaskClient, classifier: Classifier) -> None:
    reply = client.get("/v1/models").get_json()
    assert reply["serving"] == classifier.version
    card = reply["versions"][0]["card"]
    assert card["files"]["weights.npz"] == classifier.digest
    assert set(card["languages"]) == set(languages.codes())


def test_requests_and_sentences_are_counted(client: FlaskClient) -> None:
    def counted() -> float:
        lines = client.get("/metrics").get_data(as_text=True).splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith("ondit_sentences_total"))

    before = counted()
    ask(client, {"sentences": ["He left the band in May.", "She may follow."]})
    assert counted() == before + 2


def test_too_many_requests_are_told_to_wait(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    from service import create_app

    monkeypatch.setenv("ONDIT_RATE_LIMIT", "2/hour")
    client = create_app(classifier).test_client()
    replies = [ask(client, {"sentences": ["He left the band in May."]}) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert client.get("/healthz").status_code == 200
    assert replies[2].mimetype == "application/problem+json"
    assert int(replies[2].headers["Retry-After"]) > 0


def test_no_request_breaks_what_the_description_promises(app: Flask) -> None:
    """Requests made up from the OpenAPI document, valid and not, get the answers that it promises."""
    for found in schemathesis.openapi.from_wsgi("/openapi.json", app).get_all_operations():
        operation: Any = found

        @given(case=operation.ok().as_strategy())
        @settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
        def holds(case: Any) -> None:
            # What no schema can say (a text in another language) may be refused.
            case.call_and_validate(excluded_checks=[positive_data_acceptance])

        holds()
