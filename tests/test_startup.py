"""Nobody waits at the door: what is not needed is not imported. Counted, as times are not exact."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import vschaos

REPOSITORY = Path(vschaos.__file__).parents[1]
SCRIPTS = ["train_model.py", "generate.py", "script.py", "extract_pitch.py"]
MODULES = [
    ".".join(path.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__main__")
    for path in sorted((REPOSITORY / "vschaos").rglob("*.py"))
    if '__name__ == "__main__"' in path.read_text(encoding="utf-8")
]
COMMANDS = [*([script] for script in SCRIPTS), *(["-m", module] for module in MODULES)]
OF_TRAINING = {"pytorch_lightning", "lightning_fabric", "torchmetrics", "hydra", "tensorboard"}
OF_NOBODY = {"scipy", "sklearn", "librosa", "numba", "pandas"}
SLOW = OF_TRAINING | OF_NOBODY | {"torch", "torchaudio", "torchcrepe", "swift_f0", "matplotlib"}


def run(*arguments: str) -> str:
    """What python says on its error output."""
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, cwd=REPOSITORY
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def imported(*arguments: str) -> set[str]:
    """Libraries, by their first names, that python imports from its start to its end."""
    lines = run("-X", "importtime", *arguments).splitlines()
    modules = {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}
    return {module.partition(".")[0] for module in modules}


def test_the_measure_sees_what_is_imported() -> None:
    assert {"json", "numpy"} <= imported("-c", "import json, numpy")


def test_all_commands_are_known() -> None:
    assert {"vschaos.runs", "vschaos.report", "vschaos.patches", "vschaos.demo"} <= set(MODULES)


def test_the_package_itself_imports_next_to_nothing() -> None:
    assert not (SLOW | {"numpy", "yaml", "tqdm"}) & imported("-c", "import vschaos")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[-1])
def test_help_imports_nothing_that_is_slow(command: list[str]) -> None:
    assert not SLOW & imported(*command, "--help")


def test_what_plays_and_exports_does_without_what_trains() -> None:
    doors = "vschaos.generation, vschaos.pictures, vschaos.export.script, vschaos.export.play"
    names = "from vschaos.runs import load_run; from vschaos.export import Host, script_stream"
    assert not (OF_TRAINING | OF_NOBODY) & imported("-c", f"import {doors}; {names}")


def test_a_name_that_a_room_does_not_have_is_an_error() -> None:
    from vschaos import runs

    with pytest.raises(AttributeError, match=r"'vschaos\.runs' has no attribute 'nothing'"):
        _ = runs.nothing
    with pytest.raises(AttributeError):
        _ = runs._row  # of a module of the room, but not offered


@pytest.mark.parametrize("room", ["export", "patches", "report", "runs"])
def test_a_room_gives_what_it_lists(room: str) -> None:
    module = __import__(f"vschaos.{room}", fromlist=["__all__"])
    for name in module.__all__:
        assert getattr(module, name) is not None
