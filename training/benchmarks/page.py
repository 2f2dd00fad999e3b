"""docs/benchmarks.md and its pictures, from docs/benchmarks.json."""

import json
from pathlib import Path
from typing import Any, Final

from models import languages
from training.benchmarks import quality, speed

INTRODUCTION: Final = """\
# Benchmarks

Written by `python -m training.benchmarks` from `benchmarks.json` beside it. Machines differ and are shared: ratios of one run say more
than seconds.
"""
QUALITY: Final = """\
## Quality

`python -m training.benchmarks quality SETS` ({date}, {machine}). Macro F1 of labels and of sources. `unseen`: on articles of
the corpus by models that had seen neither them nor anything else in their file (folds are whole files); `real`: on labelled
sentences of real articles.

### Learning curve

Every eighth, fourth and second article, and all of them; with what fitting and scoring took and the memory held after it.

{curve}

![Learning curve](learning_curve.png)

### Ablation

Each family of features left out in turn.

{ablation}
"""
SPEED: Final = """\
## Speed

`make bench` ({date}, {machine}). Median, lowest and highest of several rounds in one run; in process on one core, over HTTP
with 2 workers and [wrk](https://github.com/wg/wrk).

- `articles`: raw articles to complete verdicts with offsets and cues, in batches of {batch} articles, a million sentences over all
  rounds; `articles_one_by_one`: each by itself.
- `split`: sentences already split, to label, source and probabilities.
- `fasttext`: its bare `predict` on the same sentences; `sklearn`: its TF-IDF vectorisers (words 1 to 3, characters 2 to 5) and a
  linear classifier, one answer a sentence; `sklearn_hashing`: the same with its hashing vectorisers, which keep no vocabulary.
- `growth_…_10`: how many times as long a text takes that is ten times as long (an article, one endless line, quotes, one character).
- `echo`: a bare Flask application on the same server that sends the body back; `http`: the service. Both get the corpus in turn,
  20 lines a request, over 8 connections; `gentle`, `p50` and `p99` are over one connection.
- `worker_memory`: what a worker has for itself beyond what it shares, before, after a fifth or so, and after all
  `worker_requests` requests.

{table}

![Sentences a second](speed.png)
"""


def write(folder: Path) -> None:
    """Write the page and its pictures into a folder that holds `benchmarks.json`."""
    whole = json.loads((folder / "benchmarks.json").read_text(encoding="utf-8"))
    parts = [INTRODUCTION]
    if "quality" in whole:
        figures = whole["quality"]
        curve, ablation = quality.table(figures).split("\n\n")
        parts.append(QUALITY.format(curve=curve, ablation=ablation, **whole["quality_measured"]))
        _draw_curve(figures["curve"], folder / "learning_curve.png")
    if "speed" in whole:
        parts.append(SPEED.format(table=speed.table(whole["speed"]), batch=speed.BATCH, **whole["speed_measured"]))
        _draw_speed(whole["speed"]["figures"], folder / "speed.png")
    (folder / "benchmarks.md").write_text("\n".join(parts), encoding="utf-8")


def _draw_curve(curve: dict[str, Any], path: Path) -> None:
    plot = _plot()
    figure, axes = plot.subplots(figsize=(7, 4))
    for code in next(iter(curve.values())):
        for where, style in (("unseen", "--"), ("real", "-")):
            points = [
                (row[code]["sentences"], row[code][where]["label_macro_f1"])
                for row in curve.values()
                if where in row[code]
            ]
            if points:
                axes.plot(*zip(*points, strict=True), style, marker="o", label=f"{languages.load(code).name}, {where}")
    axes.set(xscale="log", xlabel="sentences learned from", ylabel="label macro F1")
    axes.legend()
    figure.savefig(path, dpi=100, bbox_inches="tight", metadata={"Software": None})


def _draw_speed(figures: dict[str, Any], path: Path) -> None:
    plot = _plot()
    names = [name for name in figures if name.endswith("sentences_per_s")]
    figure, axes = plot.subplots(figsize=(7, 4))
    axes.barh(
        [name.removesuffix("_sentences_per_s").replace("_", " ") for name in names],
        [figures[name]["median"] for name in names],
    )
    axes.invert_yaxis()
    axes.set(xlabel="sentences a second, one core")
    figure.savefig(path, dpi=100, bbox_inches="tight", metadata={"Software": None})


def _plot() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot
