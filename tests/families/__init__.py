"""A model family beside those of the package: it proves that one is a folder, a yaml and a line."""

from pathlib import Path

from vschaos import targets

CONFIGS = Path(__file__).parent / "configs"
TOY = "tests.families.toy."


def allow_families() -> None:
    """Lets configurations name the classes of this folder, in this process."""
    if TOY not in targets.ALLOWED:
        targets.ALLOWED = (*targets.ALLOWED, TOY)
