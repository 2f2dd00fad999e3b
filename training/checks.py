"""What can be wrong with a corpus that no format shows: repetition, monotony, and sentences taken from elsewhere."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from models import cues, languages, words
from models.labels import LABELS, SOURCES
from training.examples import Article, DataError, Example

SHARED_RUN = 8  # words in a row that no two texts have in common by chance
NEAR = 0.8  # Jaccard similarity of two sentences' word sets from which they count as near-duplicates
# A run of so many words in such a share of the articles (and in so many) is a mannerism.
RECURRING_WORDS, RECURRING_SHARE, RECURRING_ARTICLES = 5, 0.02, 5


def report(articles: Sequence[Article], against: Sequence[Path] = ()) -> tuple[list[str], int]:
    """(lines to print, number of things that must be mended) for labelled articles; `against`: texts to share nothing with."""
    lines, wrong = [], 0
    foreign = shared_runs(against)
    for code in sorted({article.language for article in articles}):
        ours = [article for article in articles if article.language == code]
        examples = [example for article in ours for example in article.examples]
        lines.append(f"{languages.load(code).name}: {len(ours)} articles, {len(examples)} sentences, {_spread(ours)}")
        lines.append("  labels   " + _shares(Counter(e.label for e in examples), LABELS))
        lines.append(
            "  sources  " + _shares(Counter(e.source or "not given" for e in examples), (*SOURCES, "not given"))
        )
        duplicates = near_duplicates(ours)
        lines += [f"  near-duplicates: {a.where} and {b.where}: {a.sentence[:60]!r}" for a, b in duplicates]
        recurring = recurring_runs(ours)
        lines += [f"  in {count} articles: {run!r}" for run, count in recurring[:20]]
        lines.append(f"  one cue alone gets right: {one_cue(examples, code):.1%}")
        lines.append("  " + _variety([example.sentence for example in examples]))
        taken = [(e, run) for e in examples for run in runs(e.sentence) if run in foreign]
        lines += [
            f"  {e.where}: {SHARED_RUN} words in a row also stand in the texts given: {run!r}" for e, run in taken
        ]
        wrong += len(duplicates) + len(recurring) + len(taken)
    for path in against:
        lines.append(f"{path.name}: " + _variety(list(texts(path))))
    return lines, wrong


def runs(text: str, length: int = SHARED_RUN) -> list[str]:
    """Every run of `length` words of a text."""
    found = re.findall(r"\w+", words.fold(text).lower())
    return [" ".join(found[i : i + length]) for i in range(len(found) - length + 1)]


def shared_runs(paths: Sequence[Path]) -> set[str]:
    """Every run of `SHARED_RUN` words of some files."""
    return {run for path in paths for text in texts(path) for run in runs(text)}


def texts(path: Path) -> Iterator[str]:
    """The texts of a file: its lines, or every string inside of JSON lines. `DataError` where it cannot be read."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError([f"{path}: cannot be read ({error}); expected a text in UTF-8"]) from None
    for number, line in enumerate(lines, 1):
        try:
            yield from _strings(json.loads(line)) if path.suffix == ".jsonl" else (line,)
        except ValueError as error:
            raise DataError([f"{path}:{number}: not JSON ({error})"]) from None


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)


def near_duplicates(articles: Sequence[Article]) -> list[tuple[Example, Example]]:
    """Pairs of sentences of six different words or more, of two articles, that say nearly the same and have the same answer.

    The same words with another answer teach the most there is to learn, and a page may well repeat its own headline. Only
    sentences that share a rare word are compared.
    """
    rows = [(article.name, example) for article in articles for example in article.examples]
    bags = [frozenset(re.findall(r"\w+", words.fold(example.sentence).lower())) for _, example in rows]
    common = Counter(word for bag in bags for word in bag)
    holders: dict[str, list[int]] = defaultdict(list)
    found = []
    for index, bag in enumerate(bags):
        if len(bag) < 6:
            continue
        rare = sorted(bag, key=lambda word: (common[word], word))[: 1 + len(bag) // 5]
        name, example = rows[index]
        for other in sorted({other for word in rare for other in holders[word]}):
            theirs, before = rows[other]
            same = (theirs != name, before.label, before.source) == (True, example.label, example.source)
            if same and len(bag & bags[other]) >= NEAR * len(bag | bags[other]):
                found.append((before, example))
        for word in rare:
            holders[word].append(index)
    return found


def recurring_runs(articles: Sequence[Article]) -> list[tuple[str, int]]:
    """(run of words, articles it stands in), the most frequent first, for runs that recur too often."""
    where: dict[str, set[str]] = defaultdict(set)
    for article in articles:
        for sentence in article.sentences:
            for run in runs(sentence, RECURRING_WORDS):
                where[run].add(article.name)
    least = max(RECURRING_ARTICLES, RECURRING_SHARE * len(articles))
    often = [(run, len(names)) for run, names in where.items() if len(names) >= least]
    return sorted(often, key=lambda pair: (-pair[1], pair[0]))


def one_cue(examples: Sequence[Example], code: str) -> float:
    """The share of sentences that have a cue whose kind is more often than not on the side of their label."""
    language = languages.load(code)
    kinds = [{cue.kind for cue in cues.find(example.sentence, language)} for example in examples]
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for example, found in zip(examples, kinds, strict=True):
        for kind in found:
            votes[kind][example.label] += 1
    usual = {kind: count.most_common(1)[0][0] for kind, count in votes.items()}
    right = sum(
        any(usual[kind] == example.label for kind in found) for example, found in zip(examples, kinds, strict=True)
    )
    return right / max(1, len(examples))


def variety(sentences: Iterable[str], length: int = 1, sample: int = 10_000) -> float:
    """The share of different ones among the first 10,000 words (or runs of words): type-token ratio, n-gram novelty."""
    found: list[str] = []
    for sentence in sentences:
        found += runs(sentence, length)
        if len(found) >= sample:
            break
    return len(set(found[:sample])) / max(1, len(found[:sample]))


def _variety(sentences: Sequence[str]) -> str:
    return f"of 10,000 words {variety(sentences):.1%} are new, of pairs of words {variety(sentences, 2):.1%}"


def _spread(articles: Sequence[Article]) -> str:
    lengths = sorted(len(article.examples) for article in articles)
    open_ = sorted(
        sum(e.label == "speculation" for e in article.examples) / len(article.examples) for article in articles
    )
    middle = len(articles) // 2
    return (
        f"{lengths[0]} to {lengths[-1]} a piece (median {lengths[middle]}), "
        f"speculation {open_[0]:.0%} to {open_[-1]:.0%} of an article (median {open_[middle]:.0%})"
    )


def _shares(counts: Counter[str], names: Iterable[str]) -> str:
    total = sum(counts.values())
    return ", ".join(f"{name} {counts[name]} ({counts[name] / total:.0%})" for name in names if counts[name])
