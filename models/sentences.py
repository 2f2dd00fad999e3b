"""A text cut into paragraphs and sentences, by offsets, with every quote left beside its attribution.

A line is a paragraph. Inside it each run of `.`, `!`, `?` or `…` is a place where a sentence may end; what stands around it
decides. One pass, each place looked at once and only a little way to both sides, so time is linear in the text whatever it holds.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from models import cues, words
from models.languages import Language

_LINE: Final = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_MARKS: Final = re.compile(r"[.!?…]+")
_CLOSERS: Final = "\"'”’»›)]}"
_OPENERS: Final = "\"'“‘«‹„([{¿¡-–—•*·"
_BLANKS: Final = " \t\u00a0\u2007\u2009\u200a\u202f\u200b\ufeff"
_NEAR: Final = 40  # how far to both sides of a mark anything is looked at: longer than any abbreviation
_ATTRIBUTION: Final = 60  # how far behind a quote its "Ivanka wrote" may stand


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text == article[start:end]`, in code points; `paragraph` counts the lines that hold text, from 0."""

    text: str
    start: int
    end: int
    paragraph: int


def split(text: str, language: Language) -> list[Sentence]:
    """The sentences of an article, in order: nothing but blanks stands outside them."""
    found: list[Sentence] = []
    paragraph = 0
    for line in _LINE.finditer(text):
        before = len(found)
        start = line.start()
        for end in (*_ends(line.group(), language), line.end() - line.start()):
            piece = text[start : line.start() + end]
            stripped = piece.strip()
            if stripped:
                at = start + piece.index(stripped[0])
                found.append(Sentence(stripped, at, at + len(stripped), paragraph))
            start = line.start() + end
        paragraph += len(found) > before
    return found


def _ends(line: str, language: Language) -> Iterator[int]:
    """The offsets in a line behind which a new sentence begins."""
    done = closed = 0
    straight, seen = 0, 0  # straight quotes so far, and how far they are counted
    for mark in _MARKS.finditer(line):
        if mark.start() < closed:
            continue
        straight, seen = straight + line.count('"', seen, mark.end()), mark.end()
        end = closed = _closed(line, mark.end(), inside=straight % 2 == 1)
        # "1. Read the page": a number that opens a sentence is no sentence.
        counts = mark.start() - done < 6 and line[done : mark.start()].strip().isdigit()
        if not counts and _is_end(line, mark.start(), mark.end(), end, language):
            done = end
            yield end


def _closed(line: str, at: int, inside: bool) -> int:
    """The offset behind the quotes and brackets that close at a mark; `inside`: a straight quote is open there."""
    while at < len(line):
        char = line[at]
        if char in "\"'" and at + 1 < len(line) and line[at + 1].isalnum():
            if not (char == '"' and inside):  # `."Then`: the blank is missing before a quote that opens
                return at
            inside = False
        if char in _CLOSERS or char in ".!?…":
            at += 1
        elif char in _BLANKS and (behind := _skip_blanks(line, at)) < len(line) and _closes_far(line, behind, inside):
            at = behind + 1
        else:
            return at
    return at


def _closes_far(line: str, at: int, inside: bool) -> bool:
    """Whether a mark or quote that stands apart still belongs to what it follows: « Fini ! », `. .”`, `fini ! "`."""
    char, follower = line[at], line[at + 1 : at + 2]
    if char in "»›”":
        return True
    if char in ".…":
        behind = at + len(line[at : at + _NEAR]) - len(line[at : at + _NEAR].lstrip(".…"))
        return behind == len(line) or line[behind] in _CLOSERS or line[behind] in _BLANKS
    if char in "!?":
        return True
    return char == '"' and inside and (not follower or follower in _BLANKS or follower in ",.;:")


def _skip_blanks(line: str, at: int) -> int:
    while at < len(line) and line[at] in _BLANKS:
        at += 1
    return at


