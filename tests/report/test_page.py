"""The page is well formed, needs no other file, and takes no markup from a run."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.report.conftest import HOSTILE
from vschaos.report.page import render

VOID = {"meta", "link"}


class Reader(HTMLParser):
    """Notes elements with their attributes and texts, and how they are nested."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.texts.setdefault(tag, [])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts[self.open[-1]].append(data)


@pytest.fixture
def text(labelled_content: dict[str, Any]) -> str:
    return render({**labelled_content, "name": "</title><script>alert(1)</script>{{script}}"})


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def test_data_of_a_run_are_never_markup(text: str, labelled_content: dict[str, Any]) -> None:
    reader = read(text)
    tags = [tag for tag, _ in reader.elements]
    assert tags.count("script") == 2
    assert "img" not in tags
    assert reader.texts["title"] == ["</title><script>alert(1)</script>{{script}}"]
    content, script = reader.texts["script"]
    assert "<" not in content
    assert json.loads(content)["dataset"] == labelled_content["dataset"]
    assert HOSTILE in {clip["name"] for clip in json.loads(content)["map"]["clips"]}
    assert script.count('"use strict"') == 1  # a name is no place of the template


def test_the_policy_allows_this_script_alone(text: str) -> None:
    reader = read(text)
    (policy,) = [
        attributes["content"] or ""
        for tag, attributes in reader.elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    digest = hashlib.sha256(reader.texts["script"][1].encode()).digest()
    assert f"script-src 'sha256-{base64.b64encode(digest).decode()}'" in policy
    assert "default-src 'none'" in policy
    assert "http" not in policy


def test_the_page_refers_to_no_other_file(text: str) -> None:
    reader = read(text)
    for tag, attributes in reader.elements:
        for name in ("src", "href", "srcset", "data"):
            assert (attributes.get(name) or "data:").startswith("data:"), tag
    (style,) = reader.texts["style"]
    assert not re.search(r"url\(|@import", style)
    addresses = set(re.findall(r"https?://[^\"'\s]+", reader.texts["script"][1]))
    assert addresses == {"http://www.w3.org/2000/svg"}  # the name of a language, not a place


def test_the_script_makes_no_markup_of_texts(text: str) -> None:
    script = read(text).texts["script"][1]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script)


def test_a_page_is_small(text: str) -> None:
    assert len(text) < 6_000_000
