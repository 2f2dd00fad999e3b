"""The words of the answer, the same in corpus, code, files, API and page."""

from typing import Final

LABELS: Final = {
    "confirmed": "the article puts it forward as established",
    "speculation": "the article puts it forward as open: a rumour, a guess, a theory, a hedge",
    "no_claim": "nothing is put forward that could be so or not so",
}

SOURCES: Final = {
    "narration": "the article in its own voice",
    "named": "a person, organisation, document or outlet that can be identified",
    "anonymous": "an unnamed source, insider, friend or witness",
    "crowd": "fans, internet users, viewers, the rumour mill",
}
