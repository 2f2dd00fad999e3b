"""Speech is found inside whatever marks a page uses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import quotes

STYLES = ["“{}”", '"{}"', "«{}»", "« {} »", "« {} »", "‘{}’", "'{}'", "“{} »"]


def quoted(sentences: list[str]) -> list[str]:
    return [
        "".join(text[start:stop] for start, stop in parts)
        for text, parts in zip(sentences, quotes.spans(sentences), strict=True)
    ]


@pytest.mark.parametrize("style", STYLES)
def test_a_quote_is_found_in_every_style(style: str) -> None:
    inside = style.format("We left in May")
    assert quoted([f"{inside}, she said."]) == [inside]
    assert quoted([f"She said: {inside}."]) == [inside]


@pytest.mark.parametrize("style", STYLES)
def test_a_quote_runs_through_its_sentences(style: str) -> None:
    whole = style.format("I painted it.|It took nine days.|Nobody helped")
    sentences = ["Then she spoke.", *whole.split("|")]
    sentences[-1] += ", she said."
    assert [bool(part) for part in quoted(sentences)] == [False, True, True, True]
    assert quoted(sentences)[2] == sentences[2]
    assert not quoted(sentences)[3].endswith("said.")


def test_a_quote_that_nobody_closes_ends_with_its_sentence() -> None:
    assert (
        quoted(["He said: “I am done.", "The tour ended in May.", "It rained.", "Nobody came.", "The end."])[1:]
        == [""] * 4
    )


def test_a_quote_that_the_end_of_the_article_cuts_off_runs_to_it() -> None:
    assert quoted(["The tour ended in May.", "He said: “I am done.", "I need a rest."]) == [
        "",
        "“I am done.",
        "I need a rest.",
    ]


def test_a_long_quote_that_opens_every_paragraph_is_one() -> None:
    sentences = ["“I began late.", "I had no teacher.", "“Then came the war.", "We moved away,” he wrote."]
    assert all(quoted(sentences))


def test_apostrophes_are_no_quotes() -> None:
    assert quoted(["It's the fans' choice, don't you think?", "Rock 'n' roll isn't dead."]) == ["", ""]


@given(st.lists(st.text(alphabet="\"“”«»‘’' .abc", max_size=20), max_size=8))
def test_spans_lie_inside_their_sentences_in_order(sentences: list[str]) -> None:
    for text, parts in zip(sentences, quotes.spans(sentences), strict=True):
        at = 0
        for start, stop in parts:
            assert at <= start <= stop <= len(text)
            at = stop
