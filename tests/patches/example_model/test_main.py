"""The command that makes the example model, with one player and a small network."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

TINY = (
    "model.sample_rate=8000",
    "model.encoder.hidden_dims=[16]",
    "model.decoder.hidden_dims=[16]",
    "data.loading.batch_size=16",
    "data.loading.batches_per_epoch=5",
    "trainer.max_steps=10",
    "trainer.accelerator=cpu",
)


@pytest.mark.slow
def test_the_command_leaves_what_it_names(tmp_path: Path) -> None:
    folder, out = tmp_path / "example", tmp_path / "patches"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "patches.example_model", "example"),
            *("--folder", tmp_path, "--out", out, "--only", "harp", "--settings", *TINY),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 0, done.stderr
    for word in done.stdout.split():
        if word.startswith(str(tmp_path)):
            assert Path(word.rstrip(",")).exists(), word
    assert (out / "example.ts").is_file()
    assert (out / "example.wav").is_file()
    measured = json.loads((folder / "evaluation" / "evaluation.json").read_text())["labels"]
    assert measured["notes"]["all"]["cases"] > 0
    assert set(measured["prediction"]) == {"pitch", "octave"}
