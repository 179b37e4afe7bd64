"""Pages of the site that lie outside docs/, and the links between them and those of docs/."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

# in the repository -> on the site; pages of docs/ lie at the root of the site
OUTSIDE = {
    "README.md": "overview.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "externals/README.md": "externals/README.md",
    "patches/README.md": "patches/README.md",
    "benchmarks/README.md": "benchmarks/README.md",
}
LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)\s#]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    from mkdocs.structure.files import File

    root = Path(config.config_file_path).parent
    for source, page in OUTSIDE.items():
        files.append(File.generated(config, page, abs_src_path=str(root / source)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links are written as the repository has them, and read on GitHub and in an editor too."""
    sources = {target: source for source, target in OUTSIDE.items()}
    source = sources.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    return LINK.sub(lambda link: _moved(link[0], source, page.file.src_uri), markdown)


def _moved(link: str, source: str, page: str) -> str:
    """A link of the file `source` of the repository, as its page has to have it."""
    target = posixpath.normpath(posixpath.join(posixpath.dirname(source), link))
    target = OUTSIDE.get(target, target.removeprefix("docs/"))
    return posixpath.relpath(target, posixpath.dirname(page) or ".")
