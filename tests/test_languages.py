"""Every language folder holds what a language needs, and a text is taken for what it is."""

from pathlib import Path

import pytest

from models import cues, languages
from training.examples import Article

FOREIGN = [
    line for line in (Path(__file__).parent / "foreign.txt").read_text(encoding="utf-8").splitlines() if line[0] != "#"
]
EVERY_LANGUAGE = pytest.mark.parametrize("code", languages.codes())


@EVERY_LANGUAGE
def test_each_kind_of_cue_has_a_reason_and_enough_phrases(code: str) -> None:
    for path in (languages.FOLDER / code / "cues").glob("*.txt"):
        assert path.read_text(encoding="utf-8").startswith("#"), f"{path} does not say what it is for"
        assert len(languages.entries(path)) >= 15, path


def test_all_languages_have_the_same_kinds_of_cue() -> None:
    kinds = {code: set(languages.load(code).cues.values()) for code in languages.codes()}
    assert len({frozenset(found) for found in kinds.values()}) == 1, kinds


@EVERY_LANGUAGE
def test_each_phrase_is_found_where_it_stands_alone(code: str) -> None:
    language = languages.load(code)
    for phrase, kind in language.cues.items():
        text = phrase.replace("*", "xyz")
        text = text.removeprefix(f"{cues.START} ") if text.startswith(cues.START) else f"xyz {text}"
        found = cues.find(text, language)
        assert any(cue.kind == kind for cue in found), f"{phrase!r} of {kind} is found as {found}"


def test_articles_are_detected_as_what_they_are(corpus: list[Article]) -> None:
    wrong = [article.name for article in corpus if languages.detect("\n".join(article.sentences)) != article.language]
    assert not wrong


@pytest.mark.parametrize("text", FOREIGN, ids=lambda text: text[:12])
def test_a_text_in_another_language_is_refused(text: str) -> None:
    with pytest.raises(languages.UnsupportedLanguage, match="there are models for"):
        languages.detect(text)


@pytest.mark.parametrize("head", ["\n" * 3000, "12:30 " * 500, "🙂 " * 500])
def test_a_head_without_letters_tells_nothing(head: str, corpus: list[Article]) -> None:
    for code in languages.codes():
        text = "\n".join(next(article for article in corpus if article.language == code).sentences)
        assert languages.detect(head + text) == code
    with pytest.raises(languages.UnsupportedLanguage):
        languages.detect(head + FOREIGN[0])


@pytest.mark.parametrize("text", ["", "🙂🙂🙂", "12 34", "…"])
def test_a_text_that_tells_no_language_is_refused(text: str) -> None:
    with pytest.raises(languages.UnsupportedLanguage, match="name one of"):
        languages.detect(text)


def test_an_unknown_code_is_answered_with_the_known_ones() -> None:
    with pytest.raises(languages.UnsupportedLanguage, match=", ".join(languages.codes())):
        languages.load("xx")


@pytest.mark.parametrize("code", languages.codes())
def test_every_listed_word_has_one_class(code: str) -> None:
    listed = [w for line in languages.entries(languages.FOLDER / code / "classes.txt") for w in line.split()]
    assert len(listed) == len(set(listed)) > 1000
    language = languages.load(code)
    assert {language.class_of(word) for word in listed} == set(language.classes.values())


@pytest.mark.parametrize("code", languages.codes())
def test_a_word_that_is_not_listed_has_the_class_of_its_ending(code: str) -> None:
    language = languages.load(code)
    ending, name = next(
        (ending, name) for ending, name in language.endings.items() if len(ending) == languages.LONGEST_ENDING
    )
    assert language.class_of(f"qqq{ending}") == name
    assert language.class_of("qqqqq") == "unknown"


@pytest.mark.parametrize("code", languages.codes())
def test_finite_verbs_are_some_classes_of_verbs(code: str) -> None:
    language = languages.load(code)
    names = set(language.classes.values())
    assert 0 < sum(language.is_finite(name) for name in names) < len(names)
