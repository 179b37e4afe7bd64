"""What is not needed is not imported: counted, as times are not exact."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import vschaos

REPOSITORY = Path(vschaos.__file__).parents[1]
OF_TRAINING = {"pytorch_lightning", "lightning_fabric", "torchmetrics", "hydra", "tensorboard"}
OF_NOBODY = {"scipy", "sklearn", "librosa", "numba", "pandas"}
SLOW = OF_TRAINING | OF_NOBODY | {"torch", "torchaudio", "torchcrepe", "swift_f0", "matplotlib"}
HELP = """
import contextlib, sys
from vschaos.cli.main import COMMANDS, main
for words in [[], *([name] for name in COMMANDS)]:
    with contextlib.suppress(SystemExit):
        main([*words, "--help"])
import vschaos.data.check.__main__, vschaos.data.cache.__main__
import vschaos.evaluate, vschaos.prior.__main__, vschaos.report.__main__, vschaos.runs.__main__
import vschaos.patches.__main__, vschaos.demo.__main__
"""


def imported(program: str) -> set[str]:
    """Libraries, by their first names, that a program imports from its start to its end."""
    program_and_modules = f"{program}\nimport sys; sys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program_and_modules],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
    )
    assert done.returncode == 0, done.stderr
    return {module.partition(".")[0] for module in done.stderr.split()}


def test_the_measure_sees_what_is_imported() -> None:
    assert {"json", "numpy"} <= imported("import json, numpy")


def test_the_package_itself_imports_next_to_nothing() -> None:
    assert not (SLOW | {"numpy", "yaml", "tqdm"}) & imported("import vschaos")


def test_no_help_imports_what_is_slow() -> None:
    """Of all subcommands, and of the modules that run them, in one process."""
    assert not SLOW & imported(HELP)


@pytest.mark.slow
def test_what_plays_and_exports_does_without_what_trains() -> None:
    modules = "vschaos.generation, vschaos.pictures, vschaos.export.script, vschaos.export.play"
    names = "from vschaos.runs import load_run; from vschaos.export import Host, script_stream"
    assert not (OF_TRAINING | OF_NOBODY) & imported(f"import {modules}; {names}")


@pytest.mark.slow
def test_what_finds_presets_does_without_what_trains() -> None:
    assert not (OF_TRAINING | {"matplotlib"}) & imported("import vschaos.cli.matching")


def test_a_name_that_a_package_does_not_have_is_an_error() -> None:
    from vschaos import runs

    with pytest.raises(AttributeError, match=r"vschaos\.runs"):
        _ = runs.nothing  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        _ = runs._row  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["", "export", "patches", "prior", "report", "runs"])
def test_a_package_gives_what_it_lists(name: str) -> None:
    module = __import__(f"vschaos.{name}".rstrip("."), fromlist=["__all__"])
    assert set(module.__all__) == set(dir(module))
    for one in module.__all__:
        assert getattr(module, one) is not None


def test_the_package_offers_its_first_steps() -> None:
    assert {"Run", "__version__", "load_run", "play", "train"} <= set(dir(vschaos))
