"""Labelled data read and checked: every complaint with file and line, all of them at once, nothing guessed.

A file is TSV, CSV (both with a header) or JSONL. Only `label` and `sentence` are needed; `article` tells which sentences stand
together, in order, `source` who stands behind them, `weight` how much a sentence counts (1 where nothing is said), `paragraph` is
for the reader, `language` saves detecting it.
"""

import csv
import difflib
import io
import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models import languages
from models.labels import LABELS, SOURCES

CORPUS = Path(__file__).parent / "corpus"
COLUMNS = ("article", "paragraph", "label", "source", "weight", "language", "sentence")  # others are left unread
FORMATS = {".tsv": "\t", ".csv": ",", ".jsonl": None}


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled sentence; `source` is None where the file does not say."""

    sentence: str
    label: str
    source: str | None
    where: str  # file:line
    weight: float = 1.0  # how much it counts in learning


@dataclass(frozen=True, slots=True)
class Article:
    """The labelled sentences of one article, in order."""

    name: str
    language: str
    examples: tuple[Example, ...]

    @property
    def file(self) -> str:
        """The file that the article stands in."""
        return self.examples[0].where.rpartition(":")[0]

    @property
    def sentences(self) -> list[str]:
        return [example.sentence for example in self.examples]


class DataError(Exception):
    """What is wrong with labelled data, one complaint a line."""

    def __init__(self, complaints: Sequence[str]) -> None:
        super().__init__("\n".join(complaints))
        self.complaints = list(complaints)


def corpus() -> list[Article]:
    """The shipped corpus, all languages."""
    paths = [path for code in languages.codes() for path in sorted((CORPUS / code).glob("*.tsv"))]
    return read(paths)


def read(paths: Sequence[Path], language: str | None = None) -> list[Article]:
    """The articles of some files, in order. What a column `language` leaves open, `language`, the folder or the text tells.

    `DataError` with every complaint about every file.
    """
    complaints: list[str] = []
    articles: list[Article] = []
    owner: dict[str, str] = {}
    for path in paths:
        try:
            found = _read_file(path, language)
        except DataError as error:
            complaints += error.complaints
            continue
        for article in found:
            where = article.examples[0].where
            if article.name in owner:
                complaints.append(
                    f"{where}: article {article.name!r} also stands at {owner[article.name]}; names must be unique"
                )
            owner[article.name] = where
        articles += found
    if complaints:
        raise DataError(complaints)
    return articles


def check_enough(articles: Sequence[Article]) -> None:
    """`DataError` where nothing can be learned: one article or one label in a language."""
    complaints = []
    if not articles:
        complaints.append("no labelled sentences; give files with --data, or put some into training/corpus/<language>/")
    for code in sorted({article.language for article in articles}):
        ours = [article for article in articles if article.language == code]
        labels = Counter(example.label for article in ours for example in article.examples)
        where = ours[0].examples[0].where
        if len(ours) < 2:
            complaints.append(
                f"{where}: only one article in {code!r}, expected at least 2: a model is tried on articles it has not seen"
            )
        if len(labels) < 2:
            complaints.append(
                f"{where}: every sentence in {code!r} is {next(iter(labels))!r}, expected at least 2 labels of: {', '.join(LABELS)}"
            )
    if complaints:
        raise DataError(complaints)


def _read_file(path: Path, language: str | None) -> list[Article]:
    if path.suffix not in FORMATS:
        raise DataError([f"{path}: format {path.suffix!r}, expected one of: {', '.join(FORMATS)}"])
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise DataError([f"{path}: cannot be read ({error.strerror}); is the name right?"]) from None
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DataError(
            [f"{path}:{line}: byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8"]
        ) from None
    delimiter = FORMATS[path.suffix]
    complaints: list[str] = []
    rows = list(
        _json_rows(path, text, complaints) if delimiter is None else _table_rows(path, text, delimiter, complaints)
    )
    if not rows and not complaints:
        complaints.append(f"{path}:1: no labelled sentences, expected a header and a row for each sentence")
    grouped: dict[str, list[tuple[Example, str | None]]] = {}
    last = None
    for number, row in rows:
        example = _example(path, number, row, complaints)
        if example is None:
            continue
        name = f"{path.stem}:{number}" if row.get("article") in (None, "") else str(row["article"])
        if name in grouped and name != last:
            complaints.append(
                f"{path}:{number}: article {name!r} began further up; its rows must stand together, in order"
            )
        grouped.setdefault(name, []).append((example, row.get("language") or language))
        last = name
    articles = [] if complaints else [_article(path, name, rows_, complaints) for name, rows_ in grouped.items()]
    if complaints:
        raise DataError(complaints)
    return articles


def _table_rows(path: Path, text: str, delimiter: str, complaints: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, {column: cell}) of a TSV, in which quotes are text, or a CSV, in which they are not."""
    lines = io.StringIO(text, newline="")
    if delimiter == "\t":
        reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    else:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        header = next(reader, [])
        for column in sorted({name for name in header if header.count(name) > 1}):
            complaints.append(f"{path}:1: column {column!r} stands in the header more than once")
        for column in ("label", "sentence"):
            if column not in header:
                complaints.append(
                    f"{path}:1: no column {column!r} in the header, found: {', '.join(header) or 'nothing'}"
                )
        for column in header:
            if column not in COLUMNS and (near := difflib.get_close_matches(column.lower(), COLUMNS, 1, 0.75)):
                complaints.append(f"{path}:1: column {column!r}, did you mean {near[0]!r}?")
        if complaints:
            return
        for row in reader:
            if not row:
                continue
            if len(row) != len(header):
                complaints.append(
                    f"{path}:{reader.line_num}: {len(row)} cells, expected {len(header)}: {', '.join(header)}"
                )
                continue
            yield reader.line_num, dict(zip(header, row, strict=True))
    except csv.Error as error:
        complaints.append(f"{path}:{reader.line_num}: {error}")


