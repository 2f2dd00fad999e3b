"""The house stands as its plan says."""

import ast
from pathlib import Path

import pytest

from models import languages

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {"models": set(), "training": {"models"}, "service": {"models"}}
SOURCES = [path for folder in MAY_IMPORT for path in sorted((ROOT / folder).rglob("*.py"))]


def imported(path: Path) -> set[str]:
    """The top-level names a file imports, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." if node.level else (node.module or "").partition(".")[0])
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_folder_imports_only_what_the_plan_allows(path: Path) -> None:
    folder = path.relative_to(ROOT).parts[0]
    ours = imported(path) & {*MAY_IMPORT, "tests", "."}
    assert ours <= {folder, *MAY_IMPORT[folder]}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_service_knows_flask(path: Path) -> None:
    """The service, and the bare echo that it is measured beside."""
    allowed = path.relative_to(ROOT).parts[0] == "service" or path == ROOT / "training" / "benchmarks" / "echo.py"
    assert allowed or "flask" not in imported(path)


def test_no_code_names_a_language() -> None:
    """A language is data: its code stands in no string of the code, its name nowhere in it."""
    for path in [*SOURCES, *sorted((ROOT / "tests").glob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert node.value not in languages.codes(), f"{path}:{node.lineno} names the language {node.value!r}"


@pytest.mark.parametrize("code", languages.codes())
def test_a_language_folder_holds_no_code(code: str) -> None:
    assert not list((languages.FOLDER / code).rglob("*.py"))
