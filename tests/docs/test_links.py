"""Links and pictures of the pages lead to something."""

from __future__ import annotations

import posixpath
import re

import pytest

from tests.docs.pages import PAGES, REPOSITORY, anchors, links, read


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings_that_exist(page: str) -> None:
    dead = [link for link in links(read(page)) if not _is_alive(page, link)]
    assert not dead, f"{page} links to what is not there: {', '.join(dead)}"


def _is_alive(page: str, link: str) -> bool:
    if re.match(r"\w+:", link):
        return True  # of another site; tests need no network
    name, _, anchor = link.partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page), name)) if name else page
    if target.startswith("..") or not (REPOSITORY / target).exists():
        return False
    return not anchor or anchor in anchors(read(target))


def test_anchors_are_named_as_github_does() -> None:
    text = "# A, b: c-d\n## `x` and [y](z.md)!\n## Twice\n## Twice\n```\n# no heading\n```\n"
    assert anchors(text) == {"a-b-c-d", "x-and-y", "twice", "twice-1"}


@pytest.mark.parametrize("link", ["gone.md", "training.md#gone", "#gone", "../../outside.md"])
def test_a_dead_link_is_noticed(link: str) -> None:
    assert not _is_alive("docs/labels.md", link)


@pytest.mark.parametrize("link", ["training.md#augmentation", "#playing", "../README.md"])
def test_a_link_that_lives_is_left_alone(link: str) -> None:
    assert _is_alive("docs/labels.md", link)


def test_every_page_of_docs_is_in_the_navigation() -> None:
    navigation = re.findall(r"^ +- .*: (\S+\.md)$", read("mkdocs.yml"), re.MULTILINE)
    listed = {name for name in navigation if (REPOSITORY / "docs" / name).exists()}
    assert listed == {path.name for path in (REPOSITORY / "docs").glob("*.md")}