def _is_end(line: str, start: int, marks_end: int, end: int, language: Language) -> bool:
    """Whether the marks at `start`, closed by quotes up to `end`, end their sentence."""
    after = _skip_blanks(line, end)
    if after >= len(line):
        return False  # the line ends here anyway
    follower = _first_letter(line, after)
    if after == end:
        return _ends_without_blank(line, start, end, marks_end)
    char = line[follower] if follower < len(line) else ""
    if line[after] in ",;:" or line[after] in ")]}":
        return False
    if char.islower() and not line[follower + 1 : follower + 2].isupper():  # "iPhone" and "eBay" begin sentences
        # Translated and hasty pages forget the capital: only a full stop behind a full word ends a sentence then.
        word = line[max(0, start - _NEAR) : start].rpartition(" ")[2]
        return end == marks_end == start + 1 and line[start] == "." and len(word) > 3 and word.isalpha()
    if (
        end > marks_end
        and line[marks_end - 1] in "!?…"
        and _is_attributed(line[after : after + _ATTRIBUTION], language)
    ):
        return False
    return not _is_abbreviation(line, start, marks_end, after, language)


def _first_letter(line: str, at: int) -> int:
    """The offset of the first letter or digit from `at` on, past quotes, brackets and dashes."""
    stop = min(len(line), at + _NEAR)
    while at < stop and (line[at] in _OPENERS or line[at] in _BLANKS):
        at += 1
    return at


def _ends_without_blank(line: str, start: int, end: int, marks_end: int) -> bool:
    """`C'est fini.Les fans`: a full word before, a capital and a small letter (or a quote that opens) behind."""
    before, behind = line[max(0, start - 3) : start], line[end : end + 2]
    if line[start:marks_end] not in (".", "!", "?", "..", "...", "…", "!!", "??", "?!", "!?"):
        return False
    if behind[0] in '"“«':
        return True
    full_word = (len(before) == 3 and before.isalpha() and before[1:].islower()) or end > marks_end
    return full_word and behind[0].isupper() and (behind[1:].islower() or behind[1:] in ("'", "’", " "))


def _is_attributed(behind: str, language: Language) -> bool:
    """`“Thank you!” Ivanka wrote`: whether a name and a verb of saying follow a quote before anything else does."""
    clause = re.split(r"[.!?…:;,\"“«]", behind, maxsplit=1)[0]
    for cue in cues.find(clause, language):
        if cue.kind == "saying":
            name = clause[: cue.start].split()
            return len(name) <= 4 and all(word[:1].isupper() or len(word) <= 3 for word in name)
    return False


def _is_abbreviation(line: str, start: int, marks_end: int, after: int, language: Language) -> bool:
    """Whether the mark belongs to the word before it rather than to the sentence."""
    if marks_end - start > 1 or line[start] in "?…":
        return False
    head = line[max(0, start - _NEAR) : start]
    word = head.split()[-1].lstrip("\"'“‘«([{-—–") if head.split() and not head[-1].isspace() else ""
    token = (word + line[start]).lower()
    number = line[_first_letter(line, after) : after + _NEAR][:1].isdigit()
    opens = _opens(line, after, language)
    kind = language.abbreviations.get(token)
    if (kind is None and "’" in token) or "'" in token:
        kind = language.abbreviations.get(re.split("['’]", token)[-1])
    if kind is not None:
        return kind == "+" or number or (kind == "" and not opens)
    if line[start] != ".":
        return False
    if len(word) == 1 and word.isupper():
        return not opens
    return bool(re.fullmatch(r"(?:[^\W\d_]\.-?)+[^\W\d_]", word)) and not opens  # S.N.C.F, J.-P


def _opens(line: str, after: int, language: Language) -> bool:
    """Whether a quote or a word that opens sentences follows."""
    at = _first_letter(line, after)
    if at > after and line[after] in '"“«':
        return True
    word = re.match(r"[^\W\d_]*", words.fold(line[at : at + _NEAR]).lower())
    return word is not None and word.group() in language.openers
