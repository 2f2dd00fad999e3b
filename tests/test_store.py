"""A model version is numbers and a card: whole, verified, and never code."""

import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

from models import store
from models.classifier import ANSWERS, Weights


@pytest.fixture
def where(tmp_path: Path) -> Path:
    """A model directory with a copy of the shipped version in it."""
    target = tmp_path / "models"
    shutil.copytree(store.SHIPPED, target)
    return target


def weights(value: float) -> Weights:
    return Weights(
        columns=np.arange(3, dtype=np.int32),
        weights=np.full((3, ANSWERS), value, np.float16),
        bias=np.zeros(ANSWERS, np.float32),
        lexicon=np.array([7], np.uint32),
    )


def code() -> str:
    return store.load(where=store.SHIPPED).models.popitem()[0]


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    version = store.save({code(): weights(0.5)}, {}, tmp_path)
    back = store.load(version, tmp_path).models[code()]
    assert back.table[:4, 0].tolist() == [0.5, 0.5, 0.5, 0.0]
    assert back.vocabulary.known == {7}


def test_the_same_weights_have_the_same_bytes(tmp_path: Path) -> None:
    names = {store.save({code(): weights(0.25)}, {}, tmp_path / folder) for folder in ("a", "b")}
    assert len(names) == 1
    assert (tmp_path / "a" / names.copy().pop() / "weights.npz").read_bytes() == (
        tmp_path / "b" / names.pop() / "weights.npz"
    ).read_bytes()


def test_a_changed_byte_is_refused_before_anything_is_parsed(where: Path) -> None:
    path = where / str(store.current(where)) / "weights.npz"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(store.ModelError, match=r"digest sha256:.* expected sha256:"):
        store.load(where=where)


def forge(where: Path, data: bytes) -> None:
    """Put other weights under the current version, with a card that vouches for them."""
    import hashlib

    folder = where / str(store.current(where))
    (folder / "weights.npz").write_bytes(data)
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    card["files"]["weights.npz"] = f"sha256:{hashlib.sha256(data).hexdigest()}"
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")


def archive(tmp_path: Path, arrays: dict[str, np.ndarray], compressed: bool = False) -> bytes:
    path = tmp_path / "forged.npz"
    (np.savez_compressed if compressed else np.savez)(path, **arrays)  # type: ignore[arg-type]
    return path.read_bytes()


def arrays(**changed: np.ndarray) -> dict[str, np.ndarray]:
    good = weights(1.0)
    whole = {name: getattr(good, name) for name in store.ARRAYS} | changed
    return {f"{code()}.{name}": value for name, value in whole.items()}


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("/tmp/ondit-ran-code"),))  # type: ignore[return-value]


def test_forged_weights_are_refused_and_run_nothing(where: Path, tmp_path: Path) -> None:
    forgeries = {
        "a pickle": pickle.dumps(Bomb()),
        "objects": archive(tmp_path, arrays(bias=np.array([Bomb()], dtype=object))),
        "a compressed bomb": archive(tmp_path, arrays(), compressed=True),
        "another shape": archive(tmp_path, arrays(bias=np.zeros(3, np.float32))),
        "another type": archive(tmp_path, arrays(bias=np.zeros(ANSWERS))),
        "a column out of range": archive(tmp_path, arrays(columns=np.array([0, 1, 2**30], np.int32))),
        "no numbers": archive(tmp_path, arrays(bias=np.full(ANSWERS, np.nan, np.float32))),
        "an array too few": archive(tmp_path, dict(list(arrays().items())[:-1])),
        "text": b"weights",
    }
    for what, data in forgeries.items():
        forge(where, data)
        with pytest.raises(store.ModelError):
            store.load(where=where)
        assert not Path("/tmp/ondit-ran-code").exists(), what


def test_saving_the_same_weights_again_mends_a_damaged_file_and_keeps_a_whole_card(tmp_path: Path) -> None:
    version = store.save({code(): weights(0.5)}, {"note": "first"}, tmp_path)
    store.save({code(): weights(0.5)}, {"note": "second"}, tmp_path)
    assert store.card(version, tmp_path)["note"] == "first"
    (tmp_path / version / "weights.npz").write_bytes(b"damaged")
    store.save({code(): weights(0.5)}, {"note": "third"}, tmp_path)
    assert store.load(version, tmp_path).version == version


@pytest.mark.parametrize("content", ["", "[]", "{", "{}", '{"settings": 1}'])
def test_a_damaged_card_is_refused(where: Path, content: str) -> None:
    (where / str(store.current(where)) / "card.json").write_text(content, encoding="utf-8")
    with pytest.raises(store.ModelError):
        store.load(where=where)


def test_other_language_data_than_it_was_trained_with_is_refused(where: Path) -> None:
    path = where / str(store.current(where)) / "card.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    card["languages"][code()] = "0" * 64
    path.write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(store.ModelError, match="has changed since this version was trained"):
        store.load(where=where)


@pytest.mark.parametrize("name", ["../trained", "/etc", ".hidden", "nothing"])
def test_a_version_that_is_none_is_refused(where: Path, name: str) -> None:
    with pytest.raises(store.ModelError):
        store.load(name, where)


def test_promotion_goes_forward_and_back(where: Path) -> None:
    old = store.current(where)
    new = store.save({code(): weights(0.5)}, {}, where)
    assert store.current(where) == old
    store.promote(new, where)
    assert store.versions(where)[0] == store.current(where) == new
    assert store.roll_back(where) == store.current(where) == old
    with pytest.raises(store.ModelError, match="nothing to go back to"):
        store.roll_back(where)


def test_a_version_that_cannot_be_loaded_is_not_promoted(where: Path) -> None:
    old = store.current(where)
    new = store.save({code(): weights(0.5)}, {}, where)
    (where / new / "weights.npz").write_bytes(b"")
    with pytest.raises(store.ModelError):
        store.promote(new, where)
    assert store.current(where) == old


def test_an_empty_directory_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(store.ModelError, match="python -m training"):
        store.load(where=tmp_path)


def test_a_version_is_seen_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="full"):
        store.save({code(): weights(0.5)}, {}, tmp_path)
    assert list(tmp_path.iterdir()) == []
