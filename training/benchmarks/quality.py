"""What the corpus and each family of features are worth: a learning curve and an ablation.

Scores on unseen articles of the corpus are out of fold (`recipe.fit`). Labelled real articles may be named beside them: JSON
lines with doc, text, label and source, in article order; a null label stands for a sentence that is only there for its context.
"""

import json
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import psutil
from tqdm import tqdm

from models import context, languages
from models.classifier import Classifier
from models.features import Bag, Rows
from training import evaluation, examples, recipe
from training.examples import Article, Example

PARTS: Final = {"1/8": 8, "1/4": 4, "1/2": 2, "all": 1}
K: Final = context.K
OWN: Final = sum(context.OWN) * K + len(context.PAIRS[0]) + 2 * K  # the columns of a sentence's own cues in its context
SHAPE: Final = context.WIDTH - context.SHAPE


def _without(*names: str) -> Callable[[Rows], Rows]:
    def change(rows: Rows) -> Rows:
        empty = Bag(np.zeros(0, np.int64), np.zeros(len(rows.context) + 1, np.int64))
        left: dict[str, Any] = dict.fromkeys(names, empty)
        return replace(rows, **left)

    return change


def _blank(start: int, stop: int) -> Callable[[Rows], Rows]:
    def change(rows: Rows) -> Rows:
        left = rows.context.copy()
        left[:, start:stop] = 0
        return replace(rows, context=left)

    return change


def _no_cues(rows: Rows) -> Rows:
    return _blank(0, OWN)(_without("phrases")(rows))


FAMILIES: Final[dict[str, Callable[[Rows], Rows]]] = {
    "everything": lambda rows: rows,
    "without words and affixes": _without("words", "outside"),
    "without pairs and triples": _without("pairs", "triples"),
    "without how sentences begin and their finite verbs": _without("outline"),
    "without single cue phrases, shades and clauses": _without("phrases"),
    "without the sentence's own cues": _no_cues,
    "without who speaks and what stands around": _blank(OWN, SHAPE),
    "without shape": _blank(SHAPE, context.WIDTH),
}


def run(sets: Sequence[Path], jobs: int) -> dict[str, Any]:
    """{"curve": {part: {language: scores}}, "ablation": {family: ...}}; scores "unseen" and, where there are sets, "real"."""
    corpus = examples.corpus()
    real = [article for path in sets for article in labelled(path)]
    codes = sorted({article.language for article in corpus})
    out: dict[str, Any] = {"curve": {}, "ablation": {}}
    with tqdm(total=len(codes) * (len(PARTS) + len(FAMILIES)), disable=None) as bar:
        for code in codes:
            ours = [article for article in corpus if article.language == code]
            for name, step in PARTS.items():  # growing: see `_memory`
                part = [article for article in ours if zlib.crc32(article.name.encode()) % step == 0]
                begin = time.perf_counter()
                scores = _scores(part, real, jobs, FAMILIES["everything"])
                cost = {"seconds": round(time.perf_counter() - begin, 1), "megabytes": round(_memory())}
                out["curve"].setdefault(name, {})[code] = scores | cost
                bar.update()
            for name, change in FAMILIES.items():
                out["ablation"].setdefault(name, {})[code] = _scores(ours, real, jobs, change)
                bar.update()
    return out


def _memory() -> float:
    """MB that this process and its helpers hold now; they give little back, so with growing parts it is the most they held."""
    this = psutil.Process()
    return float(sum(process.memory_info().rss for process in (this, *this.children()))) / 1e6


def _scores(articles: list[Article], real: list[Article], jobs: int, change: Callable[[Rows], Rows]) -> dict[str, Any]:
    fitted = recipe.fit(articles, jobs, change=change)
    out: dict[str, Any] = {
        "sentences": sum(len(article.examples) for article in articles),
        "unseen": evaluation.score(articles, fitted.unseen),
    }
    there = [article for article in real if article.language == articles[0].language]
    if there:
        out["real"] = score(Classifier("trial", "", {articles[0].language: fitted.weights}), there)
    return out


def score(classifier: Classifier, articles: list[Article]) -> evaluation.Scores:
    """The scores on articles of one language, over the sentences that have a label; the others are read for their context."""
    answers = evaluation.answer(classifier, articles)
    known = np.array([bool(example.label) for article in articles for example in article.examples])
    kept = tuple(example for article in articles for example in article.examples if example.label)
    return evaluation.score([Article("labelled", articles[0].language, kept)], answers[known])


def labelled(path: Path) -> list[Article]:
    """The articles of a set; the label of a sentence that has none is empty."""
    grouped: dict[str, list[Example]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        row = json.loads(line)
        grouped.setdefault(row["doc"], []).append(
            Example(row["text"], row["label"] or "", row["source"], f"{path}:{number}")
        )
    code = languages.detect("\n".join(example.sentence for rows in grouped.values() for example in rows))
    return [Article(name, code, tuple(rows)) for name, rows in grouped.items()]


def table(figures: dict[str, Any]) -> str:
    """Label and source macro F1 as Markdown tables."""
    return "\n\n".join(_one(figures[name]) for name in ("curve", "ablation"))


def _one(rows: dict[str, Any]) -> str:
    codes = list(next(iter(rows.values())))
    where = [name for name in ("unseen", "real") if name in next(iter(rows.values()))[codes[0]]]
    heads = [
        f"{languages.load(code).name}, {name}, {side}"
        for code in codes
        for name in where
        for side in ("label", "source")
    ]
    costs = [name for name in ("seconds", "megabytes") if name in next(iter(rows.values()))[codes[0]]]
    heads += [f"{languages.load(code).name}, {name}" for code in codes for name in costs]
    lines = ["| | " + " | ".join(heads) + " |", "|---|" + "---|" * len(heads)]
    for title, row in rows.items():
        cells = [
            f"{row[code][name].get(f'{side}_macro_f1', float('nan')):.3f}"
            for code in codes
            for name in where
            for side in ("label", "source")
        ]
        cells += [str(row[code][name]) for code in codes for name in costs]
        lines.append(
            f"| {title} ({' + '.join(str(row[code]['sentences']) for code in codes)}) | " + " | ".join(cells) + " |"
        )
    return "\n".join(lines)
