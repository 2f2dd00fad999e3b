"""The model card: `card.json` for machines, `card.md` beside it for people."""

import hashlib
import json
import platform
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, Final

from models import languages, store
from training.evaluation import Scores
from training.examples import Article

LIBRARIES: Final = ("numpy", "scipy", "scikit-learn")

COLUMNS: Final = {
    "label_macro_f1": "label macro F1",
    "confirmed_f1": "confirmed F1",
    "speculation_f1": "speculation F1",
    "no_claim_f1": "no claim F1",
    "claims_macro_f1": "confirmed against speculation",
    "source_macro_f1": "source macro F1",
    "accuracy": "accuracy",
    "accuracy_at_80": "accuracy at 80 % coverage",
    "ece": "calibration error",
    "alone_label_macro_f1": "label macro F1, every sentence without its article",
    "alone_source_macro_f1": "source macro F1, every sentence without its article",
}

LIMITS: Final = """\
- It judges wording, not truth: a lie told firmly is `confirmed`.
- It reads one article at a time and knows nothing of the world, of other articles, or of pictures.
- Irony, and an article that discredits its source without any word that says so, escape it.
- Who speaks in a long quote without attribution is guessed from what stands around it.
- Whole articles are what it learned from: a single sentence without its article is answered less well.
- It learned from articles about show business, sport and games; elsewhere (science, law) it was not measured.
- Languages: {languages}. Others are refused.
"""


def corpus_digest(articles: Sequence[Article]) -> str:
    """SHA-256 over every article, sentence, label, source and weight that a model learned from, in order."""
    whole = hashlib.sha256()
    for article in articles:
        for example in article.examples:
            whole.update(
                "\t".join(
                    (
                        article.language,
                        article.name,
                        example.label,
                        example.source or "",
                        str(example.weight),
                        example.sentence,
                    )
                ).encode()
                + b"\n"
            )
    return whole.hexdigest()


def card(articles: Sequence[Article], unseen: dict[str, Scores], compared: dict[str, Any]) -> dict[str, Any]:
    """What the card of a new version says beside what `store.save` adds. `unseen`: scores out of fold, by language."""
    corpus = {}
    for code in sorted(unseen):
        examples = [example for article in articles if article.language == code for example in article.examples]
        corpus[code] = {
            "articles": sum(article.language == code for article in articles),
            "sentences": len(examples),
            "labels": dict(sorted(Counter(example.label for example in examples).items())),
        }
    return {
        "corpus": {"digest": f"sha256:{corpus_digest(articles)}", **corpus},
        "scores": {"unseen_articles": unseen, "held_out": compared},
        "made_with": {"python": platform.python_version(), **{name: installed(name) for name in LIBRARIES}},
    }


def add_scores(version: str, name: str, scores: dict[str, Scores], where: Path) -> None:
    """Put measured scores into the card of a version, and write `card.md` anew."""
    path = where / version / "card.json"
    details = store.card(version, where)
    details["scores"][name] = scores
    path.write_text(json.dumps(details, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write(version, where)


def write(version: str, where: Path) -> None:
    """Write `card.md` from `card.json`."""
    (where / version / "card.md").write_text(text(store.card(version, where)), encoding="utf-8")


def text(details: dict[str, Any]) -> str:
    """A card for people, in Markdown."""
    codes = list(details["languages"])
    scores = details["scores"]
    parts = [
        f"# Model {details['version']}\n",
        "Says of every sentence of an article whether the article puts it forward as confirmed or as speculation,",
        "and who stands behind it.\n",
        "## What it learned from\n",
        "| language | articles | sentences | " + " | ".join(details["labels"]) + " |",
        "|---|---|---|" + "---|" * len(details["labels"]),
        *(_corpus_row(code, details) for code in codes),
        "\n## How good it is\n",
        "On articles of its corpus that the answering model had not seen (cross-validation, whole files held out):\n",
        table(scores["unseen_articles"]),
    ]
    if real := scores.get("real_articles"):
        parts += ["\nOn labelled sentences of real articles, none of which it learned from:\n", table(real)]
    parts += ["\n## What it cannot do\n", LIMITS.format(languages=", ".join(map(_name, codes)))]
    parts += [f"`{name}`: `{digest}`" for name, digest in details["files"].items()]
    return "\n".join(parts) + "\n"


def _corpus_row(code: str, details: dict[str, Any]) -> str:
    part = details["corpus"][code]
    counts = [part["articles"], part["sentences"], *(part["labels"].get(name, 0) for name in details["labels"])]
    return f"| {_name(code)} | " + " | ".join(map(str, counts)) + " |"


def _name(code: str) -> str:
    return languages.load(code).name


def table(scores: dict[str, Scores]) -> str:
    """Scores by language as a Markdown table."""
    head = "| | " + " | ".join(languages.load(code).name for code in scores) + " |\n|---|" + "---|" * len(scores)
    rows = [
        f"| {title} | " + " | ".join(f"{part.get(name, float('nan')):.3f}" for part in scores.values()) + " |"
        for name, title in COLUMNS.items()
        if any(name in part for part in scores.values())
    ]
    return "\n".join((head, *rows))
