"""The pages of the repository, and what can be checked in them: links, anchors, code."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).parents[2]
PAGES = sorted(
    path.relative_to(REPOSITORY).as_posix()
    for pattern in ("*.md", "docs/*.md", "patches/*.md", "externals/*.md", "benchmarks/*.md")
    for path in REPOSITORY.glob(pattern)
)

FENCE = re.compile(r"^(`{3,}|~{3,})(\w*)[^\n]*\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?<=\n\n)(?: {4}[^\n]*\n)+")
SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)


class Block(NamedTuple):
    """A block of code and the language that stands behind its fence, or none."""

    language: str
    text: str


def read(page: str) -> str:
    return (REPOSITORY / page).read_text(encoding="utf-8")


def blocks(text: str) -> list[Block]:
    """Fenced blocks, and those that are indented."""
    fenced = [Block(match[2], match[3]) for match in FENCE.finditer(text)]
    indented = [
        Block("", re.sub(r"^ {4}", "", match[0], flags=re.MULTILINE))
        for match in INDENTED.finditer(FENCE.sub("", text))
    ]
    return fenced + indented


def prose(text: str) -> str:
    """All but the fenced blocks."""
    return FENCE.sub("", text)


def spans(text: str) -> list[str]:
    """Code within the prose, each on one line."""
    return [" ".join(match[1].split()) for match in SPAN.finditer(prose(text))]


def links(text: str) -> list[str]:
    """Targets of links and images, outside of code."""
    return [match[1] for match in LINK.finditer(SPAN.sub("", prose(text)))]


def anchors(text: str) -> set[str]:
    """Of all headings, as GitHub names them.

    Lower case, without punctuation, with hyphens for blanks; one that is there already gets a
    number.
    """
    found: set[str] = set()
    for match in HEADING.finditer(prose(text)):
        heading = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", match[1]).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        number = 0
        while (anchor := f"{slug}-{number}" if number else slug) in found:
            number += 1
        found.add(anchor)
    return found


def is_defined(name: str) -> bool:
    """Whether the package has a module, or a module a name, that is called so, or a diff adds it.

    Read from the sources: importing all of them takes longer than all tests of the pages.
    """
    path = REPOSITORY / name.replace(".", "/")
    if path.is_dir() or path.with_suffix(".py").is_file():
        return True
    module, _, own = name.rpartition(".")
    folder = REPOSITORY / module.replace(".", "/")
    file = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    stub = file.with_suffix(".pyi")  # what is imported when it is first used
    files = [path for path in (file, stub) if path.is_file()]
    return bool(files) and any(own in _names_in(path) | _names_in_diffs() for path in files)


@cache
def _names_in_diffs() -> set[str]:
    diffs = [
        block.text for page in PAGES for block in blocks(read(page)) if block.language == "diff"
    ]
    return set(re.findall(r"^\+(?:class|def) (\w+)", "".join(diffs), re.MULTILINE))


def _names_in(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found
