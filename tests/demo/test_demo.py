"""The demo, shortened, leaves all that it names."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile


@pytest.mark.slow
def test_the_demo_leaves_what_it_names(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "vschaos.demo", "--folder", tmp_path / "demo", "--steps", "1500"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "demo"
    assert (folder / "demo_model.ts").stat().st_size < 10e6
    assert len(list((folder / "reconstructions").glob("*.png"))) == 6
    for path in [*folder.glob("*/*_0.wav"), *folder.glob("reconstructions/*.wav")]:
        sound, _ = soundfile.read(path)
        assert np.isfinite(sound).all()
        assert 0.02 < np.abs(sound).max() < 1.5, path
    for word in done.stdout.split():
        if "/" in word and word.startswith(str(tmp_path)):
            assert Path(word.rstrip(",")).exists(), word
    (split,) = (json.loads(path.read_text()) for path in folder.glob("runs/*/*/split.json"))
    sound, _ = soundfile.read(folder / "sounds" / split["held_out"][0])
    played, _ = soundfile.read(folder / "played.wav")
    # a bell's attack is still soft after so few steps
    assert abs(20 * math.log10(np.std(played) / np.std(sound))) < 7.0
