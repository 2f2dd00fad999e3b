"""Labelled data in, a version out, or every complaint and nothing."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from models import languages, store
from models.classifier import Classifier
from training import evaluation, examples, recipe, report
from training.__main__ import main
from training.agreement import agreement
from training.examples import Article, DataError, Example

HEADER = "article\tlabel\tsource\tsentence\n"
ROW = "a\tconfirmed\tnarration\tThe band has split, the label said on Monday.\n"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


BAD = {
    "a missing column": ("x.tsv", b"article\tlabel\nb\tconfirmed\n", "x.tsv:1: no column 'sentence'"),
    "an unknown label": (
        "x.tsv",
        (HEADER + ROW + ROW.replace("confirmed", "true")).encode(),
        "x.tsv:3: label 'true', expected one of",
    ),
    "an unknown source": (
        "x.tsv",
        (HEADER + ROW.replace("narration", "me")).encode(),
        "x.tsv:2: source 'me', expected one of",
    ),
    "a weight that is none": (
        "x.tsv",
        b"label\tweight\tsentence\nconfirmed\t-2\tHe left.\n",
        "x.tsv:2: weight '-2', expected a number above 0",
    ),
    "a mistyped column": (
        "x.tsv",
        b"label\twieght\tsentence\nconfirmed\t2\tHe left.\n",
        "x.tsv:1: column 'wieght', did you mean 'weight'?",
    ),
    "a broken encoding": (
        "x.tsv",
        (HEADER + ROW).encode() + b"a\tconfirmed\t\tcaf\xe9\n",
        "x.tsv:3: byte 0xe9 is not UTF-8",
    ),
    "an empty file": ("x.tsv", b"", "x.tsv:1: no column 'label'"),
    "a header alone": ("x.tsv", HEADER.encode(), "x.tsv:1: no labelled sentences"),
    "a cell too few": ("x.tsv", (HEADER + "a\tconfirmed\n").encode(), "x.tsv:2: 2 cells, expected 4"),
    "a blank sentence": ("x.tsv", (HEADER + "a\tconfirmed\t\t \n").encode(), "x.tsv:2: sentence"),
    "an article in two places": (
        "x.tsv",
        (HEADER + ROW + ROW.replace("a\t", "b\t", 1) + ROW).encode(),
        "x.tsv:4: article 'a' began further up",
    ),
    "another format": ("x.xlsx", b"PK", "expected one of: .tsv, .csv, .jsonl"),
    "broken JSON": ("x.jsonl", b'{"label": "confirmed"\n', "x.jsonl:1: not JSON"),
    "JSON of another shape": ("x.jsonl", b"[1]\n", "x.jsonl:1: list, expected an object"),
    "an open quote": ("x.csv", b'label,sentence\nconfirmed,"He left\n', "x.csv:2"),
    "one article only": (
        "x.tsv",
        (HEADER + ROW + ROW.replace("confirmed", "speculation")).encode(),
        "x.tsv:2: only one article",
    ),
    "one label only": ("x.tsv", (HEADER + ROW + ROW.replace("a\t", "b\t", 1)).encode(), "x.tsv:2: every sentence in"),
    "an unknown language": (
        "x.jsonl",
        b'{"label": "confirmed", "sentence": "Hi.", "language": "xx"}\n',
        "x.jsonl:1: article 'x:1': no language 'xx'",
    ),
}


BAD |= {
    "a list where text belongs": (
        "x.jsonl",
        b'{"label": ["confirmed"], "sentence": "Hi."}\n',
        "x.jsonl:1: label ['confirmed']",
    ),
    "a lone surrogate": (
        "x.jsonl",
        b'{"label": "confirmed", "sentence": "Hi \\ud800."}\n',
        "expected no NUL and no lone surrogate",
    ),
    "a column twice": (
        "x.tsv",
        b"label\tsentence\tlabel\n",
        "x.tsv:1: column 'label' stands in the header more than once",
    ),
}


def test_where_two_sentences_disagree_the_heavier_one_decides() -> None:
    code = languages.codes()[0]
    said = "The pair have split, a friend told the magazine."
    for heavier in range(2):
        articles = [
            Article(str(number), code, (Example(said, label, None, f"{number}:1", 1 + 9 * (number % 2 == heavier)),))
            for number, label in enumerate(("confirmed", "speculation") * 10)
        ]
        fitted = recipe.fit(articles, jobs=1)
        answers = Classifier("", "", {code: fitted.weights}).classify_sentences([said], code)
        assert answers.sentences[0].label == ("confirmed", "speculation")[heavier]


@pytest.mark.parametrize("what", BAD)
def test_bad_data_is_told_with_file_and_line_and_nothing_is_written(what: str, tmp_path: Path) -> None:
    name, content, complaint = BAD[what]
    (tmp_path / name).write_bytes(content)
    models = tmp_path / "models"
    result = run("--data", tmp_path / name, "--only", "--models", models)
    assert result.exit_code == 2
    assert complaint in result.stderr
    assert not models.exists()


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    result = run("--data", tmp_path / "none.tsv", "--models", tmp_path / "models")
    assert (result.exit_code, "cannot be read" in result.stderr) == (2, True)


def test_all_complaints_come_at_once(tmp_path: Path) -> None:
    for name in ("x.tsv", "y.tsv"):
        (tmp_path / name).write_text(HEADER + ROW.replace("confirmed", "true") * 3, encoding="utf-8")
    result = run("--data", tmp_path / "x.tsv", "--data", tmp_path / "y.tsv", "--models", tmp_path / "models")
    assert result.stderr.count("label 'true'") == 6


def test_one_file_in_three_formats_is_the_same_data(tmp_path: Path) -> None:
    rows = [
        ("a", "confirmed", 'She said: "Yes, I am."'),
        ("a", "speculation", "He may follow her in May."),
        ("b", "no_claim", "Read more, and more"),
    ]
    (tmp_path / "x.tsv").write_text(
        "article\tlabel\tsentence\n" + "".join("\t".join(row) + "\n" for row in rows), encoding="utf-8"
    )
    (tmp_path / "x.csv").write_text(
        "article,label,sentence\n" + "".join(f'{a},{b},"{c.replace(chr(34), chr(34) * 2)}"\n' for a, b, c in rows),
        encoding="utf-8-sig",
    )
    (tmp_path / "x.jsonl").write_text(
        "".join(json.dumps(dict(zip(("article", "label", "sentence"), row, strict=True))) + "\n" for row in rows),
        encoding="utf-8",
    )
    found = [
        [
            (a.name, [(e.label, e.sentence) for e in a.examples])
            for a in examples.read([tmp_path / name], languages.codes()[0])
        ]
        for name in ("x.tsv", "x.csv", "x.jsonl")
    ]
    assert found[0] == found[1] == found[2]


def test_a_users_file_makes_a_version_twice_the_same(small_data: Path, tmp_path: Path) -> None:
    results = [run("--data", small_data, "--only", "--models", tmp_path / folder) for folder in ("a", "b")]
    assert [result.exit_code for result in results] == [0, 0]
    assert "label macro F1" in results[0].stdout
    assert store.load(where=tmp_path / "a").digest == store.load(where=tmp_path / "b").digest
    assert "Promoted" in results[0].stdout
    assert (tmp_path / "a" / str(store.current(tmp_path / "a")) / "card.md").exists()


def test_only_a_label_and_a_sentence_are_needed(small_data: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.tsv"
    lines = [line.split("\t") for line in small_data.read_text(encoding="utf-8").splitlines()]
    bare.write_text("".join(f"{label}\t{sentence}\n" for _, label, _, sentence in lines), encoding="utf-8")
    result = run("--data", bare, "--only", "--language", examples.corpus()[0].language, "--models", tmp_path / "models")
    assert result.exit_code == 0
    classifier = store.load(where=tmp_path / "models")
    verdicts = classifier.classify("The tour is over, and the singer has gone home to Ghent.").sentences
    assert {verdict.source for verdict in verdicts} == {"narration"}


def test_a_worse_version_is_kept_and_not_promoted(small_data: Path, tmp_path: Path, corpus: list[Article]) -> None:
    assert run("--data", small_data, "--only", "--models", tmp_path).exit_code == 0
    good = store.current(tmp_path)
    turned = tmp_path / "turned.tsv"
    turned.write_text(
        small_data.read_text(encoding="utf-8")
        .replace("\tconfirmed\t", "\t?\t")
        .replace("\tspeculation\t", "\tconfirmed\t")
        .replace("\t?\t", "\tspeculation\t"),
        encoding="utf-8",
    )
    # Compared on held-out articles of the data it is given: its own turned labels would be to its liking.
    learned = evaluation.held_out(examples.read([small_data]))[0]
    names = {article.name for article in learned}
    mixed = tmp_path / "mixed.tsv"
    right, wrong = (path.read_text(encoding="utf-8").splitlines() for path in (small_data, turned))
    mixed.write_text(
        "\n".join(
            [right[0], *(w if w.split("\t")[0] in names else r for r, w in zip(right[1:], wrong[1:], strict=True))]
        )
        + "\n",
        encoding="utf-8",
    )
    result = run("--data", mixed, "--only", "--models", tmp_path)
    assert result.exit_code == 0
    assert "Not promoted" in result.stdout
    assert store.current(tmp_path) == good
    assert len(store.versions(tmp_path)) == 2


def test_held_out_articles_are_the_same_whatever_stands_beside_them(corpus: list[Article]) -> None:
    ours = [article for article in corpus if article.language == corpus[0].language]
    alone = {article.name for article in evaluation.held_out(ours[: len(ours) // 2])[1]}
    together = {article.name for article in evaluation.held_out(corpus)[1]}
    assert alone & {article.name for article in corpus} <= together or len(alone) == 1
    learned, kept = evaluation.held_out(corpus)
    assert not {article.name for article in learned} & {article.name for article in kept}
    assert len(learned) + len(kept) == len(corpus)


def test_two_labellings_that_are_the_same_agree_wholly(small_data: Path) -> None:
    articles = examples.read([small_data])
    figures = agreement(articles, articles)
    assert figures["label"]["kappa"] == figures["label"]["alpha"] == figures["label"]["same"] == 1
    with pytest.raises(DataError, match="no sentence in common"):
        agreement(articles, [])


def test_the_corpus_is_clean() -> None:
    result = run("check")
    assert result.exit_code == 0, result.stdout


def test_check_finds_what_is_borrowed_and_what_is_repeated(small_data: Path, tmp_path: Path) -> None:
    articles = examples.read([small_data])
    longest = max((sentence for article in articles for sentence in article.sentences), key=len)
    (tmp_path / "book.txt").write_text(f"Once upon a time. {longest}\n", encoding="utf-8")
    result = run("check", small_data, "--against", tmp_path / "book.txt")
    assert result.exit_code == 2
    assert "words in a row also stand in the texts given" in result.stdout


def test_scores_are_what_their_names_say() -> None:
    import numpy as np

    example = examples.Example("x", "speculation", "crowd", "x:1")
    article = Article("a", languages.codes()[0], (example, examples.Example("y", "confirmed", None, "x:2")))
    answers = np.array([[0.2, 0.7, 0.1, 0.1, 0.1, 0.1, 0.7], [0.3, 0.6, 0.1, 1, 0, 0, 0]])
    scores = evaluation.score([article], answers)
    assert scores["accuracy"] == 0.5
    assert scores["speculation_f1"] == round(2 / 3, 4)
    assert scores["confirmed_f1"] == 0
    assert scores["source_macro_f1"] == 1
    assert scores["ece"] == pytest.approx(abs(0.7 - 1) / 2 + abs(0.6 - 0) / 2)


def test_the_readme_shows_the_figures_of_the_card() -> None:
    """Every score in the README's table is the shipped version's, by the same name."""
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    scores = store.card(str(store.current(store.SHIPPED)), store.SHIPPED)["scores"]["real_articles"]
    for name, title in report.COLUMNS.items():
        shown = [f"{part[name]:.3f}" for _, part in sorted(scores.items())]
        assert f"| {title} | {' | '.join(shown)} |" in readme, title


@pytest.mark.parametrize("code", languages.codes())
def test_sentences_without_their_articles_are_answered_nearly_as_well(
    code: str, corpus: list[Article], classifier: Classifier
) -> None:
    """They were learned alone too; a model that was not loses 7 to 10 % of the sources here."""
    articles = [article for article in corpus if article.language == code][::10]
    alone = evaluation.torn_apart(articles)
    whole, single = (evaluation.score(part, evaluation.answer(classifier, part)) for part in (articles, alone))
    assert single["source_accuracy"] > whole["source_accuracy"] - 0.04
