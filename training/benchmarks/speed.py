"""How fast Ondit is beside fastText, scikit-learn's vectorisers and a bare echo: everything in one run, on the same text.

One process on one core for what runs in process; the server has two workers. Each figure is the median of several rounds, with
the lowest and the highest.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from models import languages, sentences, store, words
from models.classifier import Classifier
from models.sentences import Sentence
from models.vocabulary import Vocabulary
from training import examples

ROOT = Path(__file__).parent.parent.parent
BATCH = 64  # articles answered together where many are at hand
MANY = 1_000_000  # sentences, over all rounds, where size matters
SOME = 4000  # sentences that scikit-learn learns from, and as many others that it answers
REQUESTS = 100_000  # after so many a worker's memory is looked at again
Figure = dict[str, float]


def run(rounds: int) -> dict[str, Any]:
    """All figures: {name: {"median", "min", "max"}} in the unit the name says, and the ratios the project watches."""
    if hasattr(os, "sched_setaffinity"):
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(cores)})
    classifier = store.load(where=store.SHIPPED)
    code = languages.codes()[0]
    articles = [article for article in examples.corpus() if article.language == code]
    found: dict[str, Any] = in_process(classifier, code, [article.sentences for article in articles], rounds)
    found |= peers(code, articles, rounds)
    found |= growth(classifier, code, rounds)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)
    found |= http([article.sentences for article in articles], rounds)
    return {
        "articles_sentences_per_s": found["articles_sentences_per_s"]["median"],
        "ratios": {
            "sentences_over_fasttext": _ratio(found, "split_sentences_per_s", "fasttext_sentences_per_s"),
            "articles_over_sklearn": _ratio(found, "articles_sentences_per_s", "sklearn_sentences_per_s"),
            "articles_over_sklearn_hashing": _ratio(
                found, "articles_sentences_per_s", "sklearn_hashing_sentences_per_s"
            ),
            "http_over_echo": _ratio(found, "http_requests_per_s", "echo_requests_per_s"),
        },
        "figures": found,
    }


def in_process(classifier: Classifier, code: str, texts: list[list[str]], rounds: int) -> dict[str, Figure]:
    """Sentences a second for articles, for split sentences and stage by stage; milliseconds for a single sentence."""
    count = sum(map(len, texts))
    whole = ["\n".join(text) for text in texts]
    language, model = languages.load(code), classifier.models[code]
    split = [sentences.split(text, language) for text in whole]
    parts = [[sentence.text for sentence in article] for article in split]
    total = sum(map(len, parts))
    rows = model.rows(parts)
    many = whole * max(1, round(MANY / rounds / total))

    def articles() -> None:
        for batch in _batches(many):
            groups: dict[str, list[list[Sentence]]] = {}
            for text in batch:
                found, article = classifier.split(text)
                groups.setdefault(found, []).append(article)
            for found, group in groups.items():
                classifier.answer_all(found, group)

    def singles() -> None:
        for article in parts[:400]:
            model.probabilities(model.rows([article[:1]]))

    tokens = [words.tokenize(words.fold("\n".join(part))) for part in parts]
    vocabulary: Vocabulary = model.vocabulary
    numbers = [vocabulary.cue[vocabulary.get_all(part)] for part in tokens]
    from models import cues
    from models.classifier import verdicts

    return {
        "articles_sentences_per_s": _rate(articles, total * len(many) // len(whole), rounds),
        "articles_one_by_one_sentences_per_s": _rate(
            lambda: [classifier.classify(text) for text in whole], total, rounds
        ),
        "split_sentences_per_s": _rate(
            lambda: [model.probabilities(model.rows(batch)) for batch in _batches(texts)], count, rounds
        ),
        "single_sentence_ms": _figure([1000 * value / 400 for value in _times(singles, rounds)]),
        "stage_language_sentences_per_s": _rate(lambda: [classifier.language(text) for text in whole], total, rounds),
        "stage_split_sentences_per_s": _rate(
            lambda: [sentences.split(text, language) for text in whole], total, rounds
        ),
        "stage_cues_sentences_per_s": _rate(
            lambda: [cues.find_all(part, vocabulary.trie) for part in numbers], total, rounds
        ),
        "stage_features_sentences_per_s": _rate(
            lambda: [model.rows(batch) for batch in _batches(parts)], total, rounds
        ),
        "stage_classifier_sentences_per_s": _rate(lambda: model.probabilities(rows), total, rounds),
        "stage_verdicts_sentences_per_s": _rate(
            lambda: [verdicts(batch, model) for batch in _batches(split)], total, rounds
        ),
    }


def peers(code: str, articles: Sequence[examples.Article], rounds: int) -> dict[str, Figure]:
    """The same sentences through fastText's bare `predict`, and through scikit-learn's vectorisers and classifier."""
    import fasttext
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
    from sklearn.linear_model import SGDClassifier
    from sklearn.pipeline import make_pipeline, make_union

    texts = [sentence for article in articles for sentence in article.sentences]
    labels = [example.label for article in articles for example in article.examples]
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "train.txt"
        data.write_text(
            "".join(f"__label__{label} {text}\n" for label, text in zip(labels, texts, strict=True)), encoding="utf-8"
        )
        model = fasttext.train_supervised(str(data), epoch=5, wordNgrams=3, minn=2, maxn=5, thread=1, verbose=0)
    plain = [text.replace("\n", " ") for text in texts]
    out = {"fasttext_sentences_per_s": _rate(lambda: [model.predict(text) for text in plain], len(plain), rounds)}
    hashing = partial(HashingVectorizer, n_features=2**18, alternate_sign=False)
    for name, vectorizer in (("sklearn", TfidfVectorizer), ("sklearn_hashing", hashing)):
        pipeline = make_pipeline(
            make_union(vectorizer(ngram_range=(1, 3)), vectorizer(analyzer="char", ngram_range=(2, 5))),
            SGDClassifier(loss="log_loss", max_iter=3, tol=None, random_state=0),
        ).fit(texts[:SOME], labels[:SOME])
        out[f"{name}_sentences_per_s"] = _rate(partial(pipeline.predict_proba, texts[-SOME:]), SOME, rounds)
    return out


def growth(classifier: Classifier, code: str, rounds: int) -> dict[str, Figure]:
    """How many times as long an article takes that is 10 and 100 times as long; the same for three hostile texts."""
    line = "The singer left the band in May, her agent said, and fans think that she may be back. "
    texts = {
        "article": "\n".join([line * 3] * 4),
        "one_line": line * 10,
        "quotes": '"' * 500,
        "one_character": "x" * 5000,
    }
    out: dict[str, Figure] = {}
    for name, text in texts.items():
        base = median(_times(partial(classifier.classify, text, code), 10 * rounds))
        for factor in (10, 100):
            times = _times(partial(classifier.classify, text * factor, code), rounds)
            out[f"growth_{name}_{factor}"] = _figure([value / base for value in times])
    return out


def http(articles: list[list[str]], rounds: int) -> dict[str, Any]:
    """Requests a second (wrk) for articles of 20 sentences, by turns, and for a bare echo of them on the same server with 2 workers;
    tail times under less load; the memory of a worker before and after many requests."""
    if not shutil.which("wrk"):
        return {}
    stream = [sentence for article in articles for sentence in article]
    bodies = [json.dumps({"text": "\n".join(stream[at : at + 20])}) for at in range(0, len(stream) - 20, 20)]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "bodies").write_text("\n".join(bodies), encoding="utf-8")
        script = Path(folder) / "post.lua"
        script.write_text(
            f'local bodies, turn = {{}}, 0\nfor line in io.lines("{folder}/bodies") do bodies[#bodies + 1] = line end\n'
            'local headers = {["Content-Type"] = "application/json"}\n'
            "function request()\n  turn = turn % #bodies + 1\n"
            '  return wrk.format("POST", nil, headers, bodies[turn])\nend\n',
            encoding="utf-8",
        )
        with (
            _Running([sys.executable, "-m", "training.benchmarks.echo"]) as echo,
            _Running([sys.executable, "-m", "service", "serve"]) as ondit,
        ):
            memory = [ondit.memory()]
            pairs = [(_wrk(echo.url, script, 8), _wrk(ondit.url, script, 8)) for _ in range(rounds)]
            fast = [one for _, one in pairs]
            gentle = [_wrk(ondit.url, script, 1) for _ in range(rounds)]
            requests = sum(one["requests"] for one in fast + gentle)
            memory.append(ondit.memory())
            while requests < REQUESTS:
                requests += _wrk(ondit.url, script, 8)["requests"]
            memory.append(ondit.memory())
    return {
        "echo_requests_per_s": _figure([one["rate"] for one, _ in pairs]),
        "http_requests_per_s": _figure([one["rate"] for one in fast]),
        "http_p50_ms": _figure([one["p50"] for one in gentle]),
        "http_p99_ms": _figure([one["p99"] for one in gentle]),
        "http_gentle_requests_per_s": _figure([one["rate"] for one in gentle]),
        "start_s": _figure([ondit.started_after]),
        "worker_memory_mb": _figure(memory[:1]),
        "worker_memory_midway_mb": _figure(memory[1:2]),
        "worker_memory_after_mb": _figure(memory[2:]),
        "worker_requests": _figure([requests]),
    }


class _Running:
    """A server of ours on a free port, for as long as the block lasts."""

    def __init__(self, command: list[str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/v1/classify"
        begin = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | {"PORT": str(port), "ONDIT_WORKERS": "2"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not self._ready(port):
            if self.process.poll() is not None or time.perf_counter() - begin > 60:
                raise RuntimeError(f"{' '.join(command)} did not start")
        self.started_after = time.perf_counter() - begin

    def _ready(self, port: int) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as reply:
                return bool(reply.status == 200)
        except OSError:
            return False

    def memory(self) -> float:
        """MB that the largest worker has for itself, beyond what it shares."""
        import psutil

        workers = psutil.Process(self.process.pid).children()
        return float(max(worker.memory_full_info().uss for worker in workers)) / 1e6

    def __enter__(self) -> "_Running":
        return self

    def __exit__(self, *error: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(40)


def _wrk(url: str, script: Path, connections: int) -> dict[str, float]:
    """Requests a second and the tail times (ms) of some seconds of load."""
    command = ["wrk", "-t1", f"-c{connections}", "-d4s", "--latency", "-s", str(script), url]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out:
        raise RuntimeError(f"{url} answered with errors:\n{out}")
    lines = {line.split()[0]: line.split()[1] for line in out.splitlines() if len(line.split()) >= 2}
    requests = next(float(line.split()[0]) for line in out.splitlines() if "requests in" in line)
    return {
        "rate": float(lines["Requests/sec:"]),
        "p50": _ms(lines["50%"]),
        "p99": _ms(lines["99%"]),
        "requests": requests,
    }


def _ms(text: str) -> float:
    for unit, factor in (("us", 0.001), ("ms", 1.0), ("s", 1000.0)):
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * factor
    raise ValueError(f"{text!r}: expected a time of wrk's")


def _batches(items: list[Any]) -> list[list[Any]]:
    return [items[at : at + BATCH] for at in range(0, len(items), BATCH)]


def _times(work: Callable[[], object], rounds: int) -> list[float]:
    """Seconds of each round, after one that does not count."""
    work()
    out = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        out.append(time.perf_counter() - begin)
    return out


def _rate(work: Callable[[], object], count: int, rounds: int) -> Figure:
    return _figure([count / value for value in _times(work, rounds)])


def _figure(values: list[float]) -> Figure:
    return {"median": round(median(values), 4), "min": round(min(values), 4), "max": round(max(values), 4)}


def _ratio(found: dict[str, Any], ours: str, theirs: str) -> float | None:
    """Ours over theirs, medians of the same run; None where one was not measured."""
    if ours not in found or theirs not in found:
        return None
    return round(float(np.divide(found[ours]["median"], found[theirs]["median"])), 2)


def table(figures: dict[str, Any]) -> str:
    """The figures as a Markdown table, then the ratios."""
    rows = [
        f"| {name} | {value['median']:,} | {value['min']:,} | {value['max']:,} |"
        for name, value in figures["figures"].items()
    ]
    ratios = [f"- {name}: {value}" for name, value in figures["ratios"].items()]
    return "\n".join(["| | median | min | max |", "|---|---|---|---|", *rows, "", *ratios])
