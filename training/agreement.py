"""How far two people agree who labelled the same sentences without seeing each other's answers."""

from collections.abc import Sequence

from training.examples import Article, DataError


def agreement(first: Sequence[Article], second: Sequence[Article]) -> dict[str, dict[str, float]]:
    """For label and source: Cohen's kappa, Krippendorff's alpha (both from NLTK) and the plain share, over the sentences both have.

    `DataError` where the files have no article and sentence in common.
    """
    from nltk.metrics.agreement import AnnotationTask  # costs seconds, and nothing else of training needs it

    theirs = {(a.name, place, e.sentence): e for a in second for place, e in enumerate(a.examples)}
    pairs = [
        (key, e, theirs[key])
        for a in first
        for place, e in enumerate(a.examples)
        if (key := (a.name, place, e.sentence)) in theirs
    ]
    if not pairs:
        raise DataError(
            ["the files have no sentence in common: article names, order and sentences must be the same in both"]
        )
    out = {}
    for side in ("label", "source"):
        both = [
            (key, getattr(e, side), getattr(f, side)) for key, e, f in pairs if getattr(e, side) and getattr(f, side)
        ]
        if not both:
            continue
        task = AnnotationTask(
            [(who, key, answer) for key, *answers in both for who, answer in zip("ab", answers, strict=True)]
        )
        same = sum(a == b for _, a, b in both) / len(both)
        out[side] = {"kappa": task.kappa(), "alpha": task.alpha(), "same": same, "sentences": float(len(both))}
    return out
