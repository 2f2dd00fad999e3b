"""Model versions on disk: numbers and a card, written whole or not at all, loaded without running code.

A model directory holds a folder for every version and a file `current` that names the one in use, with the ones used before
below it. `ONDIT_MODELS` names the one to use; else it is the checkout's own, once something was trained into it, else the one
that ships.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np

from models import features, languages
from models.classifier import ANSWERS, LABEL_NAMES, SOURCE_NAMES, Classifier, Weights

SHIPPED: Final = Path(__file__).parent / "trained"
OWN: Final = Path(__file__).parent / "own"
LARGEST: Final = 256 * 2**20  # bytes of weights: far above any version, far below what would exhaust a machine

# What a weights file may hold: for each array of a language its dtype and shape (None: any length).
ARRAYS: Final[dict[str, tuple[str, tuple[int | None, ...]]]] = {
    "columns": ("int32", (None,)),
    "weights": ("float16", (None, ANSWERS)),
    "bias": ("float32", (ANSWERS,)),
    "lexicon": ("uint32", (None,)),
}


class ModelError(Exception):
    """A model version is missing, damaged or not made for this code."""


def directory() -> Path:
    """Where the versions lie."""
    named = os.environ.get("ONDIT_MODELS")
    return Path(named) if named else OWN if (OWN / "current").exists() else SHIPPED


def versions(where: Path | None = None) -> list[str]:
    """The names of the versions in a model directory, the current one first, then by name."""
    where = where or directory()
    now = current(where)
    return sorted((path.parent.name for path in where.glob("*/card.json")), key=lambda name: (name != now, name))


def current(where: Path | None = None) -> str | None:
    """The name of the version in use, None where nothing was promoted yet."""
    history = _history(where or directory())
    return history[0] if history else None


def save(weights: dict[str, Weights], card: dict[str, Any], where: Path | None = None) -> str:
    """Write a version and return its name (the beginning of its digest). Nothing half-written can be seen under that name."""
    where = where or directory()
    try:
        where.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ModelError(
            f"{where}: no folder can be made there ({error.strerror}); name another model directory"
        ) from None
    data = _pack(weights)
    digest = hashlib.sha256(data).hexdigest()
    card = {
        "version": digest[:12],
        "settings": features.SETTINGS,
        "labels": LABEL_NAMES,
        "sources": SOURCE_NAMES,
        "languages": {code: languages.load(code).digest for code in sorted(weights)},
        "files": {"weights.npz": f"sha256:{digest}"},
        **card,
    }
    made = Path(tempfile.mkdtemp(prefix=".new-", dir=where))
    try:
        (made / "weights.npz").write_bytes(data)
        (made / "card.json").write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        made.chmod(0o755)
        target = where / digest[:12]
        if not target.exists():
            os.replace(made, target)
        elif not _is_whole(target, digest):  # damaged since
            for name in ("weights.npz", "card.json"):
                os.replace(made / name, target / name)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return digest[:12]


def _is_whole(folder: Path, digest: str) -> bool:
    try:
        return hashlib.sha256((folder / "weights.npz").read_bytes()).hexdigest() == digest and bool(
            card(folder.name, folder.parent)
        )
    except (OSError, ModelError):
        return False


def card(version: str, where: Path | None = None) -> dict[str, Any]:
    """The card of a version. `ModelError` where there is none."""
    path = (where or directory()) / version / "card.json"
    if not re.fullmatch(r"[0-9a-zA-Z._-]+", version) or version.startswith("."):
        raise ModelError(f"version {version!r}: expected the name of a folder in {where or directory()}")
    try:
        found = json.loads(path.read_bytes())
    except OSError:
        raise ModelError(f"{path}: no such version; there are: {', '.join(versions(where)) or 'none'}") from None
    except ValueError as error:
        raise ModelError(f"{path}: not JSON ({error}); restore the file or train again") from None
    if not isinstance(found, dict):
        raise ModelError(f"{path}: expected an object; restore the file or train again")
    return found


def load(version: str | None = None, where: Path | None = None) -> Classifier:
    """A version, by default the current one, verified against its digest before a byte of it is parsed."""
    where = where or directory()
    version = current(where) if version is None else version
    if version is None:
        raise ModelError(f"{where}: no current version; train one with `python -m training`")
    details = card(version, where)
    if details.get("settings") != features.SETTINGS or tuple(details.get("labels", ())) != LABEL_NAMES:
        raise ModelError(
            f"{where / version}: made for other features ({details.get('settings')}), expected {features.SETTINGS}; train again"
        )
    for code, digest in dict(details.get("languages", {})).items():
        if code not in languages.codes() or languages.load(code).digest != digest:
            raise ModelError(
                f"{where / version}: models/languages/{code} has changed since this version was trained; train again"
            )
    path = where / version / "weights.npz"
    expected = str(dict(details.get("files", {})).get("weights.npz"))
    try:
        if path.stat().st_size > LARGEST:
            raise ModelError(f"{path}: larger than {LARGEST} bytes")
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from None
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    if digest != expected:
        raise ModelError(f"{path}: digest {digest}, expected {expected}; restore the file or train again")
    return Classifier(version, digest, _unpack(data, path))


def promote(version: str, where: Path | None = None) -> None:
    """Make a version the current one, in one step that nobody can see half of. `ModelError` where it cannot be loaded."""
    where = where or directory()
    load(version, where)
    _write_history(where, [version, *(name for name in _history(where) if name != version)])


def roll_back(where: Path | None = None) -> str:
    """Make the version that was current before the present one current again, and return its name."""
    where = where or directory()
    history = _history(where)
    if len(history) < 2:
        raise ModelError(
            f"{where / 'current'}: no version before {history[0] if history else 'this'}; nothing to go back to"
        )
    load(history[1], where)
    _write_history(where, history[1:])
    return history[1]


def _history(where: Path) -> list[str]:
    try:
        return (where / "current").read_text(encoding="utf-8").split()
    except OSError:
        return []


def _write_history(where: Path, history: list[str]) -> None:
    handle, name = tempfile.mkstemp(prefix=".current-", dir=where)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("\n".join(history) + "\n")
    os.chmod(name, 0o644)
    os.replace(name, where / "current")


def _pack(weights: dict[str, Weights]) -> bytes:
    """An .npz with nothing in it that varies: stored, not compressed (zlib's builds differ), no clock."""
    file = BytesIO()
    arrays = {
        f"{code}.{name}": getattr(weights[code], name).astype(dtype)
        for code in sorted(weights)
        for name, (dtype, _) in ARRAYS.items()
    }
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _unpack(data: bytes, path: Path) -> dict[str, Weights]:
    out = {}
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
                raise ModelError(f"{path}: compressed members, expected stored ones")
        with np.load(BytesIO(data), allow_pickle=False) as arrays:
            for code in sorted({name.partition(".")[0] for name in arrays.files}):
                parts = {name: arrays[f"{code}.{name}"] for name in ARRAYS}
                for name, (dtype, shape) in ARRAYS.items():
                    got = parts[name]
                    fits = len(got.shape) == len(shape) and all(
                        want in (None, have) for want, have in zip(shape, got.shape, strict=True)
                    )
                    if got.dtype != dtype or not fits or not np.isfinite(got).all():
                        raise ModelError(
                            f"{path}: {code}.{name} is {got.dtype} {got.shape}, expected finite {dtype} {shape}"
                        )
                columns = parts["columns"]
                if len(columns) != len(parts["weights"]) or (
                    len(columns) and not 0 <= columns.min() <= columns.max() < features.COLUMNS
                ):
                    raise ModelError(f"{path}: {code}.columns do not fit the weights")
                out[code] = Weights(**parts)
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path}: not a weights file ({error})") from None
    return out
