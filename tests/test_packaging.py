"""The package says what it needs, and its wheel holds all that it uses."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from tests.test_configs import TINY

REPOSITORY = Path(__file__).parents[1]
DATA = ("*.yaml", "*.pyi", "*.pd", "template/*", "py.typed")
OPTIONAL = {"swift-f0", "dawdreamer"}


def imported() -> set[str]:
    """First names of all modules that the package imports, but for its own and Python's."""
    found: set[str] = set()
    for file in (REPOSITORY / "vschaos").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add((node.module or "").partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"vschaos"}


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_what_is_imported_is_required() -> None:
    lines = (REPOSITORY / "requirements.txt").read_text(encoding="utf-8").splitlines()
    required = {normalised(re.split(r"[=<>~!\[; ]", line)[0]) for line in lines if line[0] != "#"}
    providers = metadata.packages_distributions()
    undeclared = {
        name
        for name in imported()
        if not (required | OPTIONAL) & {normalised(one) for one in providers.get(name, [name])}
    }
    assert not undeclared


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, as setuptools leaves its work beside the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    left_out = shutil.ignore_patterns("__pycache__", "*.partial*")
    shutil.copytree(REPOSITORY / "vschaos", source / "vschaos", ignore=left_out)
    for name in ("pyproject.toml", "requirements.txt", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, source)
    if int(metadata.version("setuptools").partition(".")[0]) >= 77:
        tool = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w"]
    elif shutil.which("uv"):
        tool = ["uv", "build", "--wheel", "-o"]
    else:
        pytest.skip("building a wheel takes setuptools 77 or newer, or uv")
    done = subprocess.run(
        [*tool, str(folder), str(source)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (file,) = folder.glob("*.whl")
    return file


@pytest.mark.slow
def test_a_wheel_holds_all_that_is_no_code(wheel: Path) -> None:
    package = REPOSITORY / "vschaos"
    expected = {
        path.relative_to(REPOSITORY).as_posix()
        for pattern in DATA
        for path in package.rglob(pattern)
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {"vschaos/py.typed", "vschaos/configs/base.yaml"} <= expected
    with zipfile.ZipFile(wheel) as archive:
        assert not expected - set(archive.namelist())
        (name,) = (one for one in archive.namelist() if one.endswith("entry_points.txt"))
        assert "vschaos = vschaos.cli.main:main" in archive.read(name).decode()


@pytest.mark.slow
def test_a_wheel_trains_and_exports_with_no_clone_in_sight(
    wheel: Path, dataset: Path, tmp_path: Path
) -> None:
    site, place = tmp_path / "site", tmp_path / "an empty place"
    place.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)

    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words],
            capture_output=True,
            text=True,
            check=False,
            cwd=place,
            env={**os.environ, "PYTHONPATH": str(site)},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    assert str(site) in run("-c", "import vschaos; print(vschaos.__file__)")
    train = ("-m", "vschaos", "train", "--config-name", "dgt_small", "name=first")
    said = run(*train, f"data.dataset.root={dataset}", *TINY)
    assert "vschaos export" in said
    run("-m", "vschaos", "export", "runs/first", "-o", "patches")
    assert {"first.ts", "first.pd", "first.maxpat"} <= {
        path.name for path in (place / "patches").iterdir()
    }
    assert list((place / "patches" / "vschaos").glob("*.pd"))
