"""Which languages there are, what is known of each, and which one a text is in.

A language is a folder of data: `language.toml` (its name, words that open sentences and clauses), `abbreviations.txt`,
`classes.txt` (frequent words by class), `cues/<kind>.txt` and `golden_sentences.txt`. Adding one needs no code.
"""

import hashlib
import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

import py3langid

FOLDER = Path(__file__).parent

# How many nats of log-likelihood another language must lead by before a text is refused. On some 13,800 paragraphs
# and titles of English and French news the supported language was behind by at most 30 (a five-word headline), nearly
# always by less than 20; two short sentences in Spanish, German, Portuguese or Danish lead by 40 to 170.
REFUSAL_MARGIN = 20.0

# Words from the beginning and from the middle of a text that tell its language: more of them change no answer on the corpus
# and cost as much as everything else that is done with the text.
SAMPLE = 14

# A word that is not listed has the class of most listed words with its ending, the longest that so many have.
LONGEST_ENDING, ENDING_WORDS = 5, 5
_WORD = re.compile(r"[^\W\d_]{1,40}")


class UnsupportedLanguage(ValueError):
    """The text is in a language there is no data for, or in none that can be told."""


@dataclass(frozen=True)
class Language:
    code: str
    name: str
    openers: frozenset[str]  # lower-case words that begin a sentence far more often than they follow an abbreviation
    abbreviations: dict[str, str]  # lower-case, with their mark: {"dr.": "+", "vol.": "0", "inc.": ""}
    cues: dict[str, str]  # phrase -> kind
    shades: dict[str, str]  # phrase -> its kind and the heading it stands under in the kind's file
    classes: dict[str, str]  # word -> its class: what kind of thing it names, for a verb also in which form
    clause_openers: frozenset[str]  # lower-case words that open a clause
    finite: frozenset[str]  # the classes, or forms in the names of classes, that make a clause
    endings: dict[str, str]  # ending of a word -> the class that most words with it have
    digest: str  # SHA-256 over the folder's data files that a model is trained with

    def class_of(self, word: str) -> str:
        """The class of a word in lower case, by its ending where the word itself is not listed."""
        found = self.classes.get(word)
        for length in range(LONGEST_ENDING, 1, -1) if found is None else ():
            found = found or self.endings.get(word[-length:])
        return found or "unknown"

    def is_finite(self, name: str) -> bool:
        """Whether the words of a class are finite verbs."""
        return name in self.finite or name.rpartition("-")[2] in self.finite


@cache
def codes() -> tuple[str, ...]:
    """The codes (ISO 639-1) of the languages that have a folder, sorted."""
    return tuple(sorted(path.parent.name for path in FOLDER.glob("*/language.toml")))


@cache
def load(code: str) -> Language:
    """The data of one language. `UnsupportedLanguage` where there is none."""
    if code not in codes():
        raise UnsupportedLanguage(f"no language {code!r}; there are: {', '.join(codes())}")
    folder = FOLDER / code
    settings = tomllib.loads((folder / "language.toml").read_text(encoding="utf-8"))
    cues: dict[str, str] = {}
    shades: dict[str, str] = {}
    for path in sorted((folder / "cues").glob("*.txt")):
        for heading, phrase in headed_entries(path):
            if cues.setdefault(phrase, path.stem) != path.stem:
                raise ValueError(f"{path}: {phrase!r} also stands in cues/{cues[phrase]}.txt; a phrase has one kind")
            shades.setdefault(phrase, f"{path.stem}: {heading}")
    classes = {word: heading for heading, line in headed_entries(folder / "classes.txt") for word in line.split()}
    return Language(
        code=code,
        name=settings["name"],
        openers=frozenset(settings["openers"]),
        abbreviations={
            word: mark for word, _, mark in (e.partition(" ") for e in entries(folder / "abbreviations.txt"))
        },
        cues=cues,
        shades=shades,
        classes=classes,
        clause_openers=frozenset(settings["clause_openers"]),
        finite=frozenset(settings["finite"]),
        endings=_endings(classes),
        digest=_digest(
            [
                folder / "abbreviations.txt",
                folder / "language.toml",
                folder / "classes.txt",
                *sorted(folder.glob("cues/*.txt")),
            ]
        ),
    )


def _endings(classes: dict[str, str]) -> dict[str, str]:
    """The class that most words with an ending have, for every ending that enough words have."""
    counts: dict[str, Counter[str]] = {}
    for word, name in classes.items():
        for length in range(2, min(LONGEST_ENDING, len(word) - 1) + 1):
            counts.setdefault(word[-length:], Counter())[name] += 1
    return {ending: count.most_common(1)[0][0] for ending, count in counts.items() if count.total() >= ENDING_WORDS}


def entries(path: Path) -> list[str]:
    """The entries of a data file: one a line, what follows `#` after a blank is the reason and left out."""
    return [entry for _, entry in headed_entries(path)]


def headed_entries(path: Path) -> list[tuple[str, str]]:
    """(heading, entry) of a data file: a heading is the last comment line above an entry."""
    heading, found = "", []
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = line.partition(" #")[0].strip()
        if entry.startswith("#"):
            heading = line.lstrip("# ").strip()
        elif entry:
            found.append((heading, entry))
    return found


def detect(text: str) -> str:
    """The code of the language that `text` is in.

    Short texts prove little, so the best of our languages is taken unless another is ahead by `REFUSAL_MARGIN`.
    `UnsupportedLanguage` then, and where nothing in the text tells a language (numbers, emoji).
    """
    words = [word.group() for at in (0, len(text) // 2) for word in islice(_WORD.finditer(text, at), SAMPLE)]
    if not words:
        raise UnsupportedLanguage(f"no letters tell which language this is; name one of: {', '.join(codes())}")
    sample = " ".join(words)
    best, score = py3langid.classify(sample)
    if best in codes():
        return str(best)
    ours, our_score = next((code, score) for code, score in py3langid.rank(sample) if code in codes())
    if score - our_score > REFUSAL_MARGIN:
        raise UnsupportedLanguage(f"the text looks like {best!r}; there are models for: {', '.join(codes())}")
    return str(ours)


def warm_up() -> None:
    """Load what detecting needs now, so that processes forked later share it."""
    py3langid.rank("")


def _digest(paths: list[Path]) -> str:
    whole = hashlib.sha256()
    for path in paths:
        whole.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()
