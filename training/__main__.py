"""python -m training: labelled data in, a checked model version out."""

import sys
import tempfile
from pathlib import Path
from typing import Any

import click
import numpy as np
from tqdm import tqdm

from models import store
from models.classifier import SIDES, Weights
from training import checks, evaluation, examples, recipe, report
from training.examples import Article, DataError

DATA = click.Path(path_type=Path)
MODELS = click.option(
    "--models",
    type=DATA,
    default=store.directory,
    show_default="ONDIT_MODELS, else your own once something was trained into it, else the one that ships",
    help="The model directory.",
)
LANGUAGE = click.option("--language", help="Code of the language of the data, where it should not be detected.")


class Complaining(click.Group):
    """Data and models that are wrong end a command with every complaint and exit status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (DataError, store.ModelError) as error:
            click.echo(str(error), err=True)
            sys.exit(2)


@click.group(cls=Complaining, invoke_without_command=True)
@click.option(
    "--data", type=DATA, multiple=True, help="Labelled data of your own (TSV, CSV or JSONL); may be given again."
)
@click.option("--only", is_flag=True, help="Learn from --data alone, not from the shipped corpus beside it.")
@LANGUAGE
@click.option(
    "--models",
    type=DATA,
    envvar="ONDIT_MODELS",
    default=store.OWN,
    show_default="models/own, which serving prefers to the shipped one",
    help="The model directory to write the version into.",
)
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1), help="Processes to fit with.")
@click.pass_context
def main(ctx: click.Context, data: tuple[Path, ...], only: bool, language: str | None, models: Path, jobs: int) -> None:
    """Train a model version from the shipped corpus and data of your own, and promote it if it is not worse than the current one."""
    if ctx.invoked_subcommand is not None:
        return
    if only and not data:
        raise click.UsageError("--only needs --data")
    articles = ([] if only else examples.corpus()) + examples.read(data, language)
    examples.check_enough(articles)
    if models.exists() and not models.is_dir():
        raise store.ModelError(f"{models}: a file, expected a folder for versions; name another with --models")
    learned, kept = evaluation.held_out(articles)
    examples.check_enough(learned)
    weights, unseen = _fit(learned, jobs)
    version, scores = _save(weights, unseen, learned, kept, models)
    click.echo(f"On articles not learned from:\n\n{report.table(scores['scores']['unseen_articles'])}")
    click.echo(f"\n{scores['scores']['held_out']['verdict']}")
    click.echo(f"Version {version} is in {models / version}; its card is card.md there.")


def _fit(articles: list[Article], jobs: int) -> tuple[dict[str, Weights], dict[str, evaluation.Scores]]:
    """The weights and the scores on unseen articles of every language."""
    weights, unseen = {}, {}
    codes = sorted({article.language for article in articles})
    with tqdm(total=recipe.fits() * len(codes), unit="fit", disable=None) as bar:
        for code in codes:
            ours = [article for article in articles if article.language == code]
            bar.set_description(code)
            fitted = recipe.fit(ours, jobs, bar.update)
            weights[code] = fitted.weights
            unseen[code] = evaluation.score(ours, fitted.unseen)
    return weights, unseen


def _save(
    weights: dict[str, Weights],
    unseen: dict[str, evaluation.Scores],
    learned: list[Article],
    kept: list[Article],
    models: Path,
) -> tuple[str, dict[str, Any]]:
    """Write the version with its card, and promote it if it is not worse; (name, card)."""
    with tempfile.TemporaryDirectory() as trial:
        name = store.save(weights, report.card(learned, unseen, {}), Path(trial))
        new = store.load(name, Path(trial))
    compared = _compare(new, kept, models)
    version = store.save(weights, report.card(learned, unseen, compared), models)
    report.write(version, models)
    if compared["promoted"]:
        store.promote(version, models)
    return version, store.card(version, models)


def _compare(new: Any, kept: list[Article], models: Path) -> dict[str, Any]:
    """How the new version and the current one do on the articles that both leave out, and what follows."""
    try:
        # What the checkout's own directory would push aside, as long as it is empty, is the version that ships.
        old = store.load(None, store.SHIPPED if models == store.OWN and not store.current(models) else models)
    except store.ModelError:
        return {"promoted": True, "verdict": "Promoted: there is no current version to compare with."}
    shared = [article for article in kept if article.language in old.models]
    if not shared:
        return {"promoted": True, "verdict": "Promoted: the current version knows none of these languages."}
    mine, theirs = (evaluation.score(shared, evaluation.answer(each, shared))["label_macro_f1"] for each in (new, old))
    missing = sorted(set(old.models) - set(new.models))
    verdict = f"label macro F1 {mine:.3f} on held-out articles, the current version {theirs:.3f}."
    if missing:
        verdict = f"the current version also knows {', '.join(missing)}."
    promoted = not missing and mine >= theirs
    if not promoted:
        verdict += f" `python -m training promote {new.version}` promotes it all the same."
    return {
        "articles": len(shared),
        "label_macro_f1": mine,
        "before": theirs,
        "promoted": promoted,
        "verdict": f"{'Promoted' if promoted else 'Not promoted'}: {verdict}",
    }


@main.command()
@click.argument("files", type=DATA, nargs=-1)
@LANGUAGE
@click.option(
    "--against",
    type=DATA,
    multiple=True,
    help="A text that no sentence may share eight words in a row with; may be given again.",
)
def check(files: tuple[Path, ...], language: str | None, against: tuple[Path, ...]) -> None:
    """Check labelled FILES (default: the shipped corpus) for form, repetition, monotony and borrowed sentences."""
    articles = examples.read(files, language) if files else examples.corpus()
    lines, wrong = checks.report(articles, against)
    click.echo("\n".join(lines))
    click.echo(f"{wrong} to mend" if wrong else "nothing to mend")
    sys.exit(2 if wrong else 0)


@main.command()
@click.argument("first", type=DATA)
@click.argument("second", type=DATA)
@LANGUAGE
def agreement(first: Path, second: Path, language: str | None) -> None:
    """Compare two labellings of the same articles: kappa and alpha."""
    from training.agreement import agreement as compare

    for side, figures in compare(examples.read([first], language), examples.read([second], language)).items():
        click.echo(
            f"{side:8}"
            + "  ".join(
                f"{name} {value:.3f}" if value <= 1 else f"{name} {value:.0f}" for name, value in figures.items()
            )
        )


@main.command()
@click.argument("files", type=DATA, nargs=-1, required=True)
@LANGUAGE
@MODELS
def evaluate(files: tuple[Path, ...], language: str | None, models: Path) -> None:
    """Score the current version on labelled FILES."""
    articles = examples.read(files, language)
    classifier = store.load(None, models)
    if unknown := sorted({a.language for a in articles} - set(classifier.models)):
        raise DataError(
            [f"the current version knows no {', '.join(unknown)}; it knows: {', '.join(sorted(classifier.models))}"]
        )
    by_code = {code: [a for a in articles if a.language == code] for code in sorted({a.language for a in articles})}
    click.echo(
        report.table(
            {code: evaluation.score(ours, evaluation.answer(classifier, ours)) for code, ours in by_code.items()}
        )
    )


@main.command()
@click.argument("version")
@MODELS
def promote(version: str, models: Path) -> None:
    """Make VERSION the current one; a running service takes it up on SIGHUP."""
    store.promote(version, models)
    click.echo(f"current: {version}")


@main.command()
@MODELS
def rollback(models: Path) -> None:
    """Go back to the version that was current before."""
    click.echo(f"current: {store.roll_back(models)}")


@main.command()
@click.option("--jobs", default=2, show_default=True, type=click.IntRange(1))
def reproduce(jobs: int) -> None:
    """Train on the shipped corpus and compare with the shipped version: the same bytes, or as near as another processor comes."""
    shipped = store.load(None, store.SHIPPED)
    articles = examples.corpus()
    learned, _ = evaluation.held_out(articles)
    weights, _ = _fit(learned, jobs)
    with tempfile.TemporaryDirectory() as folder:
        version = store.save(weights, report.card(learned, {code: {} for code in weights}, {}), Path(folder))
        again = store.load(version, Path(folder))
    if again.digest == shipped.digest:
        click.echo(f"the same bytes: {again.digest}")
        return
    furthest = max(_distance(again.models[code].table, shipped.models[code].table) for code in shipped.models)
    answers = [(evaluation.answer(each, articles)) for each in (again, shipped)]
    differ = sum(
        int((a.argmax(axis=1) != b.argmax(axis=1)).sum())
        for side in SIDES
        for a, b in [(answers[0][:, side], answers[1][:, side])]
    )
    click.echo(f"other bytes: weights differ by up to {furthest:.1e} beyond their stored precision,")
    click.echo(f"{differ} of {2 * len(answers[0])} answers over the whole corpus differ")
    sys.exit(0 if furthest <= 1e-5 and differ == 0 else 1)


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    """The largest difference of two arrays of weights beyond one step of the float16 they are stored in."""
    step = np.spacing(np.maximum(np.abs(a), np.abs(b)).astype(np.float16)).astype(np.float32)
    return float(np.maximum(np.abs(a - b) - step, 0).max())


if __name__ == "__main__":
    main(prog_name="python -m training")
