"""The command that makes the example models, with few sounds and small networks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from patches.example_model.__main__ import main
from patches.example_model.examples import EXAMPLES

SHORT = (
    "data.loading.batch_size=16",
    "data.loading.batches_per_epoch=5",
    "trainer.max_steps=10",
    "trainer.accelerator=cpu",
)
# the sounds whose names hold a text, and settings
TINY = {
    "example": (
        "harp",
        "model.sample_rate=8000",
        "model.encoder.hidden_dims=[16]",
        "model.decoder.hidden_dims=[16]",
    ),
    "ddsp_example": ("_1", "model.num_partials=20", "model.hidden_dim=16", "model.state_dim=16"),
}


def make(name: str, place: Path) -> str:
    """Makes one, and gives what was said of it."""
    only, *settings = TINY[name]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "patches.example_model", name, "--folder", place),
            *("--out", place / "patches", "--only", only, "--settings", *settings, *SHORT),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_command_leaves_what_it_names(name: str, tmp_path: Path) -> None:
    for word in make(name, tmp_path).split():
        if word.startswith(str(tmp_path)):
            assert Path(word.rstrip(",")).exists(), word
    left = {path.name for path in (tmp_path / "patches").iterdir()}
    assert left >= {f"{name}.ts", f"{name}.wav", f"pd_{name}.pd", f"max_{name}.maxpat"}
    evaluation = tmp_path / name / "evaluation" / "evaluation.json"
    measured = json.loads(evaluation.read_text(encoding="utf-8"))
    if name == "example":
        assert measured["labels"]["notes"]["all"]["cases"] > 0
        assert set(measured["labels"]["prediction"]) == {"pitch", "octave"}


def test_a_name_that_no_example_has_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["example_model", "organ"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert (
        "NAME must be of example, ddsp_example, synth_example, got organ" in capsys.readouterr().err
    )
