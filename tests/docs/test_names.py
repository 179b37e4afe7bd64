"""What pages say in code is there: files of the repository, names of the package."""

from __future__ import annotations

import ast
import re

import pytest

from tests.docs.pages import PAGES, REPOSITORY, blocks, is_defined, read, spans

FOLDERS = "vschaos|configs|tests|benchmarks|patches|externals|docs"
FILES = re.compile(rf"(?:{FOLDERS})/[\w./*-]*|[\w-]+\.py")
NAMES = re.compile(r"vschaos(?:\.\w+)+")


@pytest.mark.parametrize("page", PAGES)
def test_files_exist(page: str) -> None:
    named = {span for span in spans(read(page)) if FILES.fullmatch(span)}
    assert not {name for name in named if not _is_there(name, page)}


def _is_there(name: str, page: str) -> bool:
    """From the folder of the repository, the page or the package; a name alone, anywhere in it."""
    page_folder = (REPOSITORY / page).parent.relative_to(REPOSITORY)
    patterns = [name, f"{page_folder}/{name}", f"vschaos/{name}"]
    if "/" not in name:
        patterns.append(f"vschaos/**/{name}")
    return any(any(REPOSITORY.glob(pattern)) for pattern in patterns)


@pytest.mark.parametrize("page", PAGES)
def test_names_exist(page: str) -> None:
    named = {span for span in spans(read(page)) if NAMES.fullmatch(span)}
    for block in blocks(read(page)):
        if block.language == "python":
            named |= set(_imported(block.text))
    assert not {name for name in named if not is_defined(name)}


def _imported(source: str) -> list[str]:
    return [
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vschaos")
        for alias in node.names
    ]


def test_the_page_of_the_api_names_what_is_there() -> None:
    named = re.findall(r"^::: (\S+)$", read("docs/api.md"), re.MULTILINE)
    assert named
    assert not [name for name in named if not is_defined(name)]


@pytest.mark.parametrize(
    "name", ["vschaos.losses", "vschaos.losses.MeanSquare", "vschaos.load_run"]
)
def test_what_is_there_is_found(name: str) -> None:
    assert is_defined(name)


@pytest.mark.parametrize(
    "name", ["vschaos.loses", "vschaos.losses.Mean", "vschaos.audio.files.a.b"]
)
def test_what_is_not_there_is_noticed(name: str) -> None:
    assert not is_defined(name)
