"""The diffs in the pages fit the code of today."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.docs.pages import PAGES, REPOSITORY, blocks, read

DIFFS = {
    page: "".join(found)
    for page in PAGES
    if (found := [block.text for block in blocks(read(page)) if block.language == "diff"])
}


@pytest.mark.skipif(shutil.which("git") is None, reason="git applies them")
@pytest.mark.parametrize("page", DIFFS)
def test_a_diff_can_be_applied(page: str) -> None:
    result = subprocess.run(
        ["git", "apply", "--check", "--recount", "-"],
        cwd=REPOSITORY,
        input=DIFFS[page],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, f"{page}: {result.stderr}"
