"""Where sentences end."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import languages, sentences
from training.examples import Article

EVERY_LANGUAGE = pytest.mark.parametrize("code", languages.codes())
PIECES = st.sampled_from(
    [*".!?…\"“”«»‘’'()[]-–—:;, \n\u00a0\u202f", "...", "A", "b", "Dr", "fini", "E!", "U.S.", "1.", "é", "😀", "\0"]
)


def golden() -> Iterator[tuple[str, list[str]]]:
    """(language, sentences) of every text of the golden files."""
    for code in languages.codes():
        for block in (languages.FOLDER / code / "golden_sentences.txt").read_text(encoding="utf-8").split("\n\n"):
            lines = [line for line in block.splitlines() if line and not line.startswith("#")]
            if lines:
                yield code, lines


@pytest.mark.parametrize(
    ("code", "lines"), list(golden()), ids=lambda value: value if isinstance(value, str) else value[0]
)
def test_golden_texts_are_cut_as_written(code: str, lines: list[str]) -> None:
    found = sentences.split(" ".join(lines), languages.load(code))
    assert [sentence.text for sentence in found] == lines


@EVERY_LANGUAGE
@given(pieces=st.lists(PIECES, max_size=60))
def test_offsets_give_every_sentence_back_and_nothing_is_lost(code: str, pieces: list[str]) -> None:
    text = "".join(pieces)
    at = 0
    for sentence in sentences.split(text, languages.load(code)):
        assert sentence.text == text[sentence.start : sentence.end] == sentence.text.strip() != ""
        assert not text[at : sentence.start].strip()
        at = sentence.end
    assert not text[at:].strip()


@EVERY_LANGUAGE
def test_each_line_is_a_paragraph_and_blank_ones_are_none(code: str) -> None:
    found = sentences.split("Title without a stop\n\n  \nOne. Two.\r\nThree.", languages.load(code))
    assert [(sentence.paragraph, sentence.text) for sentence in found] == [
        (0, "Title without a stop"), (1, "One."), (1, "Two."), (2, "Three."),
    ]  # fmt: skip


@EVERY_LANGUAGE
@pytest.mark.parametrize("space", ["", " ", "\u00a0", "\u202f"])
def test_guillemets_close_a_sentence_whatever_blank_stands_inside(code: str, space: str) -> None:
    text = f"«{space}Fini{space}!{space}» Ensuite, rien."
    assert [s.text for s in sentences.split(text, languages.load(code))] == [
        f"«{space}Fini{space}!{space}»",
        "Ensuite, rien.",
    ]


@EVERY_LANGUAGE
@pytest.mark.parametrize(("before", "behind"), [("fini.", "Les amis"), ("ended!", "They left"), ("done.”", "She left")])
def test_a_missing_blank_behind_a_stop_does_not_join_sentences(code: str, before: str, behind: str) -> None:
    assert [s.text for s in sentences.split(before + behind, languages.load(code))] == [before, behind]


@EVERY_LANGUAGE
@pytest.mark.parametrize("text", ["www.example.com", "3.5", "U.S.A", "e.g", "...and then", "J.-P. Odile"])
def test_a_stop_inside_a_word_ends_nothing(code: str, text: str) -> None:
    assert len(sentences.split(text, languages.load(code))) == 1


@EVERY_LANGUAGE
@pytest.mark.parametrize("piece", ['"', ". ", '"." ', ". » ", '?" A', ".)", ". (", "A.", ".a", "«", "\n", "x"])
def test_a_text_that_repeats_itself_is_cut_in_linear_work(code: str, piece: str) -> None:
    """Ten times the text calls at most eleven times as many functions: counted, not timed."""
    few, many = (_calls(piece * count, code) for count in (300, 3000))
    assert many <= 11 * few


def _calls(text: str, code: str) -> int:
    import sys

    count = 0

    def tracer(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(tracer)
    try:
        sentences.split(text, languages.load(code))
    finally:
        sys.setprofile(None)
    return count


def test_the_corpus_joined_up_is_cut_back_into_its_sentences(corpus: list[Article]) -> None:
    """Boundary F1 over whole articles of the corpus; deliberate wrong splits in it keep this below 1."""
    right = cut = there = 0
    for article in corpus:
        text, ends, at = " ".join(article.sentences), set(), 0
        for sentence in article.sentences:
            at += len(sentence)
            ends.add(at)
            at += 1
        got = {sentence.end for sentence in sentences.split(text, languages.load(article.language))}
        right, cut, there = right + len(ends & got), cut + len(got), there + len(ends)
    assert 2 * right / (cut + there) > 0.9
