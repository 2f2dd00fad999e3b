"""python -m training.benchmarks: speed beside others, the ablation and the learning curve."""

import json
import platform
from datetime import date
from pathlib import Path

import click

from models import store
from training import evaluation, report
from training.benchmarks import page
from training.benchmarks import quality as quality_benchmark
from training.benchmarks import speed as speed_benchmark

DOCS = Path(__file__).parent.parent.parent / "docs"


@click.group()
def main() -> None:
    """Measure Ondit; results go to docs/benchmarks.json, and the tables are printed."""


@main.command()
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1))
def speed(rounds: int) -> None:
    """Sentences a second beside fastText and scikit-learn, requests a second beside a bare echo, memory, start."""
    figures = speed_benchmark.run(rounds)
    _keep("speed", figures)
    click.echo(speed_benchmark.table(figures))


@main.command()
@click.argument("sets", type=click.Path(path_type=Path, exists=True), nargs=-1)
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1))
def quality(sets: tuple[Path, ...], jobs: int) -> None:
    """Learning curve and ablation: on unseen articles of the corpus, and on labelled real articles in SETS (JSON lines)."""
    figures = quality_benchmark.run(sets, jobs)
    _keep("quality", figures)
    click.echo(quality_benchmark.table(figures))


@main.command()
@click.argument("sets", type=click.Path(path_type=Path, exists=True), nargs=-1, required=True)
def real(sets: tuple[Path, ...]) -> None:
    """Score the shipped version on labelled real articles in SETS, and put the figures into its card."""
    classifier = store.load(None, store.SHIPPED)
    by_code: dict[str, evaluation.Scores] = {}
    for path in sets:
        articles = quality_benchmark.labelled(path)
        by_code[articles[0].language] = quality_benchmark.score(classifier, articles)
        alone = quality_benchmark.score(classifier, evaluation.torn_apart(articles))
        by_code[articles[0].language] |= {
            f"alone_{side}": alone[side] for side in ("label_macro_f1", "source_macro_f1")
        }
    report.add_scores(classifier.version, "real_articles", by_code, store.SHIPPED)
    click.echo(report.table(by_code))


def _keep(name: str, figures: object) -> None:
    """Put figures into docs/benchmarks.json, with machine and date."""
    path = DOCS / "benchmarks.json"
    whole = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    whole[name] = figures
    whole[f"{name}_measured"] = {
        "date": date.today().isoformat(),
        "python": platform.python_version(),
        "machine": _machine(),
    }
    path.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    page.write(DOCS)


def _machine() -> str:
    """The processor's name and how many there are."""
    import os

    info = Path("/proc/cpuinfo")
    names = (
        [line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        if info.exists()
        else []
    )
    return f"{names[0] if names else platform.processor() or platform.machine()}, {os.cpu_count()} cores"


if __name__ == "__main__":
    main(prog_name="python -m training.benchmarks")