def _json_rows(path: Path, text: str, complaints: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line, object) of a JSONL file."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            complaints.append(f"{path}:{number}: not JSON ({error}), expected one object a line")
            continue
        if not isinstance(row, dict):
            complaints.append(f"{path}:{number}: {type(row).__name__}, expected an object with label and sentence")
            continue
        yield number, row


def _example(path: Path, number: int, row: dict[str, Any], complaints: list[str]) -> Example | None:
    label, source, sentence = row.get("label"), row.get("source") or None, row.get("sentence")
    before = len(complaints)
    for name in ("article", "source", "language"):
        if not isinstance(row.get(name), str | int | None):
            complaints.append(f"{path}:{number}: {name} {row[name]!r}, expected text")
    if not isinstance(label, str) or label not in LABELS:
        complaints.append(f"{path}:{number}: label {label!r}, expected one of: {', '.join(LABELS)}")
    if source is not None and (not isinstance(source, str) or source not in SOURCES):
        complaints.append(f"{path}:{number}: source {source!r}, expected one of: {', '.join(SOURCES)} (or nothing)")
    if not isinstance(sentence, str) or not sentence.strip():
        complaints.append(f"{path}:{number}: sentence {sentence!r}, expected text")
    elif any(char == "\0" or "\ud800" <= char <= "\udfff" for char in sentence):
        complaints.append(f"{path}:{number}: sentence {sentence!r}, expected no NUL and no lone surrogate")
    weight = _weight(row.get("weight"))
    if weight is None:
        complaints.append(
            f"{path}:{number}: weight {row['weight']!r}, expected a number above 0 (or nothing, which is 1)"
        )
    if len(complaints) > before or weight is None:
        return None
    return Example(str(sentence).strip(), str(label), source, f"{path}:{number}", weight)


def _weight(cell: object) -> float | None:
    """The number in a cell, 1 where it is empty; None where it is no weight."""
    if cell in (None, ""):
        return 1.0
    try:
        weight = float(cell) if isinstance(cell, str | int | float) and not isinstance(cell, bool) else 0.0
    except (ValueError, OverflowError):
        return None
    return weight if 0 < weight < math.inf else None


def _article(path: Path, name: str, rows: list[tuple[Example, str | None]], complaints: list[str]) -> Article:
    code = rows[0][1] or (path.parent.name if path.parent.parent == CORPUS else None)
    where = rows[0][0].where
    try:
        code = (
            languages.load(code).code if code else languages.detect("\n".join(example.sentence for example, _ in rows))
        )
    except languages.UnsupportedLanguage as error:
        complaints.append(f"{where}: article {name!r}: {error} (give --language or a column `language`)")
    return Article(name, code or "", tuple(example for example, _ in rows))
