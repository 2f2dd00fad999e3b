"""Cues stand where they say, the longest wins, and a `*` stands for an ending."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import cues, languages, words
from models.cues import Trie
from training.examples import Article

EVERY_LANGUAGE = pytest.mark.parametrize("code", languages.codes())


def found(phrases: dict[str, str], text: str) -> list[tuple[int, int, str]]:
    """(first word, number of words, kind) of the cues of a text that is one sentence."""
    trie = Trie(phrases)
    numbers = np.array([trie.start, *(trie.number(word) for word, _ in words.tokens(text))])
    cues_ = cues.find_all(numbers, trie)
    places = zip(cues_.first.tolist(), cues_.count.tolist(), cues_.phrase.tolist(), strict=True)
    return [(first - 1, count, trie.phrases[phrase][1]) for first, count, phrase in places]


def test_the_longest_phrase_at_a_place_wins() -> None:
    phrases = {"may": "modal", "may day": "lookalike"}
    assert found(phrases, "May Day") == [(0, 2, "lookalike")]
    assert found(phrases, "it may be") == [(1, 1, "modal")]


def test_a_phrase_that_breaks_off_gives_way_to_the_shorter_one() -> None:
    assert found({"may": "modal", "may as well": "plan", "as": "saying"}, "may as not") == [
        (0, 1, "modal"),
        (1, 1, "saying"),
    ]


def test_a_star_stands_for_any_ending_or_beginning() -> None:
    phrases = {"theori*": "crowd", "*erait": "conditional", "not *ing": "denial"}
    assert found(phrases, "theorising") == [(0, 1, "crowd")]
    assert found(phrases, "il arriverait") == [(1, 1, "conditional")]
    assert found(phrases, "not leaving") == [(0, 2, "denial")]
    assert found(phrases, "theory") == []


def test_a_whole_word_beats_a_star_of_the_same_length() -> None:
    assert found({"*erait": "conditional", "montrerait": "hope"}, "montrerait") == [(0, 1, "hope")]


def test_a_star_fits_words_of_other_phrases_too() -> None:
    assert found({"so *ing": "denial", "leaving": "plan"}, "so leaving") == [(0, 2, "denial")]


def test_an_anchored_phrase_stands_at_the_beginning_only() -> None:
    phrases = {"^ watch": "boilerplate", "watch out": "idle"}
    assert found(phrases, "Watch it") == [(0, 1, "boilerplate")]
    assert found(phrases, "Watch out") == [(0, 2, "idle")]
    assert found(phrases, "They watch it ^ watch") == []


def test_a_star_beside_too_few_letters_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 3 letters"):
        Trie({"a*": "modal"})


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


@given(text=st.text())
def test_the_tokens_of_a_text_put_together_are_the_text(text: str) -> None:
    assert "".join(words.tokenize(text)) == text


def test_curly_marks_and_thin_blanks_change_no_cue(corpus: list[Article]) -> None:
    for article in corpus[::20]:
        language = languages.load(article.language)
        for sentence in article.sentences:
            curly = sentence.replace("'", "’").replace(" ?", "\u202f?").replace(" !", "\u00a0!")
            assert [cue.kind for cue in cues.find(curly, language)] == [
                cue.kind for cue in cues.find(sentence, language)
            ]
