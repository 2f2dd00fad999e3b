"""Cues stand where they say, the longest wins, and a `*` stands for an ending."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import cues, languages, words
from models.cues import Index
from training.examples import Article

EVERY_LANGUAGE = pytest.mark.parametrize("code", languages.codes())


def kinds(phrases: dict[str, str], text: str) -> list[tuple[int, str]]:
    """(words, kind) at the first word of a text."""
    return [Index(phrases).longest(words.tokens(words.fold(text)), 0)]


def test_the_longest_phrase_at_a_place_wins() -> None:
    phrases = {"may": "modal", "may day": "lookalike"}
    assert kinds(phrases, "May Day") == [(2, "lookalike")]
    assert kinds(phrases, "may be") == [(1, "modal")]


def test_a_star_stands_for_any_ending_or_beginning() -> None:
    phrases = {"theori*": "crowd", "*erait": "conditional", "not *ing": "denial"}
    assert kinds(phrases, "theorising") == [(1, "crowd")]
    assert kinds(phrases, "arriverait") == [(1, "conditional")]
    assert kinds(phrases, "not leaving") == [(2, "denial")]
    assert kinds(phrases, "theory") == [(0, "")]


def test_a_whole_word_beats_a_star_of_the_same_length() -> None:
    assert kinds({"*erait": "conditional", "montrerait": "hope"}, "montrerait") == [(1, "hope")]


def test_a_star_beside_too_few_letters_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 3 letters"):
        Index({"a*": "modal"})


@EVERY_LANGUAGE
@given(text=st.text(max_size=80))
def test_cues_give_their_words_back_and_never_overlap(code: str, text: str) -> None:
    at = 0
    for cue in cues.find(text, languages.load(code)):
        assert cue.text == text[cue.start : cue.end] != ""
        assert cue.start >= at
        at = cue.end


@given(text=st.text())
def test_folding_keeps_every_character_at_its_place(text: str) -> None:
    assert len(words.fold(text)) == len(text)


def test_curly_marks_and_thin_blanks_change_no_cue(corpus: list[Article]) -> None:
    for article in corpus[::20]:
        language = languages.load(article.language)
        for sentence in article.sentences:
            curly = sentence.replace("'", "’").replace(" ?", "\u202f?").replace(" !", "\u00a0!")
            assert [cue.kind for cue in cues.find(curly, language)] == [
                cue.kind for cue in cues.find(sentence, language)
            ]
